"""Checks of live values against the contract's rules: what is asked, what comes back, and the port that asks.

What comes back is whether a rule holds and how many rows it does not hold for. No value leaves the system it is in, and
none is ever written into a question: what a question names are columns, and values that the contract itself names.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol, TypeAlias


class ValueRule(StrEnum):
    """A rule of the contract for values of one column, under its name in ODCS where it has one."""

    REQUIRED = "required"
    UNIQUE = "unique"
    LENGTH = "length"
    FORMAT = "format"
    PATTERN = "pattern"
    VALID_VALUES = "validValues"
    BOUNDS = "bounds"


Bound: TypeAlias = int | float | date | datetime | str
"""In the column's type."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a value may not pass; None: no bound."""

    least: Bound | None = None
    most: Bound | None = None
    is_above: bool = False
    """The least value itself is not allowed."""
    is_below: bool = False
    """The most value itself is not allowed."""


@dataclass(frozen=True, slots=True)
class ValueCheck:
    """One rule of one column, to be asked of every row.

    Attributes:
        detail: what the contract says, for people: a format's name, a length; nothing that a row holds.
        pattern: a regular expression that the whole text must match, in what Python, PostgreSQL, MySQL and RE2 share.
        lengths: the fewest and the most characters; None: no bound.
        allowed: the values there may be, as numbers where ``is_number``.
        none: texts that count as no value: an empty one, and the mark of an erased one.
        is_pseudonymised: erased values are replaced by pseudonyms, which no rule for values judges.
    """

    table: str
    column: str
    rule: ValueRule
    detail: str = ""
    pattern: str = ""
    lengths: tuple[int, int | None] = (0, None)
    allowed: tuple[str | int | float, ...] = ()
    is_number: bool = False
    bounds: Bounds = field(default_factory=Bounds)
    none: tuple[str, ...] = ("",)
    is_pseudonymised: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found.

    Attributes:
        rows: rows that the rule does not hold for; 0 when it holds, or could not be evaluated.
        is_error: it could not be evaluated, which is not the same as that it does not hold (law 6).
    """

    check: ValueCheck
    rows: int
    is_error: bool = False


class LiveValues(Protocol):
    """Asks live systems whether the contract's rules for values hold."""

    def check(self, system: str, checks: Sequence[ValueCheck]) -> list[Checked]:
        """The answer to each check, in the order given.

        Raises:
            SystemUnavailable: when the system cannot be reached; trying again can help.
            SettingsInvalid: when it has no connection configured, or is of a kind that cannot be asked.
        """
