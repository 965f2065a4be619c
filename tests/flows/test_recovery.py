"""What an erasure takes stays sealed for some days: two people give it back, or its key is destroyed (Art. 17, 32)."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from data_contracts.recovering import space_of
from data_contracts.vocabulary import Right
from flows.restoring import Restoring, restore
from integrations.demo import DemoCompany
from tasks.recovery import end_old_copies
from tasks.services import services
from tests.flows.company import House, a_house, lost
from tests.flows.vouching import contracts_saying

_DAYS = 14
_DAY = timedelta(days=1)


@pytest.fixture
def house(seeded: tuple[Path, DemoCompany], tmp_path: Path) -> Iterator[House]:
    """A house whose policy keeps what was erased for two weeks."""
    folder, company = seeded
    shutil.copytree(folder, tmp_path / "systems")
    contracts = contracts_saying(tmp_path / "contracts", {}, recovery_days=_DAYS)
    with contextmanager(a_house)(tmp_path, company, contracts) as (made, _):
        yield made


def _erased(house: House) -> str:
    """A case that has erased, and ended."""
    case_id = house.open(Right.ERASURE)
    assert house.walk(case_id) == "granted_in_part"
    return case_id


def _restored(house: House, case_id: str, *people: str) -> Restoring:
    return [restore(case_id, operator=who, code=house.code(who), reference="TICKET-7") for who in people][-1]


def test_two_people_give_it_back(house: House) -> None:
    """Every row of every database is as it was; what lies in files is not, and people read that before."""
    before = house.rows()
    case_id = _erased(house)
    gone = lost(before, house.rows())

    done = _restored(house, case_id, "claire", "marc")

    assert done.is_complete
    left = lost(before, house.rows())
    assert gone.keys() - left.keys()
    assert {name.partition(".")[0] for name in left} == {"weblogs", "adtech"}
    assert house.installation.verify_case(case_id).is_whole


def test_key_is_destroyed_when_the_days_are_over(house: House) -> None:
    """The sealed rows are gone, and nobody can give anything back."""
    case_id = _erased(house)
    assert services().vault.names(space_of(case_id))

    house.clock.advance((_DAYS + 1) * _DAY)
    assert end_old_copies() == 1

    assert services().vault.names(space_of(case_id)) == []
