"""Counts by period: grouped by the database."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from data_contracts.statistics import ToldCase
from data_contracts.vocabulary import CaseState, Channel, Right
from integrations.register import tables
from integrations.register.store import Store

_C, _M = tables.cases.c, tables.moves.c
_IS_CASE = _C.right.in_([right.value for right in Right])
_TOLD = (
    sa.select(_M.case_id, sa.func.min(_M.at).label("at"))
    .where(_M.to_state == CaseState.SUBJECT_TOLD.value)
    .group_by(_M.case_id)
    .subquery()
)
_ASKED = sa.exists().where(_M.case_id == _C.case_id, _M.to_state == CaseState.IDENTITY_ASKED.value)


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

    def told_between(self, start: datetime, end: datetime) -> list[ToldCase]:
        """Cases whose data subject was told then, by the time of telling."""
        columns = (_C.case_id, _C.right, _C.received_at, _TOLD.c.at, _C.response_due, _C.is_extended, _C.outcome)
        wanted = sa.select(*columns, _ASKED).join(_TOLD, _TOLD.c.case_id == _C.case_id)
        wanted = wanted.where(_IS_CASE, _TOLD.c.at >= start, _TOLD.c.at < end).order_by(_TOLD.c.at, _C.case_id)
        with self._database.read() as connection:
            return [ToldCase(name, Right(right), *facts) for name, right, *facts in connection.execute(wanted)]

    def ended_untold_between(self, start: datetime, end: datetime) -> Mapping[tuple[Right, str], int]:
        """Cases that ended then without an answer, by right and outcome."""
        wanted = (
            sa.select(_C.right, _C.outcome, sa.func.count())
            .outerjoin(_TOLD, _TOLD.c.case_id == _C.case_id)
            .where(_IS_CASE, _C.closed_at >= start, _C.closed_at < end, _TOLD.c.at.is_(None))
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
