"""Every use that an operator makes of what they may, and every try that failed (charter 3.2)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class OperatorUse:
    """One use.

    Attributes:
        operator: as it was named; who tried with a wrong code is named as well.
        what: a verb and its thing: ``sign in``, ``answer gate approval``, ``see proof``, ``see values``.
        where: the case, or empty.
        proof: how we knew who: ``totp``, ``password+totp``, ``oidc``, ``local-account:…``, or empty where it failed.
        is_accepted: whether it was let through.
        note: why it was not; a code or a sentence of ours, no personal data.
    """

    at: datetime
    operator: str
    what: str
    where: str = ""
    proof: str = ""
    is_accepted: bool = True
    note: str = ""


class OperatorLog(Protocol):
    """The part of the register that remembers what operators did; nothing of it is ever changed or taken away."""

    def note_use(self, use: OperatorUse) -> None:
        """Remember a use."""

    def uses(self, *, operator: str = "", since: datetime | None = None, limit: int = 1000) -> list[OperatorUse]:
        """Uses, newest first."""
