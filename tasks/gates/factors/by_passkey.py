"""Signing in with a passkey alone: it is had, and it verifies its person; nobody types a name."""

from data_contracts.gates.operators import Operator
from data_contracts.gates.passkeys import PASSKEY, Asked, Touch
from tasks.gates.operators import EVERY_ROLE, noted
from tasks.gates.step_up.challenges import ask_touch, check_touch, passkeys
from tasks.rules.people.gates import check_in_force
from tasks.services import services

_SIGN_IN = "sign in"
_SOMEBODY = "somebody with a passkey"


def ask_to_sign_in(visit: str) -> Asked:
    """Ask for a touch of anybody's passkey.

    Raises:
        RequestInvalid: when passkeys are not configured.
    """
    return ask_touch(_SIGN_IN, "", [], visit)


def sign_in_by_touch(touch: Touch) -> Operator:
    """The operator whose passkey it is, in force whatever the role; a lock after wrong codes ends.

    Raises:
        AnswerRefused: when the touch is not right in every way, or the operator is not in force.
    """
    provided = services()

    def prove() -> tuple[Operator, str]:
        name = check_touch(touch, _SIGN_IN, "", []).passkey.operator
        operator = check_in_force(
            provided.register.operator(name), roles=EVERY_ROLE, where=_SIGN_IN, now=provided.now()
        )
        provided.register.end_lock(operator.name)
        return operator, PASSKEY

    known = provided.register.passkey(passkeys().named(touch.response)[0])
    return noted(known.operator if known else _SOMEBODY, _SIGN_IN, "", prove)[0]
