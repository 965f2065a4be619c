"""Counts rows that a rule for values does not hold for: one statement a table, and one for each column without repeats.

What is compared is made by :func:`compared`, which Great Expectations is given as well: both judge the same.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Connection

from data_contracts.connectors.quality import Bound, ValueCheck, ValueRule

__all__ = ["SqlCounts", "compared", "engine_url", "full_match"]

_DRIVERS: Final[Mapping[str, str]] = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}
_AS_IT_IS = frozenset({ValueRule.REQUIRED, ValueRule.UNIQUE, ValueRule.BOUNDS})
_PSEUDONYM_LENGTHS = (16, 32)
_CONNECT_SECONDS = 10


def engine_url(url: str) -> sa.URL:
    """The URL with the driver we ship where it names none; of a SQLite file, one that never makes or changes it.

    >>> str(engine_url("sqlite:////data/crm.db"))
    'sqlite:///file:/data/crm.db?mode=ro&uri=true'
    """
    parsed = sa.make_url(url)
    path = parsed.database or ""
    if parsed.get_backend_name() == "sqlite" and path not in {"", ":memory:"} and not path.startswith("file:"):
        return parsed.set(database=f"file:{quote(path)}", query={"mode": "ro", "uri": "true"})
    return parsed.set(drivername=_DRIVERS.get(parsed.drivername, parsed.drivername))


def full_match(pattern: str) -> str:
    """A pattern that the whole text must match."""
    return f"^({pattern})$"


def compared(check: ValueCheck, dialect: str) -> sa.ColumnElement[Any]:
    """What a check compares: the column, or its text where what counts as no value is NULL."""
    column: sa.ColumnElement[Any] = sa.column(check.column)
    if check.rule in {ValueRule.REQUIRED, ValueRule.UNIQUE}:
        return column
    text: sa.ColumnElement[Any] = sa.cast(column, sa.Text())
    if dialect in {"mysql", "mariadb"}:  # there a text compares without regard to case unless it is told otherwise
        text = sa.collate(sa.cast(column, mysql.CHAR(charset="utf8mb4")), "utf8mb4_bin")
    is_none: sa.ColumnElement[bool] = text.in_(check.none)
    if check.is_pseudonymised:
        is_none = is_none | (sa.func.length(text).in_(_PSEUDONYM_LENGTHS) & text.regexp_match("^[0-9a-z]+$"))
    kept = column if check.rule in _AS_IT_IS or check.is_number else text
    return sa.case((is_none, sa.null()), else_=kept)


class SqlCounts:
    """Counts in one database, in transactions that are rolled back."""

    def __init__(self, url: str) -> None:
        """Nothing is connected yet."""
        parsed = engine_url(url)
        self.dialect = parsed.get_backend_name()
        options: dict[str, Any] = {}
        if self.dialect == "postgresql":
            options = {"connect_args": {"connect_timeout": _CONNECT_SECONDS}}
        self._engine = sa.create_engine(parsed, hide_parameters=True, poolclass=sa.NullPool, **options)

    def count(self, schema: str | None, table: str, checks: Sequence[ValueCheck]) -> list[int | None]:
        """Rows that each check does not hold for; None where it could not be evaluated.

        Raises:
            sqlalchemy.exc.OperationalError: when the database cannot be reached.
        """
        live = sa.table(table, schema=schema)
        single = [check for check in checks if check.rule is not ValueRule.UNIQUE]
        counted = dict(zip(map(id, single), self._count_singles(live, single), strict=True))
        for check in checks:
            if check.rule is ValueRule.UNIQUE:
                counted[id(check)] = self._try(_repeated(live, check))
        return [counted[id(check)] for check in checks]

    def close(self) -> None:
        """Give back connections."""
        self._engine.dispose()

    def _count_singles(self, live: sa.TableClause, checks: Sequence[ValueCheck]) -> list[int | None]:
        if not checks:
            return []
        sums = [_sum(check, self.dialect).label(f"c{place}") for place, check in enumerate(checks)]
        try:
            with self._engine.connect() as connection:
                row = connection.execute(sa.select(*sums).select_from(live)).one()
            return [int(value or 0) for value in row]
        except (sa.exc.OperationalError, sa.exc.InterfaceError) as error:
            if error.connection_invalidated or not self._answers():
                raise
        except sa.exc.SQLAlchemyError:
            pass  # one of them cannot be asked so; which one is found out below
        return [self._try(sa.select(one).select_from(live)) for one in sums]

    def _try(self, query: sa.Select[Any]) -> int | None:
        try:
            with self._engine.connect() as connection:
                return int(connection.execute(query).scalar() or 0)
        except (sa.exc.OperationalError, sa.exc.InterfaceError):
            if not self._answers():
                raise
            return None
        except sa.exc.SQLAlchemyError:
            return None

    def _answers(self) -> bool:
        try:
            with self._engine.connect() as connection:
                return _one(connection) == 1
        except sa.exc.SQLAlchemyError:
            return False


def _one(connection: Connection) -> int:
    return int(connection.execute(sa.select(sa.literal(1))).scalar_one())


def _sum(check: ValueCheck, dialect: str) -> sa.ColumnElement[Any]:
    return sa.func.sum(sa.case((_broken(check, compared(check, dialect), dialect), 1), else_=0))


def _broken(check: ValueCheck, value: sa.ColumnElement[Any], dialect: str) -> sa.ColumnElement[bool]:
    """That the rule does not hold; NULL, which is no yes, where there is no value."""
    if check.rule is ValueRule.REQUIRED:
        return value.is_(None)
    if check.rule in {ValueRule.FORMAT, ValueRule.PATTERN}:
        return sa.not_(value.regexp_match(full_match(check.pattern)))
    if check.rule is ValueRule.VALID_VALUES:
        return value.not_in(check.allowed)
    if check.rule is ValueRule.LENGTH:
        length = sa.func.char_length(value) if dialect != "sqlite" else sa.func.length(value)
        least, most = check.lengths
        too_short = length < least
        return too_short if most is None else too_short | (length > most)
    return _beyond(check, value, dialect)


def _beyond(check: ValueCheck, value: sa.ColumnElement[Any], dialect: str) -> sa.ColumnElement[bool]:
    bounds, found = check.bounds, []
    if bounds.least is not None:
        least = bound_value(bounds.least, dialect)
        found.append(value <= least if bounds.is_above else value < least)
    if bounds.most is not None:
        most = bound_value(bounds.most, dialect)
        found.append(value >= most if bounds.is_below else value > most)
    return sa.or_(*found)


def bound_value(bound: Bound, dialect: str) -> Bound:
    """A bound as the database compares it: SQLite keeps days and times as text."""
    return str(bound) if dialect == "sqlite" and not isinstance(bound, int | float) else bound


def _repeated(live: sa.TableClause, check: ValueCheck) -> sa.Select[Any]:
    """Rows whose value another row has as well."""
    column: sa.ColumnElement[Any] = sa.column(check.column)
    times = sa.func.count().label("times")
    groups = sa.select(times).select_from(live).where(column.is_not(None)).group_by(column).having(times > 1).subquery()
    return sa.select(sa.func.coalesce(sa.func.sum(groups.c.times), 0))
