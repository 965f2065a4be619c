"""How tasks reach systems: the port of a connector, and what a live system looks like.

The rules of :mod:`data_contracts.ports.register` for adapters hold here too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from data_contracts.connectors.held_keys import HeldKeys
from data_contracts.connectors.hiding import Hiding, Undeclared
from data_contracts.connectors.keys import Condition, Key, Look, Order, Selection, Spelling
from data_contracts.connectors.obstacles import Obstacle
from data_contracts.connectors.recovering import GivesBack
from data_contracts.connectors.rehearsing import Limits, MadeUpRow, Rehearsal
from data_contracts.connectors.witnessing import Budget, Looked, Testimony

if TYPE_CHECKING:
    import pyarrow as pa


class Holds(StrEnum):
    """What a live column can hold, as far as finding an identity key in it goes."""

    UNKNOWN = "unknown"
    """The system cannot tell, or it may be anything."""
    TEXT = "text"
    NUMBER = "number"
    BYTES = "bytes"
    UUID = "uuid"
    MOMENT = "moment"
    """A date or a time."""
    BOOLEAN = "boolean"
    CONTAINER = "container"
    """Several values, or values with names: an array, JSON, XML. A key inside is not found by comparing."""


class Container(StrEnum):
    """What sort of container a live column is, where its type says so."""

    NONE = ""
    ARRAY = "array"
    JSON = "json"
    XML = "xml"
    ENTRIES = "entries"
    """A map of keys to values."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class LiveColumn:
    """A column as the live system has it."""

    name: str
    type: str
    nullable: bool
    holds: Holds = Holds.UNKNOWN
    compares_loosely: bool = False
    """Its own equality takes different texts for the same: a collation that ignores case or accents."""
    container: Container = Container.NONE
    length: int | None = None
    """Of text in signs, of bytes in bytes; None: any, or not known."""
    labels: tuple[str, ...] = ()
    """All values of an enumeration."""
    since: str = ""
    """The first day that a moment may have; empty: any."""
    is_computed: bool = False
    """The system computes it, so that nothing can be written to it."""


@dataclass(frozen=True, slots=True)
class LiveReference:
    """A foreign key as the live system has it."""

    table: str
    columns: tuple[str, ...]
    to_table: str
    to_columns: tuple[str, ...]
    on_delete: str = ""
    """What the database does by itself to rows that refer to a deleted one: ``CASCADE``, ``SET NULL``, …; or empty."""


@dataclass(frozen=True, slots=True)
class LiveSchema:
    """What is really there: table name to its columns by name, and all foreign keys."""

    tables: Mapping[str, Mapping[str, LiveColumn]]
    references: tuple[LiveReference, ...] = ()
    primary_keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Key columns by table; empty for a table that has none. Not named: the system cannot tell."""
    indexed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Columns that an index begins with, by table. Not named: the system cannot tell, or has no use for one."""
    obstacles: Mapping[str, tuple[Obstacle, ...]] = field(default_factory=dict)
    """What keeps a table from being searched, by table."""
    hidings: tuple[Hiding, ...] = ()
    """What may hide data; empty: the system was asked and says nothing, or has nothing of the kind."""


class Connector(Protocol):
    """Our adapter to one system. Built from the system's contract; names are the contract's.

    Every method raises :class:`SystemUnavailable` when the system cannot be reached or breaks off, and
    :class:`ContractMismatch` when a table or column of the contract is not there. Methods are safe to call again.
    """

    system: str

    def describe(self) -> LiveSchema:
        """The live schema of the tables that the contract names, and of those that refer to them."""

    def undeclared(self) -> list[str]:
        """Live tables that the contract does not name, where those lie that it names, by name (charter 1.3)."""

    def elsewhere(self) -> list[str]:
        """Other schemas and databases with tables that the account can read and no contract looks into, by name."""

    def switched_off(self) -> list[tuple[str, str]]:
        """Triggers and foreign keys of the contract's tables that are there and switched off, by table and name."""

    def resolve(self, table: str, spelling: Spelling) -> tuple[Condition, ...]:
        """The rows whose column holds one of the keys, however it is spelt, as conditions on what is stored.

        The conditions compare verbatim, so that every later statement selects the same rows and no others. None when no
        row holds one. The database gives candidates, :func:`data_contracts.text.normal_form.normal_forms` decides. Of
        keys inside values (:attr:`Spelling.inside`) it is one condition on the primary key; values are given by
        :meth:`find_keys`, and taken by :class:`data_contracts.connectors.keys.ChangeColumns`, as the text of
        :func:`data_contracts.inside.values.container_text`.
        """

    def find_keys(
        self, selection: Selection, columns: Sequence[tuple[str, ...]]
    ) -> dict[tuple[str, ...], frozenset[Key]]:
        """The different keys that the selected rows hold, for each tuple of columns asked for.

        One statement. Keys with a NULL part are left out. Empty selection: empty sets, no statement.
        """

    def read(self, selection: Selection, columns: Sequence[str]) -> "Iterator[pa.RecordBatch]":
        """The selected rows, each exactly once, ``columns`` in that order, streamed.

        At least one batch is given, so that the schema is known even when no row is. Memory does not grow
        with the number of rows.
        """

    def count(self, selections: Sequence[Selection]) -> list[int]:
        """How many rows each selection has, in one read-only transaction, in the order given."""

    def count_unlike(self, selection: Selection, look: Look) -> int:
        """How many selected rows do not look as ``look`` says."""

    def count_undeclared(self, selection: Selection) -> Undeclared:
        """What hangs on the selected rows and no contract declares; a statement for each table that is looked into."""

    def count_held_by_several(self, asked: HeldKeys) -> int:
        """How many different keys of a column two or more accounts hold; one statement, no value leaves the system."""

    def carry_out(self, orders: Sequence[Order]) -> list[int]:
        """Carry out ``orders`` in that order, in one transaction where the system has them; rows touched by each.

        All or nothing for databases. For file datasets each file is replaced atomically, and carrying out
        the same orders again finishes what was cut off.
        """

    def giver(self) -> GivesBack | None:
        """What copies rows before they are erased, and gives them back; None where the system cannot."""

    def rehearse(self, orders: Sequence[Order], limits: Limits, made_up: Sequence[MadeUpRow] = ()) -> Rehearsal:
        """Carry out ``orders`` where nothing can be committed, and say what the system refuses (law 13).

        Rows ``made_up`` are inserted before, parents first, where the system has transactions. Afterwards everything is
        as before, also where the process is killed meanwhile; no other session sees a change. A refused order does not
        end the rehearsal: the others are tried too.
        """

    def plant(self, rows: Sequence[MadeUpRow]) -> None:
        """Insert rows of a canary in that order, all or none; what stood there before stays as it is.

        Raises:
            ContractMismatch: when the system refuses a row, or takes none; table and constraint are named, and no row
                was inserted.
        """

    def witness(self, asked: Testimony, budget: Budget) -> Iterator[Looked]:
        """Look for keys, raw, in everything that the connection can read, declared or not (law 7).

        Reads only; smallest places first. What could not be looked at is given too, with the reason. Tables that
        another contract of the same database declares are left to the witness of that system. A contract that does not
        match the live schema is no hindrance: what it declares and what is not there explains nothing.

        Raises:
            StepFailed: when it was cancelled.
        """

    def refresh_views(self) -> list[str]:
        """Refresh the materialised views that hold copies of the contract's rows; those that could not be, by name.

        Called after :meth:`carry_out`, never inside its transaction.
        """

    def close(self) -> None:
        """Give back connections; using the connector afterwards opens new ones."""


class Systems(Protocol):
    """Connectors by system name."""

    def connector(self, system: str) -> Connector:
        """The system's connector.

        Raises:
            SettingsInvalid: when the system has no connection configured.
        """

    def names(self) -> list[str]:
        """Systems of the contracts, by name."""
