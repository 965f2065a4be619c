"""What a PostgreSQL account can read, and each column as text that holds what a reader would see.

* A partition or an heir is looked at by itself (``ONLY``), so that no row counts twice and its own columns count; where
  the account may read the parent alone, through the parent.
* Text is compared by the hints in the collation ``C``, which every database and every column takes, and by the patterns
  in one that knows letters beyond ASCII.
* Bytes are compared as the ASCII among them, with a blank for all else, then without the zeros between (UTF-16), then
  as UTF-8 where they are valid; so a statement never fails on them.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from data_contracts.connectors.witnessing import NotLooked, PlaceKind
from integrations.systems.sql.questions.cutoffs import Clause, as_clause
from integrations.systems.sql.witness.relations import Catalogue, Cell, Relation
from integrations.systems.witness.looking import Question

_OURS: Final = "n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'"
_RELATIONS: Final = sa.text(f"""
SELECT c.oid, n.nspname, c.relname, c.relkind::text, c.relispartition, c.reltuples::bigint,
  c.relpages + coalesce(t.relpages, 0), pg_table_is_visible(c.oid),
  has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT'), row_security_active(c.oid),
  c.relkind <> 'm' OR c.relispopulated
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND {_OURS} AND NOT pg_is_other_temp_schema(n.oid)
""")  # noqa: S608  # our own words
_COLUMNS: Final = sa.text(f"""
WITH RECURSIVE base AS (
  SELECT oid, typbasetype, typtype, typelem, typcategory, oid AS over FROM pg_type
  UNION ALL SELECT t.oid, t.typbasetype, t.typtype, t.typelem, t.typcategory, base.over
  FROM base JOIN pg_type t ON t.oid = base.typbasetype WHERE base.typtype = 'd'
)
SELECT a.attrelid, a.attname, a.attislocal,
  CASE WHEN e.typnamespace = 'pg_catalog'::regnamespace THEN e.typname ELSE '' END, b.typcategory = 'A',
  has_column_privilege(a.attrelid, a.attnum, 'SELECT')
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN base b ON b.over = a.atttypid AND b.typtype <> 'd'
JOIN pg_type e ON e.oid = CASE WHEN b.typcategory = 'A' AND b.typelem <> 0 THEN b.typelem ELSE b.oid END
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f', 'v', 'm') AND {_OURS}
ORDER BY a.attrelid, a.attnum
""")  # noqa: S608  # our own words
_PARENTS: Final = sa.text("SELECT inhrelid, inhparent FROM pg_inherits")
_SHOWN: Final = sa.text("""
SELECT DISTINCT r.ev_class, CASE WHEN d.refclassid = 'pg_class'::regclass THEN d.refobjid END
FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
WHERE d.deptype = 'n' AND (d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
  OR d.refclassid = 'pg_proc'::regclass)
""")
"""What a view shows; NULL for a function, which may show anything."""
_DATABASES: Final = sa.text("""
SELECT datname FROM pg_database
WHERE datallowconn AND NOT datistemplate AND datname <> current_database() AND has_database_privilege(oid, 'CONNECT')
ORDER BY 1
""")
_LARGE_OBJECTS: Final = sa.text("SELECT EXISTS (SELECT 1 FROM pg_largeobject_metadata)")
_LETTER: Final = re.compile("[a-z]")
_BACKSLASH: Final = "\\"
_LETTERS: Final = sa.text("""
SELECT pg_encoding_to_char(encoding) = 'UTF8', datcollate IN ('C', 'POSIX') OR datctype IN ('C', 'POSIX'), (
  SELECT c.collname FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
  WHERE n.nspname = 'pg_catalog' AND c.collencoding IN (-1, d.encoding)
    AND c.collname IN ('pg_c_utf8', 'C.UTF-8', 'C.utf8', 'und-x-icu', 'en_US.utf8')
  ORDER BY array_position(ARRAY['pg_c_utf8', 'C.UTF-8', 'C.utf8', 'und-x-icu', 'en_US.utf8'], c.collname::text) LIMIT 1)
FROM pg_database d WHERE datname = current_database()
""")
_NO_TEXT: Final = """
    bool int2 int4 int8 float4 float8 numeric money date time timetz timestamp timestamptz interval oid bit varbit
    point line lseg box path polygon circle pg_lsn xid xid8 cid tid macaddr macaddr8 int2vector oidvector regproc
    regclass regtype int4range int8range numrange tsrange tstzrange daterange int4multirange int8multirange
    nummultirange tsmultirange tstzmultirange datemultirange txid_snapshot pg_snapshot uuid inet cidr
"""
"""Types whose values are no texts; every other type is looked at, whoever made it."""
_IF_NEEDLE: Final = {
    "uuid": "0123456789abcdef-",
    "inet": "0123456789abcdef:./",
    "cidr": "0123456789abcdef:./",
    "int2": "0123456789-",
    "int4": "0123456789-",
    "int8": "0123456789-",
    "numeric": "0123456789.-",
    "float8": "0123456789.-",
}
"""Types that are looked at only where a needle can be written with their signs."""
_MOST_BYTES: Final = 100_000_000
"""As text, four times as many must fit into PostgreSQL's largest value."""
_VALID_UTF8: Final = (
    "^(?:0[1-9a-f]|[1-7][0-9a-f]|(?:c[2-9a-f]|d[0-9a-f])[89ab].|e0[ab].[89ab].|e[1-9abcef][89ab].[89ab].|ed[89].[89ab]."
    "|f0[9ab].[89ab].[89ab].|f[1-3][89ab].[89ab].[89ab].|f48.[89ab].[89ab].)*$"
)
"""Of bytes in hexadecimal: UTF-8 without zeros (RFC 3629, section 4)."""
_KINDS: Final = {"v": PlaceKind.VIEW, "m": PlaceKind.MATERIALISED_VIEW}


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    is_local: bool
    type: str
    """As PostgreSQL calls it, of the elements of an array; empty where somebody else made it."""
    is_array: bool
    may_read: bool


def survey(connection: Connection, question: Question) -> Catalogue:
    """Every relation of every schema, but the system's own."""
    rows = list(connection.execute(_RELATIONS))
    columns: dict[int, list[_Column]] = defaultdict(list)
    for oid, *facts in connection.execute(_COLUMNS):
        columns[oid].append(_Column(*facts))
    tree = _Tree(rows, columns, connection.execute(_PARENTS).tuples().all())
    shown = _shown(tree, connection.execute(_SHOWN).tuples().all())
    is_utf8, is_c, collation = connection.execute(_LETTERS).one()
    text = _Text(question, is_utf8=bool(is_utf8), collation=collation if is_c and collation else "default")
    made = (_relation(row, columns[row[0]], tree, shown, text) for row in rows if tree.is_looked_at(row[0]))
    elsewhere = [
        (name, PlaceKind.DATABASE, NotLooked.OTHER_DATABASE) for name in connection.execute(_DATABASES).scalars()
    ]
    if connection.execute(_LARGE_OBJECTS).scalar():
        elsewhere.append(("pg_largeobject", PlaceKind.TABLE, NotLooked.UNREADABLE))
    return Catalogue(tuple(made), tuple(elsewhere), text.values())


def _shown(tree: "_Tree", pairs: Iterable[Sequence[Any]]) -> dict[int, frozenset[tuple[str, str]]]:
    """Relations with rows of their own that a view shows, through other views too; not named: nobody knows."""
    direct: dict[int, set[int | None]] = defaultdict(set)
    for view, shown in pairs:
        direct[view].add(shown)
    found: dict[int, frozenset[tuple[str, str]]] = {}
    for view in direct:
        below, ahead = set[int | None](), [view]
        while ahead:
            new = direct[ahead.pop()] - below
            below |= new
            ahead += [one for one in new if one in direct]
        if all(one in tree for one in below):
            found[view] = frozenset(path for one in below if one not in direct for path in tree.paths(one))
    return found


class _Tree:
    """Partitions and heirs: which of them are looked at, and how."""

    def __init__(
        self, rows: Sequence[Any], columns: Mapping[int, Sequence[_Column]], pairs: Iterable[Sequence[Any]]
    ) -> None:
        self._rows = {row[0]: row for row in rows}
        self._columns = columns
        self._parents: dict[int, list[int]] = defaultdict(list)
        self._children: dict[int, list[int]] = defaultdict(list)
        for child, parent in pairs:
            if child in self._rows and parent in self._rows:
                self._parents[child].append(parent)
                self._children[parent].append(child)

    def __contains__(self, oid: object) -> bool:
        """Whether it is a relation that is not the system's own."""
        return oid in self._rows

    def paths(self, oid: int | None) -> list[tuple[str, str]]:
        """Where the rows are looked at that reading it gives."""
        parts = [] if oid is None else [oid, *self._below(oid)]
        return [(self._rows[one][1], self._rows[one][2]) for one in parts if self.is_looked_at(one)]

    def is_looked_at(self, oid: int) -> bool:
        """Not a partition that is seen through its parent, nor a parent whose partitions are looked at."""
        if any(map(self.is_for_all, self._above(oid))):
            own = any(column.is_local for column in self._columns[oid])
            return own and not self._rows[oid][4] and not self._may_read(oid)
        return self._rows[oid][3] != "p" or self.is_for_all(oid) or not self._may_read(oid)

    def is_for_all(self, oid: int) -> bool:
        """Whether its children are seen through it, because the account may not read one of them."""
        return self._may_read(oid) and not all(map(self._may_read, self._below(oid)))

    def is_parent(self, oid: int) -> bool:
        """Whether reading it gives rows of others as well."""
        return bool(self._children[oid])

    def names(self, oid: int) -> tuple[str, ...]:
        """Names by which a contract may declare it, or what it is a part of; the nearest first."""
        found: list[str] = []
        for one in (oid, *self._above(oid)):
            _, schema, name, *_ = row = self._rows[one]
            found += [name, f"{schema}.{name}"] if row[7] else [f"{schema}.{name}"]
        return tuple(found)

    def _may_read(self, oid: int) -> bool:
        return bool(self._rows[oid][8]) and all(column.may_read for column in self._columns[oid])

    def _above(self, oid: int) -> list[int]:
        found: list[int] = []
        for parent in self._parents[oid]:
            found += [one for one in (parent, *self._above(parent)) if one not in found]
        return found

    def _below(self, oid: int) -> list[int]:
        return [one for child in self._children[oid] for one in (child, *self._below(child))]


def _relation(
    row: Sequence[Any],
    columns: Sequence[_Column],
    tree: _Tree,
    shown: Mapping[int, frozenset[tuple[str, str]]],
    text: "_Text",
) -> Relation:
    oid, schema, name, kind, is_partition, rows, size, _, may_read, is_filtered, is_filled = row
    is_readable = bool(may_read and is_filled)
    why = NotLooked.NO_RIGHT if is_filtered or not may_read else None if is_filled else NotLooked.UNREADABLE
    readable = [column for column in columns if column.may_read]
    return Relation(
        schema,
        name,
        PlaceKind.PARTITION if is_partition else _KINDS.get(kind, PlaceKind.TABLE),
        sa.table(name, *(sa.column(column.name) for column in columns), schema=schema),
        tuple(cell for column in readable if (cell := text.cell(column)) is not None),
        tuple(column.name for column in columns if not column.may_read) if is_readable else (),
        "ONLY" if tree.is_parent(oid) and kind == "r" and not tree.is_for_all(oid) else "",
        rows=rows,
        size=size,
        why=why,
        is_readable=is_readable,
        shows=shown.get(oid) if kind == "v" else None,
        belongs_to=tree.names(oid),
        columns=tuple(column.name for column in columns),
    )


class _Text:
    """Columns as text."""

    def __init__(self, question: Question, *, is_utf8: bool, collation: str) -> None:
        self._question = question
        self._is_utf8 = is_utf8
        self._collation = collation

    def values(self) -> dict[str, Any]:
        """What the clauses bind."""
        values = {f"rf_p_{kind}": pattern for kind, pattern in self._question.patterns.items()}
        for i, trail in enumerate(self._question.trails):
            values |= {f"rf_h{i}": _like(trail), f"rf_m{i}": _like([_LETTER.sub("_", piece) for piece in trail])}
        return values

    def cell(self, column: _Column) -> Cell | None:
        """How a column is looked at; None: nothing that it holds can be a needle."""
        signs = _IF_NEEDLE.get(column.type)
        if column.type in _NO_TEXT.split() and (signs is None or not self._question.can_be_of(signs)):
            return None
        own: Any = sa.column(column.name)
        if column.type == "bytea":
            return self._array_of_bytes(column) if column.is_array else self._bytes(column.name, own)
        is_text = column.type in {"text", "varchar"} and not column.is_array
        text = own if is_text else sa.cast(own, sa.Text())
        return Cell(column.name, self._candidate(text), lambda kind: self._holds(text, kind))

    def _candidate(self, text: Any) -> Clause:  # noqa: ANN401  # an SQL expression
        trails = (self._has(sa.collate(text, "C"), i, trail) for i, trail in enumerate(self._question.trails))
        return sa.or_(*trails, *(self._holds(text, kind) for kind in self._question.slow_kinds))

    def _has(self, text: Any, i: int, trail: tuple[str, ...]) -> Clause:  # noqa: ANN401  # an SQL expression
        """Whether a text holds a trail: first with any sign for a letter, so that few texts are made small."""
        exact, loose = (sa.bindparam(f"rf_{name}{i}", type_=sa.Text()) for name in "hm")
        if not _LETTER.search("".join(trail)):
            return as_clause(text.op("LIKE", is_comparison=True)(exact))
        small = sa.func.lower(text).op("LIKE", is_comparison=True)(exact)
        if all(map(str.isalpha, trail)):
            return as_clause(small)
        return sa.and_(text.op("LIKE", is_comparison=True)(loose), small)

    def _holds(self, text: Any, kind: str) -> Clause:  # noqa: ANN401  # an SQL expression
        pattern = sa.bindparam(f"rf_p_{kind}", type_=sa.Text())
        return sa.collate(text, self._collation).op("~*", is_comparison=True)(pattern)

    def _bytes(self, name: str, own: Any) -> Cell:  # noqa: ANN401  # an SQL expression
        fits = sa.func.octet_length(own) <= _MOST_BYTES
        small = sa.case((fits, own))
        escaped = sa.func.encode(small, "escape")
        without_zeros = sa.func.replace(escaped, "\\000", "")
        views: list[Any] = [sa.func.regexp_replace(one, r"\\[0-7]{3}", " ", "g") for one in (escaped, without_zeros)]
        if self._is_utf8:
            is_valid = sa.func.encode(small, "hex").op("~", is_comparison=True)(_VALID_UTF8)
            views.append(sa.case((is_valid, sa.func.convert_from(small, "UTF8"))))
        holds = lambda kind: sa.func.coalesce(sa.or_(*(self._holds(view, kind) for view in views)), sa.false())  # noqa: E731
        return Cell(name, self._candidate(without_zeros), holds, sa.not_(fits))

    def _array_of_bytes(self, column: _Column) -> Cell:
        each = sa.func.unnest(sa.column(column.name)).column_valued("rf_each")
        text = sa.select(sa.func.string_agg(sa.func.encode(each, "escape"), " ")).scalar_subquery()
        plain: Any = sa.func.regexp_replace(text, r"\\[0-7]{3}", " ", "g")
        return Cell(column.name, self._candidate(plain), lambda kind: self._holds(plain, kind))


def _like(pieces: Sequence[str]) -> str:
    """A pattern of LIKE; what stands for a letter (``_``) is no sign of the pieces."""
    return f"%{'%'.join(piece.replace(_BACKSLASH, _BACKSLASH * 2).replace('%', _BACKSLASH + '%') for piece in pieces)}%"
