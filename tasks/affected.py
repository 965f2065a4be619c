"""Who is affected by an incident: the same ways as a search for one person, for all of them at once (Art. 33, 34).

1. from each affected table up to one that names people (:func:`tasks.rules.incidents.way_up`), one statement a table;
   or from keys that somebody gave. Of an attack that names no table: everybody whose address we hold;
2. from the keys, by the usual search, to rows with an address, in the policy's ``contact_systems`` alone;
3. an address for each person: first those that we vouch for, the first system's first; what somebody typed only where
   that is all we hold of this person, since Art. 34 wants everybody told. And the language where a column says it. They
   are streamed into sealed blobs of so many; the register is given their keyed digests, each once.

The number of statements depends on the number of tables. Keys of those affected lie in memory meanwhile.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from data_contracts.contract import Column, Table
from data_contracts.evidence import Record
from data_contracts.incidents import IncidentFacts, IncidentKind
from data_contracts.keys import Condition, Key, Selection
from data_contracts.normal_form import normal_form
from data_contracts.plan import TablePath
from tasks.rules.contacts import mail_columns
from tasks.rules.incidents import affected_tables, names_people, way_up
from tasks.rules.inside import keys_held
from tasks.rules.traversal import Search, begin
from tasks.sealed import read_json, write_json
from tasks.searching import ask_everywhere
from tasks.services import services
from tasks.step import always, step
from tasks.subject_keys import Digests

FACTS: Final = "incident"
"""The vault's name of what staff know."""
KEYS: Final = "keys"
"""The vault's name of keys that somebody gave, by kind."""
PEOPLE: Final = "people.{number:05d}"
A_BLOB: Final = 5_000
"""How many addresses lie in one blob."""
_EMAIL: Final = "email"
_LANGUAGE: Final = "user.demographic.language"

Keys = dict[str, set[str]]
"""Values by identity kind."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """Somebody who is told."""

    address: str = field(repr=False)
    language: str


def incident_facts(run_id: str) -> IncidentFacts:
    """What staff know of an incident."""
    return IncidentFacts.model_validate(read_json(run_id, FACTS))


def addressees(run_id: str, numbers: Sequence[int]) -> dict[int, Addressee]:
    """Who bears these numbers."""
    found: dict[int, Addressee] = {}
    for blob in sorted({number // A_BLOB for number in numbers}):
        lines = read_json(run_id, PEOPLE.format(number=blob))
        first = blob * A_BLOB
        found |= {n: Addressee(*lines[n - first]) for n in numbers if n // A_BLOB == blob}
    return found


@step("find affected people", watched=always)
def find_affected(run_id: str) -> dict[str, int]:
    """Seal who is affected, and count them; the counts.

    Raises:
        SystemUnavailable: when a system cannot be asked: nobody is told a part of the truth (law 6).
        RequestInvalid: when a table is in no contract.
    """
    register = services().register
    entry = register.claim(run_id, "affected")
    if entry.state == "done":
        return dict(entry.receipt["counts"])  # type: ignore[call-overload, no-any-return]  # written below
    facts, kind = incident_facts(run_id), register.incident(run_id).kind
    rows, keys = _reached(run_id, facts)
    search = _searched(keys)
    is_everybody = kind is IncidentKind.ATTACK and not facts.tables and not keys
    seen = _seal_people(run_id, search, keys, is_everybody=is_everybody)
    people = max(len(seen.people), len(_unique(search)))
    counts = {"people": max(people, seen.addresses), "with_address": seen.addresses, **rows}
    counts["without_address"] = max(people - len(seen.people), 0)
    register.note_incident(run_id, counts=counts)
    register.complete(run_id, "affected", receipt={"counts": counts}, record=Record("affected", "", {"counts": counts}))
    return counts


def _reached(run_id: str, facts: IncidentFacts) -> tuple[dict[str, int], Keys]:
    """Rows by affected table, and the keys of the people whose rows they are."""
    provided = services()
    keys: Keys = {}
    if provided.vault.has(run_id, KEYS):
        given: Mapping[str, list[str]] = read_json(run_id, KEYS)
        keys = {kind: set(values) for kind, values in given.items()}
    rows: dict[str, int] = {}
    for table in affected_tables(facts, provided.contracts):
        every = Selection(table.name, (), reads_every_row=True)
        rows[f"{table.system}.{table.name}"] = provided.systems.connector(table.system).count([every])[0]
        if not provided.vault.has(run_id, KEYS):
            for kind, values in _climbed(table, every):
                keys.setdefault(kind, set()).update(values)
    return rows, keys


def _climbed(table: Table, selection: Selection) -> Iterator[tuple[str, set[str]]]:
    """Keys of the people whose rows a selection holds, by kind."""
    provided = services()
    way = way_up(table, provided.contracts)
    for at, reference in way or ():
        found = provided.systems.connector(at.system).find_keys(selection, [reference.columns])[reference.columns]
        ways = (Condition(reference.to_columns, found),) if found else ()
        selection, table = (
            Selection(reference.to_table, ways),
            provided.contracts.table(reference.to_system, reference.to_table),
        )
    if way is None or not names_people(table, provided.contracts):
        return
    columns = [(column.name,) for column in table.identities]
    answers = provided.systems.connector(table.system).find_keys(selection, columns)
    region = provided.contracts.vocabulary.company.country
    for column in table.identities:
        kind = provided.contracts.vocabulary.identities[column.identity]
        forms = (keys_held(column, kind.normalise, key[0], region) for key in answers[column.name,])
        yield column.identity, {form for found in forms for form in found}


def _searched(keys: Keys) -> Search:
    """The usual search from all keys at once, in the systems that hold addresses."""
    provided = services()
    given = {kind: sorted(values) for kind, values in keys.items()}
    search = begin(provided.contracts, given, routes=provided.routes, wide=True)
    trusted = [name for name in provided.policy.contact_systems if name in provided.contracts.systems]
    return ask_everywhere(search, trusted or list(provided.contracts.systems))


@dataclass(slots=True)
class _Seen:
    """Whom addresses were found for."""

    addresses: int = 0
    people: set[Key] = field(default_factory=set, repr=False)


def _seal_people(run_id: str, search: Search, keys: Keys, *, is_everybody: bool) -> _Seen:
    """Seal an address for each person in blobs, and enter the keyed digests."""
    register, digests, seen = services().register, Digests(), _Seen()
    # A search that was cut off numbered people in its own order, which the next one need not repeat.
    register.forget_sendings(run_id)
    known: set[str] = set()
    blob: list[tuple[str, str]] = []

    def put() -> None:
        number = (seen.addresses - 1) // A_BLOB
        write_json(run_id, PEOPLE.format(number=number), blob)
        first = number * A_BLOB
        keys = [digests.of(_EMAIL, address) for address, _ in blob]
        register.put_sendings(run_id, [(first + n, key.digest) for n, key in enumerate(keys) if key is not None])
        blob.clear()

    for address, language, person, is_vouched in _rows_with_address(search, is_everybody=is_everybody):
        is_reached = bool(person) and seen.people.issuperset(person)
        seen.people.update(person)
        if address in known or (is_reached and not is_vouched):
            continue
        known.add(address)
        blob.append((address, language))
        seen.addresses += 1
        if len(blob) == A_BLOB:
            put()
    for address in sorted(_left_over(keys, known)):
        blob.append((address, ""))
        seen.addresses += 1
        if len(blob) == A_BLOB:
            put()
    if blob:
        put()
    return seen


def _left_over(keys: Keys, known: set[str]) -> set[str]:
    """Addresses by which people are affected, and that no row of a contact system holds."""
    return {normal_form("email", value, "") for value in keys.get(_EMAIL, ())} - known - {""}


def _rows_with_address(search: Search, *, is_everybody: bool) -> Iterator[tuple[str, str, list[Key], bool]]:
    """Address, language, unique keys and whether we vouch for it, of each row with one, the most trusted first."""
    provided = services()
    located = search.located({}).conditions
    for path in _address_tables():
        table = provided.contracts.table(*path)
        ways = located.get(path, ())
        selection = Selection(table.name, (), reads_every_row=True) if is_everybody else Selection(table.name, ways)
        if selection.is_empty:
            continue
        columns = _columns(table)
        for batch in provided.systems.connector(table.system).read(selection, [c.name for c in columns]):
            for address, language, person in _people_of(columns, batch.to_pylist()):
                yield address, language, person, columns[0].is_vouched


def _people_of(columns: list[Column], rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str, list[Key]]]:
    kinds = services().contracts.vocabulary.identities
    mail = next(column.name for column in columns if column.identity == _EMAIL)
    language = next((column.name for column in columns if column.category == _LANGUAGE), "")
    unique = [column for column in columns if column.identity and kinds[column.identity].unique]
    for row in rows:
        address = normal_form("email", row[mail], "")
        if address:
            person: list[Key] = [(column.identity, str(row[column.name])) for column in unique if row[column.name]]
            yield address, str(row.get(language) or "") if language else "", person


def _address_tables() -> list[TablePath]:
    provided = services()
    trusted = [name for name in provided.policy.contact_systems if name in provided.contracts.systems]
    systems = trusted or list(provided.contracts.systems)
    tables = [table for name in systems for table in provided.contracts.systems[name].tables]
    holding = [table for table in tables if any(_is_address(column) for column in table.identities)]
    return [(t.system, t.name) for t in sorted(holding, key=lambda one: not mail_columns(one))]


def _is_address(column: Column) -> bool:
    """Whether its value is one address; several people may lie inside another."""
    return column.identity == _EMAIL and column.inside is None


def _columns(table: Table) -> list[Column]:
    """What is read of a row: the address that we vouch for, else its first; its other keys, its language."""
    mail = next(iter(mail_columns(table)), None) or next(c for c in table.identities if _is_address(c))
    others = [c for c in table.identities if c.identity != _EMAIL and c.inside is None]
    languages = [column for column in table.columns if column.category == _LANGUAGE][:1]
    return [mail, *others, *languages]


def _unique(search: Search) -> frozenset[Key]:
    """People that the search reached, by their unique keys."""
    kinds = services().contracts.vocabulary.identities
    return frozenset(
        (kind, value) for kind, values in search.identity().items() if kinds[kind].unique for value in values
    )
