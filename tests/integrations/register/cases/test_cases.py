"""Cases, timelines and their first evidence."""

import re
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from data_contracts.errors import CaseUnknown, MoveRefused
from data_contracts.vocabulary import CaseState
from integrations.evidence import verify_chain
from integrations.evidence.keys import Ed25519Signer
from integrations.register import SqlRegister
from tests.integrations.register.examples import ACKNOWLEDGE, a_record, a_request


def test_a_request_becomes_a_case(register: SqlRegister) -> None:
    """What was registered is what the register gives back."""
    opened = register.open_case(a_request())

    assert register.case(opened.case_id) == opened
    assert (opened.state, opened.outcome, opened.closed_at) == (CaseState.RECEIVED, "", None)


def test_a_case_has_a_name_that_can_be_read_aloud(register: SqlRegister) -> None:
    """A case's name has no sign that is mistaken for another."""
    opened = register.open_case(a_request())

    assert re.fullmatch(r"C-[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4}", opened.case_id)


def test_the_same_request_is_the_same_case(register: SqlRegister) -> None:
    """A request that is registered twice makes one case, one move and one record."""
    first = register.open_case(a_request(request_key="k"))

    again = register.open_case(a_request(request_key="k"))

    assert again == first
    assert len(register.timeline(first.case_id)) == 1
    assert len(register.evidence(first.case_id)[0]) == 1


def test_a_request_key_is_not_kept_in_clear(shared: SqlRegister) -> None:
    """A request key may hold an address; the database has its digest alone."""
    shared.open_case(a_request(request_key="marked@example.com"))

    with shared._database.read() as connection:
        row = connection.exec_driver_sql("SELECT * FROM case_file").one()

    assert not any("marked" in str(value) for value in row)


def test_times_come_back_aware_and_in_utc(register: SqlRegister) -> None:
    """A time given in another zone is the same instant when it comes back."""
    at = datetime(2026, 3, 2, 0, 30, tzinfo=timezone(timedelta(hours=1)))

    opened = register.open_case(a_request(received_at=at))

    assert opened.received_at == at
    assert opened.received_at.tzinfo is UTC


def test_an_unknown_case_is_an_error(register: SqlRegister) -> None:
    """A case that is not there is told by name, with a remedy."""
    with pytest.raises(CaseUnknown, match=r"C-0000-0000: .*Remedy"):
        register.case("C-0000-0000")


def test_cases_come_by_response_due(register: SqlRegister) -> None:
    """The most urgent case comes first."""
    late = register.open_case(a_request(request_key="late", response_due=date(2026, 5, 1)))
    soon = register.open_case(a_request(request_key="soon", response_due=date(2026, 4, 1)))

    assert register.cases() == [soon, late]


def test_open_cases_leave_out_those_that_ended(register: SqlRegister, case_id: str) -> None:
    """An archived case is no open case, and knows when it was closed."""
    for state in (CaseState.WITHDRAWN, CaseState.ARCHIVED):
        register.complete(case_id, state, receipt={}, record=None, move=(state, "test"))

    assert register.cases(open_only=True) == []
    assert register.case(case_id).closed_at is not None


def test_a_timeline_tells_every_move(register: SqlRegister, case_id: str) -> None:
    """Each move has its origin, cause and actor."""
    register.complete(case_id, "ack", receipt={}, record=None, move=ACKNOWLEDGE, actor="ada")

    first, second = register.timeline(case_id)
    assert (first.origin, first.to, first.seq) == (None, CaseState.RECEIVED, 0)
    assert (second.origin, second.to, second.seq) == (CaseState.RECEIVED, CaseState.ACKNOWLEDGED, 1)
    assert (second.cause, second.actor) == ("acknowledged", "ada")


def test_a_move_that_is_not_allowed_writes_nothing(register: SqlRegister, case_id: str) -> None:
    """A refused move leaves no receipt, no record and no move behind."""
    before = (register.evidence(case_id), register.timeline(case_id), register.case(case_id))

    with pytest.raises(MoveRefused):
        register.complete(
            case_id, "act", receipt={"a": 1}, record=a_record(), move=(CaseState.ACTING, "x"), outcome="granted"
        )

    assert (register.evidence(case_id), register.timeline(case_id), register.case(case_id)) == before
    assert register.step(case_id, "act") is None


def test_the_chain_of_a_case_verifies(register: SqlRegister, case_id: str, signer: Ed25519Signer) -> None:
    """What the register wrote is a whole chain for whoever has the public key."""
    for number in range(5):
        register.complete(case_id, f"s{number}", "crm", receipt={}, record=a_record(rows=number))

    envelopes, head = register.evidence(case_id)
    verified = verify_chain(case_id, envelopes, head, keys={signer.keyid: signer.public_key})

    assert (verified.records, verified.findings) == (6, ())
    assert register.evidence_cases() == [case_id]


def test_no_case_has_no_evidence(register: SqlRegister) -> None:
    """A case that was never opened has neither records nor a head."""
    assert register.evidence("C-0000-0000") == ([], None)
