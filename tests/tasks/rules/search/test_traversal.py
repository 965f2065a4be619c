"""Law 8 and Art. 15(1): what leads to rows of the data subject, and what leads nowhere."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from data_contracts.company.contract import Contracts
from data_contracts.connectors.keys import Selection
from data_contracts.vocabulary import Assertion, Follow
from integrations.systems.memory import MemoryConnector
from tasks.rules.search.accounts import Admission
from tasks.rules.search.routes import reach
from tasks.rules.search.traversal import Search, begin
from tasks.search.searching import ask, settle
from tests.tasks.rules.examples import a_column, a_key, a_reference, a_table, contracts_of

_FROM = frozenset({Follow.FROM})
_TO = frozenset({Follow.TO})
_STATED = Assertion.SELF_ASSERTED

Rows = Mapping[str, Sequence[dict[str, Any]]]

# --- a small company --------------------------------------------------------------------------------------------------

_CUSTOMER = a_table(
    "customer",
    a_key(),
    a_column("no", identity="customer_no", assertion=Assertion.ASSIGNED),
    a_column("email", identity="email", assertion=Assertion.CONFIRMED),
    a_column("phone", identity="phone", assertion=Assertion.CONFIRMED),
    a_column("address"),
    a_column("card"),
    account="customer_no",
    references=(
        a_reference("address", "address", follow=_TO),
        a_reference("card", "card", follow=_TO),
    ),
)
_ADDRESS = a_table("address", a_key(), a_column("street"))
_CARD = a_table("card", a_key(), a_column("owner"), references=(a_reference("owner", "customer", follow=_FROM),))
_TICKET = a_table(
    "ticket",
    a_key(),
    a_column("email", identity="email", assertion=_STATED),
    a_column("phone", identity="phone", assertion=_STATED),
    a_column("no", identity="customer_no", assertion=_STATED),
    a_column("customer"),
    references=(a_reference("customer", "customer", follow=frozenset({Follow.FROM, Follow.TO}), assertion=_STATED),),
)
_ORDER = a_table(
    "order", a_key(), a_column("customer"), references=(a_reference("customer", "customer", follow=_FROM),)
)
_MESSAGE = a_table(
    "message",
    a_key(),
    a_column("sender"),
    a_column("recipient"),
    references=(
        a_reference("sender", "customer", follow=_FROM),
        a_reference("recipient", "customer", follow=_FROM),
    ),
)
_LETTER = a_table("letter", a_key(), a_column("no", identity="customer_no", assertion=Assertion.ASSIGNED))
_SHOP = contracts_of(_CUSTOMER, _ADDRESS, _CARD, _TICKET, _ORDER, _MESSAGE, _LETTER)

_ANN = {"id": 1, "no": "A1", "email": "ann@x.example", "phone": "+33612345678", "address": 7, "card": 20}
_BEN = {"id": 2, "no": "B2", "email": "ben@x.example", "phone": "+33612345678", "address": 8, "card": 21}
_PEOPLE: Rows = {
    "customer": [_ANN, _BEN],
    "address": [{"id": 7, "street": "rue A"}, {"id": 8, "street": "rue B"}],
    "card": [{"id": 20, "owner": 1}, {"id": 21, "owner": 2}],
    "ticket": [],
    "order": [{"id": 10, "customer": 1}, {"id": 11, "customer": 2}],
    "message": [],
    "letter": [{"id": 30, "no": "A1"}, {"id": 31, "no": "B2"}],
}


def searched(contracts: Contracts, rows: Rows, search: Search) -> Search:
    """The search carried to its end over rows in memory, the systems of the contracts in turn."""
    connectors = {
        name: MemoryConnector(system, {t.name: rows[t.name] for t in system.tables}, time_zone="Europe/Paris")
        for name, system in contracts.systems.items()
    }
    known = ""
    while known != (known := search.known()):
        while pending := [name for name in connectors if search.has_questions(name)]:
            for name in pending:
                search = ask(search, name, connectors[name])
        for name, connector in connectors.items():
            search = settle(search, name, connector)
    return search


def found(rows: Rows, search: Search, *, shared: bool = False) -> dict[str, list[Any]]:
    """Ids of the rows that the search selects, by table; tables without any left out."""
    ids = {}
    for name, system in search.contracts.systems.items():
        connector = MemoryConnector(system, {t.name: rows[t.name] for t in system.tables}, time_zone="Europe/Paris")
        for table in system.tables:
            ids[table.name] = _ids(connector, table.name, search.conditions(table, shared=shared))
        assert name == system.name
    return {name: keys for name, keys in ids.items() if keys}


def _ids(connector: MemoryConnector, table: str, conditions: Any) -> list[Any]:
    if not conditions:
        return []
    return sorted(key[0] for key in connector.find_keys(Selection(table, conditions), [("id",)])["id",])


def _asked(rows: Rows = _PEOPLE, contracts: Contracts = _SHOP, **identity: str) -> Search:
    given = {kind: [value] for kind, value in identity.items()}
    return searched(contracts, rows, begin(contracts, given))


def _with(**more: list[dict[str, Any]]) -> Rows:
    return {name: [*rows, *more.get(name, [])] for name, rows in _PEOPLE.items()}


# --- what leads -------------------------------------------------------------------------------------------------------


def test_proven_key_leads_to_the_account_and_what_hangs_on_it() -> None:
    """The address leads to the account, its number to letters, references to orders, card and address."""
    search = _asked(email="ann@x.example")

    assert not search.is_ambiguous()
    assert found(_PEOPLE, search) == {
        "customer": [1],
        "address": [7],
        "card": [20],
        "order": [10],
        "letter": [30],
    }


def test_key_is_found_however_it_is_spelt() -> None:
    """A stored address with a name around it is the address that was asked for."""
    rows = {**_PEOPLE, "customer": [_ANN | {"email": "Ann <ANN@x.example>\n"}, _BEN]}

    assert found(rows, _asked(rows, email=" ann@X.example "))["customer"] == [1]


def test_proven_key_leads_to_rows_that_somebody_typed() -> None:
    """Whoever proved an address may have the ticket that was written with it."""
    rows = _with(ticket=[{"id": 40, "email": "ann@x.example", "phone": None, "no": None, "customer": None}])

    assert found(rows, _asked(rows, email="ann@x.example"))["ticket"] == [40]


# --- what leads nowhere -----------------------------------------------------------------------------------------------

_TRAP = {"id": 40, "email": "eve@y.example", "phone": "+33612345678", "no": "B2", "customer": 2}


def test_stated_keys_and_references_lead_nowhere() -> None:
    """A stranger's ticket with the victim's number, telephone and id in it leads to nothing of the victim."""
    rows = _with(ticket=[_TRAP])

    search = _asked(rows, email="eve@y.example")

    assert not search.is_ambiguous()
    assert found(rows, search) == {"ticket": [40]}


def test_key_of_an_account_is_not_looked_for_where_anybody_can_type_it() -> None:
    """The ticket in which a stranger typed Ben's number is not Ben's, unless he proves the number."""
    rows = _with(ticket=[_TRAP])

    assert "ticket" not in found(rows, _asked(rows, email="ben@x.example"))
    assert found(rows, _asked(rows, customer_no="B2"))["ticket"] == [40]


def test_shared_kind_leads_nowhere_unless_it_was_proven() -> None:
    """The landline in Ann's account does not lead to Ben's; proven, it leads to both, and a person is asked."""
    assert found(_PEOPLE, _asked(email="ann@x.example"))["customer"] == [1]
    assert _asked(phone="0612345678").is_ambiguous()


# --- accounts ---------------------------------------------------------------------------------------------------------


def test_two_accounts_with_a_proven_key_are_a_question() -> None:
    """Two customers with one address may be two people."""
    rows = {**_PEOPLE, "customer": [_ANN, _BEN | {"email": "ann@x.example"}]}

    search = _asked(rows, email="ann@x.example")

    assert search.is_ambiguous()
    assert search.accounts() == {"customer_no": frozenset({("A1",), ("B2",)})}


def test_account_without_a_proven_key_is_a_question_and_is_not_entered() -> None:
    """What Ann's account vouches for leads to another account: nothing of it is found before a person says so."""
    first = a_table(
        "first", a_key(), a_column("email", identity="email", assertion=Assertion.CONFIRMED),
        a_column("no", identity="customer_no", assertion=Assertion.ASSIGNED), account="email",
    )  # fmt: skip
    contracts = contracts_of(first, _CUSTOMER, _ADDRESS, _CARD, _ORDER)
    rows = {**_PEOPLE, "first": [{"id": 50, "email": "eve@y.example", "no": "B2"}]}

    search = _asked(rows, contracts, email="eve@y.example")

    assert search.is_ambiguous()
    assert found(rows, search) == {"first": [50]}


def _admitted(*numbers: str, is_final: bool = False, vouched: bool = True) -> Admission:
    keys = frozenset((number,) for number in numbers)
    known = frozenset(("customer_no", (number,)) for number in ("A1", "B2"))
    return Admission({"customer_no": keys}, known=known, is_final=is_final, vouched=vouched)


@pytest.mark.parametrize(("numbers", "customers"), [(["A1"], [1]), (["A1", "B2"], [1, 2]), ([], None)])
def test_only_admitted_accounts_are_entered(numbers: list[str], customers: list[int] | None) -> None:
    """After a person's answer the accounts that it names are found, and no others."""
    search = begin(_SHOP, {"phone": ["0612345678"]}, admission=_admitted(*numbers))

    search = searched(_SHOP, _PEOPLE, search)

    assert not search.is_ambiguous()
    assert found(_PEOPLE, search).get("customer") == customers


def test_account_that_turns_up_later_is_a_new_question() -> None:
    """Somebody else who has the key by now was not among those that a person answered about."""
    rows = {**_PEOPLE, "customer": [_ANN, _BEN, _BEN | {"id": 3, "no": "C3"}]}
    given = {"phone": ["0612345678"]}

    assert searched(_SHOP, rows, begin(_SHOP, given, admission=_admitted("A1"))).is_ambiguous()
    final = searched(_SHOP, rows, begin(_SHOP, given, admission=_admitted("A1", is_final=True)))
    assert not final.is_ambiguous()
    assert found(rows, final)["customer"] == [1]


def test_named_follows_no_key_of_an_account() -> None:
    """Searched by what was named alone, the letters that hold the account's number are not found."""
    search = begin(_SHOP, {"email": ["ann@x.example"]}, admission=_admitted("A1", vouched=False))

    assert found(_PEOPLE, searched(_SHOP, _PEOPLE, search)) == {
        "customer": [1],
        "address": [7],
        "card": [20],
        "order": [10],
    }


# --- rows of several people -------------------------------------------------------------------------------------------


def test_address_that_another_customer_refers_to_is_shared() -> None:
    """Two customers at one address: the row is neither's alone."""
    rows = {**_PEOPLE, "customer": [_ANN, _BEN | {"address": 7}]}

    search = _asked(rows, email="ann@x.example")

    assert "address" not in found(rows, search)
    assert found(rows, search, shared=True) == {"address": [7]}


def test_card_that_says_somebody_elses_is_theirs() -> None:
    """Ann's account points at the card of Ben, who does not: it is neither found nor told."""
    rows = {**_PEOPLE, "customer": [_ANN | {"card": 21}, _BEN | {"card": None}]}

    search = _asked(rows, email="ann@x.example")

    assert found(rows, search)["card"] == [20]
    assert found(rows, search, shared=True) == {}


def test_message_between_two_is_shared() -> None:
    """A message names its sender and its recipient; one to oneself is one's own."""
    messages: list[dict[str, Any]] = [
        {"id": 60, "sender": 1, "recipient": 2},
        {"id": 61, "sender": 1, "recipient": 1},
        {"id": 62, "sender": 1, "recipient": None},
        {"id": 63, "sender": 2, "recipient": 2},
    ]
    rows = _with(message=messages)

    search = _asked(rows, email="ann@x.example")

    assert found(rows, search)["message"] == [61, 62]
    assert found(rows, search, shared=True) == {"message": [60]}


def test_row_that_hangs_on_what_is_pointed_at_does_not_own_it() -> None:
    """A card's own transactions are rows of whoever owns the card, not somebody else's claim on it."""
    use = a_table("use", a_key(), a_column("card"), references=(a_reference("card", "card", follow=_FROM),))
    card = a_table("card")
    contracts = contracts_of(_CUSTOMER, _ADDRESS, card, use)
    rows = {**_PEOPLE, "card": [{"id": 20}, {"id": 21}], "use": [{"id": 70, "card": 20}, {"id": 71, "card": 21}]}

    search = _asked(rows, contracts, email="ann@x.example")

    assert found(rows, search) == {"customer": [1], "address": [7], "card": [20], "use": [70]}


def test_row_that_is_shared_in_any_case_is_never_ones_own() -> None:
    """``shared: true`` needs no other who refers to the row."""
    customer = a_table(
        "customer", a_key(), *_CUSTOMER.columns[1:], account="customer_no",
        references=(a_reference("address", "address", follow=_TO, shared=True),),
    )  # fmt: skip
    contracts = contracts_of(customer, _ADDRESS)

    search = _asked(_PEOPLE, contracts, email="ann@x.example")

    assert found(_PEOPLE, search) == {"customer": [1]}
    assert found(_PEOPLE, search, shared=True) == {"address": [7]}


# --- other ------------------------------------------------------------------------------------------------------------


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
    contracts = contracts_of(table)

    (condition,) = begin(contracts, {"email": ["Ann@X.example"]}).conditions(table)

    assert (condition.normalise, condition.keys) == ("verbatim", frozenset({("ann@x.example",)}))


def test_wide_search_takes_every_account_as_found() -> None:
    """What keeps rows takes all that may be hers, and asks nobody."""
    search = searched(_SHOP, _PEOPLE, begin(_SHOP, {"phone": ["0612345678"]}, wide=True))

    assert not search.is_ambiguous()
    assert found(_PEOPLE, search)["order"] == [10, 11]


def test_reach_tells_waves_and_ways() -> None:
    """An address leads to accounts, they to orders and letters; telephones in accounts lead nowhere."""
    told = {(r.path[1], r.shared): (r.wave, r.by) for r in reach(_SHOP, ["email"])}

    assert told["customer", False] == (1, ("no = customer_no", "email = email"))
    assert told["order", False] == (2, ("customer -> crm.customer.id",))
    assert told["letter", False] == (2, ("no = customer_no",))
    assert told["ticket", False] == (1, ("email = email",))


def test_nothing_is_reached_by_an_unknown_kind() -> None:
    """A kind that no column holds leads nowhere, and every table is told so."""
    assert {r.wave for r in reach(_SHOP, ["cookie"])} == {0}


def test_keys_are_not_shown() -> None:
    """Keys are personal data: a search and its conditions tell nobody's address (law 1)."""
    search = begin(_SHOP, {"email": ["ann@x.example"]})

    assert "ann@" not in repr(search)
    assert "ann@" not in repr(search.spellings("crm"))
    assert "ann@" not in repr(search.located({}))


def test_field_with_two_addresses_names_the_account_that_was_proven() -> None:
    """The address that was not proven leads nowhere; where none was, both are accounts that a person looks at."""
    login = a_table(
        "login", a_key(), a_column("email", identity="email", assertion=Assertion.CONFIRMED), account="email"
    )
    news = a_table("news", a_key(), a_column("email", identity="email", assertion=Assertion.CONFIRMED))
    contracts = contracts_of(login, news)
    rows: Rows = {
        "login": [{"id": 1, "email": "ann@x.example, ben@x.example"}],
        "news": [{"id": 2, "email": "ben@x.example"}],
    }

    search = _asked(rows, contracts, email="ann@x.example")

    assert not search.is_ambiguous()
    assert found(rows, search) == {"login": [1]}
