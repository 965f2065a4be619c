"""A dataset of Parquet files as one table: its files in parts of one schema each, and how they are read.

Each file is compared by its own types, so that a key never matches because a type was widened; only what is given out
is brought to the table's schema.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from pyarrow import fs

from data_contracts.connectors.obstacles import Obstacle, ObstacleKind
from data_contracts.errors import ContractMismatch, RightsflowError, SystemUnavailable
from integrations.systems.parquet.files import Hive, Listed, hive_of, is_called_parquet
from integrations.systems.parquet.filter import Filters
from integrations.systems.parquet.schema import Joined, joined, scanned

Shown = Callable[[str], str]
"""Gives a path below the dataset as it may be shown."""

_MAGIC = b"PAR1"
_MAGIC_ENCRYPTED = b"PARE"
_FORMAT = ds.ParquetFileFormat(
    # An INT96 of the year 9999 is no nanoseconds.
    read_options=ds.ParquetReadOptions(coerce_int96_timestamp_unit="us")
)
_MOST_KNOWN = 100_000
_BATCH_ROWS = 10_000
_INT64 = 1 << 63


@dataclass(frozen=True, slots=True)
class File:
    """A Parquet file.

    Attributes:
        schema: its own, without what its folders say.
        hive: columns that its folders give it.
    """

    path: str
    schema: pa.Schema
    hive: Hive = ()


@dataclass(frozen=True, slots=True)
class Part:
    """Files of one schema.

    Attributes:
        schema: the files' own types; of columns that they do not have the table's, and those of the folders.
    """

    files: tuple[File, ...]
    schema: pa.Schema
    dataset: ds.FileSystemDataset


@dataclass(frozen=True, slots=True)
class Dataset:
    """A table.

    Attributes:
        root: the folder below which its files lie.
        obstacles: what keeps it from being searched; while there is one, nothing is read.
        of_folders: names of its columns that folders give.
    """

    root: str
    files: tuple[File, ...]
    summaries: tuple[str, ...] = ()
    schema: pa.Schema = field(default_factory=lambda: pa.schema([]))
    nullable: frozenset[str] = frozenset()
    obstacles: tuple[Obstacle, ...] = ()
    of_folders: frozenset[str] = frozenset()
    is_folder: bool = True

    def below(self, path: str) -> str:
        """A path as seen from the root."""
        return path[len(self.root) :].strip("/")


class Footers:
    """Schemas of files, read once for each state of a file."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[object, pa.Schema]] = {}

    def of(self, filesystem: fs.FileSystem, info: fs.FileInfo) -> pa.Schema | ObstacleKind:
        """The schema of a file, or why it has none that can be read."""
        path, stamp = str(info.path), (info.size, info.mtime_ns)
        known = self._known.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        if not info.size:
            return ObstacleKind.EMPTY
        try:
            with filesystem.open_input_file(path) as source:
                schema = pq.ParquetFile(source, coerce_int96_timestamp_unit="us").schema_arrow
        except PermissionError:
            return ObstacleKind.DENIED
        except (OSError, pa.ArrowException):
            return _why_unreadable(filesystem, info)
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[path] = (stamp, schema)
        return schema


def _why_unreadable(filesystem: fs.FileSystem, info: fs.FileInfo) -> ObstacleKind:
    with filesystem.open_input_file(str(info.path)) as source:
        start = source.read(len(_MAGIC))
    if start == _MAGIC_ENCRYPTED:
        return ObstacleKind.ENCRYPTED
    is_parquet = start == _MAGIC or is_called_parquet(str(info.base_name))
    return ObstacleKind.DAMAGED if is_parquet else ObstacleKind.UNKNOWN_FILE


def looked_at(
    filesystem: fs.FileSystem,
    listed: Listed,
    footers: Footers,
    *,
    shown: Shown,
    numbers: frozenset[str] = frozenset(),
) -> Dataset:
    """What lies in a dataset's place, with all that keeps it from being searched.

    Args:
        filesystem: where it lies.
        listed: its files.
        footers: those that were read before.
        shown: gives a path below the root as it may be shown.
        numbers: columns that are integers where folders give them.
    """
    files, obstacles = [], [replace(one, place=shown(one.place)) for one in listed.obstacles]
    below = {str(info.path): str(info.path)[len(listed.root) :].strip("/") for info in listed.files}
    for info in listed.files:
        path, footer = str(info.path), footers.of(filesystem, info)
        if isinstance(footer, ObstacleKind):
            obstacles.append(Obstacle(footer, shown(below[path])))
            continue
        file = File(path, footer, hive_of(path, listed.root))
        differing = _disagreeing(filesystem, file)
        obstacles += [Obstacle(ObstacleKind.FOLDER_DIFFERS, shown(below[path]), column=name) for name in differing]
        files.append(replace(file, hive=tuple(h for h in file.hive if footer.get_field_index(h[0]) < 0)))
    own = joined((shown(below[file.path]), file.schema) for file in files)
    given = _given(files, own, numbers)
    schema = pa.schema([*own.schema, *given])
    alike = joined([("", pa.schema([pa.field(one.name, pa.null()) for one in schema]))]).obstacles
    return Dataset(
        listed.root,
        tuple(files),
        listed.summaries,
        schema,
        own.nullable | {one.name for one in given},
        tuple(dict.fromkeys((*obstacles, *(own.obstacles or alike)))),
        frozenset(one.name for one in given),
        listed.is_folder,
    )


def _given(files: Sequence[File], own: Joined, numbers: frozenset[str]) -> list[pa.Field]:
    """The columns that folders give, in the order of the folders."""
    values: dict[str, set[str]] = {}
    for file in files:
        for name, value in file.hive:
            values.setdefault(name, set()).update(() if value is None else (value,))
    return [
        pa.field(name, pa.int64() if name in numbers and all(map(_is_number, some)) else pa.string())
        for name, some in values.items()
        if own.schema.get_field_index(name) < 0
    ]


def _is_number(text: str) -> bool:
    # "05" is the fifth month as well as "5"; both are read, as Spark and Hive do.
    is_plain = text.isascii() and text.removeprefix("-").isdigit()
    return is_plain and -_INT64 <= int(text) < _INT64


def _disagreeing(filesystem: fs.FileSystem, file: File) -> Iterator[str]:
    """Columns of which a file itself says another thing than the folder that it lies in."""
    for name, value in file.hive:
        if file.schema.get_field_index(name) < 0:
            continue
        for batch in _FORMAT.make_fragment(file.path, filesystem).scanner(columns=[name]).to_batches():
            held = {None if one is None else str(one) for one in pc.unique(batch.column(0)).to_pylist()}
            if held - {value}:
                yield name
                break


# --- reading ----------------------------------------------------------------------------------------------------------


def parts_of(filesystem: fs.FileSystem, dataset: Dataset) -> list[Part]:
    """The files of a table by their own schema, in the order of their paths."""
    groups: dict[pa.Schema, list[File]] = {}
    for file in dataset.files:
        groups.setdefault(file.schema.remove_metadata(), []).append(file)
    parts = []
    for own, files in groups.items():
        missing = [one for one in dataset.schema if own.get_field_index(one.name) < 0]
        schema = pa.schema([*own, *missing])
        fragments = [fragment_of(filesystem, file, schema) for file in files]
        parts.append(Part(tuple(files), schema, ds.FileSystemDataset(fragments, schema, _FORMAT, filesystem)))
    return parts


def fragment_of(filesystem: fs.FileSystem, file: File, schema: pa.Schema) -> ds.Fragment:
    """A file as something to scan, with what its folders say."""
    said: pc.Expression | None = None
    for name, value in file.hive:
        one = pc.field(name).is_null()
        if value is not None:
            one = pc.field(name) == pa.scalar(constant(value, schema.field(name).type), schema.field(name).type)
        said = one if said is None else said & one
    return _FORMAT.make_fragment(file.path, filesystem, partition_expression=said)


def constant(value: str, type_: pa.DataType) -> str | int:
    """A folder's value as its column holds it."""
    return int(value) if pa.types.is_integer(type_) else value


@dataclass(frozen=True)
class Opened:
    """A table that can be read."""

    filesystem: fs.FileSystem
    dataset: Dataset
    path: str
    shown: Shown
    parts: tuple[tuple[Part, Filters], ...]

    def shown_path(self, path: str) -> str:
        """Where a file lies, as a message may say it."""
        return f"{self.path}: {self.shown(self.dataset.below(path))}"

    @contextmanager
    def naming(self, part: Part, columns: Sequence[str] = ()) -> Iterator[None]:
        """Let an error of reading name the file that it comes from."""
        try:
            yield
        except RightsflowError:
            raise
        except FileNotFoundError:
            raise SystemUnavailable(
                "a file of the dataset was taken away while it was read", where=self.path, remedy="try again"
            ) from None
        except (OSError, pa.ArrowException):
            for file in part.files:
                if not self.is_readable(file, part.schema, columns):
                    raise ContractMismatch(
                        "the file is damaged, or packed in a way that cannot be read",
                        where=self.shown_path(file.path),
                        remedy="restore it from where it came from, or move it out of the dataset, then try again",
                    ) from None
            raise

    def is_readable(self, file: File, schema: pa.Schema, columns: Sequence[str] = ()) -> bool:
        """Whether every value of some columns, or of all, can be read."""
        if self.filesystem.get_file_info(file.path).type != fs.FileType.File:
            return False
        scanner = fragment_of(self.filesystem, file, schema).scanner(
            schema=schema, columns=list(columns) or schema.names, batch_readahead=1
        )
        try:
            for _ in scanner.to_batches():
                pass
        except (OSError, pa.ArrowException):
            return False
        return True

    def batches(self, part: Part, columns: Any, where: pc.Expression) -> Iterator[pa.RecordBatch]:  # noqa: ANN401  # names or expressions
        """The selected rows of a part; little is read ahead, so that memory stays flat however large it is."""
        with self.naming(part):
            yield from scanned(
                part.dataset,
                part.schema,
                columns,
                filter=where,
                batch_size=_BATCH_ROWS,
                batch_readahead=2,
                fragment_readahead=1,
            )
