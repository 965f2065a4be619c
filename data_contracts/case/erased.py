"""The list of erasures: whose keys were erased, as keyed digests, and the port that keeps it (Art. 5(1)(e), 17, 24(1)).

A backup that is restored, or an import, brings back what was erased, and nothing in the system tells. So the register
keeps of each erasure which keys it was about, by digest and never in clear, the case, the moment, and where the key was
left in place on a ground of its own. Nothing else is kept, and it is forgotten in time
(:attr:`data_contracts.company.company.Policy.erased_key_years`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from data_contracts.case.subjects import SubjectKey


@dataclass(frozen=True, slots=True)
class ErasedKey:
    """One identity key of somebody whose data were erased.

    Attributes:
        case_id: the case that erased.
        erased_at: when it was proven; aware.
        stays: ``system.table.column`` in which the key still stood after that, on a ground of the plan or because it is
            somebody else's as well; a system's name alone where nobody could look. It is no return there.
    """

    key: SubjectKey
    case_id: str
    erased_at: datetime
    stays: tuple[str, ...] = ()

    def may_stand_in(self, system: str, table: str, column: str) -> bool:
        """Whether the key was left there when the rest was erased.

        >>> key = ErasedKey(SubjectKey("email", "ab"), "C-1", datetime.max, ("crm.customer.email", "legacy"))
        >>> key.may_stand_in("crm", "customer", "email"), key.may_stand_in("legacy", "any", "mail")
        (True, True)
        >>> key.may_stand_in("crm", "contact", "email")
        False
        """
        return system in self.stays or f"{system}.{table}.{column}" in self.stays


@dataclass(frozen=True, slots=True)
class RowHit:
    """A row that holds an erased key where none should be.

    Attributes:
        table: of the contract.
        cases: that erased the keys.
        identity: the keys that it holds of these people, by kind; personal data.
        is_same_account: the row names the account that was erased; False: another one; None: it names none. Only what
            the organisation assigns tells: an address comes back with whoever becomes a customer again.
    """

    table: str
    cases: frozenset[str]
    identity: Mapping[str, frozenset[str]] = field(repr=False)
    is_same_account: bool | None


class ErasedKeys(Protocol):
    """The part of the register that knows whose data were erased."""

    def put_erased_keys(self, keys: Iterable[ErasedKey]) -> None:
        """Keep keys; one of the same case that is kept already stays."""

    def erased_keys(self) -> list[ErasedKey]:
        """Every key on the list, oldest first."""

    def erased_cases(self, keys: Iterable[SubjectKey]) -> list[str]:
        """Cases that erased one of these keys, the latest first."""

    def put_stays(self, case_id: str, stays: Iterable[str], at: datetime) -> None:
        """Note where the keys of a case stand now that some of what was kept has gone, at that moment."""

    def forget_erased_keys(self, before: datetime, kept_before: datetime) -> int:
        """Forget those that were erased before a moment, those of which something stays before an earlier one."""

    def forget_erasure(self, case_id: str) -> int:
        """Forget the keys of one case; how many."""
