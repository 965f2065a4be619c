"""Files of rows, told by their first bytes: Parquet, Arrow (Feather), ORC."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

_BATCH_ROWS: Final = 10_000
_BUFFER_BYTES: Final = 1 << 20


class TableFile(Protocol):
    """A file of rows."""

    schema: pa.Schema

    def batches(self, columns: Sequence[int]) -> Iterator[pa.RecordBatch]:
        """Rows, with the columns at these places of the schema alone."""

    def said(self) -> Iterator[tuple[str, object]]:
        """What the file says beside its rows, by the column of which it says so (``""``: of itself)."""


class _Parquet:
    def __init__(self, file: Any) -> None:  # noqa: ANN401  # pyarrow has no types
        self._file = pq.ParquetFile(file, pre_buffer=False, buffer_size=_BUFFER_BYTES)
        self.schema = self._file.schema_arrow

    def batches(self, columns: Sequence[int]) -> Iterator[pa.RecordBatch]:
        if self._is_summary():
            return
        names = [self.schema.field(place).name for place in columns]
        yield from self._file.iter_batches(_BATCH_ROWS, columns=names, use_threads=False)

    def _is_summary(self) -> bool:
        """Whether it tells of rows that lie in other files."""
        groups = self._file.metadata
        return bool(
            groups.num_row_groups and groups.row_group(0).num_columns and groups.row_group(0).column(0).file_path
        )

    def said(self) -> Iterator[tuple[str, object]]:
        metadata = self._file.metadata
        for key, value in (metadata.metadata or {}).items():
            if key != b"ARROW:schema":
                yield "", key
                yield "", value
        for i in range(metadata.num_row_groups):
            group = metadata.row_group(i)
            for j in range(group.num_columns):
                column = group.column(j)
                yield "", column.file_path
                name = _column_of(column.path_in_schema, self.schema.names)
                yield from ((name, value) for value in _bounds(column))


def _column_of(path: str, names: Sequence[str]) -> str:
    """The column that a value lies in; names may hold dots."""
    return max((name for name in names if f"{path}.".startswith(f"{name}.")), key=len, default="")


def _bounds(column: Any) -> Iterator[object]:  # noqa: ANN401  # pyarrow has no types
    found = column.statistics
    if found is not None and found.has_min_max:
        yield from (found.min_raw, found.max_raw)


class _Arrow:
    def __init__(self, file: Any) -> None:  # noqa: ANN401  # pyarrow has no types
        self._file = pa.ipc.open_file(file)
        self.schema = self._file.schema

    def batches(self, columns: Sequence[int]) -> Iterator[pa.RecordBatch]:
        for i in range(self._file.num_record_batches):
            yield self._file.get_batch(i).select(list(columns))

    def said(self) -> Iterator[tuple[str, object]]:
        for key, value in (self.schema.metadata or {}).items():
            yield "", key
            yield "", value


class _Orc:
    def __init__(self, file: Any) -> None:  # noqa: ANN401  # pyarrow has no types
        from pyarrow import orc  # noqa: PLC0415  # not every build of pyarrow has it

        self._file = orc.ORCFile(file)
        self.schema = self._file.schema

    def batches(self, columns: Sequence[int]) -> Iterator[pa.RecordBatch]:
        for i in range(self._file.nstripes):
            yield self._file.read_stripe(i).select(list(columns))

    def said(self) -> Iterator[tuple[str, object]]:
        for key, value in (self._file.metadata or {}).items():
            yield "", key
            yield "", value


_MAGIC: Final = ((b"PAR1", _Parquet), (b"ARROW1", _Arrow), (b"ORC", _Orc))


def opened_table(file: Any) -> TableFile | None:  # noqa: ANN401  # pyarrow has no types
    """The rows of an opened file; None when it is no file of rows."""
    head = file.read(8)
    file.seek(0)
    kind = next((made for magic, made in _MAGIC if head.startswith(magic)), None)
    return None if kind is None else kind(file)
