"""How long a copy of what was erased is kept (Art. 5(1)(e), 17, 32(1)(c)). Pure."""

from datetime import date, timedelta


def last_day(erased_on: date, days: int) -> date | None:
    """The last day on which what was erased can be given back; None where nothing is kept.

    >>> last_day(date(2026, 3, 2), 14), last_day(date(2026, 3, 2), 0)
    (datetime.date(2026, 3, 16), None)
    """
    return erased_on + timedelta(days=days) if days else None


def is_over(until: date, today: date) -> bool:
    """Whether the last day has passed.

    >>> is_over(date(2026, 3, 16), date(2026, 3, 16)), is_over(date(2026, 3, 16), date(2026, 3, 17))
    (False, True)
    """
    return today > until
