"""Parts of a table: rows in which other rules hold for a column than in the rest (EAV tables, polymorphic columns).

A column's ``cases`` say by other columns of the same row what its value is: ``meta_key: [billing_email]`` is an
address, ``meta_key: [session_tokens]`` a secret. :func:`parts_of` cuts a table into parts, no two of which share a row,
each with the table as its rules are there, so that whoever plans, shows, changes or proves takes the rules and the
rows from one place.

A part has a name of its own where its rows are kept apart from others, such as in an answer package:
``usermeta+case2``, which :func:`part_at` reads.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from data_contracts.case.plan import SHARED
from data_contracts.company.contract import Case, Column, Contracts, Table, in_language
from data_contracts.connectors.keys import Condition, Selection, When
from data_contracts.vocabulary import TableErasure

_NUMBER: Final = re.compile(r"\+case(\d+)$")
_TEXT: Final = "string"
_ENGLISH: Final = "en"


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of a table in which the same rules hold for each column.

    Attributes:
        table: the table as it is in these rows, under its own name.
        when: what the rows hold, and what they do not hold.
        number: of parts with a case, from 1 in the order of the contract; 0: the rest.
        cases: the cases that hold in it, by column.
    """

    table: Table
    when: tuple[When, ...] = ()
    number: int = 0
    cases: Mapping[str, Case] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The table's name; with the number of the part where it is not the rest."""
        return f"{self.table.name}+case{self.number}" if self.number else self.table.name

    @property
    def said(self) -> str:
        """Which rows these are, in the words of the contract; empty for a table without cases."""
        return said_when(self.when)

    def rows(self, selection: Selection) -> Selection:
        """Those of the selected rows that are of this part."""
        return replace(selection, when=(*selection.when, *self.when)) if self.when else selection

    def ways(self, conditions: Iterable[Condition]) -> tuple[Condition, ...]:
        """The conditions, each of which selects rows of this part alone."""
        return tuple(replace(one, when=(*one.when, *self.when)) if self.when else one for one in conditions)


def parts_of(table: Table) -> tuple[Part, ...]:
    """The parts of a table: one where no column has cases; else those with a case, and the rest last."""
    if not any(column.cases for column in table.columns):
        return (Part(table),)
    texts = {column.name for column in table.columns if column.logical_type == _TEXT}
    found: list[tuple[tuple[When, ...], dict[str, Case]]] = [((), {})]
    for column in table.columns:
        found = [
            (when, cases | ({column.name: case} if case else {}))
            for held, cases in found
            for when, case in _cut(held, column.cases, texts)
        ]
    # The rest comes last whatever the order of columns, and is told by having no case.
    ordered = [*(one for one in found if one[1]), *(one for one in found if not one[1])]
    numbers = [n if cases or n < len(ordered) else 0 for n, (_, cases) in enumerate(ordered, 1)]
    made = zip(numbers, ordered, strict=True)
    return tuple(Part(_ruled(table, cases, when, texts), when, n, cases) for n, (when, cases) in made)


def rules_by_rows(table: Table, column: Column) -> list[tuple[Column, tuple[When, ...]]]:
    """A column as its rules are in some rows, with what these hold; no conditions where it has no cases."""
    texts = {one.name for one in table.columns if one.logical_type == _TEXT}
    return [
        (_of_rows(case.rules if case else replace(column, cases=()), when, texts), when)
        for when, case in _cut((), column.cases, texts)
    ]


def column_in(table: Table, name: str, said: str) -> Column:
    """The column as its rules are in the rows that a line of a plan tells of (:attr:`PlanLine.when`).

    Raises:
        KeyError: when the contract has no such column.
    """
    column = table.column(name)
    parts = ((part.table.column(name), part.when) for part in parts_of(table))
    found = (rules for rules, when in (*rules_by_rows(table, column), *parts) if said_when(when) == said)
    return next(found, column)


def part_at(contracts: Contracts, system: str, name: str) -> Part:
    """The part that rows were kept under: ``usermeta+case2``, also where they are several people's.

    Raises:
        KeyError: when no contract has it.
    """
    number = _NUMBER.search(name.removesuffix(SHARED))
    wanted = int(number[1]) if number else 0
    for part in parts_of(contracts.table(system, table_name(name))):
        if part.number == wanted:
            return part
    raise KeyError(name)


def rules_at(contracts: Contracts, system: str, name: str) -> Table:
    """The table as its rules are in a part, by the part's name; see :func:`part_at`."""
    return part_at(contracts, system, name).table


def table_name(name: str) -> str:
    """The table's name alone.

    >>> table_name("usermeta+case2+shared"), table_name("customer")
    ('usermeta', 'customer')
    """
    return _NUMBER.sub("", name.removesuffix(SHARED))


def said_when(when: Sequence[When]) -> str:
    """Conditions in the words of the contract.

    >>> said_when((When("meta_key", ("a", None)), When("kind", ("b",), negated=True)))
    'meta_key: a or NULL; kind: not b'
    """
    return "; ".join(f"{one.column}: {'not ' if one.negated else ''}{_listed(one.values)}" for one in when)


def overlap(one: Sequence[When], other: Sequence[When], texts: Collection[str]) -> bool:
    """Whether a row may fulfil both, as far as can be told without looking."""
    return _joined(tuple(one), other, texts) is not None


def _listed(values: Iterable[str | None]) -> str:
    return " or ".join("NULL" if value is None else value for value in values)


def _cut(
    held: tuple[When, ...], cases: Iterable[Case], texts: Collection[str]
) -> Iterator[tuple[tuple[When, ...], Case | None]]:
    """The rows of ``held`` by the first case that they fulfil, those without one last."""
    rest = [held]
    for case in cases:
        yield from ((when, case) for one in rest if (when := _joined(one, case.when, texts)) is not None)
        rest = [when for one in rest for no in _unlike(case.when) if (when := _joined(one, no, texts)) is not None]
    yield from ((when, None) for when in rest)


def _unlike(when: Sequence[When]) -> Iterator[tuple[When, ...]]:
    """Conditions that share no row, and together select what does not fulfil ``when``."""
    for place, one in enumerate(when):
        yield (*when[:place], replace(one, negated=True))


def _joined(held: tuple[When, ...], more: Sequence[When], texts: Collection[str]) -> tuple[When, ...] | None:
    """Both conditions; None when no row can fulfil them.

    Of a column that is a text one condition is left. What another type takes for the same value only its system knows.
    """
    found = list(held)
    for one in more:
        earlier = next((own for own in found if own.column == one.column and one.column in texts), None)
        if earlier is None:
            found += [one] if one not in found else []
            continue
        both = _both(earlier, one)
        if not both.values and not both.negated:
            return None
        found[found.index(earlier)] = both
    return tuple(found)


def _both(one: When, other: When) -> When:
    if one.negated and other.negated:
        return replace(one, values=tuple(dict.fromkeys((*one.values, *other.values))))
    held, bound = (other, one) if one.negated else (one, other)
    return replace(held, values=tuple(v for v in held.values if (v in bound.values) is not bound.negated))


def _ruled(table: Table, cases: Mapping[str, Case], when: Sequence[When], texts: Collection[str]) -> Table:
    """The table as it is where ``cases`` hold."""
    held = (cases[own.name].rules if own.name in cases else replace(own, cases=()) for own in table.columns)
    columns = tuple(_of_rows(rules, when, texts) for rules in held)
    if not cases:
        return replace(table, columns=columns)
    erase = TableErasure.DELETE if any(case.deletes_row for case in cases.values()) else table.erase
    return replace(table, columns=columns, erase=erase, labels=_labels(table, cases))


def _of_rows(rules: Column, when: Sequence[When], texts: Collection[str]) -> Column:
    """The rules in rows that hold ``when``: where the column's identity is not held, it is none."""
    if not rules.when or overlap(when, rules.when, texts):
        return rules
    return replace(rules, identity="", assertion=None, when=(), normalised=False, country="")


def _labels(table: Table, cases: Mapping[str, Case]) -> dict[str, str]:
    """What its rows are: what the table's are, and beside it what the case's are."""
    own = {name: case.rules.labels for name, case in cases.items()}
    plain = {column.name: column.labels for column in table.columns}
    languages = dict.fromkeys((_ENGLISH, *table.labels, *(language for said in own.values() for language in said)))

    def worded(language: str) -> str:
        told = (
            (in_language(said, language) if said != plain[name] else "") or said_when(cases[name].when)
            for name, said in own.items()
        )
        whole = in_language(table.labels, language) or table.name.replace("_", " ").capitalize()
        return f"{whole} ({', '.join(told)})"

    return {language: worded(language) for language in languages}
