"""What a case says of its own proof: one word, and what it leaves open (law 7).

The word stands in the signed record of the step ``prove``; outcome, letter, gate, dossier and the DPO's page read it
there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from data_contracts.case.plan import Remaining


class Conclusion(StrEnum):
    """How far an act is proven, from the best to the worst."""

    PROVEN = "proven"
    """Nothing remains but what the plan keeps, and the witness looked everywhere."""
    PROVEN_BUT_FOR = "proven_but_for"
    """Proven, but for places that are named, each with who decided that it stays, and why."""
    TOLD = "told_by_a_person"
    """A person did it in a system that the software cannot look at."""
    NOT_LOOKED_AT = "not_looked_at"
    """Some place could not be looked at, or nothing looked beside the contract."""


class StayGround(StrEnum):
    """Why something stays that the plan does not keep; the reference of the answer *stays* is one of these."""

    MENTION = "mention"
    """Another person's data mention the key: not the data subject's alone."""
    OBLIGATION = "obligation"
    """A law or a claim asks for it, of which the contract says nothing yet."""
    TECHNICAL = "technical"
    """It cannot be erased there yet; it is not used, and goes with its system."""
    APPROVED = "approved"
    """People saw the place when they approved the plan; no contract leads there."""
    UNDECLARED = "undeclared"
    """The same of what hangs on a row of the data subject, and no contract declares."""
    COPIES = "copies"
    """The same of copies that the database keeps by itself."""

    RECOVERY = "recovery"
    """What was erased is sealed for some days, so that a mistake can be undone; then its key is destroyed."""


DECIDABLE: Final = (StayGround.MENTION, StayGround.OBLIGATION, StayGround.TECHNICAL)
"""Grounds that a person can give at the gate *mismatch*; the others come from what people saw before."""


@dataclass(frozen=True, slots=True)
class Staying:
    """Something that stays, as a person decided."""

    line: Remaining
    why: StayGround
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Findings:
    """What is left open once nothing remains that nobody decided about.

    Attributes:
        staying: what stays, with who decided.
        told: systems that a person handled and that cannot be looked at, with the person's reference.
        not_looked: places that could not be looked at, each with a code of why.
    """

    staying: tuple[Staying, ...] = ()
    told: Mapping[str, str] = field(default_factory=dict)
    not_looked: tuple[tuple[str, str], ...] = ()

    @property
    def conclusion(self) -> Conclusion:
        """The worst that holds.

        >>> Findings().conclusion.value, Findings(told={"crm": "T-1"}).conclusion.value
        ('proven', 'told_by_a_person')
        """
        if self.not_looked:
            return Conclusion.NOT_LOOKED_AT
        if self.told:
            return Conclusion.TOLD
        return Conclusion.PROVEN_BUT_FOR if self.staying else Conclusion.PROVEN

    def facts(self) -> dict[str, Any]:
        """As JSON for receipt and record, without personal data."""
        return {
            "verdict": self.conclusion.value,
            "but_for": [
                {
                    "system": one.line.system,
                    "place": one.line.table,
                    "check": one.line.check,
                    "rows": one.line.remaining - one.line.kept,
                    "why": one.why.value,
                    "by": list(one.by),
                }
                for one in self.staying
            ],
            "told": dict(sorted(self.told.items())),
            "not_looked": [list(pair) for pair in self.not_looked],
        }


def conclusion_of(receipt: Mapping[str, Any]) -> Conclusion:
    """The word in a receipt or record of ``prove``; those of older versions say it in other fields.

    >>> conclusion_of({"by_hand": "T-1"}).value, conclusion_of({"counts": 3}).value
    ('told_by_a_person', 'proven')
    """
    if "verdict" in receipt:
        return Conclusion(receipt["verdict"])
    return Conclusion.TOLD if "by_hand" in receipt else Conclusion.PROVEN


def staying_of(receipt: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """What a receipt of ``prove`` says stays; of older versions: nothing."""
    return list(receipt.get("but_for", ()))
