"""Erasure (Art. 17): measure, plan, act and prove, from the same segments of the same located rows.

The order:

1. *measure* a system: seal the primary keys of rows that stay and the old values of pseudonymised columns, count;
2. *rehearse* it: the same orders, where nothing can be committed, before people decide (law 13);
3. *plan*: one frozen plan over all systems, shown at the gate;
4. *confirm*: look again just before acting; a plan that changed is planned and shown anew (law 5);
5. *act* on a system in one transaction, from sealed keys, so that it can be finished whenever it was cut off;
6. *prove*: search again, count what remains, and let the judge say whether exactly the exemptions remain (law 7).
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from data_contracts.case.confirmed import Confirmed
from data_contracts.case.plan import Located, Plan
from data_contracts.company.contract import Reference, Table
from data_contracts.connectors.keys import Condition, Order, Selection
from data_contracts.errors import ContractMismatch
from data_contracts.evidence.records import Facts, Record
from data_contracts.vocabulary import TableErasure
from tasks.act.effects import counted, rows_facts
from tasks.act.erasing.inside import rows_of_several, seal_inside
from tasks.act.erasing.limits import ground_facts, limited, seal_holds
from tasks.act.erasing.moves import key_orders, key_parts, moved_columns, seal_moves, swaps_of, with_new_keys
from tasks.act.erasing.pinned import refuse_pinned
from tasks.act.erasing.pseudonyms import make_case_key, replacements, seal_turns, sealed_keys
from tasks.act.erasing.references import reference_parts, seal_references
from tasks.act.views import stale_views
from tasks.case.changed_plan import taken_out
from tasks.case.clock import calendar_of, today
from tasks.case.parts import parts_of_system
from tasks.case.plans import confirm, freeze, plan_receipt, planned
from tasks.case.recovery import sealing
from tasks.case.sealed import plain_keys, read_located, write_json
from tasks.proof.rehearsing import REHEARSE, rehearse_orders, rehearsed_systems
from tasks.proof.witnessing import seen_before
from tasks.rules.act.exemptions import bound, carrier_of, period_of
from tasks.rules.act.plan import Segment, erasure_plan, orders, pseudonymised, segments
from tasks.rules.act.sequence import system_order, table_order, written_meanwhile
from tasks.rules.search.drift import Effect, drift, forbidding
from tasks.rules.search.partners import is_ours
from tasks.rules.values.replacing import fitted
from tasks.search.locate import by_hand, needed_parts
from tasks.search.restricted import seal_spared, spare_restricted
from tasks.services import services
from tasks.steps.acting import act
from tasks.steps.step import step, until_done

_SEALED = ("keys", "inside", "turns", "spared", "held", "moves", "references")
"""How names begin of what is sealed of a system while it is measured."""
_OVER = ""
"""Marks keys of rows that are over among the sealed keys; no table has this name."""


@step("measure")
def measure_system(case_id: str, system: str) -> Mapping[str, int]:
    """Seal what acting will need of one system, and count: parts of the plan by number, tables as ``=name``."""
    provided = services()
    connector = provided.systems.connector(system)
    contract = provided.contracts.systems[system]
    live = connector.describe()
    drifts = drift(contract, live, provided.contracts.vocabulary.identities, provided.routes)
    if findings := forbidding(drifts, Effect.FORBIDS_ERASING):
        raise ContractMismatch(
            f"the live schema forbids erasing: {'; '.join(str(f) for f in findings)}",
            where=f"{case_id}, {system}",
            remedy="mend the contract or the system, then answer 'retry'",
        )
    _seal_keys(case_id, system)
    seal_turns(case_id, connector, contract.tables, live)
    seal_spared(case_id, system)
    seal_holds(case_id, system)
    parts = own_parts(case_id, system, today())
    located = with_row_keys(case_id, read_located(case_id), system)
    tables = [name for owner, name in located.conditions if owner == system]
    whole = [Selection(name, located.conditions[system, name]) for name in tables]
    counts = connector.count([*(part.selection for part in parts), *whole])
    counted = list(zip(parts, counts, strict=False))
    refuse_pinned(case_id, connector, counted, live.references)
    names = [*(str(number) for number in range(len(parts))), *(f"={name}" for name in tables)]
    found = dict(zip(names, counts, strict=True))
    seal_moves(case_id, connector, counted)
    seal_references(case_id, connector, counted, live)
    if others := [*reference_parts(case_id, system), *key_parts(case_id, system)]:
        numbers = range(len(parts), len(parts) + len(others))
        found |= dict(zip(map(str, numbers), connector.count([part.selection for part in others]), strict=True))
    return found | parts_of_system(case_id, system, _SEALED)


@step(REHEARSE)
def rehearse_erasure(case_id: str, system: str) -> int:
    """Try the orders of one system where nothing can be committed; how many tables accepted them (law 13)."""
    make_case_key(case_id)
    sequence, again = erasing_orders(case_id, system, today())
    return rehearse_orders(case_id, system, [order for _, order in (*sequence, *again)])


@step("plan", watched=until_done("plan"))
def plan_erasure(case_id: str, counts: Mapping[str, Mapping[str, int]]) -> str:
    """Freeze the plan from the counts of :func:`measure_system`, by system; returns its digest."""
    if digest := planned(case_id):
        return digest
    make_case_key(case_id)
    return freeze(
        _plan(case_id, counts), {"as_of": today().isoformat(), "totals": _totals(counts), **ground_facts(case_id)}
    )


@step("confirm")
def confirm_plan(case_id: str, counts: Mapping[str, Mapping[str, int]]) -> bool:
    """Whether the plan that was approved still holds; if not, it is forgotten and must be made and shown anew."""
    parts = needed_parts(case_id, counts)
    return confirm(_plan(case_id, counts), parts)


@act("erase")
def erase_in_system(case_id: str, system: str, confirmed: Confirmed) -> dict[str, int]:
    """Carry out the approved plan in one system; rows erased by table, none where they are unknown.

    Raises:
        ActRefused: when the plan is not approved and confirmed, or the case has gone on (law 14).
    """
    provided = services()
    entry = provided.register.claim(case_id, "erase", system, confirmed=confirmed)
    if entry.state == "done":
        return dict(entry.receipt["rows"])  # type: ignore[call-overload, no-any-return]  # written below
    sequence, again = erasing_orders(case_id, system, planned_as_of(case_id))
    connector = provided.systems.connector(system)
    own, late = ([order for _, order in some] for some in (sequence, again))
    giver, kept = connector.giver(), sealing(case_id, system, own)
    if giver is not None and kept is not None:
        run = partial(giver.carry_out_kept, own, late, kept)
    else:
        run = partial(connector.carry_out, [*own, *late])
    attempts = counted(run, case_id, system, attempt=entry.attempts)
    others = [part.selection for part in reference_parts(case_id, system)]
    receipt = {**rows_facts(case_id, system, sequence, attempts, others), **stale_views(connector)}
    facts: Facts = {**receipt, "attempt": entry.attempts, **({"copy": kept.name} if kept else {})}
    provided.register.complete(case_id, "erase", system, receipt=receipt, record=Record("erase", system, facts))
    return dict(receipt["rows"])


def systems_in_order(case_id: str) -> tuple[str, ...]:
    """Systems to act on, in the order to act."""
    provided = services()
    handled = by_hand(case_id)
    return system_order(provided.contracts, [s for s in provided.contracts.systems if s not in handled])


def parts_of(case_id: str, system: str, as_of: date) -> list[Segment]:
    """The parts of the plan in one system, from what is sealed; last those in rows of others."""
    return [
        *own_parts(case_id, system, as_of),
        *reference_parts(case_id, system),
        *key_parts(case_id, system),
    ]


def own_parts(case_id: str, system: str, as_of: date) -> list[Segment]:
    """The parts of the plan in the data subject's rows of one system."""
    provided = services()
    located = with_row_keys(case_id, read_located(case_id), system)
    over = {(system, slot[1]): keys for slot, keys in sealed_keys(case_id, system).items() if slot[0] == _OVER}
    several = rows_of_several(case_id, system)
    parts = segments(provided.contracts, located, calendar_of(as_of), over=over, inside=several)
    spared = spare_restricted(case_id, system, [part for part in parts if part.path[0] == system])
    return list(limited(case_id, system, spared))


def with_row_keys(case_id: str, located: Located, system: str) -> Located:
    """``located`` for one system, its rows that stay also selected by their sealed primary keys."""
    sealed = sealed_keys(case_id, system)
    conditions = {}
    for path, ways in located.conditions.items():
        if path[0] == system:
            table = services().contracts.table(*path)
            keys = sealed.get((path[1], *table.primary_key), frozenset())
            conditions[path] = (*ways, Condition(table.primary_key, keys)) if keys else ways
    shared = {path: ways for path, ways in located.shared.items() if path[0] == system}
    swaps = swaps_of(case_id, system)
    return Located(
        conditions={path: with_new_keys(path[1], ways, swaps) for path, ways in conditions.items()},
        shared={path: with_new_keys(path[1], ways, swaps) for path, ways in shared.items()},
    )


def _seal_keys(case_id: str, system: str) -> None:
    """Seal what must be known before anything is touched.

    That is the primary keys of rows that stay, old values of pseudonymised columns, and the keys of rows whose hold is
    over and takes others with it.
    """
    provided = services()
    located = read_located(case_id)
    found: dict[tuple[str, ...], frozenset[Any]] = {}
    for table in provided.contracts.systems[system].tables:
        if not is_ours(table, provided.contracts.vocabulary):
            continue
        wanted = _wanted_keys(table)
        conditions = located.conditions.get((system, table.name), ())
        if wanted and conditions:
            answer = provided.systems.connector(system).find_keys(Selection(table.name, conditions), wanted)
            found |= {(table.name, *columns): keys for columns, keys in answer.items()}
        if carrier := carrier_of(table, provided.contracts):
            found[_OVER, table.name] = _keys_over(table, carrier, located)
    write_json(case_id, f"keys.{system}", plain_keys(found))
    seal_inside(case_id, system)


def _keys_over(table: Table, carrier: Reference, located: Located) -> frozenset[Any]:
    """Keys of the subject's rows that ``table`` refers to and whose hold is over today."""
    provided = services()
    kept = provided.contracts.table(carrier.to_system, carrier.to_table)
    period = period_of(kept, table.hold)
    conditions = located.conditions.get((kept.system, kept.name), ())
    if period is None or not conditions:
        return frozenset()
    selection = Selection(kept.name, conditions, (bound(period, calendar_of(today()), over=True),))
    return provided.systems.connector(kept.system).find_keys(selection, [carrier.to_columns])[carrier.to_columns]


def _wanted_keys(table: Table) -> list[tuple[str, ...]]:
    if table.erase is not TableErasure.COLUMNS:
        return []
    columns: list[tuple[str, ...]] = [(name,) for name in pseudonymised(table)]
    return [table.primary_key, *columns] if table.primary_key else columns


_Sequence = list[tuple[str, Order]]


def erasing_orders(case_id: str, system: str, as_of: date) -> tuple[_Sequence, _Sequence]:
    """Every order of one system by table, in the order foreign keys demand.

    And those that come last: keys that are replaced, and what is carried out once more, because triggers write rows
    there meanwhile.
    """
    provided = services()
    contract = provided.contracts.systems[system]
    parts = parts_of(case_id, system, as_of)
    losing = {part.path[1] for part in parts if part.verb == "delete"}
    live = provided.systems.connector(system).describe()
    sequence = [
        (table.name, order)
        for table in (fitted(t, live.tables.get(t.name, {})) for t in table_order(contract, losing, live.references))
        for order in orders(parts, table, replacements(case_id, table), moved_columns(contract, table.name))
        if order.selection.conditions
    ]
    last = written_meanwhile({table for table, _ in sequence}, live.hidings)
    moves = [(order.selection.table, order) for order in key_orders(case_id, system)]
    return sequence, [*moves, *(one for name in last for one in sequence if one[0] == name)]


def planned_as_of(case_id: str) -> date:
    """The day the approved plan was made for."""
    return date.fromisoformat(str(plan_receipt(case_id)["as_of"]))


def _plan(case_id: str, counts: Mapping[str, Mapping[str, int]]) -> Plan:
    handled = by_hand(case_id)
    parts: list[Segment] = []
    rows: list[int] = []
    for system in sorted(counts):
        if system not in handled:
            own = parts_of(case_id, system, today())
            parts += own
            rows += [counts[system][str(number)] for number in range(len(own))]
    plan = erasure_plan(case_id, services().contracts, parts, rows=rows, by_hand=handled)
    places, unseen = seen_before(case_id)
    rehearsed = tuple(one for one in rehearsed_systems(case_id) if one.system not in handled)
    return replace(plan, unreached=places, not_looked=(*unseen, *taken_out(case_id)), rehearsed=rehearsed)


def _totals(counts: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    return {f"{system}/{name[1:]}": n for system, own in counts.items() for name, n in own.items() if name[0] == "="}
