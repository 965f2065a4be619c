"""What can be seen of a system from outside, for a draft of its contract: facts of the schema, and counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from data_contracts.odcs.drafts.guessing import Look

FOREIGN_KEY: Final = "foreign key"


@dataclass(frozen=True, slots=True)
class DraftColumn:
    """What can be seen of a column.

    Attributes:
        key_position: place in the primary key, from 1; 0 when it is no part of it.
        looks: what its values look like; empty when none were looked at.
        is_container: it holds several values, or values with names; then ``looks`` says what lies inside.
        keys: of a column that says what the value beside it is: its different texts (:func:`drafting.keys_of`).
        filled: in how many of the rows counted it holds a value; 0 when none were counted.
        distinct: how many different values these are.
    """

    name: str
    logical_type: str
    physical_type: str = ""
    required: bool = False
    unique: bool = False
    key_position: int = 0
    looks: frozenset[Look] = frozenset()
    is_container: bool = False
    keys: tuple[str, ...] = ()
    filled: int = 0
    distinct: int = 0

    @property
    def is_few(self) -> bool:
        """Whether each value stands in many rows: whoever serves others, a state, a kind."""
        return self.filled >= _ENOUGH and self.distinct * _MANY_EACH <= self.filled

    @property
    def is_one_each(self) -> bool:
        """Whether each value stands in one row, as far as was counted."""
        return self.filled > 0 and self.distinct == self.filled


_ENOUGH: Final = 20
"""Rows from which a count says something."""
_MANY_EACH: Final = 5
"""In how many rows, on average, a value of few stands."""


@dataclass(frozen=True, slots=True)
class DraftReference:
    """A reference; ``to_table`` is named as in the draft.

    Attributes:
        by: what tells it: a live foreign key, ``name``, or ``name and values``.
    """

    columns: tuple[str, ...]
    to_table: str
    to_columns: tuple[str, ...]
    by: str = FOREIGN_KEY


@dataclass(frozen=True, slots=True)
class DraftTable:
    """What can be seen of a table, under its live name (``schema.table`` outside the default schema)."""

    name: str
    columns: tuple[DraftColumn, ...]
    references: tuple[DraftReference, ...] = ()

    @property
    def rows(self) -> int:
        """In how many of the rows counted something stands."""
        return max((column.filled for column in self.columns), default=0)

    @property
    def key(self) -> tuple[DraftColumn, ...]:
        """The columns of the primary key, in its order."""
        return tuple(sorted((c for c in self.columns if c.key_position), key=lambda column: column.key_position))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> DraftColumn:
        """The column of that name, which is there."""
        return next(column for column in self.columns if column.name == name)


@dataclass(frozen=True, slots=True)
class DraftSystem:
    """What can be seen of a system; ``server`` is an ODCS server, without any credential."""

    name: str
    tables: tuple[DraftTable, ...]
    server: Mapping[str, Any]
    elsewhere: tuple[str, ...] = ()
    """Other schemas and databases with tables that the account can read, which the draft leaves out."""
