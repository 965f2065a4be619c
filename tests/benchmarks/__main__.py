"""``python -m tests.benchmarks``: measure everything and print the tables of docs/build/benchmarks.md."""

import argparse
import os
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks import (
    burst,
    door,
    dossier,
    erasure,
    evidence_log,
    history,
    incident,
    judges,
    memory,
    permissions,
    recovery,
    rehearsal,
    request_path,
    witness,
)
from tests.benchmarks.figures import show
from tests.benchmarks.shop import CUSTOMERS, a_server, an_installation, fill

_MEMORY_DISK = Path("/dev/shm")  # noqa: S108  # a folder of our own is made in it


def main() -> None:
    """Measure, and print as it goes."""
    parser = argparse.ArgumentParser(description="Measures the engine, each figure beside its floor.")
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--subjects", type=int, default=200)
    parser.add_argument("--records", type=int, default=evidence_log.RECORDS, help="of the log that is verified")
    parser.add_argument("--history", type=int, default=history.CASES, help="cases that have ended, in the register")
    parser.add_argument("--burst", type=int, default=0, help="requests at once through `rightsflow up`; 0: none")
    asked = parser.parse_args()
    with a_server() as url:
        rows = fill(url, asked.customers)
        print(f"{asked.customers:,} customers, {rows:,} rows in 12 tables of PostgreSQL")
        print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}")
        if _MEMORY_DISK.is_dir():
            title = f"An access ({asked.subjects} subjects), state on a disk in memory"
            show(title, request_path.measure(url, asked.customers, asked.subjects, folder=_MEMORY_DISK))
        title = f"An access ({asked.subjects} subjects), state on this machine's disk"
        show(title, request_path.measure(url, asked.customers, asked.subjects))
        show("Memory that an access adds to the process", memory.measure(url))
        show("Memory that a recovery copy adds to the process", recovery.measure(url))
        show("A witness over 12 tables", witness.measure(url, asked.customers))
        with TemporaryDirectory() as home:
            show("A rehearsal over 12 tables", rehearsal.measure(url, asked.customers, Path(home)))
        with TemporaryDirectory() as home, an_installation(Path(home), url):
            show("Erasing rows of half of the customers at once", erasure.measure(url, asked.customers))
        show("A register in which nearly all cases have ended", history.measure(url, asked.history))
    show("Judging an erasure of 12 tables", judges.measure())
    show("Memory that the authority's dossier of a period adds to the process", dossier.measure())
    show("Verifying the log of all cases offline", evidence_log.measure(asked.records))
    show("Telling people of an incident", incident.measure())
    show("The door in front of Prefect", door.measure())
    show("Asking whether each of a million keys may be used", permissions.measure())
    if asked.burst:
        show("A burst of requests through `rightsflow up`", burst.measure(asked.burst))


if __name__ == "__main__":
    main()
