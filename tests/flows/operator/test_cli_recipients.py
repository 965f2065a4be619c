"""The commands recipients and acknowledge, as a script calls them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from data_contracts.told.recipients import RecipientNotice
from data_contracts.vocabulary import Right
from flows.cli import app
from flows.settings import settings
from tests.flows.company import House


@pytest.fixture
def case_id(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A case in which one recipient was told; the command line takes its home from the environment alone."""
    monkeypatch.setenv("RIGHTSFLOW_HOME", str(tmp_path))
    settings.cache_clear()
    case_id = house.open(Right.ERASURE)
    house.installation.register.put_recipient_notice(
        RecipientNotice(case_id, "printco", "outbox", "told", sent_at=house.clock())
    )
    return case_id


def _call(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_acknowledgement_is_recorded_and_shown(case_id: str) -> None:
    """A recipient's answer is recorded once, and shown to people and programs."""
    answered = [_call("acknowledge", case_id, "printco", "--reference", "PC-9").exit_code for _ in range(2)]

    (row,) = json.loads(_call("recipients", case_id, "--json").stdout)["recipients"]
    assert answered == [0, 1]
    assert (row["state"], row["reference"]) == ("acknowledged", "PC-9")
    assert "printco" in _call("recipients", case_id).stdout
