"""What a database's error means for us; told by its code, never by its text.

Codes: PostgreSQL manual, appendix A; MariaDB "Error codes"; SQLite "Result and error codes".
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import psycopg
import sqlalchemy as sa

from data_contracts.connectors.rehearsing import NotRehearsed, Refusal, RefusalKind
from data_contracts.connectors.witnessing import NotLooked
from data_contracts.errors import ContractMismatch, RightsflowError, StepFailed
from integrations.systems.sql.connection.connecting import not_reached
from integrations.systems.sql.connection.refusals import Known, refusal_of

_Verdict = Literal["unavailable", "integrity", "refused", "broken_off", "unforeseen"]

_POSTGRES_UNAVAILABLE = ("08", "28", "3D", "40", "53", "55P", "57", "58")
_POSTGRES_REFUSED = "42501"
_POSTGRES_BROKEN_OFF = "57014"
# Too many connections, gone away, refused, shutting down, lock wait, deadlock, changed record, unknown database …
_MYSQL_UNAVAILABLE = frozenset({1020, 1040, 1045, 1049, 1053, 1129, 1130, 1203, 1205, 1213, 1226, 1698, 4151})
# Query interrupted; time limits of MariaDB and MySQL.
_MYSQL_BROKEN_OFF = frozenset({1317, 1969, 3024})
_MYSQL_CLIENT = range(2000, 3000)
_MYSQL_REFUSED = frozenset({1044, 1142, 1143, 1227, 1290})
# BUSY, LOCKED, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB
_SQLITE_UNAVAILABLE = frozenset({5, 6, 10, 11, 13, 14, 15, 26})
_SQLITE_BROKEN_OFF = 9
_SQLITE_REFUSED = frozenset({3, 8, 23})


_GONE = frozenset({"42P01", "3F000", 1146, 1049})
"""A table that was there a moment ago."""
_LOCKED = frozenset({"55P03", "40P01", "40001", 1205, 1213})
_SQLITE_LOCKED = frozenset({5, 6})


def why_not_looked(error: sa.exc.DBAPIError) -> NotLooked | None:
    """What an error says of the one relation that was looked at; None: it was dropped meanwhile.

    Raises:
        DBAPIError: the same, when the whole database went away.
    """
    if error.connection_invalidated:
        raise error
    if _code(error) in _GONE:
        return None
    verdict = _verdict(error)
    if _is_locked(error) or verdict == "broken_off":
        return NotLooked.TOO_LONG
    return NotLooked.NO_RIGHT if verdict == "refused" else NotLooked.UNREADABLE


def why_not_rehearsed(error: sa.exc.DBAPIError) -> NotRehearsed | None:
    """Why an order could not be tried; None: it was, and the database refused it.

    Raises:
        DBAPIError: the same, when the whole database went away.
    """
    if _is_locked(error):
        return NotRehearsed.LOCKED
    verdict = _verdict(error)
    if verdict == "unavailable":
        raise error
    return NotRehearsed.TOO_LONG if verdict == "broken_off" else None


def _code(error: sa.exc.DBAPIError) -> object:
    original = error.orig
    if isinstance(original, psycopg.Error):
        return original.sqlstate
    return original.args[0] if original is not None and original.args else None


def _is_locked(error: sa.exc.DBAPIError) -> bool:
    locked = (getattr(error.orig, "sqlite_errorcode", None) or 0) & 0xFF in _SQLITE_LOCKED
    return locked or _code(error) in _LOCKED


@contextmanager
def guarded(system: str, recheck: Callable[[], None], known: Callable[[], Known] = dict) -> Iterator[None]:
    """Let only our own errors out of the block; what the driver said goes with them for the vault (law 1).

    Args:
        system: name for the message.
        known: live tables and their columns, which a message may name.
        recheck: compares contract and live schema anew; raises ContractMismatch when they differ. Called when a
            statement failed for a reason that a changed schema would explain.
    """
    try:
        yield
    except RightsflowError:
        raise
    except sa.exc.DBAPIError as error:
        verdict = _verdict(error)
        if verdict == "unforeseen":
            recheck_guarded(system, recheck)
        told = (
            not_reached(system, error)
            if verdict == "unavailable"
            else _told(system, verdict, refusal_of(error, known()))
        )
        raise told.with_detail(str(error.orig)) from None
    except (sa.exc.TimeoutError, OSError) as error:
        raise not_reached(system, error) from None
    except Exception as error:  # noqa: BLE001  # law 1: no foreign text may come out of a connector
        raise _as_ours(system, "unforeseen").with_detail(repr(error)) from None


def recheck_guarded(system: str, recheck: Callable[[], None]) -> None:
    """Run ``recheck``; what it cannot find out is no finding."""
    try:
        recheck()
    except RightsflowError:
        raise
    except sa.exc.SQLAlchemyError:
        raise not_reached(system) from None


def is_refused(error: sa.exc.DBAPIError) -> bool:
    """Whether the account may not do what the statement asked for."""
    return _verdict(error) == "refused"


def _told(system: str, verdict: _Verdict, refusal: Refusal) -> RightsflowError:
    """The error, naming what the database refuses where a statement that changes rows was refused."""
    is_refused = verdict == "integrity" or refusal.kind not in {RefusalKind.OTHER, RefusalKind.RIGHT}
    if verdict == "broken_off" or not refusal.statement or not is_refused:
        return _as_ours(system, verdict)
    return ContractMismatch(f"{refusal.what}; nothing was changed", where=refusal.place(system), remedy=refusal.remedy)


def _as_ours(system: str, verdict: _Verdict) -> RightsflowError:
    if verdict == "integrity":
        return ContractMismatch(
            "the database refused the change, because a constraint forbids it; nothing was changed",
            where=system,
            remedy="declare in the contract the reference or required column that the constraint protects",
        )
    if verdict == "broken_off":
        return StepFailed(
            "the database broke a statement off, because it took too long or was cancelled; nothing was changed",
            where=system,
            remedy="see `rightsflow contracts check` for searches that no index serves and give these columns one, "
            "or let such a search take longer, then resume",
        )
    if verdict == "refused":
        return StepFailed(
            "the database account may not do this; nothing was changed",
            where=system,
            remedy="grant the account SELECT, and UPDATE and DELETE where the contract erases, then resume",
        )
    return StepFailed(
        "the database could not carry out a statement",
        where=system,
        remedy="see its own log, or of a case `rightsflow case CASE --faults`, for what it says; mend that, then try "
        "again",
    )


def _verdict(error: sa.exc.DBAPIError) -> _Verdict:
    original = error.orig
    if error.connection_invalidated:
        return "unavailable"
    if (code := getattr(original, "sqlite_errorcode", None)) is not None:
        return _sqlite_verdict(code & 0xFF)
    if isinstance(original, psycopg.Error):
        return _postgres_verdict(original.sqlstate, error)
    if original is not None and original.args and isinstance(original.args[0], int):
        return _mysql_verdict(original.args[0], error)
    return _generic_verdict(error)


def _sqlite_verdict(code: int) -> _Verdict:
    constraint = 19
    if code == constraint:
        return "integrity"
    if code == _SQLITE_BROKEN_OFF:
        return "broken_off"
    if code in _SQLITE_UNAVAILABLE:
        return "unavailable"
    return "refused" if code in _SQLITE_REFUSED else "unforeseen"


def _postgres_verdict(state: str | None, error: sa.exc.DBAPIError) -> _Verdict:
    if state is None:  # libpq could not connect, or lost the connection
        return "unavailable" if isinstance(error, sa.exc.OperationalError) else "unforeseen"
    if state == _POSTGRES_BROKEN_OFF:
        return "broken_off"
    if state.startswith(_POSTGRES_UNAVAILABLE):
        return "unavailable"
    if state == _POSTGRES_REFUSED:
        return "refused"
    return "integrity" if state.startswith("23") else "unforeseen"


def _mysql_verdict(code: int, error: sa.exc.DBAPIError) -> _Verdict:
    if code in _MYSQL_BROKEN_OFF:
        return "broken_off"
    if code in _MYSQL_UNAVAILABLE or code in _MYSQL_CLIENT:
        return "unavailable"
    if code in _MYSQL_REFUSED:
        return "refused"
    return "integrity" if isinstance(error, sa.exc.IntegrityError) else "unforeseen"


def _generic_verdict(error: sa.exc.DBAPIError) -> _Verdict:
    if isinstance(error, sa.exc.IntegrityError):
        return "integrity"
    return "unavailable" if isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError) else "unforeseen"
