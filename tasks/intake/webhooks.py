"""Telling programs that a case moved: signed, at least once, and nothing personal (Standard Webhooks 1.0).

The id is the same at each attempt, so that a repetition is known; the time is signed too, so that a call that somebody
recorded is worth nothing five minutes later.

>>> signature(b"secret", "C-1:webhook:desk:3", 1767225600, b"{}")
'v1,OjXipnitN61w4OQPq21TeKQdSirHez4QU181+ExSbnE='
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from data_contracts.case.outgoing import Outgoing, OutgoingKind
from data_contracts.doors.webhooks import Webhook
from data_contracts.errors import RequestInvalid, StepFailed, SystemUnavailable
from data_contracts.ports.sealed_rows import webhook_context
from tasks.services import services

Post = Callable[[str, bytes, Mapping[str, str]], int]
"""Posts a body with headers to an address; the status of the answer."""

_GONE: Final = 410
_SECRET_BYTES: Final = 32


def put_webhook(client: str, name: str, url: str, states: Sequence[str]) -> str:
    """Have an address told of a client's cases; the secret that calls are signed with, to be shown once.

    Raises:
        RequestInvalid: when the name is another client's.
    """
    known = services().register.webhook(name)
    if known is not None and known.client != client:
        raise RequestInvalid("this name is taken", where="name", remedy="choose another one")
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    sealed = services().seal_secret(secret.encode(), webhook_context(name))
    services().register.put_webhook(Webhook(name, url, client, sealed, tuple(states)))
    return secret


def end_webhook(client: str, name: str) -> bool:
    """End a subscription; False where the client has none of that name in force."""
    known = services().register.webhook(name)
    if known is None or known.client != client or not known.is_active:
        return False
    services().register.put_webhook(replace(known, is_active=False))
    return True


def fan_out(row: Outgoing) -> None:
    """Put a call for each subscriber that wants to hear of a move."""
    register = services().register
    hooks = [hook for hook in register.webhooks() if hook.is_active and (not hook.states or row.target in hook.states)]
    if not hooks:
        return
    origin = register.origin(row.case_id)
    for hook in hooks:
        if not hook.client or (origin is not None and origin.client == hook.client):
            facts = {"state": row.target, "at": row.created_at.isoformat()}
            register.put_outgoing(row.case_id, OutgoingKind.WEBHOOK, hook.name, number=row.number, facts=facts)


def deliver(row: Outgoing, post: Post) -> None:
    """Call a subscriber about one move.

    Raises:
        SystemUnavailable: when it cannot be reached or does not say that it took it in; trying again helps.
        StepFailed: when the subscription has ended; trying again does not.
    """
    hook = services().register.webhook(row.target)
    if hook is None or not hook.is_active:
        raise StepFailed("the subscription has ended", where=row.case_id, remedy="nothing is to be done")
    at = int(services().now().timestamp())
    body = json.dumps({"type": f"case.{row.facts['state']}", "case_id": row.case_id, **row.facts}).encode()
    secret = services().open_secret(hook.secret, webhook_context(hook.name))
    headers = {
        "Content-Type": "application/json",
        "webhook-id": row.key,
        "webhook-timestamp": str(at),
        "webhook-signature": signature(secret, row.key, at, body),
    }
    status = post(hook.url, body, headers)
    if status == _GONE:
        services().register.put_webhook(replace(hook, is_active=False))
    elif not 200 <= status < 300:  # noqa: PLR2004  # RFC 9110, 15.3
        raise SystemUnavailable("the subscriber did not take it in", where=row.case_id, remedy="it is tried again")


def signature(secret: bytes, name: str, at: int, body: bytes) -> str:
    """The signature of a call, as its header carries it."""
    mac = hmac.digest(secret, f"{name}.{at}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(mac).decode()}"
