"""Web applications of ours, served in this process or in a thread of it (uvicorn).

Bodies are never logged, and no access log is written: addresses of callers, and of pages with secrets in them, are
nobody's business there.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any

from flows.running import require_free
from flows.settings import Settings, settings
from flows.wiring import Installation

DEFAULT_SITE_PORT = 4400
_END_SECONDS = 10

MakeApp = Callable[[Installation], Any]
"""Makes an ASGI application over an installation."""


def serve(make: MakeApp, port: int) -> None:
    """Serve, and carry the outbox out, until somebody ends it.

    Raises:
        SettingsInvalid: when the port is taken.
    """
    from flows.dispatching import dispatching  # noqa: PLC0415  # Prefect reads its settings when imported

    require_free(port)
    installation = Installation(settings())
    try:
        with dispatching(installation):
            _server(make(installation), port).run()
    finally:
        installation.close()


@contextmanager
def serving(make: MakeApp, port: int, chosen: Settings | None = None) -> Iterator[None]:
    """An application in a thread of this process, until the block ends."""
    import threading  # noqa: PLC0415  # only here

    installation = Installation(chosen or settings())
    server = _server(make(installation), port)
    # The thread sees the settings of Prefect that this one sees: which server it is.
    thread = threading.Thread(target=copy_context().run, args=(server.run,), name=f"web-{port}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(_END_SECONDS)
        installation.close()


def public_site(installation: Installation) -> Any:  # noqa: ANN401  # an ASGI application
    """The intake site over an installation, and the API of programs; https where its public address says so."""
    from flows.doors.api import ProgramsDoor  # noqa: PLC0415  # pays for what it uses
    from flows.doors.site import PublicDoor  # noqa: PLC0415  # as above
    from flows.wiring import SafeCaller, requests_api, site_app  # noqa: PLC0415  # as above

    provided = installation.services
    is_https = provided.site_url.startswith("https:")
    programs = {"/api": requests_api(ProgramsDoor(installation, SafeCaller()))}
    return site_app(PublicDoor(installation), key=provided.door_key(), is_https=is_https, doors=programs)


def operators_desk(installation: Installation) -> Any:  # noqa: ANN401  # an ASGI application
    """The operators' desk over an installation; https where its address says so."""
    from flows.doors.desk import OperatorsDoor  # noqa: PLC0415  # pays for what it uses
    from flows.wiring import desk_app  # noqa: PLC0415  # as above

    provided = installation.services
    is_https = provided.desk_url.startswith("https:")
    return desk_app(OperatorsDoor(installation), key=provided.door_key(), is_https=is_https)


def _server(app: Any, port: int) -> Any:  # noqa: ANN401  # uvicorn.Server, imported inside
    import uvicorn  # noqa: PLC0415  # pays for what it uses

    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, access_log=False, log_level="warning", server_header=False, lifespan="off"
    )
    return uvicorn.Server(config)
