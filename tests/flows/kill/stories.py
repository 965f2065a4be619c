"""What lives are about: a right, what is asked, and how people answer at its gates. Another life is one entry here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from data_contracts.case.request import FieldChange, Statement
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import Decision, Gate, Requester, RestrictionGround, Right
from tests.flows.company import House

Answering = Callable[[House, GateEntry], object]
"""How people answer a gate; called once for each time somebody must answer it."""

_NEW_ROW = (
    "INSERT OR IGNORE INTO interaction VALUES (990001, ?, '2026-03-31T09:00:00+00:00', 'phone', 'agent1', 'called')"
)


@dataclass(frozen=True, slots=True)
class Story:
    """A case from its request to its end.

    Attributes:
        right: which right is exercised.
        outcome: how it must end.
        mails: kinds of the notices that must have been sent, sorted.
        keeps: beginnings of the names of what stays sealed.
        typed: what the request says beside who the data subject is, as fields of ``TypedRequest``.
        at: answers at gates; where none is given, people agree.
        rehearsed: whether the process that forks lives has lived it, so that they start warm. What starts threads, as
            setting a letter does, leaves them behind in a fork.
    """

    right: Right
    outcome: str
    mails: tuple[str, ...]
    keeps: tuple[str, ...] = ()
    typed: Mapping[str, Any] = field(default_factory=dict)
    at: Mapping[Gate, Answering] = field(default_factory=dict)
    rehearsed: bool = True

    def answer(self, house: House, entry: GateEntry) -> None:
        """Answer a gate as this story has it.

        Raises:
            ValueError: at a gate that no story should come to; the description says why it was opened.
        """
        if entry.gate not in {*self.at, *_AGREED}:
            raise ValueError(entry.description)
        self.at.get(entry.gate, House.agree)(house, entry)


_AGREED = frozenset({Gate.IDENTITY, Gate.APPROVAL, Gate.RECIPIENT, Gate.POSTING, Gate.PROOF, Gate.REVIEW})


def _more_proof_once(house: House, entry: GateEntry) -> None:
    if entry.subject == "attempt:0":
        house.answer(entry, Decision.ASK_MORE)
    else:
        house.agree(entry)


def _refuse(house: House, entry: GateEntry) -> None:
    house.answer(entry, Decision.REFUSE, reason="An example of a reason.")


def _while_a_row_comes(house: House, entry: GateEntry) -> None:
    house.ask("crm", _NEW_ROW, house.company.subject.customer_no)
    house.agree(entry)


def _with(reference: str) -> Answering:
    return lambda house, entry: house.answer(entry, Decision.APPROVE, reference=reference)


_HEIR = {"statement": Statement(requester=Requester.HEIR, requester_name="Ines Mendes"), "reply_to": "ines@example.org"}
_WRONG = Statement(
    changes=[
        FieldChange(field="user.contact.email", value="right@x.example"),
        FieldChange(field="user.demographic.date_of_birth", value="1971-04-01"),
    ],
    supplement="An example.",
)
_ANSWER = ("notice.", "package.zip")
_HOME = ("12 rue des Lilas", "59000 Lille")

STORIES: Mapping[str, Story] = {
    "access": Story(Right.ACCESS, "granted", ("acknowledgement", "answer"), _ANSWER),
    "erasure": Story(Right.ERASURE, "granted_in_part", ("acknowledgement", "erasure_done")),
    # More proof is asked for, and the plan is refused in the end.
    "refusal": Story(
        Right.ERASURE,
        "refused",
        ("acknowledgement", "identity_request", "refusal"),
        at={Gate.IDENTITY: _more_proof_once, Gate.APPROVAL: _refuse},
    ),
    # The plan changes while people look at it, so that they are asked again.
    "replanned": Story(
        Right.ERASURE, "granted_in_part", ("acknowledgement", "erasure_done"), at={Gate.APPROVAL: _while_a_row_comes}
    ),
    "portability": Story(Right.PORTABILITY, "granted", ("acknowledgement", "answer"), _ANSWER),
    # The data go to another controller.
    "sent": Story(
        Right.PORTABILITY,
        "granted",
        ("acknowledgement", "answer"),
        _ANSWER,
        typed={"statement": Statement(send_to="energypart")},
    ),
    # Its data are marked, and stay marked: to lift a restriction is another story.
    "restriction": Story(
        Right.RESTRICTION,
        "granted_in_part",
        ("acknowledgement", "restriction_done"),
        ("request", "restricted.", "told."),
        typed={"statement": Statement(restriction_ground=RestrictionGround.ACCURACY)},
    ),
    # An address, and a date of birth that is changed on proof alone.
    "rectification": Story(
        Right.RECTIFICATION,
        "granted",
        ("acknowledgement", "contact_change%2E1", "rectification_done"),
        typed={"statement": _WRONG},
    ),
    # One use ends on receipt, another is weighed by people.
    "objection": Story(
        Right.OBJECTION,
        "granted",
        ("acknowledgement", "objection_done"),
        typed={"statement": Statement(direct_marketing=True, purposes=["churn"], situation="An example.")},
    ),
    # Answered on paper, which people post.
    "letter": Story(Right.ACCESS, "granted", (), _ANSWER, typed={"postal_address": _HOME}, rehearsed=False),
    "heir": Story(
        Right.ACCESS,
        "granted",
        ("acknowledgement", "answer"),
        _ANSWER,
        typed=_HEIR,
        at={
            Gate.IDENTITY: _with("id_document"),
            Gate.REQUESTER: _with("acte_de_notoriete death_certificate accounts"),
        },
    ),
}
"""By name, those that others share effects with first: what is shared is cut off in the first of them alone."""

__all__ = ["STORIES", "Story"]
