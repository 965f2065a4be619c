"""What a live database says of what hides data, asked on real ones."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from data_contracts.company.contract import Column, Reference, SystemContract, Table
from data_contracts.connectors.hiding import Hides, Hiding
from data_contracts.connectors.keys import ChangeColumns, Condition, DeleteRows, Selection
from data_contracts.errors import ContractMismatch
from data_contracts.vocabulary import TableErasure
from integrations.systems.drafting import look_at
from integrations.systems.sql.connector import SqlConnector

_PERSON = Table(
    "crm", "person", (Column("id", "integer", primary_key=True), Column("mail", "string")), TableErasure.DELETE
)
_NOTE = Table(
    "crm",
    "note",
    (Column("id", "integer", primary_key=True), Column("person_id", "integer"), Column("words", "string")),
    TableErasure.DELETE,
    references=(Reference(("person_id",), "crm", "person", ("id",)),),
)
_TABLES = (
    "CREATE TABLE person (id INTEGER PRIMARY KEY, mail VARCHAR(60))",
    "CREATE TABLE note (id INTEGER PRIMARY KEY, person_id INTEGER, words VARCHAR(60))",
)
_NOBODY = 65534
_ACCOUNTS = iter(range(1_000))


def _run(url: str, *statements: str) -> None:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement.replace("%", "%%"))
    engine.dispose()


def _ask(url: str, query: str) -> list[tuple[object, ...]]:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.exec_driver_sql(query)]
    engine.dispose()
    return found


@contextmanager
def _connector(url: str, *tables: Table, beside: tuple[SystemContract, ...] = ()) -> Iterator[SqlConnector]:
    contract = SystemContract("crm", "Crm", "1", "acme", tables or (_PERSON, _NOTE))
    connector = SqlConnector(contract, url, time_zone="Europe/Paris", beside=beside)
    yield connector
    connector.close()


def _said(url: str, *tables: Table) -> set[Hiding]:
    with _connector(url, *tables) as connector:
        return set(connector.describe().hidings)


def _kinds(url: str, *tables: Table) -> set[Hides]:
    return {one.kind for one in _said(url, *tables)}


@pytest.fixture(params=["sqlite", "postgres_database", "mariadb_database"])
def any_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param != "sqlite":
        return str(request.getfixturevalue(request.param)())
    path = tmp_path / "crm.db"
    path.touch()
    return f"sqlite:///{path}"


@pytest.fixture
def postgres(postgres_database: Callable[[], str]) -> str:
    """A PostgreSQL with the two tables, as their owner sees it."""
    url = postgres_database()
    _run(url, *_TABLES)
    return url


@pytest.fixture
def guest(postgres: str) -> Iterator[str]:
    """The same, as an account that owns nothing sees it."""
    role = f"rf_guest_{next(_ACCOUNTS)}_{os.getpid()}"
    _run(postgres, f"CREATE ROLE {role} LOGIN", f"GRANT SELECT, UPDATE, DELETE ON person, note TO {role}")
    yield sa.make_url(postgres).set(username=role).render_as_string(hide_password=False)
    _run(postgres, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def _role(url: str) -> str:
    return str(sa.make_url(url).username)


def test_plain_tables_hide_nothing(any_url: str) -> None:
    """Who owns two tables without anything special is told nothing."""
    _run(any_url, *_TABLES)

    assert _said(any_url) == set()


# --- rows that our account does not see -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        ((), {Hides.ROWS_UNSEEN}),
        (("CREATE POLICY part ON person USING (id < 5)",), {Hides.ROWS_UNSEEN}),
        (("CREATE POLICY whole ON person TO {role} USING (true)",), set()),
        (("CREATE POLICY reads ON person FOR SELECT TO {role} USING (true)",), {Hides.ROWS_GUARDED}),
        (
            (
                "CREATE POLICY whole ON person TO {role} USING (true)",
                "CREATE POLICY less ON person AS RESTRICTIVE TO PUBLIC USING (id < 5)",
            ),
            {Hides.ROWS_UNSEEN},
        ),
        (("CREATE POLICY others ON person TO pg_monitor USING (true)",), {Hides.ROWS_UNSEEN}),
    ],
    ids=["no policy", "some rows", "all of them", "read alone", "restricted again", "for others"],
)
def test_row_security_in_force_is_seen(
    postgres: str, guest: str, policies: tuple[str, ...], expected: set[Hides]
) -> None:
    """It hides rows unless a policy shows our account every one of them."""
    _run(postgres, "ALTER TABLE person ENABLE ROW LEVEL SECURITY", *(p.format(role=_role(guest)) for p in policies))

    found = _kinds(guest)

    assert (found & {Hides.ROWS_UNSEEN} or found) == expected
    assert _said(postgres) == set()  # the owner is above it


def test_forced_row_security_holds_for_the_owner(postgres: str, guest: str) -> None:
    """FORCE takes the owner's exception away; BYPASSRLS gives it to anybody."""
    _run(
        postgres,
        "ALTER TABLE person ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE person FORCE ROW LEVEL SECURITY",
        f"ALTER TABLE person OWNER TO {_role(guest)}",
    )

    assert Hides.ROWS_UNSEEN in _kinds(guest)

    _run(postgres, f"ALTER ROLE {_role(guest)} BYPASSRLS")

    assert Hides.ROWS_UNSEEN not in _kinds(guest)
    _run(postgres, "ALTER TABLE person OWNER TO CURRENT_USER")


@pytest.mark.parametrize(("option", "expected"), [("true", {Hides.ROWS_UNSEEN}), ("false", set())])
def test_view_hides_what_its_table_hides(postgres: str, guest: str, option: str, expected: set[Hides]) -> None:
    """A view with ``security_invoker`` shows what our account sees, another one what its owner sees."""
    view = Table("crm", "people", _PERSON.columns, TableErasure.NONE)
    _run(
        postgres,
        "ALTER TABLE person ENABLE ROW LEVEL SECURITY",
        f"CREATE VIEW people WITH (security_invoker = {option}) AS SELECT * FROM person",  # noqa: S608  # the test's
        f"GRANT SELECT, UPDATE, DELETE ON people TO {_role(guest)}",
    )

    assert _kinds(guest, view) & {Hides.ROWS_UNSEEN} == expected


# --- rights and systems that take no change ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("revoked", "expected"),
    [
        ("DELETE ON person", {Hiding(Hides.NO_DELETE, "person")}),
        ("UPDATE ON person", {Hiding(Hides.NO_UPDATE, "person", "id"), Hiding(Hides.NO_UPDATE, "person", "mail")}),
        ("SELECT ON person", {Hiding(Hides.NO_SELECT, "person")}),
    ],
)
def test_right_that_was_taken_away_is_seen(postgres: str, guest: str, revoked: str, expected: set[Hiding]) -> None:
    """Table by table, and column by column for UPDATE."""
    _run(postgres, f"REVOKE {revoked} FROM {_role(guest)}")

    assert _said(guest) == expected


def test_rights_on_columns_are_seen(postgres: str, guest: str) -> None:
    """Some columns may be read and written, others not."""
    role = _role(guest)
    _run(postgres, f"REVOKE ALL ON person FROM {role}", f"GRANT SELECT (id), UPDATE (mail), DELETE ON person TO {role}")

    assert _said(guest) == {Hiding(Hides.NO_SELECT, "person", "mail"), Hiding(Hides.NO_UPDATE, "person", "id")}


def test_read_only_account_is_seen(postgres: str, guest: str) -> None:
    """A session that may not write is told like a replica."""
    _run(postgres, f"ALTER ROLE {_role(guest)} SET default_transaction_read_only = on")

    assert Hiding(Hides.READ_ONLY, about="transactions are read-only by default") in _said(guest)


@pytest.fixture
def mariadb(mariadb_database: Callable[[], str]) -> str:
    """A MariaDB with the two tables."""
    url = mariadb_database()
    _run(url, *_TABLES)
    return url


@pytest.mark.parametrize(
    ("granted", "expected"),
    [
        ("SELECT, UPDATE, DELETE, TRIGGER ON {}.*", set()),
        ("SELECT, UPDATE, TRIGGER ON {}.*", {Hides.NO_DELETE}),
        ("SELECT, DELETE, TRIGGER ON {}.*", {Hides.NO_UPDATE}),
        ("DELETE, TRIGGER ON {}.*", {Hides.NO_SELECT}),
        ("SELECT, UPDATE, DELETE ON {}.*", {Hides.TRIGGERS_UNSEEN}),
    ],
)
def test_rights_in_mariadb_are_tried(mariadb: str, granted: str, expected: set[Hides]) -> None:
    """Nothing is carried out by trying: the database is asked what it would do."""
    account = f"rf_guest_{next(_ACCOUNTS)}_{os.getpid()}"
    database = sa.make_url(mariadb).database
    _run(
        mariadb,
        "INSERT INTO person VALUES (1, 'ann@example.org')",
        f"CREATE USER {account}@'%' IDENTIFIED BY 'x'",
        f"GRANT {granted.format(database)} TO {account}@'%'",
    )
    try:
        url = sa.make_url(mariadb).set(username=account, password="x").render_as_string(hide_password=False)

        assert _kinds(url) == expected
        assert _ask(mariadb, "SELECT mail FROM person") == [("ann@example.org",)]
    finally:
        _run(mariadb, f"DROP USER {account}@'%'")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_file_that_cannot_be_written_is_seen(tmp_path: Path) -> None:
    """SQLite opens such a file without a word, and refuses at the first change."""
    path = tmp_path / "crm.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(";".join(_TABLES))
    path.chmod(0o444)
    for folder in (tmp_path, *tmp_path.parents):
        if not folder.stat().st_mode & 0o001:
            folder.chmod(0o755)
    assert _said(f"sqlite:///{path}") == set()  # whoever is nobody may not load modules
    os.seteuid(_NOBODY)
    try:
        found = _said(f"sqlite:///{path}")
    finally:
        os.seteuid(0)

    assert found == {Hiding(Hides.READ_ONLY, about="the file of the database cannot be written")}


# --- copies that the database makes -----------------------------------------------------------------------------------


def test_system_versioning_is_seen(mariadb: str) -> None:
    """MariaDB keeps what is deleted from such a table."""
    _run(mariadb, "ALTER TABLE person ADD SYSTEM VERSIONING")

    assert _said(mariadb) == {Hiding(Hides.VERSIONED, "person")}


_HISTORY = "CREATE TABLE person_history (id INTEGER, mail VARCHAR(60))"
_KEEP = "INSERT INTO person_history VALUES (old.id, old.mail)"
_TRIGGERS = {
    "sqlite": (f"CREATE TRIGGER keeps AFTER UPDATE ON person BEGIN {_KEEP}; END",),
    "mysql": (f"CREATE TRIGGER keeps AFTER UPDATE ON person FOR EACH ROW {_KEEP}",),
    "postgresql": (
        ("CREATE FUNCTION keep_old(i integer, m text) RETURNS void LANGUAGE sql AS "
        "$$ INSERT INTO person_history VALUES (i, m) $$"),
        ("CREATE FUNCTION keeps() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN /* not INSERT INTO note */ PERFORM keep_old(old.id, old.mail); RETURN new; END $$"),
        "CREATE TRIGGER keeps AFTER UPDATE ON person FOR EACH ROW EXECUTE FUNCTION keeps()",
    ),
}  # fmt: skip
_DELETING = {
    "sqlite": ("CREATE TRIGGER cleans AFTER DELETE ON person BEGIN DELETE FROM note WHERE person_id = old.id; END",),
    "mysql": ("CREATE TRIGGER cleans AFTER DELETE ON person FOR EACH ROW DELETE FROM note WHERE person_id = old.id",),
    "postgresql": (
        (
            "CREATE FUNCTION cleans() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN DELETE FROM ONLY public.note WHERE person_id = old.id; RETURN old; END $$"
        ),
        "CREATE TRIGGER cleans AFTER DELETE ON person FOR EACH ROW EXECUTE FUNCTION cleans()",
    ),
}


@pytest.mark.parametrize("is_declared", [True, False])
def test_history_table_is_seen(any_url: str, *, is_declared: bool) -> None:
    """A trigger that writes old values down elsewhere, through a function that it calls as well."""
    _run(any_url, *_TABLES, _HISTORY, *_TRIGGERS[sa.make_url(any_url).get_backend_name()])
    history = Table("crm", "kept", _PERSON.columns, TableErasure.DELETE, physical_name="person_history")

    found = _said(any_url, _PERSON, _NOTE, *((history,) if is_declared else ()))

    assert found == {Hiding(Hides.TRIGGER_WRITES, "person", about="kept" if is_declared else "person_history")}


def test_trigger_that_deletes_elsewhere_is_seen(any_url: str) -> None:
    """What the foreign keys do not say."""
    _run(any_url, *_TABLES, *_DELETING[sa.make_url(any_url).get_backend_name()])

    assert _said(any_url) == {Hiding(Hides.TRIGGER_DELETES, "person", about="note")}


def test_table_declared_by_a_system_beside_is_known(postgres: str) -> None:
    """Two contracts of one database know each other's tables."""
    _run(postgres, _HISTORY, *_TRIGGERS["postgresql"])
    other = Table("audit", "person_history", (Column("id", "integer"),), TableErasure.DELETE)

    with _connector(postgres, beside=(SystemContract("audit", "A", "1", "acme", (other,)),)) as connector:
        assert connector.describe().hidings == ()


def test_rule_and_arguments_are_read(postgres: str) -> None:
    """A rule writes like a trigger; a function in C is told its table."""
    _run(
        postgres,
        _HISTORY,
        "CREATE RULE keeps AS ON DELETE TO note DO ALSO INSERT INTO person_history VALUES (old.id, old.words)",
        "CREATE FUNCTION by_name() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$",
        "CREATE TRIGGER named AFTER UPDATE ON person FOR EACH ROW EXECUTE FUNCTION by_name('x', 'person_history')",
    )

    assert _said(postgres) == {
        Hiding(Hides.TRIGGER_WRITES, "person", about="person_history"),
        Hiding(Hides.TRIGGER_WRITES, "note", about="person_history"),
    }


def test_statement_put_together_is_unclear(postgres: str) -> None:
    """Where a trigger writes cannot be told from ``EXECUTE format(…)``; a disabled trigger does nothing."""
    _run(
        postgres,
        (
            "CREATE FUNCTION keeps() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN EXECUTE format('INSERT INTO %I VALUES (1)', tg_table_name || '_h'); RETURN new; END $$"
        ),
        "CREATE TRIGGER keeps AFTER UPDATE ON person FOR EACH ROW EXECUTE FUNCTION keeps()",
        "CREATE TRIGGER keeps AFTER UPDATE ON note FOR EACH ROW EXECUTE FUNCTION keeps()",
        "ALTER TABLE note DISABLE TRIGGER keeps",
    )

    assert _said(postgres) == {Hiding(Hides.TRIGGER_UNCLEAR, "person", about="keeps")}


# --- materialised views ---------------------------------------------------------------------------------------------

_VIEWS = (
    "CREATE VIEW people AS SELECT id, mail FROM person",
    "CREATE MATERIALIZED VIEW first AS SELECT id, mail FROM people",
    "CREATE UNIQUE INDEX ON first (id)",
    "CREATE MATERIALIZED VIEW second AS SELECT mail FROM first",
)
_ANN = Selection("person", (Condition(("id",), frozenset({(1,)})),))


def test_materialised_views_are_refreshed_in_their_order(postgres: str) -> None:
    """Also those made of others, and those over a view; the first while it is being read."""
    _run(postgres, "INSERT INTO person VALUES (1, 'ann@example.org'), (2, 'bob@example.org')", *_VIEWS)
    with _connector(postgres) as connector:
        assert set(connector.describe().hidings) == {
            Hiding(Hides.VIEW_REFRESHED, "person", about="first"),
            Hiding(Hides.VIEW_REFRESHED, "person", about="second"),
        }
        connector.carry_out([DeleteRows(_ANN)])

        assert connector.refresh_views() == []

    assert _ask(postgres, "SELECT mail FROM first UNION ALL SELECT mail FROM second") == [("bob@example.org",)] * 2


def test_view_of_somebody_else_is_told(postgres: str, guest: str) -> None:
    """Only its owner can refresh it: that is known before, and said after."""
    _run(postgres, *_VIEWS)

    with _connector(guest) as connector:
        assert Hiding(Hides.VIEW_STALE, "person", about="first") in connector.describe().hidings
        assert connector.refresh_views() == ["public.first", "public.second"]


def test_view_in_use_is_not_waited_for(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a unique index a refresh locks the view: who reads it for long is not waited for, and that is told."""
    monkeypatch.setattr("integrations.systems.sql.live.views._LOCK_SECONDS", 0.2)
    _run(postgres, "CREATE MATERIALIZED VIEW slow AS SELECT mail FROM person")
    engine = sa.create_engine(postgres)
    with engine.begin() as reader, _connector(postgres) as connector:
        reader.exec_driver_sql("SELECT * FROM slow").all()

        assert connector.refresh_views() == ["public.slow"]
    engine.dispose()


def test_declared_view_is_never_written_to(postgres: str) -> None:
    """Its rows go by refreshing; the orders for it count."""
    _run(postgres, "INSERT INTO person VALUES (1, 'ann@example.org')", *_VIEWS)
    copy = Table("crm", "first", _PERSON.columns, TableErasure.COLUMNS)
    hers = Selection("first", (Condition(("id",), frozenset({(1,)})),))
    with _connector(postgres, _PERSON, copy) as connector:
        assert "first" not in connector.describe().primary_keys

        touched = connector.carry_out([ChangeColumns(hers, clear=("mail",)), DeleteRows(hers), DeleteRows(_ANN)])
        connector.refresh_views()

        assert (touched, connector.count([hers])) == ([1, 1, 1], [0])


# --- partitions, children, and the same rows under two names ----------------------------------------------------------

_PARTS = (
    "CREATE TABLE payer (id integer PRIMARY KEY)",
    ("CREATE TABLE payment (id integer, year integer, payer_id integer REFERENCES payer, PRIMARY KEY (id, year)) "
    "PARTITION BY RANGE (year)"),
    "CREATE TABLE payment_old PARTITION OF payment FOR VALUES FROM (2000) TO (2020) PARTITION BY RANGE (year)",
    "CREATE TABLE payment_older PARTITION OF payment_old FOR VALUES FROM (2000) TO (2010)",
    "CREATE TABLE payment_new PARTITION OF payment FOR VALUES FROM (2020) TO (2040)",
    ("CREATE TABLE receipt (id integer PRIMARY KEY, payment_id integer, year integer, "
    "FOREIGN KEY (payment_id, year) REFERENCES payment (id, year))"),
)  # fmt: skip


def _bare(name: str, *columns: str) -> Table:
    return Table("crm", name, tuple(Column(column, "integer") for column in columns), TableErasure.DELETE)


def test_partitions_are_their_table(postgres_database: Callable[[], str]) -> None:
    """One table for contract and references, in both directions and at every level; nothing is undeclared."""
    url = postgres_database()
    _run(url, *_PARTS)
    tables = (
        _bare("payer", "id"), _bare("payment", "id", "year", "payer_id"), _bare("receipt", "id", "payment_id", "year")
    )  # fmt: skip

    with _connector(url, *tables) as connector:
        live = connector.describe()

        assert [(one.table, one.columns, one.to_table) for one in live.references] == [
            ("payment", ("payer_id",), "payer"),
            ("receipt", ("payment_id", "year"), "payment"),
        ]
        assert (live.hidings, connector.undeclared()) == ((), [])
    with _connector(url, tables[0]) as connector:
        assert connector.undeclared() == ["payment", "receipt"]
        assert [one.table for one in connector.describe().references] == ["payment"]


def test_partition_declared_beside_its_table_is_told(postgres_database: Callable[[], str]) -> None:
    """Else each of its rows would be shown twice."""
    url = postgres_database()
    _run(url, *_PARTS)

    found = _said(url, _bare("payment", "id"), _bare("payment_older", "id"))

    assert found == {Hiding(Hides.SAME_ROWS, "payment", about="payment_older")}


def test_columns_of_child_tables_are_seen(postgres: str) -> None:
    """Inheritance: a child's own columns are reached by no statement on the parent."""
    _run(
        postgres,
        "CREATE TABLE worker (badge text) INHERITS (person)",
        "CREATE TABLE boss (car text) INHERITS (worker)",
        "INSERT INTO boss VALUES (1, 'ann@example.org', 'B1', 'fast'), (2, 'bob@example.org', NULL, '')",
    )

    with _connector(postgres) as connector:
        assert set(connector.describe().hidings) == {
            Hiding(Hides.CHILD_COLUMN, "person", "badge", "worker"),
            Hiding(Hides.CHILD_COLUMN, "person", "car", "boss"),
            Hiding(Hides.CHILD_KEYS, "person", about="worker"),
            Hiding(Hides.CHILD_KEYS, "person", about="boss"),
        }
        everybody = Selection("person", (Condition(("id",), frozenset({(1,), (2,)})),))
        assert connector.count_undeclared(everybody).columns == {"worker.badge": 1, "boss.car": 1}


def test_names_that_differ_in_case_alone_are_told(tmp_path: Path) -> None:
    """SQLite takes both for one table: its rows would be shown twice."""
    path = tmp_path / "crm.db"
    path.touch()
    _run(f"sqlite:///{path}", *_TABLES)

    found = _said(f"sqlite:///{path}", _PERSON, Table("crm", "Person", _PERSON.columns, TableErasure.DELETE))

    assert found == {Hiding(Hides.SAME_ROWS, "person", about="Person")}


# --- elsewhere, and what hangs on rows --------------------------------------------------------------------------------


def test_other_schemas_are_named(postgres: str, guest: str) -> None:
    """Those with a table that our account can read; no empty ones, none that another contract looks into."""
    role = _role(guest)
    _run(
        postgres,
        "CREATE SCHEMA old", "CREATE TABLE old.person (id integer)", "CREATE SCHEMA empty", "CREATE SCHEMA shut",
        "CREATE TABLE shut.person (id integer)", "CREATE SCHEMA shop", "CREATE TABLE shop.cart (id integer)",
        f"GRANT USAGE ON SCHEMA old, shop, empty TO {role}", f"GRANT SELECT ON old.person, shop.cart TO {role}",
    )  # fmt: skip
    cart = Table("shop", "cart", (Column("id", "integer"),), TableErasure.DELETE, physical_name="shop.cart")

    with _connector(guest, beside=(SystemContract("shop", "S", "1", "acme", (cart,)),)) as connector:
        assert connector.elsewhere() == ["old"]


def test_other_databases_are_named(mariadb: str, mariadb_database: Callable[[], str]) -> None:
    """In MariaDB a schema is a database."""
    other = mariadb_database()
    _run(other, *_TABLES)

    with _connector(mariadb) as connector:
        found = connector.elsewhere()

    assert sa.make_url(other).database in found
    assert sa.make_url(mariadb).database not in found


def test_undeclared_columns_and_tables_are_counted(any_url: str) -> None:
    """What hangs on rows of hers: columns that are not empty, and rows of tables that no contract declares."""
    _run(
        any_url,
        "CREATE TABLE person (id INTEGER PRIMARY KEY, mail VARCHAR(60), shoe INTEGER, nick VARCHAR(9), gone DATE)",
        "CREATE TABLE loan (id INTEGER PRIMARY KEY, person_id INTEGER, FOREIGN KEY (person_id) REFERENCES person (id))",
        "INSERT INTO person VALUES (1, 'a', 43, '', NULL), (2, 'b', 44, 'bo', NULL), (3, 'c', 45, 'cy', NULL)",
        "INSERT INTO loan VALUES (1, 1), (2, 1), (3, 2), (4, 3)",
    )
    hers = Selection("person", (Condition(("id",), frozenset({(1,)})), Condition(("mail",), frozenset({("b",)}))))

    with _connector(any_url, _PERSON) as connector:
        found = connector.count_undeclared(hers)

        assert (found.columns, found.referring) == ({"shoe": 2, "nick": 1}, {"loan": 3})
        assert not connector.count_undeclared(Selection("person", ())).columns


def test_row_that_is_as_ordered_is_left_alone(any_url: str) -> None:
    """Else a trigger would write down a change that is none, again and again."""
    _run(any_url, *_TABLES, _HISTORY, *_TRIGGERS[sa.make_url(any_url).get_backend_name()])
    _run(any_url, "INSERT INTO person VALUES (1, 'ann@example.org')")
    order = ChangeColumns(_ANN, clear=("mail",))
    with _connector(any_url) as connector:
        assert [connector.carry_out([order]), connector.carry_out([order])] == [[1], [1]]

    assert _ask(any_url, "SELECT mail FROM person_history") == [("ann@example.org",)]


def test_foreign_keys_of_sqlite_say_what_they_do(tmp_path: Path) -> None:
    """Written at the column, at the table, over two columns, deferred: each says what happens to its rows."""
    path = tmp_path / "crm.db"
    path.touch()
    _run(
        f"sqlite:///{path}",
        "CREATE TABLE person (id INTEGER PRIMARY KEY, mail VARCHAR(60), no INTEGER, UNIQUE (id, no))",
        "CREATE TABLE team (id INTEGER PRIMARY KEY, no INTEGER, UNIQUE (id, no))",
        "CREATE TABLE note (id INTEGER PRIMARY KEY, person_id INTEGER REFERENCES person ON DELETE CASCADE, no INTEGER, "
        "words TEXT REFERENCES person (mail) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED, "
        "FOREIGN KEY (person_id, no) REFERENCES person (id, no) ON DELETE CASCADE, "
        "FOREIGN KEY (person_id, no) REFERENCES team (id, no))",
    )

    with _connector(f"sqlite:///{path}", _PERSON, _NOTE, _bare("team", "id", "no")) as connector:
        found = {(one.columns, one.to_table): one.on_delete for one in connector.describe().references}

    assert found == {
        (("person_id",), "person"): "CASCADE",
        (("person_id", "no"), "person"): "CASCADE",
        (("person_id", "no"), "team"): "",
        (("words",), "person"): "SET NULL",
    }


def test_table_that_is_not_there_is_still_missing(any_url: str) -> None:
    """What hides data is asked of what is there."""
    _run(any_url, _TABLES[0])

    with _connector(any_url) as connector:
        assert (set(connector.describe().tables), connector.describe().hidings) == ({"person"}, ())
        with pytest.raises(ContractMismatch):
            connector.count([Selection("note", (Condition(("id",), frozenset({(1,)})),))])


def test_draft_folds_partitions_and_names_other_schemas(postgres_database: Callable[[], str]) -> None:
    """A draft has one table for a partitioned one, referred to as such, and says what it leaves out."""
    url = postgres_database()
    _run(url, *_PARTS, "CREATE SCHEMA old", "CREATE TABLE old.payer (id integer)")

    drafted = look_at(url, sample=0)

    assert [table.name for table in drafted.tables] == ["payer", "payment", "receipt"]
    assert [one.to_table for table in drafted.tables for one in table.references] == ["payer", "payment"]
    assert drafted.elsewhere == ("old",)
