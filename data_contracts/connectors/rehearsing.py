"""What a rehearsal says: the orders of an act, carried out where nothing can be committed (law 13).

Whatever can refuse an act (constraint, type, trigger, right, reference) is found before people decide. Nothing here
holds a value of a row: names of tables, columns and constraints, kinds and counts alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class RefusalKind(StrEnum):
    """For what reason a system refuses a statement."""

    NOT_NULL = "not_null"
    CHECK = "check"
    UNIQUE = "unique"
    FOREIGN_KEY = "foreign_key"
    EXCLUSION = "exclusion"
    TYPE = "type"
    """The column's type cannot hold the value: another form, a number out of range, no label of the enumeration."""
    LENGTH = "length"
    GENERATED = "generated"
    """The system computes the column, or its identity, by itself."""
    TRIGGER = "trigger"
    """A trigger or rule raised an error of its own."""
    RIGHT = "right"
    OTHER = "other"


class NotRehearsed(StrEnum):
    """Why a table was not rehearsed."""

    ENGINE = "engine"
    """Its storage engine, or that of a table that its triggers write to, does not roll back."""
    TRIGGER = "trigger"
    """A trigger may act outside the database."""
    FOREIGN_TABLE = "foreign_table"
    VIRTUAL_TABLE = "virtual_table"
    LOCKED = "locked"
    """Another session held a lock for longer than we may wait."""
    TOO_LONG = "too_long"
    NO_TRANSACTIONS = "no_transactions"
    """Statements of the system cannot be taken back."""
    NO_ROW = "no_row"
    """No row could be made up for it."""
    FOLLOWS = "follows"
    """Rows that were refused elsewhere refer to its rows."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a rehearsal may hold up others."""

    lock_seconds: float = 5.0
    """The longest wait for a lock."""
    total_seconds: float = 300.0
    """The longest rehearsal of one system, and so the longest that its locks are held."""


@dataclass(frozen=True, slots=True)
class MadeUpRow:
    """A row of nobody's, inserted before the orders of a rehearsal and gone with it.

    Attributes:
        values: by column; dates, arrays and JSON as text.
    """

    table: str
    values: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A statement that the system refuses.

    Attributes:
        table: of the contract where it has one, else as the system names it.
        statement: ``delete``, ``update`` or ``insert``; empty: not known.
        column: empty: not known, or several.
        constraint: its name; empty: none, or not known.
        detail: what the driver said; it may hold values and is sealed.
    """

    table: str
    kind: RefusalKind
    statement: str = ""
    column: str = ""
    constraint: str = ""
    detail: str = field(default="", repr=False, compare=False)

    @property
    def what(self) -> str:
        """What the system refuses, as a sentence without its full stop."""
        by = f" `{self.constraint}`" if self.constraint else ""
        return f"the database refuses the {self.statement or 'statement'}: {_WHY[self.kind].format(by=by)}"

    @property
    def cure(self) -> str:
        """What removes the cause."""
        return _REMEDIES[self.kind]

    @property
    def remedy(self) -> str:
        """What removes the cause, and the answer at the gate."""
        return f"{self.cure}, then answer 'retry'"

    def place(self, system: str) -> str:
        """``system.table.column``."""
        return ".".join(part for part in (system, self.table, self.column) if part)


_WHY: Final[Mapping[RefusalKind, str]] = {
    RefusalKind.NOT_NULL: "the column takes no NULL",
    RefusalKind.CHECK: "the check{by} does not allow the new value",
    RefusalKind.UNIQUE: "the unique key{by} has the new value already",
    RefusalKind.FOREIGN_KEY: "the foreign key{by} would lead nowhere",
    RefusalKind.EXCLUSION: "the exclusion constraint{by} does not allow the new value",
    RefusalKind.TYPE: "the column's type cannot hold the new value",
    RefusalKind.LENGTH: "the new value is too long for the column",
    RefusalKind.GENERATED: "the database computes the column by itself",
    RefusalKind.TRIGGER: "a trigger or rule{by} of the table raises an error",
    RefusalKind.RIGHT: "our account has no right to it",
    RefusalKind.OTHER: "it gives a reason of its own{by}",
}
_REMEDIES: Final[Mapping[RefusalKind, str]] = {
    RefusalKind.NOT_NULL: "write `required: true` and `erase: mask` or `token` at the column, or let it take NULL",
    RefusalKind.CHECK: "declare a `replacement` that the check allows at the column, or let the check allow what "
    "erasing writes",
    RefusalKind.UNIQUE: "write `erase: token` at a column of the key, or `erase: delete` at the table",
    RefusalKind.FOREIGN_KEY: "declare the reference that it protects and how its rows are erased, or give the foreign "
    "key ON DELETE SET NULL",
    RefusalKind.EXCLUSION: "write `erase: clear` at a column of it, or `erase: delete` at the table",
    RefusalKind.TYPE: "declare a `replacement` that the type holds at the column, or write `erase: clear`",
    RefusalKind.LENGTH: "declare a shorter `replacement` at the column, or write `erase: clear`",
    RefusalKind.GENERATED: "take `erase` away at the column: it changes with the columns that it is computed from",
    RefusalKind.TRIGGER: "have the trigger let our account do it, or do it outside the software",
    RefusalKind.RIGHT: "grant the account SELECT, and UPDATE and DELETE where the contract erases",
    RefusalKind.OTHER: "read what the driver said with `rightsflow case CASE --faults` and mend it",
}


@dataclass(frozen=True, slots=True)
class RehearsedTable:
    """A table of the orders, and what became of them in the rehearsal.

    Attributes:
        refusal: None: nothing was refused.
        not_rehearsed: None: its orders were carried out, and taken back.
        about: what :attr:`not_rehearsed` is about: an engine, a trigger.
    """

    table: str
    refusal: Refusal | None = None
    not_rehearsed: NotRehearsed | None = None
    about: str = ""

    @property
    def is_accepted(self) -> bool:
        """Whether the system carried its orders out."""
        return self.refusal is None and self.not_rehearsed is None


WHY_NOT: Final[Mapping[NotRehearsed, str]] = {
    NotRehearsed.ENGINE: "its storage engine, or that of a table that its triggers write to, does not roll back",
    NotRehearsed.TRIGGER: "a trigger may act outside the database",
    NotRehearsed.FOREIGN_TABLE: "its rows lie on another server",
    NotRehearsed.VIRTUAL_TABLE: "a program keeps its rows",
    NotRehearsed.LOCKED: "another session held a lock for too long",
    NotRehearsed.TOO_LONG: "it took longer than the policy allows",
    NotRehearsed.NO_TRANSACTIONS: "the system cannot take statements back",
    NotRehearsed.NO_ROW: "the system refuses the made-up row",
    NotRehearsed.FOLLOWS: "rows that refer to it could not be tried",
}
"""Why a table was not rehearsed, as a sentence without its full stop."""


@dataclass(frozen=True, slots=True, order=True)
class Appeared:
    """Rows that appeared or changed meanwhile in a table that no contract declares: a history that a trigger keeps.

    ``rows`` is -1 where they were not counted.
    """

    table: str
    rows: int


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a system says of the orders of an act."""

    tables: tuple[RehearsedTable, ...] = ()
    appeared: tuple[Appeared, ...] = ()
    is_partial: bool = False
    """Of files: names, types and values were tried alone; nothing was written."""

    @property
    def refusals(self) -> Sequence[Refusal]:
        """What was refused, in the order of the tables."""
        return [one.refusal for one in self.tables if one.refusal is not None]
