"""Looking at a live SQL database for a draft of its contract: schema, and at most a few values of text columns.

Everything happens in one read-only transaction. Values are looked at in memory and dropped: what leaves is the name of
what most of them look like (:mod:`integrations.systems._looks`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.sql.type_api import TypeEngine

from data_contracts.drafting import DraftColumn, DraftReference, DraftSystem, DraftTable
from data_contracts.errors import ContractMismatch, SettingsInvalid
from data_contracts.guessing import Look
from integrations.systems._looks import looks_of
from integrations.systems._sql_engine import Engines, sql_url
from integrations.systems._sql_errors import guarded

MOST_VALUES: Final = 200
_MOST_SIGNS: Final = 256
_SHOWN: Final = 12

_LOGICAL: Final[Sequence[tuple[type[TypeEngine[Any]], str]]] = (
    (sa.Boolean, "boolean"),
    (sa.Integer, "integer"),
    (sa.Numeric, "number"),
    (sa.Date, "date"),
    (sa.DateTime, "timestamp"),
    (sa.Time, "time"),
    (sa.ARRAY, "array"),
    (sa.JSON, "object"),
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
            found = [look.table(live) for live in look.chosen(tables)]
    finally:
        engines.close()
    return DraftSystem(system, tuple(found), _server(parsed))


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
        known = sorted(self.inspector.get_table_names())
        chosen = list(dict.fromkeys(tables)) or known
        for table in chosen:
            schema, live = _place(table)
            if not self.inspector.has_table(live, schema=schema):
                raise no_such_table(f"{self.system}.{table}", known)
        return chosen

    def table(self, live: str) -> DraftTable:
        """What can be seen of one table."""
        schema, name = _place(live)
        columns = self.inspector.get_columns(name, schema=schema)
        keys = self.inspector.get_pk_constraint(name, schema=schema)["constrained_columns"]
        unique = self._unique(name, schema)
        looks = self._looks(name, schema, [c["name"] for c in columns if _is_text(c["type"])])
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
                )
                for c in columns
            ),
            self._references(name, schema),
        )

    def _references(self, name: str, schema: str | None) -> tuple[DraftReference, ...]:
        """Foreign keys; targets are named as in the draft: with their schema outside the default one."""
        default = self.inspector.default_schema_name
        found = []
        for key in self.inspector.get_foreign_keys(name, schema=schema):
            there = key["referred_schema"]
            to = key["referred_table"] if there in {None, default} else f"{there}.{key['referred_table']}"
            found.append(DraftReference(tuple(key["constrained_columns"]), to, tuple(key["referred_columns"])))
        return tuple(sorted(found, key=lambda r: (r.columns, r.to_table)))

    def _unique(self, name: str, schema: str | None) -> set[str]:
        constraints = [c["column_names"] for c in self.inspector.get_unique_constraints(name, schema=schema)]
        # SQLite keeps some unique constraints as automatic indexes alone; the option is of no effect elsewhere.
        for index in self.inspector.get_indexes(name, schema=schema, include_auto_indexes=True):
            is_partial = any(option.endswith("_where") for option in index.get("dialect_options") or {})
            if index["unique"] and not is_partial:
                constraints.append([column or "" for column in index["column_names"]])
        return {columns[0] for columns in constraints if len(columns) == 1}

    def _looks(self, name: str, schema: str | None, columns: Sequence[str]) -> dict[str, frozenset[Look]]:
        """What values of text columns look like; read here, dropped here."""
        if not columns or self.sample < 1:
            return {}
        cut = [sa.func.substr(sa.cast(sa.column(c), sa.Text), 1, _MOST_SIGNS) for c in columns]
        query = sa.select(*cut).select_from(sa.table(name, schema=schema)).limit(self.sample)
        rows = self.connection.execute(query).all()
        return {column: looks_of([row[place] for row in rows]) for place, column in enumerate(columns)}

    def _physical_type(self, column: ReflectedColumn) -> str:
        if isinstance(column["type"], sa.types.NullType):
            return ""
        return column["type"].compile(dialect=self.connection.dialect).partition(" COLLATE ")[0].lower()


def no_such_table(where: str, known: Sequence[str]) -> ContractMismatch:
    """The error for a table that was asked for and is not there."""
    shown = ", ".join(known[:_SHOWN]) + (", …" if len(known) > _SHOWN else "")
    remedy = f"name one of {shown}" if known else "give the URL of a database or folder that holds tables"
    return ContractMismatch("the live system has no such table", where=where, remedy=remedy)


def _place(live: str) -> tuple[str | None, str]:
    schema, _, name = live.rpartition(".")
    return schema or None, name


def _is_text(type_: TypeEngine[Any]) -> bool:
    return isinstance(type_, sa.String) and not isinstance(type_, sa.Enum)


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
