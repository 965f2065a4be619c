"""The DPO's monthly report, in words (charter 7b; Art. 5(2), 12(3), 12(4))."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from babel.dates import format_date

from data_contracts.company.company import Organisation
from data_contracts.officer.reports import Bars, Block, FactList, Grid, Heading, Paragraph, Report
from data_contracts.officer.statistics import PeriodStatistics, ResponseTimes
from data_contracts.vocabulary import Right
from integrations.channels.templating import known_language, number, page_words, words

__all__ = ["MonthlyPages"]


@dataclass(frozen=True, slots=True)
class MonthlyPages:
    """Reports of one organisation; languages we have no words for are told in the organisation's first."""

    organisation: Organisation

    def report(
        self, found: PeriodStatistics, before: PeriodStatistics, made_at: datetime, language: str = ""
    ) -> Report:
        """The report of a month, beside the month before."""
        known = known_language(language, self.organisation)
        page = _Page(known, page_words("monthly", known), found, before)
        month = format_date(found.start, "LLLL y", locale=known)
        blocks = (*page.summary(), *page.received(), *page.answers(), *page.refusals(), *page.rest())
        return Report(page.said["title"], known, f"{found.start:%Y-%m}", made_at, blocks, subtitle=month)


@dataclass(frozen=True, slots=True)
class _Page:
    language: str
    said: dict[str, Any]
    found: PeriodStatistics
    before: PeriodStatistics

    def summary(self) -> Iterator[Block]:
        """What a reader with one minute needs."""
        facts, times = self.said["facts"], self.found.all_times
        received = sum(self.found.received.values()), sum(self.before.received.values())
        left = sum(self.found.open_after.values()), sum(self.before.open_after.values())
        answered = (times.answered if times else 0), (self.before.all_times.answered if self.before.all_times else 0)
        yield Heading(self.said["summary"])
        rows = [(facts["received"], self._pair(received)), (facts["answered"], self._pair(answered))]
        if times:
            median = times.median, (self.before.all_times.median if self.before.all_times else None)
            rows += [(facts["median"], self._pair(median)), (facts["median_running"], self._n(times.median_running))]
            rows.append((facts["longest"], self._n(times.longest)))
        yield FactList((*rows, (facts["open"], self._pair(left))))
        if times:
            text = self.said["late_some" if times.late else "late_none"]
            yield Paragraph(text.format(late=times.late, answered=times.answered), is_strong=bool(times.late))

    def received(self) -> Iterator[Block]:
        """Requests by right and by channel."""
        yield Heading(self.said["received"])
        yield Bars(tuple((self._right(right), count) for right, count in self.found.received_by_right.items()))
        channels: dict[str, int] = {}
        for (_, channel), count in self.found.received.items():
            channels[channel.value] = channels.get(channel.value, 0) + count
        columns = self.said["columns"]
        rows = tuple((self.said["channels"][name], self._n(count)) for name, count in channels.items())
        yield Grid((columns["channel"], columns["number"]), rows, frozenset({1}), empty=self.said["none"])

    def answers(self) -> Iterator[Block]:
        """Response times by right (Art. 12(3))."""
        facts, columns = self.said["facts"], self.said["columns"]
        yield Heading(self.said["answered"])
        names = ("answered", "in_time", "late", "extended", "median", "ninetieth", "longest")
        rows = [(self._right(right), *self._times(times)) for right, times in self.found.times.items()]
        if self.found.all_times:
            rows.append((columns["all"], *self._times(self.found.all_times)))
        titles = (columns["right"], *(facts[name] for name in names))
        yield Grid(
            titles, tuple(rows), frozenset(range(1, 8)), widths=(4, 2, 2, 2, 2, 2, 3, 2), empty=self.said["none"]
        )

    def refusals(self) -> Iterator[Block]:
        """Refusals by right and ground (Art. 12(4)), other outcomes, and what ended without an answer."""
        columns = self.said["columns"]
        yield Heading(self.said["refused"])
        rows = tuple((self._right(right), self._ground(g), self._n(n)) for (right, g), n in self.found.refused.items())
        yield Grid(
            (columns["right"], columns["ground"], columns["number"]), rows, frozenset({2}), empty=self.said["none"]
        )
        verdicts = {(right, verdict.value): number for (right, verdict), number in self.found.verdicts.items()}
        yield from self._counted("outcomes", "outcome", self.found.outcomes)
        yield from self._counted("verdicts", "verdict", verdicts)
        yield from self._counted("untold", "outcome", self.found.untold)

    def rest(self) -> Iterator[Block]:
        """Backlog, and what was done unasked."""
        columns = self.said["columns"]
        yield Heading(self.said["backlog"])
        rows = tuple(
            (
                self._right(right),
                self._n(self.found.open_before.get(right, 0)),
                self._n(self.found.open_after.get(right, 0)),
            )
            for right in Right
        )
        yield Grid((columns["right"], columns["before"], columns["after"]), rows, frozenset({1, 2}))
        yield Heading(self.said["duties"])
        duties = tuple(
            (self.said["duty_names"].get(duty, duty), self.said["run_outcomes"].get(outcome, outcome), self._n(count))
            for duty, outcome, count in self.found.duties
        )
        yield Grid(
            (columns["duty"], columns["outcome"], columns["number"]), duties, frozenset({2}), empty=self.said["none"]
        )

    def _counted(self, title: str, column: str, counted: Mapping[tuple[Right, str], int]) -> Iterator[Block]:
        """Cases by right and what a column names, in the words of that column."""
        columns, names = self.said["columns"], self.said[f"{column}_names"]
        yield Heading(self.said[title])
        cells = tuple(
            (self._right(right), str(names.get(one, one.replace("_", " "))), self._n(n))
            for (right, one), n in counted.items()
        )
        titles = (columns["right"], columns[column], columns["number"])
        yield Grid(titles, cells, frozenset({2}), empty=self.said["none"])

    def _times(self, times: ResponseTimes) -> tuple[str, ...]:
        in_time = times.answered - times.late
        figures = (times.answered, in_time, times.late, times.extended, times.median, times.ninetieth, times.longest)
        return tuple(self._n(figure) for figure in figures)

    def _pair(self, numbers: tuple[int, int | None]) -> str:
        now, then = numbers
        told = self.said["facts"]["before"].format(number="–" if then is None else self._n(then))
        return f"{self._n(now)} ({told})"

    def _right(self, right: Right) -> str:
        name: str = words(self.language)["rights"][right.value]["name"]
        return name[:1].upper() + name[1:]

    def _ground(self, ground: str) -> str:
        return str(words(self.language)["reasons"].get(ground, ground.replace("_", " ")))

    def _n(self, value: int) -> str:
        return number(value, self.language)
