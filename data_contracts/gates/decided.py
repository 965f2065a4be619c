"""A decision at a gate as it is signed, and what is wrong when rows of the register say something else (law 5).

The process that checked the second factor signs one record for each answer: case, gate, subject, the question's digest
and its moment, operator, roles, decision, reason digest, reference, time, how many people are needed, and what it
decides. That record is the decision. The register's rows are a copy to search in; they count only as far as the records
carry them:

1. each answer of a gate is one signed record, about this case, gate, subject, question and opening;
2. each signed record is one answer: none was taken away;
3. the outcome, and its reference, are those that the last signed record decides;
4. as many people as were needed when they answered gave the answer that decides;
5. how many people and which roles the gate asks for are what they were when they answered.

A record that an earlier version signed tells less; what it does not tell is not compared.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from data_contracts.evidence.records import Facts, Record
from data_contracts.gates.gates import DecisionFault, GateAnswer, GateEntry
from data_contracts.vocabulary import Decision

DECISION_STEPS: Final = "gate."
"""Steps of the records that are decisions begin so; the gate's kind follows."""

AT_ONCE: Final = frozenset({Decision.REFUSE, Decision.ASK_MORE, Decision.RETRY})
"""Answers for which one person is enough, whatever the rule: they disclose and change nothing."""

SOFTWARE: Final = "rightsflow"
"""Who decided, where the law or a rule of ours did."""
SOFTWARE_PROOF: Final = "register"
"""How the software proves itself, which answers by rules of its own: by the register's state, not by a code."""

_UNSIGNED: Final = "an answer in the register was not signed for this gate, question and operator"
_TAKEN_AWAY: Final = "an answer that was signed is not in the register"
_OTHER_OUTCOME: Final = "its outcome in the register is not what the signed answers decide"
_TOO_FEW: Final = "fewer people have answered than are needed"
_OTHER_RULE: Final = "it asks for other people than when it was answered"


@dataclass(frozen=True, slots=True)
class SignedAnswer:
    """What one verified record says.

    Attributes:
        seq: the record's number in the case's evidence.
        facts: the record's, as signed.
    """

    seq: int
    facts: Mapping[str, Any]

    @property
    def question(self) -> tuple[str, str, str]:
        """Gate, subject and the question's digest."""
        return self.facts["gate"], self.facts.get("subject", ""), self.facts["question"]

    @property
    def outcome(self) -> str:
        """What the gate's outcome is from this answer on; empty while more people are needed."""
        # Software, which answers alone, did not say so in earlier versions.
        return str(self.facts.get("outcome", self.facts["decision"]))


def decision_record(entry: GateEntry, answer: GateAnswer, *, outcome: Decision | None, also: Facts) -> Record:
    """The record that is the decision.

    Args:
        entry: the gate as it stands, which the answer is for.
        answer: of a person, proven just before, or of the software.
        outcome: what the answer decides; None while more people are needed.
        also: more facts for whoever reads the evidence.
    """
    facts: dict[str, Any] = {
        **also,
        **_facts_of(answer),
        "gate": entry.gate.value,
        "subject": entry.subject,
        "question": entry.digest,
        "shown": entry.description,
        "opened": _moment(entry.opened_at),
        "people_needed": entry.people,
        "roles": [role.value for role in entry.roles],
        "operator_roles": [role.value for role in answer.roles],
        "outcome": outcome.value if outcome else "",
    }
    return Record(f"{DECISION_STEPS}{entry.gate.value}", "", facts, actor=answer.operator)


def is_decided_by_nobody(record: Record) -> bool:
    """Whether a record says that something was approved and names neither a person nor the software's rule.

    No such record is ever signed.
    """
    by = record.facts.get("decided_by", record.facts.get("by", SOFTWARE))
    return record.facts.get("approved") is True and not by


def signed_answer(case_id: str, predicate: Mapping[str, Any]) -> SignedAnswer | None:
    """The decision that a verified record tells; None for one of another case, or of another step."""
    step, facts = str(predicate["step"]), predicate["facts"]
    if predicate["case"] != case_id or step != f"{DECISION_STEPS}{facts.get('gate')}":
        return None
    return SignedAnswer(predicate["seq"], {"operator": predicate["actor"], **facts})


def decision_faults(
    case_id: str, entries: Sequence[GateEntry], signed: Sequence[SignedAnswer]
) -> Iterator[DecisionFault]:
    """What is wrong with gates of one case, one fault for each question; none when the records carry every row.

    Args:
        case_id: theirs.
        entries: every gate of the case, or every one of some kinds and subjects, oldest first.
        signed: every decision in the case's evidence, verified; about those kinds and subjects.
    """
    asked: dict[tuple[str, str, str], list[GateEntry]] = defaultdict(list)
    said: dict[tuple[str, str, str], list[SignedAnswer]] = defaultdict(list)
    for entry in entries:
        asked[entry.gate.value, entry.subject, entry.digest].append(entry)
    for one in {one.seq: one for one in signed}.values():
        said[one.question].append(one)
    for question in dict.fromkeys([*asked, *said]):
        what = _fault(asked[question], said[question])
        if what:
            gate, subject, _ = question
            yield DecisionFault(case_id, f"{gate} {subject}".rstrip(), what)


def _fault(entries: Sequence[GateEntry], signed: Sequence[SignedAnswer]) -> str:
    """What is wrong with the gates that asked one question; empty when nothing is."""
    left = list(signed)
    for entry in entries:
        carried = []
        for answer in entry.answers:
            record = next((one for one in left if _carries(one, entry, answer)), None)
            if record is None:
                return _UNSIGNED
            left.remove(record)
            carried.append(record)
        what = _outcome_fault(entry, carried)
        if what:
            return what
    return _TAKEN_AWAY if left else ""


def _carries(record: SignedAnswer, entry: GateEntry, answer: GateAnswer) -> bool:
    wanted = {**_facts_of(answer), "opened": _moment(entry.opened_at)}
    return all(record.facts.get(name, value) == value for name, value in wanted.items())


def _outcome_fault(entry: GateEntry, carried: Sequence[SignedAnswer]) -> str:
    decided = carried[-1].outcome if carried else ""
    # The reference of who decides is the gate's.
    stored = (entry.outcome.value if entry.outcome else "", entry.reference)
    if stored != (decided, entry.answers[-1].reference if decided else ""):
        return _OTHER_OUTCOME
    rule = {"people_needed": entry.people, "roles": [role.value for role in entry.roles]}
    if any(one.facts.get(name, value) != value for one in carried for name, value in rule.items()):
        return _OTHER_RULE
    agreeing = {one.facts["operator"] for one in carried if one.facts["decision"] == decided}
    is_enough = not decided or decided in AT_ONCE or len(agreeing) >= entry.people
    return "" if is_enough or _is_software(carried[-1]) else _TOO_FEW


def _is_software(record: SignedAnswer) -> bool:
    return bool(record.facts.get("proof", SOFTWARE_PROOF) == SOFTWARE_PROOF)


def _facts_of(answer: GateAnswer) -> dict[str, str]:
    return {
        "operator": answer.operator,
        "decision": answer.decision.value,
        "at": _moment(answer.at),
        "proof": answer.proof,
        "reason": answer.reason_digest,
        "reference": answer.reference,
    }


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
