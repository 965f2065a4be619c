"""Pages that everybody can use: by keyboard alone, without a script, with a screen reader (WCAG 2.2 AA; axe-core)."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

import data_contracts
from data_contracts.case.request import Statement
from data_contracts.gates.operators import Operator
from data_contracts.vocabulary import Channel, OperatorRole, Requester, Right
from flows.doors.operators import operators_desk
from flows.doors.public import public_site
from flows.doors.serving import serving
from flows.server.machine import free_port
from flows.settings import Settings
from flows.wiring import Installation
from tasks.gates.operators import password_digest
from tasks.intake.arrivals import take_in
from tasks.intake.public_status import make_status_code
from tasks.intake.receive import TypedRequest, register_request
from tasks.services import use
from tests.services import chromium

_PASSWORD = "quiet-otters-42"
_SHAPES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 320, "height": 640}}
_LANGUAGES = ("fr", "en", "nl")


@dataclass(frozen=True)
class Doors:
    """Where site and desk are, a case, and an operator's secret."""

    site: str
    desk: str
    case_id: str
    secret: str
    arrival: str
    codes: Mapping[str, str]
    """Codes of cases that await proofs, by name."""


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """Site and desk of an installation without systems, served on this machine."""
    site, desk = free_port(), free_port()
    folder = _contracts(tmp_path_factory.mktemp("contracts"))
    url = f"http://127.0.0.1:{site}"
    chosen = Settings(home=tmp_path_factory.mktemp("doors"), judge="plain", contracts=folder, site_url=url)
    installation, secret = Installation(chosen), pyotp.random_base32()
    with use(installation.services):
        sealed = installation.seal_operator_secret("zoe", secret)
        zoe = Operator("zoe", (OperatorRole.AGENT, OperatorRole.DPO), None, None, secret=sealed)
        installation.register.put_operator(replace(zoe, password=password_digest("zoe", _PASSWORD)))
        asked = {"email": ["ana@example.org"]}
        typed = TypedRequest(Right.ACCESS, Channel.LETTER, "en", datetime.now(UTC), "k", asked, details="Dear Sir")
        case_id = register_request(typed).case_id
        agent = Statement(requester=Requester.AGENT, requester_name="Rita", supplement="I moved.")
        awaiting = [
            register_request(replace(typed, right=Right.RECTIFICATION, request_key="a", statement=agent)).case_id,
            register_request(replace(typed, right=Right.OBJECTION, request_key="b", channel=Channel.FORM)).case_id,
        ]
        codes = {name: make_status_code(name) for name in awaiting}
        arrival = take_in(
            b"From: Ana <ana@example.org>\r\nSubject: Moved\r\n\r\nWhat now?\r\n", datetime.now(UTC)
        ).incoming_id
    with serving(public_site, site, chosen), serving(operators_desk, desk, chosen):
        yield Doors(f"http://127.0.0.1:{site}", f"http://127.0.0.1:{desk}", case_id, secret, arrival, codes)
    installation.close()


@pytest.fixture(scope="module", name="chromium")
def _chromium() -> Iterator[Browser]:
    """One browser for the module."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def _contracts(folder: Path) -> Path:
    """The contracts as shipped, with facts that can be asked and a client space."""
    shutil.copytree(
        Path(data_contracts.__file__).parent, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.py*")
    )
    policy, organisation = folder / "policy.yaml", folder / "organisation.yaml"
    facts = "identity_facts: [crm.customer.birth_date, crm.customer.contract_started_on]"
    policy.write_text(policy.read_text().replace("\nidentity_facts: []", f"\n{facts}"))
    space = "{issuer: 'https://login.example.org', client_id: rightsflow, keys: {customer_no: number}}"
    organisation.write_text(f"{organisation.read_text()}\nclient_space: {space}\n")
    return folder


def violations(page: Page) -> list[str]:
    """What axe-core finds that is serious or critical."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:80]}" for one in found if one["impact"] in {"serious", "critical"}]


@pytest.mark.parametrize("shape", list(_SHAPES))
def test_site_has_nothing_serious(doors: Doors, chromium: Browser, shape: str) -> None:
    """Every page in every language; on a phone nothing is cut off at the side (WCAG 1.4.10)."""
    paths = ["/", *(f"/request/{right.value}" for right in Right), "/status", "/nowhere"]
    # Our own policy lets no script run, axe-core's neither.
    with chromium.new_context(viewport=_SHAPES[shape], bypass_csp=True) as context:  # type: ignore[arg-type]  # as Playwright takes it
        page, found = context.new_page(), []
        for path in paths:
            for language in _LANGUAGES if shape == "desktop" else _LANGUAGES[:1]:
                page.goto(f"{doors.site}{path}?lang={language}")
                found += [f"{path} {language} {one}" for one in violations(page)]
                if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                    found.append(f"{path} {language} scrolls sideways")

    assert found == []


@pytest.mark.parametrize("language", _LANGUAGES)
def test_proofs_have_nothing_serious(doors: Doors, chromium: Browser, language: str) -> None:
    """Where documents, facts and a sign-in are asked for, also once one was refused."""
    with chromium.new_context(viewport=_SHAPES["phone"], bypass_csp=True) as context:  # type: ignore[arg-type]  # as Playwright takes it
        page, found, asked = context.new_page(), [], set()
        for case_id, code in doors.codes.items():
            page.goto(f"{doors.site}/status?lang={language}")
            page.locator("#case").fill(case_id)
            page.locator("#code").fill(code)
            page.locator("main button").click()
            found += violations(page)
            asked |= {one.get_attribute("action") for one in page.locator("main form").all()}
            asked |= {one.get_attribute("href") for one in page.locator("main a").all()}
            if page.locator("input[type=file]").count():
                wrong = {"name": "x.pdf", "mimeType": "application/pdf", "buffer": b"MZ"}
                page.locator("input[type=file]").first.set_input_files(wrong)  # type: ignore[arg-type]  # as Playwright takes it
                page.locator("form[action='/case/document'] button").first.click()
                found += violations(page)
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                found.append(f"{case_id} scrolls sideways")

    assert found == []
    assert {"/case/document", "/case/facts", "/client-space/start"} <= asked


def test_desk_has_nothing_serious(doors: Doors, chromium: Browser) -> None:
    """Sign-in, list, case, letter, and a mail that is no case yet."""
    with chromium.new_context(bypass_csp=True) as context:
        page = context.new_page()
        page.goto(f"{doors.desk}/sign-in?lang=en")
        found = violations(page)
        page.get_by_label("Your operator name").fill("zoe")
        page.get_by_label("Password").fill(_PASSWORD)
        page.get_by_label("Code of your authenticator").fill(pyotp.TOTP(doors.secret).now())
        page.get_by_role("button", name="Sign in", exact=True).click()
        case = f"/cases/{doors.case_id}"
        officers = ("/dpo?lang=fr", "/dpo/cases", "/dpo/runs", "/dpo?lang=en")
        for path in ("/", case, f"{case}/letter", f"/arrivals/{doors.arrival}", *officers):
            page.goto(f"{doors.desk}{path}")
            found += violations(page)
            assert page.get_by_role("heading", level=1).inner_text() != "This may not be done"
        page.set_viewport_size({"width": 320, "height": 640})
        page.goto(f"{doors.desk}/dpo?lang=fr")
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")

    assert found == []
    assert not wide


def test_request_is_made_by_keyboard_alone(doors: Doors, chromium: Browser) -> None:
    """Tab, letters, space and Enter, without a script: from the start to the receipt and the status."""
    with chromium.new_context(java_script_enabled=False, locale="en-GB") as context:
        page = context.new_page()
        page.goto(f"{doors.site}/?lang=en")
        _tab_to(page, "a", "Object")
        page.keyboard.press("Enter")
        page.wait_for_url("**/request/objection")
        _tab_to(page, "label", "All advertising, and advertising cookies")
        page.keyboard.press("Space")
        _tab_to(page, "label", "Your name")
        page.keyboard.type("Ana Example")
        _tab_to(page, "label", "E-mail address")
        page.keyboard.type("ana@example.org")
        page.keyboard.press("Enter")
        page.wait_for_url("**/receipt/*")
        _tab_to(page, "a", "See where it stands")
        page.keyboard.press("Enter")
        page.wait_for_url("**/case")

        assert page.get_by_text("Your request arrived").is_visible()


def _tab_to(page: Page, kind: str, words: str) -> None:
    """Press Tab until the thing with these words has the focus."""
    wanted = page.get_by_role("link", name=words, exact=True) if kind == "a" else page.get_by_label(words, exact=True)
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.locator(":focus").and_(wanted).count():
            return
    raise AssertionError(words)
