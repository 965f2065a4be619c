"""The DPO's registers: rows are added, the newest of a key is in force, nobody changes what was written."""

import pytest
import sqlalchemy as sa
from sqlalchemy import exc

from data_contracts.entries import RegisterName
from integrations.register import SqlRegister
from integrations.register.dpo_tables import register_entries

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
