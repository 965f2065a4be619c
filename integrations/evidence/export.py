"""The file an auditor gets: one case's evidence as JSON lines, written so that no byte of it can change unnoticed.

::

    {"case":"C-7K3M-9QXT","format":"rightsflow-evidence/1"}
    {"key":{"keyid":"…","pem":"-----BEGIN PUBLIC KEY-----…"}}      one line per public key
    {"record":{"payload":"…","payloadType":"…","signatures":[…]}}    one line per DSSE envelope, in order
    {"head":{"payload":"…","payloadType":"…","signatures":[…]}}

Each line is canonical JSON (sorted keys, no blanks), ends with one newline, and lines come in this order.

The keys in the file, one for each keyid that signed, say who *claims* to have signed. Whoever verifies it brings the
trusted key from elsewhere; else the verification says so (trust on first use) and shows fingerprints to compare by
another way.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from data_contracts.errors import EvidenceBroken, SystemUnavailable
from data_contracts.evidence.records import canonical
from integrations.evidence.chain import Fault, Finding, Verification, verify_chain
from integrations.evidence.keys import keyid_of, parse_public_key, pem_of

FORMAT = "rightsflow-evidence/1"


@dataclass(frozen=True, slots=True)
class Export:
    """What an exported file holds.

    Attributes:
        keys: public keys that came with the file, by keyid.
        damage: faults of the file itself, before any signature is looked at.
    """

    case_id: str
    envelopes: Sequence[Mapping[str, object]]
    head: Mapping[str, object] | None
    keys: Mapping[str, Ed25519PublicKey]
    damage: tuple[Finding, ...] = ()


def write_export(file: Path, export: Export) -> None:
    """Write a case's evidence; an existing file is replaced whole.

    Raises:
        SystemUnavailable: when the file cannot be written.
    """
    write_whole(file, export_lines(export))


def write_whole(file: Path, parts: Iterable[bytes]) -> None:
    """Write a file whole, or not at all.

    Raises:
        SystemUnavailable: when the file cannot be written.
    """
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with draft.open("wb") as stream:
            stream.writelines(parts)
        draft.replace(file)
    except OSError:
        draft.unlink(missing_ok=True)
        what, remedy = "the export cannot be written", "check the folder, its owner and the free space"
        raise SystemUnavailable(what, where=str(file), remedy=remedy) from None


def export_lines(export: Export) -> Iterator[bytes]:
    """An exported file, line by line."""
    for line in _lines(export):
        yield canonical(line) + b"\n"


def signers_of(export: Export) -> set[str]:
    """Keyids that the envelopes of an export name."""
    return _signers(export.envelopes, export.head)


def read_export(file: Path) -> Export:
    """Read an exported file, as far as it can be read; what is wrong with it is told in ``damage``.

    Raises:
        EvidenceBroken: when there is no file, or it does not begin as an export does.
    """
    try:
        content = file.read_bytes()
    except OSError:
        raise EvidenceBroken("cannot be read", where=str(file), remedy="check the name and the file's mode") from None
    return parse_export(content, where=str(file))


def parse_export(content: bytes, *, where: str) -> Export:
    """What the bytes of an exported file hold; see :func:`read_export`.

    Raises:
        EvidenceBroken: when they do not begin as an export does.
    """
    lines = content.split(b"\n")
    first = _parse(lines[0])
    if (
        first is None
        or set(first) != {"case", "format"}
        or first["format"] != FORMAT
        or not isinstance(first["case"], str)
    ):
        what, remedy = "is no evidence export", "ask for it anew: `rightsflow evidence export CASE FILE`"
        raise EvidenceBroken(what, where=where, remedy=remedy)
    return _sorted_out(first["case"], lines)


def verify_file(file: Path, *, trusted: Mapping[str, Ed25519PublicKey] | None) -> Verification:
    """Verify an exported file offline.

    Args:
        file: written by :func:`write_export`.
        trusted: public keys by keyid, got by another way than the file. None: those of the file are believed, and
            the verification says ``trust_on_first_use``.

    Raises:
        EvidenceBroken: when the file cannot be read as an export at all.
    """
    return verify_export(read_export(file), trusted=trusted)


def verify_export(export: Export, *, trusted: Mapping[str, Ed25519PublicKey] | None) -> Verification:
    """Verify what an exported file holds; see :func:`verify_file`."""
    keys = export.keys if trusted is None else trusted
    verified = verify_chain(export.case_id, export.envelopes, export.head, keys=keys)
    findings = (*export.damage, *verified.findings)
    return replace(verified, findings=findings, trust_on_first_use=trusted is None)


def _lines(export: Export) -> Iterator[dict[str, object]]:
    yield {"case": export.case_id, "format": FORMAT}
    for keyid in sorted(_signers(export.envelopes, export.head) & set(export.keys)):
        yield {"key": {"keyid": keyid, "pem": pem_of(export.keys[keyid])}}
    for envelope in export.envelopes:
        yield {"record": envelope}
    if export.head is not None:
        yield {"head": export.head}


_ORDER = ("key", "record", "head")


def _sorted_out(case_id: str, lines: Sequence[bytes]) -> Export:
    damage = [] if lines[-1] == b"" else [_damage("the last line is cut off")]
    found: dict[str, list[Any]] = {kind: [] for kind in _ORDER}
    reached = 0
    for number, line in enumerate(lines[1 : len(lines) if damage else -1], start=2):
        kind, value = _kind(_parse(line))
        if kind == "":
            damage.append(_damage(f"line {number} is not as it was written"))
            continue
        if _ORDER.index(kind) < reached or (kind == "head" and found["head"]):
            damage.append(_damage(f"line {number} does not belong there"))
        reached = max(reached, _ORDER.index(kind))
        found[kind].append(value)
    keys, bad_keys = _keys(found["key"])
    head = found["head"][0] if found["head"] else None
    signers = _signers(found["record"], head)
    wrong_keys = [_damage(f"the public key {keyid[:16]}… is not in it") for keyid in sorted(signers - set(keys))]
    wrong_keys += [
        _damage(f"the public key {keyid[:16]}… signed nothing in it") for keyid in sorted(set(keys) - signers)
    ]
    return Export(case_id, found["record"], head, keys, (*damage, *bad_keys, *wrong_keys))


def _signers(envelopes: Sequence[object], head: object | None) -> set[str]:
    """Keyids that the envelopes name, trusted or not."""
    signatures = [
        signature
        for envelope in [*envelopes, head]
        if isinstance(envelope, dict) and isinstance(envelope.get("signatures"), list)
        for signature in envelope["signatures"]
    ]
    named = [signature.get("keyid") for signature in signatures if isinstance(signature, dict)]
    return {keyid for keyid in named if isinstance(keyid, str)}


def _keys(values: Sequence[object]) -> tuple[dict[str, Ed25519PublicKey], list[Finding]]:
    keys: dict[str, Ed25519PublicKey] = {}
    damage = []
    for number, value in enumerate(values, start=1):
        key = _key(value)
        if key is None or keyid_of(key) in keys:
            damage.append(_damage(f"public key {number} is not as it was written"))
        else:
            keys[keyid_of(key)] = key
    return keys, damage


def _key(value: object) -> Ed25519PublicKey | None:
    if not isinstance(value, dict) or set(value) != {"keyid", "pem"} or not isinstance(value["pem"], str):
        return None
    try:
        key = parse_public_key(value["pem"].encode())
    except ValueError:
        return None
    return key if (value["keyid"], value["pem"]) == (keyid_of(key), pem_of(key)) else None


def _kind(line: dict[str, Any] | None) -> tuple[str, object]:
    if line is None or len(line) != 1:
        return "", None
    [(kind, value)] = line.items()
    return (kind, value) if kind in _ORDER else ("", None)


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
        is_as_written = isinstance(value, dict) and canonical(value) == line
    except (ValueError, RecursionError):
        return None
    return value if is_as_written else None


def _damage(what: str) -> Finding:
    return Finding(Fault.FILE_DAMAGED, None, "", f"file: {what}")
