"""``python -m tests.mutants``: run the mutants of packages, and write the table of docs/build/mutants.md."""

import argparse
import hashlib
import os
import re
import sys
import time
from collections.abc import Sequence
from typing import Final

import pytest

from tests.mutants import results
from tests.mutants.changes import Mutant, mutants_of
from tests.mutants.importing import QUIET
from tests.mutants.packages import PACKAGES, ROOT, Package
from tests.mutants.running import KILLED, TIMED_OUT, Plugin

_SAVED_EVERY: Final = 15.0
"""Seconds after which what was found is written, so that an interrupt loses no more."""


def main() -> int:
    """Run what is asked for; what was found before is not run again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", nargs="*", help=f"of {', '.join(PACKAGES)}; all where none is named")
    parser.add_argument("--seed", type=int, default=13, help="draws the sample")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--survivors", action="store_true", help="run those again that survived")
    parser.add_argument("--count", action="store_true", help="run nothing, count what there is")
    parser.add_argument("--no-imports", action="store_true", help="leave changes outside of functions for another time")
    parser.add_argument("--tests", nargs="+", help="ask these tests alone, such as new ones; only a kill is noted")
    parser.add_argument(
        "--module", default="", help="only mutants of modules whose path has this (a regular expression)"
    )
    asked = parser.parse_args()
    unknown = [name for name in asked.packages if name not in PACKAGES]
    if unknown:
        parser.error(f"no such package: {', '.join(unknown)}; there are {', '.join(PACKAGES)}")
    for name in asked.packages or PACKAGES:
        _run(name, PACKAGES[name], asked)
    return 0


def _run(name: str, package: Package, asked: argparse.Namespace) -> None:
    known = results.load(name)
    known.seed, known.sample = asked.seed, package.sample
    every: list[Mutant] = []
    for module in package.modules:
        # A sample is drawn of all; else what is not asked for need not be made.
        if package.sample or re.search(asked.module, module):
            found = mutants_of(module)
            known.count(module, made=len(found.mutants), words=found.words)
            every += found.mutants
    chosen = _drawn(every, package.sample, asked.seed)
    if package.sample or not asked.module:
        known.keep_only({mutant.key for mutant in chosen}, package.modules)
    todo = [mutant for mutant in chosen if _is_due(mutant, known, asked)]
    # What needs no import goes first.
    todo.sort(key=lambda mutant: not mutant.function)
    _say(f"{name}: {len(every)} mutants, {len(chosen)} drawn, {len(todo)} to run")
    if todo and not asked.count:
        _execute(package, todo, known, asked)
    known.save()


def _is_due(mutant: Mutant, known: results.Results, asked: argparse.Namespace) -> bool:
    if not re.search(asked.module, mutant.module) or (asked.no_imports and not mutant.function):
        return False
    module = known.modules.get(mutant.module)
    verdict = module.verdict(mutant.key) if module else None
    if asked.tests:
        # Of a mutant that not all tests have seen, a few of them would tell kills alone.
        return verdict is not None and verdict != KILLED
    return verdict is None or (asked.survivors and verdict != KILLED)


def _drawn(every: Sequence[Mutant], sample: int, seed: int) -> list[Mutant]:
    """The sample: the lowest by a digest of seed and key, so that a change elsewhere draws no other."""
    if not sample or len(every) <= sample:
        return list(every)
    by_lot = sorted(every, key=lambda mutant: hashlib.sha256(f"{seed} {mutant.key}".encode()).digest())
    keys = {mutant.key for mutant in by_lot[:sample]}
    return [mutant for mutant in every if mutant.key in keys]


def _execute(package: Package, todo: Sequence[Mutant], known: results.Results, asked: argparse.Namespace) -> None:
    done = killed = 0
    began = saved = time.monotonic()

    def told(mutant: Mutant, verdict: str) -> None:
        nonlocal done, killed, saved
        is_killed = verdict in {KILLED, TIMED_OUT}
        if is_killed or not asked.tests:
            known.note(mutant, verdict)
        done, killed = done + 1, killed + is_killed
        if time.monotonic() - saved > _SAVED_EVERY:
            saved = time.monotonic()
            known.save()
            _say(f"  {done}/{len(todo)}, {killed} killed, {done / (saved - began):.1f} a second")

    plugin = Plugin(todo, frozenset(package.modules), told, processes=asked.processes)
    arguments = [*QUIET, f"--rootdir={ROOT}", *(asked.tests or package.tests)]
    try:
        pytest.main(arguments, plugins=[plugin])
    finally:
        known.save()


def _say(line: str) -> None:
    print(line, file=sys.__stderr__, flush=True)


if __name__ == "__main__":
    sys.exit(main())
