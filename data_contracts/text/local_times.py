"""Moments and local times: what a clock shows once, twice, or never (any zone that changes its clocks).

>>> paris = ZoneInfo("Europe/Paris")
>>> shown_times(datetime(2026, 3, 29, 2, 30), paris), shown_times(datetime(2026, 10, 25, 2, 30), paris)
(0, 2)
"""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from data_contracts.errors import RequestInvalid

_TWICE = 2


def shown_times(local: datetime, zone: ZoneInfo) -> int:
    """How often a clock of the zone shows a time without zone: never where it is set on, twice where it is set back."""
    first, second = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return 1
    return _TWICE if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None, fold=0) == local.replace(fold=0) else 0


def moments_of(local: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """The moments at which a clock of the zone shows a time: none, one, or two."""
    times = shown_times(local, zone)
    return tuple(local.replace(tzinfo=zone, fold=fold) for fold in range(times))


def local_of(moment: datetime, zone: ZoneInfo) -> datetime | None:
    """What a clock of the zone shows at a moment, without zone; None where it shows the same at another one too."""
    local = moment.astimezone(zone).replace(tzinfo=None, fold=0)
    return local if shown_times(local, zone) == 1 else None


def typed_moment(local: datetime, zone: ZoneInfo) -> datetime | None:
    """The moment of a local time that somebody typed; None where there is none, or two. Midnight begins its day."""
    found = moments_of(local, zone)
    if len(found) == 1:
        return found[0]
    return local.replace(tzinfo=zone) if local.time() == time.min else None


def one_moment(local: datetime, zone: ZoneInfo, *, where: str) -> datetime:
    """The moment at which a clock of the zone shows a time.

    Raises:
        RequestInvalid: when it never does, or twice.
    """
    found = typed_moment(local, zone)
    if found is not None:
        return found
    what = (
        "the clock showed this time twice"
        if moments_of(local, zone)
        else "no clock showed this time, for it was set on"
    )
    raise RequestInvalid(what, where=where, remedy="write it with its distance from UTC, as in 2026-10-25T02:30+01:00")
