"""Ways of erasing and live types, end to end on each database: done and proven, or named before anybody approves."""

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
