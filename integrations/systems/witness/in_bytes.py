"""Whether bytes hold a text, whatever they are: UTF-8, Latin-1, UTF-16, or a program's own format between.

Nothing fails on bytes that are no text: what cannot be read bounds a word like a blank.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

_LONGEST_PREFIXED: Final = 127


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def sqlite_holds(pattern: str, raw: bytes | None, encoding: str) -> bool:
    """Whether a value holds a pattern, as a function of SQLite; ``encoding``: of a text, empty for a binary value."""
    if raw is None:
        return False
    found = _compiled(pattern)
    if encoding:
        return found.search(raw.decode(encoding, "replace")) is not None
    return any(found.search(text) for text in texts_of(raw))


def texts_of(raw: bytes) -> Iterator[str]:
    """What bytes may say, in every way that a text is commonly written in."""
    text = raw.decode("utf-8", "replace")
    yield text
    if "\ufffd" in text:
        yield raw.decode("latin-1")
    if b"\0" in raw:
        yield raw.replace(b"\0", b"").decode("utf-8", "replace")
        for encoding in ("utf-16-le", "utf-16-be"):
            yield raw.decode(encoding, "replace")


def prefixed_texts(raw: bytes, hint: bytes) -> Iterator[str]:
    """Texts around ``hint`` of which the byte before tells the length, once (Thrift) or twice (Avro).

    Such a byte may look like a letter, and would hide the text behind it.
    """
    place = raw.find(hint)
    while place >= 0:
        for start in range(max(1, place - _LONGEST_PREFIXED), place + 1):
            for size in {raw[start - 1], raw[start - 1] >> 1}:
                if place + len(hint) <= start + size <= len(raw):
                    yield raw[start : start + size].decode("utf-8", "replace")
        place = raw.find(hint, place + 1)
