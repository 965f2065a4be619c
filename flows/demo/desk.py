"""The demo's operators: they are enrolled, answer gates with authenticator codes, and go out of force at the end."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyotp

from data_contracts.vocabulary import Decision, Gate, OperatorRole, Right
from flows.officer.operators import enrol, lapse
from flows.operator import answering, texts

Tell = Callable[[str], None]

_LOOK_SECONDS = 0.25
_STEP_SECONDS = 30
_OPERATORS = {
    "claire.demo": OperatorRole.DPO,
    "marc.demo": OperatorRole.LEGAL,
    "zoe.demo": OperatorRole.DPO,
    "luc.demo": OperatorRole.LEGAL,
    "ines.demo": OperatorRole.DPO,
    "paul.demo": OperatorRole.LEGAL,
}
_ANSWERS: Mapping[Gate, tuple[Decision, str]] = {
    Gate.APPROVAL: (Decision.APPROVE, ""),
    Gate.PROOF: (Decision.APPROVE, "proof seen"),
    Gate.POSTING: (Decision.SENT, "demo post 1"),
    Gate.RECIPIENT: (Decision.BY_HAND, "ticket demo-1"),
    Gate.REVIEW: (Decision.APPROVE, ""),
}
"""What the demo answers where a gate opens: decision and reference."""
_WAYS: Mapping[Right, tuple[str, str]] = {
    Right.RECTIFICATION: ("eid", "saw the customer's national electronic identity"),
}
"""How identity is verified, where a telephone call is not enough to go on at once."""


@dataclass
class _Operator:
    name: str
    secret: str = field(repr=False)
    last: int = -1

    def code(self, now: float) -> str:
        """A code that was not used before, of the steps that an authenticator's clock may be off; empty: none is free.

        RFC 6238, section 5.2: no step is accepted twice, nor one before it.
        """
        step = max(self.last + 1, int(now) // _STEP_SECONDS - 1)
        if step > int(now) // _STEP_SECONDS + 1:
            return ""
        self.last = step
        return pyotp.TOTP(self.secret).generate_otp(step)


@dataclass
class Desk:
    """Operators who answer whatever opens.

    Attributes:
        clock: the time that codes are made for; the demo of the law's clock gives one of its own.
    """

    tell: Tell
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    operators: list[_Operator] = field(default_factory=list)

    def open(self) -> None:
        """Enrol everybody."""
        self.operators = [
            _Operator(name, enrol(name, (role,), instead=True)["secret"]) for name, role in _OPERATORS.items()
        ]
        self.tell(f"demo operators {', '.join(_OPERATORS)} are enrolled; the demo answers gates in their names")

    def close(self) -> None:
        """Put everybody out of force: nobody keeps their secrets."""
        for operator in self.operators:
            lapse(operator.name)

    def verify(self, case: str, right: str) -> None:
        """Somebody called the data subject back; a contact changes at once only on the surest proof."""
        operator, code = self._free()
        way, how = _WAYS.get(Right(right), ("call_back", "called the customer back"))
        answering.verify_identity(case, way, operator=operator.name, code=code)
        self.tell(f"{case} {right}: {operator.name} {how}, identity verified")

    def answer(self, case: str, facts: Mapping[str, Any]) -> None:
        """Answer the gates of a case that are open."""
        for gate in facts["gates"]:
            name, _, subject = str(gate["gate"]).partition(":")
            if gate["outcome"] or Gate(name) not in _ANSWERS:
                continue
            if Gate(name) is Gate.REVIEW and Decision.APPROVE not in gate["options"]:
                self._read_texts(case, facts["right"])
            else:
                self._answer(case, facts["right"], Gate(name), subject, people=gate["people"])

    def _read_texts(self, case: str, right: str) -> None:
        """Release every free text: the demo company's hold nothing about others."""
        reader, code = self._free()
        with TemporaryDirectory() as folder:
            taken = texts.take_texts_out(case, Path(folder) / "texts", operator=reader.name, code=code)
            answers = Path(taken["answers"])
            answers.write_text(answers.read_text().replace("decision: ", "decision: release"))
            operator, code = self._free()
            texts.hand_decisions_in(case, answers, operator=operator.name, code=code)
        self.tell(f"{case} {right}: {operator.name} read {taken['texts']} free texts and releases them")

    def _answer(self, case: str, right: str, gate: Gate, subject: str, *, people: int) -> None:
        decision, reference = _ANSWERS[gate]
        for _ in range(people):
            operator, code = self._free()
            answering.answer(case, gate, subject, answering.Answered(operator.name, decision, code, "", reference))
            shown = f"{gate}:{subject}" if subject else gate.value
            self.tell(f"{case} {right}: {operator.name} answers {decision.value} at gate {shown}")

    def _free(self) -> tuple[_Operator, str]:
        """The operator who waited longest for a code, with one; waits for the next where need be."""
        while True:
            operator = min(self.operators, key=lambda one: one.last)
            if code := operator.code(self.clock().timestamp()):
                return operator, code
            time.sleep(_LOOK_SECONDS)
