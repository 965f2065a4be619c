"""Changing values in systems (Art. 16, 18, 21): measured, planned, confirmed, carried out and proven.

A right says what changes in one system (:class:`Changing`); the steps are the same for all of them. The order:

1. *measure* a system: seal the primary keys of its rows and keyed digests of the old values, count;
2. *plan* and *confirm*: as for an erasure (law 5);
3. *change* a system in one transaction, by sealed keys, so that it can be finished whenever it was cut off;
4. *recount* and *prove*: every row holds what was ordered (law 7).
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence

from data_contracts.evidence import Facts, Record
from data_contracts.keys import KeyValue, Selection
from data_contracts.plan import Plan, Remaining, TablePath
from data_contracts.vocabulary import Right
from tasks.ledger import is_done
from tasks.locate_data import by_hand
from tasks.plans import confirm, freeze, planned
from tasks.proving import judge_act, nothing_to_prove
from tasks.rules.changes import Change, change_plan, changed_paths, with_row_keys
from tasks.sealed import keys_of, plain_keys, read_json, write_json
from tasks.services import services
from tasks.step import Step

Counts = Mapping[str, int]


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
        self.plan: Step[[str, Mapping[str, Counts]], str] = Step(self._plan, "plan")
        self.confirm: Step[[str, Mapping[str, Counts]], bool] = Step(self._confirm, "confirm")
        self.change: Step[[str, str], dict[str, int]] = Step(self._change, "change")
        self.recount: Step[[str, str], Sequence[Remaining]] = Step(self._recount, "recount")
        self.prove: Step[[str, Mapping[str, Sequence[Remaining]]], int] = Step(self._prove, "prove")

    def _measure(self, case_id: str, system: str) -> Counts:
        """Seal what acting will need of one system, and count the rows of each change, by its number."""
        changes = self._changes(case_id, system)
        _seal_before(case_id, system, changes)
        counted = services().systems.connector(system).count([change.selection for change in changes])
        return {str(number): count for number, count in enumerate(counted)}

    def _plan(self, case_id: str, counts: Mapping[str, Counts]) -> str:
        """Freeze the plan from the counts by system; returns its digest."""
        return planned(case_id) or freeze(self._made(case_id, counts))

    def _confirm(self, case_id: str, counts: Mapping[str, Counts]) -> bool:
        """Whether the plan that was approved still holds; if not, it is made and shown anew."""
        return confirm(self._made(case_id, counts))

    def _made(self, case_id: str, counts: Mapping[str, Counts]) -> Plan:
        handled = by_hand(case_id)
        counted = [
            (change, counts[system][str(number)])
            for system in sorted(counts)
            if system not in handled
            for number, change in enumerate(self._changes(case_id, system))
        ]
        return change_plan(case_id, self._right, services().contracts, counted, by_hand=handled)

    def _change(self, case_id: str, system: str) -> dict[str, int]:
        """Carry out the approved changes in one system; rows touched by table."""
        provided = services()
        entry = provided.register.claim(case_id, "change", system)
        if entry.state == "done":
            return dict(entry.receipt["rows"])  # type: ignore[call-overload, no-any-return]  # written below
        changes = self._effective(case_id, system)
        touched = provided.systems.connector(system).carry_out([change.order for change in changes]) if changes else []
        rows: dict[str, int] = {}
        for change, count in zip(changes, touched, strict=True):
            rows[change.path[1]] = rows.get(change.path[1], 0) + count
        facts: Facts = {
            "rows": rows,
            "attempt": entry.attempts,
            "before": read_json(case_id, _before_name(system))["digests"] if changes else {},
            "after": _after(changes),
        }
        provided.register.complete(
            case_id, "change", system, receipt={"rows": rows}, record=Record("change", system, facts)
        )
        return rows

    def _recount(self, case_id: str, system: str) -> Sequence[Remaining]:
        """Count the rows that do not hold what was ordered; a line for each table that was to change."""
        connector = services().systems.connector(system)
        remaining: dict[TablePath, int] = {}
        for change in self._effective(case_id, system):
            unlike = connector.count_unlike(change.selection, change.look)
            remaining[change.path] = remaining.get(change.path, 0) + unlike
        return [Remaining(*path, "values", count, 0) for path, count in remaining.items()]

    def _prove(self, case_id: str, counted: Mapping[str, Sequence[Remaining]]) -> int:
        """That every row holds what was ordered; the number of counts that show it.

        Raises:
            ActUnproven: when a row does not.
        """
        expected = [path for system in counted for path in changed_paths(self._effective(case_id, system))]
        lines = [line for own in counted.values() for line in own]
        return judge_act(case_id, lines, expected) if expected or lines else nothing_to_prove(case_id)

    def _effective(self, case_id: str, system: str) -> list[Change]:
        """Changes that change something, their rows found by sealed keys."""
        changes = self._changes(case_id, system)
        if not any(change.changes for change in changes):
            return []
        keys = keys_of(read_json(case_id, _before_name(system))["keys"])
        numbered = ((change, keys.get((str(number),), frozenset())) for number, change in enumerate(changes))
        return [with_row_keys(change, services().contracts, found) for change, found in numbered if change.changes]


def value_digest(place: str, value: KeyValue) -> str:
    """A value as evidence names it: keyed, so that who has the value can show that it was this one, and nobody else.

    Args:
        place: ``system.table.column``.
        value: the value; None for one that was taken away.
    """
    text = f"{place}={'' if value is None else value}"
    return hmac.digest(services().pseudonym_key(), text.encode(), hashlib.sha256).hex()


def _before_name(system: str) -> str:
    return f"before.{system}"


def _seal_before(case_id: str, system: str, changes: Sequence[Change]) -> None:
    """Seal primary keys of the rows of each change, by its number, and keyed digests of what they hold now.

    Sealed once: where the process was killed after a system had changed, its rows hold new values already.
    """
    if services().vault.has(case_id, _before_name(system)) and is_acting(case_id):
        return
    keys: dict[tuple[str, ...], frozenset[tuple[KeyValue, ...]]] = {}
    digests: dict[str, set[str]] = {}
    for number, change in enumerate(changes):
        if not change.changes:
            continue
        table = services().contracts.table(*change.path)
        wanted = [(name,) for name in change.set_to] + ([table.primary_key] if table.primary_key else [])
        found = _found(system, change.selection, wanted)
        if table.primary_key:
            keys[str(number),] = found[table.primary_key]
        for name in change.set_to:
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
        for name, value in change.set_to.items():
            place = ".".join((*change.path, name))
            digests.setdefault(place, set()).add(value_digest(place, value))
    return {place: sorted(values) for place, values in digests.items()}
