"""The commands audit, audit-report, findings and finding, as a script calls them."""

import json
from pathlib import Path
from typing import Any

import pyotp
import pytest
from typer.testing import CliRunner, Result

from data_contracts.gates.operators import Operator
from data_contracts.vocabulary import OperatorRole
from flows import wiring
from flows.cli import app
from flows.settings import settings

pytestmark = pytest.mark.usefixtures("demo_home")


@pytest.fixture(autouse=True)
def _plain_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    """Great Expectations takes seconds, and is looked at elsewhere."""
    monkeypatch.setenv("RIGHTSFLOW_JUDGE", "plain")
    settings.cache_clear()


def call(*words: str) -> Result:
    """What the command prints, and its exit code."""
    return CliRunner().invoke(app, [*words])


def facts(*words: str) -> Any:
    """What the command tells a program."""
    told = call(*words, "--json")
    assert told.exit_code == 0, told.output
    return json.loads(told.stdout)


def hire(name: str) -> str:
    """The code of a new DPO."""
    secret = pyotp.random_base32()
    with wiring.opened() as installation:
        sealed = installation.seal_operator_secret(name, secret)
        who = Operator(name, (OperatorRole.DPO,), valid_until=None, training_until=None, secret=sealed)
        installation.register.put_operator(who)
    return pyotp.TOTP(secret).now()


def test_dry_run_keeps_nothing() -> None:
    """It tells what it would open, without names."""
    told = facts("audit", "--dry-run", "--system", "crm")

    assert told["run"] == ""
    assert {one["finding_id"] for one in told["findings"]} == {""}
    assert facts("findings") == {"findings": []}


def test_audit_writes_its_report_and_tells_it_again(tmp_path: Path) -> None:
    """A PDF beside the facts, and the same findings from the register afterwards."""
    told = facts("audit", "--report", str(tmp_path / "audit.pdf"), "--language", "en")
    again = facts("audit-report", "--pdf", str(tmp_path / "again.pdf"))

    assert (tmp_path / "audit.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "again.pdf").read_bytes().startswith(b"%PDF")
    assert again["findings"] == told["findings"]
    assert "what" in told["findings"][0]


def test_finding_is_shown_and_moved() -> None:
    """Taken, accepted and closed by a proven person; every move is told."""
    code = hire("claire")
    call("audit", "--system", "crm")
    (first, *_) = facts("findings", "--open")["findings"]

    moved = facts("finding", first["finding"], "--assign", "marc", "--as", "claire", "--code", code)

    assert (moved["owner"], [event["event"] for event in moved["events"]]) == ("marc", ["opened", "assigned"])
    assert first["finding"] in call("finding", first["finding"]).output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--accept", "--close"), "one thing at a time"),
        (("--accept", "--reason", "x"), "until when"),
        (("--accept", "--until", "soon"), "is no day"),
        (("--close", "--reason", "x"), "no such finding"),
    ],
)
def test_what_cannot_be_done_is_told(words: tuple[str, ...], said: str) -> None:
    """Exit code 1, what failed and the remedy."""
    told = call("finding", "F-XXXXXXXX", *words, "--as", "claire", "--code", "000000")

    assert told.exit_code == 1
    assert said in told.output


def test_incomplete_audit_is_no_success() -> None:
    """Law 6: a system that is gone makes the command fail, and it says which."""
    (settings().state / "systems" / "crm.db").unlink()

    told = call("audit")

    assert told.exit_code == 1
    assert "crm" in told.output


def test_tables_for_people() -> None:
    """Without --json a table is printed."""
    call("audit", "--system", "crm")

    assert "dpia" in call("findings").output.lower() or "impact" in call("findings").output.lower()
