"""The documentation tells what is there: commands, settings, files, links, words, contracts, the life of a case."""

import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
import typer

from data_contracts.case.case import MOVES
from data_contracts.odcs.folder import check
from data_contracts.vocabulary import CaseState, Gate
from flows.cli import app
from flows.settings import Settings
from integrations.register.cases.cases import ALPHABET

_ROOT = Path(__file__).parent.parent
_DOCS = _ROOT / "docs"
_CHANGELOG = _ROOT / "CHANGELOG.md"
_PAGES = sorted([_ROOT / "README.md", *_DOCS.rglob("*.md")])
_ALL = [*_PAGES, _CHANGELOG]
_WRITTEN_BY_US = [page for page in _PAGES if page.parent not in {_DOCS / "adr", _DOCS / "build" / "mutants"}]
"""Pages of today: a decision stays as it was written, and survivors of mutants are code."""
_CODE = ("flows", "tasks", "integrations", "data_contracts")
_OUR_WRITING = re.compile(r"`rightsflow\s+([^`]+)`|^(?:\$ |    |)(?:\.venv/bin/)?rightsflow (.+)$", re.MULTILINE)
_OF_OTHER_PROGRAMS = {"--limit", "--work-queue", "--part", "--survivors", "--no-imports", "--customers", "--subjects"}
"""Options that pages name in backquotes: of Prefect's worker, of pytest, and of modules below tests."""
_BETWEEN_PROCESSES = {"CODE", "TIME_ZONE", "FORKING", "HUSHED", "MOVES_FROM", "MOVES_TO", "PARENT", "SERVES", "LONG"}
"""Variables that our own processes hand to each other, and the one that the Makefile hands to the tests."""
_CASE = "C-7K3M-9QXT"
"""The one case of every example."""

_PROMISES = "P1 P2 P3 P4 P5 1.1 1.2 1.3 1.4 2.1 2.2 2.3 2.4 3.1 3.2 3.3 3.4 3.5 4.1 4.2 5.1 5.2 6 7a 7b 7c 7d 7e 8a 8b"
"""Of the charter, by its paragraphs."""


def _name(page: Path) -> str:
    return page.relative_to(_ROOT).as_posix()


def _text(name: str) -> str:
    return (_ROOT / name).read_text("utf-8")


def _written(page: Path) -> str:
    """What people wrote of a page: what a program made of the code says what the code says."""
    made = r"<!-- made by .*?: from here -->.*?<!-- to here -->"
    return re.sub(made, "", page.read_text("utf-8"), flags=re.DOTALL)


def _part(name: str, heading: str) -> str:
    """What stands on a page below a heading of the second level."""
    return _text(name).split(f"\n## {heading}\n")[1].split("\n## ")[0]


@cache
def _commands() -> Any:
    return typer.main.get_command(app)


def _below(command: Any, name: str) -> Any:
    """A command of a group; None when there is none of that name."""
    found = command.get_command(click.Context(command), name)
    return getattr(found, "real", found)  # commands are imported when they are called


def _leaves(command: Any) -> Iterator[Any]:
    """Each group and command, whenever it is loaded."""
    yield command
    if hasattr(command, "list_commands"):
        for name in command.list_commands(click.Context(command)):
            yield from _leaves(_below(command, name))


def _written_commands() -> Iterator[tuple[str, str]]:
    for page in _ALL:
        for quoted, typed in _OUR_WRITING.findall(page.read_text("utf-8")):
            yield page.name, " ".join((quoted or typed).split("#")[0].split())


@pytest.mark.parametrize(("page", "written"), sorted(set(_written_commands())))
def test_every_command_told_is_there(page: str, written: str) -> None:
    """Each command on a page exists, with each of its options."""
    command = _commands()
    words = written.split()

    while hasattr(command, "list_commands") and words:
        command = _below(command, words.pop(0))
        assert command is not None, f"{page}: rightsflow {written}"

    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    assert {word for word in words if word.startswith("--")} <= known, f"{page}: rightsflow {written}"


@pytest.mark.parametrize("page", _ALL, ids=_name)
def test_every_option_told_is_there(page: Path) -> None:
    """An option that stands alone in backquotes is one of some command."""
    known = {name for command in _leaves(_commands()) for parameter in command.params for name in parameter.opts}
    named = set(re.findall(r"`(--[a-z][a-z-]*)", page.read_text("utf-8")))

    assert named - known - _OF_OTHER_PROGRAMS == set()


@pytest.mark.parametrize("field", sorted(Settings.model_fields))
def test_every_setting_is_told(field: str) -> None:
    """docs/run/settings.md names each environment variable."""
    assert f"`RIGHTSFLOW_{field.upper()}`" in _text("docs/run/settings.md")


def test_every_told_setting_is_there() -> None:
    """What docs/run/settings.md lists as a setting is one, or is named by the wiring and by prefect.yaml."""
    names = set(re.findall(r"`RIGHTSFLOW_([A-Z_]+)`", _text("docs/run/settings.md")))

    assert names == {field.upper() for field in Settings.model_fields} | {"CODE", "TIME_ZONE"}


def _variables(text: str) -> set[str]:
    """Environment variables of ours that a text names, but for those of a system or a recipient."""
    return {
        name for name in re.findall(r"RIGHTSFLOW_([A-Z_]*[A-Z])\b", text) if not re.match("SYSTEM_|RECIPIENT_", name)
    }


@pytest.mark.parametrize("page", _WRITTEN_BY_US, ids=_name)
def test_every_variable_on_a_page_is_read(page: Path) -> None:
    """A variable that any page names is a setting, or one that a program of ours or a test reads."""
    files = [*(_ROOT / "tests").rglob("*.py"), _ROOT / "Makefile", _ROOT / "prefect.yaml"]
    read = {name for file in files if file != Path(__file__) for name in _variables(file.read_text("utf-8"))}
    known = {field.upper() for field in Settings.model_fields} | _BETWEEN_PROCESSES

    assert _variables(page.read_text("utf-8")) - known - read == set()


@pytest.mark.parametrize("folder", _CODE)
def test_every_variable_that_code_names_is_told(folder: str) -> None:
    """Code reads no environment variable that docs/run/settings.md does not tell."""
    named = {name for file in (_ROOT / folder).rglob("*.py") for name in _variables(file.read_text("utf-8"))}

    assert named - _BETWEEN_PROCESSES - _variables(_text("docs/run/settings.md")) == set()


def _slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    shown = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading.strip().lower())
    return re.sub(r"[^\w\- ]", "", shown).replace(" ", "-")


@cache
def _anchors(page: Path) -> frozenset[str]:
    prose = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    return frozenset(_slug(heading) for heading in re.findall(r"^#+ (.+)$", prose, re.MULTILINE))


@pytest.mark.parametrize("page", _PAGES, ids=_name)
def test_every_link_leads_there(page: Path) -> None:
    """Links and pictures within the repository resolve, and what stands behind # is a heading there."""
    lost = []
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if "://" not in link and not (target.exists() and (not anchor or anchor in _anchors(target.resolve()))):
            lost.append(link)

    assert lost == []


def _is_there(named: str) -> bool:
    """A path of the repository, a pattern of paths, or a decision by its number."""
    path = named.rstrip("./")
    return (_ROOT / path).exists() or any(_ROOT.glob(path if "*" in path else f"{path}-*.md"))


@pytest.mark.parametrize("page", _PAGES, ids=_name)
def test_every_file_named_is_there(page: Path) -> None:
    """A path that begins with a folder of ours is a path, in prose and in examples."""
    named = re.findall(
        r"(?<![\w/.-])((?:tests|docs|flows|tasks|integrations|data_contracts)/[\w/.*-]+)", page.read_text("utf-8")
    )

    assert [path for path in named if not _is_there(path)] == []


def test_every_page_that_the_changelog_names_is_there() -> None:
    """Under the path that it had, or under its name in the folder that it has now."""
    named = re.findall(
        r"`((?:tests|docs|flows|tasks|integrations|data_contracts)/[\w/.-]+)`", _CHANGELOG.read_text("utf-8")
    )
    linked = re.findall(r"\]\(((?:docs|tests)/[^)#\s]+)", _CHANGELOG.read_text("utf-8"))
    split = {"docs/operations.md", "docs/recovery.md"}

    assert named
    names = {page.name for page in _PAGES}
    gone = [path for path in (*named, *linked) if not _is_there(path) and Path(path).name not in names]
    assert set(gone) <= split


@pytest.mark.parametrize("folder", [*_CODE, "tests", "Makefile", "pyproject.toml", "prefect.yaml"])
def test_every_page_that_code_names_is_there(folder: str) -> None:
    """Messages, comments and templates name pages by the path that they have."""
    place = _ROOT / folder
    files = (
        [place]
        if place.is_file()
        else [file for file in place.rglob("*.*") if file.suffix in {".py", ".yaml", ".j2", ".txt"}]
    )
    named = {
        (file.name, path)
        for file in files
        if file != Path(__file__)
        for path in re.findall(r"(?<![\w/.-])(docs/[\w/.*-]+)", file.read_text("utf-8"))
    }

    assert {(name, path) for name, path in named if not _is_there(path)} == set()


def test_every_page_is_in_the_index() -> None:
    """docs/README.md, of at most 40 lines, leads to each page of its five folders; README has at most 120."""
    index = _text("docs/README.md")
    pages = {page.relative_to(_DOCS).as_posix() for page in _WRITTEN_BY_US if page.is_relative_to(_DOCS)}

    assert pages - set(re.findall(r"\]\(([^)#]+)", index)) == {"README.md"}
    assert len(index.splitlines()) <= 40
    assert len(_text("README.md").splitlines()) <= 120


@pytest.mark.parametrize("page", _WRITTEN_BY_US, ids=_name)
def test_no_page_uses_a_word_that_was_given_up(page: Path) -> None:
    """docs/glossary.md lists words that pages do not use."""
    given_up = re.findall(r"^\| `([^`]+)` \|", _part("docs/glossary.md", "Words that were given up"), re.MULTILINE)
    assert len(given_up) > 5

    text = "" if page.name == "glossary.md" else " ".join(re.sub(r"`[^`]*`", "", _written(page)).lower().split())
    assert [word for word in given_up if re.search(rf"\b{word}\b", text)] == []


@pytest.mark.parametrize("page", _WRITTEN_BY_US, ids=_name)
def test_no_sentence_begins_with_its_clause(page: Path) -> None:
    """A sentence of prose names who does what: none begins with What, Whether, Who or Whoever."""
    text = re.sub(r"^(?:```.*?^```|#+ .*?$)", "", _written(page), flags=re.MULTILINE | re.DOTALL)

    begins = r"(?:(?<=[.:;!?] )|(?<=\n\n)|(?<=^[*-] )|(?<=^\d\. ))(?:What|Whether|Who|Whoever|Whom|Whose) [^.\n]{0,60}"
    assert re.findall(begins, text, re.MULTILINE) == []


@pytest.mark.parametrize("page", sorted({*_WRITTEN_BY_US} - {_ROOT / "README.md"}), ids=_name)
def test_every_page_begins_with_what_its_reader_can_do(page: Path) -> None:
    """After its title a page says what its reader can do after it."""
    assert re.match(r"# .+\n\n(You can|After this page you|Find) ", page.read_text("utf-8"))


def _names_of_cases(text: str) -> set[str]:
    """What looks like the name of a case; CJEU C-154/21 is a judgement."""
    return set(re.findall(r"\b(?:C|RF|CASE)-[A-Z0-9][A-Z0-9-]*(?![\w/])", text))


@pytest.mark.parametrize("page", _WRITTEN_BY_US, ids=_name)
def test_every_example_is_of_the_same_case(page: Path) -> None:
    """An example on a page names the case as the software names cases, always the same one."""
    assert _names_of_cases(page.read_text("utf-8")) <= {_CASE}


def test_every_case_in_a_help_text_is_of_the_same_form() -> None:
    """So do help texts; and the software could make that name."""
    said = [text for one in _leaves(_commands()) for text in (one.help, *(getattr(p, "help", "") for p in one.params))]

    assert {name for text in said for name in _names_of_cases(text or "")} <= {_CASE}
    assert re.fullmatch(rf"C-[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}", _CASE)


def test_first_system_is_the_one_shown() -> None:
    """The tutorial shows the example's contract as it is."""
    shown = _text("docs/connect/first-system.md").split("```yaml\n")[1].split("```")[0]

    assert shown == _text("docs/connect/first-system/systems/shop.odcs.yaml")


def test_first_system_is_without_fault(tmp_path: Path) -> None:
    """The folder that the tutorial has a newcomer make has no fault."""
    folder = tmp_path / "contracts"
    shutil.copytree(_ROOT / "docs" / "connect" / "first-system", folder)

    for name in ("organisation.yaml", "policy.yaml"):
        shutil.copy(_ROOT / "data_contracts" / name, folder)

    assert [str(fault) for fault in check(folder)] == []


def test_every_gate_is_told() -> None:
    """docs/operate/gates.md says what to do at each gate."""
    told = _part("docs/operate/gates.md", "What to do at each gate")

    assert set(re.findall(r"^\| `([\w-]+)` \|", told, re.MULTILINE)) == {gate.value for gate in Gate}


def test_life_of_a_case_is_drawn_as_it_is() -> None:
    """Each arrow of the diagram is an allowed move."""
    drawn = re.findall(r"^    (\w+) --> (\w+)", _part("docs/build/architecture.md", "The life of a case"), re.MULTILINE)

    assert [(origin, to) for origin, to in drawn if CaseState(to) not in MOVES[CaseState(origin)]] == []
    assert drawn


def test_every_law_has_a_test() -> None:
    """docs/build/architecture.md names a test for each of its laws, or says that there is none and why."""
    table = _text("docs/build/architecture.md").split("## Laws of the house")[1]

    rows = re.findall(r"^\| (\d+)\. [^|]+\| (`tests/|none: )", table, re.MULTILINE)

    assert [int(number) for number, _ in rows] == [*range(1, 13), 14]


def test_every_threat_names_a_test_that_is_there() -> None:
    """docs/prove/threats.md: each line's test exists under that name in that module."""
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", _text("docs/prove/threats.md"))
    tests = {
        (file.name, name)
        for file in (_ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^ *def (test_\w+)", file.read_text("utf-8"), re.MULTILINE)
    }

    assert len(named) > 30
    assert set(named) - tests == set()


def test_every_row_of_threats_leads_to_a_test() -> None:
    """docs/prove/threats.md: no threat stands there without one; each row ends with the name of a test, once."""
    rows = [line for line in _text("docs/prove/threats.md").splitlines() if line.startswith("| ")]

    assert rows[:2] == ["| threat | what stands against it | test |", "| --- | --- | --- |"]
    assert [row for row in rows[2:] if not re.fullmatch(r"\| .+ \| .+ \| `test_\w+\.py::test_\w+` \|", row)] == []


def test_every_promise_names_a_test_that_is_there() -> None:
    """docs/prove/charter.md: a row for each promise of the charter, each with a test that exists under that name."""
    rows = re.findall(r"^\| ([P0-9][0-9.a-e]*) \|.*\| ([^|]+) \|$", _text("docs/prove/charter.md"), re.MULTILINE)
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
