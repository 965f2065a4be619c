"""Sets what Typst is given as a PDF: tagged, fit for archiving, the same bytes for the same source and time.

Typst may read nothing and fetch nothing: its root is a folder without files.
"""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Literal

import typst

from data_contracts.errors import SettingsInvalid, StepFailed

__all__ = ["FONTS", "set_pages"]

FONTS = ("Libertinus Serif", "DejaVu Sans", "DejaVu Sans Mono", "New Computer Modern")
_NOTHING = Path(__file__).with_name("templates") / "letters"
"""What Typst may read, and where it may look for packages: a folder without either."""


def set_pages(source: bytes, at: datetime, *, what: str, where: str) -> bytes:
    """The pages as PDF/A-2a.

    Args:
        source: of Typst.
        at: the moment the file says it was made, aware.
        what: what is set, in words of an error.
        where: which one.

    Raises:
        SettingsInvalid: when no font of this machine has one of its characters.
        StepFailed: when Typst refuses the pages.
    """
    try:
        return _set(source, at, ["a-2a"])
    except typst.TypstError:
        if _can_be_set_at_all(source, at):
            # An archived page may not have a box in the place of a letter, and an envelope should not either.
            raise SettingsInvalid(
                f"no font of this machine has one of the {what}'s characters",
                where=where,
                remedy="install a font for the script of the name or the text (e.g. Noto), then run it again",
            ) from None
        raise StepFailed(f"the {what} cannot be set", where=where, remedy="report this") from None


def _set(source: bytes, at: datetime, standards: list[Literal["a-2a"]]) -> bytes:
    compiler = typst.Compiler(
        source, root=_NOTHING, font_paths=_fonts(), package_path=_NOTHING, package_cache_path=_NOTHING
    )
    made = compiler.compile(format="pdf", pdf_standards=[*standards], timestamp=at)
    if not isinstance(made, bytes):
        raise StepFailed("the pages were set as something else than one file", remedy="report this")
    return made


def _can_be_set_at_all(source: bytes, at: datetime) -> bool:
    """Whether it is the standard alone, with its demand that each character has a picture, that stands in the way."""
    try:
        _set(source, at, [])
    except typst.TypstError:
        return False
    return True


@cache
def _fonts() -> typst.Fonts:
    """Typst's own fonts and those of this machine, looked for once a process."""
    return typst.Fonts(include_system_fonts=True)
