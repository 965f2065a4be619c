"""Rows of the demo company's billing: accounts, invoices with their lines, payments, calls."""

import numpy as np

from integrations.demo import words
from integrations.demo.draw import Draw, Numbers, Rows, Tables, Times, as_text, owned, pick, some
from integrations.demo.people import SUBJECT, People, fictional_numbers

_QUARTER = 91
_FIRST_INVOICE = 30
_SETTLEMENT = 60
"""Days from the end of a contract to the last settlement; no invoice and no payment comes later."""
_METHODS = ("direct_debit", "direct_debit", "card", "transfer")


def billing_tables(draw: Draw, people: People) -> Tables:
    """Everything that was billed to ``people``, invoices by quarter since their contracts began."""
    accounts = 500_001 + np.arange(len(people))
    owner, issued = _invoice_days(draw, people)
    amounts = draw.numbers(1_299, 14_999, len(owner))
    invoices = _invoices(people, owner, issued=issued, amounts=amounts)
    calls = _calls(draw, people)
    return {
        "account": _accounts(draw, people),
        "invoice": invoices,
        "invoice_line": _lines(draw, invoices["invoice_no"], issued=issued, amounts=amounts),
        "payment": _payments(draw, accounts[owner], issued=issued, amounts=amounts),
        "call_record": calls,
        "roaming": _roaming(draw, calls),
    }


def _accounts(draw: Draw, people: People) -> Rows:
    size = len(people)
    closed = people.ended + np.timedelta64(_SETTLEMENT, "D")
    closed[closed > draw.today] = np.datetime64("NaT")
    banks = draw.numbers(10**9, 10**10 - 1, size).tolist()
    ibans = [_iban(country, bank) for country, bank in zip(people.countries, banks, strict=True)]
    has_email = draw.flags(0.85, size)
    has_email[SUBJECT] = True
    return {
        "account_id": (500_001 + np.arange(size)).tolist(),
        "customer_no": people.customer_nos,
        "billing_email": some(people.clean_emails, has_email),
        "iban": some(ibans, draw.flags(0.8, size) | (np.arange(size) == SUBJECT)),
        "opened_on": as_text(people.started),
        "closed_on": as_text(closed),
        "restricted": [False] * size,
    }


def _iban(country: str, number: int) -> str:
    """An account number with right check digits at a bank that does not exist.

    Source: ISO 13616 (check digits), ISO 7064 (mod 97-10).
    """
    if country == "BE":
        body = f"{number:010d}"
        basic = f"{body}{number % 97 or 97:02d}"
    else:
        account = f"0{number:010d}"
        key = 97 - (89 * 99_999 + 15 * 99_999 + 3 * int(account)) % 97
        basic = f"9999999999{account}{key:02d}"
    letters = "".join(str(ord(letter) - ord("A") + 10) for letter in country)
    return f"{country}{98 - int(f'{basic}{letters}00') % 97:02d}{basic}"


def _invoice_days(draw: Draw, people: People) -> tuple[Numbers, Times]:
    """Who each invoice is for and when it was issued: each quarter, until a month after the contract ended."""
    month = np.timedelta64(_FIRST_INVOICE, "D")
    last = np.where(np.isnat(people.ended), draw.today, np.minimum(people.ended + month, draw.today))
    days = (last - people.started).astype(np.int64) - _FIRST_INVOICE
    owner, place = owned(np.where(days < 0, 0, days // _QUARTER + 1))
    return owner, people.started[owner] + month + (place * _QUARTER).astype("timedelta64[D]")


def _invoices(people: People, owner: Numbers, *, issued: Times, amounts: Numbers) -> Rows:
    years = issued.astype("datetime64[Y]").astype(np.int64) + 1970
    return {
        "invoice_no": [f"F{year}-{place:08d}" for place, year in enumerate(years.tolist(), start=1)],
        "account_id": (500_001 + owner).tolist(),
        "issued_on": as_text(issued),
        "bill_to_name": pick(people.full_names, owner),
        "bill_to_address": pick(people.postal_addresses, owner),
        "amount_cents": amounts.tolist(),
    }


def _lines(draw: Draw, invoice_nos: list[str], *, issued: Times, amounts: Numbers) -> Rows:
    """One to three lines for each invoice, which add up to its amount."""
    counts = np.where(draw.flags(0.6, len(invoice_nos)), 1, draw.numbers(2, 3, len(invoice_nos)))
    owner, place = owned(counts)
    share = amounts[owner] // counts[owner]
    rest = np.where(place == 0, amounts[owner] - share * (counts[owner] - 1), share)
    return {
        "invoice_no": pick(invoice_nos, owner),
        "line_no": (place + 1).tolist(),
        "billed_on": as_text(issued[owner]),
        "label": draw.texts(words.CHARGES, len(owner)),
        "amount_cents": rest.tolist(),
    }


def _payments(draw: Draw, accounts: Numbers, *, issued: Times, amounts: Numbers) -> Rows:
    """Nine invoices in ten were paid, within 25 days."""
    paid = issued + draw.numbers(3, 25, len(issued)).astype("timedelta64[D]")
    kept = draw.flags(0.92, len(issued)) & (paid <= draw.today)
    size = int(kept.sum())
    return {
        "payment_id": (900_001 + np.arange(size)).tolist(),
        "account_id": accounts[kept].tolist(),
        "paid_on": as_text(paid[kept]),
        "method": draw.texts(_METHODS, size),
        "amount_cents": amounts[kept].tolist(),
    }


def _calls(draw: Draw, people: People) -> Rows:
    """Calls of the last thirteen months, while the contract ran."""
    counts = draw.rng.poisson(8, len(people))
    counts[SUBJECT] = 24
    owner, _ = owned(counts)
    days = draw.days_ago(400, len(owner))
    ran = (days > people.started[owner]) & (np.isnat(people.ended[owner]) | (days < people.ended[owner]))
    owner, days = owner[ran], days[ran]
    _, seq = owned(np.bincount(owner, minlength=len(people)))
    return {
        "account_id": (500_001 + owner).tolist(),
        "seq": (seq + 1).tolist(),
        "started_at": as_text(draw.in_daytime(days)),
        "called_number": some(fictional_numbers(draw.numbers(0, 59_999, len(owner))), draw.flags(0.97, len(owner))),
        "seconds": draw.numbers(4, 3_600, len(owner)).tolist(),
    }


def _roaming(draw: Draw, calls: Rows) -> Rows:
    """One call in thirty was carried by a foreign network, and the subject's first two."""
    flags = draw.flags(1 / 30, len(calls["seq"]))
    flags[:2] = True
    abroad = np.flatnonzero(flags)
    networks = draw.texts(words.NETWORKS, len(abroad))
    return {
        "account_id": pick(calls["account_id"], abroad),
        "seq": pick(calls["seq"], abroad),
        "country": [country for country, _ in networks],
        "network": [network for _, network in networks],
        "started_at": pick(calls["started_at"], abroad),
    }
