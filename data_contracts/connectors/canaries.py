"""What became of a canary in one system: a made-up person who is found, changed and erased there (law 7).

Names, counts and moments alone; her keys are nobody's, and stand nowhere but in the system and, sealed, in the vault.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class CanaryState(StrEnum):
    """How a canary fared; the worst counts."""

    NOT_ALLOWED = "not_allowed"
    """The system has none: its contract does not allow one."""
    NEVER = "never"
    """Its contract allows one, and none was ever tried."""
    UNFINISHED = "unfinished"
    """A run began and did not end: the system was away, or the process was killed. The next run goes on with it."""
    FAILED = "failed"
    """She could not be planted, changed or erased; nothing of her stays where she was planted."""
    ASTRAY = "astray"
    """The search led to rows that are not hers; nothing was changed or erased by it."""
    MISSED = "missed"
    """The search did not lead to every row of hers."""
    LEFT = "left"
    """A place still held her after she was erased, and no contract says so."""
    UNSEEN = "unseen"
    """All was well where the witness looked; it could not look everywhere."""
    CLEAN = "clean"
    """She was found, changed and erased, and nothing is left of her."""


@dataclass(frozen=True, slots=True)
class CanaryResult:
    """The result of a run of a canary in one system.

    Attributes:
        planted: tables that she had a row in.
        left_out: tables that a search reaches, and that nothing could be planted in.
        missed: tables of which the search did not find her row.
        astray: tables of which the search found rows that are not hers.
        changed: the place whose value was put right; empty: no contract lets a request change a text of hers.
        erased: rows that the erasure touched.
        left: places that held a key of hers after the erasure where neither contract nor plan explains it, or after
            her rows were taken away.
        not_looked: places that the witness could not look at, each with why.
        failed: what went wrong, as a sentence with its remedy; empty: nothing.
    """

    run_id: str
    system: str
    at: datetime
    planted: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    astray: tuple[str, ...] = ()
    changed: str = ""
    erased: int = 0
    left: tuple[str, ...] = ()
    not_looked: tuple[str, ...] = ()
    failed: str = ""

    @property
    def state(self) -> CanaryState:
        """The worst of what became of her."""
        worst = (
            (bool(self.failed), CanaryState.FAILED),
            (bool(self.astray), CanaryState.ASTRAY),
            (bool(self.missed), CanaryState.MISSED),
            (bool(self.left), CanaryState.LEFT),
            (bool(self.not_looked), CanaryState.UNSEEN),
        )
        return next((state for is_so, state in worst if is_so), CanaryState.CLEAN)

    def facts(self) -> dict[str, Any]:
        """As JSON, for the register and for evidence."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()} | {
            "at": self.at.isoformat()
        }

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> "CanaryResult":
        """From what :meth:`facts` gave.

        >>> from datetime import UTC
        >>> one = CanaryResult("R-20261126-7K3M", "crm", datetime(2026, 11, 26, tzinfo=UTC), planted=("customer",))
        >>> CanaryResult.of(one.facts()) == one, one.state.value
        (True, 'clean')
        """
        given: dict[str, Any] = {name: tuple(said) if isinstance(said, list) else said for name, said in facts.items()}
        return cls(**{**given, "at": datetime.fromisoformat(given["at"])})


@dataclass(frozen=True, slots=True)
class CanaryStanding:
    """How a system stands with its canary.

    Attributes:
        at: of the last run; None where there was none.
        result: of the last run that ended; None where none did.
        why: why the last run did not end, as a sentence with its remedy; empty: not known.
    """

    system: str
    state: CanaryState
    at: datetime | None = None
    result: CanaryResult | None = None
    why: str = ""
