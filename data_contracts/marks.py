"""Marks of what nobody has confirmed yet: ``TODO`` where a value belongs, and ``guess`` beside it.

Drafts (:mod:`data_contracts.drafting`, :mod:`data_contracts.fides`) are full of both. A ``dsr`` block with an open mark
is never used: a wrong guess, for example a number of somebody else as a search key, would disclose another
person's data. A person confirms by writing the value in its place and removing ``guess``.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from data_contracts.strict import Finding
from data_contracts.vocabulary import DataSource, RetentionAction, TableErasure
from data_contracts.yaml_file import NodePath

TODO: Final = "TODO"
GUESS: Final = "guess"

_CONFIRM: Final = "compare it with what is really held, write what is right beside it, then remove `guess`"
_ASKED: Final[Mapping[str, str]] = {
    "category": "write what it holds, a key listed in docs/contracts.md; `system.operations` where it is not personal",
    "source": f"write where its values come from: one of {', '.join(DataSource)}; leave it out where not personal",
    "purposes": "write purposes of vocabulary.yaml; leave it out where nothing is personal",
    "erase": f"write what an erasure does; of a table one of {', '.join(TableErasure)}",
    "follow": "write `from` where these rows are the data subject's, `to` where the row pointed at is, or both or none",
    "then": f"write what happens at the end: one of {', '.join(RetentionAction)}",
    "controller": "write the party of vocabulary.yaml that decides over the data",
    "about": "write whom it is about: subject, third_party or employee",
    "access": "write what an answer package does with it: include, mask, review or omit",
}


def open_marks(value: object) -> Iterator[Finding]:
    """Every open mark in the value of a ``dsr`` block."""
    if not isinstance(value, Mapping):
        return
    for key, inner in value.items():
        if key == GUESS:
            yield Finding((key,), "`guess` is not confirmed", _CONFIRM)
        else:
            yield from _todos(inner, (key,))


def _todos(value: object, path: NodePath) -> Iterator[Finding]:
    if value == TODO:
        name = str(path[0])
        yield Finding(path, f"`{name}` is still TODO", _ASKED.get(name, f"write `{name}`, or leave it out"))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _todos(item, (*path, place))
