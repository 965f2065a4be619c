"""The command retention, as a script calls it."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from flows.cli import app
from flows.settings import settings
from integrations.demo import DemoCompany


@pytest.fixture(autouse=True)
def _home(seeded: tuple[Path, DemoCompany], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A home with the demo company's systems: the command line takes it from the environment alone."""
    monkeypatch.setenv("RIGHTSFLOW_HOME", str(tmp_path))
    settings.cache_clear()
    shutil.copytree(seeded[0], settings().state / "systems")
    yield
    settings.cache_clear()


def call(*words: str) -> Result:
    """What the command prints, and its exit code."""
    return CliRunner().invoke(app, ["retention", *words])


def test_dry_run_tells_counts_as_json() -> None:
    """By system and rule, for a program."""
    told = call("--dry-run", "--system", "marketing", "--json")

    lines = json.loads(told.stdout)["lines"]
    assert told.exit_code == 0
    assert {line["rule"] for line in lines} == {"keep_optout", "keep_consents", "keep_mailings"}


def test_dry_run_tells_people_that_nothing_was_changed() -> None:
    """One line of sums under the table."""
    told = call("--dry-run", "--system", "marketing")

    assert "nothing was changed" in told.stdout


def test_erasing_needs_a_person() -> None:
    """Neither forgotten options nor a name alone erase anything."""
    forgotten, stranger = call(), call("--as", "nobody", "--code", "123456")

    assert (forgotten.exit_code, stranger.exit_code) != (0, 0)
    assert forgotten.exit_code
    assert stranger.exit_code


def test_system_that_is_gone_ends_a_script() -> None:
    """0 is only for what was looked at everywhere."""
    shutil.rmtree(settings().state / "systems" / "weblogs")

    told = call("--dry-run", "--json")

    assert told.exit_code == 1
    assert list(json.loads(told.stdout)["failed"]) == ["weblogs"]
