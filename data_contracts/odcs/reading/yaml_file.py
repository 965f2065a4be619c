"""Reading YAML strictly: what a person wrote is what we read, or it is a fault with a line number.

YAML 1.1 turns ``no`` into false, ``null`` into nothing, ``0123`` into 83, ``12:30`` into 750 and a date into an
object; a second key of the same name replaces the first in silence. Here:

1. only ``true`` and ``false`` are booleans and only plain decimal numbers are numbers;
2. dates stay text;
3. an empty value, a repeated key, an alias, a merge key or a tag is a fault.

Source: https://yaml.org/type/ (YAML 1.1 types), PyYAML's node graph.
"""

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

import yaml

from data_contracts.fault import Fault

Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value] | None"
NodePath: TypeAlias = tuple[str | int, ...]
"""Keys and list places from the top of a document down to a node."""

_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's where it is built in, which takes a tenth of the time; else PyYAML's own."""
_DEEPEST: Final = 100
_TAG: Final = "tag:yaml.org,2002:"
_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]*)")
_YES: Final = frozenset({"yes", "on", "true", "y"})
_DECIMAL: Final = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file as plain values.

    Attributes:
        file: the name that faults show.
        data: mappings, lists, texts, numbers and booleans; None where a fault stands.
        lines: the line, from 1, of every key and list item, by its path.
        faults: everything that was wrong with the writing.
    """

    file: str
    data: Value
    lines: Mapping[NodePath, int] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    def line(self, path: NodePath) -> int | None:
        """The line of ``path``, or of the nearest node above it."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return self.lines.get(())


def read(path: Path, *, file: str = "") -> Document:
    """The document in ``path``; never raises for what is written in it, nor when it is missing."""
    file = file or path.name
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return _unreadable(file, "the file is missing", "write it; docs/connect/contracts.md shows one")
    except (OSError, UnicodeDecodeError):
        return _unreadable(file, "the file cannot be read as UTF-8 text", "save it as UTF-8 and make it readable")
    return parse(text, file=file)


def parse(text: str, *, file: str) -> Document:
    """The document that ``text`` holds."""
    try:
        return _Reading(file).document(_composed(text))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        what = f"is not YAML: {error.problem or error.context}"
        return _unreadable(file, what, "correct the line; quote texts that hold , : # { } [ ]", line=line)
    except (yaml.YAMLError, RecursionError):
        return _unreadable(file, "is not YAML: it holds signs or a nesting no contract needs", "write the file anew")


def own(text: str) -> dict[str, Any]:
    """Plain values of a file that we ship ourselves, with YAML's own types."""
    values: dict[str, Any] = yaml.load(text, Loader=_Loader)  # noqa: S506  # a safe loader
    return values


def _composed(text: str) -> yaml.Node | None:
    """The node graph; refuses nesting beyond :data:`_DEEPEST`, which would end the process inside libyaml."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise yaml.YAMLError
    node: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    return node


def _unreadable(file: str, what: str, remedy: str, *, line: int | None = None) -> Document:
    return Document(file=file, data=None, faults=(Fault(file, "", "", what, remedy, line),))


class _Reading:
    """One walk over a node graph, which notes lines and faults on its way."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._lines: dict[NodePath, int] = {}
        self._faults: list[Fault] = []
        self._seen: set[int] = set()

    def document(self, node: yaml.Node | None) -> Document:
        if node is None:
            return _unreadable(self._file, "the file is empty", "write it; docs/connect/contracts.md shows one")
        data = self._value(node, ())
        return Document(file=self._file, data=data, lines=self._lines, faults=tuple(self._faults))

    def _value(self, node: yaml.Node, path: NodePath) -> Value:
        self._lines.setdefault(path, node.start_mark.line + 1)
        if id(node) in self._seen:
            return self._refused(node, path, what="uses an alias (`*name`)", remedy="write the value out")
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
            return [self._value(item, (*path, place)) for place, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        return self._refused(node, path, what="carries a YAML tag (`!…`)", remedy="remove the tag")

    def _mapping(self, node: yaml.MappingNode, path: NodePath) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, path)
            if key is None:
                continue
            inner = (*path, key)
            if key in found:
                self._refuse(key_node, inner, what="is written twice", remedy="keep one of the two")
                continue
            self._lines[inner] = key_node.start_mark.line + 1
            found[key] = self._value(value_node, inner)
        return found

    def _key(self, node: yaml.Node, path: NodePath) -> str | None:
        if isinstance(node, yaml.ScalarNode) and node.tag == f"{_TAG}str":
            return str(node.value)
        what = f"has a key that YAML does not read as text: `{_shown(node)}`"
        remedy = "choose another word (not yes, no, on, off, null, a number or a date), or quote it"
        self._refuse(node, path, what=what, remedy=remedy)
        return None

    def _scalar(self, node: yaml.ScalarNode, path: NodePath) -> Value:
        text = str(node.value)
        match node.tag.removeprefix(_TAG):
            case "str" | "timestamp":
                return text
            case "bool" if text in {"true", "false"}:
                return text == "true"
            case "int" if _INTEGER.fullmatch(text):
                return int(text)
            case "float" if _DECIMAL.fullmatch(text):
                return float(text)
            case "null":
                return self._refused(node, path, what="has no value", remedy="write a value, or leave the key out")
            case kind:
                what = f"`{text}` is read by YAML as {_KINDS.get(kind, 'something else')}"
                remedy = f'quote it where text is meant ("{text}"), or write true, false or a plain decimal number'
                self._refuse(node, path, what=what, remedy=remedy)
                # What YAML makes of it, so that no second fault follows from a value that seems missing.
                return text.lower() in _YES if kind == "bool" else text

    def _refused(self, node: yaml.Node, path: NodePath, *, what: str, remedy: str) -> Value:
        """Note the fault; the value that stands in for what was written."""
        self._refuse(node, path, what=what, remedy=remedy)
        return None

    def _refuse(self, node: yaml.Node, path: NodePath, *, what: str, remedy: str) -> None:
        place = ".".join(str(part) for part in path)
        self._faults.append(Fault(self._file, "", place, what, remedy, node.start_mark.line + 1))


_KINDS: Final[Mapping[Hashable, str]] = {
    "bool": "yes or no, not as text",
    "int": "a number in a form that misleads (octal, base 60, underscores)",
    "float": "a number in a form that misleads (exponent, base 60, infinity)",
}


def _shown(node: yaml.Node) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else "a list or mapping"
