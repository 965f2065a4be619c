"""The ledger of steps: every effect of a case is claimed, and done, once (law 3)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine import Connection

from data_contracts.case.case import NO_CHANGE, CaseChange
from data_contracts.case.confirmed import RECEIPTS, Confirmed, is_covered
from data_contracts.case.ledger import ACTING, StepEntry
from data_contracts.errors import ActRefused, StepFailed
from data_contracts.evidence.records import Record
from data_contracts.vocabulary import CaseState
from integrations.register.store import LockedCase, Store, lock_case, save_case, unknown_case
from integrations.register.tables import tables

_NOTICES = "notice."
"""So begin the steps that write to somebody."""
_S = tables.steps.c
_THIS_STEP = sa.and_(_S.case_id == sa.bindparam("c"), _S.step == sa.bindparam("s"), _S.system == sa.bindparam("y"))
_ONE_STEP = sa.select(_S.state, _S.attempts, _S.receipt).where(_THIS_STEP)
_HAND_OVER = sa.update(tables.steps).where(_THIS_STEP, _S.state == "claimed").values(state="handed_over")
_RECEIPTS = sa.select(_S.step, _S.receipt).where(
    _S.case_id == sa.bindparam("c"),
    _S.system == sa.bindparam("y"),
    _S.state == "done",
    _S.step.in_(sa.bindparam("names", expanding=True)),
)
_RELEASE = sa.delete(tables.steps).where(_THIS_STEP, _S.state != "done")


def _upsert(changes: str, *, returning: tuple[str, ...]) -> sa.TextualSelect:
    """Put a step into the ledger, or make ``changes`` to the one that is there.

    As text: SQLAlchemy compiles its own ``ON CONFLICT`` anew at each call, which takes longer than the statement.
    """
    names = ", ".join(column.key for column in _S)
    values = ", ".join(f":{column.key}" for column in _S)
    text = (
        f"INSERT INTO {tables.steps.name} ({names}) VALUES ({values}) "  # noqa: S608  # names of our own table
        f"ON CONFLICT (case_id, step, system) DO UPDATE SET {changes} RETURNING {', '.join(returning)}"
    )
    bound = sa.text(text).bindparams(*(sa.bindparam(column.key, type_=column.type) for column in _S))
    return bound.columns(**{name: _S[name].type for name in returning})


_CLAIM = _upsert(
    "attempts = step.attempts + 1, changed_at = excluded.changed_at WHERE step.state = 'claimed'",
    returning=("state", "attempts", "receipt"),
)
_FINISH = _upsert(
    "state = excluded.state, receipt = excluded.receipt, changed_at = excluded.changed_at WHERE step.state <> 'done'",
    returning=("attempts",),
)


class StepLedger(Store):
    """The part of the register that knows which steps were begun and done."""

    def claim(
        self,
        case_id: str,
        step: str,
        system: str = "",
        *,
        confirmed: Confirmed | None = None,
        states: Collection[CaseState] = ACTING,
    ) -> StepEntry:
        """Claim a step before acting; of a step that acts, in the transaction that asks whether the case may.

        Returns:
            ``done`` or ``handed_over`` as found; else ``claimed``, with 1 attempt when nobody claimed it before and
            one more for each time it was claimed without being done or released.

        Raises:
            CaseUnknown: when there is no such case.
            ActRefused: when the case stands in none of ``states``, or its receipts do not cover what is confirmed.
        """
        if confirmed is not None and confirmed.case_id != case_id:
            raise _act_refused(case_id, "the confirmation is another case's")
        found = self.step(case_id, step, system)
        if found is not None and (found.state == "done" or (found.state == "handed_over" and confirmed is None)):
            return found
        with self._database.write() as connection:
            if confirmed is not None:
                case = _require_covered(connection, confirmed, states)
                self._note(connection, case, "began", step, system)
            return self._claim(connection, {"c": case_id, "s": step, "y": system})

    def hand_over(self, case_id: str, step: str, system: str = "") -> None:
        """Note that an effect that cannot be taken back or seen again is being made now.

        Raises:
            StepFailed: when the step is not claimed, or somebody else is making or made the effect: it must not
                be made a second time.
        """
        place = {"c": case_id, "s": step, "y": system}
        with self._database.write() as connection:
            if connection.execute(_HAND_OVER.values(changed_at=self._now()), place).rowcount == 1:
                self._note(connection, lock_case(connection, case_id), "handed over", step, system)
                return
        what = f"the step {step} is not free to be handed over: not claimed, or handed over or done by now"
        remedy = f"look at the case with `rightsflow case {case_id}`, then run it again"
        raise StepFailed(what, where=case_id, remedy=remedy)

    def release(self, case_id: str, step: str, system: str = "") -> None:
        """Take a claim back after the effect certainly did not happen; nothing happens when the step is done."""
        with self._database.write() as connection:
            connection.execute(_RELEASE, {"c": case_id, "s": step, "y": system})

    def complete(  # noqa: PLR0913  # the port's signature: what one transaction keeps together
        self,
        case_id: str,
        step: str,
        system: str = "",
        *,
        receipt: Mapping[str, object],
        record: Record | None,
        move: tuple[CaseState, str] | None = None,
        actor: str = "rightsflow",
        outcome: str | None = None,
        change: CaseChange = NO_CHANGE,
    ) -> None:
        """Mark a step done: receipt, evidence record, move, outcome and changed facts in one transaction; once.

        Raises:
            CaseUnknown: when there is no such case.
            MoveRefused: when the case cannot go there; nothing is written.
        """
        with self._database.write() as connection:
            case = lock_case(connection, case_id)
            if not self._mark_done(connection, {"case_id": case_id, "step": step, "system": system}, receipt=receipt):
                return
            before = case
            if record is not None:
                case = self._append(connection, case, record)
            if step.startswith(_NOTICES):
                self._note(connection, case, "sent", step, system)
            if move is not None:
                case = self._move(connection, case, move, actor=actor)
            if outcome is not None:
                case = replace(case, outcome=outcome)
            case = _changed(case, change)
            if case != before:
                save_case(connection, case)

    def reopen(self, case_id: str, steps: Iterable[str], record: Record, move: tuple[CaseState, str] | None) -> None:
        """Forget that steps were done (all systems), because what they found no longer holds (law 5).

        Nothing happens when none of them is in the ledger: it was reopened already.

        Raises:
            CaseUnknown: when there is no such case.
            MoveRefused: when the case cannot go there; nothing is written.
        """
        forget = sa.delete(tables.steps).where(_S.case_id == case_id, _S.step.in_(sorted(steps)))
        with self._database.write() as connection:
            case = lock_case(connection, case_id)
            if connection.execute(forget).rowcount == 0:
                return
            case = self._append(connection, case, record)
            if move is not None:
                case = self._move(connection, case, move, actor=record.actor)
            save_case(connection, case)

    def step(self, case_id: str, step: str, system: str = "") -> StepEntry | None:
        """The ledger's entry, None when never claimed."""
        with self._database.read() as connection:
            row = connection.execute(_ONE_STEP, {"c": case_id, "s": step, "y": system}).one_or_none()
        return None if row is None else StepEntry(*row)

    def steps(self, case_id: str) -> dict[tuple[str, str], StepEntry]:
        """All entries of a case by step and system; empty when nothing was begun."""
        wanted = sa.select(_S.step, _S.system, _S.state, _S.attempts, _S.receipt).where(_S.case_id == case_id)
        with self._database.read() as connection:
            rows = connection.execute(wanted.order_by(_S.step, _S.system)).all()
        return {(step, system): StepEntry(*entry) for step, system, *entry in rows}

    def _claim(self, connection: Connection, place: Mapping[str, str]) -> StepEntry:
        row = {"case_id": place["c"], "step": place["s"], "system": place["y"], "state": "claimed", "attempts": 1}
        try:
            now = self._now()
            inserted = connection.execute(_CLAIM, row | {"receipt": {}, "changed_at": now, "claimed_at": now})
        except exc.IntegrityError:
            raise unknown_case(place["c"]) from None
        # No row: handed over or done between our look and our claim.
        return StepEntry(*(inserted.one_or_none() or connection.execute(_ONE_STEP, place).one()))

    def _mark_done(self, connection: Connection, place: Mapping[str, str], *, receipt: Mapping[str, object]) -> bool:
        """Whether it was this call that did it."""
        row = {"state": "done", "attempts": 1, "receipt": dict(receipt), "changed_at": self._now(), **place}
        row["claimed_at"] = None  # nobody began it; what a claim noted stays
        return connection.execute(_FINISH, row).one_or_none() is not None


def _require_covered(connection: Connection, confirmed: Confirmed, states: Collection[CaseState]) -> LockedCase:
    """The case, which stands where it may be acted on, under what was approved, and stays so until the claim stands."""
    case = lock_case(connection, confirmed.case_id)
    if case.state not in states:
        raise _act_refused(case.case_id, f"a case that is {case.state} must not be acted on so")
    wanted = {"c": case.case_id, "y": confirmed.subject, "names": RECEIPTS[confirmed.subject]}
    rows = connection.execute(_RECEIPTS, wanted)
    receipts = {row.step: row.receipt for row in rows}
    if not is_covered(confirmed.digest, receipts, confirmed.subject):
        raise _act_refused(case.case_id, "what is to be carried out is not what was approved and confirmed")
    return case


def _act_refused(case_id: str, what: str) -> ActRefused:
    return ActRefused(what, where=case_id, remedy=f"carry the case on with `rightsflow run {case_id}`")


def _changed(case: LockedCase, change: CaseChange) -> LockedCase:
    return replace(
        case,
        response_due=change.response_due or case.response_due,
        is_extended=case.is_extended or change.is_extended,
        linked_to=change.linked_to or case.linked_to,
    )
