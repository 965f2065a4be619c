"""How many rows an act touched, told while it can still be undone: counts are of the effect, not of the attempt.

A system with transactions tells them in the transaction that changed the rows, before it is committed. Whoever ordered
the act notes them then; a process that is killed before it can say so leaves them behind.

>>> noted = []
>>> with noting(noted.append):
...     note_counts([2, 0])
>>> noted
[[2, 0]]
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

Noting = Callable[[list[int]], None]
_noting: ContextVar[Noting | None] = ContextVar("rightsflow_noting", default=None)


@contextmanager
def noting(note: Noting) -> Iterator[None]:
    """In this block, ``note`` is given the rows that each order touched, before they are committed."""
    token = _noting.set(note)
    try:
        yield
    finally:
        _noting.reset(token)


def note_counts(counts: Sequence[int]) -> None:
    """Tell whoever listens how many rows each order touched; called by connectors, in the transaction."""
    note = _noting.get()
    if note is not None:
        note(list(counts))


__all__ = ["note_counts", "noting"]
