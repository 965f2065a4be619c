"""How long the log of all cases takes to verify offline and how much memory; what a leaf and a checkpoint cost.

A log of made-up cases, eight records each, is signed and written as `rightsflow evidence export-log` writes it. Floor:
the same bytes hashed with SHA-256, and the memory that a tenth of the records takes. Each number of records is
verified in a process of its own, because a process never gives back its peak.
"""

import hashlib
import json
import resource
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from subprocess import PIPE, run
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from data_contracts.case import NewCase
from data_contracts.evidence import NO_RECORD, Record, digest, record_statement
from data_contracts.evidence_log import Checkpoint, LogEntry, LogLeaf
from data_contracts.merkle import Roof
from data_contracts.vocabulary import Channel, Right
from integrations.evidence import Against, Ed25519Signer, EvidenceShelf, load_or_create, verify_against
from integrations.evidence.log_export import write_log
from integrations.evidence.notes import sign_note
from integrations.register import SqlRegister, upgrade
from tasks.rules.dossiers import RECOUNT
from tests.benchmarks.figures import Figure

__all__ = ["measure"]

RECORDS: Final = 20_000
_STEPS: Final = 8
_APPENDS: Final = 500
_AT: Final = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_ORIGIN: Final = "rightsflow.log/benchmark"


def measure(records: int = RECORDS) -> list[Figure]:
    """Seconds and megabytes of verifying so many records, each beside its floor; then what writing costs."""
    with TemporaryDirectory() as folder:
        whole, tenth = (_in_a_process(Path(folder), count) for count in (records, records // 10))
        hashed, note = whole["hashed"], f"{whole['size']:.0f} MB, {whole['verified'] / records * 1e6:.0f} µs a record"
        return [
            Figure("the same bytes, hashed (floor)", hashed, "s", floor=hashed),
            Figure(f"verify a log of {records:,} records", whole["verified"], "s", floor=hashed, note=note),
            Figure(f"memory of {records // 10:,} records (floor)", tenth["megabytes"], "MB", floor=tenth["megabytes"]),
            Figure(f"memory of {records:,} records", whole["megabytes"], "MB", floor=tenth["megabytes"]),
            *_writing(Path(folder)),
        ]


def _in_a_process(folder: Path, records: int) -> dict[str, float]:
    command = [sys.executable, "-m", __name__, str(folder), str(records)]
    done = run(command, check=True, stdout=PIPE, text=True)
    facts: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return facts


def _verified(folder: Path, records: int) -> dict[str, float]:
    signer = load_or_create(folder / "keys")
    small, file = folder / "small.jsonl", folder / f"{records}.jsonl"
    against = Against({signer.keyid: signer.public_key})
    _write(small, signer, 100)
    verify_against(small, against, RECOUNT)
    _write(file, signer, records)
    start = perf_counter()
    with file.open("rb") as stream:
        hashlib.file_digest(stream, "sha256")
    hashed, before, start = perf_counter() - start, _peak(), perf_counter()
    (found,) = verify_against(file, against, RECOUNT)
    took, size = perf_counter() - start, file.stat().st_size / 1e6
    assert found.is_whole
    file.unlink()
    return {"verified": took, "hashed": hashed, "megabytes": _peak() - before, "size": size}


def _write(file: Path, signer: Ed25519Signer, records: int) -> None:
    """A log whose root is known before it is written: its entries are made twice."""
    roof = Roof()
    for entry in _entries(signer, records, is_signed=False):
        roof.add(entry.leaf.hash())
    note = sign_note(Checkpoint(_ORIGIN, records, roof.root(), _AT).body(), name=_ORIGIN, signer=signer)
    write_log(file, _ORIGIN, {signer.keyid: signer.public_key}, [note], _entries(signer, records, is_signed=True))


def _entries(signer: Ed25519Signer, records: int, *, is_signed: bool) -> Iterator[LogEntry]:
    last = NO_RECORD
    for position in range(records):
        case, seq = divmod(position, _STEPS)
        record = Record(f"step {seq}", "crm", {"rows": {"customer": position, "interaction": seq}})
        case_id = f"C-{case:08d}"
        payload = record_statement(record, case_id=case_id, seq=seq, previous=last if seq else NO_RECORD, at=_AT)
        last = digest(payload)
        yield LogEntry(position, LogLeaf(case_id, seq, last), json.dumps(signer.sign(payload)) if is_signed else None)


def _writing(folder: Path) -> list[Figure]:
    """A record with its leaf in a SQLite register, and a checkpoint over what was written."""
    url = f"sqlite:///{folder / 'register.db'}"
    upgrade(url)
    keys = folder / "keys"
    register = SqlRegister(url, signer=load_or_create(keys), clock=lambda: _AT)
    case_id = register.open_case(NewCase(Right.ERASURE, Channel.FORM, "fr", _AT, _AT.date(), "one")).case_id
    start = perf_counter()
    for number in range(_APPENDS):
        register.complete(case_id, f"step {number}", receipt={}, record=Record("step", "", {"rows": number}))
    record, start = (perf_counter() - start) / _APPENDS, perf_counter()
    EvidenceShelf(keys, register).checkpoint(_AT)
    sealed, start = perf_counter() - start, perf_counter()
    register.complete(case_id, "last", receipt={}, record=Record("step", "", {}))
    EvidenceShelf(keys, register).checkpoint(_AT)
    again = perf_counter() - start
    register.close()
    return [
        Figure("a step with its record and leaf (floor)", record * 1e3, "ms", floor=record * 1e3),
        Figure(f"a checkpoint over {_APPENDS} new records", sealed * 1e3, "ms", floor=record * 1e3),
        Figure("a step and a checkpoint over it", again * 1e3, "ms", floor=record * 1e3),
    ]


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps(_verified(Path(sys.argv[1]), int(sys.argv[2]))))
