"""What the desk shows of operators' factors and of questions that can be decided; no secrets, no personal data."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who has just signed in; the session's number is theirs until it ends."""

    name: str
    session: int


@dataclass(frozen=True, slots=True)
class ShownPasskey:
    """A passkey in its owner's list.

    Attributes:
        fingerprint: of its public key, as decisions that it signed carry it; the first characters.
    """

    credential: str
    label: str
    added_on: date
    used_on: date | None
    fingerprint: str


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A gate that somebody may answer.

    Attributes:
        key: names the question in a form: case, gate, and the short digest of the question.
        description: Markdown without personal data.
        references: codes that the reference is chosen from; empty where it is typed.
        more: names of fields that this kind of gate has beside.
        look: address of the case at the desk; empty where there is none.
    """

    key: str
    case_id: str
    gate: str
    description: str
    options: tuple[str, ...]
    references: tuple[str, ...]
    more: tuple[str, ...]
    look: str = ""
