"""Telling the agent that made a request where it stands, in the words of its protocol."""

import json
from collections.abc import Mapping

from data_contracts.errors import StepFailed, SystemUnavailable
from data_contracts.origins import DoorProtocol, Origin
from data_contracts.outgoing import Outgoing, OutgoingKind
from tasks.public_status import status_of
from tasks.rules.drp import exercise_status
from tasks.services import services
from tasks.webhooks import Post

UNNAMED = "message:"
"""How our name of a request begins to which the agent gave none: the digest of its message follows."""


def told_to_agent(origin: Origin) -> Mapping[str, str]:
    """What an agent is told of its request; nothing personal."""
    site, name = services().site_url, origin.external_id
    verify_at = f"{site}/status" if site else ""
    named = "" if name.startswith(UNNAMED) else name
    return exercise_status(status_of(origin.case_id), verify_at=verify_at, agent_request_id=named)


def put_callback(row: Outgoing) -> None:
    """Put a call for the agent of a case that moved, where it gave an address."""
    origin = services().register.origin(row.case_id)
    if origin is not None and origin.callback and origin.protocol is DoorProtocol.DRP:
        services().register.put_outgoing(row.case_id, OutgoingKind.CALLBACK, origin.client, number=row.number)


def call_back(row: Outgoing, post: Post) -> None:
    """Tell the agent where its request stands now.

    Raises:
        SystemUnavailable: when it cannot be reached, or does not say that it took it in; trying again helps.
        StepFailed: when there is nobody to tell; trying again does not.
    """
    origin = services().register.origin(row.case_id)
    agent = None if origin is None else services().register.agent(origin.client)
    if origin is None or agent is None or not agent.is_active or not origin.callback:
        raise StepFailed("there is nobody to tell", where=row.case_id, remedy="nothing is to be done")
    body = json.dumps(dict(told_to_agent(origin))).encode()
    status = post(origin.callback, body, {"Content-Type": "application/json"})
    if not 200 <= status < 300:  # noqa: PLR2004  # RFC 9110, 15.3
        raise SystemUnavailable("the agent did not take it in", where=row.case_id, remedy="it is tried again")
