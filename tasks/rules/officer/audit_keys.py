"""What an audit concludes of keys, and of what guards references (Art. 5(1)(d), 32(1)(d)). Pure.

What is told of a finding are names and counts.
"""

from collections.abc import Iterable
from typing import Final

from data_contracts.company.contract import Reference, SystemContract, Table
from data_contracts.connectors.connecting import LiveSchema
from data_contracts.officer.findings import FindingKind, Found
from data_contracts.vocabulary import Follow
from tasks.rules.officer.audit import severity_of

_K: Final = FindingKind


def key_findings(place: str, invalid: int, spellings: int) -> list[Found]:
    """Values of a column of identities that are no key, and spellings of one key (Art. 5(1)(d))."""
    found = [_found(_K.KEY_INVALID, place, rows=invalid)] if invalid else []
    return [*found, *([_found(_K.KEY_SPELLINGS, place, rows=spellings)] if spellings else [])]


def orphan_findings(place: str, to_table: str, rows: int) -> list[Found]:
    """Rows that refer to a row of another table that is not there."""
    return [_found(_K.ROW_ORPHANED, place, rows=rows, table=to_table)] if rows else []


def guarded_references(contract: SystemContract, live: LiveSchema) -> frozenset[str]:
    """References of the contract that a live foreign key guards, as ``table.columns``."""
    known = {(one.table, one.columns, one.to_table, one.to_columns) for one in live.references}
    own = ((table, reference) for table in contract.tables for reference in table.references)
    return frozenset(_place(t, r) for t, r in own if (t.name, r.columns, r.to_table, r.to_columns) in known)


def unguarded_findings(contract: SystemContract, live: LiveSchema, before: Iterable[str]) -> list[Found]:
    """Declared references without a foreign key, in a system that has others, or that had this one.

    Args:
        contract: the system.
        live: its schema.
        before: what an earlier audit saw guarded, as :func:`guarded_references` gives it.
    """
    now, known = guarded_references(contract, live), frozenset(before)
    found = []
    for table in contract.tables:
        for one in table.references:
            is_own = one.to_system == table.system and Follow.FROM in one.follow and not one.when
            is_live = table.name in live.tables and one.to_table in live.tables
            place = _place(table, one)
            if is_own and is_live and place not in now and (now or place in known):
                found.append(_found(_K.REFERENCE_UNGUARDED, f"{contract.name}.{place}", about=one.to_table))
    return found


def _place(table: Table, reference: Reference) -> str:
    return f"{table.name}.{', '.join(reference.columns)}"


def disabled_findings(system: str, names: Iterable[tuple[str, str]]) -> list[Found]:
    """Triggers and foreign keys that are there and switched off, by table and name."""
    return [_found(_K.TRIGGER_DISABLED, f"{system}.{table} ← {name}", about=name) for table, name in names]


def _found(kind: FindingKind, place: str, **facts: str | int) -> Found:
    return Found(kind, place, severity_of(kind), facts)
