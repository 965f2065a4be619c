"""How tasks reach systems: the port of a connector, and what a live system looks like.

The rules of :mod:`data_contracts.ports` for adapters hold here too; everything can be imported from there as well.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

from data_contracts.keys import Key, Look, Order, Selection


@dataclass(frozen=True, slots=True)
class LiveColumn:
    """A column as the live system has it."""

    name: str
    type: str
    nullable: bool


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

    def find_keys(
        self, selection: Selection, columns: Sequence[tuple[str, ...]]
    ) -> dict[tuple[str, ...], frozenset[Key]]:
        """The different keys that the selected rows hold, for each tuple of columns asked for.

        One statement. Keys with a NULL part are left out. Empty selection: empty sets, no statement.
        """

    def read(self, selection: Selection, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The selected rows, each exactly once, ``columns`` in that order, streamed.

        At least one batch is given, so that the schema is known even when no row is. Memory does not grow
        with the number of rows.
        """

    def count(self, selections: Sequence[Selection]) -> list[int]:
        """How many rows each selection has, in one read-only transaction, in the order given."""

    def count_unlike(self, selection: Selection, look: Look) -> int:
        """How many selected rows do not look as ``look`` says."""

    def carry_out(self, orders: Sequence[Order]) -> list[int]:
        """Carry out ``orders`` in that order, in one transaction where the system has them; rows touched by each.

        All or nothing for databases. For file datasets each file is replaced atomically, and carrying out
        the same orders again finishes what was cut off.
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
