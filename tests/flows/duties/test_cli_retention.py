"""The command retention, as a script calls it."""

import json
import shutil
from pathlib import Path

import pyotp
import pytest
from typer.testing import CliRunner, Result

from data_contracts.gates.operators import Operator
from data_contracts.vocabulary import OperatorRole
from flows import wiring
from flows.cli import app
from flows.settings import settings

pytestmark = pytest.mark.usefixtures("demo_home")


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


def test_asking_goes_on_after_the_answer(tmp_path: Path) -> None:
    """What the schedule does, by command: it waits, is approved, goes on, and its report is a PDF."""
    secret = _hired("claire")
    waits = json.loads(call("--ask", "--system", "marketing", "--json").stdout)

    code = pyotp.TOTP(secret).now()
    answered = CliRunner().invoke(app, ["approve", waits["run"], "approval", "--as", "claire", "--code", code])
    done = json.loads(call("--run", waits["run"], "--report", str(tmp_path / "run.pdf"), "--json").stdout)
    told = CliRunner().invoke(app, ["retention-report", "--pdf", str(tmp_path / "again.pdf"), "--language", "fr"])

    assert (waits["waits_at"], answered.exit_code, done["outcome"], told.exit_code) == ("approval", 0, "proven", 0)
    assert waits["run"] in told.stdout
    assert all((tmp_path / name).read_bytes().startswith(b"%PDF") for name in ("run.pdf", "again.pdf"))


def test_report_of_no_run_is_an_error() -> None:
    """Where none has ended there is nothing to report."""
    assert CliRunner().invoke(app, ["retention-report"]).exit_code


def _hired(name: str) -> str:
    """The TOTP secret of a new operator."""
    with wiring.opened() as installation:
        secret = pyotp.random_base32()
        sealed = installation.seal_operator_secret(name, secret)
        installation.register.put_operator(Operator(name, (OperatorRole.DPO,), None, None, secret=sealed))
    return secret
