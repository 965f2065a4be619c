"""The witness of a SQL database: one statement a relation, of which counts alone come back.

1. The catalogue tells what the account may read, and how each column is made text (:mod:`_witness_postgresql`, …).
2. A statement sorts rows out by pieces of the keys, and what is left by the patterns; it counts rows by column and
   kind, and how many of them are explained. Very wide tables take several.
3. Smallest first; each in a read-only transaction of its own, so that no lock outlives its statement.
4. Plain views come last, and only where not all of what they show was looked at.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from data_contracts.company.contract import SystemContract
from data_contracts.connectors.keys import Condition, Selection
from data_contracts.connectors.witnessing import Budget, Looked, NotLooked, Place, PlaceKind, Sighting, Testimony
from data_contracts.errors import ContractMismatch
from integrations.systems.spelling import Resolve, resolved
from integrations.systems.sql.connection.engine import Engines
from integrations.systems.sql.connection.errors import why_not_looked
from integrations.systems.sql.questions.cutoffs import Clause
from integrations.systems.sql.questions.query import Queries
from integrations.systems.sql.witness import mysql, others, postgresql, sqlite
from integrations.systems.sql.witness.relations import Catalogue, Relation, Survey
from integrations.systems.sql.witness.statement import Count, Explained, statements
from integrations.systems.witness.looking import (
    NOT_DECLARED,
    Declared,
    Question,
    Watch,
    cancelled,
    declared,
    not_looked,
    physical_names,
)

_SURVEYS: Final[Mapping[str, Survey]] = {
    "postgresql": postgresql.survey,
    "mysql": mysql.survey,
    "mariadb": mysql.survey,
    "sqlite": sqlite.survey,
}


class SqlWitness:
    """Looks at one database; see the module.

    Args:
        contract: what the system declares.
        beside: contracts of other systems in the same database; their tables are left to them.
        engines: connections.
        queries: of the connector, for what is explained.
        resolve: finds the rows of a condition that is not verbatim.
        apart: databases that are other systems, and are left to them.
    """

    def __init__(  # noqa: PLR0913  # parts of one connector
        self,
        contract: SystemContract,
        beside: Iterable[SystemContract],
        engines: Engines,
        queries: Queries,
        resolve: Resolve,
        *,
        apart: frozenset[str] = frozenset(),
    ) -> None:
        self._apart = apart
        self._system = contract.name
        self._tables = physical_names(contract)
        self._others = {name for one in beside for name in physical_names(one)} - self._tables.keys()
        self._engines = engines
        self._queries = queries
        self._resolve = resolve

    def look(self, asked: Testimony, budget: Budget) -> Iterator[Looked]:
        """Everything that the account can read, and what it cannot.

        Raises:
            StepFailed: when it was cancelled.
        """
        if not asked.needles:
            return
        before = self._engines.cancelled
        watch = Watch(budget, is_cancelled=lambda: self._engines.cancelled != before)
        question = Question(asked)
        with self._engines.looking(budget.place_seconds) as connection:
            found = _SURVEYS.get(self._engines.dialect, others.survey)(connection, question)
        mine = [
            one for one in found.relations if one.schema not in self._apart and self._others.isdisjoint(one.belongs_to)
        ]
        look = _Look(self, question, found)
        yield question.names(look.names(mine))
        for name, kind, why in found.elsewhere:
            yield not_looked(question.place(name, kind=kind), why)
        for relation in sorted(mine, key=_order):
            yield from look.at(relation, watch)
            if self._engines.cancelled != before:
                raise cancelled(self._system)

    def declared(self, relation: Relation, question: Question) -> Declared:
        """What the contract says of a relation."""
        names = (name for name in relation.belongs_to if name in self._tables)
        found = next(names, None)
        return NOT_DECLARED if found is None else declared(self._tables[found], question.explained)

    def explained(self, said: Declared) -> Explained:
        """Rows of a declared table that are expected to hold a needle; none where the contract does not fit."""
        by_column: dict[str, Clause] = {}
        values: dict[str, Any] = {}
        for i, (column, conditions) in enumerate(sorted(said.explained.items())):
            try:
                made = self._clauses(said.table, conditions, f"rf_e{i}")
            except ContractMismatch:
                continue
            by_column[column] = sa.or_(sa.false(), *made.by_column.values())
            values.update(made.values)
        return Explained(by_column, values)

    def _clauses(self, name: str, given: tuple[Condition, ...], prefix: str) -> Explained:
        table, conditions = self._queries.tables[name], self._queries.conditions
        exact = resolved(Selection(name, given), self._resolve, conditions.zone.key)
        clauses: dict[str, Clause] = {}
        values: dict[str, Any] = {}
        room = conditions.capacity
        for i, term in enumerate(conditions.terms(table, exact.conditions)):
            room -= term.weight
            if room < 0:
                break  # what is not counted as explained is shown to a person
            clauses[str(i)] = conditions.clause(table, term, f"{prefix}_{i}")
            values.update(conditions.values(table, term, f"{prefix}_{i}"))
        return Explained(clauses, values)


def _order(relation: Relation) -> tuple[bool, bool, int, tuple[str, str]]:
    """Views after what they show; the smallest first."""
    return relation.kind is PlaceKind.VIEW, relation.shows is not None, relation.size, relation.path


class _Look:
    """One look at everything; remembers what was looked at whole, so that views of that are left out."""

    def __init__(self, witness: SqlWitness, question: Question, catalogue: Catalogue) -> None:
        self._witness = witness
        self._engines = witness._engines  # noqa: SLF001  # one thing in two classes
        self._question = question
        self._values = dict(catalogue.values)
        self._whole: set[tuple[str, str]] = set()

    def at(self, relation: Relation, watch: Watch) -> Iterator[Looked]:
        """What is seen there; nothing of a view whose tables were all looked at, whole."""
        if relation.shows is not None and relation.shows <= self._whole:
            self._whole.add(relation.path)
            return
        said = self._witness.declared(relation, self._question)
        place = self._place(relation, said)
        for column in relation.hidden:
            hidden = replace(place, column=self._question.masked(column), is_declared=column in said.columns)
            yield not_looked(hidden, NotLooked.NO_RIGHT)
        seconds = watch.seconds()
        if not relation.is_readable or seconds <= 0:
            yield not_looked(place, relation.why if not relation.is_readable and relation.why else NotLooked.TOO_LONG)
            return
        began = time.monotonic()
        looked = self._looked(relation, said, place, seconds)
        if looked is None:
            return
        if looked.not_looked is None and not relation.hidden:
            self._whole.add(relation.path)
        yield looked
        watch.rest(looked.rows, time.monotonic() - began)

    def names(self, relations: Iterable[Relation]) -> Iterator[tuple[str, Place]]:
        """Names of schemas, relations and columns."""
        schemas = dict.fromkeys(relation.schema for relation in relations)
        yield from ((schema, self._question.place(schema, kind=PlaceKind.NAME)) for schema in schemas)
        for relation in relations:
            said = self._witness.declared(relation, self._question)
            place = self._place(relation, said)
            yield relation.name, place
            for name in relation.columns:
                yield name, replace(place, column=self._question.masked(name), is_declared=name in said.columns)

    def _place(self, relation: Relation, said: Declared) -> Place:
        return self._question.place(relation.schema, relation.name, kind=relation.kind, table=said.table)

    def _looked(self, relation: Relation, said: Declared, place: Place, seconds: float) -> Looked | None:
        """None: it was dropped meanwhile."""
        if not relation.cells:
            return Looked(place, (), relation.rows, relation.why)
        explained = self._witness.explained(said)
        with self._engines.looking(seconds) as connection:
            try:
                rows, counts = self._counted(connection, relation, explained)
            except sa.exc.DBAPIError as error:
                why = why_not_looked(error)
                return None if why is None else not_looked(place, why, relation.rows)
        seen = tuple(self._sighting(place, said, count) for count in counts if count.rows)
        is_unread = any(count.unread for count in counts)
        return Looked(place, seen, rows, relation.why or (NotLooked.UNREADABLE if is_unread else None))

    def _counted(self, connection: Connection, relation: Relation, explained: Explained) -> tuple[int, list[Count]]:
        kinds = tuple(self._question.patterns)
        values = self._values | dict(explained.values)
        rows, counts = relation.rows, []
        for statement in statements(
            relation, kinds, explained, terms=sum(map(len, self._question.trails)) + len(kinds)
        ):
            rows, some = statement.counts(connection.execute(statement.query, values).one())
            counts += some
        return rows, counts

    def _sighting(self, place: Place, said: Declared, count: Count) -> Sighting:
        column = replace(place, column=self._question.masked(count.column), is_declared=count.column in said.columns)
        return Sighting(column, count.rows, count.explained, count.kinds)
