"""The embedded database for ``rightsflow up`` and ``demo``; what an older home has on SQLite is moved into it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from data_contracts.errors import RightsflowError, SettingsInvalid
from flows.embedded.database import REGISTER, SERVER, EmbeddedDatabase
from flows.server.moving import move_server
from flows.settings import Settings, variable
from flows.wiring.registers import move_register, remove_moved

__all__ = ["SERVER_URLS", "database_ready"]

SERVER_URLS: Final = ("PREFECT_SERVER_DATABASE_CONNECTION_URL", "PREFECT_API_DATABASE_CONNECTION_URL")
"""Variables in which a database of one's own is named for Prefect's server."""


@contextmanager
def database_ready(
    settings: Settings, environment: Mapping[str, str], tell: Callable[[str], None]
) -> Iterator[Mapping[str, str]]:
    """Have the embedded database run, unless databases of one's own are named for both; what the server needs of it.

    Args:
        settings: of the installation.
        environment: of Prefect's server.
        tell: told what is being done.

    Raises:
        SettingsInvalid: when this machine has no embedded PostgreSQL.
        SystemUnavailable: when it does not start.
    """
    for_register = not settings.register_url
    for_server = not any(variable(name) for name in SERVER_URLS)
    if not for_register and not for_server:
        yield {}
        return
    embedded = settings.embedded
    if not embedded.is_made:
        tell("making the embedded database")
    with embedded.held():
        if for_register:
            _bring_register(settings, embedded, tell)
        yield _for_server(embedded, environment, tell) if for_server else {}


def _bring_register(settings: Settings, embedded: EmbeddedDatabase, tell: Callable[[str], None]) -> None:
    file = settings.register_file
    if embedded.keeps_register:
        if file.exists():
            _remove_moved(file, embedded)
        return
    if not file.exists():
        embedded.keep_register()
        return
    tell("moving the register from SQLite to the embedded database")
    try:
        rows = move_register(file, embedded.url(REGISTER), keep=lambda: embedded.keep_register(file))
    except RightsflowError as error:
        if embedded.keeps_register:
            raise
        tell(str(error))  # everything goes on with SQLite
        return
    tell(f"moved {rows:,} rows of the register")


def _remove_moved(file: Path, embedded: EmbeddedDatabase) -> None:
    """Remove what a move left that ended before the file was gone.

    Raises:
        SettingsInvalid: when it is another file: which of the two registers counts, a person says.
    """
    if not embedded.was_moved_from(file):
        raise SettingsInvalid(
            "the home's register is in the embedded database, and somebody has put a SQLite register beside it",
            where=str(file),
            remedy="move this file out of the home; nothing of it was read or changed",
        )
    remove_moved(file)


def _for_server(
    embedded: EmbeddedDatabase, environment: Mapping[str, str], tell: Callable[[str], None]
) -> Mapping[str, str]:
    file = Path(environment["PREFECT_HOME"]) / "prefect.db"
    address = embedded.url(SERVER, "asyncpg")
    # A PREFECT_HOME that is not in ours may serve others: what it holds stays.
    if file.exists() and file.is_relative_to(embedded.home):
        tell("moving Prefect's runs from SQLite to the embedded database")
        move_server(file, address, environment, embedded.home / "logs" / "moving.log")
        for ending in ("-wal", "-shm", ""):
            file.with_name(file.name + ending).unlink(missing_ok=True)
    return {SERVER_URLS[0]: address}
