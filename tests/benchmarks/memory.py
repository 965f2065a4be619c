"""How much memory one access takes: of a subject with few rows, with 10,000 and with a million in one table.

Each is measured in a process of its own, because a process never gives back the peak it once had. A small access comes
first, so that what is loaded and compiled once does not count.
"""

import json
import resource
import sys
from pathlib import Path
from subprocess import PIPE, run
from tempfile import TemporaryDirectory
from time import perf_counter

from flows.rights.stages import search_all
from tasks.act.access import build_package, plan_access
from tasks.case.plans import confirm_staged, confirmed
from tasks.case.sealed import PACKAGE
from tasks.search.locate import finish_search, stage_rows, survey_system
from tests.benchmarks.figures import Figure
from tests.benchmarks.shop import an_installation, approve, open_case

__all__ = ["measure"]

_SUBJECTS = {10_000: "ten-thousand@example.org", 1_000_000: "a-million@example.org"}
_FEW = "subject5@example.org"


def measure(url: str) -> list[Figure]:
    """Growth of the peak, for each number of rows, as a ratio to that of 10,000 rows."""
    grown = {rows: _in_a_process(url, email) for rows, email in _SUBJECTS.items()}
    floor = grown[10_000]["megabytes"]
    return [
        Figure(
            f"stage and package, {rows:,} rows in one table",
            facts["megabytes"],
            "MB",
            floor=floor,
            note=f"{facts['seconds']:.1f} s, package of {facts['package_megabytes']:.1f} MB",
        )
        for rows, facts in grown.items()
    ]


def _in_a_process(url: str, email: str) -> dict[str, float]:
    done = run([sys.executable, "-m", __name__, url, email], check=True, stdout=PIPE, text=True)
    facts: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return facts


def _grow(url: str, email: str) -> dict[str, float]:
    with TemporaryDirectory() as home, an_installation(Path(home), url):
        _access(_FEW)
        before, start = _peak(), perf_counter()
        case_id = _access(email)
        seconds, grown = perf_counter() - start, _peak() - before
        size = (Path(home) / "state" / "vault" / case_id / PACKAGE).stat().st_size
    return {"megabytes": grown, "seconds": seconds, "package_megabytes": size / 1e6}


def _access(email: str) -> str:
    case_id = open_case(email)
    survey_system(case_id, "shop")
    search_all(case_id)
    finish_search(case_id)
    stage_rows(case_id, "shop")
    plan_access(case_id)
    approve(case_id)
    confirm_staged(case_id)
    build_package(case_id, confirmed(case_id))
    return case_id


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps(_grow(*sys.argv[1:3])))
