"""Automations: none sets the state of a run, none tells people where no block is named; each has a name of its own."""

from typing import Any

from flows.server.automations import automations

WATCH, BLOCK = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"


def actions(*told: str) -> list[dict[str, Any]]:
    """What automations do."""
    return [action for one in automations(WATCH, *told) for action in one["actions"]]


def test_without_a_block_nobody_is_told() -> None:
    """They run the watch, and do nothing else."""
    assert {(action["type"], action["deployment_id"]) for action in actions()} == {("run-deployment", WATCH)}


def test_with_a_block_people_are_told() -> None:
    """Of what failed, is not proven, or waits; the state of a run is set by none."""
    kinds = [action["type"] for action in actions(BLOCK)]

    assert kinds.count("send-notification") == 3
    assert set(kinds) == {"run-deployment", "send-notification"}


def test_names_are_of_one_automation_each() -> None:
    """Deploying again finds each by its name."""
    names = [one["name"] for one in automations(WATCH, BLOCK)]

    assert len(set(names)) == len(names)
    assert all(name.startswith("rightsflow: ") for name in names)
