"""Art. 30: the record of processing follows from the contracts, and leaves out no purpose."""

from datetime import UTC, datetime

from data_contracts.company.company import Party, Purpose
from data_contracts.company.contract import Contracts, Table
from data_contracts.officer.entries import Entry, RegisterName
from data_contracts.officer.processing import Place
from data_contracts.vocabulary import LegalBasis, PartyRole
from tasks.rules.officer.processing import processing_record
from tests.tasks.rules.examples import a_column, a_key, a_table, contracts_of

_PARTIES = {
    "us": Party(role=PartyRole.CONTROLLER, name="Us SA", country="FR"),
    "adnet": Party(role=PartyRole.CONTROLLER, name="AdNet Ltd", country="GB", transfer="adequacy", joint=True),
    "energy": Party(role=PartyRole.CONTROLLER, name="Energy SAS", country="FR"),
}


def contracts_with(*tables: Table, purposes: tuple[str, ...]) -> Contracts:
    """Contracts of our company over these tables."""
    made = contracts_of(*tables)
    company = made.vocabulary.company.model_copy(update={"key": "us"})
    known = {name: Purpose(use="essential.service", basis=LegalBasis.CONTRACT) for name in purposes}
    facts = {"company": company, "parties": _PARTIES, "purposes": known}
    return Contracts(made.systems, made.vocabulary.model_copy(update=facts))


def test_column_serves_its_own_purposes_else_its_tables() -> None:
    """A bare key serves none; an activity lists the columns that serve it."""
    table = a_table(
        "customer",
        a_key(),
        a_column("name"),
        a_column("title", purposes=("address",)),
        purposes=("contract",),
        controller="us",
    )

    record = processing_record(contracts_with(table, purposes=("contract", "address")))

    assert [(one.purpose, one.places) for one in record.own] == [
        ("contract", (Place("crm", "customer", ("name",)),)),
        ("address", (Place("crm", "customer", ("title",)),)),
    ]
    assert record.for_others == ()


def test_purpose_that_no_table_serves_is_told() -> None:
    """It may be done on paper: a person must look."""
    record = processing_record(contracts_with(purposes=("contract",)))

    assert [(one.purpose, one.places) for one in record.own] == [("contract", ())]


def test_who_decides_with_us_is_named() -> None:
    """Art. 26: a joint controller, whether its table it is or it receives the data; the record is ours."""
    held = a_table("cookie", a_column("id"), purposes=("ads",), controller="adnet")
    sent = a_table(
        "impression", a_column("id"), purposes=("ads",), controller="us", recipients=("adnet", "energy", "gone")
    )

    (activity,) = processing_record(contracts_with(held, sent, purposes=("ads",))).own

    assert (activity.controller, activity.joint, len(activity.places)) == ("us", ("adnet",), 2)


def test_table_of_another_controller_is_processed_for_it() -> None:
    """Art. 30(2); what is done for others alone is no activity of ours."""
    theirs = a_table("meter", a_column("reading"), purposes=("energy", "bills"), controller="energy")
    ours = a_table("invoice", a_column("total"), purposes=("bills",), controller="us")

    record = processing_record(contracts_with(theirs, ours, purposes=("energy", "bills")))

    assert [one.purpose for one in record.own] == ["bills"]
    assert [(one.purpose, one.controller) for one in record.for_others] == [("energy", "energy"), ("bills", "energy")]


def test_impact_assessments_stand_with_what_they_are_about() -> None:
    """Of the whole system, or of the purpose there."""
    table = a_table("customer", a_column("name"), purposes=("contract", "churn"), controller="us")
    entries = [
        Entry(RegisterName.DPIAS, key, {"reference": name}, datetime(2026, 1, 1, tzinfo=UTC), "claire")
        for key, name in (("crm", "DPIA-1"), ("crm/churn", "DPIA-2"), ("erp", "DPIA-3"))
    ]

    record = processing_record(contracts_with(table, purposes=("contract", "churn")), entries)

    assert [one.assessments for one in record.own] == [("DPIA-1",), ("DPIA-1", "DPIA-2")]
