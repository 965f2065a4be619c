"""What the sweep, `rightsflow cases` and the DPO's page ask of a register in which nearly all cases have ended.

The same is asked of a register with a tenth of the cases: what grows with what is open takes the same time in both.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from integrations.evidence import load_or_create
from integrations.register import SqlRegister
from tests.benchmarks.a_history import write_history
from tests.benchmarks.figures import Figure, Timed, of_times
from tests.services import new_database, run_statement

__all__ = ["measure"]

CASES: Final = 50_000
_ROUNDS: Final = 5
_DROP: Final = "DROP DATABASE {} WITH (FORCE)"
_KEPT_DAYS: Final = 40


def measure(server: str, cases: int = CASES) -> list[Figure]:
    """Milliseconds of what is asked, its floor a register of a tenth.

    Args:
        server: URL of a PostgreSQL server.
        cases: of the larger register; all of them have ended.
    """
    tenth, whole = (_asked(server, number) for number in (cases // 10, cases))
    return [
        of_times(
            f"{what}, {cases:,} cases that have ended", times, floor=min(tenth[what]), note="floor: a tenth of them"
        )
        for what, times in whole.items()
    ]


def _asked(server: str, cases: int) -> dict[str, list[float]]:
    url = new_database(server, "CREATE DATABASE {}")
    try:
        write_history(url, cases)
        with TemporaryDirectory() as folder:
            register = SqlRegister(url, signer=load_or_create(Path(folder)), clock=lambda: datetime.now(UTC))
            while not register.tally_steps():
                pass
            timed = Timed()
            for _ in range(_ROUNDS):
                for what, ask in _questions(register).items():
                    timed(what, ask)
            register.close()
    finally:
        run_statement(server, _DROP.format(url.rpartition("/")[2]))
    return {what: [second * 1000 for second in seconds] for what, seconds in timed.seconds.items()}


def _questions(register: SqlRegister) -> dict[str, Callable[[], object]]:
    now = datetime.now(UTC)

    def sweep() -> None:
        register.cases(open_only=True)
        register.gates(open_only=True)
        register.cases_kept_since(now - timedelta(days=1_100))

    def listed() -> None:
        register.cases(open_only=True)

    def officer() -> None:
        register.count_cases()
        register.open_by_day(due=True)
        register.open_by_day(due=False)
        register.awaiting_proof(identity_step="identity")
        register.gate_waits()
        register.step_times()
        register.failed_attempts()

    def month() -> None:
        since = now - timedelta(days=30)
        register.received_between(since, now)
        register.told_between(since, now, identity_step="identity", proof_step="prove")
        register.ended_untold_between(since, now)
        register.open_at(since)

    return {
        "what the sweep reads": sweep,
        "what `rightsflow cases` reads": listed,
        "counts of the DPO's page": officer,
        "statistics of one month": month,
    }
