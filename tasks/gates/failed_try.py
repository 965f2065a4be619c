"""What people are asked about a try that failed: mended and tried again, done outside the software, or left.

Each answer is for one try: a question bears the number of those that were decided before, so that the next failure is
a new one, and what was answered once is not answered for ever.
"""

from collections.abc import Mapping
from typing import Final

from data_contracts.evidence.records import Facts
from data_contracts.vocabulary import Decision, Gate
from tasks.gates.gates import Question
from tasks.services import services

MENDED: Final[Mapping[Decision, str]] = {Decision.RETRY: "when it is mended"}
"""The way out that there always is."""


def failed_try(  # noqa: PLR0913  # what the page shows, and what may be answered
    case_id: str, gate: Gate, subject: str, *, what: str, told: object, ways: Mapping[Decision, str], facts: Facts
) -> Question:
    """The question about a try that failed.

    Args:
        case_id: whose case it is.
        gate: where it is asked.
        subject: the system or recipient; empty: the case.
        what: what was not done, as a sentence.
        told: what is known of it.
        ways: what an answer is for, by the decisions that are possible; each goes on after the decision's name.
        facts: what tells this try from others.
    """
    return Question(
        gate=gate,
        subject=subject,
        description=f"**Case {case_id}: {what}**\n\n{told}\n\n{_answers(ways)}",
        facts=facts,
        options=tuple(ways),
    )


def decided_before(case_id: str, gate: Gate, subject: str) -> int:
    """How many tries people decided about; the number of the next one."""
    before = services().register.gates(case_id, kind=gate)
    return sum(1 for entry in before if entry.subject == subject and entry.outcome is not None)


def _answers(ways: Mapping[Decision, str]) -> str:
    *first, last = [f"*{decision.value}* {what}" for decision, what in ways.items()]
    return f"Answer {', '.join(first)}{', or ' if first else ''}{last}."
