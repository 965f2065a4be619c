"""Values that only a database knows, end to end: an odd value hinders nobody's request, and is told as it is."""

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from data_contracts.case.request import FieldChange, Statement
from data_contracts.vocabulary import Right
from flows.wiring.packages import unpack_package
from tests.whose.conftest import MakeTown
from tests.whose.town import Town, column, number, table

_ODD: dict[str, dict[str, tuple[str, str, Any]]] = {
    "postgresql": {
        "day": ("date", "'0044-03-15 BC'", "0044-03-15 BC"),
        "at": ("timestamptz", "'-infinity'", "-infinity"),
        "amount": ("numeric(10,2)", "'NaN'", "NaN"),
        "digits": ("numeric", "1e300", "1" + "0" * 300),
        "score": ("float8", "'NaN'", "nan"),
        "big": ("bigint", "9223372036854775807", 9223372036854775807),
        "flags": ("bit(3)", "B'101'", "101"),
        "tags": ("text[]", "'{{a,NULL},{c,d}}'", [["a", None], ["c", "d"]]),
        "doc": ("jsonb", "'{\"n\": 9007199254740993}'", {"n": 9007199254740993}),
        "span": ("interval", "'1 mon -2 days'", "1 mon -2 days"),
        "price": ("money", "1234.5", "$1,234.50"),
        "host": ("inet", "'10.0.0.1'", "10.0.0.1"),
        "during": ("daterange", "'[2020-01-01,infinity)'", "[2020-01-01,infinity)"),
        "raw": ("bytea", "'\\xfffe'", "//4="),
    },
    "mysql": {
        "day": ("date", "'0000-00-00'", "0000-00-00"),
        "at": ("timestamp NULL", "'0000-00-00 00:00:00'", "0000-00-00 00:00:00"),
        "amount": ("decimal(65,30)", "1.5", "1.5" + "0" * 29),
        "big": ("bigint unsigned", "18446744073709551615", 18446744073709551615),
        "flags": ("bit(3)", "b'101'", "101"),
        "span": ("time", "'838:59:59'", "838:59:59"),
        "during": ("year", "2155", "2155"),
        "tags": ("set('a','b')", "'a,b'", "a,b"),
        "spot": ("point", "ST_GeomFromText('POINT(1 2)')", "POINT(1 2)"),
        "raw": ("varbinary(9)", "x'fffe'", "//4="),
    },
    "sqlite": {
        "day": ("date", "'infinity'", "infinity"),
        "at": ("datetime", "1609459200", 1609459200),
        "amount": ("decimal(10,2)", "9007199254740993", 9007199254740993),
        "score": ("real", "9e999", "inf"),
        "doc": ("json", "'{\"n\": [1]}'", {"n": [1]}),
        "latin": ("text", "CAST(x'e9' AS TEXT)", "e9"),
        "raw": ("blob", "x'fffe'", "//4="),
        "anything": ("", "-9223372036854775808", -9223372036854775808),
    },
}
_FAR = {"postgresql": "infinity", "mysql": "0000-00-00", "sqlite": "infinity"}


def _made(town: MakeTown, url: str, erase: str = "delete", mail: str = "") -> Town:
    """Two people with a contract each, whose key has a day that Python has none for; hers has odd values beside it."""
    kind = sa.make_url(url).get_backend_name()
    odd = _ODD[kind]
    day = column("valid_to", "date", key=True) | {"primaryKeyPosition": 2}
    owner = column("person", "integer", to=("people.id", {"follow": "from"}))
    cleared: dict[str, Any] = {"erase": "clear"} if erase == "columns" else {}
    held = [column(name, **cleared) for name in odd]
    pseudonym = {"erase": mail} if mail else {}
    told: dict[str, Any] = {"category": "user.contact.email", "source": "provided", "rectify": "declared", **pseudonym}
    address = column("mail", identity="email", assertion="confirmed", **told)
    people = table("people", number(), address, account="email", erase="columns" if mail else "delete")
    tables = [people, table("deals", number("no"), day, owner, *held, erase=erase)]
    columns = ", ".join(f"{name} {declared}" for name, (declared, _, _) in odd.items())
    values = ", ".join(literal for _, literal, _ in odd.values())
    far = _FAR[kind]
    lax = ("SET sql_mode = ''",) if kind == "mysql" else ()
    return town(
        tables,
        *lax,
        "CREATE TABLE people (id INTEGER PRIMARY KEY, mail VARCHAR(60))",
        "INSERT INTO people VALUES (1, 'ana@example.org'), (2, 'ben@example.org')",
        f"CREATE TABLE deals (no INTEGER, valid_to DATE, person INTEGER, {columns}, PRIMARY KEY (no, valid_to))",
        f"INSERT INTO deals VALUES (1, '{far}', 1, {values}), (1, '2020-01-01', 2, {values})",  # noqa: S608  # a test's own
    )


def test_access_tells_every_value_as_it_is(town: MakeTown, url: str, tmp_path: Path) -> None:
    """In JSON, CSV, Parquet and on the page; what is no text there is what it was."""
    made = _made(town, url)
    kind = sa.make_url(url).get_backend_name()
    case_id = made.open(Right.ACCESS, email="ana@example.org")

    assert made.house.walk(case_id) == "granted"

    with made.house.installation.services.vault.read(case_id, "package.zip") as blob:
        files = {file.name: file for file in unpack_package(blob, tmp_path / "p")}
    wanted = {name: said for name, (_, _, said) in _ODD[kind].items()} | {"no": 1, "valid_to": _FAR[kind]}
    (row,) = json.loads(files["deals.json"].read_text())
    assert {name: row[name] for name in wanted} == wanted
    (line,) = csv.DictReader(files["deals.csv"].read_text().splitlines())
    texts = {name: said for name, said in wanted.items() if isinstance(said, str)}
    assert {name: line[name].removeprefix("'") for name in texts} == texts
    packed = pq.read_table(files["deals.parquet"])
    assert packed.num_rows == 1
    assert packed.column("valid_to").to_pylist() == [_FAR[kind]]
    page = files["index.html"].read_text()
    assert all(str(said) in page for said in wanted.values() if isinstance(said, int | str))
    told = json.loads(files["schema.json"].read_text())["properties"]["sys.deals"]["items"]["properties"]
    assert told["day"]["x-stored-as"].lower() == "date"


@pytest.mark.parametrize("who", ["ana", "ben"])
def test_erasure_takes_the_row_with_the_odd_key_alone(town: MakeTown, url: str, who: str) -> None:
    """Hers, whose key is no day; or another's, beside it."""
    made = _made(town, url)

    assert made.house.walk(made.open(Right.ERASURE, email=f"{who}@example.org")) == "granted"

    assert made.ask("SELECT person FROM deals") == [(2 if who == "ana" else 1,)]


def test_rectification_changes_the_row_beside_odd_values(town: MakeTown, url: str) -> None:
    """What is asked for changes, and nothing else."""
    made = _made(town, url)
    change = Statement(changes=[FieldChange(field="user.contact.email", value="ana@new.example")])
    case_id = made.house.open(Right.RECTIFICATION, identity={"email": ["ana@example.org"]}, statement=change)

    made.house.walk(case_id)

    assert made.ask("SELECT mail FROM people ORDER BY id")[0] == ("ana@new.example",)


def test_odd_values_are_emptied_and_her_address_pseudonymised(town: MakeTown, url: str) -> None:
    """Column by column, in the row whose key is no day; the other's stay."""
    made = _made(town, url, erase="columns", mail="token")

    assert made.house.walk(made.open(Right.ERASURE, email="ana@example.org")) == "granted"

    held = [name for name in _ODD[sa.make_url(url).get_backend_name()] if name != "latin"]
    empty = " + ".join(f"CASE WHEN {name} IS NULL THEN 1 ELSE 0 END" for name in held)
    assert made.ask(f"SELECT person, {empty} FROM deals ORDER BY person") == [(1, len(held)), (2, 0)]  # noqa: S608  # a test's own
    assert made.ask("SELECT mail FROM people WHERE mail LIKE 'ana@%'") == []


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_table_of_two_thousand_columns_ends(town: MakeTown, url: str) -> None:  # noqa: ARG001  # of SQLite alone
    """Emptied by columns and proven (SQLite refuses an expression of a thousand levels)."""
    names = [f"c{n}" for n in range(1_998)]
    mail = column("mail", identity="email", assertion="confirmed", erase="clear")
    people = table(
        "people", number(), mail, *(column(n, erase="clear") for n in names), account="email", erase="columns"
    )
    wide = f"CREATE TABLE people (id INTEGER PRIMARY KEY, mail TEXT, {', '.join(f'{n} TEXT' for n in names)})"
    made = town([people], wide, "INSERT INTO people (id, mail, c0, c1997) VALUES (1, 'ana@example.org', 'a', 'b')")

    assert made.house.walk(made.open(Right.ERASURE, email="ana@example.org")) == "granted"

    assert made.ask("SELECT mail, c0, c1997 FROM people") == [(None, None, None)]
