"""Signing in by the organisation's OpenID Connect: it says who somebody is; what they may is said here alone.

A claim alone makes nobody an operator: an admin links the account to an operator once, by its value under the
organisation's issuer, and the operator is in force. Signing in lets them look; a decision takes a code or a passkey.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from data_contracts.case.legible import is_line
from data_contracts.company.sign_in import OperatorsSignIn
from data_contracts.errors import RequestInvalid
from data_contracts.gates.operators import Operator
from tasks.gates.operators import EVERY_ROLE, note_use, noted
from tasks.rules.people.gates import check_in_force
from tasks.services import services

_SIGN_IN: Final = "sign in"
_OIDC: Final = "oidc"
_SOMEBODY: Final = "somebody of the organisation"
_LONGEST: Final = 200


def sign_in_by_claims(claims: Mapping[str, object]) -> Operator:
    """The operator whose account it is, in force whatever the role; a lock after wrong codes ends.

    Args:
        claims: of an ID token that was checked: issuer, audience, signature, time and nonce.

    Raises:
        AnswerRefused: when the account is no operator's, or the operator is not in force.
    """
    provided, space = services(), _space()
    account = _account(space, claims)
    known = _of_account(account) if account else None

    def prove() -> tuple[Operator, str]:
        operator = check_in_force(known, roles=EVERY_ROLE, where=_SIGN_IN, now=provided.now())
        provided.register.end_lock(operator.name)
        return operator, _OIDC

    return noted(known.name if known else _SOMEBODY, _SIGN_IN, "", prove)[0]


def link_account(operator: str, value: str, *, proof: str) -> None:
    """Say whose account of the organisation an operator has.

    Args:
        operator: the name.
        value: of the claim that names operators.
        proof: how we know who links it.

    Raises:
        RequestInvalid: when there is no such operator, the value is none, or it is another operator's.
    """
    provided, space = services(), _space()
    known = provided.register.operator(operator)
    if known is None:
        raise RequestInvalid("no such operator", where=operator, remedy="see 'rightsflow operator list'")
    account = _named(space, value.strip())
    if not value.strip() or not is_line(value) or len(account) > _LONGEST:
        remedy = f"give the value of the claim '{space.claim}' as the organisation's sign-in says it"
        raise RequestInvalid("this cannot be an account", where=operator, remedy=remedy)
    other = _of_account(account)
    if other is not None and other.name != operator:
        raise RequestInvalid(f"this account is {other.name}'s", where=operator, remedy="one account, one operator")
    provided.register.put_operator(replace(known, oidc_subject=account))
    note_use(operator, "be linked to an account", space.claim, proof)


def _space() -> OperatorsSignIn:
    space = services().organisation.operators_sign_in
    if space is None:
        remedy = "set operators_sign_in in organisation.yaml"
        raise RequestInvalid("the organisation's sign-in is not configured", where="operators_sign_in", remedy=remedy)
    return space


def _account(space: OperatorsSignIn, claims: Mapping[str, object]) -> str:
    """The account that claims name; empty where they name none, or do not vouch for it."""
    value = claims.get(space.claim)
    is_ours = claims.get("iss") == space.issuer and isinstance(value, str) and bool(value)
    # Who runs a mailbox is not who wrote its address into a profile.
    is_proven = space.claim != "email" or claims.get("email_verified") is True
    return _named(space, str(value)) if is_ours and is_proven else ""


def _named(space: OperatorsSignIn, value: str) -> str:
    return f"{space.issuer}|{value}"


def _of_account(account: str) -> Operator | None:
    return next((one for one in services().register.operators() if one.oidc_subject == account), None)
