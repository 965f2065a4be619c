"""Keys inside containers are found in every kind of system, and taken out without touching the rest."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from data_contracts.company.contract import Column, SystemContract, Table
from data_contracts.connectors.connecting import Connector, Container, Holds
from data_contracts.connectors.keys import ChangeColumns, Condition, Look, Selection, Spelling
from data_contracts.inside.paths import Inside
from data_contracts.inside.values import KEPT, REMOVED, Fate, changed_inside, container_text
from data_contracts.vocabulary import TableErasure
from integrations.systems.memory import MemoryConnector
from integrations.systems.parquet.connector import ParquetConnector
from integrations.systems.sql.connector import SqlConnector

_TABLE = Table(
    "sys",
    "box",
    (Column("id", "integer", primary_key=True), Column("held", "string")),
    TableErasure.DELETE,
)
_CONTRACT = SystemContract("sys", "Sys", "1", "acme", (_TABLE,))
_ANA, _BEN = "ana@example.org", "ben@example.org"
_JSON, _XML = Inside("json", "$.to[*]"), Inside("xml", "/m/to")
_MEMBERS, _ITEMS, _ENTRY = Inside("members"), Inside("items", separator=";"), Inside("entries", "email")
_DOC = '{"to": ["Ana <ANA@example.org>", "ben@example.org"], "n": 1.10}'
_ODD = '{"to": ["an\\u0061@example.org"], "é": "ana"}'
_ARRAYS = ['{"Ana <ANA@example.org>",ben@example.org,"a\\"\\\\b",NULL}', "{ben@example.org}", "{}"]

Case = tuple[str, str, Inside, list[str], str, list[int]]
_CASES: dict[str, Case] = {
    # database, type, place, values from 1 on, what is left of the first, rows that hold her key
    "array": ("postgresql", "text[]", _MEMBERS, _ARRAYS, '["ben@example.org","a\\"\\\\b",null]', [1]),
    "jsonb": ("postgresql", "jsonb", _JSON, [_DOC, _ODD, "[]"], '{"n": 1.10, "to": ["ben@example.org"]}', [1, 2]),
    "json": ("postgresql", "json", _JSON, [_DOC, _ODD, "[]"], '{"to": ["ben@example.org"], "n": 1.10}', [1, 2]),
    "xml": (
        "whole", "xml", _XML,
        [f"<m><to>{_ANA}</to><to>{_BEN}</to></m>", "<m><to>an&#97;@example.org</to></m>", f"<m><cc>{_ANA}</cc></m>"],
        f"<m><to></to><to>{_BEN}</to></m>", [1, 2],
    ),
    "hstore": (
        "whole", "hstore", _ENTRY, [f'email=>{_ANA}, x=>"y\\"\\\\"', f"email=>{_BEN}", "email=>NULL"],
        '{"x": "y\\"\\\\", "email": null}', [1],
    ),
    "text": ("postgresql", "text", _ITEMS, [f"{_BEN}; {_ANA}", _BEN, ""], _BEN, [1]),
    "mariadb": ("mariadb", "json", _JSON, [_DOC, _ODD, "[]"], '{"to": ["ben@example.org"], "n": 1.10}', [1, 2]),
    "sqlite": ("sqlite", "JSON", _JSON, [_DOC, _ODD, "broken"], '{"to": ["ben@example.org"], "n": 1.10}', [1, 2]),
    "sqlite text": ("sqlite", "TEXT", _ITEMS, [f"{_ANA};{_BEN}", _BEN, "x"], _BEN, [1]),
}  # fmt: skip
_LIVE = {
    "array": Container.ARRAY, "jsonb": Container.JSON, "json": Container.JSON, "xml": Container.XML,
    "hstore": Container.ENTRIES, "sqlite": Container.JSON,
}  # fmt: skip


def _sql(request: pytest.FixtureRequest, case: Case, tmp_path: Path) -> Connector:
    database, type_, _, values, *_ = case
    url = f"sqlite:///{tmp_path / 'box.db'}"
    if database == "whole":
        url = str(request.getfixturevalue("whole_postgres"))
    elif database != "sqlite":
        url = request.getfixturevalue({"postgresql": "postgres_database"}.get(database, "mariadb_database"))()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        if type_ == "hstore":
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS hstore")
        connection.exec_driver_sql("DROP TABLE IF EXISTS box")
        connection.exec_driver_sql(f"CREATE TABLE box (id integer PRIMARY KEY, held {type_})")
        given = "CAST(:held AS " + type_ + ")" if database in {"postgresql", "whole"} else ":held"
        insert = sa.text(f"INSERT INTO box VALUES (:id, {given})")  # noqa: S608  # a test's own types
        connection.execute(insert, [{"id": place, "held": value} for place, value in enumerate(values, 1)])
    engine.dispose()
    connector = SqlConnector(_CONTRACT, url, time_zone="Europe/Paris")
    request.addfinalizer(connector.close)
    return connector


def _spelling(inside: Inside, key: str = _ANA) -> Spelling:
    return Spelling("held", "email", frozenset({key}), "FR", inside=inside, key=("id",))


def _gone(value: str) -> Fate:
    return REMOVED if "ana@" in value.lower() else KEPT


def _held(connector: Connector, *ids: int) -> dict[object, str]:
    rows = Selection("box", (Condition(("id",), frozenset((one,) for one in ids)),))
    return {key: str(held) for key, held in connector.find_keys(rows, [("id", "held")])[("id", "held")]}


def _takes_her_out(connector: Connector, inside: Inside, held: list[int]) -> dict[object, str]:
    """Find her, take her out of what holds her, look that it was done, and look again; what the rows hold then."""
    (found,) = connector.resolve("box", _spelling(inside))
    assert found == Condition(("id",), frozenset((one,) for one in held))
    before = _held(connector, *held)
    left = {text: changed_inside(inside, text, _gone) for text in before.values()}
    rows = Selection("box", (found,))
    look = Look(replaced={"held": frozenset(left)})
    assert connector.count_unlike(rows, look) == len(held)

    assert connector.carry_out([ChangeColumns(rows, replace={"held": left})]) == [len(held)]

    assert connector.count_unlike(rows, look) == 0
    assert connector.resolve("box", _spelling(inside)) == ()
    return _held(connector, *held)


@pytest.mark.parametrize("name", _CASES)
def test_her_key_is_found_and_taken_out(request: pytest.FixtureRequest, name: str, tmp_path: Path) -> None:
    """However it is written there; whoever else is inside, is still found."""
    connector = _sql(request, _CASES[name], tmp_path)
    _, _, inside, _, left, held = _CASES[name]
    bens = connector.resolve("box", _spelling(inside, _BEN))

    assert _takes_her_out(connector, inside, held)[1] == left

    assert connector.resolve("box", _spelling(inside, _BEN)) == bens
    live = connector.describe().tables["box"]["held"]
    assert live.container is _LIVE.get(name, Container.NONE)
    assert (live.holds is Holds.CONTAINER) is (name in _LIVE)


@pytest.mark.parametrize(
    ("type_", "inside", "values", "left", "container"),
    [
        (pa.list_(pa.string()), _MEMBERS, [[_ANA, None, _BEN], [_BEN], None], [None, _BEN], Container.ARRAY),
        (
            pa.map_(pa.string(), pa.string()), _ENTRY, [[("email", _ANA), ("x", "y")], [("email", _BEN)], []],
            [("email", None), ("x", "y")], Container.ENTRIES,
        ),
        (
            pa.struct([("to", pa.list_(pa.string()))]), _JSON, [{"to": [_ANA, _BEN]}, {"to": [_BEN]}, None],
            {"to": [_BEN]}, Container.JSON,
        ),
        (pa.string(), _JSON, [_DOC, '{"to": []}', None], '{"to": ["ben@example.org"], "n": 1.10}', Container.NONE),
    ],
)  # fmt: skip
def test_lists_and_maps_of_files(
    tmp_path: Path, type_: pa.DataType, inside: Inside, values: list[Any], left: Any, container: Container
) -> None:
    """Lists, maps and structs of Parquet stay what they are, with one member less."""
    file = tmp_path / "box.parquet"
    pq.write_table(pa.table({"id": [1, 2, 3], "held": pa.array(values, type=type_)}), file)
    connector = ParquetConnector(_CONTRACT, tmp_path.as_uri(), time_zone="Europe/Paris")

    assert _takes_her_out(connector, inside, [1])[1] == container_text(left)

    assert pq.read_table(file).column("held").to_pylist() == [left, *values[1:]]
    assert connector.describe().tables["box"]["held"].container is container


def test_a_system_in_memory_looks_inside_texts() -> None:
    """What a test tries in memory is found there too."""
    rows: list[dict[str, Any]] = [{"id": 1, "held": _DOC}, {"id": 2, "held": None}]
    connector = MemoryConnector(_CONTRACT, {"box": rows}, time_zone="Europe/Paris")

    assert _takes_her_out(connector, _JSON, [1])[1] == '{"to": ["ben@example.org"], "n": 1.10}'


def test_a_number_inside_is_a_number(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """A customer number in an array of numbers is found, verbatim, and nothing that only begins like it."""
    values = ["{12,7}", "{127}", "{1,2}"]
    connector = _sql(request, ("postgresql", "int[]", _MEMBERS, values, "", []), tmp_path)
    sought = Spelling("held", "verbatim", frozenset({"12"}), "FR", inside=_MEMBERS, key=("id",))

    assert connector.resolve("box", sought) == (Condition(("id",), frozenset({(1,)})),)


def test_many_values_are_replaced_at_once(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """The number of statements does not grow with the rows."""
    values = [f'{{"to": ["ana@example.org", "{place}"]}}' for place in range(3_000)]
    connector = _sql(request, ("postgresql", "jsonb", _JSON, values, "", []), tmp_path)

    assert _takes_her_out(connector, _JSON, list(range(1, 3_001)))[1] == '{"to": ["0"]}'
