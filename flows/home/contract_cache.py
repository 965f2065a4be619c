"""The checked contracts of a folder, read once for a process as long as no file changes."""

from functools import lru_cache
from pathlib import Path

from data_contracts.company.contract import Contracts
from data_contracts.odcs.folder import load, load_texts

__all__ = ["contracts_from", "contracts_of"]


def contracts_of(folder: Path) -> Contracts:
    """The contracts as the files are now.

    Raises:
        ContractInvalid: when they hold a fault.
    """
    return _loaded(folder, tuple(_seen(file) for file in sorted(folder.rglob("*.yaml"))))


@lru_cache(maxsize=4)
def contracts_from(files: tuple[tuple[str, str], ...]) -> Contracts:
    """The contracts of files that were kept, as pairs of path and text.

    Raises:
        ContractInvalid: when this version of the software finds a fault in them.
    """
    return load_texts(dict(files))


@lru_cache(maxsize=1)
def _loaded(folder: Path, _files: tuple[tuple[str, int, int], ...]) -> Contracts:
    """The checked contracts as the files are now; most of a second, that a fork need not spend again."""
    return load(folder)


def _seen(file: Path) -> tuple[str, int, int]:
    """What is different when a file was changed."""
    seen = file.stat()
    return str(file), seen.st_mtime_ns, seen.st_size
