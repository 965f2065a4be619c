"""Strangers who ask at the site for what is somebody else's, and people who ask for what is theirs (law 8).

Each asks with an address of their own, opens the link in their own mailbox, and is answered by a clerk who knows
nothing but the text of each gate (:mod:`tests.flows.clerk`). A stranger gets, changes and erases nothing of the
victim's; an honest request is granted, and nobody is asked whose accounts these are where that is plain.
"""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from data_contracts.vocabulary import Channel, Decision, Gate, Right
from flows.doors.public import public_site
from tests.browser import Browser, browsing
from tests.flows.clerk import carried
from tests.flows.company import House, Rows, lost
from tests.flows.rights.test_identity_links import link_in

_THIEF = "thief@example.org"
_FAMILY = "family@example.org"
_OURS = 990001
"""The key of the row that a test adds."""
_RIGHTS = ("access", "rectification", "erasure")
_NEW = {"change_0_field": "user.contact.email", "change_0_value": "mine@example.org"}
_TICKET = (
    "INSERT INTO ticket (ticket_id, customer_no, requester_name, requester_email, requester_phone, topic, opened_at) "
    "VALUES (990001, ?, 'T. Hief', ?, ?, 'Hello', '2026-01-01 10:00:00.000000')"
)
_PROFILE = (
    "INSERT INTO profile (profile_id, email, cookie_id, opted_out, changed_on, restricted) "
    "VALUES (990001, ?, ?, 0, '2026-01-01', 0)"
)
_SAME_PHONE = "SELECT customer_no FROM customer WHERE phone = ? AND customer_no <> ?"


@dataclass
class Site:
    """The site, and a house behind it whose clerk answers every gate."""

    house: House
    visitor: Browser

    def asked(self, right: str, **fields: str) -> str:
        """The case of a request that was sent at the site, carried on to where a link is waited for."""
        known = {case.case_id for case in self.house.installation.register.cases()}
        self.visitor.send(f"/request/{right}", name="T. Hief", **(_NEW if right == "rectification" else {}), **fields)
        (case_id,) = {case.case_id for case in self.house.installation.register.cases()} - known
        self.house.run(case_id)
        return case_id

    def ended(self, case_id: str) -> tuple[str, list[Gate]]:
        """How a case ended after its link was opened, and the gates that were answered."""
        self.visitor.send(link_in(self.house, case_id), answer="yes")
        return carried(self.house, case_id)

    def told(self, case_id: str) -> str:
        """Everything that the one who asked was told: letters, and the package that is opened by its link."""
        texts = [raw.replace(b"=\r\n", b"").replace(b"=\n", b"") for raw in self._mails(case_id)]
        if any("answer" in name and case_id in name for name in self.house.outbox("eml")):
            opened = self.visitor.send(link_in(self.house, case_id, "answer"))
            with zipfile.ZipFile(io.BytesIO(opened.content)) as package:
                texts += [package.read(name) for name in package.namelist()]
        return b"\n".join(texts).decode("utf-8", "replace")

    def _mails(self, case_id: str) -> list[bytes]:
        return [raw for name, raw in self.house.outbox("eml").items() if case_id in name]


@dataclass(frozen=True)
class Customer:
    """A customer, and what tells their rows from everybody else's."""

    number: str
    phone: str
    login: str
    marks: frozenset[str]
    """Values that nobody else has."""

    def is_in(self, row: tuple[object, ...]) -> bool:
        """Whether a row of a system holds a value of theirs."""
        return bool({self.number, *self.marks} & {str(value) for value in row})


@pytest.fixture(autouse=True)
def _site_url(monkeypatch: pytest.MonkeyPatch) -> None:
    """The house knows where its site is, so that it sends links; a setting, as an operator sets it."""
    monkeypatch.setenv("RIGHTSFLOW_SITE_URL", "http://localhost")


@pytest.fixture
def site(house: House) -> Iterator[Site]:
    """The public site of a house over the demo company."""
    with browsing(public_site(house.installation)) as browser:
        yield Site(house, browser)


def _customer(house: House, number: str) -> Customer:
    (customer,) = house.ask("crm", "SELECT email, portal_login, birth_date FROM customer WHERE customer_no = ?", number)
    ((phone, login),) = house.ask("crm", "SELECT phone, portal_login FROM customer WHERE customer_no = ?", number)
    (account,) = house.ask("billing", "SELECT account_id, iban FROM account WHERE customer_no = ?", number)
    invoices = house.ask("billing", "SELECT invoice_no FROM invoice WHERE account_id = ?", account[0])
    profiles = house.ask("marketing", "SELECT profile_id FROM profile WHERE customer_no = ?", number)
    marks = {*customer, *account, *(one for row in (*invoices, *profiles) for one in row)} - {None}
    return Customer(number, phone, login, frozenset(map(str, marks)))


@pytest.fixture
def victim(house: House) -> Customer:
    """The demo subject: found in every system."""
    return _customer(house, house.company.subject.customer_no)


@pytest.fixture
def flatmates(house: House) -> tuple[Customer, Customer]:
    """Two customers who gave one telephone number: the first one asks."""
    relative = house.company.relative
    ((other,),) = house.ask("crm", _SAME_PHONE, relative.phone, relative.customer_no)
    return _customer(house, relative.customer_no), _customer(house, other)


@pytest.fixture
def couple(house: House) -> tuple[Customer, Customer]:
    """Two customers who gave one e-mail address: the first one asks."""
    two = house.company.subject.customer_no, house.company.relative.customer_no
    for number in two:
        house.ask("crm", "UPDATE customer SET email = ? WHERE customer_no = ?", _FAMILY, number)
    first, second = (_customer(house, number) for number in two)
    return first, replace(second, marks=second.marks - {_FAMILY})


def _harm(site: Site, victim: Customer, told: str, before: Rows) -> tuple[list[str], list[str]]:
    """What whoever asked was told of somebody else, and rows of that person that are no longer as they were."""
    gone = lost(before, site.house.rows())
    changed = [path for path, rows in gone.items() for row in rows if _OURS not in row and victim.is_in(row)]
    return [mark for mark in victim.marks if len(mark) > 5 and mark in told], changed


# --- strangers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("right", _RIGHTS)
def test_ticket_with_a_strangers_number_opens_nothing(site: Site, victim: Customer, right: str) -> None:
    """The own address, with the victim's telephone and customer number typed beside it: the ticket is all there is."""
    site.house.ask("support", _TICKET, victim.number, _THIEF, victim.phone)
    before = site.house.rows()
    case_id = site.asked(right, identity_email=_THIEF)

    outcome, met = site.ended(case_id)

    told = site.told(case_id)
    assert outcome.startswith("granted")
    assert Gate.SUBJECTS not in met
    assert _harm(site, victim, told, before) == ([], [])


@pytest.mark.parametrize("right", _RIGHTS)
def test_cookie_of_the_household_opens_nothing(site: Site, victim: Customer, right: str) -> None:
    """A housemate reads the newsletter with the same browser: what hangs on the cookie stays where it is."""
    site.house.ask("marketing", _PROFILE, _THIEF, site.house.company.subject.cookie_id)
    before = site.house.rows()
    case_id = site.asked(right, identity_email=_THIEF)

    outcome, met = site.ended(case_id)

    told = site.told(case_id)
    assert outcome.startswith("granted")
    assert Gate.SUBJECTS not in met
    assert _harm(site, victim, told, before) == ([], [])
    assert [line for line in site.house.plan(case_id) if line["rows"] and line["system"] in {"adtech", "weblogs"}] == []


@pytest.mark.parametrize("kind", ["phone", "customer_no"])
def test_no_link_goes_to_an_address_that_somebody_typed(site: Site, victim: Customer, kind: str) -> None:
    """No system of contacts holds an address of the customer: the one in a ticket is a stranger's."""
    site.house.ask("support", "UPDATE ticket SET requester_phone = NULL, customer_no = NULL")
    site.house.ask("marketing", "UPDATE profile SET customer_no = NULL")
    site.house.ask("crm", "UPDATE customer SET email = NULL WHERE customer_no = ?", victim.number)
    site.house.ask("billing", "UPDATE account SET billing_email = NULL WHERE customer_no = ?", victim.number)
    site.house.ask("support", _TICKET, victim.number, _THIEF, victim.phone)

    site.asked("access", **{f"identity_{kind}": {"phone": victim.phone, "customer_no": victim.number}[kind]})

    assert [name for name, raw in site.house.outbox("eml").items() if _THIEF.encode() in raw] == []


@pytest.mark.parametrize("right", _RIGHTS)
def test_landline_of_a_flat_opens_the_own_account_alone(
    site: Site, flatmates: tuple[Customer, Customer], right: str
) -> None:
    """Found on the way, never named: the flatmate's account is not even a question."""
    asking, other = flatmates
    before = site.house.rows()
    case_id = site.asked(right, identity_email=_mail_of(site.house, asking))

    outcome, met = site.ended(case_id)

    told = site.told(case_id)
    assert outcome.startswith("granted")
    assert Gate.SUBJECTS not in met
    assert _harm(site, other, told, before) == ([], [])


def test_landline_alone_tells_nobody_apart(site: Site, flatmates: tuple[Customer, Customer]) -> None:
    """Whoever answers the telephone of a flat is one of two: the clerk refuses, and nothing is told."""
    before = site.house.rows()
    case_id = site.house.open(Right.ACCESS, identity={"phone": [flatmates[0].phone]}, reply_to=_THIEF)
    site.house.answer(site.house.until(Gate.IDENTITY, case_id), Decision.APPROVE, reference="call_back")

    outcome, met = carried(site.house, case_id)

    told = site.told(case_id)
    assert (outcome, met[0]) == ("refused", Gate.SUBJECTS)
    assert [_harm(site, one, told, before) for one in flatmates] == [([], [])] * 2


@pytest.mark.parametrize("right", _RIGHTS)
def test_one_address_of_two_customers_tells_nobody_apart(
    site: Site, couple: tuple[Customer, Customer], right: str
) -> None:
    """Both accounts hold the proven address, and neither number was named: the clerk refuses."""
    before = site.house.rows()
    case_id = site.asked(right, identity_email=_FAMILY)

    outcome, met = site.ended(case_id)

    told = site.told(case_id)
    assert (outcome, met[0]) == ("refused", Gate.SUBJECTS)
    assert [_harm(site, replace(one, marks=one.marks - {_FAMILY}), told, before) for one in couple] == [([], [])] * 2


@pytest.mark.parametrize("right", _RIGHTS)
def test_own_number_narrows_one_address_to_one_account(
    site: Site, couple: tuple[Customer, Customer], right: str
) -> None:
    """The account whose number was named, and not the other one that holds the same address."""
    asking, other = couple
    before = site.house.rows()
    case_id = site.asked(right, identity_email=_FAMILY, identity_customer_no=asking.number)

    outcome, met = site.ended(case_id)

    told = site.told(case_id)
    assert outcome.startswith("granted")
    assert met[0] is Gate.SUBJECTS
    assert _harm(site, other, told, before) == ([], [])


# --- people who ask for what is theirs --------------------------------------------------------------------------------


@pytest.mark.parametrize("right", ["access", "erasure", "portability", "restriction"])
def test_customer_is_asked_no_needless_question(site: Site, victim: Customer, right: str) -> None:
    """One account, reached by its own address."""
    case_id = site.asked(right, identity_email=_mail_of(site.house, victim))

    outcome, met = site.ended(case_id)

    assert outcome.startswith("granted")
    assert Gate.SUBJECTS not in met


def test_two_accounts_whose_numbers_were_named_are_both_told(site: Site, couple: tuple[Customer, Customer]) -> None:
    """Somebody who has two, and knows both numbers: the gate shows that each was proven."""
    numbers = [one.number for one in couple]
    case_id = site.house.open(Right.ACCESS, channel=Channel.FORM, identity={"email": [_FAMILY], "customer_no": numbers})
    site.house.run(case_id)

    outcome, met = site.ended(case_id)

    assert (outcome, met[0]) == ("granted", Gate.SUBJECTS)
    told = site.told(case_id)
    assert [one.login for one in couple if one.login not in told] == []


@pytest.mark.parametrize("right", ["access", "erasure"])
def test_reader_of_the_newsletter_needs_no_account(site: Site, right: str) -> None:
    """Nobody is asked whose account it is where there is none; what is found is told, or erased."""
    site.house.ask("marketing", _PROFILE, "reader@example.org", None)
    case_id = site.asked(right, identity_email="reader@example.org")

    outcome, met = site.ended(case_id)

    assert outcome.startswith("granted")
    assert Gate.SUBJECTS not in met
    found = site.house.ask("marketing", "SELECT email FROM profile WHERE profile_id = ?", _OURS)
    assert (found == [("reader@example.org",)]) is (right == "access")


def test_landline_and_number_open_the_account_of_that_number(site: Site, flatmates: tuple[Customer, Customer]) -> None:
    """The number that was named tells the clerk which of the two flatmates asks."""
    asking, other = flatmates
    before = site.house.rows()
    named = {"identity_phone": asking.phone, "identity_customer_no": asking.number}
    case_id = site.asked("access", identity_email=_mail_of(site.house, asking), **named)

    outcome, met = site.ended(case_id)

    told = site.told(case_id)
    assert (outcome, met[0]) == ("granted", Gate.SUBJECTS)
    assert asking.login in told
    assert _harm(site, other, told, before) == ([], [])


def _mail_of(house: House, customer: Customer) -> str:
    ((email,),) = house.ask("crm", "SELECT email FROM customer WHERE customer_no = ?", customer.number)
    return str(email)
