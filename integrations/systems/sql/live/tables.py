"""The live tables behind a contract's names, looked up once and kept.

Types come from the live database, not from the contract, because keys must be bound as what the column really is.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TypeAlias
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from data_contracts.company.contract import Column, SystemContract
from data_contracts.connectors.connecting import LiveColumn, LiveSchema
from data_contracts.connectors.hiding import Hides, Hiding
from data_contracts.errors import ContractMismatch
from integrations.systems.sql.connection.errors import is_refused
from integrations.systems.sql.live.columns import TEXTS, SqlColumn, sql_column
from integrations.systems.sql.live.containers import container_of, holds
from integrations.systems.sql.live.facts import NO_FACTS, Facts, facts, leading_columns
from integrations.systems.sql.live.family import home, materialised, parents, place_of, references, whole_place
from integrations.systems.sql.live.hiding import hidings, other_schemas, same_rows, switched_off
from integrations.systems.sql.live.names import bounded, is_computed, type_name

_SERIALS = count(1)
_ANY_KIND = sa.engine.reflection.ObjectKind.ANY
_REMEDY = "correct the contract, or bring the live schema back to it, then run `rightsflow contracts check`"


_SCHEMA_MARK = sa.text("""
SELECT current_schemas(false)::text,
  (SELECT md5(string_agg(concat_ws(' ', n.nspname, c.relname, c.relkind, a.attnum, a.attname, a.attnotnull,
      format_type(a.atttypid, a.atttypmod), a.attcollation, t.typtype, t.typbasetype, t.typtypmod), ','
      ORDER BY c.oid, a.attnum))
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE c.relname = ANY(:names) AND a.attnum > 0 AND NOT a.attisdropped),
  (SELECT md5(string_agg(concat_ws(' ', conrelid::regclass, confrelid::regclass, conkey, confkey, contype, confdeltype),
      ',' ORDER BY oid)) FROM pg_constraint WHERE contype IN ('f', 'p')),
  (SELECT md5(string_agg(concat_ws(' ', i.indexrelid, i.indkey, i.indisvalid), ',' ORDER BY i.indexrelid))
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relname = ANY(:names))
""")
"""What :meth:`SqlTables.describe` tells, in short: one look at PostgreSQL's catalogue instead of five."""
_SQLITE_MARK = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid"
"""All that SQLite knows of a schema is in these texts."""

_Columns: TypeAlias = Sequence[sa.engine.interfaces.ReflectedColumn]


@dataclass(frozen=True, slots=True)
class SqlTable:
    """A live table under the contract's names."""

    path: str
    """``system.table``, for messages."""
    clause: sa.TableClause
    columns: dict[str, SqlColumn]
    refers_to_itself: bool = False
    mark: Hashable = field(default=(), repr=False)
    """What the live schema said when it was looked up: while it says the same, the table is the same."""
    serial: int = field(default_factory=_SERIALS.__next__)
    """What was built for this table, and not for what it was before, is kept under this number."""

    @property
    def compares_loosely(self) -> bool:
        """Whether some column's equality is not sameness of its text."""
        return any(column.is_loose for column in self.columns.values())

    def column(self, name: str) -> SqlColumn:
        """The live column.

        Raises:
            ContractMismatch: when it is not there.
        """
        try:
            return self.columns[name]
        except KeyError:
            raise ContractMismatch(
                "the live table has no such column", where=f"{self.path}.{name}", remedy=_REMEDY
            ) from None


class SqlTables:
    """Live tables by the contract's name, kept until :meth:`describe` or :meth:`recheck` sees that they changed."""

    def __init__(
        self,
        contract: SystemContract,
        dialect: str,
        inspector: Callable[[], sa.Inspector],
        beside: Iterable[SystemContract] = (),
    ) -> None:
        """Nothing is looked up before it is asked for."""
        self._contract = contract
        self._beside = tuple(beside)
        self._unread: set[str] = set()
        self._dialect = dialect
        self._inspector = inspector
        self._known: dict[str, SqlTable] = {}
        self._described: tuple[Hashable, LiveSchema] | None = None

    def __getitem__(self, name: str) -> SqlTable:
        """The live table of that name; raises ContractMismatch when it is not there."""
        if name not in self._known:
            self._known[name] = self._look_up(name, self._inspector())
        return self._known[name]

    def known(self) -> dict[str, frozenset[str]]:
        """Columns of the live tables that were looked up, by the table's live name."""
        return {table.clause.name: frozenset(table.columns) for table in self._known.values()}

    def recheck(self) -> None:
        """Compare what was in use with the live schema; raises ContractMismatch when something went missing."""
        before, self._known = self._known, {}
        inspector = self._inspector()
        for name, table in before.items():
            now = self._look_up(name, inspector)
            for column in table.columns:
                now.column(column)

    def describe(self) -> LiveSchema:
        """The live schema of the contract's tables that are there, with all foreign keys that point at them.

        Tables that are no longer what they were are forgotten. PostgreSQL's are kept as long as their columns are the
        same: nothing hangs there on what else is known of a table (references to itself).
        """
        inspector = self._inspector()
        mark = self._schema_mark(inspector)
        if self._described is None or mark is None or self._described[0] != mark:
            self._described = mark, self._describe(inspector)
        mark, live = self._described
        said = self._hidings(inspector, live)
        if said != live.hidings:
            self._described = mark, replace(live, hidings=said)
        return self._described[1]

    def _hidings(self, inspector: sa.Inspector, live: LiveSchema) -> tuple[Hiding, ...]:
        """What hides data; asked each time, because rights and settings are no part of the schema."""
        places = self._places(inspector)
        there = {table.name for table in self._contract.tables if table.name in live.tables}
        names = {place: name for name, place in places.items()}
        default = inspector.default_schema_name or ""
        beside = {whole_place(table, default) for other in self._beside for table in other.tables}

        def name(place: tuple[str, str]) -> str:
            return names.get(place) or (place[1] if place[0] == default else ".".join(place))

        columns = {
            places[n]: [c.name for c in self._contract.table(n).columns if c.name in live.tables[n]] for n in there
        }
        asked = [place for table, place in places.items() if table in there]
        found = hidings(inspector, asked, name, columns)
        elsewhere = {name(place) for place in beside}
        refused = (Hiding(Hides.NO_SELECT, table) for table in self._unread)
        kept = (one for one in found if one.kind is not Hides.TRIGGER_WRITES or one.about not in elsewhere)
        return tuple(sorted({*kept, *refused, *same_rows(places, self._dialect)}))

    def copies(self) -> set[str]:
        """Tables of the contract that are materialised views."""
        inspector = self._inspector()
        found = {schema: materialised(inspector, schema) for schema in {place_of(t)[0] for t in self._contract.tables}}
        return {t.name for t in self._contract.tables if place_of(t)[1] in found[place_of(t)[0]]}

    def places(self) -> list[tuple[str, str]]:
        """Where the contract's tables lie, each with its schema."""
        return list(self._places(self._inspector()).values())

    def _places(self, inspector: sa.Inspector) -> dict[str, tuple[str, str]]:
        """Where the contract's tables lie, each with its schema."""
        return {table.name: whole_place(table, inspector.default_schema_name or "") for table in self._contract.tables}

    def _schema_mark(self, inspector: sa.Inspector) -> Hashable:
        """The same as long as the live schema is the same; None where the database cannot tell so quickly."""
        places = [place_of(table) for table in self._contract.tables]
        is_own = all(schema in {None, "main"} for schema, _ in places)
        with inspector.engine.connect() as connection:
            if self._dialect == "postgresql":
                return tuple(connection.execute(_SCHEMA_MARK, {"names": [name for _, name in places]}).one())
            if self._dialect == "sqlite" and is_own:
                return tuple(map(tuple, connection.exec_driver_sql(_SQLITE_MARK)))
        return None

    def _describe(self, inspector: sa.Inspector) -> LiveSchema:
        if self._dialect != "postgresql":
            self._known.clear()
        places = {place_of(table): table.name for table in self._contract.tables}
        found: dict[str, dict[str, LiveColumn]] = {}
        primary_keys: dict[str, tuple[str, ...]] = {}
        indexed: dict[str, frozenset[str]] = {}
        for schema in dict.fromkeys(schema for schema, _ in places):
            names = [name for place, name in places if place == schema]
            keys = self._primary_keys(inspector, schema, names)
            there = self._columns(inspector, schema, names)
            said = facts(inspector, schema, list(there))
            indexes = leading_columns(inspector, schema, list(there))
            copies = materialised(inspector, schema)
            for name, columns in there.items():
                table = places[schema, name]
                found[table] = {c["name"]: self._live(c, said[name].get(c["name"], NO_FACTS)) for c in columns}
                if name not in copies:  # a materialised view has no key of its own to tell
                    primary_keys[table] = keys[name]
                indexed[table] = indexes[name]
                self._keep_if(table, _mark(columns, said[name]))
        self._known = {name: table for name, table in self._known.items() if name in found}
        return LiveSchema(found, tuple(references(inspector, places)), primary_keys, indexed)

    def _live(self, column: sa.engine.interfaces.ReflectedColumn, said: Facts) -> LiveColumn:
        made = sql_column(column, said, self._dialect)
        is_loose, container = made.kind in TEXTS and said.is_loose, container_of(made.type)
        held = holds(made.type, made.kind)
        is_unknown = isinstance(made.type, sa.types.NullType) and said.type_name
        named = said.type_name if is_unknown else type_name(column["type"])
        live = LiveColumn(column["name"], named, made.nullable, held, is_loose, container)
        return bounded(replace(live, is_computed=is_computed(column)), made.type, self._dialect)

    def undeclared(self) -> list[str]:
        """Tables and materialised views of the contract's schemas that neither it nor one beside it names."""
        inspector = self._inspector()
        default = inspector.default_schema_name or ""
        tables = [table for contract in (self._contract, *self._beside) for table in contract.tables]
        declared = {whole_place(table, default): table.name for table in tables}
        above = parents(inspector)
        found = set()
        for schema in {place_of(table)[0] for table in self._contract.tables}:
            for name in (*inspector.get_table_names(schema), *materialised(inspector, schema)):
                if home((schema or default, name), declared, above) not in declared:
                    # A partition is told as the table that it is a part of.
                    of, whole = home((schema or default, name), {}, above)
                    found.add(whole if of == default else f"{of}.{whole}")
        return sorted(found)

    def elsewhere(self) -> list[str]:
        """Other schemas (databases, where these are the same) with tables that no contract beside looks into."""
        inspector = self._inspector()
        default = inspector.default_schema_name or ""
        tables = [table for contract in (self._contract, *self._beside) for table in contract.tables]
        return sorted(other_schemas(inspector) - {whole_place(table, default)[0] for table in tables})

    def switched_off(self) -> list[tuple[str, str]]:
        """Triggers and foreign keys of the contract's tables that are there and switched off, by table and name."""
        inspector = self._inspector()
        names = {place: name for name, place in self._places(inspector).items()}
        return [(names[place], name) for place, name in switched_off(inspector, list(names))]

    def _keep_if(self, name: str, mark: Hashable) -> None:
        if name in self._known and self._known[name].mark != mark:
            del self._known[name]

    def _columns(self, inspector: sa.Inspector, schema: str | None, names: Sequence[str]) -> dict[str, _Columns]:
        """Columns of those tables that are there; PostgreSQL tells of all of them at once."""
        if self._dialect == "postgresql":
            found = inspector.get_multi_columns(schema=schema, filter_names=names, kind=_ANY_KIND)
            return {name: columns for (_, name), columns in found.items()}
        return {n: inspector.get_columns(n, schema=schema) for n in self._there(inspector, schema, names)}

    def _primary_keys(
        self, inspector: sa.Inspector, schema: str | None, names: Sequence[str]
    ) -> Mapping[str, tuple[str, ...]]:
        if self._dialect == "postgresql":
            found = inspector.get_multi_pk_constraint(schema=schema, filter_names=names, kind=_ANY_KIND)
            return {name: tuple(key["constrained_columns"]) for (_, name), key in found.items()}
        there = self._there(inspector, schema, names)
        return {n: tuple(inspector.get_pk_constraint(n, schema=schema)["constrained_columns"]) for n in there}

    def _there(self, inspector: sa.Inspector, schema: str | None, names: Sequence[str]) -> list[str]:
        """Those of the tables that are there and may be looked at; the others are kept in mind."""
        found = []
        for table in (one for one in self._contract.tables if place_of(one)[0] == schema and place_of(one)[1] in names):
            name = place_of(table)[1]
            self._unread.discard(table.name)
            try:
                if inspector.has_table(name, schema=schema):
                    inspector.get_columns(name, schema=schema)
                    inspector.get_pk_constraint(name, schema=schema)
                    found.append(name)
            except sa.exc.NoSuchTableError:
                continue  # SQLite has one whose name differs in case alone, and is of two minds about it
            except sa.exc.DBAPIError as error:
                if not is_refused(error):
                    raise
                self._unread.add(table.name)
        return found

    def outside(self, name: str) -> SqlTable:
        """A live table that the contract does not name, by what :meth:`describe` and :meth:`undeclared` call it."""
        schema, _, live = name.rpartition(".")
        return self._look_up_at(f"{self._contract.name}.{name}", schema or None, live, self._inspector())

    def _look_up(self, name: str, inspector: sa.Inspector) -> SqlTable:
        path = f"{self._contract.name}.{name}"
        try:
            declared = self._contract.table(name)
        except KeyError:
            raise ContractMismatch("the live system has no such table", where=path, remedy=_REMEDY) from None
        found = self._look_up_at(path, *place_of(declared), inspector)
        zoned = {one.name: one for one in declared.columns if one.zone or one.is_zoned}
        columns = {n: _zoned(column, zoned[n]) if n in zoned else column for n, column in found.columns.items()}
        return replace(found, columns=columns) if zoned else found

    def _look_up_at(self, path: str, schema: str | None, live: str, inspector: sa.Inspector) -> SqlTable:
        try:
            columns = inspector.get_columns(live, schema=schema)
        except sa.exc.NoSuchTableError:
            raise ContractMismatch("the live system has no such table", where=path, remedy=_REMEDY) from None
        said = facts(inspector, schema, [live])[live]
        made = {c["name"]: sql_column(c, said.get(c["name"], NO_FACTS), self._dialect) for c in columns}
        clause = sa.table(live, *(sa.column(c) for c in made), schema=schema)
        keys = inspector.get_foreign_keys(live, schema=schema)
        to_itself = any((k["referred_schema"], k["referred_table"]) == (schema, live) for k in keys)
        return SqlTable(path, clause, made, to_itself, _mark(columns, said))


def _zoned(live: SqlColumn, declared: Column) -> SqlColumn:
    """The column with the zone that its contract gives to moments without one."""
    zone = ZoneInfo(declared.zone) if declared.zone else None
    return replace(live, zone=zone, is_doubtful=declared.is_zoned and zone is None)


def _mark(columns: _Columns, said: Mapping[str, Facts]) -> Hashable:
    """What a table's columns are; ``repr`` tells of a type what ``str`` leaves out, such as its time zone."""
    return tuple((c["name"], repr(c["type"]), bool(c["nullable"]), said.get(c["name"])) for c in columns)
