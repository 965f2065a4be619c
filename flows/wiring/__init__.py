"""Joins ports and adapters: the one package that imports integrations, a module for each thing that is joined.

Import what a web application needs from its module (``site``, ``desk``, ``prefect_door``, …). An
:class:`Installation` imports the modules of its parts when the part is first used, so that a command loads what it
uses.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from flows.settings import Settings, settings
from flows.wiring.installation import Installation, utc_now
from tasks.services import use

__all__ = ["Installation", "opened", "utc_now"]

_current: ContextVar["Installation | None"] = ContextVar("rightsflow_installation", default=None)


@contextmanager
def opened(chosen: Settings | None = None, *, now: Callable[[], datetime] = utc_now) -> Iterator[Installation]:
    """An installation whose services are those of the block; inside such a block, the one that is open.

    Args:
        chosen: its settings; those of the process unless given.
        now: its clock.
    """
    outer = _current.get()
    if outer is not None and chosen is None:
        yield outer
        return
    made = Installation(chosen or settings(), now=now)
    token = _current.set(made)
    try:
        with use(made.services):
            yield made
    finally:
        _current.reset(token)
        made.close()
