"""The stages every case goes through, whatever the right; each can be started again from its first line (law 2).

A stage asks the register what is done and goes on from there. A system that fails opens a gate while the other systems
go on (law 6): try again, or handled by hand with a reference.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from data_contracts.case.case import Case
from data_contracts.errors import ActRefused, DeliveryUncertain, MailHeld, RightsflowError
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import Decision, Gate, Sensitivity
from flows.rights.requesters import admit_requester
from flows.runs.artifacts import progress
from flows.runs.case_artifacts import show_case_plan
from flows.runs.gates import answered, ask, opened
from flows.runs.turns import take_turn
from flows.runs.wording import changes_told, plan_table, unserved
from tasks.case.changed_plan import told_changes
from tasks.case.clock import IDENTITY
from tasks.case.erased_again import follows, tell_nobody
from tasks.case.plans import asked_about
from tasks.case.recovery import recovery_words
from tasks.gates.decisions import settle_approval, settle_empty, settle_subjects
from tasks.gates.failed_try import MENDED, decided_before, failed_try
from tasks.gates.gates import Question
from tasks.identity.facts import compare_facts, has_facts_to_compare
from tasks.identity.link import offer_link, offers_link
from tasks.identity.online import settle_proof, waits_for_settling
from tasks.identity.proven_before import settle_before
from tasks.identity.verify import identity_question, settle_identity
from tasks.life.archive import archive_evidence
from tasks.life.cooling_off import cooling_words
from tasks.life.duplicates import link_duplicate
from tasks.life.endings import tell_duplicate, tell_refused, tell_withdrawal
from tasks.notices.held_mails import held_mails
from tasks.notices.notify_subject import acknowledge, tell_referral, uncertain_question
from tasks.notices.posting import awaits_posting, settle_posting, unposted
from tasks.search.account_question import needs_a_person, subjects_question
from tasks.search.locate import (
    by_hand,
    finish_search,
    forget_search,
    load_search,
    pending_systems,
    search_system,
    survey_system,
)
from tasks.search.referrals import refer
from tasks.search.searching import SEARCH
from tasks.search.slow_searches import slow_searches
from tasks.services import services
from tasks.steps.ledger import is_done
from tasks.steps.step import Step

R = TypeVar("R")
Beyond = Callable[[str], Mapping[str, str]]
"""Systems of a case that software does not work on, with the reference of who does."""

_NOT_CARRIED_OUT = frozenset({"identity_failed", "refused", "withdrawn", "duplicate", "referred"})
_ENDINGS: Mapping[str, Callable[[str], str]] = {
    "withdrawn": tell_withdrawal,
    "duplicate": tell_duplicate,
    "referred": tell_referral,
}
"""What the data subject is told about a case that is not carried out; else a refusal."""


def case_of(case_id: str) -> Case:
    """The case as the register has it now."""
    return services().register.case(case_id)


def admit(case_id: str) -> bool:
    """Acknowledge, and have identity verified (law 4); False when the request is not to be carried out.

    It was refused or withdrawn, or is handled in another case: a case that is started again after that goes on telling
    and closing, and nowhere else.
    """
    if case_of(case_id).outcome in _NOT_CARRIED_OUT:
        return False
    if follows(case_id):
        settle_before(case_id)
        return True
    send(case_id, lambda: acknowledge(case_id))
    if not _is_proven_or_denied(case_id) and offers_link(case_id):
        send(case_id, lambda: offer_link(case_id))
    attempt = 0
    while not _is_proven_or_denied(case_id):
        ask(case_id, identity_question(case_id, case_of(case_id).right, attempt))
        send(case_id, lambda: settle_identity(case_id, attempt))  # noqa: B023  # called before the next turn
        attempt += 1
    admit_requester(case_id, send)
    link_duplicate(case_id)
    return case_of(case_id).outcome not in _NOT_CARRIED_OUT


def _is_proven_or_denied(case_id: str) -> bool:
    """Whether it is decided who asks: by a person, or by what came over the wire meanwhile."""
    if has_facts_to_compare(case_id):
        compare_facts(case_id)
    if waits_for_settling(case_id):
        settle_proof(case_id)
    return is_done(case_id, IDENTITY)


def locate(case_id: str) -> bool:
    """Search every system until nothing new appears; False when a person said whose data these are cannot be told."""
    if is_done(case_id, "subjects"):
        return False
    while True:
        search_all(case_id)
        search = load_search(case_id)
        if not needs_a_person(search, by_hand(case_id)):
            break
        entry = ask(case_id, subjects_question(case_id, search, by_hand(case_id)))
        if entry.outcome is Decision.REFUSE:
            settle_subjects(case_id)
            return False
        forget_search(case_id)
    finish_search(case_id)
    return True


def search_all(
    case_id: str, work: Step[[str, str], int] = search_system, look: str = SEARCH, *, beyond: Beyond = by_hand
) -> None:
    """Ask systems, side by side, until none has anything new to be asked.

    Every system is first looked at: is it there, and as its contract says? Those that are not wait for a person; the
    others are searched to the end meanwhile (law 6).
    """
    pending = list(services().contracts.systems)
    with progress(work.name, case_id, len(pending), title=f"{work.name}: {len(pending)} systems") as reached:
        while pending:
            _take_in_answers(case_id, pending)
            _, gates = _attempt(case_id, survey_system, _automated(case_id, pending, beyond))
            broken = {entry.subject for entry in gates}
            gates += _search_rounds(case_id, work, look, broken=broken, reached=reached, beyond=beyond)
            pending = [answered(entry).subject for entry in gates]


def over_systems(
    case_id: str,
    work: Step[[str, str], R],
    systems: Iterable[str],
    *,
    in_order: bool = False,
    beyond: Beyond = by_hand,
) -> dict[str, R]:
    """Results by system, of every system that is not handled by hand in the end (law 6).

    ``beyond`` gives the systems that are left out; for a proof they are those that cannot be looked at.
    """
    results: dict[str, R] = {}
    pending = _automated(case_id, systems, beyond)
    while pending:
        _take_in_answers(case_id, pending)
        done, gates = _attempt(case_id, work, _automated(case_id, pending, beyond), in_order=in_order)
        results |= done
        pending = [answered(entry).subject for entry in gates]
    return {name: results[name] for name in _automated(case_id, results, beyond)}


def _search_rounds(  # noqa: PLR0913  # what one round needs to know
    case_id: str,
    work: Step[[str, str], int],
    look: str,
    *,
    broken: set[str],
    reached: Callable[[int], None],
    beyond: Beyond,
) -> list[GateEntry]:
    """Search all but the ``broken`` systems until nothing new appears; the gates of those that failed meanwhile."""
    gates: list[GateEntry] = []
    count = len(services().contracts.systems)
    while systems := [name for name in pending_systems(case_id, look, beyond(case_id)) if name not in broken]:
        reached(count - len(systems) - len(broken))
        _, failed = _attempt(case_id, work, systems)
        gates += failed
        broken |= {entry.subject for entry in failed}
    reached(count - len(broken))
    return gates


def _attempt(
    case_id: str, work: Step[[str, str], R], systems: Iterable[str], *, in_order: bool = False
) -> tuple[dict[str, R], list[GateEntry]]:
    """Results of the systems that did it, and a gate, opened and not yet waited at, for each that failed."""
    done: dict[str, R] = {}
    gates: list[GateEntry] = []
    for name, outcome in work.for_each(case_id, systems, in_order=in_order).items():
        if isinstance(outcome, ActRefused):
            raise outcome  # no outage: nobody may answer that it was done by hand
        if isinstance(outcome, RightsflowError):
            gates.append(opened(case_id, _outage_question(case_id, name, work.name, outcome)))
        else:
            done[name] = outcome
    return done, gates


def _take_in_answers(case_id: str, systems: Iterable[str]) -> None:
    """Wait at the outage gates of ``systems`` that are open: what people answered counts before anything is tried."""
    for entry in services().register.gates(case_id, kind=Gate.OUTAGE, open_only=True):
        if entry.subject in systems:
            answered(entry)


def _automated(case_id: str, systems: Iterable[str], beyond: Beyond = by_hand) -> list[str]:
    """Those of ``systems`` that nobody handles by hand in this case."""
    handled = beyond(case_id)
    return [name for name in systems if name not in handled]


def approve(case_id: str) -> bool:
    """Whether people approved the plan as it stands, once it is the case's turn to act.

    False when one refused, or all is another controller's.
    """
    if not _is_approved(case_id):
        return False
    take_turn(case_id)
    return True


def _is_approved(case_id: str) -> bool:
    settled = services().register.step(case_id, "approve")
    if settled is not None and settled.state == "done":
        return bool(settled.receipt["approved"])
    if refer(case_id):
        return False
    if settle_empty(case_id):
        return True
    receipt = services().register.step(case_id, "plan")
    plan: dict[str, Any] = dict(receipt.receipt) if receipt else {}
    show_case_plan(case_id, plan["plan"])
    ask(case_id, _approval_question(case_id, plan))
    return settle_approval(case_id)


def refuse(case_id: str) -> str:
    """End a case that is not carried out: tell the data subject why, with the remedies of a refusal (Art. 12(4)).

    A request whose data are all another controller's is not refused: the data subject is told whom to ask.
    """
    case = case_of(case_id)
    if case.is_ended:
        return case.outcome
    tell = tell_nobody if follows(case_id) else _ENDINGS.get(case.outcome, tell_refused)
    send(case_id, lambda: tell(case_id))
    return archive_evidence(case_id, case.outcome)


def send(case_id: str, notice: Callable[[], object]) -> None:
    """Send a notice; where it may have left when a process died, a person finds out first (law 3).

    A person decides as well on a mail that was held back (:mod:`tasks.notices.held_mails`).

    A letter that ends the case, or changes something for the data subject, is waited for until it was posted, and with
    it every other letter of the case.
    """
    while True:
        try:
            notice()
        except DeliveryUncertain:
            ask(case_id, uncertain_question(case_id))
        except MailHeld:
            for entry in held_mails(case_id):
                answered(entry)
        else:
            break
    if awaits_posting(case_id):
        for entry in unposted(case_id):
            answered(entry)
        settle_posting(case_id)


def _approval_question(case_id: str, receipt: Mapping[str, object]) -> Question:
    plan = receipt["plan"]
    case = case_of(case_id)
    return Question(
        gate=Gate.APPROVAL,
        description=changes_told(told_changes(case_id, str(receipt["digest"])))
        + plan_table(case, plan)
        + unserved(slow_searches(case_id))
        + cooling_words(case_id)
        + recovery_words(case_id),
        facts=asked_about(str(receipt["digest"])),
        options=(Decision.APPROVE, Decision.REFUSE),
        sensitivity=Sensitivity(plan["sensitivity"]),  # type: ignore[index]  # plan_facts
    )


def _outage_question(case_id: str, system: str, work: str, error: RightsflowError) -> Question:
    """What to do about a system that failed; each answer is for one failure, the next failure is a new question."""
    return failed_try(
        case_id,
        Gate.OUTAGE,
        system,
        what=f"{work} failed in system `{system}`. The other systems go on.",
        told=error,
        ways={**MENDED, Decision.BY_HAND: "with the reference of who did it outside the software"},
        facts={"system": system, "attempt": decided_before(case_id, Gate.OUTAGE, system)},
    )
