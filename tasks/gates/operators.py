"""Who an operator is: in force, with the role, and proven; every use and every try is remembered (law 5; charter 3.2).

The order is the same wherever somebody proves themselves: standing first, then the proof. A try is counted before
anything is compared, so that many at once are no more than the policy allows; a code is accepted once (RFC 6238 section
5.2). Wrong tries to sign in count for the caller and the name together: nobody locks an operator out of the desk from
elsewhere. Codes at gates come through Prefect, which tells no callers apart: there five wrong ones lock the name out,
of gates alone, and signing in at the desk ends that. A passkey's answer cannot be guessed: it is not counted, and no
lock stands in its way (:mod:`tasks.gates.step_up.challenges`). Passwords are kept as argon2id digests
(RFC 9106); for a name that nobody has the same work is done, so that how long it takes tells nothing.
"""

import hmac
from collections.abc import Callable, Sequence
from datetime import UTC, timedelta
from functools import cache
from typing import Final

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from data_contracts.doors.operator_log import OperatorUse
from data_contracts.errors import AnswerRefused, RequestInvalid
from data_contracts.gates.gates import GateEntry
from data_contracts.gates.operators import Operator
from data_contracts.gates.passkeys import PASSKEY, TouchedFor
from data_contracts.ports.sealed_rows import operator_context
from data_contracts.vocabulary import OperatorRole
from tasks.case.clock_check import clock_said
from tasks.gates.step_up.challenges import prove_touch
from tasks.rules.people.gates import check_in_force, check_standing
from tasks.services import services

_STEP: Final = timedelta(seconds=30)
_SHORTEST_PASSWORD: Final = 12
_LONGEST_PASSWORD: Final = 200
_LONGEST_NAME: Final = 60
_CALLERS: Final = 10
"""Of how many callers, each with its own tries, wrong codes after a right password are taken for one name."""
_COMMONEST: Final = ("password", "motdepasse", "wachtwoord", "azerty", "qwerty", "123456", "rightsflow", "letmein")
"""Beginnings of passwords that everybody tries first."""
EVERY_ROLE: Final = tuple(OperatorRole)
"""For what everybody in force may do."""


Factor = str | TouchedFor
"""A code, or the answer of a passkey in its place."""


def prove_person(name: str, code: Factor, *, roles: Sequence[OperatorRole], where: str, what: str = "decide") -> str:
    """The name of a person in force with one of the roles, proven by a fresh factor, who decides outside a gate.

    Raises:
        AnswerRefused: when the person may not, or the code is not theirs.
    """

    def prove() -> tuple[Operator, str]:
        provided = services()
        operator = check_in_force(provided.register.operator(name), roles=roles, where=where, now=provided.now())
        return operator, _prove_code(operator, code)

    return noted(name, what, where, prove)[0].name


def prove_session(name: str, *, roles: Sequence[OperatorRole], where: str, what: str) -> str:
    """The name of a person in force with one of the roles, who is signed in at the desk.

    Raises:
        AnswerRefused: when the person may not.
    """

    def prove() -> tuple[Operator, str]:
        provided = services()
        return check_in_force(provided.register.operator(name), roles=roles, where=where, now=provided.now()), "desk"

    return noted(name, what, where, prove)[0].name


def prove_operator(entry: GateEntry, name: str, *, code: Factor = "", local_account: str = "") -> tuple[Operator, str]:
    """The operator who may answer a gate, proven; and how we know.

    Raises:
        AnswerRefused: when they may not answer it today, or the code is wrong.
    """

    def prove() -> tuple[Operator, str]:
        provided = services()
        operator = check_standing(provided.register.operator(name), entry, provided.now())
        return operator, f"local-account:{local_account}" if local_account else _prove_code(operator, code)

    return noted(name, f"answer gate {entry.gate.value}", entry.case_id, prove)


def prove_at_gates(entries: Sequence[GateEntry], name: str, *, code: str) -> tuple[Operator, str]:
    """The operator who may answer each of several gates, proven by one code; and how we know.

    Raises:
        AnswerRefused: when they may not answer one of them today, or the code is wrong.
    """

    def prove() -> tuple[Operator, str]:
        provided = services()
        known = provided.register.operator(name)
        first, *_ = (check_standing(known, entry, provided.now()) for entry in entries)
        return first, _prove_code(first, code)

    return noted(name, "answer gates together", f"{len(entries)} gates", prove)


def sign_in(name: str, password: str, code: str, *, caller: str = "") -> Operator:
    """The operator who signs in with password and code, in force whatever the role.

    Args:
        name: as typed.
        password: as typed.
        code: as typed.
        caller: whose failures are counted, with the name; kept as a keyed digest.

    Raises:
        AnswerRefused: with the same words whatever was wrong; the log says what it was.
    """

    def prove() -> tuple[Operator, str]:
        provided = services()
        take_back = _take(f"{name}|{caller}", provided.policy.lockout_failures)
        known = provided.register.operator(name)
        is_right = _is_password(known.password if known is not None else "", password)
        operator = check_in_force(known, roles=EVERY_ROLE, where="sign in", now=provided.now())
        if not is_right:
            raise AnswerRefused("the password is wrong", where="sign in")
        # Whoever gets here has the password: codes are counted for the name too, or many callers could guess one.
        take_code_back = _take(f"code of {name}", provided.policy.lockout_failures * _CALLERS)
        step = _step_of(operator, code)
        take_back()
        take_code_back()
        _use(operator, step)
        return operator, "password+totp"

    try:
        return noted(name, "sign in", "", prove)[0]
    except AnswerRefused:
        raise AnswerRefused(
            "name, password and code do not fit together", where="sign in", remedy="try again, or ask an admin"
        ) from None


def password_digest(name: str, password: str) -> str:
    """The argon2id digest of a new password.

    Raises:
        RequestInvalid: when it is too short, too long, or one that everybody tries first.
    """
    if not _SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD or _is_guessed(name, password):
        raise RequestInvalid(
            "this password would be guessed",
            where="password",
            remedy=f"choose at least {_SHORTEST_PASSWORD} characters that differ, without your name or a common word",
        )
    return PasswordHasher().hash(password)


def _is_guessed(name: str, password: str) -> bool:
    plain = password.casefold()
    is_common = any(plain.startswith(word) for word in _COMMONEST)
    return is_common or name.casefold() in plain or len(set(plain)) < _SHORTEST_PASSWORD // 2


def note_use(name: str, what: str, where: str, proof: str) -> None:
    """Remember that an operator, proven before, did something."""
    services().register.note_use(OperatorUse(services().now(), name, what, where, proof))


def noted(name: str, what: str, where: str, prove: Callable[[], tuple[Operator, str]]) -> tuple[Operator, str]:
    """What ``prove`` gives; whether it was accepted, and why not, is remembered."""
    provided = services()
    shown = name if len(name) <= _LONGEST_NAME else "a name that is too long"
    try:
        operator, proof = prove()
    except AnswerRefused as refused:
        provided.register.note_use(OperatorUse(provided.now(), shown, what, where, "", False, refused.what))  # noqa: FBT003  # a row's columns
        raise
    provided.register.note_use(OperatorUse(provided.now(), operator.name, what, where, proof))
    return operator, proof


def _prove_code(operator: Operator, code: Factor) -> str:
    """Prove a factor where no caller is known; how. A try of a code is taken before it is compared."""
    provided = services()
    if isinstance(code, TouchedFor):
        prove_touch(operator.name, code)
        return PASSKEY
    _require_codes(operator)
    now = provided.now()
    until, most = now + provided.policy.lockout, provided.policy.lockout_failures
    if not provided.register.take_try(operator.name, most, locked_until=until, at=now):
        raise _locked_out(operator.name, "sign in at the desk, wait, or let another operator answer")
    step = _step_of(operator, code)
    try:
        _use(operator, step)
    except AnswerRefused:
        provided.register.give_back_try(operator.name)  # a code of theirs, typed twice: nobody guesses so
        raise
    return "totp"


def _step_of(operator: Operator, code: str) -> int:
    """The time step that a code is of.

    Raises:
        AnswerRefused: when it is none of now.
    """
    provided = services()
    _require_codes(operator)
    secret = provided.open_secret(operator.secret, operator_context(operator.name)).decode()
    step = _matching_step(secret, code.strip(), drift=provided.policy.totp_drift)
    if step is None:
        said = clock_said()
        remedy = f"set the clock right: {said}" if said else "type the six digits that the authenticator shows now"
        raise AnswerRefused(f"the code of {operator.name} is wrong", where="code", remedy=remedy)
    return step


def _require_codes(operator: Operator) -> None:
    """That codes of an operator are accepted; not of one who has passkeys alone."""
    if not operator.secret:
        remedy = "use a passkey: gates are decided on the page 'Decide' of the desk"
        raise AnswerRefused(f"no code of {operator.name} is accepted", where="code", remedy=remedy)


def _use(operator: Operator, step: int) -> None:
    """Use a code up, which ends a lock."""
    newest = _step_now() + services().policy.totp_drift
    if not services().register.use_code(operator.name, step, newest=newest):
        raise AnswerRefused(
            f"the code of {operator.name} was used before", where="code", remedy="wait for the next code"
        )


def _take(who: str, most: int) -> Callable[[], None]:
    """Count a try to sign in, before anything is compared; what gives it back when it did not fail.

    Raises:
        AnswerRefused: when there were too many.
    """
    provided = services()
    window, now = provided.policy.lockout, provided.now()
    key = f"sign-in:{hmac.digest(provided.door_key(), who.encode(), 'sha256').hex()[:40]}"
    if provided.register.count_call(key, window, now) > most:
        raise _locked_out(who.partition("|")[0], "wait, and try again")
    return lambda: provided.register.uncount_call(key, window, now)


def _locked_out(name: str, remedy: str) -> AnswerRefused:
    shown = name if len(name) <= _LONGEST_NAME else "a name that is too long"
    return AnswerRefused(f"{shown} is locked out after failed tries", where="code", remedy=remedy)


def _matching_step(secret: str, code: str, *, drift: int) -> int | None:
    """The time step that ``code`` belongs to, within ``drift`` steps of now; RFC 6238 section 5.2."""
    totp = pyotp.TOTP(secret)
    now = _step_now()
    for step in range(now - drift, now + drift + 1):
        if pyotp.utils.strings_equal(totp.generate_otp(step), code):
            return step
    return None


def _step_now() -> int:
    return int(services().now().astimezone(UTC).timestamp()) // int(_STEP.total_seconds())


def _is_password(digest: str, password: str) -> bool:
    """Whether a password is the one of a digest; without a digest the same work is done, and the answer is no."""
    if len(password) > _LONGEST_PASSWORD:
        return False
    try:
        PasswordHasher().verify(digest or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
    return bool(digest)


@cache
def _nobodys() -> str:
    """The digest of a password that nobody has."""
    return PasswordHasher().hash(pyotp.random_base32())
