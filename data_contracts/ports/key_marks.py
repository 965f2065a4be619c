"""What the register keeps of the keys it was made with, so that other keys, or none, are never taken for them.

A mark opens nothing: of the master key it is a word that this key alone opens, of the others a digest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

MARKED_WORD: Final = b"rightsflow"
"""What the mark of the master key holds, sealed."""


class KeyKind(StrEnum):
    """A key of the installation."""

    MASTER = "master.json"
    """Wraps every data key."""
    SIGNING = "evidence/signing.pem"
    """Signs evidence."""
    PSEUDONYM = "pseudonym.key"
    """Makes keyed hashes."""
    DOOR = "door.key"
    """Signs links and cookies."""


@dataclass(frozen=True, slots=True)
class KeyMark:
    """What is kept of one key.

    Attributes:
        kind: its file, below the folder of keys.
        digest: of the key; empty for the master key, whose keys change under one mark.
        sealed: :data:`MARKED_WORD` sealed with the master key; empty for other keys.
        retired_at: when another key took its place.
    """

    kind: KeyKind
    digest: str
    sealed: bytes = field(repr=False)
    made_at: datetime
    retired_at: datetime | None = None


class KeyMarks(Protocol):
    """The part of the register that knows its keys."""

    def key_marks(self) -> list[KeyMark]:
        """All, also of retired keys, oldest first."""

    def put_key_mark(self, mark: KeyMark) -> None:
        """Keep a mark, unless that very key has one."""

    def retire_key_marks(self, kind: KeyKind, *, kept: str) -> None:
        """Retire the marks of that kind, but of the key with this digest."""

    def remove_key_marks(self, kind: KeyKind) -> None:
        """Forget the marks of keys that are lost."""

    def kinds_in_use(self) -> frozenset[KeyKind]:
        """Keys without which rows of the register cannot be opened or trusted."""

    def lately_wrapped(self, most: int) -> Sequence[tuple[str, bytes]]:
        """Case and wrapped data key of some cases, newest first."""

    def lately_signed(self, most: int) -> Sequence[object]:
        """Envelopes of some records, newest first."""


def mark_context(kind: str) -> str:
    """For what the mark of a key is sealed."""
    return f"key mark:{kind}"
