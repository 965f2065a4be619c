"""Keys that several accounts hold, counted by a SQL database in one statement."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from data_contracts.connectors.held_keys import HeldKeys, NormalRule
from data_contracts.connectors.keys import When
from integrations.systems.held_keys import BETWEEN_DIGITS
from integrations.systems.sql.live.columns import SqlColumn
from integrations.systems.sql.live.tables import SqlTable
from integrations.systems.values import Kind

_TEXTS = frozenset({Kind.TEXT, Kind.PADDED})
_BITS = {"true": "1", "false": "0"}
"""Yes and no, as databases without a type for them store it."""


def count_held_by_several(connection: Connection, table: SqlTable, asked: HeldKeys) -> int:
    """How many different keys two or more accounts hold.

    Raises:
        ContractMismatch: when a column is not there.
    """
    key = _form(table.column(asked.column), asked.rule)
    account = _form(table.column(asked.account), asked.account_rule)
    held_by = sa.func.count() if asked.is_of_accounts else sa.func.count(sa.distinct(account))
    several = (
        sa.select(key.label("held"))
        .select_from(table.clause)
        .where(key.is_not(None), *_no_empty(table.column(asked.column), key, asked.rule))
        .where(*(_fulfils(table.column(condition.column), condition) for condition in asked.when))
        .group_by(key)
        .having(held_by > 1)
        .subquery()
    )
    return int(connection.execute(sa.select(sa.func.count()).select_from(several)).scalar_one())


def _form(column: SqlColumn, rule: NormalRule) -> sa.ColumnElement[Any]:
    if rule == "verbatim":
        return column.clause
    text: sa.ColumnElement[Any] = sa.cast(column.clause, sa.Text())
    if rule == "email":
        return sa.func.lower(sa.func.trim(text))
    for sign in BETWEEN_DIGITS:
        text = sa.func.replace(text, sign, "")
    return text


def _no_empty(column: SqlColumn, key: sa.ColumnElement[Any], rule: NormalRule) -> list[sa.ColumnElement[bool]]:
    """An empty text is no key of anybody."""
    return [key != sa.literal("", sa.Text())] if rule != "verbatim" or column.kind in _TEXTS else []


def _fulfils(column: SqlColumn, condition: When) -> sa.ColumnElement[bool]:
    if column.kind is Kind.BOOLEAN:
        return column.clause.in_([value == "true" for value in condition.values if value in {"true", "false"}])
    values = set(condition.values)
    if column.kind not in _TEXTS:
        values |= {_BITS[value] for value in condition.values if value in _BITS}
    return sa.cast(column.clause, sa.Text()).in_(values)
