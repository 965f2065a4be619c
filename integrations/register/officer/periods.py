"""Counts by period: grouped by the database."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from data_contracts.case.case import Move
from data_contracts.case.verdicts import conclusion_of
from data_contracts.officer.statistics import ToldCase
from data_contracts.vocabulary import CaseState, Channel, Right
from integrations.register.cases.cases import as_move
from integrations.register.store import Store
from integrations.register.tables import tables

_C, _M, _S = tables.cases.c, tables.moves.c, tables.steps.c
_IS_CASE = _C.right.in_([right.value for right in Right])
_T, _BEFORE = tables.moves.alias("told"), tables.moves.alias("before")
_IS_TOLD = _T.c.to_state == CaseState.SUBJECT_TOLD.value
_IS_FIRST = sa.not_(
    sa.exists().where(_BEFORE.c.case_id == _T.c.case_id, _BEFORE.c.to_state == _T.c.to_state, _BEFORE.c.seq < _T.c.seq)
)
_PROOF = tables.steps.alias("proof")
_ASKED = sa.select(_M.case_id).where(_M.to_state == CaseState.IDENTITY_ASKED.value)


def _is_done(steps: sa.FromClause, step: str) -> sa.ColumnElement[bool]:
    """That the row of ``steps`` is the case's, of that step as a whole, and done."""
    kept = steps.c
    return sa.and_(kept.case_id == _C.case_id, kept.step == step, kept.system == "", kept.state == "done")


class PeriodStore(Store):
    """The part of the register that counts by period."""

    def received_between(self, start: datetime, end: datetime) -> Mapping[tuple[Right, Channel], int]:
        """Requests received from ``start`` on and before ``end``."""
        wanted = sa.select(_C.right, _C.channel, sa.func.count()).where(
            _IS_CASE, _C.received_at >= start, _C.received_at < end
        )
        with self._database.read() as connection:
            rows = connection.execute(wanted.group_by(_C.right, _C.channel).order_by(_C.right, _C.channel))
            return {(Right(right), Channel(channel)): number for right, channel, number in rows}

    def told_between(self, start: datetime, end: datetime, *, identity_step: str, proof_step: str) -> list[ToldCase]:
        """Cases whose data subject was told then, by the time of telling; in two statements, however many."""
        columns = (_C.case_id, _C.right, _C.received_at, _T.c.at, _C.response_due, _C.is_extended, _C.outcome)
        noted, proven = _is_done(tables.steps, identity_step), _is_done(_PROOF, proof_step)
        then = sa.and_(_IS_TOLD, _T.c.at >= start, _T.c.at < end, _IS_FIRST)
        wanted = sa.select(*columns, _S.receipt, _PROOF.c.receipt).join(_T, _T.c.case_id == _C.case_id)
        wanted = (
            wanted.outerjoin(tables.steps, noted)
            .outerjoin(_PROOF, proven)
            .where(_IS_CASE, then)
            .order_by(_T.c.at, _C.case_id)
        )
        moves = sa.select(tables.moves).join(_T, _T.c.case_id == _M.case_id).where(then, _M.case_id.in_(_ASKED))
        with self._database.read() as connection:
            rows = connection.execute(wanted).all()
            timelines: dict[str, list[Move]] = defaultdict(list)
            for row in connection.execute(moves.order_by(_M.case_id, _M.seq)):
                timelines[row.case_id].append(as_move(row))
        return [
            ToldCase(
                *(name, Right(right), came, at, due, is_extended, outcome),
                identity or {},
                timelines.get(name, ()),
                None if proof is None else conclusion_of(proof),
            )
            for name, right, came, at, due, is_extended, outcome, identity, proof in rows
        ]

    def ended_untold_between(self, start: datetime, end: datetime) -> Mapping[tuple[Right, str], int]:
        """Cases that ended then without an answer, by right and outcome."""
        wanted = (
            sa.select(_C.right, _C.outcome, sa.func.count())
            .where(_IS_CASE, _C.closed_at >= start, _C.closed_at < end)
            .where(sa.not_(sa.exists().where(_T.c.case_id == _C.case_id, _IS_TOLD)))
            .group_by(_C.right, _C.outcome)
            .order_by(_C.right, _C.outcome)
        )
        with self._database.read() as connection:
            return {(Right(right), outcome): number for right, outcome, number in connection.execute(wanted)}

    def open_at(self, moment: datetime) -> Mapping[Right, int]:
        """Cases that were received before the moment and had not ended at it."""
        still = sa.or_(_C.closed_at >= moment, _C.closed_at.is_(None))
        wanted = sa.select(_C.right, sa.func.count()).where(_IS_CASE, _C.received_at < moment, still)
        with self._database.read() as connection:
            return {Right(right): number for right, number in connection.execute(wanted.group_by(_C.right))}
