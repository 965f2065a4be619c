"""Dates and times of years that no library has a calendar for."""

from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.channels.package.far_times import _day, time_text


@given(st.dates())
def test_days_of_known_years(day: date) -> None:
    """The count is that of Python where Python has one."""
    assert _day((day - date(1970, 1, 1)).days) == day.isoformat()


@pytest.mark.parametrize(
    ("column", "text"),
    [
        (pa.array([2**31 - 1], pa.int32()).cast(pa.date32()), "+5881580-07-11"),
        (pa.array([-(2**31)], pa.int32()).cast(pa.date32()), "-5877641-06-23"),
        (pa.array([9 * 10**18], pa.timestamp("us", "UTC")), "+287168-08-24 16:00:00.000000Z"),
        (pa.array([9 * 10**12], pa.timestamp("s")), "+287168-08-24 16:00:00"),
        (pa.array([9 * 10**18], pa.timestamp("ns")), "2255-03-14 16:00:00.000000000"),
        (pa.array([1], pa.timestamp("ms")), "1970-01-01 00:00:00.001"),
        (pa.array([None], pa.date32()), None),
    ],
)
def test_times_of_any_year(column: pa.Array, text: str | None) -> None:
    """With its sign where the year has more than four digits; nothing stays nothing."""
    assert time_text(column).to_pylist() == [text]
