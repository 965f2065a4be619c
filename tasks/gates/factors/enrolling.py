"""Operators' passkeys: added and removed with a factor that they have, reset by somebody else; the log has each.

1. Adding needs a fresh code, or a touch of a passkey that is there.
2. Who has passkeys can have their codes ended: the TOTP secret is destroyed, and nothing is left that can be typed
   somewhere else. The last passkey stays then.
3. Who lost them is set back by another operator. The person gets a mail about each of these, where an address is known.
"""

import hmac
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from data_contracts.case.legible import is_line
from data_contracts.errors import AnswerRefused, DeliveryUncertain, RequestInvalid, RightsflowError
from data_contracts.evidence.records import canonical, digest
from data_contracts.gates.passkeys import PASSKEY, Asked, Passkey, Touch, TouchedFor
from data_contracts.told.notices import Rendered
from data_contracts.vocabulary import OperatorRole
from tasks.gates.operators import EVERY_ROLE, Factor, note_use, prove_person
from tasks.gates.step_up.challenges import passkeys, put_challenge, take_challenge
from tasks.services import services

_ENROL: Final = "add a passkey"
_LONGEST_LABEL: Final = 40
_MOST: Final = 10
_RESETTERS: Final = (OperatorRole.ADMIN, OperatorRole.DPO)
_WHERE: Final = "passkeys"


def begin_passkey(operator: str, label: str, factor: Factor, *, visit: str) -> Asked:
    """Ask a browser to make a passkey for an operator who is proven.

    Raises:
        AnswerRefused: when the operator is not in force, or the factor is not theirs.
        RequestInvalid: when the name is none, there are enough, or passkeys are not configured.
    """
    named, check = _label(label), passkeys()
    known = [one.credential for one in services().register.passkeys(operator)]
    if len(known) >= _MOST:
        raise RequestInvalid(f"{_MOST} passkeys are enough", where=_WHERE, remedy="remove one first")
    prove_person(operator, factor, roles=EVERY_ROLE, where=_WHERE, what=_ENROL)
    challenge = put_challenge(_ENROL, operator, [_digest(named)], visit)
    return Asked(challenge, check.creation(operator, _handle(operator), challenge, known))


def end_passkey(operator: str, label: str, touch: Touch) -> Passkey:
    """Keep the passkey that a browser made.

    Raises:
        AnswerRefused: when it was not made for this challenge, or is known already.
    """
    provided, named = services(), _label(label)
    challenge, _ = take_challenge(touch, _ENROL, operator, [_digest(named)])
    made = passkeys().made(touch.response, challenge)
    passkey = Passkey(made.credential, operator, named, made.public_key, made.count, provided.now())
    if not provided.register.add_passkey(passkey):
        raise AnswerRefused("this passkey is known already", where=_WHERE, remedy="use another authenticator")
    note_use(operator, "have a passkey", f"{named} {_short(passkey)}", PASSKEY)
    tell_operator(operator, "A passkey was added to your account", [f"It is called {named}.", _NOT_ME])
    return passkey


def remove_passkey(operator: str, credential: str, factor: Factor) -> None:
    """Remove a passkey of an operator's own.

    Raises:
        AnswerRefused: when the factor is not theirs, or nothing else would be left to prove themselves with.
        RequestInvalid: when there is none of that id.
    """
    provided = services()
    own = provided.register.passkeys(operator)
    gone = next((one for one in own if one.credential == credential), None)
    if gone is None:
        raise RequestInvalid("there is no such passkey", where=_WHERE, remedy="look at the list again")
    known = provided.register.operator(operator)
    if len(own) == 1 and (known is None or not known.secret):
        raise AnswerRefused(
            "it is the last one, and codes are not accepted", where=_WHERE, remedy="add another passkey first"
        )
    prove_person(operator, factor, roles=EVERY_ROLE, where=f"{gone.label} {_short(gone)}", what="remove a passkey")
    provided.register.remove_passkeys(operator, credential)
    tell_operator(operator, "A passkey was removed from your account", [f"It was called {gone.label}.", _NOT_ME])


def end_codes(operator: str, touched: TouchedFor) -> None:
    """Accept no codes of an operator any more, who proves with a passkey that there is one.

    Raises:
        AnswerRefused: when the touch is not right.
    """
    prove_person(operator, touched, roles=EVERY_ROLE, where=_WHERE, what="end codes")
    services().register.drop_secret(operator)
    lines = ["No code of an authenticator app is accepted for you any more; you use passkeys alone.", _NOT_ME]
    tell_operator(operator, "Codes are ended for your account", lines)


def reset_passkeys(operator: str, *, by: str, code: str) -> tuple[int, bool]:
    """Remove every passkey of somebody who lost them; how many, and whether the person was written to.

    Raises:
        AnswerRefused: when who does it may not, or is the same person.
        RequestInvalid: when there is no such operator.
    """
    provided = services()
    who = prove_person(by, code, roles=_RESETTERS, where=operator, what="reset passkeys")
    if who == operator:
        raise AnswerRefused("nobody resets their own", where=operator, remedy="let another admin or DPO do it")
    if provided.register.operator(operator) is None:
        raise RequestInvalid("no such operator", where=operator, remedy="see 'rightsflow operator list'")
    gone = provided.register.remove_passkeys(operator)
    note_use(operator, "lose passkeys", f"{gone} removed by {who}", PASSKEY)
    told = tell_operator(operator, "Your passkeys were removed", [f"{who} removed your {gone} passkeys.", _NOT_ME])
    return gone, told


def tell_operator(operator: str, subject: str, lines: Sequence[str]) -> bool:
    """Write to an operator about their account; whether it left. No address, or no mail server, stops nothing."""
    provided = services()
    address = provided.register.operator_mail(operator)
    if not address:
        return False
    letter = Rendered.of_paragraphs(subject, lines)
    key = f"operator:{digest(canonical([operator, subject, provided.now().isoformat()]))[:24]}"
    with suppress(DeliveryUncertain):
        try:
            provided.channel.deliver(letter, to=address, message_key=key, about_to_hand_over=lambda: None)
        except RightsflowError as error:
            if isinstance(error, DeliveryUncertain):
                raise
            return False
    return True


_NOT_ME: Final = "If this is not what you expected, tell an admin or the data protection officer at once."


def _label(label: str) -> str:
    named = " ".join(label.split())
    if not 0 < len(named) <= _LONGEST_LABEL or not is_line(named):
        remedy = f"name the passkey in at most {_LONGEST_LABEL} characters, such as 'blue key'"
        raise RequestInvalid("a passkey needs a name", where=_WHERE, remedy=remedy)
    return named


def _digest(label: str) -> str:
    return digest(canonical(["passkey", label]))


def _short(passkey: Passkey) -> str:
    """The first characters of a key's fingerprint, by which records can be compared with the log."""
    return passkeys().fingerprint(passkey.public_key)[:16]


def _handle(operator: str) -> bytes:
    """What authenticators keep instead of a name."""
    return hmac.digest(services().door_key(), f"passkey|{operator}".encode(), "sha256")
