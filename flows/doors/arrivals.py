"""The desk's door to mails that are no case yet: who reads one is remembered, who decides is proven by a fresh code."""

from collections.abc import Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from data_contracts.case.incoming import Incoming, IncomingState
from data_contracts.doors.desk import ArrivedLetter, WaitingArrival
from data_contracts.errors import RequestInvalid
from data_contracts.vocabulary import Right
from flows.runs.case_runs import wake_soon
from flows.wiring import Installation
from tasks.gates.operators import Factor
from tasks.gates.unsealing import Looker
from tasks.intake.arrivals import REASONS, Reading, assign, read_arrival, set_aside
from tasks.services import use


class ArrivalsDoor:
    """An installation's arrivals, as signed-in operators may reach them."""

    reasons: Sequence[str] = REASONS
    """Why a mail may be set aside."""

    def __init__(self, installation: Installation) -> None:
        """Keep the installation."""
        self._services = installation.services

    @property
    def identity_labels(self) -> Mapping[str, Mapping[str, str]]:
        """Keys that a mail may name beside its sender's address: kind to its label by language."""
        kinds = self._services.contracts.vocabulary.identities
        return {name: kind.label for name, kind in kinds.items() if kind.intake and name != "email"}

    def waiting(self) -> Sequence[WaitingArrival]:
        """What waits to be read, the one due first on top."""
        zone = ZoneInfo(self._services.organisation.time_zone)
        return [
            _waiting(one, one.received_at.astimezone(zone).date())
            for one in self._services.register.incomings(unread_only=True)
        ]

    def read(self, arrival: str, operator: str) -> ArrivedLetter:
        """What somebody wrote."""
        with use(self._services):
            return read_arrival(arrival, Looker(operator))

    def assign(self, arrival: str, said: Mapping[str, str], operator: str, code: Factor) -> str:
        """Open the case that a mail asks for; its name."""
        if said.get("right") not in set(Right):
            raise RequestInvalid("no right is chosen", where="right", remedy="choose which one the mail exercises")
        keys = {kind: said[kind] for kind in self.identity_labels if said.get(kind, "").strip()}
        with use(self._services):
            reading = Reading(Right(said["right"]), keys, said.get("language", ""))
            case = assign(arrival, reading, operator=operator, code=code)
            wake_soon(case)
            return case.case_id

    def set_aside(self, arrival: str, reason: str, operator: str, code: Factor) -> None:
        """Say that a mail is no request."""
        with use(self._services):
            set_aside(arrival, reason, operator=operator, code=code)


def _waiting(one: Incoming, received_on: date) -> WaitingArrival:
    is_filed = one.state is IncomingState.FILED
    case_id, why = (one.note, "") if is_filed else ("", one.note)
    return WaitingArrival(one.incoming_id, received_on, one.response_due, case_id, why)
