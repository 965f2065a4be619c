"""Recipients are told what was done (Art. 19): the stage between proving and telling the data subject."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from data_contracts.errors import ActRefused, DeliveryUncertain, RightsflowError
from data_contracts.vocabulary import CaseState, Decision, Gate
from flows.rights.stages import case_of
from flows.runs.gates import answered, opened
from tasks.case.plans import confirm_lifting, confirmed
from tasks.gates.failed_try import MENDED, decided_before, failed_try
from tasks.gates.gates import Question
from tasks.notices.notify_subject import question_about
from tasks.recipients.tell import finish_telling, notice_name, parties_to_tell, tell_recipient
from tasks.recipients.tell_lifting import (
    finish_telling_lifted,
    lifting_name,
    lifting_subject,
    parties_told,
    tell_lifted,
)
from tasks.services import services
from tasks.steps.step import Step


def tell_recipients(case_id: str) -> None:
    """Tell every recipient of data that were touched; those that cannot be told wait for a person, others go on.

    Does nothing for a case that does not stand there: not proven yet, or told already.
    """
    if case_of(case_id).state is not CaseState.VERIFIED:
        return
    parties = parties_to_tell(case_id)
    _tell_all(_Round(case_id, tell_recipient.under(confirmed(case_id))), parties)
    finish_telling(case_id, parties)


def tell_recipients_of_lifting(case_id: str) -> None:
    """Tell every recipient that was told of a restriction that it is over; see :func:`tell_recipients`."""
    telling = _Round(case_id, tell_lifted.under(confirm_lifting(case_id)), lifting_name, lifting_subject)
    states = _tell_all(telling, parties_told(case_id))
    finish_telling_lifted(case_id, states)


@dataclass(frozen=True, slots=True)
class _Round:
    """What recipients are told in one case: the step, its name in the ledger, and its gate's subject, by party."""

    case_id: str
    tell: Step[[str, str], str]
    name: Callable[[str], str] = notice_name
    subject: Callable[[str], str] = str


def _tell_all(telling: _Round, parties: Iterable[str]) -> dict[str, str]:
    """How every party stands once each was told; those that cannot be wait for a person meanwhile."""
    states: dict[str, str] = {}
    pending = list(parties)
    while pending:
        _take_in_answers(telling.case_id)
        outcomes = telling.tell.for_each(telling.case_id, pending, in_order=True)
        if refused := [error for error in outcomes.values() if isinstance(error, ActRefused)]:
            raise refused[0]
        failed = {party: error for party, error in outcomes.items() if isinstance(error, RightsflowError)}
        states |= {party: state for party, state in outcomes.items() if not isinstance(state, RightsflowError)}
        # All gates are opened before one is waited at.
        gates = {party: opened(telling.case_id, _question(telling, party, error)) for party, error in failed.items()}
        pending = list(gates)
        for entry in gates.values():
            answered(entry)
    return states


def _take_in_answers(case_id: str) -> None:
    """Wait at the gates of recipients that are open: what people answered counts before anything is tried."""
    for entry in services().register.gates(case_id, kind=Gate.RECIPIENT, open_only=True):
        answered(entry)


def _question(telling: _Round, party: str, error: RightsflowError) -> Question:
    """What to do about a recipient that was not told; each answer is for one failure."""
    case_id, subject = telling.case_id, telling.subject(party)
    if isinstance(error, DeliveryUncertain):
        return question_about(case_id, telling.name(party))
    what = "that the restriction is lifted" if telling.name is lifting_name else "(Art. 19)"
    return failed_try(
        case_id,
        Gate.RECIPIENT,
        subject,
        what=f"recipient `{party}` was not told {what}. The others are told.",
        told=error,
        ways={**MENDED, Decision.BY_HAND: "with the reference of who told it"},
        facts={"party": subject, "attempt": decided_before(case_id, Gate.RECIPIENT, subject)},
    )
