"""Gates: open one for people, and take in what a proven person answers (law 5).

The order, for every answer, wherever it was typed (Prefect form, command line):

1. the person's standing: in force, with the role, not locked out, not the one who already answered;
2. the proof: a TOTP code (RFC 6238), each code once;
3. the answer: offered at this gate, with its reason or reference;
4. the decision: in the register with its evidence, in one transaction.

What fails is told at the gate and the gate stays open. A wrong code counts towards the lock-out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from data_contracts.case.legible import is_letter, is_line
from data_contracts.errors import AnswerRefused
from data_contracts.evidence.records import Facts, digest
from data_contracts.gates.decided import SOFTWARE, SOFTWARE_PROOF
from data_contracts.gates.gates import GateAnswer, GateEntry
from data_contracts.gates.operators import Operator
from data_contracts.vocabulary import Decision, Gate, Sensitivity
from tasks.case.accounts import shown_at
from tasks.case.clock import pauses_of, today
from tasks.case.leavers import counted, leavers_at, named_before, question_digest
from tasks.case.parts import reason_name
from tasks.gates.identity_ways import ways_of
from tasks.gates.operators import prove_operator, prove_person
from tasks.rules.clock.extension import check_reason
from tasks.rules.people.eligibility import check_proof_came, method_of, proof_came_on
from tasks.rules.people.gates import check_answer, check_standing, outcome_of, people_needed, rule_for
from tasks.rules.people.leavers import said_of
from tasks.rules.people.refusals import check_ground
from tasks.rules.people.requesters import check_capacity, requester_at
from tasks.rules.search.accounts import check_chosen
from tasks.services import services
from tasks.steps.matters import matter_of


@dataclass(frozen=True, slots=True)
class Question:
    """What people are asked at a gate.

    Attributes:
        description: Markdown without personal data.
        facts: what the digest is made of; the same facts are the same question.
    """

    gate: Gate
    description: str
    facts: object
    options: tuple[Decision, ...]
    subject: str = ""
    sensitivity: Sensitivity = Sensitivity.PUBLIC


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody typed at a gate."""

    operator: str
    decision: Decision
    code: str = field(default="", repr=False)
    reason: str = field(default="", repr=False)
    reference: str = ""


def open_gate(case_id: str, question: Question) -> GateEntry:
    """The gate for this question: a new one, or the one that is open or was answered for the same facts."""
    provided = services()
    rule = rule_for(provided.policy, matter_of(case_id), question.gate)
    return provided.register.open_gate(
        GateEntry(
            case_id=case_id,
            gate=question.gate,
            subject=question.subject,
            digest=question_digest(case_id, question.gate, question.facts),
            description=question.description + named_before(case_id),
            options=question.options,
            roles=tuple(rule.roles),
            people=people_needed(rule, question.sensitivity),
            opened_at=provided.now(),
            outcome=None,
            reference="",
        )
    )


def answer_gate(entry: GateEntry, answer: Answer, *, local_account: str = "") -> GateEntry:
    """Take an answer in; the gate as it stands afterwards.

    Args:
        entry: the gate, as shown to the person.
        answer: what was typed.
        local_account: name of the operating system's account, where that is the proof instead of a code.

    Raises:
        AnswerRefused: with the reason; the gate stays open and shows it.
    """
    provided, entry = services(), under_policy(entry)
    try:
        operator, proof = prove_operator(entry, answer.operator, code=answer.code, local_account=local_account)
        check_answer_to(entry, answer)
    except AnswerRefused as refused:
        provided.register.note_gate(entry, f"{provided.now():%Y-%m-%d %H:%M:%S} UTC: {refused}")
        raise
    return take_in(entry, answer, operator, proof)


def answer_as_proven(entry: GateEntry, answer: Answer, *, proof: str) -> GateEntry:
    """Take in the answer of somebody whom :func:`prove_person` proved just before; the gate as it stands afterwards.

    Raises:
        AnswerRefused: when they may not answer this gate, or not so.
    """
    provided, entry = services(), under_policy(entry)
    operator = check_standing(provided.register.operator(answer.operator), entry, provided.now())
    check_answer_to(entry, answer)
    return take_in(entry, answer, operator, proof)


def answer_by_rule(entry: GateEntry, decision: Decision, *, reference: str = "", also: Facts | None = None) -> None:
    """Answer a gate as the software, which decides alone by a rule of the law or of ours.

    Args:
        entry: the gate.
        decision: what the rule says.
        reference: the ground, where the decision needs one.
        also: what evidence tells of why.

    Raises:
        AnswerRefused: when another process, or a person, was first.
    """
    provided = services()
    given = GateAnswer(SOFTWARE, decision, provided.now(), SOFTWARE_PROOF, reason_digest="", reference=reference)
    provided.register.answer_gate(entry, given, outcome=decision, also=also or {})


def prove_for(case_id: str, gate: Gate, name: str, code: str, *, what: str) -> str:
    """The name of a person, proven by a code, who may answer gates of a kind and does something else for the case.

    Raises:
        AnswerRefused: when they may not, or the code is not theirs.
        CaseUnknown: when there is no such case.
    """
    rule = rule_for(services().policy, matter_of(case_id), gate)
    return prove_person(name, code, roles=rule.roles, where=case_id, what=what)


def check_answer_to(entry: GateEntry, answer: Answer) -> None:
    """That an answer says what it must at that gate; who answers, and how we know, is looked at elsewhere.

    Raises:
        AnswerRefused: with the reason.
    """
    for name, can_be in (("reason", is_letter(answer.reason)), ("reference", is_line(answer.reference))):
        if not can_be:
            raise AnswerRefused(
                f"the {name} holds a control sign or half a character", where=name, remedy="type it again"
            )
    check_answer(entry, answer.decision, reason=answer.reason, reference=answer.reference)
    check_chosen(entry.gate, answer.decision, answer.reference, shown_at(entry))
    _check_method(entry, answer)
    _check_ground(entry, answer)


def under_policy(entry: GateEntry) -> GateEntry:
    """The gate, as strict as the policy asks today: its row in the register could have been made to ask for less."""
    rule = rule_for(services().policy, matter_of(entry.case_id), entry.gate)
    roles = tuple(role for role in entry.roles if role in rule.roles)
    return replace(entry, roles=roles, people=max(entry.people, rule.people))


def take_in(
    entry: GateEntry, answer: Answer, operator: Operator, proof: str, *, also: Facts | None = None
) -> GateEntry:
    """Record the checked answer of a proven person, signed; the gate as it stands afterwards.

    Args:
        entry: the gate.
        answer: what was decided.
        operator: who was proven just before.
        proof: how.
        also: more facts for the record.
    """
    provided = services()
    given = GateAnswer(
        operator=operator.name,
        decision=answer.decision,
        at=provided.now(),
        proof=proof,
        reason_digest=_sealed_reason(entry, answer.reason),
        reference=answer.reference.strip(),
        roles=operator.roles,
    )
    lost = leavers_at(entry)
    outcome = outcome_of((*counted(entry).answers, given), entry.people)
    told: Facts = {"left": [said_of(one) for one in lost]} if lost else {}
    answered = provided.register.answer_gate(entry, given, outcome=outcome, also={**(also or {}), **told})
    if lost and outcome is None:
        provided.register.note_gate(answered, ". ".join(said_of(one) for one in lost))
    return answered


def _check_method(entry: GateEntry, answer: Answer) -> None:
    """Who approves identity (Art. 12(6)) or a capacity (LIL Art. 85) says how it was shown, and it is enough."""
    if entry.gate not in {Gate.IDENTITY, Gate.REQUESTER} or answer.decision is not Decision.APPROVE:
        return
    provided = services()
    case = provided.register.case(entry.case_id)
    if entry.gate is Gate.REQUESTER:
        check_capacity(provided.policy, requester_at(entry.subject), case.right, answer.reference, before=entry.answers)
        return
    ways = ways_of(entry.case_id)
    if method_of(answer.reference) not in ways:
        raise AnswerRefused(
            "the way identity was checked is not enough for this right",
            where="reference",
            remedy=f"name one of: {', '.join(ways)}",
        )
    pauses = pauses_of(case)
    asked_on = pauses[-1].asked_on if pauses else None
    check_proof_came(proof_came_on(answer.reference.strip()), asked_on=asked_on, today=today())


def _check_ground(entry: GateEntry, answer: Answer) -> None:
    """Art. 12(4), 12(3): a refusal names a ground of the law, or none; more time one of the two that there are."""
    check_ground(entry.gate, matter_of(entry.case_id), decision=answer.decision, ground=answer.reference.strip())
    if entry.gate is Gate.EXTENSION and answer.decision is Decision.APPROVE:
        check_reason(answer.reference.strip(), answer.reason)


def _sealed_reason(entry: GateEntry, reason: str) -> str:
    if not reason.strip():
        return ""
    text = reason.strip().encode()
    with services().vault.write(entry.case_id, reason_name(entry.gate, entry.subject, len(entry.answers))) as blob:
        blob.write(text)
    return digest(text)


def deciding_people(entry: GateEntry) -> Sequence[str]:
    """Names of the operators whose answers made the outcome."""
    return [answer.operator for answer in entry.answers if answer.decision is entry.outcome]
