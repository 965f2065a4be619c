"""The DPO's registers: rows are added, the newest of a key is in force, nobody changes what was written."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import exc

from data_contracts.errors import StepFailed
from data_contracts.gates.operators import Operator
from data_contracts.officer.entries import RegisterName, Trained
from data_contracts.vocabulary import OperatorRole
from integrations.register import SqlRegister
from integrations.register.tables.officer import register_entries
from tests.integrations.register.conftest import Clock

_P, _T = RegisterName.PROCESSORS, RegisterName.TRAINING


def test_newest_row_of_a_key_is_in_force(register: SqlRegister) -> None:
    """A second row of a key takes the place of the first, which is still told."""
    register.put_entry(_P, "mailer", {"until": "2026-12-31"}, actor="claire")
    register.put_entry(_P, "mailer", {"until": "2027-12-31"}, actor="marc")
    register.put_entry(_P, "adnet", {"until": "2027-01-31"}, actor="marc")

    assert [(e.key, e.facts["until"]) for e in register.entries(_P)] == [
        ("adnet", "2027-01-31"),
        ("mailer", "2027-12-31"),
    ]
    assert [e.actor for e in register.entry_history(_P, "mailer")] == ["claire", "marc"]
    assert register.entries(_T) == []


def test_same_facts_are_written_once(register: SqlRegister) -> None:
    """Who says again what is in force adds no row."""
    register.put_entry(_P, "mailer", {"until": "2026-12-31"}, actor="claire")
    register.put_entry(_P, "mailer", {"until": "2026-12-31"}, actor="marc")

    assert [e.actor for e in register.entry_history(_P)] == ["claire"]


def test_removed_key_is_out_of_force(register: SqlRegister) -> None:
    """A key that is taken out is not in force, can come back, and its rows stay; taking out nothing adds nothing."""
    register.remove_entry(_P, "mailer", actor="marc")
    register.put_entry(_P, "mailer", {"until": "2026-12-31"}, actor="claire")
    register.remove_entry(_P, "mailer", actor="marc")
    register.remove_entry(_P, "mailer", actor="marc")

    assert register.entries(_P) == []
    assert [e.is_removed for e in register.entry_history(_P)] == [False, True]
    register.put_entry(_P, "mailer", {}, actor="claire")
    assert [e.key for e in register.entries(_P)] == ["mailer"]


@pytest.mark.parametrize("change", [sa.delete(register_entries), sa.update(register_entries).values(actor="nobody")])
def test_rows_cannot_be_changed(register: SqlRegister, change: sa.Delete | sa.Update) -> None:
    """The database itself refuses to change or take out a row."""
    register.put_entry(_P, "mailer", {}, actor="claire")

    with pytest.raises(exc.DBAPIError, match="append-only"), register._database._engine.begin() as connection:
        connection.execute(change)


# --- training (charter 3.3) ---


def _an_operator(register: SqlRegister, name: str) -> Operator:
    """Enrolled, and never asked for a training."""
    register.put_operator(Operator(name, (OperatorRole.DPO,), valid_until=None, training_until=None))
    found = register.operator(name)
    assert found is not None
    return found


def test_operator_is_trained_as_the_register_says(register: SqlRegister) -> None:
    """Both change in one transaction; who is no operator is entered alone, and what stands there adds no row."""
    _an_operator(register, "claire")
    until = datetime(2027, 1, 1, tzinfo=UTC)
    group = [("claire", {"course": "GDPR"}, until), ("ana", {"course": "GDPR"}, None)]

    added = [register.put_trainings(group, actor="marc") for _ in range(2)]

    assert added == [2, 0]
    assert [entry.key for entry in register.entries(_T)] == ["ana", "claire"]
    assert [one.training_until for one in register.operators()] == [until]


def test_group_is_entered_whole_or_not_at_all(register: SqlRegister) -> None:
    """A fault in the middle takes back what came before it, the operator's date too."""
    before = _an_operator(register, "claire")
    broken: list[Trained] = [
        ("claire", {"course": "GDPR"}, datetime(2027, 1, 1, tzinfo=UTC)),
        ("ana", {"course": object()}, None),
    ]

    with pytest.raises(StepFailed):
        register.put_trainings(broken, actor="marc")

    assert register.entries(_T) == []
    assert register.operator("claire") == before


def test_operator_whose_training_is_taken_out_is_not_trained(register: SqlRegister, clock: Clock) -> None:
    """From now on; taken out again nothing moves."""
    _an_operator(register, "claire")
    register.put_trainings([("claire", {"course": "GDPR"}, None)], actor="marc")
    then = clock.now

    register.remove_entry(_T, "claire", actor="marc")
    clock.now += timedelta(days=1)
    register.remove_entry(_T, "claire", actor="marc")

    assert [one.training_until for one in register.operators()] == [then]
