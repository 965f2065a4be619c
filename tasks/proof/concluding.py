"""What the proof of a case means for its outcome and its letter (law 7): the same word everywhere."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from data_contracts.case.verdicts import Conclusion, StayGround
from data_contracts.company.contract import in_language
from data_contracts.told.notices import ToldItem
from tasks.proof.judge import conclusion, not_looked_at, staying
from tasks.search.locate import by_hand
from tasks.search.reach import beyond_reach
from tasks.services import services

GRANTED: Final = "granted"
_IN_PART: Final = "granted_in_part"
_NOT_LOOKED: Final = "not_looked"


def as_concluded(case_id: str, outcome: str, *, without_copy: bool = False) -> str:
    """``outcome``, but ``granted`` only where all was done and looked at; else ``granted_in_part``.

    Args:
        case_id: the case.
        outcome: how it ends if all is proven.
        without_copy: as if the recovery copy were destroyed already.
    """
    if outcome != GRANTED:
        return outcome
    concluded = conclusion(case_id)
    if concluded is None:
        # What is disclosed has no second look: it is whole where no system was left to a person.
        return _IN_PART if by_hand(case_id) else outcome
    is_copy_alone = concluded is Conclusion.PROVEN_BUT_FOR and not list(_lasting(case_id))
    return outcome if concluded is Conclusion.PROVEN or (without_copy and is_copy_alone) else _IN_PART


def staying_items(case_id: str) -> tuple[ToldItem, ...]:
    """What stays as a person decided, and what could not be looked at: each system once for each reason."""
    # The recovery copy has words of its own in the letter, with its last day.
    found = [(str(one["system"]), f"stays_{one['why']}") for one in _lasting(case_id)]
    found += [(place.partition(":")[0], _NOT_LOOKED) for place, _ in not_looked_at(case_id) if place]
    return tuple(ToldItem(title_of(case_id, system), why=why) for system, why in dict.fromkeys(found))


def told_titles(case_id: str) -> tuple[str, ...]:
    """Systems of which a person says that it was done, and that could not be looked at, in the case's language."""
    return tuple(title_of(case_id, system) for system in sorted(beyond_reach(case_id)))


def _lasting(case_id: str) -> Iterator[Mapping[str, Any]]:
    """What stays without an end: not the recovery copy."""
    return (one for one in staying(case_id) if one["why"] != StayGround.RECOVERY)


def title_of(case_id: str, system: str) -> str:
    """What a system is called in the language of the case."""
    provided = services()
    contracts: Mapping[str, Any] = provided.contracts.systems
    contract = contracts.get(system)
    if contract is None:
        return system.replace("_", " ")  # it was taken out of the contracts while the case was open
    return str(in_language(contract.labels, provided.register.case(case_id).language) or contract.title)
