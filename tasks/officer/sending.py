"""Notices to many people, each told once, however often the sending is cut off (law 3).

1. a batch of those that wait is taken, several are handed over side by side;
2. just before the mail server takes one over, the register says so. What was answered is marked with the batch;
3. a process that dies leaves at most a batch *handed over*: it may or may not have left. Those are never sent again by
   themselves: the mail server's log says which it took, and :func:`settle` sends the others.

Without a mail server each notice is a file that is written once, so that nothing is ever uncertain.
"""

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from data_contracts.errors import (
    ActRefused,
    AnswerRefused,
    DeliveryUncertain,
    RequestInvalid,
    StepFailed,
    SystemUnavailable,
)
from data_contracts.evidence.records import Record, canonical, digest
from data_contracts.officer.incidents import Incident, IncidentFacts, IncidentKind, SendingState
from data_contracts.told.notices import Notice, Rendered
from data_contracts.vocabulary import Decision, Gate, NoticeKind
from tasks.officer.affected import Addressee, addressees, incident_facts
from tasks.services import services

_A_BATCH: Final = 50
_SIDE_BY_SIDE: Final = 4
_NUMBER: Final = re.compile(r"notice%2E([0-9]{1,9})")
_SHORT_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Sent:
    """How many notices stand where."""

    sent: int
    waiting: int
    uncertain: int
    failed: int


def rendered_notices(run_id: str) -> dict[str, Rendered]:
    """What people are told, by each language that staff wrote words in."""
    incident, facts = services().register.incident(run_id), incident_facts(run_id)
    return {language: services().channel.render(notice_of(incident, facts, language)) for language in facts.words}


def send_notices(run_id: str, *, tell: Callable[[Sent], None] = lambda _: None) -> Sent:
    """Send what waits; what stands where afterwards. Call it again to go on.

    Raises:
        ActRefused: while people have not approved these very words to so many people (law 14).
        SystemUnavailable: when the mail server cannot be reached; nothing is lost.
    """
    require_approved(run_id)
    register, texts = services().register, rendered_notices(run_id)
    standing = next(iter(texts))
    while numbers := register.sendings(run_id, SendingState.WAITING, _A_BATCH):
        began = time.monotonic()
        people = addressees(run_id, numbers)
        _send_batch(run_id, people, {n: texts.get(one.language, texts[standing]) for n, one in people.items()})
        tell(how_far(run_id))
        _keep_pace(len(numbers), time.monotonic() - began)
    done = how_far(run_id)
    if not done.uncertain and register.incident(run_id).people_told_at is None:
        record = Record("people told", "", {"sent": done.sent, "failed": done.failed})
        register.complete(run_id, "people told", receipt={}, record=record)
        register.note_incident(run_id, people_told_at=services().now())
    return done


def how_far(run_id: str) -> Sent:
    """How many notices stand where."""
    counts = services().register.count_sendings(run_id)
    states = (SendingState.SENT, SendingState.WAITING, SendingState.HANDED_OVER, SendingState.FAILED)
    return Sent(*(counts.get(state, 0) for state in states))


def settle(run_id: str, log: Iterable[str]) -> Sent:
    """Settle those that may have left by the mail server's log: what it names was sent, the others wait again.

    Args:
        run_id: the incident.
        log: lines, in which the Message-ID of a message that was taken over stands.
    """
    register = services().register
    taken = {int(n) for line in log if run_id in unquote(line) for n in _NUMBER.findall(line)}
    uncertain = register.sendings(run_id, SendingState.HANDED_OVER, 1_000_000)
    sent = [number for number in uncertain if number in taken]
    again = [number for number in uncertain if number not in taken]
    register.mark_sendings(run_id, sent, SendingState.SENT)
    register.mark_sendings(run_id, again, SendingState.WAITING)
    record = Record("settled", "", {"sent": len(sent), "again": len(again)})
    name = str(services().now().timestamp())
    register.complete(run_id, "settled", name, receipt={}, record=record)
    return how_far(run_id)


def message_key(run_id: str, number: int) -> str:
    """What makes a notice's Message-ID, the same at each attempt."""
    return f"{run_id}:notice.{number}"


def asked_about(run_id: str, counts: Mapping[str, int]) -> Mapping[str, object]:
    """What the question is made of whether to send: an answer counts for these words and counts alone."""
    return {"run": run_id, "counts": dict(counts), "texts": list(digests_of(rendered_notices(run_id)))}


def require_approved(run_id: str) -> None:
    """That people approved these very words to so many people (law 14).

    Raises:
        ActRefused: when they have not.
    """
    register = services().register
    affected = register.step(run_id, "affected")
    counts: Any = affected.receipt["counts"] if affected is not None and affected.state == "done" else {}
    gate = register.gate(run_id, Gate.APPROVAL)
    is_approved = gate is not None and gate.outcome is Decision.APPROVE
    if not is_approved or gate is None or gate.digest != digest(canonical(asked_about(run_id, counts))):
        raise ActRefused("people have not approved what is sent", where=run_id, remedy="answer its gate approval")


def _send_batch(run_id: str, people: Mapping[int, Addressee], texts: Mapping[int, Rendered]) -> None:
    """Hand a batch over; whatever ends it, what was answered is marked."""
    outcomes: dict[int, SendingState] = {}
    away: list[SystemUnavailable] = []

    def send(number: int) -> None:
        if away:
            return
        try:
            outcomes[number] = _handed_over(run_id, number, people[number], texts[number])
        except SystemUnavailable as error:
            outcomes[number] = SendingState.WAITING
            away.append(error)

    try:
        with ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix="notice") as pool:
            # Each in a context of its own, as the services are found through it.
            waiting = [pool.submit(copy_context().run, send, number) for number in people]
            for one in waiting:
                one.result()
    finally:
        for state in SendingState:
            services().register.mark_sendings(run_id, [n for n, s in outcomes.items() if s is state], state)
    if away:
        raise away[0] from None


def _handed_over(run_id: str, number: int, who: Addressee, said: Rendered) -> SendingState:
    register = services().register
    try:
        services().channel.deliver(
            said,
            to=who.address,
            message_key=message_key(run_id, number),
            about_to_hand_over=lambda: register.mark_sendings(run_id, [number], SendingState.HANDED_OVER),
        )
    except (StepFailed, RequestInvalid, AnswerRefused):
        return SendingState.FAILED  # refused for good, or no address: nothing has left
    except DeliveryUncertain:
        return SendingState.HANDED_OVER
    return SendingState.SENT


def notice_of(incident: Incident, facts: IncidentFacts, language: str, *, name: str = "", country: str = "") -> Notice:
    """What people are told in one language; on paper with the reader's name and country."""
    is_attack = incident.kind is IncidentKind.ATTACK
    return Notice(
        kind=NoticeKind.SECURITY_WARNING if is_attack else NoticeKind.INCIDENT,
        language=language,
        case_id=incident.run_id,
        right="",
        received_on=incident.aware_at,
        recipient_name=name,
        country=country,
        incident=facts.words[language],
    )


def _keep_pace(sent: int, seconds: float) -> None:
    """Wait, where the policy says how many a minute a mail server takes from us."""
    most = services().policy.notices_per_minute
    if most:
        time.sleep(max(sent * _SHORT_SECONDS / most - seconds, 0.0))


def digests_of(texts: Mapping[str, Rendered]) -> Sequence[str]:
    """What people approve: each text, word for word."""
    return [f"{language}: {said.subject}\n{said.text}" for language, said in sorted(texts.items())]
