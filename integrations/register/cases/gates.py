"""Gates: the questions to people, and their answers (law 5).

1. Of one kind and subject the newest gate alone can be answered; a gate for another question takes its place.
2. One operator answers a gate once.
3. A decided gate stays decided.
4. Who reads an answer or an outcome gets what was signed, or an error
(:mod:`integrations.register.cases.signed_answers`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from data_contracts.case.case import ENDED
from data_contracts.errors import AnswerRefused
from data_contracts.evidence.records import Facts
from data_contracts.gates.decided import decision_record
from data_contracts.gates.gates import DecisionFault, GateAnswer, GateEntry
from data_contracts.vocabulary import Decision, Gate, OperatorRole
from integrations.register.cases.signed_answers import faults_of, require_proven
from integrations.register.store import Store, lock_case, save_case
from integrations.register.tables import tables

_G = tables.gates.c
_A = tables.gate_answers.c
_ANSWER = (_A.operator, _A.decision, _A.at, _A.proof, _A.reason_digest, _A.reference)
_THIS_GATE = sa.and_(
    _G.case_id == sa.bindparam("c"), _G.gate == sa.bindparam("g"), _G.subject == sa.bindparam("y"), _G.is_newest
)
_NEWEST = sa.select(tables.gates).where(_THIS_GATE)


class GateStore(Store):
    """The part of the register that holds gates."""

    def open_gate(self, entry: GateEntry) -> GateEntry:
        """Open a gate, or give the newest one when it asks the same (same digest), decided or not.

        A newer question takes the older one's place, even where that was never answered. So does the same question
        where the gate would let fewer people, or people of other roles, decide.

        Raises:
            CaseUnknown: when there is no such case.
            DecisionUnproven: as :meth:`gate`.
        """
        with self._database.write() as connection:
            lock_case(connection, entry.case_id)
            newest = _newest(connection, entry)
            if newest is None or newest.digest != entry.digest or _is_weaker(newest, entry):
                connection.execute(sa.update(tables.gates).where(_THIS_GATE).values(is_newest=False), _place(entry))
                connection.execute(sa.insert(tables.gates), _row(entry))
            return self._proven(connection, _entries(connection, _NEWEST, _place(entry)))[0]

    def gate(self, case_id: str, gate: Gate, subject: str = "") -> GateEntry | None:
        """The newest gate of that kind and subject; its answers and outcome verified against what was signed.

        Raises:
            DecisionUnproven: when they are not what was signed.
        """
        with self._database.read() as connection:
            wanted = {"c": case_id, "g": gate.value, "y": subject}
            found = self._proven(connection, _entries(connection, _NEWEST, wanted))
        return found[0] if found else None

    def gates(
        self, case_id: str | None = None, *, kind: Gate | None = None, open_only: bool = False, proven: bool = True
    ) -> list[GateEntry]:
        """Gates, oldest first.

        Args:
            case_id: of that case alone.
            kind: of that kind alone.
            open_only: those that wait for an answer: undecided, not replaced, of a case that has not ended, or opened
                since it ended (a restriction is lifted after its case).
            proven: verify them as :meth:`gate` does; those that wait for an answer are verified when it comes.

        Raises:
            DecisionUnproven: as :meth:`gate`.
        """
        wanted = sa.select(tables.gates).order_by(_G.gate_id)
        if case_id is not None:
            wanted = wanted.where(_G.case_id == case_id)
        if kind is not None:
            wanted = wanted.where(_G.gate == kind.value)
        if open_only:
            is_going_on = tables.cases.c.state.not_in(sorted(ENDED))
            waiting = sa.or_(is_going_on, _G.opened_at > tables.cases.c.closed_at)
            wanted = wanted.join(tables.cases).where(_G.outcome.is_(None), _G.is_newest, waiting)
        with self._database.read() as connection:
            found = _entries(connection, wanted, {})
            return self._proven(connection, found) if proven and not open_only else found

    def decision_faults(self, case_id: str) -> list[DecisionFault]:
        """Gates of a case whose answers or outcome are not what was signed; empty when every one is."""
        with self._database.read() as connection:
            every = _of_case(connection, case_id)
            return list(faults_of(connection, case_id, every, signer=self._signer))

    def _proven(self, connection: Connection, found: list[GateEntry]) -> list[GateEntry]:
        """The gates, which somebody may act on; see :func:`require_proven`."""
        decided = [entry for entry in found if entry.answers or entry.outcome is not None]
        for case_id in dict.fromkeys(entry.case_id for entry in decided):
            of_case = [entry for entry in decided if entry.case_id == case_id]
            require_proven(connection, of_case, _of_case(connection, case_id), signer=self._signer)
        return found

    def retire_gate(self, case_id: str, gate: Gate) -> None:
        """Take back undecided gates of that kind: nobody needs to answer them any more."""
        undecided = sa.update(tables.gates).where(_G.case_id == case_id, _G.gate == gate.value, _G.outcome.is_(None))
        with self._database.write() as connection:
            connection.execute(undecided.values(is_newest=False))

    def answer_gate(
        self,
        entry: GateEntry,
        answer: GateAnswer,
        *,
        outcome: Decision | None,
        also: Facts,
    ) -> GateEntry:
        """Add an answer, and the outcome if it decides; it is signed in the same transaction, with the facts ``also``.

        The same answer given again (same operator, decision and time) changes nothing.

        Raises:
            AnswerRefused: when the gate was decided, or asks another question, by now, or the operator answered
                it before.
            DecisionUnproven: as :meth:`gate`.
        """
        with self._database.write() as connection:
            case = lock_case(connection, entry.case_id)
            found = self._proven(connection, _entries(connection, _NEWEST, _place(entry)))
            given = found[0].answers if found else ()
            if found and found[0].digest == entry.digest and answer in given:
                return found[0]
            gate_id = _require_open(entry, _newest(connection, entry), answer=answer, given=given)
            _add_answer(connection, gate_id, answer=answer, outcome=outcome, seq=len(given))
            asked = _entries(connection, _NEWEST, _place(entry))[0]
            record = decision_record(asked, answer, outcome=outcome, also=also)
            save_case(connection, self._append(connection, case, record))
            return asked

    def note_gate(self, entry: GateEntry, note: str) -> None:
        """Keep why an answer was not accepted, for the next time the form is shown."""
        keep = sa.update(tables.gates).where(_THIS_GATE, _G.digest == entry.digest).values(note=note)
        with self._database.write() as connection:
            connection.execute(keep, _place(entry))


def _is_weaker(kept: Row[Any], entry: GateEntry) -> bool:
    """Whether the gate would be decided by fewer people, or by people of other roles, than the question asks for."""
    return kept.people < entry.people or not set(kept.roles) <= {role.value for role in entry.roles}


def _of_case(connection: Connection, case_id: str) -> list[GateEntry]:
    return _entries(connection, sa.select(tables.gates).where(_G.case_id == case_id).order_by(_G.gate_id), {})


def _place(entry: GateEntry) -> dict[str, str]:
    return {"c": entry.case_id, "g": entry.gate.value, "y": entry.subject}


def _newest(connection: Connection, entry: GateEntry) -> Row[Any] | None:
    return connection.execute(_NEWEST, _place(entry)).one_or_none()


def _require_open(entry: GateEntry, newest: Row[Any] | None, *, answer: GateAnswer, given: Sequence[GateAnswer]) -> int:
    """The number of the gate, which waits for this operator's answer."""
    where = f"{entry.case_id} {entry.gate}"
    remedy = f"look at it again with `rightsflow case {entry.case_id}`"
    if newest is None:
        raise AnswerRefused("the gate was never opened", where=where, remedy=remedy)
    if newest.digest != entry.digest:
        raise AnswerRefused("the gate asks another question by now", where=where, remedy=remedy)
    if newest.outcome is not None:
        raise AnswerRefused("the gate was decided meanwhile", where=where, remedy=remedy)
    if any(one.operator == answer.operator for one in given):
        remedy = "let another operator answer"
        raise AnswerRefused("this operator has answered already", where=where, remedy=remedy)
    return int(newest.gate_id)


def _add_answer(
    connection: Connection,
    gate_id: int,
    *,
    answer: GateAnswer,
    outcome: Decision | None,
    seq: int,
) -> None:
    row = {
        "gate_id": gate_id,
        "operator": answer.operator,
        "seq": seq,
        "decision": answer.decision.value,
        "at": answer.at,
        "proof": answer.proof,
        "reason_digest": answer.reason_digest,
        "reference": answer.reference,
    }
    connection.execute(sa.insert(tables.gate_answers), row)
    decided = {"note": "", "outcome": outcome and outcome.value, "reference": answer.reference if outcome else ""}
    connection.execute(sa.update(tables.gates).where(_G.gate_id == gate_id).values(decided))


def _row(entry: GateEntry) -> dict[str, object]:
    return {
        "case_id": entry.case_id,
        "gate": entry.gate.value,
        "subject": entry.subject,
        "digest": entry.digest,
        "description": entry.description,
        "options": [option.value for option in entry.options],
        "roles": [role.value for role in entry.roles],
        "people": entry.people,
        "opened_at": entry.opened_at,
        "outcome": None,
        "reference": "",
        "note": entry.note,
        "is_newest": True,
    }


def _entries(connection: Connection, wanted: sa.Select[Any], place: Mapping[str, str]) -> list[GateEntry]:
    rows = connection.execute(wanted, place).all()
    answers = _answers(connection, [row.gate_id for row in rows])
    return [_entry(row, answers=tuple(answers.get(row.gate_id, ()))) for row in rows]


def _answers(connection: Connection, gate_ids: Sequence[int]) -> dict[int, list[GateAnswer]]:
    if not gate_ids:
        return {}
    wanted = sa.select(_A.gate_id, *_ANSWER).where(_A.gate_id.in_(gate_ids)).order_by(_A.gate_id, _A.seq)
    found: dict[int, list[GateAnswer]] = {}
    for gate_id, operator, decision, *others in connection.execute(wanted):
        found.setdefault(gate_id, []).append(GateAnswer(operator, Decision(decision), *others))
    return found


def _entry(row: Row[Any], *, answers: tuple[GateAnswer, ...]) -> GateEntry:
    return GateEntry(
        case_id=row.case_id,
        gate=Gate(row.gate),
        subject=row.subject,
        digest=row.digest,
        description=row.description,
        options=tuple(Decision(option) for option in row.options),
        roles=tuple(OperatorRole(role) for role in row.roles),
        people=row.people,
        opened_at=row.opened_at,
        outcome=None if row.outcome is None else Decision(row.outcome),
        reference=row.reference,
        answers=answers,
        note=row.note,
    )
