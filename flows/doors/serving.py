"""Web applications of ours, served in this process or in a thread of it (uvicorn).

Bodies are never logged, and no access log is written: addresses of callers, and of pages with secrets in them, are
nobody's business there.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from importlib import import_module
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from flows.server.machine import require_free
from flows.settings import Settings, settings, variable
from flows.wiring import Installation
from flows.wiring.web import BoundedConnections

_MADE_BY = "RIGHTSFLOW_SERVES"
_END_SECONDS = 10

MakeApp = Callable[[Installation], Any]
"""Makes an ASGI application over an installation."""


def serve(make: MakeApp, port: int, *, processes: int = 1) -> None:
    """Serve, and carry the outbox out, until somebody ends it.

    Args:
        make: makes the application; with several processes it is a function of a module, which each of them imports.
        port: on this machine.
        processes: how many answer side by side; a core each is enough.

    Raises:
        ContractInvalid: when the contracts hold a fault.
        SettingsInvalid: when the port is taken.
    """
    from flows.watch.outbox import dispatching  # noqa: PLC0415  # Prefect reads its settings when imported

    require_free(port)
    installation = Installation(settings())
    try:
        _ = installation.services  # the register and its keys are made before anybody needs them
        _ = installation.contracts  # a set with a fault is not begun with
        with dispatching(installation):
            if processes > 1:
                _serve_side_by_side(make, port, processes)
            else:
                _server(make(installation), port).run()
    finally:
        installation.close()


def serve_alone(make: MakeApp, port: int) -> None:
    """Serve until somebody ends it, without the outbox: for what only looks.

    Raises:
        SettingsInvalid: when the port is taken.
    """
    require_free(port)
    installation = Installation(settings())
    try:
        _server(make(installation), port).run()
    finally:
        installation.close()


def _serve_side_by_side(make: MakeApp, port: int, processes: int) -> None:
    """Processes that share one port; one that dies is replaced."""
    os.environ[_MADE_BY] = f"{make.__module__}:{make.__name__}"
    server = _server("flows.doors.serving:made_here", port, factory=True, workers=processes)
    Multiprocess(server.config, sockets=[server.config.bind_socket()]).run()


def made_here() -> Any:  # noqa: ANN401  # an ASGI application
    """The application of one of several processes; which one the environment says."""
    module, _, name = variable(_MADE_BY).partition(":")
    make: MakeApp = getattr(import_module(module), name)
    return make(Installation(settings()))


@contextmanager
def serving(make: MakeApp, port: int, chosen: Settings | None = None) -> Iterator[None]:
    """An application in a thread of this process, until the block ends."""
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


def _server(app: Any, port: int, **more: Any) -> uvicorn.Server:  # noqa: ANN401  # an ASGI application
    chosen = {
        "http": BoundedConnections,
        "access_log": False,
        "log_level": "warning",
        "server_header": False,
        "lifespan": "auto",
        "proxy_headers": False,
        **more,
    }
    return uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, **chosen))
