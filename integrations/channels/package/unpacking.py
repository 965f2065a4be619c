"""Unpacks an answer package into a folder without trusting what its entries are called."""

import shutil
import tempfile
import zipfile
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path, PurePosixPath
from stat import S_ISLNK
from typing import IO, BinaryIO

from data_contracts.errors import StepFailed

__all__ = ["unpack"]

_WHERE = "answer package"


def unpack(stream: BinaryIO, folder: Path) -> list[Path]:
    """Write each file of the package below ``folder``; the paths written, in the package's order.

    All names are looked at before the first byte is written. A file that is there and not empty is never replaced.

    Raises:
        StepFailed: when the stream is no package, an entry would leave the folder, or a file is in the way.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    root = folder.resolve()
    try:
        with _seekable(stream, root) as source, zipfile.ZipFile(source) as package:
            entries = [entry for entry in package.infolist() if not entry.is_dir()]
            targets = [_target(root, entry) for entry in entries]
            _refuse_twins(targets)
            for entry, target in zip(entries, targets, strict=True):
                _extract(package, entry, target)
    except (zipfile.BadZipFile, EOFError):
        raise StepFailed("it is damaged or no ZIP", where=_WHERE, remedy="run the case's answer step again") from None
    except OSError:
        raise StepFailed(
            "it cannot be written to the folder", where=_WHERE, remedy="name an empty folder you may write to"
        ) from None
    return targets


def _seekable(stream: BinaryIO, root: Path) -> AbstractContextManager[IO[bytes]]:
    """The stream, or its copy in a nameless file of the folder that shall hold the plain data anyway."""
    if stream.seekable():
        return nullcontext(stream)
    copy = tempfile.TemporaryFile(dir=root)  # noqa: SIM115  # the caller's `with` closes it
    shutil.copyfileobj(stream, copy)
    copy.seek(0)
    return copy


def _target(root: Path, entry: zipfile.ZipInfo) -> Path:
    name = PurePosixPath(entry.filename)
    parts = entry.filename.split("/")
    is_link = S_ISLNK(entry.external_attr >> 16)
    if name.is_absolute() or is_link or any(part in {"", ".", ".."} or set(part) & set("\\:\0") for part in parts):
        raise StepFailed("an entry would leave the folder", where=_WHERE, remedy="do not open it; tell the DPO")
    target = root.joinpath(*parts)
    leaves = not target.parent.resolve().is_relative_to(root)
    if leaves or target.is_symlink() or (target.exists() and (not target.is_file() or target.stat().st_size)):
        raise StepFailed("a file of that name is there", where=_WHERE, remedy="name an empty folder")
    return target


def _refuse_twins(targets: list[Path]) -> None:
    if len({str(target).casefold() for target in targets}) != len(targets):
        raise StepFailed("two entries have one name", where=_WHERE, remedy="do not open it; tell the DPO")


def _extract(package: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    target.unlink(missing_ok=True)
    with package.open(entry) as source, target.open("xb") as sink:
        target.chmod(0o600)
        shutil.copyfileobj(source, sink)
