"""JSON as it is written: where each value stands, so that one is changed and every other sign stays.

What :mod:`json` reads would be written anew otherwise: numbers lose digits, of two equal names one is lost.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from json import decoder
from typing import Final

from data_contracts.inside.paths import Step

_text: Final = decoder.scanstring  # type: ignore[attr-defined]  # typeshed leaves it out
_SPACE: Final = re.compile(r"[ \t\n\r]*")
_WORD: Final = re.compile(r"true|false|null|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?)", re.ASCII)
_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d*)", re.ASCII)


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A value of a document and where it stands.

    Attributes:
        value: of a text or a number, as text; None of anything else.
        parts: the members of an array, the values of an object with their names.
    """

    start: int
    end: int
    value: str | None = None
    is_number: bool = False
    is_array: bool = False
    parts: tuple[tuple[str, "Node"], ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A value at a path, and the member of an array that it is or lies in."""

    node: Node
    member: Node | None


def parse(text: str) -> Node:
    """The document.

    Raises:
        ValueError: when it is no JSON.
        RecursionError: when it is nested too deep.
    """
    node = _value(text, _skip(text, 0))
    if _skip(text, node.end) != len(text):
        raise ValueError
    return node


def _skip(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _value(text: str, place: int) -> Node:
    sign = text[place : place + 1]
    if sign == '"':
        value, end = _text(text, place + 1, False)  # noqa: FBT003  # not strict, as databases are
        return Node(place, end, value)
    if sign in {"{", "["}:
        return _nested(text, place, is_array=sign == "[")
    found = _WORD.match(text, place)
    if found is None:
        raise ValueError
    return Node(place, found.end(), found[1], is_number=found[1] is not None)


def _nested(text: str, place: int, *, is_array: bool) -> Node:
    close = "]" if is_array else "}"
    parts: list[tuple[str, Node]] = []
    at = _skip(text, place + 1)
    while text[at : at + 1] != close or parts:
        name, at = ("", at) if is_array else _name(text, at)
        node = _value(text, at)
        parts.append((name, node))
        at = _skip(text, node.end)
        if text[at : at + 1] == close:
            break
        if text[at : at + 1] != ",":
            raise ValueError
        at = _skip(text, at + 1)
    return Node(place, at + 1, is_array=is_array, parts=tuple(parts))


def _name(text: str, place: int) -> tuple[str, int]:
    if text[place : place + 1] != '"':
        raise ValueError
    name, end = _text(text, place + 1, False)  # noqa: FBT003  # as above
    at = _skip(text, end)
    if text[at : at + 1] != ":":
        raise ValueError
    return name, _skip(text, at + 1)


def at_path(node: Node, steps: tuple[Step, ...], member: Node | None = None) -> Iterator[Found]:
    """Every value that the steps lead to."""
    if not steps:
        yield Found(node, member)
        return
    step, rest = steps[0], steps[1:]
    for place, (name, part) in enumerate(node.parts):
        if step is None and node.is_array:
            yield from at_path(part, rest, part)
        elif step == (place if node.is_array else name):
            yield from at_path(part, rest, member)


def members(node: Node) -> Iterator[Found]:
    """Every member of an array, those of arrays in it among them."""
    for _, part in node.parts if node.is_array else ():
        if part.is_array:
            yield from (Found(one.node, None) for one in members(part))
        else:
            yield Found(part, part)


def written(node: Node, value: str | None) -> str:
    """A value as it is written in the place of a node: a number where one stood; None is nothing."""
    if value is not None and node.is_number and _NUMBER.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def rendered(text: str, node: Node, changed: Mapping[Node, str | None]) -> str:
    """The node as it stands, with what is written in the place of some; None takes a member out."""
    if node in changed:
        return changed[node] or ""
    parts = [part for _, part in node.parts]
    if not parts:
        return text[node.start : node.end]
    kept = [part for part in parts if changed.get(part, "") is not None]
    first, last = parts[0], parts[-1]
    if len(kept) == len(parts):
        ends = [node.start, *(part.end for part in parts)]
        between = [text[end : part.start] for end, part in zip(ends, parts, strict=False)]
        inner = "".join(gap + rendered(text, part, changed) for gap, part in zip(between, parts, strict=True))
        return inner + text[last.end : node.end]
    separator = text[first.end : parts[1].start] if len(parts) > 1 else ""
    inner = separator.join(rendered(text, part, changed) for part in kept)
    return text[node.start : first.start] + inner + text[last.end : node.end]
