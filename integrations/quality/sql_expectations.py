"""Whether rules for values hold, by Great Expectations, pushed down into the database that holds the values.

1. Each call has a context of its own, and gives its connections back: contexts that are shared between threads give
   false passes, and each keeps a pool.
2. Of the answer only type, success and error are read: other parts quote values (law 1).
3. An expectation that could not be evaluated also says ``success: false``; it is told apart.
4. The connection is named by a variable of the environment, so that no text of the package shows a password.
5. A question names columns and what the contract itself says, never a value of anybody's row.

Source: https://github.com/great-expectations/great_expectations/issues/12209
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from data_contracts.connectors.quality import ValueCheck, ValueRule
from integrations.quality.judge import great_expectations, is_error
from integrations.quality.sql_counts import bound_value, compared, engine_url, full_match

__all__ = ["Place", "hold"]

_ADD = {"sqlite": "add_sqlite", "postgresql": "add_postgres"}
_NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Place:
    """A live table."""

    schema: str | None
    name: str


def hold(url: str, place: Place, checks: Sequence[ValueCheck]) -> list[bool | None]:
    """Whether each check holds for every row of a table; None where it could not be evaluated."""
    gx = great_expectations()
    parsed = engine_url(url)
    dialect = parsed.get_backend_name()
    expectations = [_expectation(gx.expectations, check, number, dialect) for number, check in enumerate(checks)]
    with _variable(parsed) as variable, _asset(gx, variable, dialect, _query(parsed, place, checks)) as batch:
        suite = gx.ExpectationSuite(name="values", expectations=expectations)
        results = batch.validate(suite, result_format="BOOLEAN_ONLY").results
    verdicts: list[bool | None] = [None] * len(checks)
    for result in results:
        told = result.to_json_dict()
        if not is_error(told["exception_info"]):
            verdicts[told["expectation_config"]["meta"][_NUMBER]] = bool(told["success"])
    return verdicts


@contextmanager
def _variable(url: sa.URL) -> Iterator[str]:
    """The name of a variable of the environment that holds the URL while it is needed."""
    name = f"RIGHTSFLOW_ASKED_{uuid4().hex.upper()}"
    os.environ[name] = url.render_as_string(hide_password=False)
    try:
        yield name
    finally:
        os.environ.pop(name, None)


@contextmanager
def _asset(gx: Any, variable: str, dialect: str, query: str) -> Iterator[Any]:  # noqa: ANN401  # the package's own
    """The query's rows as a batch of a context that nobody else holds."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    add = getattr(context.data_sources, _ADD.get(dialect, "add_sql"))
    source = add("asked", connection_string=f"${{{variable}}}")
    try:
        yield source.add_query_asset("values", query=query).add_batch_definition("all").get_batch()
    finally:
        source.get_execution_engine().close()
        source.get_engine().dispose()  # another one, by which it tried the connection


def _query(url: sa.URL, place: Place, checks: Sequence[ValueCheck]) -> str:
    """What each check compares, one column each; what is written into it are names and marks of ours."""
    dialect = url.get_backend_name()
    columns = [compared(check, dialect).label(_column(number)) for number, check in enumerate(checks)]
    query = sa.select(*columns).select_from(sa.table(place.name, schema=place.schema))
    spoken = import_module(f"sqlalchemy.dialects.{url.get_dialect().name}").dialect()
    return str(query.compile(dialect=spoken, compile_kwargs={"literal_binds": True}))


def _column(number: int) -> str:
    return f"c{number}"


def _expectation(gxe: Any, check: ValueCheck, number: int, dialect: str) -> Any:  # noqa: ANN401  # the package's own
    asked = {"column": _column(number), "meta": {_NUMBER: number}}
    if check.rule is ValueRule.REQUIRED:
        return gxe.ExpectColumnValuesToNotBeNull(**asked)
    if check.rule is ValueRule.UNIQUE:
        return gxe.ExpectColumnValuesToBeUnique(**asked)
    if check.rule is ValueRule.LENGTH:
        least, most = check.lengths
        return gxe.ExpectColumnValueLengthsToBeBetween(**asked, min_value=least, max_value=most)
    if check.rule is ValueRule.VALID_VALUES:
        return gxe.ExpectColumnValuesToBeInSet(**asked, value_set=list(check.allowed))
    if check.rule is ValueRule.BOUNDS:
        bounds = check.bounds
        return gxe.ExpectColumnValuesToBeBetween(
            **asked,
            min_value=None if bounds.least is None else bound_value(bounds.least, dialect),
            max_value=None if bounds.most is None else bound_value(bounds.most, dialect),
            strict_min=bounds.is_above,
            strict_max=bounds.is_below,
        )
    return gxe.ExpectColumnValuesToMatchRegex(**asked, regex=full_match(check.pattern))
