"""Our own retention: an ended case's sealed package goes when the policy's time is over."""

from datetime import timedelta

import pytest

from data_contracts.errors import VaultSealed
from data_contracts.vocabulary import CaseState, Right
from tasks.archive_evidence import PACKAGE, purge_ended
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
