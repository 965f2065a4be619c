"""Which flow carries out which right; a right without a flow is an honest error, never a pretence."""

from collections.abc import Callable, Mapping

from data_contracts.case.case import Case
from data_contracts.errors import SettingsInvalid
from data_contracts.vocabulary import Right
from flows.rights import access as _access
from flows.rights import erasure as _erasure
from flows.rights import objection as _objection
from flows.rights import portability as _portability
from flows.rights import rectification as _rectification
from flows.rights import restriction as _restriction
from flows.runs.gates import WaitingForPerson
from flows.runs.leases import carrying
from flows.runs.turns import wake_next
from tasks.steps.step import guarded

LIVES: Mapping[Right, Callable[[str], str]] = {
    Right.ACCESS: _access.carry_out,
    Right.ERASURE: _erasure.carry_out,
    Right.PORTABILITY: _portability.carry_out,
    Right.RESTRICTION: _restriction.carry_out,
    Right.RECTIFICATION: _rectification.carry_out,
    Right.OBJECTION: _objection.carry_out,
}


def require_flow(right: Right) -> Callable[[str], str]:
    """The life of a case of that right.

    Raises:
        SettingsInvalid: when this version has no flow for the right.
    """
    if right not in LIVES:
        carried = ", ".join(known.value for known in LIVES)
        raise SettingsInvalid(
            f"this version does not carry out {right.value}", remedy=f"handle it by hand; carried out are: {carried}"
        )
    return LIVES[right]


def carry_on(case: Case) -> WaitingForPerson | None:
    """Carry a case on in this process until it ends or waits for a person; returns what it waits for."""
    try:
        with carrying(case.case_id):
            guarded(require_flow(case.right), case.right.value)(case.case_id)
    except WaitingForPerson as waiting:
        return waiting
    wake_next(case.case_id)
    return None


__all__ = ["LIVES", "carry_on", "require_flow"]
