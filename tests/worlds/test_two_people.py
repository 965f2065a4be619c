"""Law 8 over random worlds: of two people, whatever one asks, the other's rows stay as they are, and hers do not.

A world that fails is printed whole; ``a_world(number)`` makes it again. ``make test ALL=1`` tries many more of them.
"""

import pytest

from tests.sampling import is_all
from tests.worlds.judging import gates, wrongs
from tests.worlds.worlds import a_world

_WORLDS = 1000 if is_all() else 120
_BLOCK = 20
_BLOCKS = [range(first, first + _BLOCK) for first in range(0, _WORLDS, _BLOCK)]


@pytest.mark.parametrize("seeds", _BLOCKS, ids=lambda seeds: f"{seeds.start}-{seeds.stop - 1}")
def test_what_is_hers_is_reached_and_nothing_else(seeds: range) -> None:
    """Rows packed, changed and erased are those that the oracle says are hers alone; shared ones stay, and are shown.

    Where accounts are a question for a person, nothing is done before, and both ways to narrow the search close the
    gate and reach what is then hers.
    """
    found = {seed: wrong for seed in seeds if (wrong := wrongs(a_world(seed)))}

    assert not found, "\n".join(f"{wrong}\n{a_world(seed).told()}" for seed, wrong in found.items())


def test_most_requests_need_nobody() -> None:
    """At least three of five end without the gate ``subjects``."""
    asked = sum(gates(a_world(seed)) for seed in range(_WORLDS))

    assert asked <= 0.4 * 2 * _WORLDS


def test_worlds_are_of_every_kind() -> None:
    """They hold what can go wrong: shared rows, keys that anybody typed, households, conditions, several systems."""
    worlds = [a_world(seed) for seed in range(_WORLDS)]

    sheets = [sheet for world in worlds for sheet in world.sheets.values()]
    links = [link for sheet in sheets for link in sheet.links]
    fields = [one for sheet in sheets for one in sheet.fields]

    assert {len(world.sheets) for world in worlds} == {2, 3, 4, 5, 6}
    assert {len({sheet.system for sheet in world.sheets.values()}) for world in worlds} == {1, 2, 3}
    assert all(
        sum(map(bool, kind)) > 10
        for kind in (
            [link.leads_up and link.leads_down for link in links],
            [link.always_shared for link in links],
            [not link.vouched for link in links],
            [link.only for link in links],
            [link.by == "code" for link in links],
            [not one.vouched for one in fields],
            [one.only for one in fields],
            [world.keys["A"]["phone"] == world.keys["B"]["phone"] for world in worlds],
        )
    )
