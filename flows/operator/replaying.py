"""Erasures replayed on a system that was restored or imported into: what came back is erased again (Art. 17).

One order of a proven person, which may be given again at any time and finishes what was cut off:

1. every system that is named is read for keys of the list of erasures; without an operator that is all;
2. for each person who is back a case is opened under the earlier case's reference, and carried on;
3. at its gate ``approval`` the order is this person's answer, where the rows name the account that was erased and the
   plan touches nothing else. The policy's number of people stays: where it wants two, a second one orders it too;
4. everything else waits at its gate for people who read it, as in any case.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from data_contracts.errors import RightsflowError
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import Decision, Gate, Right
from flows.operator.gate_facts import gate_name
from flows.rights.which import carry_on
from flows.runs.systems import systems_named
from tasks.case.erased_again import Cause, follows, is_plain, open_again, open_cases_again
from tasks.case.plans import plan_receipt
from tasks.gates.gates import Answer, answer_as_proven
from tasks.gates.operators import prove_person
from tasks.rules.people.gates import rule_for
from tasks.rules.search.returned import ReturnedPerson, joined, needs_a_look
from tasks.search.returned import Returned, look_for_returned
from tasks.services import services

_REFERENCE = "replay"
"""The reference of an answer that was given by the order."""


@dataclass(frozen=True, slots=True)
class Again:
    """A case that erases again, and where it stands.

    Attributes:
        waits_at: the gate's name; empty when it ended.
        why: what kept it from being carried on; empty where nothing did.
    """

    case_id: str
    follows: str
    outcome: str
    waits_at: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What was found, what became of it, and what went wrong by system."""

    found: tuple[Returned, ...]
    people: tuple[ReturnedPerson, ...] = field(repr=False)
    cases: tuple[Again, ...]
    failed: Mapping[str, str]
    is_ordered: bool

    @property
    def said(self) -> str:
        """One line for a person."""
        rows = sum(count for one in self.found for count in one.rows.values())
        same = sum(one.is_same_account for one in self.people)
        told = f"{rows} rows of {len(self.people)} erased people are back, {same} of them under the erased account"
        if self.is_ordered:
            outcomes = Counter(
                one.outcome or (f"wait at {one.waits_at}" if one.waits_at else "not carried on") for one in self.cases
            )
            told += "".join(f"; {count} {outcome}" for outcome, count in sorted(outcomes.items()))
        else:
            told += "; nothing was changed"
        return told + (f"; could not look: {', '.join(self.failed)}" if self.failed else "")

    @property
    def is_complete(self) -> bool:
        """Whether every system was looked at, and every case was carried as far as it goes without a person."""
        return not self.failed and not any(one.why for one in self.cases)

    def facts(self) -> dict[str, Any]:
        """As JSON; counts and names of cases, no key of anybody."""
        return {
            "tables": [
                {"system": one.system, "table": table, "rows": rows}
                for one in self.found
                for table, rows in sorted(one.rows.items())
            ],
            "people": len(self.people),
            "same_account": sum(one.is_same_account for one in self.people),
            "cases": [
                {
                    "case": one.case_id,
                    "follows": one.follows,
                    "outcome": one.outcome,
                    "waits_at": one.waits_at,
                    "why": one.why,
                }
                for one in self.cases
            ],
            "failed": dict(self.failed),
            "said": self.said,
        }


def replay(system: str = "", operator: str = "", code: str = "") -> Replayed:
    """Look for what came back; where an operator is named and proven, have it erased again. Services must be open.

    Raises:
        SettingsInvalid: when no contract has the system.
        AnswerRefused: when the operator may not approve erasures, or the code is not theirs.
    """
    systems = systems_named(system)
    who = _proven(operator, code) if operator else ""
    looked = look_for_returned.for_each("", systems, in_order=True)
    failed = {name: str(one) for name, one in looked.items() if isinstance(one, RightsflowError)}
    found = tuple(one for one in looked.values() if not isinstance(one, RightsflowError))
    people = joined(person for one in found for person in one.people)
    return Replayed(found, people, tuple(_erased_again(people, who)) if who else (), failed, bool(who))


def _erased_again(people: Sequence[ReturnedPerson], operator: str) -> list[Again]:
    """Open a case for each person, then carry on every such case, those included that an earlier order opened."""
    for person in people:
        open_again(person, Cause.CAME_BACK, operator)
    return [_carried_on(case_id, operator) for case_id in open_cases_again()]


def _carried_on(case_id: str, operator: str) -> Again:
    """Carry one case on; what goes wrong in it stops no other."""
    register = services().register
    origin = follows(case_id)
    try:
        waiting = carry_on(register.case(case_id))
        if waiting is not None and _is_answered_by_order(waiting.entry, operator):
            answer_as_proven(waiting.entry, Answer(operator, Decision.APPROVE, reference=_REFERENCE), proof="totp")
            waiting = carry_on(register.case(case_id))
    except RightsflowError as error:
        return Again(case_id, origin, "", why=str(error))
    if waiting is not None:
        return Again(case_id, origin, "", gate_name(waiting.entry))
    return Again(case_id, origin, register.case(case_id).outcome)


def _is_answered_by_order(entry: GateEntry, operator: str) -> bool:
    if entry.gate is not Gate.APPROVAL or not is_plain(entry.case_id):
        return False
    has_answered = any(answer.operator == operator for answer in entry.answers)
    plan: Any = plan_receipt(entry.case_id)["plan"]
    return not has_answered and not needs_a_look(plan)


def _proven(operator: str, code: str) -> str:
    roles = rule_for(services().policy, Right.ERASURE, Gate.APPROVAL).roles
    return prove_person(operator, code, roles=roles, where="erasures replay")
