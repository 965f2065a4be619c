"""Art. 12(6): when the clock stood still, read off the timeline."""

from datetime import UTC, date, datetime

import pytest

from data_contracts.case.case import Move
from data_contracts.vocabulary import CaseState
from tasks.rules.clock.deadlines import Pause
from tasks.rules.clock.pauses import pauses_in

_ASKED, _VERIFIED = CaseState.IDENTITY_ASKED, CaseState.IDENTITY_VERIFIED


def timeline(*moves: tuple[str, CaseState]) -> list[Move]:
    """Moves at these moments of March 2027, UTC."""
    return [
        Move("C-1", seq, datetime.fromisoformat(f"2027-03-{at}").replace(tzinfo=UTC), None, to, "", "rightsflow")
        for seq, (at, to) in enumerate(moves)
    ]


def _march(day: int) -> date:
    return date(2027, 3, day)


@pytest.mark.parametrize(
    ("moves", "pauses"),
    [
        pytest.param([("05T10:00", CaseState.RECEIVED)], [], id="never asked"),
        pytest.param([("08T10:00", _ASKED)], [Pause(_march(8))], id="outstanding"),
        pytest.param([("08T10:00", _ASKED), ("18T10:00", _VERIFIED)], [Pause(_march(8), _march(18))], id="came"),
        pytest.param([("07T23:30", _ASKED)], [Pause(_march(8))], id="the day is the local one"),
        pytest.param(
            [("08T10:00", _ASKED), ("12T10:00", _ASKED), ("18T10:00", _VERIFIED), ("19T10:00", CaseState.LOCATED)],
            [Pause(_march(8), _march(12)), Pause(_march(12), _march(18))],
            id="asked twice",
        ),
    ],
)
def test_pauses_are_read_off_the_timeline(moves: list[tuple[str, CaseState]], pauses: list[Pause]) -> None:
    """From asking until the case leaves the state in which it waits."""
    assert pauses_in(timeline(*moves), time_zone="Europe/Paris") == pauses


def test_day_that_a_person_gave_ends_the_last_pause() -> None:
    """A proof that lay on a desk for days came when it came."""
    moves = timeline(("08T10:00", _ASKED), ("18T10:00", _VERIFIED))

    assert pauses_in(moves, time_zone="Europe/Paris", came_on=_march(15)) == [Pause(_march(8), _march(15))]


def test_day_without_a_pause_changes_nothing() -> None:
    """Where no proof was asked for, none can end a pause."""
    assert pauses_in(timeline(("05T10:00", CaseState.RECEIVED)), time_zone="Europe/Paris", came_on=_march(15)) == []
