"""The law's clock: when a request must be answered (Art. 12(3) GDPR), computed as Regulation 1182/71 says.

1. The day of receipt is the local day of the place, and is not counted (Reg. 1182/71, Art. 3(1)).
2. A period in months ends on the same date, or on the last day of a shorter month (Art. 3(2)(c)).
3. Days between asking for a proof of identity and getting it are added, if it was asked for without undue delay and
   before the end; never beyond the whole period counted anew from the proof (Art. 12(6) GDPR; EDPB 01/2022, 5.3).
4. A period that would end on a Saturday, Sunday or holiday ends with the next working day (Art. 3(4)).

An extension makes it three months from receipt (Art. 12(3)); to tell of it one has the period as if there were none.
While a proof is outstanding that stops the clock there is no due date: ask :func:`stands_still` first. An outstanding
proof adds no day here, so the dates given are then the cautious ones.

>>> from datetime import UTC
>>> response_due(datetime(2027, 1, 31, 12, tzinfo=UTC), place=Place("Europe/Paris", "FR")).response_due
datetime.date(2027, 3, 1)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil.relativedelta import relativedelta
from holidays import country_holidays

from data_contracts.case.plan import Clock
from data_contracts.errors import RequestInvalid, SettingsInvalid

REGULATION = "Regulation (EEC, Euratom) No 1182/71 of 3 June 1971"
"""The law followed here; the GDPR's periods are computed by it."""

MONTHS_TO_ANSWER = 1
MONTHS_WHEN_EXTENDED = 3
ASKED_WITHIN_DAYS = 3
"""Working days in which asking for a proof is without undue delay. The law gives no number: a setting of the policy."""

_ONE_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Place:
    """Where the controller must act; its time zone and holidays count (Reg. 1182/71, Art. 2(1)).

    Attributes:
        time_zone: IANA name, e.g. ``Europe/Paris``.
        country: ISO 3166-1 code, e.g. ``FR``.
        subdivision: a region with holidays of its own, as a code of ``holidays``; None or empty for none.
    """

    time_zone: str
    country: str
    subdivision: str | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """A proof of identity was asked for, and came (Art. 12(6)).

    Attributes:
        asked_on: local day on which the data subject was asked.
        proved_on: local day on which the proof came; None while it is outstanding.
    """

    asked_on: date
    proved_on: date | None = None

    def __post_init__(self) -> None:
        """Refuse a proof that came before it was asked for."""
        if self.proved_on is not None and self.proved_on < self.asked_on:
            raise RequestInvalid(
                "a proof of identity is dated before the day it was asked for",
                remedy="correct the dates of the identity check",
            )


def response_due(
    received_at: datetime,
    *,
    place: Place,
    pauses: Sequence[Pause] = (),
    extended: bool = False,
    asked_within_days: int = ASKED_WITHIN_DAYS,
) -> Clock:
    """The dates of a case received at ``received_at``.

    Args:
        received_at: aware moment of receipt by any channel.
        place: whose day, weekends and holidays count.
        pauses: proofs asked for, in any order.
        extended: whether the data subject was told of an extension, with reasons, by ``notice_by``.
        asked_within_days: working days in which asking for a proof stops the clock.

    Raises:
        RequestInvalid: when ``received_at`` has no time zone.
        SettingsInvalid: when the place is not known.

    Source:
        Art. 12(3), 12(6) GDPR; Regulation 1182/71, Art. 2 and 3.
    """
    calendar = _Calendar(place, asked_within_days)
    received_on = calendar.day_of(received_at)
    months = MONTHS_WHEN_EXTENDED if extended else MONTHS_TO_ANSWER
    return Clock(
        response_due=calendar.end(received_on, months, pauses=pauses),
        # Art. 12(3): told "within one month of receipt", whether or not it was.
        notice_by=calendar.end(received_on, MONTHS_TO_ANSWER, pauses=pauses),
        unrolled=_months_after(received_on, months),
    )


def is_paused(pauses: Sequence[Pause]) -> bool:
    """Whether a proof is outstanding, so that there is no due date yet."""
    return any(pause.proved_on is None for pause in pauses)


def stands_still(
    received_at: datetime,
    *,
    place: Place,
    pauses: Sequence[Pause] = (),
    extended: bool = False,
    asked_within_days: int = ASKED_WITHIN_DAYS,
) -> bool:
    """Whether a proof is outstanding that was asked for soon enough to stop the clock; arguments as above.

    A proof that was asked for too late, or after the end, stops nothing: the answer stays due (EDPB 01/2022, 5.3).
    """
    calendar = _Calendar(place, asked_within_days)
    months = MONTHS_WHEN_EXTENDED if extended else MONTHS_TO_ANSWER
    end, running_since = calendar.run(calendar.day_of(received_at), months, pauses=pauses)
    outstanding = (pause.asked_on for pause in pauses if pause.proved_on is None)
    return any(calendar.may_stop(asked_on, running_since=running_since, end=end) for asked_on in outstanding)


def next_working_day(day: date, *, place: Place) -> date:
    """``day`` itself, or the first working day after it (Reg. 1182/71, Art. 3(4))."""
    while day.weekday() >= _SATURDAY or day in _holidays(place.country, place.subdivision, day.year):
        day += _ONE_DAY
    return day


def last_day_to_stop(
    received_at: datetime,
    *,
    place: Place,
    pauses: Sequence[Pause] = (),
    extended: bool = False,
    asked_within_days: int = ASKED_WITHIN_DAYS,
) -> date:
    """The last day on which asking for a proof stops the clock; arguments as for :func:`response_due`."""
    calendar = _Calendar(place, asked_within_days)
    months = MONTHS_WHEN_EXTENDED if extended else MONTHS_TO_ANSWER
    end, running_since = calendar.run(calendar.day_of(received_at), months, pauses=pauses)
    return calendar.last_to_stop(running_since=running_since, end=end)


@dataclass(frozen=True, slots=True)
class _Calendar:
    """A place's calendar, and how long asking for a proof may take."""

    place: Place
    asked_within_days: int

    def day_of(self, moment: datetime) -> date:
        if moment.tzinfo is None:
            raise RequestInvalid("the moment of receipt has no time zone", remedy="give it with its UTC offset")
        try:
            return moment.astimezone(ZoneInfo(self.place.time_zone)).date()
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise SettingsInvalid(
                "the time zone is not known",
                where="organisation.yaml: time_zone",
                remedy="write an IANA name such as Europe/Paris",
            ) from None

    def end(self, received_on: date, months: int, *, pauses: Sequence[Pause]) -> date:
        """Where a period ends that began with receipt and stood still while proofs were awaited."""
        end, _ = self.run(received_on, months, pauses=pauses)
        return self._rolled(end)

    def run(self, received_on: date, months: int, *, pauses: Sequence[Pause]) -> tuple[date, date]:
        """The calendar end of a period after the proofs that came, and the day since which it runs again."""
        end, running_since = _months_after(received_on, months), received_on
        for asked_on, proved_on in _proven(pauses):
            if not self.may_stop(asked_on, running_since=running_since, end=end) or proved_on <= running_since:
                continue
            stood_still = proved_on - max(asked_on, running_since)
            end = min(end + stood_still, _months_after(proved_on, months))
            running_since = proved_on
        return end, running_since

    def may_stop(self, asked_on: date, *, running_since: date, end: date) -> bool:
        """Whether asking on that day stops a period that runs since ``running_since`` and would end at ``end``."""
        return asked_on <= self.last_to_stop(running_since=running_since, end=end)

    def last_to_stop(self, *, running_since: date, end: date) -> date:
        """The last day on which asking stops a period that runs since ``running_since`` and would end at ``end``."""
        return min(self._working_days_after(running_since, self.asked_within_days), self._rolled(end))

    def _rolled(self, day: date) -> date:
        return next_working_day(day, place=self.place)

    def _working_days_after(self, day: date, count: int) -> date:
        for _ in range(count):
            day = self._rolled(day + _ONE_DAY)
        return day


def _proven(pauses: Sequence[Pause]) -> list[tuple[date, date]]:
    return sorted((pause.asked_on, pause.proved_on) for pause in pauses if pause.proved_on is not None)


def _months_after(day: date, months: int) -> date:
    # Reg. 1182/71, Art. 3(2)(c): the same date, else the last day of the month; so does relativedelta.
    return day + relativedelta(months=months)


@lru_cache(maxsize=256)
def _holidays(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    try:
        return frozenset(country_holidays(country, subdiv=subdivision or None, years=year))
    except (NotImplementedError, KeyError):
        raise SettingsInvalid(
            "holidays of the country or its subdivision are not known",
            where="organisation.yaml: country, holidays_subdivision",
            remedy="write an ISO 3166-1 code and, if any, a subdivision code of the package holidays",
        ) from None
