"""Accounts that a search reached: what people are shown of them, and what their answer means (law 8). Pure.

People see each account by a number, its key masked: what they read at the gate lies in Prefect's database (law 1). The
answers, the safest first:

* *refuse*: it cannot be told whose data these are; nothing is done;
* *named*: what holds a key that was named, and the one account that holds one; where several do, none of them is
  entered but those whose own number was named. It always ends the question;
* *chosen*: the accounts and keys that the reference lists, and no others;
* *all*: all accounts that were shown.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from data_contracts.connectors.keys import Key
from data_contracts.errors import AnswerRefused
from data_contracts.vocabulary import Decision, Gate

ANSWERS: Final = (Decision.REFUSE, Decision.NAMED, Decision.CHOSEN, Decision.ALL)
"""What the gate ``subjects`` offers, in this order."""
_ITEM: Final = re.compile("[AK][1-9][0-9]{0,2}")
_DOTS: Final = "•••"
_SHORT: Final = 4


@dataclass(frozen=True, slots=True)
class Admission:
    """Which accounts are the data subject's, as people answered at the gate ``subjects``.

    Attributes:
        accounts: keys of the accounts that are hers, by kind; no other account is entered.
        keys: keys of other kinds that a person said are hers, by kind.
        known: every account that people were shown, with its kind.
        vouched: whether keys that her accounts hold are searched; not where people answered *named*.
        is_final: whether accounts that turn up later are passed over without asking again.
    """

    accounts: Mapping[str, frozenset[Key]] = field(repr=False)
    keys: Mapping[str, frozenset[str]] = field(default_factory=dict, repr=False)
    known: frozenset[tuple[str, Key]] = field(default=frozenset(), repr=False)
    vouched: bool = True
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """What people were shown at the gate, in the order of the numbers.

    Attributes:
        accounts: kind and value of each; A1, A2, …
        proven: for each account, whether it holds a proven key.
        mentioned: kind and value of each key that leads nowhere by itself; K1, K2, …
    """

    accounts: tuple[tuple[str, str], ...] = field(repr=False)
    proven: tuple[bool, ...]
    mentioned: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Said:
    """A person's answer to what was shown."""

    shown: Shown
    decision: Decision
    reference: str = ""


def check_chosen(gate: Gate, decision: Decision, reference: str, shown: Shown | None) -> None:
    """That *chosen* lists numbers that were shown.

    Raises:
        AnswerRefused: when it lists none, or another.
    """
    if gate is not Gate.SUBJECTS or decision is not Decision.CHOSEN or shown is None:
        return
    items = reference.split()
    names = {*_numbered("A", shown.accounts), *_numbered("K", shown.mentioned)}
    if not items or not all(_ITEM.fullmatch(item) and item in names for item in items):
        raise AnswerRefused(
            "the accounts that are the data subject's are not named",
            where="reference",
            remedy=f"list some of {', '.join(sorted(names))}, with blanks between them",
        )


def admission(said: Sequence[Said], named: Mapping[str, frozenset[str]]) -> Admission | None:
    """What people's answers mean together, the last one last; None where nobody was asked.

    Args:
        said: the answers.
        named: normal forms of the keys that were proven, by kind.
    """
    if not said:
        return None
    known = frozenset((kind, (value,)) for one in said for kind, value in one.shown.accounts)
    last = said[-1]
    if last.decision is Decision.NAMED:
        return Admission(_grouped(_named(last.shown, named)), known=known, vouched=False, is_final=True)
    chosen = [_picked(one) for one in said if one.decision is not Decision.NAMED]
    accounts = [account for accounts, _ in chosen for account in accounts]
    keys: dict[str, frozenset[str]] = {}
    for kind, value in (key for _, found in chosen for key in found):
        keys[kind] = keys.get(kind, frozenset()) | {value}
    return Admission(_grouped(accounts), keys=keys, known=known)


def named_accounts(shown: Shown, named: Mapping[str, frozenset[str]]) -> list[str]:
    """The numbers of the accounts that *named* takes in."""
    taken = set(_named(shown, named))
    return [f"A{number}" for number, account in enumerate(shown.accounts, 1) if account in taken]


def _named(shown: Shown, named: Mapping[str, frozenset[str]]) -> list[tuple[str, str]]:
    proven = [account for account, is_proven in zip(shown.accounts, shown.proven, strict=True) if is_proven]
    if len(proven) == 1:
        return proven
    return [(kind, value) for kind, value in proven if value in named.get(kind, frozenset())]


def _picked(said: Said) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Accounts and keys that an answer takes in."""
    if said.decision is Decision.ALL:
        return list(said.shown.accounts), []
    items = set(said.reference.split())
    accounts = dict(zip(_numbered("A", said.shown.accounts), said.shown.accounts, strict=True))
    keys = dict(zip(_numbered("K", said.shown.mentioned), said.shown.mentioned, strict=True))
    return [a for name, a in accounts.items() if name in items], [k for name, k in keys.items() if name in items]


def _numbered(letter: str, items: Sequence[object]) -> list[str]:
    return [f"{letter}{number}" for number in range(1, len(items) + 1)]


def _grouped(accounts: Iterable[tuple[str, str]]) -> dict[str, frozenset[Key]]:
    grouped: dict[str, frozenset[Key]] = {}
    for kind, value in accounts:
        grouped[kind] = grouped.get(kind, frozenset()) | {(value,)}
    return grouped


def masked(rule: str, value: str) -> str:
    """A key as people at a gate may see it: enough to tell two apart, too little to write to it.

    >>> masked("email", "ana@example.org"), masked("phone", "+33612345678"), masked("verbatim", "C-4711")
    ('a•••@e•••.org', '•••78', 'C•••11')
    """
    if rule == "email":
        local, _, domain = value.partition("@")
        host, _, top = domain.rpartition(".")
        return f"{local[:1]}{_DOTS}@{host[:1]}{_DOTS}.{top}"
    if rule == "phone":
        return f"{_DOTS}{value[-2:]}"
    return f"{value[:1]}{_DOTS}{value[-2:]}" if len(value) > _SHORT else _DOTS
