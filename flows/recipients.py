"""Recipients are told what was done (Art. 19): the stage between proving and telling the data subject."""

from collections.abc import Iterable

from data_contracts.errors import DeliveryUncertain, RightsflowError
from data_contracts.ports import GateEntry
from data_contracts.vocabulary import CaseState, Decision, Gate
from flows.gates import answered, opened
from flows.stages import case_of
from tasks.approval import Question
from tasks.notify_recipients import finish_telling, notice_name, parties_to_tell, tell_recipient
from tasks.notify_subject import question_about
from tasks.services import services


def tell_recipients(case_id: str) -> None:
    """Tell every recipient of data that were touched; those that cannot be told wait for a person, others go on.

    Does nothing for a case that does not stand there: not proven yet, or told already.
    """
    if case_of(case_id).state is not CaseState.VERIFIED:
        return
    parties = parties_to_tell(case_id)
    pending = list(parties)
    while pending:
        _take_in_answers(case_id)
        gates = _attempt(case_id, pending)
        pending = list(gates)
        for entry in gates.values():
            answered(entry)
    finish_telling(case_id, parties)


def _attempt(case_id: str, parties: Iterable[str]) -> dict[str, GateEntry]:
    """A gate, opened and not yet waited at, for each party that was not told."""
    outcomes = tell_recipient.for_each(case_id, parties, in_order=True)
    return {
        party: opened(case_id, _question(case_id, party, outcome))
        for party, outcome in outcomes.items()
        if isinstance(outcome, RightsflowError)
    }


def _take_in_answers(case_id: str) -> None:
    """Wait at the gates of recipients that are open: what people answered counts before anything is tried."""
    for entry in services().register.gates(case_id, open_only=True):
        if entry.gate is Gate.RECIPIENT:
            answered(entry)


def _question(case_id: str, party: str, error: RightsflowError) -> Question:
    """What to do about a recipient that was not told; each answer is for one failure."""
    if isinstance(error, DeliveryUncertain):
        return question_about(case_id, notice_name(party))
    before = [g for g in services().register.gates(case_id) if g.gate is Gate.RECIPIENT and g.subject == party]
    attempt = sum(1 for gate in before if gate.outcome is not None)
    return Question(
        gate=Gate.RECIPIENT,
        subject=party,
        description=(
            f"**Case {case_id}: recipient `{party}` was not told (Art. 19).** The others are told.\n\n{error}\n\n"
            "Answer *by_hand* with the reference of who told it, or *retry* when what stands in the way is mended."
        ),
        facts={"party": party, "attempt": attempt},
        options=(Decision.BY_HAND, Decision.RETRY),
    )
