"""Operators: who may answer gates, and the port that keeps them and the codes that they used."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from data_contracts.vocabulary import OperatorRole

__all__ = ["Operator", "Operators"]


@dataclass(frozen=True, slots=True)
class Operator:
    """A person who may answer gates."""

    name: str
    roles: tuple[OperatorRole, ...]
    valid_until: datetime | None
    training_until: datetime | None
    is_active: bool = True
    failures: int = 0
    locked_until: datetime | None = None
    last_step: int = -1
    """The last TOTP time step used; a code is never accepted twice (RFC 6238 section 5.2)."""
    secret: bytes = field(default=b"", repr=False)
    """The TOTP secret, sealed with the master key."""
    password: str = field(default="", repr=False)
    """Argon2 digest of the desk's password; empty: none is set."""
    oidc_subject: str = ""
    """Issuer and ``sub`` of the organisation's sign-in, as ``issuer|sub``; empty: none is linked."""


class Operators(Protocol):
    """Operators by name, and how often a proof of theirs was tried."""

    def put_operator(self, operator: Operator) -> None:
        """Add or change an operator."""

    def operator(self, name: str) -> Operator | None:
        """The operator of that name."""

    def operators(self) -> list[Operator]:
        """All operators by name."""

    def use_code(self, name: str, step: int, *, newest: int | None = None) -> bool:
        """Take a TOTP time step for an operator; False when it or a later one was used before. Clears failures.

        One later than ``newest`` was used when the clock was ahead, and bars itself alone.
        """

    def take_try(self, name: str, most: int, *, locked_until: datetime, at: datetime) -> bool:
        """Count a try of a code before it is compared, and lock the operator out at the last of ``most``.

        False, and nothing is counted, while the operator is locked out: of many tries at once no more are taken.
        """

    def give_back_try(self, name: str) -> None:
        """Give back a try that proved nothing and guessed nothing."""
