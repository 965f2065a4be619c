"""Contracts with one thing less: a table, a file, a condition that selects rows, an identity or a reference.

Each mutant is a folder of contracts as somebody would have written it who did not know of that one thing. A column
that no longer refers to anything says that it is not personal, because every column says what it is.
"""

import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias

from tests.yaml_text import read_yaml, write_yaml

Documents: TypeAlias = dict[str, dict[str, Any]]
"""Contracts by system."""
_SUFFIX: Final = ".odcs.yaml"
_OF_AN_IDENTITY: Final = ("identity", "assertion", "when", "country", "inside", "normalised")
_TARGET: Final = re.compile(
    r"(?:(?P<system>[\w-]+)\.odcs\.yaml#/)?(?:schema/(?P<far>\w+)/properties/|(?P<near>\w+)\.)\w+"
)
LAKES: Final = frozenset({"weblogs", "adtech"})


@dataclass(frozen=True, slots=True)
class Mutant:
    """One thing that nobody wrote down.

    Attributes:
        what: ``table``, ``file``, ``identity``, ``reference``, ``condition`` or ``case``.
        named: its place: system, table, and where it is of one, column and value.
    """

    what: str
    named: tuple[str, ...]
    change: Callable[[Documents], None] = field(repr=False, compare=False)

    def __str__(self) -> str:
        """Names the mutant in the report of a test."""
        return f"{self.what} {'.'.join(self.named)}"

    @property
    def path(self) -> str:
        """System and table that it is of."""
        return ".".join(self.named[:2])

    def without(self, tables: Iterable[tuple[str, str]]) -> "Mutant":
        """The same with some tables less."""
        changes = (self.change, *map(_without_table, tables))

        def changed(made: Documents) -> None:
            for change in changes:
                change(made)

        return replace(self, change=changed)

    def write(self, whole: Path, to: Path) -> Path:
        """The folder ``whole`` without this thing, at ``to``."""
        made = documents(whole)
        self.change(made)
        return copied(whole, to, made)


def copied(whole: Path, to: Path, systems: Documents | None = None) -> Path:
    """The folder ``whole`` at ``to``, with these contracts; without any, with its own."""
    (to / "systems").mkdir(parents=True)
    for beside in ("vocabulary.yaml", "organisation.yaml", "policy.yaml"):
        shutil.copy(whole / beside, to / beside)
    for system, document in (systems or documents(whole)).items():
        write_yaml(to / "systems" / f"{system}{_SUFFIX}", document)
    return to


def documents(folder: Path) -> Documents:
    """Every contract of a folder, as plain values."""
    return {file.name.removesuffix(_SUFFIX): read_yaml(file) for file in sorted((folder / "systems").glob("*.yaml"))}


def mutants(folder: Path, lakes: frozenset[str] = LAKES) -> list[Mutant]:
    """Every contract of a folder without one table, identity, reference, value of a condition or case, one at a time.

    Args:
        folder: the whole contracts.
        lakes: systems whose tables are files.
    """
    return list(_mutants(documents(folder), lakes))


def neighbours(folder: Path) -> dict[str, frozenset[str]]:
    """By system and table, as one text, the tables that it refers to or that refer to it."""
    made: dict[str, set[str]] = {}
    for system, document in documents(folder).items():
        for table in document["schema"]:
            ends = [one["to"][0] for one in table.get("relationships", ())]
            ends += [one["to"] for column in table["properties"] for one in column.get("relationships", ())]
            for to in {".".join(_target(system, to)) for to in ends}:
                made.setdefault(f"{system}.{table['name']}", set()).add(to)
                made.setdefault(to, set()).add(f"{system}.{table['name']}")
    return {table: frozenset(others - {table}) for table, others in made.items()}


def _mutants(whole: Documents, lakes: frozenset[str]) -> Iterator[Mutant]:
    for system, document in whole.items():
        for table in document["schema"]:
            path = (system, str(table["name"]))
            yield Mutant("file" if system in lakes else "table", path, _without_table(path))
            for place, said in enumerate(table.get("relationships", ())):
                yield Mutant("reference", (*path, "+".join(map(_last, said["from"]))), _without_joint(path, place))
            for column in table["properties"]:
                yield from _of_column((*path, str(column["name"])), column)


def _of_column(path: tuple[str, str, str], column: Mapping[str, Any]) -> Iterator[Mutant]:
    said = dsr(column)
    if "identity" in said:
        yield Mutant("identity", path, _at(path, _without_identity))
        yield from _conditions(path, said, dsr)
    for place, case in enumerate(said.get("cases", ())):
        named = (*path, str(next(iter(case["when"].values()))))
        yield Mutant("case", named, _at(path, partial(_without_case, place=place)))
    for place, one in enumerate(column.get("relationships", ())):
        yield Mutant("reference", (*path, str(place)), _at(path, partial(_without_reference, place=place)))
        yield from _conditions(path, dsr(one), partial(_of_relationship, place=place))


def _conditions(
    path: tuple[str, ...], said: Mapping[str, Any], find: Callable[[dict[str, Any]], dict[str, Any]]
) -> Iterator[Mutant]:
    """One for each of several values: the rows that hold it are no longer selected."""
    for name, values in said.get("when", {}).items():
        for place, value in enumerate(values if isinstance(values, list) and len(values) > 1 else ()):
            change = _at(path, partial(_without_value, find=find, name=name, place=place))
            yield Mutant("condition", (*path, str(value)), change)


# --- one thing less ---------------------------------------------------------------------------------------------------


def _at(path: tuple[str, ...], change: Callable[[dict[str, Any]], object]) -> Callable[[Documents], None]:
    def changed(made: Documents) -> None:
        table = _table(made, path)
        change(next(column for column in table["properties"] if column["name"] == path[2]))

    return changed


def _without_table(path: tuple[str, str]) -> Callable[[Documents], None]:
    """The table, its periods of retention, and every reference to it."""

    def changed(made: Documents) -> None:
        own = made[path[0]]
        own["schema"] = [table for table in own["schema"] if table["name"] != path[1]]
        kept = [item for item in own.get("slaProperties", ()) if not _is_of(item, path[1])]
        own["slaProperties"] = kept
        for system, document in made.items():
            for table in document["schema"]:
                joint = table.get("relationships", [])
                joint[:] = [one for one in joint if _target(system, one["to"][0]) != path]
                for column in table["properties"]:
                    for place, one in reversed(list(enumerate(column.get("relationships", ())))):
                        if _target(system, one["to"]) == path:
                            _without_reference(column, place)

    return changed


def _without_joint(path: tuple[str, str], place: int) -> Callable[[Documents], None]:
    return lambda made: _drop(_table(made, path), "relationships", place)


def _without_identity(column: dict[str, Any]) -> None:
    said = dsr(column)
    for name in _OF_AN_IDENTITY:
        said.pop(name, None)


def _without_reference(column: dict[str, Any], place: int) -> None:
    _drop(column, "relationships", place)
    if not (column.get("relationships") or column.get("primaryKey")):
        said = dsr(column) | {"category": dsr(column).get("category", "system.operations")}
        column["customProperties"] = [{"property": "dsr", "value": said}]


def _without_case(column: dict[str, Any], place: int) -> None:
    _drop(dsr(column), "cases", place)


def _of_relationship(column: dict[str, Any], place: int) -> dict[str, Any]:
    return dsr(column["relationships"][place])


def _without_value(
    column: dict[str, Any], find: Callable[[dict[str, Any]], dict[str, Any]], name: str, place: int
) -> None:
    find(column)["when"][name].pop(place)


def _drop(of: dict[str, Any], name: str, place: int) -> None:
    of[name].pop(place)
    if not of[name]:
        del of[name]


def dsr(of: Mapping[str, Any]) -> dict[str, Any]:
    """The block of a table, column or relationship, to be changed in place; empty where there is none."""
    blocks = (one["value"] for one in of.get("customProperties", ()) if one["property"] == "dsr")
    found: dict[str, Any] = next(blocks, {})
    return found


def _table(made: Documents, path: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = next(table for table in made[path[0]]["schema"] if table["name"] == path[1])
    return found


def _is_of(item: Mapping[str, Any], table: str) -> bool:
    return str(item.get("element", "")).partition(".")[0] == table


def _target(system: str, to: str) -> tuple[str, str]:
    found = _TARGET.fullmatch(to)
    assert found, to
    return found["system"] or system, found["far"] or found["near"]


def _last(path: str) -> str:
    return re.split(r"[./]", path)[-1]


__all__ = ["Documents", "Mutant", "documents", "dsr", "mutants"]
