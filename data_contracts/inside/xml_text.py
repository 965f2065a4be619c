"""XML as it is written: where the text of elements and attributes stands, so that one is changed and the rest stays.

A document is read as the content of an element of ours. So several elements beside each other can be read, which
databases keep too, and no document type can be declared: nothing is expanded, nothing is fetched.
"""

import html
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat  # a document type is no content of an element, so that none is declared

_DECLARATION: Final = re.compile(r"\s*<\?xml\s[^>]*\?>")
_TAG: Final = re.compile(rb"<[^\s/>]+((?:\s+[^\s=]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*)\s*/?>")
_ATTRIBUTE: Final = re.compile(rb"([^\s=]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_OPEN, _CLOSE = b"<rightsflow>", b"</rightsflow>"


@dataclass(frozen=True, slots=True)
class XmlText:
    """A text of a document and where it stands, in bytes."""

    start: int
    end: int
    value: str


@dataclass(slots=True)
class _Reader:
    """Collects what the path leads to."""

    raw: bytes
    steps: tuple[str, ...]
    attribute: str
    where: Callable[[], int]
    names: list[str] = field(default_factory=list)
    open: list[tuple[int, int, list[str]]] = field(default_factory=list)
    found: list[XmlText] = field(default_factory=list)

    def start(self, name: str, given: Mapping[str, str]) -> None:
        """An element begins."""
        self.names.append(_local(name))
        below = self.names[1:]
        is_there = len(below) == len(self.steps) and all(
            step in {"*", own} for step, own in zip(self.steps, below, strict=True)
        )
        if not is_there:
            return
        tag = _TAG.match(self.raw, self.where())
        assert tag is not None  # noqa: S101  # the parser has read it
        if self.attribute:
            self.found += self._attributes(tag, given)
        else:
            self.open.append((len(self.names), tag.end(), []))

    def _attributes(self, tag: re.Match[bytes], given: Mapping[str, str]) -> Iterator[XmlText]:
        for one in _ATTRIBUTE.finditer(self.raw, tag.start(1), tag.end(1)):
            name = one[1].decode()
            if _local(name) == self.attribute:
                group = 2 if one[2] is not None else 3
                yield XmlText(one.start(group), one.end(group), given[name])

    def text(self, signs: str) -> None:
        """Signs inside the elements that are open."""
        for _, _, texts in self.open:
            texts.append(signs)

    def end(self, _name: str) -> None:
        """An element ends."""
        if self.open and self.open[-1][0] == len(self.names):
            _, start, texts = self.open.pop()
            if texts:
                self.found.append(XmlText(start, self.where(), "".join(texts)))
        self.names.pop()


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def at_path(text: str, path: str) -> tuple[bytes, list[XmlText]]:
    """The document as it was read, and every text that the path leads to.

    Raises:
        ValueError: when it is no XML, or declares a document type.
    """
    raw = _OPEN + text[_head(text) :].encode() + _CLOSE
    parser = expat.ParserCreate("utf-8")
    steps, _, attribute = path.strip("/").partition("@")
    reader = _Reader(raw, tuple(steps.strip("/").split("/")), attribute, lambda: parser.CurrentByteIndex)
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(raw, True)  # noqa: FBT003  # that nothing follows
    except expat.ExpatError:
        raise ValueError from None
    return raw, reader.found


def rendered(text: str, raw: bytes, changes: Sequence[tuple[XmlText, str]]) -> str:
    """The document with other texts in some places."""
    made, at = [], len(_OPEN)
    for place, value in sorted(changes, key=lambda change: change[0].start):
        made += [raw[at : place.start], html.escape(value).encode()]
        at = place.end
    made.append(raw[at : len(raw) - len(_CLOSE)])
    return text[: _head(text)] + b"".join(made).decode()


def _head(text: str) -> int:
    found = _DECLARATION.match(text)
    return found.end() if found else 0
