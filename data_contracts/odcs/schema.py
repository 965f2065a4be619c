"""What the official ODCS JSON schema finds in a document, as faults with places a person knows.

The schema (Draft 2019-09, shipped in ``open-data-contract-standard``) finds misspelt keys that the official pydantic
model lets through in silence. Two of its habits are put right here:

1. a column without ``logicalType`` is reported as "'map' is a required property";
2. one wrong value makes everything beside it "unevaluated".

Source: https://bitol-io.github.io/open-data-contract-standard/
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jsonschema import Draft201909Validator
from jsonschema.exceptions import ValidationError
from open_data_contract_standard import model as official
from pydantic import BaseModel

from data_contracts.fault import Fault
from data_contracts.odcs.reading.strict import meant
from data_contracts.odcs.reading.yaml_file import Document, NodePath

_KINDS: Final[Mapping[str, str]] = {
    "boolean": "true or false",
    "string": "a text (quote it)",
    "integer": "a whole number",
    "number": "a number",
    "array": "a list",
    "object": "a mapping",
}
_NAMED: Final = re.compile(r"'([^']+)'")
_EXTRA: Final = frozenset({"additionalProperties", "unevaluatedProperties"})
_MANY: Final = 12


def schema_faults(document: Document) -> Iterator[Fault]:
    """Everything in ``document`` that is not valid ODCS."""
    errors = list(_validator().iter_errors(document.data))
    paths = [_path(error) for error in errors if error.validator not in _EXTRA]
    for error in errors:
        if error.validator in _EXTRA:
            yield from _extra_faults(document, error, others=paths)
        else:
            yield _fault(document, error)


def place_of(data: object, path: NodePath) -> tuple[str, str, NodePath]:
    """Table, field and the keys below it that ``path`` leads to in an ODCS document."""
    match path:
        case ("schema", int(), "properties", int(), *rest):
            return _name(data, path[:2]), _name(data, path[:4]), tuple(rest)
        case ("schema", int(), *rest):
            return _name(data, path[:2]), "", tuple(rest)
        case ("slaProperties", int(), *rest):
            return "", _name(data, path[:2]), tuple(rest)
        case _:
            return "", "", path


def model_at(path: NodePath) -> type[BaseModel] | None:
    """The official model of the object at ``path``; None for the small ones."""
    match path:
        case ():
            return official.OpenDataContractStandard
        case ("schema", int()):
            return official.SchemaObject
        case (*_, "properties", int()):
            return official.SchemaProperty
        case (*_, "relationships", int()):
            return official.Relationship
        case ("servers", int()):
            return official.Server
        case _:
            return None


def keys_of(model: type[BaseModel]) -> frozenset[str]:
    """The keys of an official model as YAML writes them."""
    return frozenset(field.alias or name for name, field in model.model_fields.items())


@cache
def _validator() -> Draft201909Validator:
    return Draft201909Validator(
        json.loads(files("open_data_contract_standard").joinpath("schema.json").read_text("utf-8"))
    )


def _path(error: ValidationError) -> NodePath:
    return tuple(error.absolute_path)


def _fault(document: Document, error: ValidationError) -> Fault:
    path = _path(error)
    what, remedy = _words(error, path)
    return _placed(document, path, what=what, remedy=remedy)


def _words(error: ValidationError, path: NodePath) -> tuple[str, str]:
    name = f"`{_dotted(place_of(None, path)[2])}`" if path else "the document"
    rule: Any = error.validator_value
    match error.validator:
        case "required" if "map" in rule or "vector" in rule:
            return "has no `logicalType`", "add one, e.g. `logicalType: string`"
        case "required":
            missing = _NAMED.findall(error.message)[0]
            return f"`{missing}` is missing", f"add `{missing}`"
        case "type":
            kinds = [rule] if isinstance(rule, str) else rule
            return f"{name} is of the wrong kind", f"write {' or '.join(_KINDS.get(kind, kind) for kind in kinds)}"
        case "enum":
            return f"{name} is not one of its values", f"write {_listed(rule)}"
        case "pattern":
            return f"{name} is not written as ODCS wants it", f"write it so that it matches {rule}"
        case validator:
            return f"{name} breaks the ODCS rule `{validator}`", "compare it with docs/connect/contracts.md"


def _extra_faults(document: Document, error: ValidationError, *, others: Sequence[NodePath]) -> Iterator[Fault]:
    path = _path(error)
    model = model_at(path)
    known = keys_of(model) if model else frozenset()
    is_cascade = any(other[: len(path)] == path for other in others)
    for name in _NAMED.findall(error.message.split(" not allowed ", 1)[-1]):
        if name in known and is_cascade:
            continue
        near = meant(name, known - {name})
        remedy = f"write `{near}`" if near else "remove it, or carry it in `customProperties`"
        yield _placed(document, (*path, name), what=f"`{name}` is no ODCS key here", remedy=remedy)


def _placed(document: Document, path: NodePath, *, what: str, remedy: str) -> Fault:
    table, field, _ = place_of(document.data, path)
    return Fault(document.file, table, field, what, remedy, document.line(path))


def _name(data: object, path: NodePath) -> str:
    """What a person calls the object at ``path``: its name, its id, or its place in the list."""
    node: Any = data
    try:
        for part in path:
            node = node[part]
    except (KeyError, IndexError, TypeError):
        node = None
    named = node if isinstance(node, Mapping) else {}
    fallback = f"{path[-2]}[{path[-1]}]"
    keys = ("id", "property") if path[0] == "slaProperties" else ("name", "id")
    return next((str(named[key]) for key in keys if named.get(key)), fallback)


def _dotted(path: NodePath) -> str:
    return ".".join(str(part) for part in path) or "this"


def _listed(values: Sequence[object]) -> str:
    shown = ", ".join(str(value) for value in values[:_MANY])
    return f"one of {shown}, …" if len(values) > _MANY else f"one of {shown}"
