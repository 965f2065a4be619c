"""What arrived and is no case yet."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from data_contracts.case.incoming import Incoming, IncomingState
from data_contracts.vocabulary import Channel
from integrations.register.cases.cases import new_case_id
from integrations.register.store import Store
from integrations.register.tables import tables

_I = tables.incoming.c
_ALL = sa.select(tables.incoming).order_by(_I.response_due, _I.incoming_id)


class IncomingStore(Store):
    """The part of the register that knows what arrived."""

    def put_incoming(
        self, channel: Channel, received_at: datetime, response_due: date, *, message_digest: str
    ) -> Incoming:
        """Register a message durably; the one of that digest where it was registered before."""
        row = {
            "channel": channel.value,
            "received_at": received_at,
            "response_due": response_due,
            "message_digest": message_digest,
            "state": IncomingState.WAITING.value,
            "settled_by": "",
            "note": "",
        }
        wanted = _ALL.where(_I.message_digest == message_digest)
        with self._database.write() as connection:
            while (found := connection.execute(wanted).one_or_none()) is None:
                # Nothing is inserted when another process was first, or the name is taken.
                name = f"M{new_case_id()[1:]}"
                connection.execute(
                    self._insert(tables.incoming).values(row | {"incoming_id": name}).on_conflict_do_nothing()
                )
            return _incoming(found)

    def incoming(self, incoming_id: str) -> Incoming | None:
        """The message; None when there is none."""
        with self._database.read() as connection:
            row = connection.execute(_ALL.where(_I.incoming_id == incoming_id)).one_or_none()
        return None if row is None else _incoming(row)

    def incomings(self, *, waiting_only: bool = False, unread_only: bool = False) -> list[Incoming]:
        """Messages by last day: all, those that wait, or those that wait or were filed and are not read."""
        states = (
            [IncomingState.WAITING.value] if waiting_only else [IncomingState.WAITING.value, IncomingState.FILED.value]
        )
        wanted = _ALL.where(_I.state.in_(states)) if waiting_only or unread_only else _ALL
        with self._database.read() as connection:
            return [_incoming(row) for row in connection.execute(wanted)]

    def note_incoming(self, incoming_id: str, note: str) -> None:
        """Note why a message waits."""
        waiting = _I.state == IncomingState.WAITING.value
        noted = sa.update(tables.incoming).where(_I.incoming_id == incoming_id, waiting).values(note=note)
        with self._database.write() as connection:
            connection.execute(noted)

    def settle_incoming(
        self, incoming_id: str, state: IncomingState, *, by: str, note: str, was: IncomingState = IncomingState.WAITING
    ) -> bool:
        """Note what became of a message that is in that state; False when it is in another."""
        waiting = sa.update(tables.incoming).where(_I.incoming_id == incoming_id, _I.state == was.value)
        changed = {"state": state.value, "settled_by": by, "settled_at": self._now(), "note": note}
        with self._database.write() as connection:
            return connection.execute(waiting.values(changed)).rowcount == 1


def _incoming(row: Row[Any]) -> Incoming:
    return Incoming(
        incoming_id=row.incoming_id,
        channel=Channel(row.channel),
        received_at=row.received_at,
        response_due=row.response_due,
        message_digest=row.message_digest,
        state=IncomingState(row.state),
        settled_by=row.settled_by,
        settled_at=row.settled_at,
        note=row.note,
    )
