"""``rightsflow demo``: one access and one erasure request, start to end, on a real Prefect server and worker.

Nobody is asked anything: two demo operators answer the gates, and the demo says so. Everything else is as in earnest: real
databases and Parquet files, real flow runs, mails in the outbox, signed evidence.
"""

import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyotp
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from data_contracts.errors import SettingsInvalid, StepFailed
from data_contracts.vocabulary import Channel, OperatorRole, Right
from flows import wiring, work
from flows.people import enrol
from flows.running import RunningSystem, running
from flows.settings import Settings, settings
from flows.showing import console, table
from tasks.services import services

_PATIENCE_SECONDS = 300
_LOOK_SECONDS = 0.25
_MARK = ".demo"
_OPERATORS = {"claire.demo": OperatorRole.DPO, "marc.demo": OperatorRole.LEGAL}
_LETTERS = {
    Right.ACCESS: "Bonjour, je souhaite recevoir une copie de toutes les données que vous détenez sur moi.",
    Right.ERASURE: "Bonjour, j'ai quitté votre entreprise. Merci d'effacer mes données.",
}


@dataclass
class _Operator:
    name: str
    secret: str
    last: str = ""

    def code(self) -> str:
        """A code that was not used before; waits for the next one where need be."""
        while (code := pyotp.TOTP(self.secret).now()) == self.last:
            time.sleep(_LOOK_SECONDS)
        self.last = code
        return code


def run(customers: int) -> None:
    """Run the demo and print where to look."""
    begun = time.monotonic()
    home = _fresh_home(settings())
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console) as progress:
        shown = progress.add_task("starting", total=None)

        def tell(text: str) -> None:
            progress.update(shown, description=text)
            progress.console.print(f"[dim]{time.monotonic() - begun:5.1f} s  {text}[/]")

        with running(settings(), port=0, tell=tell, worker=False) as system:
            system.start_worker()
            os.environ.update(system.environment)
            subject = _seed(customers, tell)
            operators = _enrol(tell)
            access = _open(Right.ACCESS, subject, operators, tell)
            _until_ended(system, access, operators, tell)
            erasure = _open(Right.ERASURE, subject, operators, tell)
            _until_ended(system, erasure, operators, tell)
        progress.update(shown, description="done")
    _report(home, access, erasure)
    console.print(f"\nThe demo took {time.monotonic() - begun:.0f} s.")


def _fresh_home(chosen: Settings) -> Path:
    """An empty home for the demo: an older demo's is replaced, anything else is left alone.

    Raises:
        SettingsInvalid: when the home holds something that is not a demo.
    """
    home = chosen.state
    if home.exists() and any(home.iterdir()):
        if not (home / _MARK).exists():
            raise SettingsInvalid(
                "the home holds an installation that is not a demo; the demo would erase from it",
                where=str(home),
                remedy="set RIGHTSFLOW_HOME to another folder",
            )
        shutil.rmtree(home)
    home.mkdir(parents=True, mode=0o700)
    (home / _MARK).write_text("made by rightsflow demo; replaced by the next one\n")
    return home


def _seed(customers: int, tell: Any) -> Any:  # noqa: ANN401  # the demo subject
    with wiring.opened() as installation:
        company = installation.seed_demo(customers=customers, today=wiring.utc_now().date(), progress=tell)
    tell(f"{sum(company.rows.values()):,} rows of {customers:,} customers in {len(company.urls)} systems")
    return company.subject


def _enrol(tell: Any) -> dict[str, _Operator]:  # noqa: ANN401  # a callable
    enrolled = {name: _Operator(name, enrol(name, (role,))["secret"]) for name, role in _OPERATORS.items()}
    tell(f"demo operators {' and '.join(enrolled)} are enrolled; the demo answers gates in their names")
    return enrolled


def _open(right: Right, subject: Any, operators: Mapping[str, _Operator], tell: Any) -> str:  # noqa: ANN401  # see above
    typed = work.Typed(
        right, Channel.LETTER, subject.language, "", subject.name, "", {"email": [subject.email]}, _LETTERS[right]
    )
    case = str(work.open_request(typed)["case"])
    tell(f"{right.value} request of a customer's letter is registered: case {case}")
    return case


def _until_ended(system: RunningSystem, case: str, operators: Mapping[str, _Operator], tell: Any) -> None:  # noqa: ANN401  # see above
    """Answer gates as they open, until the case has ended."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    told: set[str] = set()
    while time.monotonic() < deadline:
        if system.failed():
            raise StepFailed(f"the {system.failed()} has ended", where=case, remedy="read logs/ in the home")
        facts = work.case_facts(case)
        for move in facts["timeline"]:
            if move["at"] not in told:
                told.add(move["at"])
                tell(f"{case}: {move['to'].replace('_', ' ')}")
        if facts["state"] == "archived":
            return
        _answer_gates(case, facts["gates"], operators, tell)
        time.sleep(_LOOK_SECONDS)
    raise StepFailed("the case did not end in time", where=case, remedy="read logs/worker.log in the home")


def _answer_gates(case: str, gates: list[dict[str, Any]], operators: Mapping[str, _Operator], tell: Any) -> None:  # noqa: ANN401  # see above
    from data_contracts.vocabulary import Decision, Gate  # noqa: PLC0415  # keeps the head of the file short

    for gate in gates:
        if gate["outcome"]:
            continue
        for operator in list(operators.values())[: gate["people"]]:
            reference = "call_back" if gate["gate"] == "identity" else ""
            answer = work.Answered(operator.name, Decision.APPROVE, operator.code(), "", reference)
            work.answer(case, Gate(gate["gate"]), "", answer)
            tell(f"{case}: demo operator {operator.name} approves at gate {gate['gate']}")


def _report(home: Path, access: str, erasure: str) -> None:
    for case in (access, erasure):
        facts = work.case_facts(case)
        console.rule(f"{case}: {facts['right']}, {facts['outcome']}")
        table(facts["timeline"], ("at", "to", "cause", "actor"))
        work.print_plan(facts["plan"])
    package = home / "package"
    work.unseal_package(access, package, account="demo")
    console.rule("Where to look")
    console.print(f"Answer package  {package / 'index.html'}")
    console.print(f"Mails           {home / 'outbox'}")
    for mail in sorted((home / "outbox").glob("*.eml")):
        console.print(f"                {mail.name}")
    with wiring.opened() as installation:
        for case in services().register.evidence_cases():
            found = installation.verify_case(case)
            state = "whole" if found.is_whole else "NOT whole"
            console.print(f"Evidence        {case}: {found.records} signed records, {state}")
    console.print(f"Look closer     RIGHTSFLOW_HOME={home} rightsflow case {erasure}")
