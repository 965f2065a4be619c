"""Posts files to a web service whose TLS certificate is verified; plain HTTP reaches this machine alone.

Bodies are streamed. Every call carries an ``Idempotency-Key``, so that a service that has the file already takes it
once. Data go where the party's entry says (:mod:`integrations.http`).

Source: https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_hex
from urllib.parse import urlsplit

from data_contracts.company.company import Transmission
from data_contracts.errors import RecipientRefused, SettingsInvalid, StepFailed, SystemUnavailable
from data_contracts.ports.credentials import recipient_variable
from data_contracts.told.transfers import Parcel
from integrations.http import LATER, Call, NoAnswer, call, is_encrypted

__all__ = ["WebAccess", "post_files", "post_import"]

_BLOCK = 256 * 1024


@dataclass(frozen=True, slots=True)
class WebAccess:
    """How we are let in, and whose certificates we trust.

    Attributes:
        token: a bearer token; empty: none is asked for.
        ca_file: certificates to trust instead of the public ones, as PEM.
        timeout: seconds that connecting, and each answer, may take.
    """

    token: str = field(default="", repr=False)
    ca_file: str = ""
    timeout: float = 30.0


def post_files(recipient: str, way: Transmission, parcels: Sequence[Parcel], *, access: WebAccess, key: str) -> str:
    """Post each file as the body of a call; returns the proof of who received it."""
    service = _service(recipient, way, access)
    for parcel in parcels:
        headers = {
            "Content-Type": parcel.media_type,
            "Content-Disposition": f'attachment; filename="{parcel.name}"',
            "Idempotency-Key": f'"{key}:{parcel.name}"',
        }
        service.post(headers, _blocks(parcel))
    return _proof(way)


def post_import(recipient: str, way: Transmission, parcels: Sequence[Parcel], *, access: WebAccess, key: str) -> str:
    """Post all files as one form (``multipart/form-data``), each under the field that the entry names."""
    boundary = token_hex(16)
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Idempotency-Key": f'"{key}"'}
    _service(recipient, way, access).post(headers, _form(way.field, parcels, boundary))
    return _proof(way)


def _proof(way: Transmission) -> str:
    place = urlsplit(way.to)
    return f"tls {place.hostname}" if place.scheme == "https" else "this machine"


@dataclass(frozen=True, slots=True)
class _Service:
    """A recipient's service that may be called."""

    recipient: str
    url: str
    access: WebAccess
    trusted: ssl.SSLContext

    def post(self, headers: Mapping[str, str], body: Iterator[bytes]) -> None:
        """Hand one body over.

        Raises:
            SystemUnavailable: when trying again can help.
            RecipientRefused: when it does not prove who it is.
            StepFailed: when it does not take the data.
        """
        token = {"Authorization": f"Bearer {self.access.token}"} if self.access.token else {}
        seconds = self.access.timeout
        sent = Call(url=self.url, body=body, headers={**token, **headers}, trusted=self.trusted, seconds=seconds)
        answer = call(sent)
        if isinstance(answer, NoAnswer):
            raise _broken(self.recipient, answer)
        if answer.is_good:
            return
        if answer.status in LATER:
            what = f"it asks to come back later ({answer.status})"
            raise SystemUnavailable(what, where=self.recipient, remedy="answer 'retry' later")
        what, remedy = f"it did not take the data ({answer.status})", "check address, token and what it imports"
        raise StepFailed(what, where=self.recipient, remedy=remedy)


def _service(recipient: str, way: Transmission, access: WebAccess) -> _Service:
    if not is_encrypted(way.to):
        raise RecipientRefused(
            "its address is not encrypted; nothing was sent", where=recipient, remedy="write an https:// address"
        )
    return _Service(recipient, way.to, access, _trusted(recipient, access.ca_file))


def _trusted(recipient: str, ca_file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except OSError:  # ssl.SSLError is one
        raise SettingsInvalid(
            "the certificates to trust cannot be read",
            where=recipient,
            remedy=f"set {recipient_variable(recipient, 'CA_FILE')} to a PEM file",
        ) from None


def _broken(recipient: str, why: NoAnswer) -> Exception:
    if why is NoAnswer.CERTIFICATE:
        return RecipientRefused(
            "its certificate does not prove who it is; nothing was sent",
            where=recipient,
            remedy="ask the recipient to renew it, or name its authority with …_CA_FILE",
        )
    return SystemUnavailable(
        "it could not be reached, or broke off before it answered",
        where=recipient,
        remedy="check the address, then answer 'retry': the same key makes it the same transmission",
    )


def _form(field_name: str, parcels: Sequence[Parcel], boundary: str) -> Iterator[bytes]:
    """The form, streamed (RFC 7578); our file names have no character that would need escaping."""
    for parcel in parcels:
        yield (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{field_name}"; filename="{parcel.name}"\r\n'
            f"Content-Type: {parcel.media_type}\r\n\r\n"
        ).encode()
        yield from _blocks(parcel)
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()


def _blocks(parcel: Parcel) -> Iterator[bytes]:
    with parcel.open() as source:
        while block := source.read(_BLOCK):
            yield block
