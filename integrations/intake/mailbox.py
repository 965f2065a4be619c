"""A mailbox read by IMAP: what we have taken in is moved to another folder of it, and stays there.

Whether somebody has read a mail in another program says nothing about whether we have, so no flag is asked. Keywords of
our own are not kept by every server; folders are.

Source: RFC 9051 (IMAP4rev2), section 6.4.8 (MOVE), first RFC 6851; RFC 8314 (TLS).
"""

import email.utils
import imaplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from data_contracts.doors.mailbox import Mail
from data_contracts.errors import SettingsInvalid, SystemUnavailable

_WHERE: Final = "mailbox"
_TIMEOUT: Final = 30
_LARGEST: Final = 25 * 1024 * 1024
"""Bytes that are read of a mail; what is longer is kept in the mailbox, and here without its end."""


@dataclass(frozen=True, slots=True)
class ImapSettings:
    """How the mailbox is reached.

    Attributes:
        folder: where mails arrive.
        taken_folder: where those are moved that are in the register.
        security: ``tls`` from the first byte, ``starttls``, or ``none`` on this machine alone.
        ca_file: PEM file of the authority that signed the server's certificate; empty: those of the system.
    """

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    security: Literal["tls", "starttls", "none"] = "tls"
    folder: str = "INBOX"
    taken_folder: str = "Rightsflow"
    ca_file: str = ""


class ImapMailbox:
    """One folder of a mailbox, over one connection."""

    def __init__(self, connection: imaplib.IMAP4, settings: ImapSettings) -> None:
        """Open the folder, and make the one that mails are moved to where it is not there yet.

        Raises:
            SettingsInvalid: when there is no such folder, or the server cannot move mails.
        """
        self._connection = connection
        self._taken = _quoted(settings.taken_folder)
        _, told = connection.capability()  # a server may say more once somebody is let in
        able = set(b" ".join(told).decode("ascii", "replace").upper().split())
        self._moves = bool({"MOVE", "IMAP4REV2"} & able)
        if not self._moves and "UIDPLUS" not in able:
            raise SettingsInvalid("the server cannot move mails", where=_WHERE, remedy="use one with MOVE or UIDPLUS")
        status, _ = connection.select(_quoted(settings.folder))
        if status != "OK":
            raise SettingsInvalid("there is no such folder", where=_WHERE, remedy="correct RIGHTSFLOW_IMAP_FOLDER")
        connection.create(self._taken)  # refused where it is there

    def waiting(self) -> Iterator[Mail]:
        """Mails of the folder, oldest first."""
        for uid in self._ask("SEARCH", "ALL")[0].split():
            mail = self._fetch(uid.decode("ascii"))
            if mail is not None:
                yield mail

    def take_off(self, place: str) -> None:
        """Move a mail to the folder of those that were taken in."""
        if self._moves:
            self._ask("MOVE", place, self._taken)
            return
        self._ask("COPY", place, self._taken)
        self._ask("STORE", place, "+FLAGS.SILENT", "(\\Deleted)")
        self._ask("EXPUNGE", place)

    def _fetch(self, uid: str) -> Mail | None:
        """The mail of that UID; None when somebody has removed it meanwhile."""
        found = self._ask("FETCH", uid, f"(INTERNALDATE BODY.PEEK[]<0.{_LARGEST}>)")
        parts = [part for part in found if isinstance(part, tuple)]
        if not parts:
            return None
        told, raw = parts[0][0], parts[0][1]
        rest = b" ".join(part for part in found if isinstance(part, bytes))
        return Mail(uid, raw, _moment(told + b" " + rest))

    def _ask(self, command: str, *words: str) -> list[Any]:
        with _only_our_errors():
            status, answer = self._connection.uid(command, *words)
        if status != "OK":
            raise SystemUnavailable("the mailbox refused a command", where=_WHERE, remedy="see that it can be read")
        return [one for one in answer if one is not None]


@contextmanager
def opened_mailbox(settings: ImapSettings) -> Iterator[ImapMailbox]:
    """The mailbox, until the block ends.

    Raises:
        SystemUnavailable: when its server cannot be reached.
        SettingsInvalid: when it does not let us in, or the folder is not there.
    """
    connection = _connect(settings)
    try:
        yield _let_in(connection, settings)
    finally:
        try:
            connection.logout()
        except (imaplib.IMAP4.error, OSError):
            connection.shutdown()  # the server has gone already


def _connect(settings: ImapSettings) -> imaplib.IMAP4:
    context = ssl.create_default_context(cafile=settings.ca_file or None)
    with _only_our_errors():
        if settings.security == "tls":
            return imaplib.IMAP4_SSL(settings.host, settings.port, ssl_context=context, timeout=_TIMEOUT)
        connection = imaplib.IMAP4(settings.host, settings.port, timeout=_TIMEOUT)
        if settings.security == "starttls":
            connection.starttls(context)
        return connection


def _let_in(connection: imaplib.IMAP4, settings: ImapSettings) -> ImapMailbox:
    try:
        connection.login(settings.username, settings.password)
    except imaplib.IMAP4.abort:
        raise _away() from None
    except imaplib.IMAP4.error:
        remedy = "correct RIGHTSFLOW_IMAP_USERNAME and RIGHTSFLOW_IMAP_PASSWORD"
        raise SettingsInvalid("the mailbox does not let us in", where=_WHERE, remedy=remedy) from None
    except OSError:
        raise _away() from None
    with _only_our_errors():
        return ImapMailbox(connection, settings)


@contextmanager
def _only_our_errors() -> Iterator[None]:
    """A server's texts may quote addresses and subjects: none comes out (law 1)."""
    try:
        yield
    except (imaplib.IMAP4.error, OSError):
        raise _away() from None


def _away() -> SystemUnavailable:
    return SystemUnavailable("the mailbox cannot be reached", where=_WHERE, remedy="see that its server answers")


def _quoted(folder: str) -> str:
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _moment(told: bytes) -> datetime:
    """INTERNALDATE, ``"26-Nov-2026 10:00:00 +0100"``; now where a server tells none."""
    _, _, after = told.partition(b'INTERNALDATE "')
    text = after.partition(b'"')[0].decode("ascii", "replace").strip().replace("-", " ", 2)
    try:
        return email.utils.parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, TypeError):
        return datetime.now(UTC)
