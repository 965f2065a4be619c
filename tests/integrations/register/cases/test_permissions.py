"""The ledger of stances only grows; a restriction is in force until it is lifted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from data_contracts.case.permissions import Restriction, Stance, StanceEntry
from data_contracts.case.subjects import SubjectKey
from data_contracts.doors.api_keys import ApiKey
from data_contracts.vocabulary import RestrictionGround
from integrations.register import SqlRegister

AT = datetime(2026, 3, 1, 8, tzinfo=UTC)
ANA, BOB = SubjectKey("email", "a" * 64), SubjectKey("email", "b" * 64)
CONSENT = StanceEntry(ANA, "offers", "", Stance.CONSENTED, AT, "import:list", "2026-01")


def a_restriction(case_id: str, key: SubjectKey = ANA) -> Restriction:
    """A restriction of one purpose."""
    return Restriction(case_id, key, RestrictionGround.CLAIMS, ("offers",), AT)


def test_what_was_said_comes_back(register: SqlRegister) -> None:
    """Every fact of an entry."""
    register.add_stances([CONSENT])

    assert register.stances_of([ANA.digest]) == [CONSENT]


def test_same_thing_is_entered_once(register: SqlRegister) -> None:
    """A file that is imported again changes nothing."""
    assert register.add_stances([CONSENT, CONSENT]) == 1
    assert register.add_stances([CONSENT, replace(CONSENT, key=BOB)]) == 1


def test_entries_come_by_the_moment_they_were_said(register: SqlRegister) -> None:
    """Not by the moment they were entered."""
    earlier = replace(CONSENT, stance=Stance.INFORMED, at=AT - timedelta(days=1))
    register.add_stances([CONSENT])
    register.add_stances([earlier])

    assert register.stances_of([ANA.digest]) == [earlier, CONSENT]


def test_question_about_some_purposes_and_people(register: SqlRegister) -> None:
    """Nothing of others, nothing about other purposes."""
    register.add_stances([CONSENT, replace(CONSENT, key=BOB), replace(CONSENT, purpose="news")])

    assert register.stances_of([ANA.digest, "c" * 64], ["", "offers"]) == [CONSENT]
    assert register.stances_of([]) == []


@pytest.mark.parametrize("statement", ["DELETE FROM stance", "UPDATE stance SET stance = 'consented'"])
def test_ledger_only_grows(shared: SqlRegister, url: str, statement: str) -> None:
    """Not even with the database's own tools."""
    shared.add_stances([CONSENT])
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))

    with pytest.raises(sa.exc.DatabaseError, match="append-only"), engine.begin() as connection:
        connection.exec_driver_sql(statement)

    engine.dispose()


def test_restriction_is_in_force_until_lifted(register: SqlRegister, case_id: str) -> None:
    """The list tells who is restricted, by which case."""
    register.restrict([a_restriction(case_id), a_restriction(case_id, BOB)])
    register.restrict([replace(a_restriction(case_id), ground=RestrictionGround.ACCURACY)])

    assert register.restrictions_of([ANA.digest]) == [a_restriction(case_id)]
    assert register.restricted_cases() == [case_id]


def test_lifted_restriction_is_kept_as_history(register: SqlRegister, case_id: str) -> None:
    """It is in force no longer, and stays known."""
    register.restrict([a_restriction(case_id)])
    register.lift_restriction(case_id)
    register.lift_restriction(case_id)

    assert register.restrictions_of([ANA.digest]) == []
    assert register.restricted_cases() == []
    assert [one.lifted_at is None for one in register.restrictions_by(case_id)] == [False]


def test_nothing_to_restrict_is_nothing(register: SqlRegister) -> None:
    """No row, no error."""
    register.restrict([])

    assert register.restricted_cases() == []


def test_api_key_is_found_by_its_digest_alone(register: SqlRegister) -> None:
    """A key of the same name takes the place of the older one."""
    crm = ApiKey("crm", "d" * 64, ("may-process",))
    register.put_api_key(replace(crm, digest="e" * 64))
    register.put_api_key(crm)

    assert register.api_key_of("d" * 64) == crm
    assert register.api_key_of("e" * 64) is None
    assert register.api_keys() == [crm]
