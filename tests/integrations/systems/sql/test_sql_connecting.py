"""A database that lets nobody in is told apart: no machine, nobody answers, not let in, no such database, no file."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pymysql
import pytest
import sqlalchemy as sa

from data_contracts.company.contract import SystemContract
from data_contracts.errors import SystemUnavailable
from flows.server.machine import free_port
from integrations.systems.directory import open_connector
from integrations.systems.sql.connection.connecting import Unreachable, why_unreachable
from integrations.systems.sql.connection.errors import guarded

_SHOP = SystemContract("web-shop", "Shop", "1", "telco", ())


def _told(url: str | sa.URL) -> str:
    shown = url if isinstance(url, str) else url.render_as_string(hide_password=False)
    with (
        closing(open_connector(_SHOP, shown, time_zone="Europe/Paris")) as connector,
        pytest.raises(SystemUnavailable) as caught,
    ):
        connector.describe()
    assert "s3cret" not in str(caught.value)
    return str(caught.value)


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> sa.URL:
    """A real server's URL."""
    name = "postgres_url" if request.param == "postgresql" else "mariadb_url"
    return sa.make_url(request.getfixturevalue(name))


def test_no_machine_of_that_name(server: sa.URL) -> None:
    """The host is wrong, or DNS is."""
    told = _told(server.set(host="nosuch.invalid", query={}))

    assert "no machine has the name" in told
    assert "correct the host in RIGHTSFLOW_SYSTEM_WEB_SHOP_URL" in told


def test_nothing_listens(server: sa.URL) -> None:
    """The server is down, or the port is wrong."""
    assert "nothing answers" in _told(server.set(host="127.0.0.1", port=free_port(), query={}))


def test_account_is_not_let_in(server: sa.URL) -> None:
    """An account that is not there; a password never stands in the message."""
    assert "does not let the account in" in _told(server.set(username="nobody_here", password="s3cret"))


def test_no_database_of_that_name(server: sa.URL) -> None:
    """The server is right, and the database is not."""
    assert "no database of that name" in _told(server.set(database="no_such_database_here"))


def test_sqlite_file_is_not_there(tmp_path: Path) -> None:
    """No empty database is made where none was."""
    assert "the database's file is not there" in _told(f"sqlite:///{tmp_path}/none/shop.db")


def test_file_that_is_no_database(tmp_path: Path) -> None:
    """A file of another kind."""
    (tmp_path / "notes.txt").write_text("no database at all, and long enough to be looked at\n" * 40)

    assert "no SQLite database" in _told(f"sqlite:///{tmp_path}/notes.txt")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ('FATAL:  password authentication failed for user "rita"', Unreachable.NOT_LET_IN),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "rita", database "x"', Unreachable.NOT_LET_IN),
        ("fe_sendauth: no password supplied", Unreachable.NOT_LET_IN),
        ("FATAL:  sorry, too many clients already", Unreachable.FULL),
        ("FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute", Unreachable.FULL),
        ('ВАЖНО:  база данных "x" не существует', Unreachable.UNKNOWN),
        ("server closed the connection unexpectedly", Unreachable.UNKNOWN),
    ],
)
def test_words_of_postgresql(said: str, why: Unreachable) -> None:
    """What libpq says where it gives no code; a server of another language gets the general sentence."""
    assert why_unreachable(psycopg.OperationalError(f'connection to server at "db", port 5432 failed: {said}')) is why


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (pymysql.err.OperationalError(1698, "Zugriff verweigert"), "does not let the account in"),
        (pymysql.err.OperationalError(1040, "zu viele Verbindungen"), "no connection left"),
        (psycopg.errors.InvalidPassword("Passwort-Authentifizierung"), "does not let the account in"),
        (psycopg.errors.TooManyConnections("zu viele Verbindungen"), "no connection left"),
        (psycopg.errors.InvalidCatalogName("Datenbank existiert nicht"), "no database of that name"),
    ],
)
def test_codes_are_told_in_any_language(said: Exception, told: str) -> None:
    """A server that speaks another language still says it by a code."""
    with pytest.raises(SystemUnavailable, match=told), guarded("web-shop", lambda: None):
        raise sa.exc.OperationalError("", {}, said)


def test_codes_count_where_there_are_some(postgres_database: Callable[[], str]) -> None:
    """A connection that was made and ended by the server is no login that failed."""
    url = sa.make_url(postgres_database()).set(drivername="postgresql")
    with (
        psycopg.connect(url.render_as_string(hide_password=False)) as connection,
        pytest.raises(psycopg.Error) as caught,
    ):
        connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    assert caught.value.sqlstate == "57P01"
    assert why_unreachable(caught.value) is Unreachable.UNKNOWN
