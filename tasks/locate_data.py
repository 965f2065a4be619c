"""Locate the verified subject's data: search every system for keys, until no system has anything new to ask.

What is found is sealed per system (``search.<system>``), so that each search can start again at any time and only the
keys a system was not yet asked for are asked. See :mod:`tasks.rules.traversal` for the order.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import pyarrow as pa

from data_contracts.contract import Table
from data_contracts.errors import ContractMismatch
from data_contracts.evidence import Record
from data_contracts.keys import Selection
from data_contracts.plan import REFERRED, SHARED, Located
from data_contracts.ports import GateEntry
from data_contracts.vocabulary import CaseState, Decision, Gate, SharedTreatment
from tasks.rules.drift import Effect, drift
from tasks.rules.partners import is_ours
from tasks.rules.traversal import Search, Slot, begin
from tasks.sealed import keys_of, plain_keys, read_json, read_located, subject_request, write_json, write_located
from tasks.services import services
from tasks.staged import stage_tables
from tasks.step import step

SEARCH = "search"
AGAIN = "again"


def by_hand(case_id: str) -> dict[str, str]:
    """Systems that a person handles outside the software in this case, with the person's reference."""
    return _by_hand(services().register.gates(case_id))


@step("look at schema")
def survey_system(case_id: str, system: str) -> int:
    """That the live schema has every table and column of the contract; the number of tables looked at (law 6)."""
    contract = services().contracts.systems[system]
    drifts = drift(contract, services().systems.connector(system).describe())
    findings = [found for found in drifts if found.effect is Effect.FORBIDS_SEARCHING]
    if findings:
        raise ContractMismatch(
            f"the live schema is not what the contract says: {'; '.join(str(f) for f in findings)}",
            where=f"{case_id}, {system}",
            remedy="mend the contract or the system, then answer 'retry'",
        )
    return len(contract.tables)


@step("search")
def search_system(case_id: str, system: str) -> int:
    """Ask one system for every key it was not yet asked for; the number of keys it has led to so far."""
    return _search(case_id, system, SEARCH)


@step("look again")
def look_again(case_id: str, system: str) -> int:
    """Search one system anew after acting, beside what was sealed before (the second look of law 7)."""
    return _search(case_id, system, AGAIN)


def pending_systems(case_id: str, look: str = SEARCH) -> list[str]:
    """Systems that have not yet been asked about every known key; empty when the search is over or ambiguous."""
    gates = services().register.gates(case_id)
    search = _load(case_id, look, gates).search
    if search.is_ambiguous():
        return []
    handled = _by_hand(gates)
    return [name for name in search.contracts.systems if name not in handled and search.has_questions(name)]


def reached_subjects(case_id: str) -> dict[str, int]:
    """Number of different values of each unique identity kind, where more than one was reached; else empty (law 8)."""
    search = load_search(case_id)
    return search.subjects() if search.is_ambiguous() else {}


def forget_search(case_id: str, look: str = SEARCH) -> None:
    """Take the sealed search away, so that the next one starts from what the subject gave."""
    vault = services().vault
    for name in vault.names(case_id):
        if name.startswith(f"{look}."):
            vault.remove(case_id, name)


@step("locate")
def finish_search(case_id: str) -> dict[str, int]:
    """Seal where the subject's rows are and note it in evidence; the number of keys by table path."""
    located = load_search(case_id).located(by_hand(case_id))
    write_located(case_id, located)
    keys = {"/".join(path): sum(len(c.keys) for c in ways) for path, ways in located.conditions.items()}
    services().register.complete(
        case_id,
        "locate",
        receipt={"keys": keys},
        record=Record("locate", "", {"keys": keys, "subjects": dict(located.subjects), "by_hand": _pairs(located)}),
        move=(CaseState.LOCATED, "search complete"),
    )
    return keys


@step("stage")
def stage_rows(case_id: str, system: str) -> dict[str, int]:
    """Stream the subject's rows of one system into the vault; rows by table, shared ones as ``table+shared``."""
    register = services().register
    entry = register.claim(case_id, "stage", system)
    if entry.state == "done":
        return dict(entry.receipt["rows"])  # type: ignore[call-overload, no-any-return]  # written below
    located = read_located(case_id)
    contracts = services().contracts
    tables = [t for t in contracts.systems[system].tables if is_ours(t, contracts.vocabulary)]
    # A table that no key leads to has no rows, and none are asked for.
    led_to = [table for table in tables if located.conditions[system, table.name]]
    ours = {table.name for table in tables}
    ways_in = {name: ways for (place, name), ways in located.shared.items() if place == system and name in ours}
    shared = {name: Selection(name, ways) for name, ways in ways_in.items()}
    harmless = {name: shown for name in shared if (shown := _harmless(services().contracts.table(system, name)))}
    staged = chain(((t.name, _rows(t, located)) for t in led_to), _shared_rows(system, shared, harmless))
    rows = {t.name: 0 for t in tables} | stage_tables(case_id, system, staged)
    rows |= _counted(system, {f"{name}{SHARED}": shared[name] for name in shared if name not in harmless})
    # Charter P2: another controller's rows are counted, and never read.
    others = {name: ways for (place, name), ways in located.conditions.items() if place == system and ways}
    rows |= _counted(system, {f"{n}{REFERRED}": Selection(n, ways) for n, ways in others.items() if n not in ours})
    register.complete(case_id, "stage", system, receipt={"rows": rows}, record=Record("stage", system, {"rows": rows}))
    return rows


def _counted(system: str, selections: Mapping[str, Selection]) -> dict[str, int]:
    """Rows of each selection, by its name."""
    if not selections:
        return {}
    counts = services().systems.connector(system).count(list(selections.values()))
    return dict(zip(selections, counts, strict=True))


def load_search(case_id: str, look: str = SEARCH) -> Search:
    """The search as sealed so far."""
    return _load(case_id, look, services().register.gates(case_id)).search


@dataclass(frozen=True, slots=True)
class _Sealed:
    """What one system's search left behind: keys it led to, and keys it was asked for."""

    found: Mapping[Slot, frozenset[Any]] = field(repr=False)
    asked: Mapping[Slot, frozenset[Any]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A search as it was sealed."""

    search: Search
    said: str
    sealed: Mapping[str, _Sealed]
    """By system, of those that were asked."""


def _load(case_id: str, look: str, gates: Iterable[GateEntry]) -> _Loaded:
    said = _said(gates)
    search = _begin(case_id, look, said=said)
    names = set(services().vault.names(case_id))
    systems = [system for system in search.contracts.systems if f"{look}.{system}" in names]
    sealed = {system: _sealed(case_id, f"{look}.{system}", said=said) for system in systems}
    known: dict[Slot, frozenset[Any]] = dict(search.known)
    for part in sealed.values():
        for slot, keys in part.found.items():
            known[slot] = known.get(slot, frozenset()) | keys
    return _Loaded(search.resumed(known, {system: part.asked for system, part in sealed.items()}), said, sealed)


def _search(case_id: str, system: str, look: str) -> int:
    loaded = _load(case_id, look, services().register.gates(case_id))
    search, before = loaded.search, loaded.search.known
    connector = services().systems.connector(system)
    while not search.is_ambiguous() and (questions := search.questions(system)):
        answers = {q.path: connector.find_keys(q.selection, q.yields) for q in questions}
        search = search.absorb(system, answers)
    found = dict(loaded.sealed[system].found) if system in loaded.sealed else {}
    for slot, keys in search.known.items():
        if new := keys - before.get(slot, frozenset()):
            found[slot] = found.get(slot, frozenset()) | new
    asked = before if search.is_ambiguous() else search.known
    sealed = {"said": loaded.said, "found": plain_keys(found), "asked": plain_keys(asked)}
    write_json(case_id, f"{look}.{system}", sealed)
    return sum(len(keys) for keys in found.values())


def _begin(case_id: str, look: str, *, said: str) -> Search:
    provided = services()
    return begin(
        provided.contracts,
        subject_request(case_id).identity,
        routes=provided.routes,
        named_only=said == Decision.NAMED,
        # The second look must not stop at several people: whatever it reaches is compared with what was approved.
        allow_several=said == Decision.ALL or look == AGAIN,
    )


def _by_hand(gates: Iterable[GateEntry]) -> dict[str, str]:
    handled = (gate for gate in gates if gate.gate is Gate.OUTAGE and gate.outcome is Decision.BY_HAND)
    return {gate.subject: gate.reference for gate in handled}


def _said(gates: Iterable[GateEntry]) -> str:
    """What people said about several subjects: ``all``, ``named``, or nothing."""
    said = {gate.outcome for gate in gates if gate.gate is Gate.SUBJECTS}
    return next((word.value for word in (Decision.ALL, Decision.NAMED) if word in said), "")


def _sealed(case_id: str, name: str, *, said: str) -> _Sealed:
    """What was sealed under ``name`` since people said ``said``."""
    plain = read_json(case_id, name)
    if plain["said"] != said:
        # Law 8: what was reached before people said whose data these are is not the subject's for that.
        return _Sealed({}, {})
    return _Sealed(keys_of(plain["found"]), keys_of(plain["asked"]))


def _rows(table: Table, located: Located) -> Iterator[pa.RecordBatch]:
    selection = Selection(table.name, located.conditions[table.system, table.name])
    return services().systems.connector(table.system).read(selection, [c.name for c in table.columns])


def _shared_rows(
    system: str, selections: Mapping[str, Selection], columns: Mapping[str, list[str]]
) -> Iterator[tuple[str, Iterator[pa.RecordBatch]]]:
    for name, shown in columns.items():
        yield f"{name}{SHARED}", services().systems.connector(system).read(selections[name], shown)


def _harmless(table: Table) -> list[str]:
    """Columns whose values may be shown of rows that belong to other people too; nothing else of these is read."""
    return [column.name for column in table.columns if column.shared is SharedTreatment.INCLUDE]


def _pairs(located: Located) -> list[str]:
    return [f"{system}: {reference}" for system, reference in sorted(located.by_hand.items())]
