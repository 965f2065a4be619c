"""Runs tests in a process that forgets our modules and imports them anew, one of them changed."""

import importlib.abc
import importlib.machinery
import importlib.util
import sys
import types
from collections.abc import Sequence
from typing import Final

import pytest

from tests.mutants.changes import Mutant
from tests.mutants.packages import ROOT

_OURS: Final = ("flows", "tasks", "integrations", "data_contracts", "tests")
QUIET: Final = (
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
    "--tb=no",
    "-s",
    "-q",
    "-p",
    "no:cov",
    "-p",
    "no:cacheprovider",
)
"""No word about how a test failed; what these modules imported before pytest did does not matter here."""


class _Changed(importlib.machinery.SourceFileLoader):
    """Loads the module with the mutant's statement in the place of its own."""

    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self._source = source

    def get_code(self, fullname: str) -> types.CodeType:
        return compile(self._source, self.get_filename(fullname), "exec", dont_inherit=True)


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, mutant: Mutant) -> None:
        self._name = mutant.module.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        self._path = str(ROOT / mutant.module)
        self._source = mutant.whole()

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None,  # noqa: ARG002  # the protocol's
        target: types.ModuleType | None = None,  # noqa: ARG002  # the protocol's
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self._name:
            return None
        loader = _Changed(name, self._path, self._source)
        return importlib.util.spec_from_file_location(name, self._path, loader=loader)


class _Chosen:
    """Runs the chosen tests alone, in the order given."""

    def __init__(self, tests: Sequence[str]) -> None:
        self._order = {name: place for place, name in enumerate(tests)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted(
            (item for item in items if item.nodeid in self._order), key=lambda item: self._order[item.nodeid]
        )


def run_anew(mutant: Mutant, tests: Sequence[str]) -> int:
    """Collect and run the tests; 0 where all pass."""
    for name in [name for name in sys.modules if name.partition(".")[0] in _OURS]:
        # This package runs on, and is not what is tried.
        if not name.startswith("tests.mutants"):
            del sys.modules[name]
    sys.meta_path.insert(0, _Finder(mutant))
    files = list(dict.fromkeys(test.partition("::")[0] for test in tests))
    arguments = ["-x", *QUIET, f"--rootdir={ROOT}", *files]
    return int(pytest.main(arguments, plugins=[_Chosen(tests)]) != 0)
