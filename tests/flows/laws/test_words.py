"""Art. 12(1): what a data subject is told is in plain words of their language, to the end of a case."""

from data_contracts.vocabulary import Right
from tests.flows.company import House


def test_french_notice_names_what_is_kept_in_french(house: House) -> None:
    """Systems and tables are told by the labels of their contracts, not by their titles or technical names."""
    case_id = house.open(Right.ERASURE, language="fr")

    house.walk(case_id)

    told = house.mails()[-1]
    assert "Facturation (Compte de facturation)" in told
    assert "Facturation (Factures, Lignes de facture, Paiements)" in told
    assert [word for word in ("Billing", "invoice", "customer") if word in told] == []
