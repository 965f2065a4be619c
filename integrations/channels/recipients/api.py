"""Tells recipients over HTTP what was done with data that they received (Art. 19).

One POST of JSON for each message:

* ``Rightsflow-Signature: sha256=…`` is the HMAC-SHA256 of the body with the secret that both sides know;
* ``Idempotency-Key`` is the same for each attempt of one message, so that it counts once (law 3);
* an answer 2xx means that it was taken over; a ``reference`` in it is the recipient's acknowledgement.

Nothing leaves unsigned, or unencrypted to another machine. Answers are never passed on: they may quote what we sent.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from data_contracts.errors import SettingsInvalid, StepFailed, SystemUnavailable
from data_contracts.ports.credentials import recipient_variable
from data_contracts.told.recipients import RecipientMessage
from integrations.channels.post.message import message_slug
from integrations.channels.post.outbox import write_once
from integrations.http import LATER, Answer, Call, NoAnswer, call, is_encrypted

__all__ = ["Endpoint", "HttpRecipients", "signature"]

_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/#-]{0,59}")
"""What may stand in evidence: no room for a name and an address."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a recipient's interface is, and the secret that we sign with; empty where it is not configured."""

    url: str = ""
    secret: str = field(default="", repr=False)


class HttpRecipients:
    """Hands messages over by HTTP (port ``RecipientApi``).

    Args:
        endpoints: by party key, what the installation configured.
        outbox: folder that messages to recipients without an address are written to instead, one file each; None in
            earnest, where such a recipient is an error.
    """

    def __init__(self, endpoints: Mapping[str, Endpoint], *, outbox: Path | None = None) -> None:
        self._endpoints = endpoints
        self._outbox = outbox

    def tell(self, message: RecipientMessage, *, address: str, key: str) -> tuple[str, str]:
        """Hand one message over; how (``api`` or ``outbox``) and the reference the recipient gave, or none.

        Raises:
            SystemUnavailable: when it cannot be reached or breaks off; trying again is safe and can help.
            StepFailed: when it refuses the message for good.
            SettingsInvalid: when its address or the secret to sign with is not configured.
        """
        endpoint = self._endpoints.get(message.party, Endpoint())
        url = endpoint.url or (address if "://" in address else "")
        if not url and self._outbox is not None:
            write_once(self._outbox, f"{message_slug(key)}.json", _body(message))
            return "outbox", ""
        _check(message.party, url, endpoint.secret)
        return "api", _post(message.party, url, _body(message), headers=_headers(_body(message), endpoint.secret, key))


def signature(body: bytes, secret: str) -> str:
    """What the header ``Rightsflow-Signature`` says of a body."""
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def _headers(body: bytes, secret: str, key: str) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "Idempotency-Key": key,
        "Rightsflow-Signature": signature(body, secret),
    }


def _body(message: RecipientMessage) -> bytes:
    said = {
        "reference": message.reference,
        "right": message.right,
        "asked": message.asked,
        "kind": "order" if message.is_order else "notice",
        "identity": {kind: list(values) for kind, values in message.identity.items()},
        "changes": [{"field": field, "value": value} for field, value in message.changes],
        "sent_on": message.sent_on,
    }
    # What does not belong to the message is left out, not sent empty.
    return json.dumps({name: value for name, value in said.items() if value}, sort_keys=True).encode()


def _check(party: str, url: str, secret: str) -> None:
    if not url or not secret:
        missing = recipient_variable(party, "SECRET" if url else "URL")
        raise SettingsInvalid(
            "the recipient's interface is not configured", where=party, remedy=f"set {missing}, then answer 'retry'"
        )
    if not is_encrypted(url):
        raise SettingsInvalid(
            "the message would travel unencrypted",
            where=party,
            remedy=f"give {recipient_variable(party, 'URL')} an https address",
        )


def _post(party: str, url: str, body: bytes, *, headers: Mapping[str, str]) -> str:
    answer = call(Call(url=url, body=body, headers=headers))
    if isinstance(answer, NoAnswer):
        raise SystemUnavailable(
            "the recipient's interface cannot be reached, or broke off", where=party, remedy="try again later"
        )
    if answer.status in LATER:
        raise SystemUnavailable(
            f"the recipient asks to come back later ({answer.status})", where=party, remedy="try again later"
        )
    if not answer.is_good:
        raise StepFailed(
            f"the recipient refused the message ({answer.status})",
            where=party,
            remedy="check its address and secret, or tell it by hand",
        )
    return _reference(answer)


def _reference(answer: Answer) -> str:
    given = answer.object().get("reference")
    return given if isinstance(given, str) and _REFERENCE.fullmatch(given) else ""
