"""What contracts say, whatever their files look like: comments, order and white space mean nothing.

A plan names the set it was made under by this meaning, and what differs between two sets is told line by line. What
explains and changes nothing (descriptions, versions, names of files and servers) is no part of it, and neither is what
stands at its default: a version of the software that knows one more key does not change what older files say.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any, Final

from pydantic import BaseModel

from data_contracts.company.contract import Contracts
from data_contracts.evidence.records import canonical, digest

_EXPLAINS: Final = frozenset({"description", "descriptions", "version", "file", "servers", "says_source"})
_IN_ORDER: Final = frozenset({"columns", "to_columns", "cases"})
"""Lists whose order says something: columns that belong together, and cases of which the first one holds."""
_THEIRS: Final = frozenset({"tables", "columns"})
"""What a place names without a word for it: ``crm.customer.email``."""
_LONGEST: Final = 80
Meaning = Mapping[str, str]


def meaning_of(contracts: Contracts) -> Meaning:
    """Everything that contracts and vocabulary say: by place, such as ``crm.customer.email: erase``, a value."""
    found: dict[str, str] = {}
    for name, system in contracts.systems.items():
        _flatten(f"{name}", _plain(system), found)
    _flatten("vocabulary", _plain(contracts.vocabulary), found)
    return found


def name_of(meaning: Meaning) -> str:
    """SHA-256 of a meaning, in hex."""
    return digest(canonical(dict(meaning)))


def changes(old: Meaning, new: Meaning) -> list[str]:
    """What the second says otherwise than the first, a line each, by place; empty when they say the same.

    >>> changes({"crm.t.c: erase": "clear"}, {"crm.t.c: erase": "mask"})
    ['crm.t.c: erase was `clear`, is `mask`']
    >>> changes({"crm.t: ": "", "crm.t.c: ": "", "crm.t.c: erase": "clear"}, {})
    ['crm.t: taken out']
    """
    gone, came = old.keys() - new.keys(), new.keys() - old.keys()
    lines = [*_whole(gone, "taken out"), *_whole(came, "new")]
    told = tuple(line.partition(": ")[0] for line in lines)
    for place in sorted(old.keys() | new.keys()):
        where, _, what = place.partition(": ")
        if old.get(place) != new.get(place) and not _is_within(where, told):
            lines.append(f"{where}: {what} {_was(old.get(place), new.get(place))}")
    return sorted(lines)


def _was(before: str | None, after: str | None) -> str:
    if before is None:
        return f"is `{_short(str(after))}`, said nothing before"
    if after is None:
        return f"was `{_short(before)}`, says nothing now"
    return f"was `{_short(before)}`, is `{_short(after)}`"


def _short(value: str) -> str:
    clean = value.replace("`", "'").replace("\n", " ")
    return clean if len(clean) <= _LONGEST else f"{clean[:_LONGEST]}…"


def _whole(places: Iterable[str], word: str) -> list[str]:
    """Systems, tables and columns that are there as a whole or not at all, the widest of them alone."""
    found: list[str] = []
    for where in sorted(place.removesuffix(": ") for place in places if place.endswith(": ")):
        if not _is_within(where, found):
            found.append(where)
    return [f"{where}: {word}" for where in found]


def _is_within(where: str, wider: Iterable[str]) -> bool:
    return any(where == one or where.startswith(f"{one}.") for one in wider)


def _flatten(place: str, value: Mapping[str, Any], found: dict[str, str]) -> None:
    """Put what a mapping says under ``place``; mappings of named things have places of their own."""
    found[f"{place}: "] = ""
    for key, one in value.items():
        if isinstance(one, dict) and one and all(isinstance(part, dict) for part in one.values()):
            within = place if key in _THEIRS else f"{place}.{key}"
            for name, part in one.items():
                _flatten(f"{within}.{name}", part, found)
        elif isinstance(one, dict):
            found |= {f"{place}: {key}.{name}": _text(part) for name, part in one.items()}
        else:
            found[f"{place}: {key}"] = _text(one)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)


def _plain(value: object, name: str = "") -> Any:  # noqa: ANN401  # JSON
    """As JSON: what is at its default is left out, things with a name go by it, what has no order is sorted."""
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return _of_fields({f.name: (getattr(value, f.name), _default(f)) for f in fields(value)})
    if isinstance(value, BaseModel):
        kinds = type(value).model_fields
        return _of_fields(
            {key: (getattr(value, key), f.get_default(call_default_factory=True)) for key, f in kinds.items()}
        )
    if isinstance(value, Mapping):
        return {str(getattr(key, "value", key)): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return _of_several(list(value), name)
    return value if isinstance(value, str | int | bool | None) else str(value)


def _of_fields(said: Mapping[str, tuple[object, object]]) -> dict[str, Any]:
    return {
        key: _plain(value, key)
        for key, (value, default) in said.items()
        if key not in _EXPLAINS and (value != default or type(value) is not type(default))
    }


def _of_several(values: list[Any], name: str) -> Any:  # noqa: ANN401  # JSON
    named = {str(one.name): _plain(one) for one in values if is_dataclass(one) and hasattr(one, "name")}
    if values and len(named) == len(values):
        return {key: {part: said for part, said in one.items() if part != "name"} for key, one in named.items()}
    plain = [_plain(one) for one in values]
    is_scalar = all(not isinstance(one, dict | list) for one in plain)
    return plain if name in _IN_ORDER and (is_scalar or name == "cases") else sorted(plain, key=_text)


def _default(one: Any) -> object:  # noqa: ANN401  # a dataclass's field
    return (
        one.default
        if one.default is not MISSING
        else one.default_factory()
        if one.default_factory is not MISSING
        else MISSING
    )


__all__ = ["Meaning", "changes", "meaning_of", "name_of"]
