"""What seeding promises: the same for the same seed, whole or not at all, sound keys, nobody real."""

import ipaddress
from datetime import timedelta
from pathlib import Path

import phonenumbers
import pytest

from data_contracts.errors import SettingsInvalid
from integrations.demo import DemoCompany, seed
from tests.integrations.demo.conftest import CUSTOMERS, TODAY
from tests.integrations.demo.reading import FILES, SQL, ask, column, fingerprint, parquet

RESERVED_DOMAINS = ("example.org", "example.com", "example.net", ".example")


def test_same_seed_gives_same_rows(company: DemoCompany, folder: Path, tmp_path: Path) -> None:
    """Seed, customers and day decide every row of every system."""
    again = seed(tmp_path, customers=CUSTOMERS, today=TODAY, progress=lambda _: None)

    assert fingerprint(tmp_path) == fingerprint(folder)
    assert (again.subject, again.relative, again.rows) == (company.subject, company.relative, company.rows)


@pytest.mark.parametrize("change", [{"seed": 1}, {"today": TODAY + timedelta(days=1)}])
def test_other_seed_or_day_gives_other_rows(change: dict[str, object], folder: Path, tmp_path: Path) -> None:
    """Another seed or another day gives another company."""
    settings: dict[str, object] = {"customers": CUSTOMERS, "today": TODAY, **change}

    seed(tmp_path, progress=lambda _: None, **settings)  # type: ignore[arg-type]

    assert fingerprint(tmp_path) != fingerprint(folder)


@pytest.mark.usefixtures("company")
def test_seeding_again_replaces_and_leaves_no_parts(tmp_path: Path) -> None:
    """What was there is replaced, and no half-written file stays behind."""
    (tmp_path / ".crm.db.part").write_text("cut off", encoding="utf-8")

    for _ in range(2):
        seed(tmp_path, customers=20, today=TODAY, progress=lambda _: None)

    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([f"{name}.db" for name in SQL] + list(FILES))


def test_about_fifty_rows_a_customer(company: DemoCompany) -> None:
    """Ten thousand customers make about half a million rows, in twenty-one tables."""
    assert len(company.rows) == 21
    assert 40 < sum(company.rows.values()) / CUSTOMERS < 65


def test_progress_tells_each_system_once(tmp_path: Path) -> None:
    """Whoever waits is told of each system that is complete."""
    told: list[str] = []

    seed(tmp_path, customers=20, today=TODAY, progress=told.append)

    assert [line.split(":")[0] for line in told] == [*SQL, *FILES]


def test_too_few_customers_are_refused(tmp_path: Path) -> None:
    """The known customers need room."""
    with pytest.raises(SettingsInvalid, match="too few customers"):
        seed(tmp_path, customers=9, today=TODAY, progress=lambda _: None)


@pytest.mark.parametrize("system", SQL)
def test_foreign_keys_hold(system: str, company: DemoCompany, folder: Path) -> None:
    """No row refers to one that is not there."""
    assert company.rows

    assert ask(folder, system, "PRAGMA foreign_key_check") == []
    assert ask(folder, system, "PRAGMA integrity_check") == [("ok",)]


@pytest.mark.parametrize(
    ("system", "table", "name"),
    [
        ("billing", "account", "customer_no"),
        ("support", "ticket", "customer_no"),
        ("marketing", "profile", "customer_no"),
    ],
)
def test_keys_of_other_systems_lead_somewhere(
    system: str, table: str, name: str, company: DemoCompany, folder: Path
) -> None:
    """A customer number anywhere is one of the CRM's."""
    assert company.rows

    assert set(column(folder, system, table, name)) <= set(column(folder, "crm", "customer", "customer_no"))


def test_nothing_happens_after_today(company: DemoCompany, folder: Path) -> None:
    """History ends on the day that was given."""
    assert company.rows

    latest = [max(column(folder, system, table, name)) for system, table, name in (
        ("crm", "interaction", "occurred_at"), ("billing", "invoice", "issued_on"), ("billing", "payment", "paid_on"),
        ("marketing", "mailing", "opened_at"), ("support", "message", "written_at"), ("support", "ticket", "closed_at"),
    )]  # fmt: skip

    assert max(day[:10] for day in latest) <= TODAY.isoformat()


def test_emails_are_of_reserved_domains(company: DemoCompany, folder: Path) -> None:
    """No mail can reach anybody (RFC 2606)."""
    assert company.rows

    emails = column(folder, "crm", "customer", "email") + column(folder, "marketing", "profile", "email")

    assert all(email.strip().lower().endswith(RESERVED_DOMAINS) and email.isascii() for email in emails)
    assert {email != email.lower() for email in emails} == {True, False}


def test_phones_are_possible_and_fictional(company: DemoCompany, folder: Path) -> None:
    """Numbers are in E.164 and of the ranges set aside for fiction; tickets write them in several ways."""
    assert company.rows
    fiction = ("+3363998", "+3319900", "+3326191", "+3335301", "+3346571", "+3353649")

    stored = column(folder, "crm", "customer", "phone") + column(folder, "billing", "call_record", "called_number")
    written = column(folder, "support", "ticket", "requester_phone")

    assert all(phone.startswith(fiction) for phone in stored)
    parsed = {phonenumbers.format_number(phonenumbers.parse(phone, "FR"), 0) for phone in written}
    assert parsed <= set(column(folder, "crm", "customer", "phone"))
    assert len({phone[:2] for phone in written}) >= 3


def test_bank_accounts_have_right_check_digits(company: DemoCompany, folder: Path) -> None:
    """An IBAN passes its check (ISO 7064, mod 97-10)."""
    assert company.rows

    ibans = column(folder, "billing", "account", "iban")

    assert {int("".join(str(int(sign, 36)) for sign in iban[4:] + iban[:4])) % 97 for iban in ibans} == {1}


def test_addresses_of_machines_are_for_documentation(company: DemoCompany, folder: Path) -> None:
    """IP addresses belong to nobody (RFC 5737, RFC 3849)."""
    assert company.rows
    blocks = [
        ipaddress.ip_network(one) for one in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
    ]

    found = {ipaddress.ip_address(text) for text in parquet(folder, "weblogs", "access_log")["ip_address"].to_pylist()}

    assert all(any(one in block for block in blocks) for one in found)


def test_lines_add_up_to_their_invoice(company: DemoCompany, folder: Path) -> None:
    """The lines of an invoice make its amount, and bear its date."""
    assert company.rows

    wrong = ask(folder, "billing", """
        SELECT invoice_no FROM invoice LEFT JOIN invoice_line USING (invoice_no) GROUP BY invoice_no
        HAVING sum(invoice_line.amount_cents) IS NOT invoice.amount_cents OR min(billed_on) <> issued_on
    """)  # fmt: skip

    assert wrong == []
