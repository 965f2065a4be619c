"""Which rules for values the audit asks live systems about (Art. 5(1)(d); charter 1.3). Pure.

What is asked is what the contract says of single values and of sets of them, of columns that are there. Three things
count as no value and break nothing but ``required``: NULL, an empty text, and the mark that an erasure leaves behind.
What a pseudonymised value looks like is ours, not the contract's.

>>> from data_contracts.company.contract import Column
>>> [check.rule.value for check in checks_of_column("customer", Column("no", "string", required=True, max_length=12))]
['required', 'length']
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

from data_contracts.company.contract import Column, SystemContract, Table
from data_contracts.connectors.connecting import LiveSchema
from data_contracts.connectors.quality import Bound, Bounds, ValueCheck, ValueRule
from data_contracts.vocabulary import ColumnErasure
from tasks.rules.values.replacing import masked_value

_NUMBERS: Final = frozenset({"integer", "number"})
_COMPARED_AS_TEXT: Final = frozenset({"string", "date"})
"""Types whose text is the same in every system; of others the text depends on the database."""
_ORDERED: Final = _NUMBERS | {"date", "timestamp"}
_PSEUDONYMS: Final = frozenset({ColumnErasure.TOKEN, ColumnErasure.HMAC})
FORMATS: Final = {
    "email": r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]+",
    "uri": r"[A-Za-z][A-Za-z0-9+.-]*:[^\s]+",
    "uuid": r"\{?[0-9A-Fa-f]{8}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{12}\}?",
    "hostname": r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*",
    "ipv4": r"((25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])",
    "ipv6": r"[0-9A-Fa-f:.]{2,45}(%[0-9A-Za-z]+)?",
}
"""Regular expressions that each database understands; what a single value is judged by when it is rectified
(:mod:`tasks.rules.values.quality`) is as strict or stricter."""


def checks_of(contract: SystemContract, live: LiveSchema) -> list[ValueCheck]:
    """Every check of a system, of tables and columns that are there, in the contract's order."""
    return [check for table in contract.tables for check in _of_table(table, live)]


def checks_of_column(table: str, column: Column) -> Iterator[ValueCheck]:
    """Every check that the contract's rules for a column come to."""
    if column.required:
        yield ValueCheck(table, column.name, ValueRule.REQUIRED)
    if column.unique:
        yield ValueCheck(table, column.name, ValueRule.UNIQUE)
    if column.logical_type == "string":
        yield from _of_text(table, column)
    if column.rules.valid_values and column.logical_type in _NUMBERS | _COMPARED_AS_TEXT:
        yield _values(table, column)
    if column.logical_type in _ORDERED and (bounds := _bounds(column)) != Bounds():
        said = "; ".join(_said(column))
        yield ValueCheck(table, column.name, ValueRule.BOUNDS, said, bounds=bounds, none=_none(column))


def _of_table(table: Table, live: LiveSchema) -> Iterator[ValueCheck]:
    there = live.tables.get(table.name, {})
    for column in table.columns:
        if column.name in there:
            yield from checks_of_column(table.name, column)


def _of_text(table: str, column: Column) -> Iterator[ValueCheck]:
    rules = column.rules
    if rules.min_length or column.max_length is not None:
        lengths = (rules.min_length, column.max_length)
        said = f"{rules.min_length}–{'' if column.max_length is None else column.max_length}"
        yield _text(table, column, ValueRule.LENGTH, said, lengths=lengths)
    if rules.format in FORMATS:
        yield _text(table, column, ValueRule.FORMAT, rules.format, pattern=FORMATS[rules.format])
    for pattern in rules.patterns:
        yield _text(table, column, ValueRule.PATTERN, pattern, pattern=pattern.removeprefix("^").removesuffix("$"))


def _text(  # noqa: PLR0913  # the parts of one check
    table: str,
    column: Column,
    rule: ValueRule,
    said: str,
    *,
    pattern: str = "",
    lengths: tuple[int, int | None] = (0, None),
) -> ValueCheck:
    return ValueCheck(
        table=table,
        column=column.name,
        rule=rule,
        detail=said,
        pattern=pattern,
        lengths=lengths,
        none=_none(column),
        is_pseudonymised=column.erase in _PSEUDONYMS,
    )


def _values(table: str, column: Column) -> ValueCheck:
    is_number = column.logical_type in _NUMBERS
    return ValueCheck(
        table=table,
        column=column.name,
        rule=ValueRule.VALID_VALUES,
        detail=", ".join(column.rules.valid_values),
        allowed=tuple(_number(value) if is_number else value for value in column.rules.valid_values),
        is_number=is_number,
        none=_none(column),
        is_pseudonymised=column.erase in _PSEUDONYMS,
    )


def _none(column: Column) -> tuple[str, ...]:
    return ("", str(masked_value(column))) if column.erase is ColumnErasure.MASK else ("",)


def _bounds(column: Column) -> Bounds:
    rules = column.rules
    return Bounds(
        least=_bound(column, rules.above or rules.minimum),
        most=_bound(column, rules.below or rules.maximum),
        is_above=bool(rules.above),
        is_below=bool(rules.below),
    )


def _bound(column: Column, text: str) -> Bound | None:
    if not text:
        return None
    if column.logical_type == "date":
        return date.fromisoformat(text)
    return datetime.fromisoformat(text) if column.logical_type == "timestamp" else _number(text)


def _said(column: Column) -> Iterator[str]:
    rules = column.rules
    for sign, text in (("≥", rules.minimum), (">", rules.above), ("≤", rules.maximum), ("<", rules.below)):
        if text:
            yield f"{sign} {text}"


def _number(text: str) -> int | float:
    value = float(text)
    return int(value) if value.is_integer() else value
