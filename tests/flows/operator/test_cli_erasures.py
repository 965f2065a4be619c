"""The command erasures, as a script calls it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from data_contracts.case.erased import ErasedKey
from data_contracts.vocabulary import Right
from flows.cli import app
from flows.settings import settings
from tasks.case.subject_keys import subject_keys_of
from tests.flows.company import House


def _call(*words: str) -> Result:
    return CliRunner().invoke(app, ["erasures", *words])


def test_what_came_back_is_counted_listed_and_forgotten(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counts by table, cases by name, and no key of anybody; a case that is on no list is an error."""
    monkeypatch.setenv("RIGHTSFLOW_HOME", str(tmp_path))
    settings.cache_clear()
    house.clock.moment = datetime.now(UTC)
    case_id = house.open(Right.ERASURE)
    (key,) = subject_keys_of({"email": [house.company.subject.email]})
    house.installation.register.put_erased_keys([ErasedKey(key, case_id, house.clock(), ("billing",))])

    counted = _call("replay", "--system", "crm", "--json")
    listed = _call("list")
    forgotten = _call("forget", case_id, "--as", "claire", "--code", house.code("claire"), "--json")
    again = _call("forget", case_id, "--as", "marc", "--code", house.code("marc"))

    facts = json.loads(counted.stdout)
    assert [(one["system"], one["rows"] > 0) for one in facts["tables"]] == [("crm", True)]
    assert (facts["people"], facts["cases"], counted.exit_code) == (1, [], 0)
    assert house.company.subject.email not in counted.stdout
    assert case_id in listed.stdout
    assert json.loads(forgotten.stdout) == {"case": case_id, "keys": 1}
    assert again.exit_code == 1
    assert "erasures list" in again.stderr + again.stdout
