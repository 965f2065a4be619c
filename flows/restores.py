"""A register that was put back to an earlier state is noticed before anything is carried on.

Keys and vault of the home each keep a mark of the newest record of evidence. Whoever opens a register that does not
know the record of a mark stops: the register is older than what was done with it. A register of another installation
is noticed the same way.
"""

from collections.abc import Sequence
from pathlib import Path

from data_contracts.errors import SettingsInvalid
from data_contracts.restores import Newest, NewestRecords, newest_of

__all__ = ["look_for_restore", "note_newest", "unknown_marks"]

MARK = "register.mark"


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
            remedy="put back the newest register; if there is none, run `rightsflow recover` (docs/operations.md)",
        )


def note_newest(kept: NewestRecords, places: Sequence[Path], *, is_taken: bool = False) -> None:
    """Have each place that is there know the newest record.

    Args:
        kept: the register.
        places: folders of the marks.
        is_taken: whether a person took the register for the newest. Else a mark that it does not know stays: it was put
            back while the process was running.
    """
    newest = kept.newest_record()
    if newest is None:
        return
    for place in places:
        file = place / MARK
        if place.is_dir() and (mark := _read(file)) != newest and (is_taken or mark is None or kept.knows_record(mark)):
            file.touch(mode=0o600)
            file.write_text(newest.as_text(), encoding="utf-8")  # cut off, it is no mark


def _read(file: Path) -> Newest | None:
    try:
        return newest_of(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
