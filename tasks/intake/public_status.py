"""What a person may read about a case of theirs without any proof of identity: the receipt's code is enough.

The code is made from the case's name with the organisation's key, so it needs no row and is the same each time. It
opens dates, states and reasons in codes: nothing that was typed, nothing that was found.
"""

import base64
import hashlib
import hmac
from zoneinfo import ZoneInfo

from data_contracts.case.case import may_move
from data_contracts.case.rights import FACTS_OF
from data_contracts.doors.pages import CaseStatus, CaseStep
from data_contracts.errors import CaseUnknown
from data_contracts.vocabulary import CaseState, Decision, Gate
from tasks.case.clock import standing
from tasks.case.sealed import PACKAGE
from tasks.identity.client_space import offers_client_space
from tasks.identity.documents import awaited_documents
from tasks.identity.facts import offered_facts
from tasks.services import services

_CODE_CHARS = 16
_UNPROVEN = frozenset({CaseState.RECEIVED, CaseState.ACKNOWLEDGED, CaseState.IDENTITY_ASKED})
_SIGNS = str.maketrans("", "", " -")


def make_status_code(case_id: str) -> str:
    """The code that opens the status of a case: four groups of four signs, 80 bits, easily copied off paper."""
    mac = hmac.digest(services().door_key(), f"status|{case_id}".encode(), hashlib.sha256)
    signs = base64.b32encode(mac).decode()[:_CODE_CHARS]
    return "-".join(signs[at : at + 4] for at in range(0, _CODE_CHARS, 4))


def is_status_code(case_id: str, code: str) -> bool:
    """Whether a code opens the status of that case; the same work for cases that nobody knows."""
    typed = code.upper().translate(_SIGNS)
    return hmac.compare_digest(make_status_code(case_id).translate(_SIGNS).encode(), typed.encode())


def public_status(case_id: str, code: str) -> CaseStatus | None:
    """Where a case stands; None where the code does not open it, or there is none of that name."""
    is_right = is_status_code(case_id, code)
    try:
        services().register.case(case_id)
    except CaseUnknown:
        return None
    return status_of(case_id) if is_right else None


def status_of(case_id: str) -> CaseStatus:
    """Where a case stands, for who was let in already.

    Raises:
        CaseUnknown: when there is none of that name.
    """
    provided = services()
    case, zone = provided.register.case(case_id), ZoneInfo(provided.organisation.time_zone)
    steps = [CaseStep(m.at.astimezone(zone).date(), m.to) for m in provided.register.timeline(case_id)]
    return CaseStatus(
        case_id=case_id,
        right=case.right,
        language=case.language,
        state=case.state,
        received_on=case.received_at.astimezone(zone).date(),
        response_due=standing(case).response_due,
        is_extended=case.is_extended,
        awaits=_awaits(case_id, case.state),
        outcome=case.outcome,
        reasons=_reasons(case_id),
        steps=tuple(steps),
        # The receipt's code proves nobody: once somebody was proven, a thief of the receipt must not stop the case.
        may_withdraw=may_move(case.state, CaseState.WITHDRAWN) and case.state in _UNPROVEN,
        has_package=FACTS_OF[case.right].makes_package and provided.vault.has(case_id, PACKAGE),
        documents=awaited_documents(case),
        may_sign_in=offers_client_space(case_id),
        facts=tuple(offered_facts(case_id)),
    )


def _awaits(case_id: str, state: CaseState) -> str:
    if state in {CaseState.ARCHIVED, CaseState.PURGED, CaseState.SUBJECT_TOLD, CaseState.PUT_BACK}:
        return "nothing"
    if state is CaseState.IDENTITY_ASKED:
        return "you_identity"
    asked = services().register.gate(case_id, Gate.REQUESTER)
    return "you_capacity" if asked is not None and asked.outcome is Decision.ASK_MORE else "us"


def _reasons(case_id: str) -> tuple[str, ...]:
    """Grounds of refusals that people named at gates; they are codes of the law, told in notices as well."""
    refusals = [gate for gate in services().register.gates(case_id) if gate.outcome is Decision.REFUSE]
    return tuple(dict.fromkeys(gate.reference for gate in refusals if gate.reference))
