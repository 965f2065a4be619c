"""How long the log of all cases takes to verify offline and how much memory; what a leaf and a checkpoint cost.

A log as `rightsflow evidence export-log` writes it is made by :mod:`tests.benchmarks.a_log`, verified by our command
and by the auditor's one file, each in a process of its own, because a process never gives back its peak; then once
more without one of its cases, which must be named (by the auditor's file in a tenth of the log). Floors, of the same
run: these records hashed and their signatures verified by `cryptography` itself, and the peak of a tenth of them.

Verifying is measured in seconds of the processor, so that other work on the machine is in no figure and in no ratio.
"""

import base64
import hashlib
import json
import runpy
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import UTC, datetime
from io import StringIO
from itertools import islice
from pathlib import Path
from subprocess import PIPE, run
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from data_contracts.case.case import NewCase
from data_contracts.evidence.records import Record
from data_contracts.vocabulary import Channel, Right
from integrations.evidence import AUDITORS_SCRIPT, Against, EvidenceShelf, load_or_create, read_keys, verify_against
from integrations.evidence.keys import pem_of
from integrations.register import SqlRegister, upgrade
from tasks.rules.officer.dossiers import RECOUNT
from tests.benchmarks.figures import Figure

__all__ = ["measure"]

RECORDS: Final = 20_000
_APPENDS: Final = 500
_GONE: Final = "C-00000007"
_AT: Final = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_PAGE: Final = 5_000


def measure(records: int = RECORDS) -> list[Figure]:
    """Seconds and megabytes of verifying so many records, each beside its floor; then what writing costs."""
    # What writes the log is large, and shall be in no figure of what verifies it.
    from tests.benchmarks.a_log import records_of_a_case, take_out, write  # noqa: PLC0415  # as above

    case = records_of_a_case()
    with TemporaryDirectory() as name:
        folder = Path(name)
        whole, tenth, cut = (folder / f"{one}.jsonl" for one in ("whole", "tenth", "cut"))
        start = perf_counter()
        write(whole, folder / "keys", records, case)
        made = perf_counter() - start
        write(tenth, folder / "keys", records // 10, case)
        pem = folder / "key.pem"
        pem.write_text(pem_of(load_or_create(folder / "keys").public_key))
        figures = list(_verifying(whole, tenth, pem, records))
        size = f"{whole.stat().st_size / 1e6:,.0f} MB, {len(case)} records a case, written in {made:.0f} s"
        for how, log in (("ours", whole), ("auditors", tenth)):
            gone = take_out(log, cut, _GONE)
            log.unlink()
            figures.append(_naming(cut, pem, how, gone))
        return [Figure(f"a log of {records:,} records", made, "s", note=size), *figures, *_writing(folder)]


def _verifying(whole: Path, tenth: Path, pem: Path, records: int) -> Iterator[Figure]:
    floor = _in_a_process("floor", whole, pem)["seconds"]
    yield Figure(f"{records:,} records hashed, their signatures verified (floor)", floor, "s", floor=floor)
    for how, said in (("ours", "our command"), ("auditors", "the auditor's file")):
        small, large = (_in_a_process(how, one, pem) for one in (tenth, whole))
        assert large["code"] == small["code"] == 0
        note = f"{large['seconds'] / records * 1e6:.0f} µs a record"
        yield Figure(f"verified by {said}", large["seconds"], "s", floor=floor, note=note)
        grown = small["megabytes"]
        yield Figure(f"peak of {said}, {records // 10:,} records (floor)", grown, "MB", floor=grown)
        yield Figure(f"peak of {said}, {records:,} records", large["megabytes"], "MB", floor=grown)


def _naming(cut: Path, pem: Path, how: str, gone: int) -> Figure:
    found = _in_a_process(how, cut, pem)
    assert found["code"] == 1
    assert f"{_GONE} was deleted" in found["said"]
    return Figure(
        f"a case of {gone} records taken out, {how}", found["seconds"], "s", note=f"named: {found['said'][:60]}"
    )


def _in_a_process(how: str, file: Path, pem: Path) -> dict[str, Any]:
    done = run([sys.executable, "-m", __name__, how, str(file), str(pem)], check=True, stdout=PIPE, text=True)
    facts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return facts


def _measured(how: str, file: Path, pem: Path) -> dict[str, Any]:
    key = Against(read_keys([pem])).keys or {}
    if how == "floor":
        return {"seconds": _floor(file, next(iter(key.values())))}
    start = process_time()
    if how == "ours":
        (found,) = verify_against(file, Against(key), RECOUNT)
        said, code = "; ".join(map(str, found.findings)), int(not found.is_whole)
    else:
        code, said = _auditors(file, pem)
    named = next((one for one in said.replace("\n", "; ").split("; ") if "deleted" in one), "")
    return {"seconds": process_time() - start, "megabytes": _peak(), "code": code, "said": named}


def _auditors(file: Path, pem: Path) -> tuple[int, str]:
    program, shown = runpy.run_path(str(AUDITORS_SCRIPT)), StringIO()
    with redirect_stdout(shown):
        code = program["main"]([str(pem), str(file)])
    return int(code), shown.getvalue()


def _floor(file: Path, key: Ed25519PublicKey) -> float:
    """Seconds of hashing payloads and verifying signatures; reading and taking apart is not counted."""
    took = 0.0
    with file.open("rb") as stream:
        rows = (json.loads(line) for line in stream)
        records = (row["record"] for row in rows if "record" in row)
        while page := [_signed(one) for one in islice(records, _PAGE)]:
            start = process_time()
            for payload, signature, encoded in page:
                hashlib.sha256(payload).hexdigest()
                key.verify(signature, encoded)
            took += process_time() - start
    return took


def _signed(record: dict[str, Any]) -> tuple[bytes, bytes, bytes]:
    payload, kind = base64.b64decode(record["payload"]), record["payloadType"].encode()
    encoded = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    return payload, base64.b64decode(record["signatures"][0]["sig"]), encoded


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
    """Of this process alone: ``ru_maxrss`` begins with what the process had that started it."""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    print(json.dumps(_measured(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))))
