"""An installation whose own systems nobody asks for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.demo import DemoCompany
from integrations.demo.company import DemoSubject
from tests.flows.company import House, a_house

_NOBODY = DemoSubject("ann@x.example", "TX00000001", "", "", "Ann", "en")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A register and a vault, and people at its gates."""
    for made, _ in a_house(tmp_path, DemoCompany(urls={}, subject=_NOBODY, relative=_NOBODY, rows={})):
        yield made
