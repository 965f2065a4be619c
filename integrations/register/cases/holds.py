"""What must be kept for legal claims, by keyed digests of whom it is about (Art. 17(3)(e))."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from data_contracts.case.holds import LitigationHold
from data_contracts.case.subjects import SubjectKey
from integrations.register.store import Store
from integrations.register.tables import tables

_H = tables.litigation_holds.c
_ALL = sa.select(tables.litigation_holds).order_by(_H.set_at, _H.hold_id, _H.kind, _H.digest)


class HoldStore(Store):
    """The part of the register that knows what must be kept for legal claims."""

    def put_hold(self, hold: LitigationHold) -> None:
        """Set a hold; one of that id stays as it is."""
        rows = [
            {
                "hold_id": hold.hold_id,
                "digest": key.digest,
                "kind": key.kind,
                "systems": list(hold.systems),
                "reference": hold.reference,
                "set_by": hold.set_by,
                "set_at": hold.set_at,
                "lifted_by": "",
            }
            for key in hold.keys
        ]
        with self._database.write() as connection:
            connection.execute(self._insert(tables.litigation_holds).on_conflict_do_nothing(), rows)

    def holds(self, *, open_only: bool = False) -> list[LitigationHold]:
        """Holds by the time they were set; with ``open_only`` those that were not lifted."""
        return self._read(_ALL.where(_H.lifted_at.is_(None)) if open_only else _ALL)

    def holds_on(self, keys: Iterable[SubjectKey]) -> list[LitigationHold]:
        """Holds in force on anybody who has one of ``keys``."""
        digests = sorted({key.digest for key in keys})
        if not digests:
            return []
        concerned = sa.select(_H.hold_id).where(_H.digest.in_(digests))
        return self._read(_ALL.where(_H.lifted_at.is_(None), _H.hold_id.in_(concerned)))

    def lift_hold(self, hold_id: str, *, by: str, at: datetime) -> bool:
        """Lift a hold; False when there is none in force of that id."""
        lifted = sa.update(tables.litigation_holds).where(_H.hold_id == hold_id, _H.lifted_at.is_(None))
        with self._database.write() as connection:
            return connection.execute(lifted.values(lifted_by=by, lifted_at=at)).rowcount > 0

    def _read(self, wanted: sa.Select[Any]) -> list[LitigationHold]:
        with self._database.read() as connection:
            rows = list(connection.execute(wanted))
        return [_hold(list(own)) for _, own in groupby(rows, key=lambda row: row.hold_id)]


def _hold(rows: Sequence[sa.Row[Any]]) -> LitigationHold:
    first = rows[0]
    return LitigationHold(
        hold_id=first.hold_id,
        keys=tuple(SubjectKey(row.kind, row.digest) for row in rows),
        systems=tuple(first.systems),
        reference=first.reference,
        set_by=first.set_by,
        set_at=first.set_at,
        lifted_by=first.lifted_by,
        lifted_at=first.lifted_at,
    )
