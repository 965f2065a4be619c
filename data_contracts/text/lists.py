r"""The one reader of lists that people hand in as files: whatever a spreadsheet or a program made of them.

1. The encoding is UTF-8 or UTF-16, with or without a mark of byte order.
2. Cells stand between commas, semicolons or tabs, as the first line has it; a line ``sep=;`` before it says so too.
3. Blank lines are passed over and counted: each line keeps the number that an editor shows.
4. A line with more or fewer cells than the first, and one that cannot be read, is told by its number, never by what it
   holds (law 1).

>>> import io
>>> [(line.number, line.cells) for line in lines_of(io.BytesIO(b"email;name\n\nana@example.org;Ana\n"), where="f")]
[(3, {'email': 'ana@example.org', 'name': 'Ana'})]
"""

import codecs
import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

from data_contracts.errors import RequestInvalid

__all__ = ["Line", "header_of", "lines_in", "lines_of", "list_in", "plain_cell", "plain_lines"]

_UTF_16: Final = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_SEPARATORS: Final = ",;\t"
_SAID: Final = re.compile(r"sep=(.)", re.IGNORECASE)
_ENDS: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_BEGINS: Final = "(?<![^;\t\r\n])"
_RUN: Final = "(?='*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20])"
_GUARD: Final = re.compile(f"{_BEGINS}'{_RUN}")
_PEEKED: Final = 4
_PART: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a list.

    Attributes:
        number: of the line in its file, from 1, as an editor shows it; of a value over several lines, the first.
        cells: by the names of the first line.
    """

    number: int
    cells: Mapping[str, str] = field(repr=False)


@contextmanager
def list_in(file: Path) -> Iterator[BinaryIO]:
    """The bytes of a file.

    Raises:
        RequestInvalid: when it cannot be read.
    """
    try:
        with file.open("rb") as stream:
            yield stream
    except OSError:
        raise RequestInvalid("the file cannot be read", where=str(file), remedy="check its path and rights") from None


def lines_of(stream: BinaryIO, columns: Sequence[str] = (), *, where: str) -> Iterator[Line]:
    """The lines of a list with a first line that names its columns; in any order, with others beside them.

    Args:
        stream: of the file; it is read as the lines are asked for.
        columns: that must be there.
        where: how errors name the file.

    Raises:
        RequestInvalid: when a column is missing or named twice, a line has more or fewer cells than the first, or
            something cannot be read.
    """
    yield from lines_in(_decoded(stream, where), columns, where=where)


def header_of(file: Path) -> list[str]:
    """The names in the first line of a list.

    Raises:
        RequestInvalid: when it cannot be read.
    """
    with list_in(file) as stream:
        return _begun(_decoded(stream, file.name), file.name)[1]


def plain_lines(stream: BinaryIO, *, where: str) -> Iterator[tuple[int, str]]:
    """Lines of a file that holds one value a line, without blanks around them and without blank lines.

    Raises:
        RequestInvalid: when a line cannot be read.
    """
    for number, text in enumerate(_decoded(stream, where), 1):
        if value := text.strip():
            yield number, value


def lines_in(texts: Iterable[str], columns: Sequence[str], *, where: str) -> Iterator[Line]:
    """As :func:`lines_of`, of text that was decoded before."""
    skipped, names, reader = _begun(iter(texts), where)
    _require(names, columns, where)
    before = reader.line_num
    try:
        for cells in reader:
            number, before = skipped + before + 1, reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(names):
                what = f"{len(cells)} cells in place of {len(names)}"
                remedy = "give each line as many cells as the first, and quote separators"
                raise RequestInvalid(what, where=f"{where}, line {number}", remedy=remedy)
            yield Line(number, {name: plain_cell(cell) for name, cell in zip(names, cells, strict=True)})
    except csv.Error:
        raise _no_list(where, skipped + before + 1) from None


def plain_cell(cell: str) -> str:
    """A cell without the apostrophe by which our own tables keep a spreadsheet from running it."""
    return _GUARD.sub("", cell) if "'" in cell else cell


def _begun(texts: Iterator[str], where: str) -> tuple[int, list[str], Any]:
    """Lines before the one that names the columns, these names, and what reads the lines after it."""
    skipped, first, separator = 0, "", ""
    for text in texts:
        said = _SAID.fullmatch(text.strip())
        if said is None and text.strip():
            first = text
            break
        separator = said[1] if said else separator
        skipped += 1
    separator = separator or max(_SEPARATORS, key=first.count)
    reader = csv.reader(_chained(first, texts), delimiter=separator, strict=True)
    try:
        return skipped, [name.strip() for name in next(reader, [])], reader
    except csv.Error:
        raise _no_list(where, skipped + 1) from None


def _chained(first: str, texts: Iterator[str]) -> Iterator[str]:
    yield first
    yield from texts


def _require(names: Sequence[str], columns: Sequence[str], where: str) -> None:
    if missing := [name for name in columns if name not in names]:
        remedy = f"the first line names the columns: {','.join(columns)}"
        raise RequestInvalid(f"column {', '.join(missing)} is missing", where=where, remedy=remedy)
    if twice := sorted({name for name in names if name and names.count(name) > 1}):
        remedy = "give each column a name of its own"
        raise RequestInvalid(f"column {', '.join(twice)} is named twice", where=where, remedy=remedy)


def _decoded(stream: BinaryIO, where: str) -> Iterator[str]:
    """The lines of a file as text, with their ends."""
    begins = stream.read(_PEEKED)
    stream.seek(0)
    encoding = _UTF_16.get(begins[:2], "")
    if not encoding and b"\0" in begins:
        encoding = "utf-16-be" if begins.startswith(b"\0") else "utf-16-le"
    lines = _utf_16(stream, encoding, where) if encoding else _utf_8(stream, where)
    for number, line in enumerate(lines):
        yield line if number else line.removeprefix("\ufeff")


def _utf_8(stream: BinaryIO, where: str) -> Iterator[str]:
    for number, raw in enumerate(stream, 1):
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            raise _undecodable(where, number) from None
        if "\r" in text.rstrip("\r\n"):
            yield from _ENDS.findall(text)
        else:
            yield text


def _utf_16(stream: BinaryIO, encoding: str, where: str) -> Iterator[str]:
    left, number = "", 0
    try:
        for part in codecs.iterdecode(iter(lambda: stream.read(_PART), b""), encoding):
            # The last piece may go on, or its end may have a second sign.
            *lines, left = _ENDS.findall(left + part) or [""]
            number += len(lines)
            yield from lines
    except UnicodeDecodeError:
        raise _undecodable(where, number + len(_ENDS.findall(left)) + 1) from None
    yield from _ENDS.findall(left)


def _undecodable(where: str, number: int) -> RequestInvalid:
    remedy = "save the file as UTF-8 (in a spreadsheet: CSV UTF-8)"
    return RequestInvalid("this is neither UTF-8 nor UTF-16", where=f"{where}, line {number}", remedy=remedy)


def _no_list(where: str, number: int) -> RequestInvalid:
    return RequestInvalid("the file is no CSV", where=f"{where}, line {number}", remedy="see that quotes are closed")
