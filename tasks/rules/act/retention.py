"""How long a row is held, and which rows are over (Art. 5(1)(e) GDPR; charter 4.1, 4.2).

1. The period runs from the date in the row's column, or from the end of the financial year that date falls in.
2. The day of the event is not counted (Regulation 1182/71, Art. 3(1)); a period in months or years ends with the last
   hour of the same date, or of the last day of a shorter month (Art. 3(2)(c)). That day is still held.
3. The row is over from the day after. Weekends and holidays move nothing here (unlike Art. 3(4)): nobody has to act on
   that day, and keeping longer is not what a storage limit may do.

>>> from data_contracts.vocabulary import RetentionAction
>>> ten_years = Retention(
...     "r", "invoice", "issued_on", 10, "y", RetentionStart.FINANCIAL_YEAR_END, RetentionAction.DELETE
... )
>>> held_until(ten_years, date(2016, 5, 4), financial_year_end="12-31")
datetime.date(2026, 12, 31)
>>> cutoff(ten_years, today=date(2026, 12, 31), time_zone="Europe/Paris", financial_year_end="12-31").date()
datetime.date(2016, 1, 1)
>>> cutoff(ten_years, today=date(2027, 1, 1), time_zone="Europe/Paris", financial_year_end="12-31").date()
datetime.date(2017, 1, 1)
"""

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil.relativedelta import relativedelta

from data_contracts.company.contract import Retention
from data_contracts.errors import ContractInvalid, SettingsInvalid
from data_contracts.vocabulary import RetentionStart

_ONE_DAY = timedelta(days=1)
_LEAP_YEAR = 2000
_UNITS = {"d": "days", "mo": "months", "y": "years"}


def held_until(retention: Retention, value: date, *, financial_year_end: str = "12-31") -> date:
    """The last day on which a row with ``value`` in the period's column is held.

    Args:
        retention: the period.
        value: the local day in the column.
        financial_year_end: ``MM-DD``; ``02-29`` stands for the last day of February.

    Returns:
        ``date.max`` where the period ends beyond the calendar (systems write 9999-12-31 for "not yet").

    Raises:
        ContractInvalid: when the period's unit is not known.
        SettingsInvalid: when ``financial_year_end`` is no day of the year.
    """
    try:
        start = value
        if retention.start is RetentionStart.FINANCIAL_YEAR_END:
            start = _year_end_on_or_after(value, _month_and_day(financial_year_end))
        return start + _length(retention)
    except (ValueError, OverflowError):
        return date.max


def cutoff(retention: Retention, *, today: date, time_zone: str, financial_year_end: str = "12-31") -> datetime:
    """The instant before which rows are over: a row is over exactly when its day is before it.

    For every day ``d``: ``d < cutoff(…).date()`` if and only if ``held_until(retention, d) < today``.

    Args:
        retention: the period.
        today: the local day on which one asks.
        time_zone: IANA name of the place whose days count.
        financial_year_end: ``MM-DD``; ``02-29`` stands for the last day of February.

    Returns:
        Aware local midnight, exclusive; what :attr:`data_contracts.connectors.keys.Cutoff.before` wants.

    Raises:
        ContractInvalid: when the period's unit is not known, or it is longer than the calendar.
        SettingsInvalid: when ``financial_year_end`` is no day of the year, or the time zone is not known.
    """
    first_held = _first_start_held(retention, today)
    if retention.start is RetentionStart.FINANCIAL_YEAR_END:
        first_held = _year_end_before(first_held, _month_and_day(financial_year_end)) + _ONE_DAY
    return datetime.combine(first_held, time.min, tzinfo=_zone(time_zone))


def _first_start_held(retention: Retention, today: date) -> date:
    """The earliest start from which the period has not passed by ``today``."""
    length = _length(retention)
    try:
        start = today - length
    except (ValueError, OverflowError):
        raise ContractInvalid(
            "a retention period is longer than the calendar",
            where=f"{retention.table}: {retention.id}",
            remedy="write a shorter period, or a hold without a period",
        ) from None
    # 31 March less one month is 28 February, but 28 February and one month is 28 March, which has passed.
    while start + length < today:
        start += _ONE_DAY
    return start


def _length(retention: Retention) -> relativedelta:
    unit = _UNITS.get(retention.unit)
    if unit is None:
        raise ContractInvalid(
            "the unit of a retention period is not known",
            where=f"{retention.table}: {retention.id}",
            remedy="write d, mo or y",
        )
    # relativedelta's own types want one keyword each; a mapping keeps the three units one table.
    return relativedelta(**{unit: retention.value})  # type: ignore[arg-type]


def _month_and_day(financial_year_end: str) -> tuple[int, int]:
    try:
        month, day = (int(part) for part in financial_year_end.split("-"))
        date(_LEAP_YEAR, month, day)
    except ValueError:
        raise SettingsInvalid(
            "the end of the financial year is no day of the year",
            where="organisation.yaml: financial_year_end",
            remedy="write it as MM-DD, e.g. 12-31",
        ) from None
    return month, day


def _year_end(year: int, month_and_day: tuple[int, int]) -> date:
    month, day = month_and_day
    return date(year, month, min(day, monthrange(year, month)[1]))


def _year_end_on_or_after(day: date, month_and_day: tuple[int, int]) -> date:
    end = _year_end(day.year, month_and_day)
    return end if day <= end else _year_end(day.year + 1, month_and_day)


def _year_end_before(day: date, month_and_day: tuple[int, int]) -> date:
    end = _year_end(day.year, month_and_day)
    return end if end < day else _year_end(day.year - 1, month_and_day)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsInvalid(
            "the time zone is not known",
            where="organisation.yaml: time_zone",
            remedy="write an IANA name such as Europe/Paris",
        ) from None
