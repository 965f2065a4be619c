"""When the clock of a case stood still, read off its timeline (Art. 12(6); EDPB 01/2022, 5.3).

A pause begins on the day the data subject was asked for a proof, and ends on the day the proof came: the day a person
gave for it, else the day the case left the state in which it is awaited. Asked once more, one pause follows the other.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from data_contracts.case.case import Move
from data_contracts.vocabulary import CaseState
from tasks.rules.clock.deadlines import Pause


def pauses_in(timeline: Sequence[Move], *, time_zone: str, came_on: date | None = None) -> list[Pause]:
    """The pauses of a case, first to last; the last one is open while the proof is outstanding.

    Args:
        timeline: every move of the case, first to last.
        time_zone: IANA name of the place whose days count.
        came_on: the day on which the last proof came, where a person gave it.
    """
    zone = ZoneInfo(time_zone)
    pauses: list[Pause] = []
    for move in timeline:
        if pauses and pauses[-1].proved_on is None:
            pauses[-1] = replace(pauses[-1], proved_on=_day(move.at, zone))
        if move.to is CaseState.IDENTITY_ASKED:
            pauses.append(Pause(_day(move.at, zone)))
    if pauses and came_on is not None:
        pauses[-1] = replace(pauses[-1], proved_on=came_on)
    return pauses


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()
