"""Litigation holds: set and lifted by proven people, and looked at by whatever erases (Art. 17(3)(e)).

Who is meant is kept as keyed digests, and sealed under the hold's id what to search by, until it is lifted.
:func:`held_subjects` is for what erases rows of many people at once.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from data_contracts.case.holds import LitigationHold
from data_contracts.case.subjects import SubjectKey
from data_contracts.errors import ContractInvalid, RequestInvalid
from data_contracts.vocabulary import OperatorRole
from tasks.case.erased_again import Cause, open_again
from tasks.case.sealed import read_json, write_json
from tasks.case.subject_keys import known_keys_of, subject_keys_of
from tasks.gates.operators import prove_person
from tasks.rules.act.limits import HOLD
from tasks.rules.others.telling import is_reference
from tasks.rules.search.returned import ReturnedPerson
from tasks.search.locate import load_search
from tasks.services import services

_ROLES = (OperatorRole.LEGAL, OperatorRole.DPO)
IDENTITY = "identity"
"""The vault's name of the keys that a hold was set by."""
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class HeldSubject:
    """One person whose data must be kept: any of the digests, and the systems it holds for; none means all."""

    keys: frozenset[SubjectKey]
    systems: tuple[str, ...]


def open_holds() -> list[LitigationHold]:
    """Holds in force, by the time they were set."""
    return services().register.holds(open_only=True)


def held_subjects() -> list[HeldSubject]:
    """Whose data must not be erased now, as digests: whoever erases rows of many people leaves theirs out."""
    return [HeldSubject(frozenset(hold.keys), hold.systems) for hold in open_holds()]


def holds_in(case_id: str, system: str) -> list[str]:
    """Ids of the holds in force on the case's data subject in one system, by any key that the search found."""
    holds = services().register.holds_on(_keys(case_id))
    return [hold.hold_id for hold in holds if not hold.systems or system in hold.systems]


def set_hold(
    identity: Mapping[str, Iterable[str]], reference: str, systems: Iterable[str], *, operator: str, code: str
) -> LitigationHold:
    """Set a hold in the name of a proven operator.

    Raises:
        RequestInvalid: when nobody is named by it, the reference is none, or a system is unknown.
        ContractInvalid: when the vocabulary has no hold for legal claims.
        AnswerRefused: when the operator may not, or the code is wrong.
    """
    provided = services()
    if HOLD not in provided.contracts.vocabulary.holds:
        raise ContractInvalid(
            f"there is no hold `{HOLD}`", where="vocabulary.yaml: holds", remedy="add it with `art17_3: e` and its law"
        )
    keys, chosen = tuple(subject_keys_of(identity)), tuple(sorted(set(systems)))
    if not keys:
        raise RequestInvalid("the hold names nobody", where="--identity", remedy="give a valid key, kind=value")
    if not is_reference(reference):
        raise RequestInvalid("the reference is not one", where="--reference", remedy="give that of the claim")
    if unknown := sorted(set(chosen) - set(provided.contracts.systems)):
        known = ", ".join(provided.contracts.systems)
        raise RequestInvalid("no such system", where=", ".join(unknown), remedy=f"name some of: {known}")
    prove_person(operator, code, roles=_ROLES, where="hold")
    hold_id = "H-" + "".join(secrets.choice(_ALPHABET) for _ in range(8))
    hold = LitigationHold(hold_id, keys, chosen, reference, operator, provided.now())
    # First, because a hold whose rows nobody could find would stop retention for good.
    write_json(hold_id, IDENTITY, {kind: list(values) for kind, values in identity.items()})
    provided.register.put_hold(hold)
    return hold


def lift_hold(hold_id: str, *, operator: str, code: str) -> str:
    """Lift a hold in the name of a proven operator; the case that erases what it kept, empty where it kept nothing.

    The case is opened first, by the keys that are sealed with the hold: were the process killed in between, the hold
    would be in force, the case would keep what it keeps, and lifting it again would find the case.

    Raises:
        RequestInvalid: when no hold of that id is in force.
        AnswerRefused: when the operator may not, or the code is wrong.
    """
    register = services().register
    prove_person(operator, code, roles=_ROLES, where="hold")
    hold = next((one for one in open_holds() if one.hold_id == hold_id), None)
    case_id = _erased_after(hold, operator) if hold is not None else ""
    if not register.lift_hold(hold_id, by=operator, at=services().now()):
        raise RequestInvalid("no hold of that id is in force", where=hold_id, remedy="see 'rightsflow hold list'")
    services().vault.destroy(hold_id)
    return case_id


def _erased_after(hold: LitigationHold, operator: str) -> str:
    """The case that erases what a hold kept of somebody whose data were erased but for it; empty: nobody's were.

    Raises:
        VaultSealed: when there is somebody, and the keys that were sealed with the hold are gone.
    """
    provided = services()
    cases = provided.register.erased_cases(hold.keys)
    if not cases:
        return ""
    identity = {kind: frozenset(values) for kind, values in read_json(hold.hold_id, IDENTITY).items()}
    person = ReturnedPerson(frozenset(cases), identity, {}, frozenset())
    return open_again(person, Cause.HOLD_LIFTED, operator).case_id


def _keys(case_id: str) -> set[SubjectKey]:
    """Digests of every key of the data subject that is known."""
    return {*known_keys_of(load_search(case_id).identity()), *services().register.subject_keys(case_id)}
