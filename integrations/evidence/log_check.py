"""Verifies that the log of all cases only grew, and that every record which it knows is still there.

Entries are looked at one after the other, and memory grows with what is wrong alone. Told are:

1. checkpoints that no trusted key signed, that are of another log, or that know more than the log does;
2. places of the tree that are empty, and checkpoints whose root is not that of the leaves here;
3. records that are gone, as what befell their case: deleted, cut, removed; and records that were exchanged;
4. records that no leaf names.

What it cannot see: records that were deleted with their leaves before a checkpoint knew them; and a register put back
as a whole to an older state, unless a checkpoint from outside of it is given.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from data_contracts.evidence.log import PURGE_STEP, Checkpoint, LogEntry, LogLeaf, read_body
from data_contracts.evidence.merkle import Roof
from data_contracts.evidence.records import digest
from integrations.evidence.case_states import CaseStates
from integrations.evidence.chain import Fault, Finding
from integrations.evidence.envelope import payload_of
from integrations.evidence.notes import open_note
from integrations.evidence.stamps import StampsSeen

_OF_LOG: Final = frozenset({Fault.LOG_CUT, Fault.LOG_REPLACED, Fault.CHECKPOINT_FORGED, Fault.STAMP})
_NO_STAMPS: Final = StampsSeen()
_NONE: Final = (0, -1, 0)
"""Of a case that was not seen: its leaves, its last record, and whether it was purged."""
_PURGED: Final = f'"step":"{PURGE_STEP}"'.encode()


@dataclass(frozen=True, slots=True)
class LogVerification:
    """What a verification of the log found.

    Attributes:
        size: how many records have a place in the tree.
        root: over them, in hex.
        waiting: records that no checkpoint knows yet.
        cases: cases and runs that the log knows.
        purged: those of them that were purged as the policy asks: their records say so, signed, and are there.
        checkpoints: how many checkpoints were found good.
        keyids: fingerprints of the trusted keys that signed them.
        stamps: what was found of their time stamps.
        trust_on_first_use: the keys came with the log itself, so this shows that it is whole, not whose it is.
    """

    origin: str
    size: int
    root: str
    waiting: int
    cases: int
    purged: int
    checkpoints: int
    findings: tuple[Finding, ...]
    keyids: tuple[str, ...]
    trust_on_first_use: bool = False
    stamps: StampsSeen = _NO_STAMPS

    @property
    def is_whole(self) -> bool:
        """Whether nothing was found wrong."""
        return not self.findings

    @property
    def of_itself(self) -> tuple[Finding, ...]:
        """What is wrong with the log itself, and not with a case that is verified by its name."""
        return tuple(one for one in self.findings if one.fault in _OF_LOG)


@dataclass(frozen=True, slots=True)
class Checked:
    """Checkpoints that may be compared, and what is wrong with the others."""

    good: tuple[Checkpoint, ...]
    keyids: tuple[str, ...]
    findings: tuple[Finding, ...]


class LogCheck:
    """Looks at the entries of a log, in the order of the tree."""

    def __init__(self, checkpoints: Iterable[Checkpoint]) -> None:
        """Keep what the log shall agree with."""
        self._awaited = sorted(checkpoints, key=lambda one: one.size)
        self._agreed = 0
        self._roof = Roof()
        self._is_broken = False
        self._waiting = 0
        self._cases = self._purged = 0
        self._states = CaseStates()
        self._gone: dict[str, list[int]] = {}
        self._findings: list[Finding] = []
        self._compare()

    @property
    def size(self) -> int:
        """How many entries with a place were seen."""
        return self._roof.size

    def look(self, position: int | None, leaf: LogLeaf, payload: bytes | None) -> None:
        """Look at the next entry.

        Args:
            position: its place in the tree; None when it has none yet.
            leaf: the record as the log knows it.
            payload: of the record as it is now; None when it is gone.
        """
        if position is None:
            self._waiting += 1
        elif not self._is_broken:
            self._place(position, leaf)
        self._trace(leaf, payload)

    def ended(self, origin: str, checked: Checked) -> LogVerification:
        """What was found, after the last entry."""
        if not self._is_broken:
            self._findings += [_knows_more(one, self._roof.size) for one in self._awaited]
        fates = [
            found for case_id, gone in self._gone.items() for found in _fate(case_id, self._trace_of(case_id), gone)
        ]
        return LogVerification(
            origin,
            self._roof.size,
            self._roof.root().hex(),
            self._waiting,
            self._cases,
            self._purged,
            len(checked.good),
            (*checked.findings, *self._findings, *fates),
            checked.keyids,
        )

    def _place(self, position: int, leaf: LogLeaf) -> None:
        if position != self._roof.size:
            what = f"log: entries {self._roof.size} to {position - 1} are gone"
            self._findings.append(Finding(Fault.LOG_CUT, None, "", what))
            self._is_broken = True  # nothing after it has its root any more
            return
        self._roof.add(leaf.hash())
        self._compare()

    def _compare(self) -> None:
        while self._awaited and self._awaited[0].size == self._roof.size:
            checkpoint = self._awaited.pop(0)
            if checkpoint.root == self._roof.root():
                self._agreed = checkpoint.size
                continue
            what = (
                f"log: its first {checkpoint.size} entries are not those that the checkpoint of {_day(checkpoint)} "
                f"was made of; up to entry {self._agreed} they are"
            )
            self._findings.append(Finding(Fault.LOG_REPLACED, None, "", what))

    def _trace(self, leaf: LogLeaf, payload: bytes | None) -> None:
        state = self._states.of(leaf.case_id)
        self._cases += state is None
        leaves, last, is_purged = _NONE if state is None else state
        if payload is None:
            self._gone.setdefault(leaf.case_id, []).append(leaf.seq)
        elif digest(payload) != leaf.record:
            self._findings.append(_exchanged(leaf))
        elif not is_purged and _PURGED in payload and json.loads(payload)["predicate"]["step"] == PURGE_STEP:
            is_purged, self._purged = 1, self._purged + 1
        reached = int(last) if payload is None else max(int(last), leaf.seq)
        self._states.put(leaf.case_id, (int(leaves) + 1, reached, is_purged))

    def _trace_of(self, case_id: str) -> tuple[int, int]:
        leaves, last, _ = self._states.of(case_id) or _NONE
        return int(leaves), int(last)


def check_notes(notes: Sequence[str], *, origin: str, keys: Mapping[str, Ed25519PublicKey]) -> Checked:
    """Open checkpoints, and tell which may be compared with the log of that name."""
    good, keyids, findings = [], set(), []
    for note in notes:
        opened = open_note(note, keys=keys)
        checkpoint = _read(opened.body) if opened.trust != "broken" else None
        if opened.trust == "foreign":
            what = "signed by a key that is not trusted: the key was replaced, or it is another installation's"
            findings.append(_forged(checkpoint, what))
        elif checkpoint is None:
            findings.append(_forged(None, "changed: it is not what was signed"))
        elif checkpoint.origin != origin:
            what = f"the checkpoint of {_day(checkpoint)} is of the log {checkpoint.origin}, this is {origin}"
            findings.append(Finding(Fault.LOG_REPLACED, None, "", f"log: {what}: another register"))
        else:
            good.append(checkpoint)
            keyids.add(opened.keyid)
    return Checked(tuple(good), tuple(sorted(keyids)), tuple(findings))


def check_case(
    case_id: str, leaves: Sequence[LogLeaf], envelopes: Sequence[object], told: Iterable[Finding]
) -> list[Finding]:
    """What the log finds wrong with one case that its chain did not tell.

    Args:
        case_id: the case.
        leaves: that the log has of it, by number.
        envelopes: its records, in order.
        told: what the chain told.
    """
    blamed = {finding.seq for finding in told}
    findings, gone = [], []
    for leaf in leaves:
        if leaf.seq >= len(envelopes):
            gone.append(leaf.seq)
        elif leaf.seq not in blamed and digest(payload_of(envelopes[leaf.seq])) != leaf.record:
            findings.append(_exchanged(leaf))
    known = {leaf.seq for leaf in leaves}
    findings += [not_logged(case_id, seq) for seq in range(len(envelopes)) if seq not in known]
    return [*findings, *_fate(case_id, (len(leaves), len(envelopes) - 1), gone)]


def not_logged(case_id: str, seq: int) -> Finding:
    """The finding of a record that no leaf names."""
    return Finding(Fault.NOT_LOGGED, seq, "", f"the log does not know it; case {case_id}")


def _fate(case_id: str, trace: tuple[int, int], gone: Sequence[int]) -> list[Finding]:
    """What befell a case, by the number of its leaves, its last record, and the numbers of those that are gone."""
    leaves, last = trace
    if not gone:
        return []
    known = f"the log knows {leaves} records of it"
    if len(gone) == leaves:
        return [Finding(Fault.DELETED, None, "", f"{case_id} was deleted: {known}, and none is here")]
    if min(gone) > last:
        what = f"{case_id} was cut: {known}, and here are {leaves - len(gone)}"
        return [Finding(Fault.CUT, None, "", what)]
    numbers = ", ".join(map(str, sorted(gone)))
    return [Finding(Fault.REMOVED, None, "", f"{case_id}: removed are records {numbers}; {known}")]


def _exchanged(leaf: LogLeaf) -> Finding:
    return Finding(Fault.EXCHANGED, leaf.seq, "", f"not the record of {leaf.case_id} that the log knows: exchanged")


def _knows_more(checkpoint: Checkpoint, size: int) -> Finding:
    what = (
        f"log: it has {size} entries, and the checkpoint of {_day(checkpoint)} knows {checkpoint.size}: an older "
        "register was put back, or its end was cut off"
    )
    return Finding(Fault.LOG_CUT, None, "", what)


def _forged(checkpoint: Checkpoint | None, what: str) -> Finding:
    named = f"the checkpoint of {_day(checkpoint)}" if checkpoint is not None else "a checkpoint"
    return Finding(Fault.CHECKPOINT_FORGED, None, "", f"log: {named} is {what}")


def _read(body: str) -> Checkpoint | None:
    try:
        return read_body(body)
    except ValueError:
        return None


def _day(checkpoint: Checkpoint) -> str:
    return f"{checkpoint.at:%Y-%m-%d %H:%M} UTC"


def payload_in(entry: LogEntry) -> bytes | None:
    """The payload of an entry's record; None when the record is gone, empty when it cannot be read."""
    if entry.envelope is None:
        return None
    try:
        parsed: Any = json.loads(entry.envelope)
    except (ValueError, RecursionError):
        return b""
    return payload_of(parsed)
