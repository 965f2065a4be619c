"""Keys that change hands: what a search does with what is remembered of them (law 8, Art. 17).

* :func:`former_keys_of` is asked with the keys of accounts that hold a proven key. The rows that hold what it gives may
  be theirs, or of whoever has the address by now: people are asked at the gate ``subjects``;
* :func:`other_owner_of` is asked for each proven key. Where another account gave the key up, rows that hold it may be
  the former owner's: it leads to accounts alone, until people say so at the gate.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from data_contracts.case.former_keys import FormerKey
from data_contracts.case.subjects import SubjectKey
from data_contracts.ports.sealed_rows import former_key_context
from tasks.case.subject_keys import Digests
from tasks.rules.search.former_keys import given_up_by_others
from tasks.services import services


@dataclass(frozen=True, slots=True)
class FormerIdentity:
    """A key under which an account was known. Personal data.

    Attributes:
        kind: of the vocabulary's ``identities``.
        until: when it was put right; rows from then on may be somebody else's.
    """

    kind: str
    value: str = field(repr=False)
    until: datetime


def former_keys_of(accounts: Iterable[SubjectKey]) -> list[FormerIdentity]:
    """Keys under which verified accounts were known, oldest first; see the module for who may ask."""
    return [FormerIdentity(one.key.kind, _opened(one), one.until) for one in services().register.former_keys(accounts)]


def other_owner_of(kind: str, value: str, accounts: Iterable[SubjectKey]) -> datetime | None:
    """When another account last gave a key up; None where none did.

    Args:
        kind: identity kind of the key that is proven now.
        value: as typed or stored.
        accounts: keys of the accounts of whoever asks.
    """
    key = Digests().of(kind, value)
    if key is None:
        return None
    others = given_up_by_others(services().register.former_owners(key), key, frozenset(accounts))
    return others[-1].until if others else None


def _opened(one: FormerKey) -> str:
    return services().open_secret(one.sealed, former_key_context(one.account, one.key)).decode()
