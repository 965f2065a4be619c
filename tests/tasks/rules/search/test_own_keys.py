"""Which keys in a data subject's rows may be shown, because the rows they tell are the data subject's too."""

from data_contracts.company.contract import Contracts, Table
from data_contracts.connectors.keys import Condition, Key, When
from data_contracts.vocabulary import Follow
from tasks.rules.search.found import Findings, Split
from tasks.rules.search.own_keys import own_keys
from tasks.rules.search.routes import CELL, OWN, POINTED, SHARED, Slot
from tasks.rules.search.traversal import Search, begin
from tests.tasks.rules.examples import a_column, a_key, a_reference, a_table, contracts_of, keys_in

_TO = frozenset({Follow.TO})
_NONE: frozenset[Follow] = frozenset()
CUSTOMER = a_table("customer", a_key(), a_column("no", identity="customer_no", normalised=True), account="customer_no")
ADDRESS = a_table("address", a_key(), a_column("street"))
PRODUCT = a_table("product", a_key())
CELL_OF_CUSTOMER: Slot = (CELL, "crm", "customer", "id")


def _order(*references: object) -> Table:
    columns = (a_key(), a_key("customer_id", primary_key=False), a_key("other_id", primary_key=False))
    return a_table("order", *columns, references=(a_reference("customer_id", "customer"), *references))


def _search(contracts: Contracts, found: dict[Slot, frozenset[Key]], **known: object) -> Search:
    keys = {CELL_OF_CUSTOMER: frozenset({(1,)}), **found}
    return begin(contracts, {"customer_no": ["C1"]}).knowing(Findings(keys=keys, **known))  # type: ignore[arg-type]  # by name


def test_reference_to_her_own_row_stays() -> None:
    """The search asked for what her own rows hold."""
    ways = own_keys(_search(contracts_of(CUSTOMER, _order()), {}))

    assert ways["crm", "order"] == (keys_in("customer_id", 1),)


def test_catalogue_is_nobodys() -> None:
    """What refers to a table without personal data is shown as it is."""
    ways = own_keys(
        _search(contracts_of(CUSTOMER, PRODUCT, _order(a_reference("other_id", "product", follow=_NONE))), {})
    )

    assert [way.columns for way in ways["crm", "order"]] == [("customer_id",)]


def test_of_rows_pointed_at_those_that_nobody_else_refers_to() -> None:
    """Two addresses: one that others use as well, one that is hers alone."""
    contracts = contracts_of(CUSTOMER, ADDRESS, _order(a_reference("other_id", "address", follow=_TO)))
    search = _search(contracts, {(POINTED, "crm", "address", "id"): frozenset({(10,), (11,)})})
    (claim,) = search.claims("crm")
    place = claim.place

    counted = search.settled(Findings(others={place: frozenset({(10,)})}, counted={place: frozenset({(10,), (11,)})}))

    assert counted.keys((OWN, "crm", "address", "id")) == {(11,)}
    assert own_keys(counted)["crm", "order"][1] == keys_in("other_id", 11)


def test_row_that_names_somebody_else_is_not_hers() -> None:
    """A card that says it is another customer's is nobody's to her, before it was looked and after."""
    card = a_table("card", a_key(), a_key("owner", primary_key=False), references=(a_reference("owner", "customer"),))
    contracts = contracts_of(CUSTOMER, card, _order(a_reference("other_id", "card", follow=_TO)))
    pointing = _search(contracts, {(POINTED, "crm", "card", "id"): frozenset({(20,)})})
    (claim,) = pointing.claims("crm")
    search = pointing.settled(Findings(counted={claim.place: claim.keys}))

    before, after = own_keys(search), own_keys(search.settled(Findings(splits={("crm", "card"): Split((), ())})))

    assert before["crm", "order"][1] == after["crm", "order"][1] == Condition(("other_id",), frozenset())


def test_reference_that_holds_in_some_rows_says_so() -> None:
    """``subject_type: customer``: of other rows the column tells something else."""
    kind = When("kind", ("customer",))
    contracts = contracts_of(CUSTOMER, _order(a_reference("other_id", "customer", follow=_NONE, when=(kind,))))

    ways = own_keys(_search(contracts, {}))

    assert ways["crm", "order"][1] == Condition(("other_id",), frozenset({(1,)}), when=(kind,))


def test_in_rows_of_several_people_identities_too() -> None:
    """Her own address may be shown, and a household's telephone; another's address is not known here at all."""
    emails, phone = a_column("email", identity="email", normalised=True), a_column("phone", identity="phone")
    household = a_table("household", a_key(), emails, phone)
    shared = a_reference("other_id", "household", follow=_TO, shared=True)
    contracts = contracts_of(CUSTOMER, household, _order(shared))
    keys: dict[Slot, frozenset[Key]] = {(SHARED, "crm", "household", "id"): frozenset({(30,)})}

    ways = own_keys(_search(contracts, keys))

    assert ways["crm", "household+shared"] == (Condition(("email",), frozenset()),)
    assert ("crm", "household") not in ways
