"""One clock: whether a case stands still, and until when its answer is due, is told alike wherever somebody looks.

Cases of the demo company are moved at random: a proof is asked for soon, late or twice, comes or does not, the time is
extended, the request is taken back, the case ends. What is right is worked out here, by days of the week alone.
"""

import random
from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from data_contracts.vocabulary import Decision, Gate, Right
from flows.doors.desk import OperatorsDoor
from flows.operator.clock import clock_row
from tasks.case.clock import last_day_to_ask
from tasks.intake.public_status import status_of
from tasks.officer.figures import current_figures
from tests.flows.company import House
from tests.sampling import seed

_WORKING_DAYS = 3
"""In which asking for a proof stops the clock, as the demo company's policy has it."""
_LIVES = 14
_LAST, _TOO_LATE = -1, -2
"""Days after receipt: the last one on which asking stops the clock, and the one after it."""
_HOLIDAYS = {date(2026, 4, 6)}
"""Easter Monday; the lives below end before the next one."""


@dataclass
class _Life:
    """What is right of one case."""

    case_id: str
    asked_in_time: bool | None = None
    """None while no proof is awaited."""


@pytest.fixture
def lives(house: House) -> list[_Life]:
    """Cases at points of their lives on one day: on the last day that counts and the day after, the rest drawn."""
    drawn = random.Random(seed())  # a draw, no secret
    query = f"SELECT email FROM customer WHERE email <> '' LIMIT {_LIVES}"  # noqa: S608  # a test's own
    emails = [str(email) for (email,) in house.ask("crm", query)]
    kinds = [(_LAST, "ask"), (_TOO_LATE, "ask"), (0, "ask"), (1, "prove"), (2, "refuse"), (0, "wait")]
    whats = [
        what for what, weight in (("ask", 4), ("ask twice", 2), ("prove", 1), ("refuse", 1)) for _ in range(weight)
    ]
    kinds += [(drawn.choice((0, 1, 2, 5)), drawn.choice(whats)) for _ in emails[len(kinds) :]]
    made = [_life(house, email, days, what) for email, (days, what) in zip(emails, kinds, strict=True)]
    house.clock.advance(timedelta(days=drawn.randint(0, 3)))
    return made


def _life(house: House, email: str, days: int, what: str) -> _Life:
    case_id = house.open(Right.ACCESS, identity={"email": [email]})
    received = house.clock().date()
    last = _after(received, _WORKING_DAYS)
    wait = {_LAST: (last - received).days, _TOO_LATE: (last - received).days + 1}.get(days, days)
    house.clock.advance(timedelta(days=wait))
    entry = house.until(Gate.IDENTITY, case_id)
    life = _Life(case_id)
    if what in {"ask", "ask twice"}:
        life.asked_in_time = house.clock().date() <= last
        house.answer(entry, Decision.ASK_MORE)
        entry = house.until(Gate.IDENTITY, case_id)
    if what in {"prove", "ask twice"}:
        life.asked_in_time = None
        house.answer(entry, Decision.APPROVE, reference="id_document")
        house.run(case_id)
    if what == "refuse":
        house.answer(entry, Decision.REFUSE, reason="nobody can tell who it is")
        house.run(case_id)
    return life


def _after(day: date, count: int) -> date:
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5 and day not in _HOLIDAYS
    return day


def test_everybody_tells_the_same(house: House, lives: list[_Life]) -> None:
    """Command line, desk, case at the desk, status page and the DPO's lists; each as it is right."""
    register, door = house.installation.register, OperatorsDoor(house.installation)
    waiting = {one.case_id: one.is_paused for one in door.waiting()}
    still = {one.case_id for one in door.officer.cases("", "", "stands still")}
    told = {}
    for life in lives:
        case = register.case(life.case_id)
        due = None if life.asked_in_time else case.response_due
        listed = [one for one in door.officer.cases("", case.state.value, "") if one.case_id == life.case_id]
        told[life.case_id] = {
            "right": due,
            "command": date.fromisoformat(row) if (row := clock_row(case)["response_due"]) else None,
            "desk": None if waiting.get(life.case_id) else case.response_due,
            "case": None if door.case(life.case_id).case.is_paused else case.response_due,
            "status": status_of(life.case_id).response_due,
            "officer": listed[0].response_due,
            "officer's list": None if life.case_id in still else case.response_due,
        }

    assert {case_id: said for case_id, said in told.items() if len(set(said.values())) != 1} == {}


def test_figures_count_the_same(house: House, lives: list[_Life]) -> None:
    """Every open case once; those that stand still under no day."""
    figures = current_figures()
    still = sum(bool(life.asked_in_time) for life in lives)
    running = [
        (case.response_due - house.clock().date()).days
        for case in house.installation.register.cases(open_only=True)
        if case.case_id not in {life.case_id for life in lives if life.asked_in_time}
    ]

    assert sum(n for (_, days), n in figures.to_deadline.items() if days == "stands still") == still
    assert figures.open_cases == still + len(running)
    assert figures.overdue == sum(days < 0 for days in running)
    assert figures.soonest == min(running, default=None)


@pytest.mark.parametrize("days", [0, 2, 3, 6, 9])
def test_mail_promises_no_pause_that_does_not_hold(house: House, days: int) -> None:
    """What the mail says when a proof is asked for is what the clock does then; so does the gate before."""
    case_id = house.open(Right.ACCESS, identity={"email": [house.company.subject.email]})
    house.clock.advance(timedelta(days=days))
    entry = house.until(Gate.IDENTITY, case_id)
    case = house.installation.register.case(case_id)
    before = len(house.mails())

    house.answer(entry, Decision.ASK_MORE)
    house.run(case_id)

    stops = clock_row(house.installation.register.case(case_id))["paused"]
    (mail,) = house.mails()[before:]
    assert ("stands still" in mail) is stops is (house.clock().date() <= last_day_to_ask(case))
    assert f"until {last_day_to_ask(case).isoformat()} that stops the clock" in entry.description
