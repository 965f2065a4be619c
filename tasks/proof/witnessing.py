"""The witness: a look for the data subject's keys, as raw text, wherever a connection can read (law 7).

It does not ask the contract where to look, so that it does not share the contract's blind spots. It looks once before
the plan, whose places people see at the gate, and once after the act. It reads and counts; it changes nothing.
"""

from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any, Final

from data_contracts.case.plan import Unreached
from data_contracts.connectors.witnessing import Budget, Looked, Needle, Testimony
from data_contracts.evidence.records import Record
from tasks.case.plans import plan_receipt, planned
from tasks.case.sealed import read_located
from tasks.proof.undeclared import copies_kept, undeclared_places, unsaid_places
from tasks.rules.act.witness import explained_before, not_looked, places_seen, unreached
from tasks.rules.search.needles import needles_of
from tasks.search.locate import load_search
from tasks.services import services
from tasks.steps.step import step

LOOK: Final = "witness"


def is_on(case_id: str) -> bool:
    """Whether the policy has a witness for the right of this case."""
    provided = services()
    return provided.register.case(case_id).right in provided.policy.witness.rights


@step("witness")
def witness_system(case_id: str, system: str) -> int:
    """Look once before the plan; how many places hold a key that no contract leads to."""
    provided = services()
    entry = provided.register.step(case_id, LOOK, system)
    if entry is not None and entry.state == "done":
        return len(entry.receipt["unreached"])  # type: ignore[arg-type]  # written below
    began = monotonic()
    sought, short = needles(case_id)
    located = read_located(case_id)
    seen = look(system, Testimony(sought, explained_before(provided.contracts.systems[system], located)))
    found = [
        *unreached(system, seen),
        *undeclared_places(system, located.conditions, places_seen(seen)),
        *unsaid_places(system, located.conditions),
        *copies_kept(system, located.conditions),
    ]
    facts: dict[str, Any] = {
        "unreached": [one.facts() for one in found],
        "not_looked": [list(pair) for pair in not_looked(system, seen)],
        "places": len(seen),
        "rows_looked_at": sum(max(one.rows, 0) for one in seen),
        "milliseconds": int((monotonic() - began) * 1000),
        "too_short": list(short),
    }
    provided.register.complete(case_id, LOOK, system, receipt=facts, record=Record(LOOK, system, facts))
    return len(found)


def seen_before(case_id: str) -> tuple[tuple[Unreached, ...], tuple[tuple[str, str], ...]]:
    """What the look before the plan found, for the plan: places that no contract leads to, and places not looked at."""
    places: list[Unreached] = []
    unseen: list[tuple[str, str]] = []
    for (name, _), entry in services().register.steps(case_id).items():
        if name == LOOK and entry.state == "done":
            receipt: Mapping[str, Any] = entry.receipt
            places += map(Unreached.of, receipt["unreached"])
            unseen += [(place, why) for place, why in receipt["not_looked"]]
    return tuple(sorted(places)), tuple(sorted(unseen))


def approved_places(case_id: str) -> Sequence[Unreached]:
    """Places beside the contracts that people saw when they approved the plan."""
    if not planned(case_id):
        return ()
    return [Unreached.of(facts) for facts in plan_receipt(case_id)["plan"].get("unreached", ())]


def witnessed_systems(case_id: str) -> list[str]:
    """Systems to look at; those that nobody can look at are left out by who goes over them."""
    return list(services().contracts.systems) if is_on(case_id) else []


def needles(case_id: str) -> tuple[tuple[Needle, ...], tuple[str, ...]]:
    """What to look for, and kinds of keys too short to be looked for."""
    vocabulary = services().contracts.vocabulary
    rules = {kind: one.normalise for kind, one in vocabulary.identities.items()}
    return needles_of(load_search(case_id).identity(), rules, vocabulary.company.country)


def look(system: str, asked: Testimony) -> list[Looked]:
    """What the witness of one system says, within the budget of the policy."""
    if not asked.needles:
        return []
    limits = services().policy.witness
    budget = Budget(limits.place_seconds, limits.total_seconds, limits.rows_per_second)
    return list(services().systems.connector(system).witness(asked, budget))
