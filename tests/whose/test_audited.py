"""What an audit finds in a live system that is not as it should be, on each database."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from data_contracts.officer.findings import FindingKind
from flows.duties.audit import carry_out
from tests.whose.conftest import MakeTown
from tests.whose.town import Town, a_town, column, kept, number, table

K = FindingKind
_LOOKED_FOR = (
    K.KEY_INVALID,
    K.KEY_SPELLINGS,
    K.ROW_ORPHANED,
    K.REFERENCE_UNGUARDED,
    K.TRIGGER_DISABLED,
    K.SCHEMA_UNDECLARED,
    K.COULD_NOT_CHECK,
)


def _made(town: MakeTown, url: str, *, schema: str = "") -> Town:
    """Two people with a note each, and a reader whose address is typed; a foreign key guards each reference."""
    backend = sa.make_url(url).get_backend_name()
    mail = column("mail", identity="email", assertion="confirmed", erase="mask")
    no = column("no", identity="customer_no", assertion="assigned", normalised=True, erase="clear")
    ended = column("ended", "date", category="system.operations")
    people = kept(
        table("people", number(), no, mail, ended, account="customer_no", erase="columns"), "ended", 1, then="columns"
    )
    notes = table("notes", number(), _owner(), column("words"))
    replies = table("replies", number(), _owner("notes.id"), column("words"))
    readers = table("readers", number(), column("mail", identity="email", assertion="self_asserted"))
    at = f"{schema}." if schema else ""
    key = "FOREIGN KEY (of) REFERENCES"
    declared = [people, notes, replies, readers]
    if schema:
        declared = [one | {"physicalName": f"{schema}.{one['name']}"} for one in declared]
    return town(
        declared,
        *([f"CREATE SCHEMA {schema}"] if schema and backend == "postgresql" else []),
        f"CREATE TABLE {at}people (id integer PRIMARY KEY, no varchar(20), mail varchar(60), ended date)",
        f"CREATE TABLE {at}notes (id integer PRIMARY KEY, of integer, words varchar(20),"
        f" CONSTRAINT fk_notes {key} {at}people (id))",
        f"CREATE TABLE {at}replies (id integer PRIMARY KEY, of integer, words varchar(20),"
        f" CONSTRAINT fk_replies {key} {at}notes (id))",
        f"CREATE TABLE {at}readers (id integer PRIMARY KEY, mail varchar(60))",
        f"INSERT INTO {at}people VALUES (1, 'C1', 'ana@example.org', NULL), (2, 'C2', '***', NULL)",  # noqa: S608  # ours
        f"INSERT INTO {at}notes VALUES (1, 1, 'w'), (2, NULL, 'w')",  # noqa: S608  # ours
        f"INSERT INTO {at}readers VALUES (1, 'Ana <ANA@example.org>'), (2, 'ana@Example.ORG'), (3, NULL)",  # noqa: S608  # ours
        customer_no={"unique": True},
        email={"unique": None, "shared": False},
    )


def _owner(to: str = "people.id") -> dict[str, Any]:
    return column("of", "integer", to=(to, {"follow": "from", "assertion": "assigned"}))


def _found() -> list[tuple[str, str, int]]:
    """Kind, place and number of rows of what was looked for."""
    found = [one for one in carry_out().shown.findings if one.kind in _LOOKED_FOR]
    return sorted((one.kind.value, one.place, int(dict(one.facts).get("rows", 0))) for one in found)


def _without_key(url: str, name: str) -> list[str]:
    """Statements that drop a foreign key; SQLite makes the table anew."""
    backend = sa.make_url(url).get_backend_name()
    if backend == "sqlite":
        made = f"CREATE TABLE {name} (id integer PRIMARY KEY, of integer, words varchar(20))"
        return [f"ALTER TABLE {name} RENAME TO old", made, f"INSERT INTO {name} SELECT * FROM old", "DROP TABLE old"]  # noqa: S608  # ours
    how = "FOREIGN KEY" if backend == "mysql" else "CONSTRAINT"
    return [f"ALTER TABLE {name} DROP {how} fk_{name}"]


def test_nothing_is_found_where_nothing_is_wrong(town: MakeTown, url: str) -> None:
    """A mask, a name beside an address, an address in capitals in a list, a row that refers to nobody: no finding."""
    _made(town, url)

    assert _found() == []


def test_values_that_are_no_key_and_spellings_of_one_key_are_found(town: MakeTown, url: str) -> None:
    """What no search finds, and one account in two spellings, or not in the form that an index is searched by."""
    made = _made(town, url)
    made.ask_to("UPDATE people SET no = ' C1' WHERE id = 2")
    made.ask_to("INSERT INTO readers VALUES (4, 'nobody'), (5, 'ana at example.org'), (6, '')")

    assert _found() == [("key_invalid", "sys.readers.mail", 2), ("key_spellings", "sys.people.no", 1)]


def test_dropped_keys_and_orphans_are_found_and_stay_found(town: MakeTown, url: str) -> None:
    """Beside others that are left, and when the last one goes too; rows that refer to nothing are counted."""
    made = _made(town, url)
    assert _found() == []
    for statement in _without_key(url, "replies"):
        made.ask_to(statement)
    made.ask_to("INSERT INTO replies VALUES (1, 1, 'w'), (2, 9, 'w'), (3, 9, 'w')")
    lost = ("reference_unguarded", "sys.replies.of", 0)
    assert _found() == [lost, ("row_orphaned", "sys.replies.of", 2)]
    for statement in _without_key(url, "notes"):
        made.ask_to(statement)

    for _ in range(2):  # a second audit still knows
        assert _found() == [("reference_unguarded", "sys.notes.of", 0), lost, ("row_orphaned", "sys.replies.of", 2)]


def test_trigger_that_is_switched_off_is_found(town: MakeTown, url: str) -> None:
    """PostgreSQL alone can: a trigger of theirs, and what guards a foreign key."""
    if not url.startswith("postgresql"):
        pytest.skip("only PostgreSQL switches triggers off")
    made = _made(town, url)
    made.ask_to("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'")
    made.ask_to("CREATE TRIGGER keeps BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION f()")
    made.ask_to("ALTER TABLE people DISABLE TRIGGER keeps")
    made.ask_to("ALTER TABLE replies DISABLE TRIGGER ALL")

    assert [(kind, place) for kind, place, _ in _found()] == [
        ("trigger_disabled", "sys.people ← keeps"),
        ("trigger_disabled", "sys.replies ← fk_replies"),
    ]


def test_tables_in_other_schemas_are_found_also_in_the_usual_one(town: MakeTown, url: str) -> None:
    """Where the contract looks into a schema of its own, `public` is another one."""
    if not url.startswith("postgresql"):
        pytest.skip("the other databases have one schema")
    made = _made(town, url, schema="app")
    made.ask_to("CREATE TABLE public.left_over (id integer PRIMARY KEY, mail varchar(60))")

    assert _found() == [("schema_undeclared", "sys.public", 0)]


def test_files_are_looked_at_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parquet: no address where one should be, one account in two spellings, rows that refer to nothing."""
    lake = tmp_path / "lake"
    lake.mkdir()
    people = {"id": [1, 2], "no": ["C1", "C1 "], "mail": ["ana@example.org", "nobody"]}
    notes = {"id": [1, 2, 3], "of": [1, 9, None], "words": ["w", "w", "w"]}
    for name, rows in (("people", people), ("notes", notes)):
        pq.write_table(pa.table(rows), lake / f"{name}.parquet")
    no = column("no", identity="customer_no", assertion="assigned")
    mail = column("mail", identity="email", assertion="confirmed")
    tables = [
        table("people", number(), no, mail, account="customer_no"),
        table("notes", number(), _owner(), column("words")),
    ]
    monkeypatch.setenv("RIGHTSFLOW_SYSTEM_SYS_URL", f"file://{lake}")

    with a_town(tmp_path, "", tables, email={"unique": None, "shared": False}):
        assert _found() == [
            ("key_invalid", "sys.people.mail", 1),
            ("key_spellings", "sys.people.no", 1),
            ("row_orphaned", "sys.notes.of", 1),
        ]
