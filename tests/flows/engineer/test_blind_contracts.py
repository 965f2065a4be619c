"""Law 7: a contract that has a blind spot is found out by the witness, and the second look through the contract is not.

One at a time, a table, a file, an identity and a reference of the demo company's contracts is taken out, as if nobody
had ever written it down; the seed of the run draws some (``make test ALL=1``: all).
"""

import shutil
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import pytest

from data_contracts.vocabulary import Right
from integrations.demo import DemoCompany, seed
from tests.blind.judging import DRAWN, Ended, Fate, World, a_world, report, told_of, walked
from tests.blind.mutants import copied
from tests.flows.company import CONTRACTS, NOW, Rows, a_house
from tests.sampling import is_all
from tests.yaml_text import read_yaml, write_yaml

_CUSTOMERS = 12
_NAMED, _STOPPED = 10, 12
"""Of so many mutants of the shipped contracts the rest would have said that she is erased, or would not have begun."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A dozen customers, whose systems are copied for each walk."""
    folder = tmp_path_factory.mktemp("small")
    company = seed(folder / "systems", customers=_CUSTOMERS, today=NOW.date(), progress=lambda _: None)

    def walk(contracts: Path, home: Path) -> Ended:
        shutil.copytree(folder / "systems", home / "systems")
        with contextmanager(a_house)(home, company, contracts) as (house, _):
            return walked(house, house.open(Right.ERASURE), house.rows)

    whole = copied(CONTRACTS, folder / "contracts")
    policy = read_yaml(whole / "policy.yaml")
    policy["gates"]["erasure"]["approval"]["people"] = 1  # how many approve is not what is tried here
    write_yaml(whole / "policy.yaml", policy)
    return a_world(
        whole, folder / "whole", walk, _rows(folder, company), (company.subject.email, company.subject.cookie_id)
    )


def _rows(folder: Path, company: DemoCompany) -> Rows:
    with contextmanager(a_house)(folder, company) as (house, _):
        return house.rows()


def test_what_nobody_wrote_down_is_seen(demo: World, tmp_path: Path) -> None:
    """Wherever rows of hers stay, the verdict is not *proven* and names them; the contract's own look was content."""
    fates = told_of(demo, tmp_path)

    assert not [str(one) for one in fates if one.fate is Fate.SURVIVED], report(fates)
    of = Counter(one.fate for one in fates)
    assert of[Fate.NAMED] >= (_NAMED if is_all() else DRAWN), report(fates)
    assert of[Fate.STOPPED] >= (_STOPPED if is_all() else 0), report(fates)
