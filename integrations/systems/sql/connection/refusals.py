"""What a database refuses, in names: table, column, constraint and kind of statement; never a value.

PostgreSQL tells names apart from its message. MariaDB, MySQL and SQLite tell them in a message that may hold values as
well: a name is taken from there only where the live schema has it.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

import psycopg
import sqlalchemy as sa

from data_contracts.connectors.rehearsing import Refusal, RefusalKind

Known = Mapping[str, Collection[str]]
"""Columns by table, as the live system names them."""

_POSTGRESQL: Final[Mapping[str, RefusalKind]] = {
    "23502": RefusalKind.NOT_NULL,
    "23503": RefusalKind.FOREIGN_KEY,
    "23001": RefusalKind.FOREIGN_KEY,
    "23505": RefusalKind.UNIQUE,
    "23514": RefusalKind.CHECK,
    "23P01": RefusalKind.EXCLUSION,
    "22001": RefusalKind.LENGTH,
    "22026": RefusalKind.LENGTH,
    "428C9": RefusalKind.GENERATED,
    "42804": RefusalKind.TYPE,
    "42846": RefusalKind.TYPE,
    "P0001": RefusalKind.TRIGGER,
    "42501": RefusalKind.RIGHT,
    "25006": RefusalKind.RIGHT,
}
_MYSQL: Final[Mapping[int, RefusalKind]] = {
    1048: RefusalKind.NOT_NULL,
    1062: RefusalKind.UNIQUE,
    1451: RefusalKind.FOREIGN_KEY,
    1452: RefusalKind.FOREIGN_KEY,
    1216: RefusalKind.FOREIGN_KEY,
    1217: RefusalKind.FOREIGN_KEY,
    4025: RefusalKind.CHECK,
    3819: RefusalKind.CHECK,
    1406: RefusalKind.LENGTH,
    1264: RefusalKind.TYPE,
    1265: RefusalKind.TYPE,
    1292: RefusalKind.TYPE,
    1366: RefusalKind.TYPE,
    1367: RefusalKind.TYPE,
    1906: RefusalKind.GENERATED,
    3105: RefusalKind.GENERATED,
    1644: RefusalKind.TRIGGER,
    1442: RefusalKind.TRIGGER,
    1142: RefusalKind.RIGHT,
    1143: RefusalKind.RIGHT,
    1227: RefusalKind.RIGHT,
    1290: RefusalKind.RIGHT,
}
_SQLITE: Final[Mapping[int, RefusalKind]] = {
    1299: RefusalKind.NOT_NULL,
    275: RefusalKind.CHECK,
    787: RefusalKind.FOREIGN_KEY,
    1555: RefusalKind.UNIQUE,
    2067: RefusalKind.UNIQUE,
    2579: RefusalKind.UNIQUE,
    1811: RefusalKind.TRIGGER,
    3091: RefusalKind.TYPE,
    20: RefusalKind.TYPE,
    8: RefusalKind.RIGHT,
}
_STATEMENTS: Final = frozenset({"delete", "update", "insert"})
_STATEMENT: Final = re.compile(
    r"\s*(delete\s+(?:ignore\s+)?from|update|insert\s+into)\s+((?:[`\"]?[\w$]+[`\"]?\.)?[`\"]?[\w$ ]+?[`\"]?)(?:\s|\()",
    re.IGNORECASE,
)
_MYSQL_COLUMN: Final = re.compile(r".*\bcolumn (?:[`'][^`']*[`']\.)*[`']([^`']+)[`']", re.DOTALL | re.IGNORECASE)
_MYSQL_KEY: Final = re.compile(r".* for key '([^']+)'$", re.DOTALL)
_MYSQL_CONSTRAINT: Final = re.compile(r"constraint [`']([^`']+)[`']", re.IGNORECASE)
_SQLITE_PLACES: Final = re.compile(r"(?:UNIQUE|NOT NULL) constraint failed: (.*)$")
_SQLITE_CHECK: Final = re.compile(r"CHECK constraint failed: ([\w$ ]{1,60})$")
_SQLITE_GENERATED: Final = re.compile(r"cannot (?:UPDATE|INSERT into) generated column \"([^\"]+)\"")


def refusal_of(error: sa.exc.DBAPIError, known: Known, table: str = "") -> Refusal:
    """The refusal that a driver's error tells of.

    Args:
        error: as SQLAlchemy gives it.
        known: the live tables, from which alone names are taken.
        table: the table whose rows were to change, where the error does not name one.
    """
    statement, told = statement_of(error)
    original: Any = error.orig
    if isinstance(original, psycopg.Error):
        made = _of_postgresql(original)
    elif getattr(original, "sqlite_errorcode", None) is not None:
        made = _of_sqlite(original, known, table or told)
    elif original is not None and original.args and isinstance(original.args[0], int):
        made = _of_mysql(original, known, table or told)
    else:
        made = {"kind": RefusalKind.OTHER}
    where = made.pop("table", "") or table or told
    return Refusal(where, statement=statement, detail=str(original), **made)


def statement_of(error: sa.exc.DBAPIError) -> tuple[str, str]:
    """Kind of the statement that failed and its table, as far as its text tells; values are not part of it."""
    found = _STATEMENT.match(error.statement or "")
    if found is None:
        return "", ""
    kind = found[1].split()[0].lower()
    return kind if kind in _STATEMENTS else "", found[2].rpartition(".")[2].strip('`" ')


def _of_postgresql(error: psycopg.Error) -> dict[str, Any]:
    state, said = error.sqlstate or "", error.diag
    kind = _POSTGRESQL.get(state)
    if kind is None:
        kind = RefusalKind.TYPE if state.startswith("22") else RefusalKind.OTHER
        # What a trigger raises has a class that the standard leaves to applications.
        kind = RefusalKind.TRIGGER if "at RAISE" in (said.context or "") else kind
    return {
        "kind": kind,
        "table": said.table_name or "",
        "column": said.column_name or "",
        "constraint": said.constraint_name or (_function(said.context or "") if kind is RefusalKind.TRIGGER else ""),
    }


def _function(context: str) -> str:
    found = re.search(r"function ([\w$.]+)\(", context)
    return found[1] if found else ""


def _of_mysql(error: Any, known: Known, table: str) -> dict[str, Any]:  # noqa: ANN401  # a driver's exception
    code, text = error.args[0], str(error.args[1]) if len(error.args) > 1 else ""
    made: dict[str, Any] = {"kind": _MYSQL.get(code, RefusalKind.OTHER)}
    column = _MYSQL_COLUMN.match(text)
    if column and column[1] in known.get(table, ()):
        made["column"] = column[1]
    if made["kind"] is RefusalKind.UNIQUE and (key := _MYSQL_KEY.match(text)):
        made["constraint"] = key[1].rpartition(".")[2] if re.fullmatch(r"[\w$.]{1,130}", key[1]) else ""
    if made["kind"] in {RefusalKind.CHECK, RefusalKind.FOREIGN_KEY} and (name := _MYSQL_CONSTRAINT.search(text)):
        # `table.name` where MariaDB names a check that has no name of its own after its column
        made["constraint"] = name[1].rpartition(".")[2]
    return made


def _of_sqlite(error: Any, known: Known, table: str) -> dict[str, Any]:  # noqa: ANN401  # a driver's exception
    code, text = error.sqlite_errorcode, str(error)
    kind = _SQLITE.get(code) or _SQLITE.get(code & 0xFF, RefusalKind.OTHER)
    if found := _SQLITE_GENERATED.search(text):
        return {"kind": RefusalKind.GENERATED, "column": _if_known(found[1], known, table)}
    made: dict[str, Any] = {"kind": kind}
    if found := _SQLITE_PLACES.search(text):
        places = [place.rpartition(".") for place in found[1].split(", ")]
        if all(column in known.get(name, ()) for name, _, column in places):
            made["table"] = places[0][0]
            made |= {"column": places[0][2]} if len(places) == 1 else {}
            made |= {"constraint": ", ".join(column for _, _, column in places)} if len(places) > 1 else {}
    if kind is RefusalKind.CHECK and (found := _SQLITE_CHECK.search(text)):
        made["constraint"] = found[1]
    return made


def _if_known(column: str, known: Known, table: str) -> str:
    return column if column in known.get(table, ()) else ""
