"""Where a link goes: to addresses that the organisation vouches for, in its contact systems, nowhere else (law 8)."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from data_contracts.odcs.folder import advice, check
from data_contracts.officer.incidents import IncidentFacts, IncidentKind, IncidentWords
from data_contracts.vocabulary import Channel, Gate, Right
from flows.doors.public import public_site
from integrations.demo import DemoCompany
from tasks.officer.affected import addressees, find_affected
from tasks.officer.incidents import open_incident
from tests.browser import browsing
from tests.flows.company import House, a_house
from tests.flows.rights.test_identity_links import asked, link_in, recipient_of
from tests.flows.vouching import Said, contracts_saying

_OTHER = "other@example.org"


@pytest.fixture(autouse=True)
def _site_url(monkeypatch: pytest.MonkeyPatch) -> None:
    """The house knows where its site is, so that it sends links; a setting, as an operator sets it."""
    monkeypatch.setenv("RIGHTSFLOW_SITE_URL", "http://localhost")


@contextmanager
def a_house_saying(
    seeded: tuple[Path, DemoCompany], tmp_path: Path, columns: Said, contact_systems: tuple[str, ...]
) -> Iterator[House]:
    """A house whose contracts say that of their columns."""
    folder, company = seeded
    shutil.copytree(folder, tmp_path / "systems")
    contracts = contracts_saying(tmp_path / "contracts", columns, contact_systems=list(contact_systems))
    with contextmanager(a_house)(tmp_path, company, contracts) as (house, _):
        yield house


def sent(house: House, case_id: str) -> str:
    """Whom the link of a case went to; empty where none was sent."""
    names = [name for name in house.outbox("eml") if case_id in name and "identity_link" in name]
    return recipient_of(house, case_id, "identity_link") if names else ""


def forget_addresses(house: House) -> None:
    """The subject's rows in the contact systems hold no address; the one in marketing stays."""
    number = house.company.subject.customer_no
    house.ask("crm", "UPDATE customer SET email = NULL WHERE customer_no = ?", number)
    house.ask("billing", "UPDATE account SET billing_email = NULL WHERE customer_no = ?", number)


@pytest.mark.parametrize("kind", ["customer_no", "phone"])
def test_nothing_is_sent_where_no_contact_system_holds_an_address(house: House, kind: str) -> None:
    """Marketing and support hold one for this customer; anybody can have typed it there."""
    forget_addresses(house)

    case_id = asked(house, **{kind: getattr(house.company.subject, kind)})

    assert sent(house, case_id) == ""
    assert house.states(case_id)[-1] == "identity_asked"


def test_nobody_learns_whether_a_link_was_sent(house: House) -> None:
    """The same states and moments for a customer with an address, without one, and for nobody."""
    known = asked(house, customer_no=house.company.subject.customer_no)
    forget_addresses(house)
    without = asked(house, customer_no=house.company.subject.customer_no)
    nobody = asked(house, customer_no="LM999999")

    timelines = [
        [(move.to, move.at, move.cause) for move in house.installation.register.timeline(case_id)]
        for case_id in (known, without, nobody)
    ]

    assert timelines[0] == timelines[1] == timelines[2]


def test_contact_system_that_is_broken_sends_no_link_and_stops_nothing(house: House) -> None:
    """A table of it is gone: a person checks who asks; the search waits for it later on."""
    house.ask("crm", "ALTER TABLE customer RENAME TO moved")

    case_id = asked(house, customer_no=house.company.subject.customer_no)

    assert sent(house, case_id) == ""
    assert house.states(case_id)[-1] == "identity_asked"
    assert Gate.IDENTITY in {gate.gate for gate in house.installation.register.gates(case_id, open_only=True)}


def test_page_of_a_case_says_the_same_with_and_without_an_address(house: House) -> None:
    """What the holder of a receipt is shown differs in the case's name alone."""
    known = asked(house, customer_no=house.company.subject.customer_no)
    forget_addresses(house)
    without = asked(house, customer_no=house.company.subject.customer_no)

    assert _page(house, known) == _page(house, without)


def _page(house: House, case_id: str) -> str:
    from tasks.intake.public_status import make_status_code  # noqa: PLC0415  # the house's services are in use by now

    with browsing(public_site(house.installation)) as browser:
        text = browser.send("/status", case=case_id, code=make_status_code(case_id)).text
    assert case_id in text
    return text.replace(case_id, "RF").split("<main", 1)[1].split("<form", 1)[0]


_STATED = {"assertion": "self_asserted"}
_SAID: dict[str, tuple[Said, str, bool]] = {
    "both vouched for": ({}, "customer_no", True),
    "address that anybody typed": ({"crm.customer.email": _STATED}, "customer_no", False),
    "telephone vouched for": ({}, "phone", True),
    "telephone that anybody typed": ({"crm.customer.phone": _STATED}, "phone", False),
}


@pytest.mark.parametrize("case", _SAID)
def test_link_goes_where_key_and_address_are_vouched_for(
    case: str, seeded: tuple[Path, DemoCompany], tmp_path: Path
) -> None:
    """Both must be the organisation's word; billing, a contact system too, holds no address here."""
    columns, kind, is_sent = _SAID[case]

    with a_house_saying(seeded, tmp_path, columns, ("crm", "billing")) as house:
        house.ask("billing", "UPDATE account SET billing_email = NULL")
        subject = house.company.subject
        named: dict[str, Any] = {kind: subject.phone if kind == "phone" else subject.customer_no}
        case_id = asked(house, **named)

        assert sent(house, case_id) == (subject.email if is_sent else "")


def test_no_contact_system_is_no_link(seeded: tuple[Path, DemoCompany], tmp_path: Path) -> None:
    """Whoever names none has no address looked up anywhere."""
    with a_house_saying(seeded, tmp_path, {}, ()) as house:
        case_id = asked(house, customer_no=house.company.subject.customer_no)

        assert sent(house, case_id) == ""


def test_ticket_with_the_victims_number_leads_no_link_astray(seeded: tuple[Path, DemoCompany], tmp_path: Path) -> None:
    """A ticket is a form that anybody fills in: its address is no contact, even where support is a contact system."""
    support = {"support.ticket.requester_email": _STATED, "support.ticket.customer_no": _STATED}

    with a_house_saying(seeded, tmp_path, support, ("support", "crm")) as house:
        subject = house.company.subject
        house.ask("support", "UPDATE ticket SET requester_email = ? WHERE customer_no = ?", _OTHER, subject.customer_no)
        case_id = asked(house, customer_no=subject.customer_no, email=_OTHER)

        assert sent(house, case_id) == subject.email


def test_typed_address_proves_that_mailbox_alone(house: House) -> None:
    """Whatever we hold: the link goes to what was typed, and proves it."""
    case_id = asked(house, email=_OTHER)

    assert sent(house, case_id) == _OTHER


def test_link_is_sent_by_a_key_however_it_was_typed(house: House) -> None:
    """A contact is found by the key's normal form."""
    case_id = house.open(
        Right.ACCESS, channel=Channel.FORM, identity={"customer_no": [f" {house.company.subject.customer_no} "]}
    )
    house.run(case_id)

    assert sent(house, case_id) == house.company.subject.email
    assert link_in(house, case_id)


_UNVOUCHED: Said = {"crm.customer.email": _STATED, "billing.account.billing_email": {"assertion": None}}


@pytest.mark.parametrize(
    ("columns", "policy", "told"),
    [
        (_UNVOUCHED, {}, ["none of these systems has a column of e-mail addresses that you vouch for"]),
        ({}, {"contact_systems": ["crm", "cmr"]}, ["`cmr` is the name of no system"]),
        (_UNVOUCHED, {"contact_systems": []}, []),
        ({}, {}, []),
    ],
)
def test_contact_systems_that_can_hold_no_address_are_told(
    tmp_path: Path, columns: Said, policy: dict[str, object], told: list[str]
) -> None:
    """None named is a choice; systems of which none can ever hold one are a mistake that nobody would see."""
    folder = contracts_saying(tmp_path / "contracts", columns, **policy)
    faults = [*check(folder), *advice(folder)]

    found = [fault.what for fault in faults if fault.field == "contact_systems"]
    assert [what[: len(one)] for what, one in zip(found, told, strict=True)] == told


def test_people_an_incident_affects_are_told_at_the_address_we_vouch_for(
    seeded: tuple[Path, DemoCompany], tmp_path: Path
) -> None:
    """A stranger's address in a ticket with a customer's number learns nothing, though support is asked first."""
    support = {"support.ticket.requester_email": _STATED}

    with a_house_saying(seeded, tmp_path, support, ("support", "crm")) as house:
        number = house.company.subject.customer_no
        house.ask("support", "UPDATE ticket SET requester_email = ? WHERE customer_no = ?", _OTHER, number)
        facts = IncidentFacts(title="Copied", tables=["crm.customer"], words={"en": IncidentWords(nature="A copy.")})
        run_id = open_incident(IncidentKind.CONFIDENTIALITY, facts, house.clock(), actor="claire").run_id
        counts = find_affected(run_id)

        told = {who.address for who in addressees(run_id, range(counts["with_address"])).values()}
        assert house.company.subject.email in told
        assert _OTHER not in told
