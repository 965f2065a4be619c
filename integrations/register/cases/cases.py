"""Cases, their timeline and their evidence."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from data_contracts.case.case import ENDED, Case, Move, NewCase
from data_contracts.case.outgoing import OutgoingKind
from data_contracts.evidence.records import NO_RECORD, Record, digest
from data_contracts.vocabulary import CaseState, Channel, Right
from integrations.register.store import LockedCase, Store, add_move, outgoing_row, put_once, save_case, unknown_case
from integrations.register.tables import tables
from integrations.register.tables.log import log_leaves

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without I, L, O, U, 0 and 1, which are mistaken for each other when read aloud or off paper."""

_C = tables.cases.c
CASE_COLUMNS = (
    _C.case_id,
    _C.right,
    _C.channel,
    _C.language,
    _C.state,
    _C.outcome,
    _C.received_at,
    _C.response_due,
    _C.opened_at,
    _C.closed_at,
    _C.is_extended,
    _C.linked_to,
)
_IS_CASE = _C.right.in_([right.value for right in Right])
"""Rows of cases; the others are runs (:mod:`integrations.register.cases.runs`)."""
_IS_OPEN = _C.state.in_(sorted(set(CaseState) - ENDED))
"""Named one by one, so that the index on states finds them: those that have ended are nearly all there ever were."""
_PUT_CASE = put_once(
    tables.cases,
    *("case_id", "right", "channel", "language", "state", "outcome", "received_at", "response_due", "opened_at"),
    *("request_digest", "moves", "records", "last_record", "is_extended", "linked_to"),
    returning="case_id",
)
_ONE_CASE = sa.select(*CASE_COLUMNS).where(_C.case_id == sa.bindparam("wanted"), _IS_CASE)


class CaseStore(Store):
    """The part of the register that holds cases."""

    def open_case(self, new: NewCase) -> Case:
        """Register a request durably, with its first move and record; the same ``request_key`` gives the same case."""
        request_digest = digest(new.request_key.encode())
        with self._database.write() as connection:
            case_id = self._put_case(connection, new, request_digest=request_digest)
            if case_id is not None:
                self._begin_case(connection, new, case_id=case_id)
            return self._by_request(connection, request_digest)

    def case(self, case_id: str) -> Case:
        """The case.

        Raises:
            CaseUnknown: when there is none of that name.
        """
        with self._database.read() as connection:
            row = connection.execute(_ONE_CASE, {"wanted": case_id}).one_or_none()
        if row is None:
            raise unknown_case(case_id)
        return as_case(row)

    def cases(self, *, open_only: bool = False) -> list[Case]:
        """Cases, by response due."""
        wanted = sa.select(*CASE_COLUMNS).where(_IS_CASE).order_by(_C.response_due, _C.case_id)
        if open_only:
            wanted = wanted.where(_IS_OPEN)
        with self._database.read() as connection:
            return [as_case(row) for row in connection.execute(wanted)]

    def cases_kept_since(self, moment: datetime) -> list[Case]:
        """Archived cases that ended at ``moment`` or before, the oldest first, without those that restrict somebody."""
        kept = tables.restrictions.c
        restricts = sa.exists().where(kept.case_id == _C.case_id, kept.lifted_at.is_(None))
        is_over = sa.and_(_IS_CASE, _C.state == CaseState.ARCHIVED.value, _C.closed_at <= moment, ~restricts)
        with self._database.read() as connection:
            rows = connection.execute(sa.select(*CASE_COLUMNS).where(is_over).order_by(_C.closed_at, _C.case_id))
            return [as_case(row) for row in rows]

    def cases_like(
        self, right: Right | None, state: CaseState | None, due: tuple[date | None, date | None], *, limit: int
    ) -> list[Case]:
        """Cases by response due, which lies from the one day to the other; open ones where no state is named."""
        first, last = due
        wanted = sa.select(*CASE_COLUMNS).where(_IS_CASE, _C.response_due <= last if last else sa.true())
        wanted = wanted.where(_C.response_due >= first if first else sa.true())
        wanted = wanted.where(_C.right == right.value if right else sa.true())
        wanted = wanted.where(_C.state == state.value if state else _IS_OPEN)
        with self._database.read() as connection:
            rows = connection.execute(wanted.order_by(_C.response_due, _C.case_id).limit(limit))
            return [as_case(row) for row in rows]

    def cases_received(
        self, start: datetime, end: datetime, right: Right | None, *, after: Case | None, limit: int
    ) -> list[Case]:
        """A page of the cases received from ``start`` until before ``end``, by the moment of receipt and name."""
        wanted = sa.select(*CASE_COLUMNS).where(_IS_CASE, _C.received_at >= start, _C.received_at < end)
        if right is not None:
            wanted = wanted.where(_C.right == right.value)
        if after is not None:
            is_later = sa.and_(_C.received_at == after.received_at, _C.case_id > after.case_id)
            wanted = wanted.where(sa.or_(_C.received_at > after.received_at, is_later))
        with self._database.read() as connection:
            rows = connection.execute(wanted.order_by(_C.received_at, _C.case_id).limit(limit))
            return [as_case(row) for row in rows]

    def timeline(self, case_id: str) -> list[Move]:
        """Every move of a case, first to last; empty for a case that is not in the register."""
        wanted = sa.select(tables.moves).where(tables.moves.c.case_id == case_id).order_by(tables.moves.c.seq)
        with self._database.read() as connection:
            return [as_move(row) for row in connection.execute(wanted)]

    def evidence(self, case_id: str) -> tuple[list[Mapping[str, object]], Mapping[str, object] | None]:
        """A case's DSSE envelopes in order, and the envelope of its head."""
        kept = tables.evidence.c
        wanted = sa.select(kept.envelope).where(kept.case_id == case_id).order_by(kept.seq)
        with self._database.read() as connection:
            envelopes = [json.loads(text) for text in connection.scalars(wanted)]
            head = connection.scalar(sa.select(_C.head).where(_C.case_id == case_id))
        return envelopes, None if head is None else json.loads(head)

    def evidence_cases(self) -> list[str]:
        """Cases that have evidence, or a head or the log says that there was some, by name."""
        has_head = sa.select(_C.case_id).where(_C.head.is_not(None))
        kept = sa.select(tables.evidence.c.case_id).union(has_head, sa.select(log_leaves.c.case_id))
        with self._database.read() as connection:
            return sorted(connection.scalars(kept))

    def _put_case(self, connection: Connection, new: NewCase, *, request_digest: str) -> str | None:
        """The new case's name; None when the request is registered already."""
        row = _new_row(new) | {"opened_at": self._now(), "request_digest": request_digest}
        while connection.scalar(_REQUEST_EXISTS, {"wanted": request_digest}) is None:
            case_id = new_case_id()
            # Nothing is inserted when another process was first, or (once in a billion) the name is taken.
            if connection.execute(_PUT_CASE, row | {"case_id": case_id}).scalar() is not None:
                return case_id
        return None

    def _begin_case(self, connection: Connection, new: NewCase, *, case_id: str) -> None:
        case = LockedCase(
            case_id,
            CaseState.RECEIVED,
            "",
            None,
            0,
            0,
            NO_RECORD,
            None,
            new.response_due,
            is_extended=False,
            linked_to="",
        )
        at = self._now()
        add_move(connection, case, to=CaseState.RECEIVED, cause="received", actor="rightsflow", at=at)
        start = outgoing_row(case_id, OutgoingKind.START, new.right.value, number=0, at=at)
        connection.execute(sa.insert(tables.outgoing), start)
        facts = {
            "right": new.right.value,
            "channel": new.channel.value,
            "language": new.language,
            "received_at": new.received_at.isoformat(),
            "response_due": new.response_due.isoformat(),
        }
        case = self._append(connection, case, Record(step="received", system="", facts=facts))
        save_case(connection, replace(case, moves=1))
        self._note(connection, case, "opened", new.right.value)

    @staticmethod
    def _by_request(connection: Connection, request_digest: str) -> Case:
        return as_case(connection.execute(_BY_REQUEST, {"wanted": request_digest}).one())


_REQUEST_EXISTS = sa.select(_C.case_id).where(_C.request_digest == sa.bindparam("wanted"))
_BY_REQUEST = sa.select(*CASE_COLUMNS).where(_C.request_digest == sa.bindparam("wanted"))


def new_case_id() -> str:
    """A name for a case such as ``C-7K3M-9QXT``: short, read aloud without doubt, one of 656 billion."""
    signs = "".join(secrets.choice(ALPHABET) for _ in range(8))
    return f"C-{signs[:4]}-{signs[4:]}"


def _new_row(new: NewCase) -> dict[str, object]:
    return {
        "right": new.right.value,
        "channel": new.channel.value,
        "language": new.language,
        "state": CaseState.RECEIVED.value,
        "outcome": "",
        "received_at": new.received_at,
        "response_due": new.response_due,
        "moves": 0,
        "records": 0,
        "last_record": NO_RECORD,
        "is_extended": False,
        "linked_to": "",
    }


def as_case(row: Sequence[Any]) -> Case:
    """The case of a row of :data:`CASE_COLUMNS`."""
    case_id, right, channel, language, state, *others = row
    return Case(case_id, Right(right), Channel(channel), language, CaseState(state), *others)


def as_move(row: Sequence[Any]) -> Move:
    """A move from all columns of its row."""
    case_id, seq, at, origin, to, cause, actor = row
    return Move(case_id, seq, at, None if origin is None else CaseState(origin), CaseState(to), cause, actor)
