"""Whose turn it is among the open cases of one data subject, and letting the next one act.

A gate for each case that comes first; the software answers it once that case has acted or ended, a person may before.
"""

from contextlib import suppress

from data_contracts.errors import AnswerRefused
from data_contracts.vocabulary import CaseState, Decision, Gate, Right
from tasks.case.sealed import subject_request
from tasks.gates.gates import Question, answer_by_rule
from tasks.life.duplicates import SINGLE
from tasks.rules.clock.turns import come_first
from tasks.services import services


def waits_for(case_id: str) -> list[str]:
    """Cases of the same data subject that act before this one; empty when it is this one's turn."""
    register = services().register
    case = register.case(case_id)
    if case.state is not CaseState.APPROVED or _is_urgent(case_id, case.right):
        return []
    return come_first(case, [register.case(other) for other in siblings(case_id) if _is_admitted(other)])


def siblings(case_id: str) -> list[str]:
    """Other cases of the same data subject, by name."""
    register = services().register
    return [other for other in register.cases_of(register.subject_keys(case_id)) if other != case_id]


def turn_question(case_id: str, first: str) -> Question:
    """What the gate asks while another case comes first."""
    other = services().register.case(first)
    return Question(
        gate=Gate.TURN,
        subject=first,
        description=(
            f"**Case {case_id} waits for case {first}** ({other.right.value}, {other.state.value}) of the same data "
            "subject, which comes first.\n\nNothing has to be done here: it goes on by itself once the other case has "
            "acted or ended. Answer *go_on* to let it act now."
        ),
        facts={"after": first},
        options=(Decision.GO_ON,),
    )


def release(case_id: str) -> bool:
    """Answer the case's gates for cases that have acted or ended meanwhile; whether any was answered."""
    waiting = services().register.gates(case_id, kind=Gate.TURN, open_only=True)
    still = waits_for(case_id) if waiting else []
    free = [entry for entry in waiting if entry.subject not in still]
    for entry in free:
        with suppress(AnswerRefused):  # another process, or a person, was first
            answer_by_rule(
                entry, Decision.GO_ON, also={"other_is": services().register.case(entry.subject).state.value}
            )
    return bool(free)


def release_siblings(case_id: str) -> None:
    """Let cases go on that waited for this one; it has acted or ended."""
    for other in siblings(case_id):
        release(other)


def _is_admitted(case_id: str) -> bool:
    """Whether whoever asks was found to be allowed to; before that a case holds nobody up."""
    register = services().register
    is_new = register.case(case_id).state is CaseState.IDENTITY_VERIFIED
    return not is_new or register.step(case_id, SINGLE) is not None


def _is_urgent(case_id: str, right: Right) -> bool:
    """Art. 21(3): direct marketing ends at once, whatever else is open."""
    return right is Right.OBJECTION and subject_request(case_id).statement.direct_marketing
