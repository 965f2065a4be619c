"""Locate the verified subject's data: search every system for keys, until no system has anything new to ask.

What is found is sealed per system (``search.<system>``), so that each search can start again at any time and only the
keys a system was not yet asked for are asked. See :mod:`tasks.rules.traversal` for the order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from data_contracts.contract import Table
from data_contracts.errors import ContractMismatch, TerminalError
from data_contracts.evidence import Record
from data_contracts.keys import Selection
from data_contracts.plan import Located
from data_contracts.vocabulary import CaseState, Decision, Gate
from tasks.rules.drift import Effect, drift
from tasks.rules.traversal import Search, Slot, begin
from tasks.sealed import keys_of, plain_keys, read_json, read_located, subject_request, write_json, write_located
from tasks.services import services
from tasks.step import step

SEARCH = "search"
AGAIN = "again"


def by_hand(case_id: str) -> dict[str, str]:
    """Systems that a person handles outside the software in this case, with the person's reference."""
    return {
        gate.subject: gate.reference
        for gate in services().register.gates(case_id)
        if gate.gate is Gate.OUTAGE and gate.outcome is Decision.BY_HAND
    }


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
    search = load_search(case_id, look)
    if search.is_ambiguous():
        return []
    handled = by_hand(case_id)
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
    """Stream the subject's rows of one system into the vault; rows by table, shared rows as ``table+shared``."""
    register = services().register
    entry = register.claim(case_id, "stage", system)
    if entry.state == "done":
        return dict(entry.receipt["rows"])  # type: ignore[call-overload, no-any-return]  # written below
    located = read_located(case_id)
    rows: dict[str, int] = {}
    for table in services().contracts.systems[system].tables:
        rows[table.name] = _stage_table(case_id, table, located)
        if shared := located.shared.get((system, table.name)):
            (count,) = services().systems.connector(system).count([Selection(table.name, shared)])
            rows[f"{table.name}+shared"] = count
    register.complete(case_id, "stage", system, receipt={"rows": rows}, record=Record("stage", system, {"rows": rows}))
    return rows


def staged_name(system: str, table: str) -> str:
    """The vault's name of a table's staged rows."""
    return f"rows.{system}.{table}"


def load_search(case_id: str, look: str = SEARCH) -> Search:
    """The search as sealed so far."""
    said = _said(case_id)
    search = _begin(case_id, look, said=said)
    known: dict[Slot, frozenset[Any]] = dict(search.known)
    asked: dict[str, Mapping[Slot, frozenset[Any]]] = {}
    for system in search.contracts.systems:
        sealed = _sealed(case_id, f"{look}.{system}", said=said)
        asked[system] = sealed.asked
        for slot, keys in sealed.found.items():
            known[slot] = known.get(slot, frozenset()) | keys
    return search.resumed(known, asked)


@dataclass(frozen=True, slots=True)
class _Sealed:
    """What one system's search left behind: keys it led to, and keys it was asked for."""

    found: Mapping[Slot, frozenset[Any]] = field(repr=False)
    asked: Mapping[Slot, frozenset[Any]] = field(repr=False)


def _search(case_id: str, system: str, look: str) -> int:
    search = load_search(case_id, look)
    connector = services().systems.connector(system)
    before = search.known
    while not search.is_ambiguous() and (questions := search.questions(system)):
        answers = {q.path: connector.find_keys(q.selection, q.yields) for q in questions}
        search = search.absorb(system, answers)
    said = _said(case_id)
    found = dict(_sealed(case_id, f"{look}.{system}", said=said).found)
    for slot, keys in search.known.items():
        if new := keys - before.get(slot, frozenset()):
            found[slot] = found.get(slot, frozenset()) | new
    asked = before if search.is_ambiguous() else search.known
    sealed = {"said": said, "found": plain_keys(found), "asked": plain_keys(asked)}
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


def _said(case_id: str) -> str:
    """What people said about several subjects: ``all``, ``named``, or nothing."""
    said = {gate.outcome for gate in services().register.gates(case_id) if gate.gate is Gate.SUBJECTS}
    return next((word.value for word in (Decision.ALL, Decision.NAMED) if word in said), "")


def _sealed(case_id: str, name: str, *, said: str) -> _Sealed:
    """What was sealed under ``name`` since people said ``said``."""
    if not services().vault.has(case_id, name):
        return _Sealed({}, {})
    plain = read_json(case_id, name)
    if plain["said"] != said:
        # Law 8: what was reached before people said whose data these are is not the subject's for that.
        return _Sealed({}, {})
    return _Sealed(keys_of(plain["found"]), keys_of(plain["asked"]))


def _stage_table(case_id: str, table: Table, located: Located) -> int:
    """Rows staged; a table that no key leads to has none, and none are asked for."""
    conditions = located.conditions[table.system, table.name]
    if not conditions:
        return 0
    connector = services().systems.connector(table.system)
    batches = connector.read(Selection(table.name, conditions), [c.name for c in table.columns])
    rows = 0
    with services().vault.write(case_id, staged_name(table.system, table.name)) as blob:
        writer: pa.ipc.RecordBatchStreamWriter | None = None
        for batch in batches:
            writer = writer or pa.ipc.new_stream(blob, batch.schema)
            writer.write_batch(batch)
            rows += batch.num_rows
        if writer is None:
            raise TerminalError("the connector gave no schema", where=f"{table.system}.{table.name}")
        writer.close()
    return rows


def _pairs(located: Located) -> list[str]:
    return [f"{system}: {reference}" for system, reference in sorted(located.by_hand.items())]
