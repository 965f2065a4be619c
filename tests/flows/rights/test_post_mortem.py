"""LIL Art. 84 and 85, decree 2019-536 Art. 124: rights exercised by agents, heirs and trusted third parties."""

import pytest

from data_contracts.case.request import Statement
from data_contracts.errors import AnswerRefused, RequestInvalid
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import Decision, Gate, Requester, Right
from tasks.identity.requesters import purpose_of
from tasks.services import services
from tests.flows.company import House, Recording

HEIR_OF = "acte_de_notoriete death_certificate"


def opened(house: House, right: Right, requester: Requester, **typed: object) -> str:
    """A case that somebody else than the data subject opened, with an address of their own."""
    statement = Statement(requester=requester, requester_name="Ines Mendes")
    return house.open(right, statement=statement, reply_to="ines@example.org", **typed)


def at_gate(house: House, case_id: str) -> GateEntry:
    """The requester gate, once identity was verified by a document."""
    identity = house.run(case_id)
    assert identity is not None
    house.answer(identity, Decision.APPROVE, reference="id_document")
    entry = house.run(case_id)
    assert entry is not None
    assert entry.gate is Gate.REQUESTER
    return entry


@pytest.mark.parametrize(
    ("purpose", "shown", "hidden"),
    [
        ("estate", ("billing", "invoice"), ("weblogs", "access_log")),
        ("goods_and_memories", ("support", "ticket"), ("billing", "invoice")),
        ("accounts", ("crm", "customer"), ("billing", "call_record")),
    ],
)
def test_85_ii_1_heir_is_shown_what_serves_the_purpose(
    house: House, purpose: str, shown: tuple[str, str], hidden: tuple[str, str]
) -> None:
    """Art. 85 II 1°: heirs get what serves their purpose, and are told what was left out for it."""
    case_id = opened(house, Right.ACCESS, Requester.HEIR)
    house.answer(at_gate(house, case_id), Decision.APPROVE, reference=f"{HEIR_OF} {purpose}")

    assert house.walk(case_id) == "granted"

    lines = house.plan(case_id)
    disclosed = {(line["system"], line["table"]) for line in lines if line["action"] == "disclose"}
    left_out = {(line["system"], line["table"]) for line in lines if line["note"] == "requester_scope"}
    assert shown in disclosed
    assert hidden in left_out - disclosed


def test_package_holds_the_scope_alone(house: House) -> None:
    """The sealed package of heirs has as many rows as were approved, of tables in scope."""
    case_id = opened(house, Right.ACCESS, Requester.HEIR)
    house.answer(at_gate(house, case_id), Decision.APPROVE, reference=f"{HEIR_OF} estate")

    house.walk(case_id)

    entry = services().register.step(case_id, "act")
    assert entry is not None
    rows = entry.receipt["manifest"]["rows"]  # type: ignore[index]  # JSON
    packed = {table for table, count in rows.items() if count}
    planned = {f"{line['system']}.{line['table']}" for line in house.plan(case_id) if line["action"] == "disclose"}
    assert packed == planned & packed
    assert "weblogs.access_log" not in packed


def test_85_ii_2_heir_has_accounts_closed(house: House) -> None:
    """Art. 85 II 2°: on proof of heirship and death the accounts of the deceased are closed."""
    case_id = opened(house, Right.ERASURE, Requester.HEIR)
    house.answer(at_gate(house, case_id), Decision.APPROVE, reference=f"{HEIR_OF} accounts")

    assert house.walk(case_id) in {"granted", "granted_in_part"}
    assert house.ask("crm", "SELECT count(*) FROM customer WHERE email = ?", house.company.subject.email) == [(0,)]


def test_84_right_that_ended_at_death_is_refused_with_the_reason(house: House, systems: Recording) -> None:
    """Art. 84: nobody asks for portability after death without directives; told with the reason, nothing looked at."""
    case_id = opened(house, Right.PORTABILITY, Requester.HEIR)
    house.answer(house.until(Gate.IDENTITY, case_id), Decision.APPROVE, reference="id_document")

    assert house.walk(case_id) == "refused"

    assert "This right ends with the death of the person" in house.mails()[-1]
    assert house.states(case_id)[-4:] == ["identity_verified", "refused", "subject_told", "archived"]
    assert systems.asked == []


def test_85_i_directive_lets_a_trusted_third_party_erase(house: House) -> None:
    """Art. 85 I: who is charged with directives has the data erased."""
    case_id = opened(house, Right.ERASURE, Requester.TRUSTED_THIRD_PARTY)
    entry = at_gate(house, case_id)
    house.answer(entry, Decision.APPROVE, reference="directive_certificate death_certificate")

    assert house.walk(case_id) in {"granted", "granted_in_part"}
    assert house.ask("crm", "SELECT count(*) FROM customer WHERE email = ?", house.company.subject.email) == [(0,)]


def test_agent_with_a_mandate_has_the_whole_right(house: House) -> None:
    """A special mandate opens what the data subject would get, nothing is left out for who asks."""
    case_id = opened(house, Right.ACCESS, Requester.AGENT)
    house.answer(at_gate(house, case_id), Decision.APPROVE, reference="mandate")

    assert house.walk(case_id) == "granted"

    assert purpose_of(case_id) is None
    assert [line for line in house.plan(case_id) if line["note"] == "requester_scope"] == []


def test_refused_proof_ends_the_case_and_is_told(house: House, systems: Recording) -> None:
    """Who cannot show that they may act is told why (Art. 12(4)), and no system was touched."""
    case_id = opened(house, Right.ACCESS, Requester.HEIR)
    house.answer(at_gate(house, case_id), Decision.REFUSE, reason="The livret de famille is of another family.")

    assert house.walk(case_id) == "refused"

    assert "The livret de famille is of another family." in house.mails()[-1]
    assert systems.asked == []


def test_asking_for_proof_writes_to_the_requester_and_asks_again(house: House, systems: Recording) -> None:
    """More proof is asked of who acts, in words for their capacity; the clock runs on."""
    case_id = opened(house, Right.ERASURE, Requester.TRUSTED_THIRD_PARTY)
    first = at_gate(house, case_id)

    house.answer(first, Decision.ASK_MORE)
    second = house.run(case_id)

    assert second is not None
    assert (second.gate, second.digest == first.digest) == (Gate.REQUESTER, False)
    assert house.mails()[-1].startswith("Please show us that you may act")
    assert "the directives that charge you to act" in house.mails()[-1]
    assert house.states(case_id)[-1] == "identity_verified"
    assert systems.asked == []


def test_what_was_shown_is_checked_against_the_policy(house: House) -> None:
    """A capacity that policy does not accept is not one, and the gate stays open."""
    entry = at_gate(house, opened(house, Right.ACCESS, Requester.HEIR))

    with pytest.raises(AnswerRefused, match="not enough"):
        house.answer(entry, Decision.APPROVE, reference="mandate")

    assert house.gate(entry.case_id, Gate.REQUESTER, entry.subject).outcome is None


def test_identity_of_who_asks_is_not_proven_by_the_subject_s_own_means(house: House) -> None:
    """A call to the number of the data subject says nothing about an heir."""
    entry = house.run(opened(house, Right.ACCESS, Requester.HEIR))
    assert entry is not None

    with pytest.raises(AnswerRefused, match="identity"):
        house.answer(entry, Decision.APPROVE, reference="call_back")


def test_law_5_only_legal_or_the_dpo_decides(house: House) -> None:
    """The policy's roles hold at this gate."""
    entry = at_gate(house, opened(house, Right.ACCESS, Requester.AGENT))

    with pytest.raises(AnswerRefused, match="role"):
        house.answer(entry, Decision.APPROVE, who="zoe", reference="mandate")


def test_proofs_are_destroyed_once_checked(house: House) -> None:
    """What was shown stays until it was looked at; then only that it was, by whom and for what."""
    case_id = opened(house, Right.ACCESS, Requester.HEIR)
    with services().vault.write(case_id, "proof.requester.acte") as blob:
        blob.write(b"scan")
    entry = at_gate(house, case_id)
    assert "proof.requester.acte" in services().vault.names(case_id)

    house.answer(entry, Decision.APPROVE, reference=f"{HEIR_OF} estate")
    house.run(case_id)

    assert "proof.requester.acte" not in services().vault.names(case_id)


def test_notices_go_to_who_acts_and_say_about_whom(house: House) -> None:
    """Once it is proven who asks, they are greeted, and told whose data it is about; before, nobody is named."""
    case_id = opened(house, Right.ACCESS, Requester.HEIR)
    deceased = house.company.subject.name

    house.run(case_id)

    (first,) = house.mails()
    assert "You wrote to us about the data of a person who has died" in first
    assert not any(name in first for name in ("Ines", "Mendes", deceased))

    house.answer(at_gate(house, case_id), Decision.APPROVE, reference=f"{HEIR_OF} estate")
    house.walk(case_id)

    assert "Dear Ines Mendes" in house.mails()[-1]
    assert f"about the data of the late {deceased}" in house.mails()[-1]


def test_nothing_is_mailed_to_the_data_subject_s_address(house: House) -> None:
    """Without an address of their own who acts is answered by post, not at the address that was given to search by."""
    statement = Statement(requester=Requester.AGENT, requester_name="Ines Mendes")
    house.run(house.open(Right.ACCESS, statement=statement))

    assert house.mails() == []


def test_who_acts_is_named(house: House) -> None:
    """A request by somebody who is not named is not registered."""
    with pytest.raises(RequestInvalid, match="requester_name"):
        house.open(Right.ACCESS, statement=Statement(requester=Requester.HEIR))
