"""Art. 19: who is told of what was done, what, and when it is asked again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from data_contracts.case.request import FieldChange
from data_contracts.company.company import Art19, Party, Policy
from data_contracts.company.contract import Table
from data_contracts.told.recipients import RecipientNotice
from data_contracts.vocabulary import PartyRole, Right
from tasks.rules.others.telling import (
    Touched,
    asked_of,
    changes_for,
    due_chase,
    is_order,
    is_reference,
    known_by,
    recipients_of,
    touched,
)
from tests.tasks.rules.examples import a_column, a_key, a_table, contracts_of

NOW = datetime(2026, 3, 31, 10, tzinfo=UTC)
_POLICY = Policy(gates={}, identity_methods={})
_SENT = NOW - timedelta(days=_POLICY.chase_days)


def _line(action: str, rows: int = 1, table: str = "t", **more: Any) -> dict[str, Any]:
    return {"system": "crm", "table": table, "action": action, "rows": rows, "columns": [], **more}


def _party(role: PartyRole = PartyRole.RECIPIENT, **facts: Any) -> Party:
    return Party(**{"role": role, "name": "Printer", "country": "FR", **facts})


def _shown(name: str, *recipients: str) -> Table:
    email = a_column("email", category="user.contact.email")
    return a_table(name, a_key(), email, a_column("city"), recipients=recipients)


@pytest.mark.parametrize(
    ("right", "action", "is_done"),
    [
        (Right.ERASURE, "delete", True),
        (Right.ERASURE, "shred", True),
        (Right.ERASURE, "keep", False),
        (Right.ERASURE, "refer", False),
        (Right.RECTIFICATION, "rectify", True),
        (Right.RECTIFICATION, "by_document", False),
        (Right.RESTRICTION, "restrict", True),
        (Right.OBJECTION, "stop", True),
        (Right.ACCESS, "disclose", False),
    ],
)
def test_only_what_was_done_is_told(right: Right, action: str, *, is_done: bool) -> None:
    """Rows that were kept, shown or referred are nobody else's business."""
    assert bool(touched(right, [_line(action)])) is is_done


def test_nothing_done_is_not_told() -> None:
    """A line without rows touched nothing."""
    assert touched(Right.ERASURE, [_line("delete", rows=0)]) == []


def test_recipients_of_touched_tables_are_told() -> None:
    """Each with what concerns it, in the order of keys; we ourselves are no recipient."""
    contracts = contracts_of(_shown("a", "printer", "acme"), _shown("b", "agency", "printer"), _shown("c", "bank"))
    a, b = Touched(("crm", "a")), Touched(("crm", "b"))

    found = recipients_of(contracts, [a, b])

    assert list(found) == ["agency", "printer"]
    assert found == {"agency": [b], "printer": [a, b]}


@pytest.mark.parametrize(
    ("party", "is_ordered"),
    [
        (_party(PartyRole.PROCESSOR, **{"for": "acme"}), True),
        (_party(PartyRole.PROCESSOR, **{"for": "other"}), False),
        (_party(PartyRole.CONTROLLER), False),
        (_party(PartyRole.RECIPIENT), False),
    ],
)
def test_only_our_processor_is_given_an_order(party: Party, *, is_ordered: bool) -> None:
    """Art. 28(3): a processor acts on instructions; whoever decides on its own gets a notice."""
    assert is_order(party, contracts_of(a_table("t")).vocabulary) is is_ordered


def test_each_right_asks_its_own() -> None:
    """What a recipient is asked follows from the right; access asks nobody anything."""
    rights = (Right.ERASURE, Right.RECTIFICATION, Right.RESTRICTION, Right.OBJECTION)

    assert [asked_of(right) for right in rights] == ["erase", "rectify", "restrict", "stop"]
    with pytest.raises(KeyError):
        asked_of(Right.ACCESS)


def test_recipient_learns_changes_of_what_it_received() -> None:
    """By data category or by column, and no change of anything else."""
    contracts = contracts_of(_shown("t", "printer"))
    asked = [
        FieldChange(field="user.contact.email", value="a@b.example"),
        FieldChange(field="crm.t.city", value="Lille"),
        FieldChange(field="user.name", value="Ann"),
    ]

    told = changes_for(contracts, [Touched(("crm", "t"), ("email", "city"))], asked)

    assert told == (("user.contact.email", "a@b.example"), ("crm.t.city", "Lille"))


def test_recipient_is_told_keys_of_the_kinds_it_knows() -> None:
    """No other key leaves us, and a party without a way of being told knows none."""
    keys = {"email": ["b@x.example", "a@x.example"], "phone": ["+33612345678"], "cookie_id": []}
    by_mail = _party(art19=Art19(via="email", to="x@y.example"))
    by_cookie = _party(art19=Art19(via="email", to="x@y.example", keys=["cookie_id", "customer_no"]))

    assert known_by(by_mail, keys) == {"email": ("a@x.example", "b@x.example")}
    assert known_by(by_cookie, keys) == {}
    assert known_by(_party(), keys) == {}


@pytest.mark.parametrize(
    ("notice", "due"),
    [
        ({}, "remind"),
        ({"sent_at": _SENT + timedelta(seconds=1)}, ""),
        ({"sent_at": None}, ""),
        ({"state": "acknowledged"}, ""),
        ({"chased": 1, "chased_at": NOW}, ""),
        ({"chased": 2, "chased_at": _SENT}, "remind"),
        ({"chased": 3, "chased_at": _SENT}, "escalate"),
    ],
)
def test_who_does_not_answer_is_reminded(notice: dict[str, Any], due: str) -> None:
    """Two weeks after each message, three times; then the data protection officer is told."""
    told = RecipientNotice(
        **{"case_id": "C-1", "party": "p", "via": "smtp", "state": "told", "sent_at": _SENT, **notice}
    )

    assert due_chase(told, _POLICY, NOW) == due


@pytest.mark.parametrize(("text", "is_one"), [("TICKET-1", True), ("ann@x.example", False), ("", False), ("-1", False)])
def test_reference_has_no_room_for_a_person(text: str, *, is_one: bool) -> None:
    """What goes into evidence is a ticket's or a letter's reference."""
    assert is_reference(text) is is_one
