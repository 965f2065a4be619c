"""Sends files by SFTP to a host whose key is pinned by its fingerprint.

The order, so that a file is there whole under its name, once, or not at all (law 3):

1. connect; a host key that is not the one of the party's entry ends it before anybody logs in;
2. a file that is there under its name was sent before: it got that name in the last step alone;
3. write to a temporary name, from the first byte anew, and see that the server has as many bytes as were sent;
4. rename.

Neither the account's SSH configuration, nor its agent, nor its known hosts are looked at.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from posixpath import join
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import asyncssh

from data_contracts.company.company import Transmission
from data_contracts.errors import RecipientRefused, SettingsInvalid, StepFailed, SystemUnavailable
from data_contracts.ports.credentials import recipient_variable
from data_contracts.told.transfers import Parcel

__all__ = ["SftpLogin", "send_by_sftp"]

_BLOCK = 256 * 1024
_PORT = 22
_GONE = (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class SftpLogin:
    """How we log in: a password, or a private key in OpenSSH's or PEM form.

    Attributes:
        user: empty: the one that the address names.
        timeout: seconds that connecting and logging in may take.
    """

    user: str = ""
    password: str = field(default="", repr=False)
    private_key: str = field(default="", repr=False)
    timeout: float = 30.0


def send_by_sftp(recipient: str, way: Transmission, parcels: Sequence[Parcel], login: SftpLogin) -> str:
    """Send each parcel once; returns the proof of who received it."""
    if not (login.password or login.private_key):
        raise SettingsInvalid(
            "there is no credential to log in with",
            where=recipient,
            remedy=f"run `rightsflow secret set {recipient_variable(recipient, 'KEY')}` or …_PASSWORD",
        )
    _in_a_loop(_send(recipient, way, parcels, login))
    return f"host-key {way.host_key}"


class _Pinned(asyncssh.SSHClient):
    """Trusts one host key alone."""

    def __init__(self, fingerprint: str) -> None:
        self._fingerprint = fingerprint
        self.is_refused = False

    def validate_host_public_key(self, _host: str, _addr: str, _port: int, key: asyncssh.SSHKey) -> bool:
        """Whether it is the key of the party's entry."""
        self.is_refused = key.get_fingerprint() != self._fingerprint
        return not self.is_refused


async def _send(recipient: str, way: Transmission, parcels: Sequence[Parcel], login: SftpLogin) -> None:
    pinned = _Pinned(way.host_key)
    try:
        connection, _ = await asyncssh.create_connection(lambda: pinned, **_options(recipient, way, login))
        async with connection, connection.start_sftp_client() as sftp:
            for parcel in parcels:
                await _put(sftp, join(unquote(urlsplit(way.to).path) or ".", parcel.name), parcel)
    except (asyncssh.Error, OSError, asyncio.IncompleteReadError) as error:
        if pinned.is_refused:
            raise RecipientRefused(
                "the host key of the other side is not the one of the party's entry; nothing was sent",
                where=recipient,
                remedy="ask the recipient by another way which key is right; correct `host_key`, or do not send",
            ) from None
        raise _told(recipient, error) from None


def _options(recipient: str, way: Transmission, login: SftpLogin) -> dict[str, Any]:
    place = urlsplit(way.to)
    return {
        "host": place.hostname,
        "port": place.port or _PORT,
        "username": login.user or unquote(place.username or ""),
        "password": login.password or None,
        "client_keys": [_key(recipient, login.private_key)] if login.private_key else None,
        # No key is known beforehand, so that every key is shown to _Pinned.
        "known_hosts": ([], [], []),
        "agent_path": None,
        "config": None,
        "preferred_auth": "publickey" if login.private_key else "password,keyboard-interactive",
        "login_timeout": login.timeout,
        "connect_timeout": login.timeout,
        "keepalive_interval": login.timeout / 2,
        "compression_algs": None,
    }


def _key(recipient: str, text: str) -> asyncssh.SSHKey:
    try:
        return asyncssh.import_private_key(text.strip() + "\n")
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
        raise SettingsInvalid(
            "the private key cannot be read",
            where=recipient,
            remedy="give the text of a private key without a passphrase, in OpenSSH's or PEM form",
        ) from None


async def _put(sftp: asyncssh.SFTPClient, target: str, parcel: Parcel) -> None:
    if await sftp.exists(target):
        return
    folder, _, name = target.rpartition("/")
    draft = join(folder, f".{name}.part")
    sent = 0
    with parcel.open() as source:
        flags = asyncssh.FXF_WRITE | asyncssh.FXF_CREAT | asyncssh.FXF_TRUNC
        async with sftp.open(draft, flags, encoding=None) as file:
            while block := source.read(_BLOCK):
                await file.write(block)
                sent += len(block)
    if (await sftp.stat(draft)).size != sent:
        raise asyncssh.SFTPFailure("not as many bytes as were sent")
    await sftp.rename(draft, target)


def _told(recipient: str, error: Exception) -> Exception:
    if isinstance(error, asyncssh.PermissionDenied | asyncssh.SFTPPermissionDenied):
        return StepFailed(
            "it refused the log-in or the folder", where=recipient, remedy="renew the credential or the folder's rights"
        )
    if isinstance(error, asyncssh.SFTPError) and not isinstance(error, _GONE):
        return StepFailed(
            f"it did not take the file (SFTP status {error.code})",
            where=recipient,
            remedy="see that the folder of the party's entry is there and has room",
        )
    return SystemUnavailable(
        "it could not be reached, or broke off before the file was whole",
        where=recipient,
        remedy="check host and port, then answer 'retry'",
    )


def _in_a_loop(work: Coroutine[object, object, _T]) -> _T:
    """Run it to its end, also where this thread has a running loop already."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
