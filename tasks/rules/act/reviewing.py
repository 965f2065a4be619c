"""What of a free text goes out, as a person decided who read it (Art. 15(4), recital 63).

Pure. The rights of others are no reason to refuse all of a text when a part can be told: a text is released, released
with passages taken out, or withheld.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from data_contracts.errors import RequestInvalid
from tasks.rules.act.redaction import Reviewed

MARK = "•••"
"""Stands for what was taken out, and in the place of a text that is withheld."""

How = Literal["release", "redact", "withhold"]
Span = tuple[int, int]
"""First character and the one after the last, counted from 0."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a person decided about one text.

    Attributes:
        spans: of a redaction: what is taken out.
        passages: of a redaction: words that are taken out wherever they stand.
        text: of a redaction, instead: the text as it goes out.
    """

    how: How
    spans: tuple[Span, ...] = ()
    passages: tuple[str, ...] = field(default=(), repr=False)
    text: str = field(default="", repr=False)


def outgoing(text: str, reading: Reading, where: str) -> str:
    """The text as it goes out; a redacted one always bears the mark.

    Args:
        text: as it is stored.
        reading: what was decided.
        where: what an error names: column and number.

    Raises:
        RequestInvalid: when a redaction takes nothing out, or something that is not there.
    """
    if reading.how != "redact":
        return text if reading.how == "release" else MARK
    if reading.text.strip():
        return reading.text if MARK in reading.text else f"{reading.text} {MARK}"
    missing = [passage for passage in reading.passages if not passage or passage not in text]
    beyond = [span for span in reading.spans if not 0 <= span[0] < span[1] <= len(text)]
    if missing or beyond or not (reading.passages or reading.spans):
        raise RequestInvalid(
            "a redaction takes nothing out, or something that is not in the text",
            where=where,
            remedy="give `spans` within the text, words as they stand in it, or `text` as it shall go out",
        )
    return _without(text, [*reading.spans, *_found(text, reading.passages)])


def counted(readings: Iterable[Reading]) -> Reviewed:
    """How many texts of a column were released, redacted and withheld."""
    hows = [reading.how for reading in readings]
    return Reviewed(hows.count("release"), hows.count("redact"), hows.count("withhold"))


def require_all(texts: Mapping[str, int], read: Mapping[str, Iterable[int]], there: Mapping[str, set[int]]) -> None:
    """That each text that must be read was decided about, once, and nothing else.

    Args:
        texts: how many texts each column holds.
        read: numbers of the texts that were decided about, by column.
        there: numbers of the texts, by column.

    Raises:
        RequestInvalid: naming the column and the first number.
    """
    for column in sorted({*texts, *read}):
        numbers = list(read.get(column, ()))
        known = there.get(column, set())
        wrong = sorted(({*numbers} ^ known) | {number for number in numbers if numbers.count(number) > 1})
        if wrong:
            raise RequestInvalid(
                "texts are not decided about, each once",
                where=f"{column}, number {wrong[0]}",
                remedy="write one decision for each text of the file, and none for others",
            )


def _found(text: str, passages: Iterable[str]) -> list[Span]:
    spans = []
    for passage in passages:
        start = text.find(passage)
        while start >= 0:
            spans.append((start, start + len(passage)))
            start = text.find(passage, start + len(passage))
    return spans


def _without(text: str, spans: Iterable[Span]) -> str:
    kept, at = "", 0
    for start, end in sorted(spans):
        if start > at or not kept.endswith(MARK):
            kept += text[at:start] + MARK
        at = max(at, end)
    return kept + text[at:]
