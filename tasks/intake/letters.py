"""A letter that names no field is put into terms by a person (gate ``statement``, Art. 16, charter P3).

The request was registered and acknowledged as it came. Once who asks is verified, and before anything is located:

1. an operator takes the letter out of the vault, which is noted, and reads it;
2. the operator, proven by a code, hands in terms: they are checked by the rule for every rectification, sealed, and the
   gate asks about their keyed digest. Other terms are another question (law 5);
3. the gate is approved: these terms, by the same digest, are sealed into the request, and the case goes on as if the
   letter had said so. Or it is refused, with reasons (Art. 12(4)).
"""

import hashlib
import hmac

from data_contracts.case.legible import check_statement
from data_contracts.case.request import Statement
from data_contracts.errors import RequestInvalid
from data_contracts.evidence.records import Facts, Record, canonical, digest
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import CaseState, Decision, Gate
from tasks.case.sealed import REQUEST, read_json, subject_request, write_json
from tasks.gates.gates import Question, deciding_people
from tasks.rules.act.rectification import check_rectification, says_nothing
from tasks.services import services
from tasks.steps.step import step

STATEMENT = "statement"
"""The step's name in the ledger, and the vault's name of terms that wait for their gate."""


def awaits_statement(case_id: str) -> bool:
    """Whether a person still has to put the request into terms, or what was decided has to be carried out."""
    register = services().register
    entry = register.step(case_id, STATEMENT)
    if register.case(case_id).state is not CaseState.IDENTITY_VERIFIED or (entry and entry.state == "done"):
        return False
    # The gate says it where a process was killed after the terms were sealed into the request.
    is_asked = register.gate(case_id, Gate.STATEMENT) is not None
    return is_asked or says_nothing(subject_request(case_id).statement)


def statement_question(case_id: str) -> Question:
    """What the gate asks: put the letter into terms; or, when terms are sealed, are these what it asks?"""
    terms = proposed(case_id)
    if terms is not None:
        return terms_question(case_id, terms)
    command = f"`rightsflow statement {case_id}"
    description = (
        f"**Case {case_id}: the letter names no field.** Read it with {command} --to FOLDER --as NAME --code CODE`, "
        f"write into `statement.yaml` what it asks, and hand it in with {command} --details FILE --as NAME --code CODE`"
        ".\n\nOr answer *refuse* with the reason."
    )
    return Question(Gate.STATEMENT, description, _facts(case_id, None), options=(Decision.REFUSE,))


def terms_question(case_id: str, terms: Statement) -> Question:
    """Whether these terms are what the letter asks; fields are named and values are not."""
    description = (
        f"**Case {case_id}: is this what the letter asks?**\n{_listed(terms)}\n\nCompare terms "
        f"`{_keyed(case_id, terms)[:12]}` with the letter: `rightsflow statement {case_id} --to FOLDER --as NAME "
        "--code CODE`. Answer *approve*, hand in others, or *refuse* with the reason."
    )
    options = (Decision.APPROVE, Decision.REFUSE)
    return Question(Gate.STATEMENT, description, _facts(case_id, terms), options=options)


def open_statement_gate(case_id: str) -> GateEntry:
    """The gate, while nothing is decided there.

    Raises:
        RequestInvalid: when it is not open, or was decided.
    """
    register = services().register
    register.case(case_id)
    open_ones = register.gates(case_id, kind=Gate.STATEMENT, open_only=True)
    if not open_ones or _decided(case_id, Decision.REFUSE):
        raise RequestInvalid(
            "no letter waits to be put into terms",
            where=case_id,
            remedy="run the case until it waits at gate statement",
        )
    return open_ones[-1]


def check_terms(terms: Statement) -> Statement:
    """The terms, as they are sealed: what is to be put right and nothing else.

    Raises:
        RequestInvalid: when they say anything else, or cannot be carried out anywhere; no value is quoted.
    """
    check_statement(terms)
    kept = Statement(changes=terms.changes, supplement=terms.supplement)
    if kept != terms:
        raise RequestInvalid(
            "the terms of a rectification are changes and a supplement",
            where="details",
            remedy="take the other keys out; who asks, and where the answer goes, stays as it was registered",
        )
    check_rectification(kept, services().contracts)
    return kept


def seal_terms(case_id: str, terms: Statement, *, operator: str, proof: str) -> None:
    """Seal what the letter asks, for the gate to be asked about it; who wrote it goes into evidence."""
    keyed = _keyed(case_id, terms)
    write_json(case_id, STATEMENT, terms.model_dump(mode="json"))
    record = Record("statement written", "", {**_told(keyed, terms), "proof": proof}, actor=operator)
    services().register.complete(case_id, "statement written", keyed[:16], receipt={}, record=record)


def proposed(case_id: str) -> Statement | None:
    """The terms that are sealed; None while nobody has written any."""
    if not services().vault.has(case_id, STATEMENT):
        return None
    return Statement.model_validate(read_json(case_id, STATEMENT))


@step("take in statement")
def settle_statement(case_id: str) -> bool:
    """Seal the terms that people approved into the request, or refuse it; False while neither is decided.

    The request is sealed first: were the process killed in between, it is sealed once more, the same.
    """
    refused = _decided(case_id, Decision.REFUSE)
    if refused is not None:
        _refuse(case_id, refused)
        return True
    gate, terms = services().register.gate(case_id, Gate.STATEMENT), proposed(case_id)
    is_same = gate is not None and gate.digest == digest(canonical(_facts(case_id, terms)))
    if gate is None or terms is None or not is_same or gate.outcome is not Decision.APPROVE:
        return False
    request = subject_request(case_id)
    said = request.statement.model_copy(update={"changes": terms.changes, "supplement": terms.supplement})
    write_json(case_id, REQUEST, request.model_copy(update={"statement": said}).model_dump())
    people = list(deciding_people(gate))
    facts: Facts = {**_told(_keyed(case_id, terms), terms), "decided_by": people}
    record = Record(STATEMENT, "", facts, actor=", ".join(people))
    services().register.complete(case_id, STATEMENT, receipt=facts, record=record)
    return True


def _refuse(case_id: str, gate: GateEntry) -> None:
    people = list(deciding_people(gate))
    facts: Facts = {"refused": True, "decided_by": people, "question": gate.digest}
    services().register.complete(
        case_id,
        STATEMENT,
        receipt=facts,
        record=Record(STATEMENT, "", facts, actor=", ".join(people)),
        move=(CaseState.REFUSED, f"decided at gate by {', '.join(people)}"),
        actor=", ".join(people),
        outcome="refused",
    )


def _decided(case_id: str, decision: Decision) -> GateEntry | None:
    """The newest question that was decided so."""
    gates = reversed(services().register.gates(case_id, kind=Gate.STATEMENT))
    return next((one for one in gates if one.outcome is decision), None)


def _facts(case_id: str, terms: Statement | None) -> Facts:
    return {"case": case_id, "statement": "" if terms is None else _keyed(case_id, terms)}


def _told(keyed: str, terms: Statement) -> Facts:
    """What evidence says of terms: names of our contracts, no value."""
    fields = sorted({change.field for change in terms.changes})
    return {"statement": keyed, "fields": fields, "supplement": bool(terms.supplement.strip())}


def _listed(terms: Statement) -> str:
    """The terms without a value."""
    fields = "".join(f"\n- `{change.field}`" + (", one value of it" if change.was else "") for change in terms.changes)
    return fields + ("\n- a supplementary statement" if terms.supplement.strip() else "")


def _keyed(case_id: str, terms: Statement) -> str:
    """A keyed digest: equal terms of two cases do not look alike."""
    words = canonical({"case": case_id, "terms": terms.model_dump(mode="json")})
    return hmac.digest(services().pseudonym_key(), b"terms:" + words, hashlib.sha256).hex()
