"""The door of authorised agents (Data Rights Protocol)."""

from collections.abc import Mapping
from datetime import timedelta

from data_contracts.case.legible import check, is_line
from data_contracts.case.origins import Agent, DoorProtocol, Origin
from data_contracts.errors import RequestInvalid
from data_contracts.vocabulary import Channel
from flows.doors.withdrawing import withdraw_unproven
from flows.wiring import Installation
from flows.wiring.calling import SafeCaller
from flows.wiring.site import AgentRequest
from tasks.intake.agents import agent_in_force, agent_of, give_token
from tasks.intake.callbacks import UNNAMED, told_to_agent
from tasks.intake.receive import TypedRequest, register_request
from tasks.rules.others.drp import ACTIONS
from tasks.services import use


class AgentsHouse:
    """An installation as agents may reach it, in whichever thread a call comes."""

    def __init__(self, installation: Installation, caller: SafeCaller) -> None:
        """Keep the installation, and what checks addresses."""
        self._services = installation.services
        self._caller = caller
        self.business_id = installation.settings.drp_business_id

    def agent(self, agent_id: str) -> Agent | None:
        """The agent of that id, in force."""
        with use(self._services):
            return agent_in_force(agent_id)

    def agent_of(self, token: str) -> Agent | None:
        """The agent that a token was given to."""
        with use(self._services):
            return agent_of(token)

    def give_token(self, agent_id: str) -> str:
        """A new token for an agent."""
        with use(self._services):
            return give_token(agent_id)

    def count(self, key: str, window: timedelta) -> int:
        """Count one try under a key."""
        return self._services.register.count_call(key, window, self._services.now())

    def uncount(self, key: str, window: timedelta) -> None:
        """Give one try back."""
        self._services.register.uncount_call(key, window, self._services.now())

    def open(self, agent: Agent, request: AgentRequest) -> Mapping[str, str]:
        """The exercise status of a request."""
        if request.action not in ACTIONS:
            raise RequestInvalid("this action is not supported", where="exercise", remedy="see what we support")
        if request.callback:
            self._caller.check(request.callback)
        check("agent-request-id", is_line, request.agent_request_id)
        check("status_callback", is_line, request.callback)
        with use(self._services):
            case = register_request(self._typed(agent, request))
            name = request.agent_request_id or f"{UNNAMED}{request.fingerprint[:40]}"
            origin = Origin(case.case_id, agent.agent_id, DoorProtocol.DRP, name, request.callback)
            return told_to_agent(self._services.register.put_origin(origin))

    def status(self, agent: Agent, request_id: str) -> Mapping[str, str] | None:
        """The exercise status of a request of that agent's."""
        origin = self._origin(agent, request_id)
        with use(self._services):
            return None if origin is None else told_to_agent(origin)

    def revoke(self, agent: Agent, request_id: str) -> bool | None:
        """Take a request back."""
        if self._origin(agent, request_id) is None:
            return None
        with use(self._services):
            return withdraw_unproven(request_id, by=f"agent {agent.agent_id}")

    def _origin(self, agent: Agent, request_id: str) -> Origin | None:
        origin = self._services.register.origin(request_id)
        is_own = origin is not None and origin.client == agent.agent_id and origin.protocol is DoorProtocol.DRP
        return origin if is_own else None

    def _typed(self, agent: Agent, request: AgentRequest) -> TypedRequest:
        """Identity is proven by the person, as in any request; what the agent attests proves nothing to us."""
        right, statement = ACTIONS[request.action]
        kinds = self._services.contracts.vocabulary.identities
        return TypedRequest(
            right=right,
            channel=Channel.API,
            language="",
            received_at=self._services.now(),
            request_key=f"drp:{agent.agent_id}:{request.agent_request_id or request.fingerprint}",
            identity={kind: [value] for kind, value in request.identity.items() if kind in kinds},
            name=request.name,
            details=f"Made by {agent.name} (Data Rights Protocol).",
            statement=statement,
        )
