"""Proof of identity by signing in to the client space (Art. 12(6); charter 2.2).

What the sign-in says is trusted as far as the organisation says: claims that it names are keys of the account. The
case goes on with the account's keys alone, whatever else the request named.
"""

from collections.abc import Mapping

from data_contracts.errors import RequestInvalid
from tasks.case.sealed import typed_request
from tasks.identity.contacts import held_for
from tasks.identity.online import accepted_ways, note_proof
from tasks.identity.proofs import CLIENT_SPACE
from tasks.rules.people.assurance import account_to_prove
from tasks.services import services

_LONGEST = 254


def offers_client_space(case_id: str) -> bool:
    """Whether the case can be proven by signing in to the client space."""
    return services().organisation.client_space is not None and CLIENT_SPACE in accepted_ways(case_id)


def prove_by_account(case_id: str, claims: Mapping[str, object]) -> None:
    """Take in who signed in; the case's flow is to be woken.

    Args:
        case_id: the case.
        claims: of an ID token that was checked: issuer, audience, signature, time and nonce.

    Raises:
        RequestInvalid: when the case accepts no such proof now, or the account has no key, or no address that is
            proven to be its owner's.
    """
    space = services().organisation.client_space
    if space is None or not offers_client_space(case_id):
        raise RequestInvalid("this request accepts no sign-in", where="client space", remedy="see where it stands")
    keys = {
        kind: [str(claims[claim])]
        for kind, claim in space.keys.items()
        if claims.get(claim) not in {None, ""} and len(str(claims[claim])) <= _LONGEST
    }
    is_verified = claims.get("email_verified") is True
    address = str(claims.get("email") or "") if is_verified else ""
    proven = account_to_prove(typed_request(case_id).identity, keys, held_for(case_id, keys), verified_address=address)
    if proven is None:
        raise RequestInvalid(
            "the account does not say where to write to", where="client space", remedy="choose another way of proving"
        )
    note_proof(case_id, CLIENT_SPACE, proven, by="holder of an account of the client space")
