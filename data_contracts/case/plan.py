"""The shapes that pass between locating, planning, acting and proving; all free of personal data.

Only :class:`Located` carries keys; it is sealed in the vault and redacts its ``repr``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, Self

from data_contracts.connectors.keys import Condition
from data_contracts.evidence.records import canonical, digest
from data_contracts.vocabulary import Sensitivity

TablePath = tuple[str, str]
"""System name, table name."""

SHARED = "+shared"
"""Ends a table's name where its rows that belong to other people too are meant (law 8)."""

REFERRED = "+referred"
"""Ends a table's name where rows that another controller decides about were counted (charter P2)."""

Action = Literal[
    "delete", "clear", "mask", "pseudonymise", "shred", "keep", "disclose", "leave_out",
    "rectify", "restrict", "stop", "refer", "by_document",
]  # fmt: skip
"""``refer``: another controller's (charter P2); ``by_document``: corrected by a document, not by a change (Art. 16)."""


@dataclass(frozen=True, slots=True)
class Located:
    """Where the data subject's rows are: the conditions that select them, table by table.

    Attributes:
        conditions: every table that can be looked in, with what selects the subject's rows; an empty tuple means no
            key leads there, so there are no rows of the subject.
        shared: tables where rows are reached that belong to other people too, with what selects them.
        own_keys: tables whose rows hold keys of rows that may be somebody else's; by the columns that hold them, the
            keys of the data subject's own rows. Any other key in these columns is not shown. What concerns rows of
            several people alone stands under the table's name with :data:`SHARED`.
        by_hand: systems that a person handled outside the software, with the person's reference.
        subjects: identity kind (unique ones only) to the number of different values reached.
    """

    conditions: Mapping[TablePath, tuple[Condition, ...]] = field(repr=False)
    shared: Mapping[TablePath, tuple[Condition, ...]] = field(default_factory=dict, repr=False)
    own_keys: Mapping[TablePath, tuple[Condition, ...]] = field(default_factory=dict, repr=False)
    by_hand: Mapping[str, str] = field(default_factory=dict)
    subjects: Mapping[str, int] = field(default_factory=dict)

    def ways_to(self, path: TablePath) -> tuple[Condition, ...]:
        """What selects all that was found in a table, rows of several people among them."""
        return (*self.conditions.get(path, ()), *self.shared.get(path, ()))


@dataclass(frozen=True, slots=True)
class Ground:
    """A legal ground to keep (Art. 17(3)) as a plan, a notice and the evidence name it."""

    hold: str
    art17_3: str
    law: str
    until: str = ""
    """The last day of the hold as ISO date, ``per_row`` where each row has its own, empty where none is set."""


@dataclass(frozen=True, slots=True)
class PlanLine:
    """What will happen to some rows and columns of one table."""

    system: str
    table: str
    action: Action
    rows: int
    columns: tuple[str, ...] = ()
    """Empty: the whole row."""
    ground: Ground | None = None
    note: str = ""
    """A code of why: ``about_third_party``, ``shared``, ``review``, ``masked``, ``by_hand:<reference>``, …"""
    when: str = ""
    """Of which rows it tells alone, in the words of the contract; empty: of the table's."""


KEY_SEEN = "witness"
UNDECLARED = "undeclared"
COPIES = "copies"
"""Checks of what no contract leads to: a key was seen; hangs on her rows, undeclared; copies that a database keeps."""


@dataclass(frozen=True, slots=True, order=True)
class Unreached:
    """A place to which no contract leads, and that holds something of the data subject (law 7).

    Attributes:
        place: as the system names it, ``schema.table.column`` or a file's path; never with a key in it.
        rows: how many rows, beyond those that the contract explains.
        kinds: identity kinds of the keys that were seen; of copies, the code of why they are kept.
        check: :data:`KEY_SEEN`, :data:`UNDECLARED` or :data:`COPIES`.
    """

    system: str
    place: str
    rows: int
    kinds: tuple[str, ...] = ()
    check: str = KEY_SEEN

    def facts(self) -> list[Any]:
        """As JSON, for receipts and the plan."""
        return [self.system, self.place, self.rows, list(self.kinds), self.check]

    @classmethod
    def of(cls, facts: Sequence[Any]) -> Self:
        """From what :meth:`facts` gave.

        >>> one = Unreached("crm", "public.old.mail", 2, ("email",))
        >>> Unreached.of(one.facts()) == one
        True
        """
        system, place, rows, kinds, check = facts
        return cls(system, place, rows, tuple(kinds), check)


@dataclass(frozen=True, slots=True, order=True)
class RehearsedSystem:
    """What a system accepted of the orders that were tried before people decide (law 13).

    Attributes:
        tables: how many tables the orders change.
        accepted: how many of them accepted all orders.
        left_out: tables that could not be rehearsed, with a code of why and what it is about.
        appeared: tables that no contract declares in which rows appeared meanwhile, and how many.
        is_partial: of files: types and values alone were tried.
    """

    system: str
    tables: int
    accepted: int
    left_out: tuple[tuple[str, str, str], ...] = ()
    appeared: tuple[tuple[str, int], ...] = ()
    is_partial: bool = False

    @property
    def facts(self) -> dict[str, object]:
        """As JSON facts."""
        return {
            "system": self.system,
            "tables": self.tables,
            "accepted": self.accepted,
            "left_out": [list(left) for left in self.left_out],
            "appeared": [list(found) for found in self.appeared],
            "partial": self.is_partial,
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """What a person approves at the gate: the same case, contracts and counts give the same digest (law 5)."""

    case_id: str
    right: str
    contracts: str
    """Digest of the contracts the plan was made from."""
    lines: tuple[PlanLine, ...]
    sensitivity: Sensitivity
    by_hand: tuple[tuple[str, str], ...] = ()
    """System and reference of what is handled outside the software."""
    send_to: str = ""
    """Art. 20(2): key of the party that the data go to; empty: to the data subject alone."""
    unreached: tuple[Unreached, ...] = ()
    """Places beside the contracts that hold a key: they stay as they are, and the person who approves has seen them."""
    rehearsed: tuple["RehearsedSystem", ...] = ()
    """What systems said of the orders when they were tried."""
    not_looked: tuple[tuple[str, str], ...] = ()
    """Places that the witness could not look at, each with a code of why."""

    @property
    def digest(self) -> str:
        """SHA-256 over everything a person sees."""
        return digest(canonical(plan_facts(self)))


def plan_facts(plan: Plan) -> dict[str, object]:
    """The plan as JSON facts, for the gate, the evidence and ``rightsflow case --json``."""
    # Only where there is one, so that plans of other rights keep the digest that people saw.
    sent: dict[str, object] = {"send_to": plan.send_to} if plan.send_to else {}
    if plan.unreached:
        sent["unreached"] = [one.facts() for one in plan.unreached]
    if plan.rehearsed:
        sent["rehearsed"] = [one.facts for one in plan.rehearsed]
    if plan.not_looked:
        sent["not_looked"] = [list(pair) for pair in plan.not_looked]
    return sent | {
        "case": plan.case_id,
        "right": plan.right,
        "contracts": plan.contracts,
        "sensitivity": plan.sensitivity.value,
        "by_hand": [list(pair) for pair in plan.by_hand],
        "lines": [
            {
                "system": line.system,
                "table": line.table,
                "action": line.action,
                "rows": line.rows,
                "columns": list(line.columns),
                "note": line.note,
                "ground": None
                if line.ground is None
                else {
                    "hold": line.ground.hold,
                    "art17_3": line.ground.art17_3,
                    "law": line.ground.law,
                    "until": line.ground.until,
                },
                # Only where there is one, as above.
                **({"when": line.when} if line.when else {}),
            }
            for line in plan.lines
        ],
    }


def is_empty(plan: Mapping[str, Any]) -> bool:
    """Whether a plan, as :func:`plan_facts` gives it, does and shows nothing, so that nobody has to approve it.

    >>> is_empty({"lines": [{"rows": 0}], "by_hand": []}), is_empty({"lines": [], "by_hand": [["crm", "T-1"]]})
    (True, False)
    """
    shows = any(plan.get(name) for name in ("by_hand", "unreached", "not_looked", "send_to"))
    return not shows and not any(line["rows"] for line in plan["lines"])


@dataclass(frozen=True, slots=True)
class Remaining:
    """One line of the proof of an erasure: a count, and how many of it an exemption keeps (law 7)."""

    system: str
    table: str
    check: str
    """``views``: a materialised view that could not be refreshed; ``rows``: rows still selected;
    ``values``: rows whose columns do not look as ordered; ``quality``: values that
    the contract does not allow; ``shared``: rows of several people that are still there; ``keys``: keys that a fresh
    search finds and the sealed search did not know, or rows that it does not find by their new key; ``witness``: rows
    that hold a key where neither contract nor plan explains it, ``table`` being the place."""
    remaining: int
    kept: int
    hold: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checker concluded from the proof's lines.

    Attributes:
        proven: every declared table is there and nothing remains but what an exemption keeps.
        failures: codes with place, e.g. ``crm.customer: rows``; empty when proven.
        checker: name and version of what judged.
    """

    proven: bool
    failures: tuple[str, ...]
    checker: str


@dataclass(frozen=True, slots=True)
class Clock:
    """The dates of a case (Art. 12(3))."""

    response_due: date
    notice_by: date
    """The last day to tell of an extension."""
    unrolled: date
    """The calendar end before weekends and holidays are taken into account; the cautious date to aim at."""
