"""A register that was put back to an earlier state is noticed before anything is carried on.

Keys and vault of the home each keep a mark of the newest record of evidence. Whoever opens a register that does not
know the record of a mark stops: the register is older than what was done with it. A register of another installation
is noticed the same way. A journal beside the vault says what the cases did lately; it tells, case by case, what a
register that was put back does not know.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from data_contracts.errors import SettingsInvalid, SystemUnavailable
from data_contracts.ports.restores import Newest, NewestRecords, Noted, newest_of, noted_of

__all__ = ["JOURNAL", "MARK", "Journal", "look_for_restore", "note_newest", "unknown_marks"]

MARK: Final = "register.mark"
JOURNAL: Final = "register.journal"
_EARLIER: Final = "earlier"
_LONGEST: Final = 8 << 20
"""Bytes after which a journal is begun anew, and the one before it is kept: about ten thousand cases together."""


class Journal:
    """What cases did to the world, a line for each, in the order of their commits.

    It lies in the last of the folders that can be written: the vault, where it is a folder, else the keys. A line is
    appended by one call, so that processes beside each other cut no line of another.
    """

    def __init__(self, places: Sequence[Path]) -> None:
        """Remember the folders.

        Args:
            places: where a journal may lie.
        """
        self._places = places

    def write(self, noted: Sequence[Noted]) -> None:
        """Append what was done.

        Raises:
            SystemUnavailable: when the disk takes no more: what is not noted could not be told after a restore.
        """
        place = next((one for one in reversed(self._places) if _can_write(one)), None)
        if place is None:
            return
        # Begun by a new line: what a full disk cut off takes nothing along.
        file, text = place / JOURNAL, "\n" + "".join(one.as_text() for one in noted)
        try:
            if file.exists() and file.stat().st_size > _LONGEST:
                file.replace(_earlier(file))
            _append(file, text.encode())
        except OSError:
            what, remedy = "what was done cannot be noted beside the register", "make room on the disk, then run again"
            raise SystemUnavailable(what, where=str(file), remedy=remedy) from None

    def read(self) -> Iterator[Noted]:
        """Everything noted, the oldest first, of every folder."""
        for file in self._files():
            with file.open(encoding="utf-8", errors="replace") as lines:
                yield from (one for one in map(noted_of, lines) if one is not None)

    def set_aside(self) -> None:
        """Begin anew: what was noted is of a time that the register does not go on from."""
        for file in self._files():
            file.replace(file.with_name(f"{file.name}.put-back"))

    def _files(self) -> list[Path]:
        """Those that are there, of each folder the earlier one first."""
        files = [file for place in self._places for file in (_earlier(place / JOURNAL), place / JOURNAL)]
        return [file for file in files if file.is_file()]


def _earlier(file: Path) -> Path:
    return file.with_name(f"{file.name}.{_EARLIER}")


def _append(file: Path, text: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        if os.write(descriptor, text) < len(text):
            raise OSError
    finally:
        os.close(descriptor)


def _can_write(place: Path) -> bool:
    return place.is_dir() and os.access(place, os.W_OK)


def unknown_marks(kept: NewestRecords, places: Sequence[Path]) -> dict[str, Newest]:
    """Marks whose record the register does not know, by file."""
    read = {str(place / MARK): _read(place / MARK) for place in places}
    # Keys and vault nearly always keep the same mark, which is asked about once.
    unknown = {mark for mark in set(read.values()) if mark is not None and not kept.knows_record(mark)}
    return {file: mark for file, mark in read.items() if mark is not None and mark in unknown}


def look_for_restore(kept: NewestRecords, places: Sequence[Path]) -> None:
    """Stop where the register is older than a mark.

    Raises:
        SettingsInvalid: then; says which case went on since.
    """
    for file, mark in unknown_marks(kept, places).items():
        raise SettingsInvalid(
            f"the register is older than what was done with it (it does not know record {mark.seq} of {mark.case}), or "
            "it is another installation's",
            where=file,
            remedy="put back the newest register; if there is none, run `rightsflow recover` (docs/run/recovery.md)",
        )


def note_newest(kept: NewestRecords, newest: Newest, places: Sequence[Path], *, is_taken: bool) -> None:
    """Have each place that is there know the newest record.

    Args:
        kept: the register.
        newest: its newest record.
        places: folders of the marks.
        is_taken: whether a person took the register for the newest. Else a mark that it does not know stays: it was put
            back while the process was running.
    """
    known: set[Newest | None] = {None}
    for place in places:
        file = place / MARK
        mark = _read(file)
        if mark == newest or not _can_write(place):
            continue
        if is_taken or mark in known or (mark is not None and kept.knows_record(mark)):
            known.add(mark)
            file.touch(mode=0o600)
            file.write_text(newest.as_text(), encoding="utf-8")  # cut off, it is no mark


def _read(file: Path) -> Newest | None:
    try:
        return newest_of(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
