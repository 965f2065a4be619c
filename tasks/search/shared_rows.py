"""Rows of several people: what a plan leaves as it is for their sake, told to the data subject (law 8, Art. 12(4)).

The plan's receipt outlives what is sealed, so a case can be closed from it whenever the process was cut off.
"""

from typing import Any, Final

from data_contracts.company.contract import in_language
from data_contracts.told.notices import ToldItem
from tasks.case.plans import plan_receipt, planned
from tasks.search.locate import by_hand
from tasks.services import services

SHARED: Final = "shared"
"""The note of a plan's line, and the code of the reason that the data subject reads; never who the others are."""


def shared_items(case_id: str) -> tuple[ToldItem, ...]:
    """What stays because other people's data depend on it, or may: each system with its tables; empty for nothing."""
    contracts, language = services().contracts, services().register.case(case_id).language
    tables: dict[str, dict[str, None]] = {}
    for line in _shared_lines(case_id):
        system = contracts.systems[line["system"]]
        table = system.table(line["table"])
        title = in_language(system.labels, language) or system.title
        tables.setdefault(title, {})[in_language(table.labels, language) or table.name.replace("_", " ")] = None
    return tuple(ToldItem(title, tuple(names), SHARED) for title, names in tables.items())


def leaves_shared(case_id: str) -> bool:
    """Whether the plan leaves rows as they are because of other people."""
    return bool(_shared_lines(case_id))


def _shared_lines(case_id: str) -> list[Any]:
    if not planned(case_id):
        return []
    handled, lines = by_hand(case_id), plan_receipt(case_id)["plan"]["lines"]
    return [
        line
        for line in lines
        if (line["action"], line["note"]) == ("keep", SHARED) and line["rows"] and line["system"] not in handled
    ]


__all__ = ["SHARED", "leaves_shared", "shared_items"]
