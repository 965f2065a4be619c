"""Commands are imported when they are called: help, completion, and what a command loads."""

import inspect
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from typer.testing import CliRunner

from data_contracts.vocabulary import Right
from flows.cli import app
from flows.commands import cases, doors, installation, officer
from flows.commands.entries import Command, Group, Panel
from flows.rights.which import LIVES

_TABLES = (*cases.COMMANDS, *doors.COMMANDS, *installation.COMMANDS, *officer.COMMANDS)
_LOADED = "import sys; sys.argv[0] = 'rightsflow'; from flows.cli import app\n"
_TELLING = (
    "import atexit, json\natexit.register(lambda: sys.stderr.write('\\n' + json.dumps(sorted(sys.modules))))\napp()"
)


def _commands() -> Iterator[tuple[str, Command]]:
    for entry in _TABLES:
        if isinstance(entry, Group):
            yield from ((f"{entry.name} {command.name}", command) for command in entry.commands)
        else:
            yield entry.name, entry


def _loaded(home: Path, *words: str, **variables: str) -> set[str]:
    """Modules that a command has imported when it ends."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT")}
    environment |= {"RIGHTSFLOW_HOME": str(home), **variables}
    command = [sys.executable, "-c", _LOADED + _TELLING, *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return set(json.loads(done.stderr.strip().split("\n")[-1]))


@pytest.mark.parametrize(
    ("name", "command"), list(_commands()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_table_tells_what_the_command_does(name: str, command: Command) -> None:
    """Its function is there, and the line of help is how its docstring begins."""
    module, _, function = command.function.partition(":")
    place = module if module.startswith("flows.") else f"flows.commands.{module}"
    first, *_ = (inspect.getdoc(getattr(import_module(place), function)) or "").split("\n")

    assert first.startswith(command.text.rstrip(".")), name


def test_help_stands_in_panels() -> None:
    """Each top-level command is in one of them, in their order."""
    told = CliRunner().invoke(app, ["--help"]).output

    assert [entry.name for entry in _TABLES if entry.panel is None] == []
    places = [told.index(f"─ {panel.value} ─") for panel in Panel]
    assert places == sorted(places)


@pytest.mark.parametrize("words", [("--help",), ("contracts", "--help"), ("--version",)])
def test_help_imports_no_command(words: tuple[str, ...], tmp_path: Path) -> None:
    """Nor settings, contracts or anything heavy."""
    loaded = _loaded(tmp_path, *words)

    assert not {
        name for name in loaded if name.startswith(("tasks", "integrations", "data_contracts", "flows.operator"))
    }
    assert not loaded & {"prefect", "sqlalchemy", "pyarrow", "pydantic_settings", "yaml"}
    assert len(loaded) < 450


@pytest.mark.parametrize(
    "words",
    [
        ("cases",),
        ("case", "C-0000-0000"),
        ("open", "access", "--identity", "email=ana@example.org"),
        ("approve", "C-0000-0000", "approval", "--as", "zoe", "--code", "123456"),
    ],
)
def test_without_a_server_nothing_of_prefect_is_imported(words: tuple[str, ...], tmp_path: Path) -> None:
    """Nor Great Expectations, web applications, connectors or what sends."""
    loaded = _loaded(tmp_path, *words)

    assert "sqlalchemy" in loaded
    assert not loaded & {"prefect", "great_expectations", "fastapi", "uvicorn", "jinja2", "httpx", "pypdf"}
    assert not {name for name in loaded if name.startswith(("integrations.systems", "integrations.channels"))}


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("rightsflow contr", "contracts"),
        ("rightsflow contracts che", "check"),
        ("rightsflow open --chan", "--channel"),
        ("rightsflow open acc", "access"),
    ],
)
def test_shell_completes(typed: str, wanted: str, tmp_path: Path) -> None:
    """Names, names in a group, options and values, as Bash asks for them."""
    words = typed.split()
    asked = {"_RIGHTSFLOW_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(len(words) - 1)}
    environment = {**os.environ, **asked, "RIGHTSFLOW_HOME": str(tmp_path / "home")}

    command = [sys.executable, "-c", _LOADED + "app()"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert wanted in done.stdout.split()
    assert not (tmp_path / "home").exists()


def test_shell_is_told_how(monkeypatch: pytest.MonkeyPatch) -> None:
    """`--show-completion` prints the script that makes a shell ask."""
    monkeypatch.setenv(
        "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1"
    )  # which shell runs the tests does not matter

    told = CliRunner().invoke(app, ["--show-completion", "bash"], prog_name="rightsflow")

    assert "_RIGHTSFLOW_COMPLETE=complete_bash" in told.output


@pytest.mark.parametrize("words", [["report"], ["erasures", "restore"]])
def test_older_name_works_and_is_not_shown(words: list[str]) -> None:
    """Scripts go on; people see the newer one."""
    runner = CliRunner()

    assert runner.invoke(app, [*words, "--help"]).exit_code == 0
    assert f"│ {words[-1]} " not in runner.invoke(app, [*words[:-1], "--help"]).output


def test_every_right_that_can_be_opened_has_a_life() -> None:
    """`rightsflow open` does not import the flows to know."""
    assert set(LIVES) == set(Right)
