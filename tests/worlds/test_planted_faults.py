"""What the random worlds of :mod:`tests.worlds.test_two_people` are worth: each fault that is planted is found soon.

Faults are planted with ``monkeypatch``, for a search that is wrong is shipped nowhere and needs no seam of its own.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from data_contracts.company.contract import Contracts
from data_contracts.vocabulary import Assertion
from tasks.rules.search import routes, traversal
from tasks.search import searching
from tests.worlds.declaring import contracts_for
from tests.worlds.judging import wrongs
from tests.worlds.worlds import a_world

_SOON = 200
Plant = Callable[[pytest.MonkeyPatch], None]


def _without_counting(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(searching, "_claimed_by_others", lambda *_: frozenset())


def _typed_keys_lead(patch: pytest.MonkeyPatch) -> None:
    def leads(planner: Any, column: Any) -> bool:
        return bool(column.identity) and not planner.contracts.vocabulary.identities[column.identity].shared

    patch.setattr(routes._Planner, "leads", leads)


def _typed_references_lead(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Assertion, "is_vouched", property(lambda _: True))


def _shared_kinds_lead(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(routes._Planner, "leads", lambda _, column: column.is_vouched)


def _unproven_accounts_are_hers(patch: pytest.MonkeyPatch) -> None:
    known = traversal.Search.accounts

    def accounts(search: traversal.Search, kind: str) -> frozenset[Any]:
        return (
            search.admission.accounts.get(kind, frozenset())
            if search.admission
            else known(search).get(kind, frozenset())
        )

    patch.setattr(traversal.Search, "_accounts", accounts)
    patch.setattr(traversal.Search, "is_ambiguous", lambda _: False)


def _nobody_else_is_named(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(searching._Contest, "_foreign", lambda *_: ())


def _second_people_are_overlooked(patch: pytest.MonkeyPatch) -> None:
    people = routes._Planner._people
    patch.setattr(routes._Planner, "_people", lambda planner, table: tuple(people(planner, table))[:1])


def _circles_are_not_ended(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(traversal.Search, "known", lambda search: str(sum(map(len, search.found.keys.values()))))


_FAULTS: dict[str, Plant] = {
    "owners are not counted": _without_counting,
    "stated keys are followed": _typed_keys_lead,
    "stated references are followed": _typed_references_lead,
    "keys of a household are followed": _shared_kinds_lead,
    "accounts without a proven key are hers": _unproven_accounts_are_hers,
    "rows that name somebody else are hers": _nobody_else_is_named,
    "only one of two named people is seen": _second_people_are_overlooked,
    "it is not looked again": _circles_are_not_ended,
}


def _first_found(unconditionally: Callable[[Contracts], Contracts] | None = None) -> int | None:
    """The first world in which something is wrong; None when all are right."""
    for seed in range(_SOON):
        world = a_world(seed)
        if wrongs(world, unconditionally(contracts_for(world)) if unconditionally else None):
            return seed
    return None


@pytest.mark.parametrize("fault", _FAULTS)
def test_planted_fault_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that goes wrong in one way is caught within 200 worlds."""
    _FAULTS[fault](monkeypatch)

    assert _first_found() is not None


def test_passed_over_conditions_are_found() -> None:
    """A search that does not know under which condition a key or a reference holds is caught."""
    assert _first_found(_without_conditions) is not None


def _without_conditions(contracts: Contracts) -> Contracts:
    def table(one: Any) -> Any:
        columns = tuple(replace(column, when=()) for column in one.columns)
        return replace(one, columns=columns, references=tuple(replace(r, when=()) for r in one.references))

    systems = {
        name: replace(system, tables=tuple(table(one) for one in system.tables))
        for name, system in contracts.systems.items()
    }
    return replace(contracts, systems=systems)
