"""A clock that was once ahead, or was set back: nobody is locked out for longer, and it is said."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from data_contracts.errors import AnswerRefused
from data_contracts.ports.clocks import ClockMarks, Witness
from data_contracts.vocabulary import CaseState, Decision, Gate, OperatorRole, Right
from flows import wiring
from flows.cli import app
from flows.doors.history import history_of
from flows.settings import settings
from integrations.register import SqlRegister, memory_register
from tasks.case.clock_check import clock_said
from tasks.gates.operators import password_digest, prove_person, sign_in
from tasks.rules.clock.clocks import TOLERANCE, in_sequence, jump_of
from tests.flows.company import NOW, Always, House
from tests.integrations.register.examples import NoSigner, an_operator

_DPO = [OperatorRole.DPO]
_JUMPS = [timedelta(minutes=2), timedelta(hours=3), timedelta(days=400)]


def _decide(house: House) -> str:
    return prove_person("claire", house.code("claire"), roles=_DPO, where="x")


@pytest.mark.parametrize("jump", _JUMPS, ids=str)
def test_code_is_taken_after_the_clock_was_ahead(house: House, jump: timedelta) -> None:
    """As soon as the clock is right again; each code once all the same."""
    house.clock.advance(jump)
    _decide(house)
    house.clock.advance(-jump)

    assert _decide(house) == "claire"
    with pytest.raises(AnswerRefused, match="was used before"):
        _decide(house)


@pytest.mark.parametrize("jump", _JUMPS, ids=str)
def test_code_of_before_the_jump_is_not_taken_again(house: House, jump: timedelta) -> None:
    """A clock that goes there and back makes no used code good."""
    _decide(house)
    house.clock.advance(jump)
    _decide(house)
    house.clock.advance(-jump)

    with pytest.raises(AnswerRefused, match="was used before"):
        _decide(house)
    house.clock.advance(timedelta(seconds=30))
    assert _decide(house) == "claire"


@pytest.mark.parametrize("jump", _JUMPS, ids=str)
def test_clock_that_is_set_back_locks_nobody_out(house: House, jump: timedelta) -> None:
    """Codes of then that were not used are taken."""
    _decide(house)
    house.clock.advance(-jump)

    assert _decide(house) == "claire"


@pytest.mark.parametrize("jump", _JUMPS, ids=str)
def test_lock_that_was_set_when_the_clock_was_ahead_is_none(house: House, jump: timedelta) -> None:
    """Nor does it count the tries of then."""
    house.clock.advance(jump)
    for _ in range(5):
        with pytest.raises(AnswerRefused, match="is wrong"):
            prove_person("claire", "000000", roles=_DPO, where="x")
    house.clock.advance(-jump)

    assert _decide(house) == "claire"


@pytest.mark.parametrize("jump", _JUMPS, ids=str)
def test_sign_in_at_the_desk_after_the_clock_was_ahead(house: House, jump: timedelta) -> None:
    """With failures of then, and with a code of then."""
    known = house.installation.register.operator("claire")
    assert known is not None
    password = "quiet-otters-42"
    object.__setattr__(known, "password", password_digest("claire", password))
    house.installation.register.put_operator(known)
    house.clock.advance(jump)
    sign_in("claire", password, house.code("claire"))
    house.clock.advance(-jump)

    assert sign_in("claire", password, house.code("claire")).name == "claire"


_MOVES = st.lists(st.tuples(st.integers(-50, 50), st.integers(-1, 1)), min_size=1, max_size=12)


@given(_MOVES)
def test_code_is_refused_only_where_it_or_a_later_one_of_now_was_used(moves: list[tuple[int, int]]) -> None:
    """However the clock jumps: never twice, and never barred by what cannot be now."""
    register, used, now = memory_register(signer=NoSigner(), clock=lambda: NOW), set[int](), 1000
    register.put_operator(an_operator("ada"))
    for jump, drift in moves:
        now += jump
        step, newest = now + drift, now + 1
        expected = not any(one == step or step < one <= newest for one in used)

        taken = register.use_code("ada", step, newest=newest)

        assert taken is expected
        used |= {step} if taken else set()
    register.close()


def test_wrong_code_says_that_the_clock_is_off(house: House) -> None:
    """The code of an authenticator that has the right time is refused with the reason."""
    house.open(Right.ACCESS)
    house.clock.advance(timedelta(hours=-5))

    with pytest.raises(AnswerRefused) as refused:
        prove_person("claire", "000000", roles=_DPO, where="x")

    assert "5:00:00 behind the newest entry of the register" in refused.value.remedy


def test_clock_that_is_right_is_not_talked_about(house: House) -> None:
    """Nor one that stood still, or differs by a moment, or whose last entry is old."""
    house.open(Right.ACCESS)
    assert clock_said() == ""
    house.clock.advance(-TOLERANCE)
    assert clock_said() == ""
    house.clock.advance(timedelta(days=30))
    assert clock_said() == ""


def test_commands_say_that_the_clock_is_off(house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Before the list of cases, and as a fact for programs; not once an entry of the right time is there."""
    monkeypatch.setenv("RIGHTSFLOW_HOME", str(tmp_path))
    settings.cache_clear()
    monkeypatch.setattr(wiring, "_current", Always(house))
    house.clock.advance(timedelta(days=2))
    house.open(Right.ACCESS)
    house.clock.advance(timedelta(days=-2))

    off = CliRunner().invoke(app, ["cases"])
    told = json.loads(CliRunner().invoke(app, ["cases", "--json"]).stdout)["clock"]
    house.open(Right.ERASURE)

    assert "2 days, 0:00:00 behind the newest entry of the register" in off.output
    assert told in off.output
    assert "clock" not in json.loads(CliRunner().invoke(app, ["cases", "--json"]).stdout)
    settings.cache_clear()


def test_database_on_another_machine_tells_both_ways(postgres_url: str) -> None:
    """Its time is asked for; this machine's is compared with it."""
    marks = SqlRegister(postgres_url, signer=NoSigner(), clock=lambda: NOW)
    with marks._database.read() as connection:
        at = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    marks.close()

    for off in (timedelta(hours=1), timedelta(hours=-1)):
        jump = jump_of(at + off, ClockMarks(None, at))
        assert jump is not None
        assert (jump.by, jump.witness) == (off, Witness.DATABASE)
    assert jump_of(at, ClockMarks(at - timedelta(days=9), at)) is None


def test_time_line_is_in_sequence_and_says_that_the_clock_was_set_back(house: House) -> None:
    """At the command line, at the desk and in the dossier's words."""
    case_id = house.open(Right.ACCESS)
    house.until(Gate.APPROVAL, case_id)
    house.clock.advance(timedelta(hours=-4))
    house.answer(house.gate(case_id, Gate.APPROVAL), Decision.APPROVE)
    house.run(case_id)
    register = house.installation.register

    moves = register.timeline(case_id)
    shown = history_of(moves, register.gates(case_id))

    states = [one.what for one in shown if one.kind == "move"]
    assert states == [move.to.value for move in moves]
    assert states[:2] == [CaseState.RECEIVED, CaseState.ACKNOWLEDGED]
    assert [one.what for one in shown if one.is_clock_back] == [CaseState.APPROVED]
    with wiring.opened(house.installation.settings, now=house.clock):
        from flows.operator.cases import case_facts  # noqa: PLC0415  # within the installation

        lines = case_facts(case_id)["timeline"]
    assert [line["clock"] for line in lines if "clock" in line] == ["clock set back by 4:00:00"]
    assert [line["to"] for line in lines] == states


_TIMES = st.integers(0, 20).map(lambda hour: datetime(2026, 3, 2, tzinfo=UTC) + timedelta(hours=hour))


@given(st.lists(_TIMES, min_size=1, max_size=8), st.lists(st.lists(_TIMES, max_size=4), max_size=3))
def test_each_list_keeps_its_order(spine: list[datetime], others: list[list[datetime]]) -> None:
    """Whatever the clocks say; nothing is lost."""
    named = [[(at, (number, place)) for place, at in enumerate(one)] for number, one in enumerate([spine, *others])]

    found = in_sequence(named[0], named[1:])

    for number, own in enumerate(named):
        assert [place for whose, place in found if whose == number] == list(range(len(own)))
    assert sorted(found) == sorted(thing for own in named for _, thing in own)
