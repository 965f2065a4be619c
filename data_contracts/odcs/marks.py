"""Marks of what nobody has confirmed yet: ``TODO`` where a value belongs, and ``guess`` beside it.

Drafts (:mod:`data_contracts.odcs.drafts.drafting`, :mod:`data_contracts.odcs.drafts.fides`) have both. A set with an
open mark is never used: a wrong guess, for example a number of somebody else as a search key, would disclose another
person's data. A person confirms by writing the value in its place and removing ``guess``. What stands beside a mark is
checked already.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from data_contracts.odcs.reading.strict import Finding
from data_contracts.odcs.reading.yaml_file import NodePath
from data_contracts.vocabulary import Assertion, DataSource, RetentionAction, TableErasure

TODO: Final = "TODO"
GUESS: Final = "guess"

_OF_CASE: Final = 2
"""Where in the path of a case its own key stands: ``cases``, its place, the key."""
_CONFIRM: Final = "compare it with what is really held, write what is right beside it, then remove `guess`"
_ASKED: Final[Mapping[str, str]] = {
    "category": "write what it holds, a key that docs/connect/contracts.md lists; `system.operations` if not personal",
    "source": f"write where its values come from: one of {', '.join(DataSource)}; leave it out where not personal",
    "purposes": "write purposes of vocabulary.yaml; leave it out where nothing is personal",
    "erase": f"write what an erasure does; of a table one of {', '.join(TableErasure)}",
    "follow": "write `from` where these rows are the data subject's, `to` where the row pointed at is, or both or none",
    "assertion": f"write who stands behind it, one of {', '.join(Assertion)}; leave it out where it is no identity",
    "account": "write the unique identity kind by which each row is one data subject's account, or leave it out",
    "when": "write which values of the column beside it say so, as a list; leave it out where every row does",
    "shared": "write `true` where the row pointed at is several people's in any case, or leave it out",
    "then": f"write what happens at the end: one of {', '.join(RetentionAction)}",
    "hold": "write the hold of vocabulary.yaml for which it stays, or another `erase`",
    "inside": "write where in the value the identity lies; docs/connect/contracts.md tells how",
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


def without_guesses(value: object) -> object:
    """The value of a ``dsr`` block as it is once its guesses are removed."""
    if isinstance(value, Mapping):
        return {key: without_guesses(inner) for key, inner in value.items() if key != GUESS}
    return [without_guesses(item) for item in value] if isinstance(value, list) else value


def _todos(value: object, path: NodePath) -> Iterator[Finding]:
    if value == TODO:
        name = str(path[_OF_CASE] if path[0] == "cases" else path[0])
        yield Finding(path, f"`{name}` is still TODO", _ASKED.get(name, f"write `{name}`, or leave it out"))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _todos(item, (*path, place))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if key == GUESS:
                yield Finding((*path, key), "`guess` is not confirmed", _CONFIRM)
            else:
                yield from _todos(item, (*path, key))
