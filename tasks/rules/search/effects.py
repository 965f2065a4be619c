"""What a difference between a contract and its live system forbids."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from data_contracts.company.contract import Table
from data_contracts.officer.findings import FindingKind


class Effect(StrEnum):
    """What a drift forbids."""

    FORBIDS_SEARCHING = "forbids_searching"
    """Nothing can be concluded from the system: neither a search nor, therefore, any act."""
    FORBIDS_ACTING = "forbids_acting"
    """What is found can be disclosed, but neither erased nor changed."""
    FORBIDS_ERASING = "forbids_erasing"
    FORBIDS_CHANGING = "forbids_changing"
    """It can be erased, but a value cannot be put right or marked (Art. 16, 18, 21)."""
    FORBIDS_PROOF = "forbids_proof"
    """It can be acted on, but copies stay where nobody looks: no verdict is *proven* (law 7)."""
    WARNING = "warning"


_FORBIDDEN_BY: Final[Mapping[Effect, frozenset[Effect]]] = {
    Effect.FORBIDS_ACTING: frozenset({Effect.FORBIDS_SEARCHING, Effect.FORBIDS_ACTING}),
    Effect.FORBIDS_ERASING: frozenset({Effect.FORBIDS_SEARCHING, Effect.FORBIDS_ACTING, Effect.FORBIDS_ERASING}),
    Effect.FORBIDS_CHANGING: frozenset({Effect.FORBIDS_SEARCHING, Effect.FORBIDS_ACTING, Effect.FORBIDS_CHANGING}),
}


@dataclass(frozen=True, slots=True, order=True)
class Drift:
    """One difference between contract and live schema; names only, no personal data."""

    system: str
    table: str
    """Empty when it is about the whole system."""
    column: str
    """Empty when it is about the table."""
    effect: Effect
    what: str
    remedy: str
    kind: FindingKind
    about: str = ""
    """What else it is about: another table, or the columns of a key."""

    def __str__(self) -> str:
        """One line for a person."""
        return f"{self.place}: {self.what}. Remedy: {self.remedy}."

    @property
    def place(self) -> str:
        """``system.table.column``, as far as it goes."""
        return ".".join(part for part in (self.system, self.table, self.column) if part)


@dataclass(frozen=True, slots=True, order=True)
class Unproven:
    """A place where copies of a data subject's rows may stay, whatever was erased (law 7).

    Attributes:
        place: ``system.table`` whose rows they are copies of.
        code: why; the value of a :class:`~data_contracts.officer.findings.FindingKind`.
        about: where they lie, as far as that is another table or view.
        remedy: how to erase there too.
    """

    place: str
    code: str
    about: str
    remedy: str


def forbidding(findings: Iterable[Drift], effect: Effect) -> list[Drift]:
    """Those of ``findings`` that forbid it; what may not be searched may not be acted on either."""
    by = _FORBIDDEN_BY.get(effect, frozenset({effect}))
    return [one for one in findings if one.effect in by]


def forbids(findings: Iterable[Drift], effect: Effect) -> bool:
    """Whether ``findings`` forbid it; what may not be searched may not be acted on either."""
    return bool(forbidding(findings, effect))


def proven_but_for(findings: Iterable[Drift]) -> tuple[Unproven, ...]:
    """Where an act in the system can leave copies that no count of the contract's tables sees; empty: nowhere."""
    limits = forbidding(findings, Effect.FORBIDS_PROOF)
    return tuple(sorted(Unproven(one.place, one.kind.value, one.about, one.remedy) for one in limits))


def at(table: Table, column: str, effect: Effect, kind: FindingKind, **said: str) -> Drift:
    """A drift of a table or column; ``said`` are ``what``, ``remedy`` and ``about``."""
    return Drift(table.system, table.name, column, effect, kind=kind, **said)
