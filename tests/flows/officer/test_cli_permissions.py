"""The commands may-process, may-share and stances, as a script calls them."""

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from flows.cli import app

_HEAD = "kind,value,purpose,recipient,stance,at,source,notice_version\n"


pytestmark = pytest.mark.usefixtures("home")


def call(*words: str) -> Result:
    """What the command prints, and its exit code."""
    return CliRunner().invoke(app, list(words))


def test_no_ends_a_script() -> None:
    """0 is yes, 1 is no."""
    answers = [call("may-process", "--purpose", p, "--identity", "email=a@b.org") for p in ("churn", "prospecting")]

    assert [(one.exit_code, one.stdout.strip()) for one in answers] == [(0, "yes: no_objection"), (1, "no: no_consent")]


def test_stances_are_imported_and_shown(home: Path) -> None:
    """As JSON for a program."""
    file = home / "list.csv"
    file.write_text(f"{_HEAD}email,a@b.org,prospecting,,consented,2026-01-15,,\n")

    imported = json.loads(call("stances", "import", str(file), "--json").stdout)
    shown = json.loads(call("stances", "show", "--identity", "email=A@b.org", "--json").stdout)

    assert (imported["lines"], imported["added"]) == (1, 1)
    assert [(s["stance"], s["source"]) for s in shown["stances"]] == [("consented", "import:list.csv")]


def test_file_of_keys_is_answered_line_by_line(home: Path) -> None:
    """In the order of the file."""
    (home / "keys.csv").write_text("kind,value\nemail,a@b.org\nemail,nobody\n")
    words = ("--purpose", "churn", "--recipient", "energypart")

    told = call("may-share", *words, "--keys", str(home / "keys.csv"), "--to", str(home / "answers.csv"))

    assert "0 yes, 2 no of 2 keys" in told.stdout
    assert [line.split(",")[-1] for line in (home / "answers.csv").read_text().split()[1:]] == [
        '"not_informed"',
        '"key_invalid"',
    ]


@pytest.mark.parametrize(
    "words",
    [
        ["may-process", "--purpose", "churn"],
        ["may-process", "--purpose", "churn", "--keys", "list.csv"],
        ["may-process", "--purpose", "espionage", "--identity", "email=a@b.org"],
        ["may-share", "--purpose", "churn", "--recipient", "anybody", "--identity", "email=a@b.org"],
        ["may-share", "--purpose", "churn", "--recipient", "", "--identity", "email=a@b.org"],
        ["stances", "show", "--identity", "email=nobody"],
        ["stances", "import", "absent.csv"],
    ],
)
def test_what_cannot_be_answered_is_an_error(words: list[str]) -> None:
    """Silence is never a yes: what failed, where, and the remedy."""
    told = call(*words, "--json")

    assert told.exit_code == 1
    assert json.loads(told.stdout)["error"]["remedy"]


def test_file_without_its_columns_is_an_error(home: Path) -> None:
    """The remedy names them."""
    (home / "list.csv").write_text("email\na@b.org\n")

    assert "kind,value,purpose" in call("stances", "import", str(home / "list.csv")).stderr


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_every_command_reads_the_same_lists(home: Path, encoding: str) -> None:
    """Semicolons, blank lines, another encoding: answers carry the file's own line and the key's digest."""
    text = f"{_HEAD}\nemail,a@b.org,prospecting,,consented,2026-01-15,,\n".replace(",", ";")
    (home / "stances.csv").write_bytes(text.encode(encoding))
    keys = "name;email\n\nAna;A@b.org\n;\nBen;nobody\nAna;a@B.org\n"
    (home / "keys.csv").write_bytes(keys.encode(encoding))

    imported = json.loads(call("stances", "import", str(home / "stances.csv"), "--json").stdout)
    words = ("--purpose", "prospecting", "--keys", str(home / "keys.csv"), "--to", str(home / "answers.csv"))
    told = call("may-process", *words)

    rows = list(csv.DictReader((home / "answers.csv").read_text().splitlines()))
    assert imported["added"] == 1
    assert "2 yes, 1 no of 3 keys" in told.stdout
    assert [(row["line"], row["may"], row["reason"]) for row in rows] == [
        ("3", "yes", "consented"),
        ("5", "no", "key_invalid"),
        ("6", "yes", "consented"),
    ]
    assert (rows[0]["key"] == rows[2]["key"] != "", rows[1]["key"]) == (True, "")


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (("stances", "import"), f"{_HEAD}\nemail,a@b.org\n"),
        (("disclosures", "import"), "kind,value,recipient,purpose,at,places,source\n\nemail,a@b.org\n"),
        (("may-process", "--purpose", "churn", "--to", "x.csv", "--keys"), "kind,value\n\nemail\n"),
        (
            ("register", "import", "training", "--as", "c", "--code", "123456"),
            "person,course,done_on,valid_until\n\nana\n",
        ),
        (
            ("incident", "open", "attack", "--file", "i.yaml", "--keys-kind", "email", "--keys"),
            "a@b.org\n\nno address\n",
        ),
    ],
)
def test_short_line_is_told_by_its_number(
    home: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], text: str
) -> None:
    """By each command that takes a list."""
    monkeypatch.chdir(home)
    (home / "list.csv").write_text(text)
    (home / "i.yaml").write_text("title: x\nwords: {fr: {nature: y}}\n")

    told = call(*command, str(home / "list.csv"))

    assert told.exit_code == 1
    assert "list.csv, line 3" in told.stderr
