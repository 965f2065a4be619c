"""After acting, look again: what was counted is judged, and people decide about what is not as planned (law 7).

Whatever a person answered, the systems are looked at once more: *by hand* is no proof where the software can look.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from data_contracts.case.plan import COPIES, UNDECLARED, Remaining, TablePath
from data_contracts.case.verdicts import Conclusion, Findings, StayGround, Staying, conclusion_of, staying_of
from data_contracts.connectors.recovering import ENDED, TIME_OVER
from data_contracts.errors import ActUnproven
from data_contracts.evidence.records import Facts, Record
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import CaseState
from tasks.gates.gates import deciding_people
from tasks.services import services

ACT_STEPS = ("erase", "change")
"""Steps that act on systems; acting again forgets that they were done."""
_ACT_AGAIN = "act again"
_LOOK_AGAIN = "done by hand"
_STAYS = "stays"
_APPROVE = "approve"
PROVE = "prove"
"""The step that looks again."""
_BEFORE: Final = {UNDECLARED: StayGround.UNDECLARED, COPIES: StayGround.COPIES}
"""Why something stays that people saw before they approved, by the check that counted it."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was counted after acting.

    Attributes:
        lines: the counts.
        expected: tables that must have a line.
        told: systems that a person handled and that cannot be looked at, with the person's reference.
        not_looked: places that the witness could not look at, each with a code of why.
        copies: of what was erased, sealed by us for a while.
    """

    lines: Sequence[Remaining]
    expected: Sequence[TablePath]
    told: Mapping[str, str]
    not_looked: Sequence[tuple[str, str]] = ()
    copies: Sequence[Staying] = ()


def judge_act(case_id: str, proof: Proof) -> int:
    """Conclude how far the act is proven; the number of counts that show it.

    Raises:
        ActUnproven: when something remains that neither the plan nor a person keeps; each by system, place and check.
    """
    provided = services()
    decided = _decided(case_id)
    lines = [_accepted(line, decided) for line in proof.lines]
    verdict = provided.judge.judge(lines, proof.expected)
    if not verdict.proven:
        raise _unproven(case_id, verdict.failures, lines)
    findings = Findings(
        staying=(*(one for line in proof.lines for one in _staying(case_id, line, decided)), *proof.copies),
        told=proof.told,
        not_looked=tuple(proof.not_looked),
    )
    shown = [
        f"{p.system}.{p.table} {p.check}: {p.remaining} remain, {p.kept} kept{f' by {p.hold}' if p.hold else ''}"
        for p in lines
    ]
    right, said = provided.register.case(case_id).right, findings.facts()
    is_proven = findings.conclusion is Conclusion.PROVEN
    facts: Facts = {"proven": is_proven, "checker": verdict.checker, "counts": shown, **said}
    provided.register.complete(
        case_id,
        PROVE,
        receipt={"counts": len(lines), "checker": verdict.checker, **said},
        record=Record(PROVE, "", facts),
        move=(CaseState.VERIFIED, f"{right.value}: {findings.conclusion.value.replace('_', ' ')}"),
    )
    return len(lines)


def _unproven(case_id: str, failures: Sequence[str], lines: Sequence[Remaining]) -> ActUnproven:
    remains = [(p.system, p.table, p.check, p.remaining - p.kept) for p in lines if p.remaining != p.kept]
    counted = {f"{system}.{place}: {check}": rows for system, place, check, rows in remains}
    told = [f"{one} ({counted[one]} rows)" if one in counted else one for one in failures]
    return ActUnproven(
        f"what remains is not what the plan keeps ({'; '.join(told)})",
        where=case_id,
        remedy="answer the gate mismatch: act again, finish it by hand and have it looked at, or say why it stays",
        remains=remains,
    )


# --- what people decided about what remains -----------------------------------------------------------------------


def note_staying(case_id: str, gate: GateEntry, remains: Sequence[tuple[str, str, str, int]]) -> None:
    """Note that people decided that what remains stays, and why."""
    people, number = list(deciding_people(gate)), _times(case_id, _STAYS)
    receipt = {"remains": [list(one) for one in remains], "why": gate.reference, "by": people}
    record = Record(_STAYS, "", {**receipt, "question": gate.digest}, actor=", ".join(people))  # type: ignore[dict-item]  # JSON
    services().register.complete(case_id, _STAYS, str(number), receipt=receipt, record=record, actor=", ".join(people))


def note_by_hand(case_id: str, gate: GateEntry) -> None:
    """Note that a person says to have finished it; the systems are looked at again."""
    people, number = list(deciding_people(gate)), _times(case_id, _LOOK_AGAIN)
    receipt: Facts = {"reference": gate.reference, "by": people}
    record = Record(_LOOK_AGAIN, "", receipt, actor=", ".join(people))
    services().register.complete(
        case_id, _LOOK_AGAIN, str(number), receipt=receipt, record=record, actor=", ".join(people)
    )


def _decided(case_id: str) -> dict[tuple[str, str, str], Staying]:
    """By system, place and check: how many rows people let stay, and why."""
    made: dict[tuple[str, str, str], Staying] = {}
    for (name, _), entry in sorted(services().register.steps(case_id).items()):
        if name != _STAYS or entry.state != "done":
            continue
        receipt: Mapping[str, Any] = entry.receipt
        for system, place, check, rows in receipt["remains"]:
            line = Remaining(system, place, check, rows, 0)
            made[system, place, check] = Staying(line, StayGround(receipt["why"]), tuple(receipt["by"]))
    return made


def _accepted(line: Remaining, decided: Mapping[tuple[str, str, str], Staying]) -> Remaining:
    stays = decided.get((line.system, line.table, line.check))
    excess = line.remaining - line.kept
    if stays is None or not 0 < excess <= stays.line.remaining:
        return line
    return replace(line, kept=line.remaining, hold=", ".join(filter(None, (line.hold, stays.why.value))))


def _staying(case_id: str, line: Remaining, decided: Mapping[tuple[str, str, str], Staying]) -> Iterator[Staying]:
    """What of the line stays beyond the plan's own grounds: as people saw it before, and as they said after."""
    if line.hold == StayGround.APPROVED and line.kept:
        approved = services().register.step(case_id, _APPROVE)
        by: Any = approved.receipt.get("decided_by", ()) if approved else ()
        seen = replace(line, remaining=line.kept, kept=0)
        yield Staying(seen, _BEFORE.get(line.check, StayGround.APPROVED), tuple(by))
    if _accepted(line, decided) != line:
        said = decided[line.system, line.table, line.check]
        yield Staying(line, said.why, said.by)


def nothing_to_prove(case_id: str, told: Mapping[str, str]) -> int:
    """Go on where the approved plan changes nothing that the software can look at; always 0.

    A judge calls an empty proof unproven. Here it is empty because nothing was ordered, and the evidence says so.

    Args:
        case_id: the case.
        told: systems that a person handled and that cannot be looked at, with the person's reference.
    """
    findings = Findings(told=told)
    said, is_proven = findings.facts(), findings.conclusion is Conclusion.PROVEN
    services().register.complete(
        case_id,
        PROVE,
        receipt={"counts": 0, **said},
        record=Record(PROVE, "", {"proven": is_proven, "ordered": "nothing", "counts": [], **said}),
        move=(CaseState.VERIFIED, "nothing was ordered"),
    )
    return 0


def conclusion(case_id: str) -> Conclusion | None:
    """How far what was done is proven; None before it was looked at."""
    receipt = _proof(case_id)
    if receipt is None:
        return None
    concluded = conclusion_of(receipt)
    # What alone stayed was the recovery copy, and its key is destroyed by now.
    is_closed = concluded is Conclusion.PROVEN_BUT_FOR and not staying(case_id)
    return Conclusion.PROVEN if is_closed else concluded


def is_proven(case_id: str) -> bool:
    """Whether the software looked again and found nothing but what the plan keeps, or what is named beside it."""
    return conclusion(case_id) in {Conclusion.PROVEN, Conclusion.PROVEN_BUT_FOR}


def staying(case_id: str) -> Sequence[Mapping[str, Any]]:
    """What stays that the plan does not keep, as the record says it: system, place, check, rows, why, by."""
    ended = services().register.step(case_id, ENDED)
    is_gone = ended is not None and ended.state == "done" and ended.receipt["cause"] == TIME_OVER
    found = staying_of(_proof(case_id) or {})
    return [one for one in found if not (is_gone and one["why"] == StayGround.RECOVERY)]


def not_looked_at(case_id: str) -> Sequence[tuple[str, str]]:
    """Places that nobody could look at, as the record says it, each with a code of why; empty before the proof."""
    return [(str(place), str(why)) for place, why in (_proof(case_id) or {}).get("not_looked", ())]


def told_by_people(case_id: str) -> Mapping[str, str]:
    """Systems of which a person said that it was done, and that nobody could look at, with the person's reference."""
    return dict((_proof(case_id) or {}).get("told", {}))


def _proof(case_id: str) -> Mapping[str, Any] | None:
    """The receipt of the proof; None while there is none."""
    entry = services().register.step(case_id, PROVE)
    return entry.receipt if entry is not None and entry.state == "done" else None


def times_acted_again(case_id: str) -> int:
    """How often people had the case acted on again; tells one question at the gate from the next."""
    return _times(case_id, _ACT_AGAIN)


def times_done_by_hand(case_id: str) -> int:
    """How often people said that they finished it; each time it is looked at again, and asked about anew."""
    return _times(case_id, _LOOK_AGAIN)


def act_again(case_id: str) -> None:
    """Forget that the systems were acted on, so that they are acted on again from the sealed keys.

    Were the process killed in between, the systems are acted on and the answer at the gate is carried out once more.
    """
    register, number = services().register, times_acted_again(case_id)
    register.reopen(case_id, ACT_STEPS, Record(_ACT_AGAIN, "", {"why": "unproven"}), None)
    register.complete(case_id, _ACT_AGAIN, str(number), receipt={}, record=None)


def _times(case_id: str, step: str) -> int:
    return sum(1 for name, _ in services().register.steps(case_id) if name == step)
