r"""The file that holds the whole log: every case's records in the order they were written, and the checkpoints.

::

    {"format":"rightsflow-log/1","origin":"rightsflow.log/5f2c9a1e8b7d4036"}
    {"key":{"keyid":"…","pem":"-----BEGIN PUBLIC KEY-----…"}}             one line per public key
    {"checkpoint":"rightsflow.log/5f2c9a1e8b7d4036\n1204\n8gKk…"}           one line per checkpoint, by size
    {"leaf":{"case":"…","record":"…","seq":0},"record":{…}}             one line per entry, by place in the tree

Each line is canonical JSON and ends with one newline. ``record`` is null where the record is gone. A time stamp of a
checkpoint (RFC 3161) stands in a line of its own behind it: ``{"stamp":{"reply":"…","size":1204}}``, the reply in
base64. A file is written and verified line by line, and memory grows with what is wrong alone.
"""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from data_contracts.errors import EvidenceBroken
from data_contracts.evidence.log import LogEntry, LogLeaf
from data_contracts.evidence.records import NO_RECORD, RECORD_TYPE, canonical
from data_contracts.evidence.time_stamps import Stamp
from integrations.evidence.case_states import CaseStates
from integrations.evidence.chain import Fault, Finding
from integrations.evidence.envelope import open_envelope, payload_of
from integrations.evidence.export import write_whole
from integrations.evidence.keys import keyid_of, parse_public_key, pem_of
from integrations.evidence.log_check import LogCheck, LogVerification, check_notes
from integrations.evidence.stamps import Reply, StampCheck, look_at

FORMAT: Final = "rightsflow-log/1"
_HEAD: Final = b'{"format":"rightsflow-log/1"'
_LONGEST_LINE: Final = 16 << 20


@dataclass(frozen=True, slots=True)
class LogHead:
    """What stands in a log's file before its entries.

    Attributes:
        origin: the log's name.
        keys: every public key.
        notes: checkpoints, by size.
        stamps: time stamps by size of their checkpoints.
    """

    origin: str
    keys: Mapping[str, Ed25519PublicKey]
    notes: Sequence[str]
    stamps: Mapping[int, Stamp] = field(default_factory=dict)

    def lines(self) -> Iterator[bytes]:
        """Each as a line of the file."""
        yield canonical({"format": FORMAT, "origin": self.origin}) + b"\n"
        for keyid in sorted(self.keys):
            yield canonical({"key": {"keyid": keyid, "pem": pem_of(self.keys[keyid])}}) + b"\n"
        for note in self.notes:
            yield canonical({"checkpoint": note}) + b"\n"
            size = int(note.split("\n", 2)[1])
            if size in self.stamps:
                reply = base64.b64encode(self.stamps[size].reply).decode("ascii")
                yield canonical({"stamp": {"reply": reply, "size": size}}) + b"\n"


def write_log(file: Path, told: LogHead, entries: Iterable[LogEntry]) -> int:
    """Write the log up to its last checkpoint; an existing file is replaced whole. Returns the number of entries.

    Args:
        file: to be written.
        told: what stands before the entries.
        entries: of the log, in order.

    Raises:
        SystemUnavailable: when the file cannot be written.
    """
    counter = _Counted(entries, int(told.notes[-1].split("\n", 2)[1]))
    write_whole(file, chain(told.lines(), counter))
    return counter.written


class _Counted:
    """The lines of entries that a checkpoint of that size knows, counted as they are written."""

    def __init__(self, entries: Iterable[LogEntry], size: int) -> None:
        self._entries = entries
        self._size = size
        self.written = 0

    def __iter__(self) -> Iterator[bytes]:
        for entry in self._entries:
            if entry.position is None or entry.position >= self._size:
                return
            self.written += 1
            yield _line(entry)


def is_log(content: bytes) -> bool:
    """Whether a file that begins so holds a log."""
    return content.startswith(_HEAD)


def verify_log_file(
    file: Path,
    *,
    trusted: Mapping[str, Ed25519PublicKey] | None,
    outside: Sequence[str] = (),
    stamped: Sequence[Reply] = (),
    check: StampCheck | None = None,
) -> LogVerification:
    """Verify a whole log offline: every signature, every chain, every checkpoint.

    Args:
        file: written by :func:`write_log`.
        trusted: public keys by keyid, got by another way than the file. None: those of the file are believed.
        outside: checkpoints that were kept elsewhere.
        stamped: their time stamps.
        check: what a time stamp must be; None: those of the file are left alone.

    Raises:
        EvidenceBroken: when the file cannot be read as a log at all.
    """
    try:
        with file.open("rb") as stream:
            reading = _Reading(file, _lines(stream))
            found = reading.verified(trusted, outside)
    except OSError:
        raise _no_log(file) from None
    stamps = look_at([*reading.stamped, *stamped], check)
    return replace(found, stamps=stamps, findings=(*found.findings, *stamps.findings))


class _Reading:
    """A file of a log, read line by line."""

    def __init__(self, file: Path, lines: Iterator[bytes]) -> None:
        self._file = file
        self._lines = lines
        self._findings: list[Finding] = []
        self._ends = CaseStates()
        self.stamped: list[Reply] = []

    def verified(self, trusted: Mapping[str, Ed25519PublicKey] | None, outside: Sequence[str]) -> LogVerification:
        origin = self._parsed(next(self._lines, b"")).get("origin")
        if not isinstance(origin, str):
            raise _no_log(self._file)
        brought, notes, first = self._head()
        keys = brought if trusted is None else trusted
        checked = check_notes([*notes, *outside], origin=origin, keys=keys)
        check = LogCheck(checked.good)
        if first is not None:
            self._entry(first, 0, check, keys)
            for place, line in enumerate(self._lines, start=1):
                self._entry(self._parsed(line), place, check, keys)
        found = check.ended(origin, checked)
        more = () if found.checkpoints else (_damage("no checkpoint in it is good"),)
        findings = (*found.findings, *more, *self._findings)
        return replace(found, findings=findings, trust_on_first_use=trusted is None)

    def _head(self) -> tuple[dict[str, Ed25519PublicKey], list[str], dict[str, Any] | None]:
        keys: dict[str, Ed25519PublicKey] = {}
        notes: list[str] = []
        for line in self._lines:
            told = self._parsed(line)
            if set(told) == {"key"}:
                key = _key(told["key"])
                if key is not None:
                    keys[keyid_of(key)] = key
                else:
                    self._findings.append(_damage("a public key is not as it was written"))
            elif set(told) == {"checkpoint"}:
                notes.append(str(told["checkpoint"]))
            elif set(told) == {"stamp"}:
                self._stamp(told["stamp"], notes[-1] if notes else "")
            else:
                return keys, notes, told
        return keys, notes, None

    def _stamp(self, told: object, note: str) -> None:
        """A time stamp is of the checkpoint before it."""
        try:
            is_pair = isinstance(told, dict) and set(told) == {"reply", "size"}
            reply = base64.b64decode(told["reply"], validate=True) if isinstance(told, dict) and is_pair else b""
        except (ValueError, TypeError):
            reply = b""
        if reply:
            self.stamped.append(Reply(note, reply))
        else:
            self._findings.append(_damage("a time stamp is not as it was written"))

    def _entry(
        self, told: Mapping[str, Any], place: int, check: LogCheck, keys: Mapping[str, Ed25519PublicKey]
    ) -> None:
        leaf = _leaf(told)
        if leaf is None:
            self._findings.append(_damage(f"entry {place} is not as it was written"))
            return
        envelope = told["record"]
        check.look(place, leaf, None if envelope is None else payload_of(envelope))
        if envelope is not None:
            self._record(leaf, envelope, keys)

    def _record(self, leaf: LogLeaf, envelope: object, keys: Mapping[str, Ed25519PublicKey]) -> None:
        opened = open_envelope(envelope, kind=RECORD_TYPE, keys=keys)
        if opened.trust != "signed":
            fault = Fault.FOREIGN_KEY if opened.trust == "foreign" else Fault.CHANGED
            what = "signed by a key that is not trusted" if opened.trust == "foreign" else "it is not what was signed"
            self._findings.append(Finding(fault, leaf.seq, "", f"{leaf.case_id}: {what}"))
            return
        told = opened.predicate
        number, previous = self._ends.of(leaf.case_id) or (0, NO_RECORD)
        # Records of one case follow each other in the log as in its chain; those that are gone are told elsewhere.
        is_next = leaf.seq == number and told.get("previous") == previous
        is_same = (told.get("case"), told.get("seq")) == (leaf.case_id, leaf.seq)
        if not is_same or (leaf.seq == number and not is_next):
            what = f"{leaf.case_id}: it does not continue the record before it"
            self._findings.append(Finding(Fault.UNLINKED, leaf.seq, str(told.get("step", "")), what))
        self._ends.put(leaf.case_id, (leaf.seq + 1, leaf.record))

    def _parsed(self, line: bytes) -> dict[str, Any]:
        try:
            told = json.loads(line)
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict) or canonical(told) + b"\n" != line:
            self._findings.append(_damage("a line is not as it was written"))
            return {}
        return told


def _lines(stream: Any) -> Iterator[bytes]:  # noqa: ANN401  # a binary file
    while line := stream.readline(_LONGEST_LINE):
        yield line


def _line(entry: LogEntry) -> bytes:
    leaf = {"case": entry.leaf.case_id, "seq": entry.leaf.seq, "record": entry.leaf.record}
    try:
        record = None if entry.envelope is None else json.loads(entry.envelope)
    except ValueError:
        record = entry.envelope  # as somebody spoilt it; whoever verifies the file is told
    return canonical({"leaf": leaf, "record": record}) + b"\n"


def _leaf(told: Mapping[str, Any]) -> LogLeaf | None:
    leaf = told.get("leaf")
    if set(told) != {"leaf", "record"} or not isinstance(leaf, dict) or set(leaf) != {"case", "record", "seq"}:
        return None
    case_id, seq, record = leaf["case"], leaf["seq"], leaf["record"]
    is_leaf = isinstance(case_id, str) and isinstance(seq, int) and isinstance(record, str)
    return LogLeaf(case_id, seq, record) if is_leaf else None


def _key(told: object) -> Ed25519PublicKey | None:
    try:
        return parse_public_key(str(told["pem"]).encode()) if isinstance(told, dict) else None
    except (ValueError, KeyError):
        return None


def _damage(what: str) -> Finding:
    return Finding(Fault.FILE_DAMAGED, None, "", f"file: {what}")


def _no_log(file: Path) -> EvidenceBroken:
    remedy = "ask for it anew: `rightsflow evidence export-log FILE`"
    return EvidenceBroken("is no file of a log", where=str(file), remedy=remedy)
