"""The shapes that pass between locating, planning, acting and proving; all free of personal data.

Only :class:`Located` carries keys; it is sealed in the vault and redacts its ``repr``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from data_contracts.evidence import canonical, digest
from data_contracts.keys import Condition
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
        by_hand: systems that a person handled outside the software, with the person's reference.
        subjects: identity kind (unique ones only) to the number of different values reached.
    """

    conditions: Mapping[TablePath, tuple[Condition, ...]] = field(repr=False)
    shared: Mapping[TablePath, tuple[Condition, ...]] = field(default_factory=dict, repr=False)
    by_hand: Mapping[str, str] = field(default_factory=dict)
    subjects: Mapping[str, int] = field(default_factory=dict)


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

    @property
    def digest(self) -> str:
        """SHA-256 over everything a person sees."""
        return digest(canonical(plan_facts(self)))


def plan_facts(plan: Plan) -> dict[str, object]:
    """The plan as JSON facts, for the gate, the evidence and ``rightsflow case --json``."""
    # Only where there is one, so that plans of other rights keep the digest that people saw.
    sent = {"send_to": plan.send_to} if plan.send_to else {}
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
            }
            for line in plan.lines
        ],
    }


@dataclass(frozen=True, slots=True)
class Remaining:
    """One line of the proof of an erasure: a count, and how many of it an exemption keeps (law 7)."""

    system: str
    table: str
    check: str
    """``rows``: rows still selected; ``values``: rows whose columns do not look as ordered; ``quality``:
    values that the contract does not allow; ``keys``: keys that a fresh search finds and the sealed search did not
    know, or rows that it does not find by their new key."""
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
