"""What retention counts in each table, and which rules a person has let erase (Art. 5(1)(e); charter 4.1, 4.2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Counted:
    """What one rule found in one table.

    Attributes:
        over: rows over their period; of a rule that erases columns, those that do not look erased.
        spared: of them, those that stay because they are restricted, held, or part of an open case.
        left: after acting, rows over and not spared that a row refers to which is not over; before it, 0.
        digest: of what the rule says; a rule that is changed is another rule. Empty in runs of older versions.
        rows: rows of the table that have the date the rule asks for; None where the table has none of its own.
        unread: rows whose date cannot be read: they are held until somebody mends it.
        unread_in: names of the columns where such rows were found.
        again: rows that are due and that a rule before, which erases other columns of them, counts already.
        uncounted: how many rows went cannot be told: the process was cut off, and others changed rows meanwhile.
    """

    system: str
    table: str
    rule: str
    erases: str
    """``rows``, or the names of the columns."""
    over: int
    spared: int
    left: int = 0
    digest: str = ""
    rows: int | None = None
    unread: int = 0
    unread_in: str = ""
    uncounted: bool = False
    again: int = 0

    @property
    def due(self) -> int:
        """Rows that are erased, unless a row that stays refers to them."""
        return self.over - self.spared

    @property
    def place(self) -> str:
        """What a person calls the rule."""
        return f"{self.system}.{self.table}: {self.rule}"


@dataclass(frozen=True, slots=True)
class ApprovedRule:
    """A rule that a person let erase for the first time.

    Attributes:
        digest: of what the rule says.
        run_id: the run in which it was approved; its evidence says what was seen.
        place: what a person calls the rule.
        approved_by: names of the operators.
    """

    digest: str
    run_id: str
    place: str
    approved_by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A rule that people approved, and that was not carried out after all.

    Attributes:
        why: ``grown``: more was due than they saw; ``changed``: it reads otherwise by now, or goes with such a rule.
        shown: rows that were due when they saw it.
        found: rows due just before acting; 0 where the rule is not there any more.
    """

    place: str
    why: str
    shown: int
    found: int


class ApprovedRules(Protocol):
    """The part of the register that knows which rules of retention erase without asking first."""

    def approve_rules(self, rules: Iterable[ApprovedRule]) -> None:
        """Keep that rules were approved; one that was before stays as it is."""

    def approved_rules(self) -> dict[str, ApprovedRule]:
        """Rules that were approved, by digest."""
