"""The command dossier, as a script calls it."""

import json
import zipfile
from pathlib import Path

import pyotp
import pytest
from typer.testing import CliRunner, Result

from data_contracts.gates.operators import Operator
from data_contracts.vocabulary import OperatorRole
from flows import wiring
from flows.cli import app

ANA = "email=ana.dossier@example.org"


pytestmark = pytest.mark.usefixtures("demo_home")


def call(*words: str) -> Result:
    """What a command prints, and its exit code."""
    return CliRunner().invoke(app, list(words))


def hired(name: str) -> str:
    """A code of a new operator."""
    with wiring.opened() as installation:
        secret = pyotp.random_base32()
        sealed = installation.seal_operator_secret(name, secret)
        installation.register.put_operator(Operator(name, (OperatorRole.DPO,), None, None, secret=sealed))
    return pyotp.TOTP(secret).now()


def test_dossier_is_made_and_verified_by_command(tmp_path: Path) -> None:
    """One command each; by its own key it is not proven (3), and a change on the way ends with 1 and is named."""
    case_id = json.loads(call("open", "access", "--identity", ANA, "--json").stdout)["case"]
    file = tmp_path / "case.zip"
    words = ("--file", str(file), "--as", "claire", "--code", hired("claire"), "--json")

    made = call("dossier", case_id, *words)
    verified = call("evidence", "verify", str(file), "--json")
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("note.txt", "added")
    changed = call("evidence", "verify", str(file))

    assert (made.exit_code, json.loads(made.stdout)["cases"]) == (0, 1)
    assert (verified.exit_code, json.loads(verified.stdout)["whole"], json.loads(verified.stdout)["ok"]) == (
        3,
        True,
        False,
    )
    assert (changed.exit_code, "note.txt: added" in changed.stdout) == (1, True)


def test_key_from_elsewhere_proves_whose_it_is(tmp_path: Path) -> None:
    """Also where several are given, as after a rotation."""
    file = tmp_path / "year.zip"
    words = ("--from", "2026-01-01", "--to", "2026-12-31", "--file", str(file), "--as", "claire")
    assert call("dossier", *words, "--code", hired("claire")).exit_code == 0
    with zipfile.ZipFile(file) as archive:
        [name] = [name for name in archive.namelist() if name.startswith("keys/")]
        key = Path(archive.extract(name, tmp_path))

    told = json.loads(call("evidence", "verify", str(file), "--key", str(key), "--key", str(key), "--json").stdout)

    assert (told["ok"], told["cases"][0]["trust_on_first_use"]) == (True, False)


@pytest.mark.parametrize(
    "asked",
    [
        (),
        ("C-2222-2222", "--identity", ANA),
        ("--identity", ANA, "--from", "2026-01-01"),
        ("--from", "2026-01-01"),
        ("C-2222-2222",),
    ],
)
def test_what_cannot_be_made_ends_a_script(tmp_path: Path, asked: tuple[str, ...]) -> None:
    """Nothing, two things, half a period, a case that is not there."""
    file = tmp_path / "no.zip"

    told = call("dossier", *asked, "--file", str(file), "--as", "claire", "--code", "123456")

    assert (told.exit_code, file.exists()) == (1, False)


def test_file_that_is_there_stays(tmp_path: Path) -> None:
    """Nothing is overwritten."""
    (tmp_path / "mine.zip").write_text("mine")

    told = call("dossier", "C-2222-2222", "--file", str(tmp_path / "mine.zip"), "--as", "claire", "--code", "123456")

    assert (told.exit_code, (tmp_path / "mine.zip").read_text()) == (1, "mine")


def test_person_by_command(tmp_path: Path) -> None:
    """Whoever nobody knows has an empty dossier, which is an answer too."""
    file = tmp_path / "ana.zip"

    told = call(
        "dossier", "--identity", ANA, "--file", str(file), "--as", "claire", "--code", hired("claire"), "--json"
    )

    assert (told.exit_code, json.loads(told.stdout)["cases"]) == (0, 0)
    assert b"ana.dossier" not in file.read_bytes()
