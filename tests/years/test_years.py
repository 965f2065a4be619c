"""Years of one home: no effect twice, no letter untrue, nobody else's row changed, nothing proven that is not."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests import sampling
from tests.years.machine import Years
from tests.years.postbox import postbox
from tests.years.stories import STORIES

_RUNS, _RUNS_OF_ALL = 200, 4_000
_STEPS = 10


@pytest.fixture(autouse=True)
def served(tmp_path: Path) -> Iterator[None]:
    """A mail server, and a folder for the homes."""
    with postbox() as made:
        Years.postbox, Years.shared = made, tmp_path
        yield


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_what_was_seen_once_is_tried_always(story: Callable[[Years], None]) -> None:
    """Steps that showed a fault, or that show one where a control is taken away."""
    years = Years()

    story(years)

    years.teardown()


@pytest.mark.timeout(20_000)
def test_whatever_happens_to_a_home_in_years() -> None:
    """Whatever comes together, in whatever order; ``RIGHTSFLOW_SEED`` of the run draws the same again."""
    chosen = settings(
        max_examples=_RUNS_OF_ALL if sampling.is_all() else _RUNS,
        stateful_step_count=_STEPS,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )

    run_state_machine_as_test(seed(sampling.seed())(Years), settings=chosen)
