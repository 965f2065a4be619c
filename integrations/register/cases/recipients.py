"""Which recipients were told what was done, and whether they answered (Art. 19)."""

from datetime import datetime

import sqlalchemy as sa

from data_contracts.told.recipients import RecipientNotice
from integrations.register.store import Store
from integrations.register.tables import tables

_N = tables.recipient_notices.c
_COLUMNS = (
    _N.case_id, _N.party, _N.via, _N.state, _N.sent_at, _N.acknowledged_at, _N.reference, _N.chased, _N.chased_at,
)  # fmt: skip
_AWAITED = ("told", "unanswered")
"""States in which an answer may still come."""


class RecipientStore(Store):
    """The part of the register that knows which recipients were told."""

    def put_recipient_notice(self, notice: RecipientNotice) -> None:
        """Note that a recipient was told; what is noted already stays."""
        row = {column.key: getattr(notice, column.key) for column in _COLUMNS}
        with self._database.write() as connection:
            connection.execute(self._insert(tables.recipient_notices).on_conflict_do_nothing(), row)

    def recipient_notices(self, case_id: str = "") -> list[RecipientNotice]:
        """Those of a case by party, or of all cases by case and party."""
        wanted = sa.select(*_COLUMNS).order_by(_N.case_id, _N.party)
        if case_id:
            wanted = wanted.where(_N.case_id == case_id)
        with self._database.read() as connection:
            return [RecipientNotice(*row) for row in connection.execute(wanted)]

    def acknowledge_recipient(self, case_id: str, party: str, *, reference: str, at: datetime) -> bool:
        """Note that a recipient answered; False when it was never told, or has answered before."""
        awaited = sa.update(tables.recipient_notices).where(
            _N.case_id == case_id, _N.party == party, _N.state.in_(_AWAITED)
        )
        answered = awaited.values(state="acknowledged", reference=reference, acknowledged_at=at)
        with self._database.write() as connection:
            return connection.execute(answered).rowcount == 1

    def note_chase(self, case_id: str, party: str, *, chased: int, at: datetime, state: str) -> None:
        """Note that a recipient was reminded for the ``chased``-th time; nothing happens when it answered meanwhile."""
        awaited = sa.update(tables.recipient_notices).where(
            _N.case_id == case_id, _N.party == party, _N.state.in_(_AWAITED)
        )
        with self._database.write() as connection:
            connection.execute(awaited.values(chased=chased, chased_at=at, state=state))
