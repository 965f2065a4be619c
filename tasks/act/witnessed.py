"""The witness's second look, after an erasure: what still holds a key of the data subject (law 7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from data_contracts.case.plan import Remaining
from data_contracts.connectors.witnessing import Testimony
from tasks.act.erasure import parts_of, planned_as_of, with_row_keys
from tasks.case.sealed import read_located
from tasks.proof.undeclared import undeclared_places, unsaid_places
from tasks.proof.witnessing import approved_places, is_on, look, needles
from tasks.rules.act.witness import explained_after, not_looked, places_seen, unreached, witness_lines
from tasks.services import services
from tasks.steps.step import step

_OFF: Final = "witness_off"


@dataclass(frozen=True, slots=True)
class Testified:
    """What the witness says of one system after an act.

    Attributes:
        lines: of the proof; at least one.
        not_looked: places that it could not look at, each with a code of why.
    """

    lines: tuple[Remaining, ...]
    not_looked: tuple[tuple[str, str], ...]


@step("witness again")
def witness_again(case_id: str, system: str) -> Testified:
    """Look once more after the act; whatever holds a key must be kept by the plan, or have been seen before it."""
    provided = services()
    sought, _short = needles(case_id)
    located = with_row_keys(case_id, read_located(case_id), system)
    is_planned = system in {path[0] for path in located.conditions}
    parts = parts_of(case_id, system, planned_as_of(case_id)) if is_planned else []
    explained = explained_after(provided.contracts.systems[system], located, parts)
    seen = look(system, Testimony(sought, explained))
    found = [
        *unreached(system, seen),
        *undeclared_places(system, located.conditions, places_seen(seen)),
        *unsaid_places(system, located.conditions),
    ]
    approved = [one for one in approved_places(case_id) if one.system == system]
    return Testified(tuple(witness_lines(system, found, approved)), not_looked(system, seen))


def gaps(case_id: str, testified: Iterable[Testified]) -> list[tuple[str, str]]:
    """Places that were not looked at after the act; where the policy has no witness, that nothing was."""
    if not is_on(case_id):
        return [("", _OFF)]
    return sorted(pair for one in testified for pair in one.not_looked)
