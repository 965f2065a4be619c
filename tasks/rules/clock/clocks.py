"""A clock that jumped: whether one did, and where it shows in a time line."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final, TypeVar

from data_contracts.case.case import Move
from data_contracts.ports.clocks import ClockJump, ClockMarks, Witness

T = TypeVar("T")

TOLERANCE: Final = timedelta(minutes=1)
"""Two clocks that are set right may differ by so much."""


def jump_of(now: datetime, marks: ClockMarks) -> ClockJump | None:
    """How far the clock is off; None where nothing speaks against it.

    A database on another machine tells both ways. The newest entry tells of a clock that was set back alone: nobody
    knows how long ago it was written.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> jump_of(noon, ClockMarks(noon + timedelta(hours=3), None)).by
    datetime.timedelta(days=-1, seconds=75600)
    >>> jump_of(noon, ClockMarks(noon - timedelta(hours=3), None))
    """
    if marks.database is not None and abs(now - marks.database) > TOLERANCE:
        return ClockJump(now - marks.database, Witness.DATABASE)
    if marks.newest_entry is not None and marks.newest_entry - now > TOLERANCE:
        return ClockJump(now - marks.newest_entry, Witness.REGISTER)
    return None


def said_of(jump: ClockJump) -> str:
    """The jump as a sentence without its full stop.

    >>> said_of(ClockJump(timedelta(hours=-26), Witness.REGISTER))
    "this machine's clock is 1 day, 2:00:00 behind the newest entry of the register"
    """
    size = str(abs(jump.by)).partition(".")[0]
    return f"this machine's clock is {size} {'ahead of' if jump.by > timedelta() else 'behind'} {jump.witness}"


def set_back_before(times: Sequence[datetime]) -> list[timedelta]:
    """For each time of a sequence, by how much it is earlier than the one before it; nothing where it is not.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> [str(one) for one in set_back_before([noon, noon - timedelta(hours=2), noon])]
    ['0:00:00', '2:00:00', '0:00:00']
    """
    none = timedelta()
    return [none for _ in times[:1]] + [max(none, before - after) for before, after in pairwise(times)]


def moves_set_back(moves: Sequence[Move]) -> list[tuple[Move, timedelta]]:
    """Each move of a time line, and by how much the clock was set back before it."""
    return list(zip(moves, set_back_before([move.at for move in moves]), strict=True))


def in_sequence(spine: Sequence[tuple[datetime, T]], others: Sequence[Sequence[tuple[datetime, T]]]) -> list[T]:
    """Things of several lists in one, each list in its own order whatever its times say.

    Args:
        spine: the list that the others are put into; each time that the clock was set back begins another stretch.
        others: go by their times into the first stretch that has them, else into the last, and never before one of
            their own list.

    >>> from datetime import UTC
    >>> noon, hour = datetime(2026, 3, 2, 12, tzinfo=UTC), timedelta(hours=1)
    >>> in_sequence([(noon, "a"), (noon - 3 * hour, "b")], [[(noon - 2 * hour, "asked"), (noon - hour, "said")]])
    ['a', 'b', 'asked', 'said']
    """
    stretches = _stretches([at for at, _ in spine])
    numbers = [number for number, times in enumerate(stretches) for _ in times]
    keyed = [
        (number, at, 0, place, thing) for place, (number, (at, thing)) in enumerate(zip(numbers, spine, strict=True))
    ]
    for own in others:
        number, latest = 0, datetime.min.replace(tzinfo=UTC)
        for place, (at, thing) in enumerate(own):
            fits = (one for one, times in enumerate(stretches) if one >= number and times[0] <= at <= times[-1])
            before, number = number, next(fits, max(len(stretches) - 1, 0))
            latest = max(at, latest) if number == before else at
            keyed.append((number, latest, 1, place, thing))
    return [thing for *_, thing in sorted(keyed, key=lambda one: one[:4])]


def _stretches(times: Sequence[datetime]) -> list[list[datetime]]:
    """The times, cut wherever the clock was set back."""
    found: list[list[datetime]] = []
    for at, earlier in zip(times, set_back_before(times), strict=True):
        if earlier or not found:
            found.append([])
        found[-1].append(at)
    return found
