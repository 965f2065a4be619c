"""How many requests a minute the intake site takes in, durably, while Prefect is down and the site is killed once.

The floor is what cannot be left out for each: one transaction of one row that is on the disk, and one file.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from flows.server.machine import free_port
from flows.settings import Settings
from flows.wiring import Installation
from tests.benchmarks.figures import Figure
from tests.crowd import Crowd, a_site, hand_in

__all__ = ["measure"]

_PER_SECOND = 200
_SECONDS = 60
_FLOOR = 500


def measure(seconds: int = _SECONDS, per_second: int = _PER_SECOND) -> list[Figure]:
    """Receipts, and how long people waited for them."""
    people, told = seconds * per_second, list[Crowd]()
    with TemporaryDirectory() as folder:
        home = Path(folder)
        with a_site(home, free_port(), processes=2) as site:
            crowd = threading.Thread(target=lambda: told.append(hand_in(site, people, per_second=per_second)))
            began = time.monotonic()
            crowd.start()
            time.sleep(seconds / 2)
            site.kill()
            site.start()
            crowd.join()
            took = time.monotonic() - began
        facts = _checked(home, told[0], people)
        floor = _floor(home)
    waits = sorted(told[0].seconds)
    return [
        Figure(
            f"{people:,} requests handed in, site killed once",
            took / people * 1000,
            "ms each",
            floor=floor * 1000,
            note=f"{people / took:.0f} a second; {facts['cases']:,} cases of {facts['receipts']:,} receipts",
        ),
        Figure("half of the people waited at most", waits[len(waits) // 2] * 1000, "ms"),
        Figure("95 of 100 people waited at most", waits[int(len(waits) * 0.95)] * 1000, "ms"),
    ]


def _checked(home: Path, crowd: Crowd, people: int) -> Mapping[str, int]:
    made = Installation(Settings(home=home, judge="plain"))
    try:
        cases = {case.case_id for case in made.register.cases()}
    finally:
        made.close()
    assert cases == set(crowd.receipts.values())
    assert len(crowd.receipts) == people
    return {"cases": len(cases), "receipts": len(crowd.receipts)}


def _floor(home: Path) -> float:
    """Seconds for one row and one file, both on the disk."""
    with closing(sqlite3.connect(home / "floor.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE request (number INTEGER PRIMARY KEY, content BLOB)")
        began = time.perf_counter()
        for number in range(_FLOOR):
            connection.execute("INSERT INTO request VALUES (?, ?)", (number, b"x" * 2000))
            with (home / f"floor-{number}").open("wb") as file:
                file.write(b"x" * 600)
                os.fsync(file.fileno())
        return (time.perf_counter() - began) / _FLOOR
