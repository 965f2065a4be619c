"""Services that tests need: what a test says when one is not there, and new databases of those that are.

On a developer's machine the test is skipped. In CI (the variable ``CI`` is set) it fails: a suite that leaves out what
it promises to check is not green.
"""

import itertools
import os
import shutil
from typing import Final, NoReturn

import pytest
import sqlalchemy as sa

_NUMBERS = itertools.count(1)


def absent(service: str, *, remedy: str) -> NoReturn:
    """Skip the test because ``service`` is absent; in CI, fail it."""
    reason = f"service absent: {service}. Remedy: {remedy}."
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")


def chromium() -> str:
    """Where the system's Chromium is; a test that looks at pages skips where there is none, and fails in CI."""
    named = os.environ.get("RIGHTSFLOW_TEST_CHROMIUM", "")
    found = next((path for name in (named, *_BROWSERS) if name and (path := shutil.which(name))), None)
    return found or absent("Chromium", remedy="install the package chromium, or set RIGHTSFLOW_TEST_CHROMIUM to one")


def new_database(server_url: str, statement: str) -> str:
    """The URL of a database that ``statement`` makes, its name in the place of ``{}``."""
    name = f"rightsflow_test_{os.getpid()}_{next(_NUMBERS)}"
    run_statement(server_url, statement.format(name))
    return sa.make_url(server_url).set(database=name).render_as_string(hide_password=False)


def run_statement(url: str, statement: str) -> None:
    """Carry a statement out on a server, outside of any transaction."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
