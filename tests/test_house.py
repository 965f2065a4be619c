"""The laws of the house that no linter knows: sizes, names, a clock that is given, nothing said that must not be."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PACKAGES = ("flows", "tasks", "integrations", "data_contracts")
MODULES = sorted(path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
# A migration lists columns; it is read once and never edited.
CODE = [path for path in MODULES if "versions" not in path.parts]
RULES = [path for path in MODULES if path.parts[:2] == ("tasks", "rules")]

MODULE_LINES = 400
IN_ONE_FILE = {Path("integrations/evidence/auditor.py"): 450}
"""Longer than others: an auditor gets it as one file, which needs nothing else of ours (ADR 16)."""
FUNCTION_LINES = 40
NO_NAMES = {"utils", "util", "helpers", "helper", "manager", "handler", "handlers", "data", "info", "process", "misc"}
"""Names that say that the name was not found yet (glossary)."""

CLOCKS = {"now", "today", "utcnow", "time", "time_ns", "monotonic", "perf_counter", "localtime", "gmtime"}
"""Calls that read a clock; the constructor ``time(…)`` of a moment in a day has arguments, a clock has none."""

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_TEXT = {".py", ".md", ".toml", ".yaml", ".yml", ".html", ".txt", ".css", ".json", ".ini", ".mako", ".typ", ""}
_MACHINE = re.compile(
    r"(?<![\w.<>{}$/-])/(?:root|home|work|opt|Users)/[\w.-]"  # a path of somebody's machine
    r"|(?:index-url|find-links)[ =]+\S*:/"  # the address of a registry
    r"|https?://[^/\s]+/simple\b"
)


def tree(path: Path) -> ast.Module:
    """The module's syntax."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The module's functions and methods, nested ones too."""
    return (node for node in ast.walk(tree(path)) if isinstance(node, _FUNCTIONS))


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the function without its decorators and docstring."""
    first = function.body[0]
    lines = (function.end_lineno or 0) - function.lineno + 1
    if ast.get_docstring(function) is None:
        return lines
    return lines - ((first.end_lineno or 0) - first.lineno + 1)


def tracked() -> list[Path]:
    """Text files that are in the repository, or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    paths = (Path(name) for name in listed.split("\0") if name)
    return [path for path in paths if path.suffix in _TEXT and (ROOT / path).is_file() and path.name != "LICENSE"]


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_module_fits_its_reader(path: Path) -> None:
    """A module has at most 400 lines, and its name says something."""
    lines = (ROOT / path).read_text(encoding="utf-8").count("\n")

    assert lines <= IN_ONE_FILE.get(path, MODULE_LINES)
    assert not NO_NAMES & {part.strip("_") for part in path.with_suffix("").parts}


@pytest.mark.parametrize("path", CODE, ids=str)
def test_function_fits_one_look(path: Path) -> None:
    """A function has at most 40 lines without its docstring."""
    long = [f"{f.name}: {length(f)} lines" for f in functions(path) if length(f) > FUNCTION_LINES]

    assert long == []


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_public_things_are_documented(path: Path) -> None:
    """A module, and every public class and function at its top, says what the caller gets."""
    module = tree(path)
    things = [node for node in module.body if isinstance(node, (*_FUNCTIONS, ast.ClassDef))]
    silent = [thing.name for thing in things if not thing.name.startswith("_") and not ast.get_docstring(thing)]

    assert silent == []
    assert not module.body or ast.get_docstring(module)


@pytest.mark.parametrize("path", RULES, ids=str)
def test_rule_is_given_the_time(path: Path) -> None:
    """A rule of law reads no clock: ``now`` is an argument (law of the house on ``tasks/rules``)."""
    calls = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Call) and not node.args]
    names = {getattr(call.func, "attr", getattr(call.func, "id", "")) for call in calls if not call.keywords}
    zoned = {c.func.attr for c in ast.walk(tree(path)) if isinstance(c, ast.Call) and isinstance(c.func, ast.Attribute)}

    assert not names & CLOCKS
    assert not zoned & {"now", "today", "utcnow", "fromtimestamp"}


@pytest.mark.parametrize("path", RULES, ids=str)
def test_rule_has_no_input_or_output(path: Path) -> None:
    """A rule of law neither opens, prints nor asks."""
    called = {
        node.func.id for node in ast.walk(tree(path)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }

    assert not called & {"open", "print", "input", "exec", "eval", "__import__"}


TABLES_OF_RIGHTS = {
    Path("data_contracts/case/rights.py"): "the table",
    Path("flows/rights/which.py"): "the flow of each",
    Path("flows/runs/forms.py"): "the form of each that has fields of its own",
    Path("tasks/rules/others/drp.py"): "actions of a protocol, which others number",
    Path("integrations/intake/opendsr_api.py"): "types of a protocol, which others number",
    Path("flows/demo/cast.py"): "the requests that the demo plays",
    Path("data_contracts/company/rehearsal_policy.py"): "a default of the policy, which controllers write",
}
"""Modules in which several rights stand beside each other; the list may only shrink."""
_SEVERAL = (ast.Dict, ast.Set, ast.List, ast.Tuple, ast.Match)


def _rights_in(node: ast.AST) -> set[str]:
    within = node.cases if isinstance(node, ast.Match) else [node]
    named = (part for one in within for part in ast.walk(one.pattern if isinstance(one, ast.match_case) else one))
    return {
        part.attr
        for part in named
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == "Right"
    }


def test_rights_stand_side_by_side_in_one_table() -> None:
    """Elsewhere a module reads the table, so that a right that is added is forgotten nowhere."""
    found = {
        path
        for path in CODE
        for node in ast.walk(tree(path))
        if isinstance(node, _SEVERAL) and len(_rights_in(node)) > 1
    }

    assert found == set(TABLES_OF_RIGHTS)


WRITTEN_TWICE = {"tests/flows/kill/test_mail.py", "tests/years/postbox.py"}
"""Modules of tests that open mail servers of two kinds in the same words; the list may only shrink."""


def _said(thing: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> str:
    """What a thing does, without its name and docstring; empty for what fits two lines."""
    body = thing.body[1:] if ast.get_docstring(thing) else thing.body
    lines = sum((part.end_lineno or 0) - part.lineno + 1 for part in body)
    return "".join(map(ast.dump, body)) if lines > 2 else ""  # two lines are a phrase


def test_tests_share_what_they_build_with() -> None:
    """A fixture, fake or builder lies in one place, where the tests that need it find it."""
    written: dict[str, set[str]] = {}
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, (*_FUNCTIONS, ast.ClassDef)) and not node.name.startswith("test_"):
                written.setdefault(_said(node), set()).add(path.relative_to(ROOT).as_posix())

    twice = {path for said, paths in written.items() if said and len(paths) > 1 for path in paths}

    assert twice == WRITTEN_TWICE


_CHANGING = {
    "append", "appendleft", "add", "update", "setdefault", "pop", "popitem", "clear", "extend", "insert", "remove",
    "discard", "sort", "reverse",
}  # fmt: skip


def _own_names(module: ast.Module) -> set[str]:
    """Names that are bound to something at the top of a module."""
    bound = [target for node in module.body if isinstance(node, ast.Assign) for target in node.targets]
    bound += [node.target for node in module.body if isinstance(node, ast.AnnAssign) and node.value]
    return {target.id for target in bound if isinstance(target, ast.Name)}


def _changed(node: ast.AST) -> Iterator[ast.expr]:
    """What a piece of code changes in its place: by an item, by an attribute, or by a method that does so."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGING:
        yield node.func.value
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign | ast.Delete):
        targets = node.targets
    elif isinstance(node, ast.AugAssign | ast.AnnAssign):
        targets = [node.target]
    yield from (target.value for target in targets if isinstance(target, ast.Subscript | ast.Attribute))


@pytest.mark.parametrize("path", CODE, ids=str)
def test_module_keeps_no_state(path: Path) -> None:
    """What a module binds stays as it is: what must be remembered is handed on, a context's, or in a cache."""
    module = tree(path)
    own = _own_names(module)
    changed = {one.id for node in ast.walk(module) for one in _changed(node) if isinstance(one, ast.Name)}
    rebound = {name for node in ast.walk(module) if isinstance(node, ast.Global) for name in node.names}

    assert changed & own == set()
    assert rebound == set()


ENVIRONMENT = {
    Path("flows/settings.py"): "reads it for everybody",
    Path("flows/terminal.py"): "writes it, before libraries read it",
    Path("flows/up/starting.py"): "writes what the processes of the system read",
    Path("flows/demo/__init__.py"): "writes what Prefect reads in this process",
    Path("flows/doors/serving.py"): "writes what the processes of a door read",
    Path("flows/server/places.py"): "hands it on to the processes of the system",
    Path("flows/server/deploying.py"): "hands it on to the process that deploys",
    Path("flows/server/fork_server.py"): "takes that of each flow run over",
    Path("flows/server/fork_client.py"): "imports nothing of ours",
    Path("flows/server/mortal.py"): "imports nothing of ours",
    Path("flows/server/moved.py"): "a process of its own, which is given two addresses",
    Path("flows/embedded/software.py"): "hands the path on to a process",
    Path("flows/embedded/places.py"): "lies below the settings, and asks where the machine keeps sockets",
    Path("flows/embedded/forgetting.py"): "lies below the settings, and asks which home a server has",
    Path("integrations/quality/sql_expectations.py"): "writes what a library reads, and takes it away",
}
"""Modules that touch the environment, and why; the list may only shrink."""


def test_environment_is_read_in_one_place() -> None:
    """Everybody else asks the settings, so that what is configured stands in one list."""
    named = {"environ", "environb", "getenv", "putenv", "unsetenv"}
    found = {
        path
        for path in CODE
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.Attribute) and node.attr in named)
        or (isinstance(node, ast.ImportFrom) and node.module == "os" and named & {one.name for one in node.names})
    }

    assert found == set(ENVIRONMENT)


def test_no_file_tells_of_a_machine() -> None:
    """No file names a path of somebody's machine or the address of a package registry."""
    found = [
        f"{path}:{number}"
        for path in tracked()
        for number, line in enumerate((ROOT / path).read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if _MACHINE.search(line)
    ]

    assert found == []


def test_top_level_stays_as_it_is() -> None:
    """The four packages, the tests, and only the files every repository has."""
    allowed = {
        *PACKAGES, "tests", "docs", ".ci", "prefect.yaml", "pyproject.toml", "requirements.lock",
        "README.md", "CHANGELOG.md", "LICENSE", "Makefile", ".gitignore", ".gitattributes", ".prefectignore",
    }  # fmt: skip

    assert {path.parts[0] for path in tracked()} - allowed == set()


def test_lock_pins_by_hash() -> None:
    """Every package of the lock has its hashes, and none comes from an address."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", lock.strip())

    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in lock


def test_lock_knows_every_dependency() -> None:
    """What pyproject.toml asks for is in the lock, at a version that it allows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = [Requirement(line) for line in project["project"]["dependencies"] + project["dependency-groups"]["dev"]]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = dict(re.findall(r"^([\w.-]+)(?:\[.*\])?==(\S+)", lock, re.MULTILINE))

    missing = [r.name for r in asked if not r.specifier.contains(pinned.get(canonicalize_name(r.name), "0"))]

    assert missing == []
