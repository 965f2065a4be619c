"""Whether a value can be one of a column."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from data_contracts.company.value_rules import ValueRules
from tasks.rules.values.quality import is_value, read_value, same
from tests.tasks.rules.examples import a_column


def _rules(**rules: Any) -> dict[str, Any]:
    return {"rules": ValueRules(**rules)}


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("string", "  Zoé ", "Zoé"),
        ("integer", "-42", -42),
        ("number", "1.50", Decimal("1.50")),
        ("boolean", "Oui", True),
        ("boolean", "no", False),
        ("date", "2024-02-29", date(2024, 2, 29)),
        ("timestamp", "2024-02-29T10:00", datetime(2024, 2, 29, 10)),  # noqa: DTZ001  # as a column without zone has it
        ("time", "23:59", time(23, 59)),
        ("array", "[1]", "[1]"),
        ("date", "  ", None),
    ],
)
def test_a_text_is_read_as_the_column_holds_it(kind: str, text: str, value: object) -> None:
    """Blanks around it do not count; nothing at all takes the value away."""
    reading = read_value(a_column("c", logical_type=kind), text)

    assert (reading.value, reading.broken) == (value, "")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("integer", "4.2"),
        ("integer", "4 2"),
        ("integer", "1" * 19),
        ("number", "NaN"),
        ("number", "a lot"),
        ("boolean", "perhaps"),
        ("date", "2023-02-29"),
        ("timestamp", "yesterday"),
        ("time", "25:00"),
    ],
)
def test_what_is_of_another_type_is_none(kind: str, text: str) -> None:
    """The rule that is broken is named; the value is in no message."""
    reading = read_value(a_column("c", logical_type=kind), text)

    assert (reading.value, reading.broken) == (None, "logicalType")
    assert text not in repr(reading)


@pytest.mark.parametrize(
    ("facts", "good", "bad", "broken"),
    [
        ({"required": True}, "x", "", "required"),
        ({"max_length": 3}, "abc", "abcd", "maxLength"),
        (_rules(min_length=3), "abc", "ab", "minLength"),
        (_rules(patterns=("[A-Z]{2}", "F.")), "FR", "DE", "pattern"),
        (_rules(patterns=("[A-Z]{2}",)), "FR", "FRA", "pattern"),
        (_rules(valid_values=("M.", "Mme")), "Mme", "Dr", "validValues"),
        (_rules(format="email"), "a@b.example", "a@b", "format"),
        (_rules(format="email"), "a@b.example", f"a@{'b' * 260}.example", "format"),
        (_rules(format="uri"), "https://a.example/x", "a.example", "format"),
        (_rules(format="uri"), "urn:isbn:1", "https://a b", "format"),
        (_rules(format="uuid"), "12345678-1234-1234-1234-123456789012", "1234", "format"),
        (_rules(format="hostname"), "a-1.example", "-a.example", "format"),
        (_rules(format="ipv4"), "10.0.0.1", "10.0.0.256", "format"),
        (_rules(format="ipv6"), "::1", "10.0.0.1", "format"),
        (_rules(format="password"), "anything", "", ""),
    ],
)
def test_rules_of_texts(facts: dict[str, Any], good: str, bad: str, broken: str) -> None:
    """Each rule lets its own values pass and stops others; formats that only people know stop nothing."""
    column = a_column("c", **facts)

    assert read_value(column, good).broken == ""
    assert read_value(column, bad).broken == broken


@pytest.mark.parametrize(
    ("kind", "rules", "good", "bad", "broken"),
    [
        ("integer", {"minimum": "1"}, "1", "0", "minimum"),
        ("number", {"maximum": "9.5"}, "9.50", "9.51", "maximum"),
        ("date", {"above": "1900-01-01"}, "1900-01-02", "1900-01-01", "exclusiveMinimum"),
        ("date", {"below": "2026-01-01"}, "2025-12-31", "2026-01-01", "exclusiveMaximum"),
        ("timestamp", {"minimum": "2020-01-01"}, "2020-01-01", "2020-01-01T00:00:00+00:00", "logicalType"),
        ("boolean", {"valid_values": ("true",)}, "yes", "no", "validValues"),
    ],
)
def test_bounds(kind: str, rules: dict[str, Any], good: str, bad: str, broken: str) -> None:
    """Bounds are read in the column's type; a time with a zone is not compared with one without."""
    column = a_column("c", logical_type=kind, **_rules(**rules))

    assert read_value(column, good).broken == ""
    assert read_value(column, bad).broken == broken


@pytest.mark.parametrize(
    ("normalise", "is_normalised", "text", "value"),
    [
        ("email", True, " Ann@X.example", "ann@x.example"),
        ("email", False, " Ann@X.example", "Ann@X.example"),
        ("phone", True, "06 12 34 56 78", "+33612345678"),
        ("phone", False, "06 12 34 56 78", "06 12 34 56 78"),
    ],
)
def test_identities_are_written_as_the_column_stores_them(
    normalise: str, text: str, value: str, *, is_normalised: bool
) -> None:
    """In the normal form where the contract says so, else as typed."""
    column = a_column("c", identity="k", normalised=is_normalised)

    assert read_value(column, text, normalise=normalise, region="FR").value == value
    assert read_value(column, "nonsense", normalise=normalise).broken == "identity"


@pytest.mark.parametrize(
    ("stored", "holds"),
    [("ann@x.example", True), ("Ann@X.example", False), ("ann", False), (None, True)],
)
def test_what_a_database_holds_is_judged_by_the_same_rule(stored: str | None, *, holds: bool) -> None:
    """A column that stores the normal form holds nothing else."""
    column = a_column("c", identity="email", normalised=True)

    assert is_value(column, stored, normalise="email", region="FR") is holds


def test_stored_values_are_judged_in_the_type_that_the_driver_gives() -> None:
    """Databases give yes and no as numbers, dates as texts."""
    assert is_value(a_column("c", logical_type="boolean"), 1)
    assert is_value(a_column("c", logical_type="date"), "2024-02-29")
    assert not is_value(a_column("c", required=True), None)


@pytest.mark.parametrize(
    ("facts", "normalise", "stored", "named", "is_same"),
    [
        ({}, "email", "Ann@X.example", " ann@x.example", True),
        ({}, "phone", "+33612345678", "06.12.34.56.78", True),
        ({}, "email", "Ann@X.example", "ann", False),
        ({"logical_type": "number"}, "", Decimal("1.5"), "1.50", True),
        ({"logical_type": "date"}, "", date(2024, 2, 29), "2024-02-29", True),
        ({"logical_type": "date"}, "", "unknown", "unknown", True),
        ({}, "", "Paris", "paris", False),
    ],
)
def test_the_old_value_is_known_however_it_is_written(
    facts: dict[str, Any], normalise: str, stored: object, named: str, *, is_same: bool
) -> None:
    """In the form that the column compares, else in its type, else as text."""
    assert same(a_column("c", **facts), stored, named, normalise=normalise, region="FR") is is_same
