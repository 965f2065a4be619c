"""Dates and times as text, also those of years that no library has a calendar for.

>>> time_text(pa.array([2**31 - 1, 0], pa.int32()).cast(pa.date32())).to_pylist()
['+5881580-07-11', '1970-01-01']
"""

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

_SECOND: Final = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_DAY: Final = 86_400
_DAYS_OF_ERA, _YEARS_OF_ERA = 146_097, 400
_FIRST, _LAST = -719_528, 2_932_897
"""Days from 1970 of the first of the year 0, and of the year 10000."""
_TO_EPOCH: Final = 719_468
"""Days from 1 March of the year 0 to 1 January 1970."""


def time_text(column: pa.Array) -> pa.Array:
    """Dates, or times, in the form of ISO 8601; years beyond four digits with their sign."""
    text = column.cast(pa.string())
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        return text  # they reach from 1677 to 2262
    numbers = column.cast(pa.int32() if pa.types.is_date32(column.type) else pa.int64())
    per_day = 1 if pa.types.is_date32(column.type) else _DAY * _SECOND[column.type.unit]
    # Beyond these Arrow tells a wrong year, or none.
    is_far = pc.or_(pc.less(numbers, _FIRST * per_day), pc.greater_equal(numbers, _LAST * per_day))
    if not pc.any(is_far).as_py():
        return text
    told = zip(text.to_pylist(), is_far.to_pylist(), numbers.to_pylist(), strict=True)
    return pa.array([_far(number, column.type) if far else known for known, far, number in told], pa.string())


def _far(number: int, kind: pa.DataType) -> str:
    if pa.types.is_date32(kind):
        return _day(number)
    per_second = _SECOND[kind.unit]
    seconds, part = divmod(number, per_second)
    days, second = divmod(seconds, _DAY)
    fraction = f".{part:0{len(str(per_second)) - 1}d}" if per_second > 1 else ""
    zone = "Z" if kind.tz else ""
    return f"{_day(days)} {second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}{fraction}{zone}"


def _day(days: int) -> str:
    """The Gregorian day, however far: years are counted from 1 March, so that a leap day is the last of its year."""
    era, day = divmod(days + _TO_EPOCH, _DAYS_OF_ERA)
    year = (day - day // 1_460 + day // 36_524 - day // 146_096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day_of_month = day - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9  # noqa: PLR2004  # March is the first
    year += era * _YEARS_OF_ERA + (month <= 2)  # noqa: PLR2004  # January and February are of the next year
    sign = "" if 0 <= year <= 9_999 else "-" if year < 0 else "+"  # noqa: PLR2004  # as ISO 8601 writes years
    return f"{sign}{abs(year):04d}-{month:02d}-{day_of_month:02d}"
