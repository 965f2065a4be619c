"""The shape of evidence: in-toto statements in DSSE envelopes, each chained to the one before (law 9).

One record is one DSSE envelope (payload type ``application/vnd.in-toto+json``) around an in-toto Statement v1.
Its predicate holds what was done as typed facts: names, counts, digests, grounds, operators; no personal data.

Invariants of a chain, checked by whoever verifies it:

1. ``seq`` runs 0, 1, 2, … without a gap.
2. ``previous`` is the SHA-256 of the bytes of the payload before; all zeros in the first.
3. every envelope is signed by a key that was in force.
4. the *head*, a signed statement of its own, tells how many records there are and the digest of the last, so that
   a record missing at the end is noticed.

Source: in-toto Attestation Framework, Statement v1; DSSE 1.0.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
RECORD_TYPE = "urn:rightsflow:evidence:record:v1"
HEAD_TYPE = "urn:rightsflow:evidence:head:v1"
NO_RECORD = "0" * 64
"""What the first record names as the one before."""

Facts = Mapping[str, "str | int | bool | Sequence[Facts | str] | Facts | None"]
"""What a record says: JSON without floats, so that its bytes are the same everywhere."""


@dataclass(frozen=True, slots=True)
class Record:
    """What one step puts into evidence, before it is chained and signed."""

    step: str
    system: str
    facts: Facts
    actor: str = "rightsflow"


def canonical(value: object) -> bytes:
    """``value`` as the JSON bytes we sign: sorted keys, no blanks, UTF-8 (RFC 8785 for our types: no floats)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest(value: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(value).hexdigest()


def record_statement(record: Record, *, case_id: str, seq: int, previous: str, at: datetime) -> bytes:
    """The payload to sign for ``record`` at place ``seq`` of its case's chain."""
    predicate = {
        "case": case_id,
        "seq": seq,
        "previous": previous,
        "at": at.isoformat(),
        "step": record.step,
        "system": record.system,
        "actor": record.actor,
        "facts": record.facts,
    }
    subject = {"name": f"case:{case_id}/{seq}", "digest": {"sha256": digest(canonical(predicate))}}
    return _statement(RECORD_TYPE, subject, predicate)


def head_statement(*, case_id: str, count: int, last: str, at: datetime) -> bytes:
    """The payload to sign for the head of a case's chain."""
    predicate = {"case": case_id, "count": count, "last": last, "at": at.isoformat()}
    subject = {"name": f"case:{case_id}", "digest": {"sha256": last}}
    return _statement(HEAD_TYPE, subject, predicate)


def said_in(envelope: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an envelope of ours says: the predicate of its statement, unverified."""
    predicate: Mapping[str, Any] = json.loads(base64.b64decode(envelope["payload"]))["predicate"]
    return predicate


def _statement(kind: str, subject: dict[str, Any], predicate: dict[str, Any]) -> bytes:
    return canonical(
        {
            "_type": STATEMENT_TYPE,
            "subject": [subject],
            "predicateType": kind,
            "predicate": predicate,
        }
    )
