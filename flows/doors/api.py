"""The door of programs that make requests for people."""

from collections.abc import Sequence

from data_contracts.case.origins import DoorProtocol, Origin
from data_contracts.doors.pages import CaseStatus, Submitted
from data_contracts.evidence.records import digest
from flows.doors.requests import KeyedDoor
from flows.doors.submitting import register_submitted
from flows.doors.withdrawing import withdraw_unproven
from flows.wiring.site import KeyUsed
from tasks.intake.public_status import status_of
from tasks.intake.webhooks import end_webhook, put_webhook
from tasks.services import use


class ProgramsDoor(KeyedDoor):
    """An installation as programs with a key may reach it, in whichever thread a call comes."""

    def open(self, client: str, submitted: Submitted, fingerprint: str) -> tuple[CaseStatus, bool]:
        """The case of a request, and whether it was opened now."""
        register = self._services.register
        # The key's digest and the body's together are what the client calls it: another body is another name.
        name, said = digest(submitted.key.encode()), digest(fingerprint.encode())
        with use(self._services):
            known = [one for one in register.origins_of(client) if one.external_id.startswith(f"{name[:40]}:")]
            if known and known[0].external_id != f"{name[:40]}:{said[:40]}":
                raise KeyUsed
            case = register_submitted(submitted, prefix="api")
            origin = Origin(case.case_id, client, DoorProtocol.REST, f"{name[:40]}:{said[:40]}")
            register.put_origin(origin)
            return status_of(case.case_id), not known

    def status(self, client: str, case_id: str) -> CaseStatus | None:
        """A case of the client's."""
        with use(self._services):
            return status_of(case_id) if self._is_own(client, case_id) else None

    def cases(self, client: str, after: str, limit: int) -> Sequence[CaseStatus]:
        """Cases of the client after that one, by name."""
        with use(self._services):
            own = [one.case_id for one in self._services.register.origins_of(client) if one.case_id > after]
            return [status_of(case_id) for case_id in own[:limit]]

    def withdraw(self, client: str, case_id: str) -> bool | None:
        """Take a request back."""
        with use(self._services):
            if not self._is_own(client, case_id):
                return None
            return withdraw_unproven(case_id, by=f"client {client}")

    def put_webhook(self, client: str, name: str, url: str, states: Sequence[str]) -> str:
        """Have an address told of the client's cases."""
        self._caller.check(url)
        with use(self._services):
            return put_webhook(client, name, url, states)

    def end_webhook(self, client: str, name: str) -> bool:
        """End a subscription."""
        with use(self._services):
            return end_webhook(client, name)

    def _is_own(self, client: str, case_id: str) -> bool:
        origin = self._services.register.origin(case_id)
        return origin is not None and origin.client == client
