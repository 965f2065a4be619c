"""What limits one case's erasure in one system: its ground, holds, keys that stay; the same from plan to proof.

Holds are sealed when the system is measured, so that what was confirmed is what is done, whatever is set meanwhile.
"""

from collections.abc import Iterable

from data_contracts.case.request import Statement
from tasks.case.parts import has_part
from tasks.case.sealed import read_json, subject_request, write_json
from tasks.rules.act.limits import purposes_reached, shredded_with_key, told_public, under_hold, within_ground
from tasks.rules.act.plan import Segment
from tasks.search.holds import holds_in
from tasks.services import services


def seal_holds(case_id: str, system: str) -> None:
    """Note which holds are in force on the data subject in a system now."""
    write_json(case_id, f"held.{system}", holds_in(case_id, system))


def limited(case_id: str, system: str, parts: Iterable[Segment]) -> tuple[Segment, ...]:
    """The parts of one system, of which those stay that the erasure may not or does not reach."""
    contracts = services().contracts
    if has_part(case_id, f"held.{system}") and read_json(case_id, f"held.{system}"):
        parts = under_hold(parts, contracts.vocabulary)
    reached = reached_by(statement_of(case_id))
    return told_public(shredded_with_key(within_ground(parts, contracts, reached), contracts), contracts)


def reached_by(statement: Statement) -> frozenset[str] | None:
    """Purposes that the statement's ground ends; None: it does not depend on purposes."""
    return purposes_reached(statement.erasure_ground, statement.purposes, services().contracts.vocabulary)


def ground_facts(case_id: str) -> dict[str, object]:
    """The ground and the purposes it ends, for plan and evidence; nothing where none was given."""
    statement = statement_of(case_id)
    if statement.erasure_ground is None:
        return {}
    reached = reached_by(statement)
    purposes = {} if reached is None else {"purposes": sorted(reached)}
    return {"ground": f"art17_1_{statement.erasure_ground.value}", **purposes}


def statement_of(case_id: str) -> Statement:
    """What the data subject asked."""
    return subject_request(case_id).statement
