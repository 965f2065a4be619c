"""Looking at a folder of Parquet datasets for a draft of its contract: files know columns, but no keys."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.dataset as ds
from pyarrow import fs

from data_contracts.drafting import DraftColumn, DraftSystem, DraftTable
from data_contracts.errors import RightsflowError, StepFailed, SystemUnavailable
from integrations.systems._looks import looks_of
from integrations.systems.reflecting import MOST_VALUES, no_such_table, system_name

_MOST_SIGNS: Final = 256
_SUFFIX: Final = ".parquet"
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
        known = {system_table(info): info for info in filesystem.get_file_info(fs.FileSelector(base))}
        known = {table: info for table, info in sorted(known.items()) if table}
        for table in tables:
            if table not in known:
                raise no_such_table(f"{system}.{table}", list(known))
        chosen = list(dict.fromkeys(tables)) or list(known)
        found = [_table(t, known[t].path, filesystem, sample=min(sample, MOST_VALUES)) for t in chosen]
    return DraftSystem(system, tuple(found), _server(plain))


def system_table(info: fs.FileInfo) -> str:
    """The table that a file or folder of the system is; empty when it is none."""
    if info.base_name.startswith(("_", ".")):
        return ""
    if info.type == fs.FileType.Directory:
        return str(info.base_name)
    return str(info.base_name).removesuffix(_SUFFIX) if info.base_name.endswith(_SUFFIX) else ""


def _table(name: str, path: str, filesystem: fs.FileSystem, *, sample: int) -> DraftTable:
    dataset = ds.dataset(path, filesystem=filesystem, format="parquet")
    texts = [field.name for field in dataset.schema if _is_text(field.type)] if sample > 0 else []
    rows = dataset.head(sample, columns=texts, batch_size=MOST_VALUES, use_threads=False) if texts else None
    looks = {t: looks_of([str(v)[:_MOST_SIGNS] for v in rows[t].to_pylist() if v is not None]) for t in texts if rows}
    return DraftTable(
        name,
        tuple(
            DraftColumn(
                field.name,
                _logical_type(field.type),
                str(field.type),
                required=not field.nullable,
                looks=looks.get(field.name, frozenset()),
            )
            for field in dataset.schema
        ),
    )


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
