"""The figures of a house at work agree with what is in its register."""

from datetime import timedelta

from data_contracts.vocabulary import Duty, Right
from flows.duties.retention import carry_out
from tasks.officer.figures import current_figures
from tasks.services import services
from tests.flows.company import House


def test_figures_agree_with_the_register(house: House) -> None:
    """Cases once each, by every way of counting them; the soonest last day; who may decide."""
    for right in (Right.ACCESS, Right.ERASURE, Right.ERASURE):
        house.run(house.open(right))
    house.clock.advance(timedelta(days=40))
    house.open(Right.ACCESS)

    found = current_figures()

    assert sum(found.cases.values()) == found.open_cases == sum(found.ages.values()) == 4
    assert found.overdue == 3
    assert found.soonest == -10
    assert {one.gate.value: one.gates for one in found.gates} == {"identity": 3}
    assert found.operators == {"in_force": 3}


def test_last_run_of_retention_is_told(house: House) -> None:
    """By system, with what was erased, spared and left."""
    assert current_figures().retention == {}

    done = carry_out(operator="claire", code=house.code("claire"))
    assert done.failed == {}

    found = current_figures()
    assert [(run.duty, run.outcome) for run in found.runs] == [(Duty.RETENTION, "proven")]
    assert set(found.retention) == set(services().contracts.systems)
    assert sum(one.erased for one in found.retention.values()) > 0


def test_failures_are_counted_for_systems_alone(house: House) -> None:
    """Other words that steps are noted under are no systems."""
    case_id, register = house.open(Right.ACCESS), services().register
    for system in ("crm", "crm", "2026-03-01:5", "2026-03-01:5"):
        register.claim(case_id, "x", system)

    assert current_figures().failures == {"crm": 1}
