"""Proofs of the log: that a case is in it, and that it only grew since an earlier checkpoint.

A file of proofs is one line of canonical JSON::

    {
        "cases": [{"hashes": ["…"], "leaf": {"case": "…", "record": "…", "seq": 13}, "position": 1180}],
        "checkpoint": "…",
        "format": "rightsflow-proof/1",
        "growth": ["…"],
        "since": "…",
    }

``checkpoint`` is the signed note that everything is proven against. A case is proven by its last record, which names
the one before, and so on to the first. ``since`` is the earlier signed note, empty where none was given.

Source: RFC 9162 sections 2.1.3 and 2.1.4.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from data_contracts.errors import EvidenceBroken
from data_contracts.evidence.log import Checkpoint, LogLeaf, read_body
from data_contracts.evidence.merkle import Span, consistency_proof, inclusion_proof, is_consistent, root_by_inclusion
from data_contracts.evidence.records import canonical, digest
from integrations.evidence.chain import Fault, Finding, Verification
from integrations.evidence.envelope import payload_of
from integrations.evidence.export import read_export
from integrations.evidence.log_check import check_notes
from integrations.evidence.notes import open_note

FORMAT: Final = "rightsflow-proof/1"
_ALL: Final = {"cases", "checkpoint", "format", "growth", "since"}


@dataclass(frozen=True, slots=True)
class Proven:
    """A case whose last record is proven to be in the log."""

    leaf: LogLeaf
    position: int
    hashes: tuple[bytes, ...]


def make_proof(note: str, span: Span, leaves: Sequence[tuple[int, LogLeaf]], since: str = "") -> bytes:
    """The content of a file of proofs.

    Args:
        note: the checkpoint, signed.
        span: the hashes of the tree.
        leaves: the last leaf of each case, with its place in the tree.
        since: an earlier checkpoint of the same log; empty for none.

    Raises:
        ValueError: when the checkpoint does not know a leaf, or the earlier checkpoint knows more.
    """
    size = read_body(_body(note)).size
    cases = [
        {
            "leaf": {"case": leaf.case_id, "seq": leaf.seq, "record": leaf.record},
            "position": position,
            "hashes": [part.hex() for part in inclusion_proof(position, size, span)],
        }
        for position, leaf in leaves
    ]
    growth = consistency_proof(read_body(_body(since)).size, size, span) if since else []
    told = {
        "format": FORMAT,
        "checkpoint": note,
        "since": since,
        "cases": cases,
        "growth": [part.hex() for part in growth],
    }
    return canonical(told) + b"\n"


def is_proof(content: bytes) -> bool:
    """Whether a file that begins so holds proofs."""
    return content.startswith(b'{"cases":[')


def verify_proof(
    file: Path, *, trusted: Mapping[str, Ed25519PublicKey], exports: Sequence[Path] = (), outside: Sequence[str] = ()
) -> Verification:
    """Verify a file of proofs offline.

    Args:
        file: of proofs.
        trusted: public keys by keyid; a file of proofs brings none.
        exports: files of cases, whose last records the proofs shall name.
        outside: checkpoints that were kept elsewhere; the proofs shall begin or end with each.

    Raises:
        EvidenceBroken: when it is no file of proofs.
    """
    told, cases, growth = _parsed(file)
    note, since = told["checkpoint"], told["since"]
    checkpoint, findings, keyids = _opened(note, trusted)
    if checkpoint is None:
        return Verification(file.name, 0, tuple(findings), ())
    findings += [found for one in cases if (found := _in_log(one, checkpoint)) is not None]
    if since:
        earlier, more, more_keys = _opened(since, trusted, origin=checkpoint.origin)
        findings += more
        keyids |= more_keys
        if earlier is not None:
            findings += _grown(earlier, checkpoint, growth)
    findings += [_elsewhere(one) for one in outside if one not in {note, since}]
    findings += [found for one in exports for found in _of_export(one, cases)]
    return Verification(checkpoint.origin, len(cases), tuple(findings), tuple(sorted(keyids)))


def _opened(
    note: str, keys: Mapping[str, Ed25519PublicKey], origin: str = ""
) -> tuple[Checkpoint | None, list[Finding], set[str]]:
    named = origin or open_note(note, keys=keys).body.split("\n", 1)[0]
    checked = check_notes([note], origin=named, keys=keys)
    return next(iter(checked.good), None), list(checked.findings), set(checked.keyids)


def _in_log(one: Proven, checkpoint: Checkpoint) -> Finding | None:
    try:
        root = root_by_inclusion(one.leaf.hash(), one.position, checkpoint.size, one.hashes)
    except ValueError:
        root = b""
    if root == checkpoint.root:
        return None
    return Finding(Fault.NOT_LOGGED, None, "", f"{one.leaf.case_id}: the log of the checkpoint does not have it")


def _grown(old: Checkpoint, new: Checkpoint, growth: Sequence[bytes]) -> list[Finding]:
    if is_consistent((old.size, old.root), (new.size, new.root), growth):
        return []
    what = f"log: it did not only grow since {old.at:%Y-%m-%d %H:%M} UTC: what it held then was changed or taken out"
    return [Finding(Fault.LOG_REPLACED, None, "", what)]


def _elsewhere(note: str) -> Finding:
    at = note.split("\n")[3:4]
    what = f"log: nothing here is proven against your checkpoint ({' '.join(at)}): ask for proofs since it"
    return Finding(Fault.LOG_REPLACED, None, "", what)


def _of_export(file: Path, cases: Sequence[Proven]) -> list[Finding]:
    export = read_export(file)
    found = next((one for one in cases if one.leaf.case_id == export.case_id), None)
    if found is None:
        return [Finding(Fault.NOT_LOGGED, None, "", f"{export.case_id}: no proof that it is in the log")]
    last = payload_of(export.envelopes[-1]) if export.envelopes else b""
    if (found.leaf.seq, found.leaf.record) == (len(export.envelopes) - 1, digest(last)):
        return []
    what = f"{export.case_id}: the log knows record {found.leaf.seq} as its last, here it is another or is missing"
    return [Finding(Fault.CUT, None, "", what)]


def _parsed(file: Path) -> tuple[dict[str, Any], list[Proven], list[bytes]]:
    try:
        content = file.read_bytes()
        told = json.loads(content)
        if canonical(told) + b"\n" != content or set(told) != _ALL or told["format"] != FORMAT:
            raise _no_proof(file)
        cases = [_proven(one) for one in told["cases"]]
        growth = [bytes.fromhex(part) for part in told["growth"]]
        return {name: str(told[name]) for name in ("checkpoint", "since")}, cases, growth
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise _no_proof(file) from None


def _proven(one: Mapping[str, Any]) -> Proven:
    leaf = one["leaf"]
    hashes = tuple(bytes.fromhex(part) for part in one["hashes"])
    return Proven(
        LogLeaf(str(leaf["case"]), _number(leaf["seq"]), str(leaf["record"])), _number(one["position"]), hashes
    )


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError("no number")
    return value


def _body(note: str) -> str:
    return note.rpartition("\n\n")[0] + "\n"


def _no_proof(file: Path) -> EvidenceBroken:
    remedy = "ask for it anew: `rightsflow evidence prove FILE`"
    return EvidenceBroken("is no file of proofs", where=str(file), remedy=remedy)
