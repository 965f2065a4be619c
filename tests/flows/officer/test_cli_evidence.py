"""The commands of evidence, as the DPO, an auditor and their scripts call them."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from typer.testing import CliRunner, Result

from data_contracts.vocabulary import CaseState, Right
from flows.cli import app
from flows.duties.audit import carry_out
from flows.settings import settings
from flows.watch.checkpoints import checkpoint_in_time, checkpoint_of_audit
from tasks.life.archive import purge_ended
from tests.flows.company import House

ANA = "email=ana.log@example.org"
TABLES = ("outgoing", "step", "case_move", "evidence", "subject_key", "case_file")


def call(*words: object) -> Result:
    """What a command prints, and its exit code."""
    return CliRunner().invoke(app, list(map(str, words)))


def facts(*words: object, code: int = 0) -> Any:
    """What a command tells a program."""
    done = call(*words, "--json")
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def a_case() -> str:
    """A case that was just opened."""
    return str(facts("open", "access", "--identity", ANA, "--key", "")["case"])


def delete(database: Path, case_id: str) -> None:
    """Take every row of a case out of the register, by force."""
    with closing(sqlite3.connect(database)) as connection, connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE name LIKE 'evidence_no_%'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for table in TABLES:
            connection.execute(f"DELETE FROM {table} WHERE case_id = ?", (case_id,))  # noqa: S608  # names of our tables


def database() -> Path:
    """The register's file."""
    return Path(settings().register.removeprefix("sqlite:///"))


def test_deleted_case_ends_the_verification_with_1_and_its_name(home: Path) -> None:
    """What said whole before says which case is gone."""
    case_id, other = a_case(), a_case()
    checkpoint = home / "checkpoint.txt"
    call("evidence", "checkpoint", "--out", checkpoint)
    assert facts("evidence", "verify", "--checkpoint", checkpoint)["log"]["checkpoints"] == 2

    delete(database(), case_id)

    told = call("evidence", "verify")
    assert told.exit_code == 1
    assert f"{case_id} was deleted" in told.output
    assert f"{other}: 1 records, whole" in told.output
    assert facts("evidence", "verify", case_id, code=1)["cases"][0]["findings"]


def test_auditor_verifies_what_commands_wrote(home: Path) -> None:
    """Export, log, proofs and checkpoint, by the one file that a command writes, with the key handed over."""
    case_id = a_case()
    names = ("earlier.txt", "case.jsonl", "log.jsonl", "proofs.json", "verify.py")
    earlier, case, log, proofs, script = (home / name for name in names)
    call("evidence", "checkpoint", "--out", earlier)
    a_case()
    call("evidence", "export", case_id, case)
    assert facts("evidence", "export-log", log)["entries"] == 2
    call("evidence", "prove", proofs, "--case", case_id, "--since", earlier)
    call("evidence", "verifier", script)
    (key,) = (settings().state / "keys" / "evidence" / "public").glob("*.pem")

    for words in ((case, "--proof", proofs, "--checkpoint", earlier), (log, "--checkpoint", earlier), (proofs,)):
        assert facts("evidence", "verify", *words, "--key", key)["ok"]
    command = [sys.executable, "-I", str(script), *map(str, (key, case, log, proofs, earlier))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count(", whole") == 3


def test_register_is_held_against_the_key_that_was_handed_over(home: Path) -> None:
    """Whoever exchanged the folder of keys and signed anew does not pass the key that the auditor has."""
    a_case()
    call("evidence", "checkpoint")
    (key,) = (settings().state / "keys" / "evidence" / "public").glob("*.pem")
    stranger = home / "stranger.pem"
    stranger.write_bytes(
        Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )

    assert facts("evidence", "verify", "--key", key)["ok"]
    told = facts("evidence", "verify", "--key", stranger, code=1)
    assert "not trusted" in str(told["cases"][0]["findings"])
    assert "the key was replaced" in str(told["log"]["findings"])


def test_file_by_its_own_key_alone_is_not_proven(home: Path) -> None:
    """Scripts notice by the exit code 3 and by ``ok``, people by the words; for an export and for a log."""
    case_id = a_case()
    (key,) = (settings().state / "keys" / "evidence" / "public").glob("*.pem")
    for words in (("export", case_id, home / "case.jsonl"), ("export-log", home / "log.jsonl")):
        call("evidence", *words)

        told = call("evidence", "verify", words[-1])

        assert told.exit_code == 3
        assert "whole by its own key alone, NOT PROVEN" in told.output
        assert "give it with --key" in told.output
        as_facts = facts("evidence", "verify", words[-1], code=3)
        assert (as_facts["ok"], as_facts["whole"], as_facts["proven"]) == (False, True, False)
        as_facts = facts("evidence", "verify", words[-1], "--key", key)
        assert (as_facts["ok"], as_facts["whole"], as_facts["proven"]) == (True, True, True)


def test_file_that_is_not_whole_is_no_better_for_its_own_key(home: Path) -> None:
    """Exit code 1, with a key and without."""
    case_id = a_case()
    file = home / "case.jsonl"
    call("evidence", "export", case_id, file)
    file.write_text(file.read_text().replace('"sig":"', '"sig":"AAAA', 1))

    assert "NOT whole" in call("evidence", "verify", file).output
    assert facts("evidence", "verify", file, code=1)["proven"] is False


@pytest.mark.usefixtures("home")
def test_installation_verifies_itself_without_a_key() -> None:
    """Its own folder of keys is what it is held against."""
    case_id = a_case()

    for words in ((), (case_id,)):
        assert facts("evidence", "verify", *words)["proven"]


def test_what_cannot_be_asked_is_refused_with_a_remedy(home: Path) -> None:
    """Options that do not belong together, files that are there already, nothing to prove."""
    case_id = a_case()
    checkpoint = home / "checkpoint.txt"
    call("evidence", "checkpoint", "--out", checkpoint)

    for words in (
        ("verify", case_id, "--checkpoint", checkpoint),
        ("verify", case_id, "--proof", checkpoint),
        ("verify", "C-0000-0000"),
        ("prove", home / "proofs.json"),
        ("prove", checkpoint, "--case", case_id),
        ("checkpoint", "--out", checkpoint),
        ("export-log", home / "absent" / "log.jsonl"),
    ):
        refused = call("evidence", *words)
        assert refused.exit_code == 1
        assert "Remedy" in refused.output


def test_checkpoint_is_mailed_to_the_officer_once(home: Path) -> None:
    """The mail holds the note itself; the same state is not mailed again."""
    a_case()
    first, again = (facts("evidence", "checkpoint", "--mail") for _ in range(2))

    (mail,) = (settings().state / "outbox").glob("*.eml")
    assert (first["mailed"], again["mailed"]) == (True, False)
    body = message_from_bytes(mail.read_bytes(), policy=policy.default).get_body(("plain",))
    assert body is not None
    text = body.get_content()
    start = text.index(first["origin"])
    (home / "checkpoint.txt").write_text(text[start : text.index("\n", text.index("\N{EM DASH}"))], "utf-8")
    assert facts("evidence", "verify", "--checkpoint", home / "checkpoint.txt")["log"]["checkpoints"] == 2


def test_purged_case_is_told_as_purged(house: House) -> None:
    """Our own retention leaves the leaf and a signed record."""
    case_id = house.open(Right.ACCESS)
    house.walk(case_id)
    house.clock.advance(timedelta(days=house.installation.services.policy.package_days, seconds=1))
    assert purge_ended(house.installation.register.case(case_id))
    house.installation.evidence.checkpoint(house.clock())

    assert house.installation.register.case(case_id).state is CaseState.PURGED
    assert house.installation.verify_case(case_id).is_purged
    found = house.installation.evidence.verify_log()
    assert (found.is_whole, found.purged) == (True, 1)


def test_audit_names_a_deleted_case_and_a_log_that_was_cut(house: House) -> None:
    """Both are findings of the worst kind, by name; the DPO gets a checkpoint by mail where there is one to sign."""
    gone, stays = house.open(Right.ACCESS), house.open(Right.ACCESS)
    checkpoint_of_audit(house.installation)
    file = Path(house.installation.settings.register.removeprefix("sqlite:///"))
    delete(file, gone)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DROP TRIGGER log_leaf_no_delete")
        connection.execute("DELETE FROM log_leaf WHERE case_id = ?", (stays,))

    done = carry_out(dry_run=True)
    checkpoint_of_audit(house.installation)

    broken = {one.place for one in done.shown.findings if one.kind.value == "evidence_broken"}
    assert broken == {gone, stays, "evidence log"}
    assert sum("Checkpoint of" in mail for mail in house.mails()) == 1


def test_watch_makes_a_checkpoint_each_hour(house: House) -> None:
    """Records never wait longer than that, and nothing is signed where nothing was written."""
    shelf = house.installation.evidence
    for minutes, waiting in ((0, 0), (30, 1), (31, 0)):
        house.clock.advance(timedelta(minutes=minutes))
        house.open(Right.ACCESS)
        checkpoint_in_time(house.installation)
        assert shelf.verify_log().waiting == waiting
    house.clock.advance(timedelta(hours=2))
    checkpoint_in_time(house.installation)

    assert shelf.verify_log().checkpoints == 2
