"""Reading free texts before they go out: from the vault into an operator's folder, and decisions back (Art. 15(4)).

The folder holds a file for each column, with number and text of each entry, and ``answers.yaml``, where the operator
writes what goes out. Only the folder holds anything in clear; whoever took the texts out empties it afterwards.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from data_contracts.errors import RequestInvalid
from data_contracts.gates.gates import GateEntry
from data_contracts.odcs.reading.strict import validate
from data_contracts.odcs.reading.yaml_file import parse
from data_contracts.vocabulary import Decision
from flows import wiring
from flows.home.own_files import own_folder, write_own
from flows.operator.waking import woken
from flows.runs.gates import opened
from tasks.gates.operators import prove_operator
from tasks.gates.unsealing import Looker, Sealed, let_look
from tasks.rules.act.reviewing import Reading, Span
from tasks.search.review import (
    is_settled,
    review_gate,
    review_question,
    seal_readings,
    texts_of,
    to_read,
)
from tasks.services import services

ANSWERS: Final = "answers.yaml"
_HEAD: Final = """\
# What goes out of each text: write a decision for every number. The texts are in the files beside this one.
#   release   the text goes out as it is
#   redact    parts are taken out: `spans: [[12, 25]]` (characters, counted from 0, the end not included),
#             `passages: ["Mme Martin"]` (words as they stand in the text), or `text: "…"` (as it shall go out)
#   withhold  nothing of it can be told without harm to others (Art. 15(4) GDPR)
"""


class _TextAnswer(BaseModel):
    """What is decided about one text."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    number: int
    decision: Literal["release", "redact", "withhold"]
    spans: list[Span] = []
    passages: list[str] = Field(default=[], repr=False)
    text: str = Field(default="", repr=False)

    def reading(self) -> Reading:
        """As the rule takes it."""
        return Reading(self.decision, tuple(self.spans), tuple(self.passages), self.text)


class _Answers(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    columns: dict[str, list[_TextAnswer]]


def take_texts_out(case_id: str, folder: Path, *, operator: str, code: str) -> dict[str, Any]:
    """Write the texts and an empty ``answers.yaml`` to ``folder``; who took them out is noted in evidence.

    Raises:
        AnswerRefused: when the operator may not answer the gate, or the code is wrong.
        RequestInvalid: when no texts wait to be read, or the folder is not empty.
    """
    with wiring.opened():
        open_review(case_id)
        let_look(case_id, Sealed.TEXTS, Looker(operator, code), facts={"texts": sum(to_read(case_id).values())})
        own_folder(folder, empty=True)
        columns = {column: count for column, count in to_read(case_id).items() if count}
        files = [_write_texts(case_id, column, folder) for column in columns]
        answers = folder / ANSWERS
        write_own(answers, [_HEAD, *(line for column in columns for line in _blanks(case_id, column))])
    return {
        "case": case_id,
        "texts": sum(columns.values()),
        "files": [str(file) for file in files],
        "answers": str(answers),
    }


def hand_decisions_in(case_id: str, file: Path, *, operator: str, code: str) -> dict[str, Any]:
    """Seal the decisions of a filled-in ``answers.yaml``; afterwards the gate can be approved.

    Raises:
        AnswerRefused: when the operator may not answer the gate, or the code is wrong.
        RequestInvalid: when the file is not filled in, or decides about something else.
    """
    readings = read_answers(file)
    with wiring.opened():
        entry = open_review(case_id)
        who, proof = prove_operator(entry, operator, code=code)
        decisions = seal_readings(case_id, readings, who.name, proof)
        opened(case_id, review_question(case_id))
        _, note = woken(services().register.case(case_id))
    said = f"{case_id}: decisions {decisions[:12]} are sealed; the gate review can be approved"
    return {"case": case_id, "decisions": decisions, "note": note, "said": said}


def read_answers(file: Path) -> dict[str, list[tuple[int, Reading]]]:
    """Decisions by column, from a filled-in ``answers.yaml``; no error quotes what is in it."""
    try:
        document = parse(file.read_text(encoding="utf-8"), file=file.name)
    except (OSError, UnicodeDecodeError):
        raise RequestInvalid(
            "the answers cannot be read as text", where=str(file), remedy="give answers.yaml"
        ) from None
    if document.faults or not isinstance(document.data, Mapping):
        lines = ", ".join(f"line {fault.line}" for fault in document.faults if fault.line)
        raise _unreadable(f"the answers are no YAML that can be read ({lines or 'no keys'})", file)
    answers = validate(_Answers, {"columns": dict(document.data)})
    if answers.model is None:
        wrong = sorted({".".join(map(str, finding.path[1:3])) for finding in answers.findings})
        raise _unreadable(f"decisions are missing or not as they must be ({', '.join(wrong[:5])})", file)
    return {c: [(one.number, one.reading()) for one in given] for c, given in answers.model.columns.items()}


def _unreadable(what: str, file: Path) -> RequestInvalid:
    return RequestInvalid(what, where=str(file), remedy="the first lines of the file say how a decision is written")


def open_review(case_id: str) -> GateEntry:
    """The gate that asks about the texts.

    Raises:
        RequestInvalid: when no texts wait to be read.
    """
    services().register.case(case_id)
    entry = review_gate(case_id)
    is_decided = entry is not None and entry.outcome is Decision.APPROVE
    if entry is None or is_decided or is_settled(case_id) or not sum(to_read(case_id).values()):
        raise RequestInvalid(
            "no texts wait to be read", where=case_id, remedy="run the case until it waits at gate review"
        )
    return entry


def _write_texts(case_id: str, column: str, folder: Path) -> Path:
    texts = (f"--- {number} ---\n{text}\n\n" for number, text in texts_of(case_id, column))
    return write_own(folder / f"{column}.txt", texts)


def _blanks(case_id: str, column: str) -> Iterator[str]:
    """The column's part of ``answers.yaml``, one line for each text, to be filled in."""
    yield f'"{column}":\n'
    yield from (f"- {{number: {number}, decision: }}\n" for number, _ in texts_of(case_id, column))
