"""A dossier as the authority gets it: whatever is done to it on its way is named, and it cannot hurt its reader."""

import io
import json
import stat
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from data_contracts.errors import EvidenceBroken, SystemUnavailable
from data_contracts.evidence.records import canonical, said_in
from data_contracts.officer.dossiers import FACTS, MANIFEST, PAPER, README, SIGNATURE
from integrations.evidence import Ed25519Signer, Export, Fault, Verification, dossier_file, verify_dossier
from integrations.evidence.keys import pem_of
from integrations.evidence.verifying import verify_any
from tasks.rules.officer.dossiers import RECOUNT, Tally
from tests.integrations.evidence.conftest import CASE, a_chain, without

MADE = datetime(2026, 3, 31, 12, tzinfo=UTC)
RUN, OTHER, DUTY = "R-20260331-7K3M", "C-AAAA-BBBB", "R-20260301-AAAA"
ABOUT = {"format": "rightsflow-dossier/1", "dossier": RUN, "as_of": "2026-03-31", "time_zone": "Europe/Paris"}

Members = dict[str, bytes]


def a_line(export: Export) -> dict[str, object]:
    """A case as a dossier tells it."""
    evident = RECOUNT.case([said_in(one) for one in export.envelopes], "Europe/Paris")
    return {"case": export.case_id, "state": "acting", "evidence": evident}


def a_dossier(file: Path, signer: Ed25519Signer, *, change: Callable[[dict[str, object]], object] = dict) -> Path:
    """Two cases and a run, signed; ``change`` may make the first case's line say something else."""
    count = Tally(date(2026, 3, 31))
    with dossier_file(file, MADE, signer=signer, keys={signer.keyid: signer.public_key}) as written:
        for name in (CASE, OTHER):
            chain = a_chain(signer, case_id=name)
            line = a_line(chain)
            count.add(line)
            if name == CASE:
                change(line)
            written.add_case(name, line, chain)
        chain = a_chain(signer, case_id=DUTY)
        evident = RECOUNT.run([said_in(one) for one in chain.envelopes])
        written.add_run(DUTY, {"run": DUTY, "evidence": evident}, chain)
        written.add_facts({"about": ABOUT, "person": None}, {"statistics": count.facts()})
        written.add(PAPER, [b"%PDF"])
        written.add(README, [b"read me"])
        written.seal(RUN)
    return file


@pytest.fixture
def dossier(tmp_path: Path, signer: Ed25519Signer) -> Path:
    """A dossier as it was made."""
    return a_dossier(tmp_path / "dossier.zip", signer)


def members(file: Path) -> Members:
    """Files of a dossier in their order."""
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(file: Path, content: Members) -> Path:
    """A ZIP of these files, as somebody with a tool of their own would write it."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return file


def looked_at(file: Path, signer: Ed25519Signer) -> Verification:
    """What a reader with the key from elsewhere is told."""
    return verify_dossier(file, trusted={signer.keyid: signer.public_key}, recount=RECOUNT)


def faults(verified: Verification) -> set[Fault]:
    """Kinds of what was found."""
    return {finding.fault for finding in verified.findings}


def said(verified: Verification) -> str:
    """All that was found, in words."""
    return "\n".join(map(str, verified.findings))


def test_dossier_as_it_was_made_is_whole(dossier: Path, signer: Ed25519Signer) -> None:
    """Every record of every chain is counted, and nothing is found."""
    verified = looked_at(dossier, signer)

    assert (verified.case_id, verified.records, verified.findings) == (RUN, 18, ())
    assert (verified.keyids, verified.trust_on_first_use) == ((signer.keyid,), False)


def test_same_facts_give_the_same_bytes(tmp_path: Path, signer: Ed25519Signer) -> None:
    """Two dossiers of one state do not differ."""
    one, two = (a_dossier(tmp_path / name, signer).read_bytes() for name in ("one.zip", "two.zip"))

    assert one == two


_NAMES = [
    f"evidence/{CASE}.jsonl", f"evidence/{OTHER}.jsonl", f"evidence/{DUTY}.jsonl", "keys/{keyid}.pem",
    FACTS, PAPER, README, MANIFEST, SIGNATURE,
]  # fmt: skip


def test_every_member_is_tried_below(dossier: Path, signer: Ed25519Signer) -> None:
    """The tests below leave no file of a dossier out."""
    assert list(members(dossier)) == [name.format(keyid=signer.keyid) for name in _NAMES]


@pytest.mark.parametrize("name", _NAMES)
def test_changed_member_is_named(tmp_path: Path, dossier: Path, signer: Ed25519Signer, name: str) -> None:
    """One bit of any file, packed again by somebody who repaired the checksums of the ZIP."""
    known, content = name.format(keyid=signer.keyid), members(dossier)
    data = bytearray(content[known])
    data[len(data) // 2] ^= 1

    verified = looked_at(pack(tmp_path / "changed.zip", content | {known: bytes(data)}), signer)

    assert any(str(finding).startswith(known) for finding in verified.findings)


@pytest.mark.parametrize("name", _NAMES)
def test_removed_member_is_named(tmp_path: Path, dossier: Path, signer: Ed25519Signer, name: str) -> None:
    """A file that is left out."""
    known, content = name.format(keyid=signer.keyid), members(dossier)
    del content[known]

    verified = looked_at(pack(tmp_path / "less.zip", content), signer)

    assert any(str(finding).startswith(known) for finding in verified.findings)
    assert faults(verified) & {Fault.REMOVED, Fault.MANIFEST_MISSING}


@pytest.mark.parametrize("name", ["evidence/C-XXXX-YYYY.jsonl", "keys/other.pem", "note.txt"])
def test_added_member_is_named(tmp_path: Path, dossier: Path, signer: Ed25519Signer, name: str) -> None:
    """A file that nobody signed."""
    verified = looked_at(pack(tmp_path / "more.zip", members(dossier) | {name: b"{}"}), signer)

    assert Fault.ADDED in faults(verified)
    assert name in said(verified)


def test_moved_members_are_named(tmp_path: Path, dossier: Path, signer: Ed25519Signer) -> None:
    """The same files in another order."""
    content = members(dossier)
    moved = {name: content[name] for name in reversed(content)}

    verified = looked_at(pack(tmp_path / "moved.zip", moved), signer)

    assert faults(verified) == {Fault.REORDERED}


@pytest.mark.parametrize("place", [0.1, 0.3, 0.5, 0.7])
def test_broken_bytes_never_pass(tmp_path: Path, dossier: Path, signer: Ed25519Signer, place: float) -> None:
    """A fault in any file: named, or refused where it can no longer be read. Dates in the directory are not signed."""
    data = bytearray(dossier.read_bytes())
    data[int(len(data) * place)] ^= 0xFF
    broken = tmp_path / "broken.zip"
    broken.write_bytes(data)

    try:
        is_whole = looked_at(broken, signer).is_whole
    except EvidenceBroken:
        is_whole = False

    assert not is_whole


def test_forged_dossier_is_not_ours(tmp_path: Path, signer: Ed25519Signer, stranger: Ed25519Signer) -> None:
    """Whole in itself, and signed by a key that nobody told the reader."""
    forged = a_dossier(tmp_path / "forged.zip", stranger)

    believed = verify_dossier(forged, trusted=None, recount=RECOUNT)

    assert (believed.is_whole, believed.trust_on_first_use) == (True, True)
    assert {Fault.MANIFEST_FORGED, Fault.FOREIGN_KEY} <= faults(looked_at(forged, signer))


def test_record_taken_out_and_signed_again_is_named(tmp_path: Path, signer: Ed25519Signer) -> None:
    """Whoever has the key to the manifest alone cannot cut a chain."""
    chain = without(a_chain(signer), 3)
    file = tmp_path / "cut.zip"
    with dossier_file(file, MADE, signer=signer, keys={signer.keyid: signer.public_key}) as written:
        count = Tally(date(2026, 3, 31))
        count.add(a_line(chain))
        written.add_case(CASE, a_line(chain), chain)
        written.add_facts({"about": ABOUT, "person": None}, {"statistics": count.facts()})
        written.seal(RUN)

    assert Fault.REMOVED in faults(looked_at(file, signer))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda line: line["evidence"].update(outcome="granted"), f"{CASE}, outcome does not follow"),
        (lambda line: line["evidence"]["answer"].update(standing="in_time"), f"{CASE}, answer does not follow"),
        (lambda line: line["evidence"]["records"].pop(), f"{CASE}, records does not follow"),
        (lambda line: line.update(state="archived"), f"{CASE}, state does not follow"),
        (lambda line: line.update(case="C-2222-2222"), "C-2222-2222 comes without evidence"),
    ],
    ids=["outcome", "in time", "records", "state", "case"],
)
def test_fact_that_does_not_follow_is_named(
    tmp_path: Path, signer: Ed25519Signer, change: Callable[[dict[str, object]], object], what: str
) -> None:
    """Also where it was signed: facts are worked out again from the evidence."""
    verified = looked_at(a_dossier(tmp_path / "lie.zip", signer, change=change), signer)

    assert Fault.CONTRADICTED in faults(verified)
    assert what in said(verified)


def test_statistics_that_do_not_follow_are_named(tmp_path: Path, signer: Ed25519Signer) -> None:
    """They are counted again."""
    file, chain = tmp_path / "lie.zip", a_chain(signer)
    with dossier_file(file, MADE, signer=signer, keys={signer.keyid: signer.public_key}) as written:
        written.add_case(CASE, a_line(chain), chain)
        written.add_facts({"about": ABOUT, "person": None}, {"statistics": Tally(date(2026, 3, 31)).facts()})
        written.seal(RUN)

    assert "statistics does not follow from the cases" in said(looked_at(file, signer))


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "a/../../b", "C:\\evil", "a//b", "./a", "folder/"])
def test_name_that_leaves_the_folder_is_refused(tmp_path: Path, signer: Ed25519Signer, name: str) -> None:
    """Before a byte of it is read."""
    with pytest.raises(EvidenceBroken, match="would leave the folder"):
        looked_at(pack(tmp_path / "evil.zip", {name: b"x"}), signer)


def _link(archive: zipfile.ZipFile) -> None:
    entry = zipfile.ZipInfo("link")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(entry, "/etc/passwd")


def _twins(archive: zipfile.ZipFile) -> None:
    archive.writestr(FACTS, b"{}")
    archive.writestr(FACTS.upper(), b"{}")


def _bomb(archive: zipfile.ZipFile) -> None:
    archive.writestr(FACTS, b"0" * (64 << 20), zipfile.ZIP_DEFLATED)


def _comment(archive: zipfile.ZipFile) -> None:
    archive.writestr(FACTS, b"{}")
    archive.comment = b"something else"


def _squeezed(archive: zipfile.ZipFile) -> None:
    archive.writestr(FACTS, b"{}", zipfile.ZIP_LZMA)


@pytest.mark.parametrize("make", [_link, _twins, _bomb, _comment, _squeezed])
def test_archive_that_could_hurt_is_refused(
    tmp_path: Path, signer: Ed25519Signer, make: Callable[[zipfile.ZipFile], None]
) -> None:
    """A link, two names that are one to some systems, a bomb, hidden bytes, a method nobody needs."""
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        make(archive)

    with pytest.raises(EvidenceBroken, match="not safe to read"):
        looked_at(tmp_path / "evil.zip", signer)


def test_something_before_the_files_is_refused(tmp_path: Path, dossier: Path, signer: Ed25519Signer) -> None:
    """A ZIP may follow a program; a dossier does not."""
    hidden = tmp_path / "hidden.zip"
    hidden.write_bytes(b"#!/bin/sh\n" + dossier.read_bytes())

    with pytest.raises(EvidenceBroken, match="before or behind"):
        looked_at(hidden, signer)


def test_what_is_no_dossier_is_refused(tmp_path: Path, signer: Ed25519Signer) -> None:
    """A file that only ends like a ZIP."""
    broken = tmp_path / "no.zip"
    broken.write_bytes(b"PK\x05\x06" + bytes(17))

    with pytest.raises(EvidenceBroken):
        looked_at(broken, signer)


def test_names_are_printed_without_their_tricks(tmp_path: Path, dossier: Path, signer: Ed25519Signer) -> None:
    """No escape sequence of a file from outside reaches a terminal."""
    verified = looked_at(pack(tmp_path / "more.zip", members(dossier) | {"a\x1b[2Jb": b""}), signer)

    assert "\x1b" not in said(verified)


@pytest.mark.parametrize("facts", [b"", b"{}", b"[" * 10_000, b'{\n"about":5,\n', b'{\n"cases":[\n7\n],\n', b"\xff"])
def test_facts_that_cannot_be_read_are_told(tmp_path: Path, dossier: Path, signer: Ed25519Signer, facts: bytes) -> None:
    """Whatever they are, the rest is looked at."""
    verified = looked_at(pack(tmp_path / "odd.zip", members(dossier) | {FACTS: facts}), signer)

    assert {Fault.CHANGED, Fault.CONTRADICTED} <= faults(verified)
    assert verified.records == 18


def test_signature_that_is_no_envelope_is_told(tmp_path: Path, dossier: Path, signer: Ed25519Signer) -> None:
    """It signs nothing."""
    verified = looked_at(pack(tmp_path / "odd.zip", members(dossier) | {SIGNATURE: b"[]"}), signer)

    assert faults(verified) == {Fault.MANIFEST_FORGED}


def test_signed_record_is_no_manifest(tmp_path: Path, dossier: Path, signer: Ed25519Signer) -> None:
    """Something else that we signed cannot stand in its place."""
    record = canonical(a_chain(signer).envelopes[0])

    verified = looked_at(pack(tmp_path / "odd.zip", members(dossier) | {SIGNATURE: record}), signer)

    assert faults(verified) == {Fault.MANIFEST_FORGED}


def test_export_and_dossier_are_told_apart(tmp_path: Path, dossier: Path, signer: Ed25519Signer) -> None:
    """One command verifies both, with the key in a file."""
    key = tmp_path / "trusted.pem"
    key.write_text(pem_of(signer.public_key))

    assert verify_any(dossier, [key], RECOUNT).is_whole
    assert verify_any(dossier, [], RECOUNT).trust_on_first_use


def test_dossier_that_cannot_be_written_leaves_nothing(tmp_path: Path, signer: Ed25519Signer) -> None:
    """Half a dossier never stands under its name."""

    def fill_the_disk() -> None:
        with dossier_file(tmp_path / "no.zip", MADE, signer=signer, keys={}) as written:
            written.add(PAPER, [b"%PDF"])
            raise OSError

    with pytest.raises(SystemUnavailable):
        fill_the_disk()

    assert list(tmp_path.iterdir()) == []


def test_facts_are_json(dossier: Path) -> None:
    """They are read line by line here, and whole by anybody else."""
    facts = json.load(io.BytesIO(members(dossier)[FACTS]))

    assert [case["case"] for case in facts["cases"]] == [CASE, OTHER]
    assert (facts["person"], facts["statistics"]["received"]) == (None, 2)
