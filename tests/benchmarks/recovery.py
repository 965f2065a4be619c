"""How much memory and time a recovery copy takes: rows sealed, erased and given back.

10,000 and a million rows of one table, each in a process of its own, because a process never gives back the peak it
once had. A few rows come first, so that what is loaded once does not count. Afterwards all is as it was.
"""

import json
import resource
import sys
from pathlib import Path
from subprocess import PIPE, run
from tempfile import TemporaryDirectory
from time import perf_counter

from data_contracts.connectors.keys import Condition, DeleteRows, Selection
from data_contracts.connectors.recovering import space_of
from tasks.act.restoring import copies_of
from tasks.case.recovery import Sealing
from tasks.services import services
from tests.benchmarks.figures import Figure
from tests.benchmarks.shop import an_installation, open_case

__all__ = ["measure"]

_TICKETS = {10_000: -1, 1_000_000: -2}
_FEW = 5


def measure(url: str) -> list[Figure]:
    """Growth of the peak, for each number of rows, as a ratio to that of 10,000 rows."""
    grown = {rows: _in_a_process(url, ticket) for rows, ticket in _TICKETS.items()}
    floor = grown[10_000]["megabytes"]
    return [
        Figure(
            f"seal, erase and give back {rows:,} rows",
            facts["megabytes"],
            "MB",
            floor=floor,
            note=f"sealed and erased in {facts['sealed']:.1f} s, given back in {facts['given']:.1f} s, "
            f"copy of {facts['copy_megabytes']:.1f} MB",
        )
        for rows, facts in grown.items()
    ]


def _in_a_process(url: str, ticket: int) -> dict[str, float]:
    done = run([sys.executable, "-m", __name__, url, str(ticket)], check=True, stdout=PIPE, text=True)
    facts: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return facts


def _grow(url: str, ticket: int) -> dict[str, float]:
    with TemporaryDirectory() as home, an_installation(Path(home), url):
        _around(_FEW)
        before = _peak()
        return {**_around(ticket), "megabytes": _peak() - before}


def _around(ticket: int) -> dict[str, float]:
    """Erase the messages of one ticket, and give them back."""
    case_id = open_case(f"ticket{ticket}@example.org")
    order = DeleteRows(Selection("ticket_message", (Condition(("ticket_id",), frozenset({(ticket,)})),)))
    giver = services().systems.connector("shop").giver()
    if giver is None:
        raise AssertionError("PostgreSQL gives back")
    start = perf_counter()
    (erased,) = giver.carry_out_kept([order], (), Sealing(case_id, "shop", [order]))
    sealed = perf_counter() - start
    size = 0
    for name in services().vault.names(space_of(case_id)):
        with services().vault.read(space_of(case_id), name) as blob:
            while piece := blob.read(1 << 20):
                size += len(piece)
    start = perf_counter()
    (given,) = giver.give_back(copies_of(case_id, "shop"))
    if given.rows != erased:
        raise AssertionError("every row comes back")
    return {"sealed": sealed, "given": perf_counter() - start, "copy_megabytes": size / 1e6}


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps(_grow(sys.argv[1], int(sys.argv[2]))))
