"""Reads one mail from standard input and writes what a mail program would show of it, as JSON; a program of its own.

It is started for each mail with nothing but Python's standard library, bounded in memory and processor time, so that a
mail that breaks or exhausts the parser breaks this process alone (see :mod:`integrations.intake.mail_reading`).

The text is the first that is not blank: plain text, else HTML without its tags, else the text of a mail that is
attached, else the raw body of a mail whose parts cannot be told. Source: RFC 5322, 2045 to 2047, 3462.
"""

import json
import resource
import sys
from collections.abc import Iterator
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
    """What is shown of a mail, by the names that :class:`data_contracts.mailbox.ReadMail` has."""
    message = message_from_bytes(raw)
    name, sender = _sender(message)
    parts = list(_parts(message))
    return {
        "headers": {key: _header(message, key) for key in _KEPT if key in message},
        "sender": sender,
        "name": name,
        "subject": _header(message, "subject"),
        "text": _text(message, parts)[:_LONGEST_TEXT].replace("\r\n", "\n"),
        "attachments": [name for part in parts if (name := _file_name(part))],
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


def _parts(message: Message, depth: int = 0) -> Iterator[Message]:
    """The parts of a mail that are no containers, an attached mail's after the mail's own."""
    pending = [(message, depth)]
    for _ in range(_MOST_PARTS):
        if not pending:
            return
        part, deep = pending.pop(0)
        inner = part.get_payload()
        if isinstance(inner, list) and deep < _DEEPEST:
            found = [(one, deep + 1) for one in inner if isinstance(one, Message)]
            # What is attached as a mail comes last, behind everything that its carrier says itself.
            pending = [*pending, *found] if part.get_content_type() == "message/rfc822" else [*found, *pending]
        else:
            yield part


def _text(message: Message, parts: list[Message]) -> str:
    shown = [part for part in parts if not _is_file(part)]
    for kind in ("text/plain", "text/html"):
        for part in shown:
            if part.get_content_type() == kind and (text := _content(part)).strip():
                return _without_tags(text) if kind == "text/html" else text.strip()
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
