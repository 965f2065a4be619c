"""Figures: what was measured, in a unit, and as a ratio to its floor."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import TypeVar

__all__ = ["Figure", "Timed", "of_times", "show"]

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report."""

    what: str
    value: float
    unit: str
    floor: float | None = None
    """In the same unit, measured in the same run."""
    p95: float | None = None
    best: float | None = None
    """The quickest round: what it takes when nothing else runs on the machine."""
    note: str = ""

    def cells(self) -> tuple[str, ...]:
        """The line as text, cell by cell."""
        ratio = f"{self.value / self.floor:,.1f}" if self.floor else ""
        numbers = (_number(number, self.unit) for number in (self.value, self.p95, self.best))
        return self.what, *numbers, ratio, self.note


class Timed:
    """Notes how long calls take, by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}

    def __call__(self, name: str, call: Callable[[], R]) -> R:
        """What ``call`` gives."""
        start = perf_counter()
        result = call()
        self.seconds.setdefault(name, []).append(perf_counter() - start)
        return result

    def forget(self) -> None:
        """Drop what was noted while everything warmed up."""
        self.seconds.clear()

    def together(self, *names: str) -> list[float]:
        """Milliseconds of the named calls, added up round by round."""
        return [sum(times) * 1000 for times in zip(*(self.seconds[name] for name in names), strict=True)]


def of_times(what: str, milliseconds: Sequence[float], *, floor: float | None = None, note: str = "") -> Figure:
    """Median, 95th percentile and best of some times."""
    p95 = sorted(milliseconds)[int(len(milliseconds) * 0.95)]
    return Figure(what, median(milliseconds), "ms", floor=floor, p95=p95, best=min(milliseconds), note=note)


def show(title: str, figures: Sequence[Figure]) -> None:
    """Print a table in Markdown, as it stands in docs/build/benchmarks.md."""
    print(f"\n### {title}\n\n| what | median or value | p95 | best | ratio to its floor | note |")
    print("| --- | ---: | ---: | ---: | ---: | --- |")
    for figure in figures:
        print("| " + " | ".join(figure.cells()) + " |", flush=True)


def _number(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:,.2f} {unit}" if value < 100 else f"{value:,.0f} {unit}"
