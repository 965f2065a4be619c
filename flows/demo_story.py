"""The story of the demo: seed a company, register two letters, answer the gates, tell what happened.

Imported only when the server runs, because Prefect reads its settings when it is imported.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyotp

from data_contracts.errors import StepFailed
from data_contracts.vocabulary import Channel, Decision, Gate, OperatorRole, Right
from flows import reviewing, wiring, work
from flows.details import Details
from flows.people import enrol, lapse
from flows.running import RunningSystem
from flows.showing import console, table
from tasks.services import services

Tell = Callable[[str], None]

_PATIENCE_SECONDS = 300
_LOOK_SECONDS = 0.25
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


def tell_story(system: RunningSystem, subject: Any, tell: Tell) -> tuple[str, str]:  # noqa: ANN401  # the demo subject
    """Run one access and one erasure request to their end; their case ids."""
    with wiring.opened():
        operators = _enrol(tell)
        cases = []
        for right in (Right.ACCESS, Right.ERASURE):
            case = _open(right, subject, tell)
            _verify(case, operators, tell)
            _until_ended(system, case, operators, tell)
            cases.append(case)
        for name in operators:
            lapse(name)  # nobody keeps their secrets
        return cases[0], cases[1]


def _verify(case: str, operators: Mapping[str, _Operator], tell: Tell) -> None:
    operator = next(iter(operators.values()))
    work.verify_identity(case, "call_back", operator=operator.name, code="", account="demo")
    tell(f"{case}: demo operator {operator.name} called the customer back: identity verified")


def _enrol(tell: Tell) -> dict[str, _Operator]:
    enrolled = {name: _Operator(name, enrol(name, (role,))["secret"]) for name, role in _OPERATORS.items()}
    tell(f"demo operators {' and '.join(enrolled)} are enrolled; the demo answers gates in their names")
    return enrolled


def _open(right: Right, subject: Any, tell: Tell) -> str:  # noqa: ANN401  # see above
    typed = work.Typed(
        right,
        Channel.LETTER,
        subject.language,
        "",
        subject.name,
        "",
        {"email": [subject.email]},
        Details(_LETTERS[right]),
    )
    case = str(work.open_request(typed)["case"])
    tell(f"{right.value} request of a customer's letter is registered: case {case}")
    return case


def _until_ended(system: RunningSystem, case: str, operators: Mapping[str, _Operator], tell: Tell) -> None:
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


def _answer_gates(case: str, gates: list[dict[str, Any]], operators: Mapping[str, _Operator], tell: Tell) -> None:
    for gate in gates:
        if gate["outcome"]:
            continue
        if gate["gate"] == Gate.REVIEW and Decision.APPROVE not in gate["options"]:
            _read_texts(case, next(iter(operators.values())), tell)
            continue
        name, _, subject = gate["gate"].partition(":")
        # A recipient that software cannot tell is told by a person; nobody is at hand in a demo.
        is_approval = Decision.APPROVE.value in gate["options"]
        decision, reference = (Decision.APPROVE, "") if is_approval else (Decision.BY_HAND, "DEMO")
        for operator in list(operators.values())[: gate["people"]]:
            answer = work.Answered(operator.name, decision, operator.code(), "", reference)
            work.answer(case, Gate(name), subject, answer)
            tell(f"{case}: demo operator {operator.name} answers {decision.value} at gate {gate['gate']}")


def _read_texts(case: str, operator: _Operator, tell: Tell) -> None:
    """Release every free text: the demo company's hold nothing about others."""
    with TemporaryDirectory() as folder:
        taken = reviewing.take_texts_out(case, Path(folder) / "texts", operator=operator.name, account="demo")
        answers = Path(taken["answers"])
        answers.write_text(answers.read_text().replace("decision: ", "decision: release"))
        reviewing.hand_decisions_in(case, answers, operator=operator.name, code=operator.code())
    tell(f"{case}: demo operator {operator.name} read {taken['texts']} free texts and released them")


def report(home: Path, access: str, erasure: str) -> None:
    """Print timelines, plans, and where package, mails and evidence lie."""
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
