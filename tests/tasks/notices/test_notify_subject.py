"""Art. 12, law 3: each notice is told once, by the channel the data subject can be reached through."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from data_contracts.errors import DeliveryUncertain, RequestInvalid, SystemUnavailable
from data_contracts.told.notices import Rendered
from data_contracts.vocabulary import Decision, Gate, Right
from tasks.notices.notify_subject import acknowledge, uncertain_question
from tasks.services import services, use
from tests.flows.company import House


class _Server:
    """A mail server that fails before or after it took the message, as often as it is told."""

    def __init__(self, *failures: str) -> None:
        self.sent: list[str] = []
        self._failures = list(failures)

    def render(self, notice: object) -> Rendered:
        """Some words."""
        return Rendered(subject=type(notice).__name__, text="words", html="<p>words</p>")

    render_recipient = render

    def letter(self, notice: object, to: Sequence[str], *, at: datetime) -> bytes:
        """Some letter."""
        return f"{type(notice).__name__} {list(to)} {at}".encode()

    def deliver(self, rendered: Rendered, *, to: str, message_key: str, about_to_hand_over: Callable[[], None]) -> str:
        """Take the message, unless it is time to fail."""
        assert rendered.text
        assert to
        failure = self._failures.pop(0) if self._failures else ""
        if failure == "before":
            raise SystemUnavailable("no connection")
        about_to_hand_over()
        if failure == "after":
            raise DeliveryUncertain("the connection broke", where=message_key)
        self.sent.append(message_key)
        return "smtp"


def _found_out(house: House, case_id: str, decision: Decision) -> None:
    house.answer(house.until(Gate.UNCERTAIN_MAIL, case_id), decision)


def test_subject_without_an_address_is_answered_by_post(house: House) -> None:
    """Nothing is mailed; the words are sealed with the case, for an operator to print, and the case goes on."""
    case_id = house.open(Right.ACCESS, identity={"customer_no": ["TX00000001"]})

    assert acknowledge(case_id) == "post"
    assert house.mails() == []
    assert house.states(case_id) == ["received", "acknowledged"]
    with services().vault.read(case_id, "notice.acknowledgement.txt") as blob:
        assert case_id in blob.read().decode()


def test_address_for_replies_goes_before_the_one_searched_for(house: House) -> None:
    """The answer goes where the data subject asked for it."""
    acknowledge(house.open(Right.ACCESS, reply_to="new@x.example"))

    (mail,) = (house.installation.settings.state / "outbox").glob("*.eml")
    assert b"To: new@x.example" in mail.read_bytes()


def test_notice_is_sent_once(house: House) -> None:
    """Told is told, however often the step runs."""
    case_id = house.open(Right.ACCESS)

    assert [acknowledge(case_id), acknowledge(case_id)] == ["outbox", "outbox"]
    assert len(house.mails()) == 1


def test_notice_that_certainly_did_not_leave_is_sent_again(house: House) -> None:
    """A server that was not there changes nothing; the next try sends the one mail."""
    case_id, server = house.open(Right.ACCESS), _Server("before")

    with use(replace(services(), channel=server)):
        with pytest.raises(SystemUnavailable):
            acknowledge(case_id)
        acknowledge(case_id)

    assert server.sent == [f"{case_id}:notice.acknowledgement"]


def test_notice_that_may_have_left_waits_for_a_person(house: House) -> None:
    """Nobody can know, so nothing is sent a second time: the gate names the message to look for."""
    case_id, server = house.open(Right.ACCESS), _Server("after")

    with use(replace(services(), channel=server)):
        entry = house.until(Gate.UNCERTAIN_MAIL, case_id)
        again = house.run(case_id)

    assert again == entry
    assert entry.subject == "notice.acknowledgement"
    assert server.sent == []


@pytest.mark.parametrize(("decision", "sent"), [(Decision.SENT, 0), (Decision.SEND_AGAIN, 1)])
def test_person_who_looked_decides(house: House, decision: Decision, sent: int) -> None:
    """What the server's log says is what happens: nothing more, or once more."""
    case_id, server = house.open(Right.ACCESS), _Server("after")

    with use(replace(services(), channel=server)):
        _found_out(house, case_id, decision)
        house.run(case_id)

    assert len(server.sent) == sent
    assert house.states(case_id) == ["received", "acknowledged"]


def test_each_uncertain_sending_is_a_new_question(house: House) -> None:
    """An answer about the first sending says nothing about the second."""
    case_id, server = house.open(Right.ACCESS), _Server("after", "after")

    with use(replace(services(), channel=server)):
        first = house.until(Gate.UNCERTAIN_MAIL, case_id)
        house.answer(first, Decision.SEND_AGAIN)
        second = house.run(case_id)

    assert second is not None
    assert (second.gate, second.outcome) == (Gate.UNCERTAIN_MAIL, None)
    assert second.digest != first.digest


def test_no_question_without_an_uncertain_notice(house: House) -> None:
    """Asking about nothing is a mistake."""
    with pytest.raises(RequestInvalid, match="no notice is uncertain"):
        uncertain_question(house.open(Right.ACCESS))
