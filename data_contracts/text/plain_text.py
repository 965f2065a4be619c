r"""Text as a reader sees it: signs that nobody sees are taken out, and each white space is one blank.

>>> plain("\ufeffana\u200b@example.org\u00a0\n")
'ana@example.org  '
"""

import re
import unicodedata
from typing import Final

_FILLERS: Final = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff"
_PLAIN_ASCII: Final = re.compile(r"[ -~]*", re.ASCII)
_FILLER: Final = re.compile(f"[{_FILLERS}]")


def as_text(value: object) -> str:
    """A value as its text: bytes are UTF-8, else Latin-1; a whole number has no decimal point."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        raw = bytes(value)
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return raw.decode("latin-1")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def plain(text: str) -> str:
    """``text`` in NFC, without invisible signs, with a blank for each white space and control sign.

    Half a surrogate pair is left out: no text holds one.
    """
    if _PLAIN_ASCII.fullmatch(text):
        return text
    # Signs may compose once what stood between them is gone.
    return unicodedata.normalize("NFC", "".join(map(_visible, unicodedata.normalize("NFC", text))))


def _visible(sign: str) -> str:
    category = unicodedata.category(sign)
    if sign.isspace() or category == "Cc":
        return " "
    return "" if category in {"Cf", "Cs"} or _FILLER.match(sign) else sign


def folded(text: str) -> str:
    """``text`` without regard to capitals, in NFC.

    Signs that a fold would turn into other letters (``ß`` into ``ss``, a long s into ``s``, the Turkish dotted I) stay:
    these are names of other people (law 8).

    >>> folded("ÉLOÏSE"), folded("Straẞe")
    ('éloïse', 'straße')
    """
    if text.isascii():
        return text.lower()
    while (again := _folded_once(text)) != text:  # a fold may open a composition that is folded again
        text = again
    return text


def _folded_once(text: str) -> str:
    return unicodedata.normalize("NFC", "".join(map(_fold, unicodedata.normalize("NFC", text))))


def _fold(sign: str) -> str:
    for form in (sign.casefold(), sign.lower()):
        if len(form) == 1 and (sign.isascii() or not form.isascii()):
            return form
    return sign
