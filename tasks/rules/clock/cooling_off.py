"""How long an approved erasure waits, so that a request can be taken back (Art. 12(3), 17(1)). Pure."""

from datetime import date, timedelta


def last_day(approved_on: date, days: int, due: date | None) -> date | None:
    """The last day on which the request can be taken back; None where nothing is waited for.

    The whole time fits before the answer is due, with a day left to act on, or it is left out: "without undue delay"
    comes first.

    Args:
        approved_on: the day people approved, which does not count.
        days: what the policy says; 0 for none.
        due: the last day to answer; None while there is none.

    >>> last_day(date(2026, 3, 2), 7, date(2026, 4, 2))
    datetime.date(2026, 3, 9)
    >>> last_day(date(2026, 3, 25), 7, date(2026, 4, 2)), last_day(date(2026, 3, 2), 0, None)
    (None, None)
    """
    if not days:
        return None
    until = approved_on + timedelta(days=days)
    return None if due is not None and until + timedelta(days=1) >= due else until
