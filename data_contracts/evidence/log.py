"""The log of all cases: every record of evidence is a leaf of one Merkle tree, and signed checkpoints say its root.

A chain tells what is missing in a case; nothing in it tells that a case is missing. The log does:

1. a *leaf* names a record's case, its number and the digest of its payload. It is written with the record, in one
   transaction, and stays when the record is gone.
2. leaves get their places in the tree, in the order in which they were written, when a checkpoint is made.
3. a *checkpoint* says how many leaves there are and the root over them. It is a note that is signed with the key of
   evidence; who has it outside of the register can tell whether the log only grew since.

Source: RFC 6962 and RFC 9162 (:mod:`data_contracts.evidence.merkle`); C2SP tlog-checkpoint, https://c2sp.org/tlog-checkpoint.
"""

import base64
import binascii
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from data_contracts.evidence.merkle import HASH_BYTES, Span, leaf_hash
from data_contracts.evidence.records import canonical

EVIDENCE_LOG: Final = "evidence log"
"""What the log goes by where cases and runs go by their names."""
PURGE_STEP: Final = "purge"
"""The step whose record says that a case was purged as the policy asks."""

_LINES: Final = 4
_TIME: Final = "time "


@dataclass(frozen=True, slots=True)
class LogLeaf:
    """A record as the log knows it.

    Attributes:
        record: SHA-256, in hex, of the bytes of the record's payload.
    """

    case_id: str
    seq: int
    record: str

    def data(self) -> bytes:
        """The bytes of the leaf."""
        return canonical({"case": self.case_id, "record": self.record, "seq": self.seq})

    def hash(self) -> bytes:
        """The hash of the leaf in the tree."""
        return leaf_hash(self.data())


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A leaf with its record as it is kept now.

    Attributes:
        position: its place in the tree; None until the next checkpoint.
        envelope: the record's envelope, as JSON text; None when it is gone.
    """

    position: int | None
    leaf: LogLeaf
    envelope: str | None


@dataclass(frozen=True, slots=True)
class LogState:
    """How far the tree has grown."""

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint says.

    Attributes:
        origin: the log's name, which no other log has.
        at: when it was signed, aware.
    """

    origin: str
    size: int
    root: bytes
    at: datetime

    def body(self) -> str:
        """The text that is signed; each line ends with a newline."""
        root = base64.b64encode(self.root).decode("ascii")
        return f"{self.origin}\n{self.size}\n{root}\n{_TIME}{self.at.isoformat()}\n"


def read_body(body: str) -> Checkpoint:
    """What the text of a checkpoint says.

    Raises:
        ValueError: when it is not written as a checkpoint of ours is.
    """
    lines = body.split("\n")
    if len(lines) != _LINES + 1 or not lines[3].startswith(_TIME):
        raise ValueError("not a checkpoint")
    try:
        found = Checkpoint(
            lines[0],
            int(lines[1]),
            base64.b64decode(lines[2], validate=True),
            datetime.fromisoformat(lines[3].removeprefix(_TIME)),
        )
    except (ValueError, binascii.Error):
        raise ValueError("not a checkpoint") from None
    if not lines[0] or found.size < 0 or len(found.root) != HASH_BYTES or found.body() != body:
        raise ValueError("not a checkpoint")
    return found


class EvidenceLog(Protocol):
    """The part of the register that keeps the log."""

    def extend_log(self) -> LogState:
        """Give every leaf that has none a place in the tree; how far it has grown then."""

    def log_state(self, size: int | None = None) -> LogState:
        """The tree as it is, or as it was at that size."""

    def log_span(self) -> AbstractContextManager[Span]:
        """The tree's hashes, to make proofs of."""

    def log_entries(self) -> Iterator[LogEntry]:
        """Every leaf with its record, by place in the tree; then those without a place, in the order written."""

    def log_leaves(self, case_id: str) -> list[tuple[int | None, LogLeaf]]:
        """The leaves of a case by number, each with its place in the tree."""

    def unlogged(self) -> list[tuple[str, int]]:
        """Records that no leaf names, by case and number."""

    def put_checkpoint(self, size: int, note: str, at: datetime) -> None:
        """Keep a signed checkpoint; where there is one of that size, it stays."""

    def checkpoints(self) -> list[str]:
        """Signed checkpoints, by size."""
