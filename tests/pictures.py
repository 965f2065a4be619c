"""Pictures for the documentation, taken from the running software: ``python -m tests.pictures``.

A demo company is made, the whole system is started, a letter is registered in the Prefect UI as an operator does it,
each gate is answered there, and Chromium takes a picture at each stage. It needs Playwright and Chromium.
"""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from data_contracts.odcs.reading.company_files import load_organisation
from data_contracts.vocabulary import Channel, Decision, Gate, OperatorRole, Right
from flows.doors.engine import prefect_door
from flows.doors.serving import serving
from flows.server.machine import free_port, running
from flows.server.places import join
from flows.settings import settings
from tests.flows.company import attest
from tests.notice_pictures import take_letters_for_docs
from tests.prefect_ui import PrefectUi, a_page, field, fresh_code, until
from tests.retention_pictures import take_retention

_IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
_SETTLE_MILLISECONDS = 2000
_OPERATOR = "claire.demo"
_PASSWORD = "quiet-otters-42"
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
            with serving(prefect_door, port := free_port()), a_page() as page:
                ui = PrefectUi(page, system, f"http://127.0.0.1:{port}")
                ui.sign_in(_OPERATOR, _PASSWORD, fresh_code(secret))
                case = _register(ui, subject)
                _approve(ui, case, secret, {"How identity was checked": "call_back"})
                _read_texts(case, secret)
                _approve(ui, case, secret, {})
                _timeline(ui, case)
                take_retention(ui, _OPERATOR, secret, _take)
            english = _english_case(subject, secret)
        with a_page() as page:
            _package(page, case, "package-fr")
            _package(page, english, "package-en")
    take_letters_for_docs(load_organisation(settings().contracts))


def _seed() -> Any:  # the demo company
    from flows import wiring  # noqa: PLC0415  # while the server starts

    installation = wiring.Installation(settings())
    attest(installation.register)
    today = wiring.utc_now().date()
    return installation.seed_demo(customers=_CUSTOMERS, today=today, progress=lambda _: None)


def _enrol() -> str:
    from flows.officer.operators import enrol, set_password  # noqa: PLC0415  # Prefect reads its settings when imported

    secret = str(enrol(_OPERATOR, (OperatorRole.DPO,), instead=True)["secret"])
    set_password(_OPERATOR, _PASSWORD)
    return secret


def _register(ui: PrefectUi, subject: Any) -> str:  # the demo subject
    """Fill in the run form of the flow ``access`` and submit it; the case id."""
    ui.page.set_viewport_size({"width": 1280, "height": 1340})
    ui.open_form("access")
    typed = {
        "E-mail of the data subject": subject.email,
        "Customer number": subject.customer_no,
        "Name, as": subject.name,
        "What the data subject writes": _LETTER,
    }
    for title, value in typed.items():
        field(ui.page, title).locator("textarea").fill(value)
    _take(ui.page, "form")
    ui.page.get_by_role("button", name="Submit").click()
    return str(until(_first_case))


def _first_case() -> str:
    from flows.operator import cases  # noqa: PLC0415  # Prefect reads its settings when imported

    found = cases.cases_facts(open_only=True)["cases"]
    return str(found[0]["case"]) if found else ""


def _approve(ui: PrefectUi, case: str, secret: str, chosen: Mapping[str, str]) -> None:
    """Answer the gate at which a case waits, in the dialog of the Prefect UI."""
    ui.page.set_viewport_size({"width": 1280, "height": 1000})
    dialog = ui.open_gate(case)
    typed = {"Your operator name": _OPERATOR, "Your authenticator code": fresh_code(secret)}
    ui.fill(dialog, {"Decision": "approve", **chosen}, typed)
    ui.submit(dialog, case)


def _read_texts(case: str, secret: str) -> None:
    """Release every free text of a case by command, and answer its gate."""
    from flows.operator import answering, cases, texts  # noqa: PLC0415  # Prefect reads its settings when imported

    until(lambda: any(gate["gate"] == Gate.REVIEW for gate in cases.case_facts(case)["gates"]))
    with tempfile.TemporaryDirectory() as folder:
        taken = texts.take_texts_out(case, Path(folder) / "texts", operator=_OPERATOR, code=fresh_code(secret))
        answers = Path(taken["answers"])
        answers.write_text(answers.read_text().replace("decision: ", "decision: release"))
        texts.hand_decisions_in(case, answers, operator=_OPERATOR, code=fresh_code(secret))
    until(lambda: any("approve" in gate["options"] and gate["gate"] == Gate.REVIEW for gate in _gates(case)))
    answering.answer(case, Gate.REVIEW, "", answering.Answered(_OPERATOR, Decision.APPROVE, fresh_code(secret), "", ""))
    until(lambda: any(gate["gate"] == Gate.APPROVAL for gate in _gates(case)))


def _gates(case: str) -> Any:  # JSON facts
    from flows.operator import cases  # noqa: PLC0415  # Prefect reads its settings when imported

    return [gate for gate in cases.case_facts(case)["gates"] if not gate["outcome"]]


def _timeline(ui: PrefectUi, case: str) -> None:
    """The page of a flow run that has ended, with its task runs on the time axis."""
    until(lambda: ui.state(case) == "Completed")
    ui.page.set_viewport_size({"width": 1280, "height": 900})
    ui.open_run(case)
    ui.page.get_by_text("Task Runs", exact=True).click()
    ui.page.wait_for_timeout(_SETTLE_MILLISECONDS)
    _take(ui.page, "timeline")


def _english_case(subject: Any, secret: str) -> str:  # the demo subject
    """Another access case of the same data subject, answered in English; walked by commands."""
    from flows.operator import answering, cases, opening  # noqa: PLC0415  # Prefect reads its settings when imported

    typed = opening.Typed(Right.ACCESS, Channel.LETTER, "en", "", subject.name, "", {"email": [subject.email]})
    case = str(opening.open_request(typed)["case"])
    answering.verify_identity(case, "call_back", operator=_OPERATOR, code=fresh_code(secret))
    _read_texts(case, secret)
    answering.answer(
        case, Gate.APPROVAL, "", answering.Answered(_OPERATOR, Decision.APPROVE, fresh_code(secret), "", "")
    )
    until(lambda: cases.case_facts(case)["state"] == "archived")
    return case


def _package(page: Page, case: str, name: str) -> None:
    """The page of an answer package, as the data subject opens it."""
    from flows.operator import packages  # noqa: PLC0415  # Prefect reads its settings when imported

    folder = settings().state / name
    packages.unseal_package(case, folder, account="pictures")
    page.set_viewport_size({"width": 1000, "height": 1100})
    page.goto((folder / "index.html").as_uri())
    _take(page, name)


def _take(page: Page, name: str) -> None:
    page.wait_for_timeout(_SETTLE_MILLISECONDS)
    file = _IMAGES / f"{name}.png"
    page.screenshot(path=file)
    print(f"{file}: {file.stat().st_size // 1024} kB")  # noqa: T201  # run by hand


if __name__ == "__main__":
    main()
