"""The judge: concludes from counts whether an erasure is proven (law 7)."""

from collections.abc import Sequence
from typing import Protocol

from data_contracts.case.plan import Remaining, TablePath, Verdict

__all__ = ["Judge"]


class Judge(Protocol):
    """Concludes from counts whether an erasure is proven (law 7)."""

    def judge(self, proof: Sequence[Remaining], expected: Sequence[TablePath]) -> Verdict:
        """The verdict over all lines; every table of ``expected`` must have its line."""
