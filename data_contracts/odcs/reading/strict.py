"""Pydantic's findings as faults: what is wrong, in words that help, never quoting the value.

Where an object is part right and part wrong, the right part can still be used (:func:`salvage`), so that one
misspelt key does not hide ten other faults.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from data_contracts.odcs.reading.yaml_file import NodePath

ModelT = TypeVar("ModelT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong at ``path`` of the object that was looked at."""

    path: NodePath
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Reading(Generic[ModelT]):
    """A model as far as it could be read; ``model`` is None when what is missing cannot be left out."""

    model: ModelT | None
    findings: tuple[Finding, ...]


def validate(model: type[ModelT], value: object) -> Reading[ModelT]:
    """``value`` as ``model``, or everything that is wrong with it."""
    try:
        return Reading(model.model_validate(value), ())
    except ValidationError as error:
        return Reading(None, tuple(_finding(model, detail) for detail in error.errors(include_input=False)))


def salvage(model: type[ModelT], value: object) -> Reading[ModelT]:
    """Like :func:`validate`, but keys that are wrong are left out and the rest is read without them."""
    reading = validate(model, value)
    if reading.model is not None or not isinstance(value, Mapping):
        return reading
    wrong = {finding.path[0] for finding in reading.findings if finding.path}
    rest = {key: inner for key, inner in value.items() if key not in wrong}
    return Reading(validate(model, rest).model, reading.findings)


def meant(word: str, known: Iterable[str]) -> str:
    """The known word that ``word`` was probably meant to be; empty when none is near."""
    return next(iter(get_close_matches(word, list(known), n=1)), "")


def _finding(model: type[BaseModel], detail: ErrorDetails) -> Finding:
    path = tuple(detail["loc"])
    name = str(path[-1]) if path else ""
    match detail["type"]:
        case "missing":
            return Finding(path, f"`{name}` is missing", f"add `{name}`")
        case "extra_forbidden":
            return Finding(path, f"`{name}` is no key that is known here", _remedy_for_extra(model, path))
        case "enum" | "literal_error":
            expected = detail["ctx"]["expected"].replace("'", "`")
            return Finding(path, f"`{name}` is not one of its values", f"write {expected}")
        case _:
            return Finding(path, f"`{name}` is wrong: {_lower(detail['msg'])}", f"correct `{name}`")


def _remedy_for_extra(model: type[BaseModel], path: NodePath) -> str:
    known = sorted(field.alias or name for name, field in model.model_fields.items())
    if len(path) > 1:
        return "remove it, or correct its spelling"
    near = meant(str(path[0]), known)
    return f"write `{near}`" if near else f"remove it; known keys: {', '.join(known)}"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
