"""Moments in columns without a zone: nothing goes an hour early, and no moment is taken that is none, or two."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from data_contracts.case.request import FieldChange, Statement
from data_contracts.errors import AnswerRefused, RequestInvalid
from data_contracts.vocabulary import Gate, Right
from flows.duties.retention import carry_out
from flows.officer.incidents import _moment
from tests.whose.conftest import MakeTown
from tests.whose.town import Town, column, kept, number, table

# Over on 31 March 2026 is what happened before 31 March 2025 in Paris, which is 22:00 UTC of the day before.
_TIMES = ("2025-03-30 21:30:00", "2025-03-30 22:30:00", "2025-03-30 23:30:00", "2025-03-31 00:30:00")
_PLAIN = {"sqlite": "datetime", "postgresql": "timestamp", "mysql": "datetime"}


def _visits(url: str, town: MakeTown, **said: Any) -> Town:
    live = _PLAIN[sa.make_url(url).get_backend_name()]
    at = column("at", "timestamp", category="user.behavior", rectify="declared") | said
    mail = column("mail", identity="email", assertion="confirmed")
    visits = kept(table("visits", number(), mail, at, account="email"), "at", 1, then="delete")
    rows = ", ".join(f"({n}, 'p{n}@x.example', '{time}')" for n, time in enumerate(_TIMES))
    return town(
        [visits],
        f"CREATE TABLE visits (id integer PRIMARY KEY, mail varchar(40), at {live})",
        f"INSERT INTO visits VALUES {rows}",  # noqa: S608  # our own words
    )


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ({}, [3]),
        ({"logicalTypeOptions": {"timezone": True}}, [1, 2, 3]),
        ({"logicalTypeOptions": {"timezone": True, "defaultTimezone": "Europe/Lisbon"}}, [2, 3]),
        ({"logicalTypeOptions": {"defaultTimezone": "America/New_York"}}, [0, 1, 2, 3]),
        ({"physicalType": "timestamptz"}, [1, 2, 3]),
    ],
)
def test_nothing_goes_early_whatever_zone_is_declared(
    town: MakeTown, url: str, said: dict[str, Any], left: list[int]
) -> None:
    """By the zone that the contract names, ODCS: UTC where it names none; in doubt, by the one that holds longer."""
    made = _visits(url, town, **said)

    done = carry_out("", "claire", made.house.code("claire"))

    assert done.outcome == "proven"
    assert sorted(n for (n,) in made.ask("SELECT id FROM visits")) == left


@pytest.mark.parametrize(
    ("value", "zoned", "is_taken"),
    [
        ("2026-03-29T02:30:00", False, False),
        ("2026-03-29T02:30:00", True, False),
        ("2025-10-26T02:30:00+01:00", False, False),
        ("2025-10-26T02:30:00+01:00", True, False),
        ("2025-10-26T02:30:00", True, False),
        ("2025-10-26T02:30:00", False, True),
        ("2025-10-26T03:30:00+01:00", False, True),
    ],
)
def test_time_that_is_none_or_two_is_not_written(
    town: MakeTown, url: str, value: str, *, zoned: bool, is_taken: bool
) -> None:
    """Art. 16: a time that no clock showed, or that would be read back an hour early, is not put in silence."""
    if zoned and url.startswith("sqlite"):
        pytest.skip("SQLite keeps the text with its zone")
    made = _visits(url, town, **({"physicalType": "timestamptz"} if zoned else {}))
    statement = Statement(changes=[FieldChange(field="sys.visits.at", value=value)])

    ((before,),) = made.ask("SELECT at FROM visits WHERE id = 3")

    with suppress(RequestInvalid, AnswerRefused):  # refused when it is opened, or ended before anybody approves it
        identity = {"email": ["p3@x.example"]}
        case_id = made.house.open(Right.RECTIFICATION, identity=identity, statement=statement)
        made.house.agree(made.house.until(Gate.APPROVAL, case_id))
        made.house.run(case_id)

    ((after,),) = made.ask("SELECT at FROM visits WHERE id = 3")
    assert (str(after) != str(before)) is is_taken


@pytest.mark.parametrize("typed", ["2026-03-29T02:30", "2025-10-26T02:30"])
def test_moment_that_is_none_or_two_is_not_taken(town: MakeTown, url: str, typed: str) -> None:
    """Somebody became aware at a moment, and the 72 hours run from it; with its distance from UTC it is taken."""
    if not url.startswith("sqlite"):
        pytest.skip("what is typed does not depend on the database")
    _visits(url, town)

    with pytest.raises(RequestInvalid, match=r"the clock|no clock"):
        _moment(typed)
    assert _moment(f"{typed}+01:00").astimezone(UTC) == datetime.fromisoformat(f"{typed}+01:00")
