"""Retention: what is over its period is erased, whoever's it is, and it is proven (Art. 5(1)(e); charter 4.1, 4.2).

The order, for each system:

1. *look*: is the live schema as the contract says? What drifted is not erased;
2. *count*: rows over by each rule, and those of them that are spared;
3. *act*: one statement for each table and rule, those that refer first, in one transaction; again while rows that went
   freed rows they referred to;
4. *count again*: rows over, not spared and not referred to must be none (law 7).

A run that was cut off does it again from the first line: what is gone is not over any more (law 3).
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from data_contracts.contract import Reference
from data_contracts.errors import ActUnproven, ContractMismatch
from data_contracts.evidence import Facts, Record
from data_contracts.keys import Condition, Key, Look, Order, Selection
from data_contracts.ports import Connector
from data_contracts.runs import Run
from data_contracts.vocabulary import Duty
from tasks.rules.drift import Effect, drift
from tasks.rules.exemptions import Calendar
from tasks.rules.expiry import Expiry, Spared, expiries
from tasks.rules.order import system_order, table_order
from tasks.rules.tokens import is_token, new_token
from tasks.services import services
from tasks.spared import spared_rows
from tasks.step import step

_BEGIN = "begin"
_MOST_PASSES = 100


@dataclass(frozen=True, slots=True)
class Counted:
    """What one rule found in one table.

    Attributes:
        over: rows over their period; of a rule that erases columns, those that do not look erased.
        spared: of them, those that stay because they are restricted, held, or part of an open case.
        left: after acting, rows over and not spared that a row refers to which is not over; before it, 0.
    """

    system: str
    table: str
    rule: str
    erases: str
    """``rows``, or the names of the columns."""
    over: int
    spared: int
    left: int = 0

    @property
    def due(self) -> int:
        """Rows that are erased, unless a row that stays refers to them."""
        return self.over - self.spared


def begin_run(key: str, operator: str) -> Run:
    """A run of today, in the register with its first record; the same key gives the same run.

    Args:
        key: tells this run from others.
        operator: who had it done; proven by the caller.
    """
    provided = services()
    run = provided.register.open_run(Duty.RETENTION, key)
    as_of = _today()
    facts: Facts = {"as_of": as_of.isoformat(), "contracts": provided.contracts.digest, "operator": operator}
    provided.register.complete(
        run.run_id,
        _BEGIN,
        receipt={"as_of": as_of.isoformat()},
        record=Record(_BEGIN, "", facts, actor=operator),
        actor=operator,
    )
    return run


def systems_in_order(only: str = "") -> tuple[str, ...]:
    """Systems to act on, in the order to act: all, or the one named."""
    contracts = services().contracts
    return system_order(contracts, [only] if only else contracts.systems)


@step("count what is over")
def count_over(_run_id: str, system: str) -> list[Counted]:
    """What is over in one system, and what is spared; nothing is changed."""
    connector = services().systems.connector(system)
    return [_counted(connector, rule) for rule in _rules(connector, _today(), spared_rows(system))]


@step("retention")
def erase_over(run_id: str, system: str) -> list[Counted]:
    """Erase what is over in one system, and count again.

    Raises:
        ContractMismatch: when the live schema is not what the contract says.
        ActUnproven: when something is over that is neither spared nor referred to.
    """
    register = services().register
    entry = register.claim(run_id, Duty.RETENTION.value, system)
    if entry.state == "done":
        return [Counted(**line) for line in entry.receipt["lines"]]  # type: ignore[attr-defined]  # written below
    began = register.step(run_id, _BEGIN)
    as_of = date.fromisoformat(str(began.receipt["as_of"])) if began else _today()
    lines = _erase(system, as_of)
    receipt = {"lines": [_plain(line) for line in lines]}
    facts: Facts = {"lines": [_plain(line) for line in lines], "proven": True, "attempt": entry.attempts}
    register.complete(
        run_id, Duty.RETENTION.value, system, receipt=receipt, record=Record(Duty.RETENTION.value, system, facts)
    )
    return lines


def end_run(run_id: str, failed: Sequence[str]) -> str:
    """Close a run with its outcome: ``proven``, or ``incomplete`` where systems failed, which can be run again."""
    outcome = "incomplete" if failed else "proven"
    if not failed:
        services().vault.destroy(run_id)  # what broke on the way is sealed there
    services().register.complete(
        run_id,
        "end",
        receipt={"failed": list(failed)},
        record=Record("end", "", {"outcome": outcome, "failed": list(failed)}),
        outcome=outcome,
    )
    return outcome


def _erase(system: str, as_of: date) -> list[Counted]:
    connector = services().systems.connector(system)
    spared = spared_rows(system)
    before = [_counted(connector, rule) for rule in _rules(connector, as_of, spared)]
    for _ in range(_MOST_PASSES):
        # The carriers are looked for anew: what was referred to may be free now.
        orders = list(_orders(connector, _rules(connector, as_of, spared)))
        if not orders or not sum(connector.carry_out(orders)):
            break
    rules = _rules(connector, as_of, spared)
    unproven = [f"{system}.{rule.table.name}: {rule.rule}" for rule in rules if _pending(connector, rule)]
    if unproven:
        raise ActUnproven(
            f"rows are over their period after acting ({', '.join(unproven)})",
            where=system,
            remedy="see whether somebody writes such rows now, then run it again",
        )
    return [_after(connector, line, rule) for line, rule in zip(before, rules, strict=True)]


def _rules(connector: Connector, as_of: date, spared: Spared) -> list[Expiry]:
    """The rules of one system in the order to carry them out, those that follow carriers with their keys."""
    provided = services()
    contract = provided.contracts.systems[connector.system]
    schema = connector.describe()
    findings = [found for found in drift(contract, schema) if found.effect is not Effect.WARNING]
    if findings:
        raise ContractMismatch(
            f"the live schema forbids erasing: {'; '.join(str(found) for found in findings)}",
            where=connector.system,
            remedy="mend the contract or the system, then run it again",
        )
    organisation = provided.organisation
    calendar = Calendar(as_of, organisation.time_zone, organisation.financial_year_end)
    found = expiries(provided.contracts, connector.system, calendar, spared=spared, live=schema.references)
    losing = {rule.table.name for rule in found if rule.deletes}
    places = {table.name: place for place, table in enumerate(table_order(contract, losing, schema.references))}
    followed = [_with_carriers(connector, rule, found) for rule in found]
    # Columns first: rows that go are no longer there to be looked at.
    return sorted(followed, key=lambda rule: (rule.deletes, places[rule.table.name], rule.rule))


def _with_carriers(connector: Connector, rule: Expiry, rules: Sequence[Expiry]) -> Expiry:
    """Of a rule without dates of its own: the rows that refer to rows that are over, and go with those that go."""
    if rule.carrier is None:
        return rule
    table, columns = rule.carrier.to_table, rule.carrier.to_columns
    carriers = [one for one in rules if one.deletes and one.carrier is None and one.table.name == table]
    carried = [(one, one.carrier) for one in rules if one.carrier and one.carrier.to_table == table]
    names = {one.table.name for one, _ in carried}
    keys = _keys(connector, [one.going for one in carriers], columns)
    held = keys - _keys(connector, [one.unheld(names) for one in carriers], columns)
    for one, reference in carried:
        over = _keys(connector, [other.going for other in carriers], reference.to_columns)
        stuck = Condition(reference.to_columns, _stuck(connector, one, reference, over))
        held |= _keys(connector, [Selection(table, (stuck,) if stuck.keys else ())], columns)
    return rule.carried_by(keys, held)


def _stuck(connector: Connector, rule: Expiry, reference: Reference, over: frozenset[Key]) -> frozenset[Key]:
    """Keys of rows that are over and stay, because a row that would go with them is spared or referred to."""
    spared = Selection(rule.table.name, rule.selection.spared)
    stuck = _keys(connector, [spared], reference.columns)
    if over and rule.selection.referrers:
        width, marks = len(reference.columns), (name for r in rule.selection.referrers for name in r.to_columns)
        columns = tuple(dict.fromkeys((*reference.columns, *marks)))
        every = Selection(rule.table.name, (Condition(reference.columns, over),))
        free = replace(every, referrers=rule.selection.referrers)
        stuck |= {key[:width] for key in _keys(connector, [every], columns) - _keys(connector, [free], columns)}
    return stuck


def _keys(connector: Connector, selections: Sequence[Selection], columns: tuple[str, ...]) -> frozenset[Key]:
    return frozenset(key for one in selections for key in connector.find_keys(one, [columns])[columns])


def _counted(connector: Connector, rule: Expiry) -> Counted:
    if rule.deletes:
        over, due = connector.count([rule.every, rule.going])
    else:
        over, due = _unlike(connector, rule, spared=True), _unlike(connector, rule)
    erases = "rows" if rule.deletes else ", ".join(rule.columns)
    return Counted(connector.system, rule.table.name, rule.rule, erases, over, over - due)


def _after(connector: Connector, before: Counted, rule: Expiry) -> Counted:
    left = connector.count([rule.going])[0] if rule.deletes else 0
    return Counted(before.system, before.table, before.rule, before.erases, before.over, before.spared, left)


def _pending(connector: Connector, rule: Expiry) -> int:
    """Rows that the rule should have erased and did not."""
    return connector.count([rule.selection])[0] if rule.deletes else _unlike(connector, rule)


def _unlike(connector: Connector, rule: Expiry, *, spared: bool = False) -> int:
    """Rows of which a column does not look erased."""
    selection = rule.every if spared else rule.selection
    old = _linkable(connector, rule)
    look = Look(rule.look.cleared, rule.look.holding, {name: frozenset(values) for name, values in old.items()})
    return connector.count_unlike(selection, look)


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


def _plain(line: Counted) -> Mapping[str, str | int]:
    return {
        "system": line.system,
        "table": line.table,
        "rule": line.rule,
        "erases": line.erases,
        "over": line.over,
        "spared": line.spared,
        "left": line.left,
    }


def _today() -> date:
    provided = services()
    return provided.now().astimezone(ZoneInfo(provided.organisation.time_zone)).date()
