"""What an audit sees of keys: values that are none, spellings of one key, rows that hang on nothing (Art. 5(1)(d)).

Keys are compared in the one normal form, in every kind of system, and only counted: none comes out of a look. One
statement for each table with identities, two for each reference. Digests of keys lie in memory meanwhile.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from data_contracts.company.contract import Column, Contracts, Reference, SystemContract, Table
from data_contracts.connectors.connecting import Connector, LiveSchema
from data_contracts.connectors.keys import Condition, Selection
from data_contracts.officer.findings import Found
from data_contracts.text.plain_text import as_text
from data_contracts.vocabulary import ColumnErasure, Follow
from tasks.rules.officer.audit_keys import key_findings, orphan_findings
from tasks.rules.search.found import written
from tasks.rules.search.inside import keys_held
from tasks.rules.values.replacing import masked_value
from tasks.search.sightings import fulfils
from tasks.services import services

_DIGEST_BYTES: Final = 12
_PSEUDONYMS: Final = frozenset({ColumnErasure.TOKEN, ColumnErasure.HMAC})
_PSEUDONYM_LENGTHS: Final = frozenset({16, 32})


def look_at_keys(contract: SystemContract, live: LiveSchema, connector: Connector) -> list[Found]:
    """What is wrong with keys and references of one system, of tables and columns that are there."""
    found: list[Found] = []
    for table in contract.tables:
        if there := live.tables.get(table.name):
            found += _of_keys(table, [c for c in table.identities if c.name in there and c.inside is None], connector)
    return found + [one for table in contract.tables for one in _of_references(table, live, connector)]


def _of_keys(table: Table, columns: list[Column], connector: Connector) -> Iterator[Found]:
    if not columns:
        return
    names = dict.fromkeys([*(c.name for c in columns), *(w.column for c in columns for w in c.when)])
    counts = [_Keys(table, column, services().contracts) for column in columns]
    for batch in connector.read(Selection(table.name, (), reads_every_row=True), list(names)):
        for row in batch.to_pylist():
            for count in counts:
                count.look(row)
    for count in counts:
        yield from key_findings(f"{table.system}.{table.name}.{count.column.name}", count.invalid, count.spellings)


class _Keys:
    """The keys of one column."""

    def __init__(self, table: Table, column: Column, contracts: Contracts) -> None:
        kinds, company = contracts.vocabulary.identities, contracts.vocabulary.company
        kind = kinds[column.identity]
        self.column, self.invalid, self.spellings = column, 0, 0
        self._rule, self._region = kind.normalise, company.country
        # Elsewhere a key may stand in many rows, each as somebody typed it.
        self._is_once = column.unique or column.identity == table.account or table.primary_key == (column.name,)
        self._seen: dict[bytes, bytes] = {}

    def look(self, row: Mapping[str, Any]) -> None:
        """Look at the next row."""
        stored = row[self.column.name]
        text = as_text(stored)
        if not text.strip() or not fulfils(row, self.column.when) or self._is_erased(text):
            return
        forms = keys_held(self.column, self._rule, stored, self._region)
        if not forms:
            self.invalid += 1
        elif self.column.normalised and forms != {text}:
            self.spellings += 1  # a search by the index does not find it
        elif self._is_once:
            for form in forms:
                self._once(form, text)

    def _once(self, form: str, text: str) -> None:
        known = self._seen.setdefault(_digest(form), _digest(text))
        self.spellings += known != _digest(text)

    def _is_erased(self, text: str) -> bool:
        """Whether it is what an erasure leaves behind."""
        if self.column.erase is ColumnErasure.MASK and text == str(masked_value(self.column)):
            return True
        is_shaped = len(text) in _PSEUDONYM_LENGTHS and text.isascii() and text.isalnum()
        return self.column.erase in _PSEUDONYMS and is_shaped


def _of_references(table: Table, live: LiveSchema, connector: Connector) -> Iterator[Found]:
    """Rows that are whoever's the row is that they refer to, and refer to none that is there."""
    for reference in table.references:
        is_own = reference.to_system == table.system and Follow.FROM in reference.follow
        if is_own and _is_there(table, reference, live):
            place = f"{table.system}.{table.name}.{', '.join(reference.columns)}"
            yield from orphan_findings(place, reference.to_table, _orphans(table, reference, connector))


def _orphans(table: Table, reference: Reference, connector: Connector) -> int:
    every = Selection(table.name, (), when=reference.when, reads_every_row=True)
    keys = connector.find_keys(every, [reference.columns])[reference.columns]
    above = Selection(reference.to_table, (), reads_every_row=True)
    known = {written(key) for key in connector.find_keys(above, [reference.to_columns])[reference.to_columns]}
    astray = frozenset(key for key in keys if written(key) not in known)
    if not astray:
        return 0
    return connector.count([Selection(table.name, (Condition(reference.columns, astray, when=reference.when),))])[0]


def _is_there(table: Table, reference: Reference, live: LiveSchema) -> bool:
    own, other = live.tables.get(table.name, {}), live.tables.get(reference.to_table, {})
    return own.keys() >= set(reference.columns) and other.keys() >= set(reference.to_columns)


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).digest()
