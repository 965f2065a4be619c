"""Why a database lets nobody in, told apart as far as its driver tells.

MariaDB and SQLite say it by a code (MariaDB "Error codes"; SQLite "Result and error codes"). libpq gives no SQLSTATE
for a connection that was not made, so its words are read: its own are English, the server's are where it speaks
English. Where they say nothing that is known here, the general sentence is right too.
"""

import re
import socket
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import psycopg
import sqlalchemy as sa

from data_contracts.errors import SystemUnavailable
from data_contracts.ports.credentials import connection_variable


class Unreachable(StrEnum):
    """Why there is no connection."""

    UNKNOWN = "unknown"
    NO_HOST = "no_host"
    NOBODY_ANSWERS = "nobody_answers"
    NOT_LET_IN = "not_let_in"
    NO_DATABASE = "no_database"
    NO_FILE = "no_file"
    NOT_A_DATABASE = "not_a_database"
    FULL = "full"


_TOLD: Final[Mapping[Unreachable, tuple[str, str]]] = {
    Unreachable.UNKNOWN: (
        "the database could not be reached, or broke off",
        "see that it is up and that {variable} is right, then try again",
    ),
    Unreachable.NO_HOST: ("no machine has the name of the database's server", "correct the host in {variable}"),
    Unreachable.NOBODY_ANSWERS: (
        "nothing answers at the address and port of the database",
        "start the server, or correct host and port in {variable}",
    ),
    Unreachable.NOT_LET_IN: (
        "the database does not let the account in",
        "correct the account's name and password in {variable}, or let it connect from this machine",
    ),
    Unreachable.NO_DATABASE: ("the server has no database of that name", "correct the database in {variable}"),
    Unreachable.NO_FILE: (
        "the database's file is not there, or cannot be opened",
        "correct the path in {variable}, and see that this account may read the file and its folder",
    ),
    Unreachable.NOT_A_DATABASE: (
        "the file is no SQLite database, or is damaged or encrypted",
        "correct the path in {variable}",
    ),
    Unreachable.FULL: (
        "the database has no connection left",
        "end connections that nobody uses, or let the server take more, then try again",
    ),
}
_POSTGRES: Final[Mapping[str, Unreachable]] = {
    "28": Unreachable.NOT_LET_IN,
    "3D": Unreachable.NO_DATABASE,
    "53300": Unreachable.FULL,
}
_MYSQL: Final[Mapping[int, Unreachable]] = {
    1040: Unreachable.FULL,
    1044: Unreachable.NOT_LET_IN,
    1045: Unreachable.NOT_LET_IN,
    1049: Unreachable.NO_DATABASE,
    1130: Unreachable.NOT_LET_IN,
    1203: Unreachable.FULL,
    1698: Unreachable.NOT_LET_IN,
}
_SQLITE: Final[Mapping[int, Unreachable]] = {14: Unreachable.NO_FILE, 26: Unreachable.NOT_A_DATABASE}
_LIBPQ: Final = (
    (r"failed to resolve host|could not translate host name", Unreachable.NO_HOST),
    (r"Connection refused|No such file or directory|timeout expired|No route to host", Unreachable.NOBODY_ANSWERS),
    (r"FATAL:  database \".*\" does not exist", Unreachable.NO_DATABASE),
    (r"FATAL:  .*(authentication failed|pg_hba\.conf)|no password supplied", Unreachable.NOT_LET_IN),
    (r"FATAL:  role \".*\" (does not exist|is not permitted to log in)", Unreachable.NOT_LET_IN),
    (r"FATAL:  (sorry, )?(too many|remaining) (clients|connections|connection slots)", Unreachable.FULL),
)


def not_reached(system: str, error: BaseException | None = None) -> SystemUnavailable:
    """The error to raise for a system that cannot be reached.

    Args:
        system: its name.
        error: what the driver raised; None where nothing is known.
    """
    what, remedy = _TOLD[why_unreachable(error)]
    return SystemUnavailable(what, where=system, remedy=remedy.format(variable=connection_variable(system)))


def why_unreachable(error: BaseException | None) -> Unreachable:
    """Why there is no connection, as far as the driver's error tells."""
    original = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    if isinstance(original, psycopg.Error):
        return _of_postgres(original)
    code = getattr(original, "sqlite_errorcode", None)
    if code is not None:
        return _SQLITE.get(code & 0xFF, Unreachable.UNKNOWN)
    cause = getattr(original, "original_exception", None) or original
    if isinstance(cause, socket.gaierror):
        return Unreachable.NO_HOST
    if isinstance(cause, ConnectionRefusedError | FileNotFoundError | TimeoutError):
        return Unreachable.NOBODY_ANSWERS
    number = original.args[0] if original is not None and original.args else None
    return _MYSQL.get(number, Unreachable.UNKNOWN) if isinstance(number, int) else Unreachable.UNKNOWN


def _of_postgres(error: psycopg.Error) -> Unreachable:
    state = error.sqlstate
    if state is not None:
        return next((why for start, why in _POSTGRES.items() if state.startswith(start)), Unreachable.UNKNOWN)
    said = str(error)
    for words, why in _LIBPQ:
        if re.search(words, said):
            return why
    return Unreachable.UNKNOWN
