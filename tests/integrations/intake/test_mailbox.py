"""The mailbox over a real IMAP server: what is given, what is marked, and what is told when it cannot be reached."""

import imaplib
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data_contracts.errors import SettingsInvalid, SystemUnavailable
from flows.server.machine import free_port
from integrations.intake.mailbox import ImapSettings, opened_mailbox

_MAIL = b"From: Ana <ana@example.org>\r\nSubject: %s\r\nMessage-ID: <%s@example.org>\r\n\r\nHello.\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[ImapSettings]:
    """A server with one user and an empty inbox."""
    port = free_port()
    pymap = str(Path(sys.executable).with_name("pymap"))
    words = [pymap, "--host", "127.0.0.1", "--port", str(port), "--no-tls", "dict", "--demo-data"]
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as process:
        settings = ImapSettings("127.0.0.1", port, "demouser", "demopass", security="none", folder="Requests")
        _wait(port)
        yield settings
        process.terminate()


@pytest.fixture
def folder(server: ImapSettings) -> Iterator[imaplib.IMAP4]:
    """Another program at the same mailbox, with an empty folder."""
    other = imaplib.IMAP4(server.host, server.port)
    other.login(server.username, server.password)
    other.create(server.folder)
    yield other
    other.select("INBOX")
    for name in (server.folder, server.taken_folder):
        other.delete(name)
    other.logout()


def put(other: imaplib.IMAP4, subject: str, at: datetime) -> None:
    """Have a mail arrive."""
    when = imaplib.Time2Internaldate(at)
    status, _ = other.append("Requests", None, when, _MAIL % (subject.encode(), subject.encode()))
    assert status == "OK"


def test_mails_are_given_whole_with_their_day(server: ImapSettings, folder: imaplib.IMAP4) -> None:
    """Oldest first, and when the server received them."""
    day = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    put(folder, "one", day)
    put(folder, "two", day + timedelta(days=1))

    with opened_mailbox(server) as mailbox:
        mails = list(mailbox.waiting())

    assert [b"Subject: one" in mails[0].raw, b"Subject: two" in mails[1].raw] == [True, True]
    assert [mail.arrived_at for mail in mails] == [day, day + timedelta(days=1)]
    assert "ana" not in repr(mails)


def test_what_was_taken_off_is_not_given_again(server: ImapSettings, folder: imaplib.IMAP4) -> None:
    """It lies in the other folder; that somebody has read a mail elsewhere changes nothing."""
    now = datetime.now(UTC)
    put(folder, "one", now)
    put(folder, "two", now)
    folder.select("Requests")
    folder.store("1:2", "+FLAGS", "\\Seen")
    folder.close()

    with opened_mailbox(server) as mailbox:
        first, _ = mailbox.waiting()
        mailbox.take_off(first.place)
    with opened_mailbox(server) as mailbox:
        left = list(mailbox.waiting())

    assert [b"Subject: two" in mail.raw for mail in left] == [True]
    assert folder.select("Rightsflow") == ("OK", [b"1"])


def test_wrong_password_and_folder_are_told(server: ImapSettings) -> None:
    """With the setting to correct, and nothing that the server said."""
    for wrong, setting in ((replace(server, password="no"), "PASSWORD"), (replace(server, folder="Nowhere"), "FOLDER")):
        with pytest.raises(SettingsInvalid, match=setting), opened_mailbox(wrong):
            pass


def test_server_that_is_away_is_unavailable(server: ImapSettings) -> None:
    """Nothing listens there."""
    with pytest.raises(SystemUnavailable), opened_mailbox(replace(server, port=free_port())):
        pass


def _wait(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with imaplib.IMAP4("127.0.0.1", port):
                return
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
