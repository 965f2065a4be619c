"""Conditions as one database takes them: keys in the columns' types, and statements that are not too large for it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from data_contracts.errors import TerminalError
from integrations.systems.sql.live.tables import SqlTable

Binding = Literal["array", "json", "list", "raw"]
"""A raw one is a list in which some bytes may be stored as text that is no UTF-8 (SQLite)."""

_LISTS: Final = frozenset({"list", "raw"})


@dataclass(frozen=True, slots=True)
class Term:
    """A condition whose keys are brought to the columns' types, ready to be bound.

    Attributes:
        by_database: text is compared by the column's own collation alone.
        or_null: a row whose column is NULL is selected too.
        negated: the rows are selected that it would not select.
        guards: conditions on other columns of the same row, all of which must hold as well.
    """

    columns: tuple[str, ...]
    binding: Binding
    keys: tuple[tuple[Any, ...], ...] = field(repr=False)
    by_database: bool = False
    or_null: bool = False
    negated: bool = False
    guards: "tuple[Term, ...]" = ()

    @property
    def shape(self) -> tuple[object, ...]:
        """What the clause depends on, apart from the values."""
        own = self.columns, self.binding, self.by_database, self.or_null, self.negated
        return *own, tuple(guard.shape for guard in self.guards)

    @property
    def is_impossible(self) -> bool:
        """Whether no row can fulfil it."""
        is_none = not (self.keys or self.or_null or self.negated)
        return is_none or any(guard.is_impossible for guard in self.guards)

    @property
    def weight(self) -> int:
        """How many values it takes of a statement."""
        own = len(self.keys) * len(self.columns) if self.binding in _LISTS else 0
        return own + sum(guard.weight for guard in self.guards)

    def all_columns(self) -> Iterator[str]:
        """Its columns and those of its guards."""
        yield from self.columns
        for guard in self.guards:
            yield from guard.all_columns()

    def chunks(self, room: int) -> "list[Term]":
        """It in pieces, none of which takes more than ``room`` values."""
        if self.binding not in _LISTS:
            return [self]
        size = max(1, room // len(self.columns))
        return [replace(self, keys=self.keys[i : i + size]) for i in range(0, len(self.keys), size)]


@dataclass(frozen=True, slots=True)
class Part:
    """One statement's share of a selection: rows of ``include`` that no term of ``exclude`` selects.

    Attributes:
        every: every row is included, and ``include`` says nothing.
        guards: conditions that every row must fulfil.
        earlier: terms too large to be excluded by the database, whose rows came in an earlier part: the
            caller must leave them out (:func:`earlier_test`).
    """

    include: tuple[Term, ...]
    exclude: tuple[Term, ...] = ()
    earlier: tuple[Term, ...] = ()
    every: bool = False
    guards: tuple[Term, ...] = ()

    @property
    def shape(self) -> tuple[object, ...]:
        """What the clause depends on, apart from the values."""
        return self.every, *(tuple(t.shape for t in terms) for terms in (self.include, self.exclude, self.guards))

    def named(self) -> Iterator[tuple[str, Term]]:
        """Its terms with the names of their bound values."""
        for prefix, terms in (("rf_k", self.include), ("rf_x", self.exclude), ("rf_g", self.guards)):
            for i, term in enumerate(terms):
                yield f"{prefix}{i}", term


def parts(terms: Sequence[Term], capacity: int) -> list[Part]:
    """Statements that together give each selected row once; none when nothing can be selected."""
    if not terms:
        return []
    if sum(term.weight for term in terms) <= capacity:
        return [Part(tuple(terms))]
    room = capacity // 2
    large = sorted(terms, key=lambda term: term.weight)
    small: list[Term] = []
    while large and sum(term.weight for term in [*small, large[0]]) <= room:
        small.append(large.pop(0))
    made = [Part(tuple(small))] if small else []
    for i, term in enumerate(large):
        made += [Part((chunk,), tuple(small), tuple(large[:i])) for chunk in term.chunks(room)]
    return made


def spare(made: Sequence[Part], spared: Sequence[Term], capacity: int, path: str) -> list[Part]:
    """The parts without the rows that a term of ``spared`` selects.

    Raises:
        TerminalError: when the database does not take as many keys in a statement.
    """
    if sum(term.weight for term in spared) > capacity:
        raise TerminalError(
            "more rows are spared than this database takes in one statement",
            where=path,
            remedy="tell the maintainers; nothing was changed",
        )
    return [replace(part, exclude=(*part.exclude, *spared)) for part in made]


def earlier_test(
    table: SqlTable, part: Part, fitted: Callable[[SqlTable, str, object], object]
) -> tuple[tuple[str, ...], Callable[[Sequence[Any]], bool]]:
    """Columns to read along with a part, and a test of their values: did the row come in an earlier part?"""
    names = tuple(dict.fromkeys(column for term in part.earlier for column in term.all_columns()))

    def test_of(term: Term) -> Callable[[Sequence[Any]], bool]:
        places = [names.index(column) for column in term.columns]
        keys, guards = frozenset(term.keys), [test_of(guard) for guard in term.guards]

        def is_held(held: tuple[Any, ...]) -> bool:
            if None in held:
                return term.or_null
            return tuple(fitted(table, name, value) for name, value in zip(term.columns, held, strict=True)) in keys

        def fulfils(values: Sequence[Any]) -> bool:
            held = tuple(values[place] for place in places)
            return is_held(held) is not term.negated and all(guard(values) for guard in guards)

        return fulfils

    tests = [test_of(term) for term in part.earlier]
    return names, lambda values: any(test(values) for test in tests)
