"""Which rules for values live systems are asked about."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from data_contracts.company.contract import Column, SystemContract, Table
from data_contracts.company.value_rules import ValueRules
from data_contracts.connectors.connecting import LiveColumn, LiveSchema
from data_contracts.connectors.quality import Bounds, ValueRule
from data_contracts.vocabulary import ColumnErasure, TableErasure
from tasks.rules.officer.audit_values import FORMATS, checks_of, checks_of_column
from tasks.rules.values.quality import read_value
from tasks.rules.values.replacing import masked_value

R = ValueRule


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (Column("a", "string"), []),
        (Column("a", "integer", required=True, unique=True), [R.REQUIRED, R.UNIQUE]),
        (Column("a", "string", max_length=3), [R.LENGTH]),
        (Column("a", "string", rules=ValueRules(min_length=3)), [R.LENGTH]),
        (Column("a", "string", rules=ValueRules(format="email")), [R.FORMAT]),
        (Column("a", "string", rules=ValueRules(format="a form nobody knows")), []),
        (Column("a", "string", rules=ValueRules(patterns=("a+", "b+"))), [R.PATTERN, R.PATTERN]),
        (Column("a", "string", rules=ValueRules(valid_values=("x",))), [R.VALID_VALUES]),
        (Column("a", "timestamp", rules=ValueRules(valid_values=("2020-01-01T00:00:00",))), []),
        (Column("a", "integer", rules=ValueRules(minimum="1", below="4")), [R.BOUNDS]),
        (Column("a", "string", rules=ValueRules(minimum="1")), []),
    ],
)
def test_a_column_is_asked_what_its_rules_say(column: Column, expected: list[ValueRule]) -> None:
    """Each rule that a database can judge is one check; what depends on how a database writes a value is none."""
    assert [check.rule for check in checks_of_column("t", column)] == expected


def test_values_and_bounds_are_in_the_type_of_the_column() -> None:
    """Numbers compare as numbers, days as days."""
    number = Column("a", "number", rules=ValueRules(valid_values=("1", "2.5"), above="0"))
    day = Column("a", "date", rules=ValueRules(maximum="2020-01-31"))
    time = Column("a", "timestamp", rules=ValueRules(minimum="2020-01-31T08:00:00"))

    values, above = checks_of_column("t", number)

    assert (values.allowed, values.is_number, above.detail) == ((1, 2.5), True, "> 0")
    assert above.bounds == Bounds(least=0, is_above=True)
    assert [c.bounds.most for c in checks_of_column("t", day)] == [date(2020, 1, 31)]
    assert [c.bounds.least for c in checks_of_column("t", time)] == [datetime.fromisoformat("2020-01-31T08:00:00")]


def test_what_an_erasure_leaves_is_no_value() -> None:
    """A masked value breaks no rule, nor does a pseudonym."""
    rules = ValueRules(format="email")

    (masked,) = checks_of_column("t", Column("a", "string", rules=rules, erase=ColumnErasure.MASK))
    (token,) = checks_of_column("t", Column("a", "string", rules=rules, erase=ColumnErasure.TOKEN))

    assert (masked.none, masked.is_pseudonymised) == (("", "***"), False)
    assert (token.none, token.is_pseudonymised) == (("",), True)


def test_only_what_is_there_is_asked() -> None:
    """A column or table that is missing is told elsewhere."""
    columns = (Column("a", "string", required=True), Column("b", "string", required=True))
    tables = (Table("crm", "t", columns, TableErasure.NONE), Table("crm", "gone", columns, TableErasure.NONE))
    contract = SystemContract("crm", "CRM", "1", "us", tables)

    found = checks_of(contract, LiveSchema({"t": {"b": LiveColumn("b", "TEXT", nullable=True)}}))

    assert [(check.table, check.column) for check in found] == [("t", "b")]


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("email", "ann@example.fr"),
        ("uri", "https://example.fr/a?b"),
        ("uuid", "0b6f0e3a-2a2b-4d3c-9f0e-0123456789ab"),
        ("hostname", "db.internal"),
        ("ipv4", "192.0.2.1"),
        ("ipv6", "2001:db8::1"),
    ],
)
def test_what_a_rectification_takes_no_audit_reports(form: str, text: str) -> None:
    """The forms of the audit take what a single new value may be."""
    import re  # noqa: PLC0415  # only here

    column = Column("a", "string", rules=ValueRules(format=form))

    assert not read_value(column, text).broken
    assert re.fullmatch(FORMATS[form], text)
    assert not re.fullmatch(FORMATS[form], "no value of any form ")


def test_checks_of_texts_say_what_they_look_for() -> None:
    """Table, column and what is wanted: the check is all that a database, or a person, gets to see."""
    rules = ValueRules(min_length=2, format="email", patterns=("^a+$", "b^$c"))

    length, form, whole, inside = checks_of_column("t", Column("a", "string", max_length=9, rules=rules))

    assert {(check.table, check.column) for check in (length, form, whole, inside)} == {("t", "a")}
    assert (length.lengths, length.detail, length.pattern) == ((2, 9), "2–9", "")
    assert (form.detail, form.pattern, form.lengths) == ("email", FORMATS["email"], (0, None))
    assert (whole.detail, whole.pattern) == ("^a+$", "a+")  # a pattern is of the whole value anyway
    assert (inside.detail, inside.pattern) == ("b^$c", "b^$c")


@pytest.mark.parametrize(
    ("column", "lengths", "said"),
    [
        (Column("a", "string", max_length=3), (0, 3), "0–3"),
        (Column("a", "string", max_length=0), (0, 0), "0–0"),
        (Column("a", "string", rules=ValueRules(min_length=3)), (3, None), "3–"),
    ],
)
def test_length_without_an_end_is_said_so(column: Column, lengths: tuple[int, int | None], said: str) -> None:
    """At most nothing is an end, too."""
    (check,) = checks_of_column("t", column)

    assert (check.lengths, check.detail) == (lengths, said)


def test_checks_of_values_and_bounds_say_what_they_look_for() -> None:
    """Signs as people write them, in the order from below to above; what masks a value is no value."""
    rules = ValueRules(valid_values=("2", "1"), minimum="1", below="4")
    column = Column("a", "integer", required=True, unique=True, rules=rules, erase=ColumnErasure.MASK)
    other = Column("a", "integer", rules=ValueRules(above="0.5", maximum="9"), erase=ColumnErasure.TOKEN)

    required, unique, values, bounds = checks_of_column("t", column)
    (pseudonymised,) = checks_of_column("t", replace(other, rules=ValueRules(valid_values=("1",))))
    (others,) = checks_of_column("t", other)

    assert {(one.table, one.column) for one in (required, unique, values, bounds, others)} == {("t", "a")}
    assert (values.detail, values.allowed, values.is_pseudonymised) == ("2, 1", (2, 1), False)
    assert pseudonymised.is_pseudonymised
    assert values.none == bounds.none == ("", str(masked_value(column)))
    assert (bounds.detail, bounds.bounds) == ("≥ 1; < 4", Bounds(least=1, most=4, is_below=True))
    assert (others.detail, others.bounds) == ("> 0.5; ≤ 9", Bounds(least=0.5, most=9, is_above=True))
    assert isinstance(bounds.bounds.least, int)
