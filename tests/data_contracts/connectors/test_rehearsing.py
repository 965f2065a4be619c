"""What a rehearsal says, in words of a person."""

import copy

import pytest

from data_contracts.case.plan import RehearsedSystem
from data_contracts.connectors.rehearsing import WHY_NOT, NotRehearsed, Refusal, RefusalKind, Rehearsal, RehearsedTable
from data_contracts.errors import ContractMismatch


@pytest.mark.parametrize("kind", list(RefusalKind))
def test_each_refusal_is_told_with_its_remedy(kind: RefusalKind) -> None:
    """Place, statement and constraint stand in the message; what the driver said does not."""
    refusal = Refusal("person", kind, "update", "mail", "grown", detail="ana@example.org")

    assert refusal.place("crm") == "crm.person.mail"
    assert "the database refuses the update: " in refusal.what
    assert refusal.remedy == f"{refusal.cure}, then answer 'retry'"
    assert "ana@" not in repr(refusal) + refusal.what + refusal.remedy


def test_what_is_not_known_is_left_out() -> None:
    """Without a name the sentence still reads."""
    refusal = Refusal("person", RefusalKind.CHECK)

    assert refusal.what == "the database refuses the statement: the check does not allow the new value"
    assert refusal.place("crm") == "crm.person"


def test_tables_are_accepted_refused_or_left_alone() -> None:
    """Only what was carried out is accepted; each reason to leave a table alone has its words."""
    refusal = Refusal("b", RefusalKind.OTHER)
    tables = (
        RehearsedTable("a"),
        RehearsedTable("b", refusal),
        RehearsedTable("c", not_rehearsed=NotRehearsed.LOCKED),
    )

    assert [one.is_accepted for one in tables] == [True, False, False]
    assert list(Rehearsal(tables).refusals) == [refusal]
    assert set(WHY_NOT) == set(NotRehearsed)


def test_system_is_a_fact_of_the_plan() -> None:
    """What people see of a system's rehearsal is JSON."""
    said = RehearsedSystem("crm", 2, 1, (("t", "locked", ""),), (("history", 3),), is_partial=True)

    assert said.facts == {
        "system": "crm", "tables": 2, "accepted": 1, "left_out": [["t", "locked", ""]], "appeared": [["history", 3]],
        "partial": True,
    }  # fmt: skip


def test_detail_of_an_error_is_in_no_message_and_no_pickle() -> None:
    """What a driver said goes with the error as far as the vault, and nowhere else (law 1)."""
    error = ContractMismatch("no", where="crm").with_detail("ana@example.org")

    assert error.detail == "ana@example.org"
    assert "ana@" not in str(error) + repr(error)
    assert copy.copy(error).detail == ""
