"""Art. 16: "the right to obtain ... without undue delay the rectification of inaccurate personal data concerning him".

And: "the right to have incomplete personal data completed, including by means of providing a supplementary statement".
"""

import json
from base64 import b64decode
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from data_contracts.case.permissions import Restriction, Stance, StanceEntry
from data_contracts.case.request import FieldChange, Statement
from data_contracts.connectors.keys import Order
from data_contracts.errors import AnswerRefused, RequestInvalid, SystemUnavailable, VaultSealed
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import Decision, Gate, RestrictionGround, Right
from flows.operator.changes import unseal_here
from tasks.case.subject_keys import subject_keys_of
from tests.flows.company import NOW, House, Passing, Recording, Rows, lost

_EMAIL = "user.contact.email"
_NEW = "Maelle.Nouvelle@Example.org"
_HOLDERS = (
    ("crm", "customer", "email"),
    ("billing", "account", "billing_email"),
    ("marketing", "profile", "email"),
    ("support", "ticket", "requester_email"),
)


class _Failing(Passing):
    """A system that goes away when it is to be changed."""

    def carry_out(self, orders: Sequence[Order]) -> list[int]:
        """Fail before anything happened."""
        raise SystemUnavailable("the system went away", where=f"{self.system}, {len(orders)} orders")


def _asks(house: House, *changes: FieldChange, supplement: str = "", **typed: Any) -> str:
    statement = Statement(changes=list(changes), supplement=supplement)
    return house.open(Right.RECTIFICATION, statement=statement, **typed)


def _email(value: str = _NEW, **facts: str) -> FieldChange:
    return FieldChange(field=_EMAIL, value=value, **facts)


def _changed(before: Rows, after: Rows) -> dict[str, int]:
    """How many rows of each table are not as they were."""
    return {table: sum(rows.values()) for table, rows in lost(before, after).items()}


def _lines(house: House, case_id: str) -> dict[tuple[str, str, str], str]:
    """What the plan does to each column, where it has rows."""
    lines = [line for line in house.plan(case_id) if line["rows"]]
    return {(line["system"], line["table"], name): line["action"] for line in lines for name in line["columns"]}


def test_inaccurate_data_are_rectified_everywhere(house: House) -> None:
    """A wrong address is put right in every system that holds it, as each of them writes addresses."""
    before = house.rows()

    assert house.walk(_asks(house, _email())) == "granted"

    customer = house.company.subject.customer_no
    assert house.ask("crm", "SELECT email FROM customer WHERE customer_no = ?", customer) == [(_NEW,)]
    (billing,) = house.ask("billing", "SELECT billing_email FROM account WHERE customer_no = ?", customer)
    assert billing == (_NEW.lower(),)
    assert house.ask("marketing", "SELECT count(*) FROM profile WHERE email = ?", _NEW.lower()) == [(1,)]
    assert set(_changed(before, house.rows())) == {f"{s}.{t}" for s, t, _ in _HOLDERS}


def test_concerning_him_or_her_alone(house: House) -> None:
    """Nobody else's row changes, and no row appears or goes."""
    before = house.rows()

    house.walk(_asks(house, _email()))

    after = house.rows()
    assert {table: sum(rows.values()) for table, rows in before.items()} == {
        table: sum(rows.values()) for table, rows in after.items()
    }
    assert lost(before, after)["crm.customer"].total() == 1


def test_found_again_under_the_new_address(house: House) -> None:
    """Afterwards the data subject is found by the right address as before by the wrong one."""
    house.walk(_asks(house, _email()))

    case_id = house.open(Right.ACCESS, identity={"email": [_NEW]})
    house.walk(case_id)

    found = {(line["system"], line["table"]): line["rows"] for line in house.plan(case_id)}
    assert found["crm", "customer"] == 1
    assert found["billing", "account"] == 1


def test_only_the_value_that_is_wrong(house: House) -> None:
    """With the wrong value named, only rows that hold it change, however it was typed."""
    subject = house.company.subject
    other = "UPDATE ticket SET requester_email = 'other@x.example' WHERE customer_no = ?"
    house.ask("support", other, subject.customer_no)

    house.walk(_asks(house, _email(was=subject.email.upper())))

    assert house.ask("crm", "SELECT count(*) FROM customer WHERE email = ?", _NEW) == [(1,)]
    kept = house.ask(
        "support", "SELECT DISTINCT requester_email FROM ticket WHERE customer_no = ?", subject.customer_no
    )
    assert kept == [("other@x.example",)]


def test_incomplete_data_are_completed(house: House) -> None:
    """An empty value is filled in."""
    customer = house.company.subject.customer_no
    house.ask("crm", "UPDATE customer SET civility = NULL WHERE customer_no = ?", customer)

    house.walk(_asks(house, FieldChange(field="crm.customer.civility", value="Mme")))

    assert house.ask("crm", "SELECT civility FROM customer WHERE customer_no = ?", customer) == [("Mme",)]


def test_a_value_that_is_nobodys_is_taken_away(house: House) -> None:
    """An empty right value removes the wrong one."""
    house.walk(_asks(house, FieldChange(field="crm.customer.phone", value="")))

    customer = house.company.subject.customer_no
    assert house.ask("crm", "SELECT phone FROM customer WHERE customer_no = ?", customer) == [(None,)]


def test_what_was_issued_is_corrected_by_a_document(house: House) -> None:
    """An invoice is never changed: operator and data subject are told that a document will correct it."""
    before = house.rows()
    case_id = _asks(house, FieldChange(field="user.name", value="Maëlle d’Hauteville"))

    outcome = house.walk(case_id)

    assert _lines(house, case_id)["billing", "invoice", "bill_to_name"] == "by_document"
    assert "billing.invoice" not in _changed(before, house.rows())
    assert "correct them with a document of its own" in house.mails()[-1]
    assert outcome == "granted"


@pytest.mark.parametrize("decision", [Decision.APPROVE, Decision.REFUSE])
def test_some_values_are_changed_on_proof_only(house: House, decision: Decision) -> None:
    """A date of birth is changed when a person saw the proof; else it stays and the reason is told (Art. 12(4))."""
    case_id = _asks(house, FieldChange(field="user.demographic.date_of_birth", value="1971-04-01"), _email())
    entry = house.until(Gate.PROOF, case_id)

    house.answer(entry, decision, reason="The copy cannot be read.")
    outcome = house.walk(case_id)

    ((born,),) = house.ask(
        "crm", "SELECT birth_date FROM customer WHERE customer_no = ?", house.company.subject.customer_no
    )
    is_seen = decision is Decision.APPROVE
    assert (born == "1971-04-01") is is_seen
    assert outcome == ("granted" if is_seen else "granted_in_part")
    assert ("The copy cannot be read." in house.mails()[-1]) is not is_seen


def test_what_is_not_rectified_by_request_is_told_with_its_reason(house: House) -> None:
    """A value that we worked out ourselves stays, and the notice says why and where to complain."""
    case_id = _asks(house, FieldChange(field="crm.customer.churn_score", value="0.1"))

    assert house.walk(case_id) == "refused"
    assert "is not changed on request" in house.mails()[-1]


def test_shared_rows_stay(house: House) -> None:
    """The address that a line is installed at belongs to everybody who lives there (law 8)."""
    before = house.rows()
    case_id = _asks(house, FieldChange(field="user.contact.address.city", value="Lille"))

    assert house.walk(case_id) == "refused"
    assert "Other people’s data depend on these entries" in house.mails()[-1]
    assert _changed(before, house.rows()) == {}


def test_nothing_found_is_told(house: House) -> None:
    """Somebody unknown to us: there is nothing to put right."""
    case_id = _asks(house, _email(), identity={"email": ["nobody@x.example"]})

    assert house.walk(case_id) == "nothing_found"
    assert "and found none" in house.mails()[-1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(FieldChange(field=_EMAIL, value="no address"), "user.contact.email cannot be one", id="value"),
        pytest.param(FieldChange(field="user.shoe_size", value="no address"), "no contract has such", id="field"),
        pytest.param(FieldChange(field="crm.customer.language", value="no address"), "maxLength", id="length"),
    ],
)
def test_a_value_that_cannot_be_one_is_refused_at_once(house: House, change: FieldChange, said: str) -> None:
    """The request is not registered; the error names the field and not the value."""
    with pytest.raises(RequestInvalid) as caught:
        _asks(house, change)

    assert said in str(caught.value)
    assert "no address" not in str(caught.value)
    assert house.installation.register.cases() == []


def test_a_supplementary_statement_stays_with_the_case(house: House) -> None:
    """Where no contract names a place for it, the statement is kept with the case, and that is told."""
    case_id = _asks(house, supplement="The invoice of May was disputed.")

    assert house.walk(case_id) == "granted"
    assert "We have taken in your statement." in house.mails()[-1]
    assert "is kept with the file of this request" in house.mails()[-1]


def test_a_statement_about_nothing_is_not_kept(house: House) -> None:
    """Where nothing is held about somebody, there is nothing to supplement."""
    case_id = _asks(house, supplement="It was paid.", identity={"email": ["nobody@x.example"]})

    assert house.walk(case_id) == "nothing_found"
    assert "and found none" in house.mails()[-1]


def test_people_see_digests_alone(house: House) -> None:
    """The plan at the gate says what changes where and how many rows, by keyed digests of old and new values."""
    case_id = _asks(house, _email())

    entry = house.until(Gate.APPROVAL, case_id)

    assert "becomes" in entry.description
    for value in (_NEW, house.company.subject.email):
        assert value.lower() not in entry.description.lower()


def _entry(stance: Stance, value: str, kind: str = "email") -> StanceEntry:
    (key,) = subject_keys_of({kind: [value]})
    return StanceEntry(key, "prospecting", "", stance, NOW, "test")


@pytest.mark.parametrize(
    ("knows", "carried"),
    [
        pytest.param("email", {Stance.OBJECTED, Stance.CONSENTED}, id="old key given"),
        pytest.param("customer_no", {Stance.OBJECTED}, id="old key found"),
    ],
)
def test_what_was_said_holds_under_the_right_address(house: House, knows: str, carried: set[Stance]) -> None:
    """An objection is never lost with a wrong address; a consent follows only from an address proven to be theirs."""
    subject, register = house.company.subject, house.installation.register
    register.add_stances([_entry(stance, subject.email) for stance in (Stance.CONSENTED, Stance.OBJECTED)])
    identity = {"email": [subject.email]} if knows == "email" else {"customer_no": [subject.customer_no]}

    case_id = _asks(house, _email(), identity=identity)
    house.walk(case_id)

    (new,) = subject_keys_of({"email": [_NEW]})
    assert {entry.stance for entry in register.stances_of([new.digest])} == carried
    assert case_id in register.cases_of([new])


def test_a_restriction_goes_on_under_the_right_address(house: House) -> None:
    """Who is on the list by the wrong address is on it by the right one, until the same case lifts it."""
    register = house.installation.register
    (old,), (new,) = subject_keys_of({"email": [house.company.subject.email]}), subject_keys_of({"email": [_NEW]})
    case_id = _asks(house, _email())
    register.restrict([Restriction(case_id, old, RestrictionGround.ACCURACY, (), NOW)])

    house.walk(case_id)

    assert len(register.restrictions_of([new.digest])) == 1
    register.lift_restriction(case_id)
    assert register.restrictions_of([new.digest]) == []


def test_operators_compare_old_and_new_values(house: House, tmp_path: Path) -> None:
    """Unsealed into a folder while the case is planned; who looked stands in evidence, what they saw does not."""
    case_id = _asks(house, _email())
    house.until(Gate.APPROVAL, case_id)

    facts = unseal_here(case_id, tmp_path / "look", operator="claire", code=house.code("claire"))

    told = json.loads((tmp_path / "look" / "changes.json").read_text())["changes"]
    (crm,) = (entry for entry in told if entry["system"] == "crm")
    assert (crm["new"], crm["action"]) == (_NEW, "rectify")
    assert [old.lower() for old in crm["old"]] == [house.company.subject.email]
    assert facts["places"] == len(told) == len(_HOLDERS)
    assert "looked" in {step for step, _ in house.installation.register.steps(case_id)}
    envelopes, _ = house.installation.register.evidence(case_id)
    evidence = b"".join(b64decode(str(envelope["payload"])) for envelope in envelopes).decode().lower()
    assert _NEW.lower() not in evidence
    assert house.company.subject.email.lower() not in evidence


@pytest.mark.parametrize(
    ("who", "kind", "said"),
    [
        ("nobody", AnswerRefused, "no such operator in force"),
        ("claire", VaultSealed, "no values to show"),
    ],
)
def test_values_are_shown_to_operators_alone(
    house: House, tmp_path: Path, who: str, kind: type[Exception], said: str
) -> None:
    """Not to strangers, and not before the case is planned or after it ended."""
    case_id = _asks(house, _email())

    with pytest.raises(kind, match=said):
        unseal_here(case_id, tmp_path / "look", operator=who, code=house.code("claire"))

    assert not (tmp_path / "look").exists()


def test_a_value_changed_meanwhile_goes_back_to_people(house: House) -> None:
    """Who approved saw another old value: the plan is shown anew (law 5)."""
    case_id = _asks(house, _email())
    entry = house.until(Gate.APPROVAL, case_id)
    customer = house.company.subject.customer_no
    house.ask("billing", "UPDATE account SET billing_email = 'third@x.example' WHERE customer_no = ?", customer)

    again: GateEntry | None = entry
    while again is not None and again.digest == entry.digest:
        house.agree(again)
        again = house.run(case_id)

    assert again is not None
    assert again.gate is Gate.APPROVAL
    assert house.ask("crm", "SELECT count(*) FROM customer WHERE email = ?", _NEW) == [(0,)]


def test_what_is_put_back_is_noticed(house: House) -> None:
    """A trigger that restores the old address opens the gate; once it is gone, acting again proves the change."""
    house.ask(
        "crm",
        "CREATE TRIGGER stubborn AFTER UPDATE OF email ON customer WHEN NEW.email IS NOT OLD.email "
        "BEGIN UPDATE customer SET email = OLD.email WHERE customer_no = OLD.customer_no; END",
    )
    entry = house.until(Gate.MISMATCH, _asks(house, _email()))
    assert "crm.customer: keys" in entry.description
    assert "crm.customer: values" in entry.description

    house.ask("crm", "DROP TRIGGER stubborn")
    house.answer(entry, Decision.RETRY)

    assert house.walk(entry.case_id) == "granted"
    assert house.installation.verify_case(entry.case_id).is_whole


def test_a_system_that_fails_is_named(house: House, systems: Recording) -> None:
    """The others are changed; the notice names the system that a person handles (law 6)."""
    systems.instead["billing"] = _Failing
    entry = house.until(Gate.OUTAGE, _asks(house, _email()))

    house.answer(entry, Decision.BY_HAND, reference="TICKET-5")
    looked_at = house.until(Gate.MISMATCH, entry.case_id)
    assert "billing" in looked_at.description
    house.answer(looked_at, Decision.STAYS, who="claire", reference="technical")

    assert house.walk(entry.case_id) == "granted_in_part"
    assert house.ask("crm", "SELECT count(*) FROM customer WHERE email = ?", _NEW) == [(1,)]
    assert "Handled by one of our people" in house.mails()[-1]
