"""Law 3: kill the process anywhere and run it again; no second mail, no double update, no lost step.

Every effect is cut off before, after or, where it is made of several operations, midway: each in a life that the seed
of the run draws (``make test ALL=1``: in all). What a killed process leaves is what its files hold at that moment, so a
copy of them is taken there, and a new process carries the
case on in the copy; that a copy is what SIGKILL leaves is tested first. What the case leaves behind is then compared
whole with what it leaves undisturbed: outcome, states, ledger, evidence, mails, sealed blobs, files, and every row of
every system.
"""

from inspect import getmembers
from typing import Any

import pytest

from data_contracts.ports.register import Register
from tests.flows.kill.client import Fate, Lives, effects, fates
from tests.flows.kill.conftest import Fates
from tests.flows.kill.content import shape
from tests.flows.kill.stories import STORIES
from tests.flows.kill.watched import REGISTER, UNWATCHED

_SAMPLE = 20
"""Of so many moments one is tried with a process that is really killed."""


@pytest.mark.parametrize("at", fates()[::_SAMPLE], ids=str)
def test_a_copy_is_what_a_killed_process_leaves(at: Fate, lives: Lives) -> None:
    """The same files of the same size, the same rows, and no more of what was not committed."""
    copy = lives.copies(at.life, [at.death])[at.death]

    with lives.home() as home:
        lives.die(home, at.life, at.death)
        left = shape(home)

    assert left == shape(copy)


def test_every_call_of_the_register_is_known() -> None:
    """A call that changes the register is an effect that is cut off; a new one must be put on either list."""
    calls = {name for name, _ in getmembers(Register, callable) if not name.startswith("_")}

    assert calls - UNWATCHED <= set(REGISTER)


@pytest.mark.parametrize("fate", fates(), ids=str)
def test_a_killed_case_ends_as_if_nothing_had_happened(
    fate: Fate, cut_off: Fates, undisturbed: dict[str, dict[str, Any]]
) -> None:
    """Run again, the case leaves exactly what it leaves when its process is not killed."""
    expected = undisturbed[fate.life]["left"]

    assert fate in cut_off, "the life did not come to that moment; see test_every_effect_is_in_the_list"
    left = cut_off[fate].result()["left"]

    assert left == expected


@pytest.mark.parametrize("life", effects())
def test_every_effect_is_in_the_list(life: str, undisturbed: dict[str, dict[str, Any]]) -> None:
    """A new effect cannot slip in without being killed: the list is what really happens."""
    listed = effects()[life]

    recorded = undisturbed[life]["recorded"]

    assert recorded == listed, "write it down anew with: python -m tests.flows.kill.record"


@pytest.mark.parametrize("life", STORIES)
def test_undisturbed_lives_end_well(life: str, undisturbed: dict[str, dict[str, Any]]) -> None:
    """What killed cases are compared with: the right outcome, one mail of each kind, evidence that verifies."""
    left, story = undisturbed[life]["left"], STORIES[life]

    sent = [name.removeprefix("CASE.notice%2E").removesuffix(".eml") for name in left["mails"]]
    to_subject = tuple(name for name in sent if not name.startswith("recipient"))

    assert (left["outcome"], to_subject, left["findings"]) == (story.outcome, story.mails, [])


@pytest.mark.parametrize("life", effects())
def test_no_step_is_in_evidence_twice(life: str, undisturbed: dict[str, dict[str, Any]]) -> None:
    """Each step of each system has one record, but for the plan that changed, its rehearsal and its approval."""
    records = [one for one in undisturbed[life]["left"]["records"] if not one.startswith("gate.")]

    twice = sorted({one for one in records if records.count(one) > 1})

    again = ["approve", "plan", "rehearse adtech", "rehearse crm", "rehearse marketing"]
    assert twice == (again if life == "replanned" else [])


@pytest.mark.parametrize("life", STORIES)
def test_the_vault_of_an_ended_case_cannot_be_opened(life: str, undisturbed: dict[str, dict[str, Any]]) -> None:
    """Nothing staged outlives the case but an answer package, and what lifts a restriction; else not even a key."""
    left, story = undisturbed[life]["left"], STORIES[life]

    blobs = [name.removeprefix("vault/CASE/") for name in left["files"] if name.startswith("vault/CASE/")]

    assert left["has_key"] == bool(blobs) == bool(story.keeps)
    assert not [name for name in blobs if not name.startswith(story.keeps)]
