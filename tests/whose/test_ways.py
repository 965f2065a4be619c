"""Ways of erasing and live types, end to end on each database: done and proven, or named before anybody approves."""

import re
from collections.abc import Mapping
from typing import Any, Final

import pytest

from data_contracts.vocabulary import Gate, Right
from tests.whose.conftest import MakeTown
from tests.whose.town import Town, column, number, table

_VOUCHED: dict[str, Any] = {"identity": "email", "assertion": "confirmed"}
_ANA, _BEN, _CAS = "ana@example.org", "ben@example.org", "cas@example.org"
_UNIQUE: Final[Mapping[str, tuple[tuple[str, str, tuple[str, str, str]], ...]]] = {
    # type, logical type, three values
    "postgresql": (
        ("text", "string", ("'a'", "'b'", "'c'")),
        ("varchar(3)", "string", ("'a'", "'b'", "'c'")),
        ("char(2)", "string", ("'a'", "'b'", "'c'")),
        ("smallint", "integer", ("1", "2", "3")),
        ("integer", "integer", ("1", "2", "3")),
        ("bigint", "integer", ("1", "2", "3")),
        ("numeric(5,2)", "number", ("1.5", "2.5", "3.5")),
        ("numeric(20,4)", "number", ("1.5", "2.5", "3.5")),
        ("real", "number", ("1.5", "2.5", "3.5")),
        ("double precision", "number", ("1.5", "2.5", "3.5")),
        ("money", "number", ("1.5", "2.5", "3.5")),
        ("uuid", "string", ("gen_random_uuid()",) * 3),
        ("inet", "string", ("'10.0.0.1'", "'10.0.0.2'", "'10.0.0.3'")),
        ("cidr", "string", ("'10.0.1.0/24'", "'10.0.2.0/24'", "'10.0.3.0/24'")),
        ("macaddr", "string", ("'08:00:2b:01:02:03'", "'08:00:2b:01:02:04'", "'08:00:2b:01:02:05'")),
        ("jsonb", "object", ("'{\"a\": 1}'", "'{\"a\": 2}'", "'{\"a\": 3}'")),
        ("text[]", "array", ("'{a}'", "'{b}'", "'{c}'")),
        ("int[]", "array", ("'{1}'", "'{2}'", "'{3}'")),
        ("bytea", "string", ("'a'", "'b'", "'c'")),
        ("date", "date", ("'1980-01-01'", "'1980-01-02'", "'1980-01-03'")),
        ("time", "time", ("'10:00'", "'11:00'", "'12:00'")),
        ("timestamp", "timestamp", ("'1980-01-01'", "'1980-01-02'", "'1980-01-03'")),
        ("timestamptz", "timestamp", ("'1980-01-01'", "'1980-01-02'", "'1980-01-03'")),
        ("interval", "string", ("'1 hour'", "'2 hours'", "'3 hours'")),
        ("int4range", "string", ("'[1,2)'", "'[2,3)'", "'[3,4)'")),
        ("bit(9)", "string", ("B'000000001'", "B'000000010'", "B'000000011'")),
    ),
    "mysql": (
        ("varchar(3)", "string", ("'a'", "'b'", "'c'")),
        ("char(2)", "string", ("'a'", "'b'", "'c'")),
        ("tinyint", "integer", ("1", "2", "3")),
        ("smallint unsigned", "integer", ("1", "2", "3")),
        ("int unsigned", "integer", ("1", "2", "3")),
        ("decimal(5,2)", "number", ("1.5", "2.5", "3.5")),
        ("double", "number", ("1.5", "2.5", "3.5")),
        ("bit(9)", "string", ("b'1'", "b'10'", "b'11'")),
        ("year", "integer", ("1980", "1981", "1982")),
        ("date", "date", ("'1980-01-01'", "'1980-01-02'", "'1980-01-03'")),
        ("time", "time", ("'10:00'", "'11:00'", "'12:00'")),
        ("datetime", "timestamp", ("'1980-01-01'", "'1980-01-02'", "'1980-01-03'")),
        ("timestamp", "timestamp", ("'1980-01-01'", "'1980-01-02'", "'1980-01-03'")),
        ("binary(3)", "string", ("'a'", "'b'", "'c'")),
        ("varbinary(20)", "string", ("'a'", "'b'", "'c'")),
        ("uuid", "string", ("uuid()",) * 3),
        ("inet6", "string", ("'2001:db8::1'", "'2001:db8::2'", "'2001:db8::3'")),
    ),
    "sqlite": (
        ("text", "string", ("'a'", "'b'", "'c'")),
        ("integer", "integer", ("1", "2", "3")),
        ("real", "number", ("1.5", "2.5", "3.5")),
        ("numeric", "number", ("1.5", "2.5", "3.5")),
        ("blob", "string", ("x'61'", "x'62'", "x'63'")),
        ("date", "date", ("'1980-01-01'", "'1980-01-02'", "'1980-01-03'")),
        ("timestamp", "timestamp", ("'1980-01-01 00:00:00'", "'1980-01-02 00:00:00'", "'1980-01-03 00:00:00'")),
    ),
}


def _kind(url: str) -> str:
    return next(name for name in ("sqlite", "postgresql", "mysql") if url.startswith(name))


_TEXT: Final = {"postgresql": "VARCHAR(60)", "mysql": "VARCHAR(60)", "sqlite": "TEXT"}


def _values(place: int, *columns: str) -> str:
    return ", ".join((str(place), *columns))


def _unlike(town: Town, names: list[str], place: int, before: list[tuple[Any, ...]]) -> list[str]:
    """Columns of a row that are not what they were."""
    (row,) = town.ask(f"SELECT {', '.join(names)} FROM people WHERE id = {place}")  # noqa: S608  # our own names
    return [name for name, new, old in zip(names, row, before[place - 1], strict=True) if new != old]


def test_column_that_is_required_and_unique_has_a_way_in_every_type(town: MakeTown, url: str) -> None:
    """Two people are erased one after the other, each column of theirs gets a value of its own, and it is proven."""
    types = _UNIQUE[_kind(url)]
    names = [f"c{place}" for place in range(len(types))]
    declared = [
        column(name, logical, erase="token", category="user.content", source="provided")
        | {"unique": True, "required": True}
        for name, (_, logical, _) in zip(names, types, strict=True)
    ]
    rows = [
        _values(place + 1, f"'{mail}'", *(values[place] for _, _, values in types))
        for place, mail in enumerate((_ANA, _BEN, _CAS))
    ]
    held = ", ".join(f"{name} {kind} NOT NULL UNIQUE" for name, (kind, _, _) in zip(names, types, strict=True))
    mail = column("mail", erase="clear", **_VOUCHED)
    made = town(
        [table("people", number(), mail, *declared, account="email", erase="columns")],
        f"CREATE TABLE people (id INTEGER PRIMARY KEY, mail VARCHAR(60), {held})",
        *(f"INSERT INTO people VALUES ({row})" for row in rows),  # noqa: S608  # our own values
    )  # fmt: skip
    before = made.ask(f"SELECT {', '.join(names)} FROM people ORDER BY id")  # noqa: S608  # our own names

    assert made.house.walk(made.open(Right.ERASURE, email=_ANA)) == "granted"
    assert made.house.walk(made.open(Right.ERASURE, email=_BEN)) == "granted"

    assert _unlike(made, names, 1, before) == names
    assert _unlike(made, names, 2, before) == names
    assert _unlike(made, names, 3, before) == []


def test_no_value_is_left(town: MakeTown) -> None:
    """One sign holds 36 values; where all are held the gate says so before anybody approves, and how it is mended."""
    letters = "0123456789abcdefghijklmnopqrstuvwxyz"
    code = column("code", erase="token") | {"unique": True, "required": True}
    made = town(
        [table("people", number(), column("mail", erase="clear", **_VOUCHED), code, account="email", erase="columns")],
        "CREATE TABLE people (id INTEGER PRIMARY KEY, mail VARCHAR(60), code CHAR(1) NOT NULL UNIQUE)",
        *(f"INSERT INTO people VALUES ({n}, 'p{n}@example.org', '{sign}')" for n, sign in enumerate(letters)),  # noqa: S608
        f"INSERT INTO people VALUES (99, '{_ANA}', '-')",  # noqa: S608  # our own values
    )
    if made.url.startswith("sqlite"):
        pytest.skip("SQLite takes any length")
    case_id = made.open(Right.ERASURE, email=_ANA)

    entry = made.house.until(Gate.OUTAGE, case_id)

    assert "each of the 36 values that `erase: token` can write is held by another row" in entry.description
    assert "sys.people.code" in entry.description
    made.ask_to("UPDATE people SET code = '+' WHERE id = 7")
    made.house.answer(entry, entry.options[0])
    assert made.house.walk(case_id) == "granted"
    assert made.ask("SELECT code FROM people WHERE id = 99") == [(letters[7],)]


_LONG_WORD: Final = "CREATE DOMAIN word AS text CHECK (length(VALUE) > 4)"
_HAS_A: Final = "jsonb NOT NULL CHECK (held ? 'a')"
_WHOLE: Final = "VARCHAR(90) GENERATED ALWAYS AS (concat(mail, '!')) VIRTUAL"
_COMPUTED: Final = "computes the column by itself"
_CELLS: Final[Mapping[str, tuple[tuple[str, str, str, dict[str, Any], str], ...]]] = {
    # what is made before, the column, its first value, what the contract says, and how it ends: `=` and what is held
    # afterwards, or what the gate says before anybody approves
    "postgresql": (
        (_LONG_WORD, "word NOT NULL", "'hello'", {"erase": "mask"}, "word_check"),
        (_LONG_WORD, "word NOT NULL", "'hello'", {"erase": "token"}, "=.{16}"),
        ("CREATE DOMAIN word AS text NOT NULL", "word", "'hello'", {"erase": "clear"}, "NULL"),
        ("CREATE DOMAIN word AS text NOT NULL", "word", "'hello'", {"erase": "mask"}, r"=\*\*\*"),
        ("CREATE TYPE mood AS ENUM ('a', 'b')", "mood NOT NULL", "'a'", {"erase": "mask", "replacement": "b"}, "=b"),
        ("CREATE TYPE mood AS ENUM ('a', 'b')", "mood NOT NULL", "'a'", {"erase": "token"}, "enumeration"),
        ("CREATE TYPE mood AS ENUM ('a', 'b')", "mood", "'a'", {"erase": "clear"}, "=None"),
        ("", "text GENERATED ALWAYS AS (mail || '!') STORED", "DEFAULT", {"erase": "computed"}, "=None"),
        ("", "text GENERATED ALWAYS AS (mail || '!') STORED", "DEFAULT", {"erase": "mask"}, _COMPUTED),
        ("", "integer GENERATED ALWAYS AS IDENTITY", "DEFAULT", {"erase": "token"}, _COMPUTED),
        ("", "integer GENERATED BY DEFAULT AS IDENTITY", "DEFAULT", {"erase": "token"}, r"=\d+"),
        ("", _HAS_A, "'{\"a\": 1}'", {"erase": "mask"}, "people_held_check"),
        ("", _HAS_A, "'{\"a\": 1}'", {"erase": "mask", "replacement": '{"a": 0}'}, "=.*0.*"),
        ("", "text[] NOT NULL CHECK (cardinality(held) > 0)", "'{a}'", {"erase": "mask"}, "people_held_check"),
        ("", "text[] NOT NULL CHECK (cardinality(held) > 0)", "'{a}'", {"erase": "token"}, "=.*"),
        ("", "date NOT NULL CHECK (held > '1920-01-01')", "'1980-01-01'", {"erase": "mask"}, "people_held_check"),
        ("", "inet NOT NULL", "'10.0.0.1'", {"erase": "mask", "replacement": "192.0.2.1"}, "=192.0.2.1"),
        ("", "char(3) NOT NULL CHECK (held ~ '^[A-Z]{3}$')", "'ABC'", {"erase": "token"}, "people_held_check"),
    ),
    "mysql": (
        ("", "SET('f','m') NOT NULL", "'f'", {"erase": "mask", "replacement": "m"}, "=.*m.*"),
        ("", "SET('f','m') NOT NULL", "'f'", {"erase": "mask"}, "enumeration"),
        ("", "ENUM('f','m') NOT NULL", "'f'", {"erase": "mask"}, "enumeration"),
        ("", "JSON NOT NULL", "'{\"a\": 1}'", {"erase": "mask"}, "people"),
        ("", "JSON NOT NULL", "'{\"a\": 1}'", {"erase": "mask", "replacement": "{}"}, "={}"),
        ("", "YEAR NOT NULL", "1980", {"erase": "mask"}, "=1901"),
        ("", "TIMESTAMP NOT NULL", "'1980-01-01'", {"erase": "mask"}, "=197.*"),
        ("", "BIT(3) NOT NULL", "b'101'", {"erase": "mask"}, r"=b'\\x00'"),
        ("", "INT UNSIGNED NOT NULL", "7", {"erase": "mask"}, "=0"),
        ("", "TINYINT UNSIGNED NOT NULL", "7", {"erase": "mask", "replacement": -1}, "people"),
        ("", _WHOLE, "DEFAULT", {"erase": "computed"}, "=None"),
        ("", _WHOLE, "DEFAULT", {"erase": "clear"}, _COMPUTED),
        ("", "DATE NOT NULL CHECK (held > '1920-01-01')", "'1980-01-01'", {"erase": "mask"}, "people"),
    ),
    "sqlite": (
        ("", "TEXT NOT NULL CHECK (typeof(held) = 'text')", "'a'", {"erase": "mask"}, r"=\*\*\*"),
        ("", "INTEGER NOT NULL CHECK (typeof(held) = 'integer')", "7", {"erase": "token"}, r"=\d+"),
        ("", "BLOB NOT NULL CHECK (typeof(held) = 'blob')", "x'61'", {"erase": "mask"}, "=b''"),
        ("", "BLOB NOT NULL CHECK (length(held) = 1)", "x'61'", {"erase": "mask"}, "people"),
        ("", "TEXT AS (mail || '!') VIRTUAL", "", {"erase": "computed"}, "=None"),
        ("", "TEXT AS (mail || '!') VIRTUAL", "", {"erase": "mask"}, _COMPUTED),
        ("STRICT", "BLOB NOT NULL", "x'61'", {"erase": "token"}, "=b.*"),
        ("STRICT", "INT NOT NULL", "7", {"erase": "mask"}, "=0"),
        ("STRICT", "REAL NOT NULL", "7.5", {"erase": "token"}, r"=[\d.]+"),
        ("STRICT", "ANY NOT NULL", "7", {"erase": "mask"}, r"=\*\*\*"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("cell", range(max(map(len, _CELLS.values()))))
def test_each_cell_is_done_or_named_before_anybody_approves(town: MakeTown, url: str, cell: int) -> None:
    """No cell of type and way fails after the approval or gets stuck: it ends proven, or a gate names it before."""
    if cell >= len(_CELLS[_kind(url)]):
        pytest.skip("so many cells has another database")
    before, ddl, value, said, ends = _CELLS[_kind(url)][cell]
    logical = "integer" if isinstance(said.get("replacement"), int) or " INT" in f" {ddl}".upper() else "string"
    made = town(
        [
            table(
                "people", number(), column("mail", erase="clear", **_VOUCHED), column("held", logical, **said),
                account="email", erase="columns",
            )
        ],
        *([before] if before.startswith("CREATE") else []),
        f"CREATE TABLE people (id INTEGER PRIMARY KEY, mail {_TEXT[_kind(url)]}, held {ddl})"
        f" {before if before == 'STRICT' else ''}",
        f"INSERT INTO people {'(id, mail)' if not value else ''} VALUES (1, '{_ANA}'{value and f', {value}'})",  # noqa: S608
    )  # fmt: skip
    case_id = made.open(Right.ERASURE, email=_ANA)

    if ends.startswith("="):
        assert made.house.walk(case_id) == "granted"
        ((held,),) = made.ask("SELECT held FROM people")
        assert re.fullmatch(ends[1:], str(held)), held
        return
    entry = made.house.until(Gate.OUTAGE, case_id)
    assert ends in entry.description
    assert "people" in entry.description
    assert not [g for g in made.house.installation.register.gates(case_id) if g.gate is Gate.APPROVAL]


@pytest.mark.parametrize("way", ["mask", "token"])
def test_unique_over_several_columns(town: MakeTown, way: str) -> None:
    """One constant for two people of one tenant is refused by name before the second approval; a token is not."""
    held = [column(name, erase="mask") for name in ("first", "last")]
    mail, login = column("mail", erase="clear", **_VOUCHED), column("login", erase=way)
    made = town(
        [table("people", number(), mail, *held, login, account="email", erase="columns")],
        "CREATE TABLE people (id INTEGER PRIMARY KEY, mail VARCHAR(60), first VARCHAR(20) NOT NULL,"
        " last VARCHAR(20) NOT NULL, login VARCHAR(20) NOT NULL, CONSTRAINT one_login UNIQUE (last, login))",
        "INSERT INTO people VALUES (1, 'ana@example.org', 'Ana', 'A', 'a'), (2, 'ben@example.org', 'Ben', 'B', 'b')",
    )
    assert made.house.walk(made.open(Right.ERASURE, email=_ANA)) == "granted"
    case_id = made.open(Right.ERASURE, email=_BEN)

    if way == "token":
        assert made.house.walk(case_id) == "granted"
        return
    entry = made.house.until(Gate.OUTAGE, case_id)
    assert "sys.people" in entry.description
    assert "one_login" in entry.description or "last, login" in entry.description
    assert not [g for g in made.house.installation.register.gates(case_id) if g.gate is Gate.APPROVAL]
