"""The files of a dataset: which are Parquet by what they hold, however they are called, and what else lies there.

1. A file is Parquet when it begins and ends with the magic bytes. Names say nothing; hidden files count too.
2. Not part of a dataset are marks without rows (``_SUCCESS``, checksums), summaries (``_metadata``) and our drafts.
3. A folder ``key=value`` gives its files a column (Hive); names are URL-encoded.
4. Whatever cannot be read, or belongs to a table format with a log of its own, is an obstacle: "not found" would be
   a lie (law 6).
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote, unquote

from pyarrow import fs

from data_contracts.connectors.obstacles import Obstacle, ObstacleKind

DRAFT: Final = "_rightsflow-"
"""How the names of our own drafts begin."""
NO_VALUE: Final = "__HIVE_DEFAULT_PARTITION__"
"""The folder's value for rows whose column is NULL."""
SUMMARIES: Final = frozenset({"_metadata", "_common_metadata"})
_PARQUET: Final = frozenset({"parquet", "parq", "pq", "par"})
_PACKED: Final = frozenset(
    {"snappy", "gz", "gzip", "zst", "zstd", "lz4", "lz4_raw", "br", "brotli", "lzo", "none", "uncompressed"}
)
_MARKS: Final = frozenset({"_SUCCESS", ".DS_Store", "Thumbs.db", "desktop.ini", ".gitkeep", ".keep"})
_LOGS: Final = {"_delta_log": "Delta", ".hoodie": "Hudi"}
_ICEBERG: Final = (".metadata.json", "version-hint.text")

Hive = tuple[tuple[str, str | None], ...]
"""Columns that the folders of a file give it, with their values; None is NULL."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What lies in the place of a dataset.

    Attributes:
        root: the folder below which folders may be columns; of a single file the folder that it lies in.
        files: every file that may hold rows, by path.
        summaries: paths of summaries of other files.
        obstacles: what the names alone say of it; places are below the root.
    """

    root: str
    files: tuple[fs.FileInfo, ...]
    summaries: tuple[str, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    is_folder: bool = True


def find_place(filesystem: fs.FileSystem, base: str, live: str, others: Collection[str] = ()) -> Listed | None:
    """Where a table lies in a system's folder; None when nothing there has its name.

    Args:
        filesystem: of the system.
        base: the system's folder.
        live: the table's name there, with folders perhaps.
        others: names of other tables, whose files are none of this one.
    """
    folder, _, name = f"{base}/{live}".rpartition("/")
    entries = filesystem.get_file_info(fs.FileSelector(folder, allow_not_found=True))
    theirs = {other for other in others if other.lower() != live.lower()}
    near = [e for e in entries if _is_place(e, name) and not {str(e.base_name), table_of(e)} & theirs]
    exact = [entry for entry in near if str(entry.base_name).startswith(name)]
    if not exact:
        return None
    # The folder, else the file of that name, else the one whose ending says that it is Parquet.
    exact.sort(key=lambda e: (e.type != fs.FileType.Directory, e.base_name != name, table_of(e) != name, e.base_name))
    place, *rest = exact
    found = listed(filesystem, place)
    above = [e for e in entries if e.base_name in {*_LOGS, "metadata"}]
    above += [e for one in above if one.base_name == "metadata" for e in _children(filesystem, str(one.path))]
    rest += [entry for entry in near if entry not in exact]
    beside = tuple(Obstacle(_beside(str(one.base_name), name), str(one.base_name)) for one in rest)
    return replace(found, obstacles=(*formats_in(above, folder), *beside, *found.obstacles))


def _beside(other: str, name: str) -> ObstacleKind:
    is_alike = other.lower() == name.lower() and other != name
    return ObstacleKind.NAMES_ALIKE if is_alike else ObstacleKind.BESIDE


def _children(filesystem: fs.FileSystem, folder: str) -> list[fs.FileInfo]:
    return list(filesystem.get_file_info(fs.FileSelector(folder, allow_not_found=True)))


def table_of(info: fs.FileInfo) -> str:
    """The dataset that an entry of a system's folder is by its name; empty for marks and drafts."""
    name = str(info.base_name)
    if is_mark(info) or name.startswith(DRAFT) or name in SUMMARIES:
        return ""
    if info.type == fs.FileType.Directory:
        return name
    head, *endings = name.split(".")
    while endings and endings[-1].lower() in _PARQUET | _PACKED:
        endings.pop()
    return ".".join([head, *endings]) if _PARQUET & set(name.lower().split(".")[1:]) else name


def listed(filesystem: fs.FileSystem, place: fs.FileInfo) -> Listed:
    """What lies in a dataset's place, a folder or one file."""
    path = str(place.path)
    if place.type == fs.FileType.File:
        return Listed(path.rpartition("/")[0], (place,), is_folder=False)
    infos = filesystem.get_file_info(fs.FileSelector(path, recursive=True))
    formats = formats_in(infos, path)
    roots = tuple(path if one.place == path.rpartition("/")[2] else f"{path}/{one.place}" for one in formats)
    files = [i for i in infos if i.type == fs.FileType.File and not is_mark(i) and not _is_below(i.path, roots)]
    files = [info for info in files if not str(info.base_name).startswith(DRAFT)]
    data = sorted((info for info in files if info.base_name not in SUMMARIES), key=lambda info: str(info.path))
    summaries = tuple(sorted(str(info.path) for info in files if info.base_name in SUMMARIES))
    return Listed(path, tuple(data), summaries, (*formats, *_alike(data, path)))


def formats_in(infos: Iterable[fs.FileInfo], root: str) -> tuple[Obstacle, ...]:
    """Folders that are a table of a format with a log of its own, by its outermost folder."""
    found: dict[str, str] = {}
    for info in infos:
        parts = str(info.path)[len(root) :].strip("/").split("/")
        for place, part in enumerate(parts):
            name = _LOGS.get(part, "")
            if part == "metadata" and info.type == fs.FileType.File and str(info.base_name).endswith(_ICEBERG):
                name = "Iceberg"
            if name:
                found["/".join(parts[:place])] = name
    # The outermost folder's own name where it is the dataset itself.
    shown = {place: place or root.rpartition("/")[2] for place in found}
    return tuple(Obstacle(ObstacleKind.TABLE_FORMAT, shown[place], found[place]) for place in sorted(found))


def is_mark(info: fs.FileInfo) -> bool:
    """Whether a file says only that other files are there, or whole: it holds no rows."""
    name = str(info.base_name)
    if info.type != fs.FileType.File:
        return False
    is_checksum = name.startswith(".") and name.endswith(".crc")
    is_of_folder = name.endswith("_$folder$") and not info.size
    return name in _MARKS or is_checksum or is_of_folder or name.startswith(("_started_", "_committed_"))


def is_called_parquet(name: str) -> bool:
    """Whether a file's name says that it is Parquet."""
    return bool(_PARQUET & set(name.lower().split(".")[1:]))


def hive_of(path: str, root: str) -> Hive:
    """The columns that the folders between ``root`` and a file give it."""
    parts = path[len(root) :].strip("/").split("/")[:-1]
    named = (part.partition("=") for part in parts if part.find("=") > 0)
    return tuple((unquote(key), None if value == NO_VALUE else unquote(value)) for key, _, value in named)


def without_values(path: str, root: str) -> str:
    """Where a file that holds no row lies, so that no folder's name holds a value."""
    *parts, name = path[len(root) :].strip("/").split("/")
    kept = (f"{part.partition('=')[0]}={NO_VALUE}" if part.find("=") > 0 else part for part in parts)
    return "/".join([root, *kept, name])


def folder_value(value: str) -> str:
    """A value as the name of a Hive folder holds it."""
    return quote(value, safe=" !$&'()+,;@~-._") if value else NO_VALUE


def _is_place(info: fs.FileInfo, live: str) -> bool:
    name = str(info.base_name)
    if name.lower() == live.lower():
        return True
    is_named = info.type == fs.FileType.File and name.lower().startswith(f"{live.lower()}.")
    return is_named and not name.lower().endswith(".crc")


def _is_below(path: str, roots: Sequence[str]) -> bool:
    return any(path == root or path.startswith(f"{root}/") for root in roots)


def _alike(files: Sequence[fs.FileInfo], root: str) -> Iterator[Obstacle]:
    """Files whose paths differ in case alone; values of Hive folders are values, not names."""
    relative = [str(info.path)[len(root) :].strip("/") for info in files]
    counted = Counter(map(_folded, relative))
    seen: set[str] = set()
    for path in relative:
        if counted[_folded(path)] > 1 and _folded(path) not in seen:
            seen.add(_folded(path))
            yield Obstacle(ObstacleKind.NAMES_ALIKE, path)


def _folded(path: str) -> str:
    *parts, name = path.split("/")
    folded = (part if part.find("=") > 0 else part.casefold() for part in parts)
    return "/".join([*folded, name.casefold()])
