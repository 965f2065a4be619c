"""Documents that people send as proof: what for, and what is taken."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

LARGEST_DOCUMENT: Final = 10 * 1024 * 1024
"""Bytes of one document."""
MOST_DOCUMENTS: Final = 5
"""Documents of one kind that a case keeps at a time."""


class DocumentKind(StrEnum):
    """What a document shall show."""

    IDENTITY = "identity"
    """Who asks; only where a person asked for more proof (Art. 12(6))."""
    CAPACITY = "capacity"
    """That somebody may act for the data subject (LIL Art. 84, 85)."""
    RECTIFICATION = "rectification"
    """That a value is the right one (Art. 16)."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was looked at and is safe to be shown to an operator."""

    media_type: str
    content: bytes = field(repr=False)
