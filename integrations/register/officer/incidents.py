"""Incidents, and who is told of them, as keyed digests."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from data_contracts.errors import StepFailed
from data_contracts.officer.incidents import Incident, IncidentKind, Risk, SendingState
from integrations.register.store import Store, put_once, unknown_case
from integrations.register.tables.officer import incidents, sendings

_I, _S = incidents.c, sendings.c
_COLUMNS = (
    _I.run_id,
    _I.kind,
    _I.aware_at,
    _I.risk,
    _I.authority_told_at,
    _I.authority_reference,
    _I.people_told_at,
    _I.closed_at,
    _I.counts,
)
_PUT_SENDING = put_once(sendings, "run_id", "number", "digest", "state", "changed_at")


class IncidentStore(Store):
    """The part of the register that holds incidents."""

    def put_incident(self, run_id: str, kind: IncidentKind, aware_at: datetime) -> Incident:
        """Enter an incident under its run; the one that is there, where it is."""
        row: dict[str, object] = {
            "run_id": run_id,
            "kind": kind.value,
            "aware_at": aware_at,
            "risk": Risk.UNDECIDED.value,
            "counts": {},
        }
        with self._database.write() as connection:
            put = self._insert(incidents).values(row | {"authority_reference": ""}).on_conflict_do_nothing()
            connection.execute(put)
        return self.incident(run_id)

    def incident(self, run_id: str) -> Incident:
        """The incident.

        Raises:
            CaseUnknown: when there is none of that name.
        """
        with self._database.read() as connection:
            row = connection.execute(sa.select(*_COLUMNS).where(_I.run_id == run_id)).one_or_none()
        if row is None:
            raise unknown_case(run_id)
        return _incident(row)

    def incidents(self) -> list[Incident]:
        """All, newest first."""
        with self._database.read() as connection:
            return [_incident(row) for row in connection.execute(sa.select(*_COLUMNS).order_by(_I.aware_at.desc()))]

    def note_incident(  # noqa: PLR0913  # the port's signature
        self,
        run_id: str,
        *,
        risk: Risk | None = None,
        counts: Mapping[str, int] | None = None,
        authority_told_at: datetime | None = None,
        authority_reference: str = "",
        people_told_at: datetime | None = None,
        closed_at: datetime | None = None,
    ) -> Incident:
        """Note what was decided or done; what is not given stays."""
        given = {
            "risk": risk.value if risk else None,
            "counts": dict(counts) if counts is not None else None,
            "authority_told_at": authority_told_at,
            "authority_reference": authority_reference or None,
            "people_told_at": people_told_at,
            "closed_at": closed_at,
        }
        changed = {name: value for name, value in given.items() if value is not None}
        with self._database.write() as connection:
            connection.execute(sa.update(incidents).where(_I.run_id == run_id).values(changed))
        return self.incident(run_id)

    def put_sendings(self, run_id: str, digests: Sequence[tuple[int, str]]) -> int:
        """Enter who is to be told; how many were new: each is entered once."""
        now, before = self._now(), sum(self.count_sendings(run_id).values())
        rows = [
            {"run_id": run_id, "number": number, "digest": digest, "state": "waiting", "changed_at": now}
            for number, digest in digests
        ]
        if rows:
            with self._database.write() as connection:
                connection.execute(_PUT_SENDING, rows)
        return sum(self.count_sendings(run_id).values()) - before

    def forget_sendings(self, run_id: str) -> None:
        """Take out who was to be told, as long as everybody waits.

        Raises:
            StepFailed: when somebody was told, or may have been.
        """
        gone = sa.select(sa.func.count()).where(_S.run_id == run_id, _S.state != SendingState.WAITING.value)
        with self._database.write() as connection:
            if connection.scalar(gone):
                raise StepFailed("notices have left already", where=run_id, remedy="report this; nothing was changed")
            connection.execute(sa.delete(sendings).where(_S.run_id == run_id))

    def sendings(self, run_id: str, state: SendingState, most: int) -> list[int]:
        """Numbers of notices that stand so, the lowest first, at most so many."""
        wanted = sa.select(_S.number).where(_S.run_id == run_id, _S.state == state.value)
        with self._database.read() as connection:
            return list(connection.scalars(wanted.order_by(_S.number).limit(most)))

    def mark_sendings(self, run_id: str, numbers: Sequence[int], state: SendingState) -> None:
        """Note where notices stand."""
        changed = (
            sa.update(sendings)
            .where(_S.run_id == run_id, _S.number == sa.bindparam("wanted"))
            .values(state=state.value, changed_at=self._now())
        )
        if numbers:
            with self._database.write() as connection:
                connection.execute(changed, [{"wanted": number} for number in numbers])

    def count_sendings(self, run_id: str) -> Mapping[SendingState, int]:
        """How many notices stand where."""
        wanted = sa.select(_S.state, sa.func.count()).where(_S.run_id == run_id).group_by(_S.state)
        with self._database.read() as connection:
            return {SendingState(state): number for state, number in connection.execute(wanted)}


def _incident(row: Row[Any]) -> Incident:
    run_id, kind, aware_at, risk, told_at, reference, people_at, closed_at, counts = row
    return Incident(
        run_id, IncidentKind(kind), aware_at, Risk(risk), told_at, reference, people_at, closed_at, dict(counts)
    )
