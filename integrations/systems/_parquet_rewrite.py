"""Replacing one Parquet file by a copy without what is erased.

1. The copy is written beside the file under a name that readers of datasets skip (it starts with ``_``).
2. If the file was not changed meanwhile, the copy is moved over it in one step; on S3 that is one copy of an object.
3. What an interrupted rewrite left behind is a name of its own kind: :func:`remove_leftovers` takes it away.

Schema, metadata, compression and about the size of row groups stay.
"""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from data_contracts.errors import SystemUnavailable

Change: TypeAlias = Callable[[pa.Table], pa.Table]

_LEFTOVER = "_rightsflow-"
_MOST_ROWS = 250_000
_BATCH_ROWS = 50_000


def leftover_of(path: str) -> str:
    """Where the copy of a file is written."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/{_LEFTOVER}{name}"


def remove_leftovers(filesystem: fs.FileSystem, folder: str) -> None:
    """Take away what interrupted rewrites left in ``folder`` and below it."""
    selector = fs.FileSelector(folder, recursive=True, allow_not_found=True)
    for info in filesystem.get_file_info(selector):
        if info.type == fs.FileType.File and info.base_name.startswith(_LEFTOVER):
            filesystem.delete_file(info.path)


def rewrite(filesystem: fs.FileSystem, path: str, change: Change, *, keep_empty: bool) -> None:
    """Replace a file by what ``change`` makes of it; remove it when no row is left.

    Args:
        filesystem: where the file lies.
        path: of the file.
        change: gives the rows to keep, as they are to be, for some rows of the file at a time.
        keep_empty: keep the file, and so the schema, when no row is left.

    Raises:
        SystemUnavailable: when somebody else changed the file meanwhile; nothing was replaced.
    """
    before = _stamp(filesystem, path)
    copy = leftover_of(path)
    with filesystem.open_input_file(path) as source, filesystem.open_output_stream(copy, compression=None) as sink:
        rows = _copy(pq.ParquetFile(source), sink, change)
    if _stamp(filesystem, path) != before:
        filesystem.delete_file(copy)
        raise SystemUnavailable("a file of the dataset was changed while it was rewritten", remedy="try again")
    if rows or keep_empty:
        filesystem.move(copy, path)
        return
    filesystem.delete_file(path)
    filesystem.delete_file(copy)


def _stamp(filesystem: fs.FileSystem, path: str) -> tuple[object, ...]:
    info = filesystem.get_file_info(path)
    return info.type, info.size, info.mtime_ns


def _copy(source: pq.ParquetFile, sink: pa.NativeFile, change: Change) -> int:
    rows = 0
    with pq.ParquetWriter(sink, source.schema_arrow, compression=_compression(source.metadata)) as writer:
        for group in _groups(source, change):
            writer.write_table(group, row_group_size=max(len(group), 1))
            rows += len(group)
    return rows


def _groups(source: pq.ParquetFile, change: Change) -> Iterator[pa.Table]:
    """What is left of the file, in tables about as long as its row groups."""
    meta = source.metadata
    longest = max((meta.row_group(i).num_rows for i in range(meta.num_row_groups)), default=1)
    waiting: list[pa.Table] = []
    for place in range(meta.num_row_groups):
        for batch in source.iter_batches(row_groups=[place], batch_size=_BATCH_ROWS):
            waiting.append(change(pa.Table.from_batches([batch], schema=source.schema_arrow)))
            if sum(map(len, waiting)) >= _MOST_ROWS:
                yield pa.concat_tables(waiting)
                waiting = []
        if sum(map(len, waiting)) * 2 >= longest:  # what is left of a few small groups becomes one
            yield pa.concat_tables(waiting)
            waiting = []
    if any(map(len, waiting)):
        yield pa.concat_tables(waiting)


def _compression(meta: pq.FileMetaData) -> dict[str, str] | str:
    if not meta.num_row_groups:
        return "snappy"
    group = meta.row_group(0)
    columns = (group.column(i) for i in range(group.num_columns))
    return {c.path_in_schema: c.compression.lower().replace("uncompressed", "none") for c in columns}
