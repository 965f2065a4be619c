"""What becomes of findings: an audit settles them, people move them, the officer is told of those that are late.

Who moves one is proven, and every move is an event that stays (law 5; charter 3.4, 7b).
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Final

from data_contracts.areas import Area
from data_contracts.evidence.records import canonical, digest
from data_contracts.officer.findings import Finding, FindingChange, FindingMove, Found, Looked, Owned, Settled, area_of
from data_contracts.vocabulary import OperatorRole
from tasks.case.clock import today
from tasks.gates.operators import prove_person
from tasks.notices.letters import tell_officer
from tasks.rules.officer import findings as rules
from tasks.services import services

_STORED_LANGUAGE: Final = "en"
_SHOWN: Final = 20
_DIGITS: Final = 12

Moved = tuple[FindingMove, FindingChange]


def owned(found: Found) -> Owned:
    """Something found, with owner, day and words, as it is opened today."""
    provided = services()
    told = provided.audit_words.told(found.kind, found.facts, _STORED_LANGUAGE)
    owner, due = rules.owner_of(found, provided.policy), rules.due_of(found, provided.policy, today())
    return Owned(found, owner, due, f"{told.title}. {told.what}", told.remedy)


def settle(run_id: str, found: Iterable[Found], looked: Looked) -> Settled:
    """Open, reopen and close findings as an audit saw them. Safe to call again."""
    return services().register.settle_findings(run_id, [owned(one) for one in found], looked, today())


def assign(finding_id: str, owner: str, *, operator: str, code: str, note: str = "") -> Finding:
    """Hand a finding on, or take it.

    Raises:
        RequestInvalid: when it is closed.
        AnswerRefused: when the operator may not, or the code is not theirs.
    """
    roles = services().policy.audit_roles
    return _moved(finding_id, lambda one: rules.assigned(one, owner), (operator, code), roles, note=note or owner)


def accept(finding_id: str, until: date, reason: str, *, operator: str, code: str) -> Finding:
    """Accept the risk of a finding until a day.

    Raises:
        RequestInvalid: when it is closed, or reason or day will not do.
        AnswerRefused: when the operator may not, or the code is not theirs.
    """
    roles, day = services().policy.risk_roles, today()
    return _moved(finding_id, lambda one: rules.accepted(one, until, reason, day), (operator, code), roles, note=reason)


def close(finding_id: str, reason: str, *, operator: str, code: str) -> Finding:
    """Close a finding with a note; an audit that finds it again opens it again.

    Raises:
        RequestInvalid: when it is closed, or the reason will not do.
        AnswerRefused: when the operator may not, or the code is not theirs.
    """
    roles = services().policy.audit_roles
    return _moved(finding_id, lambda one: rules.closed(one, reason), (operator, code), roles, note=reason)


def tell_late_findings() -> int:
    """Write to the DPO of findings whose day has passed, each once for each day it had; how many were told now.

    Raises:
        SystemUnavailable: when the mail server cannot be reached; trying again helps.
        StepFailed: when it refuses the mail for good.
    """
    register = services().register
    late = [one for one in rules.late(register.findings(open_only=True), today()) if not _was_told(one)]
    if not late:
        return 0
    about = digest(canonical([[one.finding_id, one.due.isoformat()] for one in late]))[:_DIGITS]
    tell_officer(f"findings:{about}", f"Audit: {len(late)} findings are past their day", _letter(late))
    for one in late:
        register.move_finding(
            one.finding_id, FindingMove.TOLD, FindingChange(), actor="rightsflow", note=one.due.isoformat()
        )
    return len(late)


def _moved(
    finding_id: str,
    decide: Callable[[Finding], Moved],
    who: tuple[str, str],
    roles: Sequence[OperatorRole],
    *,
    note: str,
) -> Finding:
    """The finding after a move by a proven person; what is wrong with the move is said before the code is used."""
    register = services().register
    move, change = decide(register.finding(finding_id))
    name, code = who
    actor = prove_person(name, code, roles=roles, where=f"finding {finding_id}", what=f"finding {move.value}")
    return register.move_finding(finding_id, move, change, actor=actor, note=note)


def _was_told(finding: Finding) -> bool:
    day = finding.due.isoformat()
    events = services().register.finding_events(finding.finding_id)
    return any(event.what is FindingMove.TOLD and event.note == day for event in events)


def _letter(late: Sequence[Finding]) -> list[str]:
    lines = [
        f"{one.finding_id} ({one.severity.value}), due {one.due:%Y-%m-%d}, {one.kind.value}{_place(one)}"
        for one in late[:_SHOWN]
    ]
    more = [f"And {len(late) - _SHOWN} more."] if len(late) > _SHOWN else []
    return ["Findings of audits that are not settled:", *lines, *more, "See them with: rightsflow findings"]


def _place(finding: Finding) -> str:
    """Where it is; who is not trained is no business of a mail."""
    return "" if area_of(finding.kind) is Area.TRAINING else f": {finding.place}"
