"""Enter into the ledger what people said, as other programs held it so far: checked whole, then added in parts."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from data_contracts.case.permissions import ALL_MARKETING, ALL_PARTNERS, ANY, Stance, StanceEntry
from data_contracts.errors import RequestInvalid
from data_contracts.text.local_times import typed_moment
from tasks.case.subject_keys import Digests
from tasks.officer.permissions import local_now
from tasks.services import services

COLUMNS: Final = ("kind", "value", "purpose", "recipient", "stance", "at", "source", "notice_version")
_LONGEST: Final = {"source": 200, "notice_version": 60}
_AT_ONCE = 10_000
_FAULTS_TOLD = 20

Line = Mapping[str, str]
NumberedLine = tuple[int, Line]
"""The number of a line in its file, and its values by column."""


def check_lines(lines: Iterable[Line], *, source: str) -> int:
    """How many lines there are, all of them right.

    Args:
        lines: values by column, see :data:`COLUMNS`; the first is line 2 of its file.
        source: of lines that name none.

    Raises:
        RequestInvalid: with the number and the column of wrong lines, no values.
    """
    return check_numbered(enumerate(lines, 2), source=source)


def check_numbered(lines: Iterable[NumberedLine], *, source: str) -> int:
    """As :func:`check_lines`, of lines that have their numbers."""
    reader, faults, count = StanceReader(source), list[str](), 0
    for count, (number, line) in enumerate(lines, 1):  # noqa: B007  # how many there were
        if wrong := reader.fault_of(line):
            faults.append(f"line {number}: {wrong}")
        if len(faults) == _FAULTS_TOLD:
            break
    if faults:
        raise RequestInvalid(
            f"nothing was entered; {'; '.join(faults)}", where="stances", remedy="correct these lines and import again"
        )
    return count


def enter_lines(lines: Iterable[Line], *, source: str) -> int:
    """Enter checked lines; returns how many were new. Entered again, they change nothing."""
    reader, register = StanceReader(source), services().register
    entries = (entry for line in lines if (entry := reader.entry_of(line)) is not None)
    added = 0
    while part := list(islice(entries, _AT_ONCE)):
        added += register.add_stances(part)
    return added


class StanceReader:
    """Reads lines of a file of stances; what is wrong with one is told by its column."""

    def __init__(self, source: str) -> None:
        """Take what lines are checked against from the services."""
        vocabulary = services().contracts.vocabulary
        self._purposes = {ANY, ALL_MARKETING, *vocabulary.purposes}
        self._recipients = {ANY, ALL_PARTNERS, *vocabulary.parties}
        self._digests = Digests()
        self._now = local_now()
        self._zone = ZoneInfo(services().organisation.time_zone)
        self._source = source

    def entry_of(self, line: Line) -> StanceEntry | None:
        """The entry; None when something is wrong with the line."""
        key, at = self._digests.of(line["kind"], line["value"]), self._moment(line["at"])
        if key is None or at is None:
            return None
        source, version = line["source"] or self._source, line["notice_version"]
        return StanceEntry(key, line["purpose"], line["recipient"], Stance(line["stance"]), at, source, version)

    def fault_of(self, line: Line) -> str:
        """The first thing that is wrong, empty when nothing is."""
        return next(self._faults(line), "")

    def _faults(self, line: Line) -> Iterator[str]:
        if self._digests.of(line["kind"], line["value"]) is None:
            yield "kind is unknown, or value cannot be of it"
        if line["purpose"] not in self._purposes:
            yield f"purpose is none of the vocabulary, nor empty for all, nor {ALL_MARKETING}"
        if line["recipient"] not in self._recipients:
            yield f"recipient is no party of the vocabulary, nor empty for all, nor {ALL_PARTNERS}"
        if line["stance"] not in set(Stance):
            yield f"stance is none of {', '.join(Stance)}"
        if line["stance"] == Stance.CONSENTED and line["purpose"] in {ANY, ALL_MARKETING}:
            yield "a consent names one purpose (Art. 4(11))"
        if line["stance"] == Stance.INFORMED and not line["notice_version"]:
            yield "who was informed was informed by a version of a notice: notice_version is empty"
        if self._moment(line["at"]) is None:
            yield "at is no moment of the past, as 2026-03-31T10:00:00+02:00 or 2026-03-31"
        yield from (f"{name} is too long" for name, longest in _LONGEST.items() if len(line[name]) > longest)

    def _moment(self, text: str) -> datetime | None:
        """The moment; one without zone is local. None when it is none, or lies in the future."""
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            return None
        if at.tzinfo is None:
            typed = typed_moment(at, self._zone)
            return typed if typed is not None and typed <= self._now else None
        return at if at <= self._now else None
