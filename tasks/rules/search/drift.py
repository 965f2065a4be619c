"""Drift: where a live schema is not what the contract says, and what may still be done with it (law 6).

A table or column that is not there cannot be searched, so "nothing found" would be a lie: searching is off. A value
that cannot be set to NULL, or rows that something unknown refers to, can be disclosed but not erased. The rest is told
to people and stops nothing; the audit lists it (charter 1.3).

Source: Art. 5(2), 24 and 25 GDPR (a contract that no longer fits is no proof of anything).
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from data_contracts.company.company import IdentityKind
from data_contracts.company.contract import Column, Reference, SystemContract, Table
from data_contracts.company.row_cases import parts_of
from data_contracts.connectors.connecting import Container, Holds, LiveColumn, LiveReference, LiveSchema
from data_contracts.connectors.hiding import Hides, Hiding
from data_contracts.connectors.obstacles import ObstacleKind
from data_contracts.officer.findings import FindingKind
from data_contracts.vocabulary import ColumnErasure, Follow, TableErasure
from tasks.rules.search.effects import Drift, Effect, at, forbidding, forbids, proven_but_for
from tasks.rules.search.hiding import elsewhere, of_hidings
from tasks.rules.search.routes import Routes, may_be_others
from tasks.rules.values.replacing import remedy as replacing_remedy
from tasks.rules.values.replacing import why_not

__all__ = ["Drift", "Effect", "drift", "elsewhere", "forbidding", "forbids", "proven_but_for"]

_LOSES_ROWS = frozenset({TableErasure.DELETE, TableErasure.KEEP})
"""Ways of erasing that delete rows: at once, or when their hold is over."""


def drift(
    contract: SystemContract,
    live: LiveSchema,
    identities: Mapping[str, IdentityKind] = MappingProxyType({}),
    routes: Routes | None = None,
) -> list[Drift]:
    """Every difference that matters, by table and column; empty when the live schema is as declared.

    Args:
        contract: what the system should hold.
        live: what it holds, under the contract's names.
        identities: kinds of the vocabulary; of one that is not there nothing is known but that it is a key.
        routes: of the whole set of contracts, to tell which rows may be several people's; None: nothing is erased.
    """
    found = [finding for table in contract.tables for finding in _of_table(table, live)]
    found += [finding for table in contract.tables for finding in _of_searches(table, live, identities)]
    found += [finding for table in contract.tables for finding in _loose_references(table, live)]
    found += [*of_hidings(contract, live.hidings), *_blocking(contract, live)]
    return sorted([*found, *_undeclared_referrers(contract, live), *_cascades(contract, live, routes)])


def _of_table(table: Table, live: LiveSchema) -> Iterator[Drift]:
    columns = live.tables.get(table.name)
    obstacles = live.obstacles.get(table.name, ())
    for one in obstacles:
        kind = _OBSTACLES[one.kind]
        about = one.place or one.about
        effect, what = Effect.FORBIDS_SEARCHING, one.what
        yield at(table, one.column, effect, kind, what=what, remedy=one.remedy, about=about)
    if obstacles and not columns:
        return  # of what cannot be read no column is known
    if columns is None:
        if Hiding(Hides.NO_SELECT, table.name) in live.hidings:
            return  # it may be there: only, our account may not look
        remedy = "create or rename the live table, or take it out of the contract"
        kind = FindingKind.TABLE_MISSING
        yield at(table, "", Effect.FORBIDS_SEARCHING, kind, what="the table is not in the live system", remedy=remedy)
        return
    for column in table.columns:
        yield from _of_column(table, column, columns.get(column.name))
    for name in sorted(columns.keys() - {column.name for column in table.columns}):
        what = "the live table has a column that the contract does not declare"
        remedy = "declare it, so that it is disclosed and erased"
        yield at(table, name, Effect.WARNING, FindingKind.COLUMN_UNDECLARED, what=what, remedy=remedy)
    yield from _of_primary_key(table, live)


_OBSTACLES: Final[Mapping[ObstacleKind, FindingKind]] = {
    ObstacleKind.DAMAGED: FindingKind.FILE_UNREADABLE,
    ObstacleKind.EMPTY: FindingKind.FILE_UNREADABLE,
    ObstacleKind.ENCRYPTED: FindingKind.FILE_UNREADABLE,
    ObstacleKind.DENIED: FindingKind.FILE_UNREADABLE,
    ObstacleKind.UNKNOWN_FILE: FindingKind.FILE_UNKNOWN,
    ObstacleKind.TABLE_FORMAT: FindingKind.TABLE_FORMAT,
    ObstacleKind.NAMES_ALIKE: FindingKind.NAMES_ALIKE,
    ObstacleKind.COLUMNS_ALIKE: FindingKind.NAMES_ALIKE,
    ObstacleKind.BESIDE: FindingKind.NAMES_ALIKE,
    ObstacleKind.TYPES_DIFFER: FindingKind.FILES_DIFFER,
    ObstacleKind.FOLDER_DIFFERS: FindingKind.FILES_DIFFER,
}


def _of_column(table: Table, column: Column, live: LiveColumn | None) -> Iterator[Drift]:
    if live is None:
        remedy = "create or rename the live column, or take it out of the contract"
        what, kind = "the column is not in the live table", FindingKind.COLUMN_MISSING
        yield at(table, column.name, Effect.FORBIDS_SEARCHING, kind, what=what, remedy=remedy)
    elif _is_cleared(column) and not live.nullable and not live.is_computed:
        what = "`erase: clear` sets it to NULL, which the live column refuses"
        remedy = "write `required: true` and `erase: mask` or `token`, or let the live column take NULL"
        yield at(table, column.name, Effect.FORBIDS_ERASING, FindingKind.CLEAR_REFUSED, what=what, remedy=remedy)
    elif column.erase is ColumnErasure.COMPUTED and not live.is_computed:
        what, remedy = "the contract says that it is computed, but the live column is not", "say how it is erased"
        yield at(table, column.name, Effect.FORBIDS_ERASING, FindingKind.ERASURE_UNFIT, what=what, remedy=remedy)
    elif unfit := next((one for one in _rules(column) if why_not(one, live)), None):
        what, how = why_not(unfit, live), replacing_remedy(unfit, live)
        yield at(table, column.name, Effect.FORBIDS_ERASING, FindingKind.ERASURE_UNFIT, what=what, remedy=how)
    elif column.required and live.nullable and not column.primary_key:
        what = "the contract says it is required, but the live column takes NULL"
        remedy = "take `required` away, or set NOT NULL"
        yield at(table, column.name, Effect.WARNING, FindingKind.NULL_TAKEN, what=what, remedy=remedy)


def _rules(column: Column) -> tuple[Column, ...]:
    return (column, *(case.rules for case in column.cases))


def _is_cleared(column: Column) -> bool:
    return any(rules.erase is ColumnErasure.CLEAR for rules in _rules(column))


_NEVER: Final[Mapping[str, frozenset[Holds]]] = {
    "": frozenset({Holds.CONTAINER, Holds.BOOLEAN}),
    "email": frozenset({Holds.NUMBER, Holds.UUID, Holds.MOMENT}),
    "phone": frozenset({Holds.UUID, Holds.MOMENT}),
}
"""What holds no key of a kind, by how the kind is normalised; that of the empty name holds none at all."""


def _of_searches(table: Table, live: LiveSchema, identities: Mapping[str, IdentityKind]) -> Iterator[Drift]:
    """Identities that a search would not find, and those that it finds by reading the whole table."""
    columns = live.tables.get(table.name, {})
    indexed = live.indexed.get(table.name)
    for column in table.identities:
        is_live = columns.get(column.name)
        if is_live is None:
            continue
        kind = identities.get(column.identity)
        if not _can_hold(column, is_live, kind.normalise if kind else ""):
            what, remedy = _why_not_held(column, is_live)
            yield at(
                table,
                column.name,
                Effect.FORBIDS_SEARCHING,
                FindingKind.IDENTITY_NOT_HELD,
                what=what,
                remedy=remedy,
                about=is_live.type.lower(),
            )
        elif indexed is not None and not _is_served(column, is_live, indexed):
            what = f"no index serves a search by `{column.name}`: each one reads the whole table"
            remedy = "store values in their normal form, write `normalised: true` and give the column an index"
            if column.inside is not None:
                remedy = "keep its members in a table of their own, one in a row, with an index"
            yield at(table, column.name, Effect.WARNING, FindingKind.SEARCH_UNINDEXED, what=what, remedy=remedy)


_FITS: Final[Mapping[str, frozenset[Container]]] = {
    "json": frozenset({Container.NONE, Container.JSON}),
    "xml": frozenset({Container.NONE, Container.XML}),
    "members": frozenset({Container.NONE, Container.JSON, Container.ARRAY}),
    "items": frozenset({Container.NONE}),
    "entries": frozenset({Container.NONE, Container.ENTRIES}),
}
"""Of which sort a live column must be for an identity to lie inside it so; text may hold each of them."""


def _can_hold(column: Column, live: LiveColumn, rule: str) -> bool:
    """Whether a search can find a key of the kind in the live column, or inside what it holds."""
    if column.inside is None:
        return live.holds not in _NEVER[""] | _NEVER.get(rule, frozenset())
    is_legible = live.holds in {Holds.CONTAINER, Holds.TEXT, Holds.UNKNOWN}
    return is_legible and live.container in _FITS[column.inside.kind]


def _why_not_held(column: Column, live: LiveColumn) -> tuple[str, str]:
    if column.inside is not None:
        what = f"the live column is {live.type.lower()}: nothing lies inside it by `inside: {column.inside.kind}`"
        return what, "write the `inside` that fits the live type, or declare the identity on another column"
    what = f"the live column is {live.type.lower()}: an identity inside it is not found"
    remedy = "declare the identity on a column that holds it as text, or keep its values in one"
    if live.holds is Holds.CONTAINER:
        remedy = (
            "say with `inside` where in the value it lies, or declare the identity on a column that holds it as text"
        )
    return what, remedy


def _is_served(column: Column, live: LiveColumn, indexed: frozenset[str]) -> bool:
    # Text that may be spelt in many ways is looked through, whatever the index.
    is_one_spelling = column.normalised or live.holds in {Holds.NUMBER, Holds.UUID, Holds.MOMENT}
    return is_one_spelling and column.name in indexed


def _loose_references(table: Table, live: LiveSchema) -> Iterator[Drift]:
    """References that the database's own equality would follow to other rows than the search does."""
    for reference in table.references:
        ends = [*((table.name, name) for name in reference.columns)]
        if reference.to_system == table.system:
            ends += [(reference.to_table, name) for name in reference.to_columns]
        known = (live.tables.get(place, {}).get(name) for place, name in ends)
        if _is_enforced(table, reference, live) or not any(column and column.compares_loosely for column in known):
            continue
        columns = ", ".join(reference.columns)
        what = (
            f"the database takes different texts of ({columns}) for the same, and no foreign key says that they are: "
            "the reference is followed byte by byte"
        )
        remedy = f"make it a foreign key to `{reference.to_table}`, or give the columns a collation that compares bytes"
        kind = FindingKind.REFERENCE_LOOSE
        yield at(table, reference.columns[0], Effect.WARNING, kind, what=what, remedy=remedy, about=columns)


def _is_enforced(table: Table, reference: Reference, live: LiveSchema) -> bool:
    wanted = (table.name, reference.columns, reference.to_table, reference.to_columns)
    return reference.to_system == table.system and any(
        (one.table, one.columns, one.to_table, one.to_columns) == wanted for one in live.references
    )


def _of_primary_key(table: Table, live: LiveSchema) -> Iterator[Drift]:
    known = live.primary_keys.get(table.name)
    if known is None or set(known) == set(table.primary_key):
        return
    # Rows that stay are told apart by their key when an erasure is proven.
    effect = Effect.FORBIDS_ERASING if table.erase is TableErasure.COLUMNS else Effect.WARNING
    if any(column.inside is not None for column in table.identities):
        # Law 8: rows that hold a key inside a value are selected by it; another key may be several people's.
        effect = Effect.FORBIDS_SEARCHING
    what = f"the live primary key is ({', '.join(known)}), the contract says ({', '.join(table.primary_key)})"
    remedy, keys = "write the live key's columns as `primaryKey`", ", ".join(known)
    yield at(table, "", effect, FindingKind.KEY_DIFFERS, what=what, remedy=remedy, about=keys)


def _undeclared_referrers(contract: SystemContract, live: LiveSchema) -> Iterator[Drift]:
    declared = {table.name: table for table in contract.tables}
    for reference in live.references:
        target, child = declared.get(reference.to_table), declared.get(reference.table)
        if target is not None and child is None:
            yield _of_referrer(target, reference)
        elif target is not None and child is not None and _is_missed(target, child, reference):
            yield _of_reference(target, child, reference)


def _cascades(contract: SystemContract, live: LiveSchema, routes: Routes | None) -> Iterator[Drift]:
    """Where the database itself would delete rows that nobody said are the data subject's alone (law 8)."""
    declared = {table.name: table for table in contract.tables}
    for reference in live.references:
        target, child = declared.get(reference.to_table), declared.get(reference.table)
        if target is None or child is None or reference.on_delete != "CASCADE":
            continue
        is_followed = any(
            own.to_table == target.name and own.columns == reference.columns and Follow.FROM in own.follow
            for own in child.references
        )
        may_go = is_followed and child.erase is TableErasure.DELETE
        is_several = routes is not None and may_be_others(routes, (child.system, child.name), reference.columns)
        loses_rows = any(part.table.erase in _LOSES_ROWS for part in parts_of(target))
        if loses_rows and (is_several or not may_go):
            why = "may be other people's too" if may_go else "must stay"
            what = f"deleting a row deletes rows of `{child.name}` with it (ON DELETE CASCADE), which {why}"
            remedy = "take the cascade out of the foreign key, or declare that those rows are the data subject's"
            if may_go:
                remedy = "write ON DELETE SET NULL at the foreign key, or `erase: columns` here"
            kind = FindingKind.CASCADE
            yield at(target, "", Effect.FORBIDS_ERASING, kind, what=what, remedy=remedy, about=child.name)


def _blocking(contract: SystemContract, live: LiveSchema) -> Iterator[Drift]:
    """Where a row of somebody else would keep one of the data subject's from going (law 13)."""
    declared = {table.name: table for table in contract.tables}
    for reference in live.references:
        target, child = declared.get(reference.to_table), declared.get(reference.table)
        if target is None or child is None or reference.on_delete not in {"", "NO ACTION", "RESTRICT"}:
            continue
        is_hers = any(r.columns == reference.columns and Follow.FROM in r.follow for r in child.references)
        columns = [live.tables.get(child.name, {}).get(name) for name in reference.columns]
        takes_null = any(column is not None and column.nullable for column in columns)
        if target.erase is TableErasure.DELETE and not is_hers and not takes_null:
            what = f"a row of `{child.name}` that is somebody else's and refers to a row here keeps it from going"
            remedy = f"let `{child.name}.{reference.columns[0]}` take NULL, or write `erase: columns` here"
            kind = FindingKind.REFERENCE_BLOCKS
            yield at(target, "", Effect.WARNING, kind, what=what, remedy=remedy, about=child.name)


def _is_missed(target: Table, child: Table, live: LiveReference) -> bool:
    """Whether a foreign key matters that the contract does not say: between people's rows, or to a key that changes."""
    is_declared = any(o.to_table == live.to_table and set(o.columns) <= set(live.columns) for o in child.references)
    are_personal = all(any(column.is_personal for column in table.rules) for table in (target, child))
    changes = any(c.name in live.to_columns and c.erase is ColumnErasure.TOKEN for c in target.columns)
    return not is_declared and (are_personal or changes)


def _of_reference(target: Table, child: Table, reference: LiveReference) -> Drift:
    """A foreign key between declared tables: nobody said whose the rows are that refer (law 8, law 13)."""
    columns = ", ".join(reference.columns)
    what = f"a foreign key ({columns}) refers to `{target.name}`, and the contract does not say so"
    remedy = f"declare the reference to `{target.name}`, with `follow: none` where the rows are not the data subject's"
    kind = FindingKind.REFERRER_UNDECLARED
    return at(child, reference.columns[0], Effect.FORBIDS_ERASING, kind, what=what, remedy=remedy, about=columns)


def _of_referrer(target: Table, reference: LiveReference) -> Drift:
    is_personal = any(column.is_personal for column in target.rules)
    effect = Effect.FORBIDS_ERASING if is_personal else Effect.WARNING
    what = f"the live table `{reference.table}`, which no contract declares, refers to it"
    remedy = f"declare `{reference.table}`: its rows may be the data subject's, and would be stranded or block"
    kind = FindingKind.REFERRER_UNDECLARED
    return at(target, "", effect, kind, what=what, remedy=remedy, about=reference.table)
