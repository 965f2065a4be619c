"""The witness sees keys wherever they lie, in each kind of system alike, and tells counts and places alone (law 7)."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from data_contracts.connectors import witnessing
from data_contracts.connectors.connecting import Connector
from data_contracts.connectors.keys import Condition, When
from data_contracts.connectors.witnessing import Budget, Needle, NotLooked, PlaceKind
from integrations.systems.directory import open_connector
from tests.integrations.shop import CONTRACT, PARIS, Rows, a_customer
from tests.integrations.systems.looks import ANNA, PHONE, looked_at, reader_of, seen, sightings

Load = Callable[[str, Rows], Connector]
SYSTEMS = ["memory", "sqlite", "postgresql", "mariadb", "parquet"]
ROWS: Rows = {
    "customer": [
        a_customer("C1", email="anna@e.org", phone="06 12 34 56 78"),
        a_customer("C2", email="ANNA@E.ORG", phone="+33612345678"),
        a_customer("C3", email="mail anna@e.org.", phone="612345678"),
        a_customer("C4", email="x.anna@e.org"),
        a_customer("C5", email="anna@e.org.uk"),
        a_customer("C6", email="éanna@e.org"),
        a_customer("C7", email='{"a": "anna\\u0040e.org"}'),
        a_customer("C8", email="hanna@e.org", phone="1061234567890"),
    ],
    "line": [{"order_no": "anna@e.org", "line_no": 1, "customer": "C1"}],
}


@pytest.fixture(params=SYSTEMS)
def shop(request: pytest.FixtureRequest, load: Load) -> Iterator[Connector]:
    """Each system in turn."""
    loaded = load(request.param, ROWS)
    if request.param != "mariadb":
        yield loaded
        return
    url = reader_of(request.getfixturevalue("mariadb_shop"))
    with closing(open_connector(CONTRACT, url, time_zone=PARIS)) as connector:
        yield connector


def rows(connector: Connector, *needles: Needle, **asked: Any) -> dict[tuple[str, str], tuple[int, int]]:
    """Rows, and explained ones, by declared table and column; what files say beside their rows left out."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for one in sightings(looked_at(connector, *needles, **asked)):
        if one.place.kind is PlaceKind.STATISTICS:
            continue
        key = one.place.table, one.place.column
        before = found.get(key, (0, 0))
        found[key] = before[0] + one.rows, before[1] + one.explained
    return found


def test_keys_are_seen_up_to_their_bounds(shop: Connector) -> None:
    """A dot after an address ends a sentence; a letter or sign of an address makes it somebody else's."""
    assert rows(shop) == {("customer", "email"): (4, 0), ("line", "order_no"): (1, 0)}


def test_kinds_are_told_apart(shop: Connector) -> None:
    """What was seen says of which kind it is, column by column."""
    found = {(one.place.column, one.kinds) for one in sightings(looked_at(shop, ANNA, PHONE))}

    assert found == {("email", ("email",)), ("phone", ("phone",)), ("order_no", ("email",))}
    assert rows(shop, PHONE) == {("customer", "phone"): (2, 0)}


def test_expected_rows_are_counted_apart(shop: Connector) -> None:
    """A row that a decision keeps explains what it holds: by column, or whatever column it is."""
    kept = Condition(("no",), frozenset({("C1",), ("C5",)}))
    mail = Condition(("email",), frozenset({("anna@e.org",)}), normalise="email", when=(When("no", ("C2",)),))

    assert rows(shop, explained={("customer", "email"): (kept,)})["customer", "email"] == (4, 1)
    assert rows(shop, explained={("customer", ""): (kept, mail)})["customer", "email"] == (4, 2)
    assert rows(shop, explained={("customer", "phone"): (kept,)})["customer", "email"] == (4, 0)


def test_contract_that_does_not_fit_explains_nothing(shop: Connector) -> None:
    """A column that is not there is no reason not to look."""
    lost = Condition(("nickname",), frozenset({("C1",)}))

    assert rows(shop, explained={("customer", ""): (lost,)})["customer", "email"] == (4, 0)


def test_short_keys_count_whole(shop: Connector) -> None:
    """A short key in a text is a word like others; a value that is nothing else is the key."""
    whole = Needle("customer_no", "C1", ("c1",), is_whole=True)

    assert rows(shop, whole) == {("customer", "no"): (1, 0), ("line", "customer"): (1, 0)}


@pytest.mark.parametrize(
    "known", [{}, {"pieces": ("anna", "e", "org")}, {"pieces": ("e.", "rg")}, {"hints": ("nn", ".org")}], ids=str
)
def test_what_is_known_of_a_needle_changes_nothing(shop: Connector, known: dict[str, Any]) -> None:
    """Hints and pieces make it quick; what is seen is the same."""
    assert rows(shop, Needle("email", ANNA.pattern, **known)) == rows(shop)


def test_numbers_are_told_by_their_digits(shop: Connector) -> None:
    """In their order, with anything between."""
    number = Needle("phone", PHONE.pattern, pieces=tuple("612345678"))

    assert rows(shop, number, ANNA) == rows(shop, PHONE, ANNA)


def test_no_needle_sees_nothing(shop: Connector) -> None:
    """Nothing asked, nothing looked at."""
    assert list(shop.witness(witnessing.Testimony(()), Budget())) == []


def test_budget_used_up_is_said(shop: Connector) -> None:
    """Each place that no time was left for is named with the reason."""
    looked = [one for one in looked_at(shop, budget=Budget(total_seconds=0)) if one.place.name]

    assert {"customer", "line"} <= {one.place.table for one in looked}
    assert {one.not_looked for one in looked} <= {NotLooked.TOO_LONG, NotLooked.OTHER_DATABASE}
    assert seen(looked) == {}
