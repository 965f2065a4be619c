"""The command hold, as a script calls it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from flows.cli import app
from flows.settings import settings
from tests.flows.company import House


def _call(*words: str) -> Result:
    return CliRunner().invoke(app, ["hold", *words])


def test_hold_is_set_shown_and_lifted(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line takes home and time from the machine; what is shown names nobody."""
    monkeypatch.setenv("RIGHTSFLOW_HOME", str(tmp_path))
    settings.cache_clear()
    house.clock.moment = datetime.now(UTC)
    who = ("--identity", "email=ann@x.example", "--reference", "CLAIM-7", "--system", "crm")

    made = _call("add", *who, "--as", "marc", "--code", house.code("marc"), "--json")
    (shown,) = json.loads(_call("list", "--json").stdout)["holds"]
    lifted = _call("lift", shown["hold"], "--as", "claire", "--code", house.code("claire"))

    assert json.loads(made.stdout)["hold"] == shown["hold"]
    assert (shown["systems"], shown["keys"], "ann" in made.stdout) == ("crm", ["email"], False)
    assert lifted.exit_code == 0
    assert json.loads(_call("list", "--json").stdout)["holds"] == []
    assert shown["hold"] in _call("list", "--all").stdout
