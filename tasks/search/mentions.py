"""Keys that lead nowhere by themselves, found out for the people at the gate ``subjects`` (law 8).

Three sorts, in this order:

1. keys under which an account of the data subject was known: rows that hold one may be hers, or its later owner's;
2. proven keys that another account gave up: rows that hold one may be the former owner's;
3. keys in the data subject's rows that somebody typed, or of a kind that people share.

Of the first two, those that rows hold open the gate; the third are shown beside.
"""

from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from data_contracts.case.subjects import SubjectKey
from data_contracts.company.contract import Column, Table
from data_contracts.connectors.keys import Key, Selection
from tasks.case.subject_keys import Digests
from tasks.rules.search.inside import keys_held
from tasks.rules.search.routes import ACCOUNT, PROVEN, REACHED, VOUCHED
from tasks.rules.search.traversal import Search
from tasks.search.remembered_keys import former_keys_of, other_owner_of
from tasks.search.searching import rows_with_key
from tasks.services import services

_MOST = 20


@dataclass(frozen=True, slots=True)
class Mention:
    """A key that leads nowhere by itself.

    Attributes:
        where: the columns that hold it, in words; free of personal data.
        why: why it leads nowhere.
    """

    kind: str
    value: str = field(repr=False)
    where: str
    why: str


def mentions(search: Search, handled: Container[str]) -> list[Mention]:
    """The keys, each once, those that open the gate first.

    Args:
        search: the search.
        handled: systems that a person handles outside the software; they are not asked.
    """
    found = {(one.kind, one.value): one for one in _typed(search, handled)}
    doubtful = {(one.kind, one.value): one for one in changed_hands(search, handled)}
    return [*doubtful.values(), *(one for key, one in found.items() if key not in doubtful)][:_MOST]


def changed_hands(search: Search, handled: Container[str]) -> list[Mention]:
    """Keys that changed hands and that rows hold which may be hers or somebody else's."""
    accounts = _accounts(search)
    found = [
        Mention(one.kind, one.value, where, f"hers until {_day(one.until)}; somebody else's by now?")
        for one in former_keys_of(accounts)
        if (where := _held(search, one.kind, one.value, handled))
    ]
    for kind, values in search.doubted.items():
        for value in sorted(values):
            given_up = other_owner_of(kind, value, accounts)
            if given_up is not None and (where := _held(search, kind, value, handled)):
                found.append(Mention(kind, value, where, f"another account gave it up on {_day(given_up)}"))
    return found


def _accounts(search: Search) -> list[SubjectKey]:
    digests = Digests()
    proven = ((slot[1], str(key[0])) for slot, keys in search.found.keys.items() if slot[0] == ACCOUNT for key in keys)
    return [key for kind, value in proven if (key := digests.of(kind, value)) is not None]


def _day(moment: datetime) -> str:
    return moment.astimezone(ZoneInfo(services().organisation.time_zone)).date().isoformat()


def _held(search: Search, kind: str, value: str, handled: Container[str]) -> str:
    """Columns outside of accounts with rows that hold a key and are not known to be hers, and how many rows."""
    columns = [
        (table, column)
        for table in search.contracts.tables()
        for column in table.identities
        if column.identity == kind and not table.account and table.system not in handled
    ]
    counted = ((table, column, _rows(search, table, column, value)) for table, column in columns)
    return ", ".join(f"{t.system}.{t.name}.{c.name} ({rows} rows)" for t, c, rows in counted if rows)


def _rows(search: Search, table: Table, column: Column, value: str) -> int:
    connector = services().systems.connector(table.system)
    ways = rows_with_key(connector, table, column, value)
    hers = search.of_subject((table.system, table.name))
    return connector.count([Selection(table.name, ways, spared=hers)])[0] if ways else 0


def _typed(search: Search, handled: Container[str]) -> Iterator[Mention]:
    for table in search.contracts.tables():
        ways = search.of_subject((table.system, table.name)) if table.system not in handled else ()
        for column in table.identities if ways else ():
            kind = search.contracts.vocabulary.identities[column.identity]
            why = "people share it" if kind.shared else "nobody vouches for it"
            for value in sorted(_values(search, table, column)):
                yield Mention(column.identity, value, f"{table.system}.{table.name}.{column.name}", why)


def _values(search: Search, table: Table, column: Column) -> set[str]:
    kind = search.contracts.vocabulary.identities[column.identity]
    known: set[Key] = set()
    for word in (PROVEN, ACCOUNT, REACHED, VOUCHED):
        known |= search.keys((word, column.identity))
    selection = Selection(table.name, search.of_subject((table.system, table.name)), when=column.when)
    held = services().systems.connector(table.system).find_keys(selection, [(column.name,)])[column.name,]
    region = search.contracts.vocabulary.company.country
    forms = {form for key in held for form in keys_held(column, kind.normalise, key[0], region)}
    return {form for form in forms if (form,) not in known}
