"""Operators are who they say: signing in, locking out, and a memory of every use (charter 3.2, 3.3)."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from data_contracts.errors import AnswerRefused, RequestInvalid
from data_contracts.vocabulary import Decision, Gate, OperatorRole, Right
from tasks import operator_proof
from tasks.approval import Answer, answer_gate
from tasks.operator_proof import password_digest, sign_in
from tasks.services import services, use
from tests.flows.company import House

_PASSWORD = "quiet-otters-42"


@pytest.fixture
def zoe(house: House) -> House:
    """A house whose agent has a password."""
    known = house.installation.register.operator("zoe")
    assert known is not None
    house.installation.register.put_operator(replace(known, password=password_digest("zoe", _PASSWORD)))
    return house


def test_operator_signs_in_with_password_and_code(zoe: House) -> None:
    """Both together, and it is remembered how we knew."""
    assert sign_in("zoe", _PASSWORD, zoe.code("zoe")).name == "zoe"
    assert zoe.installation.register.uses()[0].proof == "password+totp"


@pytest.mark.parametrize(
    ("name", "password", "code"),
    [("zoe", "wrong-otters-42", ""), ("zoe", _PASSWORD, "000000"), ("nobody", _PASSWORD, ""), ("marc", "", "")],
    ids=["password", "code", "name", "no password set"],
)
def test_refusal_says_the_same_whatever_was_wrong(zoe: House, name: str, password: str, code: str) -> None:
    """And the log says what it was."""
    with pytest.raises(AnswerRefused, match="do not fit together"):
        sign_in(name, password, code or zoe.code("zoe"))

    assert not zoe.installation.register.uses()[0].is_accepted


def test_code_is_accepted_once(zoe: House) -> None:
    """A code that somebody saw on a screen opens nothing more."""
    sign_in("zoe", _PASSWORD, zoe.code("zoe"))

    with pytest.raises(AnswerRefused):
        sign_in("zoe", _PASSWORD, zoe.code("zoe"))


@pytest.mark.parametrize(("password", "code"), [("wrong-otters-42", ""), (_PASSWORD, "000000")])
def test_wrong_passwords_lock_out(zoe: House, password: str, code: str) -> None:
    """As wrong codes do; whoever tries, and for a while."""
    for _ in range(5):
        with pytest.raises(AnswerRefused):
            sign_in("zoe", password, code or zoe.code("zoe"), caller="203.0.113.7")

    with pytest.raises(AnswerRefused):
        sign_in("zoe", _PASSWORD, zoe.code("zoe"), caller="203.0.113.7")
    assert "locked out" in zoe.installation.register.uses()[0].note
    zoe.clock.advance(timedelta(minutes=16))
    assert sign_in("zoe", _PASSWORD, zoe.code("zoe"), caller="203.0.113.7").name == "zoe"


def test_wrong_passwords_do_not_shut_the_operator_out(zoe: House) -> None:
    """Who tries from elsewhere, however often, locks nobody out but themselves."""
    for number in range(60):
        with pytest.raises(AnswerRefused):
            sign_in("zoe", "wrong-otters-42", "000000", caller=f"198.51.100.{number % 9}")

    assert sign_in("zoe", _PASSWORD, zoe.code("zoe"), caller="203.0.113.7").name == "zoe"


def test_codes_after_a_right_password_are_counted_for_all_callers(zoe: House) -> None:
    """A code has six digits: whoever has the password does not guess it from a thousand addresses."""
    for number in range(60):
        with pytest.raises(AnswerRefused):
            sign_in("zoe", _PASSWORD, "000000", caller=f"198.51.100.{number}")

    notes = [use.note for use in zoe.installation.register.uses()]
    assert sum("is wrong" in note for note in notes) == 50
    assert "locked out" in notes[0]


def test_lock_at_gates_ends_with_signing_in(zoe: House) -> None:
    """Wrong codes at gates, in the operator's name, do not close the desk; proving oneself there ends the lock."""
    roles = [OperatorRole.AGENT]
    for _ in range(6):
        with pytest.raises(AnswerRefused):
            operator_proof.prove_person("zoe", "000000", roles=roles, where="gate")
    assert "locked out" in zoe.installation.register.uses()[0].note

    sign_in("zoe", _PASSWORD, zoe.code("zoe"), caller="203.0.113.7")

    zoe.clock.advance(timedelta(seconds=30))
    assert operator_proof.prove_person("zoe", zoe.code("zoe"), roles=roles, where="gate") == "zoe"


@pytest.mark.usefixtures("zoe")
@pytest.mark.parametrize("at_gate", [True, False], ids=["gate", "sign-in"])
def test_no_more_codes_are_compared_at_once_than_one_after_another(
    monkeypatch: pytest.MonkeyPatch, *, at_gate: bool
) -> None:
    """Twenty-nine at once: five are looked at."""
    compared: list[str] = []
    provided = services()

    def nothing(_operator: object, code: str) -> int:
        compared.append(code)
        time.sleep(0.05)
        raise AnswerRefused("the code is wrong")

    monkeypatch.setattr(operator_proof, "_step_of", nothing)

    def guess(number: int) -> None:
        with use(provided), suppress(AnswerRefused):
            if at_gate:
                operator_proof.prove_person("zoe", f"{number:06}", roles=[OperatorRole.AGENT], where="gate")
            else:
                sign_in("zoe", _PASSWORD, f"{number:06}", caller="198.51.100.1")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(guess, range(29)))

    assert len(compared) == 5


def test_code_typed_twice_is_no_failure(zoe: House) -> None:
    """Who decides quickly and types the same code again waits for the next one, and is not locked out."""
    roles = [OperatorRole.AGENT]
    operator_proof.prove_person("zoe", zoe.code("zoe"), roles=roles, where="gate")
    for _ in range(7):
        with pytest.raises(AnswerRefused, match="used before"):
            operator_proof.prove_person("zoe", zoe.code("zoe"), roles=roles, where="gate")

    zoe.clock.advance(timedelta(seconds=30))
    assert operator_proof.prove_person("zoe", zoe.code("zoe"), roles=roles, where="gate") == "zoe"


@pytest.mark.parametrize(
    "standing",
    [{"is_active": False}, {"valid_until": timedelta(0)}, {"training_until": timedelta(0)}],
    ids=["switched off", "over", "training lapsed"],
)
def test_who_is_not_in_force_does_not_sign_in(zoe: House, standing: dict[str, object]) -> None:
    """Not even to look."""
    known = zoe.installation.register.operator("zoe")
    assert known is not None
    facts = {name: zoe.clock() if value == timedelta(0) else value for name, value in standing.items()}
    zoe.installation.register.put_operator(replace(known, **facts))  # type: ignore[arg-type]  # fields of an operator

    with pytest.raises(AnswerRefused):
        sign_in("zoe", _PASSWORD, zoe.code("zoe"))


@pytest.mark.usefixtures("zoe")
def test_unknown_name_costs_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """The password of a name that nobody has is hashed as well: what is counted is the work, not the time."""
    verified: list[object] = []

    def counted(_self: object, digest: object, _password: object) -> bool:
        verified.append(digest)
        raise VerificationError

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    for name in ("zoe", "nobody"):
        with pytest.raises(AnswerRefused):
            sign_in(name, "wrong-otters-42", "000000")

    assert len(verified) == 2


@pytest.mark.parametrize("password", ["short", "passwordpassword1", "zoe-is-my-name-1", "aaaaaaaaaaaaaa", "x" * 300])
def test_password_that_would_be_guessed_is_refused(password: str) -> None:
    """And is not repeated in the error."""
    with pytest.raises(RequestInvalid) as refused:
        password_digest("zoe", password)

    assert password not in str(refused.value)


def test_every_answer_and_try_at_a_gate_is_remembered(house: House) -> None:
    """Who, what, which case, how we knew; and why it was not accepted."""
    case_id = house.open(Right.ACCESS)
    entry = house.until(Gate.IDENTITY, case_id)
    with pytest.raises(AnswerRefused):
        answer_gate(entry, Answer("zoe", Decision.APPROVE, "000000", reference="call_back"))
    answer_gate(entry, Answer("zoe", Decision.APPROVE, house.code("zoe"), reference="call_back"))

    accepted, refused = house.installation.register.uses()[:2]

    assert (accepted.operator, accepted.what, accepted.where) == ("zoe", "answer gate identity", case_id)
    assert (accepted.proof, accepted.is_accepted) == ("totp", True)
    assert (refused.is_accepted, "wrong" in refused.note) == (False, True)


def test_roles_are_what_an_operator_has(house: House) -> None:
    """An agent does not answer a gate of the DPO."""
    house.hire("eve", OperatorRole.AGENT)

    with pytest.raises(AnswerRefused, match="role"):
        operator_proof.prove_person("eve", house.code("eve"), roles=[OperatorRole.DPO], where="retention")
