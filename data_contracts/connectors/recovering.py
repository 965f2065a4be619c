"""A way back from a mistake: what an erasure takes is copied first, and given back if it was one (Art. 17, 32).

The port of systems that can: copying and carrying out see the same rows, in one transaction. Values are copied as the
database writes them, so that giving back makes them again as they were, whatever Python can hold. The copies are
personal data: whoever takes them seals them, and nothing else is done with them.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Protocol

from data_contracts.connectors.keys import Order

if TYPE_CHECKING:
    import pyarrow as pa

ENDED: Final = "recovery ended"
"""Step of the ledger: the key of a copy is destroyed. Its receipt tells the ``cause``."""
TIME_OVER: Final = "time over"
"""The cause of most: nobody had it given back."""
RESTORE: Final = "restore"
"""Step of the ledger: one system has its rows again."""
RESTORED: Final = "restored"
"""All have, and the list of erasures knows the keys no more; also the cause why a copy ends."""
IN_PART: Final = "given back in part"
"""The cause where the last day came before every system had its rows."""


class NotCopied(StrEnum):
    """Why rows cannot be given back."""

    SYSTEM = "system"
    """The system has no way to copy and to act in one transaction (files, MariaDB and MySQL)."""
    NO_KEY = "no_primary_key"
    """The table has no primary key, so that a row that is there again cannot be told from another."""
    INHERITED = "inherited"
    """Rows of tables that inherit from it go with its own, and would come back without their own columns."""
    TOO_WIDE = "too_wide"
    """It has more columns than one statement takes."""
    KEY_REPLACED = "key_replaced"
    """A key of it is replaced with all that refers to it, so that its rows cannot be told again afterwards."""


@dataclass(frozen=True, slots=True)
class CopyHead:
    """What a copy is of.

    Attributes:
        table: the contract's name of the table.
        columns: those that were copied; of rows that are deleted, all that can be written.
        key: columns of the primary key.
        is_deleted: the rows are deleted; else columns of rows that stay are changed.

    Columns of the batches, in this order: the values of ``columns``; of changed rows then what the erasure writes
    there, and the values of ``key`` as they are afterwards.
    """

    table: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    is_deleted: bool

    def facts(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "table": self.table,
            "columns": list(self.columns),
            "key": list(self.key),
            "is_deleted": self.is_deleted,
        }

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> "CopyHead":
        """The inverse of :meth:`facts`."""
        return cls(facts["table"], tuple(facts["columns"]), tuple(facts["key"]), facts["is_deleted"])

    @property
    def key_places(self) -> tuple[int, ...]:
        """Which columns of a batch tell its rows apart."""
        if self.is_deleted:
            return tuple(self.columns.index(name) for name in self.key)
        return tuple(range(2 * len(self.columns), 2 * len(self.columns) + len(self.key)))


class Keeping(Protocol):
    """Takes copies of rows while a transaction is open, before anything is changed in it."""

    def put(self, number: int, head: CopyHead, batches: "Iterator[pa.RecordBatch]") -> None:
        """Seal the rows that order of that number takes; they are sealed, whole, when it returns."""

    def sealed(self) -> None:
        """Note that all are sealed; only after that is anything changed."""


@dataclass(frozen=True, slots=True)
class Copy:
    """Rows to give back."""

    head: CopyHead
    batches: "AbstractContextManager[Iterator[pa.RecordBatch]]" = field(repr=False)


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What became of the copies of one table.

    Attributes:
        rows: inserted, or with a column given back.
        already: rows that were there as they had been.
        changed_since: values that are not what the erasure wrote any more, or whose row is gone: left as they are.
    """

    table: str
    rows: int = 0
    already: int = 0
    changed_since: int = 0


class GivesBack(Protocol):
    """A system that copies what it is ordered to erase, and takes it back."""

    def not_copied(self, tables: Sequence[str]) -> dict[str, NotCopied]:
        """Those of the tables whose rows cannot be given back, and why."""

    def carry_out_kept(self, orders: Sequence[Order], again: Sequence[Order], keeping: Keeping) -> list[int]:
        """Give ``keeping`` the rows that ``orders`` take, then carry out both lists of orders: rows touched by each.

        One transaction, in which both see the same rows: a row that changes meanwhile is a failure, and trying again
        helps. Memory does not grow with the number of rows.
        """

    def give_back(self, copies: Sequence[Copy]) -> list[GivenBack]:
        """Write the rows of ``copies`` in that order, in one transaction; what became of each.

        A row that is there as it had been is left alone, so that it is safe to call again. A value is written where
        what the erasure wrote still stands, and nowhere else.

        Raises:
            ContractMismatch: when the system refuses a row; table and constraint are named, and nothing was written.
        """


@dataclass(frozen=True, slots=True)
class RecoveryCopy:
    """A copy that an erasure keeps, sealed under a key of its own, until the end of its last day."""

    case_id: str
    until: date
    made_at: datetime


class RecoveryCopies(Protocol):
    """The part of the register that knows which copies there are."""

    def put_recovery(self, copy: RecoveryCopy) -> None:
        """Note a copy; one of the same case that is noted already stays."""

    def recovery(self, case_id: str) -> RecoveryCopy | None:
        """The copy of a case; None where there is none, or its key was destroyed."""

    def recoveries(self) -> list[RecoveryCopy]:
        """Every copy, the one that ends first on top."""

    def forget_recovery(self, case_id: str) -> None:
        """Forget a copy once it is destroyed; nothing happens when there is none."""


def space_of(case_id: str) -> str:
    """The name in the vault under which a case's copy lies, with a data key of its own.

    >>> space_of("C-7K3M-9QXT")
    'C-7K3M-9QXT.recovery'
    """
    return f"{case_id}.recovery"
