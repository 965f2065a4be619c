"""Looking at a live SQL database for a draft of its contract: schema, and at most a few values of text columns.

Everything happens in one read-only transaction. Values are looked at in memory and dropped: what leaves is the name of
what most of them look like (:mod:`integrations.systems.looks`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.sql.type_api import TypeEngine

from data_contracts.errors import ContractMismatch, SettingsInvalid
from data_contracts.odcs.drafts.drafting import MOST_KEYS, key_columns, keys_of
from data_contracts.odcs.drafts.guessing import Look
from data_contracts.odcs.drafts.joining import Candidate, candidates, is_held
from data_contracts.odcs.drafts.shapes import DraftColumn, DraftReference, DraftSystem, DraftTable
from integrations.systems.kinds import MOST_VALUES
from integrations.systems.looks import looks_inside, looks_of
from integrations.systems.sql.connection.engine import Engines, sql_url
from integrations.systems.sql.connection.errors import guarded
from integrations.systems.sql.live.containers import container_of, readable
from integrations.systems.sql.live.family import home, parents
from integrations.systems.sql.live.hiding import other_schemas

ROWS_OF_KEYS: Final = 10_000
"""Rows in which the keys of a table of keys and values are looked for, and in which values are counted."""
_MOST_HELD: Final = 1_000
"""Different values of which it is asked whether another table holds them."""
_MOST_SIGNS: Final = 256
_SHOWN: Final = 12
_COUNTED_AT_ONCE: Final = 100

_LOGICAL: Final[Sequence[tuple[type[TypeEngine[Any]], str]]] = (
    (sa.Boolean, "boolean"),
    (sa.Integer, "integer"),
    (sa.Numeric, "number"),
    (sa.Date, "date"),
    (sa.DateTime, "timestamp"),
    (sa.Time, "time"),
    (sa.ARRAY, "array"),
    (sa.JSON, "object"),
    (postgresql.HSTORE, "object"),
)
_SERVERS: Final = {"postgresql": "postgres", "mysql": "mysql", "mariadb": "mysql"}


def reflect_sql(url: str, *, name: str = "", tables: Sequence[str] = (), sample: int = MOST_VALUES) -> DraftSystem:
    """What can be seen of the database at ``url``.

    Args:
        url: SQLAlchemy URL; its account needs to read only.
        name: the system's name; the database's when empty.
        tables: live names, ``schema.table`` outside the default schema; all of the default schema when empty.
        sample: how many values of each text column are looked at, from 0 to 200.

    Raises:
        SettingsInvalid: when no database fits the URL.
        ContractMismatch: when there is no such table.
        SystemUnavailable: when the database cannot be reached; trying again can help.
    """
    engines, parsed = _opened(url)
    system = name or system_name(parsed.database or "")
    try:
        with guarded(system, lambda: None), engines.reading(statements=2) as connection:
            look = _Look(system, connection, sa.inspect(connection), min(sample, MOST_VALUES))
            found = look.joined([look.table(live) for live in look.chosen(tables)])
            elsewhere = look.elsewhere([_place(table.name)[0] for table in found])
    finally:
        engines.close()
    return DraftSystem(system, tuple(found), _server(parsed), elsewhere)


def system_name(text: str) -> str:
    """A system's name from that of a database or folder.

    >>> system_name("data/CRM v2.db")
    'crm_v2'
    """
    stem = re.sub(r"\.(db|sqlite3?|parquet)$", "", text.rstrip("/").rpartition("/")[2].lower())
    return re.sub(r"[^a-z0-9_-]+", "_", stem).strip("_-") or "system"


def _opened(url: str) -> tuple[Engines, sa.URL]:
    try:
        return Engines(url), sql_url(url)
    except (sa.exc.ArgumentError, ImportError, ValueError):
        raise SettingsInvalid(
            "no database fits the URL given",
            remedy="give a postgresql, mysql, mariadb or sqlite URL, or file:///folder of Parquet files",
        ) from None


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at a live database through one connection."""

    system: str
    connection: Connection
    inspector: sa.Inspector
    sample: int

    def chosen(self, tables: Sequence[str]) -> list[str]:
        """The tables asked for, or all of the default schema; raises ContractMismatch when one is not there."""
        default = self.inspector.default_schema_name or ""
        # Partitions and child tables are drafted as the table whose rows theirs are.
        parts = {name for schema, name in parents(self.inspector) if schema == default}
        known = sorted(set(self.inspector.get_table_names()) - parts)
        chosen = list(dict.fromkeys(tables)) or known
        for table in chosen:
            schema, live = _place(table)
            if not self.inspector.has_table(live, schema=schema):
                raise no_such_table(f"{self.system}.{table}", known)
        return chosen

    def elsewhere(self, schemas: Sequence[str | None]) -> tuple[str, ...]:
        """Other schemas and databases with tables that the account can read."""
        default = self.inspector.default_schema_name
        return tuple(sorted(other_schemas(self.inspector) - {default, *schemas}))

    def table(self, live: str) -> DraftTable:
        """What can be seen of one table."""
        schema, name = _place(live)
        columns = self.inspector.get_columns(name, schema=schema)
        keys = self.inspector.get_pk_constraint(name, schema=schema)["constrained_columns"]
        unique = self._unique(name, schema)
        texts = {c["name"]: c["type"] for c in columns if _is_looked_at(c["type"])}
        looks = self._looks(name, schema, texts)
        counts = self._counts(name, schema, [c["name"] for c in columns if not container_of(c["type"])])
        named = key_columns([c["name"] for c in columns])
        said = {one: self._keys(name, schema, one) for one in named if one in texts and not looks.get(one)}
        return DraftTable(
            live,
            tuple(
                DraftColumn(
                    name=c["name"],
                    logical_type=_logical_type(c["type"]),
                    physical_type=self._physical_type(c),
                    required=not c["nullable"] or c["name"] in keys,
                    unique=c["name"] in unique and keys != [c["name"]],
                    key_position=keys.index(c["name"]) + 1 if c["name"] in keys else 0,
                    looks=looks.get(c["name"], frozenset()),
                    is_container=bool(container_of(c["type"])),
                    keys=said.get(c["name"], ()),
                    filled=counts.get(c["name"], (0, 0))[0],
                    distinct=counts.get(c["name"], (0, 0))[1],
                )
                for c in columns
            ),
            self._references(name, schema),
        )

    def joined(self, tables: Sequence[DraftTable]) -> list[DraftTable]:
        """The tables with references that no database declares, where names and values speak for them."""
        more: dict[str, list[DraftReference]] = {}
        for aims in candidates(tables):
            best = next((aim for aim in aims if is_held(aim, values=(held := self._held(aim))[0], held=held[1])), None)
            if best is not None:
                more.setdefault(best.table, []).append(best.reference(is_counted=self.sample > 0))
        return [replace(table, references=(*table.references, *more.get(table.name, ()))) for table in tables]

    def _held(self, candidate: Candidate) -> tuple[int, int]:
        """How many different values a column holds, at most 1,000, and how many of them are keys there."""
        if self.sample < 1:
            return 0, 0
        (schema, name), (to_schema, to_name) = _place(candidate.table), _place(candidate.to_table)
        here: sa.ColumnClause[Any] = sa.column(candidate.column)
        there: sa.ColumnClause[Any] = sa.column(candidate.to_column)
        rows = sa.select(here).select_from(sa.table(name, schema=schema)).limit(ROWS_OF_KEYS).subquery()
        value = rows.c[candidate.column]
        values = sa.select(value.label("value")).where(value.is_not(None)).distinct().limit(_MOST_HELD).subquery()
        target = sa.table(to_name, there, schema=to_schema)
        is_there = sa.exists().where(target.c[candidate.to_column] == values.c.value)
        query = sa.select(sa.func.count(), sa.func.count(sa.case((is_there, 1)))).select_from(values)
        count, held = self.connection.execute(query).one()
        return count, held

    def _counts(self, name: str, schema: str | None, columns: Sequence[str]) -> dict[str, tuple[int, int]]:
        """By column, in how many rows it holds a value, and how many different ones."""
        if self.sample < 1 or not columns:
            return {}
        found: dict[str, tuple[int, int]] = {}
        for start in range(0, len(columns), _COUNTED_AT_ONCE):
            some = columns[start : start + _COUNTED_AT_ONCE]
            plain: list[sa.ColumnClause[Any]] = [sa.column(column) for column in some]
            rows = sa.select(*plain).select_from(sa.table(name, schema=schema)).limit(ROWS_OF_KEYS).subquery()
            asked = [count(rows.c[column]) for column in some for count in (sa.func.count, _count_different)]
            row = self.connection.execute(sa.select(*asked)).one()
            found |= {column: (row[2 * place], row[2 * place + 1]) for place, column in enumerate(some)}
        return found

    def _references(self, name: str, schema: str | None) -> tuple[DraftReference, ...]:
        """Foreign keys; targets are named as in the draft: with their schema outside the default one."""
        default, above = self.inspector.default_schema_name or "", parents(self.inspector)
        found = []
        for key in self.inspector.get_foreign_keys(name, schema=schema):
            there, target = home((key["referred_schema"] or default, key["referred_table"]), {}, above)
            to = target if there == default else f"{there}.{target}"
            found.append(DraftReference(tuple(key["constrained_columns"]), to, tuple(key["referred_columns"])))
        return tuple(sorted(dict.fromkeys(found), key=lambda r: (r.columns, r.to_table)))

    def _unique(self, name: str, schema: str | None) -> set[str]:
        constraints = [c["column_names"] for c in self.inspector.get_unique_constraints(name, schema=schema)]
        # SQLite keeps some unique constraints as automatic indexes alone; the option is of no effect elsewhere.
        for index in self.inspector.get_indexes(name, schema=schema, include_auto_indexes=True):
            is_partial = any(option.endswith("_where") for option in index.get("dialect_options") or {})
            if index["unique"] and not is_partial:
                constraints.append([column or "" for column in index["column_names"]])
        return {columns[0] for columns in constraints if len(columns) == 1}

    def _looks(
        self, name: str, schema: str | None, columns: Mapping[str, TypeEngine[Any]]
    ) -> dict[str, frozenset[Look]]:
        """What values of text columns look like, and what lies inside containers; read here, dropped here."""
        if not columns or self.sample < 1:
            return {}
        texts = [sa.cast(readable(sa.column(name), type_), sa.Text) for name, type_ in columns.items()]
        cut = [sa.func.substr(text, 1, _MOST_SIGNS) for text in texts]
        query = sa.select(*cut).select_from(sa.table(name, schema=schema)).limit(self.sample)
        rows = self.connection.execute(query).all()
        looks = [looks_inside if container_of(type_) else looks_of for type_ in columns.values()]
        found = zip(columns, looks, range(len(looks)), strict=True)
        return {column: look([row[place] for row in rows]) for column, look, place in found}

    def _keys(self, name: str, schema: str | None, column: str) -> tuple[str, ...]:
        """The texts of a column that says what another one's values are, each of several rows; no value is read."""
        if self.sample < 1:
            return ()
        rows = sa.select(sa.column(column)).select_from(sa.table(name, schema=schema)).limit(ROWS_OF_KEYS).subquery()
        key = rows.c[column]
        several = sa.select(key).where(key.is_not(None)).group_by(key).having(sa.func.count() > 1).limit(MOST_KEYS + 1)
        return keys_of([str(text) for text in self.connection.execute(several).scalars()])

    def _physical_type(self, column: ReflectedColumn) -> str:
        if isinstance(column["type"], sa.types.NullType):
            return ""
        return column["type"].compile(dialect=self.connection.dialect).partition(" COLLATE ")[0].lower()


def _count_different(column: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    return sa.func.count(column.distinct())


def no_such_table(where: str, known: Sequence[str]) -> ContractMismatch:
    """The error for a table that was asked for and is not there."""
    shown = ", ".join(known[:_SHOWN]) + (", …" if len(known) > _SHOWN else "")
    remedy = f"name one of {shown}" if known else "give the URL of a database or folder that holds tables"
    return ContractMismatch("the live system has no such table", where=where, remedy=remedy)


def _place(live: str) -> tuple[str | None, str]:
    schema, _, name = live.rpartition(".")
    return schema or None, name


def _is_looked_at(type_: TypeEngine[Any]) -> bool:
    is_text = isinstance(type_, sa.String) and not isinstance(type_, sa.Enum)
    return is_text or bool(container_of(type_))


def _logical_type(type_: TypeEngine[Any]) -> str:
    if isinstance(type_, mysql.TINYINT) and type_.display_width == 1:
        return "boolean"
    return next((logical for known, logical in _LOGICAL if isinstance(type_, known)), "string")


def _server(url: sa.URL) -> dict[str, Any]:
    """Where it runs, never with a user, a password or options that may hold one."""
    kind = _SERVERS.get(url.get_backend_name(), "")
    if kind and url.host and url.database:
        port = url.port or (5432 if kind == "postgres" else 3306)
        facts = {"server": "live", "type": kind, "host": url.host, "port": port, "database": url.database}
        return facts | ({"schema": "public"} if kind == "postgres" else {})
    location = sa.URL.create(url.get_backend_name(), host=url.host, port=url.port, database=url.database)
    return {"server": "live", "type": "custom", "location": location.render_as_string()}
