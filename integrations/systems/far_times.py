"""Dates and times of PostgreSQL that Python has none for: they are read as the text that the database writes.

PostgreSQL knows ``infinity``, ``-infinity``, years before ours and years beyond 9999. Its driver gives up on a row that
holds one; here the one value is text, and the others are what they always are.
"""

import re
from datetime import date
from typing import Any, Final

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Loader

from integrations.systems.values import Kind

_TIMES: Final = ("date", "timestamp", "timestamptz")
_FAR: Final = re.compile(
    r"(?P<year>\d{4,7})-(?P<month>\d\d)-(?P<day>\d\d)"
    r"(?P<time> ([01]\d|2[0-3])(:[0-5]\d){2}(\.\d{1,6})?([+-]\d\d(:[0-5]\d){0,2})?)?(?P<bc> BC)?",
    re.ASCII,
)
_LAST_YEAR: Final = {False: 5_874_897, True: 294_276}
"""Of dates, and of times."""
_FIRST_YEAR: Final = 4_713
_LAST_OF_PYTHON: Final = 9_999
_LEAP_YEARS: Final = 400


def read_far_times(connection: psycopg.Connection[Any], _record: object) -> None:
    """Have a new connection read times that Python cannot hold as text, in the form of ISO 8601."""
    if not (connection.info.parameter_status("DateStyle") or "").startswith("ISO"):
        with connection.cursor() as cursor:
            cursor.execute("SET datestyle TO ISO")
        connection.commit()
    for name in _TIMES:
        connection.adapters.register_loader(name, _loader(connection, name))


def _loader(connection: psycopg.Connection[Any], name: str) -> type[Loader]:
    info = connection.adapters.types[name]
    usual = connection.adapters.get_loader(info.oid, psycopg.pq.Format.TEXT)

    class _Far(Loader):
        """Reads as the driver does where it can."""

        def __init__(self, oid: int, context: Any = None) -> None:  # noqa: ANN401  # the driver's own
            super().__init__(oid, context)
            self._usual = usual(oid, context).load  # type: ignore[misc]  # there is one for these types

        def load(self, data: Buffer) -> Any:  # noqa: ANN401  # a date, or text
            try:
                return self._usual(data)
            except psycopg.DataError:
                return bytes(data).decode()

    return _Far


def far_time(value: str, kind: Kind) -> str | None:
    """The text as PostgreSQL takes it for a time that Python has none for; None where it is no such text.

    >>> far_time("infinity", Kind.DATE), far_time("0044-02-30 BC", Kind.DATE), far_time("2020-01-01", Kind.DATE)
    ('infinity', None, None)
    """
    if value in {"infinity", "-infinity"}:
        return value
    said = _FAR.fullmatch(value)
    if said is None:
        return None
    year, is_before = int(said["year"]), bool(said["bc"])
    is_time = kind is not Kind.DATE
    last = _FIRST_YEAR if is_before else _LAST_YEAR[is_time]
    is_far = (is_before or year > _LAST_OF_PYTHON or is_time) and 0 < year <= last
    return value if is_far and bool(said["time"]) is is_time and _is_day(said, is_before=is_before) else None


def _is_day(said: re.Match[str], *, is_before: bool) -> bool:
    year = 1 - int(said["year"]) if is_before else int(said["year"])
    try:
        date(year % _LEAP_YEARS + _LEAP_YEARS, int(said["month"]), int(said["day"]))
    except ValueError:
        return False
    return True
