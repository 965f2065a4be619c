"""Writes a log of as many records as asked, like those that the software leaves, in one pass over a file.

A real case, an erasure of the demo company, is walked; its records give step, system, actor and facts of every case
that is made up, each with a name, chain, time and signature of its own. Two thousand cases are open at once, as in a
register. Each record is signed once, by `cryptography` itself, and its line is written as an export writes it.
"""

import base64
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryDirectory
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from data_contracts.evidence.log import Checkpoint, LogLeaf
from data_contracts.evidence.merkle import Roof
from data_contracts.evidence.records import NO_RECORD, PAYLOAD_TYPE, Record, canonical, digest, record_statement
from data_contracts.vocabulary import Right
from integrations.demo import seed
from integrations.evidence import load_or_create
from integrations.evidence.log_export import LogHead
from integrations.evidence.notes import sign_note
from tests.flows.company import NOW, a_house

__all__ = ["AT", "ORIGIN", "records_of_a_case", "write"]

AT: Final = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ORIGIN: Final = "rightsflow.log/benchmark"
_OPEN: Final = 2_000


def records_of_a_case() -> list[Record]:
    """The records that a walked erasure left."""
    with TemporaryDirectory() as folder:
        company = seed(Path(folder) / "systems", customers=40, today=NOW.date(), progress=lambda _: None)
        with contextmanager(a_house)(Path(folder), company) as (house, _):
            case_id = house.open(Right.ERASURE)
            house.walk(case_id)
            envelopes, _ = house.installation.register.evidence(case_id)
        told = [json.loads(base64.b64decode(str(one["payload"])))["predicate"] for one in envelopes]
    return [Record(one["step"], one["system"], one["facts"], actor=one["actor"]) for one in told]


def write(file: Path, keys: Path, records: int, case: Sequence[Record]) -> None:
    """A whole log under one checkpoint.

    Args:
        file: to be written.
        keys: folder of the key that signs.
        records: how many.
        case: what each case holds, in order.
    """
    signer, roof = load_or_create(keys), Roof()
    private = load_pem_private_key((keys / "signing.pem").read_bytes(), None)
    assert isinstance(private, Ed25519PrivateKey)
    body = file.with_suffix(".body")
    with body.open("wb") as stream:
        for leaf, envelope in _entries(private, signer.keyid, records, case):
            roof.add(leaf.hash())
            shown = {"case": leaf.case_id, "record": leaf.record, "seq": leaf.seq}
            stream.write(canonical({"leaf": shown, "record": envelope}) + b"\n")
    note = sign_note(Checkpoint(ORIGIN, records, roof.root(), AT).body(), name=ORIGIN, signer=signer)
    with file.open("wb") as stream, body.open("rb") as entries:
        stream.writelines(LogHead(ORIGIN, {signer.keyid: signer.public_key}, [note]).lines())
        copyfileobj(entries, stream, 1 << 20)
    body.unlink()


def _entries(
    private: Ed25519PrivateKey, keyid: str, records: int, case: Sequence[Record]
) -> Iterator[tuple[LogLeaf, dict[str, Any]]]:
    head = b"DSSEv1 %d %b " % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode())
    lasts: dict[int, str] = {}
    for place in range(records):
        # Page after page of cases that are open together, one record of each in turn.
        page, within = divmod(place, _OPEN * len(case))
        seq, number = divmod(within, _OPEN)
        name = page * _OPEN + number
        at, case_id = AT + timedelta(seconds=place), f"C-{name:08d}"
        previous = lasts[number] if seq else NO_RECORD
        payload = record_statement(case[seq], case_id=case_id, seq=seq, previous=previous, at=at)
        lasts[number] = last = digest(payload)
        signed = private.sign(head + b"%d %b" % (len(payload), payload))
        yield (
            LogLeaf(case_id, seq, last),
            {
                "payload": base64.b64encode(payload).decode(),
                "payloadType": PAYLOAD_TYPE,
                "signatures": [{"keyid": keyid, "sig": base64.b64encode(signed).decode()}],
            },
        )


def take_out(file: Path, to: Path, case_id: str) -> int:
    """The same log without a case's records, whose leaves are left; how many are gone."""
    mine, gone = b'{"leaf":{"case":"%b",' % case_id.encode(), 0
    with file.open("rb") as stream, to.open("wb") as left:
        for line in stream:
            if line.startswith(mine):
                told = json.loads(line)
                line, gone = canonical({"leaf": told["leaf"], "record": None}) + b"\n", gone + 1  # noqa: PLW2901  # it is the line
            left.write(line)
    return gone
