"""What an order makes of the files of a dataset.

A column that folders give is changed by moving the rows to the folder of the new value.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from pyarrow import fs

from data_contracts.connectors.keys import ChangeColumns, Order
from data_contracts.errors import ContractMismatch
from integrations.systems.parquet.dataset import Dataset, File, Part, constant, fragment_of
from integrations.systems.parquet.files import folder_value, without_values
from integrations.systems.parquet.filter import Filters
from integrations.systems.parquet.nested import container_of, replaced
from integrations.systems.parquet.rewrite import Change, Draft, draft
from integrations.systems.parquet.schema import kept, plain, scanned
from integrations.systems.parquet.traces import Traces, seen_in, words_of
from integrations.systems.values import NO_MATCH

MATCH = "selected"
_SIGNS = 16

Where = Callable[[Filters], pc.Expression | None]
"""Gives the selected rows of files of one schema; None when none can be."""
Changed = Mapping[str, tuple[pa.Array, pa.Array] | pa.Scalar | Mapping[str, str]]
"""Column to its constant, or to old values and their replacements; those of containers as text."""


@dataclass
class Touching:
    """One order over the files of a dataset: it makes drafts, and puts none in place.

    Attributes:
        identities: columns that hold keys of people.
        drafts: those made so far.
        rows: touched so far.
    """

    filesystem: fs.FileSystem
    dataset: Dataset
    order: Order
    identities: tuple[str, ...] = ()
    drafts: list[Draft] = field(default_factory=list)
    rows: int = 0

    def __post_init__(self) -> None:
        """Count the files that have each column."""
        files = self.dataset.files
        self._having = Counter(name for file in files for name in _names(file))

    def touch(self, part: Part, file: File, where: pc.Expression, changed: Changed) -> None:
        """Make the drafts of one file, where it holds a selected row."""
        fragment = fragment_of(self.filesystem, file, part.schema)
        rows = fragment.scanner(schema=part.schema, filter=where).count_rows()
        if not rows:
            return
        self.rows += rows
        traces = self._traces(part, file, where)
        select = _Selecting(where, part.schema, file)
        if isinstance(self.order, ChangeColumns):
            moved = {name: new for name, new in changed.items() if name in self.dataset.of_folders}
            if moved:
                self._move(file, select, changed, _folders(file, part.schema, moved), traces)
            else:
                self._draft(file, select.changing(changed), traces)
            return
        root = self.dataset.root
        is_emptied = rows == fragment.scanner(schema=part.schema).count_rows()
        is_last = any(self._having[name] == 1 for name in _names(file))
        if is_emptied and not is_last:
            self._having.subtract(_names(file))
        if is_emptied:
            self._draft(file, select.without(), traces, target=without_values(file.path, root) if is_last else "")
            return
        self._draft(file, select.without(), traces)

    def _draft(self, file: File, change: Change, traces: Traces, *, target: str | None = None) -> None:
        made = draft(self.filesystem, file.path, change, target="", schema=traces.out_of_schema)
        if target != "":
            target = traces.out_of_path(target or file.path, self.dataset.root)
            if target != file.path:
                target = _signed(target, file, made)
        self.drafts.append(replace(made, target=target))

    def _move(
        self, file: File, select: "_Selecting", changed: Changed, folders: Mapping[str, str | None], traces: Traces
    ) -> None:
        target = _in_folders(file.path, self.dataset.root, folders)
        if target == file.path:
            self._draft(file, select.changing(changed), traces)
            return
        own = {name: new for name, new in changed.items() if name not in folders}
        moving = draft(self.filesystem, file.path, select.only(own), target="", schema=traces.out_of_schema)
        self.drafts.append(replace(moving, target=_signed(target, file, moving), keeps_file=True))
        staying = draft(self.filesystem, file.path, select.without(), target=file.path, schema=traces.out_of_schema)
        self.drafts.append(staying if staying.rows else replace(staying, target=""))

    def _traces(self, part: Part, file: File, where: pc.Expression) -> Traces:
        """Keys of the selected rows that are in the file's name or in what its owner wrote about it."""
        words = words_of(self.dataset.below(file.path), file.schema)
        found = set(seen_in(words, _keys(self.order)))
        names = [name for name in self.identities if part.schema.get_field_index(name) >= 0]
        fragment = fragment_of(self.filesystem, file, part.schema)
        for batch in scanned(fragment, part.schema, names, filter=where) if names else ():
            for column in batch.columns:
                if not container_of(column.type):
                    found.update(seen_in(words, pc.unique(column).to_pylist()))
        return Traces(found)


def _signed(target: str, file: File, made: Draft) -> str:
    """A name that no other file has; the same file gets the same again, so that a cut off move is not done twice."""
    folder, _, name = target.rpartition("/")
    sign = hashlib.sha256(repr((file.path, made.stamp)).encode()).hexdigest()[:_SIGNS]
    return f"{folder}/{sign}-{name}"


def _names(file: File) -> tuple[str, ...]:
    return (*file.schema.names, *(name for name, _ in file.hive))


def _keys(order: Order) -> Iterator[object]:
    for condition in order.selection.conditions:
        for key in condition.keys:
            yield from key
    if isinstance(order, ChangeColumns):
        yield from (old for values in order.replace.values() for old in values)


def _folders(file: File, schema: pa.Schema, moved: Changed) -> dict[str, str | None]:
    """What the folders of a file become, by column."""
    made: dict[str, str | None] = {}
    for name, value in file.hive:
        new = moved.get(name)
        if isinstance(new, tuple) and value is not None:
            old = constant(value, schema.field(name).type)
            place = new[0].to_pylist().index(old) if old in new[0].to_pylist() else -1
            made[name] = value if place < 0 else str(new[1][place].as_py())
        elif isinstance(new, pa.Scalar):
            made[name] = None if new.as_py() is None else str(new.as_py())
        else:
            made[name] = value
    return made


def _in_folders(path: str, root: str, folders: Mapping[str, str | None]) -> str:
    *parts, name = path[len(root) :].strip("/").split("/")
    changed = []
    for part in parts:
        key, sign, _ = part.partition("=")
        changed.append(f"{key}={folder_value(folders[key] or '')}" if sign and key in folders else part)
    return "/".join([root, *changed, name])


# --- what an order makes of some rows ---------------------------------------------------------------------------------


def changes_of(filters: Filters, order: Order) -> Changed:
    """What each column becomes, in the types of one part.

    Raises:
        ContractMismatch: when a column cannot hold it.
    """
    changes: dict[str, Any] = {}
    if not isinstance(order, ChangeColumns):
        return changes
    for name, value in (dict.fromkeys(order.clear) | dict(order.set_to)).items():
        type_ = filters.type(name)
        fitted = None if value is None else filters.fitted(name, value)
        is_refused = fitted is NO_MATCH or (fitted is None and not filters.schema.field(name).nullable)
        if is_refused:
            raise _cannot_hold(filters, name)
        changes[name] = pa.scalar(fitted, type=type_)
    for name, values in order.replace.items():
        type_ = filters.type(name)
        if container_of(type_):
            changes[name] = dict(values)
            continue
        pairs = [(filters.fitted(name, old), filters.fitted(name, new)) for old, new in values.items()]
        pairs = [(old, new) for old, new in pairs if old is not NO_MATCH]
        if any(new is NO_MATCH for _, new in pairs):
            raise _cannot_hold(filters, name)
        changes[name] = (pa.array([p[0] for p in pairs], type=type_), pa.array([p[1] for p in pairs], type=type_))
    return changes


def _cannot_hold(filters: Filters, name: str) -> ContractMismatch:
    return ContractMismatch(
        "the column cannot hold the value that it is to be given",
        where=filters.place(name),
        remedy="correct the column's type or its way of erasing in the contract, then try again",
    )


@dataclass(frozen=True)
class _Selecting:
    """Selected rows of one file."""

    where: pc.Expression
    schema: pa.Schema
    file: File

    def without(self) -> Change:
        """The other rows."""
        return lambda table: kept(table, pc.invert(self._selected(table)))

    def only(self, changed: Changed) -> Change:
        """These rows alone, changed."""

        def change(table: pa.Table) -> pa.Table:
            selected = self._selected(table)
            return kept(_set(table, selected, changed), selected)

        return change

    def changing(self, changed: Changed) -> Change:
        """All rows, these changed."""
        return lambda table: _set(table, self._selected(table), changed)

    def _selected(self, table: pa.Table) -> pa.ChunkedArray:
        """Whether each row is selected; columns that the file does not have are its folders', or empty."""
        given = dict(self.file.hive)
        columns = []
        for one in self.schema:
            place = table.schema.get_field_index(one.name)
            if place >= 0:
                column = table.column(place)
                columns.append(column if column.type.equals(one.type) else column.cast(one.type, safe=False))
            elif given.get(one.name) is None:
                columns.append(pa.nulls(len(table), one.type))
            else:
                value = pa.scalar(constant(str(given[one.name]), one.type), type=one.type)
                columns.append(pa.repeat(value, len(table)))
        whole = pa.Table.from_arrays(columns, names=self.schema.names)
        scanned = ds.dataset(whole).scanner(columns={MATCH: self.where}, use_threads=False).to_table()
        return pc.fill_null(scanned.column(MATCH), fill_value=False)


def _set(table: pa.Table, selected: pa.ChunkedArray, changed: Changed) -> pa.Table:
    for name, new in changed.items():
        place = table.schema.get_field_index(name)
        if place >= 0:  # a file older than the column holds nothing in it
            one = table.schema.field(place)
            table = table.set_column(place, one, _changed(table.column(place), selected, new).cast(one.type))
    return table


def _changed(column: pa.ChunkedArray, selected: pa.ChunkedArray, new: Any) -> pa.ChunkedArray:  # noqa: ANN401
    if isinstance(column.type, pa.BaseExtensionType):
        return _changed_inside(column, selected, new)
    column = column.cast(plain(column.type))
    if isinstance(new, dict):
        return replaced(column, selected, new)
    if not isinstance(new, tuple):
        return pc.if_else(selected, new, column)
    place = pc.index_in(column, value_set=new[0].cast(column.type))
    return pc.if_else(pc.and_(selected, pc.is_valid(place)), new[1].cast(column.type).take(place), column)


def _changed_inside(column: pa.ChunkedArray, selected: pa.ChunkedArray, new: Any) -> pa.ChunkedArray:  # noqa: ANN401
    """A column of an extension type, changed as what it is stored as."""
    type_ = column.type.storage_type
    stored = pa.chunked_array([chunk.storage for chunk in column.chunks], type=type_)
    if isinstance(new, tuple):
        new = (new[0].storage, new[1].storage)
    else:
        new = new.value if new.is_valid else pa.scalar(None, type=type_)
    changed = _changed(stored, selected, new).cast(type_)
    chunks = [pa.ExtensionArray.from_storage(column.type, chunk) for chunk in changed.chunks]
    return pa.chunked_array(chunks, type=column.type)
