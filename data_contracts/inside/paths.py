"""Where inside a column's value an identity lies: a path into JSON or XML, members of an array, items of a list.

>>> Inside("json", "$.user.email").is_understood, Inside("json", "user.email").is_understood
(True, False)
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, TypeAlias

InsideKind: TypeAlias = Literal["json", "xml", "members", "items", "entries"]
Step: TypeAlias = str | int | None
"""A name, a place in an array, or every member (None)."""

_JSON_STEP: Final = re.compile(
    r"\.(?P<name>[^\W\d][\w-]*)|\['(?P<quoted>[^']+)'\]|\[(?P<place>\d+)\]|\[(?P<every>\*)\]"
)
_XML: Final = re.compile(r"(?:/(?:\*|[\w.-]+))+(?:/@[\w.-]+)?")


@dataclass(frozen=True, slots=True)
class Inside:
    """Where in a column's value an identity lies.

    Attributes:
        kind: ``json`` and ``xml``: at a path; ``members``: each member of an array; ``items``: each item of a separated
            list; ``entries``: the value of a key.
        path: the path, or the key.
        separator: between items.
    """

    kind: InsideKind
    path: str = ""
    separator: str = ""

    @property
    def is_understood(self) -> bool:
        """Whether the path is one that can be followed, the separator one that separates."""
        if self.kind == "json":
            return json_steps(self.path) is not None
        if self.kind == "xml":
            return _XML.fullmatch(self.path) is not None
        return bool(self.separator) if self.kind == "items" else self.kind == "members" or bool(self.path)

    @property
    def is_list(self) -> bool:
        """Whether the value is nothing but a list of such identities, so that what is left of it is hers alone."""
        return self.kind in {"members", "items"}


@lru_cache(maxsize=256)
def json_steps(path: str) -> tuple[Step, ...] | None:
    """The steps of a path; None where it is none that can be followed.

    >>> json_steps("$.to[*]['e-mail'][0]")
    ('to', None, 'e-mail', 0)
    """
    if not path.startswith("$"):
        return None
    steps: list[Step] = []
    place = 1
    while place < len(path):
        found = _JSON_STEP.match(path, place)
        if found is None:
            return None
        said = found["name"] or found["quoted"]
        steps.append(said or (int(found["place"]) if found["place"] else None))
        place = found.end()
    return tuple(steps)
