"""What may hide data of a live system from a search, an act or the look afterwards (law 6, 7, 13).

A connector asks its system about these and says what it was told; :mod:`tasks.rules.search.hiding` says what follows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Hides(StrEnum):
    """What a system says of itself."""

    ROWS_UNSEEN = "rows_unseen"
    """Row-level security in force for the account that we use: it does not see every row."""
    ROWS_GUARDED = "rows_guarded"
    """It sees every row, but row-level security lets it change or delete some of them only."""
    NO_SELECT = "no_select"
    NO_UPDATE = "no_update"
    NO_DELETE = "no_delete"
    READ_ONLY = "read_only"
    """Nothing can be written: a replica, a setting, a file; ``about`` says which."""
    VERSIONED = "versioned"
    """The database itself keeps earlier versions of the rows."""
    TRIGGER_WRITES = "trigger_writes"
    """A trigger or rule writes to the table ``about``: it adds rows there, or changes them."""
    TRIGGER_DELETES = "trigger_deletes"
    """A trigger or rule deletes rows of the table ``about`` when rows here are deleted."""
    TRIGGER_UNCLEAR = "trigger_unclear"
    """The trigger ``about`` puts its statements together when it runs: nobody can tell which tables it writes to."""
    TRIGGERS_UNSEEN = "triggers_unseen"
    """The account may not see whether there are triggers."""
    PUBLISHED = "published"
    """Changes are sent elsewhere by the publication ``about``."""
    VIEW_REFRESHED = "view_refreshed"
    """The materialised view ``about`` holds copies of rows, and the account can refresh it."""
    VIEW_STALE = "view_stale"
    """The materialised view ``about`` holds copies of rows, and the account cannot refresh it."""
    CHILD_COLUMN = "child_column"
    """``column`` is a column of the child table ``about`` alone."""
    CHILD_KEYS = "child_keys"
    """Rows of child tables are among its rows, and the key is unique in each of them alone."""
    SAME_ROWS = "same_rows"
    """The contract's table ``about`` holds the same rows: it is a partition or child, or has the same live name."""


@dataclass(frozen=True, slots=True, order=True)
class Hiding:
    """One thing that a system says of itself; names only, no personal data.

    Attributes:
        table: the contract's; empty: the whole system.
        column: the live column that it is about; empty: the table.
        about: another table (the contract's name where it has one), a trigger, or what else it is about.
    """

    kind: Hides
    table: str = ""
    column: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Undeclared:
    """What hangs on selected rows and no contract declares, with the number of rows.

    Attributes:
        columns: live columns that are not empty in so many of the rows; ``child.column`` for a child table's own.
        referring: live tables with so many rows that refer to one of the rows by a foreign key.
    """

    columns: Mapping[str, int] = field(default_factory=dict)
    referring: Mapping[str, int] = field(default_factory=dict)
