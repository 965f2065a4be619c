"""One real system for this folder: server, deployments, worker, and a demo company of thirty customers."""

import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

from flows import wiring
from flows.doors.engine import prefect_door
from flows.doors.serving import serving
from flows.server.machine import free_port, running
from flows.settings import Settings, settings
from tests.flows.company import attest
from tests.prefect.office import Office, Patient

_QUICK = {
    "RIGHTSFLOW_JUDGE": "plain",
    "RIGHTSFLOW_RETRY_ATTEMPTS": "2",
    "RIGHTSFLOW_RETRY_FIRST_WAIT": "PT0.05S",
    "RIGHTSFLOW_SILENCE": "PT1S",
    "RIGHTSFLOW_CRASH_GRACE": "PT1S",
    "RIGHTSFLOW_PENDING_LIMIT": "PT1S",
    # The server's log has a line for each call, which a test counts.
    "PREFECT_SERVER_LOGGING_LEVEL": "INFO",
}
"""What takes minutes in earnest takes seconds here."""


_DISK: Final = "/var/tmp"  # noqa: S108  # only what is made below it, under a name of its own, is used


@pytest.fixture(scope="package")
def office() -> Iterator[Office]:
    """The running system, and this process set up as one of its own; on a disk, as it is in earnest."""
    with (
        tempfile.TemporaryDirectory(prefix="rightsflow-office-", dir=_DISK, ignore_cleanup_errors=True) as folder,
        pytest.MonkeyPatch.context() as environment,
    ):
        home = Path(folder)
        _prepare(environment, home)
        chosen = Settings()
        made: list[Any] = []
        with running(chosen, port=0, meanwhile=lambda: made.append(_seeded(chosen))) as system:
            for name, value in system.environment.items():
                environment.setenv(name, value)
            url = system.environment["PREFECT_API_URL"]
            with (
                temporary_settings({PREFECT_API_URL: url, PREFECT_API_AUTH_STRING: ":".join(system.auth)}),
                wiring.opened(chosen) as installation,
                httpx.Client(base_url=url, auth=system.auth, timeout=180, transport=Patient()) as api,
                serving(prefect_door, door := free_port(), chosen),
            ):
                office = Office(system, installation, made[0], api, f"http://127.0.0.1:{door}")
                office.hold_the_watch()
                yield office
    settings.cache_clear()


def _prepare(environment: pytest.MonkeyPatch, home: Path) -> None:
    """An environment for every process of the system; they are processes of their own, so only it can tell them."""
    for name in [name for name in os.environ if name.startswith(("PREFECT", "RIGHTSFLOW"))]:
        environment.delenv(name)
    (home / "tmp").mkdir()
    listening = {
        "PYTHONPATH": str(Path(__file__).parent / "listening"),
        "RIGHTSFLOW_TEST_CONNECTIONS": str(home / "connections.txt"),
    }
    # What a process writes aside lies in the home too, where the canary is searched for.
    places = {
        "TMPDIR": str(home / "tmp"),
        "RIGHTSFLOW_HOME": str(home),
        "RIGHTSFLOW_SITE_URL": f"http://127.0.0.1:{free_port()}",
    }
    for name, value in {**_QUICK, **listening, **places}.items():
        environment.setenv(name, value)
    settings.cache_clear()


def _seeded(chosen: Settings) -> Any:
    installation = wiring.Installation(chosen)
    try:
        attest(installation.register)
        return installation.seed_demo(customers=30, today=datetime.now(UTC).date(), progress=lambda _: None)
    finally:
        installation.close()
