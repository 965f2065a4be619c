"""A lake of Parquet files, end to end: hers goes from files, folders and summaries; what is odd stops the search."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_contracts.vocabulary import Decision, Gate, Right
from tests.integrations.lakes import TYPES
from tests.whose.packages import package_of
from tests.whose.town import Town, a_town, column, number, table

_ANA, _BEN = "ana@example.org", "ben@example.org"
_KEY: dict[str, Any] = {"identity": "email", "assertion": "confirmed"}
MakeLake = Callable[..., Town]


@pytest.fixture
def ev(tmp_path: Path) -> Path:
    """The folder of the one dataset."""
    return tmp_path / "lake" / "ev"


@pytest.fixture
def lake(ev: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeLake]:
    """Makes a house over the lake, whose table has these columns beside its number."""
    url = ev.parent.as_uri()
    monkeypatch.setenv("RIGHTSFLOW_SYSTEM_SYS_URL", url)
    with ExitStack() as stack:

        def make(*columns: dict[str, Any], **dsr: Any) -> Town:
            tables = [table("ev", number(), *columns, account="email", **dsr)]
            return stack.enter_context(a_town(tmp_path, url, tables))

        yield make


def _write(path: Path, *rows: tuple[int, str], **more: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = {"id": [row[0] for row in rows], "email": [row[1] for row in rows]}
    pq.write_table(pa.table(columns | {name: [value] * len(rows) for name, value in more.items()}), path)


def _rows(ev: Path) -> list[dict[str, Any]]:
    files = [path for path in sorted(ev.rglob("*")) if path.is_file() and not path.name.startswith("_")]
    return [row for path in files for row in pq.ParquetFile(path).read().to_pylist()]


def test_files_of_any_name(lake: MakeLake, ev: Path) -> None:
    """b11: her rows go from each, his stay."""
    for place, name in enumerate(
        ["a.parquet", "b.PARQUET", "c.parq", "part-00000", "d.parquet.gz", "e.pq", ".f", "_x/g"]
    ):
        _write(ev / name, (place, _ANA), (100 + place, _BEN))
    town = lake(column("email", **_KEY))

    assert town.house.walk(town.open(Right.ERASURE, email=_ANA)) == "granted"

    assert not [path for path in ev.rglob("*") if path.is_file() and _ANA.encode() in path.read_bytes()]
    assert len([path for path in ev.rglob("*") if path.is_file()]) == 8


@pytest.mark.parametrize("mark", ["_delta_log/00000000000000000000.json", "metadata/1.metadata.json", ".hoodie/x"])
@pytest.mark.parametrize("right", [Right.ACCESS, Right.ERASURE])
def test_tables_with_a_log(lake: MakeLake, ev: Path, mark: str, right: Right) -> None:
    """b13: nothing is disclosed or rewritten behind the log; the gate says what to do."""
    _write(ev / "part-0.parquet", (1, _ANA))
    (ev / mark).parent.mkdir()
    (ev / mark).write_text("{}")
    before = (ev / "part-0.parquet").read_bytes()
    town = lake(column("email", **_KEY))

    gate = town.house.until(Gate.OUTAGE, town.open(right, email=_ANA))

    assert "take the table out of the contract and answer for it by hand" in gate.description
    assert (ev / "part-0.parquet").read_bytes() == before


def test_the_summary_file(lake: MakeLake, ev: Path) -> None:
    """b14: it holds her address in its statistics; afterwards it fits the files again."""
    _write(ev / "a.parquet", (1, _ANA), (2, _BEN))
    meta = pq.read_metadata(ev / "a.parquet")
    meta.set_file_path("a.parquet")
    meta.write_metadata_file(str(ev / "_metadata"))
    town = lake(column("email", **_KEY))

    town.house.walk(town.open(Right.ERASURE, email=_ANA))

    assert _ANA.encode() not in (ev / "_metadata").read_bytes()
    assert pq.read_metadata(ev / "_metadata").num_rows == 1


def test_the_key_is_a_folder(lake: MakeLake, ev: Path, tmp_path: Path) -> None:
    """b15: the folder's rows are hers, shown with what the folders say; its name goes with them."""
    for place, who in enumerate((_ANA, _BEN)):
        path = ev / f"email={who.replace('@', '%40')}" / "country=FR" / "x.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(pa.table({"id": [place]}), path)
    town = lake(column("email", **_KEY), column("country"))
    case_id = town.open(Right.ACCESS, email=_ANA)

    town.house.walk(case_id)
    town.house.walk(town.open(Right.ERASURE, email=_ANA))

    assert package_of(town, case_id, tmp_path / "p")["ev"] == [{"id": 0, "email": _ANA, "country": "FR"}]
    assert [path.name for path in sorted(ev.iterdir())] == ["email=ben%40example.org"]


@pytest.mark.parametrize("erased", ["token", "mask"])
def test_a_folder_that_is_blanked(lake: MakeLake, ev: Path, erased: str) -> None:
    """Erasing by column moves her rows to the folder of the new value; the proof looks there."""
    for place, who in enumerate((_ANA, _BEN)):
        path = ev / f"email={who}" / "x.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(pa.table({"id": [place]}), path)
    town = lake(column("email", erase=erased, **_KEY), erase="columns")

    assert town.house.walk(town.open(Right.ERASURE, email=_ANA)) == "granted"

    names = [path.name for path in sorted(ev.iterdir())]
    assert len(names) == 2
    assert f"email={_ANA}" not in names
    assert sorted(row["id"] for row in _rows(ev)) == [0, 1]


def test_the_last_file_of_a_younger_column(lake: MakeLake, ev: Path) -> None:
    """c2: it stays, empty; nobody's later case is stopped by it."""
    _write(ev / "2024.parquet", (1, _BEN))
    _write(ev / "2025.parquet", (2, _ANA), v="x")
    town = lake(column("email", **_KEY), column("v"))

    assert town.house.walk(town.open(Right.ERASURE, email=_ANA)) == "granted"

    assert town.house.walk(town.open(Right.ERASURE, email=_BEN)) == "granted"
    assert _rows(ev) == []


def test_a_bad_file_is_named_and_the_case_goes_on_without_it(lake: MakeLake, ev: Path) -> None:
    """c12: the gate names table and file, with a remedy; when that is done the case ends by itself."""
    _write(ev / "a.parquet", (1, _ANA), (2, _BEN))
    (ev / "b.parquet").write_bytes(b"PAR1 broken")
    town = lake(column("email", **_KEY))
    case_id = town.open(Right.ERASURE, email=_ANA)

    gate = town.house.until(Gate.OUTAGE, case_id)
    _write(ev / "b.parquet", (3, _ANA))  # restored, as the gate says
    town.house.answer(gate, Decision.RETRY)

    assert "sys.ev: the file `b.parquet` is damaged, or not whole" in gate.description
    assert town.house.walk(case_id) == "granted"
    assert _rows(ev) == [{"id": 2, "email": _BEN}]


def test_values_of_every_type_are_packed(lake: MakeLake, ev: Path, tmp_path: Path) -> None:
    """Item 7: whatever Arrow puts into Parquet comes out of an access, in every format, without an error."""
    ev.mkdir(parents=True)
    pq.write_table(pa.table({"id": [1, 2, 3], "email": [_ANA, _BEN, _BEN], **TYPES}), ev / "part-0")
    town = lake(column("email", **_KEY), *(column(name) for name in TYPES))
    case_id = town.open(Right.ACCESS, email=_ANA)

    assert town.house.walk(case_id) == "granted"

    (row,) = package_of(town, case_id, tmp_path / "p")["ev"]
    assert {name for name, value in row.items() if value is None} == {"nothing"}
    assert str(row["uint64"]) == str(2**64 - 1)
    assert row["decimal256"] == "9" * 70
    assert row["date_far"] == "+5881580-07-11"
