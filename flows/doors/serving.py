"""Web applications of ours, served in this process or in a thread of it (uvicorn).

Bodies are never logged, and no access log is written: addresses of callers, and of pages with secrets in them, are
nobody's business there.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from importlib import import_module
from typing import Any

from data_contracts.errors import SettingsInvalid
from flows.server.deploying import AUTH
from flows.server.machine import require_free
from flows.settings import Settings, settings, variable
from flows.wiring import Installation

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
        SettingsInvalid: when the port is taken.
    """
    from flows.watch.outbox import dispatching  # noqa: PLC0415  # Prefect reads its settings when imported

    require_free(port)
    installation = Installation(settings())
    try:
        _ = installation.services  # the register and its keys are made before anybody needs them
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
    from uvicorn.supervisors import Multiprocess  # noqa: PLC0415  # pays for what it uses

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
    from flows.wiring import (  # noqa: PLC0415  # as above
        BehindProxies,
        SafeCaller,
        opendsr_api,
        opendsr_signer,
        read_networks,
        requests_api,
        site_app,
    )

    provided = installation.services
    is_https = provided.site_url.startswith("https:")
    programs = {"/api": requests_api(ProgramsDoor(installation, SafeCaller()))}
    if installation.settings.drp_business_id:
        from flows.doors.drp import AgentsHouse  # noqa: PLC0415  # as above
        from flows.wiring import drp_api  # noqa: PLC0415  # as above

        programs["/drp"] = drp_api(AgentsHouse(installation, SafeCaller()), key=provided.door_key())
    signer = opendsr_signer(installation.settings)
    if signer is not None:
        from flows.doors.opendsr import ControllersHouse  # noqa: PLC0415  # as above

        address = f"{provided.site_url}/opendsr"
        programs["/opendsr"] = opendsr_api(ControllersHouse(installation, SafeCaller()), signer, address)
    site = site_app(PublicDoor(installation), key=provided.door_key(), is_https=is_https, doors=programs)
    return BehindProxies(site, read_networks(installation.settings.trusted_proxies))


def operators_desk(installation: Installation) -> Any:  # noqa: ANN401  # an ASGI application
    """The operators' desk over an installation; https where its address says so."""
    from flows.doors.desk import OperatorsDoor  # noqa: PLC0415  # pays for what it uses
    from flows.wiring import BehindProxies, desk_app, read_networks  # noqa: PLC0415  # as above

    provided = installation.services
    is_https = provided.desk_url.startswith("https:")
    key, address = provided.door_key(), provided.desk_url
    desk = desk_app(OperatorsDoor(installation), key=key, is_https=is_https, address=address)
    return BehindProxies(desk, read_networks(installation.settings.trusted_proxies))


def prefect_door(installation: Installation) -> Any:  # noqa: ANN401  # an ASGI application
    """The door in front of the Prefect server that this process's environment names.

    Raises:
        SettingsInvalid: when it names none.
    """
    from flows.doors.desk import OperatorsDoor  # noqa: PLC0415  # pays for what it uses
    from flows.doors.prefect import PrefectHouse  # noqa: PLC0415  # as above
    from flows.wiring import BehindProxies, Doors, PrefectServer, prefect_app, read_networks  # noqa: PLC0415  # as above

    url = variable("PREFECT_API_URL")
    if not url.rstrip("/").endswith("/api"):
        remedy = "set it to the address of the server's API, which ends with /api"
        raise SettingsInvalid("no Prefect server is configured", where="PREFECT_API_URL", remedy=remedy)
    server = PrefectServer(url, variable(AUTH), variable("PREFECT_API_KEY"))
    doors = Doors(OperatorsDoor(installation), PrefectHouse(installation))
    chosen = installation.settings
    door = prefect_app(doors, server, key=installation.services.door_key(), address=chosen.prefect_url)
    return BehindProxies(door, read_networks(chosen.trusted_proxies))


def _server(app: Any, port: int, **more: Any) -> Any:  # noqa: ANN401  # an ASGI application; uvicorn.Server, imported inside
    import uvicorn  # noqa: PLC0415  # pays for what it uses

    from flows.wiring import BoundedConnections  # noqa: PLC0415  # as above

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
