"""Passkeys in a real browser with its virtual authenticator: enrolled, signed in with, gates decided with one touch."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Page, sync_playwright

from data_contracts.gates.gates import GateEntry
from data_contracts.gates.operators import Operator
from data_contracts.vocabulary import Channel, Decision, Gate, OperatorRole, Right
from flows.doors.operators import operators_desk
from flows.doors.serving import serving
from flows.server.machine import free_port
from flows.settings import Settings
from flows.wiring import Installation
from tasks.gates.gates import Question, open_gate
from tasks.gates.operators import password_digest
from tasks.intake.receive import TypedRequest, register_request
from tasks.services import use
from tests.flows.doors.test_pages_for_everybody import violations
from tests.services import chromium

_PASSWORD = "quiet-otters-42"
_PHONE = {"width": 360, "height": 740}
_AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@dataclass
class Place:
    """A desk that is served, an operator's secret, and gates that wait."""

    address: str
    installation: Installation
    secret: str
    gates: list[GateEntry]


def _gate(number: int) -> GateEntry:
    asked = {"email": [f"nobody-{number}@example.com"]}
    typed = TypedRequest(Right.ACCESS, Channel.LETTER, "en", datetime.now(UTC), f"key {number}", asked)
    case_id = register_request(typed).case_id
    text = f"**Case {case_id}: who asks?**\n\nSomebody whose address we do not hold asks for access."
    return open_gate(case_id, Question(Gate.IDENTITY, text, case_id, (Decision.APPROVE, Decision.REFUSE)))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The desk of an installation without systems, at an address where browsers have passkeys."""
    port = free_port()
    chosen = Settings(home=tmp_path_factory.mktemp("passkeys"), judge="plain", desk_url=f"http://localhost:{port}")
    installation, secret = Installation(chosen), pyotp.random_base32()
    with use(installation.services):
        sealed, password = installation.seal_operator_secret("zoe", secret), password_digest("zoe", _PASSWORD)
        roles = (OperatorRole.AGENT, OperatorRole.DPO)
        installation.register.put_operator(Operator("zoe", roles, None, None, secret=sealed, password=password))
        gates = [_gate(number) for number in range(2)]
    with serving(operators_desk, port, chosen):
        yield Place(chosen.desk_url, installation, secret, gates)
    installation.close()


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """A page of a telephone that has an authenticator."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        viewport: Any = _PHONE
        context = browser.new_context(viewport=viewport, locale="en-GB")
        opened = context.new_page()
        session = context.new_cdp_session(opened)
        session.send("WebAuthn.enable")
        session.send("WebAuthn.addVirtualAuthenticator", {"options": _AUTHENTICATOR})
        yield opened
        browser.close()


def picture(page: Page, name: str) -> None:
    """A picture of a page, for who looks at it: set RIGHTSFLOW_TEST_PICTURES to a folder."""
    if folder := os.environ.get("RIGHTSFLOW_TEST_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_passkey_is_enrolled(place: Place, page: Page) -> None:
    """With name, password and code; the browser makes it."""
    page.goto(f"{place.address}/sign-in")
    page.get_by_label("Your operator name").fill("zoe")
    page.get_by_label("Password").fill(_PASSWORD)
    code = pyotp.TOTP(place.secret)
    page.get_by_label("Code of your authenticator").fill(code.at(datetime.now(UTC) - timedelta(seconds=30)))
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.goto(f"{place.address}/passkeys")
    page.get_by_label("What you call it").fill("my phone")
    page.get_by_label("A fresh code of your authenticator").fill(code.now())
    page.get_by_role("button", name="Go on").click()
    picture(page, "make")
    page.get_by_role("button", name="Make the passkey").click()

    page.get_by_text("my phone").first.wait_for()
    picture(page, "passkeys")
    (kept,) = place.installation.register.passkeys("zoe")
    assert kept.label == "my phone"


def test_passkey_signs_in(place: Place, page: Page) -> None:
    """Nothing is typed."""
    page.get_by_role("button", name="Sign out").click()
    picture(page, "sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_role("button", name="Use the passkey").click()

    page.get_by_role("heading", name="What waits").wait_for()
    assert place.installation.register.uses()[0].proof == "passkey"


def test_gates_are_decided_with_one_touch(place: Place, page: Page) -> None:
    """Both are read, chosen, shown once more, and signed at once; evidence is whole."""
    page.goto(f"{place.address}/decide")
    for number, wanted in enumerate(("approve", "refuse")):
        box = page.locator("fieldset", has_text=place.gates[number].case_id)
        box.get_by_label("Decision").select_option(wanted)
    page.locator("fieldset", has_text=place.gates[0].case_id).get_by_label("Reference").select_option("call_back")
    refused = page.locator("fieldset", has_text=place.gates[1].case_id)
    refused.get_by_label("Reason").fill("We could not find out who asks.")
    picture(page, "decide")
    page.get_by_role("button", name="Decide these").click()
    page.get_by_text("Read once more what your passkey signs").wait_for()
    picture(page, "touch")
    page.get_by_role("button", name="Use the passkey").click()

    page.get_by_text("2 decided").wait_for()
    with use(place.installation.services):
        after = [place.installation.register.gate(one.case_id, one.gate, one.subject) for one in place.gates]
    assert [one and one.outcome for one in after] == [Decision.APPROVE, Decision.REFUSE]
    assert all(place.installation.verify_case(one.case_id).is_whole for one in place.gates)


@pytest.mark.parametrize("language", ["fr", "en", "nl"])
def test_pages_are_for_everybody(place: Place, page: Page, language: str) -> None:
    """Nothing serious for assistive technology, and nothing is cut off at the side of a telephone."""
    with use(place.installation.services):
        _gate(10 + ["fr", "en", "nl"].index(language))
    context = page.context.browser
    assert context is not None
    viewport: Any = _PHONE
    with context.new_context(viewport=viewport, bypass_csp=True, storage_state=page.context.storage_state()) as other:
        shown, found = other.new_page(), []
        for path in ("/sign-in", "/passkeys", "/decide"):
            shown.goto(f"{place.address}{path}?lang={language}")
            picture(shown, f"{path.strip('/')}-{language}")
            found += [f"{path} {one}" for one in violations(shown)]
            if shown.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                found.append(f"{path} scrolls sideways")

    assert found == []
