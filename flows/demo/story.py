"""The story of the demo: one request of each right, side by side on a real Prefect server; then the law's clock.

Imported only when the server runs, because Prefect reads its settings when it is imported.
"""

import time
from pathlib import Path
from typing import Any

from prefect import get_client
from prefect.client.schemas.objects import StateType

from data_contracts.errors import StepFailed
from flows import wiring
from flows.demo.cast import Role, cast
from flows.demo.clock import show_clock
from flows.demo.desk import Desk, Tell
from flows.doors.desk import OperatorsDoor
from flows.duties.monthly import monthly_pdf, this_month
from flows.operator.cases import case_facts, print_plan
from flows.operator.opening import Typed, open_request
from flows.operator.packages import unseal_package
from flows.runs.starting import runs_of
from flows.server.machine import RunningSystem
from flows.settings import settings
from flows.terminal import console, table
from flows.watch.watch import sweep
from flows.wiring.desk import officer_page
from tasks.services import services

__all__ = ["report", "show_clock", "tell_story"]

_PATIENCE_SECONDS = 600
_LOOK_SECONDS = 0.25

Cases = dict[str, Role]
"""What was asked, by case id, in the order the requests came."""


def tell_story(system: RunningSystem, company: Any, tell: Tell) -> Cases:  # noqa: ANN401  # the demo company
    """Carry one request of each right to its end."""
    with wiring.opened():
        desk = Desk(tell)
        desk.open()
        cases = {_open(role, tell): role for role in cast(company)}
        for case, role in cases.items():
            desk.verify(case, role.right)
        _until_ended(system, cases, desk, tell)
        desk.close()
    return cases


def _open(role: Role, tell: Tell) -> str:
    subject = role.subject
    typed = Typed(
        role.right, role.channel, subject.language, "", subject.name, "", {"email": [subject.email]}, role.details
    )
    case = str(open_request(typed)["case"])
    tell(f"{case} {role.right}: {role.title}")
    return case


def _until_ended(system: RunningSystem, cases: Cases, desk: Desk, tell: Tell) -> None:
    """Answer gates as they open, until every case has ended."""
    deadline, next_sweep = time.monotonic() + _PATIENCE_SECONDS, 0.0
    told: dict[str, int] = dict.fromkeys(cases, 0)
    waiting = list(cases)
    while waiting:
        if time.monotonic() > deadline:
            raise StepFailed(
                "the cases did not end in time", where=", ".join(waiting), remedy="read logs/worker.log in the home"
            )
        if system.failed():
            raise StepFailed(f"the {system.failed()} has ended", remedy="read logs/ in the home")
        if time.monotonic() >= next_sweep:
            next_sweep = time.monotonic() + settings().sweep_every.total_seconds()
            _look_for_failures(waiting)
            sweep()  # as `up` does: a busy machine may lose a run between being scheduled and being started
        for case in list(waiting):
            facts = case_facts(case)
            for move in facts["timeline"][told[case] :]:
                tell(f"{case} {cases[case].right}: {move['to'].replace('_', ' ')}")
            told[case] = len(facts["timeline"])
            if facts["state"] == "archived":
                waiting.remove(case)
            else:
                desk.answer(case, facts)
        time.sleep(_LOOK_SECONDS)


def _look_for_failures(cases: list[str]) -> None:
    """That no flow run has failed: nobody would carry its case on while the demo waits."""
    with get_client(sync_client=True) as client:
        failed = [case for case in cases for run in runs_of(client, case)[:1] if run.state_type is StateType.FAILED]
    if failed:
        raise StepFailed("a flow run has failed", where=", ".join(failed), remedy="read logs/worker.log in the home")


def report(home: Path, cases: Cases, clock_case: str) -> None:
    """Print what became of each case, what was planned for whom and why, and where to look."""
    by_right = {role.right.value: case for case, role in cases.items()}
    facts = {case: case_facts(case) for case in (*cases, clock_case)}
    for right in ("rectification", "objection", "erasure"):
        console.rule(f"{by_right[right]}: {right}, {facts[by_right[right]]['outcome']}")
        print_plan(facts[by_right[right]]["plan"])
    console.rule("What became of each case")
    rows = [{**fact, "asked": cases[case].title if case in cases else "the clock"} for case, fact in facts.items()]
    table(rows, ("case", "right", "asked", "outcome", "response_due"))
    _say_where(home, by_right)


def _show_officer(home: Path) -> None:
    """What the DPO sees, as files: the servers of the demo have ended."""
    folder = home / "dpo"
    folder.mkdir(mode=0o700, exist_ok=True)
    with wiring.opened() as installation:
        (folder / "index.html").write_text(officer_page(OperatorsDoor(installation), "en"), "utf-8")
        (folder / "report.pdf").write_bytes(monthly_pdf(installation, this_month(), "en"))
    console.print(f"DPO's page      {folder / 'index.html'}  (with `rightsflow up`: http://localhost:4500/dpo)")
    console.print(f"Monthly report  {folder / 'report.pdf'}")


def _say_where(home: Path, by_right: dict[str, str]) -> None:
    for right in ("access", "portability"):
        unseal_package(by_right[right], home / right, account="demo")
    console.rule("Where to look")
    console.print(f"Answer package  {home / 'access' / 'index.html'}")
    console.print(f"To take along   {home / 'portability' / 'index.html'}")
    mails = sorted((home / "outbox").glob("*.eml"))
    console.print(f"Mails           {home / 'outbox'}: {len(mails)}, among them")
    for mail in mails:
        if any(by_right[right] in mail.name for right in ("rectification", "objection")):
            console.print(f"                {mail.name}")
    with wiring.opened() as installation:
        found = {case: installation.verify_case(case) for case in services().register.evidence_cases()}
    records = sum(one.records for one in found.values())
    broken = [case for case, one in found.items() if not one.is_whole]
    state = f"NOT whole: {', '.join(broken)}" if broken else "every chain is whole"
    console.print(f"Evidence        {records} signed records of {len(found)} cases; {state}")
    _show_officer(home)
    console.print(f"Look closer     RIGHTSFLOW_HOME={home} rightsflow case {by_right['erasure']}")
