"""The confirmation that an act takes, and the receipts that it stands on (law 14).

1. People approve a plan at a gate: receipt ``approve`` names the digest of that plan.
2. The plan is looked at again and still holds: receipt ``confirm`` names the same digest.
3. :mod:`tasks.case.plans` reads these receipts and makes a :class:`Confirmed`; an act takes it as an argument.
4. The act's claim reads the receipts and the case's state once more, in the transaction of the claim.

What is pickled is no proof: the fourth step decides, whatever an object says of itself.

>>> is_covered(
...     "d1", {"plan": {"digest": "d1"}, "approve": {"approved": True, "plan": "d1"}, "confirm": {"digest": "d1"}}
... )
True
>>> is_covered("d1", {"plan": {"digest": "d1"}, "approve": {"approved": False, "plan": "d1"}})
False
"""

from collections.abc import Mapping
from dataclasses import InitVar, dataclass
from typing import Final

from data_contracts.case.confirming import MARK
from data_contracts.errors import ActRefused
from data_contracts.vocabulary import CaseState

OF_PLAN: Final = ""
OF_LIFTING: Final = "lift"
OF_RESTORING: Final = "restore"
"""What is confirmed: the plan, that its restriction is lifted (Art. 18(3)), or that what was erased is given back."""

RECEIPTS: Final[Mapping[str, tuple[str, ...]]] = {
    OF_PLAN: ("plan", "approve", "confirm"),
    OF_LIFTING: ("confirm",),
    OF_RESTORING: ("confirm",),
}
"""Steps whose receipts an act stands on, by what is confirmed."""

ACTED: Final[Mapping[str, frozenset[CaseState]]] = {
    OF_PLAN: frozenset({CaseState.VERIFIED, CaseState.RECIPIENTS_TOLD}),
    OF_LIFTING: frozenset({CaseState.ARCHIVED}),
    OF_RESTORING: frozenset({CaseState.ARCHIVED}),
}
"""Where a case stands of which can be told, sent or noted what was done, by what was confirmed."""

_NAMES_IT: Final = {"plan": "digest", "approve": "plan", "confirm": "digest"}


@dataclass(frozen=True, slots=True)
class Confirmed:
    """That people approved what an act carries out, and that it still held when it was looked at again.

    Attributes:
        case_id: the case that it is for, and no other.
        digest: of the plan, or of the question about lifting or giving back.
        subject: :data:`OF_PLAN`, :data:`OF_LIFTING`, :data:`OF_RESTORING`; the ``system`` of the receipts.
        mark: shows that :mod:`tasks.case.plans` makes it.
    """

    case_id: str
    digest: str
    subject: str = OF_PLAN
    mark: InitVar[object] = None

    def __post_init__(self, mark: object) -> None:
        """Refuse to be made by anybody else.

        Raises:
            ActRefused: when the mark is not there.
        """
        if mark is not MARK:
            raise ActRefused(
                "only the confirmation of an approved plan lets a case act",
                where=self.case_id,
                remedy="take it from tasks.case.plans.confirmed",
            )


def is_covered(digest: str, receipts: Mapping[str, Mapping[str, object]], subject: str = OF_PLAN) -> bool:
    """Whether the receipts of finished steps say that this very digest was approved and confirmed.

    A receipt that names no digest was written by a version that kept it in the plan's receipt alone; it is taken back
    together with the plan, so it belongs to the plan that is there.

    Args:
        digest: of what an act carries out.
        receipts: by step; a step that is not finished has none.
        subject: what is confirmed.
    """
    if not digest or not all(name in receipts for name in RECEIPTS[subject]):
        return False
    is_same = all(receipt.get(_NAMES_IT[name], digest) == digest for name, receipt in receipts.items())
    return is_same and receipts.get("approve", {}).get("approved", True) is True
