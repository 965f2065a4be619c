"""Law 5: who can write into the register decides nothing; what people signed counts, each time it is read.

Each attack is made on a register in SQLite and on one in PostgreSQL, with all rights on the database.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from data_contracts.errors import AnswerRefused, DecisionUnproven
from data_contracts.evidence.records import Record
from data_contracts.gates.gates import GateAnswer, GateEntry
from data_contracts.officer.dossiers import Scope
from data_contracts.vocabulary import Decision, Gate, Right
from flows.duties.dossier import make
from integrations.demo import DemoCompany
from integrations.evidence import load_or_create, rotate
from integrations.register import SqlRegister
from integrations.register.database import make_engine, read_url
from tasks.gates.gates import Answer, answer_gate
from tasks.officer.audit_looks import look_around
from tasks.officer.dossiers import begin_dossier
from tests.flows.company import House, a_house

_COLUMNS = "gate_id, operator, seq, decision, at, proof, reason_digest, reference"
_GATE = "(SELECT gate_id FROM gate WHERE case_id = :case AND gate = 'approval')"
_OTHER_GATE = "(SELECT gate_id FROM gate WHERE case_id = :other AND gate = 'approval')"
_ANSWER = (
    f"INSERT INTO gate_answer ({_COLUMNS}) SELECT gate_id, :who, :seq, 'approve', opened_at, 'totp', '', '' "  # noqa: S608  # our own names
    "FROM gate WHERE case_id = :case AND gate = 'approval'"
)
_COPIED = (
    f"INSERT INTO gate_answer ({_COLUMNS}) SELECT {_GATE}, operator, seq, decision, at, proof, reason_digest, "  # noqa: S608  # our own names
    f"reference FROM gate_answer WHERE gate_id = {_OTHER_GATE}"
)
_MOVED = f"UPDATE gate_answer SET gate_id = {_GATE} WHERE gate_id = {_OTHER_GATE}"  # noqa: S608  # our own names
_RENAMED = f"UPDATE gate_answer SET operator = :new WHERE operator = :old AND gate_id = {_GATE}"  # noqa: S608  # our own names
_DELETED = f"DELETE FROM gate_answer WHERE operator = :old AND gate_id = {_GATE}"  # noqa: S608  # our own names
_APPROVED = "UPDATE gate SET outcome = 'approve' WHERE case_id = :case AND gate = 'approval'"
_UNLOCK = {
    "sqlite": "DROP TRIGGER evidence_no_update",
    "postgresql": "ALTER TABLE evidence DISABLE TRIGGER evidence_append_only",
}


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, seeded: tuple[Path, DemoCompany], tmp_path: Path) -> Iterator[House]:
    """A house whose register is in a database of each kind."""
    folder, company = seeded
    shutil.copytree(folder, tmp_path / "systems")
    is_postgres = request.param == "postgresql"
    url = request.getfixturevalue("postgres_database")() if is_postgres else ""
    yield from (house for house, _ in a_house(tmp_path, company, register_url=url))


@pytest.fixture
def asked(kept: House) -> GateEntry:
    """The open approval of an erasure, which two people must give."""
    entry = kept.until(Gate.APPROVAL, kept.open(Right.ERASURE))
    assert entry.people == 2
    return entry


def _write(house: House, *statements: str, **values: object) -> None:
    """What somebody writes into the register who owns its database."""
    engine = make_engine(read_url(house.installation.settings.register))
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement), values)
    engine.dispose()


def _approve_twice(house: House, entry: GateEntry) -> None:
    for _ in range(2):
        house.agree(house.gate(entry.case_id, Gate.APPROVAL))


def _assert_nothing_done(house: House, case_id: str, what: str, attack: Callable[[], object]) -> None:
    """After the attack the flow stops and says why, acts on nothing, and whoever looks is told where."""
    rows, mails = house.rows(), house.mails()
    attack()

    with pytest.raises(DecisionUnproven, match=what) as stopped:
        house.run(case_id)

    assert "gate approval" in str(stopped.value)
    assert stopped.value.where == case_id
    assert f"rightsflow evidence verify {case_id}" in stopped.value.remedy
    assert (house.rows(), house.mails()) == (rows, mails)
    assert house.installation.register.step(case_id, "approve") is None
    told = [str(finding) for finding in house.installation.verify_case(case_id).findings]
    assert [one for one in told if one.startswith("gate approval: ") and what in one]
    places = [one.place for one in look_around("").found if one.kind == "decision_unproven"]
    assert f"{case_id} approval" in places


def test_outcome_that_was_written_into_the_register_approves_nothing(kept: House, asked: GateEntry) -> None:
    """The oldest attack: one UPDATE."""
    _assert_nothing_done(
        kept, asked.case_id, "its outcome in the register", lambda: _write(kept, _APPROVED, case=asked.case_id)
    )


def test_answers_that_were_written_into_the_register_approve_nothing(kept: House, asked: GateEntry) -> None:
    """Rows of two real operators, as they would have answered."""

    def attack() -> None:
        for seq, who in enumerate(("claire", "marc")):
            _write(kept, _ANSWER, case=asked.case_id, who=who, seq=seq)
        _write(kept, _APPROVED, case=asked.case_id)

    _assert_nothing_done(kept, asked.case_id, "was not signed", attack)


def test_second_person_that_was_written_into_the_register_is_none(kept: House, asked: GateEntry) -> None:
    """One person approves; the other is a row."""
    kept.agree(asked)

    def attack() -> None:
        _write(kept, _ANSWER, _APPROVED, case=asked.case_id, who="marc", seq=1)

    _assert_nothing_done(kept, asked.case_id, "was not signed", attack)


def test_operator_of_an_answer_cannot_be_another(kept: House, asked: GateEntry) -> None:
    """A name is exchanged behind a decision."""
    _approve_twice(kept, asked)

    def attack() -> None:
        _write(kept, _RENAMED, case=asked.case_id, old="marc", new="zoe")

    _assert_nothing_done(kept, asked.case_id, "was not signed", attack)


def test_one_person_is_not_made_two_by_another_name(kept: House, asked: GateEntry) -> None:
    """Four eyes: who answered is renamed in the register, and answers again."""
    kept.agree(asked)
    _write(kept, _RENAMED, case=asked.case_id, old="claire", new="marc")
    forged = kept.installation.register.gates(asked.case_id, open_only=True)[-1]

    with pytest.raises(DecisionUnproven, match="was not signed"):
        kept.answer(forged, Decision.APPROVE, who="claire")


def test_answer_of_another_case_does_not_count(kept: House, asked: GateEntry) -> None:
    """Two people have approved one erasure; their answers are moved to another one."""
    other = kept.until(Gate.APPROVAL, kept.open(Right.ERASURE, identity={"email": [_second(kept)]}))
    _approve_twice(kept, other)
    rows, mails = kept.rows(), kept.mails()

    _write(kept, _MOVED, _APPROVED, case=asked.case_id, other=other.case_id)

    for case_id, what in ((asked.case_id, "was not signed"), (other.case_id, "its outcome in the register")):
        with pytest.raises(DecisionUnproven, match=what):
            kept.run(case_id)
    assert (kept.rows(), kept.mails()) == (rows, mails)


def test_record_of_another_case_does_not_count(kept: House, asked: GateEntry) -> None:
    """Signed records are copied with the answers, from a case that two people have approved."""
    other = kept.until(Gate.APPROVAL, kept.open(Right.ERASURE, identity={"email": [_second(kept)]}))
    _approve_twice(kept, other)
    records = (
        "INSERT INTO evidence (case_id, seq, envelope) SELECT :case, seq + 100, envelope FROM evidence "
        "WHERE case_id = :other"
    )

    def attack() -> None:
        _write(kept, _COPIED, records, _APPROVED, case=asked.case_id, other=other.case_id)

    _assert_nothing_done(kept, asked.case_id, "was not signed", attack)


def test_answer_to_another_question_does_not_count(kept: House, asked: GateEntry) -> None:
    """What two people approved is made to stand for another plan."""
    _approve_twice(kept, asked)
    other = "UPDATE gate SET digest = :digest WHERE case_id = :case AND gate = 'approval'"
    _write(kept, other, case=asked.case_id, digest="0" * 64)

    told = [str(finding) for finding in kept.installation.verify_case(asked.case_id).findings]
    with pytest.raises(DecisionUnproven):
        kept.gate(asked.case_id, Gate.APPROVAL)

    assert any("was not signed" in one for one in told)


def test_answer_of_two_that_was_taken_away_is_missed(kept: House, asked: GateEntry) -> None:
    """Four eyes: a second answer is deleted, and the approval stays."""
    _approve_twice(kept, asked)

    def attack() -> None:
        _write(kept, _DELETED, case=asked.case_id, old="marc")

    _assert_nothing_done(kept, asked.case_id, "its outcome in the register", attack)


def test_first_answer_that_was_taken_away_is_missed(kept: House, asked: GateEntry) -> None:
    """One of two has answered; the row is deleted."""
    kept.agree(asked)
    _write(kept, _DELETED, case=asked.case_id, old="claire")

    told = [str(finding) for finding in kept.installation.verify_case(asked.case_id).findings]

    assert told == ["gate approval: an answer that was signed is not in the register"]


def test_record_without_its_signature_carries_nothing(kept: House, asked: GateEntry) -> None:
    """The signed record of an answer is replaced by one that nobody signed."""
    _approve_twice(kept, asked)
    dialect = read_url(kept.installation.settings.register).get_backend_name()
    last = (
        "UPDATE evidence SET envelope = '{}' WHERE case_id = :case AND seq IN "
        "(SELECT max(seq) FROM evidence WHERE case_id = :case)"
    )

    _assert_nothing_done(
        kept, asked.case_id, "was not signed", lambda: _write(kept, _UNLOCK[dialect], last, case=asked.case_id)
    )


def test_record_that_another_key_signed_carries_nothing(kept: House, asked: GateEntry, tmp_path: Path) -> None:
    """Whoever has the software and the database, but not this installation's key, signs answers of their own."""
    stranger = load_or_create(tmp_path / "stranger")
    register = SqlRegister(kept.installation.settings.register, signer=stranger, clock=kept.clock)

    def attack() -> None:
        entry = register.gates(asked.case_id, open_only=True)[-1]
        for who, outcome in (("claire", None), ("marc", Decision.APPROVE)):
            answer = GateAnswer(who, Decision.APPROVE, kept.clock(), "totp", "")
            register.answer_gate(entry, answer, outcome=outcome, also={})
        register.close()

    _assert_nothing_done(kept, asked.case_id, "was not signed", attack)


def test_fewer_people_than_the_plan_asks_for_approve_nothing(kept: House, asked: GateEntry) -> None:
    """The row is made to ask for one person; what one approved is asked again, of two."""
    _write(kept, "UPDATE gate SET people = 1 WHERE case_id = :case AND gate = 'approval'", case=asked.case_id)
    kept.answer(kept.gate(asked.case_id, Gate.APPROVAL), Decision.APPROVE)
    rows = kept.rows()

    waiting = kept.run(asked.case_id)

    assert waiting is not None
    assert (waiting.gate, waiting.people, waiting.outcome) == (Gate.APPROVAL, 2, None)
    assert kept.rows() == rows


def test_fewer_people_after_an_answer_approve_nothing(kept: House, asked: GateEntry) -> None:
    """One of two has answered; the row is made to ask for one, and to be approved."""
    kept.agree(asked)
    fewer = "UPDATE gate SET people = 1, outcome = 'approve' WHERE case_id = :case AND gate = 'approval'"
    _write(kept, fewer, case=asked.case_id)

    with pytest.raises(DecisionUnproven):
        kept.gate(asked.case_id, Gate.APPROVAL)


def test_role_that_was_written_into_the_register_lets_nobody_answer(kept: House, asked: GateEntry) -> None:
    """The gate's row names a role that the policy does not."""
    more = "UPDATE gate SET roles = :roles WHERE case_id = :case AND gate = 'approval'"
    _write(kept, more, case=asked.case_id, roles='["agent", "legal", "dpo"]')
    entry = kept.gate(asked.case_id, Gate.APPROVAL)

    with pytest.raises(AnswerRefused, match="zoe does not have the role"):
        answer_gate(entry, Answer("zoe", Decision.APPROVE, code=kept.code("zoe")))


def test_forged_case_does_not_stop_others(kept: House, asked: GateEntry) -> None:
    """Law 15: another case of the same register goes on."""
    _write(kept, _APPROVED, case=asked.case_id)

    assert kept.walk(kept.open(Right.ACCESS, identity={"email": [_second(kept)]})) == "granted"


def test_dossier_names_what_is_not_proven(kept: House, asked: GateEntry, tmp_path: Path) -> None:
    """Its facts follow from what was signed; whoever makes it is told that the register says something else."""
    _write(kept, _APPROVED, case=asked.case_id)
    run_id = begin_dossier(Scope(case_id=asked.case_id), "claire", kept.code("claire"), key="test")

    made = make(kept.installation, run_id, tmp_path / "dossier.zip")

    (told,) = made["unproven"]
    assert told.startswith(f"{asked.case_id}, gate approval: its outcome in the register")


def test_decisions_under_an_earlier_key_count(kept: House, asked: GateEntry) -> None:
    """The key that signs was changed since."""
    _approve_twice(kept, asked)
    rotate(kept.installation.settings.state / "keys" / "evidence")

    assert kept.walk(asked.case_id) in {"granted", "granted_in_part"}


def _second(house: House) -> str:
    found = house.ask("crm", "SELECT email FROM customer WHERE email <> ? LIMIT 1", house.company.subject.email)
    return str(found[0][0])


def test_nothing_is_signed_as_approved_by_nobody(kept: House, asked: GateEntry) -> None:
    """Whatever asks for it."""
    record = Record("approve", "", {"approved": True, "decided_by": []})
    before = kept.installation.register.evidence(asked.case_id)

    with pytest.raises(DecisionUnproven, match="nobody decided"):
        kept.installation.register.complete(asked.case_id, "approve", receipt={}, record=record)

    assert kept.installation.register.evidence(asked.case_id) == before
    assert kept.installation.register.step(asked.case_id, "approve") is None
