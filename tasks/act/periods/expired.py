"""Rows of one system that are over their period: which, how many, how they are erased, and a look afterwards.

What may be erased is given as rules by their digest; rows of other rules stay, with what refers to them.
"""

import secrets
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain, combinations

from data_contracts.company.contract import Table
from data_contracts.connectors.connecting import Connector
from data_contracts.connectors.keys import Look, Order, Selection
from data_contracts.errors import ActUnproven, ContractMismatch
from data_contracts.officer.retaining import Counted
from tasks.act.periods.families import with_families
from tasks.case.clock import calendar_of
from tasks.rules.act.expiry import Expiry, Spared, expiries
from tasks.rules.act.overlaps import emptied_twice, leaving, over_by_all, overlap
from tasks.rules.act.retaining import rule_digest
from tasks.rules.act.sequence import table_order
from tasks.rules.search.drift import Effect, drift, forbidding
from tasks.rules.values.replacing import fitted
from tasks.rules.values.tokens import is_token, new_token
from tasks.search.spared import spared_rows
from tasks.services import services

_MOST_PASSES = 100


@dataclass(frozen=True, slots=True)
class Scope:
    """Rows of one system that are over on one day.

    Attributes:
        only: digests of the rules that count; None: every rule.
    """

    connector: Connector
    as_of: date
    spared: Spared
    only: frozenset[str] | None = None

    @classmethod
    def of(cls, system: str, as_of: date) -> "Scope":
        """Every rule of a system."""
        return cls(services().systems.connector(system), as_of, spared_rows(system))

    def narrowed(self, only: Collection[str]) -> "Scope":
        """The same for some rules alone."""
        return replace(self, only=frozenset(only))


def count(scope: Scope) -> list[Counted]:
    """What is over by each rule, and what of it is spared."""
    rules = _rules(scope)
    return [_counted(scope.connector, rule, rules) for rule in rules]


def erase(scope: Scope, keep: Callable[[list[Counted]], list[Counted]] = list) -> list[Counted]:
    """Erase what is over, count again; each rule as it was before, with what is left.

    Args:
        scope: what may be erased.
        keep: is told what was counted before anything goes; gives what is told of it.

    Raises:
        ContractMismatch: when the live schema is not what the contract says.
        ActUnproven: when something is over that is neither spared nor referred to.
    """
    connector = scope.connector
    before = keep(count(scope))
    for _ in range(_MOST_PASSES):
        # The carriers are looked for anew: what was referred to may be free now.
        orders = list(_orders(connector, _rules(scope)))
        if not orders or not sum(connector.carry_out(orders)):
            break
    stale = [f"{connector.system}.{view}: not refreshed" for view in connector.refresh_views()]
    rules = _rules(scope)
    unproven = stale + [
        f"{connector.system}.{rule.table.name}: {rule.rule}" for rule in rules if _pending(connector, rule)
    ]
    if unproven:
        raise ActUnproven(
            f"rows over their period are still there after acting ({', '.join(unproven)})",
            where=connector.system,
            remedy="see whether somebody writes such rows now, then run it again",
        )
    return [_after(connector, line, rule) for line, rule in zip(before, rules, strict=True)]


def going(scope: Scope) -> list[tuple[Table, Selection, tuple[str, ...]]]:
    """Rows that would be erased now: table, rows, and the columns that lose their values; none: the rows go whole."""
    return [(rule.table, rule.going, rule.columns) for rule in _rules(scope)]


def _rules(scope: Scope) -> list[Expiry]:
    """The rules in the order to carry them out, those that follow carriers with their keys."""
    provided, connector = services(), scope.connector
    contract = provided.contracts.systems[connector.system]
    schema = connector.describe()
    drifts = drift(contract, schema, services().contracts.vocabulary.identities, services().routes)
    if findings := forbidding(drifts, Effect.FORBIDS_ERASING):
        raise ContractMismatch(
            f"the live schema forbids erasing: {'; '.join(str(found) for found in findings)}",
            where=connector.system,
            remedy="mend the contract or the system, then run it again",
        )
    calendar = calendar_of(scope.as_of)
    every = expiries(provided.contracts, connector.system, calendar, spared=scope.spared, live=schema.references)
    found = [rule for rule in every if scope.only is None or rule_digest(rule) in scope.only]
    found = [replace(rule, table=fitted(rule.table, schema.tables.get(rule.table.name, {}))) for rule in found]
    losing = {rule.table.name for rule in found if rule.deletes}
    places = {table.name: place for place, table in enumerate(table_order(contract, losing, schema.references))}
    followed = with_families(connector, found)
    # Columns first: rows that go are no longer there to be looked at.
    return sorted(followed, key=lambda rule: (rule.deletes, places[rule.table.name], rule.rule))


def _counted(connector: Connector, rule: Expiry, rules: Sequence[Expiry]) -> Counted:
    dated = () if rule.dated is None else (rule.dated,)
    if rule.deletes:
        over, due, *rows = connector.count([rule.every, rule.going, *dated])
    else:
        over, due, *rows = *_values(connector, rule, rules), *connector.count(dated)
    odd = list(zip((name for name, _ in rule.unread), connector.count([one for _, one in rule.unread]), strict=True))
    return Counted(
        system=connector.system,
        table=rule.table.name,
        rule=rule.rule,
        erases="rows" if rule.deletes else ", ".join(rule.columns) + (f" ({rule.when})" if rule.when else ""),
        over=over,
        spared=over - due,
        digest=rule_digest(rule),
        rows=next(iter(rows), None),
        unread=sum(found for _, found in odd),
        unread_in=", ".join(name for name, found in odd if found),
        again=_again(connector, rule, rules) if due else 0,
    )


def _after(connector: Connector, before: Counted, rule: Expiry) -> Counted:
    return replace(before, left=connector.count([rule.going])[0] if rule.deletes else 0)


def _pending(connector: Connector, rule: Expiry) -> int:
    """Rows that the rule should have erased and did not."""
    return connector.count([rule.selection])[0] if rule.deletes else _unlike(connector, rule)


def _values(connector: Connector, rule: Expiry, rules: Sequence[Expiry]) -> tuple[int, int]:
    """Rows of which a column does not look erased, and those not spared; without rows that go whole."""
    over, due = _unlike(connector, rule, rule.every), _unlike(connector, rule)
    for other in rules:
        found = overlap(rule, other) if over else None
        if found is not None:
            free = replace(found, spared=other.selection.spared)
            every, unspared = _unlike(connector, rule, found), _unlike(connector, rule, free)
            gone = _unlike(connector, rule, leaving(found, other)) if unspared else 0
            over, due = over - (every - unspared) - gone, due - gone
    return over, due


def _again(connector: Connector, rule: Expiry, rules: Sequence[Expiry]) -> int:
    """Rows of the rule that are due, and that a rule before it counts already for other columns of theirs."""
    before = [one for one in rules[: rules.index(rule)] if emptied_twice(rule, one)]
    gone = [one for one in rules if one.deletes and one.carrier is None and one.table.name == rule.table.name]
    total = 0
    for some in _parts(before):
        found = over_by_all([rule, *some])
        rows = _unlike_all(connector, found, [rule, *some])
        for other in gone:
            both = replace(found, cutoffs=tuple(dict.fromkeys((*found.cutoffs, *other.selection.cutoffs))))
            rows -= _unlike_all(connector, leaving(both, other), [rule, *some])
        total += rows if len(some) % 2 else -rows
    return total


def _unlike_all(connector: Connector, selection: Selection, rules: Sequence[Expiry]) -> int:
    """Rows of a selection of which each rule finds a column that does not look erased."""
    total = 0
    for some in _parts(rules):
        looks = [_look(connector, one) for one in some]
        any_of = Look(
            tuple(dict.fromkeys(name for look in looks for name in look.cleared)),
            {name: value for look in looks for name, value in look.holding.items()},
            {name: values for look in looks for name, values in look.replaced.items()},
        )
        rows = connector.count_unlike(selection, any_of)
        total += rows if len(some) % 2 else -rows
    return total


def _parts(rules: Sequence[Expiry]) -> Iterator[tuple[Expiry, ...]]:
    """Every choice of one or more of the rules."""
    return chain.from_iterable(combinations(rules, count_of) for count_of in range(1, len(rules) + 1))


def _unlike(connector: Connector, rule: Expiry, selection: Selection | None = None) -> int:
    """Rows of a selection, else of the rule's, of which a column does not look erased."""
    return connector.count_unlike(rule.selection if selection is None else selection, _look(connector, rule))


def _look(connector: Connector, rule: Expiry) -> Look:
    old = _linkable(connector, rule)
    return Look(rule.look.cleared, rule.look.holding, {name: frozenset(values) for name, values in old.items()})


def _orders(connector: Connector, rules: Sequence[Expiry]) -> Iterator[Order]:
    """An order for each rule that has something to erase; what is referred to may be free once others have gone."""
    for rule in rules:
        if rule.deletes and rule.selection.is_empty:
            continue  # what its rows refer to stays
        if connector.count([rule.going])[0] if rule.deletes else _unlike(connector, rule):
            yield rule.order(_tokens(connector, rule))


def _tokens(connector: Connector, rule: Expiry) -> dict[str, dict[str, str]]:
    """For each pseudonymised column: old value to a pseudonym made of nothing but chance (Recital 26)."""
    key = services().pseudonym_key()
    return {
        name: {value: new_token(key, secrets.token_bytes) for value in values}
        for name, values in _linkable(connector, rule).items()
    }


def _linkable(connector: Connector, rule: Expiry) -> dict[str, set[str]]:
    """Values of pseudonymised columns that are no pseudonyms of ours yet."""
    if not rule.tokens:
        return {}
    key = services().pseudonym_key()
    found = connector.find_keys(rule.every, [(name,) for name in rule.tokens])
    return {name: {str(v) for (v,) in found[(name,)] if not is_token(key, str(v))} for name in rule.tokens}
