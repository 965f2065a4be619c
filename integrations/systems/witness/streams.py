"""Bytes of a file that is no table, unpacked, piece by piece; and whether needles lie in them.

Packed files are told by their first bytes, whatever their name: gzip, bzip2, xz, zstd, LZ4, framed snappy, zip (and so
the files of office programs). What cannot be unpacked is an error, never an empty file.
"""

import bz2
import codecs
import gzip
import lzma
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import Any, Final

import pyarrow as pa

from integrations.systems.witness.in_bytes import prefixed_texts, texts_of
from integrations.systems.witness.looking import Question

_CHUNK_BYTES: Final = 1 << 20
_OVERLAP: Final = 1 << 12
_AROUND: Final = 512
"""More than the longest address, on either side of a hint."""
_LEAST_ANCHOR: Final = 3
"""Fewer signs stand everywhere."""
_FIELD: Final = re.compile(r"""[\r\n\t,;|"'<>{}\[\]:=]+""")
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_SNAPPY: Final = b"\xff\x06\x00\x00sNaPpY"
_BOMS: Final = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_CLOSED: Final = (b"PARE", b"7z\xbc\xaf", b"Rar!", b"%PDF", b"Salted__")
"""Files that are encrypted, or packed in a way that is not undone here."""
_CODEC: Final = re.compile(rb"\x14avro\.codec.([a-z0-9]+)", re.DOTALL)


class Closed(Exception):  # a state of a file
    """The file cannot be unpacked."""


def pieces(file: Any) -> Iterator[bytes]:  # noqa: ANN401  # a file of pyarrow, or like one
    """What a file says, unpacked, in pieces that overlap.

    Raises:
        Closed: when it is encrypted or packed in an unknown way.
    """
    head = file.read(4096)
    file.seek(0)
    codec = _CODEC.search(head) if head.startswith(b"Obj\x01") else None
    if head.startswith(_CLOSED) or head[8:12] == b"DUCK" or (codec and codec[1] != b"null"):
        raise Closed
    if head.startswith(b"PK\x03\x04"):
        yield from _members(file)
        return
    opened = next((unpack(file) for magic, unpack in _UNPACKED if head.startswith(magic)), file)
    encoding = next((name for bom, name in _BOMS.items() if head.startswith(bom)), "")
    yield from _overlapping(_read(opened), encoding)


def _members(file: Any) -> Iterator[bytes]:  # noqa: ANN401  # as above
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            yield member.filename.encode()
            if member.flag_bits & 1:
                raise Closed
            with archive.open(member) as opened:
                yield from _overlapping(_read(opened), "")


def _read(opened: Any) -> Iterator[bytes]:  # noqa: ANN401  # as above
    while chunk := opened.read(_CHUNK_BYTES):
        yield bytes(chunk)


def _overlapping(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("replace") if encoding else None
    before = b""
    for chunk in chunks:
        said = chunk if decoder is None else decoder.decode(chunk).encode("utf-8", "replace")
        yield before + said
        before = (before + said)[-_OVERLAP:]


class _Snappy:
    """A stream in snappy's framing format (its description, section 4)."""

    def __init__(self, file: Any) -> None:  # noqa: ANN401  # as above
        self._file = file
        self._codec = pa.Codec("snappy")

    def read(self, _size: int) -> bytes:
        """The next chunk that holds data; empty at the end."""
        while len(header := self._file.read(4)) == 4:  # noqa: PLR2004  # one byte of kind, three of length
            kind, body = header[0], self._file.read(int.from_bytes(header[1:], "little"))
            if kind == 0:
                return bytes(self._codec.decompress(body[4:], decompressed_size=_varint(body[4:]), asbytes=True))
            if kind == 1:
                return bytes(body[4:])
            if 2 <= kind <= 0x7F:  # noqa: PLR2004  # reserved, and not to be skipped
                raise Closed
        return b""


def _varint(raw: bytes) -> int:
    size = 0
    for i, byte in enumerate(raw[:5]):
        size |= (byte & 0x7F) << (7 * i)
        if not byte & 0x80:
            break
    return size


_UNPACKED: Final[tuple[tuple[bytes, Callable[[Any], Any]], ...]] = (
    (b"\x1f\x8b", lambda file: gzip.GzipFile(fileobj=file)),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ\0", lzma.LZMAFile),
    (b"\x28\xb5\x2f\xfd", lambda file: pa.CompressedInputStream(file, "zstd")),
    (b"\x04\x22\x4d\x18", lambda file: pa.CompressedInputStream(file, "lz4")),
    (_SNAPPY, _Snappy),
)


def kinds_in(question: Question, piece: bytes) -> frozenset[str]:
    """Kinds of the needles that lie in a piece of a file."""
    found: set[str] = set()
    ways = (piece, piece.replace(b"\0", b"")) if b"\0" in piece else (piece,)
    for raw in ways:
        for window in _windows(question, raw):
            found |= _kinds(question, window)
    return frozenset(found)


def _windows(question: Question, raw: bytes) -> Iterator[bytes]:
    """Stretches around the hints, each long enough to hold a whole needle and its bounds."""
    anchors = [max(trail, key=len) for trail in question.trails]
    if not question.is_hinted or any(len(anchor) < _LEAST_ANCHOR for anchor in anchors):
        yield raw
        return
    lower = raw.lower()
    places = sorted(hit.start() for one in anchors for hit in re.finditer(re.escape(one.encode()), lower))
    start = end = -1
    for place in places:
        if place > end:
            if start >= 0:
                yield raw[start:end]
            start = max(0, place - _AROUND)
        end = place + _AROUND
    if start >= 0:
        yield raw[start:end]


def _kinds(question: Question, window: bytes) -> set[str]:
    texts = list(texts_of(window))
    if _CONTROL.search(window):
        anchors = {max(trail, key=len) for trail in question.trails}
        texts += (text for anchor in anchors for text in prefixed_texts(window, anchor.encode()))
    found = {kind for text in texts for kind in question.kinds_in(text)}
    if question.has_whole:
        found |= {kind for text in texts for field in _FIELD.split(text) for kind in question.kinds_in(field)}
    return found
