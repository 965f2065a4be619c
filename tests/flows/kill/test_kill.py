"""Law 3: kill the process anywhere and run it again; no second mail, no double update, no lost step.

Every effect of every life is cut off by SIGKILL: before, after and, where it is made of several operations, midway.
What the case leaves behind is then compared whole with what it leaves undisturbed: outcome, states, ledger, evidence,
mails, sealed blobs, files, and every row of every system.
"""

from typing import Any

import pytest

from tests.flows.kill.client import Fate, effects, fates
from tests.flows.kill.conftest import Fates


@pytest.mark.parametrize("fate", fates(), ids=str)
def test_a_killed_case_ends_as_if_nothing_had_happened(
    fate: Fate, cut_off: Fates, undisturbed: dict[str, dict[str, Any]]
) -> None:
    """Run again, the case leaves exactly what it leaves when its process is not killed."""
    expected = undisturbed[fate.life]["left"]

    left = cut_off[fate].result()

    assert left == expected


@pytest.mark.parametrize("life", effects())
def test_every_effect_is_in_the_list(life: str, undisturbed: dict[str, dict[str, Any]]) -> None:
    """A new effect cannot slip in without being killed: the list is what really happens."""
    listed = effects()[life]

    recorded = undisturbed[life]["recorded"]

    assert recorded == listed, "write it down anew with: python -m tests.flows.kill.record"


@pytest.mark.parametrize(
    ("life", "outcome", "mails"),
    [
        ("access", "granted", ["acknowledgement", "answer"]),
        ("erasure", "granted_in_part", ["acknowledgement", "erasure_done"]),
        ("refusal", "refused", ["acknowledgement", "identity_request", "refusal"]),
        ("replanned", "granted_in_part", ["acknowledgement", "erasure_done"]),
    ],
)
def test_undisturbed_lives_end_well(
    life: str, outcome: str, mails: list[str], undisturbed: dict[str, dict[str, Any]]
) -> None:
    """What killed cases are compared with: the right outcome, one mail of each kind, evidence that verifies."""
    left = undisturbed[life]["left"]

    sent = [name.removeprefix("CASE.notice%2E").removesuffix(".eml") for name in left["mails"]]

    assert (left["outcome"], sent, left["findings"]) == (outcome, mails, [])


@pytest.mark.parametrize("life", effects())
def test_no_step_is_in_evidence_twice(life: str, undisturbed: dict[str, dict[str, Any]]) -> None:
    """Each step of each system has one record, but for the plan that changed and its approval."""
    records = [one for one in undisturbed[life]["left"]["records"] if not one.startswith("gate.")]

    twice = sorted({one for one in records if records.count(one) > 1})

    assert twice == (["approve", "plan"] if life == "replanned" else [])


@pytest.mark.parametrize(
    ("life", "has_key"), [("access", True), ("erasure", False), ("refusal", False), ("replanned", False)]
)
def test_the_vault_of_an_ended_case_cannot_be_opened(
    life: str, undisturbed: dict[str, dict[str, Any]], *, has_key: bool
) -> None:
    """Nothing staged outlives the case; only an access case keeps its key, for the answer package."""
    left = undisturbed[life]["left"]

    blobs = [name for name in left["files"] if name.startswith("vault/")]

    assert (left["has_key"], bool(blobs)) == (has_key, has_key)
    assert not [name for name in blobs if "/rows." in name or "/search." in name]
