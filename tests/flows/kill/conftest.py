"""One process that forks lives for the whole session; lives that are to be cut off run side by side."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.flows.kill.client import Fate, Lives, started
from tests.flows.kill.stories import STORIES

Fates = Mapping[Fate, "Future[dict[str, Any]]"]


@pytest.fixture(scope="session")
def lives() -> Iterator[Lives]:
    """Lets cases live and die."""
    with tempfile.TemporaryDirectory(prefix="rightsflow-lives-") as folder, started(Path(folder)) as made:
        yield made


@pytest.fixture(scope="session")
def undisturbed(lives: Lives) -> dict[str, dict[str, Any]]:
    """What each life tells when nothing happens to it."""
    told: dict[str, dict[str, Any]] = {}
    for name in STORIES:
        with lives.home() as home:
            told[name] = lives.live(home, name)
    return told


@pytest.fixture(scope="session")
def cut_off(request: pytest.FixtureRequest, lives: Lives) -> Iterator[Fates]:
    """What is left of each life that a chosen test cuts off; they go on while tests wait for theirs."""
    parameters = [getattr(item, "callspec", None) for item in request.session.items]
    chosen = [found.params["fate"] for found in parameters if found is not None and "fate" in found.params]
    pool = ThreadPoolExecutor((os.cpu_count() or 1) + 1)  # one waits for the disk
    ends: dict[Fate, Future[dict[str, Any]]] = {}
    for life in dict.fromkeys(fate.life for fate in chosen):
        copies = lives.copies(life, [fate.death for fate in chosen if fate.life == life])
        goes_on = {copy: pool.submit(lives.go_on, copy, life) for copy in dict.fromkeys(copies.values())}
        ends |= {Fate(life, death): goes_on[copy] for death, copy in copies.items()}
    yield ends
    pool.shutdown(cancel_futures=True)
