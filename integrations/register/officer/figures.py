"""Counts for those who watch: grouped by the database, one statement each."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from data_contracts.case.case import ENDED, Move
from data_contracts.case.incoming import IncomingState
from data_contracts.officer.figures import (
    AwaitingProof,
    FindingCount,
    GateWait,
    OpenDay,
    OpenIncident,
    Queue,
)
from data_contracts.vocabulary import CaseState, Gate, Right
from integrations.register.cases.cases import CASE_COLUMNS, as_case, as_move
from integrations.register.officer.tallies import IS_COUNTED
from integrations.register.store import Store
from integrations.register.tables import officer, tables

_C, _G, _S, _M = tables.cases.c, tables.gates.c, tables.steps.c, tables.moves.c
_F, _I = officer.findings.c, officer.incidents.c
_IS_CASE = _C.right.in_([right.value for right in Right])
_IS_OPEN = sa.and_(_IS_CASE, _C.state.in_(sorted(set(CaseState) - ENDED)))
"""Named one by one, so that the index on states finds them."""
_CLOSED = "closed"


class FigureStore(Store):
    """The part of the register that counts."""

    def count_cases(self) -> Mapping[tuple[Right, CaseState], int]:
        """Cases by right and state."""
        wanted = sa.select(_C.right, _C.state, sa.func.count()).where(_IS_CASE).group_by(_C.right, _C.state)
        return {(Right(right), CaseState(state)): number for right, state, number in self._rows(wanted)}

    def open_by_day(self, *, due: bool) -> list[OpenDay]:
        """Open cases by right and the day that they are due, or were received (UTC)."""
        day: ColumnElement[Any] = _C.response_due if due else sa.func.date(_C.received_at)
        wanted = sa.select(_C.right, day, sa.func.count()).where(_IS_OPEN).group_by(_C.right, day).order_by(day)
        return [OpenDay(Right(right), _day(at), number) for right, at, number in self._rows(wanted)]

    def awaiting_proof(self, *, identity_step: str) -> list[AwaitingProof]:
        """Cases that await a proof, in three statements, however many."""
        asked = sa.and_(_IS_CASE, _C.state == CaseState.IDENTITY_ASKED.value)
        theirs = sa.select(_C.case_id).where(asked)
        moves = sa.select(tables.moves).where(_M.case_id.in_(theirs)).order_by(_M.case_id, _M.seq)
        noted = sa.select(_S.case_id, _S.receipt).where(
            _S.case_id.in_(theirs), _S.step == identity_step, _S.system == "", _S.state == "done"
        )
        with self._database.read() as connection:
            cases = [as_case(row) for row in connection.execute(sa.select(*CASE_COLUMNS).where(asked))]
            timelines: dict[str, list[Move]] = defaultdict(list)
            for row in connection.execute(moves):
                timelines[row.case_id].append(as_move(row))
            receipts: dict[str, Any] = dict(connection.execute(noted).tuples().all())
        return [AwaitingProof(one, timelines[one.case_id], receipts.get(one.case_id, {})) for one in cases]

    def gate_waits(self) -> list[GateWait]:
        """Gates that wait for an answer, by kind."""
        waiting = sa.or_(_C.state.not_in(sorted(ENDED)), _G.opened_at > _C.closed_at)
        wanted = (
            sa.select(_G.gate, sa.func.count(), sa.func.min(_G.opened_at))
            .select_from(tables.gates.join(tables.cases))
            .where(_G.outcome.is_(None), _G.is_newest, waiting)
            .group_by(_G.gate)
            .order_by(_G.gate)
        )
        return [GateWait(Gate(gate), number, oldest) for gate, number, oldest in self._rows(wanted)]

    def failed_attempts(self) -> Mapping[str, int]:
        """Attempts at a step beyond the first, by system; what has no system is left out."""
        again = sa.func.sum(_S.attempts - 1)
        wanted = sa.select(_S.system, again).where(IS_COUNTED, _S.attempts > 1, _S.system != "").group_by(_S.system)
        return {system: int(number) for system, number in self._rows(wanted)}

    def unasked_queue(self) -> Queue:
        """Open cases about which nobody is asked anything; since when nothing happened to one of them."""
        asked = sa.exists().where(_G.case_id == _C.case_id, _G.outcome.is_(None), _G.is_newest)
        moved = sa.select(sa.func.max(_M.at)).where(_M.case_id == _C.case_id).scalar_subquery()
        stepped = sa.select(sa.func.max(_S.changed_at)).where(_S.case_id == _C.case_id).scalar_subquery()
        found = self._rows(sa.select(moved, sa.func.coalesce(stepped, moved)).where(_IS_OPEN, sa.not_(asked)))
        return Queue(len(found), min((max(both) for both in found), default=None))

    def outbox_queue(self) -> Queue:
        """What of the outbox is not done."""
        kept = tables.outgoing.c
        wanted = sa.select(sa.func.count(), sa.func.min(kept.created_at)).where(kept.done_at.is_(None))
        return Queue(*self._rows(wanted)[0])

    def arrivals_queue(self) -> Queue:
        """Mails that nobody has read."""
        kept = tables.incoming.c
        wanted = sa.select(sa.func.count(), sa.func.min(kept.received_at))
        return Queue(*self._rows(wanted.where(kept.state == IncomingState.WAITING.value))[0])

    def count_findings(self, today: date) -> list[FindingCount]:
        """Findings that are not closed, by kind and severity."""
        overdue = sa.func.sum(sa.case((_F.due < today, 1), else_=0))
        wanted = sa.select(_F.kind, _F.severity, sa.func.count(), overdue).where(_F.state != _CLOSED)
        rows = self._rows(wanted.group_by(_F.kind, _F.severity).order_by(_F.kind, _F.severity))
        return [FindingCount(kind, severity, number, int(late)) for kind, severity, number, late in rows]

    def open_incidents(self) -> list[OpenIncident]:
        """Incidents that are not closed, the one known longest first."""
        wanted = sa.select(_I.kind, _I.aware_at, _I.authority_told_at).where(_I.closed_at.is_(None))
        rows = self._rows(wanted.order_by(_I.aware_at))
        return [OpenIncident(kind, aware_at, told is not None) for kind, aware_at, told in rows]

    def _rows(self, wanted: sa.Select[Any]) -> list[Any]:
        with self._database.read() as connection:
            return list(connection.execute(wanted).all())


def _day(found: str | date | datetime) -> date:
    """A day as either database gives it."""
    if isinstance(found, str):
        return date.fromisoformat(found)
    return found.astimezone(UTC).date() if isinstance(found, datetime) else found
