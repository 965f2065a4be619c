"""Identities inside a column's value: which there are, and the value with some of them taken out or changed.

What cannot be read (JSON or XML that is broken, an array where a text stands) holds nothing, and stays as it is.

>>> values_inside(Inside("json", "$.to[*].email"), '{"to": [{"email": "ana@example.org"}, {"email": 7}]}')
['ana@example.org', '7']
>>> changed_inside(Inside("items", separator=","), "ana@example.org, ben@example.org", lambda value: REMOVED)
''
"""

import json
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Final, TypeAlias

from data_contracts.inside import json_text, xml_text
from data_contracts.inside.paths import Inside, json_steps


class Fate(Enum):
    """What becomes of a value that is not replaced by another."""

    KEPT = "kept"
    REMOVED = "removed"


KEPT: Final = Fate.KEPT
REMOVED: Final = Fate.REMOVED
Decide: TypeAlias = Callable[[str], Fate | str]
"""What becomes of one value: it stays, is removed, or is replaced."""


def values_inside(inside: Inside, stored: object) -> list[object]:
    """Every value at the place, in their order; empty where there is none, or nothing can be read."""
    text = container_text(stored)
    try:
        return list(_values(inside, text))
    except (ValueError, RecursionError):
        return []


def changed_inside(inside: Inside, stored: object, decide: Decide, *, instead: str | None = None) -> str:
    """The stored value as text, with other values at the place.

    Args:
        inside: the place.
        stored: what the column holds.
        decide: what becomes of each value.
        instead: what stands for a removed value that is no member of a list; None: nothing.
    """
    text = container_text(stored)
    try:
        if inside.kind == "items":
            return _items_changed(inside, text, decide)
        change = _xml_changed if inside.kind == "xml" else _json_changed
        return change(inside, text, decide, instead)
    except (ValueError, RecursionError):
        return text


def container_text(stored: object) -> str:
    """A stored container as the text that it is looked into: JSON, where it is no text itself.

    >>> container_text(["a", None]), container_text([("a", 1)]), container_text(b"x,y")
    ('["a", null]', '{"a": 1}', 'x,y')
    """
    if isinstance(stored, str):
        return stored
    if isinstance(stored, bytes):
        return stored.decode("utf-8", "replace")
    if isinstance(stored, list) and stored and all(isinstance(one, tuple) for one in stored):
        # A map: written by hand, because of two entries with one key both count.
        return "{" + ", ".join(f"{_plain(str(key))}: {_plain(value)}" for key, value in stored) + "}"
    return _plain(stored)


def _plain(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _values(inside: Inside, text: str) -> Iterable[str]:
    if inside.kind == "items":
        return [part.strip() for part in text.split(inside.separator) if part.strip()]
    if inside.kind == "xml":
        return [found.value.strip() for found in xml_text.at_path(text, inside.path)[1] if found.value.strip()]
    return [found.node.value for found in _in_json(inside, json_text.parse(text)) if found.node.value]


def _in_json(inside: Inside, node: json_text.Node) -> Iterable[json_text.Found]:
    if inside.kind == "members":
        return json_text.members(node)
    steps = json_steps(inside.path) if inside.kind == "json" else (inside.path,)
    return json_text.at_path(node, steps or ())


def _json_changed(inside: Inside, text: str, decide: Decide, instead: str | None) -> str:
    node = json_text.parse(text)
    fates = [(found, decide(found.node.value)) for found in _in_json(inside, node) if found.node.value]
    # A member goes with what it is about, unless another value in it stays.
    staying = {found.member for found, fate in fates if fate is not REMOVED}
    changed: dict[json_text.Node, str | None] = {}
    for found, fate in fates:
        if isinstance(fate, str):
            changed[found.node] = json_text.written(found.node, fate)
        elif fate is REMOVED and found.member is not None and found.member not in staying:
            changed[found.member] = None
        elif fate is REMOVED:
            changed[found.node] = json_text.written(found.node, instead)
    return text[: node.start] + json_text.rendered(text, node, changed) + text[node.end :]


def _xml_changed(inside: Inside, text: str, decide: Decide, instead: str | None) -> str:
    raw, texts = xml_text.at_path(text, inside.path)
    fates = [(found, decide(found.value.strip())) for found in texts if found.value.strip()]
    changes = [(found, fate if isinstance(fate, str) else instead or "") for found, fate in fates if fate is not KEPT]
    return xml_text.rendered(text, raw, changes)


def _items_changed(inside: Inside, text: str, decide: Decide) -> str:
    kept = []
    for part in text.split(inside.separator):
        fate = decide(part.strip()) if part.strip() else KEPT
        if isinstance(fate, str):
            kept.append(part.replace(part.strip(), fate))
        elif fate is KEPT:
            kept.append(part)
    joined = inside.separator.join(kept)
    return joined if not kept or kept[0][:1] == text[:1] else joined.lstrip()
