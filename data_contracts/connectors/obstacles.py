"""What lies where a table should and keeps it from being searched: unreadable files, names that mean two things.

Nothing found there would be a lie (law 6). Each kind has one sentence and one remedy, which removes the cause.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ObstacleKind(StrEnum):
    """Why nothing can be concluded from what lies where a table should."""

    DAMAGED = "damaged"
    """A file that is not whole, or cannot be read as what it says it is."""
    EMPTY = "empty"
    """A file without a byte."""
    ENCRYPTED = "encrypted"
    DENIED = "denied"
    """The connection may not read the file."""
    UNKNOWN_FILE = "unknown_file"
    """A file of another kind, which may hold rows."""
    TABLE_FORMAT = "table_format"
    """A folder whose own log says which of its files count."""
    NAMES_ALIKE = "names_alike"
    """Files whose names differ in case alone."""
    COLUMNS_ALIKE = "columns_alike"
    """Columns whose names differ in case alone."""
    BESIDE = "beside"
    """A second file or folder of the table's name."""
    TYPES_DIFFER = "types_differ"
    """Files whose types of a column have nothing in common."""
    FOLDER_DIFFERS = "folder_differs"
    """A file that holds another value than the folder whose name says it."""


@dataclass(frozen=True, slots=True, order=True)
class Obstacle:
    """What keeps a table from being searched, whatever its columns are.

    Attributes:
        place: the file or folder, below the table's; parts that may be somebody's key are masked.
        about: what else there is to say: the table format, the types.
        column: empty when it is about no single one.
    """

    kind: ObstacleKind
    place: str
    about: str = ""
    column: str = ""

    @property
    def what(self) -> str:
        """The sentence for a person, with the place; no value of anybody."""
        return _WORDS[self.kind][0].format(place=self.place, about=self.about)

    @property
    def remedy(self) -> str:
        """What removes it."""
        return _WORDS[self.kind][1].format(about=self.about)


_WORDS: Final[Mapping[ObstacleKind, tuple[str, str]]] = {
    ObstacleKind.DAMAGED: (
        "the file `{place}` is damaged, or not whole",
        "restore it from where it came from, or move it out of the dataset's folder",
    ),
    ObstacleKind.EMPTY: (
        "the file `{place}` has no byte in it",
        "write it anew from where it came from, or delete it",
    ),
    ObstacleKind.ENCRYPTED: (
        "the file `{place}` is encrypted, and Rightsflow has no key of files",
        "write it decrypted, or move it out of the dataset's folder and search it by hand",
    ),
    ObstacleKind.DENIED: (
        "the connection may not read the file `{place}`",
        "let the account of the connection read and write the dataset's folder",
    ),
    ObstacleKind.UNKNOWN_FILE: (
        "the file `{place}` is not Parquet, so it was not searched",
        "write its rows as Parquet, or move it out of the dataset's folder and search it by hand",
    ),
    ObstacleKind.TABLE_FORMAT: (
        "the folder `{place}` is a table of {about}: its log says which files count, and keeps values of its own",
        "take the table out of the contract and answer for it by hand: DELETE in {about}, then remove its old versions",
    ),
    ObstacleKind.NAMES_ALIKE: (
        "there is another file or folder whose name differs from `{place}` in case alone",
        "rename or remove one of them",
    ),
    ObstacleKind.COLUMNS_ALIKE: (
        "the columns {about} have the same name, but for capitals",
        "rename one of them in the files",
    ),
    ObstacleKind.BESIDE: (
        "`{place}` lies beside the dataset and has its name too",
        "move it away, or give each a table of its own with `physicalName`",
    ),
    ObstacleKind.TYPES_DIFFER: (
        "the files do not agree on the type of the column: {about}",
        "write one of the files anew, so that the column has one type",
    ),
    ObstacleKind.FOLDER_DIFFERS: (
        "in the file `{place}` the column holds another value than the folder's name says",
        "move the rows to the folder of their value, or take the column out of the file",
    ),
}
