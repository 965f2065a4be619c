"""Whose the identities inside a value are, what is shown and what is left of it (law 8)."""

from datetime import date

import pytest

from data_contracts.case.plan import Located
from data_contracts.case.request import FieldChange, Statement
from data_contracts.company.contract import Table
from data_contracts.connectors.keys import ChangeColumns, Condition, Key, Look, Selection
from data_contracts.inside.paths import Inside
from data_contracts.inside.values import REMOVED
from data_contracts.vocabulary import ColumnErasure, Rectification, TableErasure
from tasks.rules.act.exemptions import Calendar
from tasks.rules.act.plan import Segment, erased_look, orders, pseudonymised, segments
from tasks.rules.act.rectification import Found, changes
from tasks.rules.people.contacts import held_columns, mail_columns
from tasks.rules.search.inside import Own, containers_of, is_erased_inside, keys_held, spelling_of
from tests.tasks.rules.examples import a_column, a_key, a_table, contracts_of

_ANA = frozenset({"ana@example.org", "ana@home.example"})


def _own(kind: Inside) -> Own:
    return Own(kind, "email", "FR", _ANA)


_LIST = _own(Inside("members"))


@pytest.mark.parametrize(
    ("stored", "hers", "others", "shown"),
    [
        ('["ANA@example.org", "n/a"]', True, False, '["ANA@example.org"]'),
        ('["Ana <ana@home.example>", "ben@example.org"]', True, True, '["Ana <ana@home.example>"]'),
        ('["ana@example.org, ben@example.org"]', True, True, "[]"),
        ('["ben@example.org"]', False, True, "[]"),
        ("[]", False, False, "[]"),
    ],
)
def test_members_are_hers_or_others(stored: str, shown: str, *, hers: bool, others: bool) -> None:
    """One of her keys in any spelling is hers; a member that names others as well is not shown."""
    assert _LIST.holds_hers(stored) is hers
    assert _LIST.holds_others(stored) is others
    assert _LIST.shown(stored) == shown


def test_a_mark_stands_for_others_in_a_document() -> None:
    """In a document that is no list a mark stands where somebody else's key lies."""
    assert _own(Inside("json", "$.by")).shown('{"by": "ben@example.org", "n": 1}') == '{"by": "***", "n": 1}'


def test_what_is_others_stays_when_hers_goes() -> None:
    """Of a member that names both the other's key stays."""
    stored = '["ana@example.org", "ana@example.org; ben@example.org", "Ben <ben@example.org>", "n/a"]'

    left = _LIST.without(stored, lambda _value: REMOVED)

    assert left == '["ben@example.org", "Ben <ben@example.org>", "n/a"]'


def test_a_column_knows_which_keys_are_hers() -> None:
    """By the kind of the column, in normal form; a column without a place inside is no container."""
    inside = a_column("to", identity="email", inside=Inside("members"))
    table = a_table("mail", a_key(), a_column("by", identity="email"), inside)

    ((column, own),) = containers_of(table, contracts_of(table), {"email": ["ANA@example.org", "?"], "phone": ["1"]})

    assert (column, set(own.keys)) == (inside, {"ana@example.org"})
    spelling = spelling_of(table, column, own)
    assert (spelling.key, spelling.inside, spelling.keys) == (("id",), inside.inside, own.keys)


@pytest.mark.parametrize(
    ("erase", "strategy", "is_erased"),
    [
        (TableErasure.DELETE, None, True),
        (TableErasure.COLUMNS, ColumnErasure.TOKEN, True),
        (TableErasure.COLUMNS, ColumnErasure.KEEP, False),
        (TableErasure.KEEP, None, False),
    ],
)
def test_erasing_inside_follows_the_table(
    erase: TableErasure, strategy: ColumnErasure | None, *, is_erased: bool
) -> None:
    """Where rows are kept on a hold, nothing is taken out of them; a column that is no container has nothing inside."""
    column = a_column("to", identity="email", inside=Inside("members"), erase=strategy)

    assert is_erased_inside(a_table("mail", a_key(), column, erase=erase), column) is is_erased
    assert not is_erased_inside(a_table("mail"), a_column("by", erase=strategy))


def test_keys_of_a_value_are_those_inside_it() -> None:
    """Wherever keys are counted, those inside a value count, and not its text."""
    stored = '["ana@example.org", {"cc": "x@example.org"}]'

    inside = a_column("to", identity="email", inside=Inside("members"))
    assert keys_held(inside, "email", stored, "FR") == {"ana@example.org"}
    assert keys_held(a_column("by", identity="email"), "email", "ana@example.org", "FR") == {"ana@example.org"}


def test_nothing_is_sent_to_what_lies_inside() -> None:
    """Several people may lie inside one value: no link is sent there, and nobody is told by it whose a row is."""
    table = a_table("mail", a_key(), a_column("to", identity="email", inside=Inside("members")))

    assert (mail_columns(table), held_columns(table, "email")) == ([], [])


def _two(erase: TableErasure, strategy: ColumnErasure | None = None) -> tuple[Table, Segment]:
    """A table with a row of several people that holds a key of hers inside, and what an erasure does with it."""
    column = a_column("to", identity="email", inside=Inside("members"), erase=strategy, rectify=Rectification.DECLARED)
    table = a_table("mail", a_key(), column, erase=erase)
    several = (Condition(("id",), frozenset({(1,), (2,)})),)
    located = Located({("crm", "mail"): ()}, shared={("crm", "mail"): several})
    inside: dict[tuple[str, ...], frozenset[Key]] = {("crm", "mail", "to"): frozenset({(1,)})}
    *_, kept, part = segments(contracts_of(table), located, Calendar(date(2026, 3, 31), "UTC", "12-31"), inside=inside)
    assert (kept.verb, kept.note) == ("keep", "shared")
    return table, part


@pytest.mark.parametrize(
    ("erase", "strategy", "verb"),
    [
        (TableErasure.DELETE, None, "clear"),
        (TableErasure.COLUMNS, ColumnErasure.MASK, "mask"),
        (TableErasure.COLUMNS, ColumnErasure.TOKEN, "pseudonymise"),
    ],
)
def test_her_member_leaves_rows_that_stay(erase: TableErasure, strategy: ColumnErasure | None, verb: str) -> None:
    """Law 8: the row is kept for the others, her member goes; never is the whole value cleared or masked."""
    table, part = _two(erase, strategy)

    selection = Selection("mail", (Condition(("id",), frozenset({(1,)})),))
    assert (part.verb, part.columns, part.selection) == (verb, ("to",), selection)
    (order,) = orders([part], table, {"to": {"old": "new"}})
    assert order == ChangeColumns(selection, replace={"to": {"old": "new"}})
    assert erased_look(part, table, {"to": {"old": "new"}}) == Look(replaced={"to": frozenset({"old"})})
    assert "to" not in pseudonymised(table)


def test_her_member_is_put_right_in_rows_of_several_people() -> None:
    """Art. 16: of the value her member is replaced, and the digest of what it becomes goes into evidence."""
    table, _ = _two(TableErasure.DELETE)
    rows = (Condition(("id",), frozenset({(1,)})),)
    located = Located({("crm", "mail"): ()}, shared={("crm", "mail"): rows})
    statement = Statement(changes=[FieldChange(field="crm.mail.to", value="new@example.org")])

    (change,) = changes(
        statement, contracts_of(table), located, {"crm.mail.to.0": Found(rows, left={"old": "new"})}, proof_seen=False
    )

    assert (change.verb, change.changed, change.values) == ("rectify", ("to",), {"to": ("new",)})
    assert change.order == ChangeColumns(Selection("mail", rows), replace={"to": {"old": "new"}})
    assert change.look == Look(replaced={"to": frozenset({"old"})})
