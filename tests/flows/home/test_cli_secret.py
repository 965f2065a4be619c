"""The command secret, as an engineer calls it: what connects us is sealed, used, and shown nowhere."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from data_contracts.ports.sealed_rows import credential_context
from flows import wiring
from flows.cli import app
from flows.engineer.contracts import check_facts
from flows.home import secrets
from flows.home.secrets import KeptCredentials
from flows.settings import settings
from tests.flows.company import Always, House

_NAME = "RIGHTSFLOW_SYSTEM_CRM_URL"
_URL = "postgresql://reader:very-secret-word@db.example.org/crm"


def _call(*words: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, ["secret", *words], input=typed)


@pytest.fixture(autouse=True)
def here(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands open this house."""
    monkeypatch.setenv("RIGHTSFLOW_HOME", str(tmp_path))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    settings.cache_clear()
    monkeypatch.setattr(wiring, "_current", Always(house))


def test_credential_is_sealed_and_used(house: House, tmp_path: Path) -> None:
    """It connects the system; no file of the home, no output and no list shows it."""
    kept = _call("set", _NAME, "--stdin", typed=f"{_URL}\n")
    listed = _call("list", "--json")

    assert (kept.exit_code, listed.exit_code) == (0, 0)
    assert house.installation.system_urls()["crm"] == _URL
    assert [one["name"] for one in json.loads(listed.stdout)["credentials"]] == [_NAME]
    assert "very-secret" not in kept.output + listed.output
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert files
    assert [file for file in files if b"very-secret" in file.read_bytes()] == []
    (use,) = [one for one in house.installation.register.uses() if one.what == "set credential"]
    assert (use.where, use.is_accepted) == (_NAME, True)


def test_credential_survives_a_rotation(house: House) -> None:
    """The new master key alone opens it."""
    _call("set", _NAME, "--stdin", typed=_URL)

    house.installation.rotate_master_key()

    assert house.installation.system_urls()["crm"] == _URL


def test_removed_credential_connects_nothing(house: House) -> None:
    """The system has the connection that it had before; a second removal is told."""
    before = house.installation.system_urls()["crm"]
    _call("set", _NAME, "--stdin", typed=_URL)

    assert _call("remove", _NAME).exit_code == 0
    assert house.installation.system_urls()["crm"] == before
    again = _call("remove", _NAME)
    assert again.exit_code == 1
    assert "no credential of that name is kept" in again.output


@pytest.mark.parametrize("name", ["RIGHTSFLOW_SYSTEM_CMR_URL", "rightsflow-system-crm-url", "PATH", "x' OR 1=1"])
def test_name_that_nothing_looks_for_is_refused(house: House, name: str) -> None:
    """A misspelt one gets the nearest; nothing is kept."""
    refused = _call("set", name, "--stdin", typed=_URL)

    assert refused.exit_code == 1
    assert "nothing looks for a credential of that name" in refused.output
    assert (_NAME in refused.output) is (name == "RIGHTSFLOW_SYSTEM_CMR_URL")
    assert house.installation.register.credentials() == []


@pytest.mark.parametrize("typed", ["", "\n", "  \n", "a\0b"])
def test_nothing_is_no_credential(house: House, typed: str) -> None:
    """An empty input, and one that no URL or password can be."""
    assert _call("set", _NAME, "--stdin", typed=typed).exit_code == 1
    assert house.installation.register.credentials() == []


def test_sealed_for_its_own_name_alone(house: House) -> None:
    """Whoever can write to the register cannot have a recipient's secret used as a system's URL."""
    services = house.installation.services
    sealed = services.seal_secret(_URL.encode(), credential_context("RIGHTSFLOW_RECIPIENT_MAILER_SECRET"))
    _call("set", _NAME, "--stdin", typed=_URL)
    kept = house.installation.register.credential(_NAME)
    assert kept is not None
    row = next(one for one in house.installation.register.sealed_rows() if one.context == credential_context(_NAME))
    house.installation.register.reseal(row, sealed)

    with pytest.raises(Exception, match="does not open with this master key"):
        house.installation.system_urls()


def test_environment_comes_first_then_what_is_sealed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Secret block is asked last, and contracts check names each that is in use."""
    monkeypatch.setattr(secrets, "secret_block", lambda name: f"block of {name}")
    credentials = KeptCredentials(house.installation.register, house.installation.services.open_secret)

    assert credentials.named(_NAME) == f"block of {_NAME}"
    _call("set", _NAME, "--stdin", typed=_URL)
    assert credentials.named(_NAME) == _URL
    monkeypatch.setenv(_NAME, "sqlite://")
    assert credentials.named(_NAME) == "sqlite://"


def test_secret_blocks_in_use_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with the command that mends it, and no value."""
    monkeypatch.setattr("flows.engineer.credentials.secret_block", lambda name: "very-secret" if name == _NAME else "")

    said = [one for one in check_facts(live=False)["warnings"] if "Secret block" in one]
    _call("set", _NAME, "--stdin", typed=_URL)

    assert len(said) == 1
    assert said[0].startswith(f"{_NAME}: ")
    assert f"rightsflow secret set {_NAME}" in said[0]
    assert "very-secret" not in said[0]
    assert not [one for one in check_facts(live=False)["warnings"] if "Secret block" in one]
