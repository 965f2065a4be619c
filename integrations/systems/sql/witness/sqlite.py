"""What a SQLite file holds, and each value as text whatever its type.

* A value is compared by a function of ours, which gets its bytes: text in any state, and binary values, break nothing.
  Only rows with a hint, or with a binary value, reach it.
* Full-text tables are looked at through their content. Those that keep none hold terms that cannot be read as texts.
* A view sees its own file alone: it is left out where every table of that file was looked at, whole.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from data_contracts.connectors.witnessing import NotLooked, PlaceKind
from integrations.systems.sql.connection.engine import SQLITE_HOLDS
from integrations.systems.sql.questions.cutoffs import Clause
from integrations.systems.sql.witness.relations import Catalogue, Cell, Relation
from integrations.systems.witness.looking import Question

_ENCODINGS: Final = {"UTF-16le": "utf-16-le", "UTF-16be": "utf-16-be"}
_OF_VIRTUAL_TABLE: Final = 1
_WITH_VALUES: Final = frozenset({"sqlite_stat3", "sqlite_stat4"})
"""Tables of SQLite's own that hold values of columns; the others hold names and numbers."""
_NO_CONTENT: Final = re.compile(r"\bfts[345]\w*\s*\(.*\bcontent\s*=", re.IGNORECASE | re.DOTALL)


def survey(connection: Connection, question: Question) -> Catalogue:
    """Every table and view of the file and of those attached to it."""
    encoding = str(connection.exec_driver_sql("PRAGMA encoding").scalar())
    values: dict[str, Any] = {}
    for i, trail in enumerate(question.trails):
        values[f"rf_h{i}"] = f"%{'%'.join(trail)}%"
    values |= {f"rf_p_{kind}": pattern for kind, pattern in question.patterns.items()}
    values["rf_encoding"] = _ENCODINGS.get(encoding, "utf-8")
    found: list[Relation] = []
    for _, schema, _ in connection.exec_driver_sql("PRAGMA database_list").all():
        if schema != "temp":
            found += _relations(connection, schema, question)
    return Catalogue(tuple(found), (), values)


def _relations(connection: Connection, schema: str, question: Question) -> Iterator[Relation]:
    quoted = connection.dialect.identifier_preparer.quote(schema)
    said = connection.exec_driver_sql(
        f"SELECT name, type, sql FROM {quoted}.sqlite_master WHERE type IN ('table', 'view')"  # noqa: S608  # quoted
    )
    made = {name: (type_, sql or "") for name, type_, sql in said}
    listed = connection.execute(
        sa.text("SELECT name, type FROM pragma_table_list WHERE schema = :schema"), {"schema": schema}
    )
    kinds = {name: kind for name, kind in listed if kind != "shadow"}
    names = [name for name in kinds if not name.startswith("sqlite_") or name in _WITH_VALUES]
    tables = frozenset((schema, name) for name in names if kinds[name] != "view")
    for name in names:
        yield _relation(connection, (schema, name), made.get(name, ("table", "")), tables, question)


def _relation(
    connection: Connection,
    path: tuple[str, str],
    made: tuple[str, str],
    tables: frozenset[tuple[str, str]],
    question: Question,
) -> Relation:
    schema, name = path
    is_view, is_unread = made[0] == "view", bool(_NO_CONTENT.search(made[1]))
    kind = PlaceKind.VIEW if is_view else PlaceKind.STATISTICS if name in _WITH_VALUES else PlaceKind.TABLE
    try:
        columns = _columns(connection, schema, name)
    except sa.exc.DBAPIError:
        columns, is_unread = [], True  # a virtual table whose module is not there
    clause = sa.table(name, *(sa.column(column) for column in columns), schema=schema)
    return Relation(
        schema,
        name,
        kind,
        clause,
        tuple(_cell(column, question) for column in columns),
        counted=None if is_view else sa.select(sa.func.count()).select_from(clause.alias()).scalar_subquery(),
        size=0 if is_view else _last_row(connection, clause),
        why=NotLooked.UNREADABLE if is_unread else None,
        is_readable=not is_unread,
        shows=tables if is_view else None,
        belongs_to=(name, f"{schema}.{name}") if schema == "main" else (f"{schema}.{name}",),
        columns=tuple(columns),
    )


def _columns(connection: Connection, schema: str, name: str) -> list[str]:
    query = sa.text("SELECT name, hidden FROM pragma_table_xinfo(:name, :schema)")
    rows = connection.execute(query, {"name": name, "schema": schema})
    return [column for column, hidden in rows if hidden != _OF_VIRTUAL_TABLE]


def _last_row(connection: Connection, clause: sa.TableClause) -> int:
    """About how many rows a table has; found without reading them."""
    try:
        query: sa.Select[Any] = sa.select(sa.func.max(sa.literal_column("rowid"))).select_from(clause)
        return int(connection.execute(query).scalar() or 0)
    except (sa.exc.DBAPIError, ValueError):
        return 0  # WITHOUT ROWID


def _cell(name: str, question: Question) -> Cell:
    own: Any = sa.column(name)
    type_ = sa.func.typeof(own)

    def holds(kind: str) -> Clause:
        encoding = sa.case((type_ == "blob", ""), else_=sa.bindparam("rf_encoding", type_=sa.String()))
        raw = sa.cast(own, sa.LargeBinary())
        clause: Clause = getattr(sa.func, SQLITE_HOLDS)(sa.bindparam(f"rf_p_{kind}", type_=sa.String()), raw, encoding)
        return clause

    # LIKE takes no account of the case of ASCII letters, and pieces hold no sign that means something to it.
    likes = (own.op("LIKE")(sa.bindparam(f"rf_h{i}", type_=sa.String())) for i in range(len(question.trails)))
    # It ends at a NUL: what lies behind one is read by the pattern.
    hinted: Any = sa.or_(sa.func.instr(own, sa.literal_column("char(0)")) > 0, *likes)
    if not question.can_be_number:
        hinted = sa.and_(type_ == "text", hinted)
    return Cell(name, sa.or_(hinted, type_ == "blob", *map(holds, question.slow_kinds)), holds)
