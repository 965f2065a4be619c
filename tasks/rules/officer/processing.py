"""The record of processing activities, from contracts and vocabulary (Art. 30). Pure.

An activity is a purpose. A table serves a purpose with the columns that name it, and with those that name none where
the table itself does. Whose table it is decides in which record it stands:

1. ours, or one of a controller that decides together with us: the record of Art. 30(1), with joint controllers named;
2. one of another controller: we process on its behalf, the record of Art. 30(2).
"""

from collections.abc import Iterable, Iterator, Mapping

from data_contracts.company.contract import Column, Contracts, Table
from data_contracts.officer.entries import Entry
from data_contracts.officer.processing import Activity, Place, ProcessingRecord
from data_contracts.vocabulary import PartyRole


def processing_record(contracts: Contracts, assessments: Iterable[Entry] = ()) -> ProcessingRecord:
    """Both records.

    Args:
        contracts: checked.
        assessments: rows in force of the register of impact assessments.
    """
    own = contracts.vocabulary.company.key
    found = {entry.key: str(entry.facts.get("reference", "")) for entry in assessments}
    ours: list[Activity] = []
    theirs: list[Activity] = []
    for purpose in contracts.vocabulary.purposes:
        by_controller: dict[str, list[Table]] = {}
        for table in contracts.tables():
            if _columns_for(purpose, table):
                by_controller.setdefault(_controller(table, contracts), []).append(table)
        ours.append(_activity(contracts, purpose, own, by_controller.pop(own, []), found))
        theirs += [_activity(contracts, purpose, key, tables, found) for key, tables in by_controller.items()]
        if not ours[-1].places and by_controller:
            ours.pop()  # it is done for others alone
    return ProcessingRecord(tuple(ours), tuple(theirs))


def _activity(
    contracts: Contracts, purpose: str, controller: str, tables: list[Table], assessments: Mapping[str, str]
) -> Activity:
    systems = dict.fromkeys(table.system for table in tables)
    keys = [key for system in systems for key in (system, f"{system}/{purpose}") if key in assessments]
    return Activity(
        purpose,
        controller,
        joint=tuple(dict.fromkeys(key for table in tables for key in _joint(table, contracts))),
        subjects=tuple(dict.fromkeys(one for system in systems for one in contracts.systems[system].subjects)),
        places=tuple(Place(table.system, table.name, tuple(_columns_for(purpose, table))) for table in tables),
        assessments=tuple(dict.fromkeys(assessments[key] for key in keys)),
    )


def _columns_for(purpose: str, table: Table) -> list[str]:
    """Personal columns of the table that serve the purpose; none where it serves others."""
    names = (column.name for column in table.rules if column.is_personal and purpose in _purposes(column, table))
    return list(dict.fromkeys(names))


def _purposes(column: Column, table: Table) -> tuple[str, ...]:
    return column.purposes or table.purposes


def _controller(table: Table, contracts: Contracts) -> str:
    """Our own key where we decide, alone or jointly (Art. 26); else the controller's."""
    named = table.controller or contracts.systems[table.system].controller
    party = contracts.vocabulary.parties.get(named)
    return contracts.vocabulary.company.key if party is None or party.joint else named


def _joint(table: Table, contracts: Contracts) -> Iterator[str]:
    system, parties = contracts.systems[table.system], contracts.vocabulary.parties
    for key in (table.controller or system.controller, *(table.recipients or system.recipients)):
        party = parties.get(key)
        if party is not None and party.joint and party.role is PartyRole.CONTROLLER:
            yield key
