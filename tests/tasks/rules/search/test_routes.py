"""Which tables a request can reach, before anything is looked at: what `rightsflow contracts plan` shows."""

from data_contracts.vocabulary import Assertion, Follow
from tasks.rules.search.routes import Reach, reach
from tests.tasks.rules.examples import a_column, a_key, a_reference, a_table, contracts_of


def _reaches(*tables: object, kinds: tuple[str, ...] = ("email",)) -> list[Reach]:
    return list(reach(contracts_of(*tables), kinds))  # type: ignore[arg-type]  # tables


_CUSTOMER = a_table("customer", a_key(), a_column("mail", identity="email"))


def test_tables_are_reached_wave_by_wave() -> None:
    """First what has the key itself, then what refers to it; what nothing leads to comes last, and says so."""
    order = a_table("order", a_key(), a_column("of", is_personal=False), references=(a_reference("of", "customer"),))
    line = a_table("line", a_key(), a_column("in", is_personal=False), references=(a_reference("in", "order"),))
    alone = a_table("alone", a_key(), a_column("no", identity="customer_no"))

    found = _reaches(line, alone, order, _CUSTOMER)

    assert [(one.path, one.wave, one.by, one.shared) for one in found] == [
        (("crm", "customer"), 1, ("mail = email",), False),
        (("crm", "order"), 2, ("of -> crm.customer.id",), False),
        (("crm", "line"), 3, ("in -> crm.order.id",), False),
        (("crm", "alone"), 0, (), False),
    ]


def test_no_key_reaches_nothing() -> None:
    """Nothing is asked for a request that proves nothing."""
    assert [(one.wave, one.by) for one in _reaches(_CUSTOMER, kinds=())] == [(0, ())]


def test_row_that_is_pointed_at_is_shared_and_one_wave_later() -> None:
    """Law 8: where rows of the data subject lead up to a row, it may be other people's too."""
    up = a_reference("home", "household", follow=frozenset({Follow.TO}), assertion=Assertion.CONFIRMED)
    customer = a_table("customer", a_key(), a_column("mail", identity="email"), a_column("home"), references=(up,))
    household = a_table("household", a_key(), a_column("name"))

    found = {(one.path[1], one.shared): one for one in _reaches(customer, household)}

    assert found["customer", False].wave == 1
    pointed = [one for (name, _), one in found.items() if name == "household" and one.wave]
    assert [(one.wave, one.by) for one in pointed] == [(2, ("id <- rows that refer to it",))]
