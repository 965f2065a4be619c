"""Random worlds in real cases: the stage ``locate`` finds what the search of the property test finds."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import cast

import pytest

from data_contracts.connectors.connecting import Systems
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import Decision, Gate, Right
from flows.rights.stages import admit, locate
from flows.runs.gates import WaitingForPerson
from tasks.case.sealed import read_located
from tasks.services import use
from tests.flows.company import House
from tests.worlds.asking import Office, an_office
from tests.worlds.oracle import expected
from tests.worlds.worlds import World, a_world

_WORLDS = [a_world(seed) for seed in range(60)]
_CLEAR = [world for world in _WORLDS if not expected(world, "A").asks][:6]
_UNCLEAR = [world for world in _WORLDS if expected(world, "A").asks][:2]


@contextmanager
def _a_case(house: House, world: World) -> Iterator[tuple[Office, str]]:
    """A case of the person A, on the systems of a world."""
    with an_office(world) as office:
        services, systems = house.installation.services, cast("Systems", office)
        with use(replace(services, contracts=office.contracts, routes=office.routes, systems=systems)):
            yield office, house.open(Right.ACCESS, identity={k: [v] for k, v in world.asks["A"].items()})


def _located(house: House, case_id: str) -> GateEntry | None:
    """Carry a case on until everything is located, or a person is asked whose accounts these are."""
    while True:
        try:
            assert admit(case_id)
            assert locate(case_id)
        except WaitingForPerson as waiting:
            if waiting.entry.gate is Gate.SUBJECTS:
                return waiting.entry
            house.agree(waiting.entry)
        else:
            return None


@pytest.mark.parametrize("world", _CLEAR, ids=lambda world: f"world-{world.seed}")
def test_case_locates_what_is_hers(house: House, world: World) -> None:
    """System by system, sealed in between and loaded anew, it comes to what the oracle expects."""
    with _a_case(house, world) as (office, case_id):
        assert _located(house, case_id) is None

        own, shared = office.packed(read_located(case_id))
        right = expected(world, "A")
        assert (own, shared) == (set(right.own), set(right.shared)), world.told()


@pytest.mark.parametrize("world", _UNCLEAR, ids=lambda world: f"world-{world.seed}")
def test_named_closes_the_gate_of_a_case(house: House, world: World) -> None:
    """One answer is enough, whatever was reached."""
    with _a_case(house, world) as (_, case_id):
        entry = _located(house, case_id)
        assert entry is not None

        house.answer(entry, Decision.NAMED)

        assert _located(house, case_id) is None
