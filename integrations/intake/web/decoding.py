"""Takes a stranger's file apart, in a process that is bounded (:mod:`integrations.intake.web.uploads`), and only there.

1. the type is what the first bytes say, never what a browser or a name says;
2. an image is decoded and written anew: what else the file carried (a place, a script, another file) is gone. One that
   would fill the memory when decoded is refused by the size that its header names, before it is;
3. a PDF is refused with a password, scripts, files inside, or actions: whoever opens it must not be attacked by it.

The file comes by standard input; what is kept goes to standard output, behind a line that says what it is, or why not.

Source: OWASP ASVS 5.0, V5 (file handling).
"""

import io
import logging
import resource
import sys
import warnings
from collections.abc import Iterator
from typing import Any, Final

from PIL import Image, ImageOps
from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

_MOST_PIXELS: Final = 50_000_000
"""A page at 600 dpi has 35 million."""
_MOST_PAGES: Final = 40
_MOST_OBJECTS: Final = 200_000
FORMATS: Final = {b"\x89PNG\r\n\x1a\n": "PNG", b"\xff\xd8\xff": "JPEG"}
PDF: Final = b"%PDF-"
REFUSED: Final = "refused"
_MEMORY_BYTES: Final = 1024 * 1024 * 1024
_PROCESSOR_SECONDS: Final = 20
_ACTS: Final = frozenset(
    {"/JavaScript", "/JS", "/Launch", "/EmbeddedFiles", "/EmbeddedFile", "/RichMedia", "/XFA", "/SubmitForm", "/AA"}
)


class _Refused(Exception):
    """``code`` says why a file is not taken."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def decoded(content: bytes) -> tuple[str, bytes]:
    """The media type of a file and its content as it may be kept, or ``refused`` and the code that says why."""
    kind = next((kind for sign, kind in FORMATS.items() if content.startswith(sign)), "")
    try:
        if kind:
            return f"image/{kind.lower()}", _drawn_anew(content, kind)
        _check_pdf(content)
    except _Refused as refused:
        return REFUSED, refused.code.encode()
    return "application/pdf", content


def main() -> None:
    """Decode standard input, within bounds."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_PROCESSOR_SECONDS, _PROCESSOR_SECONDS))
    kind, kept = decoded(sys.stdin.buffer.read())
    sys.stdout.buffer.write(kind.encode() + b"\n" + kept)


def _drawn_anew(content: bytes, kind: str) -> bytes:
    """The picture alone, upright, without what else the file carried."""
    drawn = io.BytesIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            is_too_large = _draw(content, kind, drawn)
    except Exception:  # noqa: BLE001  # whatever a decoder stumbles over, the file is what is wrong
        raise _Refused("broken") from None
    if is_too_large:
        raise _Refused("too_large")
    return drawn.getvalue()


def _draw(content: bytes, kind: str, drawn: io.BytesIO) -> bool:
    """Draw an image anew; True where its header names too many pixels, and nothing was decoded."""
    with Image.open(io.BytesIO(content), formats=[kind]) as image:
        if image.width * image.height > _MOST_PIXELS:
            return True
        upright = ImageOps.exif_transpose(image)
        keeps_mode = kind == "PNG" and upright.mode in {"1", "L"}
        plain = upright if keeps_mode else upright.convert("RGB")
        plain.info.clear()
        plain.save(drawn, kind, **({"quality": 90} if kind == "JPEG" else {}))
    return False


def _check_pdf(content: bytes) -> None:
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it quotes what it stumbles over
    try:
        code = _why_not(PdfReader(io.BytesIO(content), strict=False))
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError, EOFError):
        code = "broken"
    if code:
        raise _Refused(code)


def _why_not(reader: PdfReader) -> str:
    """Why a PDF is not taken; empty when it is."""
    if reader.is_encrypted:
        return "broken"
    if not 0 < len(reader.pages) <= _MOST_PAGES:
        return "too_large" if len(reader.pages) else "broken"
    for number, one in enumerate(_reached(reader)):
        if number > _MOST_OBJECTS:
            return "too_large"
        if isinstance(one, DictionaryObject) and _acts(one):
            return "active"
    return ""


def _acts(one: DictionaryObject) -> bool:
    """Whether something in a PDF does anything by itself or when it is clicked, other than going to a page."""
    if _ACTS & one.keys():
        return True
    return one.get("/S") in _ACTS or one.get("/Type") == "/EmbeddedFile" or one.get("/Subtype") == "/FileAttachment"


def _reached(reader: PdfReader) -> Iterator[object]:
    """Everything that can be reached from the document's root, each object once."""
    waiting: list[Any] = [reader.trailer]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if isinstance(one, IndirectObject):
            if one.idnum in seen:
                continue
            seen.add(one.idnum)
            one = one.get_object()
        yield one
        if isinstance(one, DictionaryObject):
            waiting.extend(one.values())
        elif isinstance(one, ArrayObject):
            waiting.extend(one)


if __name__ == "__main__":
    main()
