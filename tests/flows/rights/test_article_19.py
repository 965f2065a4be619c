"""Art. 19: each recipient to whom the data were disclosed is told what was done, and the data subject is told who."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from typing import Any, cast

import pytest

from data_contracts.errors import DeliveryUncertain
from data_contracts.told.notices import Channel, Rendered
from data_contracts.vocabulary import Decision, Gate, Right
from integrations.channels.recipients.api import Endpoint, HttpRecipients, signature
from tasks.services import services, use
from tests.flows.company import House
from tests.loopback import Answering, listening

_SECRET = "known to both sides"


@dataclass
class Interface:
    """A recipient's interface on this machine: what it was sent, and what it answers, first to last."""

    url: str
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def interface() -> Iterator[Interface]:
    """A real HTTP server; it takes everything over unless a test says otherwise."""

    class Handler(Answering):
        def answer(self) -> None:
            made.calls.append((dict(self.headers), self.body()))
            status, said = made.answers.pop(0) if made.answers else (202, b"")
            self.say(status, said)

    with listening(Handler) as address:
        made = Interface(f"{address}/art19")
        yield made


@contextmanager
def mailer_at(url: str, secret: str = _SECRET) -> Iterator[None]:
    """The recipient ``mailer`` told at ``url``, the demo's other interfaces as files."""
    shipped = services().recipients
    outbox = shipped._outbox if isinstance(shipped, HttpRecipients) else None
    with use(replace(services(), recipients=HttpRecipients({"mailer": Endpoint(url, secret)}, outbox=outbox))):
        yield


def _mail(house: House, case_id: str, party: str) -> str:
    message = message_from_bytes(house.outbox("eml")[f"{case_id}.notice%2Erecipient%2E{party}"], policy=policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


def test_every_recipient_of_touched_data_is_told(house: House) -> None:
    """By mail, by API or by a person, before the data subject is, who then reads who they are."""
    case_id = house.open(Right.ERASURE)

    assert house.walk(case_id) == "granted_in_part"
    told = {n.party: n.state for n in house.installation.register.recipient_notices(case_id)}
    assert told == dict.fromkeys(("adnet", "cloudlog", "energypart", "helpdeskco", "mailer"), "told") | {
        "creditbur": "by_hand", "printco": "told",
    }  # fmt: skip
    assert house.states(case_id)[-4:] == ["verified", "recipients_told", "subject_told", "archived"]
    assert "Credit Bureau GIE: told by one of our people (31 March 2026)" in house.mails()[-1]
    assert house.installation.verify_case(case_id).is_whole


def test_processor_gets_an_order_and_controller_a_notice(house: House) -> None:
    """Art. 28(3): a processor is told what to do; a controller of its own, what we did (charter P2)."""
    case_id = house.open(Right.ERASURE)
    house.walk(case_id)

    assert "please do the following" in _mail(house, case_id, "helpdeskco")
    assert "You decide on your own responsibility" in _mail(house, case_id, "adnet")
    partner = json.loads(house.outbox("json")[f"{case_id}.notice%2Erecipient%2Eenergypart"])
    assert partner["kind"] == "notice"


def test_recipient_learns_no_more_than_it_needs(house: House, interface: Interface) -> None:
    """Our reference, the right, what is asked, and the keys of the kinds it knows people by; signed."""
    case_id = house.open(Right.ERASURE)
    with mailer_at(interface.url):
        house.walk(case_id)

    ((headers, body),) = interface.calls
    said = json.loads(body)
    assert house.company.subject.email in said["identity"].pop("email")
    assert said == {"reference": case_id, "right": "erasure", "asked": "erase", "kind": "order", "identity": {}}
    assert headers["Rightsflow-Signature"] == signature(body, _SECRET)
    assert headers["Idempotency-Key"] == f"{case_id}:notice.recipient.mailer"


def test_reference_in_the_answer_acknowledges(house: House, interface: Interface) -> None:
    """A recipient that answers with a reference has acknowledged; the notice says so."""
    interface.answers = [(200, b'{"reference": "MH-77"}')]
    case_id = house.open(Right.ERASURE)
    with mailer_at(interface.url):
        house.walk(case_id)

    (mailer,) = [n for n in house.installation.register.recipient_notices(case_id) if n.party == "mailer"]
    assert (mailer.state, mailer.reference) == ("acknowledged", "MH-77")
    assert "MailHouse Inc.: told, and has acknowledged it" in house.mails()[-1]


def test_recipient_out_of_reach_waits_for_a_person(house: House, interface: Interface) -> None:
    """The others are told meanwhile; once it is mended, trying again tells it, once."""
    interface.answers = [(503, b"")]
    case_id = house.open(Right.ERASURE)
    with mailer_at(interface.url):
        entry = house.until(Gate.RECIPIENT, case_id)
        while entry.subject != "mailer":
            house.agree(entry)
            entry = house.until(Gate.RECIPIENT, case_id)
        house.answer(entry, Decision.RETRY)
        house.walk(case_id)

    assert [headers["Idempotency-Key"] for headers, _ in interface.calls] == [f"{case_id}:notice.recipient.mailer"] * 2
    assert len([name for name in house.outbox("eml") if "printco" in name]) == 1


class _Breaking:
    """The mail channel, whose connection breaks once while a recipient's message is taken."""

    def __init__(self, channel: Channel) -> None:
        self.inner = channel
        self.breaks = True

    def __getattr__(self, name: str) -> Any:
        """Whatever does not break."""
        return getattr(self.inner, name)

    def deliver(self, rendered: Rendered, *, to: str, message_key: str, about_to_hand_over: Callable[[], None]) -> str:
        """Hand over, and lose the answer the first time."""
        if message_key.endswith("recipient.printco") and self.breaks:
            self.breaks = False
            about_to_hand_over()
            raise DeliveryUncertain("the connection broke", where=message_key)
        return self.inner.deliver(rendered, to=to, message_key=message_key, about_to_hand_over=about_to_hand_over)


@pytest.mark.parametrize(("decision", "mails"), [(Decision.SENT, 0), (Decision.SEND_AGAIN, 1)])
def test_mail_that_may_have_left_is_not_sent_twice(house: House, decision: Decision, mails: int) -> None:
    """Law 3: a person finds out whether it left; it is sent again only where it did not."""
    case_id, channel = house.open(Right.ERASURE), cast("Channel", _Breaking(services().channel))
    with use(replace(services(), channel=channel)):
        entry = house.until(Gate.UNCERTAIN_MAIL, case_id)
        house.answer(entry, decision)
        house.walk(case_id)

    assert entry.subject == "notice.recipient.printco"
    assert len([name for name in house.outbox("eml") if "printco" in name]) == mails
    assert "PrintCo SARL: told (31 March 2026)" in house.mails()[-1]
