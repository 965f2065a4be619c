"""Who and what is restricted (Art. 18): the list, the sealed keys of rows, and what retention and erasure must spare.

A case of restriction keeps the keys of the subject's rows sealed (``restricted.<system>``) until it is lifted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from data_contracts.case.case import Case
from data_contracts.case.permissions import Restriction
from data_contracts.case.rights import FACTS_OF
from data_contracts.case.subjects import SubjectKey
from data_contracts.company.contract import Table
from data_contracts.connectors.keys import Condition, Selection
from data_contracts.errors import CaseBusy
from data_contracts.vocabulary import CaseState, RestrictionGround, Right
from tasks.case.parts import has_part
from tasks.case.sealed import conditions_of, plain_conditions, read_json, subject_request, write_json
from tasks.case.subject_keys import known_keys_of, subject_keys_of
from tasks.rules.act.changes import Change
from tasks.rules.act.plan import Segment
from tasks.rules.act.restrictions import spare
from tasks.search.locate import by_hand, load_search
from tasks.services import services

ROWS = "restricted."
TOLD_BY = "told."
"""Sealed keys that a recipient was told by, which it is told by again when the restriction is lifted."""
LIFTED, FORGOTTEN = "lifted", "restriction forgotten"
"""Steps: the restriction is over; recipients know it, and what was sealed for it is destroyed."""
_SPARED = "spared."
_NOT_LOCATED = frozenset({CaseState.IDENTITY_VERIFIED, CaseState.LOCATED})


def is_restricted(case: Case) -> bool:
    """Whether the case put a restriction on the list that is in force."""
    if not FACTS_OF[case.right].restricts:
        return False
    return any(one.lifted_at is None for one in services().register.restrictions_by(case.case_id))


def restricted_rows(system: str, *, but: str = "") -> Mapping[str, tuple[Condition, ...]]:
    """Rows of ``system`` that may be stored and nothing else, by table: any of the conditions selects them.

    Retention, and whatever else deletes or changes rows of many people, leaves them out.

    Args:
        system: name of the system.
        but: a case that does not count, because it is being lifted.

    Raises:
        CaseBusy: while a restriction was set and its rows are not yet found.
        VaultSealed: when the keys of a restriction cannot be read: then nothing may be deleted.
    """
    found: dict[str, tuple[Condition, ...]] = {}
    for case_id in services().register.restricted_cases():
        if case_id != but and services().register.case(case_id).right is Right.RESTRICTION:
            for table, ways in rows_of(case_id, system).items():
                found[table] = joined((*found.get(table, ()), *ways))
    return found


def rows_of(case_id: str, system: str) -> Mapping[str, tuple[Condition, ...]]:
    """Rows of ``system`` that one case restricts, by table.

    Raises:
        CaseBusy: while they are not yet found.
        VaultSealed: when their keys were sealed, and are gone.
    """
    provided = services()
    if has_part(case_id, f"{ROWS}{system}"):
        return {path[1]: ways for path, ways in conditions_of(read_json(case_id, f"{ROWS}{system}")).items()}
    if provided.register.case(case_id).state in _NOT_LOCATED and system not in by_hand(case_id):
        raise CaseBusy(
            "a restriction was set and its rows are not yet found",
            where=f"{case_id}, {system}",
            remedy=f"carry on with `rightsflow run {case_id}`, then try again",
        )
    return {}


def seal_rows(case_id: str, system: str, changes: Iterable[Change]) -> None:
    """Seal which rows of ``system`` the case restricts: by primary key or, without one, as the search found them."""
    provided = services()
    ways: dict[tuple[str, str], tuple[Condition, ...]] = {}
    for change in changes:
        if change.verb == "restrict":
            table = provided.contracts.table(*change.path)
            ways[change.path] = _row_keys(table, change.selection) if table.primary_key else change.selection.conditions
    write_json(case_id, f"{ROWS}{system}", plain_conditions(ways))


def found_subject_keys(case_id: str) -> list[SubjectKey]:
    """The data subject's keys: those that were given, and those that the search led to."""
    found = load_search(case_id).identity()
    return sorted({*subject_keys_of(subject_request(case_id).identity), *subject_keys_of(found)})


def known_subject_keys(case_id: str) -> list[SubjectKey]:
    """The same, and what they were noted as before: for looking up, never for noting."""
    found = load_search(case_id).identity()
    return sorted({*known_keys_of(subject_request(case_id).identity), *known_keys_of(found)})


def seal_spared(case_id: str, system: str) -> None:
    """Seal which restrictions an erasure meets in ``system``, so that plan, act and proof meet the same."""
    register, vault = services().register, services().vault
    if not register.restricted_cases():
        if vault.has(case_id, f"{_SPARED}{system}"):
            vault.remove(case_id, f"{_SPARED}{system}")
        return
    standing = register.restrictions_of([key.digest for key in known_subject_keys(case_id)])
    plain = [[one.case_id, one.ground.value, list(one.purposes)] for one in standing if one.case_id != case_id]
    write_json(case_id, f"{_SPARED}{system}", sorted({str(one): one for one in plain}.values()))


def spare_restricted(case_id: str, system: str, parts: Sequence[Segment]) -> tuple[Segment, ...]:
    """The parts of an erasure in ``system``, of which restricted rows stay (Art. 18(2))."""
    provided = services()
    if not has_part(case_id, f"{_SPARED}{system}"):
        return tuple(parts)
    nobody = SubjectKey("", "")
    now = provided.now()
    standing = [
        Restriction(other, nobody, RestrictionGround(ground), tuple(purposes), now)
        for other, ground, purposes in read_json(case_id, f"{_SPARED}{system}")
    ]
    return spare(parts, provided.contracts, standing)


def _row_keys(table: Table, selection: Selection) -> tuple[Condition, ...]:
    keys = services().systems.connector(table.system).find_keys(selection, [table.primary_key])[table.primary_key]
    return (Condition(table.primary_key, keys),) if keys else ()


def joined(ways: Iterable[Condition]) -> tuple[Condition, ...]:
    """Conditions, those on the same columns in one: a statement grows with the columns, not with the cases."""
    found: dict[Condition, Condition] = {}
    for way in ways:
        slot = replace(way, keys=frozenset())
        before = found[slot].keys if slot in found else frozenset()
        found[slot] = replace(way, keys=before | way.keys)
    return tuple(found.values())
