"""Our own retention: an ended case's sealed package goes when the policy's time is over."""

from datetime import timedelta

import pytest

from data_contracts.case.request import Statement
from data_contracts.errors import VaultSealed
from data_contracts.vocabulary import CaseState, RestrictionGround, Right
from tasks.case.sealed import PACKAGE
from tasks.life.archive import purge_ended, purge_old
from tests.flows.company import House


def test_package_stays_for_the_time_of_the_policy(house: House) -> None:
    """Until then the data subject can still be given the answer."""
    case_id = house.open(Right.ACCESS)
    house.walk(case_id)

    assert not purge_ended(house.installation.register.case(case_id))
    assert house.installation.services.vault.has(case_id, PACKAGE)


def test_package_and_key_are_destroyed_afterwards(house: House) -> None:
    """The case is purged once, nothing of it opens again, and its evidence stays whole."""
    case_id = house.open(Right.ACCESS)
    house.walk(case_id)
    house.clock.advance(timedelta(days=house.installation.services.policy.package_days, seconds=1))

    assert purge_ended(house.installation.register.case(case_id))

    purged = house.installation.register.case(case_id)
    assert purged.state is CaseState.PURGED
    assert not purge_ended(purged)
    assert house.installation.register.subject_keys(case_id) == []
    assert house.installation.verify_case(case_id).is_whole
    with pytest.raises(VaultSealed), house.installation.services.vault.read(case_id, PACKAGE):
        pass


def test_only_what_is_over_is_read_and_purged(house: House) -> None:
    """The sweep reads no case whose package still has time, and none that was purged before."""
    register, days = house.installation.register, house.installation.services.policy.package_days
    early = house.open(Right.ACCESS)
    house.walk(early)
    house.clock.advance(timedelta(days=days, seconds=1))
    late = house.open(Right.ACCESS)
    house.walk(late)
    moment = house.clock() - timedelta(days=days)

    assert [case.case_id for case in register.cases_kept_since(moment)] == [early]
    assert purge_old() == 1
    assert register.cases_kept_since(moment) == []
    assert register.case(late).state is CaseState.ARCHIVED
    assert [case.case_id for case in register.cases(open_only=True)] == []


def test_case_that_restricts_somebody_stays(house: House) -> None:
    """As long as a restriction is in force, its case is not over (Art. 18(3))."""
    case_id = house.open(Right.RESTRICTION, statement=Statement(restriction_ground=RestrictionGround.ACCURACY))
    house.walk(case_id)
    house.clock.advance(timedelta(days=4_000))

    assert house.installation.register.cases_kept_since(house.clock()) == []
    assert purge_old() == 0
    assert house.installation.register.case(case_id).state is CaseState.ARCHIVED
