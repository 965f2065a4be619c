"""Keys under which somebody was known before they were put right (Art. 16), and the port that keeps them.

An address that is put right in the account stays in rows that are not changed: a typed one, a system of ours without
that rule, a backup. Without a memory of it no later request reaches them; and whoever is given the address next is
taken for their owner. So the register keeps, under the keyed digest of the account: the keyed digest of the old key,
to recognise it, and its value sealed, to search it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from data_contracts.case.subjects import SubjectKey


@dataclass(frozen=True, slots=True)
class FormerKey:
    """One key that was an account's until a moment.

    Attributes:
        account: the account's unique key.
        key: the former key.
        sealed: its value, sealed with the organisation's master key.
        until: when it was put right.
    """

    account: SubjectKey
    key: SubjectKey
    sealed: bytes = field(repr=False)
    until: datetime


class FormerKeys(Protocol):
    """The part of the register that knows under which keys somebody was known."""

    def put_former_keys(self, keys: Iterable[FormerKey]) -> None:
        """Keep former keys; one of the same account and digest is kept with its later moment."""

    def former_keys(self, accounts: Iterable[SubjectKey]) -> list[FormerKey]:
        """Former keys of these accounts, oldest first."""

    def former_owners(self, key: SubjectKey) -> list[FormerKey]:
        """Accounts that a key belonged to, oldest first."""

    def forget_former_key(self, account: SubjectKey, key: SubjectKey) -> None:
        """Forget one: the account has it again, or its data were erased."""

    def forget_former_keys(self, before: datetime) -> int:
        """Forget those that were put right before a moment; how many."""
