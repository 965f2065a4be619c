"""Challenges for passkeys: each for one thing, one operator and one visit, answered once and within minutes (law 5).

1. Whoever wants to do something is given a challenge. It is the digest of a statement that names for what it is, the
   operator, a number used once, and a digest of each thing that is decided. The register keeps the statement.
2. The answer names its challenge. The register gives the statement away, once, to the visit that asked.
3. The statement is for the same thing, by the same operator, about the same digests, made anew from what came with the
   answer; the passkey is the operator's; the signature is right; the authenticator has not counted backwards.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from data_contracts.errors import AnswerRefused, RequestInvalid
from data_contracts.gates.passkeys import (
    LASTS,
    Asked,
    Assertion,
    Passkey,
    PasskeyCheck,
    Touch,
    TouchedFor,
    challenge_of,
    statement,
)
from tasks.services import services


@dataclass(frozen=True, slots=True)
class Proven:
    """A touch that was checked.

    Attributes:
        passkey: which one.
        statement: what it signed.
    """

    passkey: Passkey
    statement: Mapping[str, Any]
    assertion: Assertion


def passkeys() -> PasskeyCheck:
    """What speaks with authenticators.

    Raises:
        RequestInvalid: when no place is configured.
    """
    check = services().passkeys
    if check is None:
        remedy = "set RIGHTSFLOW_DESK_URL to the address that people open; docs/operate/operators.md says more"
        raise RequestInvalid("passkeys are not configured", where="passkeys", remedy=remedy)
    return check


def put_challenge(purpose: str, operator: str, digests: Iterable[str], visit: str) -> bytes:
    """A new challenge, kept until it is answered or over.

    Args:
        purpose: for what.
        operator: who; empty while nobody is known.
        digests: of what is done with it.
        visit: digest of the visit that asks.
    """
    provided, now = services(), services().now()
    said = statement(purpose, operator, secrets.token_urlsafe(24), digests)
    challenge = challenge_of(said)
    provided.register.put_challenge(challenge, said, visit=visit, until=now + LASTS, at=now)
    return challenge


def take_challenge(
    touch: Touch, purpose: str, operator: str, digests: Iterable[str]
) -> tuple[bytes, Mapping[str, Any]]:
    """The challenge that a touch answers, with its statement; it cannot be answered again.

    Raises:
        AnswerRefused: when there is none that waits, of that visit, for that purpose, operator and digests.
    """
    provided = services()
    _, challenge = passkeys().named(touch.response)
    said = provided.register.take_challenge(challenge, visit=touch.visit, at=provided.now())
    wanted = statement(purpose, operator, "", digests)
    if said is None or {**said, "once": ""} != wanted or challenge_of(said) != challenge:
        raise AnswerRefused(
            "this is no answer to what is asked now",
            where="passkey",
            remedy="begin again: an answer counts once, for some minutes, for what was shown with it",
        )
    return challenge, said


def ask_touch(purpose: str, operator: str, digests: Iterable[str], visit: str) -> Asked:
    """Ask an operator for a touch of one of their passkeys; of anybody's where no operator is named.

    Raises:
        AnswerRefused: when the operator has none.
    """
    check = passkeys()
    known = [one.credential for one in services().register.passkeys(operator)] if operator else []
    if operator and not known:
        raise AnswerRefused(f"{operator} has no passkey", where="passkey", remedy="type a code, or add a passkey first")
    challenge = put_challenge(purpose, operator, digests, visit)
    return Asked(challenge, check.request(challenge, known))


def check_touch(touch: Touch, purpose: str, operator: str, digests: Iterable[str]) -> Proven:
    """Check a touch, and use it up.

    Args:
        touch: what the browser gave back.
        purpose: for what it has to be.
        operator: whose; empty: whose it is tells the passkey.
        digests: of what is done with it.

    Raises:
        AnswerRefused: when it is not right in every way.
    """
    provided = services()
    challenge, said = take_challenge(touch, purpose, operator, digests)
    credential, _ = passkeys().named(touch.response)
    passkey = provided.register.passkey(credential)
    if passkey is None or (operator and passkey.operator != operator):
        raise AnswerRefused("this passkey is not known", where="passkey", remedy="use one that you have added")
    assertion = passkeys().used(touch.response, challenge, passkey)
    if not provided.register.use_passkey(passkey.credential, assertion.count, provided.now()):
        raise AnswerRefused("this passkey has counted that far before", where="passkey", remedy="begin again")
    return Proven(passkey, said, assertion)


def prove_touch(operator: str, touched: TouchedFor) -> None:
    """That a touch stands in the place of an operator's code.

    Raises:
        AnswerRefused: when it does not.
    """
    purpose, digest = touched.what
    check_touch(touched.touch, purpose, operator, [digest])
