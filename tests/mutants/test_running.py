"""Mutants are noticed where a test looks, survive where none does, and nothing else is taken for a failure."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.mutants import page, results
from tests.mutants.changes import mutants_of
from tests.mutants.packages import PACKAGES, ROOT

_MODULE = "tasks/rules/values/tokens.py"
_RUN = """
import json, sys
from pathlib import Path
import pytest
from tests.mutants.changes import mutants_of
from tests.mutants.importing import QUIET
from tests.mutants.running import Plugin
from dataclasses import replace

found = list(mutants_of(sys.argv[1]).mutants)
# One that changes nothing, in a function and outside.
node = lambda one: replace(one._mutation, mutated_node=one._mutation.original_node)
same = [replace(one, key=f"same {one.function}", _mutation=node(one))
        for one in (next(m for m in found if m.function), next(m for m in found if not m.function))]
told = {}
plugin = Plugin([*same, *found], frozenset({sys.argv[1]}), lambda m, v: told.update({m.key: v}), processes=1)
pytest.main([*QUIET, f"--rootdir={Path.cwd()}", sys.argv[2]], plugins=[plugin])
print(json.dumps(told), file=sys.__stdout__)
"""


def _told(module: str, tests: str) -> dict[str, str]:
    """The verdicts of a module's mutants, in a process of their own."""
    command = [sys.executable, "-c", _RUN, module, tests]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    verdicts: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return verdicts


def test_change_is_noticed_by_its_tests_and_no_change_by_none() -> None:
    """Inside a function, where its code is exchanged, and outside, where the module is imported anew."""
    verdicts = _told(_MODULE, "tests/tasks/rules/values/test_tokens.py")

    unchanged = [verdict for key, verdict in verdicts.items() if key.startswith("same")]
    assert unchanged == ["survived", "survived"]
    by_place = {
        bool(one.function): verdicts[one.key] for one in mutants_of(_MODULE).mutants if verdicts[one.key] == "killed"
    }
    assert by_place == {True: "killed", False: "killed"}


def test_line_that_no_test_runs_is_said_so() -> None:
    """It is no kill."""
    verdicts = _told(_MODULE, "tests/tasks/rules/clock/test_warnings.py")

    assert set(verdicts.values()) <= {"no test", "survived"}


@pytest.mark.parametrize("name", PACKAGES)
def test_package_has_code_and_tests(name: str) -> None:
    """A folder that moved is noticed."""
    package = PACKAGES[name]

    assert package.modules
    assert [place for place in (*package.code, *package.tests) if not (ROOT / place).exists()] == []


def test_key_is_of_the_line_and_of_nothing_around_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found counts until the line changes; of two alike lines each has its own."""
    file = tmp_path / "one.py"
    monkeypatch.setattr("tests.mutants.changes.ROOT", tmp_path)

    def keys(code: str) -> list[str]:
        file.write_text(code)
        return [one.key for one in mutants_of("one.py").mutants]

    plain = keys("def f(a):\n    a < 1\n    a < 1\n")

    assert len(set(plain)) == len(plain) > 0
    assert keys("# a comment\n\ndef f(a):\n    a < 1\n    a < 1\n") == plain
    assert not set(keys("def f(a):\n    a < 2\n    a < 2\n")) & set(plain)


def test_words_are_left_out_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That an error is raised, and when, is not."""
    monkeypatch.setattr("tests.mutants.changes.ROOT", tmp_path)
    (tmp_path / "one.py").write_text(
        'def f(a):\n    what = "it is too big"\n    if a > 1:\n        raise E(what, where=a)\n'
    )

    found = mutants_of("one.py")

    assert {(one.was, one.now) for one in found.mutants} == {("> 1", ">= 1"), ("1", "2")}
    assert not [one for one in found.mutants if "what" in one.was]
    assert found.words > 0


def test_property_is_changed_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what answers a call, which is decorated inside of a function."""
    monkeypatch.setattr("tests.mutants.changes.ROOT", tmp_path)
    (tmp_path / "one.py").write_text(
        "class A:\n    @property\n    def p(self):\n        return 1 + self.x\n"
        "def app(door):\n    @door.get\n    def answer():\n        return 1 + door.x\n"
    )

    assert {one.function for one in mutants_of("one.py").mutants} == {"A.p", "app"}


def test_what_was_found_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written and read again; a mutant that is no more is forgotten."""
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    first, second, *_ = mutants_of(_MODULE).mutants
    known = results.Results("small", seed=1)
    known.count(_MODULE, made=2, words=3)
    known.note(first, "killed")
    known.note(second, "survived")
    known.save()

    again = results.load("small")
    assert (again.made, again.modules) == (2, known.modules)
    again.keep_only({first.key}, [_MODULE])
    assert (again.modules[_MODULE].verdict(first.key), again.modules[_MODULE].verdict(second.key)) == ("killed", None)
    again.note(replace(first, first=9), "no test")
    assert again.modules[_MODULE].verdict(first.key) == "no test"


def test_every_reason_is_of_some_survivor() -> None:
    """A reason whose mutants are killed, or gone, is taken out."""
    left = [
        (module, one)
        for name in PACKAGES
        for module, found in results.load(name).modules.items()
        for one in found.survivors.values()
    ]

    idle = [reason.reason for reason in page.reasons() if not any(reason.is_of(module, one) for module, one in left)]
    assert idle == []
