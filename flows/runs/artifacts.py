"""What operators see beside a flow run in the Prefect UI: tables, texts and progress, as artifacts.

1. Outside a flow run nothing happens: the register says the same.
2. A run that starts again from its first line shows what it showed; the same is not kept twice.
3. Artifacts cannot be wiped (their data are copied into events), so they hold counts, names of systems and of the law,
   and ids of cases and runs, nothing else (law 1).
4. A server that cannot keep one stops nobody's case.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Final, cast
from uuid import UUID

import httpx
from prefect.artifacts import (
    Artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.context import FlowRunContext
from prefect.exceptions import PrefectHTTPStatusError

_WHOLE: Final = 100.0
_WORTH_SHOWING_SECONDS: Final = 2.0
_AWAY: Final = (httpx.HTTPError, PrefectHTTPStatusError, OSError)

Row = Mapping[str, str | int]


def key_of(what: str, name: str) -> str:
    """The key of an artifact: lowercase letters, digits and dashes.

    >>> key_of("plan", "C-7K3M-9QXT"), key_of("plan", "R-20261126-7K3M")
    ('plan-c-7k3m-9qxt', 'plan-r-20261126-7k3m')
    """
    return re.sub(r"[^a-z0-9]+", "-", f"{what}-{name}".lower()).strip("-")


def show_table(what: str, name: str, rows: Sequence[Row], *, title: str) -> None:
    """Keep a table beside the flow run.

    Args:
        what: what it shows, e.g. ``plan``.
        name: the case or run.
        rows: each with the same columns.
        title: Markdown above it.
    """
    key, shown = key_of(what, name), [dict(row) for row in rows]
    _keep(key, json.dumps(shown), title, lambda: create_table_artifact(shown, key=key, description=title))


def show_text(what: str, name: str, text: str, *, title: str) -> None:
    """Keep a text in Markdown beside the flow run; see :func:`show_table`."""
    key = key_of(what, name)
    _keep(key, text, title, lambda: create_markdown_artifact(text, key=key, description=title))


@contextmanager
def progress(
    what: str, name: str, of: int, *, title: str, clock: Callable[[], float] = monotonic
) -> Iterator[Callable[[int], None]]:
    """Show how far work on ``of`` things is; tell what is given how many are done.

    Work that is done within two seconds is over before anybody looks: nothing is kept of it. Of longer work a change
    is shown every two seconds at most, and its end.
    """
    if FlowRunContext.get() is None or not of:
        yield lambda _: None
        return
    shown: UUID | None = None
    told = clock()

    def reached(done: int) -> None:
        nonlocal shown, told
        is_over = shown is not None and done >= of
        if not is_over and clock() - told < _WORTH_SHOWING_SECONDS:
            return
        told = clock()
        with suppress(*_AWAY):
            if shown is None:
                key = key_of(what, name)
                shown = cast("UUID", create_progress_artifact(_WHOLE * done / of, key=key, description=title))
            else:
                update_progress_artifact(shown, _WHOLE * done / of)

    yield reached


def _keep(key: str, data: str, title: str, create: Callable[[], object]) -> None:
    if FlowRunContext.get() is None:
        return
    with suppress(*_AWAY):
        newest = cast("Artifact | None", Artifact.get(key))
        if newest is None or (newest.data, newest.description) != (data, title):
            create()
