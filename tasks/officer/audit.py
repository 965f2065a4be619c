"""A run of the audit: it begins, its looks are settled, it ends; each with signed evidence (Art. 5(2), 24(1)).

What was found lies in the ledger under the run and in the findings; a report can be made of it at any time.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Final

from data_contracts.areas import Area
from data_contracts.case.runs import Run
from data_contracts.evidence.records import Facts, Record
from data_contracts.officer.audits import AuditShown, FindingShown, SystemShown
from data_contracts.officer.findings import BY_SYSTEM, Finding, FindingKind, FindingState, Looked, area_of, system_of
from data_contracts.vocabulary import Duty
from tasks.case.clock import today
from tasks.officer.audit_looks import Seen
from tasks.officer.findings import owned, settle
from tasks.rules.officer.findings import is_late
from tasks.services import services

_BEGIN, _SETTLE, _END = "begin", "settle", "end"
COMPLETE: Final = "complete"
INCOMPLETE: Final = "incomplete"


def begin_run(key: str, system: str = "") -> Run:
    """A run of today, in the register with its first record; the same key gives the same run."""
    provided = services()
    run = provided.register.open_run(Duty.AUDIT, key)
    day = today().isoformat()
    facts: Facts = {"day": day, "contracts": provided.contracts.digest, "system": system}
    receipt = {"day": day, "system": system}
    provided.register.complete(run.run_id, _BEGIN, receipt=receipt, record=Record(_BEGIN, "", facts))
    return run


def begun(run_id: str) -> tuple[date, str]:
    """The day of a run, and the system that it is about; today and none for what is no run."""
    entry = services().register.step(run_id, _BEGIN) if run_id else None
    if entry is None:
        return today(), ""
    return date.fromisoformat(str(entry.receipt["day"])), str(entry.receipt["system"])


def end_run(run_id: str, seen: Sequence[Seen]) -> str:
    """Settle findings by what was seen, and close the run with its outcome."""
    register = services().register
    found = [one for look in seen for one in look.found]
    if register.claim(run_id, _SETTLE).state != "done":
        settled = settle(run_id, found, _looked(run_id, seen))
        numbers = {
            "opened": len(settled.opened),
            "reopened": len(settled.reopened),
            "again": len(settled.again),
            "gone": len(settled.gone),
        }
        record = Record(_SETTLE, "", dict(numbers))
        register.complete(run_id, _SETTLE, receipt={**numbers, "closed": list(settled.gone)}, record=record)
    outcome = outcome_of(seen)
    counts = Counter(one.severity.value for one in found)
    facts: Facts = {"outcome": outcome, "findings": dict(sorted(counts.items()))}
    register.complete(run_id, _END, receipt=dict(facts), record=Record(_END, "", facts), outcome=outcome)
    return outcome


def outcome_of(seen: Sequence[Seen]) -> str:
    """``complete``, or ``incomplete`` where anything could not be looked at, checked or counted (law 6)."""
    return COMPLETE if all(_is_complete(look) for look in seen) else INCOMPLETE


def shown(run_id: str, seen: Sequence[Seen]) -> AuditShown:
    """What an audit found, with what the register knows of each finding; without a run, as it would be opened today."""
    day, system = begun(run_id)
    outcome = services().register.run(run_id).outcome if run_id else outcome_of(seen)
    around = next((look for look in seen if not look.system), None)
    return AuditShown(
        run=run_id,
        outcome=outcome,
        day=day,
        system=system,
        systems=tuple(
            SystemShown(look.system, _is_complete(look), look.checks, len(look.found), look.canary, look.canary_day)
            for look in seen
            if look.system
        ),
        chains=None if around is None else around.chains,
        findings=tuple(_of_register(run_id, system) if run_id else _as_opened(seen)),
        gone=tuple(_gone(run_id)) if run_id else (),
    )


def _looked(run_id: str, seen: Sequence[Seen]) -> Looked:
    areas = frozenset((area, look.system if area in BY_SYSTEM else "") for look in seen for area in look.looked)
    is_whole = not begun(run_id)[1]
    return Looked(areas, frozenset(services().contracts.systems) if is_whole else frozenset())


def _is_complete(look: Seen) -> bool:
    wanted = BY_SYSTEM if look.system else frozenset(Area) - BY_SYSTEM
    return wanted <= set(look.looked)


def _of_register(run_id: str, system: str) -> list[FindingShown]:
    """Findings that are not closed; of one system where the audit was about one."""
    day = today()
    every = services().register.findings(open_only=True)
    kept = [one for one in every if not system or (area_of(one.kind) in BY_SYSTEM and system_of(one.place) == system)]
    return [
        FindingShown(
            finding_id=one.finding_id,
            kind=one.kind,
            place=one.place,
            severity=one.severity,
            facts=one.facts,
            owner=one.owner,
            due=one.due,
            state=one.state,
            is_new=one.first_run == run_id,
            is_late=is_late(one, day),
        )
        for one in kept
    ]


def _as_opened(seen: Sequence[Seen]) -> list[FindingShown]:
    found = [owned(one) for look in seen for one in look.found]
    made = [
        FindingShown("", one.found.kind, one.found.place, one.found.severity, one.found.facts, one.owner, one.due)
        for one in found
    ]
    return sorted(made, key=lambda one: (one.due, one.place))


def _gone(run_id: str) -> list[tuple[FindingKind, str]]:
    """Findings that the run closed, and that nobody opened again since."""
    every: list[Finding] = services().register.findings()
    entry = services().register.step(run_id, _SETTLE)
    ids = set(entry.receipt.get("closed", ())) if entry is not None else set()  # type: ignore[call-overload]  # as written above
    return [(one.kind, one.place) for one in every if one.finding_id in ids and one.state is FindingState.CLOSED]
