"""Files of identity keys, read in batches, and the answers about them, written as they come; memory stays flat.

A file is a list (:mod:`data_contracts.text.lists`) or Parquet, told by its name. Its columns are ``kind`` and
``value``, or one column that is named as an identity kind; other columns are left alone. Errors name the file and the
line, and never quote what it holds (law 1).
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pv
import pyarrow.parquet as pq

from data_contracts.errors import RequestInvalid
from data_contracts.text.lists import header_of, lines_of, list_in

BATCH = 20_000
_KIND, _VALUE = "kind", "value"
_PARQUET = ".parquet"


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One key, and the line of the file that it stands on; of Parquet the number of the row."""

    number: int
    kind: str
    value: str = field(repr=False)


def read_keys(file: Path, kinds: Iterable[str]) -> Iterator[list[tuple[str, str]]]:
    """Kind and value of each line, in batches; see :func:`read_key_lines`."""
    for batch in read_key_lines(file, kinds):
        yield [(line.kind, line.value) for line in batch]


def read_key_lines(file: Path, kinds: Iterable[str]) -> Iterator[list[KeyLine]]:
    """Each key with its line, in batches.

    Args:
        file: CSV or Parquet.
        kinds: identity kinds that a single column may be named as.

    Raises:
        RequestInvalid: when the file or a line cannot be read, or it has other columns.
    """
    known = sorted(kinds)
    lines = _of_parquet(file, known) if file.suffix == _PARQUET else _of_list(file, known)
    while batch := list(islice(lines, BATCH)):
        yield batch


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
    """Answers, line by line: the line of the key, its digest, yes or no, the code of why."""

    _SCHEMA = pa.schema([("line", pa.int64()), ("key", pa.string()), ("may", pa.string()), ("reason", pa.string())])

    def __init__(self, file: Path, *, is_parquet: bool) -> None:
        self._lines = 0
        file.touch(mode=0o600)
        made: Any = pq.ParquetWriter(file, self._SCHEMA) if is_parquet else pv.CSVWriter(file, self._SCHEMA)
        self._writer = made

    def write(
        self, may: Sequence[bool], reasons: Sequence[str], *, lines: Sequence[int] = (), keys: Sequence[str] = ()
    ) -> None:
        """Add answers in the order of the keys.

        Args:
            may: the answers.
            reasons: their codes.
            lines: of the file of keys; none: they are numbered from 1.
            keys: digests of the keys, empty for what cannot be one; none: they are not said.
        """
        count = len(may)
        numbers = pa.array(lines or range(self._lines + 1, self._lines + count + 1), pa.int64())
        said = pa.array(["yes" if one else "no" for one in may], pa.string())
        columns = [numbers, pa.array(keys or [""] * count, pa.string()), said, pa.array(reasons, pa.string())]
        self._writer.write_batch(pa.record_batch(columns, schema=self._SCHEMA))
        self._lines += count

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()


def _of_list(file: Path, kinds: Sequence[str]) -> Iterator[KeyLine]:
    wanted = _wanted(header_of(file), kinds, file)
    with list_in(file) as stream:
        for line in lines_of(stream, wanted, where=file.name):
            kind = line.cells[_KIND].strip() if len(wanted) > 1 else wanted[0]
            yield KeyLine(line.number, kind, line.cells[wanted[-1]])


def _of_parquet(file: Path, kinds: Sequence[str]) -> Iterator[KeyLine]:
    number = 0
    with _our_errors(file), pq.ParquetFile(file) as source:
        wanted = _wanted(source.schema_arrow.names, kinds, file)
        for batch in source.iter_batches(batch_size=BATCH, columns=wanted):
            for kind, value in _pairs(batch.select(wanted)):
                number += 1
                yield KeyLine(number, kind, value)


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
            "the file cannot be read as what its name says", where=str(file), remedy="give CSV or Parquet"
        ) from None
