"""Looking at live systems for drafts: facts come out, values never do."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from data_contracts.errors import ContractMismatch, SettingsInvalid, StepFailed, SystemUnavailable
from data_contracts.odcs.document import written
from data_contracts.odcs.drafts.drafting import draft_document
from data_contracts.odcs.drafts.guessing import Look
from data_contracts.odcs.drafts.shapes import DraftColumn, DraftReference, DraftSystem, DraftTable
from data_contracts.odcs.drafts.text import marks_in, text_of
from data_contracts.odcs.reading.yaml_file import parse
from integrations.systems.drafting import look_at
from integrations.systems.looks import looks_inside, looks_of
from integrations.systems.sql.reflecting import system_name

_SECRET = "marked.person@example.org"
_TABLES = """
CREATE TABLE person (
    id INTEGER PRIMARY KEY, contact VARCHAR(80) NOT NULL, alias VARCHAR(20) UNIQUE,
    born DATE, paid NUMERIC(8,2), seen TIMESTAMP, ok BOOLEAN
);
CREATE TABLE item (a INTEGER, b INTEGER, PRIMARY KEY (b, a));
CREATE TABLE part (
    a INTEGER, b INTEGER, person_id INTEGER NOT NULL,
    FOREIGN KEY (person_id) REFERENCES person (id), FOREIGN KEY (b, a) REFERENCES item (b, a)
);
CREATE UNIQUE INDEX one_part ON part (person_id);
INSERT INTO person (id, contact, alias) VALUES (1, 'marked.person@example.org', 'x')
"""


def _fill(url: str) -> str:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in _TABLES.split(";"):
            connection.exec_driver_sql(statement)
    engine.dispose()
    return url


@pytest.fixture(params=["sqlite", "postgres_database", "mariadb_database"])
def live(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a small database, for each kind that we prove ourselves on."""
    if request.param == "sqlite":
        (tmp_path / "shop.db").touch()
        return _fill(f"sqlite:///{tmp_path / 'shop.db'}")
    new_database: Callable[[], str] = request.getfixturevalue(request.param)
    return _fill(new_database())


def _table(system: DraftSystem, name: str) -> DraftTable:
    return next(table for table in system.tables if table.name == name)


def _columns(table: DraftTable) -> dict[str, DraftColumn]:
    return {column.name: column for column in table.columns}


def test_types_and_keys_are_seen(live: str) -> None:
    """Types, required and unique columns and key positions are those of the live database."""
    system = look_at(live)

    person, item = _columns(_table(system, "person")), _columns(_table(system, "item"))
    logical = {name: column.logical_type for name, column in person.items()}
    assert list(logical) == ["id", "contact", "alias", "born", "paid", "seen", "ok"]
    assert list(logical.values()) == ["integer", "string", "string", "date", "number", "timestamp", "boolean"]
    assert person["contact"].physical_type == "varchar(80)"
    assert (person["contact"].required, person["alias"].required, person["alias"].unique) == (True, False, True)
    assert (item["b"].key_position, item["a"].key_position) == (1, 2)


def test_kind_that_cannot_be_looked_at_says_so() -> None:
    """A person writes its contract."""
    with pytest.raises(SettingsInvalid, match="no draft can be made of a system of this kind"):
        look_at("memory://", name="lists")


def test_foreign_keys_are_seen(live: str) -> None:
    """Single and composite references lead where the database says."""
    part = _table(look_at(live), "part")

    assert part.references == (
        DraftReference(("b", "a"), "item", ("b", "a")),
        DraftReference(("person_id",), "person", ("id",)),
    )
    assert _columns(part)["person_id"].unique


def test_values_are_looked_at_and_dropped(live: str) -> None:
    """What most values look like comes out, and no value does."""
    system = look_at(live)

    assert _columns(_table(system, "person"))["contact"].looks == {Look.EMAIL}
    assert _SECRET not in repr(system) + text_of(draft_document(system))


def test_no_value_is_read_where_none_is_wanted(live: str) -> None:
    """With ``--sample 0`` only the schema is looked at."""
    assert _columns(_table(look_at(live, sample=0), "person"))["contact"].looks == frozenset()


def test_draft_of_a_live_system_is_valid_odcs(live: str) -> None:
    """Whatever the database, the official schema finds nothing."""
    document = parse(text_of(draft_document(look_at(live, name="shop"))), file="shop.odcs.yaml")

    assert [str(fault) for fault in written(document).faults] == []


def test_only_tables_asked_for_are_drafted(live: str) -> None:
    """Tables come once each, in the order asked for."""
    assert [table.name for table in look_at(live, tables=["part", "item", "part"]).tables] == ["part", "item"]


def test_table_that_is_not_there_is_refused(live: str) -> None:
    """The remedy names tables that are there."""
    with pytest.raises(ContractMismatch, match=r"no such table.*item, part, person"):
        look_at(live, tables=["persons"])


def test_other_schema_is_named_in_full(postgres_database: Callable[[], str]) -> None:
    """Outside the default schema a table is named with its own, as a connector finds it."""
    url = _fill(postgres_database())
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA sales")
        connection.exec_driver_sql("CREATE TYPE sales.mood AS ENUM ('x')")
        connection.exec_driver_sql(
            "CREATE TABLE sales.deal (id UUID PRIMARY KEY, m sales.mood, p INT REFERENCES person)"
        )
    engine.dispose()

    deal = look_at(url, tables=["sales.deal"]).tables[0]

    assert deal.name == "sales.deal"
    assert deal.references == (DraftReference(("p",), "person", ("id",)),)


@pytest.mark.parametrize("url", ["nonsense", "unknown://x/y", "sqlite://[", ""])
def test_url_that_fits_nothing_is_refused(url: str) -> None:
    """It is not quoted either: it may hold a password."""
    with pytest.raises(SettingsInvalid) as refused:
        look_at(url)

    assert not url or url not in str(refused.value)


@pytest.mark.parametrize("url", ["sqlite:////nowhere/x.db", "postgresql://u:hidden@127.0.0.1:1/x", "file:///nowhere/x"])
def test_system_that_is_down_is_told(url: str) -> None:
    """Trying again can help, and no secret is told."""
    with pytest.raises(SystemUnavailable) as failed:
        look_at(url)

    assert "hidden" not in str(failed.value)


def test_server_never_carries_a_credential() -> None:
    """Host and database stand in the draft; user, password and options stay outside."""
    from integrations.systems.sql.reflecting import _server  # noqa: PLC0415  # no database is needed for its address

    url = sa.make_url("postgresql://u:hidden@db.example/crm?password=hidden")

    assert _server(url) == {
        "server": "live", "type": "postgres", "host": "db.example", "port": 5432, "database": "crm", "schema": "public"
    }  # fmt: skip
    assert "hidden" not in str(_server(sa.make_url("oracle://u:hidden@h/x?secret=hidden")))


def test_parquet_folder_is_drafted(tmp_path: Path) -> None:
    """Folders and single files are tables; files know types and no keys."""
    rows = pa.table({"ip": ["10.0.0.1", "10.0.0.2"], "n": [1, 2], "at": pa.array([0, 1], pa.timestamp("us"))})
    (tmp_path / "logs" / "access" / "month=1").mkdir(parents=True)
    (tmp_path / "logs" / "_tmp").mkdir()
    pq.write_table(rows, tmp_path / "logs" / "access" / "month=1" / "a.parquet")
    pq.write_table(rows.select(["n"]), tmp_path / "logs" / "count.parquet")
    (tmp_path / "logs" / "read.me").touch()

    system = look_at((tmp_path / "logs").as_uri())

    access = _columns(_table(system, "access"))
    assert (system.name, [table.name for table in system.tables]) == ("logs", ["access", "count"])
    assert Look.IP_ADDRESS in access["ip"].looks
    assert access["month"].logical_type == "string"
    assert (access["n"].logical_type, access["at"].logical_type) == ("integer", "timestamp")
    with pytest.raises(ContractMismatch, match="name one of access, count"):
        look_at((tmp_path / "logs").as_uri(), tables=["errors"])


def test_what_lies_inside_a_column_of_files_is_seen(tmp_path: Path) -> None:
    """Lists, maps and structs: whether addresses lie in them is looked at, and no value is kept."""
    mails = [["ana@example.org", "x"], ["ben@example.org"], None]
    rows = {
        "n": [1, 2, 3],
        "mails": pa.array(mails),
        "facts": pa.array([{"mail": "ana@example.org"}, {"mail": "ben@example.org"}, {"mail": None}]),
        "parts": pa.array([[1], [2], [3]]),
    }
    pq.write_table(pa.table(rows), tmp_path / "people.parquet")

    (people,) = look_at(tmp_path.as_uri()).tables

    inside = {column.name: column.looks for column in people.columns if column.is_container}
    assert inside == {"mails": {Look.EMAIL}, "facts": {Look.EMAIL}, "parts": frozenset()}


def test_file_that_is_no_parquet_is_told(tmp_path: Path) -> None:
    """Nobody's text comes out."""
    (tmp_path / "x.parquet").write_text("marked", "utf-8")

    with pytest.raises((StepFailed, SystemUnavailable)) as failed:
        look_at(tmp_path.as_uri())

    assert "marked" not in str(failed.value)
    assert "`x.parquet` is damaged" in str(failed.value)


def test_tables_with_a_log_are_not_drafted(tmp_path: Path) -> None:
    """The others can be, by their names; files of other kinds are no tables."""
    for name in ("a", "b.PARQ"):
        pq.write_table(pa.table({"n": [1]}), tmp_path / name)
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "delta" / "_delta_log").mkdir(parents=True)
    (tmp_path / "delta" / "_delta_log" / "0.json").touch()

    with pytest.raises(StepFailed, match=r"is a table of Delta.*draft the others alone, of a, b"):
        look_at(tmp_path.as_uri())

    assert [table.name for table in look_at(tmp_path.as_uri(), tables=["a", "b"]).tables] == ["a", "b"]


def test_database_is_not_written_to(tmp_path: Path) -> None:
    """A look leaves the file as it is, byte by byte."""
    file = tmp_path / "shop.db"
    file.touch()
    _fill(f"sqlite:///{file}")
    before = file.read_bytes()

    look_at(f"sqlite:///{file}")

    assert file.read_bytes() == before
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT count(*) FROM person").fetchone() == (1,)


@pytest.mark.parametrize(
    ("values", "looks"),
    [
        (["a@b.org", "c@d.org", None, ""], {Look.EMAIL}),
        (["a@b.org", "x", "y"], set()),
        (["+33612345678", "06 12 34 56 78"], {Look.PHONE}),
        (["+3", "2024-01-31", "0000000000"], set()),
        (["::1", "::2"], {Look.IP_ADDRESS}),
        (["10.0.0.1"], {Look.IP_ADDRESS, Look.CODE}),
        (["info@shop.example", "Sales.team@shop.example"], {Look.EMAIL, Look.DESK}),
        (["$2b$12$abcdefghijklmnopqrstuv"], {Look.SECRET}),
        (["0123456789abcdef0123456789abcdef"], {Look.TOKEN}),
        (["abcdefghijklmnopqrstuvwxyzabcdef", "0" * 32], set()),
        (["J45.1", "E11"], {Look.MEDICAL}),
        (["AB+", "O-"], {Look.MEDICAL}),
        (["C-10023", "A/7-x"], {Look.CODE}),
        (["he called again about his bill"], {Look.PROSE}),
        ([None, " "], set()),
    ],
)
def test_looks_of_values(values: list[str | None], looks: set[Look]) -> None:
    """Six of ten decide; empty values do not count."""
    assert looks_of(values) == looks


def test_check_digits_are_known_with_the_extra() -> None:
    """With python-stdnum, bank accounts and card numbers are told from other numbers."""
    pytest.importorskip("stdnum", reason="extra `draft` is not installed")

    assert looks_of(["FR76 3000 6000 0112 3456 7890 189"]) == {Look.IBAN}
    assert looks_of(["4111 1111 1111 1111"]) == {Look.CARD}
    assert looks_of(["************1111", "XXXX XXXX XXXX 1234"]) == {Look.CARD}
    assert looks_of(["4111111111111112"]) == frozenset()


@pytest.mark.parametrize(
    ("text", "name"), [("/data/crm.sqlite", "crm"), ("Web Shop", "web_shop"), ("", "system"), ("/a/logs/", "logs")]
)
def test_system_is_named_after_its_place(text: str, name: str) -> None:
    """A name that contracts take."""
    assert system_name(text) == name


_BOX = """CREATE TABLE box (id int PRIMARY KEY, tags text[], doc jsonb, map hstore, note xml, plain jsonb, none json);
INSERT INTO box VALUES (1, '{x,marked.person@example.org}', '{"to": ["marked.person@example.org"]}',
  'mail=>marked.person@example.org', '<m><to>marked.person@example.org</to></m>', '{"colour": "red"}', NULL)"""


def test_containers_of_addresses_ask_where_they_lie(whole_postgres: str) -> None:
    """Where sampled values hold addresses inside, the draft asks for the place; another container is plain."""
    engine = sa.create_engine(whole_postgres)
    with engine.begin() as connection:
        for statement in ("CREATE EXTENSION IF NOT EXISTS hstore", "DROP TABLE IF EXISTS box", *_BOX.split(";")):
            connection.exec_driver_sql(statement)

    text = text_of(draft_document(look_at(whole_postgres, name="box", tables=["box"])))

    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE box")
    engine.dispose()
    document = parse(text, file="box.odcs.yaml")
    assert [str(fault) for fault in written(document).faults] == []
    data: Any = document.data
    (table,) = data["schema"]
    asked = {
        column["name"]: item["value"].get("inside")
        for column in table["properties"]
        for item in column.get("customProperties", ())
    }
    assert asked == {"tags": "TODO", "doc": "TODO", "map": "TODO", "note": "TODO", "plain": None, "none": None}
    assert marks_in(data)["todos"] >= len([one for one in asked.values() if one])
    assert _SECRET not in text


@pytest.mark.parametrize(
    ("values", "looks"),
    [
        (['["a@example.org", "x"]', None, "[]"], {Look.EMAIL}),
        (['{"tel": "+33612345678"}'], {Look.PHONE}),
        (['["a"]', '["a@example.org"]', '["b"]'], set()),
        (["{}", None], set()),
    ],
)
def test_looks_inside(values: list[str | None], looks: set[Look]) -> None:
    """Most containers that hold anything hold one; an empty one says nothing."""
    assert looks_inside(values) == looks


_META = [("billing_email", "a@example.org"), ("vat_number", _SECRET), ("session_tokens", "x"), (None, "y")]


@pytest.mark.parametrize("extra", ["", "marked person", "Marked"])
def test_keys_of_a_table_of_keys_and_values_are_seen(live: str, extra: str) -> None:
    """Names that programs gave, each in several rows; what people wrote among them takes all back, a value never."""
    rows = [(key, value) for key, value in [*_META, (extra or None, "z")] for _ in range(2)]
    engine = sa.create_engine(live)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE usermeta (id INTEGER, meta_key VARCHAR(40), meta_value VARCHAR(60))")
        connection.execute(
            sa.text("INSERT INTO usermeta VALUES (1, :key, :value)"), [{"key": key, "value": v} for key, v in rows]
        )
        connection.exec_driver_sql("INSERT INTO usermeta VALUES (1, 'marked_once', 'z')")
    engine.dispose()

    system = look_at(live)

    seen = _columns(_table(system, "usermeta"))
    assert seen["meta_key"].keys == (() if extra else ("billing_email", "session_tokens", "vat_number"))
    assert "marked" not in repr(system) + text_of(draft_document(system))
    assert _columns(_table(look_at(live, sample=0), "usermeta"))["meta_key"].keys == ()


def test_keys_in_parquet_are_seen(tmp_path: Path) -> None:
    """Files tell them as databases do."""
    keys = ["billing_email", "billing_email", "marked_once", None]
    pq.write_table(pa.table({"meta_key": keys, "meta_value": [_SECRET] * 4}), tmp_path / "usermeta.parquet")

    (table,) = look_at(f"file://{tmp_path}").tables

    assert _columns(table)["meta_key"].keys == ("billing_email",)
