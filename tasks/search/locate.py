"""Locate the verified subject's data: search every system for keys, until no system has anything new to ask.

What is found is sealed per system (``search.<system>``), so that each search can start again at any time and only the
keys a system was not yet asked for are asked. See :mod:`tasks.rules.search.traversal` for the order.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain

import pyarrow as pa

from data_contracts.case.plan import REFERRED, SHARED, Located
from data_contracts.case.rights import FACTS_OF
from data_contracts.company.row_cases import part_at, parts_of, table_name
from data_contracts.connectors.keys import Selection
from data_contracts.errors import ContractMismatch
from data_contracts.evidence.records import Facts, Record
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import CaseState, Decision, Gate
from tasks.case.accounts import admission_of, said_about_accounts
from tasks.case.parts import PARTS, lost, measured_parts, require_parts
from tasks.case.sealed import LOCATED, read_located, write_located
from tasks.rules.act.redaction import harmless_columns
from tasks.rules.search.drift import Effect, drift
from tasks.rules.search.inside import containers_of
from tasks.rules.search.own_keys import own_keys
from tasks.rules.search.partners import is_ours
from tasks.rules.search.traversal import Search
from tasks.search.account_question import reached_accounts
from tasks.search.own_members import OwnMembers
from tasks.search.searching import (
    AGAIN,
    SEARCH,
    Loaded,
    ask,
    guarded_references,
    load,
    note_settled,
    part_name,
    seal,
    settle,
    settled_at,
)
from tasks.search.slow_searches import note_slow_searches
from tasks.search.staged import stage_tables
from tasks.search.withholding import Withholding
from tasks.services import services
from tasks.steps.ledger import is_done
from tasks.steps.step import step, until_done

"""Rights whose cases search once."""


def by_hand(case_id: str) -> dict[str, str]:
    """Systems that a person handles outside the software in this case, with the person's reference."""
    return _by_hand(services().register.gates(case_id, kind=Gate.OUTAGE))


@step("look at schema")
def survey_system(case_id: str, system: str) -> int:
    """That the live schema has every table and column of the contract; the number of tables looked at (law 6)."""
    contract = services().contracts.systems[system]
    drifts = drift(
        contract, services().systems.connector(system).describe(), services().contracts.vocabulary.identities
    )
    findings = [found for found in drifts if found.effect is Effect.FORBIDS_SEARCHING]
    if findings:
        raise ContractMismatch(
            f"the live schema is not what the contract says: {'; '.join(str(f) for f in findings)}",
            where=f"{case_id}, {system}",
            remedy="mend the contract or the system, then answer 'retry'",
        )
    note_slow_searches(case_id, system, drifts)
    return len(contract.tables)


def _is_first_look(case_id: str, system: str) -> bool:
    """Whether the case's data are being located, and this system was not asked yet."""
    return not is_done(case_id, "locate") and not services().vault.has(case_id, part_name(system))


@step("search", watched=_is_first_look)
def search_system(case_id: str, system: str) -> int:
    """Ask one system for every key it was not yet asked for; the number of keys it has led to so far."""
    return _search(case_id, system, SEARCH)


@step("look again")
def look_again(case_id: str, system: str) -> int:
    """Search one system anew after acting, beside what was sealed before (the second look of law 7)."""
    return _search(case_id, system, AGAIN)


def pending_systems(case_id: str, look: str = SEARCH, beyond: Container[str] | None = None) -> list[str]:
    """Systems that have something to be asked; empty when the search is over.

    Only when no system has a key to be asked about, it is looked which rows are the data subject's alone.

    Args:
        case_id: the case.
        look: which search.
        beyond: systems that are not asked; None: those that a person handles.
    """
    search, handled = load_search(case_id, look), by_hand(case_id) if beyond is None else beyond
    if look == SEARCH and search.is_beyond_doubt_ambiguous():
        return []
    reachable = [name for name in search.contracts.systems if name not in handled]
    asking = [name for name in reachable if search.has_questions(name)]
    return asking or [n for n in reachable if not search.is_settled(n, settled_at(case_id, look, n))]


def forget_search(case_id: str, look: str = SEARCH) -> None:
    """Take the sealed search away, so that the next one starts from what the subject gave."""
    vault = services().vault
    for name in vault.names(case_id):
        if name.startswith(f"{look}."):
            vault.remove(case_id, name)


@step("locate", watched=until_done("locate"))
def finish_search(case_id: str) -> dict[str, int]:
    """Seal where the subject's rows are and note it in evidence; the number of keys by table path."""
    search = load_search(case_id)
    located = replace(search.located(by_hand(case_id)), own_keys=own_keys(search))
    write_located(case_id, located)
    accounts = _accounts_in_words(search, located.by_hand)
    keys = {"/".join(path): sum(len(c.keys) for c in ways) for path, ways in located.conditions.items()}
    services().register.complete(
        case_id,
        "locate",
        receipt={"keys": keys, PARTS: _named_by_search(case_id)},
        record=Record("locate", "", {"keys": keys, "accounts": accounts, "by_hand": _pairs(located)}),
        move=(CaseState.LOCATED, "search complete"),
    )
    return keys


def needed_parts(case_id: str, counts: Mapping[str, Mapping[str, int]]) -> frozenset[str]:
    """Names of what acting on measured systems and proving it needs: what was found, and what was sealed of each.

    Raises:
        VaultSealed: when a part is gone already.
    """
    parts = measured_parts(counts) | {LOCATED, *_search_parts(case_id)}
    require_parts(case_id, parts)
    return parts


def _search_parts(case_id: str) -> list[str]:
    """Names of what systems answered to a search that is over.

    Raises:
        VaultSealed: when something is missing of it.
    """
    if pending := pending_systems(case_id):
        raise lost(case_id, part_name(pending[0]))
    return sorted(part_name(system) for system in _load(case_id, SEARCH).parts)


def _named_by_search(case_id: str) -> list[str]:
    """What later steps need of the search; where a plan is confirmed the search is made anew, and named then."""
    is_made_once = FACTS_OF[services().register.case(case_id).right].makes_package
    return sorted([LOCATED, *(_search_parts(case_id) if is_made_once else ())])


@step("stage", watched=until_done("stage"))
def stage_rows(case_id: str, system: str) -> dict[str, int]:
    """Stream the subject's rows of one system into the vault; rows by table, shared ones as ``table+shared``.

    Keys of rows that are not the subject's are left out on the way, and counted.
    """
    register = services().register
    entry = register.claim(case_id, "stage", system)
    if entry.state == "done":
        return dict(entry.receipt["rows"])  # type: ignore[call-overload, no-any-return]  # written below
    located = read_located(case_id)
    contracts = services().contracts
    tables = [t for t in contracts.systems[system].tables if is_ours(t, contracts.vocabulary)]
    # A table that no key leads to has no rows, and none are asked for.
    parts = [part for t in tables for part in parts_of(t)]
    led_to = {p.name: [c.name for c in p.table.columns] for p in parts if located.conditions[system, p.table.name]}
    shared = {p.name: p.ways(ways) for p in parts if (ways := located.shared.get((system, p.table.name)))}
    # Of rows of several people nothing is read but what may be shown.
    harmless = {f"{p.name}{SHARED}": shown for p in parts if p.name in shared and (shown := harmless_columns(p.table))}
    withheld = {name: _withholding(system, name, located) for name in (*led_to, *harmless)}
    members = _members(case_id, system, withheld)
    staged = (
        (name, members[name].over(withheld[name].over(_read(system, name, columns, located))))
        for name, columns in chain(led_to.items(), harmless.items())
    )
    rows = {p.name: 0 for p in parts} | stage_tables(case_id, system, staged)
    counted = {f"{name}{SHARED}": Selection(table_name(name), ways) for name, ways in shared.items()}
    rows |= _counted(system, {name: rows_of for name, rows_of in counted.items() if name not in harmless})
    # Charter P2: another controller's rows are counted, and never read.
    ours = {table.name for table in tables}
    others = {t.name: located.ways_to((system, t.name)) for t in contracts.systems[system].tables if t.name not in ours}
    rows |= _counted(system, {f"{name}{REFERRED}": Selection(name, ways) for name, ways in others.items() if ways})
    facts: Facts = {"rows": rows, "withheld": {name: one.counts for name, one in withheld.items() if one.counts}}
    if left_out := {name: one.counts for name, one in members.items() if one.counts}:
        facts = {**facts, "members": left_out}
    register.complete(case_id, "stage", system, receipt={**facts}, record=Record("stage", system, facts))
    return rows


def _counted(system: str, selections: Mapping[str, Selection]) -> dict[str, int]:
    """Rows of each selection, by its name."""
    if not selections:
        return {}
    counts = services().systems.connector(system).count(list(selections.values()))
    return dict(zip(selections, counts, strict=True))


def load_search(case_id: str, look: str = SEARCH) -> Search:
    """The search as sealed so far."""
    return _load(case_id, look).search


def _load(case_id: str, look: str) -> Loaded:
    return load(case_id, look, admission_of(case_id), said_about_accounts(case_id))


def _search(case_id: str, system: str, look: str) -> int:
    loaded = _load(case_id, look)
    connector = services().systems.connector(system)
    is_asking = loaded.search.has_questions(system)
    search = loaded.search
    if system not in loaded.parts:
        search = search.settled(guarded_references(system, connector))
    search = ask(search, system, connector)
    if not is_asking:
        search = settle(search, system, connector)
    led_to = seal(loaded, system, search)
    if not is_asking:
        note_settled(case_id, look, system, search)
    return led_to


def _by_hand(gates: Iterable[GateEntry]) -> dict[str, str]:
    handled = (gate for gate in gates if gate.outcome is Decision.BY_HAND)
    return {gate.subject: gate.reference for gate in handled}


def _read(system: str, name: str, columns: list[str], located: Located) -> Iterator[pa.RecordBatch]:
    """The rows of a table's part or, under its name with ``+shared``, those of several people."""
    part = part_at(services().contracts, system, name)
    found = located.shared if name.endswith(SHARED) else located.conditions
    rows = part.rows(Selection(part.table.name, found[system, part.table.name]))
    return services().systems.connector(system).read(rows, columns)


def _withholding(system: str, name: str, located: Located) -> Withholding:
    table = services().contracts.table(system, table_name(name))
    known = f"{table.name}{SHARED}" if name.endswith(SHARED) else table.name
    return Withholding(located.own_keys.get((system, known), ()), but=table.primary_key)


def _members(case_id: str, system: str, names: Iterable[str]) -> dict[str, OwnMembers]:
    """By staged name, what leaves others' members out of values that several people lie inside."""
    contracts, identity = services().contracts, load_search(case_id).identity()
    tables = {name: contracts.table(system, table_name(name)) for name in names}
    return {name: OwnMembers(containers_of(table, contracts, identity)) for name, table in tables.items()}


def _accounts_in_words(search: Search, handled: Mapping[str, str]) -> list[str]:
    """By which kinds and columns each account of the data subject was reached; no personal data."""
    admitted = search.admission.accounts if search.admission else None
    reached = [
        one
        for one in reached_accounts(search, handled)
        if admitted is None or (one.value,) in admitted.get(one.kind, frozenset())
    ]
    return [f"{one.kind}: {way}" for one in reached for way in one.ways]


def _pairs(located: Located) -> list[str]:
    return [f"{system}: {reference}" for system, reference in sorted(located.by_hand.items())]
