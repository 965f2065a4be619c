"""Where the time of the tests goes, by folder: seconds of processor time and of the clock.

    .venv/bin/python -m pytest -p tests.durations tests/flows       # any call of pytest, with -n 2 or without

Each test counts with its fixtures; processor time is this process's own and that of the processes it has awaited, so
that of a server which it started is told where the server is ended.
"""

import json
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

_FILE: Final = "RIGHTSFLOW_DURATIONS"
"""Names the file that every process of a run writes to."""


def pytest_configure() -> None:
    """Choose the file, before other processes are started."""
    os.environ.setdefault(_FILE, str(Path(f".durations-{os.getpid()}.jsonl").absolute()))


def _processor() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Note what a test took."""
    began, spent = time.perf_counter(), _processor()
    found = yield
    line = json.dumps([item.nodeid, _processor() - spent, time.perf_counter() - began])
    with Path(os.environ[_FILE]).open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    return found
