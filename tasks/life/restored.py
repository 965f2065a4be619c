"""Cases of a register that was put back: nobody knows what was done since, so that each waits for a person.

The ledger has a step for it: claimed while the case is held, done when a person looked. The person lets it go on, where
nothing was done since, or says how it had ended; then it is closed, and nobody is written to again.
"""

from collections.abc import Sequence
from typing import Final

from data_contracts.case.case import Case
from data_contracts.errors import RequestInvalid, StepFailed
from data_contracts.evidence.records import Facts, Record
from data_contracts.ports.restores import Noted
from data_contracts.vocabulary import CaseState
from tasks.life.archive import archive_evidence
from tasks.rules.people.gates import check_reference
from tasks.services import services

__all__ = ["OUTCOMES", "end_as_done", "hold", "is_held", "let_go_on", "lost_cases", "require_free", "signs_of", "since"]

_STEP: Final = "register put back"
"""In the ledger and in evidence; `restored` is the step of rows that were given back."""

OUTCOMES: Final = ("granted", "granted_in_part", "nothing_found", "refused", "referred", "identity_failed", "withdrawn")
"""How a case may have ended before the register was put back."""

_EFFECTS: Final = frozenset({"began", "handed over"})


def since(noted: Sequence[Noted]) -> list[Noted]:
    """What the register does not know of what its cases did.

    Args:
        noted: all of it, in the order done.
    """
    register = services().register
    known = register.records_of({one.case for one in noted})
    return [one for one in noted if _is_unknown(one, known.get(one.case))]


def _is_unknown(one: Noted, records: int | None) -> bool:
    if records is None or records != one.records:
        return records is None or records < one.records
    if one.what not in _EFFECTS:
        return False
    # Between two records of evidence: the ledger alone knows whether the effect was begun.
    entry = services().register.step(one.case, one.step, one.system)
    return entry is None or (one.what == "handed over" and entry.state == "claimed")


def lost_cases(done: Sequence[Noted]) -> list[str]:
    """Cases that did something and that the register does not know at all, in the order of their receipt."""
    names = dict.fromkeys(one.case for one in done)
    known = services().register.records_of(names.keys())
    return [name for name in names if name not in known]


def hold(case_id: str, done: Sequence[str] = ()) -> None:
    """Have a case wait for a person.

    Args:
        case_id: the case.
        done: what it did that the register does not know; evidence keeps it.
    """
    register = services().register
    register.claim(case_id, _STEP)  # what is not in the ledger is not reopened
    register.reopen(case_id, [_STEP], Record(_STEP, "", {"held": True, "done_since": list(done)}), None)
    register.claim(case_id, _STEP)


def is_held(case_id: str) -> bool:
    """Whether a case waits for a person to say what was done since, or to close what they said had ended."""
    register = services().register
    entry = register.step(case_id, _STEP)
    return entry is not None and (entry.state != "done" or register.case(case_id).state is CaseState.PUT_BACK)


def require_free(case_id: str) -> None:
    """Stop where a case is held.

    Raises:
        StepFailed: then.
    """
    if is_held(case_id):
        raise StepFailed(
            "the register was put back to an earlier state, and nobody has said what was done in the case since",
            where=case_id,
            remedy=f"look into its systems and at the mails that left; if nothing was done, run `rightsflow recover "
            f"{case_id} --as NAME --code CODE --reference REFERENCE`; if it was answered, add `--ended OUTCOME`",
        )


def let_go_on(case_id: str, *, operator: str, reference: str) -> None:
    """Let a held case go on: a person looked, and nothing was done that the register does not know.

    Raises:
        RequestInvalid: when it is not held.
    """
    _settle(case_id, {"by": operator, "reference": reference})


def end_as_done(case_id: str, outcome: str, *, operator: str, reference: str) -> str:
    """Close a held case that was answered before the register was put back: a person looked, and says how it ended.

    Returns:
        How it is closed: as was said when it broke off before; ``granted`` in part, where the register knows of more.

    Raises:
        RequestInvalid: when it is not held, or cases do not end so.
    """
    if outcome not in OUTCOMES:
        what, remedy = "cases do not end so", f"say one of {', '.join(OUTCOMES)}"
        raise RequestInvalid(what, where="--ended", remedy=remedy)
    if services().register.case(case_id).state is not CaseState.PUT_BACK:  # it broke off before it was closed
        _settle(case_id, {"by": operator, "reference": reference, "ended": outcome}, outcome)
    return archive_evidence(case_id, services().register.case(case_id).outcome)


def _settle(case_id: str, facts: Facts, outcome: str | None = None) -> None:
    register = services().register
    if not is_held(case_id):
        raise RequestInvalid("the case is not held", where=case_id, remedy="look at it with `rightsflow case`")
    if register.case(case_id).state is CaseState.PUT_BACK:
        remedy = f"close it: run `rightsflow recover {case_id} --ended OUTCOME` again"
        raise RequestInvalid("somebody said that the case had ended", where=case_id, remedy=remedy)
    check_reference(str(facts["reference"]))
    by = str(facts["by"])
    register.complete(
        case_id,
        _STEP,
        receipt={"reference": str(facts["reference"])},
        record=Record(_STEP, "", facts, actor=by),
        move=None if outcome is None else (CaseState.PUT_BACK, "the register was put back; it had been answered"),
        actor=by,
        outcome=outcome,
    )


def signs_of(case: Case) -> list[str]:
    """What the vault has of a case that the register does not know, or has no more; no personal data."""
    provided = services()
    names = list(provided.vault.names(case.case_id))
    known = {name for name, _ in provided.register.steps(case.case_id)}
    notices = {name.rpartition(".")[0] for name in names if name.startswith("notice.")}
    signs = [f"{name} was written" for name in sorted(notices - known)]
    return signs if names else ["nothing sealed is left: it was archived since"]
