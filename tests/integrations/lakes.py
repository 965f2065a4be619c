"""Datasets of Parquet files in every form in which other programs leave them, on the disk and in S3."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from data_contracts.company.contract import Column, SystemContract, Table
from data_contracts.connectors.keys import ChangeColumns, Condition, DeleteRows, Selection
from data_contracts.vocabulary import TableErasure
from integrations.systems.parquet.connector import ParquetConnector

MAIL = "ana@example.org"
_FAR = 10**17  # microseconds: more than three thousand years
TYPES: dict[str, pa.Array] = {
    "time_ns": pa.array([1, 2, None], pa.timestamp("ns")),
    "time_ns_zone": pa.array([1, 2, None], pa.timestamp("ns", "Europe/Paris")),
    "time_us_far": pa.array([_FAR, -_FAR, 9 * _FAR], pa.timestamp("us")),
    "time_ms": pa.array([1, 2, None], pa.timestamp("ms", "UTC")),
    "time_s": pa.array([1, 2, None], pa.timestamp("s")),
    "date_far": pa.array([2**31 - 1, -(2**31), 0], pa.int32()).cast(pa.date32()),
    "date64": pa.array([0, 86_400_000, None], pa.date64()),
    "time_of_day": pa.array([1, None, 3], pa.time64("ns")),
    "duration": pa.array([1, None, 3], pa.duration("ns")),
    "decimal128": pa.array([Decimal("1.10"), None, Decimal("9" * 36 + ".99")], pa.decimal128(38, 2)),
    "decimal256": pa.array([Decimal("9" * 70), None, Decimal(1)], pa.decimal256(76, 0)),
    "uint64": pa.array([2**64 - 1, 0, None], pa.uint64()),
    "uint32": pa.array([2**32 - 1, 0, None], pa.uint32()),
    "float16": pa.array([1.5, None, 2.5], pa.float16()),
    "bytes": pa.array([b"\xff\x00", None, b"\xfe"], pa.binary()),
    "four_bytes": pa.array([b"\xff\xff\xff\xff", None, b"wxyz"], pa.binary(4)),
    "large": pa.array(["a", None, "c"], pa.large_string()),
    "view": pa.array(["a", None, "c"], pa.string_view()),
    "views": pa.array([["a"], None, ["c"]], pa.list_(pa.string_view())),
    "packed": pa.array(["web", "app", None]).dictionary_encode(),
    "ordered": pa.DictionaryArray.from_arrays(pa.array([2, 0, 1], pa.int8()), ["s", "m", "l"], ordered=True),
    "packed_inside": pa.array([["x"], ["y"], None], pa.list_(pa.dictionary(pa.int32(), pa.string()))),
    "list": pa.array([[1], None, []], pa.list_(pa.int8())),
    "pair": pa.array([[1, 2], None, [3, 4]], pa.list_(pa.int32(), 2)),
    "struct": pa.array(
        [{"a": 1, "b": ["x"]}, None, {"a": None, "b": None}],
        pa.struct([("a", pa.int16()), ("b", pa.list_(pa.string()))]),
    ),
    "map": pa.array([[("k", 1)], None, []], pa.map_(pa.string(), pa.int64())),
    "nothing": pa.nulls(3),
    "uuid": pa.array([UUID(int=1).bytes, None, UUID(int=3).bytes], pa.uuid()),
    "json": pa.array(["{}", None, "[]"], pa.json_()),
    "flag": pa.array([True, None, False]),
}
"""Three values of every type that Arrow puts into Parquet, by a name."""


def contract_of(*columns: str, table: str = "ev", **kinds: str) -> SystemContract:
    """A lake of one table, whose column ``mail`` is an identity; ``kinds`` says what is no string."""
    made = tuple(
        Column(
            c, kinds.get(c, "string"), identity="email" if c == "mail" else "", is_personal=c not in {"id", "country"}
        )
        for c in columns
    )
    return SystemContract("lake", "Lake", "1", "acme", (Table("lake", table, made, TableErasure.DELETE),))


@dataclass(frozen=True)
class Lake:
    """A folder of a file system, and the connector to it."""

    filesystem: fs.FileSystem
    base: str
    connector: ParquetConnector

    def write(self, path: str, *rows: Mapping[str, Any], schema: pa.Schema | None = None, **how: Any) -> None:
        """A file of rows."""
        self.put(path, pa.Table.from_pylist(list(map(dict, rows)), schema=schema), **how)

    def put(self, path: str, table: pa.Table, **how: Any) -> None:
        """A file of a table."""
        self._folder(path)
        pq.write_table(table, f"{self.base}/{path}", filesystem=self.filesystem, **how)

    def drop(self, path: str, raw: bytes) -> None:
        """A file of bytes."""
        self._folder(path)
        with self.filesystem.open_output_stream(f"{self.base}/{path}", compression=None) as sink:
            sink.write(raw)

    def bytes_of(self, path: str) -> bytes:
        """What a file holds."""
        with self.filesystem.open_input_file(f"{self.base}/{path}") as source:
            return bytes(source.read())

    def table(self, path: str) -> pa.Table:
        """The rows of a file, by its own columns."""
        with self.filesystem.open_input_file(f"{self.base}/{path}") as source:
            return pq.ParquetFile(source).read()

    def names(self, *, folders: bool = False) -> list[str]:
        """Paths of all files, hidden ones too; of folders as well if asked."""
        infos = self.filesystem.get_file_info(fs.FileSelector(self.base, recursive=True))
        kept = (info for info in infos if folders or info.type == fs.FileType.File)
        return sorted(str(info.path)[len(self.base) :].strip("/") for info in kept)

    def traces(self, text: str) -> list[str]:
        """Where a text still is: in the name of a file or folder, or in a file's bytes."""
        named = [path for path in self.names(folders=True) if text.lower() in path.lower()]
        return named + [path for path in self.names() if text.encode().lower() in self.bytes_of(path).lower()]

    def rows(self, selection: Selection, *columns: str) -> list[dict[str, Any]]:
        """Selected rows as the connector gives them."""
        return [row for batch in self.connector.read(selection, columns) for row in batch.to_pylist()]

    def _folder(self, path: str) -> None:
        self.filesystem.create_dir(f"{self.base}/{path}".rpartition("/")[0], recursive=True)


def a_lake(url: str, contract: SystemContract) -> Lake:
    """A lake at a URL."""
    filesystem, base = fs.FileSystem.from_uri(url)
    filesystem.create_dir(base, recursive=True)
    return Lake(filesystem, base, ParquetConnector(contract, url, time_zone="Europe/Paris"))


def of(*keys: Any, column: str = "mail", table: str = "ev") -> Selection:
    """Rows whose column holds one of the keys."""
    return Selection(table, (Condition((column,), frozenset((key,) for key in keys)),))


def erase(lake: Lake, *keys: Any, column: str = "mail") -> int:
    """Delete the rows of some keys; how many they were."""
    return lake.connector.carry_out([DeleteRows(of(*keys, column=column))])[0]


def change(lake: Lake, selection: Selection, **said: Any) -> int:
    """Change columns of rows; how many they were."""
    return lake.connector.carry_out([ChangeColumns(selection, **said)])[0]


def kinds_of(lake: Lake) -> Sequence[tuple[str, str]]:
    """What is in the way of a search, and where."""
    return [(one.kind.value, one.place) for one in lake.connector.describe().obstacles.get("ev", ())]
