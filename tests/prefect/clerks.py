"""Clerks: each has a case whose gates they answer, in the form that is shown, until the case has ended."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import Decision, Gate
from flows.operator.waking import woken
from flows.runs.gates import opened
from flows.watch.watch import sweep
from tasks.gates.gates import Answer, answer_gate
from tasks.rules.act.reviewing import Reading
from tasks.search.review import review_question, seal_readings, texts_of, to_read
from tests.prefect.office import Office, Run

_LONGEST_SECONDS = 480
_LOOK_SECONDS = 0.3
_ENDS = frozenset({"Completed", "Failed", "Cancelled"})
"""A crash is no end: the sweep starts the run again, and the worker may tell of the same crash a second time."""
SAID: Mapping[Gate, tuple[Decision, str]] = {
    Gate.RECIPIENT: (Decision.BY_HAND, "TOLD-1"),
    Gate.POSTING: (Decision.SENT, "RAR-1"),
    Gate.OUTAGE: (Decision.RETRY, ""),
    Gate.TURN: (Decision.GO_ON, ""),
    Gate.SUBJECTS: (Decision.NAMED, ""),
}
"""What is answered where nothing else is asked for, with its reference; everywhere else clerks agree."""


@dataclass
class Clerk:
    """Somebody with a case.

    Attributes:
        run_id: the flow run of the case.
        reason: written into every form, whether it is asked for or not.
        identified: how identity is checked.
        says: answers of their own at some gates, each with its reference.
        met: the gates that were answered.
    """

    run_id: str
    reason: str = ""
    identified: str = "call_back"
    says: Mapping[Gate, tuple[Decision, str]] = field(default_factory=dict)
    met: set[Gate] = field(default_factory=set)

    def answer_all(self, office: Office, case_id: str) -> None:
        """Answer the gates that are open: the one that the form shows there, the others outside of it."""
        if texts_wait(office.gates(case_id)):
            self.met.add(Gate.REVIEW)
            return read_texts(office, case_id)
        shown = _shown(office.run(self.run_id), office.gates(case_id))
        for entry in office.gates(case_id):
            self.met.add(entry.gate)
            if entry is not shown and entry.gate is not shown.gate:
                decision, reference = self._said(entry)
                answer_gate(entry, Answer(decision=decision, reference=reference, **office.somebody()))
        decision, reference = self._said(shown)
        for _ in range(shown.people - len({one.operator for one in shown.answers}) - 1):
            answer_gate(shown, Answer(decision=decision, reference=reference, **office.somebody()))
        said = {"decision": decision.value, "reference": reference, "reason": self.reason}
        office.answer(self.run_id, **said, **office.somebody())
        return None

    def answer_until(self, office: Office, gate: Gate) -> str:
        """Answer what comes before a gate of that kind; the form it then shows."""
        deadline = time.monotonic() + _LONGEST_SECONDS
        while True:
            run = office.run(self.run_id)
            if run["state_name"] == "Suspended" and (gates := office.gates(run["name"])):
                if any(entry.gate is gate for entry in gates):
                    return office.form(self.run_id)
                self.answer_all(office, run["name"])
            assert time.monotonic() < deadline, f"did not come to gate {gate}"
            time.sleep(_LOOK_SECONDS)

    def _said(self, entry: GateEntry) -> tuple[Decision, str]:
        if entry.gate is Gate.IDENTITY and Gate.IDENTITY not in self.says:
            return Decision.APPROVE, self.identified
        return {**SAID, **self.says}.get(entry.gate, (Decision.APPROVE, ""))


def carried_to_their_ends(office: Office, clerks: Mapping[str, Clerk]) -> dict[str, Run]:
    """The flow runs of all clerks' cases once they have ended, whatever they ended in; they go on side by side."""
    ended: dict[str, Run] = {}
    deadline = time.monotonic() + _LONGEST_SECONDS
    while len(ended) < len(clerks):
        for name, clerk in clerks.items():
            run = office.run(clerk.run_id)
            if run["state_name"] == "Suspended" and office.gates(run["name"]):
                clerk.answer_all(office, run["name"])
            elif run["state_name"] in _ENDS:
                ended[name] = run
        _recover([office.run(clerk.run_id)["state_name"] for name, clerk in clerks.items() if name not in ended])
        assert time.monotonic() < deadline, f"did not end: {sorted(clerks.keys() - ended.keys())}"
        time.sleep(_LOOK_SECONDS)
    return ended


def _recover(states: list[str]) -> None:
    """Sweep where a run crashed because the machine was too busy to start it, once nothing runs that looks silent."""
    if "Crashed" in states and set(states) <= {"Crashed", "Suspended"}:
        sweep()


def texts_wait(gates: list[GateEntry]) -> bool:
    """Whether free texts must be read before people can say that they may go out."""
    return any(entry.gate is Gate.REVIEW and Decision.APPROVE not in entry.options for entry in gates)


def read_texts(office: Office, case_id: str) -> None:
    """Release every text, as ``rightsflow review`` does, and wake the run."""
    readings = {
        column: [(number, Reading("release")) for number, _ in texts_of(case_id, column)] for column in to_read(case_id)
    }
    seal_readings(case_id, readings, office.somebody()["operator"], "totp")
    opened(case_id, review_question(case_id))
    woken(office.installation.register.case(case_id))


def _shown(run: Run, gates: list[GateEntry]) -> GateEntry:
    """The gate whose form the run shows, as far as its kind tells."""
    key = str(run["state"]["state_details"]["run_input_keyset"]["schema"])
    return next((entry for entry in gates if f"suspended-{entry.gate.value}-" in key), gates[0])
