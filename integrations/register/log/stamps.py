"""Time stamps of checkpoints, each the first that was had, and what keeps the next one away."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from data_contracts.evidence.time_stamps import Stamp, StampRefusal, StampTrouble
from integrations.register.store import Store
from integrations.register.tables.log import log_checkpoints, log_stamp_trouble, log_stamps

_S = log_stamps.c
_T = log_stamp_trouble.c
_C = log_checkpoints.c


class StampStore(Store):
    """The part of the register that keeps time stamps."""

    def put_stamp(self, size: int, stamp: Stamp) -> None:
        """Keep the stamp of the checkpoint of that size; the first one stays. Ends the trouble there was."""
        row = {"size": size, "reply": stamp.reply, "nonce": str(stamp.nonce), "stamped_at": stamp.at}
        with self._database.write() as connection:
            connection.execute(self._insert(log_stamps).values(row).on_conflict_do_nothing())
            connection.execute(sa.delete(log_stamp_trouble))

    def stamps(self) -> Mapping[int, Stamp]:
        """Stamps by size of their checkpoints."""
        wanted = sa.select(_S.size, _S.reply, _S.nonce, _S.stamped_at).order_by(_S.size)
        with self._database.read() as connection:
            return {size: Stamp(bytes(reply), int(nonce), at) for size, reply, nonce, at in connection.execute(wanted)}

    def unstamped(self) -> list[tuple[int, str, datetime]]:
        """Checkpoints that await a stamp, newest first, as size, note and the time they were made.

        Those since the first that was stamped; the newest alone before any was.
        """
        is_stamped = sa.exists().where(_S.size == _C.size)
        wanted = sa.select(_C.size, _C.note, _C.made_at).where(~is_stamped).order_by(_C.size.desc())
        with self._database.read() as connection:
            first = connection.execute(sa.select(sa.func.min(_S.size))).scalar()
            chosen = wanted.limit(1) if first is None else wanted.where(_C.size > first)
            return [(size, note, at) for size, note, at in connection.execute(chosen)]

    def note_stamp_trouble(self, why: StampRefusal, at: datetime) -> StampTrouble:
        """Note that a try failed; since when they do."""
        row = {"one": 1, "since": at, "last_try": at, "tries": 1, "why": why.value}
        later = {"last_try": at, "tries": _T.tries + 1, "why": why.value}
        noted = self._insert(log_stamp_trouble).values(row).on_conflict_do_update(index_elements=["one"], set_=later)
        with self._database.write() as connection:
            connection.execute(noted)
        return self.stamp_trouble() or StampTrouble(at, at, 1, why)

    def stamp_trouble(self) -> StampTrouble | None:
        """What keeps stamps away; None when the last try brought one."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(_T.since, _T.last_try, _T.tries, _T.why)).one_or_none()
        return None if row is None else StampTrouble(row.since, row.last_try, row.tries, StampRefusal(row.why))
