"""What follows from what hides data in a live system (law 6, 7, 8, 13).

Rows that our account does not see make "nothing found" a lie: searching is off. Where nothing can be written, or a
right is missing that the contract needs, acting is off, and the sentence says so before people approve. Copies that the
database makes by itself (history, triggers, materialised views) do not hinder an act, but no verdict is *proven* while
nobody looks there.

Source: Art. 5(2), 17(1), 24 GDPR; what a database says of itself: :mod:`data_contracts.connectors.hiding`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from data_contracts.company.contract import SystemContract, Table
from data_contracts.connectors.hiding import Hides, Hiding
from data_contracts.officer.findings import FindingKind
from data_contracts.vocabulary import ColumnErasure, Follow, RetentionAction, TableErasure
from tasks.rules.search.effects import Drift, Effect, at
from tasks.rules.search.routes import is_personal

_SHOWN: Final = 8
_WRITING: Final = frozenset({ColumnErasure.CLEAR, ColumnErasure.MASK, ColumnErasure.TOKEN, ColumnErasure.HMAC})


def of_hidings(contract: SystemContract, hidings: tuple[Hiding, ...]) -> Iterator[Drift]:
    """What follows for a system of ``contract`` from what it says of itself."""
    declared = {table.name: table for table in contract.tables}
    declared_live = {table.physical_name: table for table in contract.tables if table.physical_name}
    known = declared_live | declared
    unseen = {one.table for one in hidings if one.kind is Hides.ROWS_UNSEEN}
    for one in hidings:
        if one.kind is Hides.ROWS_GUARDED and one.table in unseen:
            continue
        if one.table in declared:
            yield from _RULES[one.kind](declared[one.table], one, known)
        elif one.kind is Hides.READ_ONLY and any(_loses(t) or _erased(t) or _changed(t) for t in contract.tables):
            what = f"nothing can be written there: {one.about}"
            remedy = "connect to the primary with an account that may write, or make it writable"
            yield Drift(contract.name, "", "", Effect.FORBIDS_ACTING, what, remedy, FindingKind.READ_ONLY)


def elsewhere(system: str, places: Iterable[str]) -> list[Drift]:
    """What our account can read in the same server and no contract looks into, as warnings."""
    names = sorted(places)
    if not names:
        return []
    shown = ", ".join(f"`{name}`" for name in names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
    what = f"our account can read tables of {shown} ({len(names)} in all), and no contract looks there"
    remedy = "declare these tables, or take the right to read them from the account"
    return [Drift(system, "", "", Effect.WARNING, what, remedy, FindingKind.SCHEMA_UNDECLARED)]


_Rule = Callable[[Table, Hiding, Mapping[str, Table]], Iterator[Drift]]


def _unseen(table: Table, _one: Hiding, _known: Mapping[str, Table]) -> Iterator[Drift]:
    what = "row-level security is in force for our account, which does not see every row"
    remedy = "give the account BYPASSRLS, or a policy of its own for all commands with USING (true)"
    yield at(table, "", Effect.FORBIDS_SEARCHING, FindingKind.ROWS_UNSEEN, what=what, remedy=remedy)


def _guarded(table: Table, _one: Hiding, _known: Mapping[str, Table]) -> Iterator[Drift]:
    if _loses(table) or _erased(table) or _changed(table):
        what = "row-level security shows our account every row, but lets it change or delete some of them only"
        remedy = "give the account BYPASSRLS, or a policy of its own for all commands with USING (true)"
        yield at(table, "", Effect.FORBIDS_ACTING, FindingKind.ROWS_GUARDED, what=what, remedy=remedy)


def _no_select(table: Table, one: Hiding, _known: Mapping[str, Table]) -> Iterator[Drift]:
    if not one.column or one.column in {column.name for column in table.columns}:
        place = f"the column `{one.column}`" if one.column else "the table"
        what, remedy = f"our account may not read {place}", "grant it SELECT"
        kind = FindingKind.RIGHT_MISSING
        yield at(table, one.column, Effect.FORBIDS_SEARCHING, kind, what=what, remedy=remedy, about="SELECT")


def _no_update(table: Table, one: Hiding, _known: Mapping[str, Table]) -> Iterator[Drift]:
    is_erased, is_changed = one.column in _erased(table), one.column in _changed(table)
    if is_erased or is_changed:
        effect = Effect.FORBIDS_ERASING if is_erased else Effect.FORBIDS_CHANGING
        effect = Effect.FORBIDS_ACTING if is_erased and is_changed else effect
        acts = " and ".join(word for word, there in (("erases", is_erased), ("changes", is_changed)) if there)
        what = f"our account may not write to the column, whose values the contract {acts}"
        kind = FindingKind.RIGHT_MISSING
        yield at(table, one.column, effect, kind, what=what, remedy="grant it UPDATE on the column", about="UPDATE")


def _no_delete(table: Table, _one: Hiding, _known: Mapping[str, Table]) -> Iterator[Drift]:
    if _loses(table):
        what, remedy = "our account may not delete its rows, which the contract erases", "grant it DELETE"
        kind = FindingKind.RIGHT_MISSING
        yield at(table, "", Effect.FORBIDS_ERASING, kind, what=what, remedy=remedy, about="DELETE")


def _versioned(table: Table, _one: Hiding, _known: Mapping[str, Table]) -> Iterator[Drift]:
    if is_personal(table):
        what = "the table has system versioning: the database keeps every row that is erased or changed in its history"
        remedy = (
            f"after the act, run `DELETE HISTORY FROM {table.physical_name or table.name}`, which needs the right of "
            "that name and takes everybody's history, or drop the versioning"
        )
        yield at(table, "", Effect.FORBIDS_PROOF, FindingKind.HISTORY_KEPT, what=what, remedy=remedy)


def _trigger_writes(table: Table, one: Hiding, known: Mapping[str, Table]) -> Iterator[Drift]:
    if is_personal(table) and one.about not in known:
        what = f"a trigger writes to `{one.about}`, which no contract declares: copies of its rows may stay there"
        remedy = f"declare `{one.about}`, so that it is searched and erased too"
        kind = FindingKind.COPIES_WRITTEN
        yield at(table, "", Effect.FORBIDS_PROOF, kind, what=what, remedy=remedy, about=one.about)


def _trigger_deletes(table: Table, one: Hiding, known: Mapping[str, Table]) -> Iterator[Drift]:
    child = known.get(one.about)
    is_hers = child is not None and child.erase is TableErasure.DELETE and _follows(child, table)
    if _loses(table) and not is_hers:
        effect = Effect.WARNING if child is None else Effect.FORBIDS_ERASING
        why = "which no contract declares" if child is None else "which must stay"
        what = f"deleting a row makes a trigger delete rows of `{one.about}`, {why}"
        remedy = "take the deletion out of the trigger, or declare that those rows are the data subject's"
        kind = FindingKind.TRIGGER_DELETES
        yield at(table, "", effect, kind, what=what, remedy=remedy, about=one.about)


def _trigger_unclear(table: Table, one: Hiding, _known: Mapping[str, Table]) -> Iterator[Drift]:
    if is_personal(table):
        what = f"the trigger `{one.about}` puts its statements together when it runs: where it writes cannot be told"
        remedy = "write the names of its tables out in its function, and declare them"
        kind = FindingKind.TRIGGER_UNCLEAR
        yield at(table, "", Effect.FORBIDS_PROOF, kind, what=what, remedy=remedy, about=one.about)


def _triggers_unseen(table: Table, _one: Hiding, _known: Mapping[str, Table]) -> Iterator[Drift]:
    if is_personal(table):
        what = "our account may not see its triggers, which may write copies of its rows elsewhere"
        remedy = "grant it TRIGGER, or declare the tables that triggers write to"
        yield at(table, "", Effect.WARNING, FindingKind.TRIGGERS_UNSEEN, what=what, remedy=remedy)


def _published(table: Table, one: Hiding, _known: Mapping[str, Table]) -> Iterator[Drift]:
    if is_personal(table):
        what = f"the publication `{one.about}` sends its changes to whoever subscribes"
        remedy = "declare the system that receives them, or end the publication"
        yield at(table, "", Effect.WARNING, FindingKind.PUBLISHED, what=what, remedy=remedy, about=one.about)


def _view(table: Table, one: Hiding, known: Mapping[str, Table]) -> Iterator[Drift]:
    if not is_personal(table):
        return
    if one.kind is Hides.VIEW_STALE:
        what = f"the materialised view `{one.about}` holds copies of its rows, and our account cannot refresh it"
        remedy = f"make the account a member of the owner of `{one.about}`, or refresh it after each act"
        kind = FindingKind.VIEW_STALE
        yield at(table, "", Effect.FORBIDS_PROOF, kind, what=what, remedy=remedy, about=one.about)
    elif one.about not in known:
        what = f"the materialised view `{one.about}`, which no contract declares, holds copies of its rows"
        remedy = "it is refreshed after each act; declare it where its rows are to be searched"
        kind = FindingKind.VIEW_UNDECLARED
        yield at(table, "", Effect.WARNING, kind, what=what, remedy=remedy, about=one.about)


def _child_column(table: Table, one: Hiding, _known: Mapping[str, Table]) -> Iterator[Drift]:
    what = f"its child table `{one.about}` has a column of its own, which the contract does not declare"
    remedy = f"give `{table.name}` that column, or keep those values in a table that is declared"
    kind = FindingKind.CHILD_COLUMN
    yield at(table, one.column, Effect.WARNING, kind, what=what, remedy=remedy, about=one.about)


def _child_keys(table: Table, one: Hiding, _known: Mapping[str, Table]) -> Iterator[Drift]:
    what = f"rows of its child table `{one.about}` are among its rows, and no constraint makes the key differ over both"
    remedy = "give both tables one sequence and see that no key is used twice, or make them partitions"
    yield at(table, "", Effect.WARNING, FindingKind.CHILD_KEYS, what=what, remedy=remedy, about=one.about)


def _same_rows(table: Table, one: Hiding, _known: Mapping[str, Table]) -> Iterator[Drift]:
    what = f"the rows of `{one.about}` are rows of this table as well, and would be found, shown and counted twice"
    remedy = f"take `{one.about}` out of the contract: its rows are reached by this table"
    yield at(table, "", Effect.FORBIDS_SEARCHING, FindingKind.SAME_ROWS, what=what, remedy=remedy, about=one.about)


_RULES: Final[Mapping[Hides, _Rule]] = {
    Hides.ROWS_UNSEEN: _unseen,
    Hides.ROWS_GUARDED: _guarded,
    Hides.NO_SELECT: _no_select,
    Hides.NO_UPDATE: _no_update,
    Hides.NO_DELETE: _no_delete,
    Hides.VERSIONED: _versioned,
    Hides.TRIGGER_WRITES: _trigger_writes,
    Hides.TRIGGER_DELETES: _trigger_deletes,
    Hides.TRIGGER_UNCLEAR: _trigger_unclear,
    Hides.TRIGGERS_UNSEEN: _triggers_unseen,
    Hides.PUBLISHED: _published,
    Hides.VIEW_REFRESHED: _view,
    Hides.VIEW_STALE: _view,
    Hides.CHILD_COLUMN: _child_column,
    Hides.CHILD_KEYS: _child_keys,
    Hides.SAME_ROWS: _same_rows,
}


def _loses(table: Table) -> bool:
    """Whether rows are deleted: at once, or when their hold is over."""
    is_deleted_later = any(item.then is RetentionAction.DELETE for item in table.retentions)
    return table.erase is TableErasure.DELETE or is_deleted_later


def _erased(table: Table) -> set[str]:
    """Columns that an erasure writes to."""
    is_blanked = table.erase is TableErasure.COLUMNS or any(
        item.then is RetentionAction.COLUMNS for item in table.retentions
    )
    return {column.name for column in table.columns if is_blanked and column.erase in _WRITING}


def _changed(table: Table) -> set[str]:
    """Columns that are put right or marked (Art. 16, 18, 21)."""
    return {column.name for column in table.columns if column.rectify is not None or column.marker}


def _follows(child: Table, table: Table) -> bool:
    return any(
        (r.to_system, r.to_table) == (table.system, table.name) and Follow.FROM in r.follow for r in child.references
    )
