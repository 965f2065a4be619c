"""What the register keeps sealed with the master key, in whichever table: all of it is sealed anew by a rotation.

Each row is sealed for a context, so that it opens in its own place alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from data_contracts.case.subjects import SubjectKey


def operator_context(name: str) -> str:
    """For what an operator's TOTP secret is sealed."""
    return f"operator:{name}"


def webhook_context(name: str) -> str:
    """For what a subscriber's secret is sealed."""
    return f"webhook:{name}"


def former_key_context(account: SubjectKey, key: SubjectKey) -> str:
    """For what a former key is sealed: this key of this account."""
    return f"former key:{account.digest}:{key.digest}"


def credential_context(name: str) -> str:
    """For what a credential of a system or recipient is sealed."""
    return f"credential:{name}"


@dataclass(frozen=True, slots=True)
class SealedRow:
    """One row that the master key sealed.

    Attributes:
        table: the table's name.
        key: its primary key, by column.
        context: what it is sealed for.
        sealed: the sealed bytes.
    """

    table: str
    key: Mapping[str, str]
    context: str
    sealed: bytes = field(repr=False)


class SealedRows(Protocol):
    """The part of the register that a rotation of the master key asks."""

    def sealed_rows(self) -> Iterator[SealedRow]:
        """Every row that the master key sealed, table by table; data keys are apart."""

    def reseal(self, row: SealedRow, sealed: bytes) -> bool:
        """Exchange the sealed bytes; False where the row changed or went meanwhile."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential of a system or recipient, kept sealed.

    Attributes:
        name: of the environment variable that would hold it otherwise.
        by: who set it.
    """

    name: str
    sealed: bytes = field(repr=False)
    at: datetime
    by: str


class Credentials(Protocol):
    """The part of the register that keeps credentials."""

    def put_credential(self, one: Credential) -> None:
        """Keep a credential, in the place of one of that name."""

    def credential(self, name: str) -> Credential | None:
        """The credential of that name."""

    def credentials(self) -> list[Credential]:
        """All, by name."""

    def remove_credential(self, name: str) -> bool:
        """Remove one; whether there was one of that name."""
