"""Telling the agent or controller that made a request where it stands, in the words of its protocol."""

import json
from collections.abc import Callable, Mapping

from data_contracts.case.origins import DoorProtocol, Origin
from data_contracts.case.outgoing import Outgoing, OutgoingKind
from data_contracts.errors import StepFailed, SystemUnavailable
from tasks.intake.public_status import status_of
from tasks.intake.webhooks import Post
from tasks.rules.others.drp import exercise_status
from tasks.rules.others.opendsr import request_status
from tasks.services import services

Sign = Callable[[bytes], Mapping[str, str]]
"""The headers that go with a body."""


def unsigned(_body: bytes) -> Mapping[str, str]:
    """The headers of a body that nobody signs."""
    return {"Content-Type": "application/json"}


UNNAMED = "message:"
"""How our name of a request begins to which the agent gave none: the digest of its message follows."""


def told_to_agent(origin: Origin) -> Mapping[str, str]:
    """What an agent is told of its request; nothing personal."""
    site, name = services().site_url, origin.external_id
    verify_at = f"{site}/status" if site else ""
    named = "" if name.startswith(UNNAMED) else name
    return exercise_status(status_of(origin.case_id), verify_at=verify_at, agent_request_id=named)


def told_to_controller(origin: Origin) -> Mapping[str, str]:
    """What a controller is told of a request that it handed on."""
    status = status_of(origin.case_id)
    return request_status(status, controller=origin.client, subject_request_id=origin.external_id)


def put_callback(row: Outgoing) -> None:
    """Put a call for each address that whoever made the request of a case wants to be told at."""
    register = services().register
    origin = register.origin(row.case_id)
    if origin is None:
        return
    for place, address in enumerate(origin.callback.split()):
        target, facts = f"{origin.client}:{place}", {"address": address}
        register.put_outgoing(row.case_id, OutgoingKind.CALLBACK, target, number=row.number, facts=facts)


def call_back(row: Outgoing, post: Post, sign: Sign = unsigned) -> None:
    """Tell whoever made the request where it stands now.

    Args:
        row: with the address.
        post: calls it.
        sign: gives the headers of a body, for protocols whose callbacks are signed.

    Raises:
        SystemUnavailable: when it cannot be reached, or does not say that it took it in; trying again helps.
        StepFailed: when there is nobody to tell; trying again does not.
    """
    origin, address = services().register.origin(row.case_id), str(row.facts.get("address", ""))
    if origin is None or not address or not _is_in_force(origin):
        raise StepFailed("there is nobody to tell", where=row.case_id, remedy="nothing is to be done")
    if origin.protocol is DoorProtocol.OPENDSR:
        body = json.dumps({**told_to_controller(origin), "status_callback_url": address}).encode()
        status = post(address, body, sign(body))
    else:
        body = json.dumps(dict(told_to_agent(origin))).encode()
        status = post(address, body, unsigned(body))
    if not 200 <= status < 300:  # noqa: PLR2004  # RFC 9110, 15.3
        raise SystemUnavailable("it was not taken in", where=row.case_id, remedy="it is tried again")


def _is_in_force(origin: Origin) -> bool:
    if origin.protocol is not DoorProtocol.DRP:
        return True
    agent = services().register.agent(origin.client)
    return agent is not None and agent.is_active
