"""The log, proofs and checkpoints as files: verified by us and by the auditor's one file, which shares no code."""

import base64
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data_contracts.case.case import NewCase
from data_contracts.errors import EvidenceBroken, RequestInvalid
from data_contracts.evidence.records import Record
from data_contracts.vocabulary import Channel, Right
from integrations.evidence import (
    AUDITORS_SCRIPT,
    Against,
    Ed25519Signer,
    EvidenceShelf,
    read_checkpoints,
    read_keys,
    verify_against,
)
from integrations.evidence.keys import pem_of
from integrations.evidence.notes import key_hash, open_note, sign_note
from integrations.register import SqlRegister, memory_register
from tasks.rules.officer.dossiers import RECOUNT

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@dataclass
class Office:
    """A register in memory, its evidence, and a folder of what was handed to an auditor."""

    register: SqlRegister
    shelf: EvidenceShelf
    folder: Path
    cases: list[str]

    def open(self, steps: int) -> str:
        """A case with a record more than its steps."""
        new = NewCase(Right.ERASURE, Channel.LETTER, "fr", NOW, (NOW + timedelta(30)).date(), str(len(self.cases)))
        case_id = self.register.open_case(new).case_id
        for number in range(steps):
            self.register.complete(case_id, f"step {number}", receipt={}, record=Record(f"step {number}", "", {}))
        self.cases.append(case_id)
        return case_id

    def checkpoint(self, name: str) -> Path:
        """A checkpoint as a file."""
        file = self.folder / name
        file.write_text(self.shelf.checkpoint(NOW), "utf-8")
        return file

    @property
    def key(self) -> Path:
        """The public key, handed over by another way."""
        return self.folder / "key.pem"

    def verified(self, file: Path, *, checkpoints: tuple[Path, ...] = (), proofs: Path | None = None) -> list[str]:
        """What our verification finds."""
        against = Against(read_keys([self.key]), read_checkpoints(checkpoints), proofs)
        return [str(one) for found in verify_against(file, against, RECOUNT) for one in found.findings]

    def audited(self, *files: Path) -> "subprocess.CompletedProcess[str]":
        """What the auditor's file says, run where nothing of ours can be imported."""
        script = self.folder / "verify.py"
        script.write_bytes(AUDITORS_SCRIPT.read_bytes())
        command = [sys.executable, "-I", script.name, self.key.name, *(file.name for file in files)]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Three cases, the last of them written after a first checkpoint."""
    from integrations.evidence import load_or_create  # noqa: PLC0415  # beside its use

    keys = tmp_path / "keys"
    signer = load_or_create(keys)
    register = memory_register(signer=signer, clock=lambda: NOW)
    made = Office(register, EvidenceShelf(keys, register), tmp_path, [])
    made.key.write_text(pem_of(signer.public_key))
    made.open(3)
    made.open(0)
    made.checkpoint("earlier.txt")
    made.open(2)
    yield made
    register.close()


@pytest.fixture
def log(office: Office) -> Path:
    """The log of all cases, exported."""
    file = office.folder / "log.jsonl"
    assert office.shelf.export_log(file, NOW) == 8
    return file


def lines(file: Path) -> list[dict[str, Any]]:
    """What a file of JSON lines holds."""
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def write(file: Path, rows: list[dict[str, Any]]) -> None:
    """Write lines as we do."""
    text = "".join(f"{json.dumps(row, sort_keys=True, separators=(',', ':'), ensure_ascii=False)}\n" for row in rows)
    file.write_text(text, "utf-8")


def test_whole_log_is_whole_for_us_and_for_the_auditor(office: Office, log: Path) -> None:
    """Every record, chain and checkpoint; also against the checkpoint that was kept."""
    earlier = office.folder / "earlier.txt"

    assert office.verified(log, checkpoints=(earlier,)) == []
    done = office.audited(log, earlier)
    assert (done.returncode, done.stderr) == (0, "")
    assert "8 records of 3 cases, whole" in done.stdout


def test_log_without_a_key_is_believed_and_it_is_said(log: Path) -> None:
    """The keys of the file show that it is whole, not whose it is."""
    (found,) = verify_against(log, Against(), RECOUNT)

    assert (found.is_whole, found.trust_on_first_use) == (True, True)


def _without_case(rows: list[dict[str, Any]], case: str) -> list[dict[str, Any]]:
    return [row | {"record": None} if row.get("leaf", {}).get("case") == case else row for row in rows]


def _without_leaves(rows: list[dict[str, Any]], case: str) -> list[dict[str, Any]]:
    return [row for row in rows if row.get("leaf", {}).get("case") != case]


def _cut(rows: list[dict[str, Any]], case: str) -> list[dict[str, Any]]:
    last = max(row["leaf"]["seq"] for row in rows if row.get("leaf", {}).get("case") == case)
    wanted = {"case": case, "seq": last}
    return [row | {"record": None} if row.get("leaf", {}).items() >= wanted.items() else row for row in rows]


def _exchanged(rows: list[dict[str, Any]], case: str) -> list[dict[str, Any]]:
    mine = [at for at, row in enumerate(rows) if row.get("leaf", {}).get("case") == case]
    return [row | {"record": rows[mine[0]]["record"]} if at == mine[-1] else row for at, row in enumerate(rows)]


def _swapped(rows: list[dict[str, Any]], case: str) -> list[dict[str, Any]]:
    """Another case's record first: each is genuine and in its chain's order, and the root alone tells."""
    at = next(place for place, row in enumerate(rows) if row.get("leaf", {}).get("case") not in {None, case})
    return [*rows[: at - 1], rows[at], rows[at - 1], *rows[at + 1 :]]


def _signature(rows: list[dict[str, Any]], case: str) -> list[dict[str, Any]]:
    for row in rows:
        if row.get("leaf", {}).get("case") == case:
            row["record"]["signatures"][0]["sig"] = base64.b64encode(bytes(64)).decode()
    return rows


def _checkpoint(rows: list[dict[str, Any]], _case: str) -> list[dict[str, Any]]:
    return [
        {"checkpoint": row["checkpoint"].replace("time 2026", "time 2025")} if "checkpoint" in row else row
        for row in rows
    ]


def _no_checkpoint(rows: list[dict[str, Any]], _case: str) -> list[dict[str, Any]]:
    return [row for row in rows if "checkpoint" not in row]


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (_without_case, "was deleted"),
        (_without_leaves, ""),
        (_cut, "was cut"),
        (_exchanged, "the log knows"),
        (_swapped, "entries are not those"),
        (_signature, "not what was signed"),
        (_checkpoint, "not what was signed"),
        (_no_checkpoint, "checkpoint"),
    ],
)
def test_tampered_log_is_named_by_both(
    office: Office, log: Path, tamper: Callable[[list[dict[str, Any]], str], list[dict[str, Any]]], said: str
) -> None:
    """A case deleted with and without its leaves, cut, exchanged; a signature and a checkpoint."""
    write(log, tamper(lines(log), office.cases[0]))

    ours, auditors = office.verified(log), office.audited(log)

    assert ours
    assert any(said in finding for finding in ours)
    assert (auditors.returncode, auditors.stderr) == (1, "")
    assert said in auditors.stdout


@pytest.mark.parametrize("place", [0, 1, 3, -1])
def test_line_that_is_not_as_it_was_written_is_named(office: Office, log: Path, place: int) -> None:
    """A blank more, anywhere."""
    rows = log.read_bytes().splitlines(keepends=True)
    rows[place] = rows[place].replace(b'":', b'" :', 1)
    log.write_bytes(b"".join(rows))

    try:
        assert office.verified(log)
    except EvidenceBroken:
        assert place == 0


def test_older_log_is_named_against_the_newer_checkpoint(office: Office) -> None:
    """What was exported before knows less than the checkpoint that was kept since."""
    older, newer = office.folder / "older.jsonl", office.folder / "newer.txt"
    office.shelf.export_log(older, NOW)
    office.open(1)
    newer = office.checkpoint("newer.txt")

    assert "an older register was put back" in office.verified(older, checkpoints=(newer,))[0]
    assert office.audited(older, newer).returncode == 1


def test_case_and_growth_are_proven(office: Office) -> None:
    """An exported case is in the log, and the log only grew since the checkpoint that was kept."""
    case, earlier = office.cases[0], office.folder / "earlier.txt"
    exported, proofs = office.folder / "case.jsonl", office.folder / "proofs.json"
    office.shelf.export(case, exported)
    office.shelf.prove(proofs, [case], NOW, earlier.read_text("utf-8"))

    assert office.verified(exported, checkpoints=(earlier,), proofs=proofs) == []
    assert office.verified(proofs, checkpoints=(earlier,)) == []
    done = office.audited(exported, proofs, earlier)
    assert (done.returncode, done.stderr) == (0, "")


def test_cut_export_does_not_pass_its_proof(office: Office) -> None:
    """An older export, whole in itself, has fewer records than the log knows."""
    case = office.open(1)
    exported, proofs = office.folder / "case.jsonl", office.folder / "proofs.json"
    office.shelf.export(case, exported)
    office.register.complete(case, "refused", receipt={}, record=Record("refused", "", {}))
    office.shelf.prove(proofs, [case], NOW)

    assert "the log knows record 2 as its last" in office.verified(exported, proofs=proofs)[0]
    assert office.audited(exported, proofs).returncode == 1


@pytest.mark.parametrize(
    "tamper",
    [
        lambda told: told["cases"][0]["leaf"].update(record="ab" * 32),
        lambda told: told["cases"][0].update(position=told["cases"][0]["position"] + 1),
        lambda told: told["cases"][0]["hashes"].pop(),
        lambda told: told["cases"][0]["hashes"].append("ab" * 32),
        lambda told: told["growth"].pop(),
        lambda told: told["growth"].reverse(),
        lambda told: told.update(checkpoint=told["since"]),
        lambda told: told.update(since=told["since"].replace("\n5\n", "\n4\n")),
    ],
)
def test_tampered_proof_is_named_by_both(office: Office, tamper: Callable[[dict[str, Any]], object]) -> None:
    """Leaf, place, hashes and checkpoints: nothing of a proof can be another."""
    proofs = office.folder / "proofs.json"
    office.shelf.prove(proofs, [office.cases[0]], NOW, (office.folder / "earlier.txt").read_text("utf-8"))
    (told,) = lines(proofs)

    tamper(told)
    write(proofs, [told])

    assert office.verified(proofs)
    done = office.audited(proofs)
    assert (done.returncode, done.stderr) == (1, "")


def test_proof_against_another_checkpoint_is_no_proof_against_mine(office: Office) -> None:
    """Proofs since one checkpoint say nothing of another that was kept."""
    proofs, between = office.folder / "proofs.json", office.checkpoint("between.txt")
    office.open(1)
    office.shelf.prove(proofs, [office.cases[0]], NOW, (office.folder / "earlier.txt").read_text("utf-8"))

    assert "nothing here is proven against your checkpoint" in office.verified(proofs, checkpoints=(between,))[0]
    assert office.audited(proofs, between).returncode == 1


def test_checkpoint_comes_back_from_a_mail(office: Office) -> None:
    """Ends of lines and blank lines around it do not matter."""
    earlier = office.folder / "earlier.txt"
    earlier.write_bytes(b"\r\n" + earlier.read_bytes().replace(b"\n", b"\r\n") + b"\r\n\r\n")
    office.shelf.export_log(office.folder / "log.jsonl", NOW)

    assert office.verified(office.folder / "log.jsonl", checkpoints=(earlier,)) == []
    assert office.audited(office.folder / "log.jsonl", earlier).returncode == 0


def test_what_ties_nothing_to_a_checkpoint_is_refused(office: Office) -> None:
    """An export alone cannot be held against a checkpoint, and proofs bring no keys."""
    exported, proofs = office.folder / "case.jsonl", office.folder / "proofs.json"
    office.shelf.export(office.cases[0], exported)
    office.shelf.prove(proofs, [office.cases[0]], NOW)

    with pytest.raises(RequestInvalid, match="--proof"):
        office.verified(exported, checkpoints=(office.folder / "earlier.txt",))
    with pytest.raises(RequestInvalid, match="--key"):
        verify_against(proofs, Against(), RECOUNT)


def test_case_that_the_log_does_not_know_cannot_be_proven(office: Office) -> None:
    """Nor growth since the checkpoint of another log."""
    with pytest.raises(EvidenceBroken, match="knows no such case"):
        office.shelf.prove(office.folder / "p.json", ["C-0000-0000"], NOW)
    with pytest.raises(EvidenceBroken, match="no checkpoint of this log"):
        office.shelf.prove(office.folder / "p.json", [], NOW, "other\n1\n")


def test_auditor_is_told_what_is_missing(office: Office) -> None:
    """Without a key nothing is believed: exit code 2."""
    script = office.folder / "verify.py"
    script.write_bytes(AUDITORS_SCRIPT.read_bytes())
    command = [sys.executable, "-I", script.name, "earlier.txt"]
    done = subprocess.run(command, cwd=office.folder, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (2, "")


def test_note_is_signed_as_logs_sign(signer: Ed25519Signer, stranger: Ed25519Signer) -> None:
    """The key's hash is that of C2SP: of name, newline, 1 and key; known from the checksum database of Go."""
    known = base64.b64decode("Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8")
    assert hashlib.sha256(b"sum.golang.org\n" + known).digest()[:4].hex() == "033de0ae"
    assert (
        key_hash("a", signer.public_key)
        == hashlib.sha256(b"a\n\x01" + signer.public_key.public_bytes_raw()).digest()[:4]
    )

    note = sign_note("a\nb\n", name="a", signer=signer)

    assert open_note(note, keys={signer.keyid: signer.public_key}).trust == "signed"
    assert open_note(note, keys={stranger.keyid: stranger.public_key}).trust == "foreign"
