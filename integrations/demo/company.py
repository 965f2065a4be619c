"""The demo company: six systems full of people who do not exist, the same for the same seed.

::

    company = seed(Path("demo"), today=date(2026, 3, 31), progress=print)
    company.urls["crm"]  # sqlite:////…/demo/crm.db
    company.subject.email  # a data subject with a rich history
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url

from data_contracts.errors import SettingsInvalid
from integrations.demo.billing import billing_tables
from integrations.demo.crm import crm_tables
from integrations.demo.draw import Draw, Tables
from integrations.demo.loading import load_server, load_sqlite, write_parquet
from integrations.demo.marketing import marketing_tables
from integrations.demo.people import FAMILY, FEWEST, KNOWN, SUBJECT, People, draw_people
from integrations.demo.schema import SQL_SYSTEMS
from integrations.demo.support import support_tables
from integrations.demo.web import Dated, adtech_tables, weblogs_tables

_ROWS: dict[str, Callable[[Draw, People], Tables]] = {
    "crm": crm_tables,
    "billing": billing_tables,
    "marketing": marketing_tables,
    "support": support_tables,
}
_FILES: dict[str, Callable[[Draw, People], dict[str, Dated]]] = {"weblogs": weblogs_tables, "adtech": adtech_tables}

DEFAULT_SEED = 20_260_401
DEFAULT_CUSTOMERS = 10_000
"""About 500,000 rows."""
_OTHERS = 8


@dataclass(frozen=True, slots=True)
class DemoSubject:
    """What a data subject of the demo company could write in a letter."""

    email: str
    customer_no: str
    phone: str
    cookie_id: str
    """Empty: none was set."""
    name: str
    language: str


@dataclass(frozen=True, slots=True)
class DemoCompany:
    """Where the demo company's systems are and whom to ask for.

    Attributes:
        urls: system name to its URL.
        subject: a data subject who is found in every system. She shares an address with another customer, was
            recommended by one and recommended us to another; her contract ended eight months ago after twelve years.
        relative: somebody else, whose telephone number another customer gave too: a search by it reaches two people.
        rows: ``system.table`` to its number of rows.
        others: customers whom every key tells from everybody else, with a cookie of ours; a small company has few.
    """

    urls: Mapping[str, str]
    subject: DemoSubject
    relative: DemoSubject
    rows: Mapping[str, int]
    others: tuple[DemoSubject, ...] = ()


def seed(
    folder: Path,
    *,
    customers: int = DEFAULT_CUSTOMERS,
    seed: int = DEFAULT_SEED,
    today: date,
    progress: Callable[[str], None],
) -> DemoCompany:
    """Write all six systems below ``folder``: four SQLite databases and two folders of Parquet files.

    Systems that were there are replaced, each when its successor is complete.

    Args:
        folder: made when it is not there.
        customers: at least 10; about 50 rows each.
        seed: the same seed, customers and day give the same rows.
        today: the day on which the company's history ends.
        progress: told one line for each system that is complete.

    Raises:
        SettingsInvalid: when there are too few customers.
    """
    folder.mkdir(parents=True, exist_ok=True)
    people = _people(customers, seed=seed, today=today)
    urls: dict[str, str] = {}
    rows: dict[str, int] = {}
    for system, draw_tables in _ROWS.items():
        tables = draw_tables(Draw(seed, today, system), people)
        path = folder.resolve() / f"{system}.db"
        load_sqlite(path, SQL_SYSTEMS[system], tables)
        urls[system] = f"sqlite:///{path}"
        rows |= _told(system, _sizes(tables), progress)
    for system, draw_files in _FILES.items():
        files = draw_files(Draw(seed, today, system), people)
        path = folder.resolve() / system
        write_parquet(path, files)
        urls[system] = path.as_uri()
        rows |= _told(system, {name: dated.table.num_rows for name, dated in files.items()}, progress)
    return _company(people, urls=urls, rows=rows)


def seed_databases(
    urls: Mapping[str, str],
    *,
    customers: int = DEFAULT_CUSTOMERS,
    seed: int = DEFAULT_SEED,
    today: date,
    progress: Callable[[str], None],
) -> DemoCompany:
    """Load SQL systems of the demo company into empty databases of servers: the rows that :func:`seed` writes.

    Args:
        urls: system name (``crm``, ``billing``, ``marketing``, ``support``, or some of them) to the SQLAlchemy URL
            of its database. Table names differ between systems, so that several may share one.
        customers: see :func:`seed`.
        seed: see :func:`seed`.
        today: see :func:`seed`.
        progress: see :func:`seed`.

    Raises:
        SettingsInvalid: when a system has no SQL database, a table is there already, or customers are too few.
    """
    strangers = set(urls) - set(_ROWS)
    if strangers:
        raise SettingsInvalid("It is no SQL system of the demo company", where=min(strangers), remedy="leave it out")
    people = _people(customers, seed=seed, today=today)
    rows: dict[str, int] = {}
    for system, url in urls.items():
        tables = _ROWS[system](Draw(seed, today, system), people)
        engine = _engine(url)
        try:
            load_server(engine, SQL_SYSTEMS[system], tables)
        finally:
            engine.dispose()
        rows |= _told(system, _sizes(tables), progress)
    return _company(people, urls=urls, rows=rows)


def _engine(url: str) -> Engine:
    """An engine with the driver we ship where the URL names none."""
    parsed = make_url(url)
    drivers = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql", "mariadb": "mariadb+pymysql"}
    return create_engine(parsed.set(drivername=drivers.get(parsed.drivername, parsed.drivername)))


def _people(customers: int, *, seed: int, today: date) -> People:
    if customers < FEWEST:
        raise SettingsInvalid(
            "The demo company has too few customers", where="customers", remedy=f"ask for {FEWEST} or more"
        )
    return draw_people(Draw(seed, today, "people"), customers)


def _sizes(tables: Tables) -> dict[str, int]:
    return {name: len(next(iter(columns.values()))) for name, columns in tables.items()}


def _told(system: str, sizes: Mapping[str, int], progress: Callable[[str], None]) -> dict[str, int]:
    progress(f"{system}: {sum(sizes.values()):,} rows in {len(sizes)} tables")
    return {f"{system}.{name}": size for name, size in sizes.items()}


def _company(people: People, *, urls: Mapping[str, str], rows: Mapping[str, int]) -> DemoCompany:
    subject, relative = (_subject(people, place) for place in (SUBJECT, FAMILY))
    return DemoCompany(urls=dict(urls), subject=subject, relative=relative, others=_others(people), rows=dict(rows))


def _others(people: People) -> tuple[DemoSubject, ...]:
    """Customers who share neither e-mail nor telephone number with anybody."""
    emails, phones = Counter(people.clean_emails), Counter(people.phones)
    alone = (
        place
        for place in range(KNOWN, len(people))
        if people.cookies[place] and emails[people.clean_emails[place]] == phones[people.phones[place]] == 1
    )
    return tuple(_subject(people, place) for place in islice(alone, _OTHERS))


def _subject(people: People, place: int) -> DemoSubject:
    return DemoSubject(
        email=people.clean_emails[place] or "",
        customer_no=people.customer_nos[place],
        phone=people.phones[place] or "",
        cookie_id=people.cookies[place] or "",
        name=people.full_names[place],
        language=people.languages[place],
    )
