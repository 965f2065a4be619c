"""Several gates decided with one proof: each question is named in what is signed (law 5).

The order is that of one answer: standing at every gate, one code, then what each answer must say. Where one is refused
none is taken in. Each answer is its own decision with its own record; the record names the questions that were decided
with the same code, by their digests.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from data_contracts.errors import AnswerRefused, RequestInvalid
from data_contracts.evidence.records import Facts
from data_contracts.gates.gates import GateEntry
from data_contracts.gates.operators import Operator
from tasks.gates.gates import Answer, check_answer_to, take_in, under_policy
from tasks.gates.operators import prove_at_gates

MOST: Final = 50
"""Gates that one code decides; whoever decides has read each."""


@dataclass(frozen=True, slots=True)
class Given:
    """An answer to one question.

    Attributes:
        entry: the gate, as it was shown.
        answer: what was decided; its code is not looked at.
    """

    entry: GateEntry
    answer: Answer


def answer_together(given: Sequence[Given], *, operator: str, code: str) -> list[GateEntry]:
    """Take the answers in, in their order; the gates as they stand afterwards.

    Were the process killed in between, those before stand, and the rest is asked still.

    Raises:
        AnswerRefused: when one of them may not be answered so; nothing is taken in, and each is told.
        RequestInvalid: when there are none, too many, or one is answered twice.
    """
    strict = under_policies(given)
    person, proof = prove_at_gates([one.entry for one in strict], operator, code=code)
    return take_in_together(strict, person, proof, also={})


def under_policies(given: Sequence[Given]) -> list[Given]:
    """The answers, each to its gate as strict as the policy asks today.

    Raises:
        RequestInvalid: when there are none, too many, or one gate is answered twice.
    """
    _check_number(given)
    return [Given(under_policy(one.entry), one.answer) for one in given]


def take_in_together(given: Sequence[Given], person: Operator, proof: str, *, also: Facts) -> list[GateEntry]:
    """Take in the answers of somebody who was proven just before, at every gate.

    Args:
        given: as :func:`under_policies` gives them.
        person: who was proven.
        proof: how.
        also: more facts for each record.

    Raises:
        AnswerRefused: when one of them says not what it must; nothing is taken in, and each is told.
    """
    require_every(given)
    facts: Facts = {**also, "together": sorted(one.entry.digest for one in given)}
    return [take_in(one.entry, one.answer, person, proof, also=facts) for one in given]


def _check_number(given: Sequence[Given]) -> None:
    places = [(one.entry.case_id, one.entry.gate, one.entry.subject) for one in given]
    if not 0 < len(places) <= MOST:
        remedy = f"decide at least one and at most {MOST} at once"
        raise RequestInvalid(f"{len(places)} gates are answered at once", where="answers", remedy=remedy)
    twice = next((place for place in places if places.count(place) > 1), None)
    if twice is not None:
        raise RequestInvalid("one gate is answered twice", where=f"{twice[0]} {twice[1]}", remedy="keep one answer")


def require_every(given: Sequence[Given]) -> None:
    """That each answer says what it must at its gate.

    Raises:
        AnswerRefused: with every gate whose answer does not.
    """
    refused = []
    for one in given:
        try:
            check_answer_to(one.entry, one.answer)
        except AnswerRefused as wrong:
            refused.append((f"{one.entry.case_id} {one.entry.gate.value}", wrong))
    if refused:
        told = "; ".join(f"{place}: {wrong.what}" for place, wrong in refused)
        remedy = "; ".join(dict.fromkeys(wrong.remedy for _, wrong in refused))
        raise AnswerRefused(f"no gate was decided ({told})", where=refused[0][0], remedy=remedy)
