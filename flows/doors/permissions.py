"""Serves the API that other programs ask before they use data (``rightsflow serve-permissions``)."""

from typing import Any

from flows.wiring import Installation
from flows.wiring.site import AskedOverHttp, permissions_app
from tasks.intake.api_keys import may_ask
from tasks.officer.permissions import ask_about_each, use_of
from tasks.services import use

DEFAULT_PORT = 4300


class LedgerGatekeeper:
    """Answers from the register of an installation, in whichever thread a call comes."""

    def __init__(self, installation: Installation) -> None:
        """Keep the installation; its services are made now, once for all threads."""
        self._services = installation.services

    def may_ask(self, api_key: str, scope: str) -> bool | None:
        """Whether a key may ask this; None for one that is unknown."""
        with use(self._services):
            return may_ask(api_key, scope)

    def answers(self, asked: AskedOverHttp) -> list[tuple[bool, str]]:
        """Yes or no and the code of why, for each key in order."""
        with use(self._services):
            question = use_of(asked.purpose, asked.recipient, asked.use)
            batches = ask_about_each(question, [list(asked.keys)])
            return [(said.may, said.reason) for part in batches for said in part]


def permission_api(installation: Installation) -> Any:  # noqa: ANN401  # an ASGI application
    """The API over an installation."""
    return permissions_app(LedgerGatekeeper(installation))
