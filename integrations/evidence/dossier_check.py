"""Verifies an authority's dossier offline: no register, no network, no clock; public keys are enough.

A dossier comes from outside and is not trusted until it is verified: nothing is ever unpacked to disk, and whatever a
ZIP can do to its reader is refused before a byte of it is read (:func:`opened`). Then every fault is told:

1. the manifest: is it there, signed by a trusted key, and the very bytes that were signed?
2. each file: is it there, as long as and with the digest that the manifest says, in its place; and is there no other?
3. the evidence of each case and run: see :mod:`integrations.evidence.chain`.
4. the facts: do they follow from that evidence, case by case, and do the statistics from the cases?
"""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path, PurePosixPath
from stat import S_ISLNK
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from data_contracts.errors import EvidenceBroken
from data_contracts.evidence.records import canonical, said_in
from data_contracts.officer.dossiers import (
    EVIDENCE,
    FACTS,
    FORMAT,
    KEYS,
    MANIFEST,
    MANIFEST_TYPE,
    SIGNATURE,
    Counting,
    Recount,
)
from integrations.evidence.chain import Fault, Finding, Verification
from integrations.evidence.envelope import Opened, open_envelope
from integrations.evidence.export import parse_export, verify_export
from integrations.evidence.keys import keyid_of, parse_public_key

__all__ = ["is_dossier", "verify_dossier"]

_CHUNK: Final = 1 << 16
_MOST_FILES: Final = 1_000_000
_LARGEST_READ: Final = 64 << 20
"""Bytes of a file that is held in memory: the manifest, one case's evidence, a key, a line of facts."""
_LARGEST: Final = 8 << 30
"""Bytes of all files together."""
_UNREADABLE: Final = (zipfile.BadZipFile, EOFError, NotImplementedError, zlib.error)
_MOST_SQUEEZED: Final = 200
"""How many times smaller a file may have become: more is a bomb. JSON lines become about 20 times smaller."""


def is_dossier(file: Path) -> bool:
    """Whether a file is a ZIP, and so no export of one case."""
    return zipfile.is_zipfile(file)


def verify_dossier(file: Path, *, trusted: Mapping[str, Ed25519PublicKey] | None, recount: Recount) -> Verification:
    """Verify a dossier offline.

    Args:
        file: the dossier.
        trusted: public keys by keyid, got by another way than the dossier. None: those in it are believed, and the
            verification says ``trust_on_first_use``.
        recount: how facts follow from evidence.

    Raises:
        EvidenceBroken: when it is no ZIP that is safe to read.
    """
    try:
        with opened(file) as archive:
            keys, findings = _keys(archive)
            look = _Look(archive, keys if trusted is None else trusted, recount, findings)
            look.all()
            run_id = look.run_id or file.name
            return Verification(
                run_id, look.records, tuple(look.findings), tuple(sorted(look.good)), trust_on_first_use=trusted is None
            )
    except (*_UNREADABLE, OSError):
        raise EvidenceBroken("is damaged or no dossier", where=str(file), remedy="ask for it anew") from None


@contextmanager
def opened(file: Path) -> Iterator[zipfile.ZipFile]:
    """The dossier's archive, every name and size of it looked at.

    Raises:
        EvidenceBroken: when a name leaves the folder or is there twice, an entry is a link or a folder, is encrypted,
            or the whole would fill the memory or the disk of whoever unpacks it.
    """
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        what = next(filter(None, map(_unsafe, entries)), "")
        if len({entry.filename.casefold() for entry in entries}) != len(entries):
            what = "two entries have one name"
        if len(entries) > _MOST_FILES or sum(entry.file_size for entry in entries) > _LARGEST:
            what = "it would fill the disk of whoever unpacks it"
        if archive.comment or (entries and entries[0].header_offset):
            what = "something stands before or behind the files"
        if what:
            raise EvidenceBroken(
                f"is not safe to read: {what}", where=file.name, remedy="do not unpack it; ask for it anew"
            )
        yield archive


def _unsafe(entry: zipfile.ZipInfo) -> str:
    name, parts = PurePosixPath(entry.filename), entry.filename.split("/")
    if name.is_absolute() or any(part in {"", ".", ".."} or set(part) & set("\\:\0") for part in parts):
        return "an entry would leave the folder"
    if S_ISLNK(entry.external_attr >> 16):
        return "an entry is a link"
    if entry.flag_bits & 0x1 or entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return "an entry cannot be read"
    if entry.file_size > _CHUNK and entry.file_size > _MOST_SQUEEZED * entry.compress_size:
        return "an entry would fill the disk of whoever unpacks it"
    return ""


def _keys(archive: zipfile.ZipFile) -> tuple[dict[str, Ed25519PublicKey], list[Finding]]:
    """Public keys in the dossier, by keyid."""
    keys: dict[str, Ed25519PublicKey] = {}
    findings = []
    for name in archive.namelist():
        if name.startswith(KEYS):
            try:
                key = parse_public_key(_read(archive, name))
            except ValueError:
                findings.append(_about(Fault.FILE_DAMAGED, name, "is no public key"))
                continue
            keys[keyid_of(key)] = key
            if name != f"{KEYS}{keyid_of(key)}.pem":
                findings.append(_about(Fault.FILE_DAMAGED, name, "is another key than its name says"))
    return keys, findings


@dataclass
class _Look:
    """One look at a dossier, and what was found so far."""

    archive: zipfile.ZipFile
    keys: Mapping[str, Ed25519PublicKey]
    recount: Recount
    findings: list[Finding]
    run_id: str = ""
    records: int = 0
    good: set[str] = field(default_factory=set)

    def all(self) -> None:
        """Look at the manifest, each file, each chain, and the facts."""
        self.files(self.manifest())
        self.facts()

    def manifest(self) -> Mapping[str, Any]:
        """What the manifest says; empty where it cannot be believed."""
        names = set(self.archive.namelist())
        if not {MANIFEST, SIGNATURE} <= names:
            missing = sorted({MANIFEST, SIGNATURE} - names)
            self.findings += [_about(Fault.MANIFEST_MISSING, name, "removed") for name in missing]
            return {}
        envelope = open_envelope(_parsed(_read(self.archive, SIGNATURE)), kind=MANIFEST_TYPE, keys=self.keys)
        if envelope.trust != "signed":
            self.findings.append(_about(Fault.MANIFEST_FORGED, SIGNATURE, _why(envelope)))
            return {}
        self.good.add(envelope.keyid)
        self.run_id = str(envelope.predicate.get("dossier", ""))
        if _read(self.archive, MANIFEST) != envelope.payload:
            self.findings.append(_about(Fault.CHANGED, MANIFEST, "changed: it is not what was signed"))
        return envelope.predicate

    def files(self, manifest: Mapping[str, Any]) -> None:
        """Compare each file with the manifest."""
        if not manifest:
            return
        told = {one["name"]: (one["size"], one["sha256"]) for one in manifest["files"]}
        order, there = [*told, MANIFEST, SIGNATURE], dict.fromkeys(self.archive.namelist())
        wanted = frozenset(order)
        for name in order:
            if name not in there:
                self.findings.append(_about(Fault.REMOVED, name, "removed"))
            elif name in told and self.measured(name) != told[name]:
                self.findings.append(_about(Fault.CHANGED, name, "changed: it is not what was signed"))
        for name in there:
            if name not in wanted:
                self.findings.append(_about(Fault.ADDED, name, "added: the manifest does not name it"))
        known = [name for name in there if name in wanted]
        for name, right in zip(known, [name for name in order if name in there], strict=True):
            if name != right:
                self.findings.append(_about(Fault.REORDERED, name, f"stands where {right} belongs"))

    def measured(self, name: str) -> tuple[int, str]:
        """Size and digest of a file."""
        size, total = 0, hashlib.sha256()
        try:
            with self.archive.open(name) as stream:
                while chunk := stream.read(_CHUNK):
                    size += len(chunk)
                    total.update(chunk)
        except _UNREADABLE:
            return 0, ""
        return size, total.hexdigest()

    def facts(self) -> None:
        """Compare the facts with the evidence they come with, line by line."""
        there = {name for name in self.archive.namelist() if name.startswith(EVIDENCE)}
        if FACTS in self.archive.namelist():
            try:
                self.accounts(there)
            except (*_UNREADABLE, ValueError, KeyError, TypeError, RecursionError):
                self.findings.append(_about(Fault.FILE_DAMAGED, FACTS, "is not as it was written"))
        else:
            self.findings.append(_about(Fault.FILE_DAMAGED, FACTS, "is not in it"))
        for name in sorted(there):
            # Evidence that no fact was told of is verified all the same.
            self.chain(name)
            self.findings.append(_about(Fault.CONTRADICTED, name, f"{FACTS} does not tell of it"))

    def accounts(self, there: set[str]) -> None:
        """Each line of the facts; the evidence it is about is taken out of ``there``."""
        zone, count = "", None
        for part, value in _facts_of(self.archive):
            if part == "about":
                zone, count = value["time_zone"], self.recount.counting(date.fromisoformat(value["as_of"]))
                self.same(value["format"] == FORMAT, "format", "is not one that this software knows")
                self.same(value["dossier"] == self.run_id or not self.run_id, "dossier", "is of another dossier")
            elif part in {"cases", "runs"}:
                name = value["case" if part == "cases" else "run"]
                self.account(part, name, value, zone, there)
                if part == "cases" and count is not None:
                    count.add(value)
            elif part == "statistics":
                self.same(_same(count, value), part, "does not follow from the cases")

    def account(self, part: str, name: str, told: Mapping[str, Any], zone: str, there: set[str]) -> None:
        """One case or run."""
        member = f"{EVIDENCE}{name}.jsonl"
        if member not in there:
            self.same(False, name, "comes without evidence")  # noqa: FBT003  # what is found
            return
        there.discard(member)
        records = self.chain(member)
        if records is None:
            return
        evident = self.recount.case(records, zone) if part == "cases" else self.recount.run(records)
        for fact in sorted({*evident, *told["evidence"]}):
            said = canonical(told["evidence"].get(fact)) == canonical(evident.get(fact))
            self.same(said, f"{name}, {fact}", "does not follow from its evidence")
        if part == "cases" and told["state"] in {"archived", "purged"}:
            self.same(bool(evident["outcome"]), f"{name}, state", "does not follow from its evidence")

    def chain(self, member: str) -> list[Mapping[str, Any]] | None:
        """Verify the evidence in a file; what its records say, None where that cannot be read."""
        try:
            export = parse_export(_read(self.archive, member), where=member)
            found = verify_export(export, trusted=self.keys)
            said = [said_in(one) for one in export.envelopes]
        except (EvidenceBroken, ValueError, KeyError, TypeError):
            self.findings.append(_about(Fault.FILE_DAMAGED, member, "is no evidence that can be read"))
            return None
        if member != f"{EVIDENCE}{export.case_id}.jsonl":
            self.findings.append(_about(Fault.OTHER_CASE, member, f"is of {export.case_id}"))
        self.records += found.records
        self.good |= set(found.keyids)
        self.findings += [_about(one.fault, member, str(one)) for one in found.findings]
        return said

    def same(self, is_so: bool, place: str, what: str) -> None:  # noqa: FBT001  # what was found
        """Tell of a fact that is not so."""
        if not is_so:
            self.findings.append(_about(Fault.CONTRADICTED, FACTS, f"{place} {what}"))


def _facts_of(archive: zipfile.ZipFile) -> Iterator[tuple[str, Any]]:
    """The facts, part by part: of cases and runs one by one.

    Raises:
        ValueError: when a line is not as it was written.
    """
    part = ""
    with archive.open(FACTS) as stream:
        while line := stream.readline(_LARGEST_READ):
            text = line.rstrip(b"\n").removesuffix(b",")
            if text in {b"{", b"}", b"]", b""}:
                part = "" if text == b"]" else part
            elif text in {b'"cases":[', b'"runs":['}:
                part = text[1:-3].decode()
            elif part:
                yield part, json.loads(text)
            else:
                [(name, value)] = json.loads(b"{" + text + b"}").items()
                yield name, value


def _same(count: Counting | None, told: object) -> bool:
    return count is not None and canonical(count.facts()) == canonical(told)


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    """A small file whole; empty where its bytes are not what the archive says.

    Raises:
        EvidenceBroken: when it is not small.
    """
    try:
        with archive.open(name) as stream:
            content = stream.read(_LARGEST_READ + 1)
    except _UNREADABLE:
        return b""
    if len(content) > _LARGEST_READ:
        raise EvidenceBroken("is not safe to read: a file is too large", where=name, remedy="ask for it anew")
    return content


def _parsed(content: bytes) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _why(envelope: Opened) -> str:
    if envelope.trust == "foreign":
        return f"signed by the key {envelope.keyid[:16]}…, which is not trusted"
    return "changed: it is not what was signed"


def _about(fault: Fault, name: str, what: str) -> Finding:
    # Names in a file from outside are printed to a terminal: nothing but what can be printed.
    shown = "".join(sign if sign.isprintable() else "?" for sign in name)
    return Finding(fault, None, "", f"{shown}: {what}")
