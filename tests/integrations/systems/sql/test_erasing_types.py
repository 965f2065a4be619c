"""Each way of erasing on each live type: either it is carried out and proven, or `check` names why it cannot be."""

from typing import Any

import pytest
import sqlalchemy as sa

from data_contracts.company.contract import Column, Table
from data_contracts.connectors.keys import Condition, Key, Look, Selection
from data_contracts.vocabulary import ColumnErasure, TableErasure
from tasks.act.erasing.pseudonyms import old as by_name
from tasks.rules.act.plan import Segment, erased_look, orders
from tasks.rules.values.replacing import fitted, remedy, shaped, why_not
from tests.integrations.spellings import connect, url_of

_UUID = "3f0e8c1a-5b7d-4e1f-9a2b-0c1d2e3f4a5b"
_TYPES: list[tuple[str, str, str, str, str]] = [
    # database, type, literal, what `mask` leaves, what is refused
    ("postgresql", "text", "'ana'", "***", ""),
    ("postgresql", "varchar(2)", "'an'", "**", ""),
    ("postgresql", "varchar(12)", "'ana'", "***", ""),
    ("postgresql", "char(2)", "'an'", "**", ""),
    ("postgresql", "char(20)", "'ana'", "***", ""),
    ("postgresql", "smallint", "7", "0", ""),
    ("postgresql", "bigint", "7", "0", ""),
    ("postgresql", "numeric(12,2)", "7.5", "0", ""),
    ("postgresql", "boolean", "true", "False", "token"),
    ("postgresql", "date", "'1980-01-01'", "1900-01-01", ""),
    ("postgresql", "time", "'10:00'", "00:00:00", ""),
    ("postgresql", "timestamp", "'1980-01-01'", "1900-01-01 00:00:00", ""),
    ("postgresql", "timestamptz", "'1980-01-01'", "1", ""),
    ("postgresql", "interval", "'1 day'", "0:00:00", ""),
    ("postgresql", "uuid", f"'{_UUID}'", "00000000-0000-0000-0000-000000000000", ""),
    ("postgresql", "inet", "'192.168.7.7'", "0.0.0", ""),
    ("postgresql", "cidr", "'192.168.7.0/24'", "0.0.0.0/32", ""),
    ("postgresql", "macaddr", "'08:00:2b:01:02:03'", "00:00:00:00:00:00", ""),
    ("postgresql", "json", "'{\"a\": 1}'", "{}", ""),
    ("postgresql", "jsonb", "'{\"a\": 1}'", "{}", ""),
    ("postgresql", "text[]", "'{ana}'", "[]", ""),
    ("postgresql", "bytea", "'ana'", "b''", ""),
    ("postgresql", "int4range", "'[1,5)'", "empty", ""),
    ("postgresql", "way", "'f'", "", "mask token"),
    ("postgresql", "word", "'ana'", "***", ""),
    ("mariadb", "varchar(2)", "'an'", "**", ""),
    ("mariadb", "text", "'ana'", "***", ""),
    ("mariadb", "bigint", "7", "0", ""),
    ("mariadb", "decimal(12,2)", "7.5", "0", ""),
    ("mariadb", "boolean", "1", "0", ""),
    ("mariadb", "date", "'1980-01-01'", "1900-01-01", ""),
    ("mariadb", "datetime", "'1980-01-01'", "1900-01-01", ""),
    ("mariadb", "time", "'10:00'", "0:00:00", ""),
    ("mariadb", "varbinary(20)", "'ana'", "b''", ""),
    ("mariadb", "binary(4)", "'ana'", "b'\\x00\\x00\\x00\\x00'", ""),
    ("mariadb", "bit(3)", "b'101'", "", ""),
    ("mariadb", "enum('f','m')", "'f'", "", "mask token"),
    ("sqlite", "text", "'ana'", "***", ""),
    ("sqlite", "integer", "7", "0", ""),
    ("sqlite", "date", "'1980-01-01'", "1900-01-01", ""),
    ("postgresql", "numeric(4,2)", "7.5", "0", ""),
    ("postgresql", "real", "7.5", "0", ""),
    ("postgresql", "double precision", "7.5", "0", ""),
    ("postgresql", "money", "7.5", "", "mask"),
    ("postgresql", "bit(9)", "B'101010101'", "000000000", ""),
    ("postgresql", "macaddr8", "'08:00:2b:01:02:03:04:05'", "00:00:00:00:00:00:00:00", ""),
    ("postgresql", "int[]", "'{7}'", "[]", ""),
    ("postgresql", "date[]", "'{1980-01-01}'", "[]", ""),
    ("postgresql", "uuid[]", f"'{{{_UUID}}}'", "[]", ""),
    ("postgresql", "boolean[]", "'{true}'", "[]", "token"),
    ("postgresql", "daterange", "'[1980-01-01,1980-01-05)'", "empty", ""),
    ("postgresql", "tsrange", "'[1980-01-01,1980-01-05)'", "empty", ""),
    ("postgresql", "tsvector", "'ana'", "", ""),
    ("mariadb", "smallint unsigned", "7", "0", ""),
    ("mariadb", "tinyint", "7", "0", ""),
    ("mariadb", "float", "7.5", "0", ""),
    ("mariadb", "year", "1980", "1901", ""),
    ("mariadb", "timestamp", "'1980-01-01'", "197", ""),
    ("mariadb", "blob", "'ana'", "b''", ""),
    ("mariadb", "uuid", f"'{_UUID}'", "00000000-0000-0000-0000-000000000000", ""),
    ("mariadb", "inet6", "'2001:db8::7'", "::", ""),
    ("mariadb", "set('f','m')", "'f'", "", "mask token"),
    ("sqlite", "blob", "x'616e61'", "b'", ""),
    ("sqlite", "real", "7.5", "0", ""),
    ("sqlite", "timestamp", "'1980-01-01 00:00:00'", "1900-01-01", ""),
]  # fmt: skip
_LOGICAL = {
    **dict.fromkeys(("smallint", "smallint unsigned", "tinyint", "bigint", "integer", "year"), "integer"),
    **dict.fromkeys(("real", "double precision", "float", "numeric(4,2)"), "number"),
    **dict.fromkeys(("numeric(12,2)", "decimal(12,2)"), "number"),
    **dict.fromkeys(("timestamp", "timestamptz", "datetime"), "timestamp"),
    **{name: name for name in ("boolean", "date", "time")},
}


def _prepare(url: str, kind: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS person" + (" CASCADE" if "postgresql" in url else ""))
        if kind in {"way", "word"} and "postgresql" in url:
            connection.exec_driver_sql(f"DROP TYPE IF EXISTS {kind} CASCADE")
            connection.exec_driver_sql(
                "CREATE TYPE way AS ENUM ('f', 'm')" if kind == "way" else "CREATE DOMAIN word AS varchar(20)"
            )
    engine.dispose()


def _fill(url: str, literal: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text(f"INSERT INTO person VALUES (1, {literal}), (2, {literal})"))  # noqa: S608
    engine.dispose()


def _read(url: str) -> list[str]:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = [_text(v) for (v,) in connection.execute(sa.text("SELECT held FROM person ORDER BY id"))]
    engine.dispose()
    return found


def _text(value: Any) -> str:
    return str(value).strip() if not isinstance(value, list) else str(value)


@pytest.mark.parametrize("way", list(ColumnErasure)[:3])
@pytest.mark.parametrize(("database", "kind", "literal", "masked", "refused"), _TYPES)
def test_way_fits_the_type(  # a matrix
    request: pytest.FixtureRequest,
    database: str,
    kind: str,
    literal: str,
    masked: str,
    refused: str,
    way: ColumnErasure,
) -> None:
    """What `check` lets pass is carried out and looks erased; what it refuses it refuses by name, with a way out."""
    url = url_of(request, database)
    _prepare(url, kind)
    connector = connect(url, {"person": f"id integer PRIMARY KEY, held {kind})"})
    _fill(url, literal)
    column = Column("held", _LOGICAL.get(kind, "string"), erase=way)
    table = Table("sys", "person", (Column("id", "integer", primary_key=True), column), TableErasure.COLUMNS)
    live = connector.describe().tables["person"]

    why = why_not(column, live["held"])

    assert bool(why) == (way.value in refused.split())
    if why:
        assert "write `erase: mask` with a `replacement`" in remedy(column, live["held"])
        return
    before = _read(url)
    table = fitted(table, live)
    whose = Selection("person", (Condition(("id",), frozenset({(1,), (2,)})),))
    verb: Any = {"clear": "clear", "mask": "mask", "token": "pseudonymise"}[way.value]
    part = Segment(("sys", "person"), verb, whose, ("held",))
    old: frozenset[Key] = connector.find_keys(whose, [("held",)])["held",]
    swaps = {"held": {by_name(value): shaped(table.column("held"), f"{'0123456789abcdef' * 4}") for (value,) in old}}

    touched = connector.carry_out(orders([part], table, swaps))

    look = (
        erased_look(part, table, swaps)
        if way is not ColumnErasure.TOKEN
        else Look(replaced={"held": frozenset(swaps["held"])})
    )
    assert touched == [2]
    assert connector.count_unlike(whose, look) == 0
    after = _read(url)
    assert not set(after) & set(before)
    if way is ColumnErasure.MASK:
        assert all(value.startswith(masked) or value == masked for value in after)


@pytest.mark.parametrize("database", ["sqlite", "postgresql", "mariadb"])
def test_computed_column_is_told_and_never_written(request: pytest.FixtureRequest, database: str) -> None:
    """A column that the database computes says so; no way of erasing fits it but to leave it to its sources."""
    url = url_of(request, database)
    _prepare(url, "")
    both = (
        "id integer PRIMARY KEY, first varchar(20), whole varchar(40) GENERATED ALWAYS AS (concat(first, '!')) STORED)"
    )
    if database != "mariadb":
        both = both.replace("concat(first, '!')", "first || '!'")
    connector = connect(url, {"person": both})

    live = connector.describe().tables["person"]

    assert live["whole"].is_computed
    assert not live["first"].is_computed
    for way in (ColumnErasure.CLEAR, ColumnErasure.MASK, ColumnErasure.TOKEN, ColumnErasure.HMAC):
        column = Column("whole", "string", erase=way)
        assert "computes" in why_not(column, live["whole"])
        assert "`erase: computed`" in remedy(column, live["whole"])
    assert not why_not(Column("whole", "string", erase=ColumnErasure.COMPUTED), live["whole"])


@pytest.mark.parametrize("database", ["postgresql", "mariadb"])
def test_declared_replacement_is_tried_against_the_type(request: pytest.FixtureRequest, database: str) -> None:
    """A label of the enumeration takes the place of another; a word that is none is refused."""
    url = url_of(request, database)
    _prepare(url, "way")
    kind = "way" if database == "postgresql" else "enum('f','m')"
    connector = connect(url, {"person": f"id integer PRIMARY KEY, held {kind} NOT NULL, short varchar(3))"})
    live = connector.describe().tables["person"]

    assert live["held"].labels == ("f", "m")
    assert not why_not(Column("held", "string", erase=ColumnErasure.MASK, replacement="m"), live["held"])
    assert why_not(Column("held", "string", erase=ColumnErasure.MASK, replacement="x"), live["held"])
    assert why_not(Column("short", "string", erase=ColumnErasure.MASK, replacement="none"), live["short"])
    assert "f, m" in remedy(Column("held", "string", erase=ColumnErasure.MASK), live["held"])
