"""After acting, look again: what was counted is judged, and people decide about what is not as planned (law 7)."""

from collections.abc import Sequence

from data_contracts.errors import ActUnproven
from data_contracts.evidence import Record
from data_contracts.plan import Remaining, TablePath
from data_contracts.vocabulary import CaseState
from tasks.services import services

ACT_STEPS = ("erase", "change")
"""Steps that act on systems; acting again forgets that they were done."""
_ACT_AGAIN = "act again"


def judge_act(case_id: str, proof: Sequence[Remaining], expected: Sequence[TablePath]) -> int:
    """That nothing remains but what an exemption keeps; the number of counts that show it.

    Args:
        case_id: the case.
        proof: what was counted after acting.
        expected: tables that must have their line.

    Raises:
        ActUnproven: when something else remains; the failures are named by system, table and check.
    """
    provided = services()
    verdict = provided.judge.judge(proof, expected)
    if not verdict.proven:
        raise ActUnproven(
            f"what remains is not what the plan keeps ({'; '.join(verdict.failures)})",
            where=case_id,
            remedy="answer the gate mismatch: act again, or handled by hand with its reference",
        )
    lines = [
        f"{p.system}.{p.table} {p.check}: {p.remaining} remain, {p.kept} kept{f' by {p.hold}' if p.hold else ''}"
        for p in proof
    ]
    right = provided.register.case(case_id).right
    provided.register.complete(
        case_id,
        "prove",
        receipt={"counts": len(proof), "checker": verdict.checker},
        record=Record("prove", "", {"proven": True, "checker": verdict.checker, "counts": lines}),
        move=(CaseState.VERIFIED, f"{right.value} proven"),
    )
    return len(proof)


def nothing_to_prove(case_id: str) -> int:
    """Go on where the approved plan changes nothing that the software can look at; always 0.

    A judge calls an empty proof unproven. Here it is empty because nothing was ordered, and the evidence says so.
    """
    services().register.complete(
        case_id,
        "prove",
        receipt={"counts": 0},
        record=Record("prove", "", {"proven": True, "ordered": "nothing", "counts": []}),
        move=(CaseState.VERIFIED, "nothing was ordered"),
    )
    return 0


def record_by_hand(case_id: str, reference: str, failures: str) -> None:
    """Note that a person finished what could not be proven, with the person's reference."""
    services().register.complete(
        case_id,
        "prove",
        receipt={"by_hand": reference},
        record=Record("prove", "", {"proven": False, "by_hand": reference, "failures": failures}),
        move=(CaseState.VERIFIED, "finished by hand"),
    )


def is_proven(case_id: str) -> bool:
    """Whether the software proved what was done; False where a person finished it by hand, or nothing was done yet."""
    entry = services().register.step(case_id, "prove")
    return entry is not None and entry.state == "done" and "by_hand" not in entry.receipt


def times_acted_again(case_id: str) -> int:
    """How often people had the case acted on again; tells one question at the gate from the next."""
    return sum(1 for name, _ in services().register.steps(case_id) if name == _ACT_AGAIN)


def act_again(case_id: str) -> None:
    """Forget that the systems were acted on, so that they are acted on again from the sealed keys.

    Were the process killed in between, the systems are acted on and the answer at the gate is carried out once more.
    """
    register, number = services().register, times_acted_again(case_id)
    register.reopen(case_id, ACT_STEPS, Record(_ACT_AGAIN, "", {"why": "unproven"}), None)
    register.complete(case_id, _ACT_AGAIN, str(number), receipt={}, record=None)
