"""The witness of MariaDB: every database that the account may read, in any character set, with what rows were."""

# ruff: noqa: S608  # statements of our own

import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pymysql
import pytest
import sqlalchemy as sa

from data_contracts.connectors.connecting import Connector
from data_contracts.connectors.keys import Condition
from data_contracts.connectors.witnessing import Budget, Needle, PlaceKind
from integrations.systems.directory import DirectorySystems, open_connector
from tests.integrations.systems.looks import (
    PHONE,
    a_contract,
    looked_at,
    places,
    reader_of,
    run,
    seen,
    sightings,
    unseen,
)

KEY = "anna@e.org"


@pytest.fixture
def url(mariadb_database: Callable[[], str]) -> str:
    """URL of an empty MariaDB database."""
    return mariadb_database()


def name_of(url: str) -> str:
    """The database's name."""
    return sa.make_url(url).database or ""


@contextmanager
def reader(url: str, *grants: str) -> Iterator[Connector]:
    """The system, as an account that may read this database alone, or what ``grants`` say."""
    contract = a_contract("person", columns=("id", "mail"))
    with closing(open_connector(contract, reader_of(url, *grants), time_zone="UTC")) as connector:
        yield connector


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("varchar(50) CHARACTER SET latin1 COLLATE latin1_german1_ci", f"'Zoë {KEY.upper()}.'"),
        ("text CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", f"'<{KEY.upper()}>'"),
        ("char(40) CHARACTER SET ucs2", f"'{KEY}'"),
        ("varchar(40) CHARACTER SET utf32", f"'{KEY}'"),
        ("varchar(40) CHARACTER SET cp1251", f"'{KEY}'"),
        (f"enum('{KEY}', 'x')", f"'{KEY}'"),
        (f"set('{KEY}', 'x')", f"'x,{KEY}'"),
        ("json", f"""'{{"a": ["{KEY}"]}}'"""),
        ("longtext", f"concat(repeat('x', 2000000), ' {KEY}')"),
        ("blob", f"concat(x'e2809cff', '{KEY}', x'00')"),
        ("blob", f"concat(x'e2809c', '{KEY}')"),
        ("varbinary(60)", "x'61006e006e006100400065002e006f0072006700'"),
        ("binary(40)", f"'{KEY}'"),
        ("varchar(90) AS (concat('to ', x)) STORED", "DEFAULT"),
        ("varchar(90) AS (concat('to ', x)) VIRTUAL", "DEFAULT"),
    ],
)  # fmt: skip
def test_every_type_that_holds_text_is_read(url: str, type_: str, value: str) -> None:
    """In any character set and collation, and bytes that are no text."""
    run(
        url,
        f"CREATE TABLE t (x varchar(40), held {type_})",
        f"INSERT INTO t VALUES ('{KEY}', {value}), ('bob', DEFAULT)",
    )

    with reader(url) as town:
        assert seen(looked_at(town))[f"{name_of(url)}.t", "held"] == 1


def test_non_ascii_keys_and_bounds(url: str) -> None:
    """Letters beyond ASCII are letters, in texts and in bytes."""
    run(url, "CREATE TABLE t (a text, b blob)", "INSERT INTO t VALUES ('zoë@e.org', 'zoë@e.org'), ('ézoë@e.org', 'x')")

    with reader(url) as town:
        found = seen(looked_at(town, Needle("email", r"(?<!\w)zoë@e[.]org(?!\w)", ("e.org",))))
    assert found == {(f"{name_of(url)}.t", "a"): 1, (f"{name_of(url)}.t", "b"): 1}


def test_numbers_uuids_and_addresses_of_machines(url: str) -> None:
    """Read where a key can be written with their signs."""
    number = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
    run(
        url,
        "CREATE TABLE t (n bigint, u uuid, i inet6)",
        f"INSERT INTO t VALUES (33612345678, '{number}', '2001:db8::1')",
    )

    with reader(url) as town:
        assert seen(looked_at(town, PHONE)) == {(f"{name_of(url)}.t", "n"): 1}
        assert seen(looked_at(town, Needle("no", number, (number,)))) == {(f"{name_of(url)}.t", "u"): 1}
        assert seen(looked_at(town, Needle("ip", "2001:db8::1", ("2001:db8::1",)))) == {(f"{name_of(url)}.t", "i"): 1}


@pytest.mark.parametrize("name", ['a `b` % "c"', "x:y %s %(c)s :d", "select", "Ünï", "x" * 64])
def test_any_name_is_taken(url: str, name: str) -> None:
    """Quotes, percent signs, colons, blanks, words of SQL, 64 signs."""
    quoted = "`" + name.replace("`", "``") + "`"
    run(url, f"CREATE TABLE {quoted} ({quoted} text)", f"INSERT INTO {quoted} VALUES ('{KEY}')")

    with reader(url) as town:
        assert seen(looked_at(town)) == {(f"{name_of(url)}.{name}", name): 1}


def test_what_rows_were_before_is_read(url: str) -> None:
    """Apart from what they are; whoever named the columns that tell since when."""
    run(
        url,
        "CREATE TABLE person (id int PRIMARY KEY, mail text) WITH SYSTEM VERSIONING",
        f"INSERT INTO person VALUES (1, '{KEY}'), (2, '{KEY}'), (3, 'bob')",
        "UPDATE person SET mail = NULL WHERE id = 1",
        "CREATE TABLE t (a text, since timestamp(6) GENERATED ALWAYS AS ROW START, until timestamp(6) GENERATED ALWAYS"
        " AS ROW END, PERIOD FOR SYSTEM_TIME (since, until)) WITH SYSTEM VERSIONING",
        f"INSERT INTO t (a) VALUES ('{KEY}')",
        "DELETE FROM t",
        "CREATE TABLE u (a text, b bigint unsigned GENERATED ALWAYS AS ROW START, e bigint unsigned GENERATED ALWAYS"
        " AS ROW END, PERIOD FOR SYSTEM_TIME (b, e)) ENGINE InnoDB WITH SYSTEM VERSIONING",
        f"INSERT INTO u (a) VALUES ('{KEY}')",
        "DELETE FROM u",
    )
    kept = {("person", ""): (Condition(("id",), frozenset({(1,)})),)}

    with reader(url) as town:
        found = list(sightings(looked_at(town, explained=kept)))

    told = {
        (one.place.name.rpartition(".")[2], one.place.kind, one.rows, one.explained, one.place.table) for one in found
    }
    assert told == {
        ("person", PlaceKind.TABLE, 1, 0, "person"),
        ("person", PlaceKind.HISTORY, 1, 1, "person"),
        ("t", PlaceKind.HISTORY, 1, 0, ""),
        ("u", PlaceKind.HISTORY, 1, 0, ""),
    }


def test_every_database_of_the_account_is_read(url: str, mariadb_database: Callable[[], str]) -> None:
    """Not the contract's alone; a column without the right is said."""
    other = name_of(mariadb_database())
    run(
        url,
        f"CREATE TABLE `{other}`.t (a text, b text, c text)",
        f"INSERT INTO `{other}`.t VALUES ('{KEY}', '{KEY}', 'x')",
    )
    run(url, "CREATE TABLE person (id int, mail text)", f"INSERT INTO person VALUES (1, '{KEY}')")

    with reader(
        url, f"SELECT ON `{name_of(url)}`.*", f"SELECT (a) ON `{other}`.t", f"UPDATE (b) ON `{other}`.t"
    ) as town:
        looked = looked_at(town)

    assert seen(looked) == {(f"{name_of(url)}.person", "mail"): 1, (f"{other}.t", "a"): 1}
    assert unseen(looked) == {f"{other}.t.b": "no_right"}


def test_views_count_where_their_tables_did_not(url: str) -> None:
    """The definition names what a view shows; where the account may not read it, the view is looked at."""
    run(
        url,
        "CREATE TABLE person (id int, mail text)",
        f"INSERT INTO person VALUES (1, '{KEY}')",
        "CREATE TABLE closed (id int, mail text)",
        f"INSERT INTO closed VALUES (1, '{KEY}')",
        "CREATE VIEW again AS SELECT p.mail FROM person p",
        "CREATE VIEW both_of AS SELECT upper(mail) AS mail FROM again UNION SELECT mail FROM person",
        "CREATE VIEW hidden AS SELECT closed.mail FROM person JOIN closed ON closed.id = person.id",
        f"CREATE VIEW constant AS SELECT '{KEY}' AS mail",
    )
    database = name_of(url)
    shown = [
        f"SELECT, SHOW VIEW ON `{database}`.{name}" for name in ("person", "again", "both_of", "hidden", "constant")
    ]

    with reader(url, *shown) as town:
        looked = looked_at(town)

    assert seen(looked) == {
        (f"{database}.person", "mail"): 1,
        (f"{database}.hidden", "mail"): 1,
        (f"{database}.constant", "mail"): 1,
    }
    assert unseen(looked) == {}


def test_very_wide_tables_are_looked_at(url: str) -> None:
    """As wide as MariaDB makes them."""
    columns = ", ".join(f"c{i} text" for i in range(1_000))
    run(url, f"CREATE TABLE wide ({columns}) ENGINE MyISAM", f"INSERT INTO wide (c0, c999) VALUES ('{KEY}', '{KEY}')")

    with reader(url) as town:
        assert seen(looked_at(town)) == {(f"{name_of(url)}.wide", "c0"): 1, (f"{name_of(url)}.wide", "c999"): 1}


def test_locked_table_is_no_reason_to_wait(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said; the others are looked at."""
    monkeypatch.setattr(
        "integrations.systems.sql.connection.engine._LOCK_SECONDS", 1.0
    )  # a short wait is as true as a long one
    run(url, "CREATE TABLE t (a text)", "CREATE TABLE person (mail text)", f"INSERT INTO person VALUES ('{KEY}')")
    parsed = sa.make_url(url)
    there: dict[str, Any] = {
        "host": parsed.host,
        "port": parsed.port or 3306,
        "user": parsed.username,
        "password": parsed.password or "",
    }
    with reader(url) as town, closing(pymysql.connect(database=parsed.database, **there)) as other:
        other.cursor().execute("LOCK TABLES t WRITE")

        looked = looked_at(town)

    assert unseen(looked) == {f"{name_of(url)}.t": "too_long"}
    assert seen(looked) == {(f"{name_of(url)}.person", "mail"): 1}


def test_budget_of_a_place_is_kept(url: str) -> None:
    """The database breaks the statement off; the rest was seen."""
    run(
        url,
        "CREATE TABLE person (mail text)",
        f"INSERT INTO person VALUES ('{KEY}')",
        "CREATE VIEW slow AS SELECT concat('', sleep(60)) AS x",
    )

    with reader(url) as town:
        looked = looked_at(town, budget=Budget(place_seconds=0.5))

    assert unseen(looked) == {f"{name_of(url)}.slow": "too_long"}
    assert seen(looked) == {(f"{name_of(url)}.person", "mail"): 1}


def test_nothing_else_is_named(url: str) -> None:
    """An empty table is looked at; the server's own databases are no places."""
    run(url, "CREATE TABLE t (a text)", "CREATE TABLE n (n int)", "CREATE SEQUENCE s")

    with reader(url) as town:
        assert sorted(re.sub(r".*\.", "", name) for name in places(looked_at(town))) == ["n", "t"]


def test_database_of_another_system_is_left_to_it(
    mariadb_database: Callable[[], str], mariadb_account: Callable[[], str]
) -> None:
    """One account may read several; what lies in another system's database is not this one's to explain."""
    own, other = mariadb_account(), mariadb_database()
    for one in (own, other):
        run(one, "CREATE TABLE t (id INT PRIMARY KEY, mail VARCHAR(60))", f"INSERT INTO t VALUES (1, '{KEY}')")
    run(other, f"GRANT SELECT ON {name_of(other)}.* TO '{sa.make_url(own).username}'@'%'")
    other = sa.make_url(own).set(database=name_of(other)).render_as_string(hide_password=False)
    contracts = {name: a_contract("person", columns=("id", "mail")) for name in ("crm", "web")}

    with closing(DirectorySystems(contracts, {"crm": own, "web": other}, time_zone="UTC")) as systems:
        found = {one.place.name for one in looked_at(systems.connector("crm"))}

    assert f"{name_of(own)}.t" in found
    assert f"{name_of(other)}.t" not in found
