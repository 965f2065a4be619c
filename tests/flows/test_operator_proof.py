"""Operators are who they say: signing in, locking out, and a memory of every use (charter 3.2, 3.3)."""

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


def test_wrong_passwords_lock_out(zoe: House) -> None:
    """As wrong codes do; for a while."""
    for _ in range(5):
        with pytest.raises(AnswerRefused):
            sign_in("zoe", "wrong-otters-42", zoe.code("zoe"))

    with pytest.raises(AnswerRefused):
        sign_in("zoe", _PASSWORD, zoe.code("zoe"))
    assert "locked out" in zoe.installation.register.uses()[0].note
    zoe.clock.advance(timedelta(minutes=16))
    assert sign_in("zoe", _PASSWORD, zoe.code("zoe")).name == "zoe"


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
