"""Which tables a trigger writes to, read from the text of its body; of the functions that it calls, too.

No SQL is parsed: the words that change a table are looked for, each with the name after them, and a name counts where
the database has a table of it. What is put together when the trigger runs is told apart, because nobody can read it.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

Place: TypeAlias = tuple[str, str]
"""Schema and live name."""

_IDENTIFIER: Final = r"""(?:"[^"]+"|`[^`]+`|\[[^\]]+\]|[^\W\d][\w$]*)"""
_TABLE: Final = rf"(?:only\s+)?({_IDENTIFIER}(?:\s*\.\s*{_IDENTIFIER})?)"
_WRITES: Final = re.compile(
    rf"\b(?:insert(?:\s+(?:low_priority|delayed|high_priority|ignore|or\s+\w+))*(?:\s+into)?"
    rf"|replace(?:\s+(?:low_priority|delayed))?(?:\s+into)?|merge\s+into|copy"
    rf"|update(?:\s+(?:or\s+\w+|low_priority|ignore))*)\s+{_TABLE}",
    re.IGNORECASE,
)
_DELETES: Final = re.compile(
    rf"\b(?:delete(?:\s+(?:low_priority|quick|ignore))*\s+from|truncate(?:\s+table)?)\s+{_TABLE}", re.IGNORECASE
)
_COMMENTS: Final = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_EXECUTES: Final = re.compile(r"\bexecute\b(?!\s+(?:function|procedure|on)\b)([^;]*)", re.IGNORECASE)
_CALLS: Final = re.compile(rf"({_IDENTIFIER})\s*\(|\bcall\s+(?:{_IDENTIFIER}\s*\.\s*)?({_IDENTIFIER})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Written:
    """The tables that a trigger writes to and deletes from, and whether there may be others."""

    writes: frozenset[Place] = frozenset()
    deletes: frozenset[Place] = frozenset()
    is_unclear: bool = False


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads bodies in one database.

    Attributes:
        tables: every table there is.
        functions: source of functions and procedures, by name.
    """

    tables: Collection[Place]
    functions: Mapping[str, str] = field(default_factory=dict)

    def read(self, body: str, schema: str, arguments: str = "") -> Written:
        """What a body does.

        Args:
            body: its text.
            schema: where a table without schema is looked for first.
            arguments: what the trigger hands to its function: a table named there is taken for one that is written to.
        """
        texts = self._with_called(_COMMENTS.sub(" ", body))
        found = [self._places(_WRITES.findall(text), schema) for text in texts]
        gone = [self._places(_DELETES.findall(text), schema) for text in texts]
        named = self._places(re.findall(r"[^\\\s,]+", arguments.replace("\\000", " ")), schema)
        unclear = any(self._is_unclear(statement, schema) for text in texts for statement in _EXECUTES.findall(text))
        return Written(frozenset().union(*found, named), frozenset().union(*gone), is_unclear=unclear)

    def _is_unclear(self, statement: str, schema: str) -> bool:
        names = [*_WRITES.findall(statement), *_DELETES.findall(statement)]
        return not self._places(names, schema) and not re.match(r"\s*'\s*select\b", statement, re.IGNORECASE)

    def _with_called(self, body: str) -> list[str]:
        texts, known = [body], set[str]()
        for text in texts:
            for called in (bare(one or other) for one, other in _CALLS.findall(text)):
                if called in self.functions and called not in known:
                    known.add(called)
                    texts.append(_COMMENTS.sub(" ", self.functions[called]))
        return texts

    def _places(self, names: Collection[str], schema: str) -> frozenset[Place]:
        return frozenset(place for name in names if (place := self._place(name, schema)) is not None)

    def _place(self, written: str, schema: str) -> Place | None:
        parts = [bare(part) for part in re.findall(_IDENTIFIER, written)]
        if not parts:
            return None
        wanted = (parts[0], parts[1]) if len(parts) > 1 else (schema, parts[0])
        alike = [one for one in self.tables if one[1].casefold() == wanted[1].casefold()]
        alike.sort(key=lambda one: (one[1] != wanted[1], one[0].casefold() != wanted[0].casefold(), one))
        if len(parts) > 1:
            alike = [one for one in alike if one[0].casefold() == wanted[0].casefold()]
        return alike[0] if alike else None


def bare(name: str) -> str:
    """A name without its quotes."""
    return name[1:-1] if name[:1] in {'"', "`", "["} else name
