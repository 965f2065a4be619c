"""What people send through our pages, and what pages tell them: the shapes that the intake site talks in.

What a person typed is personal data and never logged. What is told about a case holds none: dates, states, codes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from data_contracts.case.documents import DocumentKind
from data_contracts.case.request import Statement
from data_contracts.company.sign_in import Issuer
from data_contracts.vocabulary import CaseState, Channel, Right


@dataclass(frozen=True, slots=True)
class Submitted:
    """A request as it came in, not yet checked.

    Attributes:
        key: makes sending it twice one request: the form's own, random, never from what was typed.
        identity: values by identity kind.
        reply_to: address for notices, where it is not the e-mail among the identity.
    """

    right: Right
    channel: Channel
    language: str
    key: str
    identity: Mapping[str, list[str]] = field(repr=False)
    name: str = field(default="", repr=False)
    reply_to: str = field(default="", repr=False)
    postal_address: Sequence[str] = field(default=(), repr=False)
    postal_country: str = ""
    details: str = field(default="", repr=False)
    statement: Statement = field(default_factory=Statement, repr=False)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a person is given for a request that is registered and sealed.

    Attributes:
        code: opens the status page of this case, and nothing that is personal data.
        response_due: the last day to answer.
    """

    case_id: str
    code: str = field(repr=False)
    response_due: date


@dataclass(frozen=True, slots=True)
class SignIn:
    """How people sign in elsewhere.

    Attributes:
        space: where, and as which client of ours.
        secret: of the client; empty for a public client (RFC 6749, 2.1).
        returns_to: address of ours that the sign-in comes back to.
    """

    space: Issuer
    secret: str = field(repr=False)
    returns_to: str


@dataclass(frozen=True, slots=True)
class CaseStep:
    """One thing that happened: a state and the day."""

    on: date
    state: CaseState


@dataclass(frozen=True, slots=True)
class CaseStatus:
    """Where a case stands, as its data subject is told (charter P3).

    Attributes:
        response_due: None while the clock stands still because a proof is awaited.
        awaits: what the case waits for, as a code: ``you_identity``, ``you_capacity``, ``us``, ``nothing``.
        outcome: as in :class:`data_contracts.case.case.Case`.
        reasons: codes of why something was refused or kept, for the words files.
        may_withdraw: whether the request can still be taken back.
        has_package: whether an answer package is sealed and can be asked for.
        documents: for what a document can be sent as proof now.
        may_sign_in: whether a sign-in to the client space proves who asks.
        facts: what can be asked where knowledge is enough, as ``system.table.column``.
    """

    case_id: str
    right: Right
    language: str
    state: CaseState
    received_on: date
    response_due: date | None
    is_extended: bool
    awaits: str
    outcome: str
    reasons: tuple[str, ...]
    steps: tuple[CaseStep, ...]
    may_withdraw: bool
    has_package: bool
    documents: tuple[DocumentKind, ...] = ()
    may_sign_in: bool = False
    facts: tuple[str, ...] = ()
