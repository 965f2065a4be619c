"""Materialised views after an act: copies of rows are made anew, or the act is not proven (law 7)."""

from collections.abc import Mapping
from typing import Final

from data_contracts.case.plan import Remaining
from data_contracts.connectors.connecting import Connector
from tasks.services import services

_STALE: Final = "stale_views"


def stale_views(connector: Connector) -> dict[str, list[str]]:
    """Refresh what holds copies of a system's rows; what could not be, as a receipt keeps it: empty for nothing."""
    stale = connector.refresh_views()
    return {_STALE: stale} if stale else {}


def stale_lines(case_id: str, act: str, system: str) -> list[Remaining]:
    """A line of the proof for each view that still holds what was there before.

    Args:
        case_id: the case.
        act: name of the step that acted.
        system: where.
    """
    entry = services().register.step(case_id, act, system)
    receipt: Mapping[str, object] = entry.receipt if entry is not None else {}
    views = receipt.get(_STALE, ())
    return [Remaining(system, str(view), "views", 1, 0) for view in views]  # type: ignore[attr-defined]  # a list
