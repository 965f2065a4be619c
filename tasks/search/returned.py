"""What came back: rows of people whose data were erased, found by comparing keyed digests (Art. 5(1)(e), 17, 24(1)).

Nobody's clear key is kept, so nobody can be searched for. Instead each column that holds identities is read once, in
batches, and the digest of each value is looked up in the list of erasures. The number of statements depends on the
number of tables; what is held in memory, on the list and on the number of people who are back.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from data_contracts.company.contract import Column, Table
from data_contracts.connectors.keys import Selection, When
from tasks.case.subject_keys import Digests
from tasks.rules.search.inside import keys_held
from tasks.rules.search.partners import is_ours
from tasks.rules.search.returned import Gathering, HeldKey, Listed, ReturnedPerson, hit_of, joined, listed_by_digest
from tasks.services import services
from tasks.steps.step import always, step

_BY_PEOPLE = frozenset({"email", "phone"})
"""Rules of kinds that people bring along, wherever they go."""


@dataclass(frozen=True, slots=True)
class Returned:
    """What one system holds again.

    Attributes:
        rows: by table; of a table that is read several times, of the read that found the most.
        people: whose rows they are.
    """

    system: str
    rows: Mapping[str, int]
    people: tuple[ReturnedPerson, ...] = field(repr=False)


@step("look for what came back", watched=always)
def look_for_returned(run_id: str, system: str) -> Returned:  # noqa: ARG001  # a step's first argument
    """Rows of one system that hold keys of the list of erasures; without a list no statement is made.

    Raises:
        SystemUnavailable: when the system cannot be read; trying again can help.
    """
    listed = listed_by_digest(services().register.erased_keys())
    rows: dict[str, int] = {}
    people: list[ReturnedPerson] = []
    if listed:
        contract, vocabulary = services().contracts.systems[system], services().contracts.vocabulary
        for table in contract.tables:
            if not is_ours(table, vocabulary):
                continue
            for when, columns in _reads(table):
                gathered = Gathering()
                count = _gather(gathered, table, when, columns, listed)
                rows[table.name] = max(rows.get(table.name, 0), count)
                people += gathered.people()
    return Returned(system, {name: count for name, count in rows.items() if count}, joined(people))


def own_columns(table: Table) -> list[Column]:
    """Columns of the table that hold keys which lead to one person alone; people share keys of other kinds."""
    kinds = services().contracts.vocabulary.identities
    return [column for column in table.identities if not kinds[column.identity].shared]


def _reads(table: Table) -> Iterator[tuple[tuple[When, ...], list[Column]]]:
    """Columns to read together: those of every row, and for each condition the columns that hold keys under it."""
    columns = own_columns(table)
    always = [column for column in columns if not column.when]
    for when in dict.fromkeys(column.when for column in columns):
        own = always if not when else [*always, *(column for column in columns if column.when == when)]
        yield when, own


def _gather(
    gathered: Gathering, table: Table, when: tuple[When, ...], columns: Sequence[Column], listed: Listed
) -> int:
    """Take in each row that is back; how many there were."""
    connector, keys = services().systems.connector(table.system), KeyReader(columns)
    rows = 0
    for batch in connector.read(Selection(table.name, (), when=when, reads_every_row=True), keys.names):
        for row in batch.to_pylist():
            hit = hit_of(table.system, table.name, keys.held(row), listed)
            if hit is not None:
                gathered.add(table.system, hit)
                rows += 1
    return rows


class KeyReader:
    """Reads the keys out of rows, and makes their digests."""

    def __init__(self, columns: Iterable[Column]) -> None:
        """Take the columns to read; :attr:`names` are theirs."""
        provided = services()
        self._columns = list(columns)
        self._kinds = provided.contracts.vocabulary.identities
        self._region = provided.contracts.vocabulary.company.country
        self._digests = Digests()
        self.names = list(dict.fromkeys(column.name for column in self._columns))

    def held(self, row: Mapping[str, Any]) -> list[HeldKey]:
        """Every key of a row."""
        return [key for column in self._columns for key in self._of(column, row[column.name])]

    def _of(self, column: Column, stored: object) -> Iterator[HeldKey]:
        if stored is None:
            return
        kind = self._kinds[column.identity]
        is_account = kind.unique and kind.normalise not in _BY_PEOPLE and column.inside is None
        for form in sorted(keys_held(column, kind.normalise, stored, self._region)):
            digest = self._digests.of_form(column.identity, form).digest
            yield HeldKey(column.name, column.identity, form, digest, is_account)
