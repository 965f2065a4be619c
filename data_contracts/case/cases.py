"""The port that keeps cases and their timelines."""

from datetime import date, datetime
from typing import Protocol

from data_contracts.case.case import Case, Move, NewCase
from data_contracts.vocabulary import CaseState, Right

__all__ = ["Cases"]


class Cases(Protocol):
    """Cases, each the truth about one request (law 2)."""

    def open_case(self, new: NewCase) -> Case:
        """Register a request durably; the same ``request_key`` gives the same case."""

    def case(self, case_id: str) -> Case:
        """The case.

        Raises:
            CaseUnknown: when there is none of that name.
        """

    def cases(self, *, open_only: bool = False) -> list[Case]:
        """Cases, by response due."""

    def cases_kept_since(self, moment: datetime) -> list[Case]:
        """Archived cases that ended at ``moment`` or before, the oldest first, without those that restrict somebody."""

    def cases_like(
        self, right: Right | None, state: CaseState | None, due: tuple[date | None, date | None], *, limit: int
    ) -> list[Case]:
        """Cases by response due, which lies from the one day to the other; open ones where no state is named."""

    def cases_received(
        self, start: datetime, end: datetime, right: Right | None, *, after: Case | None, limit: int
    ) -> list[Case]:
        """A page of the cases received from ``start`` until before ``end``, by the moment of receipt and name.

        Args:
            start: the first moment, aware.
            end: the first moment that is no longer of the period.
            right: one right alone; None: all.
            after: the last case of the page before; None for the first page.
            limit: how many at most; fewer are the last page, none is the end.
        """

    def timeline(self, case_id: str) -> list[Move]:
        """Every move of a case, first to last."""
