"""What the desk needs of the house to know and prove operators; ``flows/doors/factors.py`` gives it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from data_contracts.doors.pages import SignIn
from data_contracts.gates.factors import OpenQuestion, ShownPasskey, SignedIn
from data_contracts.gates.passkeys import Touch, TouchedFor


class FactorsDesk(Protocol):
    """Passkeys of operators, and the organisation's sign-in."""

    @property
    def are_offered(self) -> bool:
        """Whether passkeys are configured."""

    def elsewhere(self, address: str) -> SignIn | None:
        """The organisation's sign-in, that comes back to pages under an address; None where there is none."""

    def sign_in_by_claims(self, claims: Mapping[str, object]) -> SignedIn:
        """Sign in who the organisation says somebody is.

        Raises:
            AnswerRefused: when they are no operator in force.
        """

    def ask_to_sign_in(self, visit: str) -> str:
        """Options for a browser to use anybody's passkey.

        Raises:
            RequestInvalid: when passkeys are not configured.
        """

    def sign_in_by_touch(self, touch: Touch) -> SignedIn:
        """Sign in whose passkey it is.

        Raises:
            AnswerRefused: when the touch is not right, or the operator is not in force.
        """

    def passkeys(self, operator: str) -> Sequence[ShownPasskey]:
        """Those of an operator, oldest first; none where passkeys are not configured."""

    def has_codes(self, operator: str) -> bool:
        """Whether codes of an operator are accepted."""

    def ask(self, operator: str, what: tuple[str, str], visit: str) -> str:
        """Options for a browser to use a passkey of the operator's for something.

        Raises:
            AnswerRefused, RequestInvalid: when there is none, or passkeys are not configured.
        """

    def begin_passkey(self, operator: str, label: str, factor: str | TouchedFor, visit: str) -> str:
        """Options for a browser to make a passkey for an operator, proven by a fresh factor; raises as above."""

    def end_passkey(self, operator: str, label: str, touch: Touch) -> None:
        """Keep the passkey that was made; raises as above."""

    def remove_passkey(self, operator: str, credential: str, factor: str | TouchedFor) -> None:
        """Remove a passkey of the operator's own; raises as above."""

    def end_codes(self, operator: str, touched: TouchedFor) -> None:
        """Accept no codes of the operator any more; raises as above."""


class DecidingDesk(Protocol):
    """Open questions, decided several at once; ``flows/doors/deciding.py`` gives it."""

    def questions(self, operator: str, case: str) -> tuple[Sequence[OpenQuestion], int]:
        """Questions that an operator may answer, of one case where one is named, due first; and how many there are."""

    def ask(self, operator: str, typed: Mapping[str, Mapping[str, str]], visit: str) -> str:
        """Options for a browser to use a passkey for the decisions that were typed, by question and field.

        Raises:
            AnswerRefused: when one of them cannot be taken so.
            RequestInvalid: when there are none, or too many.
        """

    def decide(self, operator: str, typed: Mapping[str, Mapping[str, str]], factor: str | Touch) -> int:
        """Take decisions in; how many. Their cases go on. Raises as above, and nothing is decided then."""
