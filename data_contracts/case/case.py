"""The life of a case: what may follow what, and the shapes that tell of it.

A case is our record of handling one request (Art. 12). Its ``case_id`` is all that travels between flows and
tasks; what the data subject wrote is sealed in the vault. Every move is a row with its time, cause and actor.

>>> may_move(CaseState.RECEIVED, CaseState.ACKNOWLEDGED)
True
>>> may_move(CaseState.RECEIVED, CaseState.ACTING)
False
"""

from dataclasses import dataclass
from datetime import date, datetime

from data_contracts.vocabulary import CaseState, Channel, Right

_S = CaseState

MOVES: dict[CaseState, frozenset[CaseState]] = {
    _S.RECEIVED: frozenset({_S.ACKNOWLEDGED, _S.WITHDRAWN}),
    _S.ACKNOWLEDGED: frozenset({_S.IDENTITY_ASKED, _S.IDENTITY_VERIFIED, _S.IDENTITY_FAILED, _S.WITHDRAWN}),
    _S.IDENTITY_ASKED: frozenset({_S.IDENTITY_ASKED, _S.IDENTITY_VERIFIED, _S.IDENTITY_FAILED, _S.WITHDRAWN}),
    # Only a verified request is linked to another one: a stranger's must neither learn of a case nor be answered by it.
    _S.IDENTITY_VERIFIED: frozenset({_S.LOCATED, _S.WITHDRAWN, _S.REFUSED, _S.REFERRED, _S.DUPLICATE}),
    _S.IDENTITY_FAILED: frozenset({_S.SUBJECT_TOLD}),
    _S.LOCATED: frozenset({_S.PLANNED, _S.WITHDRAWN, _S.REFUSED, _S.REFERRED}),
    # A plan that changed before it was acted on is located and planned again (law 5).
    _S.PLANNED: frozenset({_S.LOCATED, _S.APPROVED, _S.REFUSED, _S.WITHDRAWN, _S.REFERRED}),
    # The look before acting may reach several people, and nobody can tell whose data these are (law 8).
    _S.APPROVED: frozenset({_S.LOCATED, _S.ACTING, _S.REFUSED, _S.WITHDRAWN}),
    _S.ACTING: frozenset({_S.VERIFIED}),
    _S.VERIFIED: frozenset({_S.RECIPIENTS_TOLD, _S.SUBJECT_TOLD}),
    _S.RECIPIENTS_TOLD: frozenset({_S.SUBJECT_TOLD}),
    _S.REFUSED: frozenset({_S.SUBJECT_TOLD}),
    _S.REFERRED: frozenset({_S.SUBJECT_TOLD}),
    _S.WITHDRAWN: frozenset({_S.ARCHIVED}),
    _S.DUPLICATE: frozenset({_S.ARCHIVED}),
    _S.SUBJECT_TOLD: frozenset({_S.ARCHIVED}),
    _S.ARCHIVED: frozenset({_S.PURGED}),
    _S.PURGED: frozenset(),
}
"""The one table of allowed moves."""

_IN_HAND = frozenset(CaseState) - {_S.ARCHIVED, _S.PURGED, _S.PUT_BACK}
# A register that was put back may know any case where it stood at any time before it was answered.
MOVES |= {state: MOVES[state] | {_S.PUT_BACK} for state in _IN_HAND} | {_S.PUT_BACK: frozenset({_S.ARCHIVED})}

ENDED = frozenset({CaseState.ARCHIVED, CaseState.PURGED})
"""States in which nothing is left to do for the data subject."""


def may_move(origin: CaseState, to: CaseState) -> bool:
    """Whether a case that stands at ``origin`` may go to ``to``."""
    return to in MOVES[origin]


@dataclass(frozen=True, slots=True)
class NewCase:
    """What is registered before anything else can fail (charter P3).

    Attributes:
        received_at: the moment of receipt, aware; the law's clock runs from its local day (Art. 12(3)).
        response_due: the last day to answer, computed from ``received_at``.
        request_key: makes registering idempotent: the same key gives the same case.
    """

    right: Right
    channel: Channel
    language: str
    received_at: datetime
    response_due: date
    request_key: str


@dataclass(frozen=True, slots=True)
class Case:
    """A case as the register holds it; free of personal data."""

    case_id: str
    right: Right
    channel: Channel
    language: str
    state: CaseState
    outcome: str
    """How it ended or will end: ``granted``, ``granted_in_part``, ``refused``, ``identity_failed``,
    ``nothing_found``, ``withdrawn``, ``referred``, ``duplicate``; empty while open."""
    received_at: datetime
    response_due: date
    opened_at: datetime
    closed_at: datetime | None
    is_extended: bool = False
    """The data subject was told of two more months, with reasons (Art. 12(3))."""
    linked_to: str = ""
    """The case that a duplicate is handled in."""

    @property
    def awaits_proof(self) -> bool:
        """Whether a proof of identity is awaited. Whether the clock stands still: ``tasks.case.clock``."""
        return self.state is CaseState.IDENTITY_ASKED

    @property
    def is_ended(self) -> bool:
        """Whether nothing is left to do for the data subject."""
        return self.state in ENDED


@dataclass(frozen=True, slots=True)
class CaseChange:
    """Facts of a case that a step changes in the transaction of its receipt; what is not given stays.

    Attributes:
        response_due: the new last day to answer, after a pause or an extension.
        is_extended: the data subject was told of an extension.
        linked_to: the case that a duplicate is handled in.
    """

    response_due: date | None = None
    is_extended: bool = False
    linked_to: str = ""


NO_CHANGE = CaseChange()
"""What most steps change of a case's facts."""


@dataclass(frozen=True, slots=True)
class Move:
    """One row of a case's timeline."""

    case_id: str
    seq: int
    at: datetime
    origin: CaseState | None
    to: CaseState
    cause: str
    actor: str
