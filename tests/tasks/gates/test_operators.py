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
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import Decision, Gate, OperatorRole, Right
from tasks.gates import operators
from tasks.gates.gates import Answer, Question, answer_gate, open_gate
from tasks.gates.operators import password_digest, sign_in
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
            operators.prove_person("zoe", "000000", roles=roles, where="gate")
    assert "locked out" in zoe.installation.register.uses()[0].note

    sign_in("zoe", _PASSWORD, zoe.code("zoe"), caller="203.0.113.7")

    zoe.clock.advance(timedelta(seconds=30))
    assert operators.prove_person("zoe", zoe.code("zoe"), roles=roles, where="gate") == "zoe"


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

    monkeypatch.setattr(operators, "_step_of", nothing)

    def guess(number: int) -> None:
        with use(provided), suppress(AnswerRefused):
            if at_gate:
                operators.prove_person("zoe", f"{number:06}", roles=[OperatorRole.AGENT], where="gate")
            else:
                sign_in("zoe", _PASSWORD, f"{number:06}", caller="198.51.100.1")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(guess, range(29)))

    assert len(compared) == 5


def test_code_typed_twice_is_no_failure(zoe: House) -> None:
    """Who decides quickly and types the same code again waits for the next one, and is not locked out."""
    roles = [OperatorRole.AGENT]
    operators.prove_person("zoe", zoe.code("zoe"), roles=roles, where="gate")
    for _ in range(7):
        with pytest.raises(AnswerRefused, match="used before"):
            operators.prove_person("zoe", zoe.code("zoe"), roles=roles, where="gate")

    zoe.clock.advance(timedelta(seconds=30))
    assert operators.prove_person("zoe", zoe.code("zoe"), roles=roles, where="gate") == "zoe"


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
        operators.prove_person("eve", house.code("eve"), roles=[OperatorRole.DPO], where="retention")


# --- what is remembered, and where limits lie ------------------------------------------------------------------------


def test_use_outside_a_gate_is_remembered_with_what_and_where(house: House) -> None:
    """Charter 3.3: who did what, about what, proven how; refused tries with their reason."""
    roles = [OperatorRole.DPO]
    operators.prove_person("claire", house.code("claire"), roles=roles, where="C-1")
    operators.prove_session("claire", roles=roles, where="C-2", what="look")
    with pytest.raises(AnswerRefused, match="zoe does not have the role"):
        operators.prove_session("zoe", roles=roles, where="C-3", what="look")
    operators.note_use("claire", "sign out", "desk", "session")

    told = [
        (use.at, use.operator, use.what, use.where, use.proof, use.is_accepted, use.note)
        for use in house.installation.register.uses()
    ]
    now = house.clock()
    assert told == [
        (now, "claire", "sign out", "desk", "session", True, ""),
        (now, "zoe", "look", "C-3", "", False, "zoe does not have the role"),
        (now, "claire", "look", "C-2", "desk", True, ""),
        (now, "claire", "decide", "C-1", "totp", True, ""),
    ]


def _gates(house: House) -> list[GateEntry]:
    """Two approvals that wait."""
    question = Question(Gate.APPROVAL, "2 rows", {"rows": 2}, (Decision.APPROVE, Decision.REFUSE))
    return [open_gate(house.open(Right.ACCESS), question) for _ in range(2)]


def test_one_code_at_several_gates_is_remembered_once(house: House) -> None:
    """How many they were; the code is used up by them together."""
    entries, code = _gates(house), house.code("claire")

    operator, proof = operators.prove_at_gates(entries, "claire", code=code)

    use = house.installation.register.uses()[0]
    assert (operator.name, proof) == ("claire", "totp")
    assert (use.what, use.where, use.proof) == ("answer gates together", "2 gates", "totp")
    with pytest.raises(AnswerRefused, match="used before"):
        operators.prove_at_gates(entries, "claire", code=code)


def test_one_gate_that_a_person_may_not_answer_refuses_all(house: House) -> None:
    """Whichever of them it is; no code is compared, none is used up."""
    first, second = _gates(house)
    answered = answer_gate(second, Answer("claire", Decision.REFUSE, reason="R"), local_account="cl")
    for entries in ([first, answered], [answered, first]):
        with pytest.raises(AnswerRefused, match="has already answered"):
            operators.prove_at_gates(entries, "claire", code=house.code("claire"))

    assert operators.prove_operator(first, "claire", code=house.code("claire"))[1] == "totp"


def test_wrong_code_at_several_gates_is_refused(house: House) -> None:
    """As at one."""
    with pytest.raises(AnswerRefused, match="the code of claire is wrong"):
        operators.prove_at_gates(_gates(house), "claire", code="000000")


def test_account_of_the_machine_is_a_proof_of_its_own(house: House) -> None:
    """Evidence says which account; no code is asked for."""
    entry, _ = _gates(house)

    operator, proof = operators.prove_operator(entry, "claire", local_account="cl")

    assert (operator.name, proof) == ("claire", "local-account:cl")
    assert house.installation.register.uses()[0].what == "answer gate approval"


@pytest.mark.parametrize(("steps", "is_taken"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_code_of_half_a_minute_before_or_after_is_taken(house: House, steps: int, *, is_taken: bool) -> None:
    """RFC 6238, 5.2: one step of drift; with blanks around it, as it was typed."""
    code = f" {house.code('claire', steps=steps)} "
    if is_taken:
        assert operators.prove_person("claire", code, roles=[OperatorRole.DPO], where="x") == "claire"
    else:
        with pytest.raises(AnswerRefused, match="the code of claire is wrong"):
            operators.prove_person("claire", code, roles=[OperatorRole.DPO], where="x")


def test_lock_at_gates_ends_by_itself_when_its_time_is_over(house: House) -> None:
    """After five wrong codes the sixth try is not compared, to the end of the quarter of an hour."""
    roles = [OperatorRole.DPO]
    for _ in range(5):
        with pytest.raises(AnswerRefused, match="is wrong"):
            operators.prove_person("claire", "000000", roles=roles, where="x")

    house.clock.advance(timedelta(minutes=15, seconds=-1))
    with pytest.raises(AnswerRefused, match="claire is locked out after failed tries"):
        operators.prove_person("claire", house.code("claire"), roles=roles, where="x")
    house.clock.advance(timedelta(seconds=1))
    assert operators.prove_person("claire", house.code("claire"), roles=roles, where="x") == "claire"


def test_signing_in_rightly_is_no_failure(zoe: House) -> None:
    """Who signs in six times in a row, each time rightly, is not locked out; nor by the same code typed twice."""
    for _ in range(6):
        sign_in("zoe", _PASSWORD, zoe.code("zoe"), caller="203.0.113.7")
        with pytest.raises(AnswerRefused):
            sign_in("zoe", _PASSWORD, zoe.code("zoe"), caller="203.0.113.7")
        assert "used before" in zoe.installation.register.uses()[0].note
        zoe.clock.advance(timedelta(seconds=30))

    assert sign_in("zoe", _PASSWORD, zoe.code("zoe"), caller="203.0.113.7").name == "zoe"


def test_wrong_password_is_noted_as_such_and_not_told(zoe: House) -> None:
    """The log tells an admin what the door does not tell a stranger."""
    with pytest.raises(AnswerRefused, match="name, password and code do not fit together") as refused:
        sign_in("zoe", "wrong-otters-42", zoe.code("zoe"))

    use = zoe.installation.register.uses()[0]
    assert (use.operator, use.what, use.where, use.note) == ("zoe", "sign in", "", "the password is wrong")
    assert refused.value.where == "sign in"
    assert refused.value.__suppress_context__


@pytest.mark.parametrize("role", list(OperatorRole))
def test_signing_in_asks_for_no_role(house: House, role: OperatorRole) -> None:
    """Whoever is in force looks; what they may do is asked there."""
    house.hire("eve", role, password=password_digest("eve", _PASSWORD))

    assert sign_in("eve", _PASSWORD, house.code("eve")).name == "eve"


@pytest.mark.parametrize("name", ["x" * 61, "x" * 2000])
@pytest.mark.usefixtures("house")
def test_name_that_is_too_long_is_not_kept(name: str) -> None:
    """The log has room for names, not for what a program sends."""
    with pytest.raises(AnswerRefused):
        operators.prove_person(name, "000000", roles=[OperatorRole.DPO], where="x")

    assert services().register.uses()[0].operator == "a name that is too long"


def test_name_of_sixty_signs_is_kept(house: House) -> None:
    """The longest that an operator can have."""
    house.hire("y" * 60, OperatorRole.DPO)

    assert operators.prove_person("y" * 60, house.code("y" * 60), roles=[OperatorRole.DPO], where="x") == "y" * 60
    with pytest.raises(AnswerRefused):
        operators.prove_person("z" * 60, "000000", roles=[OperatorRole.DPO], where="x")
    assert house.installation.register.uses()[0].operator == "z" * 60


@pytest.mark.parametrize(
    ("password", "is_taken"),
    [
        ("abcdefgh-12", False),  # 11
        ("abcdefgh-123", True),  # 12
        ("abcdef" + "g" * 194, True),  # 200
        ("abcdef" + "g" * 195, False),  # 201
        ("abcde" + "a" * 20, False),  # five different signs
        ("abcdef" + "a" * 20, True),  # six
        ("Letmein-abcdef-1", False),
        ("MotDePasse-2026-x", False),
        ("my-letmein-abcdef", True),  # in the middle it is one word of several
        ("quiet-ZOE-otters", False),
    ],
)
def test_passwords_are_long_mixed_and_not_the_first_that_is_tried(password: str, *, is_taken: bool) -> None:
    """From 12 to 200 signs, six different ones, no common beginning, no name of one's own."""
    if is_taken:
        assert PasswordHasher().verify(password_digest("zoe", password), password)
    else:
        with pytest.raises(RequestInvalid, match="would be guessed"):
            password_digest("zoe", password)


def test_password_longer_than_any_is_not_hashed(zoe: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing megabytes is work that a stranger would have us do."""

    def hashed(*_: object) -> bool:
        raise AssertionError("a password that nobody can have was hashed")

    monkeypatch.setattr(PasswordHasher, "verify", hashed)

    with pytest.raises(AnswerRefused, match="do not fit together"):
        sign_in("zoe", "x" * 201, zoe.code("zoe"))


def test_digest_that_is_none_opens_nothing(zoe: House) -> None:
    """A damaged row is a wrong password, not a fault of the door."""
    known = zoe.installation.register.operator("zoe")
    assert known is not None
    zoe.installation.register.put_operator(replace(known, password="no digest"))

    with pytest.raises(AnswerRefused, match="do not fit together"):
        sign_in("zoe", _PASSWORD, zoe.code("zoe"))
    assert zoe.installation.register.uses()[0].note == "the password is wrong"


@pytest.mark.parametrize("standing", ["valid_until", "training_until"])
def test_lapsed_operator_proves_nothing_anywhere(house: House, standing: str) -> None:
    """Charter 3.3: outside a gate, at the desk, at one gate or several; the refusal names the place."""
    entries, roles = _gates(house), [OperatorRole.DPO]
    house.hire("eve", OperatorRole.DPO, **{standing: house.clock()})
    ways = {
        "C-1": lambda: operators.prove_person("eve", house.code("eve"), roles=roles, where="C-1"),
        "C-2": lambda: operators.prove_session("eve", roles=roles, where="C-2", what="look"),
        "approval": lambda: operators.prove_operator(entries[0], "eve", code=house.code("eve")),
    }

    for where, prove in ways.items():
        with pytest.raises(AnswerRefused, match="has lapsed") as refused:
            prove()  # type: ignore[no-untyped-call]  # one of the above
        assert refused.value.where == where
    with pytest.raises(AnswerRefused, match="has lapsed"):
        operators.prove_at_gates(entries, "eve", code=house.code("eve"))
