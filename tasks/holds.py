"""Litigation holds: set and lifted by proven people, and looked at by whatever erases (Art. 17(3)(e)).

Who is meant is kept as keyed digests, and sealed under the hold's id what to search by, until it is lifted.
:func:`held_subjects` is for what erases rows of many people at once.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from data_contracts.errors import ContractInvalid, RequestInvalid
from data_contracts.holds import LitigationHold
from data_contracts.subjects import SubjectKey
from data_contracts.vocabulary import OperatorRole
from tasks.locate_data import load_search
from tasks.operator_proof import prove_person
from tasks.rules.art19 import is_reference
from tasks.rules.limits import HOLD
from tasks.sealed import write_json
from tasks.services import services
from tasks.subject_keys import Digests, subject_keys_of

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


def lift_hold(hold_id: str, *, operator: str, code: str) -> None:
    """Lift a hold in the name of a proven operator.

    Raises:
        RequestInvalid: when no hold of that id is in force.
        AnswerRefused: when the operator may not, or the code is wrong.
    """
    prove_person(operator, code, roles=_ROLES, where="hold")
    if not services().register.lift_hold(hold_id, by=operator, at=services().now()):
        raise RequestInvalid("no hold of that id is in force", where=hold_id, remedy="see 'rightsflow hold list'")
    services().vault.destroy(hold_id)


def _keys(case_id: str) -> set[SubjectKey]:
    """Digests of every key of the data subject that is known."""
    digests, search = Digests(), load_search(case_id)
    keys = search.given if search.named_only else search.known
    found = {digests.of(slot[1], str(v)) for slot, values in keys.items() if slot[0] == "identity" for (v,) in values}
    return {key for key in found if key is not None} | set(services().register.subject_keys(case_id))
