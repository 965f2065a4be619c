"""Reads one mail from standard input and writes what a mail program would show of it, as JSON; a program of its own.

It is started for each mail with nothing but Python's standard library, bounded in memory and processor time, so that a
mail that breaks or exhausts the parser breaks this process alone (see :mod:`integrations.intake.mail_reading`).

The text is what is shown one below the other: each plain text, or HTML without its tags where the plain one beside it
is blank; behind a line of their own texts and mails that are attached; the raw body where no part can be told. Where
there are more parts than are looked at, and none of these says anything, the mail cannot be read.
Source: RFC 5322, 2045 to 2047, 3462.
"""

import json
import resource
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr
from html.parser import HTMLParser

MEMORY_BYTES = 512 * 1024 * 1024
PROCESSOR_SECONDS = 10
_LONGEST_TEXT = 100_000
_LONGEST_HEADER = 2_000
_MOST_PARTS = 200
_DEEPEST = 10
_KEPT = (
    "auto-submitted", "precedence", "return-path", "x-autoreply", "x-autorespond", "x-auto-response-suppress",
    "x-ms-exchange-generated-message-source", "x-failed-recipients", "in-reply-to", "references",
)  # fmt: skip
"""Headers that tell programs and answers apart from letters."""
_BROKEN = (ValueError, LookupError, MessageError, AttributeError, TypeError)
"""What the standard library raises for headers and encodings that are none."""


@dataclass
class _Part:
    """A part that is no container.

    Attributes:
        choice: the container of which a program shows one part alone; None where there is none.
        is_beside: it is attached, or of a mail that is.
    """

    message: Message
    choice: Message | None
    is_beside: bool


class _Shown(HTMLParser):
    """Collects the text of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002  # the parser's signature
        """Text of styles and programs is not shown; a block begins a line."""
        self._hidden += tag in {"style", "script", "title"}
        if tag in {"p", "br", "div", "tr", "li", "blockquote"}:
            self.texts.append("\n> " if tag == "blockquote" else "\n")

    def handle_endtag(self, tag: str) -> None:
        """See above."""
        self._hidden = max(0, self._hidden - (tag in {"style", "script", "title"}))

    def handle_data(self, data: str) -> None:
        """Keep what is shown."""
        if not self._hidden:
            self.texts.append(data)


def read(raw: bytes) -> dict[str, object]:
    """What is shown of a mail, by the names that :class:`data_contracts.doors.mailbox.ReadMail` has."""
    message = message_from_bytes(raw)
    name, sender = _sender(message)
    parts, is_cut = _parts(message)
    text = _text(message, parts)
    if is_cut and _is_blank(text):
        raise ValueError("more parts than are looked at")
    return {
        "headers": {key: _header(message, key) for key in _KEPT if key in message},
        "sender": sender,
        "name": name,
        "subject": _header(message, "subject"),
        "text": text[:_LONGEST_TEXT].replace("\r\n", "\n"),
        "attachments": [name for part in parts if (name := _file_name(part.message))],
        "is_report": message.get_content_type() == "multipart/report",
    }


def _sender(message: Message) -> tuple[str, str]:
    """Name and address; the address is told before encoded words are, which may hold anything (RFC 2047, section 5).

    A name that holds line ends was forged: then there is no address.
    """
    name, address = parseaddr(str(message.get("from", "") or "")[:_LONGEST_HEADER])
    shown = _decoded(name)
    is_forged = any(sign in shown for sign in "\r\n")
    return shown, "" if is_forged else address


def _header(message: Message, name: str) -> str:
    return _decoded(str(message.get(name, "") or "")[:_LONGEST_HEADER])


def _decoded(raw: str) -> str:
    try:
        return str(make_header(decode_header(raw)))
    except _BROKEN:
        return raw.encode("ascii", "replace").decode()


def _parts(message: Message) -> tuple[list[_Part], bool]:
    """The parts of a mail, an attached mail's after the mail's own; and whether there are more than are looked at."""
    pending, found = [(_Part(message, None, is_beside=False), 0)], list[_Part]()
    for _ in range(_MOST_PARTS):
        if not pending:
            return found, False
        part, depth = pending.pop(0)
        inner = part.message.get_payload()
        if isinstance(inner, list) and depth < _DEEPEST:
            is_mail = part.message.get_content_type() == "message/rfc822"
            choice = part.message if part.message.get_content_type() == "multipart/alternative" else part.choice
            is_beside = part.is_beside or is_mail or _is_file(part.message)
            inside = [(_Part(one, choice, is_beside), depth + 1) for one in inner if isinstance(one, Message)]
            # What is attached as a mail comes last, behind everything that its carrier says itself.
            pending = [*pending, *inside] if is_mail else [*inside, *pending]
        else:
            part.is_beside = part.is_beside or _is_file(part.message)
            found.append(part)
    return found, bool(pending)


def _text(message: Message, parts: Sequence[_Part]) -> str:
    texts = [(part, _shown(part.message)) for part in parts]
    plain = {id(part.choice) for part, text in texts if part.choice and text and _kind(part) == "text/plain"}
    own, beside = list[tuple[str, str]](), list[tuple[str, str]]()
    for part, text in texts:
        if not text or (part.choice and _kind(part) == "text/html" and id(part.choice) in plain):
            continue
        name = _file_name(part.message)
        (beside if part.is_beside else own).append((name, text))
    if not own:
        return "\n\n".join(text for _, text in beside) or _raw(message)
    attached = [f"---------- Attached: {' '.join(name.split())}\n{text}" for name, text in beside]
    return "\n\n".join([*(text for _, text in own), *attached])


def _shown(part: Message) -> str:
    """The text of a part; empty where it is none, or blank."""
    kind = part.get_content_type()
    if kind not in {"text/plain", "text/html"}:
        return ""
    text = _content(part)
    shown = _without_tags(text) if kind == "text/html" else text.strip()
    return "" if _is_blank(shown) else shown


def _kind(part: _Part) -> str:
    return part.message.get_content_type()


def _is_blank(text: str) -> bool:
    """Whether nothing is seen of a text: white space, signs without width, controls."""
    return all(sign.isspace() or unicodedata.category(sign)[0] in "CZ" for sign in text)


def _raw(message: Message) -> str:
    whole = message.get_payload()
    return whole.strip() if isinstance(whole, str) else ""


def _content(part: Message) -> str:
    payload = part.get_payload(decode=True)
    found = payload if isinstance(payload, bytes) else b""
    try:
        return found.decode(part.get_content_charset() or "utf-8", "replace")
    except _BROKEN:
        return found.decode("utf-8", "replace")


def _without_tags(text: str) -> str:
    shown = _Shown()
    shown.feed(text)
    lines = (" ".join(line.split()) for line in "".join(shown.texts).splitlines())
    return "\n".join(line for line in lines if line)


def _is_file(part: Message) -> bool:
    return part.get_content_disposition() == "attachment"


def _file_name(part: Message) -> str:
    try:
        name = part.get_filename()
    except _BROKEN:
        name = "?"
    return str(name)[:200] if name else "?" if _is_file(part) else ""


def main() -> None:
    """Read standard input whole, within bounds."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    sys.stdout.write(json.dumps(read(sys.stdin.buffer.read())))


if __name__ == "__main__":
    main()
