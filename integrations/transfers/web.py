"""Posts files to a web service whose TLS certificate is verified; plain HTTP reaches this machine alone.

Bodies are streamed. Every call carries an ``Idempotency-Key``, so that a service that has the file already takes it
once. Redirections are not followed and no proxy of the environment is used: data go where the party's entry says.

Source: https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from secrets import token_hex
from urllib.parse import urlsplit

import httpx

from data_contracts.company.company import Transmission
from data_contracts.errors import RecipientRefused, SettingsInvalid, StepFailed, SystemUnavailable
from data_contracts.ports.credentials import recipient_variable
from data_contracts.told.transfers import Parcel

__all__ = ["WebAccess", "is_loopback", "post_files", "post_import"]

_BLOCK = 256 * 1024
_LATER = frozenset({408, 425, 429})
_SERVER_FAULT = 500


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
    with _client(recipient, way, access) as client:
        for parcel in parcels:
            headers = {
                "Content-Type": parcel.media_type,
                "Content-Disposition": f'attachment; filename="{parcel.name}"',
                "Idempotency-Key": f'"{key}:{parcel.name}"',
            }
            _post(client, recipient, way.to, headers=headers, body=_blocks(parcel))
    return _proof(way)


def post_import(recipient: str, way: Transmission, parcels: Sequence[Parcel], *, access: WebAccess, key: str) -> str:
    """Post all files as one form (``multipart/form-data``), each under the field that the entry names."""
    boundary = token_hex(16)
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "Idempotency-Key": f'"{key}"'}
    with _client(recipient, way, access) as client:
        _post(client, recipient, way.to, headers=headers, body=_form(way.field, parcels, boundary))
    return _proof(way)


def is_loopback(url: str) -> bool:
    """Whether the address is this machine's own."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _proof(way: Transmission) -> str:
    place = urlsplit(way.to)
    return f"tls {place.hostname}" if place.scheme == "https" else "this machine"


@contextmanager
def _client(recipient: str, way: Transmission, access: WebAccess) -> Iterator[httpx.Client]:
    if urlsplit(way.to).scheme != "https" and not is_loopback(way.to):
        raise RecipientRefused(
            "its address is not encrypted; nothing was sent", where=recipient, remedy="write an https:// address"
        )
    trusted = _trusted(recipient, access.ca_file)
    headers = {"Authorization": f"Bearer {access.token}"} if access.token else {}
    with httpx.Client(verify=trusted, headers=headers, timeout=access.timeout, trust_env=False) as client:
        yield client


def _trusted(recipient: str, ca_file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except OSError:  # ssl.SSLError is one
        raise SettingsInvalid(
            "the certificates to trust cannot be read",
            where=recipient,
            remedy=f"set {recipient_variable(recipient, 'CA_FILE')} to a PEM file",
        ) from None


def _post(client: httpx.Client, recipient: str, url: str, *, headers: Mapping[str, str], body: Iterator[bytes]) -> None:
    try:
        status = client.post(url, content=body, headers=dict(headers)).status_code
    except httpx.TransportError as error:
        raise _broken(recipient, error) from None
    if httpx.codes.is_success(status):
        return
    if status in _LATER or status >= _SERVER_FAULT:
        raise SystemUnavailable(
            f"it asks to come back later ({status})", where=recipient, remedy="answer 'retry' later"
        )
    raise StepFailed(
        f"it did not take the data ({status})", where=recipient, remedy="check address, token and what it imports"
    )


def _broken(recipient: str, error: BaseException) -> Exception:
    if _is_about_certificate(error):
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


def _is_about_certificate(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


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
