"""Art. 19: which recipients were told, and whether they answered."""

from datetime import UTC, datetime, timedelta

from data_contracts.told.recipients import RecipientNotice
from integrations.register import SqlRegister
from tests.integrations.register.examples import a_request

_AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def _told(register: SqlRegister, party: str = "printer") -> RecipientNotice:
    case_id = register.open_case(a_request()).case_id
    notice = RecipientNotice(case_id, party, "smtp", "told", sent_at=_AT)
    register.put_recipient_notice(notice)
    return notice


def test_recipient_is_noted_once(register: SqlRegister) -> None:
    """What is noted already stays as it is."""
    notice = _told(register)

    register.put_recipient_notice(RecipientNotice(notice.case_id, "printer", "", "impossible"))

    assert register.recipient_notices(notice.case_id) == [notice]
    assert register.recipient_notices("RF-NONE") == []


def test_notices_of_all_cases_are_in_order(register: SqlRegister) -> None:
    """Those of every case, for who looks after answers that never came."""
    _told(register, "printer")
    _told(register, "agency")

    assert [one.party for one in register.recipient_notices()] == ["agency", "printer"]


def test_answer_counts_once(register: SqlRegister) -> None:
    """The first acknowledgement stays; a second, or one of nobody who was told, changes nothing."""
    notice = _told(register)

    answers = [register.acknowledge_recipient(notice.case_id, "printer", reference=r, at=_AT) for r in ("A-1", "B-2")]

    (found,) = register.recipient_notices(notice.case_id)
    assert answers == [True, False]
    assert (found.state, found.reference, found.acknowledged_at) == ("acknowledged", "A-1", _AT)
    assert not register.acknowledge_recipient(notice.case_id, "nobody", reference="A-1", at=_AT)


def test_reminder_is_noted_until_an_answer_comes(register: SqlRegister) -> None:
    """A reminder that crosses an answer does not take it back."""
    notice, later = _told(register), _AT + timedelta(days=14)

    register.note_chase(notice.case_id, "printer", chased=1, at=later, state="unanswered")
    register.acknowledge_recipient(notice.case_id, "printer", reference="A-1", at=later)
    register.note_chase(notice.case_id, "printer", chased=2, at=later, state="told")

    (found,) = register.recipient_notices(notice.case_id)
    assert (found.state, found.chased, found.chased_at) == ("acknowledged", 1, later)
