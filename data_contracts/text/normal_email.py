"""E-mail addresses in one form, however they were typed or stored.

The local part has no capitals; the domain is in Unicode, also where it was written in Punycode (RFC 3492, UTS 46).

>>> sorted(emails("Ana Example <Ana@Example.ORG>")), sorted(emails("mailto:ana%2Epro@example.org?subject=Hi"))
(['ana@example.org'], ['ana.pro@example.org'])
>>> sorted(emails("ana@example.org; ben@xn--exmple-cua.org"))
['ana@example.org', 'ben@exämple.org']
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

import idna

from data_contracts.text.plain_text import folded, plain

_SIMPLE: Final = re.compile(r"[a-z0-9!#$*+./=?^_{}~-]+@[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_QUOTED: Final = r'"(?:[^"\\]|\\.){0,300}"'
_ITEM: Final = re.compile(rf"(?:{_QUOTED}|<[^<>]*>|[^,;])+")
_ANGLE: Final = re.compile(r"<([^<>]*)>")
_QUOTED_ADDRESS: Final = re.compile(rf"({_QUOTED})\s*@\s*([^\s\"<>()]+)")
_COMMENT: Final = re.compile(r"\([^()@]*\)")
_SPLITS: Final = re.compile(r'[\s,;|<>()\[\]"]+')
_LITERAL: Final = re.compile(r"\[[0-9A-Za-z.:-]+\]")
_AT_LITERAL: Final = re.compile(rf"([^@\s\"'(<>]+)@({_LITERAL.pattern})")
_FORBIDDEN: Final = re.compile(r'[\s()<>\[\]:;@\\,"]')
_DOTS: Final = re.compile(r"[.\u3002\uff0e\uff61]")
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?")
_ACE: Final = "xn--"


def emails(text: str) -> frozenset[str]:
    """Every address that ``text`` holds; ``text`` as :func:`data_contracts.text.plain_text.plain`.

    Where an address stands in angle brackets, what is before it is a name, whatever it looks like.
    """
    simple = text.strip().lower() if text.isascii() else ""
    if _SIMPLE.fullmatch(simple) and _ACE not in simple and ".." not in simple:
        return frozenset({simple})
    written = text.replace("\uff20", "@").replace("\ufe6b", "@")
    return frozenset(_found(written, depth=0)) if "@" in written or "%40" in written else frozenset()


def _found(written: str, *, depth: int) -> Iterator[str]:
    for item in _ITEM.findall(written):
        angles = [angle for angle in _ANGLE.findall(item) if "@" in angle or "%40" in angle]
        for part in angles or [item]:
            yield from _in_part(part, depth=depth)


def _in_part(part: str, *, depth: int) -> Iterator[str]:
    for quoted, domain in _QUOTED_ADDRESS.findall(part):
        yield from _address(quoted, domain.strip("."))
    rest = _QUOTED_ADDRESS.sub(" ", _without_comments(part))
    for token in _joined(rest.split()):
        scheme, colon, target = token.partition(":")
        if colon and scheme.lower().endswith("mailto") and not depth:
            yield from _found(plain(_target(target)), depth=1)
        else:
            yield from _in_token(token)


def _joined(tokens: list[str]) -> list[str]:
    """The tokens, with those put together that blanks around an ``@`` have parted."""
    joined: list[str] = []
    for token in tokens:
        before = joined[-1] if joined else "@"
        is_parted = (token[0] == "@" and "@" not in before) or (
            before.find("@") == len(before) - 1 and "@" not in token
        )
        if joined and is_parted:
            joined[-1] += token
        else:
            joined.append(token)
    return joined


def _target(target: str) -> str:
    """Whom a ``mailto:`` is to; its other fields are about others."""
    to, _, fields = target.partition("?")
    named = [value for name, _, value in (f.partition("=") for f in fields.split("&")) if name.lower() == "to"]
    return ",".join(map(unquote, [to, *named]))


def _without_comments(part: str) -> str:
    """RFC 5322 takes comments for nothing; one that holds an address is no comment."""
    for _ in range(4):  # they may be nested
        part = _COMMENT.sub("", part)
    return part


def _in_token(token: str) -> Iterator[str]:
    if "@[" in token:
        for local, place in _AT_LITERAL.findall(token):
            yield from _address(local, place)
        return
    for piece in _SPLITS.split(token):
        for one in piece.split("/") if piece.count("@") > 1 else [piece]:
            local, at, domain = one.rpartition("@")
            if at:
                if local.startswith("'") and domain.endswith("'"):
                    local, domain = local[1:], domain[:-1]
                yield from _address(local.rpartition(":")[2], domain.rstrip(".:!?'"))


def _address(local: str, domain: str) -> Iterator[str]:
    if local.startswith('"'):
        local = _unquoted(local)
    elif _FORBIDDEN.search(local):
        return
    name, place = folded(local.strip()), _domain(domain)
    if name and place:
        yield f"{name}@{place}"


def _unquoted(quoted: str) -> str:
    """A quoted local part without its quotes where these are for nothing."""
    inner = re.sub(r"\\(.)", r"\1", quoted[1:-1])
    if inner and not _FORBIDDEN.search(inner):
        return inner
    escaped = re.sub(r'(["\\])', r"\\\1", inner)
    return f'"{escaped}"' if inner.strip() else ""


@lru_cache(maxsize=4096)
def _domain(written: str) -> str:
    """A domain in Unicode without capitals; empty when it is none."""
    if _LITERAL.fullmatch(written):
        return written.lower()
    text = folded(written)
    if not text.isascii():
        try:
            text = folded(idna.uts46_remap(text, std3_rules=False, transitional=False))
        except (idna.IDNAError, IndexError):
            return ""
    labels = [_label(label) for label in _DOTS.split(text)]
    return ".".join(labels) if all(labels) else ""


def _label(label: str) -> str:
    if label.startswith(_ACE):
        return _decoded(label) if _LABEL.fullmatch(label) else ""
    if label.isascii():
        return label if _LABEL.fullmatch(label) else ""
    return "" if _FORBIDDEN.search(label) else label


def _decoded(label: str) -> str:
    """A label in Unicode where that says the same, else as it is."""
    try:
        text = label.removeprefix(_ACE).encode().decode("punycode")
    except UnicodeError:
        return label
    is_same = not text.isascii() and _remapped(text) == text and _ace(text) == label
    return text if is_same else label


def _remapped(text: str) -> str:
    try:
        return folded(idna.uts46_remap(text, std3_rules=False, transitional=False))
    except (idna.IDNAError, IndexError):
        return ""


def _ace(label: str) -> str:
    """A Unicode label in Punycode, as the domain name system has it."""
    return f"{_ACE}{label.encode('punycode').decode()}"
