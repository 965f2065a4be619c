"""A canary: one made-up person, to test that a data subject is found, changed and erased in each system (law 7).

Pure. System after system she gets a row in each table that a search by her keys reaches. Her keys are hers alone: an
address under ``.invalid`` (RFC 2606), a number that is kept for fiction, a random token in every text. The rules:

1. only tables that the search reaches by rows of hers, and from which her row can be taken away again by its key;
2. a row of hers refers to rows of hers, else to nothing, else to a row that no search of hers leads to (a product);
3. her numbers are negative, so that no sequence of the database ever meets or follows them.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from data_contracts.case.plan import TablePath
from data_contracts.case.request import FieldChange
from data_contracts.company.contract import Column, Contracts, Reference, SystemContract, Table
from data_contracts.company.value_rules import ValueRules
from data_contracts.connectors.connecting import Container, Holds, LiveColumn, LiveSchema
from data_contracts.connectors.keys import Condition, DeleteRows, Selection, When
from data_contracts.connectors.rehearsing import MadeUpRow
from data_contracts.vocabulary import About, Rectification
from tasks.rules.canaries.made_up import is_written, parents_first, pointers, value_of
from tasks.rules.search.partners import is_ours
from tasks.rules.search.routes import reach

NAME: Final = "canary"
_DOMAIN: Final = "canary.invalid"
"""RFC 2606 section 2: no name under ``invalid`` ever belongs to anybody."""
_NUMBER: Final = "+331990{:05d}"
"""ARCEP keeps these numbers for works of fiction: nobody can be called by one."""
_MOMENTS: Final[Mapping[str, str]] = {
    "date": "2001-02-03",
    "timestamp": "2001-02-03T04:05:06",
    "time": "04:05:06",
}
_SMALL: Final[Mapping[str, int]] = {"tinyint": 100, "smallint": 20_000, "int2": 20_000, "mediumint": 8_000_000}
_LARGE: Final = 2_000_000_000

Elsewhere = Mapping[TablePath, Mapping[str, object]]
"""Her rows in systems where she was planted before, by table."""
Borrow = Callable[[str, tuple[str, ...]], tuple[object, ...] | None]
"""Gives the key of some row of a table, by table and columns; None where there is no row."""


@dataclass(frozen=True, slots=True)
class Canary:
    """What a canary is in one system.

    Attributes:
        token: the random part of all her keys.
        rows: her rows, those that others refer to first.
        identity: her keys by kind, as they stand in her rows.
        left_out: tables that a search reaches and that nothing is planted in, sorted.
    """

    token: str
    rows: tuple[MadeUpRow, ...]
    identity: Mapping[str, tuple[str, ...]] = field(repr=False)
    left_out: tuple[str, ...] = ()


def marker(token: str) -> str:
    """The word that her texts hold.

    >>> marker("3f9a0c1b2d")
    'canary-3f9a0c1b2d'
    """
    return f"{NAME}-{token}"


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a canary is planted.

    Attributes:
        contracts: the checked set.
        contract: of the system.
        live: what the system really holds.
        elsewhere: her rows in other systems.
    """

    contracts: Contracts
    contract: SystemContract
    live: LiveSchema
    elsewhere: Elsewhere = field(default_factory=dict, repr=False)

    def is_elsewhere(self, reference: Reference) -> bool:
        """Whether she has the row in another system that a reference leads to."""
        return (reference.to_system, reference.to_table) in self.elsewhere


def canary_of(ground: Ground, token: str, borrow: Borrow) -> Canary:
    """The canary that is planted in a system.

    Args:
        ground: where.
        token: ten random hexadecimal digits.
        borrow: asked for rows of tables that no search of hers leads to.
    """
    contract, whole = ground.contract, _reached(ground, ground.contract)
    names = _planted(ground, whole)
    made: dict[str, dict[str, object]] = {}
    for table in (one for one in parents_first(contract, ground.live) if one.name in names):
        made[table.name] = _row(_Maker(ground, token), table, made, borrow)
    rows = tuple(MadeUpRow(name, values) for name, values in made.items())
    left_out = tuple(sorted(whole - names))
    return Canary(token, rows, _identity(contract, made), left_out)


def field_to_change(contract: SystemContract, canary: Canary) -> FieldChange | None:
    """What she has put right (Art. 16): the first text of hers that a request alone changes; None: there is none."""
    for row in canary.rows:
        table = contract.table(row.table)
        pointing = {name for one in table.references for name in one.columns}
        for column in table.columns:
            held = row.values.get(column.name)
            if column.name not in pointing and _is_free_text(column) and held == marker(canary.token):
                place = f"{contract.name}.{table.name}.{column.name}"
                return FieldChange(field=place, value=f"{NAME[:1]}-{canary.token}"[: column.max_length])
    return None


def taking_away(contract: SystemContract, canary: Canary) -> tuple[DeleteRows, ...]:
    """What takes her rows away, whatever the contract keeps: those that refer to others first."""
    return tuple(
        DeleteRows(Selection(row.table, (Condition(columns, frozenset({tuple(row.values[c] for c in columns)})),)))
        for row in reversed(canary.rows)
        if (columns := key_of(contract.table(row.table), row.values))
    )


def key_of(table: Table, values: Mapping[str, object]) -> tuple[str, ...]:
    """The columns that tell her row: its primary key, else a column that holds a key of hers; empty: nothing does."""
    if table.primary_key and all(values.get(name) is not None for name in table.primary_key):
        return table.primary_key
    return next(((c.name,) for c in table.identities if c.inside is None and values.get(c.name) is not None), ())


def _row(maker: "_Maker", table: Table, made: Mapping[str, Mapping[str, object]], borrow: Borrow) -> dict[str, object]:
    columns = maker.ground.live.tables[table.name]
    values = {c.name: maker.value(table, c, columns[c.name]) for c in table.columns if is_written(c, columns)}
    values |= {one.column: one.values[0] for one in reversed(_whens(table)) if one.column in values}
    for names, parent, tos in pointers(table, maker.ground.live):
        if not _holds(table, names, parent, values) or not set(names) <= set(values):
            continue
        if parent in made:
            values |= {name: made[parent].get(to) for name, to in zip(names, tos, strict=True)}
        elif free := [name for name in names if columns[name].nullable]:
            values |= dict.fromkeys(free)
        elif parent == table.name:
            values |= {name: values.get(to) for name, to in zip(names, tos, strict=True)}
        elif (key := borrow(parent, tos)) is not None:
            values |= dict(zip(names, key, strict=True))
    return values | _pointing_elsewhere(maker.ground, table, values)


def _pointing_elsewhere(ground: Ground, table: Table, values: Mapping[str, object]) -> dict[str, object]:
    """What refers to her rows in other systems; nothing where she has none there and the column may be empty."""
    made: dict[str, object] = {}
    columns = ground.live.tables[table.name]
    for one in table.references:
        is_open = one.to_system != table.system and set(one.columns) <= set(values)
        if is_open and _holds(table, one.columns, one.to_table, values):
            row = ground.elsewhere.get((one.to_system, one.to_table))
            if row is not None:
                made |= {name: row.get(to) for name, to in zip(one.columns, one.to_columns, strict=True)}
            elif one.follow:
                made |= dict.fromkeys(name for name in one.columns if columns[name].nullable)
    return made


def _identity(contract: SystemContract, made: Mapping[str, Mapping[str, object]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for name, values in made.items():
        for column in contract.table(name).identities:
            held = values.get(column.name)
            if column.inside is None and held is not None and all(_is_fulfilled(one, values) for one in column.when):
                found.setdefault(column.identity, {})[str(held)] = None
    return {kind: tuple(keys) for kind, keys in found.items()}


# --- where she is planted ----------------------------------------------------------------------------------------


def _planted(ground: Ground, whole: frozenset[str]) -> frozenset[str]:
    """Tables that a search reaches by her rows alone; each that cannot be planted takes those away that need it."""
    names = frozenset(name for name in whole if _is_plantable(ground, ground.contract.table(name)))
    while True:
        fewer = names & _reached(ground, _only(ground, ground.contract, names))
        fewer = frozenset(n for n in fewer if not _misses_parent(ground, ground.contract.table(n), fewer, whole))
        if fewer == names:
            return names
        names = fewer


def _is_plantable(ground: Ground, table: Table) -> bool:
    columns = ground.live.tables.get(table.name)
    if columns is None or not is_ours(table, ground.contracts.vocabulary):
        return False
    written = {c.name: True for c in table.columns if is_written(c, columns)}
    return bool(key_of(table, written))


def _misses_parent(ground: Ground, table: Table, planted: frozenset[str], whole: frozenset[str]) -> bool:
    """Whether it must refer to a row that is somebody's, and that she has none of."""
    live, columns = ground.live, ground.live.tables[table.name]
    for names, parent, tos in pointers(table, live):
        is_bound = any(not columns[name].nullable for name in names if name in columns)
        if is_bound and parent in whole - planted:
            return True
        if parent in planted and any(live.tables[parent][to].is_computed for to in tos if to in live.tables[parent]):
            return True  # the database draws the key, so that nobody knows it beforehand
    return any(
        one.to_system != table.system
        and bool(one.follow)
        and not ground.is_elsewhere(one)
        and any(not columns[name].nullable for name in one.columns if name in columns)
        for one in table.references
    )


def _only(ground: Ground, contract: SystemContract, names: frozenset[str]) -> SystemContract:
    """The contract with these tables alone, and with what they refer to among them or in other systems."""
    return replace(contract, tables=tuple(_without(ground, t, names) for t in contract.tables if t.name in names))


def _without(ground: Ground, table: Table, names: frozenset[str]) -> Table:
    kept = tuple(
        one
        for one in table.references
        if (one.to_system == ground.contract.name and one.to_table in names) or ground.is_elsewhere(one)
    )
    return replace(table, references=kept)


def _reached(ground: Ground, contract: SystemContract) -> frozenset[str]:
    """Tables that a search by all kinds of her keys reaches in a system, but what belongs to others in any case."""
    bare = [_only(ground, contract, frozenset(table.name for table in contract.tables))]
    for name in {system for system, _ in ground.elsewhere}:
        hers = frozenset(table for system, table in ground.elsewhere if system == name)
        bare.append(_only(ground, ground.contracts.systems[name], hers))
    bare = [replace(one, tables=tuple(map(_bare, one.tables))) for one in bare]
    kinds = {column.identity for one in bare for table in one.tables for column in table.identities}
    found = reach(Contracts({one.name: one for one in bare}, ground.contracts.vocabulary), sorted(kinds))
    own = [one for one in found if one.path[0] == contract.name]
    shared = {one.path[1] for one in own if one.shared}
    return frozenset(one.path[1] for one in own if one.wave) - shared


def _bare(table: Table) -> Table:
    """The table without identities inside values, for none is planted there."""
    return replace(table, columns=tuple(c if c.inside is None else replace(c, identity="") for c in table.columns))


def _whens(table: Table) -> tuple[When, ...]:
    """What other columns must hold for identities and references to hold; the first that speaks of a column counts."""
    said = (*(one for c in table.identities for one in c.when), *(one for r in table.references for one in r.when))
    return tuple(one for one in said if not one.negated)


def _holds(table: Table, names: Sequence[str], parent: str, values: Mapping[str, object]) -> bool:
    """Whether a reference holds in a row, as far as the contract declares it."""
    declared = [one for one in table.references if one.columns == tuple(names) and one.to_table == parent]
    return not declared or any(all(_is_fulfilled(when, values) for when in one.when) for one in declared)


def _is_fulfilled(when: When, values: Mapping[str, object]) -> bool:
    return (values.get(when.column) in when.values) is not when.negated


def _is_free_text(column: Column) -> bool:
    return (
        column.rectify is Rectification.DECLARED
        and column.about is About.SUBJECT
        and column.rules == ValueRules()
        and not (column.identity or column.primary_key or column.cases or column.inside)
    )


# --- her values --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Maker:
    ground: Ground
    token: str

    def value(self, table: Table, column: Column, live: LiveColumn) -> object:
        """A value of hers for a column."""
        if column.rules.valid_values and live.holds is not Holds.BOOLEAN:
            return column.rules.valid_values[0]
        if live.holds is Holds.UUID:
            return str(UUID(bytes=self._drawn(table, column)[:16]))
        is_number = live.holds is Holds.NUMBER or (live.holds is Holds.UNKNOWN and column.logical_type == "integer")
        if is_number and column.logical_type != "boolean":
            return self._number(table, column, live)
        is_text = live.holds in {Holds.TEXT, Holds.UNKNOWN} and live.container is Container.NONE and not live.labels
        return self._text(column, live) if is_text else value_of(0, table, column, live)

    def _number(self, table: Table, column: Column, live: LiveColumn) -> object:
        rule = self._rule(column)
        if rule == "phone":
            return int("".join(filter(str.isdigit, self._phone())))
        if column.primary_key or column.unique or column.identity:
            name = live.type.lower().partition("(")[0].split(" ")[0]
            bound = _SMALL.get(name, _LARGE)
            drawn = int.from_bytes(self._drawn(table, column)[:8], "big")
            return -(bound // 2 + drawn % (bound // 2))
        return value_of(0, table, column, live)

    def _text(self, column: Column, live: LiveColumn) -> str:
        rule = self._rule(column)
        if rule == "email":
            return f"{marker(self.token)}@{_DOMAIN}"
        if rule == "phone":
            return self._phone()
        if column.logical_type in _MOMENTS:
            return _MOMENTS[column.logical_type]
        lengths = [length for length in (live.length, column.max_length) if length is not None]
        text = marker(self.token)
        return text if len(text) <= min(lengths, default=len(text)) else self.token[: min(lengths)]

    def _phone(self) -> str:
        return _NUMBER.format(int(self.token, 16) % 10_000)

    def _rule(self, column: Column) -> str:
        kind = self.ground.contracts.vocabulary.identities.get(column.identity) if column.inside is None else None
        return kind.normalise if kind is not None else column.rules.format

    def _drawn(self, table: Table, column: Column) -> bytes:
        return hashlib.sha256(f"{self.token}.{table.name}.{column.name}".encode()).digest()
