"""What the witness of a SQL database looks at: relations, and columns as text."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from data_contracts.connectors.witnessing import NotLooked, PlaceKind
from integrations.systems.sql.questions.cutoffs import Clause
from integrations.systems.witness.looking import Question

Holds: TypeAlias = Callable[[str], Clause]
"""Whether a column's text holds the needles of a kind."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A column that may hold text.

    Attributes:
        candidate: rows in which it may hold a needle; quick.
        holds: rows in which it does.
        unread: rows in which it is too large to be read; None: it is read in all.
    """

    name: str
    candidate: Clause
    holds: Holds
    unread: Clause | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """A table, or whatever can be read like one.

    Attributes:
        schema: its schema, database or file.
        clause: what is read.
        cells: columns to look at.
        hidden: columns that the account may not read.
        hint: how it is read: ``ONLY``, ``FOR SYSTEM_TIME ALL``.
        where: which of its rows.
        rows: about how many it has; -1: not known.
        counted: an expression that counts them; None: ``rows`` says it.
        size: about how large it is, to order by.
        why: why it is not looked at, or not whole.
        is_readable: False where it is not looked at at all.
        shows: relations whose rows it shows; None: it has rows of its own, or nobody knows.
        belongs_to: names by which a contract may declare it, the nearest first.
    """

    schema: str
    name: str
    kind: PlaceKind
    clause: sa.TableClause
    cells: tuple[Cell, ...] = ()
    hidden: tuple[str, ...] = ()
    hint: str = ""
    where: Clause | None = None
    rows: int = -1
    counted: sa.ScalarSelect[Any] | None = None
    size: int = 0
    why: NotLooked | None = None
    is_readable: bool = True
    shows: frozenset[tuple[str, str]] | None = None
    belongs_to: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    """All of them, for what their names tell."""

    @property
    def path(self) -> tuple[str, str]:
        """Schema and name."""
        return self.schema, self.name


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What a database tells of itself.

    Attributes:
        relations: what can be read like a table.
        elsewhere: databases and large objects that are not looked at, by name and kind, with the reason.
        values: what its statements bind.
    """

    relations: tuple[Relation, ...]
    elsewhere: tuple[tuple[str, PlaceKind, NotLooked], ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)


Survey: TypeAlias = Callable[[Connection, Question], Catalogue]
"""Reads the catalogue of one kind of database."""
