"""A small demo company, made once for all tests here."""

from datetime import date
from pathlib import Path

import pytest

from integrations.demo import DemoCompany, seed

TODAY = date(2026, 3, 31)
CUSTOMERS = 300


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the company's systems lie."""
    return tmp_path_factory.mktemp("company")


@pytest.fixture(scope="session")
def company(folder: Path) -> DemoCompany:
    """Three hundred customers in six systems."""
    return seed(folder, customers=CUSTOMERS, today=TODAY, progress=lambda _: None)
