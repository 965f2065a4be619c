"""Pictures for the documentation, taken from the running software: ``python -m tests.pictures``.

A demo company is made, the whole system is started, a letter is registered in the Prefect UI as an operator does it,
each gate is answered there, and Chromium takes a picture at each stage. It needs Playwright and ``/usr/bin/chromium``.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pyotp
from playwright.sync_api import Locator, Page, sync_playwright

from data_contracts.odcs import load_organisation
from data_contracts.vocabulary import Channel, Decision, Gate, OperatorRole, Right
from flows.running import RunningSystem, join, running
from flows.settings import settings
from tests.notice_pictures import take_letters_for_docs

_IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
_CHROMIUM = "/usr/bin/chromium"
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_PATIENCE_SECONDS = 90
_LOOK_SECONDS = 0.5
_SETTLE_MILLISECONDS = 2000
_CODE_SECONDS = 30
_MOST_OPTIONS = 10
_OPERATOR = "claire.demo"
_CUSTOMERS = 1_000
_LETTER = "Bonjour,\nje souhaite recevoir une copie de toutes les données que vous détenez sur moi.\nMerci d'avance."


def main() -> None:
    """Take every picture, in an installation of its own that is gone afterwards."""
    _IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        os.environ["RIGHTSFLOW_HOME"] = home
        companies: list[Any] = []
        with running(settings(), port=0, tell=print, meanwhile=lambda: companies.append(_seed())) as system:
            join(settings())
            subject = companies[0].subject
            secret = _enrol()
            with _browser() as page:
                case = _register(page, system, subject)
                _approve(page, system, case, secret, {"How identity was checked": "call_back"})
                _read_texts(case, secret)
                _approve(page, system, case, secret, {}, picture="gate")
                _timeline(page, system, case)
            english = _english_case(subject, secret)
        with _browser() as page:
            _package(page, case, "package-fr")
            _package(page, english, "package-en")
    take_letters_for_docs(load_organisation(settings().contracts))


def _seed() -> Any:  # the demo company
    from flows import wiring  # noqa: PLC0415  # while the server starts

    installation = wiring.Installation(settings())
    today = wiring.utc_now().date()
    return installation.seed_demo(customers=_CUSTOMERS, today=today, progress=lambda _: None)


def _enrol() -> str:
    from flows.people import enrol  # noqa: PLC0415  # Prefect reads its settings when imported

    return str(enrol(_OPERATOR, (OperatorRole.DPO,))["secret"])


@contextmanager
def _browser() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=_ARGUMENTS)
        yield browser.new_page(viewport={"width": 1280, "height": 900}, locale="en-GB", timezone_id="Europe/Paris")
        browser.close()


def _register(page: Page, system: RunningSystem, subject: Any) -> str:  # the demo subject
    """Fill in the run form of the flow ``access`` and submit it; the case id."""
    known = httpx.get(f"{system.ui_url}/api/deployments/name/access/access").raise_for_status().json()
    page.set_viewport_size({"width": 1280, "height": 1340})
    page.goto(f"{system.ui_url}/deployments/deployment/{known['id']}/run")
    typed = {
        "E-mail of the data subject": subject.email,
        "Customer number": subject.customer_no,
        "Name, as": subject.name,
        "What the data subject writes": _LETTER,
    }
    for title, value in typed.items():
        _property(page, title).locator("textarea").fill(value)
    _take(page, "form")
    page.get_by_role("button", name="Submit").click()
    return str(_until(_first_case))


def _first_case() -> str:
    from flows import work  # noqa: PLC0415  # Prefect reads its settings when imported

    cases = work.cases_facts(open_only=True)["cases"]
    return str(cases[0]["case"]) if cases else ""


def _approve(
    page: Page, system: RunningSystem, case: str, secret: str, chosen: Mapping[str, str], picture: str = ""
) -> None:
    """Answer the gate at which a case waits, in the dialog of the Prefect UI."""
    _until(lambda: _state(system, case) == "Suspended")
    page.set_viewport_size({"width": 1280, "height": 1000})
    page.goto(f"{system.ui_url}/runs/flow-run/{_run(system, case)['id']}")
    page.get_by_role("button", name="Resume").first.click()
    dialog = page.locator(".p-modal__card")
    for title, value in {"Decision": "approve", **chosen}.items():
        _choose(_property(dialog, title).locator(".p-select-button__control"), value)
    for title, value in {"Your operator name": _OPERATOR, "Your authenticator code": _fresh_code(secret)}.items():
        _property(dialog, title).locator("textarea").fill(value)
    if picture:
        _take(page, picture)
    dialog.get_by_role("button", name="Submit").click()
    _until(lambda: _state(system, case) != "Suspended")


def _read_texts(case: str, secret: str) -> None:
    """Release every free text of a case by command, and answer its gate."""
    from flows import reviewing, work  # noqa: PLC0415  # Prefect reads its settings when imported

    _until(lambda: any(gate["gate"] == Gate.REVIEW for gate in work.case_facts(case)["gates"]))
    with tempfile.TemporaryDirectory() as folder:
        taken = reviewing.take_texts_out(case, Path(folder) / "texts", operator=_OPERATOR, account="pictures")
        answers = Path(taken["answers"])
        answers.write_text(answers.read_text().replace("decision: ", "decision: release"))
        reviewing.hand_decisions_in(case, answers, operator=_OPERATOR, code=_fresh_code(secret))
    _until(lambda: any("approve" in gate["options"] and gate["gate"] == Gate.REVIEW for gate in _gates(case)))
    work.answer(case, Gate.REVIEW, "", work.Answered(_OPERATOR, Decision.APPROVE, _fresh_code(secret), "", ""))
    _until(lambda: any(gate["gate"] == Gate.APPROVAL for gate in _gates(case)))


def _gates(case: str) -> Any:  # JSON facts
    from flows import work  # noqa: PLC0415  # Prefect reads its settings when imported

    return [gate for gate in work.case_facts(case)["gates"] if not gate["outcome"]]


def _timeline(page: Page, system: RunningSystem, case: str) -> None:
    """The page of a flow run that has ended, with its task runs on the time axis."""
    _until(lambda: _state(system, case) == "Completed")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{system.ui_url}/runs/flow-run/{_run(system, case)['id']}")
    page.get_by_text("Task Runs", exact=True).click()
    page.wait_for_timeout(_SETTLE_MILLISECONDS)
    _take(page, "timeline")


def _english_case(subject: Any, secret: str) -> str:  # the demo subject
    """Another access case of the same data subject, answered in English; walked by commands."""
    from flows import work  # noqa: PLC0415  # Prefect reads its settings when imported

    typed = work.Typed(Right.ACCESS, Channel.LETTER, "en", "", subject.name, "", {"email": [subject.email]})
    case = str(work.open_request(typed)["case"])
    work.verify_identity(case, "call_back", operator=_OPERATOR, code="", account="pictures")
    _read_texts(case, secret)
    work.answer(case, Gate.APPROVAL, "", work.Answered(_OPERATOR, Decision.APPROVE, _fresh_code(secret), "", ""))
    _until(lambda: work.case_facts(case)["state"] == "archived")
    return case


def _package(page: Page, case: str, name: str) -> None:
    """The page of an answer package, as the data subject opens it."""
    from flows import work  # noqa: PLC0415  # Prefect reads its settings when imported

    folder = settings().state / name
    work.unseal_package(case, folder, account="pictures")
    page.set_viewport_size({"width": 1000, "height": 1100})
    page.goto((folder / "index.html").as_uri())
    _take(page, name)


def _choose(select: Locator, value: str) -> None:
    """Choose an option of a list by keyboard: each in turn until it is the one."""
    for presses in range(1, _MOST_OPTIONS):
        select.focus()
        for _ in range(presses):
            select.press("ArrowDown")
        select.press("Enter")
        if select.inner_text().strip() == value:
            return
    raise LookupError(value)


def _property(form: Page | Locator, title: str) -> Locator:
    """A field of a form; the innermost one that holds the title."""
    return form.locator(".schema-form-property", has_text=title).last


def _state(system: RunningSystem, case: str) -> str:
    return str(_run(system, case).get("state_name", ""))


def _run(system: RunningSystem, case: str) -> dict[str, Any]:
    wanted = {"flow_runs": {"name": {"any_": [case]}}}
    found = httpx.post(f"{system.ui_url}/api/flow_runs/filter", json=wanted).raise_for_status().json()
    return dict(found[0]) if found else {}


def _fresh_code(secret: str) -> str:
    """A code that was not used before: that of the next half minute."""
    time.sleep(_CODE_SECONDS - time.time() % _CODE_SECONDS)
    return pyotp.TOTP(secret).now()


def _until(said: Callable[[], Any]) -> Any:  # whatever is waited for
    """What ``said`` says, once it says something."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if answer := said():
            return answer
        time.sleep(_LOOK_SECONDS)
    raise TimeoutError


def _take(page: Page, name: str) -> None:
    page.wait_for_timeout(_SETTLE_MILLISECONDS)
    file = _IMAGES / f"{name}.png"
    page.screenshot(path=file)
    print(f"{file}: {file.stat().st_size // 1024} kB")  # noqa: T201  # run by hand


if __name__ == "__main__":
    main()
