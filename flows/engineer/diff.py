"""What ``rightsflow contracts diff`` tells: where contracts say something else, and where their bytes alone differ."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data_contracts.company.contract import Contracts
from data_contracts.company.meaning import changes, meaning_of
from data_contracts.errors import RequestInvalid
from data_contracts.odcs.folder import load
from flows import wiring
from flows.home.contract_cache import contracts_from
from tasks.services import services

Facts = dict[str, Any]


def diff_facts(case_id: str = "", *, folder: Path | None = None) -> Facts:
    """How the contracts that are in force differ from those of a folder, or of plans that people were shown.

    Args:
        case_id: a case; empty for every open case that has a plan.
        folder: other contracts, which those in force are compared with; then no case is looked at.

    Raises:
        ContractInvalid: when one of the two has a fault.
        RequestInvalid: when the case has no plan.
    """
    with wiring.opened() as installation:
        live = installation.contracts
        if folder is not None:
            return {"compared": [{"with": str(folder), **_compared(live, load(folder))}]}
        found = [_of_plan(live, case) for case in ([case_id] if case_id else _open_cases())]
        known = [one for one in found if one is not None]
    if case_id and not known:
        raise RequestInvalid("the case has no plan", where=case_id, remedy="compare it once it is planned")
    return {"compared": known}


def _open_cases() -> Iterator[str]:
    yield from (case.case_id for case in services().register.cases(open_only=True))


def _of_plan(live: Contracts, case_id: str) -> Facts | None:
    """The contracts that the case's plan was made under beside those in force; None where there is no plan."""
    register = services().register
    register.case(case_id)
    entry = register.step(case_id, "plan")
    if entry is None or entry.state != "done":
        return None
    plan: Any = entry.receipt["plan"]
    name = str(plan["contracts"])
    files = register.contract_set(name)
    if files is None:
        is_same = live.is_named(name)
        return {"with": case_id, "kept": False, "same_bytes": is_same, "same_meaning": is_same, "changes": []}
    return {"with": case_id, "kept": True, **_compared(contracts_from(tuple(sorted(files.items()))), live)}


def _compared(old: Contracts, new: Contracts) -> Facts:
    lines = [] if old.meaning == new.meaning else changes(meaning_of(old), meaning_of(new))
    return {
        "same_bytes": dict(old.files) == dict(new.files),
        "same_meaning": old.meaning == new.meaning,
        "changes": lines,
    }


def said(one: Facts) -> str:
    """One comparison in a sentence."""
    if not one.get("kept", True) and not one["same_bytes"]:
        return f"{one['with']}: the contracts' files are others; what they said when it was planned was not kept"
    if one["same_bytes"]:
        return f"{one['with']}: the same"
    if one["same_meaning"]:
        return f"{one['with']}: other bytes that say the same; nobody is asked again"
    count = len(one["changes"])
    return f"{one['with']}: {count} {'line says' if count == 1 else 'lines say'} something else"


__all__ = ["diff_facts", "said"]
