"""Passkeys of operators: what is kept of them, and what one signs (W3C Web Authentication, Level 3).

A passkey signs a challenge. Ours is the SHA-256 of a *statement*: for what, by whom, once, and the digests of what is
decided or done. So the signature is the operator's for this very thing, and whoever has the statement can check it
without us:

>>> one = Decided("C-1", "approval", "", "a" * 64, "approve", "", "")
>>> said = statement("decide", "claire", "nonce", [one.digest("claire")])
>>> challenge_of(said) == challenge_of(statement("decide", "claire", "nonce", [one.digest("marc")]))
False
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from data_contracts.evidence.records import Facts, canonical, digest

PASSKEY: Final = "passkey"
"""How a decision was proven that a passkey signed."""
DECIDE: Final = "decide"
"""What a statement is for that decides gates."""
LASTS: Final = timedelta(minutes=5)
"""How long a challenge can be answered."""


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey that an operator enrolled.

    Attributes:
        credential: its id, base64url without padding.
        operator: whose it is.
        label: what the operator calls it.
        public_key: as the authenticator gave it (COSE), base64url.
        count: of its signatures, the last one that was seen; 0 where it does not count.
    """

    credential: str
    operator: str
    label: str
    public_key: str = field(repr=False)
    count: int
    added_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Touch:
    """What a browser gave back after somebody used a passkey.

    Attributes:
        response: of the browser, as JSON.
        visit: digest of the visit that gave it back.
    """

    response: str = field(repr=False)
    visit: str


@dataclass(frozen=True, slots=True)
class TouchedFor:
    """A touch in the place of a code, with what it has to be bound to.

    Attributes:
        touch: what the browser gave back.
        what: what it is for, and a digest of everything that was typed.
    """

    touch: Touch
    what: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """A challenge that waits for its answer.

    Attributes:
        options: for the browser, as JSON.
    """

    challenge: bytes
    options: str


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """What an authenticator made."""

    credential: str
    public_key: str = field(repr=False)
    count: int = 0


@dataclass(frozen=True, slots=True)
class Assertion:
    """A signature of a passkey, verified.

    Attributes:
        key: the public key, DER (SubjectPublicKeyInfo), so that anybody's tools read it.
        count: of the authenticator's signatures.
    """

    credential: str
    key: bytes = field(repr=False)
    authenticator_data: bytes = field(repr=False)
    client_data: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    count: int = 0


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision, as a passkey signs it; ``reason`` is the digest of the reason's text, empty for none."""

    case_id: str
    gate: str
    subject: str
    question: str
    decision: str
    reason: str
    reference: str

    def digest(self, operator: str) -> str:
        """Of the decision by an operator."""
        return decision_digest(
            case=self.case_id,
            gate=self.gate,
            subject=self.subject,
            question=self.question,
            decision=self.decision,
            reason=self.reason,
            reference=self.reference,
            operator=operator,
        )


def decision_digest(**said: str) -> str:
    """The digest of a decision's parts by name."""
    return digest(canonical(said))


def statement(purpose: str, operator: str, once: str, digests: Iterable[str]) -> dict[str, Any]:
    """What a passkey signs: for what, by whom (empty: whoever has it), a number used once, and digests of the thing."""
    return {"for": purpose, "operator": operator, "once": once, "digests": sorted(digests)}


def challenge_of(said: Mapping[str, Any]) -> bytes:
    """The challenge that stands for a statement."""
    return hashlib.sha256(canonical(said)).digest()


class PasskeyCheck(Protocol):
    """Speaks Web Authentication, for one place: a relying party's id and the origins of its pages."""

    @property
    def rp_id(self) -> str:
        """The relying party's id."""

    def fingerprint(self, public_key: str) -> str:
        """SHA-256 of a public key as evidence has it (DER), in hex."""

    def creation(self, operator: str, handle: bytes, challenge: bytes, known: Sequence[str]) -> str:
        """Options for a browser to make a passkey, as JSON; no authenticator with one of ``known`` makes another."""

    def request(self, challenge: bytes, known: Sequence[str]) -> str:
        """Options for a browser to use one of ``known``, as JSON; any of its own where none is given."""

    def named(self, response: str) -> tuple[str, bytes]:
        """Credential id and challenge that a browser's response names, unverified.

        Raises:
            AnswerRefused: when it cannot be read.
        """

    def made(self, response: str, challenge: bytes) -> NewPasskey:
        """The passkey that was made for a challenge, on one of our pages, by a verified person.

        Raises:
            AnswerRefused: when it was not.
        """

    def used(self, response: str, challenge: bytes, passkey: Passkey) -> Assertion:
        """The signature of a passkey over a challenge, on one of our pages, by a verified person.

        Raises:
            AnswerRefused: when it was not, or the authenticator has counted backwards.
        """


class Passkeys(Protocol):
    """The part of the register that keeps passkeys, challenges that wait, and where operators get mail."""

    def add_passkey(self, passkey: Passkey) -> bool:
        """Keep a passkey; False, and nothing is changed, where its id is known already."""

    def passkey(self, credential: str) -> Passkey | None:
        """The passkey of that id."""

    def passkeys(self, operator: str) -> list[Passkey]:
        """Those of an operator, oldest first."""

    def use_passkey(self, credential: str, count: int, at: datetime) -> bool:
        """Take in a use; False where the authenticator has counted that far before, or the passkey is gone."""

    def remove_passkeys(self, operator: str, credential: str = "") -> int:
        """Remove one, or all, of an operator; how many."""

    def put_challenge(self, challenge: bytes, said: Facts, *, visit: str, until: datetime, at: datetime) -> None:
        """Keep a challenge with its statement; those that are over are forgotten."""

    def take_challenge(self, challenge: bytes, *, visit: str, at: datetime) -> Mapping[str, Any] | None:
        """The statement of a challenge of that visit that is not over; it is taken away, and given once."""

    def put_operator_mail(self, operator: str, address: str) -> None:
        """Keep where an operator gets mail."""

    def operator_mail(self, operator: str) -> str:
        """Where an operator gets mail; empty where nobody said."""

    def end_lock(self, operator: str) -> None:
        """End a lock after wrong codes."""

    def drop_secret(self, operator: str) -> None:
        """Destroy an operator's TOTP secret: no code is theirs any more."""
