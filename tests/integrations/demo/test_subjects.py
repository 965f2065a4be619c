"""The known data subjects are what a demonstration needs."""

from pathlib import Path

import pyarrow.compute as pc

from integrations.demo import DemoCompany
from tests.integrations.demo.reading import ask, parquet


def test_subject_is_in_every_system(company: DemoCompany, folder: Path) -> None:
    """Customer number, e-mail address and cookie lead to rows in all six systems."""
    subject = company.subject

    by_number = {
        "crm": ask(folder, "crm", "SELECT 1 FROM interaction WHERE customer_no = ?", subject.customer_no),
        "billing": ask(folder, "billing", "SELECT 1 FROM account WHERE customer_no = ?", subject.customer_no),
        "marketing": ask(folder, "marketing", "SELECT 1 FROM profile WHERE email = ?", subject.email),
        "support": ask(folder, "support", "SELECT 1 FROM ticket WHERE customer_no = ?", subject.customer_no),
    }
    by_cookie = {
        name: pc.sum(pc.equal(parquet(folder, *name)["cookie_id"], subject.cookie_id)).as_py()
        for name in (
            ("weblogs", "access_log"),
            ("weblogs", "error_report"),
            ("adtech", "cookie"),
            ("adtech", "impression"),
        )
    }

    assert all(by_number.values())
    assert all(by_cookie.values())


def test_subject_has_invoices_over_and_under_ten_years(company: DemoCompany, folder: Path) -> None:
    """Of the subject's invoices, some are no longer to be kept and most still are; the contract ended."""
    years = [int(day[:4]) for (day,) in ask(folder, "billing", """
        SELECT issued_on FROM invoice JOIN account USING (account_id) WHERE customer_no = ?
    """, company.subject.customer_no)]  # fmt: skip
    ((ended,),) = ask(
        folder, "crm", "SELECT contract_ended_on FROM customer WHERE customer_no = ?", company.subject.customer_no
    )

    assert 0 < sum(year <= 2015 for year in years) < len(years) / 2
    assert ended is not None


def test_subject_lives_with_another_customer(company: DemoCompany, folder: Path) -> None:
    """The address row is another customer's too."""
    sharers = ask(folder, "crm", """
        SELECT other.customer_no, other.phone, other.email FROM customer AS subject
        JOIN customer AS other USING (household_id)
        WHERE subject.customer_no = ? AND other.customer_no <> subject.customer_no
    """, company.subject.customer_no)  # fmt: skip

    assert len(sharers) == 1
    assert sharers[0][1] != company.subject.phone


def test_subject_recommended_and_was_recommended(company: DemoCompany, folder: Path) -> None:
    """References between customers run both ways from the subject, and neither is hers to see."""
    number = company.subject.customer_no

    ((referrer,),) = ask(folder, "crm", "SELECT referred_by FROM customer WHERE customer_no = ?", number)

    assert referrer not in {None, number}
    assert ask(folder, "crm", "SELECT count(*) FROM customer WHERE referred_by = ?", number) == [(1,)]


def test_subject_has_health_data_and_free_text(company: DemoCompany, folder: Path) -> None:
    """Restricted data, messages and employees' notes are part of the subject's tickets."""
    number = company.subject.customer_no

    tickets = ask(folder, "support", "SELECT ticket_id, health_details FROM ticket WHERE customer_no = ?", number)

    assert any(health for _, health in tickets)
    assert ask(folder, "support", "SELECT count(*) > 0 FROM note WHERE ticket_id = ?", tickets[0][0]) == [(1,)]
    assert ask(folder, "crm", "SELECT health_priority FROM customer WHERE customer_no = ?", number) == [(1,)]


def test_subject_named_herself_in_other_ways_too(company: DemoCompany, folder: Path) -> None:
    """Tickets without a customer number name the subject by an address in capitals and a number with dots."""
    tickets = ask(folder, "support", """
        SELECT requester_email, requester_phone FROM ticket WHERE customer_no IS NULL
        AND (lower(requester_email) = ? OR replace(requester_phone, '.', '') = ?)
    """, company.subject.email, "0" + company.subject.phone.removeprefix("+33"))  # fmt: skip

    assert len(tickets) == 2
    assert all(ticket not in {(company.subject.email, None), (None, company.subject.phone)} for ticket in tickets)


def test_telephone_reaches_one_subject_or_two(company: DemoCompany, folder: Path) -> None:
    """The subject's number is hers alone; the relative's leads to two customers."""
    query = "SELECT count(DISTINCT customer_no) FROM customer WHERE phone = ?"

    assert ask(folder, "crm", query, company.subject.phone) == [(1,)]
    assert ask(folder, "crm", query, company.relative.phone) == [(2,)]


def test_no_other_key_joins_two_customers(company: DemoCompany, folder: Path) -> None:
    """E-mail addresses and cookies belong to one customer each."""
    assert company.rows

    for system, query in (
        ("crm", "SELECT lower(trim(email)) FROM customer WHERE email IS NOT NULL GROUP BY 1 HAVING count(*) > 1"),
        ("billing", "SELECT billing_email FROM account WHERE billing_email IS NOT NULL GROUP BY 1 HAVING count(*) > 1"),
        ("marketing", "SELECT cookie_id FROM profile WHERE cookie_id IS NOT NULL GROUP BY 1 HAVING count(*) > 1"),
    ):
        assert ask(folder, system, query) == []
