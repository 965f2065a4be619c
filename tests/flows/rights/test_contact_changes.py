"""A contact that changes: the old address is told before and can stop it, and the change waits (Art. 16, 32)."""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest

from data_contracts.case.request import FieldChange, Statement
from data_contracts.errors import AnswerRefused, DecisionUnproven, StepFailed
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import Channel, Decision, Gate, Right
from flows.doors.public import public_site
from flows.watch.lookout import look_at_all
from tests.browser import Browser, browsing
from tests.flows.company import House, Recording
from tests.flows.rights.test_identity_links import link_in, recipient_of
from tests.flows.watch.test_lookout import Runs

_EMAIL, _PHONE = "user.contact.email", "user.contact.phone_number"
_NEW = "thief@example.org"
_DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _site_url(monkeypatch: pytest.MonkeyPatch) -> None:
    """The house knows where its site is, so that it sends links; a setting, as an operator sets it."""
    monkeypatch.setenv("RIGHTSFLOW_SITE_URL", "http://localhost")


@pytest.fixture
def visitor(house: House) -> Iterator[Browser]:
    """Whoever reads the mail."""
    with browsing(public_site(house.installation)) as browser:
        yield browser


def _asks(house: House, field: str = _EMAIL, value: str = _NEW, **typed: Any) -> str:
    statement = Statement(changes=[FieldChange(field=field, value=value)])
    return house.open(Right.RECTIFICATION, statement=statement, **typed)


def _approved(house: House, case_id: str, way: str = "call_back") -> GateEntry | None:
    """What the case waits for once identity was checked in a way and the plan approved; None when it ended."""
    while (entry := house.run(case_id)) is not None and entry.gate is not Gate.CONTACT_CHANGE:
        if entry.gate is Gate.IDENTITY:
            house.answer(entry, Decision.APPROVE, reference=way)
        else:
            house.agree(entry)
    return entry


def _waiting(house: House, case_id: str) -> GateEntry:
    entry = _approved(house, case_id)
    assert entry is not None
    return entry


def _address(house: House) -> str:
    """What the account holds now."""
    number = house.company.subject.customer_no
    ((address,),) = house.ask("crm", "SELECT email FROM customer WHERE customer_no = ?", number)
    return str(address).lower()


def _told(house: House, case_id: str) -> list[str]:
    """Addresses that were told of the change, sorted."""
    mails = [raw for name, raw in house.outbox("eml").items() if case_id in name and "contact_change" in name]
    return sorted(str(message_from_bytes(raw, policy=policy.default)["To"]).strip("<>") for raw in mails)


def test_old_address_is_told_before_anything_changes(house: House) -> None:
    """While the case waits, every system holds the old value, and its reader knows."""
    before = house.rows()

    entry = _waiting(house, _asks(house))

    assert _told(house, entry.case_id) == [house.company.subject.email]
    assert house.rows() == before
    assert house.states(entry.case_id)[-1] == "approved"


def test_notice_tells_neither_name_nor_new_address(house: House) -> None:
    """Whoever reads the old address may be somebody else by now."""
    entry = _waiting(house, _asks(house))

    (mail,) = (text for text in house.mails() if "contact detail" in text)
    assert _NEW not in mail
    assert not any(word in mail for word in house.company.subject.name.split())
    assert entry.case_id in mail


def test_change_waits_the_days_of_the_policy(house: House) -> None:
    """Told on the 31st: up to the third day after it can be stopped, and on the fourth it is done."""
    case_id = _waiting(house, _asks(house)).case_id

    house.clock.advance(3 * _DAY)
    assert house.run(case_id) is not None
    assert _address(house) == house.company.subject.email
    house.clock.advance(_DAY)

    assert house.walk(case_id) == "granted"
    assert _address(house) == _NEW


def test_gate_says_what_is_waited_for_and_until_when(house: House) -> None:
    """For `run`, `case` and the Prefect UI alike; nothing but a refusal can be answered."""
    entry = _waiting(house, _asks(house))

    assert "waits until 2026-04-04" in entry.description
    assert "up to 2026-04-03" in entry.description
    assert entry.options == (Decision.REFUSE,)
    with pytest.raises(AnswerRefused):
        house.answer(entry, Decision.GO_ON)


def test_reader_of_the_old_address_stops_it(house: House, visitor: Browser) -> None:
    """The request is refused, nothing is changed, who asked is told, and evidence says who stopped it."""
    before = house.rows()
    case_id = _waiting(house, _asks(house)).case_id

    page = visitor.send(link_in(house, case_id, "contact_change"))

    assert "The change is stopped" in page.text
    house.walk(case_id)
    assert (house.outcome(case_id), house.rows()) == ("refused", before)
    assert "told that the change was not wanted" in house.mails()[-1]
    record = house.installation.register.steps(case_id)["contact change refused", ""].receipt
    assert record["by"] == "reader of an address that was to be replaced"


def test_stop_is_seen_by_operators(house: House, visitor: Browser) -> None:
    """At the gate and in the case's timeline."""
    case_id = _waiting(house, _asks(house)).case_id
    visitor.send(link_in(house, case_id, "contact_change"))
    house.walk(case_id)

    gate = house.gate(case_id, Gate.CONTACT_CHANGE)
    causes = [move.cause for move in house.installation.register.timeline(case_id)]

    assert (gate.outcome, gate.answers[-1].reference) == (Decision.REFUSE, "stopped_at_old_contact")
    assert "change of a contact stopped by reader of an address that was to be replaced" in causes


def test_opening_the_page_does_nothing(house: House, visitor: Browser) -> None:
    """Programs that read mail open every address in it."""
    case_id = _waiting(house, _asks(house)).case_id

    for _ in range(3):
        assert visitor.get(link_in(house, case_id, "contact_change")).status_code == 200

    assert house.gate(case_id, Gate.CONTACT_CHANGE).outcome is None


def test_link_stops_once_and_until_the_last_day(house: House, visitor: Browser) -> None:
    """Replayed, or when it is over, it opens nothing."""
    first = link_in(house, _waiting(house, _asks(house)).case_id, "contact_change")
    other = house.company.others[0]
    second_case = _waiting(house, _asks(house, value="b@example.org", identity={"email": [other.email]})).case_id
    second = link_in(house, second_case, "contact_change")

    visitor.send(first)
    house.clock.advance(3 * _DAY)
    assert visitor.get(second).status_code == 200
    house.clock.advance(_DAY)

    assert [visitor.get(link).status_code for link in (first, second)] == [404, 404]


def test_identity_link_is_no_stop(house: House, visitor: Browser) -> None:
    """A link opens what it was made for."""
    token = link_in(house, _waiting(house, _asks(house)).case_id, "contact_change").rpartition("/")[2]

    assert visitor.get(f"/link/{token}").status_code == 404
    assert visitor.get(f"/package/{token}").status_code == 404


@pytest.mark.parametrize("way", ["eid", "id_document", "in_person"])
def test_highest_assurance_is_not_kept_waiting(house: House, way: str) -> None:
    """The old address is told all the same, without a link."""
    case_id = _asks(house)

    assert _approved(house, case_id, way) is None

    assert (house.outcome(case_id), _address(house)) == ("granted", _NEW)
    assert _told(house, case_id) == [house.company.subject.email]
    (mail,) = (text for text in house.mails() if "contact detail" in text)
    assert "http://localhost/stop" not in mail


def test_mailbox_that_was_proven_is_kept_waiting(house: House, visitor: Browser) -> None:
    """A link makes us as sure as its mailbox is; a mailbox that was broken into must not take the account along."""
    case_id = _asks(house, channel=Channel.FORM, identity={"email": [house.company.subject.email]})
    house.run(case_id)
    visitor.send(link_in(house, case_id), answer="yes")

    entry = _approved(house, case_id)

    assert entry is not None
    assert recipient_of(house, case_id, "contact_change") == house.company.subject.email


def test_telephone_that_changes_is_told_to_the_address(house: House) -> None:
    """By mail, to the address of the same row; the telephone itself cannot be written to."""
    entry = _waiting(house, _asks(house, _PHONE, "+33 6 12 34 56 78"))

    assert _told(house, entry.case_id) == [house.company.subject.email]


def test_what_is_no_contact_does_not_wait(house: House) -> None:
    """A name changes at once."""
    case_id = _asks(house, "user.name.last", "Nouveau")

    assert _approved(house, case_id) is None
    assert _told(house, case_id) == []


def test_same_address_in_another_spelling_does_not_wait(house: House) -> None:
    """Nobody is reached elsewhere afterwards."""
    case_id = _asks(house, value=house.company.subject.email.upper())

    assert _approved(house, case_id) is None
    assert _told(house, case_id) == []


def test_each_old_address_is_told(house: House) -> None:
    """Where systems hold different ones, whoever reads any of them can stop it."""
    number = house.company.subject.customer_no
    house.ask("billing", "UPDATE account SET billing_email = 'bill@example.org' WHERE customer_no = ?", number)

    entry = _waiting(house, _asks(house))

    assert _told(house, entry.case_id) == sorted(["bill@example.org", house.company.subject.email])


def _without_address(house: House) -> str:
    """A case that gives an address to a customer of whom none is held that we vouch for."""
    subject = house.company.subject
    house.ask("crm", "UPDATE customer SET email = NULL WHERE customer_no = ?", subject.customer_no)
    house.ask("billing", "UPDATE account SET billing_email = NULL WHERE customer_no = ?", subject.customer_no)
    house.ask("marketing", "UPDATE profile SET customer_no = NULL WHERE customer_no = ?", subject.customer_no)
    return _asks(house, identity={"customer_no": [subject.customer_no]})


def test_where_nobody_can_be_told_a_person_reaches_them(house: House) -> None:
    """An address that is added where none was held; what is told by hand waits from that day on."""
    case_id = _without_address(house)

    entry = _waiting(house, case_id)

    assert (_told(house, case_id), entry.options) == ([], (Decision.BY_HAND, Decision.REFUSE))
    house.clock.advance(10 * _DAY)
    assert house.run(case_id) is not None  # the days do not count before anybody was told
    house.answer(house.gate(case_id, Gate.CONTACT_CHANGE, "by hand"), Decision.BY_HAND, reference="CALL-7")
    waits = house.run(case_id)
    assert waits is not None
    assert "waits until 2026-04-14" in waits.description
    house.clock.advance(4 * _DAY)
    house.walk(case_id)
    assert _address(house) == _NEW


class _Refusing:
    """A mail server that knows no such mailbox, for one address."""

    def __init__(self, inner: Any, address: str) -> None:
        self._inner, self._address = inner, address

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def deliver(self, rendered: Any, *, to: str, **more: Any) -> str:
        """Refuse for good, as it does for a mailbox that is no more."""
        if to == self._address:
            raise StepFailed("no such mailbox", where=to, remedy="none")
        return str(self._inner.deliver(rendered, to=to, **more))


def test_old_mailbox_that_is_no_more_is_reached_by_a_person(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A notice that the mail server refuses told nobody."""
    from tasks.services import services  # noqa: PLC0415  # the house's, in use by now

    refusing = _Refusing(services().channel, house.company.subject.email)
    monkeypatch.setattr("tasks.notices.notify_subject.services", lambda: _with_channel(services(), refusing))

    entry = _waiting(house, _asks(house, reply_to="asked@example.org"))

    assert Decision.BY_HAND in entry.options


def _with_channel(services: Any, channel: Any) -> Any:
    from dataclasses import replace  # noqa: PLC0415

    return replace(services, channel=channel)


def test_operator_stops_it_with_a_reason(house: House) -> None:
    """The data subject called; who asked reads the reason."""
    entry = _waiting(house, _asks(house))

    house.answer(entry, Decision.REFUSE, reason="The customer called: it was not her.")

    house.walk(entry.case_id)
    assert house.outcome(entry.case_id) == "refused"
    assert "The customer called" in house.mails()[-1]


def test_watch_lets_it_go_on(house: House) -> None:
    """Nothing sleeps: the look at open cases answers the gate once the last day is over, and wakes the case."""
    case_id = _waiting(house, _asks(house)).case_id
    cases = house.installation.register.cases
    noted = Runs()

    early = look_at_all(cases(), noted)
    house.clock.advance(4 * _DAY)
    late = look_at_all(cases(), noted)

    assert (early["contact_change"], late["contact_change"]) == (0, 1)
    assert noted.woken == [case_id]
    assert house.gate(case_id, Gate.CONTACT_CHANGE).outcome is Decision.GO_ON


def test_answer_that_was_written_into_the_database_lets_nothing_go_on(house: House) -> None:
    """What counts is what was signed; the case stops, and says so."""
    case_id = _waiting(house, _asks(house)).case_id
    _forge(house, "UPDATE gate SET outcome = 'go_on' WHERE gate = 'contact-change'")

    with pytest.raises(DecisionUnproven, match="contact-change"):
        house.run(case_id)

    assert _address(house) == house.company.subject.email


def _forge(house: House, statement: str) -> None:
    file = house.installation.settings.state / "register.db"
    with sqlite3.connect(file) as connection:
        connection.execute(statement)


def test_started_again_it_tells_nobody_twice(house: House) -> None:
    """Whatever is run, and how often: one notice, and the same last day."""
    case_id = _waiting(house, _asks(house)).case_id
    first = house.gate(case_id, Gate.CONTACT_CHANGE)

    house.clock.advance(_DAY)
    for _ in range(3):
        house.run(case_id)

    assert len(_told(house, case_id)) == 1
    assert house.gate(case_id, Gate.CONTACT_CHANGE).digest == first.digest


def test_plan_that_changed_tells_and_waits_anew(house: House) -> None:
    """Another address is to be replaced than the one that was told: its reader can stop it too."""
    number = house.company.subject.customer_no
    proven = {"email": [house.company.subject.email], "customer_no": [number]}
    case_id = _waiting(house, _asks(house, identity=proven)).case_id
    house.ask("crm", "UPDATE customer SET email = 'moved@example.org' WHERE customer_no = ?", number)
    house.clock.advance(4 * _DAY)

    entry = _approved(house, case_id)

    assert entry is not None
    assert "moved@example.org" in _told(house, case_id)
    assert _address(house) == "moved@example.org"


def test_answer_due_before_the_wait_is_over_is_told_to_operators(house: House) -> None:
    """It is waited for all the same."""
    case_id = _asks(house, received_at=house.clock() - timedelta(days=29))

    entry = _waiting(house, case_id)

    assert "before the wait is over" in entry.description


def test_reader_who_stops_between_two_runs_is_heard(house: House, visitor: Browser) -> None:
    """On the last day, with the case not looked at since: stopped is stopped, however late the flow comes."""
    case_id = _waiting(house, _asks(house)).case_id
    house.clock.advance(3 * _DAY)
    visitor.send(link_in(house, case_id, "contact_change"))
    house.clock.advance(10 * _DAY)

    house.walk(case_id)

    assert (house.outcome(case_id), _address(house)) == ("refused", house.company.subject.email)


def test_system_that_is_away_is_no_yes(housed: tuple[House, Recording]) -> None:
    """Nothing changes for want of a look at who is to be told."""
    house, _ = housed
    case_id = _waiting(house, _asks(house)).case_id

    assert "acting" not in house.states(case_id)
