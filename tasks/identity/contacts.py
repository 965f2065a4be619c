"""Addresses that we hold, and whose they are by the organisation's own word: where something may be sent to (law 8).

An address that somebody merely typed may be anybody's, and so may one that is reached over other rows. So, for a key:

1. only systems of the policy's ``contact_systems`` are asked, the first that holds an address decides;
2. only rows count that hold the key itself, in a column that the organisation vouches for;
3. of these rows only e-mail columns count that it vouches for too.

No search goes on from there: what a row refers to, and which keys it mentions, leads nowhere.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from data_contracts.company.contract import Table
from data_contracts.connectors.keys import Selection
from data_contracts.errors import RightsflowError
from data_contracts.text.normal_form import normal_form
from tasks.rules.people.assurance import EMAIL
from tasks.rules.people.contacts import held_columns, mail_columns
from tasks.search.searching import rows_with_key
from tasks.services import services
from tasks.steps.step import guarded


def held_for(case_id: str, keys: Mapping[str, Iterable[str]]) -> dict[tuple[str, str], frozenset[str]]:
    """Addresses that we hold for each key that is no address itself, in normal form; none where we hold none.

    None as well where a system does not answer, whatever it is that broke: a person checks at the gate, and the search
    later on waits for the system (law 6). What nobody foresaw is sealed as a fault.
    """
    others = [(kind, value) for kind, values in keys.items() if kind != EMAIL for value in values]
    return {key: _held_addresses(case_id, *key) for key in others}


def contact_tables() -> Iterator[Table]:
    """Tables of the policy's contact systems, in the order of its trust."""
    provided = services()
    for system in dict.fromkeys(provided.policy.contact_systems):
        if system in provided.contracts.systems:
            yield from provided.contracts.systems[system].tables


def _held_addresses(case_id: str, kind: str, value: str) -> frozenset[str]:
    by_system: dict[str, list[Table]] = {}
    for table in contact_tables():
        by_system.setdefault(table.system, []).append(table)
    for system, tables in by_system.items():
        try:
            held = _asked(case_id, system, tables, kind, value)
        except RightsflowError:
            return frozenset()
        if held:
            return held
    return frozenset()


def _ask(_case_id: str, _system: str, tables: Iterable[Table], kind: str, value: str) -> frozenset[str]:
    return frozenset(address for table in tables for address in _held_in(table, kind, value))


_asked: Final = guarded(_ask, "ask for the address")


def _held_in(table: Table, kind: str, value: str) -> Iterator[str]:
    """Addresses in the rows of one table that hold a key."""
    mails = mail_columns(table)
    connector = services().systems.connector(table.system)
    columns = held_columns(table, kind) if mails else ()
    conditions = [one for column in columns for one in rows_with_key(connector, table, column, value)]
    if not conditions:
        return
    for mail in mails:
        selection = Selection(table.name, tuple(conditions), when=mail.when)
        found = connector.find_keys(selection, [(mail.name,)])
        forms = (normal_form(EMAIL, key[0], "") for key in found[mail.name,] if key[0] is not None)
        yield from (form for form in forms if form)
