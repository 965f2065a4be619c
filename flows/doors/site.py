"""The intake site's door: what people do on its pages, done by tasks."""

from collections.abc import Mapping
from datetime import timedelta

from data_contracts.company import Organisation
from data_contracts.doors import CaseStatus, Receipt, Submitted
from flows.wiring import Installation
from tasks.public_status import make_status_code, public_status
from tasks.receive_request import TypedRequest, register_request
from tasks.services import use


class PublicDoor:
    """An installation as visitors may reach it, in whichever thread a call comes."""

    def __init__(self, installation: Installation) -> None:
        """Keep the installation; its services are made now, once for all threads."""
        self._services = installation.services

    @property
    def organisation(self) -> Organisation:
        """Who we are."""
        return self._services.organisation

    @property
    def identity_labels(self) -> Mapping[str, Mapping[str, str]]:
        """What a form may ask for to find somebody."""
        kinds = self._services.contracts.vocabulary.identities
        return {name: kind.label for name, kind in kinds.items() if kind.intake}

    @property
    def partners(self) -> Mapping[str, str]:
        """Whom portable data can be sent to."""
        parties = self._services.contracts.vocabulary.parties
        return {key: party.name for key, party in parties.items() if party.portability is not None}

    @property
    def purposes(self) -> Mapping[str, Mapping[str, str]]:
        """What can be objected to: purposes on a public task or a legitimate interest (Art. 21(1)), and advertising."""
        purposes = self._services.contracts.vocabulary.purposes
        return {key: purpose.label for key, purpose in purposes.items() if purpose.basis.value[-1] in "ef"}

    def count(self, key: str, window: timedelta) -> int:
        """Count one try under a key."""
        return self._services.register.count_call(key, window, self._services.now())

    def register(self, submitted: Submitted) -> Receipt:
        """Register a request durably; sealed when this returns."""
        with use(self._services):
            case = register_request(
                TypedRequest(
                    right=submitted.right,
                    channel=submitted.channel,
                    language=submitted.language,
                    received_at=self._services.now(),
                    request_key=f"form:{submitted.key}",
                    identity=submitted.identity,
                    name=submitted.name,
                    reply_to=submitted.reply_to,
                    postal_address=submitted.postal_address,
                    postal_country=submitted.postal_country,
                    details=submitted.details,
                    statement=submitted.statement,
                )
            )
            return Receipt(case.case_id, make_status_code(case.case_id), case.response_due)

    def status(self, case_id: str, code: str) -> CaseStatus | None:
        """Where a case stands."""
        with use(self._services):
            return public_status(case_id, code)
