"""Every value that a database takes is read as the database tells it, found by itself, and hinders nothing."""

import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_contracts.connectors.connecting import Connector
from data_contracts.connectors.keys import ChangeColumns, Condition, Cutoff, DeleteRows, Look, Selection
from data_contracts.connectors.stored_types import is_json, stored_as
from integrations.systems.sql.questions import query
from tests.integrations.spellings import connect
from tests.integrations.systems.all_types import MARIADB, POSTGRESQL, SQLITE
from tests.integrations.systems.looks import run
from tests.sampling import drawn

_BOTH = (1, 2)


@pytest.fixture(scope="module")
def mariadb(mariadb_database: Any) -> str:
    """A MariaDB."""
    return str(mariadb_database())


def _of(column: str, *keys: object) -> Selection:
    return Selection("thing", (Condition((column,), frozenset((key,) for key in keys)),))


def _thing(url: str, declared: str, *literals: str) -> Connector:
    """A table of one column of that type, one row for each literal."""
    connector = connect(url, {"thing": f"id integer PRIMARY KEY, mail varchar(40), v {declared})"})
    rows = ", ".join(f"({number}, 'mail', {literal})" for number, literal in enumerate(literals, 1))
    lax = ("SET sql_mode = ''",) if url.startswith("mysql") else ()
    run(url, *lax, f"INSERT INTO thing VALUES {rows}")  # noqa: S608  # a test's own
    return connector


def _read(connector: Connector, *ids: int) -> pa.Table:
    return pa.Table.from_batches(list(connector.read(_of("id", *ids), ["id", "v"]))).sort_by("id")


def _acted_on(connector: Connector) -> None:
    """The row of that value is found by it, changed and deleted, and nothing remains."""
    keys = connector.find_keys(_of("id", 1), [("v",)])[("v",)]
    assert len(keys) == 1
    found = Selection("thing", (Condition(("v",), keys),))
    assert connector.count([found]) == [1]
    assert connector.carry_out([ChangeColumns(found, ("mail",))]) == [1]
    assert connector.count_unlike(found, Look(("mail",))) == 0
    both = Selection("thing", (Condition(("id", "v"), frozenset((1, *key) for key in keys)),))
    assert connector.carry_out([ChangeColumns(both, ("v",))]) == [1]
    assert connector.count_unlike(_of("id", 1), Look(("v",))) == 0
    assert connector.carry_out([DeleteRows(_of("id", 1))]) == [1]
    connector.close()


def _told(url: str, text: str) -> Any:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        told = connection.exec_driver_sql(f"SELECT {text} FROM thing WHERE id = 1").scalar()  # noqa: S608  # a test's own
    engine.dispose()
    return told


def _plain(value: Any) -> Any:
    """A value as text, as databases write it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value in {float("inf"), float("-inf")}:
        return "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    if isinstance(value, float):
        return "NaN" if value != value else repr(value)  # noqa: PLR0124  # NaN
    return (
        format(value, "f")
        if isinstance(value, Decimal)
        else str(value).removesuffix(":00" if str(value).endswith("+00:00") else "")
    )


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("declared", "literal"), POSTGRESQL)
def test_a_value_of_postgresql(postgresql: str, declared: str, literal: str) -> None:
    """Read as the database writes it, arrays and maps as JSON; named by its type; a key like any other."""
    connector = _thing(postgresql, declared, literal)

    column = _read(connector, 1)
    (value,) = column["v"].to_pylist()

    is_array = declared.endswith("[]") or declared in {"rf_many", "hstore"}
    as_text = "to_json(v)::text" if declared == "hstore" or is_array else "format('%%s', v)"
    assert _stripped(_plain(value)) == _stripped(_whole(_told(postgresql, as_text), value))
    assert is_json(column.schema.field("v")) is (is_array or declared in {"json", "jsonb"})
    assert stored_as(column.schema.field("v")) == _told(postgresql, _FORMAT)
    _acted_on(connector)


_FORMAT = (
    "(SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'thing'::regclass AND attname = 'v')"
)


def _whole(told: str, value: Any) -> str:
    """What the database tells; truth values and small numbers have two spellings."""
    if isinstance(value, bool):
        return {"t": "true", "f": "false"}[told]
    return repr(float(told)) if isinstance(value, float) and told[-1].isdigit() else told


@pytest.mark.parametrize(
    ("declared", "odd", "usual"),
    [
        ("date", "'infinity'", "'2020-02-29'"),
        ("timestamp", "'0044-03-15 10:00:00 BC'", "'2020-02-29 12:30:00'"),
        ("timestamptz", "'-infinity'", "'2020-02-29 12:30:00+02'"),
        ("numeric(10,2)", "'NaN'", "42.5"),
    ],
)
@pytest.mark.parametrize("few", [1_000, 0])
def test_one_odd_value_hinders_no_other_row(
    postgresql: str, monkeypatch: pytest.MonkeyPatch, few: int, declared: str, odd: str, usual: str
) -> None:
    """Read at once or as a stream: a column is text where a selected row needs it, else what it always is."""
    monkeypatch.setattr(query, "_FEW_ROWS", few)
    connector = _thing(postgresql, declared, odd, usual)

    both, alone = _read(connector, 1, 2), _read(connector, 2)

    assert both["v"].type == pa.string()
    assert alone["v"].type != pa.string()
    assert both["v"].to_pylist() == [odd.strip("'"), str(alone["v"].to_pylist()[0])]
    (key,) = connector.find_keys(_of("id", 2), [("v",)])[("v",)]
    (far,) = connector.find_keys(_of("id", 1), [("v",)])[("v",)]
    assert connector.count([_of("v", *key, *far)]) == [2]


@pytest.mark.parametrize("text", ["infinity ", "0044-02-30 BC", "99999999-01-01", "2020-01-01 BC", "0000-01-01 BC"])
def test_a_text_that_is_no_date_is_in_no_row(postgresql: str, text: str) -> None:
    """Nothing is sent that the database would refuse, and quote."""
    connector = _thing(postgresql, "date", "'infinity'")

    assert connector.count([_of("v", text)]) == [0]


_DAYS = st.integers(-4_712 * 366, 5_874_000 * 365)
_PIECES = st.tuples(_DAYS, st.integers(0, 86_399), st.integers(0, 999_999))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_PIECES, min_size=1, max_size=4), st.sampled_from(["date", "timestamp", "timestamptz"]))
def test_any_time_of_postgresql(postgresql: str, pieces: list[tuple[int, int, int]], declared: str) -> None:
    """Whatever its year, a time is read as the database writes it, and finds its row."""
    reach = 1 if declared == "date" else 20
    literals = [
        f"(date '0001-01-01' + {days // reach})" + ("" if reach == 1 else f" + interval '{second}.{part:06d} s'")
        for days, second, part in pieces
    ]
    with closing(_thing(postgresql, declared, *literals)) as connector:
        batch = _read(connector, *range(1, len(literals) + 1))

        keys = connector.find_keys(_of("id", 1), [("v",)])[("v",)]
        assert connector.count([Selection("thing", (Condition(("v", "id"), frozenset((*k, 1) for k in keys)),))]) == [1]
        assert _stripped(_plain(batch["v"].to_pylist()[0])) == _stripped(_told(postgresql, "v::text"))


def _stripped(text: str) -> str:
    """Without the zeros that end a fraction."""
    return re.sub(r"(:\d\d\.\d*?)0+(?=\D|$)", r"\1", text).replace(".+", "+").removesuffix(".")


# --- MariaDB ----------------------------------------------------------------------------------------------------------


_AS_TEXT = {"bit": "LPAD(BIN(v), {}, '0')", "geometry": "ST_AsText(v)", "point": "ST_AsText(v)"}


@pytest.mark.parametrize(("declared", "literal"), MARIADB)
def test_a_value_of_mariadb(mariadb: str, declared: str, literal: str) -> None:
    """Read as the database writes it; a key like any other, also a date that no calendar has."""
    connector = _thing(mariadb, declared, literal)

    (value,) = _read(connector, 1)["v"].to_pylist()

    name, _, size = declared.partition("(")
    told = _told(mariadb, _AS_TEXT.get(name, "CONCAT(v)").format(size.rstrip(")")))
    if isinstance(value, bytes):
        assert value == told
    elif isinstance(value, float):
        assert value == float(told)
    else:
        assert _stripped(_plain(value)).removesuffix("+00") == _stripped(told)
    assert stored_as(_read(connector, 1).schema.field("v"))
    _acted_on(connector)


@pytest.mark.parametrize("declared", ["date", "datetime", "timestamp NULL"])
@pytest.mark.parametrize("few", [1_000, 0])
def test_a_zero_date_hinders_no_other_row(
    mariadb: str, monkeypatch: pytest.MonkeyPatch, few: int, declared: str
) -> None:
    """Read at once or as a stream."""
    monkeypatch.setattr(query, "_FEW_ROWS", few)
    zero = "0000-00-00" + ("" if declared == "date" else " 00:00:00")
    connector = _thing(mariadb, declared, f"'{zero}'", "'2020-02-29'")

    assert _read(connector, 1, 2)["v"].to_pylist()[0] == zero
    assert _read(connector, 2)["v"].type != pa.string()


def test_a_zero_date_is_over_at_no_time(mariadb: str) -> None:
    """Nobody knows when it was; the row is still held."""
    connector = _thing(mariadb, "date", "'0000-00-00'", "'2020-02-29'")
    everybody, before = _of("id", 1, 2).conditions, datetime(2025, 1, 1, tzinfo=UTC)

    over, held = (Selection("thing", everybody, (Cutoff("v", before, over=is_over),)) for is_over in (True, False))

    assert connector.count([over, held]) == [1, 1]
    assert connector.find_keys(over, [("id",)])[("id",)] == {(2,)}


# --- SQLite -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("declared", "literal"), drawn(SQLITE, groups=list(zip(*SQLITE, strict=True))))
def test_a_value_of_sqlite(tmp_path: Path, declared: str, literal: str) -> None:
    """Integers as integers, bytes as bytes, text as text, whatever the column was declared as."""
    url = f"sqlite:///{tmp_path}/values.sqlite"
    connector = _thing(url, declared, literal)

    (value,) = _read(connector, 1)["v"].to_pylist()

    stored, kind = _stored(tmp_path / "values.sqlite")
    if kind in {"integer", "real"}:
        assert value == stored
        assert kind == "real" or type(value) is int or declared == "real"
    elif isinstance(value, bytes):
        assert value == stored
    else:
        assert value == _text(stored)
    _acted_on(connector)


def _stored(path: Path) -> tuple[Any, str]:
    connection = sqlite3.connect(path)
    connection.text_factory = bytes
    found: tuple[Any, Any] = connection.execute("SELECT v, typeof(v) FROM thing WHERE id = 1").fetchone()
    connection.close()
    return found[0], bytes(found[1]).decode() if isinstance(found[1], bytes) else found[1]


def _text(stored: bytes) -> str:
    """Text that is UTF-8; of other bytes their digits."""
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return stored.hex()


@pytest.mark.parametrize(
    ("literals", "kind"),
    [
        (("1", "9007199254740993"), pa.int64()),
        (("1", "0.5"), pa.float64()),
        (("0.5", "9007199254740993"), pa.string()),
        (("1", "'infinity'"), pa.string()),
        (("x'ff'", "x'00'"), pa.binary()),
    ],
)
def test_values_of_several_classes_in_one_column(tmp_path: Path, literals: Sequence[str], kind: pa.DataType) -> None:
    """The narrowest type that holds each value whole."""
    connector = _thing(f"sqlite:///{tmp_path}/values.sqlite", "numeric", *literals)

    assert _read(connector, *_BOTH)["v"].type == kind


# --- wide tables ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("database", "columns"), [("sqlite", 1_998), ("postgresql", 1_598), ("mariadb", 1_000)])
def test_a_table_as_wide_as_its_database_takes(
    request: pytest.FixtureRequest, tmp_path: Path, database: str, columns: int
) -> None:
    """Read, cleared and looked at again."""
    url = f"sqlite:///{tmp_path}/wide.sqlite" if database == "sqlite" else request.getfixturevalue(database)
    names = [f"c{number}" for number in range(columns)]
    kind = "numeric" if database == "sqlite" else "char(1)" if database == "postgresql" else "tinyint"
    connector = connect(
        url, {"thing": f"id integer PRIMARY KEY, mail varchar(9), {', '.join(f'{n} {kind}' for n in names)})"}
    )
    run(url, f"INSERT INTO thing VALUES (1, 'mail', {', '.join('1' for _ in names)})")  # noqa: S608  # a test's own

    (batch,) = connector.read(_of("id", 1), ["id", "mail", *names])
    assert set(batch.to_pylist()[0].values()) <= {1, "1", "mail"}
    assert connector.count_unlike(_of("id", 1), Look(tuple(names))) == 1
    assert connector.carry_out([ChangeColumns(_of("id", 1), tuple(names))]) == [1]
    assert connector.count_unlike(_of("id", 1), Look(tuple(names))) == 0
    assert connector.carry_out([DeleteRows(_of("id", 1))]) == [1]
