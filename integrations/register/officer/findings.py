"""Findings of audits, recognised again by what they are about and where; each move is a row that stays."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from data_contracts.areas import Severity
from data_contracts.errors import CaseUnknown
from data_contracts.officer.findings import (
    Finding,
    FindingChange,
    FindingEvent,
    FindingKind,
    FindingMove,
    FindingState,
    Looked,
    Owned,
    Settled,
)
from integrations.register.cases.cases import ALPHABET
from integrations.register.store import Store
from integrations.register.tables.officer import finding_events, findings

_F, _E = findings.c, finding_events.c
_RIGHTSFLOW: Final = "rightsflow"
_WORST_FIRST: Final = sa.case({severity.value: place for place, severity in enumerate(Severity)}, value=_F.severity)


class FindingStore(Store):
    """The part of the register that holds findings."""

    def settle_findings(self, run_id: str, found: Sequence[Owned], looked: Looked, day: date) -> Settled:
        """Open what is new, note what was found again, open again what had gone, close what is no longer found.

        Safe to call again with the same run. A finding whose risk was accepted stays accepted until its day.
        """
        with self._database.write() as connection:
            known = {row.digest: row for row in connection.execute(sa.select(findings).with_for_update())}
            now = {one.found.digest: one for one in found}
            opened = [self._open(connection, run_id, one) for digest, one in now.items() if digest not in known]
            again: list[str] = []
            reopened: list[str] = []
            for digest in now.keys() & known.keys():
                is_anew = self._seen(connection, run_id, known[digest], now[digest], day)
                (reopened if is_anew else again).append(known[digest].finding_id)
            gone = [
                self._close(connection, run_id, row)
                for digest, row in known.items()
                if digest not in now
                and row.state != FindingState.CLOSED
                and looked.covers(FindingKind(row.kind), row.place)
            ]
        return Settled(*(tuple(sorted(ids)) for ids in (opened, reopened, again, gone)))

    def findings(self, *, open_only: bool = False) -> list[Finding]:
        """Findings, the worst and the one due first on top; with ``open_only`` those that are not closed."""
        wanted = sa.select(findings).order_by(_WORST_FIRST, _F.due, _F.place, _F.finding_id)
        if open_only:
            wanted = wanted.where(_F.state != FindingState.CLOSED.value)
        with self._database.read() as connection:
            return [_finding(row) for row in connection.execute(wanted)]

    def finding(self, finding_id: str) -> Finding:
        """The finding.

        Raises:
            CaseUnknown: when there is none of that name.
        """
        with self._database.read() as connection:
            return _finding(_one(connection, finding_id))

    def finding_events(self, finding_id: str) -> list[FindingEvent]:
        """What became of it, first to last."""
        wanted = sa.select(_E.at, _E.what, _E.actor, _E.note).where(_E.finding_id == finding_id).order_by(_E.seq)
        with self._database.read() as connection:
            return [
                FindingEvent(at, FindingMove(what), actor, note) for at, what, actor, note in connection.execute(wanted)
            ]

    def move_finding(
        self, finding_id: str, move: FindingMove, change: FindingChange, *, actor: str, note: str = ""
    ) -> Finding:
        """Change a finding, with an event in the same transaction.

        Raises:
            CaseUnknown: when there is none of that name.
        """
        with self._database.write() as connection:
            _one(connection, finding_id)
            changed: dict[str, object] = {}
            if change.owner:
                changed["owner"] = change.owner
            if change.due is not None:
                changed["due"] = change.due
            if change.state is not None:
                changed["state"] = change.state.value
                changed["closed_at"] = self._now() if change.state is FindingState.CLOSED else None
            if changed:
                _change(connection, finding_id, changed)
            self._add_event(connection, finding_id, move, actor=actor, note=note)
            return _finding(_one(connection, finding_id))

    def _open(self, connection: Connection, run_id: str, owned: Owned) -> str:
        finding_id = f"F-{''.join(secrets.choice(ALPHABET) for _ in range(8))}"
        row = _as_found(owned) | {
            "finding_id": finding_id,
            "digest": owned.found.digest,
            "kind": owned.found.kind.value,
            "place": owned.found.place,
            "state": FindingState.OPEN.value,
            "owner": owned.owner,
            "due": owned.due,
            "first_run": run_id,
            "last_run": run_id,
            "opened_at": self._now(),
        }
        connection.execute(sa.insert(findings).values(row))
        self._add_event(connection, finding_id, FindingMove.OPENED, note=run_id)
        return finding_id

    def _seen(self, connection: Connection, run_id: str, row: Row[Any], owned: Owned, day: date) -> bool:
        """Write down that it was found again; whether it was opened again by that."""
        is_over = row.state == FindingState.ACCEPTED and row.due < day
        is_anew = bool(row.state == FindingState.CLOSED or is_over)
        changed = _as_found(owned) | {"last_run": run_id}
        if is_anew:
            changed |= {"state": FindingState.OPEN.value, "due": owned.due, "closed_at": None}
            self._add_event(connection, row.finding_id, FindingMove.REOPENED, note=run_id)
        _change(connection, row.finding_id, changed)
        return is_anew

    def _close(self, connection: Connection, run_id: str, row: Row[Any]) -> str:
        _change(connection, row.finding_id, {"state": FindingState.CLOSED.value, "closed_at": self._now()})
        self._add_event(connection, row.finding_id, FindingMove.GONE, note=run_id)
        return str(row.finding_id)

    def _add_event(
        self, connection: Connection, finding_id: str, move: FindingMove, *, actor: str = _RIGHTSFLOW, note: str = ""
    ) -> None:
        row = {"finding_id": finding_id, "at": self._now(), "what": move.value, "actor": actor, "note": note}
        connection.execute(sa.insert(finding_events).values(row))


def _as_found(owned: Owned) -> dict[str, Any]:
    """What an audit says of a finding each time."""
    found = owned.found
    said = {"severity": found.severity.value, "what": owned.what, "remedy": owned.remedy}
    return said | {"facts": dict(found.facts)}


def _change(connection: Connection, finding_id: str, changed: Mapping[str, object]) -> None:
    connection.execute(sa.update(findings).where(_F.finding_id == finding_id).values(dict(changed)))


def _one(connection: Connection, finding_id: str) -> Row[Any]:
    row = connection.execute(sa.select(findings).where(_F.finding_id == finding_id).with_for_update()).one_or_none()
    if row is None:
        raise CaseUnknown("no such finding", where=finding_id, remedy="list them with `rightsflow findings`")
    return row


def _finding(row: Row[Any]) -> Finding:
    return Finding(
        finding_id=row.finding_id,
        kind=FindingKind(row.kind),
        place=row.place,
        severity=Severity(row.severity),
        facts=row.facts,
        what=row.what,
        remedy=row.remedy,
        state=FindingState(row.state),
        owner=row.owner,
        due=row.due,
        first_run=row.first_run,
        last_run=row.last_run,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
    )
