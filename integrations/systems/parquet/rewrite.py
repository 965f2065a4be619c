"""Replacing Parquet files by copies without what is erased.

1. A copy is written beside each file, as a draft: a name of our own kind that no reader of the dataset takes for data.
2. When all drafts of an order are whole, and no file was changed meanwhile, each is moved over its file in one step; on
   S3 that is one copy of an object. Where a draft cannot be written (a full disk, no right), no file has changed.
3. What an interrupted rewrite left behind goes with the next one: :func:`remove_leftovers`.
"""

import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from data_contracts.errors import SystemUnavailable
from integrations.systems.parquet.files import DRAFT, is_mark
from integrations.systems.parquet.form import opened, options_of, without_unused

Change: TypeAlias = Callable[[pa.Table], pa.Table]
Rename: TypeAlias = Callable[[pa.Schema], pa.Schema]

_MOST_ROWS = 250_000
_BATCH_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Draft:
    """A copy that waits to take its file's place.

    Attributes:
        path: of the file.
        copy: of the draft.
        stamp: what the file was when it was read.
        rows: of the draft.
        target: where the draft goes; empty: nowhere, the file goes.
        keeps_file: the file stays as it is beside the target.
    """

    path: str
    copy: str
    stamp: tuple[object, ...]
    rows: int
    target: str
    keeps_file: bool = False


def leftover_of(path: str) -> str:
    """Where a copy of a file is written; never twice the same, so that two processes do not write into one."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/{DRAFT}{secrets.token_hex(4)}-{_short(name)}"


def remove_leftovers(filesystem: fs.FileSystem, folder: str, *, below: bool = True) -> None:
    """Take away what interrupted rewrites left in ``folder`` and, if asked, below it."""
    selector = fs.FileSelector(folder, recursive=below, allow_not_found=True)
    for info in filesystem.get_file_info(selector):
        if info.type == fs.FileType.File and info.base_name.startswith(DRAFT):
            with suppress(FileNotFoundError):
                filesystem.delete_file(info.path)


def draft(
    filesystem: fs.FileSystem, path: str, change: Change, *, target: str, schema: Rename = lambda known: known
) -> Draft:
    """A copy of a file, beside it.

    Args:
        filesystem: where the file lies.
        path: of the file.
        change: gives the rows to keep, as they are to be, for some rows of the file at a time.
        target: where the copy will go.
        schema: gives the copy's schema: the file's, with other metadata perhaps.
    """
    path = _real(filesystem, path)
    before = _stamp(filesystem, path)
    copy = leftover_of(path)
    try:
        with filesystem.open_input_file(path) as source, filesystem.open_output_stream(copy, compression=None) as sink:
            rows = _copy(opened(source), sink, change, schema)
        _keep_rights(filesystem, path, copy)
    except BaseException:
        drop(filesystem, [copy])
        raise
    return Draft(path, copy, before, rows, target)


def drop(filesystem: fs.FileSystem, copies: Iterable[str]) -> None:
    """Take drafts away that will not be used."""
    for copy in copies:
        with suppress(OSError):
            filesystem.delete_file(copy)


def check_unchanged(filesystem: fs.FileSystem, drafts: Sequence[Draft], *, where: str) -> None:
    """See that no file was changed since its copy was made.

    Raises:
        SystemUnavailable: when somebody else changed one; the copies are gone, and nothing was replaced.
    """
    if any(_stamp(filesystem, one.path) != one.stamp for one in drafts):
        drop(filesystem, (one.copy for one in drafts))
        raise SystemUnavailable(
            "a file of the dataset was changed while it was rewritten", where=where, remedy="try again"
        )


def settle(filesystem: fs.FileSystem, drafts: Sequence[Draft]) -> None:
    """Put every draft in its place, first to last."""
    for one in drafts:
        target = _real(filesystem, one.target) if one.target else ""
        if target:
            if target != one.path:
                filesystem.create_dir(target.rpartition("/")[0], recursive=True)
            filesystem.move(one.copy, target)
        else:
            filesystem.delete_file(one.copy)
        if target != one.path and not one.keeps_file:
            filesystem.delete_file(one.path)
        for path in {one.path, target} - {""}:
            _drop_checksum(filesystem, path)


def remove_emptied(filesystem: fs.FileSystem, folder: str, root: str) -> None:
    """Take away a folder without files, and those above it, up to the dataset's own."""
    while folder.startswith(f"{root}/"):
        infos = filesystem.get_file_info(fs.FileSelector(folder, recursive=True, allow_not_found=True))
        if not all(is_mark(info) or info.type == fs.FileType.Directory for info in infos):
            return
        with suppress(FileNotFoundError):
            filesystem.delete_dir(folder)
        folder = folder.rpartition("/")[0]


def _short(name: str) -> str:
    return name.encode()[-160:].decode(errors="ignore")


def _real(filesystem: fs.FileSystem, path: str) -> str:
    """The file itself where its name is a link: what a link leads to holds the rows."""
    return os.path.realpath(path) if isinstance(filesystem, fs.LocalFileSystem) else path


def _keep_rights(filesystem: fs.FileSystem, path: str, copy: str) -> None:
    if isinstance(filesystem, fs.LocalFileSystem):
        shutil.copymode(path, copy)
        known = os.stat(path)  # noqa: PTH116  # a path of pyarrow
        with suppress(PermissionError):
            os.chown(copy, known.st_uid, known.st_gid)


def _drop_checksum(filesystem: fs.FileSystem, path: str) -> None:
    """Hadoop keeps a checksum beside a file, which would no longer fit."""
    folder, _, name = path.rpartition("/")
    checksum = f"{folder}/.{name}.crc"
    if filesystem.get_file_info(checksum).type == fs.FileType.File:
        filesystem.delete_file(checksum)


def _stamp(filesystem: fs.FileSystem, path: str) -> tuple[object, ...]:
    info = filesystem.get_file_info(path)
    return info.type, info.size, info.mtime_ns


@contextmanager
def _writer(source: pq.ParquetFile, sink: pa.NativeFile, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    with pq.ParquetWriter(sink, schema, **options_of(source)) as writer:
        yield writer


def _copy(source: pq.ParquetFile, sink: pa.NativeFile, change: Change, rename: Rename) -> int:
    rows, schema = 0, rename(source.schema_arrow)
    with _writer(source, sink, schema) as writer:
        for group in _groups(source, change):
            writer.write_table(pa.Table.from_arrays(group.columns, schema=schema), row_group_size=max(len(group), 1))
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
                yield without_unused(pa.concat_tables(waiting))
                waiting = []
        if sum(map(len, waiting)) * 2 >= longest:  # what is left of a few small groups becomes one
            yield without_unused(pa.concat_tables(waiting))
            waiting = []
    if any(map(len, waiting)):
        yield without_unused(pa.concat_tables(waiting))
