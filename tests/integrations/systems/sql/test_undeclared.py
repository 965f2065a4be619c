"""Charter 1.3: what lies in a system and no contract names."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from integrations.systems.directory import DirectorySystems, open_connector
from integrations.systems.memory import MemoryConnector
from tests.integrations.shop import CONTRACT, META, PARIS


def _run(url: str, *statements: str) -> None:
    engine = sa.create_engine(url)
    META.create_all(engine)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def test_tables_and_copies_but_no_views_and_no_partitions(postgres_database: Callable[[], str]) -> None:
    """A materialised view holds a copy; a view holds nothing, and a partition's rows are its table's."""
    url = postgres_database()
    _run(
        url,
        "CREATE TABLE stray (id int, at date) PARTITION BY RANGE (at)",
        "CREATE TABLE stray_2026 PARTITION OF stray FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
        "CREATE VIEW seen AS SELECT * FROM customer",
        "CREATE MATERIALIZED VIEW copied AS SELECT * FROM customer",
    )

    connector = open_connector(CONTRACT, url, time_zone=PARIS)

    assert connector.undeclared() == ["copied", "stray"]
    connector.close()


def test_tables_of_another_schema_bear_its_name(postgres_database: Callable[[], str]) -> None:
    """Where the contract names a table of a schema, the others there are looked at too."""
    url = postgres_database()
    _run(url, "CREATE SCHEMA old", "CREATE TABLE old.customer (no text)", "CREATE TABLE old.leftover (no text)")
    moved = replace(CONTRACT.tables[0], physical_name="old.customer")

    connector = open_connector(replace(CONTRACT, tables=(moved,)), url, time_zone=PARIS)

    assert connector.undeclared() == ["old.leftover"]
    connector.close()


def test_systems_that_share_a_database_declare_each_others_tables(tmp_path: Path) -> None:
    """Two systems in one database are no strangers to each other, whoever signs in; a third table is one to both."""
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    _run(url, "CREATE TABLE stray (id INTEGER)")
    one = replace(CONTRACT, name="one", tables=CONTRACT.tables[:1])
    two = replace(CONTRACT, name="two", tables=CONTRACT.tables[1:])

    systems = DirectorySystems({"one": one, "two": two}, {"one": url, "two": url}, time_zone=PARIS)

    assert systems.connector("one").undeclared() == ["stray"]
    assert systems.connector("two").undeclared() == ["stray"]
    systems.close()


def test_datasets_that_no_contract_names(tmp_path: Path) -> None:
    """Folders and files, hidden ones too: a copy is a copy, whatever its name."""
    for name in ("customer", "stray", "_tmp"):
        (tmp_path / name).mkdir()
        pq.write_table(pa.table({"no": ["1"]}), tmp_path / name / "0.parquet")
    pq.write_table(pa.table({"no": ["1"]}), tmp_path / "line.parquet")
    pq.write_table(pa.table({"no": ["1"]}), tmp_path / "other.parquet")

    connector = open_connector(CONTRACT, tmp_path.as_uri(), time_zone=PARIS)

    assert connector.undeclared() == ["_tmp", "other", "stray"]


def test_rows_in_memory_that_no_contract_names() -> None:
    """The system in memory says so too."""
    assert MemoryConnector(CONTRACT, {"customer": [], "line": [], "stray": []}, time_zone=PARIS).undeclared() == [
        "stray"
    ]
