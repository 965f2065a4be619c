"""Changing values: measured, planned, confirmed, carried out and proven, whatever the right."""

from collections.abc import Callable, Mapping, Sequence

import pytest

from data_contracts.case.plan import Remaining
from data_contracts.connectors.keys import KeyValue, Selection
from data_contracts.errors import ActUnproven
from data_contracts.vocabulary import Decision, Gate, Right
from flows.rights.changing import change_until_proven
from tasks.act.changing import Changing, value_digest
from tasks.case.sealed import read_located
from tasks.proof.judge import Proof, judge_act, note_staying
from tasks.rules.act.changes import Change
from tests.tasks.act.small import Small

Wanted = Mapping[tuple[str, str], Mapping[str, KeyValue]]
_NEW_EMAIL = "ann@new.example"


def _life(wanted: Wanted) -> Callable[[str], object]:
    """A right that gives the own rows of some tables new values."""

    def changes(case_id: str, system: str) -> Sequence[Change]:
        ways = read_located(case_id).conditions
        return [
            Change(path, "rectify", Selection(path[1], ways[path]), set_to={name: value})
            for path, values in wanted.items()
            if path[0] == system
            for name, value in values.items()
        ]

    steps = Changing(Right.RESTRICTION, changes)
    return lambda case_id: change_until_proven(case_id, steps)


def _states(small: Small, case_id: str) -> list[str]:
    return small.house.states(case_id)


def test_own_rows_are_changed_and_nobody_elses(small: Small) -> None:
    """Several columns of one table, in two systems; every other value is as it was."""
    case_id = small.open(Right.RESTRICTION)

    small.walk(case_id, _life({("crm", "customer"): {"language": "nl", "vip": True}, ("web", "account"): {}}))

    ann, bob = small.rows("crm", "customer")
    assert (ann["language"], ann["vip"], ann["email"]) == ("nl", True, "Ann@X.example")
    assert (bob["language"], bob["vip"]) == ("fr", None)
    assert _states(small, case_id)[-1] == "verified"


def test_an_identity_key_is_changed_together_with_others(small: Small) -> None:
    """Rows are found by their sealed primary keys when the address they were found by is another already."""
    wanted: Wanted = {
        ("crm", "customer"): {"email": _NEW_EMAIL, "language": "nl"},
        ("web", "account"): {"email": _NEW_EMAIL},
    }
    case_id = small.open(Right.RESTRICTION)

    small.walk(case_id, _life(wanted))

    assert [row["email"] for row in small.rows("crm", "customer")] == [_NEW_EMAIL, "bob@x.example"]
    assert [row["language"] for row in small.rows("crm", "customer")] == ["nl", "fr"]
    assert [row["email"] for row in small.rows("web", "account")] == [_NEW_EMAIL, "bob@x.example"]


def test_a_value_is_taken_away(small: Small) -> None:
    """None clears the column, and the proof counts rows that still hold something."""
    case_id = small.open(Right.RESTRICTION)

    small.walk(case_id, _life({("crm", "customer"): {"language": None}}))

    assert [row["language"] for row in small.rows("crm", "customer")] == [None, "fr"]


def test_a_table_without_key_is_changed_by_what_leads_to_it(small: Small) -> None:
    """Rows without a primary key are selected as the search found them."""
    case_id = small.open(Right.RESTRICTION)

    small.walk(case_id, _life({("crm", "log"): {"language": "nl"}}))

    assert [row["language"] for row in small.rows("crm", "log")] == ["nl", "nl", "fr"]


def test_nothing_to_change_ends_without_a_question(small: Small) -> None:
    """A plan that changes nothing needs no proof: no gate opens about a proof that is empty."""
    case_id = small.open(Right.RESTRICTION)

    small.walk(case_id, _life({}))

    assert _states(small, case_id)[-1] == "verified"
    (proof,) = small.evidence(case_id, "prove")
    assert (proof["ordered"], proof["counts"], proof["verdict"]) == ("nothing", [], "proven")


def test_nothing_to_change_where_a_person_handled_a_system_is_told(small: Small) -> None:
    """Nothing was ordered; what the person says of the system is no proof, and the record does not call it one."""
    case_id = small.open(Right.RESTRICTION)
    small.breaks("crm", "gone")
    while (entry := small.waits(case_id, _life({}))) is not None and entry.gate is not Gate.OUTAGE:
        small.agree(entry)
    assert entry is not None

    small.house.answer(entry, Decision.BY_HAND, reference="TICKET-3")
    small.walk(case_id, _life({}))

    (proof,) = small.evidence(case_id, "prove")
    assert (proof["verdict"], proof["proven"], proof["told"]) == ("told_by_a_person", False, {"crm": "TICKET-3"})


def test_killed_after_the_change_it_goes_on(small: Small) -> None:
    """What was done before the process died is done again by the same keys, and noted once."""
    life = _life({("crm", "customer"): {"email": _NEW_EMAIL}})
    case_id = small.open(Right.RESTRICTION)
    small.breaks("crm", "dies")

    with pytest.raises(KeyboardInterrupt):
        small.walk(case_id, life)
    small.breaks("crm", "")
    small.walk(case_id, life)

    (crm,) = small.evidence(case_id, "change", "crm")
    assert (crm["rows"], crm["attempt"]) == ({"customer": 1}, 2)
    assert small.rows("crm", "customer")[0]["email"] == _NEW_EMAIL


def test_steps_that_are_done_touch_nothing_again(small: Small) -> None:
    """Walked again after its end, the case gives the same, and the systems are left alone."""
    life = _life({("crm", "customer"): {"language": "nl"}})
    case_id = small.open(Right.RESTRICTION)
    small.walk(case_id, life)
    states = _states(small, case_id)
    small.breaks("crm", "dies")

    small.walk(case_id, life)

    assert _states(small, case_id) == states


@pytest.mark.parametrize(
    ("decision", "reference"),
    [(Decision.RETRY, ""), (Decision.BY_HAND, "TICKET-1"), (Decision.STAYS, "technical")],
)
def test_what_is_not_as_ordered_goes_to_a_person(small: Small, decision: Decision, reference: str) -> None:
    """A system that says it changed and did not opens the gate; what a person finished is looked at again."""
    life = _life({("crm", "customer"): {"language": "nl"}})
    case_id = small.open(Right.RESTRICTION)
    small.breaks("crm", "idle")
    while (entry := small.waits(case_id, life)) is not None and entry.gate is not Gate.MISMATCH:
        small.agree(entry)
    assert entry is not None
    assert "crm.customer: values" in entry.description

    small.breaks("crm", "")
    small.house.answer(entry, decision, reference=reference)
    again = small.waits(case_id, life)

    if decision is Decision.BY_HAND:
        assert again is not None
        assert (again.gate, again.digest == entry.digest) == (Gate.MISMATCH, False)
        small.set("crm", "customer", "language", "nl")
        small.house.answer(again, decision, reference=reference)
        small.walk(case_id, life)
    assert _states(small, case_id)[-1] == "verified"
    assert small.rows("crm", "customer")[0]["language"] == ("fr" if decision is Decision.STAYS else "nl")
    (proof,) = small.evidence(case_id, "prove")
    assert proof["verdict"] == ("proven_but_for" if decision is Decision.STAYS else "proven")
    assert [one["why"] for one in proof["but_for"]] == (["technical"] if decision is Decision.STAYS else [])


def test_what_people_let_stay_is_so_many_rows_of_one_place(small: Small) -> None:
    """An answer *stays* covers what was shown: no row more, and no other check of the same table."""
    life = _life({("crm", "customer"): {"language": "nl"}})
    case_id = small.open(Right.RESTRICTION)
    small.breaks("crm", "idle")
    while (entry := small.waits(case_id, life)) is not None and entry.gate is not Gate.MISMATCH:
        small.agree(entry)
    assert entry is not None
    answered = small.house.answer(entry, Decision.STAYS, reference="technical")
    note_staying(case_id, answered, [("crm", "customer", "values", 1)])

    for check, rows in (("values", 2), ("rows", 1)):
        with pytest.raises(ActUnproven) as unproven:
            judge_act(case_id, Proof([Remaining("crm", "customer", check, rows, 0)], [("crm", "customer")], {}))
        assert unproven.value.remains == (("crm", "customer", check, rows),)

    assert judge_act(case_id, Proof([Remaining("crm", "customer", "values", 1, 0)], [("crm", "customer")], {})) == 1


def test_evidence_names_before_and_after_by_keyed_digests(small: Small) -> None:
    """Who has a value and the key can show that it was this one; nobody else learns it."""
    place = "crm.customer.email"
    case_id = small.open(Right.RESTRICTION)

    small.walk(case_id, _life({("crm", "customer"): {"email": _NEW_EMAIL}}))

    (crm,) = small.evidence(case_id, "change", "crm")
    assert crm["before"] == {place: [value_digest(place, "Ann@X.example")]}
    assert crm["after"] == {place: [value_digest(place, _NEW_EMAIL)]}
    assert "x.example" not in str(crm).lower()


def test_a_plan_that_changed_goes_back_to_people(small: Small) -> None:
    """Rows that appear after approval are shown before anything is done (law 5)."""
    life = _life({("crm", "log"): {"language": "nl"}})
    case_id = small.open(Right.RESTRICTION)
    while (entry := small.waits(case_id, life)) is not None and entry.gate is not Gate.APPROVAL:
        small.agree(entry)
    assert entry is not None
    small.add("crm", "log", {"customer_id": 1, "language": "es"})

    small.agree(entry)
    again = small.waits(case_id, life)

    assert again is not None
    assert (again.gate, again.digest == entry.digest) == (Gate.APPROVAL, False)
    assert "nl" not in {row["language"] for row in small.rows("crm", "log")}


def test_one_system_that_fails_stops_no_other(small: Small) -> None:
    """The other system is changed; the failed one waits, and a person may say that it was done by hand (law 6)."""
    life = _life({("crm", "customer"): {"language": "nl"}, ("web", "account"): {"email": _NEW_EMAIL}})
    case_id = small.open(Right.RESTRICTION)
    small.breaks("crm", "fails")
    while (entry := small.waits(case_id, life)) is not None and entry.gate is not Gate.OUTAGE:
        small.agree(entry)
    assert entry is not None
    assert entry.subject == "crm"
    assert small.rows("web", "account")[0]["email"] == _NEW_EMAIL

    small.house.answer(entry, Decision.BY_HAND, reference="TICKET-2")
    looked_at = small.waits(case_id, life)
    assert looked_at is not None
    assert (looked_at.gate, "crm.customer: values" in looked_at.description) == (Gate.MISMATCH, True)
    small.set("crm", "customer", "language", "nl")
    small.house.answer(looked_at, Decision.BY_HAND, reference="TICKET-2")
    small.walk(case_id, life)

    assert _states(small, case_id)[-1] == "verified"
    (proof,) = small.evidence(case_id, "prove")
    assert sorted(proof["counts"]) == [
        "crm.customer values: 0 remain, 0 kept",
        "web.account values: 0 remain, 0 kept",
    ]
    assert (proof["verdict"], proof["told"]) == ("proven", {})


def test_what_a_person_did_where_nobody_can_look_is_told(small: Small) -> None:
    """A system that does not answer afterwards is told by a person, and the verdict says so."""
    life = _life({("crm", "customer"): {"language": "nl"}, ("web", "account"): {"email": _NEW_EMAIL}})
    case_id = small.open(Right.RESTRICTION)
    small.breaks("crm", "fails")
    while (entry := small.waits(case_id, life)) is not None and entry.gate is not Gate.OUTAGE:
        small.agree(entry)
    assert entry is not None
    small.breaks("crm", "gone")

    small.house.answer(entry, Decision.BY_HAND, reference="TICKET-2")
    small.walk(case_id, life)

    (proof,) = small.evidence(case_id, "prove")
    assert (proof["verdict"], proof["told"], proof["proven"]) == ("told_by_a_person", {"crm": "TICKET-2"}, False)
