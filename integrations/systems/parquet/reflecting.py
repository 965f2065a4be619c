"""Looking at a folder of Parquet datasets for a draft of its contract: files know columns, but no keys."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

import pyarrow as pa
from pyarrow import fs

from data_contracts.connectors.obstacles import ObstacleKind
from data_contracts.errors import RightsflowError, StepFailed, SystemUnavailable
from data_contracts.odcs.drafts.drafting import key_columns, keys_of
from data_contracts.odcs.drafts.shapes import DraftColumn, DraftSystem, DraftTable
from integrations.systems.kinds import MOST_VALUES
from integrations.systems.looks import looks_inside, looks_of
from integrations.systems.parquet.dataset import Dataset, Footers, Part, looked_at, parts_of
from integrations.systems.parquet.files import find_place, table_of
from integrations.systems.parquet.nested import container_of, values
from integrations.systems.parquet.schema import scanned
from integrations.systems.parquet.traces import masked
from integrations.systems.sql.reflecting import ROWS_OF_KEYS, no_such_table, system_name

_MOST_SIGNS: Final = 256
_LOGICAL: Final = (
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_integer, "integer"),
    (pa.types.is_floating, "number"),
    (pa.types.is_decimal, "number"),
    (pa.types.is_date, "date"),
    (pa.types.is_timestamp, "timestamp"),
    (pa.types.is_time, "time"),
    (pa.types.is_list, "array"),
    (pa.types.is_struct, "object"),
    (pa.types.is_map, "object"),
)


def reflect_parquet(url: str, *, name: str = "", tables: Sequence[str] = (), sample: int = MOST_VALUES) -> DraftSystem:
    """What can be seen of the datasets in the folder at ``url``; arguments and errors as of ``reflect_sql``."""
    plain = url.removeprefix("parquet+")
    system = name or system_name(urlsplit(plain).path)
    with _guarded(system):
        filesystem, base = fs.FileSystem.from_uri(plain)
        entries = sorted(filesystem.get_file_info(fs.FileSelector(base)), key=lambda info: str(info.base_name))
        known = _datasets(filesystem, base, entries)
        for table in tables:
            if table not in known:
                raise no_such_table(f"{system}.{table}", list(known))
        chosen = list(dict.fromkeys(tables)) or list(known)
        for table in chosen:
            _refuse_unreadable(f"{system}.{table}", known[table], [t for t in known if len(known[t].schema)])
        found = [_table(t, known[t], filesystem, sample=min(sample, MOST_VALUES)) for t in chosen]
    return DraftSystem(system, tuple(found), _server(plain))


def _datasets(filesystem: fs.FileSystem, base: str, entries: Sequence[fs.FileInfo]) -> dict[str, Dataset]:
    """By name, what holds Parquet, or says that it does."""
    found: dict[str, Dataset] = {}
    footers = Footers()
    for info in entries:
        name = table_of(info)
        place = find_place(filesystem, base, name) if name and name not in found else None
        if place is None:
            continue
        dataset = looked_at(filesystem, place, footers, shown=partial(masked, known=()))
        kinds = {one.kind for one in dataset.obstacles}
        is_of_others = kinds <= {ObstacleKind.UNKNOWN_FILE, ObstacleKind.EMPTY} and name == info.base_name
        if len(dataset.schema) or not is_of_others:
            found[name] = dataset
    return found


def _refuse_unreadable(path: str, dataset: Dataset, names: Sequence[str]) -> None:
    if len(dataset.schema):
        return  # what else is in the way, `contracts check` tells
    for obstacle in dataset.obstacles:
        remedy = f"{obstacle.remedy}; or draft the others alone, of {', '.join(names)}"
        raise StepFailed(obstacle.what, where=path, remedy=remedy)


def _table(name: str, dataset: Dataset, filesystem: fs.FileSystem, *, sample: int) -> DraftTable:
    texts = [field.name for field in dataset.schema if _is_text(field.type)] if sample > 0 else []
    containers = [field.name for field in dataset.schema if container_of(field.type)] if sample > 0 else []
    plain = [field.name for field in dataset.schema if field.name not in containers] if sample > 0 else []
    asked = [*plain, *containers]
    rows = _head(filesystem, dataset, asked, sample) if asked else {}
    counts = {name: _counted(rows.get(name, ()) if name in plain else ()) for name in dataset.schema.names}
    looks = {name: looks_of(_cut(rows[name])) for name in texts}
    looks |= {name: looks_inside(_cut(rows[name])) for name in containers}
    named = [one for one in key_columns(dataset.schema.names) if one in texts and not looks.get(one)]
    keys = {one: _keys(filesystem, dataset, one) for one in named}
    return DraftTable(
        name,
        tuple(
            DraftColumn(
                field.name,
                _logical_type(field.type),
                str(field.type),
                required=field.name not in dataset.nullable,
                looks=looks.get(field.name, frozenset()),
                keys=keys.get(field.name, ()),
                filled=counts[field.name][0],
                distinct=counts[field.name][1],
                is_container=bool(container_of(field.type)),
            )
            for field in dataset.schema
        ),
    )


def _counted(values: Iterable[object]) -> tuple[int, int]:
    """How many values there are, and how many different ones."""
    texts = [str(value) for value in values if value is not None]
    return len(texts), len(set(texts))


def _cut(values: Iterable[object]) -> list[str]:
    """The beginnings of values, as much of them as is looked at."""
    return [str(value)[:_MOST_SIGNS] for value in values if value is not None]


def _head(filesystem: fs.FileSystem, dataset: Dataset, names: Sequence[str], most: int) -> dict[str, list[Any]]:
    """The first values of some columns, of files of every sort."""
    found: dict[str, list[Any]] = {name: [] for name in names}
    parts = parts_of(filesystem, dataset)
    for part in parts:
        share = max(most // len(parts), 1)
        for name, column in _some(part, names, share).items():
            found[name] += column
    return found


def _some(part: Part, names: Sequence[str], most: int) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {name: [] for name in names}
    taken = 0
    for batch in scanned(part.dataset, part.schema, names, batch_size=MOST_VALUES, batch_readahead=1):
        for name in names:
            found[name] += values(batch.column(name).slice(0, most - taken))
        taken += batch.num_rows
        if taken >= most:
            break
    return found


def _keys(filesystem: fs.FileSystem, dataset: Dataset, column: str) -> tuple[str, ...]:
    """The texts of a column that says what another one's values are, each of several rows; no value is read."""
    counted = Counter(text for text in _head(filesystem, dataset, [column], ROWS_OF_KEYS)[column] if text is not None)
    return keys_of([text for text, rows_with in counted.items() if rows_with > 1])


def _is_text(type_: pa.DataType) -> bool:
    value = type_.value_type if pa.types.is_dictionary(type_) else type_
    return bool(pa.types.is_string(value) or pa.types.is_large_string(value))


def _logical_type(type_: pa.DataType) -> str:
    value = type_.value_type if pa.types.is_dictionary(type_) else type_
    return next((logical for is_one, logical in _LOGICAL if is_one(value)), "string")


def _server(url: str) -> dict[str, Any]:
    """Where it lies, without keys and options."""
    parts = urlsplit(url)
    return {
        "server": "live",
        "type": "custom",
        "location": f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}",
    }


@contextmanager
def _guarded(system: str) -> Iterator[None]:
    """Let only our own errors out: a vendor's text may quote values or keys."""
    try:
        yield
    except RightsflowError:
        raise
    except OSError:
        raise SystemUnavailable(
            "the folder of datasets could not be reached, or broke off",
            where=system,
            remedy="see that it is mounted, or the bucket reachable, then try again",
        ) from None
    except Exception:  # noqa: BLE001  # as above
        raise StepFailed(
            "a dataset could not be read", where=system, remedy="give file:///folder with folders of Parquet files"
        ) from None
