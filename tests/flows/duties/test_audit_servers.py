"""An audit of a real PostgreSQL, judged by Great Expectations: planted faults are found, planted values never told."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from data_contracts.officer.findings import FindingKind
from flows.duties.audit import audit_report, carry_out
from flows.runs.report_markdown import markdown
from integrations.demo import DemoCompany, seed_databases
from integrations.quality.live_values import AskedSystems
from integrations.systems.kinds import values_asked_in
from tasks.services import services, use
from tests.flows.company import NOW, SQL, House, a_house
from tests.flows.duties.test_audit import everything_kept, kinds

K = FindingKind
PLANTED = "xq-planted-value-7"


@pytest.fixture
def urls(postgres_database: Callable[[], str]) -> dict[str, str]:
    """The demo company's SQL systems in databases of a PostgreSQL."""
    made = {system: postgres_database() for system in SQL}
    seed_databases(made, customers=40, today=NOW.date(), progress=lambda _: None)
    return made


@pytest.fixture
def house(
    urls: dict[str, str], seeded: tuple[Path, DemoCompany], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    """An installation whose systems are on the server, and whose values are judged by Great Expectations."""
    folder, company = seeded
    for name in ("weblogs", "adtech"):
        shutil.copytree(folder / name, tmp_path / "systems" / name)
    for system, url in urls.items():
        monkeypatch.setenv(f"RIGHTSFLOW_SYSTEM_{system.upper()}_URL", url)
    with contextmanager(a_house)(tmp_path, company) as (made, _):
        judged = AskedSystems(services().contracts.systems, made.installation.system_urls(), asked_in=values_asked_in)
        with use(replace(services(), values=judged)):
            yield made


def _run(url: str, *statements: str, **values: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement), values)
    engine.dispose()


def _connections(url: str) -> int:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        found = connection.execute(sa.text(others)).scalar_one()
    engine.dispose()
    return int(found)


def test_company_on_a_server_is_as_declared(house: House) -> None:
    """Nothing of the schema or the values is found where nothing was planted."""
    done = carry_out()

    of_systems = [kind for kind, _ in kinds(done) if kind.startswith(("value_", "table_", "column_", "could_"))]
    assert (done.shown.outcome, of_systems) == ("complete", [])
    assert house.installation.verify_case(done.shown.run).is_whole


def test_planted_faults_are_found_and_planted_values_are_not_told(
    house: House, urls: dict[str, str], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Charter 1.3, law 1: a wrong address, an undeclared column and table, an overdue row; of values, only counts."""
    caplog.set_level("DEBUG")
    no = house.company.subject.customer_no
    planted = (
        "ALTER TABLE customer ADD COLUMN shoe_size text",
        "UPDATE customer SET email = :planted WHERE customer_no = :no",
        "UPDATE customer SET shoe_size = :planted WHERE customer_no = :no",
        "CREATE TABLE stray (id integer PRIMARY KEY, note text)",
        "INSERT INTO stray VALUES (1, :planted)",
    )
    _run(urls["crm"], *planted, planted=PLANTED, no=no)
    _run(urls["marketing"], "UPDATE mailing SET sent_at = '2019-01-01' WHERE sent_at > '2026-01-01'")

    done = carry_out()

    wanted = (K.COLUMN_UNDECLARED, K.TABLE_UNDECLARED, K.VALUE_FORMAT)
    assert kinds(done, *wanted) == [
        ("column_undeclared", "crm.customer.shoe_size"),
        ("table_undeclared", "crm.stray"),
        ("value_format", "crm.customer.email"),
    ]
    assert ("retention_overdue", "marketing.mailing: keep_mailings") in kinds(done)
    printed = capfd.readouterr()
    told = [json.dumps(done.facts(), default=str), markdown(audit_report(done, "fr")), everything_kept(house)]
    assert not [text for text in (*told, caplog.text, printed.out, printed.err) if PLANTED in text]


@pytest.mark.usefixtures("house")
def test_no_connection_is_left_open(urls: dict[str, str]) -> None:
    """Great Expectations keeps a pool for each context unless it is told to give it back."""
    carry_out("crm", dry_run=True)

    assert _connections(urls["crm"]) <= 2  # the connector's own two pools
