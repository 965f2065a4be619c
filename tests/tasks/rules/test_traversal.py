"""Law 8 and Art. 15(1): the search reaches all of the subject's rows, and no row that is not the subject's."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.contract import Contracts, Reference, Table
from data_contracts.plan import TablePath
from data_contracts.vocabulary import Follow
from tasks.rules.traversal import Question, Search, begin, reach
from tests.tasks.rules.examples import Rows, a_column, a_key, a_reference, a_table, contracts_of, keys_in

_TO = frozenset({Follow.TO})
_BOTH = frozenset({Follow.FROM, Follow.TO})

# --- a search to its end, and a naive one beside it -------------------------------------------------------------------


@dataclass
class Walk:
    """A search that was carried to its end, and every key that a column was asked for."""

    search: Search
    asked: Counter[tuple[object, ...]]


def searched(search: Search, rows: Rows) -> Walk:
    """Ask systems in turn until none has anything new to be asked."""
    asked: Counter[tuple[object, ...]] = Counter()
    waves = 0
    while any(search.has_questions(name) for name in search.contracts.systems) and not search.is_ambiguous():
        for name in search.contracts.systems:
            questions = search.questions(name)
            asked.update(_places(questions))
            answers = {q.path: rows.answer(q.path, q.selection.conditions, q.yields) for q in questions}
            search = search.absorb(name, answers)
        waves += 1
        assert waves < 200, "the search does not end"
    return Walk(search, asked)


def _places(questions: tuple[Question, ...]) -> list[tuple[object, ...]]:
    assert len({q.path for q in questions}) == len(questions), "a wave asks a table once"
    ways = [(q.path, way) for q in questions for way in q.selection.conditions]
    return [(path, way.columns, way.normalise, key) for path, way in ways for key in way.keys]


Found = dict[TablePath, frozenset[int]]


def found_by(search: Search, rows: Rows, *, shared: bool = False) -> Found:
    """Numbers of the rows that the search's conditions select, by table."""
    tables = search.contracts.tables()
    return {(t.system, t.name): rows.selected((t.system, t.name), search.conditions(t, shared=shared)) for t in tables}


def naive_closure(contracts: Contracts, rows: Rows, email: str) -> Found:
    """The same rows, row by row: those with the address, and whatever declared references and addresses lead to."""
    own: dict[TablePath, set[int]] = {path: set() for path in rows.tables}
    size = -1
    while size != (size := sum(map(len, own.values()))):
        addresses = {email} | {
            rows.tables[path][number]["email"] for path, numbers in own.items() for number in numbers
        }
        for path, stored in rows.tables.items():
            own[path] |= {n for n, row in enumerate(stored) if row["email"] is not None and row["email"] in addresses}
        for table, reference in _references(contracts):
            _follow(rows, own, (table.system, table.name), reference)
    return {path: frozenset(numbers) for path, numbers in own.items()}


def _references(contracts: Contracts) -> list[tuple[Table, Reference]]:
    return [(table, reference) for table in contracts.tables() for reference in table.references]


def _follow(rows: Rows, own: Mapping[TablePath, set[int]], path: TablePath, reference: Reference) -> None:
    target, column = (reference.to_system, reference.to_table), reference.columns[0]
    if Follow.FROM in reference.follow:
        ids = {rows.tables[target][number]["id"] for number in own[target]} - {None}
        own[path].update(n for n, row in enumerate(rows.tables[path]) if row[column] in ids)
    if Follow.TO in reference.follow and not reference.shared:
        pointed = {rows.tables[path][number][column] for number in own[path]} - {None}
        own[target].update(n for n, row in enumerate(rows.tables[target]) if row["id"] in pointed)


# --- random small schemas ---------------------------------------------------------------------------------------------

_PATHS = [("crm", "a"), ("crm", "b"), ("shop", "c"), ("web", "d")]
_FOLLOW: list[tuple[frozenset[Follow], bool]] = [
    (frozenset(), False),
    (frozenset({Follow.FROM}), False),
    (_TO, False),
    (_BOTH, False),
    (_TO, True),
]
_EMAILS = ["a@x.example", "b@x.example", "c@x.example"]
_IDS = st.one_of(st.none(), st.integers(1, 4))


@st.composite
def schemas(draw: st.DrawFn) -> Contracts:
    """Up to four tables in three systems, with any references between them and to themselves."""
    paths = _PATHS[: draw(st.integers(1, len(_PATHS)))]
    tables = []
    for system, name in paths:
        references = []
        for column in ("r1", "r2"):
            to_system, to_table = draw(st.sampled_from(paths))
            follow, shared = draw(st.sampled_from(_FOLLOW))
            references.append(a_reference(column, f"{to_system}.{to_table}", follow=follow, shared=shared))
        columns = (a_key(), a_column("email", identity="email"), a_column("r1"), a_column("r2"))
        tables.append(a_table(name, *columns, system=system, references=tuple(references)))
    return contracts_of(*tables)


@st.composite
def companies(draw: st.DrawFn) -> tuple[Contracts, Rows]:
    """A schema and a few rows in each of its tables."""
    contracts = draw(schemas())
    row = st.fixed_dictionaries(
        {"id": _IDS, "email": st.one_of(st.none(), st.sampled_from(_EMAILS)), "r1": _IDS, "r2": _IDS}
    )
    return contracts, Rows({(t.system, t.name): tuple(draw(st.lists(row, max_size=4))) for t in contracts.tables()})


@given(company=companies())
def test_search_finds_exactly_the_closure(company: tuple[Contracts, Rows]) -> None:
    """Whatever circles a schema has, the search ends with the rows that declared directions lead to, and no other."""
    contracts, rows = company

    walk = searched(begin(contracts, {"email": [_EMAILS[0]]}), rows)

    assert found_by(walk.search, rows) == naive_closure(contracts, rows, _EMAILS[0])


@given(company=companies())
def test_no_key_is_asked_twice(company: tuple[Contracts, Rows]) -> None:
    """The number of statements depends on tables and new keys: a column is asked for each key once."""
    contracts, rows = company

    walk = searched(begin(contracts, {"email": [_EMAILS[0]]}), rows)

    assert all(times == 1 for times in walk.asked.values())


@given(company=companies())
def test_search_can_start_again_anywhere(company: tuple[Contracts, Rows]) -> None:
    """A search that was sealed after its first wave and taken up again finds the same (law 2)."""
    contracts, rows = company
    fresh = begin(contracts, {"email": [_EMAILS[0]]})
    first = next(iter(contracts.systems))
    answers = {q.path: rows.answer(q.path, q.selection.conditions, q.yields) for q in fresh.questions(first)}
    after = fresh.absorb(first, answers)

    resumed = begin(contracts, {"email": [_EMAILS[0]]}).resumed(after.known, after.asked)

    assert found_by(searched(resumed, rows).search, rows) == found_by(searched(fresh, rows).search, rows)


@given(company=companies())
def test_shared_rows_lead_nowhere(company: tuple[Contracts, Rows]) -> None:
    """Rows reached by shared references alone are counted apart: without those references the search is the same."""
    contracts, rows = company
    without = _map_references(
        contracts, lambda r: a_reference(r.columns[0], "x", follow=frozenset()) if r.shared else r
    )

    found = found_by(searched(begin(contracts, {"email": [_EMAILS[0]]}), rows).search, rows)

    assert found == found_by(searched(begin(without, {"email": [_EMAILS[0]]}), rows).search, rows)


def _map_references(contracts: Contracts, change: Callable[[Reference], Reference]) -> Contracts:
    tables = [
        a_table(t.name, *t.columns, system=t.system, references=tuple(change(r) for r in t.references))
        for t in contracts.tables()
    ]
    return contracts_of(*tables)


@given(company=companies())
def test_tables_with_rows_are_those_that_can_be_reached(company: tuple[Contracts, Rows]) -> None:
    """What is told beforehand, without data, leaves out no table in which the search then finds rows."""
    contracts, rows = company

    found = found_by(searched(begin(contracts, {"email": [_EMAILS[0]]}), rows).search, rows)

    reachable = {r.path for r in reach(contracts, ["email"]) if r.wave and not r.shared}
    assert {path for path, numbers in found.items() if numbers} <= reachable


# --- examples ---------------------------------------------------------------------------------------------------------

_CUSTOMER = a_table(
    "customer",
    a_key(),
    a_column("email", identity="email"),
    a_column("phone", identity="phone"),
    a_column("no", identity="customer_no"),
    a_column("household"),
    references=(a_reference("household", "household", follow=_TO, shared=True),),
)
_HOUSEHOLD = a_table("household")
_ORDER = a_table("order", a_key(), a_column("customer"), references=(a_reference("customer", "customer"),))
_SHOP = contracts_of(_CUSTOMER, _HOUSEHOLD, _ORDER)
_PEOPLE = Rows(
    {
        ("crm", "customer"): (
            {"id": 1, "email": "Ann@x.example ", "phone": "06 12 34 56 78", "no": "A1", "household": 7},
            {"id": 2, "email": "bob@x.example", "phone": "+33612345678", "no": "B2", "household": 7},
        ),
        ("crm", "household"): ({"id": 7},),
        ("crm", "order"): ({"id": 10, "customer": 1}, {"id": 11, "customer": 2}),
    }
)


def _found(search: Search) -> dict[str, list[int]]:
    return {table: sorted(numbers) for (_, table), numbers in found_by(search, _PEOPLE).items() if numbers}


def test_key_is_found_however_it_was_typed() -> None:
    """An address stored with capitals and a blank is found by its normal form, and leads to the orders."""
    search = searched(begin(_SHOP, {"email": ["ann@X.example"]}, allow_several=True), _PEOPLE).search

    assert _found(search) == {"customer": [0, 1], "order": [0, 1]}


def test_household_is_shared_and_counted_apart() -> None:
    """The row that a housemate shares is no row of the subject's, but known to be there."""
    search = searched(begin(_SHOP, {"customer_no": ["A1"]}, named_only=True), _PEOPLE).search

    located = search.located({})

    assert located.conditions["crm", "household"] == ()
    assert located.shared == {("crm", "household"): (keys_in("id", 7),)}


def test_two_people_behind_one_number_stop_the_search() -> None:
    """A telephone number that leads to two customer numbers is a question for a person."""
    search = searched(begin(_SHOP, {"phone": ["0612345678"]}), _PEOPLE).search

    assert search.is_ambiguous()
    assert search.subjects() == {"customer_no": 2}


def test_named_follows_the_unique_key_alone() -> None:
    """With number and telephone given, the number alone says whose rows of the customer table these are."""
    search = begin(_SHOP, {"phone": ["0612345678"], "customer_no": ["A1"]}, named_only=True)

    walk = searched(search, _PEOPLE)

    assert not walk.search.is_ambiguous()
    assert _found(walk.search) == {"customer": [0], "order": [0]}


def test_named_without_a_unique_key_stays_ambiguous() -> None:
    """A telephone number alone names both people."""
    assert searched(begin(_SHOP, {"phone": ["0612345678"]}, named_only=True), _PEOPLE).search.is_ambiguous()


def test_several_may_be_allowed() -> None:
    """Once a person said that all are the subject's, several numbers are no reason to stop."""
    search = searched(begin(_SHOP, {"phone": ["0612345678"]}, allow_several=True), _PEOPLE).search

    assert not search.is_ambiguous()
    assert search.subjects() == {"customer_no": 2}


@pytest.mark.parametrize(("kind", "value"), [("email", "no address"), ("phone", "12"), ("customer_no", "  ")])
def test_what_cannot_be_a_key_asks_nothing(kind: str, value: str) -> None:
    """A value that is no key of its kind selects no rows, never all."""
    search = begin(_SHOP, {kind: [value]})

    assert not search.has_questions("crm")
    assert search.located({}).conditions["crm", "customer"] == ()


def test_system_handled_by_hand_is_not_located() -> None:
    """A system that a person looks into is left out, with the reference."""
    located = begin(_SHOP, {"email": ["ann@x.example"]}).located({"crm": "TICKET-1"})

    assert located.conditions == {}
    assert located.by_hand == {"crm": "TICKET-1"}


def test_normalised_column_is_compared_as_stored() -> None:
    """A column that holds normal forms is compared verbatim, so that its index serves."""
    table = a_table("user", a_key(), a_column("mail", identity="email", normalised=True))

    (condition,) = begin(contracts_of(table), {"email": ["Ann@X.example"]}).conditions(table)

    assert (condition.normalise, condition.keys) == ("verbatim", frozenset({("ann@x.example",)}))


def test_reach_tells_waves_and_ways() -> None:
    """An address leads to customers, they to their orders and to a shared household; nothing leads elsewhere."""
    told = {(r.path[1], r.shared): (r.wave, r.by) for r in reach(_SHOP, ["email"])}

    assert told == {
        ("customer", False): (1, ("email = email", "phone = phone", "no = customer_no")),
        ("order", False): (2, ("customer -> crm.customer.id",)),
        ("household", False): (0, ()),
        ("household", True): (2, ("id -> crm.customer.household",)),
    }


def test_nothing_is_reached_by_an_unknown_kind() -> None:
    """A kind that no column holds leads nowhere, and every table is told so."""
    assert {r.wave for r in reach(_SHOP, ["cookie"])} == {0}


def test_keys_are_not_shown() -> None:
    """Keys are personal data: a search and its conditions tell nobody's address (law 1)."""
    search = begin(_SHOP, {"email": ["ann@x.example"]})

    assert "ann@" not in repr(search)
    assert "ann@" not in repr(search.questions("crm"))
    assert "ann@" not in repr(search.located({}))
