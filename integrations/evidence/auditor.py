"""Verifies evidence of Rightsflow without Rightsflow: this one file, Python 3.11 and the package `cryptography`.

    python verify.py KEY.pem [KEY.pem …] FILE [FILE …]

A KEY is a public key that you got by another way than the files. A FILE is any of:

* the export of a case (`rightsflow evidence export`);
* the log of all cases (`rightsflow evidence export-log`);
* proofs of the log (`rightsflow evidence prove`);
* a checkpoint of the log that you kept (`rightsflow evidence checkpoint`);
* the time stamp of such a checkpoint (`checkpoint.txt.tsr`).

Of a time stamp this file tells only which time it names for the checkpoint. Who made it is for OpenSSL to tell:
`openssl ts -verify -data checkpoint.txt -in checkpoint.txt.tsr -CAfile ROOT.pem`.

Each file is verified for itself, then one against the other: exports against proofs, logs and proofs against each
checkpoint. A decision that says that a passkey signed it is verified too.
Prints a line for each file and for whatever is wrong; exits with 0 when nothing is, with 1 when something
is, with 2 when a file cannot be read. It shares no code with Rightsflow, so that it bears witness of its own.
"""

import base64
import hashlib
import json
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

_NO_RECORD = "0" * 64
_RECORD = "urn:rightsflow:evidence:record:v1"
_HEAD = "urn:rightsflow:evidence:head:v1"

Keys = dict[str, Ed25519PublicKey]
Lines = Iterator[dict[str, Any]]
Checkpoint = tuple[str, int, bytes, str]
"""Origin, size, root and time."""


class Wrong(Exception):  # a finding, and no error of this program
    """Something that is not as it was signed."""


def read_keys(files: list[Path]) -> Keys:
    """Public keys by the SHA-256 of their DER bytes."""
    keys = {}
    for file in files:
        key = load_pem_public_key(file.read_bytes())
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError(f"{file} is no Ed25519 public key")  # noqa: TRY004  # as for any other file that is none
        der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        keys[hashlib.sha256(der).hexdigest()] = key
    return keys


def open_envelope(envelope: Any, kind: str, keys: Keys) -> tuple[bytes, dict[str, Any]]:  # noqa: ANN401  # JSON
    """The payload of a DSSE envelope and what its statement says."""
    try:
        payload, content_type = base64.b64decode(envelope["payload"], validate=True), envelope["payloadType"].encode()
        (signature,) = envelope["signatures"]
        key = keys[signature["keyid"]]
        signed = b"DSSEv1 %d %b %d %b" % (len(content_type), content_type, len(payload), payload)
        key.verify(base64.b64decode(signature["sig"], validate=True), signed)
        statement = json.loads(payload)
        if statement["predicateType"] != kind:
            raise Wrong("is of another kind")
        return payload, statement["predicate"]
    except InvalidSignature:
        raise Wrong("is not what was signed") from None
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Wrong("is damaged, or signed by a key that you did not give") from None


def open_checkpoint(note: str, keys: Keys) -> Checkpoint:
    """What a signed checkpoint says (C2SP signed-note, tlog-checkpoint)."""
    text, _, line = note.replace("\r\n", "\n").strip().rpartition("\n\n")
    text += "\n"
    try:
        origin, size, root, at = text.removesuffix("\n").split("\n")
        dash, name, encoded = line.split(" ")
        signed = base64.b64decode(encoded, validate=True)
        if (dash, name) != ("\N{EM DASH}", origin):
            raise Wrong("checkpoint: it is signed by somebody else")
        for key in keys.values():
            if hashlib.sha256(name.encode() + b"\n\x01" + key.public_bytes_raw()).digest()[:4] == signed[:4]:
                key.verify(signed[4:], text.encode())
                return origin, int(size), base64.b64decode(root, validate=True), at.removeprefix("time ")
    except InvalidSignature:
        raise Wrong("checkpoint: it is not what was signed") from None
    except ValueError:
        raise Wrong("checkpoint: it is damaged") from None
    raise Wrong("checkpoint: it is signed by a key that you did not give")


def check_passkey(record: dict[str, Any]) -> None:
    """That a passkey signed the decision of a record which says so (W3C Web Authentication, 7.2)."""
    facts = record["facts"]
    if not record["step"].startswith("gate.") or facts.get("proof") != "passkey":
        return
    try:
        one = facts["assertion"]
        names = ("gate", "subject", "question", "decision", "reason", "reference", "operator")
        decided = {"case": record["case"], **{name: facts[name] for name in names}}
        said, client, data = one["statement"], base64.b64decode(one["client_data"]), one["authenticator_data"]
        told, seen = json.loads(client), base64.b64decode(data)
        challenge = base64.urlsafe_b64encode(bytes.fromhex(_sha256(said))).decode().rstrip("=")
        if (said["for"], said["operator"]) != ("decide", record["actor"]) or _sha256(decided) not in said["digests"]:
            raise Wrong("was not signed by the passkey: it signed another decision")
        if (told["type"], told["challenge"]) != ("webauthn.get", challenge):
            raise Wrong("was not signed by the passkey: it answered another challenge")
        if seen[:32] != hashlib.sha256(one["rp_id"].encode()).digest() or seen[32] & 5 != 5:  # noqa: PLR2004  # there, and verified
            raise Wrong("was not signed by the passkey: another place, or its person was not verified")
        key, signature = load_der_public_key(base64.b64decode(one["key"])), base64.b64decode(one["signature"])
        signed = seen + hashlib.sha256(client).digest()
        if isinstance(key, EllipticCurvePublicKey):
            key.verify(signature, signed, ECDSA(SHA256()))
        elif isinstance(key, Ed25519PublicKey):
            key.verify(signature, signed)
        else:
            raise Wrong("was not signed by the passkey: its key is of another kind")
    except (InvalidSignature, UnsupportedAlgorithm, KeyError, TypeError, ValueError, IndexError, AttributeError):
        raise Wrong("was not signed by the passkey that it names") from None


def _sha256(value: Any) -> str:  # noqa: ANN401  # JSON
    data = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(data.encode()).hexdigest()


# --- the tree (RFC 6962, RFC 9162) ------------------------------------------------------------------------------------


def leaf_hash(leaf: dict[str, Any]) -> bytes:
    """The hash of a leaf."""
    data = json.dumps(leaf, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(b"\x00" + data.encode()).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash over two parts of the tree."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """The complete parts of a tree that grows, largest first."""

    def __init__(self) -> None:
        """Begin without leaves."""
        self.size = 0
        self.sealed = 0
        self._parts: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Add a leaf: each 1 at the end of the size is a part that becomes whole."""
        size = self.size
        while size & 1:
            leaf, size = node_hash(self._parts.pop(), leaf), size >> 1
        self._parts.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """The hash over all leaves."""
        if not self._parts:
            return hashlib.sha256(b"").digest()
        found = self._parts[-1]
        for part in reversed(self._parts[:-1]):
            found = node_hash(part, found)
        return found


def included_root(leaf: bytes, position: int, size: int, proof: list[bytes]) -> bytes:
    """The root that a leaf's proof leads to, from the top down."""
    if not 0 <= position < size:
        raise Wrong("the proof is of no leaf")
    if size == 1:
        if proof:
            raise Wrong("the proof is too long")
        return leaf
    if not proof:
        raise Wrong("the proof is too short")
    cut = 1 << ((size - 1).bit_length() - 1)
    if position < cut:
        return node_hash(included_root(leaf, position, cut, proof[:-1]), proof[-1])
    return node_hash(proof[-1], included_root(leaf, position - cut, size - cut, proof[:-1]))


def grown_roots(old: int, new: int, proof: list[bytes], known: bytes | None) -> tuple[bytes, bytes]:
    """The roots of the old and the new tree that a proof of consistency leads to, from the top down.

    ``known`` is the old root, as long as the part looked at is the old tree itself.
    """
    if old == new:
        if known is not None:
            return known, known
        if len(proof) != 1:
            raise Wrong("the proof has another length")
        return proof[0], proof[0]
    if not proof:
        raise Wrong("the proof is too short")
    cut = 1 << ((new - 1).bit_length() - 1)
    if old <= cut:
        first, second = grown_roots(old, cut, proof[:-1], known)
        return first, node_hash(second, proof[-1])
    first, second = grown_roots(old - cut, new - cut, proof[:-1], None)
    return node_hash(proof[-1], first), node_hash(proof[-1], second)


def stamped_at(reply: bytes, note: bytes) -> str:
    """The time that a time stamp names for these bytes. Its signature is not looked at: that is for OpenSSL."""
    token = reply.partition(bytes.fromhex("060b2a864886f70d0109100104"))[2]
    told = token.partition(b"\x04\x20" + hashlib.sha256(note).digest())[2].partition(b"\x18")[2]
    moment = told[1:15].decode("ascii", "replace")
    if not moment.isdecimal():
        raise Wrong("a time stamp names other bytes than the checkpoint")
    return f"{moment[:4]}-{moment[4:6]}-{moment[6:8]} {moment[8:10]}:{moment[10:12]}:{moment[12:]} UTC"


def verify_export(lines: Lines, case: str, keys: Keys) -> tuple[int, str, list[str]]:
    """The number of records of an exported case, the digest of the last, and what is wrong."""
    count, last, wrong, head = 0, _NO_RECORD, [], None
    for line in lines:
        if "record" in line:
            try:
                payload, record = open_envelope(line["record"], _RECORD, keys)
                if (record["case"], record["seq"], record["previous"]) != (case, count, last):
                    wrong.append(f"record {count} does not follow: it is {record['seq']} of {record['case']}")
                last = hashlib.sha256(payload).hexdigest()
                check_passkey(record)
            except Wrong as finding:
                wrong.append(f"record {count} {finding}")
            count += 1
        head = line.get("head", head)
    try:
        said = open_envelope(head, _HEAD, keys)[1]
        if (said["case"], said["count"], said["last"]) != (case, count, last):
            wrong.append(f"the head of {said['case']} knows {said['count']} records, here are {count}")
    except Wrong as finding:
        wrong.append(f"the head {finding}")
    return count, last, wrong


def verify_log(lines: Lines, origin: str, kept: list[Checkpoint], keys: Keys) -> tuple[str, list[str]]:
    """What a log of all cases holds in words, and what is wrong."""
    tree, wrong, awaited = Tree(), [], list(kept)
    ends, stamps, note = Ends(), 0, ""
    gone: dict[str, list[int]] = {}
    for line in lines:
        if "checkpoint" in line or "stamp" in line:
            try:
                if "stamp" in line:
                    stamped_at(base64.b64decode(line["stamp"]["reply"]), note.encode())
                    stamps += 1
                else:
                    note = line["checkpoint"]
                    awaited.append(open_checkpoint(note, keys))
            except Wrong as finding:
                wrong.append(str(finding))
        elif "leaf" in line:
            if not tree.size:
                awaited.sort(key=lambda one: one[1])
                wrong += _compared(tree, awaited, origin)
            tree.add(leaf_hash(line["leaf"]))
            wrong += [*_record_of(line, ends, gone, keys), *_compared(tree, awaited, origin)]
    wrong += [f"the checkpoint of {at} knows {size} entries, here are {tree.size}" for _, size, _, at in awaited]
    for case, numbers in gone.items():
        last = ends.of(case)
        what = "was deleted" if last is None else "was cut" if min(numbers) > last[0] else "has gaps"
        ends.known -= last is not None
        wrong.append(f"{case} {what}: the log knows records of it that are gone: {', '.join(map(str, numbers))}")
    if tree.sealed < tree.size:
        wrong.append(f"{tree.size - tree.sealed} records at the end are under no checkpoint")
    said = f"{origin}: {tree.size} records of {ends.known + len(gone)} cases"
    return f"{said}, {stamps} time stamps that OpenSSL shall verify" if stamps else said, wrong


class Ends:
    """The last record of each case, in a file without a name that ends with this program: memory does not grow."""

    def __init__(self) -> None:
        """Begin with none."""
        self.known, self._far = 0, sqlite3.connect("")
        self._far.execute("CREATE TABLE far (name TEXT PRIMARY KEY, seq INTEGER, record TEXT) WITHOUT ROWID")

    def of(self, case: str) -> tuple[int, str] | None:
        """Number and digest of its last record; None when none was seen."""
        rows = self._far.execute("SELECT seq, record FROM far WHERE name = ?", (case,))
        return next(rows, None)

    def put(self, case: str, seq: int, record: str) -> None:
        """Remember its last record."""
        self._far.execute("INSERT OR REPLACE INTO far VALUES (?, ?, ?)", (case, seq, record))


def _record_of(line: dict[str, Any], ends: Ends, gone: dict[str, list[int]], keys: Keys) -> Iterator[str]:
    leaf, envelope = line["leaf"], line["record"]
    case, seq = leaf["case"], leaf["seq"]
    if envelope is None:
        gone.setdefault(case, []).append(seq)
        return
    last = ends.of(case)
    ends.known += last is None
    number, previous = last or (-1, _NO_RECORD)
    ends.put(case, seq, leaf["record"])
    try:
        payload, record = open_envelope(envelope, _RECORD, keys)
        check_passkey(record)
    except Wrong as finding:
        yield f"record {seq} of {case} {finding}"
        return
    if hashlib.sha256(payload).hexdigest() != leaf["record"]:
        yield f"record {seq} of {case} is not the one that the log knows"
    elif (record["case"], record["seq"]) != (case, seq) or (seq == number + 1 and record["previous"] != previous):
        yield f"record {seq} of {case} does not follow"


def _compared(tree: "Tree", awaited: list[Checkpoint], origin: str) -> Iterator[str]:
    while awaited and awaited[0][1] == tree.size:
        named, size, root, at = awaited.pop(0)
        tree.sealed = size
        if (named, root) == (origin, tree.root()):
            continue
        yield f"the first {size} entries are not those of the checkpoint of {at}"


def verify_proof(
    told: dict[str, Any], ends: dict[str, tuple[int, str]], kept: list[Checkpoint], keys: Keys
) -> tuple[str, list[str]]:
    """What a file of proofs shows in words, and what is wrong."""
    origin, size, root, at = checkpoint = open_checkpoint(told["checkpoint"], keys)
    wrong, proven = [], {}
    for one in told["cases"]:
        leaf, hashes = one["leaf"], [bytes.fromhex(part) for part in one["hashes"]]
        proven[leaf["case"]] = (leaf["seq"] + 1, leaf["record"])
        if included_root(leaf_hash(leaf), one["position"], size, hashes) != root:
            wrong.append(f"{leaf['case']} is not in the log of the checkpoint")
    wrong += [
        f"{case}: the log knows {proven[case][0]} records, the export is another or has {ends[case][0]}"
        for case in ends.keys() & proven.keys()
        if ends[case] != proven[case]
    ]
    wrong += [f"{case}: no proof that it is in the log" for case in ends.keys() - proven.keys()]
    tied = [checkpoint]
    if told["since"]:
        earlier = open_checkpoint(told["since"], keys)
        tied.append(earlier)
        hashes = [bytes.fromhex(part) for part in told["growth"]]
        first, second = grown_roots(earlier[1], size, hashes, earlier[2]) if earlier[1] else (earlier[2], root)
        if (earlier[0], first, second) != (origin, earlier[2], root):
            wrong.append(f"the log did not only grow since the checkpoint of {earlier[3]}")
    wrong += [f"nothing is proven against the checkpoint of {one[3]}" for one in kept if one not in tied]
    return f"{origin}: {size} records at {at}; proven: {', '.join(sorted(proven)) or 'that it only grew'}", wrong


def _lines(file: Path) -> Lines:
    with file.open(encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)


def _kind(file: Path) -> str:
    with file.open("rb") as stream:
        head = stream.read(64)
    if head.startswith(b"-----BEGIN"):
        return "key"
    if head.startswith(b'{"case":'):
        return "export"
    if head.startswith(b'{"format":"rightsflow-log/1"'):
        return "log"
    if head.startswith(b"\x30"):
        return "stamp"
    return "proof" if head.startswith(b'{"cases":[') else "checkpoint"


def main(names: list[str]) -> int:
    """Verify the files named; the exit code."""
    files: dict[str, list[Path]] = {"key": [], "export": [], "log": [], "proof": [], "checkpoint": [], "stamp": []}
    try:
        for name in names:
            files[_kind(Path(name))].append(Path(name))
        keys = read_keys(files["key"])
        if not keys or len(names) == len(files["key"]):
            sys.stderr.write("give at least one key (PEM) and one file\n")
            return 2
        results = list(_results(files, keys))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        sys.stderr.write(f"a file cannot be read: {error}\n")
        return 2
    for said, wrong in results:
        sys.stdout.write("".join(f"{line}\n" for line in [f"{said}{', NOT whole' if wrong else ', whole'}", *wrong]))
    return int(any(wrong for _, wrong in results))


def _results(files: dict[str, list[Path]], keys: Keys) -> Iterator[tuple[str, list[str]]]:
    kept: list[Checkpoint] = []
    notes = {file: file.read_bytes().replace(b"\r\n", b"\n").strip() + b"\n" for file in files["checkpoint"]}
    for stamp in files["stamp"]:
        yield _stamp_of(stamp, notes)
    for file, note in notes.items():
        try:
            kept.append(open_checkpoint(note.decode(), keys))
        except Wrong as finding:
            yield str(file), [str(finding)]
    ends: dict[str, tuple[int, str]] = {}
    for file in files["export"]:
        lines = _lines(file)
        case = next(lines)["case"]
        count, last, wrong = verify_export(lines, case, keys)
        ends[case] = (count, last)
        yield f"{case}: {count} records", wrong
    for file in files["log"]:
        lines = _lines(file)
        yield verify_log(lines, next(lines)["origin"], kept, keys)
    for file in files["proof"]:
        try:
            yield verify_proof(next(_lines(file)), ends, kept, keys)
        except Wrong as finding:
            yield str(file), [str(finding)]


def _stamp_of(stamp: Path, notes: dict[Path, bytes]) -> tuple[str, list[str]]:
    wrong = []
    for file, note in notes.items():
        try:
            return f"{stamp}: {file} at {stamped_at(stamp.read_bytes(), note)}, which OpenSSL shall verify", []
        except Wrong as finding:
            wrong = [str(finding)]
    return str(stamp), wrong or ["give its checkpoint as well"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
