"""Law 2: a flow can be started again from its first line at any time, and continues where the case stands."""

import pytest

from tests.flows.kill.client import Lives
from tests.flows.kill.stories import STORIES


@pytest.mark.parametrize("life", STORIES)
def test_starting_again_changes_nothing(life: str, lives: Lives) -> None:
    """At each gate and after the end, two more runs of the case leave every file and every row as it was."""
    with lives.home() as home:
        changed = lives.live(home, life, again=True)["changed"]

    assert changed == []
