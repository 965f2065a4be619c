"""The log of all cases, over a register of each kind: what is gone is named, whoever took it away."""

import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Final

import pytest
import sqlalchemy as sa

from data_contracts.errors import EvidenceBroken, RightsflowError
from data_contracts.evidence.log import PURGE_STEP, LogLeaf
from data_contracts.evidence.merkle import Roof, consistency_proof, inclusion_proof, is_consistent, root_by_inclusion
from data_contracts.evidence.records import NO_RECORD, Record, digest, head_statement, record_statement
from integrations.evidence import EvidenceShelf, Fault, LogVerification, load_or_create, public_keys, verify_chain
from integrations.evidence.envelope import payload_of
from integrations.register import SqlRegister, memory_register, upgrade
from integrations.register.log import log
from tests.integrations.register.conftest import Clock
from tests.integrations.register.examples import a_record, a_request

MIGRATION: Final = import_module("integrations.register.migrations.versions.0009_evidence_log")
DRIVERS: Final = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
TABLES: Final = ("outgoing", "step", "case_move", "evidence", "case_file")


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A folder of evidence keys."""
    return tmp_path / "keys"


@pytest.fixture
def kept(url: str, keys: Path, clock: Clock) -> Iterator[SqlRegister]:
    """A register that others can write to, signed with those keys."""
    register = SqlRegister(url, signer=load_or_create(keys), clock=clock)
    yield register
    register.close()


@pytest.fixture
def shelf(kept: SqlRegister, keys: Path) -> EvidenceShelf:
    """The evidence of that register."""
    return EvidenceShelf(keys, kept)


def a_case(register: SqlRegister, key: str, steps: int = 3) -> str:
    """A case with a record more than its steps."""
    case_id = register.open_case(a_request(request_key=key)).case_id
    for number in range(steps):
        register.complete(case_id, f"step {number}", receipt={}, record=a_record(f"step {number}"))
    return case_id


def by_force(url: str, *statements: str, case: str = "") -> None:
    """What somebody does who owns the database: triggers and foreign keys are in nobody's way."""
    engine = sa.create_engine(sa.make_url(url).set(drivername=DRIVERS[sa.make_url(url).get_backend_name()]))
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            wanted = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%no_%'"
            for name in list(connection.scalars(sa.text(wanted))):
                connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        else:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for statement in statements:
            connection.execute(sa.text(statement), {"case": case} if ":case" in statement else {})
    engine.dispose()


def delete(url: str, case_id: str, *more: str) -> None:
    """Take every row of a case out of the register, and of the tables named."""
    by_force(url, *(f"DELETE FROM {table} WHERE case_id = :case" for table in (*TABLES, *more)), case=case_id)  # noqa: S608  # names of our tables


def faults(found: LogVerification) -> list[Fault]:
    """What was found, by kind."""
    return [finding.fault for finding in found.findings]


def test_whole_log_has_nothing_wrong(kept: SqlRegister, shelf: EvidenceShelf, clock: Clock) -> None:
    """Every record has a leaf; what no checkpoint knows yet is counted."""
    a_case(kept, "one")
    shelf.checkpoint(clock())
    a_case(kept, "two", steps=1)

    found = shelf.verify_log()

    assert (found.findings, found.size, found.waiting, found.cases, found.checkpoints) == ((), 4, 2, 2, 1)


@pytest.mark.parametrize("is_sealed", [True, False])
def test_deleted_case_is_named(
    kept: SqlRegister, shelf: EvidenceShelf, clock: Clock, url: str, *, is_sealed: bool
) -> None:
    """Every row of a case is taken out of the register: the log says which case there was."""
    case_id, other = a_case(kept, "one"), a_case(kept, "two")
    if is_sealed:
        shelf.checkpoint(clock())

    delete(url, case_id)

    found = shelf.verify_log()
    assert [str(one) for one in found.findings] == [
        f"{case_id} was deleted: the log knows 4 records of it, and none is here"
    ]
    assert shelf.verify(other).is_whole
    assert kept.evidence_cases() == sorted([case_id, other])
    assert [one.fault for one in shelf.verify(case_id).findings] == [Fault.DELETED]


def test_cut_chain_is_named_though_its_head_was_put_back(
    kept: SqlRegister, shelf: EvidenceShelf, clock: Clock, url: str
) -> None:
    """An older head that was genuine once fits the chain that was cut: the log knows more."""
    case_id = a_case(kept, "one", steps=1)
    _, head = kept.evidence(case_id)
    kept.complete(case_id, "refused", receipt={}, record=a_record("refused"))
    shelf.checkpoint(clock())

    by_force(
        url,
        "DELETE FROM evidence WHERE case_id = :case AND seq = 2",
        f"UPDATE case_file SET records = 2, head = '{json.dumps(head)}' WHERE case_id = :case",  # noqa: S608  # our own
        case=case_id,
    )

    assert verify_chain(case_id, *kept.evidence(case_id), keys=public_keys(shelf.keys)).is_whole
    assert [str(one) for one in shelf.verify_log().findings] == [
        f"{case_id} was cut: the log knows 3 records of it, and here are 2"
    ]
    assert [one.fault for one in shelf.verify(case_id).findings] == [Fault.CUT]


def test_record_taken_from_the_middle_is_named(kept: SqlRegister, shelf: EvidenceShelf, clock: Clock, url: str) -> None:
    """The log tells its number, as the chain does."""
    case_id = a_case(kept, "one")
    shelf.checkpoint(clock())

    by_force(url, "DELETE FROM evidence WHERE case_id = :case AND seq = 1", case=case_id)

    assert [str(one) for one in shelf.verify_log().findings] == [
        f"{case_id}: removed are records 1; the log knows 4 records of it"
    ]


def forge(case_id: str, keys: Path, steps: int) -> tuple[list[str], str]:
    """Another history of a case, validly signed: its envelopes and its head."""
    signer, last, envelopes = load_or_create(keys), NO_RECORD, []
    at = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    for seq in range(steps):
        payload = record_statement(Record("forged", "", {}), case_id=case_id, seq=seq, previous=last, at=at)
        envelopes.append(json.dumps(signer.sign(payload)))
        last = digest(payload)
    head = signer.sign(head_statement(case_id=case_id, count=steps, last=last, at=at))
    return envelopes, json.dumps(head)


def replace_chain(url: str, case_id: str, envelopes: list[str], head: str) -> None:
    """Put another history in the place of a case's."""
    by_force(url, "DELETE FROM evidence WHERE case_id = :case", case=case_id)
    for seq, envelope in enumerate(envelopes):
        insert = f"INSERT INTO evidence (case_id, seq, envelope) VALUES (:case, {seq}, '{envelope}')"  # noqa: S608  # our own
        by_force(url, insert, case=case_id)
    by_force(url, f"UPDATE case_file SET head = '{head}' WHERE case_id = :case", case=case_id)  # noqa: S608  # our own


def test_case_replaced_by_another_that_is_validly_signed_is_named(
    kept: SqlRegister, shelf: EvidenceShelf, clock: Clock, url: str
) -> None:
    """Who has the key signs another history: the chain says whole, the log knows the first."""
    case_id = a_case(kept, "one", steps=1)
    shelf.checkpoint(clock())
    envelopes, head = forge(case_id, shelf.keys, 2)

    replace_chain(url, case_id, envelopes, head)

    assert verify_chain(case_id, *kept.evidence(case_id), keys=public_keys(shelf.keys)).is_whole
    assert {one.fault for one in shelf.verify(case_id).findings} == {Fault.EXCHANGED}
    assert faults(shelf.verify_log()) == [Fault.EXCHANGED, Fault.EXCHANGED]


def test_case_replaced_together_with_its_leaves_is_named(
    kept: SqlRegister, shelf: EvidenceShelf, clock: Clock, url: str
) -> None:
    """The leaves are forged as well: their root is not the one that was signed, and no checkpoint covers it up."""
    case_id = a_case(kept, "one", steps=1)
    outside = shelf.checkpoint(clock())
    envelopes, head = forge(case_id, shelf.keys, 2)

    replace_chain(url, case_id, envelopes, head)
    for seq, envelope in enumerate(envelopes):
        record = digest(payload_of(json.loads(envelope)))
        by_force(url, f"UPDATE log_leaf SET record = '{record}' WHERE case_id = :case AND seq = {seq}", case=case_id)  # noqa: S608  # our own

    assert shelf.verify(case_id).is_whole
    assert faults(shelf.verify_log()) == [Fault.LOG_REPLACED]
    with pytest.raises(EvidenceBroken, match="does not continue"):
        shelf.checkpoint(clock())
    by_force(url, "DELETE FROM log_checkpoint")
    assert shelf.verify_log().is_whole
    assert faults(shelf.verify_log(outside=[outside])) == [Fault.LOG_REPLACED]


def test_leaves_that_were_taken_out_are_named(kept: SqlRegister, shelf: EvidenceShelf, clock: Clock, url: str) -> None:
    """A case deleted with its leaves leaves empty places, or a log that is shorter than its checkpoint."""
    first, last = a_case(kept, "one", steps=1), a_case(kept, "two", steps=1)
    shelf.checkpoint(clock())

    delete(url, last, "log_leaf")
    assert [str(one) for one in shelf.verify_log().findings] == [
        (
            "log: it has 2 entries, and the checkpoint of 2026-03-02 09:30 UTC knows 4: an older register was put "
            "back, or its end was cut off"
        )
    ]
    a_case(kept, "three")
    with pytest.raises(EvidenceBroken, match="does not continue"):
        shelf.checkpoint(clock())
    delete(url, first, "log_leaf")
    assert faults(shelf.verify_log())[0] is Fault.LOG_CUT


def test_older_register_is_named_against_a_newer_checkpoint(
    kept: SqlRegister, shelf: EvidenceShelf, clock: Clock, url: str, keys: Path, tmp_path: Path
) -> None:
    """Everything in it is genuine and agrees: only a checkpoint from outside tells."""
    a_case(kept, "one")
    shelf.checkpoint(clock())
    kept.close()  # a copy of PostgreSQL ends connections
    older = a_copy(url, tmp_path)
    a_case(kept, "two")
    newer = shelf.checkpoint(clock())

    with closing_register(older, keys, clock) as restored:
        put_back = EvidenceShelf(keys, restored)

        assert put_back.verify_log().is_whole
        assert faults(put_back.verify_log(outside=[newer])) == [Fault.LOG_CUT]


def test_another_register_and_another_key_are_named(
    kept: SqlRegister, shelf: EvidenceShelf, clock: Clock, tmp_path: Path
) -> None:
    """A register made anew has another log; a key made anew did not sign the checkpoint that was kept."""
    a_case(kept, "one")
    outside = shelf.checkpoint(clock())
    other_keys = tmp_path / "other-keys"
    with memory(shelf.keys, clock) as anew, memory(other_keys, clock) as strange:
        a_case(anew, "one")
        a_case(strange, "one")

        assert faults(EvidenceShelf(shelf.keys, anew).verify_log(outside=[outside])) == [Fault.LOG_REPLACED]
        assert faults(EvidenceShelf(other_keys, strange).verify_log(outside=[outside])) == [Fault.CHECKPOINT_FORGED]


def test_tampered_checkpoint_is_named(kept: SqlRegister, shelf: EvidenceShelf, clock: Clock, url: str) -> None:
    """Its text or its signature: not what was signed."""
    a_case(kept, "one")
    note = shelf.checkpoint(clock())

    for right, wrong in (("\n4\n", "\n3\n"), ("time 2026", "time 2025"), ("\n\n", "\n"), ("=\n", "\n")):
        assert faults(shelf.verify_log(outside=[note.replace(right, wrong, 1)])) == [Fault.CHECKPOINT_FORGED]
    by_force(url, "UPDATE log_checkpoint SET note = replace(note, 'time 2026', 'time 2025')")
    assert faults(shelf.verify_log()) == [Fault.CHECKPOINT_FORGED]


def test_record_that_went_around_the_log_is_named(
    kept: SqlRegister, shelf: EvidenceShelf, clock: Clock, url: str
) -> None:
    """A leaf that was taken out before it got a place leaves a record that no leaf names."""
    case_id = a_case(kept, "one")

    by_force(url, "DELETE FROM log_leaf WHERE case_id = :case AND seq = 3", case=case_id)

    shelf.checkpoint(clock())
    assert faults(shelf.verify_log()) == [Fault.NOT_LOGGED]
    assert [one.fault for one in shelf.verify(case_id).findings] == [Fault.NOT_LOGGED]


def test_purged_case_is_told_apart_from_a_deleted_one(
    kept: SqlRegister, shelf: EvidenceShelf, clock: Clock, url: str
) -> None:
    """A purge leaves leaves and a signed record."""
    purged, deleted = a_case(kept, "one"), a_case(kept, "two")
    kept.complete(purged, PURGE_STEP, receipt={}, record=a_record(PURGE_STEP, data_key="destroyed"))
    shelf.checkpoint(clock())

    delete(url, deleted)

    found = shelf.verify_log()
    assert (found.purged, [one.fault for one in found.findings]) == (1, [Fault.DELETED])
    assert shelf.verify(purged).is_purged
    assert shelf.verify(purged).is_whole


def test_log_refuses_to_be_changed(kept: SqlRegister, shelf: EvidenceShelf, clock: Clock) -> None:
    """Mistakes are stopped by the database itself; a leaf gets its place once."""
    a_case(kept, "one")
    shelf.checkpoint(clock())
    statements = [
        "UPDATE log_leaf SET position = position + 10",
        "UPDATE log_leaf SET record = 'x'",
        "DELETE FROM log_leaf",
        "DELETE FROM log_checkpoint",
        "UPDATE log_checkpoint SET note = ''",
        "UPDATE log_origin SET origin = ''",
    ]

    for statement in statements:
        with pytest.raises(RightsflowError), kept._database.write() as connection:
            connection.execute(sa.text(statement))

    assert shelf.verify_log().is_whole


def test_two_writers_at_once_leave_one_log(kept: SqlRegister, shelf: EvidenceShelf, clock: Clock) -> None:
    """Records and checkpoints from several threads: each record has one place, and every checkpoint agrees."""

    def work(number: int) -> None:
        for turn in range(5):
            a_case(kept, f"{number}.{turn}", steps=2)
            shelf.checkpoint(clock())

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    shelf.checkpoint(clock())

    found = shelf.verify_log()
    assert (found.findings, found.size, found.waiting) == ((), 60, 0)
    assert found.checkpoints > 1


def test_roots_and_parts_are_those_of_the_tree(kept: SqlRegister, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over the complete parts that are kept, every root is that of the leaves alone, and each leaf is read once."""
    monkeypatch.setattr(log, "_PAGE", 100)  # so that pages end within parts and between them
    roof, roots = Roof(), [Roof().root()]
    for number in range(1100):
        roof.add(LogLeaf("C-1", number, "ab" * 32).hash())
        roots.append(roof.root())
    rows = ", ".join(f"('C-1', {number}, '{'ab' * 32}')" for number in range(1100))
    for start, end in ((0, 300), (300, 301), (301, 1100)):
        some = rows.split("), ")[start:end]
        values = "), ".join(some).removesuffix(")") + ")"
        by_force(url, f"INSERT INTO log_leaf (case_id, seq, record) VALUES {values}")  # noqa: S608  # our own
        assert kept.extend_log().root == roots[end]

    assert [kept.log_state(size).root for size in (0, 1, 255, 256, 257, 768, 1024, 1100)] == [
        roots[size] for size in (0, 1, 255, 256, 257, 768, 1024, 1100)
    ]
    assert [entry.position for entry in kept.log_entries()] == list(range(1100))
    with kept._database.read() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM log_part")).scalar() == 4
    with kept.log_span() as span:
        for old, new in ((1, 1100), (256, 1100), (300, 1100), (1024, 1100), (700, 1023)):
            proof = consistency_proof(old, new, span)
            assert is_consistent((old, roots[old]), (new, roots[new]), proof)
        for place in (0, 255, 256, 1023, 1024, 1099):
            proof = inclusion_proof(place, 1100, span)
            assert root_by_inclusion(LogLeaf("C-1", place, "ab" * 32).hash(), place, 1100, proof) == roots[1100]


_LATER = (
    "contract_set",
    "recovery_copy",
    "credential",
    "passkey",
    "passkey_challenge",
    "operator_mail",
    "log_stamp",
    "log_stamp_trouble",
    "key_mark",
    "used_code",
    "step_tally",
    "tally_mark",
)
"""Tables that came after the log."""
_LATER_INDEXES = (
    "case_ended",
    "case_closed",
    "case_received",
    "case_of_right",
    "move_to_state",
    "step_changed",
    "step_again",
)


def test_older_register_gets_its_log_by_itself(url: str, keys: Path, clock: Clock) -> None:
    """A register from before this version: its evidence becomes the first leaves, without a step by hand."""
    with closing_register(url, keys, clock) as before:
        first, second = a_case(before, "one"), a_case(before, "two")
    by_force(
        url,
        *(f"DROP TABLE {table}" for table in ("log_leaf", "log_part", "log_checkpoint", "log_origin", *_LATER)),
        *(f"DROP INDEX {index}" for index in _LATER_INDEXES),
        *(("DROP FUNCTION log_append_only", "DROP FUNCTION log_leaf_placed_once") if "postgres" in url else ()),
        f"UPDATE alembic_version SET version_num = '{MIGRATION.down_revision}'",  # noqa: S608  # our own
        f"UPDATE evidence SET envelope = 'spoilt' WHERE case_id = '{second}' AND seq = 3",  # noqa: S608  # our own
    )

    upgrade(url)

    with closing_register(url, keys, clock) as register:
        shelf = EvidenceShelf(keys, register)
        shelf.checkpoint(clock())
        found = shelf.verify_log()
        assert (found.size, found.cases, faults(found)) == (8, 2, [Fault.EXCHANGED])
        assert shelf.verify(first).is_whole
        a_case(register, "three")
        shelf.checkpoint(clock())
        assert shelf.verify_log().size == 12


def test_register_knows_its_own_records_alone(kept: SqlRegister) -> None:
    """Not one of the same place with other words, of another place or case, nor of another register's log."""
    case_id = a_case(kept, "one")
    newest = kept.newest_record()
    assert newest is not None

    assert newest.case == case_id
    assert kept.knows_record(newest)
    for other in (
        replace(newest, record="0" * 64),
        replace(newest, seq=newest.seq + 1),
        replace(newest, case="C-0000-0000"),
        replace(newest, origin="rightsflow.log/another"),
    ):
        assert not kept.knows_record(other)


def a_copy(url: str, folder: Path) -> str:
    """The register as it is now, as a database of its own."""
    if url.startswith("sqlite"):
        copy = folder / "older.db"
        with closing(sqlite3.connect(sa.make_url(url).database or "")) as source, closing(sqlite3.connect(copy)) as to:
            source.backup(to)
        return f"sqlite:///{copy}"
    made = sa.make_url(url).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(made.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        ended = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{made.database}'"  # noqa: S608  # our own
        connection.execute(sa.text(ended)).all()
        connection.execute(sa.text(f'CREATE DATABASE "{made.database}_older" TEMPLATE "{made.database}"'))
    engine.dispose()
    return made.set(database=f"{made.database}_older").render_as_string(hide_password=False)


@contextmanager
def closing_register(url: str, keys: Path, clock: Clock) -> Iterator[SqlRegister]:
    """A register that gives back its connections."""
    register = SqlRegister(url, signer=load_or_create(keys), clock=clock)
    yield register
    register.close()


@contextmanager
def memory(keys: Path, clock: Clock) -> Iterator[SqlRegister]:
    """A register in memory, signed with the keys of a folder."""
    register = memory_register(signer=load_or_create(keys), clock=clock)
    yield register
    register.close()
