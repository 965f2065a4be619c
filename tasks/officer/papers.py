"""The sealed list of people who are written to on paper, because no e-mail address of theirs is held (Art. 34)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from data_contracts.case.plan import TablePath
from data_contracts.connectors.keys import Condition, Key, Selection
from tasks.case.parts import require_parts
from tasks.case.sealed import read_json, write_json
from tasks.rules.search.found import written
from tasks.rules.search.persons import Paper
from tasks.search.sightings import postal_columns, postal_lines
from tasks.services import services

_PAPERS: Final = "papers.{number:05d}"
_A_BLOB: Final = 5_000

Postal = tuple[tuple[str, ...], str]
"""The lines of an address, and its country's code."""
_Places = dict[tuple[str, str, tuple[str, ...]], set[Key]]


@dataclass(frozen=True, slots=True)
class PostalAddressee:
    """Somebody who is written to on paper.

    Attributes:
        lines: of the postal address; none: it is not held.
        keys: by which the person is known, as kind and value.
    """

    name: str = field(repr=False)
    lines: tuple[str, ...] = field(repr=False)
    country: str
    language: str
    keys: tuple[tuple[str, str], ...] = field(repr=False)


def seal_papers(run_id: str, people: Sequence[Sequence[Paper]]) -> int:
    """Seal what is held of people without an e-mail address, one line a person; how many they are."""
    postal = _postal_addresses(paper for papers in people for paper in papers)
    for first in range(0, len(people), _A_BLOB):
        lines = [_line(papers, postal) for papers in people[first : first + _A_BLOB]]
        write_json(run_id, _PAPERS.format(number=first // _A_BLOB), lines)
    return len(people)


def postal_addressees(run_id: str, count: int) -> Iterator[PostalAddressee]:
    """Everybody who is written to on paper, in a standing order.

    Args:
        run_id: the incident.
        count: how many they were when they were sealed.

    Raises:
        VaultSealed: when a part of the list is gone.
    """
    names = [_PAPERS.format(number=number) for number in range(-(-count // _A_BLOB))]
    require_parts(run_id, names)
    for name in names:
        for who, lines, country, language, keys in read_json(run_id, name):
            yield PostalAddressee(who, tuple(lines), country, language, tuple((kind, value) for kind, value in keys))


def _line(papers: Sequence[Paper], postal: Mapping[tuple[object, ...], Postal]) -> list[Any]:
    """What several rows say of one person, together."""
    name = next((paper.name for paper in papers if paper.name), "")
    language = next((paper.language for paper in papers if paper.language), "")
    found = [(paper.lines, paper.country) for paper in papers if paper.lines]
    found += [postal[at] for paper in papers if paper.at and (at := _place(*paper.at)) in postal]
    lines, country = max(found, key=lambda one: len(one[0]), default=((), ""))
    keys = dict.fromkeys(key for paper in papers for key in paper.keys)
    return [name, list(lines), country, language, [list(key) for key in keys]]


def _postal_addresses(papers: Iterable[Paper]) -> dict[tuple[object, ...], Postal]:
    """Postal addresses that lie in other tables, a statement for each of these."""
    wanted: _Places = {}
    for paper in papers:
        if paper.at is not None:
            wanted.setdefault(paper.at[:3], set()).add(paper.at[3])
    found: dict[tuple[object, ...], Postal] = {}
    for (system, name, columns), keys in wanted.items():
        table = services().contracts.table(system, name)
        selection = Selection(name, (Condition(columns, frozenset(keys)),))
        names = list(dict.fromkeys((*columns, *postal_columns(table))))
        for batch in services().systems.connector(system).read(selection, names):
            for row in batch.to_pylist():
                found[_place(system, name, columns, tuple(row[c] for c in columns))] = postal_lines(table, row)
    return found


def _place(system: str, table: str, columns: tuple[str, ...], key: Key) -> tuple[object, ...]:
    path: TablePath = (system, table)
    return (*path, columns, written(key))
