"""Article 18: restricted data are stored and nothing else, until the restriction is lifted, told beforehand."""

from typing import Any

import pytest

from data_contracts.case.request import Statement
from data_contracts.vocabulary import Decision, Gate, RestrictionGround, Right
from tasks.officer.permissions import ask_about, use_of
from tasks.search.restricted import restricted_rows
from tasks.services import services
from tests.flows.company import House, lost


def restrict(house: House, ground: str = "a", **asked: Any) -> str:
    """The case id of a request for restriction."""
    return house.open(Right.RESTRICTION, statement=Statement(restriction_ground=RestrictionGround(ground), **asked))


def granted(house: House, ground: str = "a", **asked: Any) -> str:
    """A case of restriction that was carried out."""
    case_id = restrict(house, ground, **asked)
    # In part where a partner's energy contract is among it, which is not ours to restrict.
    assert house.walk(case_id) in {"granted", "granted_in_part"}
    return case_id


def may_use(house: House, purpose: str = "contract") -> str:
    """Why the subject's data may, or may not, be used."""
    return ask_about(use_of(purpose), {"email": [house.company.subject.email]}).reason


def marked(house: House) -> set[str]:
    """Customers whose row is marked."""
    return {number for (number,) in house.ask("crm", "SELECT customer_no FROM customer WHERE restricted = 1")}


@pytest.mark.parametrize("ground", [ground.value for ground in RestrictionGround])
def test_1_each_ground_restricts(house: House, ground: str) -> None:
    """(a) accuracy contested, (b) unlawful, (c) legal claims, (d) objection pending: told with its ground."""
    granted(house, ground)

    assert may_use(house) == "restricted"
    told = {"a": "until it is clear", "b": "not erase", "c": "legal claim", "d": "objection is decided"}
    assert told[ground] in house.mails()[-1]


def test_1_restricted_at_once_when_identity_is_verified(house: House) -> None:
    """Before anything is searched, planned or approved."""
    case_id = restrict(house)
    house.until(Gate.IDENTITY, case_id)
    before = may_use(house)

    house.until(Gate.APPROVAL, case_id)

    assert (before, may_use(house)) == ("necessary", "restricted")


def test_1_contested_field_restricts_the_purposes_that_use_it(house: House) -> None:
    """Who contests the score that tells who may leave is not cut off from the contract."""
    granted(house, fields=["crm.customer.churn_score"])

    assert (may_use(house, "churn"), may_use(house, "contract")) == ("restricted", "necessary")


def test_1_field_that_nobody_knows_restricts_everything(house: House) -> None:
    """The wider restriction is the safer one."""
    granted(house, fields=["crm.customer.shoe_size"])

    assert may_use(house) == "restricted"


def test_2_marker_is_set_in_the_systems_that_have_one(house: House) -> None:
    """Every other row stays as it was."""
    before = house.rows()
    others = marked(house)

    granted(house)

    assert marked(house) - others == {house.company.subject.customer_no}
    changed = {table: sum(rows.values()) for table, rows in lost(before, house.rows()).items()}
    assert changed == {"crm.customer": 1, "billing.account": 1, "marketing.profile": 1}


def test_2_list_knows_every_key_of_the_subject(house: House) -> None:
    """The request named an address; the customer number was found."""
    granted(house)

    answer = ask_about(use_of("contract"), {"customer_no": [house.company.subject.customer_no]})

    assert answer.reason == "restricted"


@pytest.mark.parametrize(
    ("asked", "outcome"), [("b", "refused"), ("c", "refused"), ("a", "granted_in_part"), ("d", "granted_in_part")]
)
def test_2_erasure_stops_at_restricted_rows(house: House, asked: str, outcome: str) -> None:
    """On (b) and (c) the subject wants the data kept; on (a) and (d) the own request may be the consent."""
    granted(house, asked)

    erasure = house.open(Right.ERASURE)

    assert house.walk(erasure) == outcome
    notes = {line["note"] for line in house.plan(erasure)}
    assert ("restricted_own_request" in notes) is (outcome == "granted_in_part")


def test_2_erasure_tells_why_restricted_rows_stay(house: House) -> None:
    """With the article, and the remedies of Art. 12(4)."""
    granted(house, "c")
    before = house.rows()

    house.walk(house.open(Right.ERASURE))

    assert house.rows() == before
    assert "restricted at your own request" in house.mails()[-1]
    assert "Art. 18(2)" in house.mails()[-1]


def test_2_retention_can_leave_restricted_rows_out(house: House) -> None:
    """By their keys, which outlive the case."""
    number = house.company.subject.customer_no
    granted(house)

    (condition,) = restricted_rows("crm")["customer"]

    assert condition.columns == ("customer_no",)
    assert condition.keys == {(number,)}


def test_2_sealed_keys_stay_and_nothing_else_of_the_search(house: House) -> None:
    """Also after the time of sealed packages is over."""
    case_id = granted(house)

    names = services().vault.names(case_id)

    assert {name.partition(".")[0] for name in names} == {"request", "restricted", "told"}


def test_refused_restriction_ends_on_the_list(house: House) -> None:
    """Art. 12(4): the reasons and remedies are told first."""
    case_id = restrict(house)
    gate = house.until(Gate.APPROVAL, case_id)
    house.answer(gate, Decision.REFUSE, reason="The figures were verified with you on the telephone.")

    house.run(case_id)

    assert house.outcome(case_id) == "refused"
    assert may_use(house) == "necessary"
    assert "verified with you" in house.mails()[-1]


def test_nobody_found_is_on_the_list_all_the_same(house: House) -> None:
    """Should data turn up, their use is on hold."""
    case_id = house.open(Right.RESTRICTION, identity={"email": ["nobody@example.org"]})

    assert house.walk(case_id) == "granted"
    assert ask_about(use_of("contract"), {"email": ["nobody@example.org"]}).reason == "restricted"
    assert "found no data" in house.mails()[-1]


def test_started_again_after_the_end_changes_nothing(house: House) -> None:
    """Law 2."""
    case_id = granted(house)
    mails = len(house.mails())

    assert house.run(case_id) is None
    assert len(house.mails()) == mails
