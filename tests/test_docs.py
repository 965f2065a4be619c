"""The documentation tells what is there: commands, settings, files, contracts, the life of a case."""

import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from data_contracts.case.case import MOVES
from data_contracts.odcs.folder import check
from data_contracts.vocabulary import CaseState, Gate
from flows.cli import app
from flows.settings import Settings

_ROOT = Path(__file__).parent.parent
_PAGES = sorted([_ROOT / "README.md", _ROOT / "CHANGELOG.md", *(_ROOT / "docs").rglob("*.md")])
_OUR_WRITING = re.compile(r"`rightsflow ([^`]+)`|^(?:\$ |    )(?:\.venv/bin/)?rightsflow (.+)$", re.MULTILINE)


_PROMISES = "P1 P2 P3 P4 P5 1.1 1.2 1.3 1.4 2.1 2.2 2.3 2.4 3.1 3.2 3.3 3.4 3.5 4.1 4.2 5.1 5.2 6 7a 7b 7c 7d 7e 8a 8b"
"""Of the charter, by its paragraphs."""


def _written_commands() -> Iterator[tuple[str, str]]:
    for page in _PAGES:
        for quoted, typed in _OUR_WRITING.findall(page.read_text("utf-8")):
            yield page.name, (quoted or typed).split("#")[0].strip()


@cache
def _commands() -> Any:
    return typer.main.get_command(app)


def _text(name: str) -> str:
    return (_ROOT / name).read_text("utf-8")


@pytest.mark.parametrize(("page", "written"), sorted(set(_written_commands())))
def test_every_command_told_is_there(page: str, written: str) -> None:
    """Each command on a page exists, with each of its options."""
    command = _commands()
    words = written.split()

    while hasattr(command, "commands") and words:
        assert words[0] in command.commands, f"{page}: rightsflow {written}"
        command = command.commands[words.pop(0)]

    known = {name for parameter in command.params for name in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known, f"{page}: rightsflow {written}"


@pytest.mark.parametrize("field", sorted(Settings.model_fields))
def test_every_setting_is_told(field: str) -> None:
    """docs/operations.md names each environment variable."""
    assert f"`RIGHTSFLOW_{field.upper()}`" in _text("docs/operations.md")


def test_every_told_setting_is_there() -> None:
    """What docs/operations.md lists as a setting is one, or is named by the wiring and by prefect.yaml."""
    listed = _text("docs/operations.md").split("## Settings")[1].split("\n## ")[0]

    names = set(re.findall(r"`RIGHTSFLOW_([A-Z_]+)`", listed))

    assert names == {field.upper() for field in Settings.model_fields} | {"CODE", "TIME_ZONE"}


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.relative_to(_ROOT).as_posix())
def test_every_link_to_a_file_leads_there(page: Path) -> None:
    """Links and pictures within the repository resolve."""
    targets = [link for link in re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8")) if "://" not in link]

    assert [link for link in targets if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.relative_to(_ROOT).as_posix())
def test_every_file_named_is_there(page: Path) -> None:
    """A path in backquotes that begins with a folder of ours is a path."""
    named = re.findall(r"`((?:tests|docs|flows|tasks|integrations|data_contracts)/[\w/.-]+)`", page.read_text("utf-8"))

    assert [path for path in named if not (_ROOT / path).exists()] == []


def test_first_system_is_the_one_shown() -> None:
    """README shows the example's contract as it is."""
    shown = _text("README.md").split("```yaml\n")[1].split("```")[0]

    assert shown == _text("docs/first-system/systems/shop.odcs.yaml")


def test_first_system_is_without_fault(tmp_path: Path) -> None:
    """The folder that README has a newcomer make has no fault."""
    folder = tmp_path / "contracts"
    shutil.copytree(_ROOT / "docs" / "first-system", folder)

    for name in ("organisation.yaml", "policy.yaml"):
        shutil.copy(_ROOT / "data_contracts" / name, folder)

    assert [str(fault) for fault in check(folder)] == []


def test_every_gate_is_told() -> None:
    """docs/operations.md says what to do at each gate."""
    told = _text("docs/operations.md").split("## What to do at each gate")[1].split("\n## ")[0]

    assert set(re.findall(r"^\| `([\w-]+)` \|", told, re.MULTILINE)) == {gate.value for gate in Gate}


def test_life_of_a_case_is_drawn_as_it_is() -> None:
    """Each arrow of the diagram is an allowed move."""
    drawn = re.findall(r"^    (\w+) --> (\w+)", _text("docs/architecture.md"), re.MULTILINE)

    assert [(origin, to) for origin, to in drawn if CaseState(to) not in MOVES[CaseState(origin)]] == []
    assert drawn


def test_every_law_has_a_test() -> None:
    """docs/architecture.md names a test for each of its laws, or says that there is none and why."""
    table = _text("docs/architecture.md").split("## Laws of the house")[1]

    rows = re.findall(r"^\| (\d+)\. [^|]+\| (`tests/|none: )", table, re.MULTILINE)

    assert [int(number) for number, _ in rows] == [*range(1, 13), 14]


def test_every_threat_names_a_test_that_is_there() -> None:
    """docs/threats.md: each line's test exists under that name in that module."""
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", _text("docs/threats.md"))
    tests = {
        (file.name, name)
        for file in (_ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^ *def (test_\w+)", file.read_text("utf-8"), re.MULTILINE)
    }

    assert len(named) > 30
    assert set(named) - tests == set()


def test_every_row_of_threats_leads_to_a_test() -> None:
    """docs/threats.md: no threat stands there without one; each row ends with the name of a test, once."""
    rows = [line for line in _text("docs/threats.md").splitlines() if line.startswith("| ")]

    assert rows[:2] == ["| threat | what stands against it | test |", "| --- | --- | --- |"]
    assert [row for row in rows[2:] if not re.fullmatch(r"\| .+ \| .+ \| `test_\w+\.py::test_\w+` \|", row)] == []


def test_every_promise_names_a_test_that_is_there() -> None:
    """docs/charter.md: a row for each promise of the charter, each with a test that exists under that name."""
    rows = re.findall(r"^\| ([P0-9][0-9.a-e]*) \|.*\| ([^|]+) \|$", _text("docs/charter.md"), re.MULTILINE)
    tests = {
        (file.name, name)
        for file in (_ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^ *def (test_\w+)", file.read_text("utf-8"), re.MULTILINE)
    }

    assert [number for number, _ in rows] == _PROMISES.split()
    for _, named in rows:
        told = re.findall(r"`(test_\w+\.py)::(test_\w+)`", named)
        assert told
        assert set(told) - tests == set()
