"""A company with one system of two tables, for packages."""

from typing import Any

from data_contracts.company.company import Company, Hold, Party, Purpose, Vocabulary
from data_contracts.company.contract import Column, Contracts, Retention, SystemContract, Table
from data_contracts.vocabulary import DataSource, LegalBasis, PartyRole, RetentionAction, RetentionStart, TableErasure

CUSTOMER, CALL = ("crm", "customer"), ("crm", "call")

VOCABULARY = Vocabulary(
    company=Company(key="telco", name="Telco", country="FR", dpo="dpo@telco.example"),
    parties={
        "telco": Party(role=PartyRole.CONTROLLER, name="Telco", country="FR"),
        "mailer": Party(role=PartyRole.PROCESSOR, name="MailHouse Inc.", country="US", transfer="scc"),
    },
    purposes={
        "contract": Purpose(use="essential.service", basis=LegalBasis.CONTRACT, label={"fr": "Gérer", "en": "Manage"}),
        "churn": Purpose(
            use="analytics",
            basis=LegalBasis.LEGITIMATE_INTEREST,
            interest="fewer cancellations",
            profiling=True,
            automated_decision="A score decides on offers.",
            interest_label={"fr": "moins de départs"},
            automated_decision_label={"fr": "Une note décide des offres."},
        ),
    },
    holds={"accounting": Hold(art17_3="b", law="C. com. L123-22", label={"fr": "Comptes", "en": "Accounts"})},
    identities={},
)


def a_column(name: str, logical_type: str = "string", **changes: Any) -> Column:
    """A personal column."""
    return Column(name, logical_type, category="user.contact.email", source=DataSource.PROVIDED, **changes)


YEARS = Retention("keep", "customer", "since", 5, "y", RetentionStart.VALUE, RetentionAction.DELETE)
CUSTOMER_TABLE = Table(
    *CUSTOMER,
    columns=(
        a_column("name", description="Full <name>."),
        a_column("since", "date"),
        a_column("note"),
        a_column("pin", "integer"),
    ),
    erase=TableErasure.KEEP,
    hold="accounting",
    purposes=("contract", "churn"),
    recipients=("mailer",),
    retentions=(YEARS,),
)
CALL_TABLE = Table(*CALL, columns=(a_column("at", "timestamp"),), erase=TableErasure.DELETE, purposes=("contract",))
CONTRACTS = Contracts(
    {"crm": SystemContract("crm", "Customers", "1.0.0", "telco", (CUSTOMER_TABLE, CALL_TABLE))}, VOCABULARY
)
