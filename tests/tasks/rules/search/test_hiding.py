"""What follows from what hides data in a live system."""

from dataclasses import replace

import pytest

from data_contracts.company.contract import Column, Reference, Retention, SystemContract, Table
from data_contracts.connectors.connecting import LiveColumn, LiveReference, LiveSchema
from data_contracts.connectors.hiding import Hides, Hiding
from data_contracts.officer.findings import FindingKind
from data_contracts.vocabulary import (
    ColumnErasure,
    Follow,
    Rectification,
    RetentionAction,
    RetentionStart,
    TableErasure,
)
from tasks.rules.act.sequence import written_meanwhile
from tasks.rules.search.drift import Effect, drift, elsewhere, forbidding, forbids, proven_but_for

_ID = Column("id", "integer", primary_key=True, is_personal=False)
_OWNER = Reference(("owner",), "crm", "person", ("id",), frozenset({Follow.FROM}))


def _person(erase: TableErasure = TableErasure.DELETE, **said: object) -> Table:
    columns = (
        _ID,
        Column("mail", "string", erase=ColumnErasure.CLEAR if erase is TableErasure.COLUMNS else None),
        Column("town", "string", rectify=Rectification.DECLARED),
        Column("both", "string", erase=ColumnErasure.CLEAR, rectify=Rectification.DECLARED),
        Column("mark", "boolean", is_personal=False, marker="art18"),
        Column("seen", "string", erase=ColumnErasure.KEEP, hold="h"),
    )
    return replace(Table("crm", "person", columns, erase), **said)  # type: ignore[arg-type]  # a test's own


def _catalogue() -> Table:
    return Table("crm", "product", (_ID,), TableErasure.NONE)


def _drifts(hiding: Hiding, *tables: Table) -> list[tuple[str, Effect, FindingKind]]:
    contract = SystemContract("crm", "CRM", "1", "acme", tables or (_person(), _catalogue()))
    live = LiveSchema(
        {t.name: {c.name: LiveColumn(c.name, "TEXT", nullable=True) for c in t.columns} for t in contract.tables},
        hidings=(hiding,),
    )
    return [(one.place, one.effect, one.kind) for one in drift(contract, live)]


K, E = FindingKind, Effect
_OF_ANY_TABLE = {Hides.CHILD_KEYS, Hides.SAME_ROWS, Hides.CHILD_COLUMN}


@pytest.mark.parametrize(
    ("hiding", "effect", "kind"),
    [
        (Hiding(Hides.ROWS_UNSEEN, "person"), E.FORBIDS_SEARCHING, K.ROWS_UNSEEN),
        (Hiding(Hides.ROWS_GUARDED, "person"), E.FORBIDS_ACTING, K.ROWS_GUARDED),
        (Hiding(Hides.NO_SELECT, "person"), E.FORBIDS_SEARCHING, K.RIGHT_MISSING),
        (Hiding(Hides.NO_DELETE, "person"), E.FORBIDS_ERASING, K.RIGHT_MISSING),
        (Hiding(Hides.VERSIONED, "person"), E.FORBIDS_PROOF, K.HISTORY_KEPT),
        (Hiding(Hides.TRIGGER_WRITES, "person", about="log"), E.FORBIDS_PROOF, K.COPIES_WRITTEN),
        (Hiding(Hides.TRIGGER_DELETES, "person", about="log"), E.WARNING, K.TRIGGER_DELETES),
        (Hiding(Hides.TRIGGER_DELETES, "person", about="product"), E.FORBIDS_ERASING, K.TRIGGER_DELETES),
        (Hiding(Hides.TRIGGER_UNCLEAR, "person", about="t"), E.FORBIDS_PROOF, K.TRIGGER_UNCLEAR),
        (Hiding(Hides.TRIGGERS_UNSEEN, "person"), E.WARNING, K.TRIGGERS_UNSEEN),
        (Hiding(Hides.PUBLISHED, "person", about="p"), E.WARNING, K.PUBLISHED),
        (Hiding(Hides.VIEW_REFRESHED, "person", about="v"), E.WARNING, K.VIEW_UNDECLARED),
        (Hiding(Hides.VIEW_STALE, "person", about="v"), E.FORBIDS_PROOF, K.VIEW_STALE),
        (Hiding(Hides.CHILD_KEYS, "person", about="c"), E.WARNING, K.CHILD_KEYS),
        (Hiding(Hides.SAME_ROWS, "person", about="product"), E.FORBIDS_SEARCHING, K.SAME_ROWS),
    ],
)
def test_what_hides_data_has_its_effect(hiding: Hiding, effect: Effect, kind: FindingKind) -> None:
    """Law 6 and 13: what is not seen is no result, what cannot be done is told before, what stays is no proof."""
    assert _drifts(hiding) == [("crm.person", effect, kind)]


@pytest.mark.parametrize(
    "kind",
    sorted(set(Hides) - {Hides.NO_SELECT, Hides.ROWS_UNSEEN, Hides.READ_ONLY} - _OF_ANY_TABLE),
)
def test_what_nobody_writes_hinders_nothing(kind: Hides) -> None:
    """A table that is nobody's and never changed may be versioned, guarded or copied."""
    assert _drifts(Hiding(kind, "product", "id", "x"), _catalogue()) == []


def test_rows_unseen_are_told_once() -> None:
    """Where rows are hidden, that they cannot be changed either says nothing more."""
    contract = SystemContract("crm", "CRM", "1", "acme", (_catalogue(),))
    both = (Hiding(Hides.ROWS_UNSEEN, "product"), Hiding(Hides.ROWS_GUARDED, "product"))
    live = LiveSchema({"product": {"id": LiveColumn("id", "INT", nullable=False)}}, hidings=both)

    assert [one.kind for one in drift(contract, live)] == [K.ROWS_UNSEEN]


@pytest.mark.parametrize(
    ("erase", "column", "effect"),
    [
        (TableErasure.COLUMNS, "mail", E.FORBIDS_ERASING),
        (TableErasure.COLUMNS, "town", E.FORBIDS_CHANGING),
        (TableErasure.COLUMNS, "both", E.FORBIDS_ACTING),
        (TableErasure.COLUMNS, "mark", E.FORBIDS_CHANGING),
        (TableErasure.COLUMNS, "seen", None),
        (TableErasure.DELETE, "both", E.FORBIDS_CHANGING),
        (TableErasure.DELETE, "mail", None),
    ],
)
def test_right_to_write_is_asked_for_where_the_contract_writes(
    erase: TableErasure, column: str, effect: Effect | None
) -> None:
    """A right that no rule needs is not missed."""
    found = _drifts(Hiding(Hides.NO_UPDATE, "person", column), _person(erase))

    assert found == ([("crm.person." + column, effect, K.RIGHT_MISSING)] if effect else [])


def test_right_to_read_is_asked_for_of_declared_columns() -> None:
    """A column that no contract declares may be kept from us."""
    assert _drifts(Hiding(Hides.NO_SELECT, "person", "mail")) == [
        ("crm.person.mail", E.FORBIDS_SEARCHING, K.RIGHT_MISSING)
    ]
    assert _drifts(Hiding(Hides.NO_SELECT, "person", "secret")) == []


def test_table_that_may_not_be_read_is_not_called_missing() -> None:
    """The remedy is to grant the right, not to create the table."""
    contract = SystemContract("crm", "CRM", "1", "acme", (_person(),))

    found = drift(contract, LiveSchema({}, hidings=(Hiding(Hides.NO_SELECT, "person"),)))

    assert [(one.kind, one.remedy) for one in found] == [(K.RIGHT_MISSING, "grant it SELECT")]


@pytest.mark.parametrize("later", [RetentionAction.DELETE, RetentionAction.COLUMNS])
def test_right_is_needed_where_rows_go_later(later: RetentionAction) -> None:
    """What a hold keeps is deleted or blanked when it is over."""
    rule = Retention("r", "person", "seen", 1, "y", RetentionStart.VALUE, later, "h")
    kept = _person(TableErasure.KEEP, hold="h", retentions=(rule,))
    missing = Hides.NO_DELETE if later is RetentionAction.DELETE else Hides.NO_UPDATE

    assert [effect for _, effect, _ in _drifts(Hiding(missing, "person", "both"), kept)] != []


def test_system_that_takes_no_change_forbids_acting() -> None:
    """A replica is searched, and acted on nowhere; one on which nothing is ever done is in order."""
    replica = Hiding(Hides.READ_ONLY, about="it is a standby server")

    assert _drifts(replica) == [("crm", E.FORBIDS_ACTING, K.READ_ONLY)]
    assert _drifts(replica, _catalogue()) == []


def test_declared_copies_are_in_order() -> None:
    """A history table or view that the contract names, by its live name too, is searched and erased like others."""
    log = Table("crm", "log", (_ID,), TableErasure.DELETE, references=(_OWNER,), physical_name="audit.log")

    for kind in (Hides.TRIGGER_WRITES, Hides.VIEW_REFRESHED, Hides.TRIGGER_DELETES):
        for name in ("log", "audit.log"):
            assert _drifts(Hiding(kind, "person", about=name), _person(), log) == []


def test_child_column_is_named_with_its_table() -> None:
    """A search and an erasure by the parent never see it."""
    found = _drifts(Hiding(Hides.CHILD_COLUMN, "person", "shoe_size", "employee"))

    assert found == [("crm.person.shoe_size", E.WARNING, K.CHILD_COLUMN)]


def test_what_is_said_of_an_unknown_table_is_passed_over() -> None:
    """Nothing follows for a table that the contract does not name."""
    assert _drifts(Hiding(Hides.VERSIONED, "stray")) == []


def test_effects_contain_each_other() -> None:
    """What may not be searched may not be acted on, what may not be acted on neither erased nor changed."""
    acts = (E.FORBIDS_ACTING, E.FORBIDS_ERASING, E.FORBIDS_CHANGING)
    hidings = (Hiding(Hides.ROWS_UNSEEN, "person"), Hiding(Hides.ROWS_GUARDED, "person"))
    for hiding, forbidden in zip(hidings, ((E.FORBIDS_SEARCHING, *acts), acts), strict=True):
        contract = SystemContract("crm", "CRM", "1", "acme", (_person(),))
        columns = {c.name: LiveColumn(c.name, "TEXT", nullable=True) for c in _person().columns}
        found = drift(contract, LiveSchema({"person": columns}, hidings=(hiding,)))

        assert [effect for effect in Effect if forbids(found, effect)] == list(forbidden)
        assert forbidding(found, E.FORBIDS_PROOF) == []


def test_places_that_proof_does_not_reach_are_listed() -> None:
    """Law 7: the verdict can say *proven but for* each of them, with the way to erase there too."""
    contract = SystemContract("crm", "CRM", "1", "acme", (_person(),))
    columns = {c.name: LiveColumn(c.name, "TEXT", nullable=True) for c in _person().columns}
    hidings = (Hiding(Hides.TRIGGER_WRITES, "person", about="audit.log"), Hiding(Hides.VERSIONED, "person"))

    found = proven_but_for(drift(contract, LiveSchema({"person": columns}, hidings=hidings)))

    assert [(one.place, one.code, one.about) for one in found] == [
        ("crm.person", "copies_written", "audit.log"),
        ("crm.person", "history_kept", ""),
    ]
    assert "DELETE HISTORY FROM person" in found[1].remedy


@pytest.mark.parametrize(("number", "is_cut"), [(0, False), (1, False), (8, False), (9, True)])
def test_other_schemas_are_one_warning(number: int, *, is_cut: bool) -> None:
    """A server of a hundred databases does not drown what else is told."""
    found = elsewhere("crm", [f"s{place}" for place in range(number)])

    assert len(found) == min(number, 1)
    assert all((f"({number} in all)" in one.what, ", …" in one.what) == (True, is_cut) for one in found)


# --- rows of others that refer to rows that go ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nullable", "on_delete", "follow", "is_told"),
    [
        (False, "", None, True),
        (False, "RESTRICT", None, True),
        (True, "", None, False),
        (False, "SET NULL", None, False),
        (False, "", Follow.FROM, False),
    ],
)
def test_reference_that_takes_no_null_is_told(
    *, nullable: bool, on_delete: str, follow: Follow | None, is_told: bool
) -> None:
    """Law 13: somebody else's answer would block the erasure, and `check` says so."""
    to_itself = Reference(("parent",), "crm", "note", ("id",), frozenset({follow} if follow else ()))
    note = Table("crm", "note", (_ID, Column("parent", "integer")), TableErasure.DELETE, references=(to_itself,))
    contract = SystemContract("crm", "CRM", "1", "acme", (note,))
    columns = {"id": LiveColumn("id", "INT", nullable=False), "parent": LiveColumn("parent", "INT", nullable=nullable)}
    live = LiveSchema({"note": columns}, (LiveReference("note", ("parent",), "note", ("id",), on_delete),))

    assert (K.REFERENCE_BLOCKS in {one.kind for one in drift(contract, live)}) is is_told


# --- what triggers write meanwhile ---------------------------------------------------------------------------------


def _writes(*pairs: tuple[str, str]) -> list[Hiding]:
    return [Hiding(Hides.TRIGGER_WRITES, table, about=to) for table, to in pairs]


@pytest.mark.parametrize(
    ("acted", "pairs", "expected"),
    [
        ({"a"}, (), ()),
        ({"a"}, (("a", "b"),), ("b",)),
        ({"a"}, (("a", "c"), ("c", "b")), ("c", "b")),
        ({"a"}, (("b", "c"),), ()),
        ({"a", "b"}, (("a", "b"), ("b", "a")), ("a", "b")),
    ],
    ids=["no trigger", "history", "history of the history", "not acted on", "circle"],
)
def test_tables_that_triggers_write_to_come_last(
    acted: set[str], pairs: tuple[tuple[str, str], ...], expected: tuple[str, ...]
) -> None:
    """What a trigger writes down while a table is erased is erased after it."""
    others = [Hiding(Hides.VERSIONED, "a")]

    assert written_meanwhile(acted, [*_writes(*pairs), *others]) == expected


# --- what is told, place by place ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hiding", "about"),
    [
        (Hiding(Hides.NO_SELECT, "person"), "SELECT"),
        (Hiding(Hides.NO_DELETE, "person"), "DELETE"),
        (Hiding(Hides.TRIGGER_WRITES, "person", about="log"), "log"),
        (Hiding(Hides.TRIGGER_DELETES, "person", about="log"), "log"),
        (Hiding(Hides.TRIGGER_UNCLEAR, "person", about="t"), "t"),
        (Hiding(Hides.PUBLISHED, "person", about="p"), "p"),
        (Hiding(Hides.VIEW_REFRESHED, "person", about="v"), "v"),
        (Hiding(Hides.VIEW_STALE, "person", about="v"), "v"),
        (Hiding(Hides.CHILD_KEYS, "person", about="c"), "c"),
        (Hiding(Hides.SAME_ROWS, "person", about="product"), "product"),
        (Hiding(Hides.ROWS_GUARDED, "person"), ""),
        (Hiding(Hides.TRIGGERS_UNSEEN, "person"), ""),
    ],
)
def test_whole_table_is_meant_and_what_hides_is_named(hiding: Hiding, about: str) -> None:
    """A right by its name in SQL, a trigger, view or table by its own; no column."""
    contract = SystemContract("crm", "CRM", "1", "acme", (_person(), _catalogue()))
    columns = {t.name: {c.name: LiveColumn(c.name, "TEXT", nullable=True) for c in t.columns} for t in contract.tables}

    (found,) = drift(contract, LiveSchema(columns, hidings=(hiding,)))

    assert (found.system, found.table, found.column, found.about) == ("crm", "person", "", about)


@pytest.mark.parametrize(("column", "acts"), [("mail", "erases"), ("town", "changes"), ("both", "erases and changes")])
def test_right_to_write_is_told_with_what_it_is_needed_for(column: str, acts: str) -> None:
    """So that whoever grants it knows why."""
    contract = SystemContract("crm", "CRM", "1", "acme", (_person(TableErasure.COLUMNS),))
    columns = {c.name: LiveColumn(c.name, "TEXT", nullable=True) for c in _person().columns}
    hiding = Hiding(Hides.NO_UPDATE, "person", column)

    (found,) = drift(contract, LiveSchema({"person": columns}, hidings=(hiding,)))

    assert (found.column, found.about) == (column, "UPDATE")
    assert found.what.endswith(f"the contract {acts}")


def test_right_to_read_is_told_with_its_place() -> None:
    """A column by its name, else the table."""
    contract = SystemContract("crm", "CRM", "1", "acme", (_person(),))
    columns = {c.name: LiveColumn(c.name, "TEXT", nullable=True) for c in _person().columns}
    hidings = (Hiding(Hides.NO_SELECT, "person", "mail"), Hiding(Hides.NO_SELECT, "person"))

    table, column = drift(contract, LiveSchema({"person": columns}, hidings=hidings))

    assert (table.column, column.column) == ("", "mail")
    assert table.what.endswith("the table")
    assert column.what.endswith("the column `mail`")


def test_rows_that_must_stay_are_not_called_undeclared() -> None:
    """Who mends the trigger is told which of both it is."""
    contract = SystemContract("crm", "CRM", "1", "acme", (_person(), _catalogue()))
    columns = {t.name: {c.name: LiveColumn(c.name, "TEXT", nullable=True) for c in t.columns} for t in contract.tables}
    hidings = tuple(Hiding(Hides.TRIGGER_DELETES, "person", about=about) for about in ("log", "product"))

    told = {one.about: one.what for one in drift(contract, LiveSchema(columns, hidings=hidings))}

    assert told["log"].endswith("which no contract declares")
    assert told["product"].endswith("which must stay")


def test_one_thing_that_hides_does_not_keep_the_next_from_being_told() -> None:
    """Guarded rows are passed over where rows are unseen; all that stands behind them is looked at."""
    contract = SystemContract("crm", "CRM", "1", "acme", (_person(),))
    columns = {c.name: LiveColumn(c.name, "TEXT", nullable=True) for c in _person().columns}
    kinds = (Hides.ROWS_UNSEEN, Hides.ROWS_GUARDED, Hides.VERSIONED)

    found = drift(contract, LiveSchema({"person": columns}, hidings=tuple(Hiding(kind, "person") for kind in kinds)))

    assert {one.kind for one in found} == {K.ROWS_UNSEEN, K.HISTORY_KEPT}


@pytest.mark.parametrize(
    "table",
    [
        Table("crm", "loses", (_ID,), TableErasure.DELETE),
        Table("crm", "erased", (_ID, Column("a", "string", erase=ColumnErasure.CLEAR)), TableErasure.COLUMNS),
        Table("crm", "changed", (_ID, Column("a", "string", rectify=Rectification.DECLARED)), TableErasure.NONE),
    ],
    ids=lambda table: table.name,
)
def test_each_sort_of_change_asks_for_a_system_that_takes_it(table: Table) -> None:
    """Rows that go, values that are blanked or put right: a replica takes none, a guard lets some through."""
    read_only = Hiding(Hides.READ_ONLY, about="it is a standby server")
    contract = SystemContract("crm", "CRM", "1", "acme", (table,))
    columns = {table.name: {c.name: LiveColumn(c.name, "TEXT", nullable=True) for c in table.columns}}

    (found,) = drift(contract, LiveSchema(columns, hidings=(read_only,)))

    assert (found.system, found.table, found.column, found.kind) == ("crm", "", "", K.READ_ONLY)
    assert found.what.endswith("it is a standby server")
    assert found.remedy
    assert _drifts(Hiding(Hides.ROWS_GUARDED, table.name), table) == [
        (f"crm.{table.name}", E.FORBIDS_ACTING, K.ROWS_GUARDED)
    ]


def test_warning_of_other_schemas_is_the_systems() -> None:
    """No table is to blame; names are told in order, eight of them."""
    (found,) = elsewhere("crm", ["b", "a"])

    assert (found.system, found.table, found.column, found.effect) == ("crm", "", "", E.WARNING)
    assert found.kind is K.SCHEMA_UNDECLARED
    assert "tables of `a`, `b` (2 in all)" in found.what
    assert found.remedy


def test_rows_that_a_trigger_deletes_are_hers_by_a_reference_to_that_very_table() -> None:
    """A reference to another table, or one that a search does not follow, makes no row hers."""
    for reference in (
        replace(_OWNER, to_table="product"),
        replace(_OWNER, to_system="erp"),
        replace(_OWNER, follow=frozenset({Follow.TO})),
    ):
        log = Table("crm", "log", (_ID,), TableErasure.DELETE, references=(reference,))
        hiding = Hiding(Hides.TRIGGER_DELETES, "person", about="log")

        assert _drifts(hiding, _person(), log) == [("crm.person", E.FORBIDS_ERASING, K.TRIGGER_DELETES)]
