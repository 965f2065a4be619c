"""Article 21: direct marketing ends on receipt; other uses end unless a person shows compelling grounds."""

import inspect
from datetime import timedelta
from typing import Any

import pyarrow.dataset as ds
import pytest

from data_contracts.case.request import Statement
from data_contracts.errors import RequestInvalid
from data_contracts.vocabulary import Decision, Gate, Right
from flows.operator.endings import take_back
from flows.rights import objection
from tasks.officer.permissions import ask_about, use_of
from tasks.services import services
from tests.flows.company import House


def objects(house: House, **asked: Any) -> str:
    """The case id of an objection, by e-mail address."""
    return house.open(Right.OBJECTION, statement=Statement(**asked))


def why(house: House, purpose: str, recipient: str = "") -> str:
    """Why the subject's data may, or may not, be used or shared."""
    return ask_about(use_of(purpose, recipient), {"email": [house.company.subject.email]}).reason


def opted_out(house: House) -> set[tuple[Any, ...]]:
    """Whether the subject's profiles are opted out."""
    query = "SELECT opted_out FROM profile WHERE email = ?"
    return set(house.ask("marketing", query, house.company.subject.email))


def cookies(house: House) -> list[dict[str, Any]]:
    """The advertising cookies that are opted out."""
    rows = ds.dataset(house.folder / "adtech" / "cookie", format="parquet").to_table().to_pylist()
    return [row for row in rows if row["opted_out"]]


def gates(house: House, case_id: str) -> set[Gate]:
    """Kinds of the gates that were opened."""
    return {entry.gate for entry in house.installation.register.gates(case_id)}


def test_1_use_that_may_be_weighed_is_restricted_meanwhile(house: House) -> None:
    """Art. 18(1)(d): from the moment identity is verified until people have decided."""
    house.until(Gate.APPROVAL, objects(house, purposes=["churn"]))

    assert why(house, "churn") == "restricted"
    assert why(house, "contract") == "necessary"


def test_1_to_stop_is_the_rule(house: House) -> None:
    """The person approves: the use ends, the restriction with it."""
    case_id = objects(house, purposes=["churn"])

    assert house.walk(case_id) == "granted"
    assert why(house, "churn") == "objected"
    assert services().register.restricted_cases() == []
    assert "Estimate how likely" in house.mails()[-1]


def test_1_refusal_needs_compelling_grounds_in_writing(house: House) -> None:
    """The data subject reads them, with the remedies of Art. 12(4)."""
    case_id = objects(house, purposes=["churn"])
    gate = house.until(Gate.APPROVAL, case_id)
    house.answer(gate, Decision.REFUSE, reason="A fraud inquiry is under way.")

    house.run(case_id)

    assert house.outcome(case_id) == "refused"
    assert why(house, "churn") == "no_objection"
    assert all(said in house.mails()[-1] for said in ("A fraud inquiry is under way", "Article 21(1)", "Article 79"))


def test_1_refused_in_part_stops_the_rest(house: House) -> None:
    """Marketing is not weighed with the other."""
    case_id = objects(house, purposes=["churn"], direct_marketing=True)
    gate = house.until(Gate.APPROVAL, case_id)
    house.answer(gate, Decision.REFUSE, reason="A fraud inquiry is under way.")

    assert house.walk(case_id) == "granted_in_part"
    assert (why(house, "churn"), why(house, "prospecting")) == ("no_objection", "objected")
    assert opted_out(house) == {(1,)}
    assert "A fraud inquiry is under way" in house.mails()[-1]


def test_2_marketing_is_suppressed_on_receipt(house: House) -> None:
    """Before identity is checked, and before any flow runs: it only suppresses."""
    objects(house, direct_marketing=True)

    assert why(house, "segmentation") == "objected"


def test_2_profiling_for_marketing_ends_with_it(house: House) -> None:
    """Whatever its legal basis."""
    house.walk(objects(house, direct_marketing=True))

    assert {why(house, purpose) for purpose in ("segmentation", "audience", "prospecting")} == {"objected"}


def test_3_nobody_approves_and_nobody_can_refuse(house: House) -> None:
    """No gate but that of identity, at its low level."""
    case_id = objects(house, direct_marketing=True)
    gate = house.until(Gate.IDENTITY, case_id)
    house.answer(gate, Decision.APPROVE, reference="mail_link")

    assert house.walk(case_id) == "granted"
    assert gates(house, case_id) <= {Gate.IDENTITY, Gate.RECIPIENT}


def test_3_opt_outs_are_set_in_the_systems(house: House) -> None:
    """The profile's, and the consent in the customer's file, which says it the other way round."""
    number = house.company.subject.customer_no
    house.walk(objects(house, direct_marketing=True))

    assert opted_out(house) == {(1,)}
    assert house.ask("crm", "SELECT marketing_optin FROM customer WHERE customer_no = ?", number) == [(0,)]


def test_3_advertising_cookies_are_reached(house: House) -> None:
    """Charter P5: the address leads to the cookies of the person's devices."""
    case_id = objects(house, direct_marketing=True)

    house.walk(case_id)

    lines = [line for line in house.plan(case_id) if (line["table"], line["action"]) == ("cookie", "stop")]
    assert [(line["columns"], line["rows"] > 0) for line in lines] == [(["opted_out"], True)]
    assert ask_about(use_of("audience"), {"cookie_id": [house.company.subject.cookie_id]}).reason == "objected"


def test_3_visitor_objects_by_the_cookie_alone(house: House) -> None:
    """Who is no customer has no other key."""
    rows = ds.dataset(house.folder / "adtech" / "cookie", format="parquet").to_table().to_pylist()
    cookie = next(row["cookie_id"] for row in rows if not row["opted_out"])

    case_id = house.open(Right.OBJECTION, identity={"cookie_id": [cookie]}, statement=Statement(direct_marketing=True))
    house.walk(case_id)

    assert cookie in {row["cookie_id"] for row in cookies(house)}


def test_3_failed_identity_ends_no_suppression(house: House) -> None:
    """There is no way in the code to refuse an objection to marketing; nothing is disclosed or marked."""
    before = house.rows()
    case_id = objects(house, direct_marketing=True)
    house.answer(house.until(Gate.IDENTITY, case_id), Decision.REFUSE, reason="Nobody answered.")

    house.run(case_id)

    assert house.outcome(case_id) == "identity_failed"
    assert why(house, "prospecting") == "objected"
    assert house.rows() == before
    assert "All direct marketing" in house.mails()[-1]


def test_4_who_names_nothing_objects_to_all_that_the_right_reaches(house: House) -> None:
    """Marketing and what rests on legitimate interest; not the contract, nor a consent to something else."""
    house.walk(objects(house))

    assert {why(house, purpose) for purpose in ("churn", "diagnostics", "audience")} == {"objected"}
    assert why(house, "contract") == "necessary"


def test_purpose_that_rests_on_consent_is_a_withdrawal(house: House) -> None:
    """Art. 7(3): as easy as giving it."""
    case_id = objects(house, purposes=["salutation"])

    assert house.walk(case_id) == "granted"
    subject = {"email": [house.company.subject.email]}
    assert ask_about(use_of("salutation"), subject).may is False
    assert Gate.APPROVAL not in gates(house, case_id)


def test_contract_cannot_be_objected_to(house: House) -> None:
    """Told as not done, with the reason."""
    case_id = objects(house, purposes=["contract"], direct_marketing=True)

    assert house.walk(case_id) == "granted_in_part"
    assert "Manage your contract" in house.mails()[-1]
    assert "the right to object does not reach" in house.mails()[-1]


def test_contract_alone_is_refused_with_the_remedies(house: House) -> None:
    """Art. 12(4)."""
    case_id = objects(house, purposes=["contract"])

    assert house.walk(case_id) == "refused"
    assert "the right to object does not reach" in house.mails()[-1]


def test_sharing_ends_with_every_partner(house: House) -> None:
    """Charter 2.4: those that are yet to come too; our own use goes on."""
    house.walk(objects(house, sharing=True))

    assert why(house, "churn", "energypart") == "objected"
    assert why(house, "churn") == "no_objection"
    assert "Passing your data on" in house.mails()[-1]


def test_unknown_purpose_is_refused_at_registration(house: House) -> None:
    """Nobody is told that something was stopped that does not exist."""
    with pytest.raises(RequestInvalid, match="no such purpose"):
        objects(house, purposes=["espionage"])


def test_started_again_from_its_first_line_changes_nothing(house: House) -> None:
    """Law 2: the ledger has each entry once, the subject one mail of each kind."""
    case_id = objects(house, direct_marketing=True)
    house.walk(case_id)
    mails = len(house.mails())

    assert house.run(case_id) is None
    assert len(house.mails()) == mails


def test_code_has_no_approval_for_marketing() -> None:
    """Art. 21(3): the only gate of this flow asks about what Art. 21(1) lets be weighed."""
    assert inspect.getsource(objection).count("ask(case_id") == 1


@pytest.mark.parametrize("gate", [Gate.IDENTITY, Gate.APPROVAL])
def test_objection_that_is_withdrawn_ends(house: House, gate: Gate) -> None:
    """What the case entered no longer suppresses, and evidence says so; a consent is not given anew by that."""
    before = why(house, "segmentation"), why(house, "churn")
    case_id = objects(house, purposes=["segmentation", "churn"])
    house.until(gate, case_id)
    meanwhile = why(house, "segmentation")
    house.clock.advance(timedelta(minutes=1))

    take_back(case_id, operator="zoe", code=house.code("zoe"))

    assert house.walk(case_id) == "withdrawn"
    assert (meanwhile, (why(house, "segmentation"), why(house, "churn"))) == ("objected", before)
    assert dict(services().register.steps(case_id)["end objection", ""].receipt)["ended"]


def test_withdrawal_ends_no_other_objection(house: House) -> None:
    """Another case's stands, which said the same."""
    house.walk(objects(house, direct_marketing=True))
    case_id = objects(house, direct_marketing=True)
    house.until(Gate.IDENTITY, case_id)
    house.clock.advance(timedelta(minutes=1))

    take_back(case_id, operator="zoe", code=house.code("zoe"))
    house.walk(case_id)

    assert why(house, "segmentation") == "objected"


def test_objection_withdrawn_before_it_began_enters_nothing(house: House) -> None:
    """No suppression after the withdrawal."""
    case_id = objects(house, direct_marketing=True)
    house.clock.advance(timedelta(minutes=1))
    take_back(case_id, operator="zoe", code=house.code("zoe"))

    house.walk(case_id)

    assert why(house, "segmentation") != "objected"
