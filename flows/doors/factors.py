"""The desk's door to operators' factors: passkeys, and the organisation's sign-in."""

from collections.abc import Mapping, Sequence
from typing import Final

from data_contracts.doors.pages import SignIn
from data_contracts.gates.factors import ShownPasskey, SignedIn
from data_contracts.gates.passkeys import Touch, TouchedFor
from data_contracts.ports.credentials import OPERATORS_SIGN_IN
from flows.wiring import Installation
from tasks.case.clock import day_of
from tasks.gates.factors.by_organisation import sign_in_by_claims
from tasks.gates.factors.by_passkey import ask_to_sign_in, sign_in_by_touch
from tasks.gates.factors.enrolling import begin_passkey, end_codes, end_passkey, remove_passkey
from tasks.gates.sessions import session_of
from tasks.gates.step_up.challenges import ask_touch
from tasks.services import use

RETURN: Final = "/sign-in/organisation"
"""Where the organisation's sign-in comes back to; nothing else of ours does."""
_SHOWN: Final = 16


class FactorsDoor:
    """An installation's factors, as operators may reach them."""

    def __init__(self, installation: Installation) -> None:
        """Keep the installation."""
        self._installation = installation
        self._services = installation.services

    @property
    def are_offered(self) -> bool:
        """Whether passkeys are configured."""
        return self._services.passkeys is not None

    def elsewhere(self, address: str) -> SignIn | None:
        """The organisation's sign-in, that comes back to pages under an address."""
        space = self._services.organisation.operators_sign_in
        if space is None or not address:
            return None
        chosen = self._installation.settings.operators_sign_in_secret.get_secret_value()
        secret = chosen or self._installation.credentials.own(OPERATORS_SIGN_IN)
        return SignIn(space, secret, f"{address.rstrip('/')}{RETURN}")

    def sign_in_by_claims(self, claims: Mapping[str, object]) -> SignedIn:
        """Sign in who the organisation says somebody is."""
        with use(self._services):
            return _signed_in(sign_in_by_claims(claims).name)

    def ask_to_sign_in(self, visit: str) -> str:
        """Options for a browser to use anybody's passkey."""
        with use(self._services):
            return ask_to_sign_in(visit).options

    def sign_in_by_touch(self, touch: Touch) -> SignedIn:
        """Sign in whose passkey it is."""
        with use(self._services):
            return _signed_in(sign_in_by_touch(touch).name)

    def passkeys(self, operator: str) -> Sequence[ShownPasskey]:
        """Those of an operator, oldest first."""
        check = self._services.passkeys
        if check is None:
            return ()
        with use(self._services):
            return [
                ShownPasskey(
                    one.credential,
                    one.label,
                    day_of(one.added_at),
                    None if one.used_at is None else day_of(one.used_at),
                    check.fingerprint(one.public_key)[:_SHOWN],
                )
                for one in self._services.register.passkeys(operator)
            ]

    def has_codes(self, operator: str) -> bool:
        """Whether codes of an operator are accepted."""
        known = self._services.register.operator(operator)
        return known is not None and bool(known.secret)

    def ask(self, operator: str, what: tuple[str, str], visit: str) -> str:
        """Options for a browser to use a passkey of the operator's for something."""
        purpose, digest = what
        with use(self._services):
            return ask_touch(purpose, operator, [digest], visit).options

    def begin_passkey(self, operator: str, label: str, factor: str | TouchedFor, visit: str) -> str:
        """Options for a browser to make a passkey for an operator."""
        with use(self._services):
            return begin_passkey(operator, label, factor, visit=visit).options

    def end_passkey(self, operator: str, label: str, touch: Touch) -> None:
        """Keep the passkey that was made."""
        with use(self._services):
            end_passkey(operator, label, touch)

    def remove_passkey(self, operator: str, credential: str, factor: str | TouchedFor) -> None:
        """Remove a passkey of the operator's own."""
        with use(self._services):
            remove_passkey(operator, credential, factor)

    def end_codes(self, operator: str, touched: TouchedFor) -> None:
        """Accept no codes of the operator any more."""
        with use(self._services):
            end_codes(operator, touched)


def _signed_in(name: str) -> SignedIn:
    return SignedIn(name, session_of(name))
