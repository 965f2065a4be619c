"""Rows that go with the rows they refer to: which these are today, and which of them stay with what cannot go yet.

1. Down: the keys of rows whose period is over, from the dated table to each that goes with it.
2. Up: what cannot go, because it is spared or something else refers to it, holds what it refers to.
3. Down again: what goes with rows that stay stays with them. An invoice is not left without its lines.

Keys lie in memory while a system is worked on.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from data_contracts.company.contract import Reference
from data_contracts.connectors.connecting import Connector
from data_contracts.connectors.keys import Condition, Key, Selection, When
from tasks.rules.act.expiry import Expiry, Source

__all__ = ["with_families"]


def with_families(connector: Connector, rules: Sequence[Expiry]) -> list[Expiry]:
    """The rules, those that go with others with the keys of these; a rule that goes with none of them has none."""
    families = _Families(connector, rules)
    rules = [rule.awaiting_others(families.awaiting(rule)) if rule.besides else rule for rule in rules]
    families = _Families(connector, rules)
    emptied = {rule.table.name for rule in rules if not rule.deletes}
    found = [rule if rule.carrier is None else families.resolved(rule) for rule in rules]
    told = (
        (families.told(old, new) if old.table.name in emptied else new) for old, new in zip(rules, found, strict=True)
    )
    return list(told)


@dataclass
class _Families:
    connector: Connector
    rules: Sequence[Expiry]
    _over: dict[int, frozenset[Key]] = field(default_factory=dict)
    _stuck: dict[int, tuple[Condition, ...]] = field(default_factory=dict)
    _held: dict[int, frozenset[Key]] = field(default_factory=dict)

    def resolved(self, rule: Expiry) -> Expiry:
        """The rule with the keys that it goes with."""
        is_with_rows = rule.deletes and rule.follows_rows
        if is_with_rows and not self._parents(rule):
            return rule.carried_by(frozenset())  # what it goes with is not to be erased in this run
        return rule.carried_by(self._keys_over(rule), self._keys_held(rule) if rule.deletes else frozenset())

    def told(self, rule: Expiry, resolved: Expiry) -> Expiry:
        """The rule with what goes with its rows, and what of them stays because of that."""
        if not rule.deletes:
            return resolved
        joined = frozenset(child.table.name for child in self._children(rule))
        return replace(resolved, joined=joined, stays=self._rows_stuck(rule)) if joined else resolved

    def _keys_over(self, rule: Expiry) -> frozenset[Key]:
        """Keys that rows of the rule refer to, of rows that are over and not spared."""
        if id(rule) not in self._over:
            assert rule.carrier is not None  # noqa: S101  # asked of such rules alone
            self._over[id(rule)] = self._down(rule.sources, rule.carrier)
        return self._over[id(rule)]

    def _down(self, sources: Sequence[Source], last: Reference) -> frozenset[Key]:
        """Keys of rows that are over and that the last reference leads to, from the dated table down."""
        selection, keys = sources[0].selection, frozenset[Key]()
        for place, reference in enumerate([*(step.reference for step in sources[1:]), last]):
            assert reference is not None  # noqa: S101  # only the first source has none
            keys = self._find([selection], reference.to_columns)
            if place + 1 < len(sources):
                selection = _narrowed(sources[place + 1], keys)
        return keys

    def awaiting(self, rule: Expiry) -> tuple[Condition, ...]:
        """Rows of the rule that refer to something else that is there and not over."""
        assert rule.carrier is not None  # noqa: S101  # asked of such rules alone
        going = replace(rule.going, conditions=_by(rule.carrier.columns, self._keys_over(rule), rule.carrier.when))
        found: list[Condition] = []
        for reference, sources in rule.besides:
            held = self._find([going], reference.columns) - self._down(sources, reference)
            there = self._find([Selection(reference.to_table, _by(reference.to_columns, held))], reference.to_columns)
            found += _by(reference.columns, there)
        return tuple(found)

    def _keys_held(self, rule: Expiry) -> frozenset[Key]:
        """Keys that rows of the rule refer to, of rows that are over and stay nevertheless."""
        if id(rule) not in self._held:
            assert rule.carrier is not None  # noqa: S101  # asked of such rules alone
            found = frozenset[Key]()
            for parent in self._parents(rule):
                stay = self._rows_stuck(parent)
                if parent.carrier is not None:
                    stay = (*stay, *_by(parent.carrier.columns, self._keys_held(parent)))
                found |= self._find([Selection(parent.table.name, stay)], rule.carrier.to_columns)
            self._held[id(rule)] = found
        return self._held[id(rule)]

    def _rows_stuck(self, rule: Expiry) -> tuple[Condition, ...]:
        """Rows of the rule's table that stay whatever they refer to: spared, or referred to by what stays."""
        if id(rule) not in self._stuck:
            found = [*rule.selection.spared]
            children = list(self._children(rule))
            for child in children:
                assert child.carrier is not None  # noqa: S101  # children go with others
                keys = self._find([Selection(child.table.name, self._rows_stuck(child))], child.carrier.columns)
                found += _by(child.carrier.to_columns, keys)
            found += self._referred_to(rule, {child.table.name for child in children})
            self._stuck[id(rule)] = tuple(found)
        return self._stuck[id(rule)]

    def _referred_to(self, rule: Expiry, going: set[str]) -> Iterator[Condition]:
        """Rows that are over, and that a row of a table refers to which does not go with them."""
        over = rule.going
        if rule.carrier is not None:
            over = replace(over, conditions=_by(rule.carrier.columns, self._keys_over(rule)))
        others = rule.unheld(going).referrers
        for columns in dict.fromkeys(one.to_columns for one in others):
            referrers = tuple(one for one in others if one.to_columns == columns)
            free = self._find([replace(over, referrers=referrers)], columns)
            yield from _by(columns, self._find([over], columns) - free)

    def _parents(self, rule: Expiry) -> list[Expiry]:
        """The rules by which the rows go that the rule's rows refer to."""
        to = rule.carrier.to_table if rule.carrier else ""
        return [one for one in self.rules if one.deletes and one.table.name == to and one.root == rule.root]

    def _children(self, rule: Expiry) -> Iterator[Expiry]:
        for one in self.rules:
            is_child = one.deletes and one.carrier is not None and one.carrier.to_table == rule.table.name
            if is_child and one.root == rule.root:
                yield one

    def _find(self, selections: Iterable[Selection], columns: tuple[str, ...]) -> frozenset[Key]:
        asked = [one for one in selections if not one.is_empty]
        return frozenset(key for one in asked for key in self.connector.find_keys(one, [columns])[columns])


def _narrowed(source: Source, keys: frozenset[Key]) -> Selection:
    reference = source.reference
    assert reference is not None  # noqa: S101  # only the first source has none
    return replace(source.selection, conditions=_by(reference.columns, keys, reference.when))


def _by(columns: tuple[str, ...], keys: frozenset[Key], when: tuple[When, ...] = ()) -> tuple[Condition, ...]:
    return (Condition(columns, keys, when=when),) if keys else ()
