"""The Prefect UI as an operator works with it: signed in, a gate's dialog answered, a run looked at."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import pyotp
from playwright.sync_api import Locator, Page, sync_playwright

from flows.server.machine import RunningSystem
from tests.services import chromium

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_PATIENCE_SECONDS = 90
_TRIES, _AGAIN_SECONDS = 6, 15
_SHOWN_MILLISECONDS = 400
_LOOK_SECONDS = 0.5
_CODE_SECONDS = 30
_MOST_OPTIONS = 10
_FORM_MILLISECONDS = 1500


@contextmanager
def a_page(**context: Any) -> Iterator[Page]:
    """A page of headless Chromium; ``context`` as Playwright's ``new_context`` takes it."""
    shown = {"viewport": {"width": 1280, "height": 900}, "locale": "en-GB", "timezone_id": "Europe/Paris"}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=_ARGUMENTS)
        yield browser.new_context(**(shown | context)).new_page()
        browser.close()


class PrefectUi:
    """One operator's browser at the Prefect UI."""

    def __init__(self, page: Page, system: RunningSystem, address: str) -> None:
        """Keep the page, the system to look at behind the door, and the door's address."""
        self.page = page
        self.address = address
        self._system = system

    def sign_in(self, name: str, password: str, code: str) -> None:
        """Sign in at the door, as at the desk; the page that was wanted opens."""
        self.page.goto(f"{self.address}/dashboard")
        self.page.get_by_label("Your operator name").fill(name)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_label("Code of your authenticator").fill(code)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.page.wait_for_url("**/dashboard*")

    def become(self, cookie: str, value: str) -> None:
        """Work on as somebody else, who signed in before."""
        self.page.context.add_cookies([{"name": cookie, "value": value, "url": self.address}])

    def open_form(self, flow: str) -> None:
        """The page on which a run of a flow is started with a form."""
        found = self.call("GET", f"/deployments/name/{flow}/{flow}")
        self.page.goto(f"{self.address}/deployments/deployment/{found['id']}/run")

    def open_run(self, case: str) -> None:
        """The page of the case's newest run."""
        self.page.goto(f"{self.address}/runs/flow-run/{self.run(case)['id']}")

    def open_gate(self, case: str) -> Locator:
        """The dialog of the gate at which a case waits."""
        until(lambda: self.state(case) == "Suspended")
        self.page.wait_for_timeout(_FORM_MILLISECONDS)  # the run is Suspended a moment before its form is there
        self.open_run(case)
        self.page.get_by_role("button", name="Resume").first.click()
        return self.page.locator(".p-modal__card")

    def fill(self, dialog: Locator, chosen: Mapping[str, str], typed: Mapping[str, str]) -> None:
        """Choose from lists and type into fields of a dialog, by their titles."""
        for title, value in chosen.items():
            choose(field(dialog, title).locator(".p-select-button__control"), value)
        for title, value in typed.items():
            field(dialog, title).locator("textarea").fill(value)

    def submit(self, dialog: Locator, case: str) -> None:
        """Send the dialog; returns when the run goes on. Who sees the server refuse for being busy sends it again."""
        before = self.run(case)["state_id"]
        for _ in range(_TRIES):
            dialog.get_by_role("button", name="Submit").click()
            with suppress(TimeoutError):
                until(lambda: self.run(case)["state_id"] != before, _AGAIN_SECONDS)
                return
        raise TimeoutError

    def state(self, case: str) -> str:
        """What state the case's newest run is in; empty while it has none."""
        return str(self.run(case).get("state_name", ""))

    def run(self, case: str) -> dict[str, Any]:
        """The case's newest run; empty while it has none."""
        wanted = {"flow_runs": {"name": {"any_": [case]}}, "sort": "START_TIME_DESC"}
        found = self.call("POST", "/flow_runs/filter", json=wanted)
        return dict(found[0]) if found else {}

    def call(self, method: str, path: str, **sent: Any) -> Any:
        """What the server itself, behind the door, answers."""
        answer = httpx.request(method, f"{self._system.ui_url}/api{path}", auth=self._system.auth, **sent)
        return answer.raise_for_status().json()


def field(form: Page | Locator, title: str) -> Locator:
    """A field of a form; the innermost one that holds the title."""
    return form.locator(".schema-form-property", has_text=title).last


def choose(select: Locator, value: str) -> None:
    """Choose an option of a list by keyboard: each in turn until it is the one."""
    for presses in range(1, _MOST_OPTIONS):
        select.focus()
        for _ in range(presses):
            select.press("ArrowDown")
        select.press("Enter")
        select.page.wait_for_timeout(_SHOWN_MILLISECONDS)  # else the text is still that of the press before
        if select.inner_text().strip() == value:
            return
    raise LookupError(value)


def fresh_code(secret: str) -> str:
    """A code that was not used before: that of the next half minute."""
    time.sleep(_CODE_SECONDS - time.time() % _CODE_SECONDS)
    return pyotp.TOTP(secret).now()


def until(said: Callable[[], Any], seconds: float = _PATIENCE_SECONDS) -> Any:
    """What ``said`` says, once it says something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := said():
            return answer
        time.sleep(_LOOK_SECONDS)
    raise TimeoutError
