"""What ``rightsflow contracts`` does: facts as JSON-ready dictionaries."""

from collections.abc import Sequence
from typing import Any

from data_contracts.contract import Contracts
from data_contracts.errors import RequestInvalid, RightsflowError
from data_contracts.odcs import check
from flows import wiring
from flows.settings import settings
from tasks.rules.drift import Drift, Effect, drift
from tasks.rules.traversal import reach


def check_facts(*, live: bool) -> dict[str, Any]:
    """Faults of the folder, and where the live schemas are not what the contracts say."""
    faults = check(settings().contracts)
    facts: dict[str, Any] = {
        "ok": not faults,
        "faults": [str(fault) for fault in faults],
        "drift": [],
        "not_looked_at": {},
        "systems": 0,
        "tables": 0,
    }
    if faults:
        return facts
    with wiring.opened() as installation:
        contracts = installation.contracts
        facts |= {"systems": len(contracts.systems), "tables": sum(1 for _ in contracts.tables())}
        if live:
            drifts, unreached = _live(contracts, installation)
            facts["drift"] = [{"effect": d.effect.value, "said": str(d)} for d in drifts]
            facts["not_looked_at"] = unreached
            facts["ok"] = not unreached and all(d.effect is Effect.WARNING for d in drifts)
    return facts


def traversal_facts(kinds: Sequence[str]) -> dict[str, Any]:
    """Tables in the order in which a search reaches them.

    Raises:
        RequestInvalid: when the vocabulary has no such identity kind.
    """
    with wiring.opened() as installation:
        contracts = installation.contracts
        known = contracts.vocabulary.identities
        for kind in kinds:
            if kind not in known:
                raise RequestInvalid("no such identity kind", where=kind, remedy=f"use one of: {', '.join(known)}")
        rows = [
            {
                "wave": found.wave or "-",
                "system": found.path[0],
                "table": found.path[1],
                "reached_by": "; ".join(found.by) + (" (shared: counted, never disclosed)" if found.shared else ""),
                "erasure": contracts.table(*found.path).erase.value,
            }
            for found in reach(contracts, kinds)
        ]
    return {"identity": list(kinds), "tables": rows}


def _live(contracts: Contracts, installation: wiring.Installation) -> tuple[list[Drift], dict[str, str]]:
    drifts: list[Drift] = []
    unreached: dict[str, str] = {}
    for name, contract in contracts.systems.items():
        try:
            drifts += drift(contract, installation.services.systems.connector(name).describe())
        except RightsflowError as error:
            unreached[name] = str(error)
    return drifts, unreached
