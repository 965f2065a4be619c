"""Which rows are one person's: people are counted by account, whatever kinds of key are unique (Art. 33(3)(a), 34).

Pure. Rows are handed in as sightings, in any order; then they are joined:

1. what a row is by itself: the account's key, the values by which other rows refer to it;
2. what it refers to;
3. keys of kinds that people do not share, if the organisation vouches for them;
4. a row that has nothing else is whoever's who holds its key already: it is nobody new.

Two different accounts of one kind are never joined: they are two people, though they have one address.

>>> people = People(frozenset({"customer_no"}))
>>> people.see(Sighting(own=(("customer_no", "C1"),), keys=(("email", "ana@x.example"),)), is_affected=True)
>>> people.see(Sighting(bare=(("email", "ana@x.example"),), addresses=((0, "ana@x.example", ""),)), is_affected=False)
>>> [person.address for person in people.settled()]
['ana@x.example']
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Final

from data_contracts.connectors.keys import Key

Node = tuple[Hashable, ...]
"""Something that rows have in common: a kind and a key, or a table, its columns and their values."""

_MOST: Final = 50
"""How many accounts that share one key are compared with another row that holds it."""

Address = tuple[int, str, str]
"""How much it is worth (the lowest first), an e-mail address in normal form, and the language where a row says it."""


@dataclass(frozen=True, slots=True)
class Paper:
    """What a letter needs of a person, as far as one row says it.

    Attributes:
        lines: of the postal address.
        at: the row of another table that holds the postal address, where this one refers to it.
        keys: the row's keys, by which an operator finds the person.
    """

    name: str = field(default="", repr=False)
    lines: tuple[str, ...] = field(default=(), repr=False)
    country: str = ""
    language: str = ""
    at: tuple[str, str, tuple[str, ...], Key] | None = field(default=None, repr=False)
    keys: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one row says about who it belongs to.

    Attributes:
        own: what the row is by itself.
        links: what it refers to.
        keys: keys of kinds that people do not share, which the organisation vouches for.
        held: other keys of the row: typed by somebody, or of a kind that people share.
        bare: the best of its other keys, of a row that has neither ``own`` nor ``links`` nor ``keys``.
    """

    own: tuple[Node, ...] = field(default=(), repr=False)
    links: tuple[Node, ...] = field(default=(), repr=False)
    keys: tuple[Node, ...] = field(default=(), repr=False)
    held: tuple[Node, ...] = field(default=(), repr=False)
    bare: tuple[Node, ...] = field(default=(), repr=False)
    addresses: tuple[Address, ...] = field(default=(), repr=False)
    paper: Paper | None = None

    @property
    def nodes(self) -> tuple[Node, ...]:
        """What tells whose the row is, the surest first."""
        return (*self.own, *self.links, *self.keys, *self.bare)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is affected.

    Attributes:
        address: the best e-mail address that we hold; empty: none.
        papers: what their rows say for a letter.
    """

    address: str = field(repr=False)
    language: str
    papers: tuple[Paper, ...] = field(default=(), repr=False)


class People:
    """Rows that are joined into people."""

    def __init__(self, accounts: frozenset[str]) -> None:
        """Nobody yet; ``accounts`` are the kinds of key by which accounts are told apart."""
        self._accounts = accounts
        self._above: dict[Node, Node] = {}
        self._account: dict[Node, dict[str, Node]] = {}
        self._waiting: list[Sighting] = []
        self._affected: list[Node] = []
        self._asked: set[Node] = set()
        self._addresses: list[tuple[Node, Address]] = []
        self._papers: list[tuple[Node, Paper]] = []

    def see(self, seen: Sighting, *, is_affected: bool) -> None:
        """Take in a row; one that tells nobody is left out."""
        if not seen.nodes:
            return
        at = seen.nodes[0]
        self._join(seen.own)
        self._joins_later(seen)
        self._find(at)
        if is_affected:
            self._affected.append(at)
            self._asked.update(seen.bare)
        self._addresses += [(at, one) for one in seen.addresses]
        if seen.paper is not None:
            self._papers.append((at, seen.paper))

    def settled(self) -> list[Person]:
        """Everybody who is affected, each once."""
        self._settle()
        affected = dict.fromkeys(self._find(node) for node in self._affected)
        best: dict[Node, Address] = {}
        languages: dict[Node, str] = {}
        for at, address in self._addresses:
            root = self._find(at)
            best[root] = min(best.get(root, address), address)
            languages.setdefault(root, address[2])
        papers: dict[Node, list[Paper]] = {}
        for at, paper in self._papers:
            papers.setdefault(self._find(at), []).append(paper)
        return [
            Person(best[root][1], best[root][2] or languages[root])
            if root in best
            else Person("", "", tuple(papers.get(root, ())))
            for root in affected
        ]

    def _joins_later(self, seen: Sighting) -> None:
        if len(seen.nodes) > 1 or seen.held or seen.keys or seen.bare:
            self._waiting.append(seen)

    def _settle(self) -> None:
        for seen in self._waiting:
            self._join((*seen.own[:1], *seen.links))
        holders: dict[Node, list[Node]] = {}
        for seen in self._waiting:
            for key in seen.keys:
                self._hold(holders, key, seen.nodes[0], joins=True)
        for seen in self._waiting:
            for key in seen.held:
                self._hold(holders, key, seen.nodes[0], joins=False)
        for key in self._asked:
            # Whoever holds a key that is affected by itself is affected, all of those who share it.
            self._affected += holders.get(key, [])
        for seen in self._waiting:
            for key in seen.bare:
                # It is one of those who hold it, and nobody new.
                self._join((key, *holders.get(key, [])[:1]))

    def _hold(self, holders: dict[Node, list[Node]], key: Node, at: Node, *, joins: bool) -> None:
        """Note who holds a key, one of each person."""
        known = holders.setdefault(key, [])
        if joins and any(self._unite(other, at) for other in known[:_MOST]):
            return
        if not known or self._find(known[-1]) != self._find(at):
            known.append(at)

    def _join(self, nodes: Iterable[Node]) -> None:
        first: Node | None = None
        for node in nodes:
            if first is None:
                first = node
            self._unite(first, node)

    def _unite(self, one: Node, other: Node) -> bool:
        """Make two one person, unless they are two accounts; whether they are one."""
        one, other = self._find(one), self._find(other)
        if one == other:
            return True
        left, right = self._account[one], self._account[other]
        if any(left[kind] != right[kind] for kind in left.keys() & right.keys()):
            return False
        self._above[other] = one
        left.update(self._account.pop(other))
        return True

    def _find(self, node: Node) -> Node:
        if node not in self._above:
            self._above[node] = node
            is_account = len(node) == 2 and node[0] in self._accounts  # noqa: PLR2004  # a kind and a key
            self._account[node] = {str(node[0]): node} if is_account else {}
        while (above := self._above[node]) != node:
            self._above[node] = self._above[above]
            node = above
        return node
