"""Cases of a register that was put back: nobody knows what was done since, so that each waits for a person.

The ledger has a step for it: claimed while the case is held, done when a person looked and let it go on.
"""

from data_contracts.case import Case
from data_contracts.errors import RequestInvalid, StepFailed
from data_contracts.evidence import Record
from tasks.rules.gates import check_reference
from tasks.services import services

__all__ = ["hold", "is_held", "let_go_on", "require_free", "signs_of"]

_STEP = "register put back"
"""In the ledger and in evidence; `restored` is the step of rows that were given back."""


def hold(case_id: str) -> None:
    """Have a case wait for a person."""
    services().register.reopen(case_id, [_STEP], Record(_STEP, "", {"held": True}), None)
    services().register.claim(case_id, _STEP)


def is_held(case_id: str) -> bool:
    """Whether a case waits for a person to say what was done since."""
    entry = services().register.step(case_id, _STEP)
    return entry is not None and entry.state != "done"


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
            f"{case_id} --as NAME --code CODE --reference REFERENCE`",
        )


def let_go_on(case_id: str, *, operator: str, reference: str) -> None:
    """Let a held case go on: a person looked, and nothing was done that the register does not know.

    Raises:
        RequestInvalid: when it is not held.
    """
    if not is_held(case_id):
        raise RequestInvalid("the case is not held", where=case_id, remedy="look at it with `rightsflow case`")
    check_reference(reference)
    facts = {"by": operator, "reference": reference}
    services().register.complete(
        case_id, _STEP, receipt={"reference": reference}, record=Record(_STEP, "", facts, actor=operator)
    )


def signs_of(case: Case) -> list[str]:
    """What the vault has of a case that the register does not know, or has no more; no personal data."""
    provided = services()
    names = list(provided.vault.names(case.case_id))
    known = {name for name, _ in provided.register.steps(case.case_id)}
    notices = {name.rpartition(".")[0] for name in names if name.startswith("notice.")}
    signs = [f"{name} was written" for name in sorted(notices - known)]
    return signs if names else ["nothing sealed is left: it was archived since"]
