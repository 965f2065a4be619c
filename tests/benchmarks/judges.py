"""What it costs to judge an erasure: Great Expectations beside plain Python, first and later ones of a process."""

import json
import sys
from subprocess import PIPE, run
from time import perf_counter

from data_contracts.case.judging import Judge
from data_contracts.case.plan import Remaining
from integrations.quality.judge import GreatExpectationsJudge, PlainJudge
from tests.benchmarks.figures import Figure

__all__ = ["measure"]

_JUDGES: dict[str, type[Judge]] = {"plain": PlainJudge, "great-expectations": GreatExpectationsJudge}
_TABLES = [("shop", f"table_{number}") for number in range(12)]
_LATER = 5


def measure() -> list[Figure]:
    """Milliseconds of the first judgement of a process, and of those that follow, over 12 tables."""
    times = {name: _in_a_process(name) for name in _JUDGES}
    floor = times["plain"]
    return [
        Figure(f"{name}: {which} judgement", value * 1000, "ms", floor=base * 1000)
        for name, both in times.items()
        for which, value, base in zip(("first", "later"), both, floor, strict=True)
    ]


def _in_a_process(name: str) -> tuple[float, float]:
    done = run([sys.executable, "-m", __name__, name], check=True, stdout=PIPE, text=True)
    first, later = json.loads(done.stdout.splitlines()[-1])
    return first, later


def _judge(name: str) -> tuple[float, float]:
    judge = _JUDGES[name]()
    proof = [Remaining(*path, "rows", remaining=0, kept=0) for path in _TABLES]
    times = []
    for _ in range(1 + _LATER):
        start = perf_counter()
        if not judge.judge(proof, _TABLES).proven:
            raise AssertionError("nothing remains, so the erasure is proven")
        times.append(perf_counter() - start)
    return times[0], sum(times[1:]) / _LATER


if __name__ == "__main__":
    print(json.dumps(_judge(sys.argv[1])))
