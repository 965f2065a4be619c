"""What the witness may find, and what its findings mean."""

from datetime import date

from data_contracts.case.plan import COPIES, UNDECLARED, Located, Remaining, Unreached
from data_contracts.company.contract import Table
from data_contracts.connectors.keys import Condition
from data_contracts.connectors.witnessing import Looked, NotLooked, Place, PlaceKind, Sighting
from data_contracts.vocabulary import ColumnErasure, TableErasure
from tasks.rules.act.exemptions import Calendar
from tasks.rules.act.plan import segments
from tasks.rules.act.witness import explained_after, explained_before, not_looked, places_seen, unreached, witness_lines
from tests.tasks.rules.examples import a_column, a_key, a_table, contracts_of, located_in

_TODAY = Calendar(date(2026, 3, 31), "Europe/Paris", "12-31")
_MAIL = a_column("mail", erase=ColumnErasure.CLEAR)
_NOTE = a_column("note")


def _after(table: Table, located: Located | None = None) -> set[str]:
    """Columns in which a key is expected after an erasure."""
    contracts = contracts_of(table)
    found = located or located_in(table, 1)
    parts = segments(contracts, found, _TODAY)
    return {column for _, column in explained_after(contracts.systems[table.system], found, parts)}


def _seen(name: str, rows: int, explained: int = 0, column: str = "mail") -> Looked:
    place = Place(name, PlaceKind.TABLE, column)
    return Looked(Place(name), (Sighting(place, rows, explained, ("email",)),), rows=10)


def test_before_the_plan_each_declared_column_of_found_rows_explains_a_key() -> None:
    """Columns that the contract does not name do not: what stands there nobody would erase."""
    table = a_table("t", a_key(), _MAIL, erase=TableErasure.DELETE)
    contract = contracts_of(table).systems[table.system]

    assert set(explained_before(contract, located_in(table, 1))) == {("t", "id"), ("t", "mail")}
    assert explained_before(contract, Located(conditions={(table.system, "t"): ()})) == {}


def test_rows_of_several_people_are_explained_before() -> None:
    """They were found, and stay."""
    table = a_table("t", a_key(), _MAIL, erase=TableErasure.DELETE)
    path = (table.system, "t")
    located = Located(conditions={path: ()}, shared={path: (Condition(("id",), frozenset({(1,)})),)})

    assert ("t", "mail") in explained_before(contracts_of(table).systems[table.system], located)
    assert _after(table, located) == {"id", "mail"}


def test_after_the_act_nothing_explains_a_key_in_deleted_rows() -> None:
    """Whatever holds the key there now was put there meanwhile."""
    assert _after(a_table("t", a_key(), _MAIL, erase=TableErasure.DELETE)) == set()


def test_after_the_act_columns_that_stay_explain_a_key() -> None:
    """A cleared column does not; the others of the same row do."""
    assert _after(a_table("t", a_key(), _MAIL, _NOTE, erase=TableErasure.COLUMNS)) == {"id", "note"}


def test_rows_that_a_hold_keeps_explain_a_key() -> None:
    """Whole rows stay, with every column that the contract names."""
    assert _after(a_table("t", a_key(), _MAIL, erase=TableErasure.KEEP, hold="accounting")) == {"id", "mail"}


def test_places_beside_the_contract_are_told_with_what_is_beyond_it() -> None:
    """Rows that the contract explains are none of them."""
    seen = [_seen("public.b", 3, 1), _seen("public.a", 2, 2), _seen("names/x", 1, column="")]

    assert unreached("crm", seen) == (
        Unreached("crm", "names/x", 1, ("email",)),
        Unreached("crm", "public.b.mail", 2, ("email",)),
    )


def test_places_that_were_not_looked_at_are_told() -> None:
    """Another database of the same server is no place of the system."""
    seen = [
        Looked(Place("public.big"), not_looked=NotLooked.TOO_LONG),
        Looked(Place("postgres"), not_looked=NotLooked.OTHER_DATABASE),
        Looked(Place("public.fine")),
    ]

    assert not_looked("crm", seen) == (("crm: public.big", "too_long"),)


def test_what_people_saw_before_the_plan_may_stay_and_no_more() -> None:
    """A row more than they saw is not what they decided about."""
    approved = [Unreached("crm", "public.b.mail", 2), Unreached("crm", "public.a.mail", 9, check=UNDECLARED)]

    lines = witness_lines("crm", unreached("crm", [_seen("public.b", 3), _seen("public.a", 1)]), approved)

    assert lines == [
        Remaining("crm", "public.a.mail", "witness", 1, 0, "approved"),
        Remaining("crm", "public.b.mail", "witness", 3, 2, "approved"),
    ]


def test_copies_stay_as_people_saw_them() -> None:
    """Nobody can count them afterwards."""
    kept = Unreached("crm", "customer_history", 4, ("history_kept",), COPIES)

    assert witness_lines("crm", [], [kept]) == [Remaining("crm", "customer_history", "copies", 4, 4, "approved")]


def test_places_seen_are_those_of_the_contract() -> None:
    """By table and column, so that they are not told twice."""
    place = Place("public.b", PlaceKind.TABLE, "login", table="b")

    assert places_seen([Looked(place, (Sighting(place, 1),))]) == {("b", "login")}


def test_a_look_that_found_nothing_leaves_its_line() -> None:
    """So that it is seen that somebody looked."""
    assert witness_lines("crm", [], []) == [Remaining("crm", "", "witness", 0, 0)]
