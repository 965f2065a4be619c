"""What ``rightsflow findings`` and ``rightsflow finding`` do and show."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from data_contracts.errors import RequestInvalid
from data_contracts.officer.findings import Finding
from flows import wiring
from tasks.case.clock import today
from tasks.officer.findings import accept, assign, close
from tasks.rules.officer.findings import is_late
from tasks.services import services


@dataclass(frozen=True, slots=True)
class Move:
    """What somebody wants to become of a finding: ``assign``, ``accept`` or ``close``."""

    finding_id: str
    what: str
    owner: str = ""
    until: date | None = None
    reason: str = ""


def move(asked: Move, *, operator: str, code: str) -> None:
    """Move a finding.

    Raises:
        CaseUnknown: when there is none of that name.
        RequestInvalid: when what is asked is not whole.
        AnswerRefused: when the operator may not, or the code is not theirs.
    """
    with wiring.opened():
        if asked.what == "assign":
            assign(asked.finding_id, asked.owner, operator=operator, code=code, note=asked.reason)
        elif asked.what == "close":
            close(asked.finding_id, asked.reason, operator=operator, code=code)
        elif asked.until is None:
            raise RequestInvalid("until when?", where=asked.finding_id, remedy="give --until YYYY-MM-DD")
        else:
            accept(asked.finding_id, asked.until, asked.reason, operator=operator, code=code)


def findings_facts(*, open_only: bool = False) -> dict[str, Any]:
    """Findings as JSON, the worst on top."""
    with wiring.opened():
        day = today()
        return {"findings": [_facts(one, day) for one in services().register.findings(open_only=open_only)]}


def finding_facts(finding_id: str) -> dict[str, Any]:
    """A finding and what became of it, as JSON."""
    with wiring.opened():
        register = services().register
        found = register.finding(finding_id)
        events: list[Mapping[str, str]] = [
            {"at": event.at.isoformat(), "event": event.what.value, "actor": event.actor, "note": event.note}
            for event in register.finding_events(finding_id)
        ]
        return _facts(found, today()) | {"events": events}


def _facts(found: Finding, day: date) -> dict[str, Any]:
    return {
        "finding": found.finding_id,
        "kind": found.kind.value,
        "where": found.place,
        "severity": found.severity.value,
        "state": found.state.value,
        "is_late": is_late(found, day),
        "owner": found.owner,
        "due": found.due.isoformat(),
        "what": found.what,
        "remedy": found.remedy,
        "facts": dict(found.facts),
        "first_run": found.first_run,
        "last_run": found.last_run,
        "opened_at": found.opened_at.isoformat(),
        "closed_at": found.closed_at.isoformat() if found.closed_at else None,
    }
