"""Hands one message to an SMTP server, verb by verb, so that we know at each moment whether it can have left.

Steps, numbered as in the code (RFC 5321 section 3.3):

1. connect, encrypt as told, log in;
2. MAIL and RCPT: the server accepts sender and recipient. Until here trying again is safe;
3. the caller notes that the message is being handed over;
4. DATA. An answer, good or bad, is certain; no answer means that nobody can know.

Replies 4yz ask to come back later, 5yz refuse for good (section 4.2.1). Texts of servers often quote addresses and
are never passed on (law 1).
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import aiosmtplib

from data_contracts.errors import DeliveryUncertain, RightsflowError, StepFailed, SystemUnavailable
from integrations.channels.post.message import Mailbox
from integrations.channels.post.settings import MailSettings

__all__ = ["hand_over"]

_T = TypeVar("_T")
_WHERE = "mail server"
_CLOSING_TURNS = 4
_CLOSING_SECONDS = 0.02
_LATER, _NEVER = range(400, 500), range(500, 600)


def hand_over(
    settings: MailSettings, message: bytes, *, sender: Mailbox, to: Mailbox, about_to_hand_over: Callable[[], None]
) -> None:
    """Send one message; returns when the server took it over.

    Raises:
        SystemUnavailable: when the server cannot be reached or asks to come back later; nothing has left.
        StepFailed: when it refuses for good; nothing has left.
        DeliveryUncertain: when the connection broke after DATA.
    """

    def send() -> None:
        with asyncio.Runner() as runner:
            _converse(runner, settings, message, ends=(sender, to), about_to_hand_over=about_to_hand_over)

    if not _is_in_loop():
        return send()
    # A loop runs in this thread (an async flow called us): the conversation gets a thread of its own.
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="smtp") as executor:
        return executor.submit(send).result()


def _is_in_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _converse(
    runner: asyncio.Runner,
    settings: MailSettings,
    message: bytes,
    *,
    ends: tuple[Mailbox, Mailbox],
    about_to_hand_over: Callable[[], None],
) -> None:
    client = _client(settings)
    try:
        with _certain():
            runner.run(_open(client, settings))  # 1
            runner.run(_address(client, *ends))  # 2
        about_to_hand_over()  # 3, outside the loop: it may block on a database
        with _uncertain():
            runner.run(_wrapped(client.data(message)))  # 4
        # The message is gone: a server that does not say goodbye changes nothing.
        with contextlib.suppress(aiosmtplib.SMTPException, OSError):
            runner.run(_wrapped(client.quit()))
    except BaseException:
        # A handshake that failed leaves a connection nobody has a hold of; it closes when its peer's answer is in.
        runner.run(_close(client, pause=_CLOSING_SECONDS))
        raise
    runner.run(_close(client))


def _client(settings: MailSettings) -> aiosmtplib.SMTP:
    encrypted = settings.security != "none"
    return aiosmtplib.SMTP(
        hostname=settings.host,
        port=settings.effective_port,
        local_hostname=settings.local_name or socket.gethostname(),
        timeout=settings.timeout.total_seconds(),
        use_tls=settings.security == "tls",
        start_tls=False,  # done by hand in _open, where falling back to clear text is impossible
        tls_context=settings.tls_context() if encrypted else None,
    )


async def _close(client: aiosmtplib.SMTP, *, pause: float = 0) -> None:
    """Let go of the connection, and give the loop the turns it needs to close the socket."""
    transport = client.transport
    client.close()
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()
    for _turn in range(_CLOSING_TURNS):
        await asyncio.sleep(pause)


async def _wrapped(verb: Coroutine[Any, Any, _T]) -> _T:
    return await verb


async def _open(client: aiosmtplib.SMTP, settings: MailSettings) -> None:
    await client.connect()
    await client.ehlo()
    if settings.security == "starttls":
        if not client.supports_extension("starttls"):
            raise _refused("it does not offer STARTTLS", remedy="set its security to tls, or mend the server")
        await client.starttls()
        await client.ehlo()
    if settings.username:
        await _log_in(client, settings)


async def _log_in(client: aiosmtplib.SMTP, settings: MailSettings) -> None:
    if not client.supports_extension("auth"):
        raise _refused("it offers no log-in", remedy="remove the user name, or use the server's submission port")
    try:
        await client.login(settings.username, settings.password)
    except aiosmtplib.SMTPAuthenticationError as error:
        if error.code in _LATER:
            raise
        raise _refused("it refused the log-in", remedy="renew the mail password, then resume") from None


async def _address(client: aiosmtplib.SMTP, sender: Mailbox, to: Mailbox) -> None:
    if not (sender.needs_utf8 or to.needs_utf8):
        await client.mail(sender.address)
        await client.rcpt(to.address)
        return
    if not client.supports_extension("smtputf8"):
        raise _refused(
            "it does not take addresses with letters beyond ASCII", remedy="ask for another address, or write a letter"
        )
    await client.mail(sender.address, options=["SMTPUTF8"], encoding="utf-8")
    await client.rcpt(to.address, encoding="utf-8")


@contextlib.contextmanager
def _certain() -> Iterator[None]:
    """Errors before the hand-over: whatever broke, nothing has left."""
    with _replies(
        SystemUnavailable(
            "it could not be reached, or broke off before the message was handed over",
            where=_WHERE,
            remedy="check host, port, security and certificate, then resume",
        )
    ):
        yield


@contextlib.contextmanager
def _uncertain() -> Iterator[None]:
    """Errors of the hand-over: only an answer is certain."""
    with _replies(
        DeliveryUncertain(
            "it broke off while the message was handed over, so the message may or may not have left",
            where=_WHERE,
            remedy="look into the mail server's log and say whether it was sent",
        )
    ):
        yield


@contextlib.contextmanager
def _replies(unanswered: RightsflowError) -> Iterator[None]:
    """Turn what the mail library raises into our errors; ``unanswered`` is for all that is no clear refusal."""
    try:
        yield
    except aiosmtplib.SMTPResponseException as error:
        raise _reply(error.code, unanswered) from None
    except (aiosmtplib.SMTPException, OSError):  # ssl.SSLError and TimeoutError are OSErrors
        raise unanswered from None


def _reply(code: int, unanswered: RightsflowError) -> RightsflowError:
    if code in _LATER:
        return SystemUnavailable(f"it asks to come back later ({code})", where=_WHERE, remedy="wait, then resume")
    if code in _NEVER:
        return _refused(f"it refused the message ({code})", remedy="check sender, address and the server's policy")
    return unanswered


def _refused(what: str, *, remedy: str) -> StepFailed:
    return StepFailed(what, where=_WHERE, remedy=remedy)
