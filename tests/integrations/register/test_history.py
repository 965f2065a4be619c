"""What is asked many times a minute reads what is open, however many cases have ended."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import event

from integrations.evidence import load_or_create
from integrations.register import SqlRegister
from tests.benchmarks.a_history import write_history

_ENDED: Final = 20_000
_NOW: Final = datetime.now(UTC)
_DAY: Final = timedelta(days=1)
_QUESTIONS: Final[dict[str, Callable[[SqlRegister], object]]] = {
    "open cases": lambda register: register.cases(open_only=True),
    "open gates": lambda register: register.gates(open_only=True),
    "packages whose time is over": lambda register: register.cases_kept_since(_NOW - 1_100 * _DAY),
    "open cases by day due": lambda register: register.open_by_day(due=True),
    "open cases by day received": lambda register: register.open_by_day(due=False),
    "cases that await a proof": lambda register: register.awaiting_proof(identity_step="identity"),
    "gates by how long they wait": lambda register: register.gate_waits(),
    "how long steps took": lambda register: register.step_times(),
    "attempts beyond the first": lambda register: register.failed_attempts(),
    "cases that nobody is asked about": lambda register: register.unasked_queue(),
    "requests of a day": lambda register: register.received_between(_NOW - _DAY, _NOW),
    "answers of a day": lambda register: register.told_between(
        _NOW - _DAY, _NOW, identity_step="identity", proof_step="prove"
    ),
    "cases that ended untold in a day": lambda register: register.ended_untold_between(_NOW - _DAY, _NOW),
}


@pytest.fixture(scope="module")
def history(postgres_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlRegister]:
    """A register in which every case has ended."""
    url = postgres_database()
    write_history(url, _ENDED)
    keys = tmp_path_factory.mktemp("keys")
    register = SqlRegister(url, signer=load_or_create(Path(keys)), clock=lambda: datetime.now(UTC))
    while not register.tally_steps():  # the watch does, now and then
        pass
    yield register
    register.close()


@pytest.mark.parametrize("what", _QUESTIONS)
def test_ended_cases_are_not_read(history: SqlRegister, what: str) -> None:
    """PostgreSQL says how many rows of the large tables each statement looks at."""
    asked: list[tuple[str, Any]] = []
    engine = history._database._engine  # the statements are the register's own

    def keep(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", keep)
    try:
        _QUESTIONS[what](history)
    finally:
        event.remove(engine, "before_cursor_execute", keep)

    assert asked
    with engine.connect() as connection:
        looked = [
            connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters).scalar_one()
            for statement, parameters in asked
        ]
    assert max(_rows(plan[0]["Plan"]) for plan in looked) < _ENDED / 20, looked


def _rows(plan: dict[str, Any]) -> float:
    """The most rows that one node of a plan looked at, those that it left out among them."""
    mine: float = (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * max(plan["Actual Loops"], 1)
    return max([mine, *(_rows(part) for part in plan.get("Plans", ()))])
