"""The register's database: upgrades, absent databases, guards, and several processes at once."""

import multiprocessing
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from data_contracts.errors import RightsflowError, SettingsInvalid, StepFailed, SystemUnavailable
from data_contracts.evidence.records import Record
from integrations.evidence import Ed25519Signer, load_or_create, public_keys, verify_chain
from integrations.register import SqlRegister, schema, upgrade
from integrations.register.tables.tables import metadata
from tests.integrations.register.conftest import Clock
from tests.integrations.register.examples import a_record, a_request


def test_the_newest_migration_is_the_one_we_look_for() -> None:
    """The quick look and the folder of migrations agree."""
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))

    assert ScriptDirectory.from_config(config).get_current_head() == schema.HEAD


def test_migrations_make_the_tables_we_use(shared: SqlRegister) -> None:
    """An upgraded database has the tables of the code, column for column."""
    with shared._database.read() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)

    assert differences == []


def test_upgrading_again_keeps_what_is_there(shared: SqlRegister, url: str) -> None:
    """An upgrade of a register that is up to date changes nothing, quickly."""
    opened = shared.open_case(a_request())
    began = time.perf_counter()

    upgrade(url)

    assert time.perf_counter() - began < 0.5
    assert shared.cases() == [opened]


def test_a_new_register_is_its_owners_alone(tmp_path: Path) -> None:
    """Others on the machine cannot read the register."""
    upgrade(f"sqlite:///{tmp_path / 'deep' / 'register.db'}")

    assert stat.S_IMODE((tmp_path / "deep" / "register.db").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "deep").stat().st_mode) == 0o700


@pytest.mark.parametrize("bad", ["no url", "mysql://h/d", "oracle://h/d", ""])
def test_a_url_of_another_kind_is_refused(bad: str, signer: Ed25519Signer, clock: Clock) -> None:
    """Neither SQLite nor PostgreSQL: said at once, without repeating the URL."""
    with pytest.raises(SettingsInvalid, match="Remedy"):
        SqlRegister(bad, signer=signer, clock=clock)
    with pytest.raises(SettingsInvalid):
        upgrade(bad)


def test_an_absent_file_is_not_an_empty_register(tmp_path: Path, signer: Ed25519Signer, clock: Clock) -> None:
    """A wrong path is an error and makes no file."""
    register = SqlRegister(f"sqlite:///{tmp_path / 'wrong.db'}", signer=signer, clock=clock)

    with pytest.raises(SystemUnavailable, match="Remedy"):
        register.cases()

    assert list(tmp_path.iterdir()) == []


def test_a_dead_server_is_unavailable(signer: Ed25519Signer, clock: Clock) -> None:
    """A server that does not answer is an error that trying again can help; no password in it."""
    register = SqlRegister("postgresql://ada:marked@127.0.0.1:1/none", signer=signer, clock=clock)

    with pytest.raises(SystemUnavailable) as caught:
        register.cases()

    assert "marked" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("content", [b"", b"not a database, but long enough to be looked at" * 50])
def test_a_file_that_is_no_register_is_refused(
    tmp_path: Path, signer: Ed25519Signer, clock: Clock, content: bytes
) -> None:
    """An empty or foreign file is not taken for a register."""
    (tmp_path / "register.db").write_bytes(content)
    register = SqlRegister(f"sqlite:///{tmp_path / 'register.db'}", signer=signer, clock=clock)

    with pytest.raises(SettingsInvalid):
        register.cases()
    register.close()


def test_a_postgresql_database_without_tables_is_refused(
    postgres_database: Callable[[], str], signer: Ed25519Signer, clock: Clock
) -> None:
    """An empty database is not taken for a register."""
    register = SqlRegister(postgres_database(), signer=signer, clock=clock)

    with pytest.raises(SettingsInvalid):
        register.cases()
    register.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE evidence SET envelope = 'x'",
        "DELETE FROM evidence",
        "INSERT OR REPLACE INTO evidence SELECT case_id, seq, 'x' FROM evidence",
        "TRUNCATE evidence",
    ],
)
def test_evidence_can_only_be_added(shared: SqlRegister, statement: str) -> None:
    """The database itself refuses to change or take away a record."""
    case_id = shared.open_case(a_request()).case_id
    before = shared.evidence(case_id)

    with pytest.raises(RightsflowError), shared._database.write() as connection:
        connection.exec_driver_sql(statement)

    assert shared.evidence(case_id) == before


def test_a_transaction_that_breaks_leaves_nothing(shared: SqlRegister) -> None:
    """A step's receipt, record and move are written together or not at all, also when signing breaks."""
    case_id = shared.open_case(a_request()).case_id
    before = shared.evidence(case_id)
    unsignable = Record("act", "", {"rows": float("nan")})  # type: ignore[dict-item]  # the mistake

    with pytest.raises(StepFailed):
        shared.complete(case_id, "act", receipt={}, record=unsignable)

    assert (shared.step(case_id, "act"), shared.evidence(case_id)) == (None, before)


def test_a_naive_time_is_a_mistake(shared: SqlRegister) -> None:
    """A time without a zone is refused and not guessed."""
    with pytest.raises(StepFailed):
        shared.open_case(a_request(received_at=datetime(2026, 3, 2, 9, 0)))  # noqa: DTZ001  # the mistake


def _complete_many(url: str, keys: Path, place: tuple[str, int]) -> None:
    case_id, worker = place
    register = SqlRegister(url, signer=load_or_create(keys), clock=lambda: datetime.now(UTC))
    for number in range(15):
        register.claim(case_id, f"step {number}", f"own {worker}")
        register.complete(case_id, f"step {number}", f"own {worker}", receipt={}, record=a_record(worker=worker))
        register.complete(case_id, f"step {number}", "same", receipt={}, record=a_record(worker=worker))
    register.close()


def test_processes_at_one_case_make_one_chain(url: str, tmp_path: Path, clock: Clock) -> None:
    """Two processes complete steps of one case: one chain, each shared step once."""
    keys = tmp_path / "keys"
    register = SqlRegister(url, signer=load_or_create(keys), clock=clock)
    case_id = register.open_case(a_request()).case_id

    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(_complete_many, [url] * 2, [keys] * 2, [(case_id, worker) for worker in range(2)]))

    envelopes, head = register.evidence(case_id)
    verified = verify_chain(case_id, envelopes, head, keys=public_keys(keys))
    assert (verified.records, verified.findings) == (1 + 2 * 15 + 15, ())
    register.close()


def test_processes_that_start_at_once_set_up_one_register(tmp_path: Path, postgres_database: Callable[[], str]) -> None:
    """Two processes that upgrade a new register at once both find it upgraded."""
    urls = [f"sqlite:///{tmp_path / 'register.db'}", postgres_database()]

    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        for url in urls:
            list(pool.map(upgrade, [url] * 2))

    for url in urls:
        engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        assert sa.inspect(engine).has_table("evidence")
        engine.dispose()


def test_opening_a_register_again_keeps_the_locks_of_others(
    tmp_path: Path, signer: Ed25519Signer, clock: Clock
) -> None:
    """A second register of the same process leaves the first one's locks, so no other process takes its log away."""
    url = f"sqlite:///{tmp_path / 'register.db'}"
    upgrade(url)
    first = SqlRegister(url, signer=signer, clock=clock)
    case_id = first.open_case(a_request()).case_id
    upgrade(url)

    # Another process that comes and goes takes the write-ahead log away if it believes to be the last one.
    look = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT 1 FROM case_file'); c.close()"
    subprocess.run([sys.executable, "-c", look, str(tmp_path / "register.db")], check=True)

    assert (tmp_path / "register.db-wal").exists()
    assert first.case(case_id).case_id == case_id
    first.close()
