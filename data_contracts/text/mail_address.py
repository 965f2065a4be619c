"""Addresses that a mail can be sent to: fewer than those that a system may hold (RFC 5321, section 4.1.2; RFC 5890)."""

import re
import unicodedata
from typing import Final

import idna

_LONGEST_LOCAL: Final = 64
_LONGEST_ADDRESS: Final = 254
"""Bytes; RFC 5321, section 4.5.3.1."""
_ATOM: Final = re.compile(r"[^\s\x00-\x1f\x7f()<>\[\]:;@\\,\"]+")
"""Dots stand where their owner's provider allows them: some have two of them side by side."""


def has_control(text: str) -> bool:
    """Whether text holds a control character; a line end in a header would start a header of its own."""
    return any(unicodedata.category(letter) in {"Cc", "Zl", "Zp"} for letter in text)


def deliverable(text: str) -> tuple[str, str] | None:
    """Local part and domain of an address, the domain as the DNS has it; None where no mail can be sent to it.

    >>> deliverable(" ana@exämple.org"), deliverable("a@"), deliverable("a, b@c.org"), deliverable('"a b"@c.org')
    (('ana', 'xn--exmple-cua.org'), None, None, None)
    """
    local, at, domain = text.strip(" ").rpartition("@")
    fits = len(local.encode()) <= _LONGEST_LOCAL and len(text.encode()) <= _LONGEST_ADDRESS
    if not at or has_control(text) or not _ATOM.fullmatch(local) or not fits:
        return None
    try:
        return local, idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return None
