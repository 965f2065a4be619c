"""Gates decided with one touch of a passkey, which signs every decision: each can be checked without us (law 5).

The challenge is over the digests of the decisions: case, gate, question, what is decided, reason, reference, operator.
The record of each answer carries the passkey's signature with what it signed (docs/adr/0022).
"""

import base64
from collections.abc import Sequence

from data_contracts.evidence.records import Facts, digest
from data_contracts.gates.gates import GateEntry
from data_contracts.gates.operators import Operator
from data_contracts.gates.passkeys import DECIDE, PASSKEY, Asked, Decided, Touch
from tasks.gates.operators import noted
from tasks.gates.step_up.challenges import Proven, ask_touch, check_touch, passkeys
from tasks.gates.together import Given, require_every, take_in_together, under_policies
from tasks.rules.people.gates import check_standing
from tasks.services import services


def ask_to_decide(given: Sequence[Given], *, operator: str, visit: str) -> Asked:
    """Ask for the touch that decides gates so; everything else is checked before.

    Raises:
        AnswerRefused: when the operator may not answer one of them today, or not so, or has no passkey.
        RequestInvalid: when there are none, too many, or one is answered twice; or passkeys are not configured.
    """
    strict = under_policies(given)
    _standing_at(strict, operator)
    require_every(strict)
    return ask_touch(DECIDE, operator, _digests(strict, operator), visit)


def decide_by_touch(given: Sequence[Given], *, operator: str, touch: Touch) -> list[GateEntry]:
    """Take in the answers that a touch was asked for, in their order; the gates as they stand afterwards.

    Raises:
        AnswerRefused: when the touch is not right in every way, or not for these very decisions; nothing is taken in.
        RequestInvalid: as above.
    """
    strict = under_policies(given)
    touched: list[Proven] = []

    def prove() -> tuple[Operator, str]:
        person = _standing_at(strict, operator)
        touched.append(check_touch(touch, DECIDE, operator, _digests(strict, operator)))
        return person, PASSKEY

    one = strict[0].entry
    what, where = (
        (f"answer gate {one.gate.value}", one.case_id)
        if len(strict) == 1
        else ("answer gates together", f"{len(strict)} gates")
    )
    person, proof = noted(operator, what, where, prove)
    return take_in_together(strict, person, proof, also={"assertion": _facts(touched[0])})


def decided(one: Given) -> Decided:
    """A decision, as a passkey signs it."""
    entry, reason = one.entry, one.answer.reason.strip()
    return Decided(
        case_id=entry.case_id,
        gate=entry.gate.value,
        subject=entry.subject,
        question=entry.digest,
        decision=one.answer.decision.value,
        reason=digest(reason.encode()) if reason else "",
        reference=one.answer.reference.strip(),
    )


def _digests(given: Sequence[Given], operator: str) -> list[str]:
    return [decided(one).digest(operator) for one in given]


def _standing_at(given: Sequence[Given], operator: str) -> Operator:
    provided = services()
    known = provided.register.operator(operator)
    first, *_ = [check_standing(known, one.entry, provided.now()) for one in given]
    return first


def _facts(touched: Proven) -> Facts:
    """What an auditor needs to check the signature."""
    one = touched.assertion
    parts = {
        "key": one.key,
        "authenticator_data": one.authenticator_data,
        "client_data": one.client_data,
        "signature": one.signature,
    }
    encoded = {name: base64.b64encode(part).decode() for name, part in parts.items()}
    return {"credential": one.credential, "rp_id": passkeys().rp_id, "statement": dict(touched.statement), **encoded}
