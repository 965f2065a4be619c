"""The witness over 12 tables and 3 million rows of PostgreSQL, beside a plain sequential scan, while others work.

The floor is what somebody writes by hand who looks for the same keys once: for each table one
``SELECT count(*) … WHERE a LIKE '%key%' OR b LIKE '%key%' …`` over the same columns, by the same account, with the same
limit of workers. It reads the same pages, unpacks the same values and compares each once; it misses other capitals,
other spellings and the bounds of a word. The scan that compares nothing
(``count(column)``) is given as well.

Both run in turn, so that whatever else the machine does weighs on both. Meanwhile a second connection reads a customer
by key and changes a row; its times with and without the witness are given, and the locks that the witness holds.
"""

import threading
from collections.abc import Callable
from contextlib import closing
from statistics import median
from time import perf_counter
from typing import Any, Final

import psycopg

from data_contracts.company.contract import SystemContract
from data_contracts.connectors.connecting import Connector
from data_contracts.connectors.witnessing import Budget, Needle, PlaceKind, Testimony
from integrations.systems.directory import open_connector
from tests.benchmarks.figures import Figure
from tests.benchmarks.shop import by_hand_url
from tests.benchmarks.timing import seconds as seconds_of

__all__ = ["measure", "neighbour", "noticed"]

_ROUNDS: Final = 5
_BEFORE, _AFTER = r"(?<![\w.+%-])", r"(?![\w-])(?!\.[\w-])"
_COLUMNS: Final = """
SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position) FROM information_schema.columns
WHERE table_schema = 'public' AND data_type IN ('text', 'character varying') GROUP BY 1
"""
_ROWS: Final = (
    "SELECT sum(reltuples)::bigint FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
)
_LOCKS: Final = """
SELECT mode FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE a.application_name = 'rightsflow' AND l.locktype = 'relation' AND l.relation >= 16384
"""


class _Subject:
    """A customer as others are: few other keys begin with hers."""

    def __init__(self, number: int) -> None:
        self.keys = (f"subject{number}@example.org", f"C{number:08}")
        address, account = rf"subject{number}(?:@|%40)example[.]org", f"c{number:08}"
        self.needles = (
            Needle("email", f"{_BEFORE}{address}{_AFTER}", pieces=(f"subject{number}", "example.org")),
            Needle("customer_no", f"{_BEFORE}{account}{_AFTER}", pieces=(account,)),
        )


def measure(url: str, customers: int) -> list[Figure]:
    """Seconds of the witness and of a scan by hand, rows a second, and what a second connection notices."""
    subject = _Subject(customers * 3 // 4)
    contract = SystemContract("shop", "Shop", "1", "shop", ())
    with (
        closing(open_connector(contract, url, time_zone="UTC")) as connector,
        psycopg.connect(by_hand_url(url), autocommit=True) as hand,
    ):
        rows = _one(hand, _ROWS)
        alone = neighbour(url, lambda: None)
        times: dict[str, list[float]] = {"scan": [], "search": [], "witness": []}
        for _ in range(_ROUNDS):
            times["scan"].append(seconds_of(lambda: _scan(hand)))
            times["search"].append(seconds_of(lambda: _search(hand, subject)))
            times["witness"].append(seconds_of(lambda: _look(connector, subject)))
        beside = neighbour(url, lambda: _look(connector, subject))
    return [*_figures(rows, times), noticed("witness", alone, beside)]


def _figures(rows: int, times: dict[str, list[float]]) -> list[Figure]:
    floor, seconds = median(times["search"]), median(times["witness"])
    pace = f"{rows:,} rows, {rows / seconds:,.0f} a second"
    return [
        Figure("scan that compares nothing", median(times["scan"]), "s", best=min(times["scan"])),
        Figure("search by hand", floor, "s", best=min(times["search"])),
        Figure("witness", seconds, "s", floor=floor, best=min(times["witness"]), note=pace),
    ]


def _look(connector: Connector, subject: _Subject) -> int:
    looked = list(connector.witness(Testimony(subject.needles), Budget()))
    if any(one.not_looked for one in looked if one.place.kind is not PlaceKind.DATABASE):
        raise AssertionError("everything is looked at")
    found = sum(one.rows for place in looked for one in place.sightings)
    if not found:
        raise AssertionError("the subject is there")
    return found


def _columns(connection: psycopg.Connection[Any]) -> list[tuple[str, list[str]]]:
    return connection.execute(_COLUMNS).fetchall()


def _scan(connection: psycopg.Connection[Any]) -> None:
    for table, columns in _columns(connection):
        connection.execute(f"SELECT {', '.join(f'count({name})' for name in columns)} FROM {table}".encode())  # noqa: S608  # our own shop


def _search(connection: psycopg.Connection[Any], subject: _Subject) -> None:
    for table, columns in _columns(connection):
        where = " OR ".join(f"{name} LIKE %s" for name in columns for _ in subject.keys)
        query = f"SELECT count(*) FROM {table} WHERE {where}".encode()  # noqa: S608  # our own shop
        connection.execute(query, [f"%{key}%" for _ in columns for key in subject.keys])


def _one(connection: psycopg.Connection[Any], query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    return int(row[0]) if row else 0


# --- who works meanwhile ----------------------------------------------------------------------------------------------


class Noticed:
    """What a second connection notices: its times, in milliseconds, and locks that the witness held."""

    def __init__(self) -> None:
        self.milliseconds: list[float] = []
        self.locks: set[str] = set()


def neighbour(url: str, act: Callable[[], object]) -> Noticed:
    """Read and change rows, at least a second long, while ``act`` goes on."""
    noticed, stop = Noticed(), threading.Event()
    worker = threading.Thread(target=_work, args=(url, noticed, stop))
    worker.start()
    start = perf_counter()
    while perf_counter() - start < 3:
        act()
        stop.wait(0.01)
    stop.set()
    worker.join()
    return noticed


def _work(url: str, noticed: Noticed, stop: threading.Event) -> None:
    with psycopg.connect(by_hand_url(url), autocommit=True) as connection:
        number = 0
        while not stop.wait(0.005):
            number += 1
            key = f"C{number % 1000 + 1:08}"
            start = perf_counter()
            connection.execute("SELECT * FROM customer WHERE customer_no = %s", (key,)).fetchall()
            connection.execute("UPDATE address SET city = city WHERE customer_no = %s", (key,))
            noticed.milliseconds.append((perf_counter() - start) * 1000)
            noticed.locks |= {mode for (mode,) in connection.execute(_LOCKS).fetchall()}


def noticed(who: str, alone: Noticed, beside: Noticed) -> Figure:
    """How much slower a neighbour is beside ``who`` than alone, and the locks that were held."""
    p95 = sorted(beside.milliseconds)[int(len(beside.milliseconds) * 0.95)]
    return Figure(
        "a neighbour reads a row and changes one",
        median(beside.milliseconds),
        "ms",
        floor=median(alone.milliseconds),
        p95=p95,
        note=f"locks of the {who}: {', '.join(sorted(beside.locks)) or 'none'}",
    )
