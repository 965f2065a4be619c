"""Telling recipients what was done with data that they received (Art. 19): the message, the record, the ports.

A message says no more than a recipient needs to do the same: our reference, the right, what is asked, and the keys it
knows the data subject by. Its record in the register holds no personal data.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

Asked = Literal["erase", "rectify", "restrict", "stop", "lift", "acknowledge"]
"""``lift`` ends what ``restrict`` began; ``acknowledge`` reminds of an earlier message and carries no key."""


@dataclass(frozen=True, slots=True)
class RecipientMessage:
    """What one recipient is told.

    Attributes:
        reference: our case.
        party: key of the recipient in the vocabulary.
        right: whose exercise it is about, a value of :class:`data_contracts.vocabulary.Right`.
        is_order: to a processor, which acts on our instructions (Art. 28(3)); a controller of its own gets a notice.
        identity: keys of the data subject by kind, of the kinds that the recipient knows people by.
        changes: for a rectification, what was put right: data category or column, and the right value.
        sent_on: for a reminder, the ISO date of the message it reminds of.
        is_escalation: not to the recipient: the data protection officer is told that it never answered.
    """

    reference: str
    party: str
    name: str
    language: str
    right: str
    asked: Asked
    is_order: bool
    identity: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    changes: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    sent_on: str = ""
    is_escalation: bool = False


@dataclass(frozen=True, slots=True)
class RecipientNotice:
    """What the register knows of telling one recipient in one case.

    Attributes:
        via: ``smtp``, ``outbox``, ``api``, ``by_hand``, or empty where it was not told.
        state: ``told``, ``acknowledged``, ``by_hand``, ``impossible``, or ``unanswered`` once reminding was given up.
        reference: the recipient's own of its acknowledgement, or a person's of what was done by hand.
        chased: how often it was reminded.
    """

    case_id: str
    party: str
    via: str
    state: str
    sent_at: datetime | None = None
    acknowledged_at: datetime | None = None
    reference: str = ""
    chased: int = 0
    chased_at: datetime | None = None


class RecipientNotices(Protocol):
    """The part of the register that knows which recipients were told."""

    def put_recipient_notice(self, notice: RecipientNotice) -> None:
        """Note that a recipient was told; what is noted already stays."""

    def recipient_notices(self, case_id: str = "") -> list[RecipientNotice]:
        """Those of a case by party, or of all cases by case and party."""

    def acknowledge_recipient(self, case_id: str, party: str, *, reference: str, at: datetime) -> bool:
        """Note that a recipient answered; False when it was never told, or has answered before."""

    def note_chase(self, case_id: str, party: str, *, chased: int, at: datetime, state: str) -> None:
        """Note that a recipient was reminded for the ``chased``-th time, and how it stands since."""


class RequestForwarding(Protocol):
    """Hands a request on to a processor by a protocol that both speak (OpenDSR).

    Raises, in each method:
        SystemUnavailable: when it cannot be reached; trying again is safe and can help.
        StepFailed: when it refuses for good, cannot take what is asked, or its answer is not its own.
        SettingsInvalid: when its address or our key is not configured.
    """

    def hand_on(self, message: RecipientMessage, *, address: str) -> str:
        """Hand a request on, once; the processor's reference where it has completed it already, else none."""

    def answered(self, reference: str, party: str, *, address: str) -> str:
        """The processor's reference of a request of that case that it has completed; else none."""


class RecipientApi(Protocol):
    """Hands a message to a recipient's own interface."""

    def tell(self, message: RecipientMessage, *, address: str, key: str) -> tuple[str, str]:
        """Hand one message over; how (``api`` or ``outbox``) and the reference the recipient gave, or none.

        Args:
            message: what it is told.
            address: the ``to`` of the recipient's ``art19``.
            key: makes handing over idempotent: the recipient takes the same key once.

        Raises:
            SystemUnavailable: when it cannot be reached or breaks off; trying again is safe and can help.
            StepFailed: when it refuses the message for good.
            SettingsInvalid: when its address or the secret to sign with is not configured.
        """
