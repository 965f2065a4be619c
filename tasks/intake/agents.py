"""Authorised agents of the Data Rights Protocol: whom an operator has entered, and the token of their set-up."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import replace
from typing import Final

from data_contracts.case.origins import Agent
from data_contracts.errors import RequestInvalid
from tasks.services import services

_BYTES: Final = 32
_KEY_BYTES: Final = 32


def put_agent(agent_id: str, name: str, verify_key: str) -> Agent:
    """Enter an agent, by the public key that its directory entry names; an older token of it ends.

    Raises:
        RequestInvalid: when the key is no Ed25519 public key, in base64 or hexadecimal.
    """
    agent = Agent(agent_id, name, base64.b64encode(_key(verify_key)).decode())
    services().register.put_agent(agent)
    return agent


def end_agent(agent_id: str) -> None:
    """Take an agent out of force.

    Raises:
        RequestInvalid: when there is none of that id.
    """
    known = services().register.agent(agent_id)
    if known is None:
        raise RequestInvalid("no such agent", where="agent", remedy="list them with 'rightsflow agent list'")
    services().register.put_agent(replace(known, is_active=False, token_digest=""))


def agent_in_force(agent_id: str) -> Agent | None:
    """The agent of that id, in force."""
    known = services().register.agent(agent_id)
    return known if known is not None and known.is_active else None


def agent_of(token: str) -> Agent | None:
    """The agent in force that a token was given to."""
    digest, found = _digest(token), None
    for agent in services().register.agents():  # each is looked at, so that how long it takes tells nothing
        if agent.is_active and agent.token_digest and hmac.compare_digest(agent.token_digest, digest):
            found = agent
    return found


def give_token(agent_id: str) -> str:
    """A new token for an agent; the older one ends."""
    token, known = secrets.token_urlsafe(_BYTES), services().register.agent(agent_id)
    if known is None:
        raise RequestInvalid("no such agent", where="agent", remedy="enter it with 'rightsflow agent add'")
    services().register.put_agent(replace(known, token_digest=_digest(token)))
    return token


def _key(text: str) -> bytes:
    for read in (bytes.fromhex, lambda value: base64.b64decode(value, validate=True)):
        try:
            key = read(text.strip())
        except ValueError:
            continue
        if len(key) == _KEY_BYTES:
            return key
    raise RequestInvalid("the key is no Ed25519 public key", where="verify key", remedy="give it in base64 or hex")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
