"""A register moves from its file to PostgreSQL: every row, once, and the file goes."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from data_contracts.errors import RightsflowError, SettingsInvalid, StepFailed
from data_contracts.vocabulary import Right
from integrations.evidence import Ed25519Signer
from integrations.register import SqlRegister, copying, moving, upgrade
from integrations.register.moving import move_register, remove_moved
from integrations.register.tables.tables import metadata
from tests.integrations.register.conftest import Clock
from tests.integrations.register.examples import ACKNOWLEDGE, a_gate, a_record, a_request, an_operator


class _Told(Exception):  # a crash, not an error
    """The process ends here."""


@pytest.fixture
def file(tmp_path: Path, empty_register: bytes, signer: Ed25519Signer, clock: Clock) -> Path:
    """A register with two cases, a gate, an operator and a key."""
    made = tmp_path / "register.db"
    made.write_bytes(empty_register)
    with closing(SqlRegister(f"sqlite:///{made}", signer=signer, clock=clock)) as register:
        for key in ("one", "two"):
            case_id = register.open_case(a_request(request_key=key)).case_id
            register.complete(case_id, "acknowledge", receipt={"é": "\u2028"}, record=a_record(), move=ACKNOWLEDGE)
            register.open_gate(a_gate(case_id))
            register.put_key(case_id, b"the wrapped key of a case")
        register.put_operator(an_operator(secret=b"\0sealed\xff"))
    return made


@pytest.fixture
def target(postgres_database: Callable[[], str]) -> str:
    """An empty database of PostgreSQL."""
    return postgres_database()


def _content(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, in order."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return {
            table.name: sorted(tuple(row) for row in connection.execute(sa.select(table)))
            for table in metadata.sorted_tables
        }


def _opened(url: str, signer: Ed25519Signer, clock: Clock) -> closing[SqlRegister]:
    return closing(SqlRegister(url, signer=signer, clock=clock))


def test_every_row_is_there(file: Path, target: str, signer: Ed25519Signer, clock: Clock) -> None:
    """Row by row the register is what it was; it goes on there, and the file is gone."""
    before, kept = _content(f"sqlite:///{file}"), []

    rows = move_register(file, target, keep=lambda: kept.append(1))

    assert _content(target) == before
    assert rows == sum(map(len, before.values()))
    assert kept == [1]
    assert list(file.parent.glob("register.db*")) == []
    with _opened(target, signer, clock) as register:
        case_id = register.open_case(a_request(request_key="three")).case_id
        gate = register.open_gate(replace(a_gate(case_id), digest="d2"))
        assert len(register.cases()) == 3
        assert gate.case_id == case_id


def test_nothing_of_the_file_is_left_on_the_way(file: Path, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the file held is overwritten before it is removed: a key that is destroyed later lies in no old file."""
    assert b"the wrapped key of a case" in _bytes(file)
    monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)

    with closing(sqlite3.connect(file)) as somebody:  # else the last one to close cuts the log
        somebody.execute("SELECT count(*) FROM case_file").fetchall()
        move_register(file, target, keep=lambda: None)

    assert b"the wrapped key of a case" not in _bytes(file)


def _bytes(file: Path) -> bytes:
    return b"".join(one.read_bytes() for one in file.parent.glob("register.db*"))


def test_process_that_ends_before_it_is_kept_moves_again(file: Path, target: str) -> None:
    """Until PostgreSQL's register counts, the file is the register, whole."""
    before = _content(f"sqlite:///{file}")

    def ends() -> None:
        raise _Told

    with pytest.raises(_Told):
        move_register(file, target, keep=ends)
    assert _content(f"sqlite:///{file}") == before

    move_register(file, target, keep=lambda: None)
    assert _content(target) == before


def test_process_that_ends_after_it_was_kept(
    file: Path, target: str, monkeypatch: pytest.MonkeyPatch, signer: Ed25519Signer, clock: Clock
) -> None:
    """Nobody goes on in the old file: what is left of it is emptied at the next start."""

    def ends(_: Connection) -> None:
        raise _Told

    before = _content(f"sqlite:///{file}")
    with monkeypatch.context() as patched:
        patched.setattr(moving, "_empty", ends)
        with pytest.raises(_Told):
            move_register(file, target, keep=lambda: None)
    assert _content(target) == before

    with _opened(f"sqlite:///{file}", signer, clock) as late:
        assert len(late.cases()) == 2
        remove_moved(file)
        with pytest.raises(RightsflowError):
            late.open_case(a_request(request_key="late"))
    assert not file.exists()
    assert _content(target) == before


def test_writer_who_had_the_file_open_writes_nothing_there(
    file: Path, target: str, signer: Ed25519Signer, clock: Clock
) -> None:
    """A process that worked with the file is refused afterwards; it cannot write into a file that nobody reads."""
    with _opened(f"sqlite:///{file}", signer, clock) as other:
        assert len(other.cases()) == 2
        move_register(file, target, keep=lambda: None)
        with pytest.raises(SettingsInvalid, match="not a register"):
            other.open_case(a_request(request_key="late"))


@pytest.mark.parametrize(
    ("column", "value"), [("outcome", "o" * 41), ("outcome", "a\0b"), ("response_due", "2026-02-30")]
)
def test_row_that_postgresql_does_not_take(file: Path, target: str, column: str, value: str) -> None:
    """SQLite takes what PostgreSQL does not: the table is named, and both are as they were."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(f"UPDATE case_file SET {column} = ? WHERE rowid = 1", (value,))  # noqa: S608  # our own column
    before, kept = file.read_bytes(), []

    with pytest.raises(StepFailed, match="case_file") as refused:
        move_register(file, target, keep=lambda: kept.append(1))

    assert value not in str(refused.value)
    assert kept == []
    assert file.read_bytes() == before
    assert _content(target)["case_file"] == []


def test_rows_of_a_move_that_was_tried_are_replaced(
    file: Path, target: str, signer: Ed25519Signer, clock: Clock
) -> None:
    """What a try left in PostgreSQL counts for nothing; foreign keys hold afterwards."""
    upgrade(target)
    with _opened(target, signer, clock) as register:
        register.open_case(a_request(request_key="of a try", right=Right.ACCESS))
    before = _content(f"sqlite:///{file}")

    move_register(file, target, keep=lambda: None)

    assert _content(target) == before
    engine = sa.create_engine(target, poolclass=sa.NullPool)
    with pytest.raises(sa.exc.IntegrityError), engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM case_file"))


@pytest.mark.parametrize("fault", ["changed", "lost"])
def test_row_that_does_not_arrive_as_it_was(
    file: Path, target: str, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """Each row is counted and read back: what a driver changed or lost on the way is no move."""
    put = copying._put

    def wrong(new: Connection, table: sa.Table, rows: list[copying.Row], mended: object) -> int:
        if table.name == "gate":
            rows = rows[:-1] if fault == "lost" else [{**row, "reference": "x"} for row in rows]
        return put(new, table, rows, mended)  # type: ignore[arg-type]

    monkeypatch.setattr(copying, "_put", wrong)
    before = _content(f"sqlite:///{file}")
    with pytest.raises(StepFailed, match="table gate"):
        move_register(file, target, keep=lambda: None)
    assert _content(f"sqlite:///{file}") == before
