"""Files of identity keys, read in batches, and the answers about them, written as they come; memory stays flat.

A file is CSV or Parquet, told by its name. Its columns are ``kind`` and ``value``, or one column that is named as an
identity kind; other columns are left alone. Errors name the file and never quote what it holds (law 1).
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pv
import pyarrow.parquet as pq

from data_contracts.errors import RequestInvalid

BATCH = 20_000
_KIND, _VALUE = "kind", "value"
_BLOCK_BYTES = 1 << 20
_PARQUET = ".parquet"


def read_keys(file: Path, kinds: Iterable[str]) -> Iterator[list[tuple[str, str]]]:
    """Kind and value of each line, in batches.

    Args:
        file: CSV or Parquet.
        kinds: identity kinds that a single column may be named as.

    Raises:
        RequestInvalid: when the file cannot be read, or has other columns.
    """
    with _our_errors(file):
        for batch in _batches(file, sorted(kinds)):
            for start in range(0, batch.num_rows, BATCH):
                yield _pairs(batch.slice(start, BATCH))


@contextmanager
def answers_to(file: Path) -> Iterator["AnswerFile"]:
    """A file of answers that appears, whole, when the block ends without error; CSV, or Parquet by its name."""
    draft = file.with_name(f"{file.name}.part")
    made = AnswerFile(draft, is_parquet=file.suffix == _PARQUET)
    try:
        yield made
        made.close()
        draft.replace(file)
    finally:
        made.close()
        draft.unlink(missing_ok=True)


class AnswerFile:
    """Answers, line by line: number of the line from 1, yes or no, the code of why."""

    _SCHEMA = pa.schema([("line", pa.int64()), ("may", pa.string()), ("reason", pa.string())])

    def __init__(self, file: Path, *, is_parquet: bool) -> None:
        self._lines = 0
        file.touch(mode=0o600)
        made: Any = pq.ParquetWriter(file, self._SCHEMA) if is_parquet else pv.CSVWriter(file, self._SCHEMA)
        self._writer = made

    def write(self, may: Sequence[bool], reasons: Sequence[str]) -> None:
        """Add answers in the order of the keys."""
        count = len(may)
        numbers = pa.array(range(self._lines + 1, self._lines + count + 1), pa.int64())
        said = pa.array(["yes" if one else "no" for one in may])
        self._writer.write_batch(pa.record_batch([numbers, said, pa.array(reasons, pa.string())], schema=self._SCHEMA))
        self._lines += count

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()


def _batches(file: Path, kinds: Sequence[str]) -> Iterator[pa.RecordBatch]:
    if file.suffix == _PARQUET:
        with pq.ParquetFile(file) as source:
            wanted = _wanted(source.schema_arrow.names, kinds, file)
            yield from (batch.select(wanted) for batch in source.iter_batches(batch_size=BATCH, columns=wanted))
        return
    convert = pv.ConvertOptions(
        column_types=dict.fromkeys((_KIND, _VALUE, *kinds), pa.string()), strings_can_be_null=False
    )
    with pv.open_csv(file, pv.ReadOptions(block_size=_BLOCK_BYTES), convert_options=convert) as stream:
        wanted = _wanted(stream.schema.names, kinds, file)
        for batch in stream:
            yield batch.select(wanted)


def _wanted(names: Sequence[str], kinds: Sequence[str], file: Path) -> list[str]:
    if {_KIND, _VALUE} <= set(names):
        return [_KIND, _VALUE]
    found = [name for name in names if name in kinds]
    if len(found) == 1:
        return found
    raise RequestInvalid(
        "the file has neither the columns kind and value nor one column named as an identity kind",
        where=str(file),
        remedy=f"name the columns; identity kinds are: {', '.join(kinds)}",
    )


def _pairs(batch: pa.RecordBatch) -> list[tuple[str, str]]:
    values = _texts(batch.column(batch.num_columns - 1))
    kinds = _texts(batch.column(0)) if batch.num_columns > 1 else [batch.schema.names[0]] * len(values)
    return list(zip(kinds, values, strict=True))


def _texts(column: pa.Array) -> list[str]:
    return [value or "" for value in column.cast(pa.string()).to_pylist()]


@contextmanager
def _our_errors(file: Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, ValueError, OSError):
        raise RequestInvalid(
            "the file cannot be read as what its name says", where=str(file), remedy="give CSV (UTF-8) or Parquet"
        ) from None
