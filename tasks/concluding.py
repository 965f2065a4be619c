"""What the proof of a case means for its outcome and its letter (law 7): the same word everywhere."""

from collections.abc import Mapping
from typing import Any, Final

from data_contracts.contract import in_language
from data_contracts.notices import ToldItem
from data_contracts.verdicts import Conclusion
from tasks.locate_data import by_hand
from tasks.proving import conclusion, not_looked_at, staying
from tasks.reach import beyond_reach
from tasks.services import services

GRANTED: Final = "granted"
_IN_PART: Final = "granted_in_part"
_NOT_LOOKED: Final = "not_looked"


def as_concluded(case_id: str, outcome: str) -> str:
    """``outcome``, but ``granted`` only where all was done and looked at; else ``granted_in_part``."""
    if outcome != GRANTED:
        return outcome
    concluded = conclusion(case_id)
    if concluded is None:
        # What is disclosed has no second look: it is whole where no system was left to a person.
        return _IN_PART if by_hand(case_id) else outcome
    return outcome if concluded is Conclusion.PROVEN else _IN_PART


def staying_items(case_id: str) -> tuple[ToldItem, ...]:
    """What stays as a person decided, and what could not be looked at: each system once for each reason."""
    found = [(str(one["system"]), f"stays_{one['why']}") for one in staying(case_id)]
    found += [(place.partition(":")[0], _NOT_LOOKED) for place, _ in not_looked_at(case_id) if place]
    return tuple(ToldItem(_title(case_id, system), why=why) for system, why in dict.fromkeys(found))


def told_titles(case_id: str) -> tuple[str, ...]:
    """Systems of which a person says that it was done, and that could not be looked at, in the case's language."""
    return tuple(_title(case_id, system) for system in sorted(beyond_reach(case_id)))


def _title(case_id: str, system: str) -> str:
    provided = services()
    contracts: Mapping[str, Any] = provided.contracts.systems
    contract = contracts[system]
    return str(in_language(contract.labels, provided.register.case(case_id).language) or contract.title)
