"""Files that strangers send: only images and PDF, only what can be read, and nothing in it that acts.

The type is what the first bytes say. A file is decoded in a process of its own, one at a time, bounded in memory and
processor time: a picture of a few kilobytes can ask for gigabytes (:mod:`integrations.intake.web.decoding`).
"""

import sys
import threading
from typing import Final

from data_contracts.case.documents import LARGEST_DOCUMENT, Document
from integrations.intake.bounded import read_apart
from integrations.intake.web.decoding import FORMATS, PDF, REFUSED

_COMMAND: Final = (sys.executable, "-m", "integrations.intake.web.decoding")
_SECONDS: Final = 60.0
_ONE_AT_A_TIME: Final = threading.Lock()


class DocumentRefused(Exception):
    """A file that is not taken; ``code`` says why: ``empty``, ``too_large``, ``kind``, ``broken``, ``active``."""

    def __init__(self, code: str) -> None:
        """Keep the code; nothing of the file is told."""
        super().__init__(code)
        self.code = code


def read_document(content: bytes) -> Document:
    """A file as it may be kept and shown.

    Raises:
        DocumentRefused: when it is not taken; nothing of it is kept then. What exhausts its process is ``too_large``.
    """
    if not content:
        raise DocumentRefused("empty")
    if len(content) > LARGEST_DOCUMENT:
        raise DocumentRefused("too_large")
    if not content.startswith((*FORMATS, PDF)):
        raise DocumentRefused("kind")
    kind, kept = _decoded(content)
    if kind == REFUSED:
        raise DocumentRefused(kept.decode())
    return Document(kind, kept)


def _decoded(content: bytes) -> tuple[str, bytes]:
    with _ONE_AT_A_TIME:
        said = read_apart(_COMMAND, content, seconds=_SECONDS)
    if said is None:
        return REFUSED, b"too_large"
    kind, _, kept = said.partition(b"\n")
    return kind.decode(), kept
