"""How long steps took, of every step there ever was: sums of those that were done, and the last ones beside them."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row
from sqlalchemy.sql.elements import ColumnElement

from data_contracts.officer.figures import STEP_BOUNDS, StepTime
from data_contracts.vocabulary import Duty
from integrations.register.store import Store
from integrations.register.tables import tables
from integrations.register.tables.tables import UtcTime, metadata

tallies = sa.Table(
    "step_tally",
    metadata,
    sa.Column("step", sa.String(200), primary_key=True),
    sa.Column("done", sa.BigInteger, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("within", sa.JSON, nullable=False),
)
"""Sums by the first word of a step's name, up to the mark; made by migration 0019."""

tally_mark = sa.Table(
    "tally_mark",
    metadata,
    sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("until", UtcTime, nullable=False),
)
"""One row: the moment up to which steps are in the sums. Who adds to them locks it."""

_C, _S = tables.cases.c, tables.steps.c
_IS_AGAIN = _S.attempts > 1
sa.Index("step_changed", _S.changed_at)
sa.Index("step_again", _S.system, _S.attempts, sqlite_where=_IS_AGAIN, postgresql_where=_IS_AGAIN)
IS_COUNTED: Final = _S.case_id.not_in(sa.select(_C.case_id).where(_C.right == Duty.CANARY.value))
"""Steps of everybody but a canary, who is nobody."""
_MARK: Final = sa.select(tally_mark.c.until)
_SETTLED: Final = timedelta(hours=1)
"""After which no transaction writes a step of before any more."""
_AT_ONCE: Final = timedelta(days=7)
"""So much of a long history is added up at a time; others write to the register meanwhile."""


class TallyStore(Store):
    """The part of the register that sums up how long steps took."""

    def step_times(self) -> list[StepTime]:
        """How long steps took, by the first word of their name."""
        with self._database.read() as connection:
            # Sums and mark in one statement, so that whoever adds to them meanwhile is seen in both or in neither.
            rows = connection.execute(
                sa.select(tally_mark.c.until, *tallies.c).join_from(tally_mark, tallies, sa.true(), isouter=True)
            ).all()
            summed = _by_step(row for row in rows if row.step is not None)
            recent = self._done(connection, _S.changed_at > rows[0].until if rows else sa.true())
        return sorted(_added(summed, recent).values(), key=lambda one: one.step)

    def tally_steps(self) -> bool:
        """Add steps that were done an hour ago or earlier to the sums; whether none is left to add."""
        settled = self._now() - _SETTLED
        with self._database.write() as connection:
            until = self._marked(connection)
            if until is None or until >= settled:
                return True
            reached = min(until + _AT_ONCE, settled)
            done = self._done(connection, sa.and_(_S.changed_at > until, _S.changed_at <= reached))
            summed = _by_step(connection.execute(sa.select(tallies)))
            _keep(connection, _added(summed, done).values())
            connection.execute(sa.update(tally_mark).values(until=reached))
            return reached == settled

    def _marked(self, connection: Connection) -> datetime | None:
        """The mark, locked; where there is none yet, one before the first step; None where there is no step."""
        until: datetime | None = connection.execute(_MARK.with_for_update()).scalar()
        if until is not None:
            return until
        first = connection.execute(sa.select(sa.func.min(_S.changed_at))).scalar()
        if first is None:
            return None
        mark = self._insert(tally_mark).values(one=1, until=first - timedelta(seconds=1))
        connection.execute(mark.on_conflict_do_nothing())
        made: datetime = connection.execute(_MARK.with_for_update()).scalar_one()
        return made

    def _done(self, connection: Connection, when: ColumnElement[bool]) -> list[StepTime]:
        took = self._seconds()
        within = [sa.func.sum(sa.case((took <= bound, 1), else_=0)) for bound in STEP_BOUNDS]
        done = sa.and_(when, IS_COUNTED, _S.state == "done", _S.claimed_at.is_not(None))
        wanted = sa.select(_S.step, sa.func.count(), sa.func.sum(took), *within).where(done).group_by(_S.step)
        return [
            StepTime(step.partition(".")[0], number, max(float(seconds), 0.0), tuple(map(int, counts)))
            for step, number, seconds, *counts in connection.execute(wanted)
        ]

    def _seconds(self) -> ColumnElement[float]:
        """Seconds from the claim of a step to its end."""
        if self._database.dialect == "sqlite":
            days = sa.func.julianday(_S.changed_at) - sa.func.julianday(_S.claimed_at)
            return days * sa.literal(86_400.0)
        return sa.cast(sa.extract("epoch", _S.changed_at - _S.claimed_at), sa.Float)


def _by_step(rows: Iterable[Row[Any]]) -> dict[str, StepTime]:
    return {row.step: StepTime(row.step, row.done, row.seconds, tuple(row.within)) for row in rows}


def _keep(connection: Connection, summed: Iterable[StepTime]) -> None:
    rows: list[dict[str, Any]] = [
        {"step": one.step, "done": one.done, "seconds": one.seconds, "within": list(one.within)} for one in summed
    ]
    connection.execute(sa.delete(tallies))
    if rows:
        connection.execute(sa.insert(tallies), rows)


def _added(summed: Mapping[str, StepTime], more: Iterable[StepTime]) -> dict[str, StepTime]:
    found = dict(summed)
    for one in more:
        before = found.get(one.step, StepTime(one.step, 0, 0.0, (0,) * len(STEP_BOUNDS)))
        within = tuple(a + b for a, b in zip(before.within, one.within, strict=True))
        found[one.step] = StepTime(one.step, before.done + one.done, before.seconds + one.seconds, within)
    return found
