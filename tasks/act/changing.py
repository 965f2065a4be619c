"""Changing values in systems (Art. 16, 18, 21): measured, planned, confirmed, carried out and proven.

A right says what changes in one system (:class:`Changing`); the steps are the same for all of them. The order:

1. *measure* a system: seal the primary keys of its rows and keyed digests of the old values, count;
2. *rehearse* the changes where nothing can be committed (law 13);
3. *plan* and *confirm*: as for an erasure (law 5);
4. *change* a system in one transaction, by sealed keys, so that it can be finished whenever it was cut off;
5. *recount* and *prove*: every row holds what was ordered (law 7).
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from data_contracts.case.confirmed import Confirmed
from data_contracts.case.plan import Plan, Remaining, TablePath
from data_contracts.connectors.keys import ChangeColumns, KeyValue, Selection
from data_contracts.errors import ContractMismatch
from data_contracts.evidence.records import Facts, Record
from data_contracts.vocabulary import Right
from tasks.act.effects import changed_facts, counted
from tasks.act.views import stale_lines, stale_views
from tasks.case.parts import PARTS, has_part, measured_parts, parts_of_system
from tasks.case.plans import confirm, freeze, planned
from tasks.case.sealed import keys_of, plain_keys, read_json, write_json
from tasks.proof.judge import Proof, judge_act, nothing_to_prove
from tasks.proof.rehearsing import REHEARSE, rehearse_orders, rehearsed_systems
from tasks.rules.act.changes import Change, change_plan, changed_paths, with_row_keys
from tasks.rules.search.drift import Effect, drift, forbidding
from tasks.search.locate import by_hand, needed_parts
from tasks.search.reach import beyond_reach
from tasks.services import services
from tasks.steps.acting import Act
from tasks.steps.ledger import is_done
from tasks.steps.step import Step, always, until_done

Counts = Mapping[str, int]
_SEALED = ("before", "found", "restricted")
"""How names begin of what is sealed of a system while it is measured."""


class Changing:
    """The steps of a right that changes values.

    Args:
        right: which right.
        changes: what changes in one system of a case, in the order of its tables. It is asked several times and must
            give the same for the same sealed search.
    """

    def __init__(self, right: Right, changes: Callable[[str, str], Sequence[Change]]) -> None:
        self._right = right
        self._changes = changes
        self.measure: Step[[str, str], Counts] = Step(self._measure, "measure")
        self.rehearse: Step[[str, str], int] = Step(self._rehearse, REHEARSE)
        self.plan: Step[[str, Mapping[str, Counts]], str] = Step(self._plan, "plan", watched=until_done("plan"))
        self.confirm: Step[[str, Mapping[str, Counts]], bool] = Step(self._confirm, "confirm")
        self.change: Act[[str, str, Confirmed], dict[str, int]] = Act(self._change, "change")
        self.recount: Step[[str, str], Sequence[Remaining]] = Step(self._recount, "recount")
        self.prove: Step[[str, Mapping[str, Sequence[Remaining]]], int] = Step(self._prove, "prove", watched=always)

    def _measure(self, case_id: str, system: str) -> Counts:
        """Seal what acting will need of one system, and count the rows of each change, by its number."""
        changes = self._changes(case_id, system)
        _refuse_unchangeable(case_id, system, {change.path[1] for change in changes if change.changes})
        _seal_before(case_id, system, changes)
        counted = services().systems.connector(system).count([change.selection for change in changes])
        numbered = {str(number): count for number, count in enumerate(counted)}
        return numbered | parts_of_system(case_id, system, _SEALED)

    def _rehearse(self, case_id: str, system: str) -> int:
        """Try the changes of one system where nothing can be committed; how many tables accepted them (law 13)."""
        return rehearse_orders(case_id, system, self.orders(case_id, system))

    def _plan(self, case_id: str, counts: Mapping[str, Counts]) -> str:
        """Freeze the plan from the counts by system; returns its digest."""
        return planned(case_id) or freeze(self._made(case_id, counts), named(counts))

    def _confirm(self, case_id: str, counts: Mapping[str, Counts]) -> bool:
        """Whether the plan that was approved still holds; if not, it is made and shown anew."""
        return confirm(self._made(case_id, counts), needed_parts(case_id, counts))

    def _made(self, case_id: str, counts: Mapping[str, Counts]) -> Plan:
        handled = by_hand(case_id)
        counted = [
            (change, counts[system][str(number)])
            for system in sorted(counts)
            if system not in handled
            for number, change in enumerate(self._changes(case_id, system))
        ]
        plan = change_plan(case_id, self._right, services().contracts, counted, by_hand=handled)
        return replace(plan, rehearsed=tuple(s for s in rehearsed_systems(case_id) if s.system not in handled))

    def _change(self, case_id: str, system: str, confirmed: Confirmed) -> dict[str, int]:
        """Carry out the approved changes in one system; rows changed by table, none where they are unknown.

        Raises:
            ActRefused: when the plan is not approved and confirmed, or the case has gone on (law 14).
        """
        provided = services()
        entry = provided.register.claim(case_id, "change", system, confirmed=confirmed)
        if entry.state == "done":
            return dict(entry.receipt["rows"])  # type: ignore[call-overload, no-any-return]  # written below
        changes = self._effective(case_id, system)
        connector = provided.systems.connector(system)
        run = partial(connector.carry_out, [change.order for change in changes])
        attempts = counted(run, case_id, system, attempt=entry.attempts) if changes else []
        stale = stale_views(connector) if changes else {}
        rows = changed_facts([_found_by(change) for change in changes], attempts, attempt=entry.attempts)
        facts: Facts = {
            **rows,
            "attempt": entry.attempts,
            "before": read_json(case_id, _before_name(system))["digests"] if changes else {},
            "after": _after(changes),
            **stale,
        }
        provided.register.complete(
            case_id, "change", system, receipt={**rows, **stale}, record=Record("change", system, facts)
        )
        return dict(rows["rows"])

    def orders(self, case_id: str, system: str) -> list[ChangeColumns]:
        """What is carried out in one system, once it is measured."""
        return [change.order for change in self._effective(case_id, system)]

    def _recount(self, case_id: str, system: str) -> Sequence[Remaining]:
        """Count the rows that do not hold what was ordered; a line for each table that was to change."""
        connector = services().systems.connector(system)
        remaining: dict[TablePath, int] = {}
        for change in self._effective(case_id, system):
            unlike = connector.count_unlike(change.selection, change.look)
            remaining[change.path] = remaining.get(change.path, 0) + unlike
        lines = [Remaining(*path, "values", count, 0) for path, count in remaining.items()]
        return lines + stale_lines(case_id, "change", system)

    def _prove(self, case_id: str, counted: Mapping[str, Sequence[Remaining]]) -> int:
        """That every row holds what was ordered; the number of counts that show it.

        Raises:
            ActUnproven: when a row does not.
        """
        expected = [path for system in counted for path in changed_paths(self._effective(case_id, system))]
        lines = [line for own in counted.values() for line in own]
        told = {name: reference for name, reference in by_hand(case_id).items() if name not in counted}
        if not expected and not lines:
            return nothing_to_prove(case_id, told)
        return judge_act(case_id, Proof(lines, expected, told))

    def _effective(self, case_id: str, system: str) -> list[Change]:
        """Changes that change something, their rows found by sealed keys."""
        changes = self._changes(case_id, system)
        if not any(change.changes for change in changes):
            return []
        keys = keys_of(read_json(case_id, _before_name(system))["keys"])
        numbered = ((change, keys.get((str(number),), frozenset())) for number, change in enumerate(changes))
        return [with_row_keys(change, services().contracts, found) for change, found in numbered if change.changes]


def named(counts: Mapping[str, Counts]) -> dict[str, object]:
    """What the plan's receipt says of parts: those that were sealed of each system, for whoever must spare the rows."""
    return {PARTS: sorted(measured_parts(counts))}


def unmeasured(case_id: str) -> dict[str, str]:
    """Systems whose changes cannot be looked at: handled by a person, and away now or never measured."""
    beyond = beyond_reach(case_id)
    return {
        name: reference
        for name, reference in by_hand(case_id).items()
        if name in beyond or not has_part(case_id, _before_name(name))
    }


def value_digest(place: str, value: KeyValue) -> str:
    """A value as evidence names it: keyed, so that who has the value can show that it was this one, and nobody else.

    Args:
        place: ``system.table.column``.
        value: the value; None for one that was taken away.
    """
    text = f"{place}={'' if value is None else value}"
    return hmac.digest(services().pseudonym_key(), text.encode(), hashlib.sha256).hex()


def _refuse_unchangeable(case_id: str, system: str, tables: set[str]) -> None:
    """That these tables can be written to, before people decide (law 13).

    Raises:
        ContractMismatch: when something live forbids it.
    """
    if not tables:
        return
    provided = services()
    contract = provided.contracts.systems[system]
    drifts = drift(contract, provided.systems.connector(system).describe(), provided.contracts.vocabulary.identities)
    findings = [one for one in forbidding(drifts, Effect.FORBIDS_CHANGING) if one.table in {"", *tables}]
    if findings:
        raise ContractMismatch(
            f"the live system forbids changing: {'; '.join(str(one) for one in findings)}",
            where=f"{case_id}, {system}",
            remedy="mend the contract or the system, then answer 'retry'",
        )


def _found_by(change: Change) -> tuple[str, bool]:
    """The table of a change, and whether its rows are found by their sealed keys."""
    return change.path[1], bool(services().contracts.table(*change.path).primary_key)


def _before_name(system: str) -> str:
    return f"before.{system}"


def _seal_before(case_id: str, system: str, changes: Sequence[Change]) -> None:
    """Seal primary keys of the rows of each change, by its number, and keyed digests of what they hold now.

    Sealed once: where the process was killed after a system had changed, its rows hold new values already.
    """
    if is_acting(case_id) and has_part(case_id, _before_name(system)):
        return
    keys: dict[tuple[str, ...], frozenset[tuple[KeyValue, ...]]] = {}
    digests: dict[str, set[str]] = {}
    for number, change in enumerate(changes):
        if not change.changes:
            continue
        table = services().contracts.table(*change.path)
        wanted = [(name,) for name in change.changed] + ([table.primary_key] if table.primary_key else [])
        found = _found(system, change.selection, wanted)
        if table.primary_key:
            keys[str(number),] = found[table.primary_key]
        for name in change.changed:
            place = ".".join((*change.path, name))
            digests.setdefault(place, set()).update(value_digest(place, value) for (value,) in found[name,])
    told = {place: sorted(values) for place, values in digests.items()}
    write_json(case_id, _before_name(system), {"keys": plain_keys(keys), "digests": told})


def _found(
    system: str, selection: Selection, wanted: Sequence[tuple[str, ...]]
) -> Mapping[tuple[str, ...], frozenset[tuple[KeyValue, ...]]]:
    return services().systems.connector(system).find_keys(selection, list(dict.fromkeys(wanted)))


def is_acting(case_id: str) -> bool:
    """Whether the plan is confirmed, so that systems may hold new values already and nothing is sealed anew."""
    return is_done(case_id, "confirm")


def _after(changes: Iterable[Change]) -> dict[str, list[str]]:
    """Keyed digests of the ordered values by place; a place that several changes concern has several."""
    digests: dict[str, set[str]] = {}
    for change in changes:
        for name, values in change.values.items():
            place = ".".join((*change.path, name))
            digests.setdefault(place, set()).update(value_digest(place, value) for value in values)
    return {place: sorted(values) for place, values in digests.items()}
