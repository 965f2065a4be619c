"""Upgrades and ways back: open cases at every gate outlive each migration; older software refuses a newer register.

Migrations are found in their folder, so that a new one is tried from the day it is there. The rows of each older
version are those that the software of today writes, as far as that version had tables and columns for them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory
from typer.testing import CliRunner

from data_contracts.case.case import Case
from data_contracts.errors import SettingsInvalid
from data_contracts.evidence.chains import Signer
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import CaseState, Decision, Gate
from flows.cli import app
from flows.settings import settings
from integrations.evidence import EvidenceShelf, load_or_create
from integrations.register import SqlRegister, schema, upgrade
from integrations.register.copying import _number_on
from integrations.register.database import Database, make_engine, read_url
from integrations.register.tables.tables import metadata
from tests.integrations.register.conftest import Clock
from tests.integrations.register.examples import ACKNOWLEDGE, a_gate, a_record, a_request, an_answer, an_operator

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""Rows by table."""


def _revisions() -> list[str]:
    """Every version there ever was, oldest first."""
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    return [one.revision for one in ScriptDirectory.from_config(config).walk_revisions()][::-1]


def _filled(url: str, signer: Signer, clock: Clock) -> Rows:
    """A case at each gate, with one answer of two, a step that is done and one that is claimed."""
    register = SqlRegister(url, signer=signer, clock=clock)
    register.put_operator(an_operator("ada"))
    for gate in Gate:
        case_id = register.open_case(a_request(request_key=gate.value)).case_id
        register.claim(case_id, "acknowledge")
        register.complete(case_id, "acknowledge", receipt={"n": 1}, move=ACKNOWLEDGE, record=a_record())
        register.claim(case_id, "notify")
        register.put_key(case_id, b"wrapped")
        asked = register.open_gate(a_gate(case_id, gate=gate, people=2))
        register.answer_gate(asked, an_answer(), outcome=None, also={})
    register.close()
    engine = make_engine(read_url(url))
    with engine.connect() as connection:
        found = {
            table.name: [dict(row) for row in connection.execute(sa.select(table)).mappings()]
            for table in metadata.sorted_tables
        }
    engine.dispose()
    return found


def _made(url: str, version: str, rows: Rows) -> None:
    """A register of an earlier version that holds the rows."""
    with closing(Database(make_engine(read_url(url), may_create=True))) as database, database.write() as connection:
        schema.migrate(connection, version)
        known = set(sa.inspect(connection).get_table_names())
        for table in (one for one in metadata.sorted_tables if one.name in known):
            columns = {one["name"] for one in sa.inspect(connection).get_columns(table.name)}
            is_empty = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == 0
            then = sa.table(table.name, *(sa.column(one.name, one.type) for one in table.c if one.name in columns))
            for row in rows[table.name] if is_empty else ():
                connection.execute(sa.insert(then), {one.name: row[one.name] for one in then.c})
            if connection.dialect.name == "postgresql":
                _number_on(connection, table)


@pytest.fixture
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    """Gives the URL of an empty database of that kind."""

    def empty(kind: str) -> str:
        if kind == "postgresql":
            database: Callable[[], str] = request.getfixturevalue("postgres_database")
            return database()
        return f"sqlite:///{tmp_path / 'old.db'}"

    return empty


def _seen(register: SqlRegister) -> tuple[list[Case], list[GateEntry], list[Any], list[Any]]:
    """What people see of the cases, and what flows go on from."""
    cases = sorted(register.cases(), key=lambda case: case.case_id)
    gates = register.gates()
    return cases, gates, [register.steps(c.case_id) for c in cases], [register.timeline(c.case_id) for c in cases]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys of evidence."""
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory, keys: Path) -> Iterator[tuple[SqlRegister, Rows]]:
    """A register as the software of today writes it, and its rows."""
    url = f"sqlite:///{tmp_path_factory.mktemp('today') / 'register.db'}"
    upgrade(url)
    rows = _filled(url, load_or_create(keys), Clock())
    register = SqlRegister(url, signer=load_or_create(keys), clock=Clock())
    yield register, rows
    register.close()


@pytest.mark.parametrize("version", _revisions())
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_open_cases_outlive_the_upgrade(
    kind: str, version: str, old: Callable[[str], str], today: tuple[SqlRegister, Rows], keys: Path
) -> None:
    """From each version: cases, gates, answers, steps and evidence are as they were; the second answers decide."""
    (before, rows), url = today, old(kind)
    _made(url, version, rows)

    upgrade(url)

    with closing(SqlRegister(url, signer=load_or_create(keys), clock=Clock())) as register:
        _judge(register, before, keys)


def _judge(register: SqlRegister, before: SqlRegister, keys: Path) -> None:
    """The register holds what it held, and goes on."""
    assert _seen(register) == _seen(before)
    assert register.operators() == before.operators()
    for case in register.cases():
        assert case.state is CaseState.ACKNOWLEDGED
        assert register.get_key(case.case_id) == b"wrapped"
        assert register.claim(case.case_id, "acknowledge").state == "done"
    for asked in register.gates(open_only=True):
        decided = register.answer_gate(asked, an_answer("bob"), outcome=Decision.APPROVE, also={})
        assert (len(decided.answers), decided.outcome) == (2, Decision.APPROVE)
        assert register.decision_faults(asked.case_id) == []
        assert EvidenceShelf(keys, register).verify(asked.case_id).is_whole
    assert EvidenceShelf(keys, register).verify_log().is_whole


@pytest.mark.parametrize("version", ["9999", "0999", "abc"])
def test_older_software_refuses_a_newer_register(url: str, version: str) -> None:
    """In a sentence, with both versions and a remedy; nothing is written."""
    engine = make_engine(read_url(url))
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :v"), {"v": version})

    with pytest.raises(SettingsInvalid) as refused:
        upgrade(url)

    assert version in refused.value.what
    assert schema.HEAD in refused.value.what
    assert refused.value.remedy
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one() == version
    engine.dispose()


@pytest.mark.parametrize("words", [("cases",), ("open", "access", "--identity", "email=a@example.org"), ("init",)])
def test_commands_of_older_software_say_so(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No trace of a program: what failed, where, and the remedy."""
    monkeypatch.setenv("RIGHTSFLOW_HOME", str(tmp_path))
    monkeypatch.setenv("RIGHTSFLOW_REGISTER_URL", f"sqlite:///{tmp_path / 'register.db'}")
    settings.cache_clear()
    upgrade(f"sqlite:///{tmp_path / 'register.db'}")
    engine = make_engine(read_url(f"sqlite:///{tmp_path / 'register.db'}"))
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()

    told = CliRunner().invoke(app, [*words])

    settings.cache_clear()
    assert told.exit_code == 1
    assert "newer software upgraded the register" in told.output
    assert "Remedy" in told.output
    assert "Traceback" not in told.output
