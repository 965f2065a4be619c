"""A rehearsal finds what a system refuses, names it without a value, and leaves no trace (law 13)."""

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_contracts.connectors.connecting import Connector
from data_contracts.connectors.keys import ChangeColumns, Condition, DeleteRows, Order, Selection
from data_contracts.connectors.rehearsing import Appeared, Limits, NotRehearsed, Refusal, RefusalKind, Rehearsal
from data_contracts.errors import RightsflowError
from integrations.systems.sql.connection.engine import Engines
from tests.integrations.shop import PEOPLE, Rows, emptied
from tests.integrations.spellings import SQL, connect, fill, url_of

Load = Callable[[str, Rows], Connector]
_LIMITS = Limits(lock_seconds=1, total_seconds=20)
_SECRET = "ana@secret.example"  # a value that must show up nowhere


@pytest.fixture(params=SQL)
def url(request: pytest.FixtureRequest) -> str:
    """Each database in turn, without the tables of another test."""
    return url_of(request, request.param)


def _person(*numbers: int) -> Selection:
    return Selection("person", (Condition(("id",), frozenset((n,) for n in numbers or (1,))),))


def _clear(*names: str, **constants: Any) -> ChangeColumns:
    return ChangeColumns(_person(), clear=names, set_to=constants)


def _made(url: str, columns: str, *rows: tuple[Any, ...], behind: str = "", **tables: str) -> Connector:
    connector = connect(url, {"person": f"id integer PRIMARY KEY, {columns}){behind}", **tables})
    fill(url, "person", rows)
    return connector


def _run(url: str, *statements: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def _rows(url: str, *tables: str) -> list[Any]:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = [tuple(map(tuple, connection.exec_driver_sql(f"SELECT * FROM {t}"))) for t in tables]  # noqa: S608
    engine.dispose()
    return found


def _only(said: Rehearsal) -> Refusal:
    (refusal,) = said.refusals
    assert _SECRET not in repr(refusal) + refusal.what + refusal.remedy + refusal.constraint
    return refusal


# --- what is refused -------------------------------------------------------------------------------------------------

_CASES: list[Any] = [
    ("mail varchar(60) NOT NULL", (_SECRET,), _clear("mail"), RefusalKind.NOT_NULL, "mail", ""),
    ("age integer, CONSTRAINT grown CHECK (age > 17)", (30,), _clear(age=3), RefusalKind.CHECK, "age", "grown"),
    ("mail varchar(60) UNIQUE", (_SECRET,), _clear(mail="ben"), RefusalKind.UNIQUE, "", ""),
    ("a varchar(9), b varchar(60), UNIQUE (a, b)", ("x", _SECRET), _clear(b="ben"), RefusalKind.UNIQUE, "", ""),
]


@pytest.mark.parametrize(("columns", "hers", "order", "kind", "column", "constraint"), _CASES)
def test_constraint_is_named(  # a table of cases
    url: str, columns: str, hers: tuple[Any, ...], order: Order, kind: RefusalKind, column: str, constraint: str
) -> None:
    """Kind, statement, table and column or constraint are told; the value is not; the act would be refused as well."""
    other = {"mail varchar(60) UNIQUE": ("ben",), "a varchar(9), b varchar(60), UNIQUE (a, b)": ("x", "ben")}
    connector = _made(url, columns, (1, *hers), (2, *other.get(columns, hers)))
    before = _rows(url, "person")

    refusal = _only(connector.rehearse([order], _LIMITS))

    assert (refusal.kind, refusal.statement, refusal.table) == (kind, "update", "person")
    assert refusal.column in {column, "mail"}
    assert constraint in refusal.constraint
    assert refusal.column or refusal.constraint
    with pytest.raises(RightsflowError) as refused:
        connector.carry_out([order])
    assert "sys.person" in str(refused.value)
    assert (refusal.constraint or refusal.column) in str(refused.value)
    assert _SECRET not in str(refused.value)
    assert refused.value.detail
    assert _rows(url, "person") == before


def test_enumeration_and_length_are_found(url: str) -> None:
    """Of several columns in one statement the one that cannot hold its value is found."""
    if url.startswith("sqlite"):
        pytest.skip("SQLite holds anything")
    enum = "gender" if url.startswith("postgresql") else "enum('f', 'm')"
    if url.startswith("postgresql"):
        _run(url, "DROP TABLE IF EXISTS person CASCADE", "DROP TYPE IF EXISTS gender")
        _run(url, "CREATE TYPE gender AS ENUM ('f', 'm')")
    connector = _made(url, f"mail varchar(60), sex {enum} NOT NULL, short varchar(2)", (1, _SECRET, "f", "a"))

    sex = _only(connector.rehearse([_clear("mail", sex="***")], _LIMITS))
    short = _only(connector.rehearse([_clear("mail", short="***")], _LIMITS))

    assert (sex.kind, sex.column) == (RefusalKind.TYPE, "sex")
    assert (short.kind, short.column) == (RefusalKind.LENGTH, "short")


def test_row_that_refers_is_named(url: str) -> None:
    """A row that something refers to does not go, whether the key is looked at at once or when committing."""
    connector = _made(
        url,
        "mail varchar(60)",
        (1, _SECRET),
        behind="",
        reply="id integer PRIMARY KEY, person_id integer, "
        "CONSTRAINT whose FOREIGN KEY (person_id) REFERENCES person (id))",
    )
    fill(url, "reply", [(1, 1)])

    refusal = _only(connector.rehearse([DeleteRows(_person())], _LIMITS))

    assert (refusal.kind, refusal.statement) == (RefusalKind.FOREIGN_KEY, "delete")
    assert refusal.constraint in {"whose", "reply(person_id)"}
    assert _rows(url, "person", "reply") == [((1, _SECRET),), ((1, 1),)]


def test_deferred_reference_is_looked_at_as_at_commit(url: str) -> None:
    """What a database would find out when committing is found out without."""
    if url.startswith("mysql"):
        pytest.skip("InnoDB defers nothing")
    key = "CONSTRAINT whose REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED"
    connector = _made(url, "mail varchar(60)", (1, _SECRET), reply=f"id integer PRIMARY KEY, person_id integer {key})")
    fill(url, "reply", [(1, 1)])
    reply = Selection("reply", (Condition(("person_id",), frozenset({(1,)})),))

    refused = connector.rehearse([DeleteRows(_person())], _LIMITS)
    both = connector.rehearse([DeleteRows(_person()), DeleteRows(reply)], _LIMITS)

    assert _only(refused).kind is RefusalKind.FOREIGN_KEY
    assert not both.refusals
    assert all(one.is_accepted for one in both.tables)


_RAISING = {
    "sqlite": ["CREATE TRIGGER never BEFORE DELETE ON person BEGIN SELECT RAISE(ABORT, 'no'); END"],
    "postgresql": [
        """CREATE OR REPLACE FUNCTION never_goes() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION USING MESSAGE = 'no ' || OLD.mail; END $$""",
        "CREATE TRIGGER never BEFORE DELETE ON person FOR EACH ROW EXECUTE FUNCTION never_goes()",
    ],
    "mysql": [
        "CREATE TRIGGER never BEFORE DELETE ON person FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'"
    ],
}
_COPYING = {
    "sqlite": ["CREATE TRIGGER copy AFTER DELETE ON person BEGIN INSERT INTO history (mail) VALUES (OLD.mail); END"],
    "postgresql": [
        """CREATE OR REPLACE FUNCTION copies() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO history (mail) VALUES (OLD.mail); RETURN OLD; END $$""",
        "CREATE TRIGGER copy AFTER DELETE ON person FOR EACH ROW EXECUTE FUNCTION copies()",
    ],
    "mysql": [
        "CREATE TRIGGER copy AFTER DELETE ON person FOR EACH ROW INSERT INTO history (mail) VALUES (OLD.mail)",
    ],
}


def _kind(url: str) -> str:
    return next(name for name in _COPYING if url.startswith(name))


def test_trigger_that_raises_is_told(url: str) -> None:
    """What a trigger says is not shown, for it may hold values; it goes with the refusal for the vault."""
    connector = _made(url, "mail varchar(60)", (1, _SECRET))
    _run(url, *_RAISING[_kind(url)])

    refusal = _only(connector.rehearse([DeleteRows(_person())], _LIMITS))

    assert (refusal.kind, refusal.statement, refusal.table) == (RefusalKind.TRIGGER, "delete", "person")
    assert refusal.detail


def test_rows_that_appear_elsewhere_are_counted(url: str) -> None:
    """A trigger that copies what is deleted into a table of its own is found by what it did; nothing stays there."""
    connector = _made(url, "mail varchar(60)", (1, _SECRET), (2, "ben"))
    _run(url, "DROP TABLE IF EXISTS history", "CREATE TABLE history (mail varchar(60))", *_COPYING[_kind(url)])

    said = connector.rehearse([DeleteRows(_person(1, 2))], _LIMITS)

    assert said.appeared == (Appeared("history", 2),)
    assert not said.refusals
    assert _rows(url, "history", "person") == [(), ((1, _SECRET), (2, "ben"))]


# --- what cannot be rehearsed ----------------------------------------------------------------------------------------


def test_engine_that_does_not_roll_back_is_left_alone(request: pytest.FixtureRequest) -> None:
    """A MyISAM table, and a table whose trigger writes to one, are not touched, and that is said (MariaDB)."""
    url = url_of(request, "mariadb")
    connector = _made(url, "mail varchar(60)", (1, _SECRET), behind=" ENGINE=MyISAM")

    itself = connector.rehearse([DeleteRows(_person())], _LIMITS)
    connector = _made(url, "mail varchar(60)", (1, _SECRET))
    _run(url, "DROP TABLE IF EXISTS history", "CREATE TABLE history (mail varchar(60)) ENGINE=Aria", *_COPYING["mysql"])
    by_trigger = connector.rehearse([DeleteRows(_person())], _LIMITS)

    for said in (itself, by_trigger):
        assert [one.not_rehearsed for one in said.tables] == [NotRehearsed.ENGINE]
    assert _rows(url, "person", "history") == [((1, _SECRET),), ()]
    assert [one.about for one in by_trigger.tables] == ["history: Aria"]


def test_virtual_table_is_left_alone(tmp_path: Path) -> None:
    """A table that a program keeps may not roll back (SQLite)."""
    url = f"sqlite:///{tmp_path / 'v.db'}"
    _run(url, "CREATE VIRTUAL TABLE notes USING fts5(id, body)")
    connector = connect(url, {"person": "id integer PRIMARY KEY, mail text)"})
    _run(
        url,
        "DROP TABLE person",
        "CREATE VIRTUAL TABLE person USING fts5(id, mail)",
        "INSERT INTO person VALUES (1, 'a')",
    )

    (said,) = connector.rehearse([_clear("mail")], _LIMITS).tables

    assert said.not_rehearsed is NotRehearsed.VIRTUAL_TABLE


def test_lock_of_others_is_waited_for_briefly(url: str) -> None:
    """Another session holds the row: the rehearsal ends soon, says so, and is no refusal."""
    connector = _made(url, "mail varchar(60)", (1, _SECRET))
    engine = sa.create_engine(url)
    with engine.connect() as other:
        if url.startswith("sqlite"):
            other.connection.driver_connection.isolation_level = None  # type: ignore[union-attr]
            other.exec_driver_sql("BEGIN IMMEDIATE")
        other.exec_driver_sql("UPDATE person SET mail = 'b' WHERE id = 1")
        (said,) = connector.rehearse([_clear("mail")], _LIMITS).tables
        other.rollback()
    engine.dispose()

    assert said.not_rehearsed is NotRehearsed.LOCKED
    assert connector.rehearse([_clear("mail")], _LIMITS).tables[0].is_accepted


def test_time_is_bounded(url: str) -> None:
    """When the time is over, the rest is not tried."""
    connector = _made(url, "mail varchar(60)", (1, _SECRET))

    (said,) = connector.rehearse([_clear("mail")], Limits(1, 0)).tables

    assert said.not_rehearsed is NotRehearsed.TOO_LONG


# --- nothing stays ---------------------------------------------------------------------------------------------------


def test_nobody_sees_a_change(url: str) -> None:
    """While orders are tried, another session reads what was there before; afterwards every row is as it was."""
    connector = _made(url, "mail varchar(60)", *((n, f"{n}@x.example") for n in range(200)))
    every = ChangeColumns(_person(*range(200)), clear=("mail",))
    before, seen, over = _rows(url, "person"), set(), threading.Event()

    def look() -> None:
        while not over.is_set():
            seen.add(hash(tuple(_rows(url, "person"))))

    other = threading.Thread(target=look)
    other.start()
    for _ in range(5):
        assert connector.rehearse([every], _LIMITS).tables[0].is_accepted
    over.set()
    other.join()

    assert seen == {hash(tuple(before))}
    assert _rows(url, "person") == before


def test_every_byte_of_a_file_stays(tmp_path: Path) -> None:
    """The file of a SQLite database is the same, sign for sign."""
    path = tmp_path / "s.db"
    connector = _made(f"sqlite:///{path}", "mail varchar(60)", *((n, _SECRET) for n in range(3000)))
    before = hashlib.sha256(path.read_bytes()).hexdigest()

    connector.rehearse([DeleteRows(_person(*range(3000)))], _LIMITS)

    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


def test_connection_cannot_commit(url: str) -> None:
    """Whoever tries to commit what is rehearsed fails, and nothing is there."""
    _made(url, "mail varchar(60)", (1, _SECRET))
    engines = Engines(url)

    with engines.rehearsing(1, 5) as connection:
        connection.exec_driver_sql("DELETE FROM person")
        with pytest.raises(RuntimeError, match="never commits"):
            connection.commit()

    engines.close()
    assert _rows(url, "person") == [((1, _SECRET),)]


@pytest.mark.parametrize("system", ["memory", "sqlite", "postgresql", "mariadb", "parquet"])
def test_each_kind_of_system_rehearses(load: Load, system: str) -> None:
    """The same orders, accepted by each kind of system; the rows are as before."""
    shop = load(system, PEOPLE)
    every = Selection("customer", (Condition(("no",), frozenset({("C1",), ("C2",)})),))
    before = [batch.to_pylist() for batch in shop.read(every, ["no", "email"])]

    said = shop.rehearse([ChangeColumns(every, clear=("email",))], _LIMITS)

    assert [one.is_accepted for one in said.tables] == [True]
    assert [batch.to_pylist() for batch in shop.read(every, ["no", "email"])] == before


def test_file_that_cannot_hold_a_value_is_named(load: Load) -> None:
    """A word in a column of numbers is refused by table and column (Parquet)."""
    shop = load("parquet", PEOPLE)
    lines = Selection("line", (Condition(("line_no",), frozenset({(1,)})),))

    refusal = _only(shop.rehearse([ChangeColumns(lines, set_to={"line_no": "word"})], _LIMITS))

    assert (refusal.kind, refusal.place("s")) == (RefusalKind.TYPE, "s.line.line_no")


# --- what the rehearsal accepts, the act accepts ---------------------------------------------------------------------

_TYPES = [
    "varchar(60)",
    "varchar(2)",
    "integer",
    "varchar(60) NOT NULL",
    "varchar(60) UNIQUE",
    "varchar(60) CHECK (c <> '***')",
]
_WAYS = st.sampled_from([("clear", None), ("set", "***"), ("set", "ben"), ("set", 0)])


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(_TYPES), _WAYS), min_size=1, max_size=3), st.booleans())
def test_what_is_accepted_is_accepted_by_the_act(
    url: str,
    columns: list[tuple[str, tuple[str, Any]]],
    is_referred: bool,  # noqa: FBT001  # drawn
) -> None:
    """Accepted in the rehearsal, an order is accepted by the act; refused there, it is refused."""
    names = [f"c{i}" for i in range(len(columns))]
    shape = ", ".join(f"{n} {kind.replace('(c ', f'({n} ')}" for n, (kind, _) in zip(names, columns, strict=True))
    emptied(url)
    child = {"child": "id integer PRIMARY KEY, person_id integer REFERENCES person (id))"} if is_referred else {}
    connector = _made(url, shape, (1, *([1] * len(names))), (2, *([2] * len(names))), **child)
    if is_referred:
        fill(url, "child", [(1, 1)])
    ways = dict(zip(names, (way for _, way in columns), strict=True))
    change = ChangeColumns(
        _person(),
        clear=tuple(n for n, (how, _) in ways.items() if how == "clear"),
        set_to={n: value for n, (how, value) in ways.items() if how == "set"},
    )
    for order in (change, DeleteRows(_person())):
        (tried,) = connector.rehearse([order], _LIMITS).tables
        assert tried.not_rehearsed is None
        try:
            connector.carry_out([order])
        except RightsflowError:
            assert tried.refusal is not None
        else:
            assert tried.refusal is None
