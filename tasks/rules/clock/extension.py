"""When an answer may take two months longer, and what must be said for it (Art. 12(3), third sentence).

Once, by a person, for one of the law's two reasons, told to the data subject with the reasons within the first month.
"""

from datetime import date

from data_contracts.case.case import Case
from data_contracts.errors import AnswerRefused
from data_contracts.grounds import ExtensionReason
from data_contracts.vocabulary import CaseState

_ANSWERED = frozenset({CaseState.SUBJECT_TOLD, CaseState.ARCHIVED, CaseState.PURGED})


def check_extension(case: Case, *, notice_by: date, today: date, paused: bool) -> None:
    """That the data subject can be told today that it takes longer.

    Args:
        case: the case.
        notice_by: the last day to tell of it.
        today: the local day.
        paused: whether the clock stands still.

    Raises:
        AnswerRefused: answered, extended before, standing still, or too late.
    """
    remedy = f"see where it stands: rightsflow case {case.case_id}"
    if case.state in _ANSWERED or case.outcome:
        raise AnswerRefused("there is no answer left to extend the time for", where=case.case_id, remedy=remedy)
    if case.is_extended:
        raise AnswerRefused(
            "the time was extended before, and can be only once (Art. 12(3))",
            where=case.case_id,
            remedy=f"answer by {case.response_due}",
        )
    if paused:
        raise AnswerRefused(
            "the clock stands still while a proof is awaited, so there is no time to extend",
            where=case.case_id,
            remedy="wait for the proof, then extend the time if you must",
        )
    if today > notice_by:
        raise AnswerRefused(
            f"too late: an extension had to be told by {notice_by} (Art. 12(3))",
            where=case.case_id,
            remedy="answer without delay; the data subject may complain",
        )


def check_reason(reason: str, text: str) -> None:
    """That an extension gives one of the law's reasons, and says in words what it consists in.

    Raises:
        AnswerRefused: when it does not.
    """
    if reason not in set(ExtensionReason):
        known = ", ".join(ExtensionReason)
        raise AnswerRefused("the law knows no such reason to extend", where="reason", remedy=f"name one of: {known}")
    if not text.strip():
        raise AnswerRefused(
            "an extension is told with its reasons",
            where="text",
            remedy="write for the data subject why it takes longer",
        )
