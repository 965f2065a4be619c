"""How much memory and time the authority's dossier of a period takes, by the number of its cases.

Each number is measured in a process of its own, because a process never gives back its peak. A small dossier
comes first, so that what is loaded once does not count. The floor is the dossier of a tenth of the cases.
"""

import json
import resource
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from subprocess import PIPE, run
from tempfile import TemporaryDirectory
from time import perf_counter

from data_contracts.case.case import NewCase
from data_contracts.evidence.records import Record
from data_contracts.officer.dossiers import Scope
from data_contracts.vocabulary import Channel, Duty, Right
from flows.duties.dossier import make
from flows.settings import Settings
from flows.wiring import Installation
from integrations.evidence import verify_any
from tasks.rules.officer.dossiers import RECOUNT
from tasks.services import use
from tests.benchmarks.figures import Figure

__all__ = ["measure"]

_CASES = (1_000, 10_000)
_RECORDS = 12
_SMALL = 50


def measure() -> list[Figure]:
    """Growth of the peak while making and verifying, for each number of cases, beside that of the smallest."""
    grown = {cases: _in_a_process(cases) for cases in _CASES}
    floor = grown[_CASES[0]]["megabytes"]
    return [
        Figure(
            f"dossier of {cases:,} cases",
            facts["megabytes"],
            "MB",
            floor=floor,
            note=f"made in {facts['made']:.1f} s, verified in {facts['verified']:.1f} s, {facts['size']:.1f} MB",
        )
        for cases, facts in grown.items()
    ]


def _in_a_process(cases: int) -> dict[str, float]:
    done = run([sys.executable, "-m", __name__, str(cases)], check=True, stdout=PIPE, text=True)
    facts: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return facts


def _grow(cases: int) -> dict[str, float]:
    with TemporaryDirectory() as home:
        made = Installation(Settings(home=Path(home), judge="plain"))
        with use(made.services):
            _fill(made, _SMALL, date(2025, 1, 1))
            _make(made, date(2025, 1, 1), Path(home) / "small.zip")
            _fill(made, cases, date(2026, 1, 1))
            file = Path(home) / "dossier.zip"
            before, start = _peak(), perf_counter()
            _make(made, date(2026, 1, 1), file)
            took, start = perf_counter() - start, perf_counter()
            assert verify_any(file, [], RECOUNT).is_whole
            verified, size = perf_counter() - start, file.stat().st_size
        made.close()
    return {"megabytes": _peak() - before, "made": took, "verified": verified, "size": size / 1e6}


def _fill(made: Installation, cases: int, day: date) -> None:
    """Cases received on one day, each with a record of receipt and more."""
    at = datetime(day.year, day.month, day.day, 10, tzinfo=UTC)
    for number in range(cases):
        key = f"{day}-{number}"
        case = made.register.open_case(NewCase(Right.ERASURE, Channel.FORM, "fr", at, day.replace(month=2), key))
        for step in range(_RECORDS):
            record = Record(f"step {step}", "crm", {"rows": {"customer": step, "interaction": number}})
            made.register.complete(case.case_id, f"step {step}", "crm", receipt={}, record=record)


def _make(made: Installation, day: date, file: Path) -> None:
    scope = Scope(since=day, until=day)
    run_id = made.register.open_run(Duty.DOSSIER, str(day)).run_id
    receipt = {**scope.facts(), "asked_by": "benchmark", "proof": "none", "letters": False}
    made.register.complete(run_id, "begin", receipt=receipt, record=Record("begin", "", {}))
    make(made, run_id, file)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps(_grow(int(sys.argv[1]))))
