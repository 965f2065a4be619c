"""Giving back what was erased by mistake: two people decide, systems take their rows back, the data subject is told.

It can be begun again at any time: what is done stays done. A system that refuses stops no other; the list of erasures,
the data subject and the copy wait until every system has its rows.
"""

from dataclasses import dataclass, field
from typing import Any

from data_contracts.errors import RightsflowError
from data_contracts.vocabulary import Decision, Gate
from flows.rights.stages import send
from flows.runs.gates import WaitingForPerson, opened
from flows.runs.leases import carrying
from tasks.act.restoring import (
    end_restoring,
    finish_restoring,
    require_copy,
    restore_question,
    restore_system,
    sealed_systems,
    tell_restored,
)
from tasks.case.leavers import missing_at
from tasks.case.plans import confirm_restoring
from tasks.gates.gates import Answer, answer_as_proven, prove_for
from tasks.steps.step import guarded


@dataclass(slots=True)
class Restoring:
    """How far giving back has come.

    Attributes:
        missing: people who have to decide yet.
        rows: given back, by system and table.
        failed: by system that refused: what it said.
        waits_at: the gate of the letter, where the data subject is written to by post.
    """

    case_id: str
    missing: int = 0
    rows: dict[str, dict[str, int]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    waits_at: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to do."""
        return not (self.missing or self.failed or self.waits_at)

    def facts(self) -> dict[str, Any]:
        """As JSON, with a sentence for people."""
        given = sum(count for tables in self.rows.values() for count in tables.values())
        if self.missing:
            said = f"{self.case_id}: your answer counts; {self.missing} more to answer, a different person"
        elif self.failed:
            said = f"{self.case_id}: not every system took its rows back; mend what is named, then run this again"
        elif self.waits_at:
            said = f"{self.case_id}: {given} rows are given back; the letter waits at gate {self.waits_at}"
        else:
            said = f"{self.case_id}: {given} rows are given back; the data subject is told, the copy is destroyed"
        return {
            "case": self.case_id,
            "missing": self.missing,
            "rows": self.rows,
            "failed": self.failed,
            "waits_at": self.waits_at,
            "said": said,
        }


def restore(case_id: str, *, operator: str, code: str, reference: str) -> Restoring:
    """Decide that what a case erased is given back; when two people did, give it back.

    Raises:
        RequestInvalid: when there is nothing to give back, or it is too late.
        AnswerRefused: when the operator may not decide, has decided already, or the code is wrong.
        CaseBusy: when another process does it just now.
    """
    who = prove_for(case_id, Gate.RESTORATION, operator, code, what="restore")
    guarded(require_copy, "restore")(case_id)
    entry = opened(case_id, restore_question(case_id))
    if entry.outcome is None:
        entry = answer_as_proven(entry, Answer(who, Decision.APPROVE, reference=reference), proof="totp")
    if entry.outcome is not Decision.APPROVE:
        return Restoring(case_id, missing=missing_at(entry))
    with carrying(case_id):
        return guarded(carry_out, "restore")(case_id)


def carry_out(case_id: str) -> Restoring:
    """Give back, from wherever it stands."""
    confirmed = confirm_restoring(case_id)
    done = Restoring(case_id)
    for system in sealed_systems(case_id):
        try:
            done.rows[system] = restore_system(case_id, system, confirmed)
        except RightsflowError as error:
            done.failed[system] = str(error)
    if done.failed:
        return done
    finish_restoring(case_id, confirmed)
    try:
        send(case_id, lambda: tell_restored(case_id, confirmed))
    except WaitingForPerson as waiting:
        done.waits_at = f"{waiting.entry.gate.value}:{waiting.entry.subject}".rstrip(":")
        return done
    end_restoring(case_id)
    return done
