"""Searches that no index serves, noted when a system is looked at, so that people are told at the gate."""

from collections.abc import Iterable

from data_contracts.officer.findings import FindingKind
from tasks.case.sealed import read_json, write_json
from tasks.rules.search.drift import Drift
from tasks.services import services

_NAME = "slow."


def note_slow_searches(case_id: str, system: str, findings: Iterable[Drift]) -> None:
    """Keep the places of one system, as ``table.column``; nothing is written where there are none."""
    places = sorted({f"{one.table}.{one.column}" for one in findings if one.kind is FindingKind.SEARCH_UNINDEXED})
    vault, name = services().vault, f"{_NAME}{system}"
    known = read_json(case_id, name) if vault.has(case_id, name) else []
    if places and places != known:
        write_json(case_id, name, places)
    elif known and not places:
        vault.remove(case_id, name)


def slow_searches(case_id: str) -> list[str]:
    """Columns that each search of the case reads a whole table for, as ``system.table.column``."""
    vault = services().vault
    named = ((system, f"{_NAME}{system}") for system in services().contracts.systems)
    return [
        f"{system}.{place}" for system, name in named if vault.has(case_id, name) for place in read_json(case_id, name)
    ]
