"""Rules for values, asked of real databases and of files: what breaks them is counted, and never told."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from data_contracts.company.contract import Column, SystemContract, Table
from data_contracts.company.value_rules import ValueRules
from data_contracts.connectors.connecting import LiveColumn, LiveSchema
from data_contracts.connectors.quality import Checked, ValueCheck, ValueRule
from data_contracts.errors import SettingsInvalid, SystemUnavailable
from data_contracts.vocabulary import ColumnErasure, TableErasure
from integrations.quality.live_values import AskedSystems
from integrations.systems.kinds import values_asked_in
from tasks.rules.officer.audit_values import checks_of

COLUMNS = (
    Column("no", "integer", required=True, unique=True),
    Column("name", "string", required=True, max_length=6, erase=ColumnErasure.MASK),
    Column("email", "string", rules=ValueRules(format="email"), erase=ColumnErasure.TOKEN),
    Column("login", "string", unique=True, rules=ValueRules(min_length=3, patterns=("^[a-z]{2}-?[0-9]+$", "..+"))),
    Column("language", "string", rules=ValueRules(valid_values=("fr", "en"))),
    Column("level", "integer", rules=ValueRules(valid_values=("1", "2", "3"), minimum="1", below="4")),
    Column("born", "date", rules=ValueRules(minimum="1900-01-01", maximum="2020-12-31")),
)
CONTRACT = SystemContract("shop", "Shop", "1", "us", (Table("shop", "person", COLUMNS, TableErasure.COLUMNS),))
PLANTED = "secret-planted-value"
LEAP_DAY, LATE = date(1980, 2, 29), date(2021, 1, 1)
ROWS: Sequence[Mapping[str, Any]] = [
    {"no": 1, "name": "Ann", "email": "a@x.fr", "login": "an1", "language": "fr", "level": 1, "born": LEAP_DAY},
    {"no": 2, "name": "***", "email": "k3j4h5k3j4h5k3j4", "login": "bo-22", "language": "", "level": 3, "born": None},
    {"no": 3, "name": "", "email": "", "login": None, "language": None, "level": None, "born": date(1900, 1, 1)},
]  # fmt: skip
BROKEN: Sequence[Mapping[str, Any]] = [
    {"no": 4, "name": "Toolong", "email": PLANTED, "login": "an1", "language": "x", "level": 9, "born": LATE},
    {"no": 4, "name": None, "email": "a@b", "login": "x", "language": "FR", "level": 0, "born": date(1899, 12, 31)},
]  # fmt: skip
Asked = Callable[[Sequence[Mapping[str, Any]]], AskedSystems]


def _table() -> sa.Table:
    types: dict[str, Any] = {"no": sa.Integer(), "level": sa.Integer(), "born": sa.Date()}
    return sa.Table("person", sa.MetaData(), *(sa.Column(c.name, types.get(c.name, sa.String(60))) for c in COLUMNS))


def _in_database(url: str, rows: Sequence[Mapping[str, Any]]) -> str:
    engine, table = sa.create_engine(url), _table()
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(sa.insert(table), [dict(row) for row in rows])
    engine.dispose()
    return url


def _in_files(folder: Path, rows: Sequence[Mapping[str, Any]]) -> str:
    (folder / "person").mkdir(parents=True)
    types = {"no": pa.int32(), "level": pa.int64(), "born": pa.date32()}
    schema = pa.schema([(c.name, types.get(c.name, pa.string())) for c in COLUMNS])
    for number, row in enumerate(rows):
        table = pa.Table.from_pylist([dict(row)], schema=schema)
        table = table.set_column(4, "language", table.column("language").dictionary_encode())  # as some writers do
        pq.write_table(table, folder / "person" / f"{number}.parquet")
    return folder.as_uri()


@pytest.fixture(params=["sqlite", "sqlite plain", "postgresql", "mariadb", "parquet"])
def asked(request: pytest.FixtureRequest, tmp_path: Path) -> Asked:
    """Makes a system with rows, asked as an installation asks it."""

    def make(rows: Sequence[Mapping[str, Any]]) -> AskedSystems:
        if request.param == "parquet":
            url = _in_files(tmp_path / "files", rows)
        elif request.param in {"postgresql", "mariadb"}:
            server = {"postgresql": "postgres_database", "mariadb": "mariadb_database"}[request.param]
            url = _in_database(request.getfixturevalue(server)(), rows)
        else:
            url = _in_database(f"sqlite:///{tmp_path / 'shop.db'}", rows)
        return AskedSystems(
            {"shop": CONTRACT}, {"shop": url}, asked_in=values_asked_in, judged=not request.param.endswith("plain")
        )

    return make


def checks() -> list[ValueCheck]:
    """Every check that the contract comes to."""
    live = {c.name: LiveColumn(c.name, "", nullable=True) for c in COLUMNS}
    return checks_of(CONTRACT, LiveSchema({"person": live}))


def broken(found: Sequence[Checked]) -> dict[tuple[str, str], int]:
    """Rows by column and rule; where a column has two patterns, of the last that is broken."""
    assert not [one for one in found if one.is_error]
    return {(one.check.column, one.check.rule.value): one.rows for one in found if one.rows}


def test_what_is_as_declared_holds(asked: Asked) -> None:
    """Empty texts, marks of erased values and pseudonyms count as no value, and break nothing."""
    found = asked(ROWS).check("shop", checks())

    assert len(found) == 13
    assert broken(found) == {}


def test_rows_that_break_a_rule_are_counted(asked: Asked) -> None:
    """Each rule is judged by itself, in a database as in files."""
    found = asked([*ROWS, *BROKEN]).check("shop", checks())

    assert broken(found) == {
        ("no", "unique"): 2,
        ("name", "required"): 1,
        ("name", "length"): 1,
        ("email", "format"): 2,
        ("login", "unique"): 2,
        ("login", "length"): 1,
        ("login", "pattern"): 1,
        ("language", "validValues"): 2,
        ("level", "validValues"): 2,
        ("level", "bounds"): 2,
        ("born", "bounds"): 2,
    }


def test_no_value_is_told(asked: Asked, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """Law 1: neither answers, nor logs, nor what is printed hold a value that breaks a rule."""
    caplog.set_level("DEBUG", logger="great_expectations")
    found = asked([*ROWS, *BROKEN]).check("shop", checks())

    printed = capfd.readouterr()
    assert PLANTED not in repr(found) + caplog.text + printed.out + printed.err


@pytest.mark.parametrize("judged", [True, False])
def test_rule_that_cannot_be_evaluated_is_told_apart(
    postgres_database: Callable[[], str], capfd: pytest.CaptureFixture[str], *, judged: bool
) -> None:
    """Law 6: a text in a column of numbers cannot be compared; that is no broken rule, and the others are judged."""
    url = postgres_database()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE person (no integer, level text)")
        connection.execute(sa.text("INSERT INTO person VALUES (1, :planted)"), {"planted": PLANTED})
    engine.dispose()
    wanted = [check for check in checks() if check.column in {"no", "level"}]

    found = AskedSystems({"shop": CONTRACT}, {"shop": url}, asked_in=values_asked_in, judged=judged).check(
        "shop", wanted
    )

    told = {(one.check.column, one.check.rule): one.is_error for one in found}
    assert told[("level", ValueRule.BOUNDS)]
    assert not told[("no", ValueRule.REQUIRED)]
    printed = capfd.readouterr()
    assert PLANTED not in repr(found) + printed.out + printed.err


def test_missing_file_is_an_outage(tmp_path: Path) -> None:
    """A database file that is gone is not made anew, and not an empty one."""
    file = tmp_path / "gone.db"

    with pytest.raises(SystemUnavailable):
        AskedSystems({"shop": CONTRACT}, {"shop": f"sqlite:///{file}"}, asked_in=values_asked_in, judged=False).check(
            "shop", checks()
        )

    assert not file.exists()


def test_missing_folder_is_an_outage(tmp_path: Path) -> None:
    """The same for files."""
    asked = AskedSystems({"shop": CONTRACT}, {"shop": (tmp_path / "gone").as_uri()}, asked_in=values_asked_in)

    with pytest.raises(SystemUnavailable):
        asked.check("shop", checks())


@pytest.mark.parametrize("urls", [{}, {"shop": "memory://"}])
def test_system_without_connection_is_a_setting(urls: Mapping[str, str]) -> None:
    """Nothing can be asked of it, which is not the same as that all is well."""
    with pytest.raises(SettingsInvalid):
        AskedSystems({"shop": CONTRACT}, urls, asked_in=values_asked_in).check("shop", checks())


def test_environment_keeps_no_connection(asked: Asked) -> None:
    """The variable that names the connection is gone afterwards."""
    import os  # noqa: PLC0415  # only here

    asked(ROWS).check("shop", checks())

    assert not [name for name in os.environ if name.startswith("RIGHTSFLOW_ASKED_")]
