"""Which counts are asked for, and what they tell."""

from data_contracts.connectors.held_keys import HeldKeys
from data_contracts.connectors.keys import When
from tasks.rules.search.held_keys import questions, told
from tests.tasks.rules.examples import a_column, a_key, a_table, contracts_of

_CUSTOMER = a_table(
    "customer",
    a_key(),
    a_column("no", identity="customer_no"),
    a_column("mail", identity="email"),
    a_column("tel", identity="phone", when=(When("kind", ("home",)),)),
    a_column("kind"),
    account="customer_no",
)


def test_each_identity_of_an_account_is_asked_about() -> None:
    """Vouched or stated, shared or not, under its condition; tables without accounts are not asked."""
    contracts = contracts_of(_CUSTOMER, a_table("ticket", a_key(), a_column("mail", identity="email")))

    found = list(questions(contracts.systems["crm"], contracts.vocabulary))

    assert found == [
        HeldKeys("customer", "no", "no", "verbatim", "verbatim"),
        HeldKeys("customer", "mail", "no", "email", "verbatim"),
        HeldKeys("customer", "tel", "no", "phone", "verbatim", (When("kind", ("home",)),)),
    ]
    assert [asked.is_of_accounts for asked in found] == [True, False, False]


def test_only_what_several_hold_is_told() -> None:
    """Column and count, with a remedy; no key that several hold is nothing to tell."""
    mail, number = HeldKeys("c", "mail", "no", "email", "verbatim"), HeldKeys("c", "no", "no", "verbatim", "verbatim")

    assert told("crm", mail, 0) is None
    assert str(told("crm", mail, 2)).startswith("crm.c.mail: keys that two or more accounts hold: 2. Remedy: ")
    assert str(told("crm", number, 1)).startswith(
        "crm.c.no: values that tell accounts apart, each in two or more rows: 1."
    )
