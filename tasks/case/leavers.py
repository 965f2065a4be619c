"""People who leave: their answers are named at the next gate and to the DPO, and count as far as the policy says.

1. At a gate that waits for another person, an answer that does not count is as if nobody had given it.
2. A plan whose approval does not hold any more when the case is about to act is asked about again, as a question of
   its own: the old answers do not answer it.
3. What was confirmed goes on: half an erasure helps nobody.
"""

from dataclasses import replace

from data_contracts.case.case import Case
from data_contracts.evidence.records import canonical, digest
from data_contracts.gates.gates import GateEntry
from data_contracts.gates.leavers import Lost
from data_contracts.told.notices import Rendered
from data_contracts.vocabulary import Gate
from tasks.case.warnings import tell_officer
from tasks.rules.people.gates import people_missing
from tasks.rules.people.leavers import lost_at, not_counted, said_of
from tasks.services import services

__all__ = ["asked_again", "counted", "leavers_at", "missing_at", "named_before", "question_digest", "tell_of_leavers"]

_AGAIN = "ask again"
_ORDINARY = frozenset({Gate.APPROVAL})
"""Gates whose question can be asked again with the same facts."""


def leavers_at(entry: GateEntry) -> list[Lost]:
    """People whose answers stand at a gate and who could not answer it today."""
    provided = services()
    lost = provided.policy.approvals_lost_with
    return lost_at(entry, provided.register.operator, not_counted=lost, now=provided.now())


def counted(entry: GateEntry) -> GateEntry:
    """The gate with those answers that count."""
    gone = not_counted(leavers_at(entry))
    return replace(entry, answers=tuple(one for one in entry.answers if one.operator not in gone)) if gone else entry


def missing_at(entry: GateEntry) -> int:
    """How many more people have to answer, those left out whose answer does not count any more."""
    return people_missing(counted(entry))


def named_before(case_id: str) -> str:
    """What a new question of the case says of people who decided before and may not any more; Markdown."""
    decided = [entry for entry in services().register.gates(case_id, proven=False) if entry.outcome is not None]
    told = [f"\n- at gate {entry.gate.value}: {said_of(lost)}" for entry in decided for lost in leavers_at(entry)]
    return "\n\n**Answered before by people who may not any more:**\n" + "".join(told) if told else ""


def question_digest(case_id: str, gate: Gate, facts: object) -> str:
    """The digest of a question; another one each time that the same facts have to be asked about again."""
    base = digest(canonical(facts))
    times = _times(case_id, base) if gate in _ORDINARY else 0
    return digest(canonical({"question": base, "again": times})) if times else base


def asked_again(case_id: str, facts: object) -> None:
    """Have a question asked again although its facts are the same."""
    base = digest(canonical(facts))
    place = f"{base[:40]}:{_times(case_id, base) + 1}"
    services().register.complete(case_id, _AGAIN, place, receipt={}, record=None)


def _times(case_id: str, base: str) -> int:
    register, times = services().register, 0
    while register.step(case_id, _AGAIN, f"{base[:40]}:{times + 1}") is not None:
        times += 1
    return times


def tell_of_leavers(case: Case) -> int:
    """Write to the DPO of each person whose answer stands in an open case and who may not answer any more; how many."""
    entries = services().register.gates(case.case_id, proven=False)
    found = {(one.operator, one.loss): (entry, one) for entry in entries for one in leavers_at(entry)}
    return sum(
        tell_officer(case, f"leaver:{name}:{loss.value}", _letter(case, entry, one))
        for (name, loss), (entry, one) in found.items()
    )


def _letter(case: Case, entry: GateEntry, lost: Lost) -> Rendered:
    return Rendered.of_paragraphs(
        f"Case {case.case_id}: {lost.operator} decided, and may not any more",
        (
            f"Case {case.case_id} ({case.right.value}), gate {entry.gate.value}: {said_of(lost)}.",
            "Which losses end an answer is `approvals_lost_with` in policy.yaml. What was acted upon stays as it is.",
            f"Look at it with: rightsflow case {case.case_id}",
        ),
    )
