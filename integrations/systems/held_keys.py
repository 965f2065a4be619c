"""Keys that several accounts hold, counted over rows: for systems that cannot count them themselves."""

from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any, Final

from data_contracts.connectors.held_keys import HeldKeys, NormalRule
from data_contracts.connectors.keys import When

BETWEEN_DIGITS: Final = (" ", "\u00a0", "\u202f", ".", "-", "/", "(", ")")
"""What people write between the digits of a telephone number."""


def columns_of(asked: HeldKeys) -> list[str]:
    """The columns that the question looks at, each once."""
    return list(dict.fromkeys((asked.column, asked.account, *(condition.column for condition in asked.when))))


def count_held(rows: Iterable[Mapping[str, Any]], asked: HeldKeys) -> int:
    """How many different keys two or more accounts hold. Memory grows with the number of different keys."""
    holders: dict[object, object] = {}
    several: set[object] = set()
    numbers = count()
    for row in rows:
        if not all(_fulfils(row.get(condition.column), condition) for condition in asked.when):
            continue
        key = _form(row.get(asked.column), asked.rule)
        holder = next(numbers) if asked.is_of_accounts else _form(row.get(asked.account), asked.account_rule)
        if key not in {None, ""} and holder is not None and holders.setdefault(key, holder) != holder:
            several.add(key)
    return len(several)


def _fulfils(value: object, condition: When) -> bool:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return (value is not None and text in condition.values) is not condition.negated


def _form(value: object, rule: NormalRule) -> object:
    if value is None or rule == "verbatim":
        return value
    text = str(value)
    if rule == "email":
        return text.strip(" ").lower()
    for sign in BETWEEN_DIGITS:
        text = text.replace(sign, "")
    return text
