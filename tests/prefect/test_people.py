"""From a person's browser to the operator's and back: nothing is done by an interface that only programs use."""

import re
import sqlite3
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Page

from data_contracts.vocabulary import Decision, Gate
from flows.doors.operators import operators_desk
from flows.doors.public import public_site
from flows.doors.serving import serving
from flows.server.machine import free_port
from flows.watch.outbox import dispatching
from tasks.gates.operators import password_digest
from tests.prefect.office import Office
from tests.prefect_ui import PrefectUi, a_page

pytestmark = pytest.mark.timeout(600)
_LINK = re.compile(r"http://127\.0\.0\.1:\d+/(?:link|package)/[\w.=-]+")


@pytest.fixture(scope="module")
def site(office: Office) -> Iterator[str]:
    """The address of the intake site, which the office's mails name."""
    address = office.installation.services.site_url
    port = int(address.rpartition(":")[2])
    with serving(public_site, port, office.installation.settings), dispatching(office.installation):
        yield address


@pytest.fixture(scope="module")
def desk(office: Office) -> Iterator[str]:
    """The address of the operators' desk."""
    port = free_port()
    with serving(operators_desk, port, office.installation.settings):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def clerk(office: Office) -> dict[str, str]:
    """Name, password and secret of an operator."""
    name, password = office.somebody()["operator"], "quiet-otters-42"
    known = office.installation.register.operator(name)
    assert known is not None
    office.installation.register.put_operator(replace(known, password=password_digest(name, password)))
    return {"name": name, "password": password, "secret": office.secrets[name]}


def mailed_link(office: Office, case_id: str, notice: str) -> str:
    """The link in a mail of the case, as soon as the mail has left."""

    def look() -> str:
        files = [
            file for file in (office.home / "outbox").glob("*.eml") if case_id in file.name and notice in file.name
        ]
        return _link(files[0]) if files else ""

    return str(office.until(look))


def _link(file: Path) -> str:
    body = message_from_bytes(file.read_bytes(), policy=policy.default).get_body(("plain",))
    found = _LINK.search(body.get_content()) if body is not None else None
    return found[0] if found else ""


def ask(page: Page, site: str, email: str, name: str) -> str:
    """Ask for access on the site; the case id on the receipt."""
    page.goto(f"{site}/?lang=en")
    page.get_by_role("link", name="Know what we hold about you").click()
    page.get_by_label("Your name", exact=True).fill(name)
    page.get_by_label("E-mail address", exact=True).fill(email)
    page.get_by_role("button", name="Send the request").click()
    return page.locator("#reference").inner_text()


def answer_in_prefect(ui: PrefectUi, office: Office, case_id: str) -> None:
    """Answer the gate that the case waits at in the Prefect UI, as an operator does; again when a code was too old."""
    gate = office.until(lambda: _asked(office, case_id))
    answers: dict[str, dict[str, str]] = {"subjects": {"Decision": "named"}, "turn": {}, "review": {}}
    decision = answers.get(gate, {"Decision": "approve"})
    while _asked(office, case_id) == gate:
        refused = _refusals(office, case_id)
        who = office.somebody()
        ui.become(*office.cookie(who["operator"]))
        dialog = ui.open_gate(case_id)
        ui.fill(dialog, decision, {"Your authenticator code": who["code"]})
        ui.submit(dialog, case_id)
        office.until(lambda: _asked(office, case_id) != gate or _refusals(office, case_id) != refused)  # noqa: B023  # called at once


def read_texts_at_desk(page: Page, desk: str, case_id: str, clerk: Mapping[str, str]) -> None:
    """Sign in at the desk, release every free text, and seal the decisions with a fresh code."""
    codes = pyotp.TOTP(clerk["secret"])
    page.goto(f"{desk}/sign-in?lang=en")
    page.get_by_label("Your operator name").fill(clerk["name"])
    page.get_by_label("Password").fill(clerk["password"])
    page.get_by_label("Code of your authenticator").fill(codes.now())
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("link", name=case_id).click()
    page.get_by_role("link", name="texts to be read").click()
    for choice in page.get_by_label("Goes out as it is").all():
        choice.check()
    page.get_by_label("A fresh code").fill(codes.at(datetime.now(UTC) + timedelta(seconds=30)))
    page.get_by_role("button", name="Seal these decisions").click()


def _refusals(office: Office, case_id: str) -> list[str]:
    return [entry.note for entry in office.gates(case_id)]


def _asked(office: Office, case_id: str) -> str:
    """The gate that operators are asked at; the one of identity is moot once the link was used."""
    return next((gate.gate.value for gate in office.gates(case_id) if gate.gate.value != "identity"), "")


def test_person_asks_proves_and_downloads(office: Office, site: str, desk: str, clerk: dict[str, str]) -> None:
    """Without a script in the person's browser; the operator works in the Prefect UI and at the desk."""
    email = _somebody_of_no_other_case(office)
    with a_page(java_script_enabled=False) as page:
        case_id = ask(page, site, email, "Ana Example")
        page.goto(mailed_link(office, case_id, "identity_link"))
        assert page.locator("h1").inner_text() == "Was it you who asked?"
        page.get_by_role("button", name="Yes, it was me").click()
        assert page.get_by_role("heading", name="Thank you").is_visible()

    with a_page() as page:
        ui = PrefectUi(page, office.system, office.door)
        while (gate := office.until(lambda: _asked(office, case_id))) != "approval":
            if gate == "review" and not _is_read(office, case_id):
                read_texts_at_desk(page, desk, case_id, clerk)
                office.until(lambda: _is_read(office, case_id))
            answer_in_prefect(ui, office, case_id)
        answer_in_prefect(ui, office, case_id)

    link = mailed_link(office, case_id, "notice%2Eanswer")
    with a_page(java_script_enabled=False, accept_downloads=True) as page:
        page.goto(link)
        with page.expect_download() as download:
            page.get_by_role("button", name="Download the package").click()
        package = zipfile.ZipFile(Path(download.value.path()))
    assert any(email.encode() in package.read(name) for name in package.namelist() if name.endswith(".json"))


def _somebody_of_no_other_case(office: Office) -> str:
    """The address of a customer whom no other test of the office asks about."""
    with closing(sqlite3.connect(office.home / "systems" / "crm.db")) as crm:
        others = "SELECT email FROM customer WHERE email IS NOT NULL AND email <> ? ORDER BY customer_no DESC"
        (email,) = crm.execute(others, (office.company.subject.email,)).fetchone()
    return str(email)


def _is_read(office: Office, case_id: str) -> bool:
    """Whether decisions about the free texts are sealed, so that the gate can be approved."""
    gate = office.installation.register.gate(case_id, Gate.REVIEW)
    return gate is not None and Decision.APPROVE in gate.options
