"""What follows from what hides data in a live system."""

from dataclasses import replace

import pytest

from data_contracts.contract import Column, Reference, Retention, SystemContract, Table
from data_contracts.findings import FindingKind
from data_contracts.hiding import Hides, Hiding
from data_contracts.ports import LiveColumn, LiveReference, LiveSchema
from data_contracts.vocabulary import (
    ColumnErasure,
    Follow,
    Rectification,
    RetentionAction,
    RetentionStart,
    TableErasure,
)
from tasks.rules.drift import Effect, drift, elsewhere, forbidding, forbids, proven_but_for
from tasks.rules.order import written_meanwhile

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
