"""Putting a letter into terms: from the vault into an operator's folder, and what it asks back (Art. 16).

The folder holds ``letter.txt`` and ``statement.yaml``, where the operator writes what the letter asks. Only the folder
holds anything in clear; whoever took the letter out empties it afterwards.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from data_contracts.case.request import Statement
from data_contracts.errors import RequestInvalid
from data_contracts.vocabulary import Decision, Gate
from flows import wiring
from flows.home.own_files import own_folder, write_own
from flows.operator.details import Details, read_details
from flows.operator.waking import woken
from flows.runs.gates import opened
from tasks.case.sealed import subject_request
from tasks.gates.gates import Answer, answer_as_proven
from tasks.gates.operators import prove_person
from tasks.gates.unsealing import Looker, Sealed, let_look
from tasks.intake.letters import (
    check_terms,
    open_statement_gate,
    proposed,
    seal_terms,
    terms_question,
)
from tasks.rules.act.rectification import nameable_fields
from tasks.services import services

LETTER: Final = "letter.txt"
TERMS: Final = "statement.yaml"
_HEAD: Final = """\
# What the letter beside this file asks to be put right. Quote texts and dates.
#   changes:
#   - {field: user.contact.email, value: "the right value", was: "the wrong one, where only that is meant"}
#   supplement: "a statement that the data subject wants to be kept with the data"
# A field is one place, as system.table.column, or a data category:
"""


def take_letter_out(case_id: str, folder: Path, *, operator: str, code: str) -> dict[str, Any]:
    """Write the letter and ``statement.yaml`` to ``folder``; who took it out is noted in evidence.

    Raises:
        AnswerRefused: when the operator may not answer the gate, or the code is wrong.
        RequestInvalid: when no letter waits to be put into terms, or the folder is not empty.
    """
    with wiring.opened():
        open_statement_gate(case_id)
        let_look(case_id, Sealed.LETTER, Looker(operator, code), at=Gate.STATEMENT)
        own_folder(folder, empty=True)
        write_own(folder / LETTER, [subject_request(case_id).details])
        write_own(folder / TERMS, _lines(proposed(case_id) or Statement()))
    return {"case": case_id, "letter": str(folder / LETTER), "statement": str(folder / TERMS)}


def hand_terms_in(case_id: str, file: Path, *, operator: str, code: str) -> dict[str, Any]:
    """Seal what the letter asks and approve it at the gate; the case goes on.

    Sealed before the gate is answered: were the process killed in between, the gate asks about these terms, and the
    same call answers it.

    Raises:
        AnswerRefused: when the operator may not answer the gate, or the code is wrong.
        RequestInvalid: when nothing waits for terms, or these cannot be carried out; nothing is sealed then.
    """
    details = read_details(file)
    if details != Details(statement=details.statement):
        raise RequestInvalid(
            "the file says more than what is to be put right",
            where=str(file),
            remedy="write changes and supplement",
        )
    with wiring.opened():
        terms = check_terms(details.statement)
        entry = open_statement_gate(case_id)
        who = prove_person(operator, code, roles=entry.roles, where=entry.gate.value)
        seal_terms(case_id, terms, operator=who, proof="totp")
        asked = opened(case_id, terms_question(case_id, terms))
        decided = answer_as_proven(asked, Answer(who, Decision.APPROVE), proof="totp")
        _, note = woken(services().register.case(case_id))
    said = "the case goes on" if decided.outcome else "somebody else has to approve it at gate statement"
    return {
        "case": case_id,
        "outcome": decided.outcome.value if decided.outcome else "",
        "note": note,
        "said": f"{case_id}: what the letter asks is sealed; {said}",
    }


def _lines(terms: Statement) -> Iterator[str]:
    """The terms so far as YAML, which JSON is too, to be filled in."""
    yield _HEAD
    yield from (f"#   {name}\n" for name in nameable_fields(services().contracts))
    yield "\nchanges:\n" if terms.changes else "\nchanges: []\n"
    yield from (f"- {json.dumps(change.model_dump(), ensure_ascii=False)}\n" for change in terms.changes)
    yield f"supplement: {json.dumps(terms.supplement, ensure_ascii=False)}\n"
