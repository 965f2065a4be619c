"""What is still to be done outside the register because of a case."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from data_contracts.case.outgoing import NO_FACTS, Outgoing, OutgoingKind
from integrations.register.store import Store, outgoing_row
from integrations.register.tables import tables

_O = tables.outgoing.c
_ROWS = sa.select(_O.seq, _O.case_id, _O.kind, _O.target, _O.number, _O.created_at, _O.attempts, _O.facts)


class OutgoingStore(Store):
    """The part of the register that knows what is still to be done."""

    def put_outgoing(
        self, case_id: str, kind: OutgoingKind, target: str, *, number: int = 0, facts: Mapping[str, object] = NO_FACTS
    ) -> None:
        """Have something done; nothing happens when the same was put before."""
        row = outgoing_row(case_id, kind, target, number=number, at=self._now()) | {"facts": dict(facts)}
        with self._database.write() as connection:
            connection.execute(self._insert(tables.outgoing).values(row).on_conflict_do_nothing())

    def outgoing_due(self, kinds: Iterable[OutgoingKind], at: datetime, *, limit: int = 200) -> list[Outgoing]:
        """What is to be done now, oldest first."""
        wanted = _ROWS.where(_O.done_at.is_(None), _O.next_at <= at, _O.kind.in_([kind.value for kind in kinds]))
        with self._database.read() as connection:
            return [_outgoing(row) for row in connection.execute(wanted.order_by(_O.seq).limit(limit))]

    def starts_due(self, at: datetime, *, soon: date, limit: int) -> list[Outgoing]:
        """Cases whose flow is to be started now: those due by ``soon`` first, then the rights in turn, oldest first.

        Many requests of one right so hold up nobody who asks for another.
        """
        case = tables.cases.c
        is_later = sa.case((case.response_due > soon, 1), else_=0)
        turn = sa.func.row_number().over(partition_by=(is_later, case.right), order_by=_O.seq)
        due = sa.and_(_O.done_at.is_(None), _O.next_at <= at, _O.kind == OutgoingKind.START.value)
        wanted = _ROWS.join(tables.cases, case.case_id == _O.case_id).where(due)
        with self._database.read() as connection:
            rows = connection.execute(wanted.order_by(is_later, turn, _O.seq).limit(limit))
            return [_outgoing(row) for row in rows]

    def outgoing_done(self, rows: Iterable[int]) -> None:
        """Note that these rows are done, by their numbers."""
        done = sa.update(tables.outgoing).where(_O.seq.in_(list(rows)), _O.done_at.is_(None))
        with self._database.write() as connection:
            connection.execute(done.values(done_at=self._now(), note=""))

    def outgoing_again(self, seq: int, at: datetime, note: str) -> None:
        """Note that a row failed and is tried again at a time; ``note`` says why, without personal data."""
        again = sa.update(tables.outgoing).where(_O.seq == seq)
        with self._database.write() as connection:
            connection.execute(again.values(attempts=_O.attempts + 1, next_at=at, note=note))

    def outgoing_left(self) -> dict[OutgoingKind, int]:
        """How many rows of each kind are not done."""
        left = sa.select(_O.kind, sa.func.count()).where(_O.done_at.is_(None)).group_by(_O.kind)
        with self._database.read() as connection:
            return {OutgoingKind(kind): count for kind, count in connection.execute(left)}

    def forget_outgoing(self, before: datetime) -> int:
        """Forget rows that were done before then; how many."""
        with self._database.write() as connection:
            return connection.execute(sa.delete(tables.outgoing).where(_O.done_at < before)).rowcount


def _outgoing(row: Row[Any]) -> Outgoing:
    return Outgoing(
        seq=row.seq,
        case_id=row.case_id,
        kind=OutgoingKind(row.kind),
        target=row.target,
        number=row.number,
        created_at=row.created_at,
        attempts=row.attempts,
        facts=dict(row.facts),
    )
