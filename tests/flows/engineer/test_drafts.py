"""``rightsflow contracts draft`` and ``import-fides`` as a person types them."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from data_contracts.odcs.reading.yaml_file import parse
from flows.cli import app

_FIDES = Path(__file__).parents[2] / "data_contracts" / "odcs" / "drafts" / "fides_shop.yaml"
_CHINOOK = Path(__file__).parents[4] / "shared" / "real" / "chinook.sqlite"


def _typed(*words: str) -> Result:
    return CliRunner().invoke(app, ["contracts", *words])


@pytest.fixture
def database(tmp_path: Path) -> str:
    """URL of a database with one customer."""
    with closing(sqlite3.connect(tmp_path / "crm.db")) as connection:
        connection.executescript("CREATE TABLE customer (id INTEGER PRIMARY KEY, mail TEXT);")
        connection.executescript("INSERT INTO customer VALUES (1, 'marked@example.org');")
    return f"sqlite:///{tmp_path / 'crm.db'}"


def test_draft_is_printed_as_yaml(database: str) -> None:
    """What stands on standard output is the file to edit, and no value of the system."""
    typed = _typed("draft", database, "--name", "crm-eu", "--tables", "customer")

    document = parse(typed.stdout, file="crm.odcs.yaml")
    assert (typed.exit_code, document.faults) == (0, ())
    assert isinstance(document.data, dict)
    assert document.data["id"] == "crm-eu"
    assert "marked@" not in typed.output


def test_draft_tells_facts_to_a_program(database: str) -> None:
    """With ``--json`` the counts stand beside the contract."""
    facts = json.loads(_typed("draft", database, "--json").stdout)

    assert (facts["system"], facts["tables"], facts["columns"]) == ("crm", 1, 2)
    assert min(facts["guesses"], facts["todos"]) > 0


def test_draft_is_laid_together_with_fides(database: str, tmp_path: Path) -> None:
    """Types are live, the category is the dataset's; what only the dataset has is told."""
    file = tmp_path / "crm.yml"
    field = "{name: mail, data_categories: [user.contact.email], fides_meta: {identity: email}}"
    names = f"[{{name: customer, fields: [{field}]}}, {{name: archive, fields: []}}]"
    file.write_text(f"dataset: [{{fides_key: crm, collections: {names}}}]", "utf-8")

    typed = _typed("draft", database, "--fides", str(file))

    assert "logicalType: string" in typed.output
    assert "category: user.contact.email" in typed.output
    assert "not in the live system: archive" in typed.output


@pytest.mark.parametrize("words", [["--name", "a b"], ["--tables", "nope"]])
def test_draft_that_cannot_be_made_says_why(database: str, words: list[str]) -> None:
    """What failed and the remedy, and exit 1."""
    typed = _typed("draft", database, *words)

    assert typed.exit_code == 1
    assert "Remedy" in typed.output


def test_real_database_is_drafted() -> None:
    """Chinook, which we did not make: its customers' columns are all proposed, its tracks are nobody's."""
    if not _CHINOOK.exists():
        pytest.skip("data absent: put chinook.sqlite into shared/real beside the checkout")

    facts = json.loads(_typed("draft", f"sqlite:///{_CHINOOK}", "--json").stdout)

    assert facts["tables"] == 11
    assert "identity: email" in facts["contract"]


def test_fides_file_is_printed() -> None:
    """Without a folder, one document after the other."""
    typed = _typed("import-fides", str(_FIDES))

    assert typed.exit_code == 0
    assert typed.stdout.count("kind: DataContract") == 2


def test_fides_file_is_written_once(tmp_path: Path) -> None:
    """A file for each dataset; a second time nothing is overwritten."""
    first = json.loads(_typed("import-fides", str(_FIDES), "--to", str(tmp_path / "new"), "--json").stdout)
    again = _typed("import-fides", str(_FIDES), "--to", str(tmp_path / "new"))

    assert first["comes_back_equal"]
    assert all(Path(file).exists() for file in first["files"])
    assert again.exit_code == 1
    assert "there already" in again.output


@pytest.mark.parametrize(("file", "told"), [("absent.yaml", "cannot be read"), ("bad.yaml", "is missing")])
def test_what_is_no_fides_file_is_told(tmp_path: Path, file: str, told: str) -> None:
    """Exit 1 with a remedy."""
    (tmp_path / "bad.yaml").write_text("datasets: []", "utf-8")

    typed = _typed("import-fides", str(tmp_path / file))

    assert typed.exit_code == 1
    assert told in typed.output


def test_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "file").touch()

    typed = _typed("import-fides", str(_FIDES), "--to", str(tmp_path / "file" / "new"))

    assert typed.exit_code == 1
    assert "cannot be written" in typed.output
