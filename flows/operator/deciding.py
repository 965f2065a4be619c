"""Questions that wait, in a file that a person reads and fills in; and their answers, decided with one code.

The file is YAML: a block for each gate, with what it asks. A block whose ``decision`` stays empty is left for later.
There is no personal data in it.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from data_contracts.errors import AnswerRefused, RequestInvalid
from data_contracts.gates.gates import GateEntry
from data_contracts.odcs.reading.strict import validate
from data_contracts.odcs.reading.yaml_file import parse
from data_contracts.vocabulary import Decision, Gate
from flows import wiring
from flows.home.own_files import write_own
from flows.operator.answering import carried_on
from flows.operator.gate_facts import gate_name
from tasks.gates.gates import Answer
from tasks.gates.together import Given, answer_together
from tasks.services import services

_HEAD: Final = """\
# Questions that wait. Write a decision for each that you have read, and leave `decision: ""` where you decide nothing.
# A refusal needs `reason`, which the data subject reads. How identity was checked, and what was done by hand, go into
# `reference`.
# Then: rightsflow decide FILE --as OPERATOR --code CODE
"""


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    case: str
    gate: str
    question: str = Field(min_length=12)
    asks: str = ""
    one_of: list[str] = []
    decision: str
    reason: str = Field(default="", repr=False)
    reference: str = ""


class _Answers(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    gates: list[_Written]


def write_questions(file: Path, kinds: Collection[Gate]) -> dict[str, Any]:
    """Write the gates that wait, of some kinds or of all, the answer due first on top.

    Raises:
        RequestInvalid: when the file is there already.
    """
    with wiring.opened():
        waiting = [one for one in services().register.gates(open_only=True) if not kinds or one.gate in kinds]
        due = {case.case_id: case.response_due for case in services().register.cases(open_only=True)}
    waiting = sorted(waiting, key=lambda one: (str(due.get(one.case_id, "9")), one.case_id, gate_name(one)))
    write_own(file, _lines(waiting))
    return {"file": str(file), "gates": len(waiting)}


def decide(file: Path, *, operator: str, code: str) -> dict[str, Any]:
    """Decide the gates of a filled-in file with one code; their cases go on.

    Raises:
        RequestInvalid: when the file is not filled in, or a gate is not open any more.
        AnswerRefused: when an answer is not accepted, or a gate asks another question by now; nothing is decided then.
    """
    written = [one for one in _read(file) if one.decision.strip()]
    with wiring.opened():
        given = [Given(_entry(one), _answer(one, operator)) for one in written]
        decided = answer_together(given, operator=operator, code=code)
        notes = {one.case_id: carried_on(one) for one in decided}
    gates = [
        {"case": one.case_id, "gate": gate_name(one), "outcome": one.outcome.value if one.outcome else ""}
        for one in decided
    ]
    return {"gates": gates, "notes": {case: note for case, note in notes.items() if note}}


def _lines(waiting: Collection[GateEntry]) -> Iterator[str]:
    yield _HEAD
    yield "gates:\n" if waiting else "gates: []\n"
    for one in waiting:
        offered = [option.value for option in one.options]
        yield f"- case: {_text(one.case_id)}\n  gate: {_text(gate_name(one))}\n  question: {_text(one.digest)}\n"
        yield f"  asks: {_text(one.description)}\n  one_of: {json.dumps(offered)}\n"
        yield '  decision: ""\n  reason: ""\n  reference: ""\n'


def _text(value: str) -> str:
    """A text as YAML, of which JSON is a part."""
    return json.dumps(value, ensure_ascii=False)


def _read(file: Path) -> list[_Written]:
    try:
        document = parse(file.read_text(encoding="utf-8"), file=file.name)
    except (OSError, UnicodeDecodeError):
        raise RequestInvalid(
            "the answers cannot be read as text",
            where=str(file),
            remedy="give the file that `rightsflow questions` wrote",
        ) from None
    read = validate(_Answers, document.data) if isinstance(document.data, Mapping) else None
    if document.faults or read is None or read.model is None:
        lines = {fault.line for fault in document.faults} | {
            document.line(f.path) for f in (read.findings if read else ())
        }
        told = ", ".join(str(line) for line in sorted(filter(None, lines))[:5]) or "1"
        raise RequestInvalid(
            f"the answers are not as they must be (line {told})",
            where=str(file),
            remedy="each gate needs case, gate, question and decision, as `rightsflow questions` writes them",
        )
    return list(read.model.gates)


def _entry(one: _Written) -> GateEntry:
    """The gate that waits with that very question."""
    gates = [entry for entry in services().register.gates(one.case, open_only=True) if gate_name(entry) == one.gate]
    if not gates:
        remedy = "write the questions anew with `rightsflow questions`"
        raise RequestInvalid("no such gate is open", where=f"{one.case} {one.gate}", remedy=remedy)
    entry = next((entry for entry in gates if entry.digest.startswith(one.question)), None)
    if entry is None:
        remedy = "write the questions anew with `rightsflow questions`, and read this one"
        raise AnswerRefused("this gate asks another question by now", where=f"{one.case} {one.gate}", remedy=remedy)
    return entry


def _answer(one: _Written, operator: str) -> Answer:
    try:
        decision = Decision(one.decision.strip())
    except ValueError:
        raise AnswerRefused(
            "the decision is none", where=f"{one.case} {one.gate}", remedy=f"write one of: {', '.join(one.one_of)}"
        ) from None
    return Answer(operator, decision, reason=one.reason, reference=one.reference)
