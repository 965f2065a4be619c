"""Serves the API that other programs ask before they use data (``rightsflow serve-permissions``)."""

from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from flows import wiring
from flows.running import require_free
from flows.settings import Settings
from flows.wiring import AskedOverHttp, Installation, permissions_app
from tasks.api_keys import may_ask
from tasks.permissions import ask_about_each, use_of
from tasks.services import use

DEFAULT_PORT = 4300


class LedgerGatekeeper:
    """Answers from the register of an installation, in whichever thread a call comes."""

    def __init__(self, installation: Installation) -> None:
        """Keep the installation; its services are made now, once for all threads."""
        self._services = installation.services

    def may_ask(self, api_key: str, scope: str) -> bool | None:
        """Whether a key may ask this; None for one that is unknown."""
        with use(self._services):
            return may_ask(api_key, scope)

    def answers(self, asked: AskedOverHttp) -> list[tuple[bool, str]]:
        """Yes or no and the code of why, for each key in order."""
        with use(self._services):
            question = use_of(asked.purpose, asked.recipient, asked.use)
            batches = ask_about_each(question, [list(asked.keys)])
            return [(said.may, said.reason) for part in batches for said in part]


class PermissionsServer:
    """The API in a thread of this process, until the block ends."""

    def __init__(self, settings: Settings, port: int) -> None:
        """Say where; nothing listens yet."""
        self._settings = settings
        self.port = port
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Listen."""
        import threading  # noqa: PLC0415  # only here

        installation = Installation(self._settings)
        self._stack.callback(installation.close)
        server = _server(installation, self.port)
        thread = threading.Thread(target=server.run, name="permissions", daemon=True)
        thread.start()

        def end() -> None:
            server.should_exit = True
            thread.join(10)

        self._stack.callback(end)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop listening."""
        self._stack.close()


def serve(port: int) -> None:
    """Serve until somebody ends it.

    Raises:
        SettingsInvalid: when the port is taken.
    """
    require_free(port)
    with wiring.opened() as installation:
        _server(installation, port).run()


def _server(installation: Installation, port: int) -> Any:  # noqa: ANN401  # uvicorn.Server, imported inside
    import uvicorn  # noqa: PLC0415  # pays for what it uses

    app = permissions_app(LedgerGatekeeper(installation))
    # Bodies are never logged; the access log is off, because addresses of callers are nobody's business here.
    config = uvicorn.Config(app, host="127.0.0.1", port=port, access_log=False, log_level="warning")
    return uvicorn.Server(config)
