"""What a MariaDB or MySQL account can read, in every database, and each column as text.

* Text is compared in ``utf8mb4_bin``, whatever character set and collation it is stored in.
* Bytes are compared as Latin-1, where each byte is a sign, with a blank for what is not ASCII; then as UTF-8, where
  what is not valid becomes ``?``. So a statement never fails on them.
* Earlier versions of rows (``WITH SYSTEM VERSIONING``) are a place of their own.
* A view is left out where its definition, which names its tables in full, may be read, and all of them were looked at.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Connection

from data_contracts.connectors.witnessing import NotLooked, PlaceKind
from integrations.systems.sql.questions.cutoffs import Clause, as_clause
from integrations.systems.sql.witness.relations import Catalogue, Cell, Relation
from integrations.systems.witness.looking import Question

_OURS: Final = "table_schema NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys')"
_RELATIONS: Final = sa.text(f"""
SELECT table_schema, table_name, table_type, coalesce(table_rows, -1), coalesce(data_length, 0), database()
FROM information_schema.tables WHERE {_OURS} AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED', 'VIEW')
""")  # noqa: S608  # our own words
_COLUMNS: Final = sa.text(f"""
SELECT table_schema, table_name, column_name, data_type, privileges, coalesce(generation_expression, '')
FROM information_schema.columns WHERE {_OURS} ORDER BY table_schema, table_name, ordinal_position
""")  # noqa: S608  # our own words
_VIEWS: Final = sa.text(f"""
SELECT table_schema, table_name, view_definition FROM information_schema.views WHERE {_OURS}
""")  # noqa: S608  # our own words
_BYTES: Final = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"})
_TEXTS: Final = frozenset(
    {"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set", "json", "xmltype"}
)
_IF_NEEDLE: Final = {
    "uuid": "0123456789abcdef-",
    "inet4": "0123456789.",
    "inet6": "0123456789abcdef:.",
    **dict.fromkeys(("tinyint", "smallint", "mediumint", "int", "bigint"), "0123456789-"),
    **dict.fromkeys(("decimal", "double", "float"), "0123456789.-"),
}
_BEYOND_ASCII: Final = "[^ -~]+"
_SHOWN: Final = re.compile(r"(?:\bfrom|\bjoin)\s+\(*`((?:[^`]|``)+)`\.`((?:[^`]|``)+)`", re.IGNORECASE)
_FUNCTION: Final = re.compile(r"`\.`(?:[^`]|``)+`\s*\(")
_FOR_EVER: Final = 18_446_744_073_709_551_615
"""The transaction that ended a row which is still there."""


def survey(connection: Connection, question: Question) -> Catalogue:
    """Every relation of every database that the account sees, but the server's own."""
    columns: dict[tuple[str, str], list[_Column]] = defaultdict(list)
    for schema, table, *facts in connection.execute(_COLUMNS):
        columns[schema, table].append(_Column(*map(str, facts)))
    rows = list(connection.execute(_RELATIONS))
    known = frozenset((row[0], row[1]) for row in rows)
    shown = {(s, n): _shown(str(sql or ""), known) for s, n, sql in connection.execute(_VIEWS)}
    found: list[Relation] = []
    for row in rows:
        found += _relations(row, columns[row[0], row[1]], shown, question)
    values = {f"rf_h{i}": f"%{'%'.join(map(_escaped, trail))}%" for i, trail in enumerate(question.trails)}
    return Catalogue(tuple(found), (), values | {f"rf_p_{k}": f"(?i){p}" for k, p in question.patterns.items()})


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    type: str
    privileges: str
    generated: str

    @property
    def may_read(self) -> bool:
        return "select" in self.privileges.lower()


def _shown(definition: str, known: frozenset[tuple[str, str]]) -> frozenset[tuple[str, str]] | None:
    """Relations that a view shows; None where the definition does not tell it."""
    found = {(s.replace("``", "`"), n.replace("``", "`")) for s, n in _SHOWN.findall(definition)}
    return None if not found or not found <= known or _FUNCTION.search(definition) else frozenset(found)


def _relations(
    row: Any,  # noqa: ANN401  # a row of the catalogue
    columns: list[_Column],
    shown: Mapping[tuple[str, str], frozenset[tuple[str, str]] | None],
    question: Question,
) -> Iterator[Relation]:
    schema, name, type_, rows, size, default = row
    readable = [column for column in columns if column.may_read]
    cells = (_cell(column, question) for column in readable)
    made = Relation(
        schema,
        name,
        PlaceKind.VIEW if type_ == "VIEW" else PlaceKind.TABLE,
        sa.table(name, *(sa.column(column.name) for column in columns), schema=schema),
        tuple(cell for cell in cells if cell is not None),
        tuple(column.name for column in columns if not column.may_read) if readable else (),
        rows=int(rows),
        size=int(size),
        why=None if readable else NotLooked.NO_RIGHT,
        is_readable=bool(readable),
        shows=shown.get((schema, name)),
        belongs_to=(name, f"{schema}.{name}") if schema == default else (f"{schema}.{name}",),
        columns=tuple(column.name for column in columns),
    )
    yield made
    if type_ == "SYSTEM VERSIONED":
        ended = next((column for column in columns if column.generated.upper() == "ROW END"), None)
        yield replace(made, kind=PlaceKind.HISTORY, hint="FOR SYSTEM_TIME ALL", where=_is_over(ended), columns=())


def _is_over(ended: _Column | None) -> Clause:
    """Rows that are no longer there."""
    if ended is None:
        return as_clause(sa.literal_column("ROW_END") <= sa.func.now(6))
    own: Any = sa.column(ended.name)
    return as_clause(own < _FOR_EVER if ended.type == "bigint" else own <= sa.func.now(6))


def _cell(column: _Column, question: Question) -> Cell | None:
    """How a column is looked at; None: nothing that it holds can be a needle."""
    own: Any = sa.column(column.name)
    if column.type in _BYTES:
        raw = _in_set(own, "latin1")
        ascii_only = _in_set(sa.func.regexp_replace(raw, _BEYOND_ASCII, " "), "utf8mb4")
        without_zeros = sa.func.replace(raw, "\0", "")
        views = [ascii_only, _in_set(without_zeros, "utf8mb4"), _in_set(own, "utf8mb4")]
        return Cell(column.name, _candidate([without_zeros], views, question), lambda kind: _holds(views, kind))
    signs = _IF_NEEDLE.get(column.type)
    if column.type not in _TEXTS and (signs is None or not question.can_be_of(signs)):
        return None
    text = _in_set(own if column.type in _TEXTS else sa.cast(own, mysql.CHAR()), "utf8mb4")
    return Cell(column.name, _candidate([text], [text], question), lambda kind: _holds([text], kind))


def _in_set(expression: Any, charset: str) -> Any:  # noqa: ANN401  # an SQL expression
    """``CONVERT(… USING …)``: what the set has no sign for becomes ``?``, and nothing fails."""
    return sa.func.convert(expression.op("USING")(sa.literal_column(charset)))


def _candidate(quick: list[Any], views: list[Any], question: Question) -> Clause:
    lower = [sa.collate(sa.func.lower(_in_set(text, "utf8mb4")), "utf8mb4_bin") for text in quick]
    trails = [sa.bindparam(f"rf_h{i}", type_=sa.String()) for i in range(len(question.trails))]
    quickly = (text.like(trail, escape="!") for text in lower for trail in trails)
    return sa.or_(*quickly, *(_holds(views, kind) for kind in question.slow_kinds))


def _holds(views: list[Any], kind: str) -> Clause:
    pattern = sa.bindparam(f"rf_p_{kind}", type_=sa.String())
    ways = (sa.collate(view, "utf8mb4_bin").op("REGEXP", is_comparison=True)(pattern) for view in views)
    return sa.func.coalesce(sa.or_(*ways), sa.false())


def _escaped(hint: str) -> str:
    return "".join(f"!{sign}" if sign in "!%_" else sign for sign in hint)
