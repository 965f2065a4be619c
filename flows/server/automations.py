"""Automations of the Prefect server: what happens there without anybody looking.

1. A flow run of a right that failed or crashed: the watch is run soon after, once for all that failed within a minute.
   It registers and wipes what was typed into the form of a run that failed, and lets crashed runs start again.
2. A case that began to act and is not proven after an hour: the watch is run, which wakes a case that sleeps.
3. Where a notification block is named, people are told of both, and of a run of a duty that waits for an answer.

No automation sets the state of a run: heartbeats arrive out of order, and one that crashes silent runs has been seen to
crash suspended ones (the watch decides that by itself). What is told names cases and states, nobody (law 1).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

_MINUTE: Final = 60.0
_HOUR: Final = 3600.0
_AFTER_GRACE: Final = 20.0
"""A worker that notices a crash may write a second Crashed; the watch lets runs start again after that."""
_ANY_RUN: Final = "prefect.flow-run.*"
_ANY_CASE: Final = "rightsflow.case.*"


def automations(watch: str, block: str = "") -> list[dict[str, Any]]:
    """Automations as the server's API takes them.

    Args:
        watch: id of the deployment ``watch``.
        block: id of the notification block that tells people; empty: nobody is told.
    """
    return list(_watching(watch)) + (list(_telling(block)) if block else [])


def _watching(watch: str) -> Iterator[dict[str, Any]]:
    look = {"type": "run-deployment", "source": "selected", "deployment_id": watch, "schedule_after": _AFTER_GRACE}
    yield _automation(
        "rightsflow: look after a right that failed",
        "A flow run of a right failed or crashed: run the watch, which recovers what can be recovered.",
        _failed(within=_MINUTE),
        look,
    )
    yield _automation(
        "rightsflow: look after a case that is not proven",
        "A case began to act and is not proven after an hour: run the watch, which wakes a case that sleeps.",
        _unproven(),
        look,
    )


def _telling(block: str) -> Iterator[dict[str, Any]]:
    def tell(subject: str, body: str) -> dict[str, Any]:
        return {"type": "send-notification", "block_document_id": block, "subject": subject, "body": body}

    yield _automation(
        "rightsflow: tell of a right that failed",
        "A flow run of a right failed or crashed: tell the people of the notification block.",
        _failed(within=0.0),
        tell("Rightsflow: {{ flow_run.name }} {{ flow_run.state.name }}", "See {{ flow_run|ui_url }}"),
    )
    yield _automation(
        "rightsflow: tell of a case that is not proven",
        "A case began to act and is not proven after an hour: tell the people of the notification block.",
        _unproven(),
        tell("Rightsflow: a case is not proven an hour after it began to act", "Look at: rightsflow cases"),
    )
    waits = {"prefect.resource.role": "tag", "prefect.resource.id": "prefect.tag.duty"}
    yield _automation(
        "rightsflow: tell of a duty that waits",
        "A run of a duty waits for an answer: tell the people of the notification block.",
        _trigger({"prefect.flow-run.Suspended"}, match=_ANY_RUN, related=waits),
        tell("Rightsflow: {{ flow_run.name }} waits for an answer", "See {{ flow_run|ui_url }}"),
    )


def _failed(*, within: float) -> dict[str, Any]:
    right = {"prefect.resource.role": "tag", "prefect.resource.id": "prefect.tag.right"}
    events = {"prefect.flow-run.Failed", "prefect.flow-run.Crashed"}
    return _trigger(events, match=_ANY_RUN, related=right, within=within)


def _unproven() -> dict[str, Any]:
    """For each case: it acts, and no proof follows within the hour."""
    return _trigger({"rightsflow.case.verified"}, match=_ANY_CASE, within=_HOUR) | {
        "posture": "Proactive",
        "after": ["rightsflow.case.acting"],
        "for_each": ["prefect.resource.id"],
    }


def _trigger(
    events: set[str], *, match: str, related: Mapping[str, str] | None = None, within: float = 0.0
) -> dict[str, Any]:
    return {
        "type": "event",
        "posture": "Reactive",
        "match": {"prefect.resource.id": match},
        "match_related": dict(related or {}),
        "after": [],
        "expect": sorted(events),
        "for_each": [],
        "threshold": 1,
        "within": within,
    }


def _automation(name: str, what: str, trigger: Mapping[str, Any], action: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "description": what,
        "enabled": True,
        "tags": ["rightsflow"],
        "trigger": dict(trigger),
        "actions": [dict(action)],
        "actions_on_trigger": [],
        "actions_on_resolve": [],
    }
