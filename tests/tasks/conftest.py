"""Services of one installation over the demo company's contracts, for tasks that touch no system."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.demo import DemoCompany
from integrations.demo.company import DemoSubject
from tests.flows.company import House, a_house

_NOBODY = DemoSubject("ann@x.example", "TX00000001", "", "", "Ann", "en")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """An installation whose systems nobody asks for."""
    for made, _ in a_house(tmp_path, DemoCompany(urls={}, subject=_NOBODY, relative=_NOBODY, rows={})):
        yield made
