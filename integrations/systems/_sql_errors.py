"""What a database's error means for us; told by its code, never by its text.

Codes: PostgreSQL manual, appendix A; MariaDB "Error codes"; SQLite "Result and error codes".
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import psycopg
import sqlalchemy as sa

from data_contracts.errors import ContractMismatch, RightsflowError, StepFailed, SystemUnavailable

_Verdict = Literal["unavailable", "integrity", "refused", "unforeseen"]

_POSTGRES_UNAVAILABLE = ("08", "28", "3D", "40", "53", "55P", "57", "58")
_POSTGRES_REFUSED = "42501"
# Too many connections, gone away, refused, shutting down, lock wait, deadlock, changed record, unknown database …
_MYSQL_UNAVAILABLE = frozenset(
    {1020, 1040, 1045, 1049, 1053, 1129, 1130, 1203, 1205, 1213, 1226, 1317, 1969, 3024, 4151}
)
_MYSQL_CLIENT = range(2000, 3000)
_MYSQL_REFUSED = frozenset({1044, 1142, 1143, 1227, 1290})
# BUSY, LOCKED, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB
_SQLITE_UNAVAILABLE = frozenset({5, 6, 10, 11, 13, 14, 15, 26})
_SQLITE_REFUSED = frozenset({3, 8, 23})


@contextmanager
def guarded(system: str, recheck: Callable[[], None]) -> Iterator[None]:
    """Let only our own errors out of the block.

    Args:
        system: name for the message.
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
        raise _as_ours(system, verdict) from None
    except (sa.exc.TimeoutError, OSError):
        raise _as_ours(system, "unavailable") from None
    except Exception:  # noqa: BLE001  # law 1: no foreign text may come out of a connector
        raise _as_ours(system, "unforeseen") from None


def recheck_guarded(system: str, recheck: Callable[[], None]) -> None:
    """Run ``recheck``; what it cannot find out is no finding."""
    try:
        recheck()
    except RightsflowError:
        raise
    except sa.exc.SQLAlchemyError:
        raise _as_ours(system, "unavailable") from None


def _as_ours(system: str, verdict: _Verdict) -> RightsflowError:
    if verdict == "unavailable":
        return SystemUnavailable(
            "the database could not be reached, or broke off",
            where=system,
            remedy="see that it is up and that the connection configured for it is right, then try again",
        )
    if verdict == "integrity":
        return ContractMismatch(
            "the database refused the change, because a constraint forbids it; nothing was changed",
            where=system,
            remedy="declare in the contract the reference or required column that the constraint protects",
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
        remedy="run `rightsflow contracts check` against the live system, then resume",
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
    if code in _SQLITE_UNAVAILABLE:
        return "unavailable"
    return "refused" if code in _SQLITE_REFUSED else "unforeseen"


def _postgres_verdict(state: str | None, error: sa.exc.DBAPIError) -> _Verdict:
    if state is None:  # libpq could not connect, or lost the connection
        return "unavailable" if isinstance(error, sa.exc.OperationalError) else "unforeseen"
    if state.startswith(_POSTGRES_UNAVAILABLE):
        return "unavailable"
    if state == _POSTGRES_REFUSED:
        return "refused"
    return "integrity" if state.startswith("23") else "unforeseen"


def _mysql_verdict(code: int, error: sa.exc.DBAPIError) -> _Verdict:
    if code in _MYSQL_UNAVAILABLE or code in _MYSQL_CLIENT:
        return "unavailable"
    if code in _MYSQL_REFUSED:
        return "refused"
    return "integrity" if isinstance(error, sa.exc.IntegrityError) else "unforeseen"


def _generic_verdict(error: sa.exc.DBAPIError) -> _Verdict:
    if isinstance(error, sa.exc.IntegrityError):
        return "integrity"
    return "unavailable" if isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError) else "unforeseen"
