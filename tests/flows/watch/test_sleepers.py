"""A case never sleeps: nobody is asked anything, and no flow run carries it on."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import FlowRun, State, StateType

from data_contracts.errors import StepFailed
from data_contracts.vocabulary import Gate, Right
from flows.settings import settings
from flows.up.working import _Told
from flows.watch import watch
from flows.watch.watch import _WORDS, Swept, sleeps
from tests.flows.company import House

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 3, 31, 10, tzinfo=UTC)
_GRACE, _AFTER = settings().crash_grace, settings().restart_after
_SECOND, _MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def a_run(kind: StateType, since: timedelta) -> FlowRun:
    """A flow run that has been in a state for some time."""
    return FlowRun(flow_id=uuid4(), state=State(type=kind, timestamp=NOW - since))


@pytest.mark.parametrize(
    ("runs", "is_asleep"),
    [
        pytest.param([], False, id="none yet: it is started"),
        pytest.param([a_run(StateType.RUNNING, _AFTER)], False, id="running"),
        pytest.param([a_run(StateType.SCHEDULED, _AFTER)], False, id="about to run"),
        pytest.param([a_run(StateType.PAUSED, _GRACE)], True, id="suspended at a gate that was answered"),
        pytest.param([a_run(StateType.PAUSED, _GRACE - _SECOND)], False, id="suspended just now"),
        pytest.param([a_run(StateType.FAILED, _AFTER)], True, id="failed, and nobody tried it again"),
        pytest.param([a_run(StateType.FAILED, _MINUTE)], True, id="failed once, a minute ago"),
        pytest.param([a_run(StateType.FAILED, _MINUTE - _SECOND)], False, id="failed just now"),
        pytest.param([a_run(StateType.FAILED, 4 * _MINUTE)] * 2, True, id="failed twice, four minutes ago"),
        pytest.param([a_run(StateType.FAILED, 4 * _MINUTE - _SECOND)] * 2, False, id="failed twice just now"),
        pytest.param([a_run(StateType.FAILED, _AFTER)] * 20, True, id="fails again and again: each hour"),
        pytest.param([a_run(StateType.FAILED, _AFTER - _SECOND)] * 20, False, id="fails again and again"),
        pytest.param([a_run(StateType.CANCELLED, _AFTER - _SECOND)], False, id="cancelled by a person"),
        pytest.param(
            [a_run(StateType.CANCELLED, _AFTER - _SECOND), a_run(StateType.FAILED, _AFTER)],
            False,
            id="cancelled by a person after it failed",
        ),
        pytest.param([a_run(StateType.CANCELLED, _AFTER)], True, id="cancelled; the law's clock runs on"),
        pytest.param([a_run(StateType.FAILED, _AFTER), a_run(StateType.RUNNING, _SECOND)], False, id="tried again"),
        pytest.param([a_run(StateType.COMPLETED, _AFTER)], True, id="ended, and the case has not"),
    ],
)
def test_who_sleeps(runs: list[FlowRun], *, is_asleep: bool) -> None:
    """Past the grace of a suspended run, and a while after the last run ended."""
    assert sleeps(runs, NOW) == is_asleep


def test_sweep_that_did_nothing_says_nothing() -> None:
    """The log of the whole system shows what was done."""
    assert not Swept()
    assert Swept(looked={"warned": 1})
    assert Swept(woken=1)


def test_sweep_says_what_it_did() -> None:
    """In words, and only what it did."""
    assert str(Swept(started=2, looked={"warned": 1})) == "cases started: 2, warnings of a date: 1"
    named = {word for name in ("watch", "lookout") for word in _counted(f"flows/watch/{name}.py")}
    assert named <= set(_WORDS)


def _counted(file: str) -> set[str]:
    """Names that a module counts by: of fields, of what is yielded, of what is put into a counter."""
    text = (ROOT / file).read_text(encoding="utf-8")
    counted = re.findall(
        r'yield(?: from \[)? ?"(\w+)"|done\["(\w+)"\]|update\(\{"(\w+)"|^    (\w+): int = 0', text, re.MULTILINE
    )
    return {name for names in counted for name in names if name}


def test_watch_adds_up_how_long_steps_took(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the figures would read every step there ever was."""
    for name in ("sweep", "dispatch", "forget_old"):
        monkeypatch.setattr(watch, name, Swept)
    house.until(Gate.APPROVAL, house.open(Right.ACCESS))
    house.clock.advance(timedelta(hours=2))

    watch._watch(house.installation)

    monkeypatch.setattr(house.installation.register, "_done", lambda *_: [])  # no step is read any more
    assert [one.step for one in house.installation.register.step_times()] != []


def test_fault_is_said_once_and_that_it_is_over() -> None:
    """A contract that somebody is writing does not fill the log; another fault is another line."""
    said: list[str] = []
    told = _Told(said.append)
    faults: Iterator[str] = iter(["a", "a", "b", "", "", "a"])

    def work() -> str:
        if fault := next(faults):
            raise StepFailed(fault, where="w", remedy="r")
        return "done"

    for _ in range(6):
        told.tell(work)

    a, b = (str(StepFailed(fault, where="w", remedy="r")) for fault in "ab")
    assert said == [a, b, "what was told last is over", "done", "done", a]
