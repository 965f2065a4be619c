"""How long something takes."""

from collections.abc import Callable
from time import perf_counter


def seconds(act: Callable[[], object]) -> float:
    """The seconds that it took."""
    start = perf_counter()
    act()
    return perf_counter() - start
