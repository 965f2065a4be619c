"""Who is affected by an incident: the same ways as a search for one person, for all of them at once (Art. 33, 34).

1. from each affected table up to one that names people (:func:`tasks.rules.officer.incidents.way_up`), one statement a
   table; or from keys that somebody gave. Of an attack that names no table: everybody whom the contact systems hold;
2. from the keys, by the usual search, to rows with an address, in the policy's ``contact_systems`` alone;
3. rows are joined into people, each counted once (:mod:`tasks.rules.search.persons`);
4. an address for each person: first those that we vouch for, the first system's first; what somebody typed only where
   that is all we hold of this person, since Art. 34 wants everybody told. And the language where a column says it. They
   are put into sealed blobs of so many; the register is given their keyed digests, each once;
5. whoever has no e-mail address is put on a sealed list for letters (:mod:`tasks.officer.papers`).

The number of statements depends on the number of tables. Keys of those affected lie in memory meanwhile.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from data_contracts.company.contract import Column, Contracts, Table
from data_contracts.connectors.keys import Condition, Selection
from data_contracts.evidence.records import Record
from data_contracts.officer.incidents import IncidentFacts, IncidentKind
from tasks.case.parts import has_part
from tasks.case.sealed import read_json, write_json
from tasks.case.subject_keys import Digests
from tasks.officer.papers import seal_papers
from tasks.rules.officer.incidents import affected_tables, names_people, way_up
from tasks.rules.people.contacts import mail_columns
from tasks.rules.search.persons import People, Person, Sighting
from tasks.rules.search.traversal import Search, begin
from tasks.search.searching import ask_everywhere
from tasks.search.sightings import EMAIL, TYPED, account_kinds, bare, follows, is_postal, sightings
from tasks.services import services
from tasks.steps.step import always, step

FACTS: Final = "incident"
"""The vault's name of what staff know."""
KEYS: Final = "keys"
"""The vault's name of keys that somebody gave, by kind."""
PEOPLE: Final = "people.{number:05d}"
A_BLOB: Final = 5_000
"""How many addresses lie in one blob."""
_LEFT_OVER: Final = 2 * TYPED
"""What an address is worth that no contact system holds."""

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
        VaultSealed: when somebody gave keys, and they are gone: rows of no table are nobody.
    """
    register, contracts = services().register, services().contracts
    entry = register.claim(run_id, "affected")
    if entry.state == "done":
        return dict(entry.receipt["counts"])  # type: ignore[call-overload, no-any-return]  # written below
    facts, kind = incident_facts(run_id), register.incident(run_id).kind
    people, keys = People(account_kinds(contracts)), Keys()
    rows = _count_rows(facts)
    for seen in _affected_rows(run_id, facts):
        people.see(seen, is_affected=True)
        _note_keys(keys, seen)
    search = _searched(keys)
    is_everybody = kind is IncidentKind.ATTACK and not facts.tables and not keys
    for seen in _rows_with_address(search, is_everybody=is_everybody):
        people.see(seen, is_affected=is_everybody)
    told = people.settled()
    _seal_people(run_id, told)
    without = seal_papers(run_id, [one.papers for one in told if not one.address])
    counts = {"people": len(told), "with_address": len(told) - without, **rows, "without_address": without}
    register.note_incident(run_id, counts=counts)
    register.complete(run_id, "affected", receipt={"counts": counts}, record=Record("affected", "", {"counts": counts}))
    return counts


def _count_rows(facts: IncidentFacts) -> dict[str, int]:
    """Rows by affected table."""
    rows: dict[str, int] = {}
    for table in affected_tables(facts, services().contracts):
        every = Selection(table.name, (), reads_every_row=True)
        rows[f"{table.system}.{table.name}"] = services().systems.connector(table.system).count([every])[0]
    return rows


def _affected_rows(run_id: str, facts: IncidentFacts) -> Iterator[Sighting]:
    """Rows of people who are affected, or the keys that somebody gave."""
    provided = services()
    if has_part(run_id, KEYS):
        given: Mapping[str, list[str]] = read_json(run_id, KEYS)
        yield from (bare(kind, form, _LEFT_OVER) for kind, forms in given.items() for form in forms)
        return
    for table in affected_tables(facts, provided.contracts):
        yield from _climbed(table, Selection(table.name, (), reads_every_row=True))


def _climbed(table: Table, selection: Selection) -> Iterator[Sighting]:
    """What the rows say that name the people whose rows a selection holds."""
    provided = services()
    way = way_up(table, provided.contracts)
    for at, reference in way or ():
        found = provided.systems.connector(at.system).find_keys(selection, [reference.columns])[reference.columns]
        ways = (Condition(reference.to_columns, found),) if found else ()
        selection, table = (
            Selection(reference.to_table, ways),
            provided.contracts.table(reference.to_system, reference.to_table),
        )
    if way is not None and names_people(table, provided.contracts) and not selection.is_empty:
        yield from sightings(table, selection, _LEFT_OVER)


def _note_keys(keys: Keys, seen: Sighting) -> None:
    """Take in the keys by which somebody is sought: the surest that a row holds, for others may be somebody else's."""
    kinds = services().contracts.vocabulary.identities
    sure = [node for node in seen.nodes if node[0] in kinds]
    for kind, form in sure or [node for node in seen.held if node[0] in kinds]:
        keys.setdefault(str(kind), set()).add(str(form))


def _searched(keys: Keys) -> Search:
    """The usual search from all keys at once, in the systems that hold addresses."""
    provided = services()
    given = {kind: sorted(values) for kind, values in keys.items()}
    search = begin(provided.contracts, given, routes=provided.routes, wide=True)
    return ask_everywhere(search, _contact_systems())


def _contact_systems() -> list[str]:
    provided = services()
    trusted = [name for name in provided.policy.contact_systems if name in provided.contracts.systems]
    return trusted or list(provided.contracts.systems)


def _seal_people(run_id: str, told: Iterable[Person]) -> None:
    """Seal each address once, in blobs, and enter the keyed digests."""
    register, digests = services().register, Digests()
    # A search that was cut off numbered people in its own order, which the next one need not repeat.
    register.forget_sendings(run_id)
    languages: dict[str, str] = {}
    for one in told:
        if one.address:
            languages[one.address] = languages.get(one.address) or one.language
    lines = list(languages.items())
    for first in range(0, len(lines), A_BLOB):
        blob = lines[first : first + A_BLOB]
        write_json(run_id, PEOPLE.format(number=first // A_BLOB), blob)
        keys = [digests.of(EMAIL, address) for address, _ in blob]
        register.put_sendings(run_id, [(first + n, key.digest) for n, key in enumerate(keys) if key is not None])


def _rows_with_address(search: Search, *, is_everybody: bool) -> Iterator[Sighting]:
    """What rows of the contact systems say that hold an address or lead to one, the most trusted first."""
    located = search.located({}).conditions
    for worth, table in enumerate(_address_tables(services().contracts)):
        ways = located.get((table.system, table.name), ())
        selection = Selection(table.name, (), reads_every_row=True) if is_everybody else Selection(table.name, ways)
        if not selection.is_empty:
            yield from sightings(table, selection, min(worth, TYPED - 1))


def _address_tables(contracts: Contracts) -> list[Table]:
    """Tables with addresses, those that we vouch for first, and those that tell whose they are."""
    tables = [table for name in _contact_systems() for table in contracts.systems[name].tables]
    mails = [table for table in tables if any(_is_address(column) for column in table.identities)]
    found = sorted(mails, key=lambda one: not mail_columns(one))
    found += [table for table in tables if table not in mails and is_postal(table) and follows(table)]
    for table in found:  # grows while it is walked: what leads further up is walked too
        above = (contracts.table(r.to_system, r.to_table) for r in follows(table) if r.to_system in contracts.systems)
        found += [one for one in dict.fromkeys(above) if one in tables and one not in found]
    return found


def _is_address(column: Column) -> bool:
    """Whether its value is one address; several people may lie inside another."""
    return column.identity == EMAIL and column.inside is None
