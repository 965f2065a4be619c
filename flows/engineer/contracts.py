"""What ``rightsflow contracts`` does: facts as JSON-ready dictionaries."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from data_contracts.company.company import Vocabulary
from data_contracts.company.contract import Contracts, SystemContract
from data_contracts.connectors.connecting import Connector
from data_contracts.connectors.rehearsing import WHY_NOT
from data_contracts.errors import RequestInvalid, RightsflowError
from data_contracts.odcs.folder import advice, check
from flows import wiring
from flows.engineer.credentials import in_blocks
from flows.settings import settings
from tasks.canaries.trying_out import try_out
from tasks.rules.search.drift import Drift, Effect, drift, elsewhere, forbids
from tasks.rules.search.held_keys import HeldBySeveral, questions, told
from tasks.rules.search.routes import reach

_STANDS: Final = frozenset({Effect.WARNING, Effect.FORBIDS_PROOF})
"""Effects with which the contract can be worked."""


def check_facts(*, live: bool, rehearse: bool = False) -> dict[str, Any]:
    """Faults of the folder, where live schemas differ from the contracts, and keys that several accounts hold."""
    faults = check(settings().contracts)
    facts: dict[str, Any] = {
        "ok": not faults,
        "faults": [str(fault) for fault in faults],
        "warnings": [] if faults else [str(told) for told in advice(settings().contracts)],
        "drift": [],
        "held_by_several": [],
        "not_looked_at": {},
        "rehearsed": {},
        "systems": 0,
        "tables": 0,
    }
    if faults:
        return facts
    with wiring.opened() as installation:
        contracts = installation.contracts
        facts["warnings"] += in_blocks(installation)
        facts |= {"systems": len(contracts.systems), "tables": sum(1 for _ in contracts.tables())}
        if live:
            looked = _live(contracts, installation)
            facts["drift"] = [{"effect": d.effect.value, "said": str(d)} for d in looked.drifts]
            facts["held_by_several"] = [{**asdict(held), "said": str(held)} for held in looked.held]
            facts["not_looked_at"] = looked.unreached
            facts["ok"] = not looked.unreached and all(d.effect in _STANDS for d in looked.drifts)
        if rehearse:
            facts["rehearsed"] = {
                name: _tried(name) for name in contracts.systems if name not in facts["not_looked_at"]
            }
            facts["ok"] &= not any(tried["refused"] for tried in facts["rehearsed"].values())
    return facts


def _tried(system: str) -> dict[str, Any]:
    """What a system says of erasing a made-up person."""
    try:
        said = try_out(system)
    except RightsflowError as error:
        return {"tables": 0, "accepted": 0, "refused": [str(error)], "not_rehearsed": []}
    left_out = [(one, one.not_rehearsed) for one in said.tables if one.not_rehearsed is not None]
    return {
        "tables": len(said.tables),
        "accepted": sum(one.is_accepted for one in said.tables),
        "refused": [f"{one.place(system)}: {one.what}. Remedy: {one.cure}." for one in said.refusals],
        "not_rehearsed": [
            f"{system}.{one.table}: {WHY_NOT[why]}{f' ({one.about})' if one.about else ''}" for one, why in left_out
        ],
    }


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


@dataclass
class _Looked:
    """What was seen in the live systems, and why some could not be looked at, by system."""

    drifts: list[Drift] = field(default_factory=list)
    held: list[HeldBySeveral] = field(default_factory=list)
    unreached: dict[str, str] = field(default_factory=dict)


def _live(contracts: Contracts, installation: wiring.Installation) -> _Looked:
    looked = _Looked()
    for name, contract in contracts.systems.items():
        try:
            connector = installation.services.systems.connector(name)
            found = drift(contract, connector.describe(), contracts.vocabulary.identities, installation.services.routes)
            looked.drifts += [*found, *elsewhere(name, connector.elsewhere())]
            if not forbids(found, Effect.FORBIDS_SEARCHING):
                looked.held += _held(contract, contracts.vocabulary, connector)
        except RightsflowError as error:
            looked.unreached[name] = str(error)
    return looked


def _held(contract: SystemContract, vocabulary: Vocabulary, connector: Connector) -> list[HeldBySeveral]:
    counts = [(asked, connector.count_held_by_several(asked)) for asked in questions(contract, vocabulary)]
    return [held for asked, count in counts if (held := told(contract.name, asked, count)) is not None]
