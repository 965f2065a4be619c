"""Access, erasure and rectification on database servers: the same as on files, with the register there too."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from data_contracts.case.request import FieldChange, Statement
from data_contracts.vocabulary import Right
from integrations.demo import DemoCompany, seed_databases
from tests.flows.company import NOW, SQL, House, a_house


@pytest.fixture(params=["postgres_database", "mariadb_account"])
def urls(request: pytest.FixtureRequest) -> dict[str, str]:
    """The demo company's SQL systems, loaded into databases of a server."""
    database: Callable[[], str] = request.getfixturevalue(request.param)
    made = {system: database() for system in SQL}
    seed_databases(made, customers=40, today=NOW.date(), progress=lambda _: None)
    return made


@pytest.fixture
def house(
    urls: dict[str, str],
    seeded: tuple[Path, DemoCompany],
    tmp_path: Path,
    postgres_database: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[House]:
    """An installation with its register on PostgreSQL; systems are named by environment, as the documentation says."""
    folder, company = seeded
    for name in ("weblogs", "adtech"):
        shutil.copytree(folder / name, tmp_path / "systems" / name)
    for system, url in urls.items():
        monkeypatch.setenv(f"RIGHTSFLOW_SYSTEM_{system.upper()}_URL", url)
    with contextmanager(a_house)(tmp_path, company, register_url=postgres_database()) as (made, _):
        yield made


def _count(url: str, query: str, **values: object) -> int:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = connection.execute(sa.text(query), values).scalar_one()
    engine.dispose()
    return int(found)


def test_access_finds_what_is_there_and_the_evidence_is_whole(house: House) -> None:
    """Every system is searched on the server, and the chain kept in PostgreSQL verifies."""
    case_id = house.open(Right.ACCESS)

    outcome = house.walk(case_id)

    rows = {line["table"]: line["rows"] for line in house.plan(case_id) if line["action"] == "disclose"}
    assert outcome == "granted"
    assert rows["customer"] == 1
    assert rows["invoice"] > 0
    assert house.installation.verify_case(case_id).is_whole


def test_erasure_empties_the_row_and_touches_nobody_else(house: House, urls: dict[str, str]) -> None:
    """The subject's row stays with its number and without the person; every other row keeps its values."""
    subject = house.company.subject
    others = "SELECT count(email) + count(phone) FROM customer WHERE customer_no <> :no"
    before = _count(urls["crm"], others, no=subject.customer_no)

    proven = {"email": [subject.email], "customer_no": [subject.customer_no]}
    outcome = house.walk(house.open(Right.ERASURE, identity=proven))

    left = "SELECT count(email) + count(phone) + count(civility) FROM customer WHERE customer_no = :no"
    assert outcome == "granted_in_part"
    assert _count(urls["crm"], left, no=subject.customer_no) == 0
    assert _count(urls["crm"], others, no=subject.customer_no) == before
    assert _count(urls["support"], "SELECT count(*) FROM ticket WHERE customer_no = :no", no=subject.customer_no) == 0


def test_rectification_changes_values_of_each_type_and_is_proven(house: House, urls: dict[str, str]) -> None:
    """A text, a date on proof and a yes-or-no value, one of them an identity key in four systems; nobody else's."""
    subject, new = house.company.subject, "Maelle.Nouvelle@Example.org"
    changes = {
        "user.contact.email": new,
        "user.demographic.date_of_birth": "1971-04-01",
        "crm.customer.health_priority": "oui",
    }
    asked = Statement(changes=[FieldChange(field=field, value=value) for field, value in changes.items()])
    others = "SELECT count(email) FROM customer WHERE customer_no <> :no AND email <> :new"
    before = _count(urls["crm"], others, no=subject.customer_no, new=new)
    case_id = house.open(Right.RECTIFICATION, statement=asked)

    outcome = house.walk(case_id)

    own = "SELECT count(*) FROM customer WHERE customer_no = :no AND email = :new AND birth_date = '1971-04-01'"
    assert outcome == "granted"
    assert _count(urls["crm"], f"{own} AND health_priority", no=subject.customer_no, new=new) == 1
    billing = "SELECT count(*) FROM account WHERE customer_no = :no AND billing_email = :new"
    assert _count(urls["billing"], billing, no=subject.customer_no, new=new.lower()) == 1
    assert _count(urls["crm"], others, no=subject.customer_no, new=new) == before
    assert house.installation.verify_case(case_id).is_whole
