"""Databases to try small systems on: each test that asks for ``town`` runs on all of them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.whose.town import Town, a_town

MakeTown = Callable[..., Town]


@pytest.fixture(params=["sqlite", "postgres_database", "mariadb_account"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'sys.db'}"
    return str(request.getfixturevalue(request.param)())


@pytest.fixture
def town(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeTown]:
    """Makes a house over a system of the test's own shape."""
    monkeypatch.setenv("RIGHTSFLOW_SYSTEM_SYS_URL", url)
    with ExitStack() as stack:

        def make(tables: list[dict[str, Any]], *statements: str, **said: Any) -> Town:
            return stack.enter_context(a_town(tmp_path, url, tables, *statements, **said))

        yield make
