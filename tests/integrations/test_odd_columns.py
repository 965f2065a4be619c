"""Columns of every type and collation: a key is found there, or is in no row; a search ends."""

import threading
import time
from datetime import date
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from data_contracts.connectors.connecting import Connector
from data_contracts.connectors.keys import Condition, DeleteRows, Selection, When
from data_contracts.errors import StepFailed
from tests.integrations.spellings import SQL, Rule, connect, fill, ids, look_for, url_of

# --- what databases are like ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("database", SQL)
def test_bytes_are_read_as_text(request: pytest.FixtureRequest, database: str) -> None:
    """An address kept as bytes is an address, in UTF-8 or Latin-1, beside the same one as text."""
    url = url_of(request, database)
    kind = {"sqlite": "varchar(80)", "postgresql": "bytea", "mariadb": "varbinary(80)"}[database]
    connector = connect(url, {"person": f"id integer PRIMARY KEY, email {kind})"})
    texts = [
        b"nora@casa.example",
        b"Nora <nora@casa.example>",
        b"anna@casa.example",
        "zoé@x.example".encode(),
        b"zo\xe9@x.example",
    ]
    fill(url, "person", [*enumerate(texts), *([(9, "nora@casa.example")] if database == "sqlite" else [])])

    nora = connector.resolve("person", look_for("nora@casa.example", column="email", rule="email"))
    zoe = connector.resolve("person", look_for("zoé@x.example", column="email", rule="email"))

    assert ids(connector, "person", nora) == ([0, 1, 9] if database == "sqlite" else [0, 1])
    assert ids(connector, "person", zoe) == [3, 4]


@pytest.mark.parametrize("database", SQL)
@pytest.mark.parametrize("kind", ["bigint", "numeric(15,0)", "double precision"])
def test_numbers_kept_as_numbers_are_found(request: pytest.FixtureRequest, database: str, kind: str) -> None:
    """A column of numbers has lost the zero; a gateway's has the country code."""
    url = url_of(request, database)
    connector = connect(url, {"person": f"id integer PRIMARY KEY, phone {kind})"})
    fill(url, "person", [(1, 756789012), (2, 33756789012), (3, 32756789012), (4, 145678910)])

    found = connector.resolve("person", look_for("+33756789012", column="phone", rule="phone"))

    assert ids(connector, "person", found) == [1, 2]


def test_a_collation_never_finds_a_stranger(whole_postgres: str) -> None:
    """A collation for which accents are nothing does not make two people one (PostgreSQL)."""
    url = whole_postgres
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "CREATE COLLATION IF NOT EXISTS loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false)"
        )
    engine.dispose()
    connector = connect(url, {"person": "id integer PRIMARY KEY, email varchar(80) COLLATE loose)"})
    fill(url, "person", [(1, "victim@casa.example"), (2, "vïctim@casa.example"), (3, "VICTIM@casa.example")])
    exact = Condition(("email",), frozenset({("victim@casa.example",)}))

    assert ids(connector, "person", (exact,)) == [1]
    assert ids(connector, "person", (Condition(exact.columns, exact.keys, as_database=True),)) == [1, 2, 3]
    found = connector.resolve("person", look_for("victim@casa.example", column="email", rule="email"))
    assert ids(connector, "person", found) == [1, 3]
    assert connector.find_keys(Selection("person", found), [("email",)])[("email",)] == set(found[0].keys)
    assert connector.describe().tables["person"]["email"].compares_loosely


LOOSE = {
    "sqlite": "login varchar(50) COLLATE NOCASE)",
    "mariadb": "login varchar(50)) COLLATE utf8mb4_general_ci",
    "postgresql": "login citext)",
}


@pytest.mark.parametrize("database", SQL)
def test_a_reference_compares_as_the_database_does_where_it_is_said(
    request: pytest.FixtureRequest, database: str
) -> None:
    """A foreign key that takes *ana* for *Ana* leads to all of her rows; without being said, bytes decide."""
    url = request.getfixturevalue("whole_postgres") if database == "postgresql" else url_of(request, database)
    if database == "postgresql":
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS citext")
        engine.dispose()
    connector = connect(url, {"access": f"id integer PRIMARY KEY, {LOOSE[database]}"})
    fill(url, "access", [(1, "Ana"), (2, "ana"), (3, "ANA"), (4, "ben")])
    keys = frozenset({("Ana",)})

    assert ids(connector, "access", (Condition(("login",), keys),)) == [1]
    assert ids(connector, "access", (Condition(("login",), keys, as_database=True),)) == [1, 2, 3]
    assert connector.describe().tables["access"]["login"].compares_loosely
    assert not connector.describe().tables["access"]["id"].compares_loosely


HARD = ["😀@x.example", "é@x.example", "x\0@x.example", "\ud800", "日本@x.example"]


@pytest.mark.parametrize(
    ("database", "kind"),
    [
        ("mariadb", "varchar(50) CHARACTER SET utf8mb3"),
        ("mariadb", "varchar(50) CHARACTER SET latin1"),
        ("mariadb", "varchar(50) CHARACTER SET ascii"),
        ("mariadb", "enum('a','b')"),
        ("mariadb", "integer"),
        ("mariadb", "date"),
        ("mariadb", "varbinary(20)"),
        ("postgresql", "varchar(50)"),
        ("postgresql", "integer"),
        ("postgresql", "uuid"),
        ("postgresql", "date"),
        ("postgresql", "bytea"),
        ("postgresql", "jsonb"),
        ("postgresql", "text[]"),
        ("sqlite", "integer"),
        ("sqlite", "varchar(50)"),
    ],
)
def test_what_a_column_cannot_hold_is_in_no_row(request: pytest.FixtureRequest, database: str, kind: str) -> None:
    """An emoji in a narrow character set or text in a number matches nothing, and is no outage."""
    url = url_of(request, database)
    connector = connect(url, {"person": f"id integer PRIMARY KEY, email {kind})"})
    selection = Selection("person", (Condition(("email",), frozenset((key,) for key in HARD)),))
    rules: tuple[Rule, ...] = ("email", "phone", "verbatim")

    assert connector.count([selection]) == [0]
    assert connector.find_keys(selection, [("id",)]) == {("id",): frozenset()}
    assert ids(connector, "person", selection.conditions) == []
    assert connector.carry_out([DeleteRows(selection)]) == [0]
    assert connector.count([Selection("person", (), (), when=(When("email", ("😀",)),), reads_every_row=True)]) == [0]
    for rule in rules:
        assert connector.resolve("person", look_for(*HARD, column="email", rule=rule)) == ()


def test_a_database_of_few_letters_takes_every_question(postgres_url: str) -> None:
    """A key with signs that the whole database has not is in no row of it (PostgreSQL in Latin-1)."""
    engine = sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE narrow ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    url = sa.make_url(postgres_url).set(database="narrow").render_as_string(hide_password=False)
    connector = connect(url, {"person": "id integer PRIMARY KEY, email varchar(50))"})
    fill(url, "person", [(1, "zoé@x.example"), (2, "anna@x.example")])

    assert ids(connector, "person", (Condition(("email",), frozenset({("😀",), ("zoé@x.example",)})),)) == [1]
    found = connector.resolve("person", look_for("zoé@x.example", "日本@x.example", column="email", rule="email"))
    assert ids(connector, "person", found) == [1]
    connector.close()
    with engine.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE narrow WITH (FORCE)")
    engine.dispose()


# --- keys of another type ------------------------------------------------------------------------------------------

_ID = UUID("0a0b0c0d-0102-0304-0506-0708090a0b0c")
_REFERENCES: list[tuple[str, object, str, object]] = [
    ("varchar(40)", str(_ID), "uuid", _ID),
    ("varchar(40)", str(_ID).upper(), "uuid", _ID),
    ("varchar(10)", "42", "integer", 42),
    ("char(10)", "42", "integer", 42),
    ("char(10)", "AB", "varchar(10)", "AB"),
    ("numeric(10,0)", 42, "integer", 42),
    ("numeric(10,0)", 42, "varchar(10)", "42"),
    ("date", date(2024, 2, 29), "varchar(10)", "2024-02-29"),
    ("bytes", _ID.bytes, "uuid", _ID),
    ("bytes", _ID.bytes, "varchar(40)", str(_ID)),
    ("bytes", b"AB", "varchar(10)", "AB"),
]


def _typed(kind: str, value: object, database: str) -> tuple[str, object]:
    """A type and a value as the database has them."""
    if kind == "bytes":
        return {"postgresql": "bytea", "mariadb": "varbinary(40)", "sqlite": "blob"}[database], value
    if kind == "uuid" and database != "postgresql":
        return ("uuid" if database == "mariadb" else "varchar(40)"), str(value)
    return kind, value.isoformat() if isinstance(value, date) and database == "sqlite" else value


@pytest.mark.parametrize("database", SQL)
@pytest.mark.parametrize(("one", "stored", "other", "same"), _REFERENCES)
def test_a_reference_between_types_is_followed_both_ways(
    request: pytest.FixtureRequest, database: str, one: str, stored: object, other: str, same: object
) -> None:
    """A key taken from a column finds the rows whose column of another type says the same."""
    if database != "postgresql" and str(stored).isupper() and other == "uuid":
        pytest.skip("both ends come as text here, and text compares by bytes")
    url = url_of(request, database)
    ends = {"a": _typed(one, stored, database), "b": _typed(other, same, database)}
    connector = connect(url, {name: f"id integer PRIMARY KEY, ref {kind})" for name, (kind, _) in ends.items()})
    for name, (_, value) in ends.items():
        fill(url, name, [(1, value), (2, None)])

    for here, there in (("a", "b"), ("b", "a")):
        everybody = Condition(("id",), frozenset({(1,), (2,)}))
        keys = connector.find_keys(Selection(here, (everybody,)), [("ref",)])[("ref",)]
        assert ids(connector, there, (Condition(("ref",), keys),)) == [1]


# --- searches that take long ---------------------------------------------------------------------------------------


def _slow(request: pytest.FixtureRequest, database: str, **options: Any) -> Connector:
    url = url_of(request, database)
    connector = connect(url, {"person": "id integer PRIMARY KEY, email varchar(200))"}, **options)
    engine = sa.create_engine(url)
    text = "a@" * 90
    numbers = {
        "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3e5) SELECT i, :t FROM n",
        "postgresql": "SELECT i, :t FROM generate_series(1, 300000) i",
        "mariadb": "SELECT seq, :t FROM seq_1_to_300000",
    }
    with engine.begin() as connection:
        connection.execute(sa.text(f"INSERT INTO person {numbers[database]}"), {"t": text})
    engine.dispose()
    return connector


@pytest.mark.parametrize("database", SQL)
def test_a_search_that_takes_too_long_ends_with_a_remedy(request: pytest.FixtureRequest, database: str) -> None:
    """It is broken off by the database, the connection is good for the next question."""
    connector = _slow(request, database, scan_seconds=0.001)

    with pytest.raises(StepFailed, match=r"took too long.*contracts check"):
        connector.resolve("person", look_for(*(f"k{i}@x.example" for i in range(60)), column="email", rule="email"))
    assert connector.count([Selection("person", (Condition(("id",), frozenset({(7,)})),))]) == [1]
    connector.close()


@pytest.mark.parametrize("database", SQL)
def test_a_search_can_be_cancelled(request: pytest.FixtureRequest, database: str) -> None:
    """Whoever asked can stop asking."""
    connector = _slow(request, database)
    ended: list[object] = []

    def search() -> None:
        try:
            keys = (f"k{i}@x.example" for i in range(60))
            ended.append(connector.resolve("person", look_for(*keys, column="email", rule="email")))
        except StepFailed as error:
            ended.append(error)

    thread = threading.Thread(target=search)
    thread.start()
    until = time.monotonic() + 20
    while thread.is_alive() and time.monotonic() < until:
        connector.cancel()  # type: ignore[attr-defined]  # SQL connectors have it
        thread.join(0.02)

    assert isinstance(ended[0], StepFailed)
    connector.close()
