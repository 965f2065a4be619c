"""An approved erasure waits, and until it is carried out the data subject can take the request back (Art. 17)."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from data_contracts.errors import DecisionUnproven, RequestInvalid
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import Channel, Decision, Gate, Right
from flows.doors.public import public_site
from flows.doors.withdrawing import take_back_by_link
from flows.rights.cooling_off import may_erase
from flows.runs.leases import carrying
from flows.watch.lookout import look_at_all
from integrations.demo import DemoCompany
from tasks.life.withdraw import withdraw
from tests.browser import Browser, browsing
from tests.flows.company import House, a_house
from tests.flows.rights.test_identity_links import asked, link_in
from tests.flows.vouching import contracts_saying
from tests.flows.watch.test_lookout import Runs

# The house's day is Tuesday 31 March 2026: an answer is due by Thursday 30 April.
_DAYS = 7
_DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _site_url(monkeypatch: pytest.MonkeyPatch) -> None:
    """The house knows where its site is, so that it sends links; a setting, as an operator sets it."""
    monkeypatch.setenv("RIGHTSFLOW_SITE_URL", "http://localhost")


@pytest.fixture
def house(seeded: tuple[Path, DemoCompany], tmp_path: Path) -> Iterator[House]:
    """A house whose policy gives people a week."""
    folder, company = seeded
    shutil.copytree(folder, tmp_path / "systems")
    contracts = contracts_saying(tmp_path / "contracts", {}, cooling_off_days=_DAYS)
    with contextmanager(a_house)(tmp_path, company, contracts) as (made, _):
        yield made


@pytest.fixture
def visitor(house: House) -> Iterator[Browser]:
    """Whoever reads the mail."""
    with browsing(public_site(house.installation)) as browser:
        yield browser


def _waiting(house: House, case_id: str) -> GateEntry:
    return house.until(Gate.COOLING_OFF, case_id)


def _proven(house: House, visitor: Browser) -> str:
    """An erasure asked for by the site, its mailbox proven, that waits."""
    case_id = asked(house, Right.ERASURE)
    visitor.send(link_in(house, case_id), answer="yes")
    return _waiting(house, case_id).case_id


def _told(house: House, case_id: str) -> int:
    return sum(1 for name in house.outbox("eml") if case_id in name and "cooling_off" in name)


def test_nothing_is_erased_while_it_can_be_taken_back(house: House) -> None:
    """A week, counted from the day after the notice; on the day after that it is carried out."""
    before = house.rows()
    case_id = _waiting(house, house.open(Right.ERASURE)).case_id

    house.clock.advance(_DAYS * _DAY)
    assert house.run(case_id) is not None
    assert house.rows() == before
    house.clock.advance(_DAY)

    assert house.walk(case_id).startswith("granted")
    assert house.rows() != before
    assert house.installation.verify_case(case_id).is_whole


def test_people_who_approve_and_the_data_subject_know_the_day(house: House) -> None:
    """At the gate of the approval, at the gate of the wait, in the notice and in evidence."""
    case_id = house.open(Right.ERASURE)

    approval = house.until(Gate.APPROVAL, case_id)
    entry = _waiting(house, case_id)

    assert "acted on after 2026-04-07" in approval.description
    assert "is erased on 2026-04-08" in entry.description
    (mail,) = (text for text in house.mails() if "you can still take it back" in text)
    assert "we erase after 7 April 2026" in mail
    noted = house.installation.register.steps(case_id)["cooling off", ""].receipt
    assert (noted["until"], noted["days"], noted["left_out"]) == ("2026-04-07", _DAYS, "")


def test_reader_of_the_proven_address_takes_it_back(house: House, visitor: Browser) -> None:
    """Nothing is erased, the case ends as withdrawn, and it is confirmed to them."""
    before = house.rows()
    case_id = _proven(house, visitor)

    page = visitor.send(link_in(house, case_id, "cooling_off"))

    assert "Your request is taken back" in page.text
    assert house.walk(case_id) == "withdrawn"
    assert house.rows() == before
    assert "You have withdrawn your request" in house.mails()[-1]
    causes = [move.cause for move in house.installation.register.timeline(case_id)]
    assert "withdrawn by the data subject" in causes


def test_taken_back_between_two_runs_it_is_heard(house: House, visitor: Browser) -> None:
    """On the last day, with the case not looked at since: taken back is taken back, however late the flow comes."""
    before = house.rows()
    case_id = _proven(house, visitor)
    visitor.send(link_in(house, case_id, "cooling_off"))

    house.clock.advance(30 * _DAY)

    assert house.walk(case_id) == "withdrawn"
    assert house.rows() == before


def test_link_is_sent_where_software_proved_the_address(house: House) -> None:
    """Who was called back reads how to call; the address that was typed takes nothing back."""
    case_id = _waiting(house, house.open(Right.ERASURE)).case_id

    (mail,) = (raw for name, raw in house.outbox("eml").items() if case_id in name and "cooling_off" in name)
    assert b"http://localhost/take-back" not in mail
    assert b"write to us or call us" in mail.replace(b"=\r\n", b"").replace(b"=\n", b"").replace(b"\r\n", b" ")


def test_opening_the_page_takes_nothing_back(house: House, visitor: Browser) -> None:
    """Programs that read mail open every address in it."""
    case_id = _proven(house, visitor)

    for _ in range(3):
        page = visitor.get(link_in(house, case_id, "cooling_off"))
        assert (page.status_code, case_id in page.text) == (200, True)

    assert house.outcome(case_id) == ""


def test_link_works_once_and_until_the_last_day(house: House, visitor: Browser) -> None:
    """Replayed, when it is over, or for something else, it opens nothing."""
    case_id = _proven(house, visitor)
    link = link_in(house, case_id, "cooling_off")
    token = link.rpartition("/")[2]

    assert [visitor.get(f"/{other}/{token}").status_code for other in ("link", "package", "stop")] == [404] * 3
    house.clock.advance(_DAYS * _DAY)
    assert visitor.get(link).status_code == 200
    house.clock.advance(_DAY)
    assert visitor.get(link).status_code == 404
    assert house.outcome(case_id) == ""


def test_operator_takes_it_back_for_who_calls(house: House) -> None:
    """``rightsflow withdraw``, as at any time before the act."""
    before = house.rows()
    case_id = _waiting(house, house.open(Right.ERASURE)).case_id

    withdraw(case_id, operator="claire")

    assert house.walk(case_id) == "withdrawn"
    assert house.rows() == before


def test_taken_back_under_a_flow_that_goes_on_nothing_is_erased(house: House) -> None:
    """The last day is over and the flow is past the door, as where a lease was lost: it asks once more."""
    case_id = _waiting(house, house.open(Right.ERASURE)).case_id
    house.clock.advance(8 * _DAY)
    withdraw(case_id, operator="claire")

    assert not may_erase(case_id)


def test_person_lets_it_go_on_where_they_ask_not_to_wait(house: House) -> None:
    """Art. 17(1): without undue delay, where that is what the data subject wants; as many people as approved it."""
    entry = _waiting(house, house.open(Right.ERASURE))
    before = house.rows()

    house.answer(entry, Decision.GO_ON, reason="The customer asked not to wait.")
    still = house.run(entry.case_id)
    assert still is not None
    house.answer(still, Decision.GO_ON, who="marc", reason="The customer asked not to wait.")

    assert house.walk(entry.case_id).startswith("granted")
    assert house.rows() != before


def test_link_takes_nothing_back_after_the_act(house: House, visitor: Browser) -> None:
    """Its day is not over, but two people ended the wait and the data are gone: it says so, whoever had it open."""
    case_id = _proven(house, visitor)
    token = link_in(house, case_id, "cooling_off").rpartition("/")[2]
    for who in ("claire", "marc"):
        house.answer(house.gate(case_id, Gate.COOLING_OFF), Decision.GO_ON, who=who, reason="Asked not to wait.")
    outcome = house.walk(case_id)

    with pytest.raises(RequestInvalid, match="cannot be taken back any more"):
        take_back_by_link(token)

    assert visitor.get(f"/take-back/{token}").status_code == 404
    assert (house.outcome(case_id), outcome) == (outcome, "granted_in_part")


def test_watch_lets_it_go_on(house: House) -> None:
    """Nothing sleeps: the look at open cases answers the gate once the last day is over, and wakes the case."""
    case_id = _waiting(house, house.open(Right.ERASURE)).case_id
    cases = house.installation.register.cases
    noted = Runs()

    early = look_at_all(cases(), noted)
    house.clock.advance(8 * _DAY)
    late = look_at_all(cases(), noted)

    assert (early["cooled_off"], late["cooled_off"]) == (0, 1)
    assert noted.woken == [case_id]


def test_answer_of_software_that_was_written_into_the_database_lets_nothing_go_on(house: House) -> None:
    """What counts is the day, not what the gate says before it."""
    before = house.rows()
    case_id = _waiting(house, house.open(Right.ERASURE)).case_id
    file = house.installation.settings.state / "register.db"
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE gate SET outcome = 'go_on' WHERE gate = 'cooling-off'")
        connection.execute(
            "INSERT INTO gate_answer (gate_id, operator, seq, decision, at, proof, reason_digest, reference) SELECT "
            "gate_id, 'rightsflow', 0, 'go_on', opened_at, 'register', '', '' FROM gate WHERE gate = 'cooling-off'"
        )

    with pytest.raises(DecisionUnproven, match="cooling-off"):
        house.run(case_id)

    assert house.rows() == before


def test_left_out_where_the_answer_is_due_before(house: House) -> None:
    """The law's month comes first: people who approve read it, evidence says it, nobody is told of a week."""
    case_id = house.open(Right.ERASURE, received_at=house.clock() - timedelta(days=24))

    approval = house.until(Gate.APPROVAL, case_id)

    assert "No time to take the request back" in approval.description
    assert house.walk(case_id).startswith("granted")
    assert _told(house, case_id) == 0
    assert house.installation.register.steps(case_id)["cooling off", ""].receipt["left_out"]


def test_other_rights_do_not_wait(house: House) -> None:
    """Nothing is lost by them."""
    case_id = house.open(Right.RESTRICTION)

    assert house.walk(case_id).startswith("granted")
    assert _told(house, case_id) == 0


def test_started_again_it_tells_nobody_twice(house: House) -> None:
    """Whatever is run, and how often: one notice, and the same last day."""
    case_id = _waiting(house, house.open(Right.ERASURE)).case_id
    first = house.gate(case_id, Gate.COOLING_OFF)

    house.clock.advance(_DAY)
    for _ in range(3):
        house.run(case_id)

    assert _told(house, case_id) == 1
    assert house.gate(case_id, Gate.COOLING_OFF).digest == first.digest


def test_case_that_is_at_work_is_taken_back_later(house: House, visitor: Browser, monkeypatch: Any) -> None:
    """Nothing is taken back under the hands of a process that carries it out; the link works afterwards."""
    case_id = _proven(house, visitor)
    token = link_in(house, case_id, "cooling_off").rpartition("/")[2]
    monkeypatch.setattr("flows.runs.leases._PATIENCE_SECONDS", 0)

    with carrying(case_id):
        assert "opens nothing" in visitor.send(f"/take-back/{token}").text
    assert house.outcome(case_id) == ""

    assert take_back_by_link(token) == case_id
    assert house.outcome(case_id) == "withdrawn"


def test_letter_is_waited_for_until_it_was_posted(house: House) -> None:
    """Who is answered on paper is told before anything is erased: the case goes on once the letter is in the post."""
    case_id = house.open(Right.ERASURE, channel=Channel.LETTER, postal_address=["1 rue Exemple", "75001 Paris"])

    posting = house.until(Gate.POSTING, case_id)
    while "cooling_off" not in posting.subject:
        house.agree(posting)
        posting = house.until(Gate.POSTING, case_id)

    assert house.states(case_id)[-1] == "approved"
