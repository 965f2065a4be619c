"""The witness of a folder of files: every file below it, whatever its name, and every name.

1. Names of files and folders, with what is escaped in them.
2. Files of rows (:mod:`integrations.systems.witness.tables`) row by row, with what they say of their columns beside.
3. Anything else as text (:mod:`integrations.systems.witness.streams`).

Files stream, so that memory stays flat. The smallest come first.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import fs

from data_contracts.company.contract import SystemContract
from data_contracts.connectors.keys import Condition
from data_contracts.connectors.witnessing import Budget, Looked, NotLooked, Place, PlaceKind, Sighting, Testimony
from data_contracts.errors import ContractMismatch
from integrations.systems.parquet.filter import selected_rows
from integrations.systems.witness.in_rows import holding, may_hold
from integrations.systems.witness.looking import (
    NOT_DECLARED,
    Declared,
    Question,
    Watch,
    declared,
    not_looked,
    physical_names,
)
from integrations.systems.witness.streams import kinds_in, pieces
from integrations.systems.witness.tables import TableFile, opened_table

_SUFFIX: Final = ".parquet"
_SUMMARIES: Final = frozenset({"_metadata", "_common_metadata"})
_LOGS: Final = frozenset({"_delta_log", ".hoodie"})

Expected: TypeAlias = Callable[[str, Sequence[Condition]], tuple[pc.Expression | None, pa.Schema]]
"""The rows of a table that fulfil one of some conditions, and the table's schema."""


@dataclass(slots=True)
class _Count:
    rows: int = 0
    explained: int = 0
    kinds: set[str] = field(default_factory=set)


class _File:
    """What is seen of one file; kept where it has to be given up."""

    def __init__(self, place: Place, size: int, said: Declared) -> None:
        self.place = place
        self.said = said
        self.rows = -1
        self.size = size
        self.why: NotLooked | None = None
        self.counts: dict[tuple[PlaceKind, str], _Count] = defaultdict(_Count)

    def note(self, kind: PlaceKind, column: str, kinds: Iterable[str]) -> None:
        """Something that is no row holds a needle."""
        count = self.counts[kind, column]
        count.rows = 1
        count.kinds.update(kinds)

    def explain_statistics(self) -> None:
        """What the file says of a column is expected where all its rows are that hold the same."""
        for (kind, name), count in list(self.counts.items()):
            rows = self.counts.get((self.place.kind, name))
            if kind is PlaceKind.STATISTICS and rows is not None and rows is not count:
                count.explained = int(rows.explained == rows.rows)

    def looked(self, question: Question) -> Looked:
        """What is said of it."""
        seen = tuple(
            Sighting(
                replace(self.place, kind=kind, column=question.masked(name), is_declared=name in self.said.columns),
                count.rows,
                count.explained,
                tuple(sorted(count.kinds)),
            )
            for (kind, name), count in sorted(self.counts.items())
        )
        return Looked(self.place, seen, self.rows, self.why)


class FileWitness:
    """Looks at a folder.

    Args:
        contract: what the system declares.
        filesystem: where the folder lies.
        base: the folder.
        expected: the rows of a table that fulfil conditions.
        is_cancelled: whether to stop.
    """

    def __init__(
        self,
        contract: SystemContract,
        filesystem: fs.FileSystem,
        base: str,
        expected: Expected,
        is_cancelled: Callable[[], bool],
    ) -> None:
        self._tables = physical_names(contract)
        self._filesystem = filesystem
        self._base = base
        self._expected = expected
        self._is_cancelled = is_cancelled

    def look(self, asked: Testimony, budget: Budget) -> Iterator[Looked]:
        """Every name, then every file, the smallest first.

        Raises:
            SystemUnavailable: when the folder is not there, or broke off.
        """
        if not asked.needles:
            return
        question, watch = Question(asked), Watch(budget, is_cancelled=self._is_cancelled)
        infos, closed = self._listed()
        yield question.names(self._names(question, infos))
        for path, why in closed:
            yield not_looked(question.place(self._name(path), kind=PlaceKind.FILE), why)
        files = [info for info in infos if info.type == fs.FileType.File]
        for info in sorted(files, key=lambda info: (info.size or 0, info.path)):
            file = self._file(info, question)
            seconds = watch.seconds()
            if seconds <= 0:
                yield not_looked(file.place, NotLooked.TOO_LONG)
                continue
            began = time.monotonic()
            self._read(file, info.path, question, began + seconds)
            yield file.looked(question)
            watch.rest(file.rows, time.monotonic() - began)

    # --- names -----------------------------------------------------------------------------------------------------

    def _listed(self) -> tuple[list[fs.FileInfo], list[tuple[str, NotLooked]]]:
        """Files and folders; and folders that could not be opened."""
        found: list[fs.FileInfo] = []
        closed: list[tuple[str, NotLooked]] = []
        is_local = isinstance(self._filesystem, fs.LocalFileSystem)
        folders = [self._base]
        while folders:
            folder = folders.pop()
            try:
                there = self._filesystem.get_file_info(fs.FileSelector(folder, recursive=not is_local))
            except OSError as error:
                if folder == self._base:
                    raise
                is_refused = isinstance(error, PermissionError)
                closed.append((folder, NotLooked.NO_RIGHT if is_refused else NotLooked.UNREADABLE))
                continue
            found += there
            folders += [info.path for info in there if is_local and info.type == fs.FileType.Directory]
        return found, closed

    def _names(self, question: Question, infos: Sequence[fs.FileInfo]) -> Iterator[tuple[str, Place]]:
        for name in sorted({self._name(info.path) for info in infos} | self._folders(infos)):
            yield name.rpartition("/")[2], self._place(name, PlaceKind.NAME, question)[0]

    def _folders(self, infos: Sequence[fs.FileInfo]) -> set[str]:
        """Folders of S3 exist in the names of their files alone."""
        names = [self._name(info.path).split("/") for info in infos]
        return {"/".join(parts[:i]) for parts in names for i in range(1, len(parts))}

    def _name(self, path: str) -> str:
        return str(path)[len(self._base) :].strip("/")

    def _place(self, name: str, kind: PlaceKind, question: Question) -> tuple[Place, Declared]:
        known = (n for n in self._tables if name in {n, f"{n}{_SUFFIX}"} or name.startswith(f"{n}/"))
        table = next(known, None)
        said = NOT_DECLARED if table is None else declared(self._tables[table], question.explained)
        return question.place(name, kind=kind, table=said.table), said

    # --- files -----------------------------------------------------------------------------------------------------

    def _file(self, info: fs.FileInfo, question: Question) -> _File:
        name = self._name(info.path)
        *folders, base = name.split("/")
        is_beside = base in _SUMMARIES or not _LOGS.isdisjoint(folders)
        place, said = self._place(name, PlaceKind.STATISTICS if is_beside else PlaceKind.FILE, question)
        return _File(place, info.size or 0, said)

    def _read(self, file: _File, path: str, question: Question, until: float) -> None:
        """Look at a file; why it was not looked at whole, where it was not."""
        try:
            with self._filesystem.open_input_file(path) as opened:
                table = opened_table(opened)
                if table is None:
                    is_whole = self._read_text(file, opened, question, until)
                else:
                    self._read_said(file, table, question)
                    is_whole = self._read_rows(file, table, question, until)
        except PermissionError:
            file.why = NotLooked.NO_RIGHT
        except Exception:  # noqa: BLE001  # whatever a damaged file makes of its reader
            self._check_up()
            file.why = NotLooked.UNREADABLE
        else:
            file.why = None if is_whole else NotLooked.TOO_LONG

    def _check_up(self) -> None:
        """Raise OSError when it is not the file alone that cannot be read."""
        self._filesystem.get_file_info(self._base)

    def _read_text(self, file: _File, opened: Any, question: Question, until: float) -> bool:  # noqa: ANN401
        kinds: set[str] = set()
        for piece in pieces(opened):
            kinds |= kinds_in(question, piece)
            if kinds:
                file.note(file.place.kind, "", kinds)
            if len(kinds) == len(question.patterns):
                break
            if self._is_over(until):
                return False
        return True

    def _is_over(self, until: float) -> bool:
        return time.monotonic() > until or self._is_cancelled()

    def _read_said(self, file: _File, table: TableFile, question: Question) -> None:
        for name, value in table.said():
            if kinds := question.kinds_of(value):
                file.note(PlaceKind.STATISTICS, name, kinds)
        for name in table.schema.names:
            if kinds := question.kinds_in_name(name):
                file.note(PlaceKind.NAME, name, kinds)

    def _read_rows(self, file: _File, table: TableFile, question: Question, until: float) -> bool:
        explained = _Explained(file.said, self._expected)
        fields = [table.schema.field(i) for i in range(len(table.schema))]
        asked = [i for i, one in enumerate(fields) if explained.is_asked or may_hold(question, one.type)]
        file.rows = 0
        for batch in table.batches(asked) if asked else ():
            file.rows += batch.num_rows
            for i, one in enumerate(batch.schema):
                found = list(holding(question, batch.column(i))) if may_hold(question, one.type) else []
                if found:
                    count = file.counts[file.place.kind, one.name]
                    count.rows += len(found)
                    count.explained += explained.among(batch, one.name, [row for row, _ in found])
                    count.kinds.update(kind for _, kinds in found for kind in kinds)
            if self._is_over(until):
                return False
        file.explain_statistics()
        return True


class _Explained:
    """Rows of a file that are expected to hold a needle."""

    def __init__(self, said: Declared, expected: Expected) -> None:
        self._said = said
        self._expected = expected
        self._known: dict[str, tuple[pc.Expression | None, pa.Schema]] = {}

    @property
    def is_asked(self) -> bool:
        """Whether any are."""
        return bool(self._said.explained)

    def among(self, batch: pa.RecordBatch, column: str, rows: list[int]) -> int:
        """How many of these rows are expected to hold one in the column."""
        conditions = (*self._said.explained.get("", ()), *self._said.explained.get(column, ()))
        if not conditions:
            return 0
        try:
            if column not in self._known:
                self._known[column] = self._expected(self._said.table, conditions)
            where, schema = self._known[column]
            if where is None:
                return 0
            selected = selected_rows(pa.table(batch.take(pa.array(rows))), where, schema)
            return int(pc.sum(selected).as_py() or 0)
        except (ContractMismatch, pa.ArrowException):
            return 0  # a contract that does not fit explains nothing
