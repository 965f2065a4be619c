"""Time stamps of a real authority (OpenSSL): what is right is kept, whatever it does otherwise is told by its name."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from data_contracts.errors import SettingsInvalid
from data_contracts.evidence.log import Checkpoint, LogEntry, LogLeaf
from data_contracts.evidence.merkle import Roof
from data_contracts.evidence.records import NO_RECORD, Record, digest, record_statement
from data_contracts.evidence.time_stamps import Stamp, StampRefusal
from integrations.evidence import AUDITORS_SCRIPT, Ed25519Signer
from integrations.evidence.keys import pem_of
from integrations.evidence.log_export import LogHead, verify_log_file, write_log
from integrations.evidence.notes import sign_note
from integrations.evidence.stamps import Authority, Reply, authority_at, check_of, look_at
from tests.integrations.evidence.stamps.authority import OTHER_POLICY, POLICY, Tsa, running, send

NAME = "rightsflow.log/0123456789abcdef"


def a_note(signer: Ed25519Signer, *, at: datetime | None = None, size: int = 3) -> str:
    """A signed checkpoint."""
    made = (at or datetime.now(UTC)).replace(microsecond=0)
    return sign_note(Checkpoint(NAME, size, b"1" * 32, made).body(), name=NAME, signer=signer)


@pytest.fixture
def tsa(tmp_path: Path) -> Iterator[Tsa]:
    """An authority that does what it should."""
    with running(tmp_path) as made:
        yield made


@pytest.fixture
def note(signer: Ed25519Signer) -> str:
    """A checkpoint of now."""
    return a_note(signer)


def asked(tsa: Tsa, note: str, **said: Any) -> Stamp | StampRefusal:
    """What we make of its answer."""
    check = check_of(tsa.ca, said.pop("policy", ""))
    assert check is not None
    return Authority(tsa.url, check, **said).stamp(note, datetime.now(UTC))


def test_stamp_is_of_the_checkpoint_and_verified_by_openssl_too(tsa: Tsa, note: str) -> None:
    """Ours says so, and so does `openssl ts -verify` of the file and the reply, without anything of ours."""
    stamp = asked(tsa, note, policy=POLICY)

    assert isinstance(stamp, Stamp)
    assert abs(stamp.at - datetime.now(UTC)) < timedelta(minutes=1)
    (tsa.folder / "checkpoint.txt").write_text(note, "utf-8")
    (tsa.folder / "checkpoint.txt.tsr").write_bytes(stamp.reply)
    command = [
        "openssl",
        "ts",
        "-verify",
        "-data",
        "checkpoint.txt",
        "-in",
        "checkpoint.txt.tsr",
        "-CAfile",
        "root.pem",
    ]
    done = subprocess.run(command, cwd=tsa.folder, capture_output=True, text=True, check=False)
    assert "Verification: OK" in done.stdout + done.stderr


def test_kept_stamp_is_of_no_other_checkpoint(tsa: Tsa, signer: Ed25519Signer, note: str) -> None:
    """Nor was it asked with another nonce, nor does it name another time; each is told by its name."""
    stamp, check = asked(tsa, note), check_of(tsa.ca)
    assert isinstance(stamp, Stamp)
    assert check is not None
    earlier = stamp.at - timedelta(seconds=1)

    assert check.refusal(note, stamp) is None
    assert check.refusal(a_note(signer, size=4), stamp) is StampRefusal.OTHER_IMPRINT
    assert check.refusal(note, Stamp(stamp.reply, stamp.nonce + 1, stamp.at)) is StampRefusal.OTHER_NONCE
    assert check.refusal(note, Stamp(stamp.reply, stamp.nonce, earlier)) is StampRefusal.WRONG_TIME
    assert check.refusal("", stamp) is not None


def test_signer_must_have_been_in_force_when_it_signed_and_not_for_ever(tsa: Tsa, signer: Ed25519Signer) -> None:
    """A certificate that ended since is believed for the time before; a stamp from before the checkpoint is not."""
    tsa.certify("brief", days=(-30, -2))
    note = a_note(signer, at=datetime.now(UTC) - timedelta(days=10))
    query = TimestampRequestBuilder().data(note.encode()).hash_algorithm(HashAlgorithm.SHA256).build()
    granted = tsa.reply(query.as_bytes())
    check = check_of(tsa.ca)
    assert check is not None
    tsa.signer = "brief"

    def of_day(days: int) -> Stamp | StampRefusal:
        now, then = _times(granted, days)
        return check.read(note, tsa.signed_anew(granted, (now, then)), query.nonce)

    assert isinstance(of_day(9), Stamp)
    assert of_day(1) is StampRefusal.UNTRUSTED
    assert of_day(11) is StampRefusal.WRONG_TIME


def _times(reply: bytes, days: int) -> tuple[bytes, bytes]:
    """The time in a reply, and the same so many days before."""
    start = reply.index(b"\x18\x0f") + 2
    now = reply[start : start + 15]
    then = datetime.strptime(now.decode(), "%Y%m%d%H%M%SZ") - timedelta(days=days)  # noqa: DTZ007  # Z is written out
    return now, then.strftime("%Y%m%d%H%M%SZ").encode()


LIES = {
    "another imprint": StampRefusal.OTHER_IMPRINT,
    "another nonce": StampRefusal.OTHER_NONCE,
    "an old reply": StampRefusal.OTHER_NONCE,
    "a signer of somebody else": StampRefusal.UNTRUSTED,
    "a signer that has expired": StampRefusal.UNTRUSTED,
    "a signer that is not yet in force": StampRefusal.UNTRUSTED,
    "a signer for websites": StampRefusal.UNTRUSTED,
    "a changed signature": StampRefusal.UNTRUSTED,
    "a time in the future": StampRefusal.WRONG_TIME,
    "a time in the past": StampRefusal.WRONG_TIME,
    "another policy": StampRefusal.OTHER_POLICY,
    "granted with changes": StampRefusal.NOT_GRANTED,
    "a rejection": StampRefusal.NOT_GRANTED,
    "garbage": StampRefusal.UNREADABLE,
    "a length of four gigabytes": StampRefusal.UNREADABLE,
    "nothing": StampRefusal.UNREADABLE,
    "a hundred megabytes": StampRefusal.TOO_LARGE,
    "an error page": StampRefusal.UNREACHABLE,
    "a redirection": StampRefusal.UNREACHABLE,
    "a line that breaks off": StampRefusal.UNREACHABLE,
}


@pytest.mark.parametrize(("lie", "named"), LIES.items(), ids=list(LIES))
def test_authority_that_lies_is_told_by_its_name(tsa: Tsa, note: str, lie: str, named: StampRefusal) -> None:
    """Whatever it answers, there is no stamp, a reason, and no error."""
    old = tsa.reply(
        TimestampRequestBuilder().data(note.encode()).hash_algorithm(HashAlgorithm.SHA256).build().as_bytes()
    )
    tsa.answer = lambda call, query: _lie(tsa, call, query, lie, old)

    assert asked(tsa, note, policy=POLICY) is named
    assert tsa.asked == 1


def _lie(tsa: Tsa, call: BaseHTTPRequestHandler, query: bytes, lie: str, old: bytes) -> None:
    if lie == "a hundred megabytes":
        call.send_response(200)
        call.send_header("Content-Length", str(100_000_000))
        call.end_headers()
        for _ in range(100):
            call.wfile.write(bytes(1_000_000))
    elif lie != "a line that breaks off":
        send(call, _reply(tsa, query, lie, old), {"an error page": 500, "a redirection": 302}.get(lie, 200))


def _reply(tsa: Tsa, query: bytes, lie: str, old: bytes) -> bytes:
    plain = {
        "an old reply": old,
        "an error page": old,
        "a redirection": old,
        "garbage": b"<html>" * 90,
        "nothing": b"",
        "a rejection": bytes.fromhex("30053003020102"),
        "a length of four gigabytes": bytes.fromhex("3084ffffffff3003020100"),
    }
    if lie in plain:
        return plain[lie]
    if lie == "another policy":
        return tsa.reply(query, policy=OTHER_POLICY)
    good = tsa.reply(query)
    if lie == "granted with changes":
        return good.replace(bytes.fromhex("3003020100"), bytes.fromhex("3003020101"), 1)
    return good[:-1] + bytes([good[-1] ^ 1]) if lie == "a changed signature" else _signed_anew(tsa, query, lie, good)


def _signed_anew(tsa: Tsa, query: bytes, lie: str, good: bytes) -> bytes:
    signers: dict[str, dict[str, Any]] = {
        "a signer that has expired": {"days": (-30, -2)},
        "a signer that is not yet in force": {"days": (5, 60)},
        "a signer for websites": {"usage": ExtendedKeyUsageOID.SERVER_AUTH},
        "a signer of somebody else": {"root": "other"},
    }
    if lie in signers:
        tsa.root("other")
        tsa.certify("bad", **signers[lie])
        tsa.signer = "bad"
        return tsa.signed_anew(good)
    at = query.index(b"\x04\x20") + 2
    imprint, nonce = query[at : at + 32], query[at + 34 : at + 34 + query[at + 33]]
    swaps = {
        "another imprint": (imprint, b"2" * 32),
        "another nonce": (nonce, nonce[:-1] + bytes([nonce[-1] ^ 1])),
        "a time in the future": _times(good, -1),
        "a time in the past": _times(good, 1),
    }
    return tsa.signed_anew(good, swaps[lie])


@pytest.mark.parametrize("part", ["head", "body"])
def test_slow_authority_is_cut_off(tsa: Tsa, note: str, part: str) -> None:
    """A byte now and then, in head or body, keeps nobody longer than the time it is given."""

    def drip(call: BaseHTTPRequestHandler, _query: bytes) -> None:
        if part == "body":
            call.send_response(200)
            call.send_header("Content-Length", "6000")
            call.end_headers()
        for _ in range(60):
            call.wfile.write(b"H")
            call.wfile.flush()
            time.sleep(0.05)

    tsa.answer, start = drip, time.monotonic()

    assert asked(tsa, note, seconds=0.6) is StampRefusal.UNREACHABLE
    assert time.monotonic() - start < 2


def test_dead_authority_is_unreachable(note: str, tmp_path: Path) -> None:
    """Nobody listens."""
    with running(tmp_path) as tsa:
        pass

    assert asked(tsa, note) is StampRefusal.UNREACHABLE


def test_every_cut_of_a_good_reply_is_none(tsa: Tsa, note: str) -> None:
    """Bytes that break off anywhere, or are changed anywhere in what was signed, are no stamp, and no error."""
    stamp, check = asked(tsa, note), check_of(tsa.ca)
    assert isinstance(stamp, Stamp)
    assert check is not None

    for place in range(0, len(stamp.reply), 3):
        assert isinstance(check.read(note, stamp.reply[:place], stamp.nonce), StampRefusal)
    for place in range(0, len(stamp.reply), 7):
        other = bytearray(stamp.reply)
        other[place] ^= 0x55
        found = check.read(note, bytes(other), stamp.nonce)
        assert isinstance(found, StampRefusal) or found.at == stamp.at


def test_certificate_of_a_version_that_there_is_not_is_no_certificate(tsa: Tsa, note: str) -> None:
    """One byte of a certificate says which version of X.509 it is; the library has an error of its own for it."""
    stamp, check = asked(tsa, note), check_of(tsa.ca)
    assert isinstance(stamp, Stamp)
    assert check is not None
    version_3 = bytes.fromhex("a003020102")
    places = [at for at in range(len(stamp.reply)) if stamp.reply.startswith(version_3, at)]
    assert places

    for place in places:
        for version in (0x01, 0x03, 0x57, 0xFF):
            other = bytearray(stamp.reply)
            other[place + len(version_3) - 1] = version
            assert isinstance(check.read(note, bytes(other), stamp.nonce), StampRefusal)


def test_what_a_verification_sees(tsa: Tsa, signer: Ed25519Signer, note: str) -> None:
    """Good ones by number and last time; those of another checkpoint as findings; without a root none is looked at."""
    stamp = asked(tsa, note)
    assert isinstance(stamp, Stamp)
    replies = [Reply(note, stamp.reply, stamp.nonce), Reply(a_note(signer, size=9), stamp.reply)]

    seen, unseen = look_at(replies, check_of(tsa.ca)), look_at(replies, None)

    assert (seen.good, seen.last, seen.unverified) == (1, stamp.at, 0)
    assert [str(one) for one in seen.findings] == [
        "log: the time stamp of the checkpoint of 9 records is none: other_imprint"
    ]
    assert (unseen.good, unseen.unverified, unseen.findings) == (0, 2, ())


def test_settings_that_cannot_be_are_told(tmp_path: Path) -> None:
    """No certificate, no address, and an address without a certificate."""
    (tmp_path / "empty.pem").write_text("nothing")
    for file in ("empty.pem", "absent.pem"):
        with pytest.raises(SettingsInvalid, match="Remedy"):
            check_of(tmp_path / file)
    for url in ("tsa.example.org", "ftp://tsa.example.org", "http://", "http://a:99999/"):
        with pytest.raises(SettingsInvalid, match="RIGHTSFLOW_TSA_URL"):
            authority_at(url, None)
    with pytest.raises(SettingsInvalid, match="RIGHTSFLOW_TSA_CA_FILE"):
        authority_at("http://tsa.example.org/", None)
    assert authority_at("", None) is None


def test_log_brings_its_stamps_to_us_and_to_the_auditor(tsa: Tsa, signer: Ed25519Signer, tmp_path: Path) -> None:
    """Ours verifies them; the auditor's one file says what they name, and that OpenSSL shall tell who made them."""
    at = datetime.now(UTC).replace(microsecond=0)
    keys = {signer.keyid: signer.public_key}
    payload = record_statement(Record("step", "", {}), case_id="C-1", seq=0, previous=NO_RECORD, at=at)
    entry = LogEntry(0, LogLeaf("C-1", 0, digest(payload)), json.dumps(signer.sign(payload)))
    roof = Roof()
    roof.add(entry.leaf.hash())
    note = sign_note(Checkpoint(NAME, 1, roof.root(), at).body(), name=NAME, signer=signer)
    stamp, other = asked(tsa, note), asked(tsa, a_note(signer))
    assert isinstance(stamp, Stamp)
    assert isinstance(other, Stamp)
    for name, one in (("good.jsonl", stamp), ("bad.jsonl", other)):
        write_log(tmp_path / name, LogHead(NAME, keys, [note], {1: one}), [entry])
    (tmp_path / "key.pem").write_text(pem_of(signer.public_key))
    (tmp_path / "checkpoint.txt").write_text(note, "utf-8")
    (tmp_path / "checkpoint.txt.tsr").write_bytes(stamp.reply)
    (tmp_path / "other.tsr").write_bytes(other.reply)

    good, bad = (
        verify_log_file(tmp_path / f"{one}.jsonl", trusted=keys, check=check_of(tsa.ca)) for one in ("good", "bad")
    )
    assert (good.is_whole, good.stamps.good, good.stamps.last) == (True, 1, stamp.at)
    assert [str(one) for one in bad.findings] == [
        "log: the time stamp of the checkpoint of 1 records is none: other_imprint"
    ]

    def audited(*names: str) -> tuple[int, str]:
        command = [sys.executable, "-I", str(AUDITORS_SCRIPT), "key.pem", *names]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    code, said = audited("good.jsonl", "checkpoint.txt", "checkpoint.txt.tsr")
    assert code == 0
    assert "1 time stamps that OpenSSL shall verify, whole" in said
    assert f"checkpoint.txt at {stamp.at:%Y-%m-%d %H:%M:%S} UTC" in said
    assert audited("bad.jsonl")[0] == 1
    assert "names other bytes" in audited("good.jsonl", "checkpoint.txt", "other.tsr")[1]
