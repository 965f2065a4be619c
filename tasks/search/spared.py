"""Rows that stay whatever their period: of open cases, under restriction (Art. 18(2)), held for claims (Art. 17(3)(e)).

Nothing is erased in a system while one of these cannot be read (law 6).
"""

from collections.abc import Iterator, Mapping, Sequence

from data_contracts.case.plan import Located
from data_contracts.connectors.keys import Condition
from data_contracts.vocabulary import Right
from tasks.case.parts import has_part
from tasks.case.sealed import LOCATED, read_json, read_located, subject_request
from tasks.rules.search.traversal import begin
from tasks.search.holds import IDENTITY, open_holds
from tasks.search.restricted import joined, restricted_rows
from tasks.search.searching import ask_everywhere
from tasks.services import services


def spared_rows(system: str) -> dict[str, tuple[Condition, ...]]:
    """What to leave as it is in one system, by table: any of the conditions selects it.

    Raises:
        CaseBusy: while a restriction was set and its rows are not yet found.
        VaultSealed: when the keys of a case or a hold cannot be read.
        SystemUnavailable: when a system that leads to somebody's rows cannot be searched.
    """
    found: dict[str, tuple[Condition, ...]] = {}
    searched = (*_rows_of_open_cases(system), *_rows_being_weighed(system), *_held_rows(system))
    for rows in (restricted_rows(system), *searched):
        for table, ways in rows.items():
            found[table] = joined((*found.get(table, ()), *ways))
    return found


def _rows_of_open_cases(system: str) -> Iterator[Mapping[str, tuple[Condition, ...]]]:
    """Rows that a plan speaks of, and that people may have approved as they are."""
    provided = services()
    for case in provided.register.cases(open_only=True):
        if has_part(case.case_id, LOCATED):
            located = read_located(case.case_id)
            yield from _in_system(located, system)


def _rows_being_weighed(system: str) -> Iterator[Mapping[str, tuple[Condition, ...]]]:
    """Rows of people whose objection is weighed, and restricted meanwhile (Art. 18(1)(d)).

    The case has not searched yet, and weighing takes days: so the rows are looked for here, as for a hold. To refuse
    instead until the case has searched would stop retention in every system for that long. All of the data subject's
    rows stay, whatever purpose is weighed: once the case has searched, they stay as those of an open case.
    """
    provided = services()
    for case_id in provided.register.restricted_cases():
        is_objection = provided.register.case(case_id).right is Right.OBJECTION
        if is_objection and not provided.vault.has(case_id, LOCATED):
            yield from _in_system(_found(subject_request(case_id).identity), system)


def _held_rows(system: str) -> Iterator[Mapping[str, tuple[Condition, ...]]]:
    """Rows of people whose data must be kept."""
    for hold in open_holds():
        if not hold.systems or system in hold.systems:
            yield from _in_system(_found(read_json(hold.hold_id, IDENTITY)), system)


def _found(identity: Mapping[str, Sequence[str]]) -> Located:
    """What these keys lead to; where they lead to several people, all of theirs."""
    provided = services()
    search = begin(provided.contracts, identity, routes=provided.routes, wide=True)
    return ask_everywhere(search, provided.contracts.systems).located({})


def _in_system(located: Located, system: str) -> Iterator[Mapping[str, tuple[Condition, ...]]]:
    for found in (located.conditions, located.shared):
        yield {path[1]: ways for path, ways in found.items() if path[0] == system}
