"""What one run tries of more than it has time for: drawn by a seed that the run prints; ``make test ALL=1`` tries all.

``RIGHTSFLOW_SEED=N`` draws what the run with that seed drew.
"""

import os
import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final, TypeVar

T = TypeVar("T")
SEED: Final = "RIGHTSFLOW_SEED"
ALL: Final = "RIGHTSFLOW_LONG"


def is_all() -> bool:
    """Whether everything is to be tried."""
    return bool(os.environ.get(ALL))


def seed() -> int:
    """The seed of this run: the day's, so that what failed today is drawn again once it is mended."""
    return int(os.environ.setdefault(SEED, f"{datetime.now(UTC):%Y%m%d}"))


def drawn(things: Iterable[T], *, groups: Sequence[Iterable[object]]) -> list[T]:
    """At least one of each group, in the order they stand in; all of them where everything is to be tried.

    Args:
        things: what there is.
        groups: for each way of grouping, the group of each thing, in the same order.

    Returns:
        Things such that every group of every way has one.

    >>> os.environ[SEED] = "1"
    >>> few = drawn([1, 2, 3, 4, 5, 6], groups=[[n % 3 for n in (1, 2, 3, 4, 5, 6)]])
    >>> sorted(n % 3 for n in few)
    [0, 1, 2]
    """
    found = list(things)
    if is_all():
        return found
    places = list(range(len(found)))
    random.Random(seed()).shuffle(places)
    chosen: set[int] = set()
    for grouping in groups:
        of = list(grouping)
        seen = {of[place] for place in chosen}
        for place in places:
            if of[place] not in seen:
                seen.add(of[place])
                chosen.add(place)
    return [found[place] for place in sorted(chosen)]


def shuffled(things: Iterable[T]) -> list[T]:
    """All of them, in an order that the seed of the run draws; as they stand where everything is to be tried."""
    found = list(things)
    if not is_all():
        random.Random(seed()).shuffle(found)
    return found


def one_of_each(things: Iterable[T], groups: Iterable[str]) -> list[T]:
    """One of each group, in the order they stand in; all of them where everything is to be tried.

    Args:
        things: what there is.
        groups: the name of each thing's group, in the same order; which one is drawn hangs on it and the seed alone.

    Returns:
        Things such that every group has one.

    >>> os.environ[SEED] = "1"
    >>> few = one_of_each(["a1", "a2", "b1", "b2"], ["a", "a", "b", "b"])
    >>> [one[0] for one in few]
    ['a', 'b']
    """
    found = list(things)
    if is_all():
        return found
    members: dict[str, list[int]] = {}
    for place, group in enumerate(groups):
        members.setdefault(group, []).append(place)
    chosen = {random.Random(f"{seed()} {group}").choice(places) for group, places in members.items()}
    return [found[place] for place in sorted(chosen)]


def share_of_each(things: Iterable[T], groups: Iterable[str], share: int) -> list[T]:
    """One in ``share`` of each group, in the order they stand in; all of them where everything is to be tried.

    Args:
        things: what there is.
        groups: the name of each thing's group, in the same order; empty for what is always taken.
        share: of how many one is drawn, of each group one at least.

    Returns:
        Things of which every group has its share.

    >>> os.environ[SEED] = "1"
    >>> few = share_of_each(["x", "a1", "a2", "a3", "a4", "b1"], ["", "a", "a", "a", "a", "b"], 4)
    >>> [one[0] for one in few]
    ['x', 'a', 'b']
    """
    found = list(things)
    if is_all():
        return found
    members: dict[str, list[int]] = {}
    for place, group in enumerate(groups):
        members.setdefault(group, []).append(place)
    chosen = set(members.pop("", []))
    for group, places in members.items():
        chosen.update(random.Random(f"{seed()} {group}").sample(places, -(-len(places) // share)))
    return [found[place] for place in sorted(chosen)]
