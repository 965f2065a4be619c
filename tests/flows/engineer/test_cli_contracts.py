"""``rightsflow contracts check`` on a live system, as a person types it."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.settings import settings

_CHECKOUT = Path(__file__).parents[3]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The first system of the tutorial: its contracts, its database, and the settings that name both."""
    shutil.copytree(_CHECKOUT / "docs" / "connect" / "first-system", tmp_path / "contracts")
    for name in ("organisation.yaml", "policy.yaml"):
        shutil.copy(_CHECKOUT / "data_contracts" / name, tmp_path / "contracts")
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.executescript((tmp_path / "contracts" / "shop.sql").read_text("utf-8"))
    monkeypatch.setenv("RIGHTSFLOW_CONTRACTS", str(tmp_path / "contracts"))
    monkeypatch.setenv("RIGHTSFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RIGHTSFLOW_SYSTEM_SHOP_URL", f"sqlite:///{tmp_path / 'shop.db'}")
    settings.cache_clear()
    return tmp_path / "shop.db"


def _changed(database: Path, statement: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(statement)


def test_no_key_of_several_accounts_is_no_warning(shop: Path) -> None:
    """The shop as it is shipped is in order."""
    typed = CliRunner().invoke(app, ["contracts", "check"])

    assert (typed.exit_code, "two or more" in " ".join(typed.output.split())) == (0, False), shop


def test_keys_of_several_accounts_are_a_warning(shop: Path) -> None:
    """Two rows of one account: the column and the count are told, no value, and the contracts are in order."""
    _changed(shop, "INSERT INTO customer VALUES (9, ' ANA@example.org', 'Marked Twice')")

    typed, facts = (
        CliRunner().invoke(app, ["contracts", "check"]),
        json.loads(CliRunner().invoke(app, ["contracts", "check", "--json"]).stdout),
    )

    told = facts["held_by_several"]
    assert [(one["table"], one["column"], one["count"]) for one in told] == [("customer", "email", 1)]
    assert (typed.exit_code, "warning shop.customer.email" in typed.output) == (0, True)
    assert "ana@" not in typed.output.lower()


def test_system_that_cannot_be_searched_is_not_counted(shop: Path) -> None:
    """A missing column is told as such, once."""
    _changed(shop, "ALTER TABLE customer RENAME COLUMN email TO mail")

    facts = json.loads(CliRunner().invoke(app, ["contracts", "check", "--json"]).stdout)

    assert (facts["ok"], facts["held_by_several"], facts["not_looked_at"]) == (False, [], {})
