"""Verifies a case's chain of evidence offline: no register, no network, no clock; public keys are enough.

Every fault found is told, each with the record it is about; the search never stops at the first. In this order:

1. each envelope: is it signed by a trusted key, a record, and of this case?
2. places: which numbers are missing, there twice, or not in order?
3. links: does each record name the digest of the one before?
4. decisions: where a record says that a passkey signed one, did it?
5. the head: is it there, signed, of this case, and does it name the number and the last record found?

What it cannot see: a chain that was cut *together with* its head being put back to an older one that was signed once.
Keep heads outside (an export sent away does), and compare.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from data_contracts.evidence.log import PURGE_STEP
from data_contracts.evidence.records import HEAD_TYPE, NO_RECORD, RECORD_TYPE, digest
from integrations.evidence.assertions import assertion_fault
from integrations.evidence.envelope import Opened, open_envelope


class Fault(StrEnum):
    """What can be wrong with evidence."""

    CHANGED = "changed"
    """The record is not what was signed."""
    REMOVED = "removed"
    REORDERED = "reordered"
    DUPLICATED = "duplicated"
    FOREIGN_KEY = "foreign_key"
    """Signed by a key that is not trusted."""
    OTHER_CASE = "other_case"
    UNLINKED = "unlinked"
    """Signed, but does not continue the record before it: one of the two was exchanged."""
    HEAD_MISSING = "head_missing"
    HEAD_FORGED = "head_forged"
    HEAD_MISMATCH = "head_mismatch"
    """Signed, but about another chain than this one: an older or a newer state."""
    FILE_DAMAGED = "file_damaged"
    """The exported file around the records is not as it was written."""
    ADDED = "added"
    """A file of a dossier that its manifest does not name."""
    MANIFEST_MISSING = "manifest_missing"
    MANIFEST_FORGED = "manifest_forged"
    DECISION = "decision"
    """What the register says was decided at a gate is not what was signed."""
    ASSERTION = "assertion"
    """A record says that a passkey signed its decision, and it did not."""
    CONTRADICTED = "contradicted"
    """What a dossier tells is not what follows from its evidence."""
    DELETED = "deleted"
    """The log knows a case of which no record is left."""
    CUT = "cut"
    """The log knows records of the case that are gone."""
    EXCHANGED = "exchanged"
    """Signed perhaps, but not the record that the log knows."""
    NOT_LOGGED = "not_logged"
    """A record that the log does not know."""
    LOG_CUT = "log_cut"
    """Leaves of the log are gone, or it is an older state of it."""
    LOG_REPLACED = "log_replaced"
    """Not the log that the checkpoint was made of."""
    CHECKPOINT_FORGED = "checkpoint_forged"
    STAMP = "stamp"
    """What is kept as the time stamp of a checkpoint is none of it, or of no authority that is trusted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, and where it is.

    Attributes:
        seq: the record's number; None for the head and the file as a whole.
        step: the record's step as far as it can be read; empty when not.
    """

    fault: Fault
    seq: int | None
    step: str
    what: str

    def __str__(self) -> str:
        """The sentence for a person: ``record 3 (located): what``."""
        if self.seq is None:
            return self.what
        return f"record {self.seq} ({self.step}): {self.what}" if self.step else f"record {self.seq}: {self.what}"


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification found.

    Attributes:
        records: how many envelopes were looked at.
        keyids: fingerprints of the trusted keys whose signatures were found good.
        trust_on_first_use: the keys came with the evidence itself, so this shows that it is whole, not whose it is.
        is_purged: a record of it, signed, says that the case was purged as the policy asks.
    """

    case_id: str
    records: int
    findings: tuple[Finding, ...]
    keyids: tuple[str, ...]
    trust_on_first_use: bool = False
    is_purged: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether nothing was found wrong."""
        return not self.findings


@dataclass(frozen=True, slots=True)
class _Placed:
    """An envelope, opened, with the number it goes by and whether something is already said about it."""

    opened: Opened
    seq: int
    step: str
    is_blamed: bool = field(default=False)


def verify_chain(
    case_id: str,
    envelopes: Sequence[object],
    head: object | None,
    *,
    keys: Mapping[str, Ed25519PublicKey],
) -> Verification:
    """Verify a chain; free of I/O.

    Args:
        case_id: the case that the evidence shall be of.
        envelopes: in the order they are kept.
        head: the envelope of the head; None when there is none.
        keys: trusted public keys by keyid.
    """
    opened = [open_envelope(envelope, kind=RECORD_TYPE, keys=keys) for envelope in envelopes]
    opened_head = None if head is None else open_envelope(head, kind=HEAD_TYPE, keys=keys)
    count = _count(opened_head, case_id=case_id)
    placed, findings = _look_at_each(_place(opened, count), case_id)
    findings += _look_at_places(placed, count=count)
    findings += _look_at_links(placed)
    findings += _look_at_assertions(placed)
    findings += _look_at_head(opened_head, placed, case_id=case_id)
    good = {one.keyid for one in [*opened, *([opened_head] if opened_head else [])] if one.trust == "signed"}
    findings.sort(key=lambda finding: (finding.seq is None, finding.seq or 0))
    is_purged = any(one.trust == "signed" and one.predicate.get("step") == PURGE_STEP for one in opened)
    return Verification(case_id, len(envelopes), tuple(findings), tuple(sorted(good)), is_purged=is_purged)


def _count(head: Opened | None, *, case_id: str) -> int:
    """How many records there shall be; 0 when no trusted head of this case tells."""
    if head is None or head.trust != "signed" or head.predicate.get("case") != case_id:
        return 0
    count = head.predicate.get("count")
    return count if isinstance(count, int) else 0


def _place(opened: Sequence[Opened], count: int) -> list[_Placed]:
    """Each envelope with its number; one that is not as signed may lie about it, so it gets a number that is free."""
    size = max(count, len(opened))
    free = set(range(size)) - {_claimed(one) for one in opened if one.trust == "signed"}
    placed = []
    for place, one in enumerate(opened):
        seq = _claimed(one)
        if seq is None or (one.trust != "signed" and seq not in free):
            seq = place if place in free or not free else min(free)
        free.discard(seq)
        placed.append(_Placed(one, seq, _step(one)))
    return placed


def _claimed(one: Opened) -> int | None:
    seq = one.predicate.get("seq")
    return seq if isinstance(seq, int) and seq >= 0 else None


def _step(one: Opened) -> str:
    step = one.predicate.get("step")
    # What is not signed is printed to a terminal: letters only.
    return step if isinstance(step, str) and step.isprintable() else ""


def _look_at_each(placed: Sequence[_Placed], case_id: str) -> tuple[list[_Placed], list[Finding]]:
    seen, findings = [], []
    for one in placed:
        finding = _look_at_one(one, case_id)
        findings += [] if finding is None else [finding]
        seen.append(replace(one, is_blamed=finding is not None))
    return seen, findings


def _look_at_one(one: _Placed, case_id: str) -> Finding | None:
    if one.opened.trust == "foreign":
        what = f"signed by the key {one.opened.keyid[:16]}…, which is not trusted"
        return Finding(Fault.FOREIGN_KEY, one.seq, one.step, what)
    if one.opened.trust == "broken" or _claimed(one.opened) is None:
        return Finding(Fault.CHANGED, one.seq, one.step, "changed: it is not what was signed")
    if one.opened.predicate.get("case") != case_id:
        return Finding(Fault.OTHER_CASE, one.seq, one.step, "it is of another case")
    return None


def _look_at_places(placed: Sequence[_Placed], *, count: int) -> list[Finding]:
    ours = [one for one in placed if not (one.is_blamed and one.opened.trust == "signed")]
    steps = {one.seq: one.step for one in ours}
    times = Counter(one.seq for one in ours)
    expected = range(max(count, max(times, default=-1) + 1))
    findings = [_removed(seq, steps) for seq in expected if seq not in times]
    findings += [
        Finding(Fault.DUPLICATED, seq, steps[seq], f"there {n} times") for seq, n in sorted(times.items()) if n > 1
    ]
    found = list(dict.fromkeys(one.seq for one in ours))
    findings += [
        Finding(Fault.REORDERED, seq, steps[seq], f"stands where record {right} belongs")
        for seq, right in zip(found, sorted(found), strict=True)
        if seq != right
    ]
    return findings


def _removed(seq: int, steps: Mapping[int, str]) -> Finding:
    before = max((other for other in steps if other < seq), default=None)
    after = min((other for other in steps if other > seq), default=None)
    where = " and ".join(
        f"{word} record {other} ({steps[other] or 'unreadable'})"
        for word, other in (("after", before), ("before", after))
        if other is not None
    )
    return Finding(Fault.REMOVED, seq, "", f"removed: it stood {where}" if where else "removed")


def _look_at_links(placed: Sequence[_Placed]) -> list[Finding]:
    by_seq = {one.seq: one for one in reversed(placed)}  # of a record there twice, the first
    findings = []
    for seq, one in sorted(by_seq.items()):
        before = by_seq.get(seq - 1)
        if one.is_blamed or (before is None and seq > 0) or (before is not None and before.is_blamed):
            continue  # the cause is told already
        previous = NO_RECORD if before is None else digest(before.opened.payload)
        if one.opened.predicate.get("previous") != previous:
            what = "does not continue the record before it; one of the two was exchanged"
            findings.append(Finding(Fault.UNLINKED, seq, one.step, what))
    return findings


def _look_at_assertions(placed: Sequence[_Placed]) -> list[Finding]:
    signed = [one for one in placed if one.opened.trust == "signed"]
    faults = [(one, assertion_fault(one.opened.predicate)) for one in signed]
    return [Finding(Fault.ASSERTION, one.seq, one.step, what) for one, what in faults if what]


def _look_at_head(head: Opened | None, placed: Sequence[_Placed], *, case_id: str) -> list[Finding]:
    if head is None:
        return _about_head(Fault.HEAD_MISSING, "missing, so records missing at the end cannot be noticed")
    if head.trust == "foreign":
        return _about_head(Fault.HEAD_FORGED, f"signed by the key {head.keyid[:16]}…, which is not trusted")
    if head.trust == "broken":
        return _about_head(Fault.HEAD_FORGED, "changed: it is not what was signed")
    if head.predicate.get("case") != case_id:
        return _about_head(Fault.HEAD_MISMATCH, "it is of another case")
    return _look_at_end(head, placed, count=_count(head, case_id=case_id))


def _look_at_end(head: Opened, placed: Sequence[_Placed], *, count: int) -> list[Finding]:
    if any(one.seq >= count for one in placed):
        return _about_head(Fault.HEAD_MISMATCH, f"it knows {count} records only: an older head, or records added")
    last = next((one for one in placed if one.seq == count - 1), None)
    if last is None or last.is_blamed or head.predicate.get("last") == digest(last.opened.payload):
        return []  # as it says, or the cause is told already
    return _about_head(Fault.HEAD_MISMATCH, f"record {last.seq} is not the one it names as the last")


def _about_head(fault: Fault, what: str) -> list[Finding]:
    return [Finding(fault, None, "", f"head: {what}")]
