"""From a person's browser to the operator's and back: nothing is done by an interface that only programs use."""

import io
import re
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from playwright.sync_api import Page

from flows.dispatching import dispatching
from flows.serving import public_site, serving
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


@pytest.fixture
def quiet_customer(office: Office) -> tuple[str, str]:
    """E-mail and name of a customer of whom no free text is kept, so that one gate suffices."""
    found = (office.home / "systems").glob("*.db")
    systems = {file.stem: file for file in found}
    with closing(sqlite3.connect(systems["crm"])) as crm:
        crm.execute("ATTACH ? AS support", (str(systems["support"]),))
        row = crm.execute(
            "SELECT email, first_name FROM customer c WHERE email IS NOT NULL"
            " AND NOT EXISTS (SELECT 1 FROM interaction i WHERE i.customer_no = c.customer_no AND i.note IS NOT NULL)"
            " AND NOT EXISTS (SELECT 1 FROM support.ticket t WHERE t.customer_no = c.customer_no)"
        ).fetchone()
    assert row is not None
    return str(row[0]), str(row[1])


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


def answer_in_prefect(office: Office, case_id: str) -> None:
    """Answer every gate up to the approval of the plan in the Prefect UI, as an operator does."""
    with a_page() as page:
        ui = PrefectUi(page, office.system)
        ui.sign_in()
        gate = ""
        while gate != "approval":
            gate = office.until(lambda: _asked(office, case_id))
            dialog = ui.open_gate(case_id)
            who = office.somebody()
            decision = {"subjects": "named"}.get(gate, "approve")
            typed = {"Your operator name": who["operator"], "Your authenticator code": who["code"]}
            ui.fill(dialog, {"Decision": decision}, typed)
            ui.submit(dialog, case_id)
            office.until(lambda answered=gate: _asked(office, case_id) != answered)


def _asked(office: Office, case_id: str) -> str:
    """The gate that operators are asked at; the one of identity is moot once the link was used."""
    return next((gate.gate.value for gate in office.gates(case_id) if gate.gate.value != "identity"), "")


def test_person_asks_proves_and_downloads(office: Office, site: str, quiet_customer: tuple[str, str]) -> None:
    """Without a script in the person's browser; the operator approves in the Prefect UI."""
    email, name = quiet_customer
    with a_page(java_script_enabled=False, accept_downloads=True) as page:
        case_id = ask(page, site, email, name)
        page.goto(mailed_link(office, case_id, "identity_link"))
        page.get_by_role("button", name="Yes, it was me").click()
        assert page.get_by_role("heading", name="Thank you").is_visible()

    answer_in_prefect(office, case_id)

    link = mailed_link(office, case_id, "notice.answer")
    with a_page(java_script_enabled=False, accept_downloads=True) as page:
        page.goto(link)
        with page.expect_download() as download:
            page.get_by_role("button", name="Download the package").click()
        package = Path(download.value.path()).read_bytes()
    assert email.encode() in b"".join(zipfile.ZipFile(io.BytesIO(package)).read(n) for n in _names(package))


def _names(package: bytes) -> list[str]:
    return [name for name in zipfile.ZipFile(io.BytesIO(package)).namelist() if name.endswith(".json")]
