"""Where the time of the tests goes, by folder: seconds of processor time and of the clock.

    .venv/bin/python -m pytest -p tests.durations tests/flows    # any call of pytest, with -n 2 or without
    .venv/bin/python -m tests.durations                          # of the newest such call; --file: by module

Each test counts with its fixtures. Processor time is this process's own and that of processes it has awaited, so that
a server's is told where the server is ended.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

_FILE: Final = "RIGHTSFLOW_DURATIONS"
"""Names the file that every process of a run writes to."""


_PLACE: Final = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Choose the file, before other processes are started; tests may take the variable away again."""
    config.stash[_PLACE] = Path(os.environ.setdefault(_FILE, str(Path(f".durations-{os.getpid()}.jsonl").absolute())))


def _processor() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Note what a test took."""
    began, spent = time.perf_counter(), _processor()
    found = yield
    line = json.dumps([item.nodeid, _processor() - spent, time.perf_counter() - began])
    with item.config.stash[_PLACE].open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    return found


def table(lines: Iterator[str], *, by_file: bool) -> Iterator[str]:
    """Tests, seconds of processor time and seconds of the clock, by folder or module, the dearest first.

    >>> list(table(iter(['["tests/a/t.py::x", 1.0, 2.0]', '["tests/a/t.py::y", 0.5, 0.5]']), by_file=False))
    ['    2     1.5     2.5  tests/a']
    """
    sums: dict[str, tuple[int, float, float]] = {}
    for line in lines:
        test, processor, clock = json.loads(line)
        module = Path(test.partition("::")[0])
        place = str(module if by_file else module.parent)
        number, spent, took = sums.get(place, (0, 0.0, 0.0))
        sums[place] = number + 1, spent + processor, took + clock
    for place, (number, spent, took) in sorted(sums.items(), key=lambda one: -one[1][1]):
        yield f"{number:5} {spent:7.1f} {took:7.1f}  {place}"


if __name__ == "__main__":
    newest = max(Path().glob(".durations-*.jsonl"), key=lambda file: file.stat().st_mtime)
    for row in table(iter(newest.read_text(encoding="utf-8").splitlines()), by_file="--file" in sys.argv):
        sys.stdout.write(f"{row}\n")
