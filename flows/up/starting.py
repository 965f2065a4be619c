"""Starts the server, the worker and the forks; then :mod:`flows.up.working` goes on, which imports Prefect.

Prefect reads its settings when it is imported, and they name a server that is there by then.
"""

import os
import signal
import time
from collections.abc import Callable

from flows.server.machine import require_free, running
from flows.settings import settings
from flows.terminal import console
from flows.up.ports import Ports

__all__ = ["up"]


class _Ended(Exception):  # a wish, not an error
    """Somebody asked us to end."""


def up(ports: Ports, *, seed: Callable[[Callable[[str], None]], None] | None) -> None:
    """Run everything until somebody ends it.

    Args:
        ports: where everything listens.
        seed: makes the demo company's systems where none is configured, and is told whom to tell; None: nobody does.

    Raises:
        SystemUnavailable: when the server ends again and again.
    """
    signal.signal(signal.SIGTERM, _end)
    try:
        for port in ports.served:
            require_free(port)
        _name_addresses(ports)
        if seed is not None:
            seed(_tell)
        # From now on the home is in use: the next demo must not replace it.
        settings().demo_mark.unlink(missing_ok=True)
        with running(settings(), tell=_tell) as system:
            os.environ.update(system.environment)
            from flows.up.working import work  # noqa: PLC0415  # reads the server's address when imported

            work(system, ports, _tell)
    except (KeyboardInterrupt, _Ended):
        console.print("Ended.")


def _name_addresses(ports: Ports) -> None:
    """Links that people receive begin with the address of the site, on this machine unless a setting says otherwise."""
    if ports.site and not settings().site_url:
        os.environ["RIGHTSFLOW_SITE_URL"] = f"http://localhost:{ports.site}"
    if ports.desk and not settings().desk_url:
        os.environ["RIGHTSFLOW_DESK_URL"] = f"http://localhost:{ports.desk}"
    if ports.prefect and not settings().prefect_url:
        os.environ["RIGHTSFLOW_PREFECT_URL"] = f"http://localhost:{ports.prefect}"
    settings.cache_clear()


def _tell(text: str) -> None:
    console.print(f"[dim]{time.strftime('%H:%M:%S')}  {text}[/]")


def _end(_number: int, _frame: object) -> None:
    raise _Ended
