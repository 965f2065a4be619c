"""The Prefect UI behind the door in a real browser, in the version that its address opens."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page

from data_contracts.vocabulary import Right
from tests.prefect.office import Office
from tests.prefect.test_door import asked
from tests.prefect_ui import a_page, until

pytestmark = pytest.mark.timeout(600)
_OLD_CODE = "000000"


@pytest.fixture(scope="module")
def page(office: Office) -> Iterator[Page]:
    """A browser of nobody yet."""
    with a_page() as opened:
        opened.goto(office.door)
        yield opened


def open_gate(page: Page, office: Office, run_id: str) -> Locator:
    """The dialog of the gate at which a run waits."""
    page.goto(f"{office.door}/v2/runs/flow-run/{run_id}")
    page.get_by_role("button", name="Open menu").click()
    page.get_by_role("menuitem", name="Resume").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("textarea").nth(1).wait_for()
    return dialog


def choose(page: Page, select: Locator, value: str) -> None:
    """Choose from a list."""
    select.click()
    page.get_by_role("option", name=value).click()


def toast(page: Page) -> str:
    """What the UI tells of what was just done."""
    shown = page.locator("[data-sonner-toast]").first
    shown.wait_for()
    return shown.inner_text()


def test_page_that_was_wanted_opens_after_signing_in(office: Office, page: Page) -> None:
    """Nobody sees the UI; who has signed in at the desk is signed in here."""
    assert page.url == f"{office.door}/sign-in"
    name, value = office.cookie(office.somebody()["operator"])

    page.context.add_cookies([{"name": name, "value": value, "url": office.door}])
    page.goto(office.door)

    page.get_by_text("Active Work Pools").wait_for()
    assert "/v2/dashboard" in page.url


def test_gate_is_answered_in_the_dialog(office: Office, page: Page) -> None:
    """The question is shown; a wrong code is refused with its reason, and the run stays; the right one is taken."""
    run_id = str(office.started("access", {"case_id": (case_id := asked())}, name=case_id)["id"])
    office.form(run_id)
    who, before = office.somebody(), office.run(run_id)["state_id"]
    name, value = office.cookie(who["operator"])
    page.context.add_cookies([{"name": name, "value": value, "url": office.door}])

    dialog = open_gate(page, office, run_id)
    dialog.get_by_text("is the person who asks for").wait_for()
    choose(page, dialog.locator("button", has_text="Select").first, "approve")
    choose(page, dialog.locator("button", has_text="Select").last, "call_back")
    dialog.locator("textarea").nth(1).fill(_OLD_CODE)
    dialog.get_by_role("button", name="Resume").click()
    refused, stays = toast(page), office.run(run_id)["state_id"]
    dialog.locator("textarea").nth(1).fill(office.code(who["operator"]))
    dialog.get_by_role("button", name="Resume").click()

    assert "code" in refused
    assert "wrong" in refused
    assert stays == before
    until(lambda: "identity_verified" in office.states(case_id))


def test_work_pool_is_not_changed(office: Office, page: Page) -> None:
    """The switch that pauses the pool is there, and the door does not let it through."""
    page.goto(f"{office.door}/v2/work-pools/work-pool/rightsflow")

    page.get_by_role("switch").first.click()

    assert toast(page) == "Failed to pause work pool"
    assert not office.api.get("/work_pools/rightsflow").raise_for_status().json()["is_paused"]


def test_flow_is_started_by_its_form(office: Office, page: Page) -> None:
    """A letter is registered in the UI's form; what was typed is shown to nobody, and the case is there."""
    deployment = office.api.get("/deployments/name/access/access").raise_for_status().json()
    page.goto(f"{office.door}/v2/deployments/deployment/{deployment['id']}/run")
    page.get_by_role("button", name="Submit").wait_for()
    page.locator("textarea").nth(2).fill("nobody-by-form@example.com")

    page.get_by_role("button", name="Submit").click()

    assert "scheduled" in toast(page).lower()
    wanted = {"flow_runs": {"tags": {"any_": [f"by:{_signed_in(office, page)}"]}}}
    run = until(lambda: office.api.post("/flow_runs/filter", json=wanted).json())[0]
    assert office.installation.register.case(str(office.ended(run["id"], "Suspended")["name"])).right is Right.ACCESS


def _signed_in(office: Office, page: Page) -> str:
    """Who the browser is."""
    names = {office.cookie(name)[0]: name for name in list(office.secrets)[-1:]}
    return next(names[str(cookie["name"])] for cookie in page.context.cookies() if str(cookie["name"]) in names)
