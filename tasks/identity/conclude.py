"""Concluding who asks: the one place where identity becomes verified, or is not (law 4, Art. 12(6)).

A person at the gate, software that was shown a proof, the end of the time for one, and an earlier case all conclude
here, in the same order:

1. what was concluded before stands, and nothing more happens;
2. proofs are destroyed first: were the process killed in between, they are gone and the case is asked about again;
3. nobody is asked any more: the identity gate and that of a link or reminder are taken back;
4. the keys of a verified data subject are noted, so that their cases find each other;
5. the clock runs again from the day the proof came; the step, its evidence, the move and the clock are one transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from data_contracts.case.case import Case, CaseChange
from data_contracts.evidence.records import Facts, Record
from data_contracts.vocabulary import CaseState, Gate
from tasks.case.clock import GROUND, IDENTITY, PROOF_CAME, clock_of, pauses_of
from tasks.case.parts import PARTS
from tasks.case.subject_keys import subject_keys_of
from tasks.identity.proofs import destroy_proofs, document_came_on
from tasks.services import services
from tasks.steps.ledger import is_done

_NOT_VERIFIED = "identity_failed"
_NOBODY = "rightsflow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """What was found out about who asks.

    Attributes:
        cause: why, as the case's time line says it.
        on: the day of the conclusion, or on which software was shown a proof.
        method: the way of checking; empty where identity is not verified.
        identity: keys of the verified data subject, by identity kind.
        checked_by: operators who checked it; empty where the software did.
        said_on: the day on which the proof came, where an operator gave one.
        ground: why identity was not verified, where no operator said it.
        parts: names of sealed parts that the case needs from here on.
        facts: what the evidence says besides.
    """

    cause: str
    on: date
    method: str = ""
    identity: Mapping[str, Sequence[str]] = field(default_factory=dict)
    checked_by: tuple[str, ...] = ()
    said_on: date | None = None
    ground: str = ""
    parts: tuple[str, ...] = ()
    facts: Facts = field(default_factory=dict)


def conclude_identity(case_id: str, concluded: Conclusion) -> bool:
    """Note who checked what, and let the clock run again; False where identity was concluded before."""
    if is_done(case_id, IDENTITY):
        return False
    provided = services()
    destroy_proofs(case_id)
    provided.register.retire_gate(case_id, Gate.IDENTITY)
    provided.register.retire_gate(case_id, Gate.UNCERTAIN_MAIL)
    if concluded.method:
        # Art. 12(6): from here on we know who asks, and the data subject's cases find each other.
        provided.register.put_subject_keys(case_id, subject_keys_of(concluded.identity))
    case = provided.register.case(case_id)
    came_on = _came_on(case, concluded)
    due = clock_of(case, proved_on=came_on).response_due
    actor = concluded.checked_by[-1] if concluded.checked_by else _NOBODY
    provided.register.complete(
        case_id,
        IDENTITY,
        receipt=_receipt(case, concluded, came_on),
        record=Record(IDENTITY, "", {**_facts(concluded), **_clock_facts(case, due, came_on)}, actor=actor),
        move=(CaseState.IDENTITY_VERIFIED if concluded.method else CaseState.IDENTITY_FAILED, concluded.cause),
        actor=actor,
        outcome=None if concluded.method else _NOT_VERIFIED,
        change=CaseChange(response_due=due),
    )
    return True


def _came_on(case: Case, concluded: Conclusion) -> date:
    """The day the clock runs on from: as the operator said, else of the first document, else of the conclusion."""
    came_on = concluded.said_on or document_came_on(case) or concluded.on
    # A proof that came before more was asked for ends that wait on the day it began.
    return max(came_on, pauses_of(case)[-1].asked_on) if case.awaits_proof else came_on


def _receipt(case: Case, concluded: Conclusion, came_on: date) -> dict[str, object]:
    receipt: dict[str, object] = {
        "method": concluded.method,
        PROOF_CAME: came_on.isoformat() if case.awaits_proof else "",
    }
    if concluded.ground:
        receipt[GROUND] = concluded.ground
    if concluded.parts:
        receipt[PARTS] = list(concluded.parts)
    return receipt


def _facts(concluded: Conclusion) -> Facts:
    ground: Facts = {"ground": concluded.ground} if concluded.ground else {}
    return {
        "verified": bool(concluded.method),
        "method": concluded.method,
        "checked_by": list(concluded.checked_by) or [_NOBODY],
        "proofs_destroyed": True,
        **ground,
        **concluded.facts,
    }


def _clock_facts(case: Case, due: date, came_on: date) -> dict[str, str]:
    """What evidence says about a clock that stood still: the day the proof came, the old and the new last day."""
    if not case.awaits_proof:
        return {}
    return {
        "proof_came_on": came_on.isoformat(),
        "response_due_before": case.response_due.isoformat(),
        "response_due": due.isoformat(),
    }
