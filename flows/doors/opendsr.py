"""The door of controllers that hand requests on (OpenDSR 2.0)."""

from collections.abc import Mapping

from data_contracts.case.legible import check, is_line
from data_contracts.case.origins import DoorProtocol, Origin
from data_contracts.vocabulary import Channel
from flows.doors.requests import KeyedDoor
from flows.doors.withdrawing import withdraw_unproven
from flows.wiring.site import HandedOn
from tasks.intake.callbacks import told_to_controller
from tasks.intake.receive import TypedRequest, register_request
from tasks.services import use


class ControllersHouse(KeyedDoor):
    """An installation as controllers may reach it, in whichever thread a call comes."""

    def open(self, client: str, request: HandedOn) -> Mapping[str, str]:
        """Register a request durably; the same id is the same request."""
        check("status_callback_urls", is_line, *request.callbacks)
        for callback in request.callbacks:
            self._caller.check(callback)
        kinds, now = self._services.contracts.vocabulary.identities, self._services.now()
        identity = {kind: list(values) for kind, values in request.identity.items() if kind in kinds}
        with use(self._services):
            case = register_request(
                TypedRequest(
                    right=request.right,
                    channel=Channel.API,
                    language="",
                    received_at=min(request.submitted_at, now),
                    request_key=f"opendsr:{client}:{request.subject_request_id}",
                    identity=identity,
                    details=f"Handed on by {client} (OpenDSR).",
                )
            )
            callbacks = "\n".join(request.callbacks)
            origin = Origin(case.case_id, client, DoorProtocol.OPENDSR, request.subject_request_id, callbacks)
            return told_to_controller(self._services.register.put_origin(origin))

    def status(self, client: str, subject_request_id: str) -> Mapping[str, str] | None:
        """Where a request of that controller's stands."""
        origin = self._origin(client, subject_request_id)
        with use(self._services):
            return None if origin is None else told_to_controller(origin)

    def cancel(self, client: str, subject_request_id: str) -> bool | None:
        """Take a request back."""
        origin = self._origin(client, subject_request_id)
        if origin is None:
            return None
        with use(self._services):
            return withdraw_unproven(origin.case_id, by=f"controller {client}")

    def _origin(self, client: str, subject_request_id: str) -> Origin | None:
        found = self._services.register.origin_of(client, subject_request_id)
        return found if found is not None and found.protocol is DoorProtocol.OPENDSR else None
