"""Drafts of contracts as text: YAML that our strict reading takes, as a person would write it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import yaml

from data_contracts.odcs.marks import GUESS, TODO

_HEADER: Final = """\
# Draft of a contract; rightsflow contracts check refuses it until a person has confirmed all of it.
# guess: why a table was taken for people's, and what else names and values suggest. Compare what stands below it with
#        what is really held, correct it, then remove `guess`.
# TODO:  what nobody can see from outside. docs/connect/contracts.md tells every key, also those that may be left out:
#        how long rows are kept (slaProperties), who receives them, what a person may have put right.
"""
_KINDS_HEADER: Final = """\
# vocabulary.yaml says of each kind of identity that is kept whether people share its values (identities):
"""
_KINDS: Final = {
    "email": "{normalise: email, shared: TODO}",
    "phone": "{normalise: phone, shared: true}",
    "cookie_id": "{normalise: verbatim, shared: true}",
    "customer_no": "{normalise: verbatim, unique: true}",
}
_EMAIL_OF_ACCOUNTS: Final = "{normalise: email, unique: true}"
_OTHER_KIND: Final = "{normalise: verbatim, unique: TODO, shared: TODO}"
_ODD_BREAKS: Final = re.compile("[\x85\u2028\u2029]")
_WIDTH: Final = 160


def text_of(*documents: Mapping[str, Any]) -> str:
    """The documents as YAML that our strict reading takes, ``dsr`` blocks in one line each."""
    dumped = yaml.dump_all(
        [_in_flow(document) for document in documents],
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=_WIDTH,
        explicit_start=len(documents) > 1,
    )
    return _HEADER + _kinds_told(documents) + dumped


def _kinds_told(documents: Sequence[Mapping[str, Any]]) -> str:
    """A remark on each identity kind that the drafts propose: its entry in the vocabulary is no part of a contract."""
    blocks = [item["value"] for item in _properties(list(documents)) if item["property"] == "dsr"]
    said = [*blocks, *(block.get(GUESS, {}) for block in blocks)]
    kinds = sorted({block["identity"] for block in said if "identity" in block})
    known = _KINDS | ({"email": _EMAIL_OF_ACCOUNTS} if any(b.get("account") == "email" for b in blocks) else {})
    lines = [f"#   {kind}: {known.get(kind, _OTHER_KIND)}\n" for kind in kinds]
    return "".join([_KINDS_HEADER, *lines]) if lines else ""


def _properties(value: object) -> Iterator[Mapping[str, Any]]:
    """Every custom property in ``value``, at any depth."""
    if isinstance(value, Mapping):
        yield from value.get("customProperties", [])
        for key, inner in value.items():
            if key != "customProperties":
                yield from _properties(inner)
    elif isinstance(value, list):
        for item in value:
            yield from _properties(item)


def marks_in(document: object) -> dict[str, int]:
    """How many guesses and how many TODO a draft has."""
    found = {"guesses": 0, "todos": int(document == TODO)}
    inner = document.values() if isinstance(document, Mapping) else document if isinstance(document, list) else ()
    if isinstance(document, Mapping):
        found["guesses"] += GUESS in document
    for part in map(marks_in, inner):
        found = {key: count + part[key] for key, count in found.items()}
    return found


class _Flow(dict[str, Any]):
    """A mapping that is written in one line."""


class _Dumper(yaml.SafeDumper):
    """Writes lists below their key's indentation, and what is used twice twice, as a person would."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  # PyYAML asks for each value
        """Never an alias."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002  # PyYAML's signature
        """Indent lists like mappings."""
        super().increase_indent(flow, indentless=False)


def _flow(dumper: yaml.SafeDumper, value: _Flow) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", value, flow_style=True)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    """A text; with its line breaks escaped where YAML has more of them than we do."""
    style = '"' if _ODD_BREAKS.search(value) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(_Flow, _flow)
_Dumper.add_representer(str, _text)


def _in_flow(value: object) -> object:
    """``value`` with each custom property marked to be written in one line."""
    if isinstance(value, Mapping):
        made = {key: _in_flow(inner) for key, inner in value.items()}
        return _Flow(made) if "property" in made and "value" in made and "element" not in made else made
    return [_in_flow(item) for item in value] if isinstance(value, list) else value
