"""Programs and agents that make requests for people: where a case came from, and who may ask about it.

A program sees the cases it opened, and no other.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class DoorProtocol(StrEnum):
    """The words in which a program talks to us."""

    REST = "rest"
    """Our own API."""
    DRP = "drp"
    """Data Rights Protocol 1.0."""
    OPENDSR = "opendsr"
    """OpenDSR 2.0."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a case came from.

    Attributes:
        client: name of the API key, or id of the agent.
        external_id: what the client calls it; with the client's name it belongs to one case.
        callback: address that is told of changes; empty for none. Checked before anything is sent there.
    """

    case_id: str
    client: str
    protocol: DoorProtocol
    external_id: str
    callback: str = ""


@dataclass(frozen=True, slots=True)
class Agent:
    """An authorised agent of the Data Rights Protocol.

    Attributes:
        agent_id: as in the directory.
        verify_key: Ed25519 public key, base64.
        token_digest: SHA-256 of the bearer token of the pair-wise set-up, hex; empty before it.
        address: base URL of the agent, where we call it.
    """

    agent_id: str
    name: str
    verify_key: str
    token_digest: str = ""
    address: str = ""
    is_active: bool = True


class Origins(Protocol):
    """The part of the register that knows where cases came from."""

    def put_origin(self, origin: Origin) -> Origin:
        """Keep where a case came from; the one that is kept, where there was one of that case already."""

    def origin(self, case_id: str) -> Origin | None:
        """Where the case came from; None for people."""

    def origin_of(self, client: str, external_id: str) -> Origin | None:
        """The case that a client calls so; None when there is none."""

    def origins_of(self, client: str) -> list[Origin]:
        """Cases of a client, by name of the case."""

    def put_agent(self, agent: Agent) -> None:
        """Add an agent, or replace the one of that id."""

    def agent(self, agent_id: str) -> Agent | None:
        """The agent; None when there is none."""

    def agents(self) -> list[Agent]:
        """All agents by id."""
