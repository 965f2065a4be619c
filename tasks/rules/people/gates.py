"""Who may answer a gate, and when enough people did (charter 3.2, 3.3; law 5).

Pure: the proof of who answered is checked elsewhere, what it is worth is decided here.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from data_contracts.case.verdicts import DECIDABLE
from data_contracts.company.company import GateRule, Policy
from data_contracts.errors import AnswerRefused, ContractInvalid
from data_contracts.gates.decided import AT_ONCE
from data_contracts.gates.gates import GateAnswer, GateEntry
from data_contracts.gates.operators import Operator
from data_contracts.vocabulary import Decision, Duty, Gate, OperatorRole, Right, Sensitivity
from tasks.rules.people.refusals import asks_second

FOUR_EYES: Final = 2
"""People without whom nothing that was erased is given back."""
_FOR_TWO = frozenset({Gate.RESTORATION})
"""Gates that one person never decides, whatever the policy says."""
_BY_REFERENCE = frozenset({Gate.POSTING, Gate.RESTORATION})
_NEEDS_REFERENCE = frozenset({Decision.BY_HAND})
_STAY_GROUNDS = tuple(ground.value for ground in DECIDABLE)
_NEEDS_REASON = frozenset({Decision.REFUSE})
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:/#-]{0,59}")
"""A reference names a ticket or a letter; it goes into evidence, so it has no room for a name and an address."""


def rule_for(policy: Policy, matter: Right | Duty, gate: Gate) -> GateRule:
    """The policy's rule for a gate of a right or a duty.

    Raises:
        ContractInvalid: when the policy has none; a gate without a rule is never open to everybody.
    """
    rule = policy.rule(matter, gate)
    if rule is None:
        part = "duties" if isinstance(matter, Duty) else "gates"
        raise ContractInvalid(
            f"no rule for gate {gate.value} of {matter.value}",
            where=f"policy.yaml: {part}",
            remedy=f"add {part}.{matter.value}.{gate.value} with roles and people",
        )
    is_for_two = gate in _FOR_TWO and rule.people < FOUR_EYES
    return rule.model_copy(update={"people": FOUR_EYES}) if is_for_two else rule


def people_needed(rule: GateRule, sensitivity: Sensitivity) -> int:
    """How many different people must approve, given the most sensitive data the plan touches."""
    return max(rule.people, rule.people_when.get(sensitivity, 0))


def check_in_force(operator: Operator | None, *, roles: Sequence[OperatorRole], where: str, now: datetime) -> Operator:
    """That a person may act today with one of the roles, before any proof is looked at.

    Whether they are locked out is asked where a code is compared: others' wrong codes end nobody's session.

    Raises:
        AnswerRefused: unknown, switched off, out of time, training lapsed, or without the role.
    """
    remedy = "let an operator answer who is in force and has one of the roles: " + ", ".join(roles)
    if operator is None or not operator.is_active:
        raise AnswerRefused("no such operator in force", where=where, remedy=remedy)
    if operator.valid_until is not None and now >= operator.valid_until:
        raise AnswerRefused(f"the role of {operator.name} has lapsed", where=where, remedy=remedy)
    if operator.training_until is not None and now >= operator.training_until:
        # Charter 3.3: who was not made aware does not decide.
        raise AnswerRefused(
            f"the training of {operator.name} has lapsed", where=where, remedy="renew the training first"
        )
    if not set(operator.roles) & set(roles):
        raise AnswerRefused(f"{operator.name} does not have the role", where=where, remedy=remedy)
    return operator


def check_standing(operator: Operator | None, entry: GateEntry, now: datetime) -> Operator:
    """That a person may answer this gate today, before any proof is looked at.

    Raises:
        AnswerRefused: see :func:`check_in_force`; or the person already answered.
    """
    known = check_in_force(operator, roles=entry.roles, where=entry.gate.value, now=now)
    if any(answer.operator == known.name for answer in entry.answers):
        raise AnswerRefused(
            f"{known.name} has already answered this gate",
            where=entry.gate.value,
            remedy="a different person must give the next answer (four eyes)",
        )
    return known


def check_answer(entry: GateEntry, decision: Decision, *, reason: str, reference: str) -> None:
    """That the answer is one the gate offers and says what it must.

    Raises:
        AnswerRefused: not offered, or without its reason or reference.
    """
    where = entry.gate.value
    if entry.outcome is not None:
        raise AnswerRefused("this gate is already decided", where=where, remedy="look at the case's timeline")
    if decision not in entry.options:
        offered = ", ".join(option.value for option in entry.options)
        raise AnswerRefused(f"{decision.value} is not offered here", where=where, remedy=f"answer one of: {offered}")
    if decision in _NEEDS_REASON and not reason.strip():
        # Art. 12(4): no refusal without its reasons.
        raise AnswerRefused("a refusal needs its reason", where=where, remedy="write the reason for the data subject")
    if (decision in _NEEDS_REFERENCE or entry.gate in _BY_REFERENCE) and not reference.strip():
        raise AnswerRefused(
            "this answer needs a reference", where=where, remedy="give the reference of the ticket or letter"
        )
    if decision is Decision.STAYS and reference.strip() not in _STAY_GROUNDS:
        raise AnswerRefused(
            "what stays needs its ground", where=where, remedy=f"give as reference one of: {', '.join(_STAY_GROUNDS)}"
        )
    if reference.strip():
        check_reference(reference, where=where)


def check_reference(reference: str, *, where: str = "reference") -> None:
    """That a reference names a ticket or a letter.

    Raises:
        AnswerRefused: when it is none.
    """
    if not _REFERENCE.fullmatch(reference.strip()):
        raise AnswerRefused(
            "the reference is not one", where=where, remedy="at most 60 letters, digits and . _ : / # - without accents"
        )


def outcome_of(answers: Sequence[GateAnswer], people: int) -> Decision | None:
    """What the answers so far decide; None while more people are needed.

    One refusal refuses, two those of Art. 12(5). Otherwise ``people`` different people must have given the same answer.
    """
    if not answers or asks_second(answers):
        return None
    last = answers[-1]
    if last.decision in AT_ONCE:
        return last.decision
    agreeing = {answer.operator for answer in answers if answer.decision is last.decision}
    return last.decision if len(agreeing) >= people else None


def people_missing(entry: GateEntry) -> int:
    """How many more people have to answer as the last one did; at a gate that nobody answered, how many in all."""
    if asks_second(entry.answers):
        return 1
    agreeing = {a.operator for a in entry.answers if a.decision is entry.answers[-1].decision}
    return max(entry.people - len(agreeing), 0)
