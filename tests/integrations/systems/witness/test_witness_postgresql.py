"""The witness of PostgreSQL: whatever its types, schemas, partitions, heirs, views and rights hide."""

# ruff: noqa: S608  # statements of our own

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from data_contracts.connectors import witnessing
from data_contracts.connectors.connecting import Connector
from data_contracts.connectors.keys import Condition
from data_contracts.connectors.witnessing import Budget, Looked, Needle, PlaceKind
from data_contracts.errors import StepFailed
from integrations.systems.directory import open_connector
from tests.integrations.systems.looks import ANNA, PHONE, a_contract, looked_at, places, run, seen, sightings, unseen

KEY = "anna@e.org"


@pytest.fixture
def url(postgres_database: Callable[[], str]) -> str:
    """URL of an empty PostgreSQL database."""
    return postgres_database()


@pytest.fixture
def town(url: str) -> Iterator[Connector]:
    """The database, of which a table ``person`` is declared."""
    with closing(open_connector(a_contract("person", columns=("id", "mail")), url, time_zone="UTC")) as connector:
        yield connector


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("text", f"'Write to {KEY}.'"),
        ("varchar(40)", f"'{KEY.upper()}'"),
        ("char(40)", f"'{KEY}'"),
        ("name", f"'{KEY}'"),
        ("mood", f"'{KEY}'"),
        ("mood[]", f"'{{{KEY}}}'"),
        ("address", f"'{KEY}'"),
        ("json", "'{\"a\": \"anna\\u0040e.org\"}'"),
        ("jsonb", "'{\"a\": [{\"b\": \"anna\\u0040e.org\"}]}'"),
        ("text[]", f"ARRAY['x', '{KEY}']"),
        ("text[][]", f"ARRAY[ARRAY['x', '{KEY}']]"),
        ("pair", f"ROW('{KEY}', 1)"),
        ("pair[]", f"ARRAY[ROW('{KEY}', 1)::pair]"),
        ("tsquery", f"$$'{KEY}'$$"),
        ("bytea", rf"'\x00ff'::bytea || '{KEY}'::bytea || '\x00fe'::bytea"),
        ("bytea", f"convert_to('„{KEY}“', 'UTF8')"),
        ("bytea", r"decode('61006e006e006100400065002e006f0072006700', 'hex')"),
        ("bytea[]", f"ARRAY['\\xff'::bytea, '{KEY}'::bytea]"),
        ("raw", f"'{KEY}'"),
        ("box", f"'{KEY}'"),
    ],
)  # fmt: skip
def test_every_type_that_holds_text_is_read(town: Connector, url: str, type_: str, value: str) -> None:
    """Also those that somebody made, and bytes that are no text."""
    run(
        url,
        f"CREATE TYPE mood AS ENUM ('{KEY}', 'glad')",
        "CREATE DOMAIN line AS text",
        "CREATE DOMAIN address AS public.line",
        "CREATE DOMAIN raw AS bytea",
        "CREATE TYPE pair AS (a text, b int)",
        f"CREATE TYPE public.box AS ENUM ('{KEY}')",
        f"SET search_path = public, pg_catalog; CREATE TABLE t (held {type_}, n int)",
        f"INSERT INTO t VALUES ({value}, 1), (NULL, 2)",
    )

    assert seen(looked_at(town)) == {("public.t", "held"): 1}


def test_collations_that_ignore_case_are_read(whole_postgres: str) -> None:
    """Text of which the database takes different spellings for the same; other letters bound a word there too."""
    run(
        whole_postgres,
        "CREATE EXTENSION IF NOT EXISTS hstore",
        "CREATE EXTENSION IF NOT EXISTS citext",
        "CREATE SCHEMA odd",
        "CREATE COLLATION odd.loose (provider = icu, locale = 'und', deterministic = false)",
        "CREATE TABLE odd.t (a text COLLATE odd.loose, b citext COLLATE odd.loose, h hstore, ts tsvector)",
        f"INSERT INTO odd.t VALUES ('{KEY}', 'ANNA@e.org', 'a => {KEY}', to_tsvector('simple', 'x {KEY}'))",
        f"INSERT INTO odd.t (a, b) VALUES ('é{KEY}', 'É{KEY}')",
    )
    with closing(open_connector(a_contract("person"), whole_postgres, time_zone="UTC")) as connector:
        found = seen(one for one in looked_at(connector) if one.place.name == "odd.t")
    run(whole_postgres, "DROP SCHEMA odd CASCADE")

    assert found == {("odd.t", column): 1 for column in ("a", "b", "h", "ts")}


def test_non_ascii_keys_are_seen_in_bytes(town: Connector, url: str) -> None:
    """As UTF-8, where the bytes are valid; others break nothing."""
    run(
        url,
        "CREATE TABLE t (b bytea)",
        r"INSERT INTO t VALUES (convert_to('zoë@e.org', 'UTF8')), ('\xc3406540652e6f7267')",
    )

    assert seen(looked_at(town, Needle("email", r"(?<!\w)zoë@e[.]org(?!\w)", ("e.org",)))) == {("public.t", "b"): 1}


def test_numbers_and_uuids_are_read_where_a_key_can_be_one(town: Connector, url: str) -> None:
    """A telephone number may be stored as a number; an address cannot."""
    number = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
    run(
        url, "CREATE TABLE t (n bigint, u uuid, at inet)", f"INSERT INTO t VALUES (33612345678, '{number}', '10.1.2.3')"
    )

    assert seen(looked_at(town, PHONE)) == {("public.t", "n"): 1}
    assert seen(looked_at(town, Needle("no", number, (number,)))) == {("public.t", "u"): 1}
    assert seen(looked_at(town, Needle("ip", "10[.]1[.]2[.]3", ("10.1.2.3",)))) == {("public.t", "at"): 1}


LONG = "Ü" + "x" * 60 + " "
ODD = ['Person "of" % note', "a:b %s %(c)s :d", "SELECT", "Ünï — ©", LONG, "tab\there", "back\\slash"]


@pytest.mark.parametrize("name", ODD)
def test_any_name_is_taken(town: Connector, url: str, name: str) -> None:
    """Quotes, percent signs, colons, blanks, words of SQL, 63 bytes."""
    quoted = '"' + name.replace('"', '""') + '"'
    run(
        url,
        f"CREATE SCHEMA {quoted}",
        f"CREATE TABLE {quoted}.{quoted} ({quoted} text)",
        f"INSERT INTO {quoted}.{quoted} VALUES ('{KEY}')",
    )

    assert seen(looked_at(town)) == {(f"{name}.{name}", name): 1}


def test_names_that_hold_a_key_are_seen_and_masked(town: Connector, url: str) -> None:
    """A table named after a person."""
    run(url, f'CREATE TABLE "export {KEY}" ("{KEY}" text)', f"INSERT INTO \"export {KEY}\" VALUES ('{KEY}')")

    looked = looked_at(town)

    named = {(one.place.name, one.place.column) for one in sightings(looked) if one.place.kind is PlaceKind.NAME}
    assert named == {("public.***", ""), ("public.***", "***")}
    assert seen(looked)["public.***", "***"] == 1
    assert "anna" not in str(looked)


def test_partitions_and_heirs_count_once(town: Connector, url: str) -> None:
    """At every level, with their own columns; they belong to the table that the contract declares."""
    run(
        url,
        "CREATE TABLE person (id int, mail text) PARTITION BY RANGE (id)",
        "CREATE TABLE person_1 PARTITION OF person FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE person_2 PARTITION OF person FOR VALUES FROM (10) TO (20) PARTITION BY LIST (id)",
        "CREATE SCHEMA parts",
        "CREATE TABLE parts.deep PARTITION OF person_2 DEFAULT",
        f"INSERT INTO person VALUES (1, '{KEY}'), (11, '{KEY}')",
        "CREATE TABLE parent (a text)",
        "CREATE TABLE heir (own text) INHERITS (parent)",
        f"INSERT INTO heir VALUES ('{KEY}', '{KEY}')",
    )
    kept = {("person", ""): (Condition(("id",), frozenset({(11,)})),)}

    looked = looked_at(town, explained=kept)

    assert seen(looked) == {
        ("public.person_1", "mail"): 1,
        ("parts.deep", "mail"): 1,
        ("public.heir", "a"): 1,
        ("public.heir", "own"): 1,
    }
    told = {one.place.name: (one.place.table, one.place.kind, one.explained) for one in sightings(looked)}
    assert told["public.person_1"] == ("person", PlaceKind.PARTITION, 0)
    assert told["parts.deep"] == ("person", PlaceKind.PARTITION, 1)
    assert told["public.heir"][0] == ""


def test_views_count_where_their_tables_did_not(town: Connector, url: str) -> None:
    """A materialised view has rows of its own; a plain one shows those of others, unless nobody knows whose."""
    run(
        url,
        "CREATE TABLE person (id int, mail text)",
        f"INSERT INTO person VALUES (1, '{KEY}')",
        "CREATE VIEW shown AS SELECT mail FROM person",
        "CREATE VIEW again AS SELECT mail FROM shown",
        "CREATE MATERIALIZED VIEW copied AS SELECT mail FROM again",
        f"CREATE FUNCTION made() RETURNS SETOF text LANGUAGE sql AS $$ SELECT '{KEY}' $$",
        "CREATE VIEW strange AS SELECT made() AS mail",
        f"CREATE VIEW constant AS SELECT '{KEY}'::text AS mail",
        "CREATE TABLE parts (mail text, n int) PARTITION BY LIST (n)",
        "CREATE TABLE part PARTITION OF parts DEFAULT",
        f"INSERT INTO parts VALUES ('{KEY}', 1)",
        "CREATE VIEW of_parts AS SELECT mail FROM parts JOIN again USING (mail)",
        "CREATE MATERIALIZED VIEW empty AS SELECT mail FROM person WITH NO DATA",
    )

    looked = looked_at(town)

    assert seen(looked) == {
        ("public.person", "mail"): 1,
        ("public.copied", "mail"): 1,
        ("public.part", "mail"): 1,
        ("public.strange", "mail"): 1,
        ("public.constant", "mail"): 1,
    }
    assert unseen(looked) == {"public.empty": "unreadable"}


def test_empty_and_odd_tables_are_looked_at(town: Connector, url: str) -> None:
    """No row, no column, no text."""
    run(
        url,
        "CREATE TABLE zero (a text)",
        "CREATE TABLE none ()",
        "INSERT INTO none DEFAULT VALUES",
        "CREATE TABLE n (n int)",
    )

    looked = looked_at(town)

    assert sorted(places(looked)) == ["public.n", "public.none", "public.zero"]
    assert unseen(looked) == {}


def test_very_wide_tables_are_looked_at(town: Connector, url: str) -> None:
    """As wide as PostgreSQL makes them."""
    columns = ", ".join(f"c{i} text" for i in range(1_600))
    run(url, f"CREATE TABLE wide ({columns})", f"INSERT INTO wide (c0, c1599) VALUES ('{KEY}', '{KEY}')")

    assert seen(looked_at(town)) == {("public.wide", "c0"): 1, ("public.wide", "c1599"): 1}


@pytest.fixture
def as_reader(url: str) -> Iterator[Callable[[], list[Looked]]]:
    """What the witness says to an account that may read little."""
    name = f"reader_{sa.make_url(url).database}"
    run(url, f"CREATE ROLE {name} LOGIN PASSWORD 'x'")
    there = sa.make_url(url).set(username=name, password="x").render_as_string(hide_password=False)
    with closing(open_connector(a_contract("person"), there, time_zone="UTC")) as connector:

        def look(*statements: str) -> list[Looked]:
            run(url, *(statement.replace("READER", name) for statement in statements))
            return looked_at(connector)

        yield look
    run(url, f"DROP OWNED BY {name}", f"DROP ROLE {name}")


def test_what_the_account_may_not_read_is_said(as_reader: Callable[..., list[Looked]]) -> None:
    """A column, a table, a schema; what it may read is."""
    looked = as_reader(
        "CREATE TABLE person (id text, mail text, secret text)",
        f"INSERT INTO person VALUES ('1', '{KEY}', '{KEY}')",
        "GRANT SELECT (id, mail) ON person TO READER",
        "CREATE TABLE closed (mail text)",
        "CREATE SCHEMA closed",
        "CREATE TABLE closed.t (mail text)",
    )

    assert seen(looked) == {("public.person", "mail"): 1}
    assert unseen(looked) == {"public.person.secret": "no_right", "public.closed": "no_right", "closed.t": "no_right"}


def test_policies_on_rows_are_said(as_reader: Callable[..., list[Looked]]) -> None:
    """What a policy hides cannot be witnessed; what is seen counts."""
    looked = as_reader(
        "CREATE TABLE person (id text, mail text)",
        f"INSERT INTO person VALUES ('1', '{KEY}'), ('2', '{KEY}')",
        "ALTER TABLE person ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY own ON person USING (id = '1')",
        "GRANT SELECT ON person TO READER",
        "CREATE VIEW shown AS SELECT mail FROM person",
        "GRANT SELECT ON shown TO READER",
    )

    assert seen(looked) == {("public.person", "mail"): 1, ("public.shown", "mail"): 2}
    assert unseen(looked) == {"public.person": "no_right"}


def test_partitions_are_seen_through_their_table(as_reader: Callable[..., list[Looked]]) -> None:
    """Where the account may read that alone."""
    looked = as_reader(
        "CREATE TABLE person (id int, mail text) PARTITION BY RANGE (id)",
        "CREATE TABLE person_1 PARTITION OF person FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE person_2 PARTITION OF person FOR VALUES FROM (10) TO (20)",
        f"INSERT INTO person VALUES (1, '{KEY}'), (11, '{KEY}')",
        "GRANT SELECT ON person, person_1 TO READER",
    )

    assert seen(looked) == {("public.person", "mail"): 2}
    assert unseen(looked) == {}


def test_heirs_own_columns_are_said_not_to_be_seen(as_reader: Callable[..., list[Looked]]) -> None:
    """Through the parent, an heir's own columns are not read."""
    looked = as_reader(
        "CREATE TABLE parent (a text)",
        "CREATE TABLE plain () INHERITS (parent)",
        "CREATE TABLE rich (own text) INHERITS (parent)",
        f"INSERT INTO rich VALUES ('{KEY}', '{KEY}')",
        "GRANT SELECT ON parent TO READER",
    )

    assert seen(looked) == {("public.parent", "a"): 1}
    assert unseen(looked) == {"public.rich": "no_right"}


def test_other_databases_and_large_objects_are_said(town: Connector, url: str, postgres_url: str) -> None:
    """They are not looked at."""
    run(url, "SELECT lo_from_bytea(0, 'x')")

    looked = looked_at(town)

    others = {one.place.name for one in looked if one.place.kind is PlaceKind.DATABASE}
    assert sa.make_url(postgres_url).database in others
    assert unseen(looked) == {"pg_largeobject": "unreadable"}


def test_locked_table_is_no_reason_to_wait(town: Connector, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said; the others are looked at."""
    monkeypatch.setattr(
        "integrations.systems.sql.connection.engine._LOCK_SECONDS", 0.2
    )  # a short wait is as true as a long one
    run(url, "CREATE TABLE t (a text)", "CREATE TABLE person (mail text)", f"INSERT INTO person VALUES ('{KEY}')")
    with psycopg.connect(sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)) as other:
        other.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")

        looked = looked_at(town)

    assert unseen(looked) == {"public.t": "too_long"}
    assert seen(looked) == {("public.person", "mail"): 1}


def slow(url: str) -> None:
    """A view that takes for ever, beside a table."""
    run(
        url,
        "CREATE TABLE person (mail text)",
        f"INSERT INTO person VALUES ('{KEY}')",
        "CREATE FUNCTION late() RETURNS SETOF text LANGUAGE sql AS $$ SELECT pg_sleep(60)::text $$",
        "CREATE VIEW slow AS SELECT late() AS x",
    )


def test_budget_of_a_place_is_kept(town: Connector, url: str) -> None:
    """The database breaks the statement off; the rest was seen."""
    slow(url)

    looked = looked_at(town, budget=Budget(place_seconds=0.3))

    assert unseen(looked) == {"public.slow": "too_long"}
    assert seen(looked) == {("public.person", "mail"): 1}


def test_cancelled_look_ends(town: Any, url: str) -> None:
    """The statement under way is broken off, and none follows."""
    slow(url)
    timer = threading.Timer(1.0, town.cancel)
    timer.start()

    with pytest.raises(StepFailed):
        looked_at(town)

    timer.join()


def test_pace_is_kept_by_pauses(town: Connector, url: str) -> None:
    """So many rows a second, and no more."""
    run(url, "CREATE TABLE t AS SELECT 'x' AS a FROM generate_series(1, 500)", "ANALYZE t")
    began = time.monotonic()

    looked_at(town, budget=Budget(rows_per_second=1_000))

    assert time.monotonic() - began >= 0.45


def test_damaged_view_hides_nothing_else(town: Connector, url: str) -> None:
    """An error in one relation is that relation's."""
    run(
        url,
        "CREATE TABLE person (mail text)",
        f"INSERT INTO person VALUES ('{KEY}')",
        "CREATE FUNCTION bad() RETURNS SETOF text LANGUAGE sql AS $$ SELECT (1 / 0)::text $$",
        "CREATE VIEW bad AS SELECT bad() AS x",
    )

    looked = looked_at(town)

    assert unseen(looked) == {"public.bad": "unreadable"}
    assert seen(looked) == {("public.person", "mail"): 1}


def test_values_too_large_are_said(town: Connector, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table with one is not looked at whole."""
    monkeypatch.setattr("integrations.systems.sql.witness.postgresql._MOST_BYTES", 20)  # nobody waits for a gigabyte
    run(url, "CREATE TABLE t (b bytea)", f"INSERT INTO t VALUES ('{KEY}'), (repeat('x', 21)::bytea)")

    looked = looked_at(town)

    assert seen(looked) == {("public.t", "b"): 1}
    assert unseen(looked) == {"public.t": "unreadable"}


def test_tables_of_another_contract_are_left_to_it(url: str) -> None:
    """Two systems in one database are looked at by two witnesses."""
    run(url, "CREATE TABLE person (mail text)", "CREATE TABLE other (mail text)", f"INSERT INTO other VALUES ('{KEY}')")
    beside = [a_contract("x", x="public.other")]
    with closing(open_connector(a_contract("person"), url, time_zone="UTC", beside=beside)) as connector:
        assert places(looked_at(connector)) == ["public.person"]


def test_rows_stay_where_they_are(town: Connector, url: str) -> None:
    """Only counts come back, in a transaction that cannot write; no value is in a message or in ``repr``."""
    run(url, "CREATE TABLE person (mail text)", f"INSERT INTO person VALUES ('{KEY}')")

    assert "anna" not in repr(looked_at(town)) + repr(witnessing.Testimony((ANNA,)))
