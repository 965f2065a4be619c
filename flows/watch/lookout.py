"""The look at every open case: warn before dates, chase what is awaited, let what waited go on (Art. 12(3), (4), (6)).

For each open case, in this order; each thing once, noted in the ledger, whatever is killed in between:

1. gates that wait for another case of the data subject are answered when that one has acted or ended, and those that
   let whoever reads an old address stop a change when the days of the policy are over;
2. a proof of identity that was asked for: the data subject is reminded, then the case is closed with a notice;
3. the days of the policy before the answer is due: a warning in evidence; at the last of them, and when it is over, a
   letter to the DPO without personal data;
4. who decided in it and may not any more: the DPO is written to;
5. near the last day to tell of an extension a person is asked whether one is needed; after it the question is closed.

A case that cannot be looked at just now stops no other. Mails that nobody has read, and registers, are looked at last:
near the last day of something the DPO is written to.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from data_contracts.case.case import Case
from data_contracts.errors import DeliveryUncertain, MailHeld, RightsflowError, SystemUnavailable
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import CaseState, Gate
from flows.runs.case_runs import start_extension, wake_extension, wake_flow
from flows.runs.gates import opened
from flows.runs.leases import carrying
from tasks.case.clock import pauses_of, standing, today
from tasks.case.leavers import tell_of_leavers
from tasks.case.warnings import escalate, must_escalate, warn
from tasks.identity.proofs import document_came_on
from tasks.identity.verify import close_unproven, is_reminded, remind_of_proof
from tasks.intake.arrivals import warn_of_waiting
from tasks.life.contact_changes import release_change
from tasks.life.cooling_off import release_erasure
from tasks.life.extension import close_late, concerns_extension, extension_question, is_unfinished
from tasks.life.restored import is_held
from tasks.life.turns import release
from tasks.notices.notify_subject import uncertain_question
from tasks.officer.findings import tell_late_findings
from tasks.officer.incidents import warn_of_clocks
from tasks.officer.reminders import remind_of_registers
from tasks.rules.clock.warnings import has_acted
from tasks.services import services
from tasks.steps.step import guarded


class Runs(Protocol):
    """How flow runs are woken and started."""

    def wake(self, case: Case) -> object:
        """Let the case's run look at the register again; start one if none lives."""

    def extend(self, case: Case) -> object:
        """Start the run that asks whether the case takes longer, unless one lives."""

    def wake_extension(self, case: Case) -> object:
        """Let that run look at the register again."""


@dataclass(frozen=True, slots=True)
class PrefectRuns:
    """Flow runs on the Prefect server; without one nothing happens, and the register keeps what is open."""

    def wake(self, case: Case) -> UUID | None:
        """Wake or start the case's run."""
        return wake_flow(case)

    def extend(self, case: Case) -> UUID | None:
        """Start the run that asks."""
        return start_extension(case)

    def wake_extension(self, case: Case) -> UUID | None:
        """Wake the run that asks."""
        return wake_extension(case)


def look_at_all(cases: Iterable[Case], runs: Runs) -> Counter[str]:
    """What was done, by name, as numbers of cases; ``failed`` counts those that could not be looked at to the end.

    Args:
        cases: in any state; those that have ended are passed over.
        runs: what wakes and starts flow runs.
    """
    done: Counter[str] = Counter()
    gates = _open_gates()
    for case in cases:
        if case.is_ended:
            continue
        try:
            done.update(guarded(_look, "look")(case.case_id, gates.get(case.case_id, ()), runs))
        except RightsflowError:
            done["failed"] += 1  # sealed, or told by the next look
    with suppress(RightsflowError):  # the next look tells it
        done.update({"unread": told} if (told := warn_of_waiting()) else {})
    with suppress(RightsflowError):  # as above
        done.update({"registers": told} if (told := remind_of_registers()) else {})
    with suppress(RightsflowError):  # as above
        done.update({"findings": told} if (told := tell_late_findings()) else {})
    with suppress(RightsflowError):  # as above
        done.update({"incidents": told} if (told := warn_of_clocks()) else {})
    return done


def _look(case_id: str, gates: Iterable[GateEntry], runs: Runs) -> list[str]:
    case = services().register.case(case_id)
    if is_held(case_id):
        return []
    return [
        *_turns(case, gates, runs),
        *_contacts(case, gates, runs),
        *_cooled(case, gates, runs),
        *_proofs(case, runs),
        *_warnings(case),
        *_leavers(case),
        *_extension(case, gates, runs),
    ]


def _open_gates() -> Mapping[str, list[GateEntry]]:
    found: dict[str, list[GateEntry]] = {}
    for entry in services().register.gates(open_only=True):
        found.setdefault(entry.case_id, []).append(entry)
    return found


def _turns(case: Case, gates: Iterable[GateEntry], runs: Runs) -> Iterator[str]:
    if any(entry.gate is Gate.TURN for entry in gates) and release(case.case_id):
        _try(lambda: runs.wake(case))
        yield "released"


def _contacts(case: Case, gates: Iterable[GateEntry], runs: Runs) -> Iterator[str]:
    """A change of contacts that waited long enough goes on."""
    if any(entry.gate is Gate.CONTACT_CHANGE for entry in gates) and release_change(case.case_id):
        _try(lambda: runs.wake(case))
        yield "contact_change"


def _cooled(case: Case, gates: Iterable[GateEntry], runs: Runs) -> Iterator[str]:
    """An erasure that nobody took back goes on."""
    if any(entry.gate is Gate.COOLING_OFF for entry in gates) and release_erasure(case.case_id):
        _try(lambda: runs.wake(case))
        yield "cooled_off"


def _proofs(case: Case, runs: Runs) -> Iterator[str]:
    """Art. 12(6): a proof that is awaited never lets a case hang."""
    if case.state is not CaseState.IDENTITY_ASKED:
        return
    if document_came_on(case) is not None:
        return  # what came waits for us
    policy, asked_on = services().policy, pauses_of(case)[-1].asked_on
    waited = today() - asked_on
    if waited > timedelta(days=policy.proof_days):
        with carrying(case.case_id):
            closed = close_unproven(case.case_id)
        _try(lambda: runs.wake(case))
        yield from ["closed"] if closed else []
    elif waited >= timedelta(days=policy.proof_reminder_days) and not is_reminded(case) and _remind(case.case_id):
        yield "reminded"


def _remind(case_id: str) -> bool:
    try:
        remind_of_proof(case_id)
    except DeliveryUncertain:
        opened(case_id, uncertain_question(case_id))
        return False
    except MailHeld:
        return False  # its gate is open
    return True


def _warnings(case: Case) -> Iterator[str]:
    if warn(case):
        yield "warned"
    if must_escalate(case):
        escalate(case.case_id)
        yield "escalated"


def _leavers(case: Case) -> Iterator[str]:
    """Law 5: the DPO hears of people who decided in an open case and may not any more."""
    if tell_of_leavers(case):
        yield "told_of_leavers"


def _extension(case: Case, gates: Iterable[GateEntry], runs: Runs) -> Iterator[str]:
    waiting = next((entry for entry in gates if entry.gate is Gate.EXTENSION), None)
    if waiting is not None and close_late(waiting):
        _try(lambda: runs.wake_extension(case))
        yield "extension_closed"
    elif waiting is None and is_unfinished(case):
        # The process died between the answer and the day that moves, or a letter was posted meanwhile.
        if not any(concerns_extension(entry) for entry in gates):
            _try(lambda: runs.wake_extension(case))
            _try(lambda: runs.extend(case))
    elif waiting is None and _may_need_longer(case):
        opened(case.case_id, extension_question(case))
        _try(lambda: runs.extend(case))
        yield "asked_extension"


def _may_need_longer(case: Case) -> bool:
    """Near the last day to tell of an extension, nothing acted on yet, and nobody asked before."""
    notice_by = standing(case).notice_by
    if notice_by is None or has_acted(case.state) or case.outcome:
        return False
    near = timedelta(0) <= notice_by - today() <= timedelta(days=services().policy.extension_ask_days)
    return near and not services().register.gates(case.case_id, kind=Gate.EXTENSION)


def _try(call: Callable[[], object]) -> None:
    """Without the server nothing is lost: the register keeps it, and the next sweep asks again."""
    with suppress(SystemUnavailable):
        call()
