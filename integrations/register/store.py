"""What every part of the register shares: the database, the signer, the clock, and the locked row of a case.

Invariant: whoever adds to a case (a move, a record, an answer) locks the case's row first, so that two processes at
once come one after the other and the evidence chain never forks.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from data_contracts.case.case import ENDED, may_move
from data_contracts.case.outgoing import OutgoingKind
from data_contracts.errors import CaseUnknown, DecisionUnproven, MoveRefused
from data_contracts.evidence.chains import Signer
from data_contracts.evidence.records import Record, digest, head_statement, record_statement
from data_contracts.gates.decided import is_decided_by_nobody
from data_contracts.ports.restores import Noted
from data_contracts.vocabulary import CaseState
from integrations.register.database import Database, note, note_record
from integrations.register.tables import tables
from integrations.register.tables.log import log_leaves

_ADD_RECORD = sa.insert(tables.evidence)
_ADD_LEAF = sa.insert(log_leaves)
_ADD_MOVE = sa.insert(tables.moves)
_ADD_OUTGOING = sa.insert(tables.outgoing)


@dataclass(frozen=True, slots=True)
class LockedCase:
    """What a transaction knows of the case it has locked, and will write back."""

    case_id: str
    state: CaseState
    outcome: str
    closed_at: datetime | None
    moves: int
    records: int
    last_record: str
    head: str | None
    response_due: date
    is_extended: bool
    linked_to: str


class Store:
    """One part of the register."""

    def __init__(self, database: Database, *, signer: Signer, clock: Callable[[], datetime]) -> None:
        """Keep what the parts share.

        Args:
            database: the register's database.
            signer: signs each record and head of evidence.
            clock: gives the aware time that rows are dated with.
        """
        self._database = database
        self._signer = signer
        self._clock = clock

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)

    def _insert(self, table: sa.Table) -> "sqlite.Insert | postgresql.Insert":
        # Both dialects have ON CONFLICT; SQLAlchemy spells it in each dialect's own INSERT.
        return sqlite.insert(table) if self._database.dialect == "sqlite" else postgresql.insert(table)

    def _append(self, connection: Connection, case: LockedCase, record: Record) -> LockedCase:
        """The case with one more record at the end of its chain, signed, and its head signed anew.

        Raises:
            DecisionUnproven: when the record says that something was approved, and by nobody.
        """
        if is_decided_by_nobody(record):
            raise DecisionUnproven(
                "nobody decided what is to be signed as approved",
                where=case.case_id,
                remedy=f"look at the case's gates with `rightsflow evidence verify {case.case_id}`",
            )
        at = self._now()
        payload = record_statement(record, case_id=case.case_id, seq=case.records, previous=case.last_record, at=at)
        row = {"case_id": case.case_id, "seq": case.records, "envelope": self._signed(payload)}
        connection.execute(_ADD_RECORD, row)
        count, last = case.records + 1, digest(payload)
        # Here, and not later: a record that is deleted before the next checkpoint is named as well.
        connection.execute(_ADD_LEAF, {"case_id": case.case_id, "seq": case.records, "record": last})
        note_record(connection, case.case_id, case.records, last)
        head = self._signed(head_statement(case_id=case.case_id, count=count, last=last, at=at))
        return replace(case, records=count, last_record=last, head=head)

    def _signed(self, payload: bytes) -> str:
        return json.dumps(self._signer.sign(payload), separators=(",", ":"))

    def _note(self, connection: Connection, case: LockedCase, what: str, step: str, system: str = "") -> None:
        """Have the witness told what a case did, as :class:`Noted` has it."""
        note(connection, Noted(case.case_id, case.records, what, step, system, self._now().isoformat()))

    def _move(self, connection: Connection, case: LockedCase, move: tuple[CaseState, str], *, actor: str) -> LockedCase:
        """The case where ``move`` brings it, with a row in its timeline.

        Raises:
            MoveRefused: when the case cannot go there from where it stands.
        """
        to, cause = move
        if not may_move(case.state, to):
            what = f"a case that is {case.state} cannot become {to}"
            remedy = f"look at the case with `rightsflow case {case.case_id}`; it may have gone on meanwhile"
            raise MoveRefused(what, where=case.case_id, remedy=remedy)
        add_move(connection, case, to=to, cause=cause, actor=actor, at=self._now())
        self._note(connection, case, "became", to.value)
        closed_at = case.closed_at or (self._now() if to in ENDED else None)
        return replace(case, state=to, moves=case.moves + 1, closed_at=closed_at)


def put_once(table: sa.Table, *names: str, returning: str = "") -> sa.TextClause:
    """An INSERT of these columns that does nothing where the row is there already.

    SQLAlchemy compiles its own ON CONFLICT anew each time, half a millisecond that whoever hands in a request waits
    for; both dialects write it the same way.
    """
    columns, values = ", ".join(f'"{name}"' for name in names), ", ".join(f":{name}" for name in names)
    back = f' RETURNING "{returning}"' if returning else ""
    insert = f'INSERT INTO "{table.name}" ({columns}) VALUES ({values}) ON CONFLICT DO NOTHING{back}'  # noqa: S608  # names of our own tables
    return sa.text(insert).bindparams(*(sa.bindparam(name, type_=table.c[name].type) for name in names))


def add_move(connection: Connection, case: LockedCase, *, to: CaseState, cause: str, actor: str, at: datetime) -> None:  # noqa: PLR0913  # the columns of one row
    """Write the next row of a case's timeline, and have those told who want to hear of it."""
    row = {
        "case_id": case.case_id,
        "seq": case.moves,
        "at": at,
        "origin": case.state.value if case.moves else None,
        "to_state": to.value,
        "cause": cause,
        "actor": actor,
    }
    connection.execute(_ADD_MOVE, row)
    moved = outgoing_row(case.case_id, OutgoingKind.MOVED, to.value, number=case.moves, at=at)
    connection.execute(_ADD_OUTGOING, moved)


def outgoing_row(case_id: str, kind: OutgoingKind, target: str, *, number: int, at: datetime) -> dict[str, object]:
    """A row of the outbox, to be done at once."""
    return {
        "case_id": case_id,
        "kind": kind.value,
        "target": target,
        "number": number,
        "facts": {},
        "created_at": at,
        "attempts": 0,
        "next_at": at,
        "note": "",
    }


_LOCK_CASE = (
    sa.select(
        tables.cases.c.case_id,
        tables.cases.c.state,
        tables.cases.c.outcome,
        tables.cases.c.closed_at,
        tables.cases.c.moves,
        tables.cases.c.records,
        tables.cases.c.last_record,
        tables.cases.c.head,
        tables.cases.c.response_due,
        tables.cases.c.is_extended,
        tables.cases.c.linked_to,
    )
    .where(tables.cases.c.case_id == sa.bindparam("wanted"))
    .with_for_update()
)


def lock_case(connection: Connection, case_id: str) -> LockedCase:
    """The case, locked until the transaction ends.

    Raises:
        CaseUnknown: when there is none of that name.
    """
    row = connection.execute(_LOCK_CASE, {"wanted": case_id}).one_or_none()
    if row is None:
        raise unknown_case(case_id)
    return LockedCase(row[0], CaseState(row[1]), *row[2:])


_SAVE_CASE = sa.update(tables.cases).where(tables.cases.c.case_id == sa.bindparam("wanted"))


def save_case(connection: Connection, case: LockedCase) -> None:
    """Write a locked case back."""
    changed = {
        "wanted": case.case_id,
        "state": case.state.value,
        "outcome": case.outcome,
        "closed_at": case.closed_at,
        "moves": case.moves,
        "records": case.records,
        "last_record": case.last_record,
        "head": case.head,
        "response_due": case.response_due,
        "is_extended": case.is_extended,
        "linked_to": case.linked_to,
    }
    connection.execute(_SAVE_CASE, changed)


def unknown_case(case_id: str) -> CaseUnknown:
    """The error for a case that is not in the register."""
    return CaseUnknown("no such case in the register", where=case_id, remedy="list the cases with `rightsflow cases`")
