"""A database that we did not make, end to end: access and erasure for one customer of the public Chinook sample."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from data_contracts.case.request import FieldChange, Statement
from data_contracts.vocabulary import RestrictionGround, Right
from flows.wiring.packages import unpack_package
from integrations.demo.company import DemoCompany, DemoSubject
from tests.flows.company import House, Rows, a_house, lost, sqlite_rows

_CONTRACTS = Path(__file__).parent / "contracts"
_DATABASE = Path(__file__).parents[3] / "shared" / "real" / "chinook.sqlite"
_SUBJECT = DemoSubject("luisg@embraer.com.br", "", "+551239235555", "", "Luís Gonçalves", "en")
_LAST_DAY_ALL_ARE_HELD = datetime(2032, 12, 31, 12, tzinfo=UTC)
_FIRST_DAY_SOME_ARE_OVER = datetime(2033, 1, 1, 12, tzinfo=UTC)
_ALL_ARE_OVER = datetime(2036, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """An installation over a copy of the database."""
    if not _DATABASE.exists():
        pytest.skip("data absent: put chinook.sqlite into shared/real beside the checkout")
    (tmp_path / "systems").mkdir()
    shutil.copy(_DATABASE, tmp_path / "systems" / "chinook.db")
    company = DemoCompany(urls={}, subject=_SUBJECT, relative=_SUBJECT, rows={})
    with contextmanager(a_house)(tmp_path, company, _CONTRACTS) as (made, _):
        yield made


def _all_rows(house: House) -> Rows:
    return sqlite_rows(house.database("chinook"))


def _erased(house: House, now: datetime) -> tuple[Rows, Rows, str]:
    """Rows that are gone or changed, rows that are new, and the outcome of an erasure at that moment."""
    house.clock.moment = now
    before = _all_rows(house)
    outcome = house.walk(house.open(Right.ERASURE))
    after = _all_rows(house)
    return lost(before, after), lost(after, before), outcome


@pytest.fixture
def package(house: House, tmp_path: Path) -> dict[str, list[dict[str, Any]]]:
    """Rows by table, from the JSON files of the customer's answer package."""
    case_id = house.open(Right.ACCESS)
    assert house.walk(case_id) == "granted"
    with house.installation.services.vault.read(case_id, "package.zip") as blob:
        files = unpack_package(blob, tmp_path / "package")
    found = {file.stem: json.loads(file.read_text()) for file in files if file.suffix == ".json"}
    return {name: rows for name, rows in found.items() if isinstance(rows, list)}


def test_access_discloses_the_customers_rows_alone(package: dict[str, list[dict[str, Any]]]) -> None:
    """One customer, seven invoices, 38 lines; no employee, no other customer, no track."""
    assert {name: len(rows) for name, rows in package.items()} == {"Customer": 1, "Invoice": 7, "InvoiceLine": 38}
    assert {row["CustomerId"] for row in package["Customer"] + package["Invoice"]} == {1}


def test_access_shows_values_as_they_are(package: dict[str, list[dict[str, Any]]]) -> None:
    """Letters with accents, amounts to the cent, and nothing about the employee who looks after the customer."""
    (customer,) = package["Customer"]

    assert (customer["FirstName"], customer["LastName"], customer["City"]) == (
        "Luís",
        "Gonçalves",
        "São José dos Campos",
    )
    assert sum(float(row["Total"]) for row in package["Invoice"]) == pytest.approx(39.62)
    assert "SupportRepId" not in customer


def test_portability_gives_customer_2_what_she_provided(house: House, tmp_path: Path) -> None:
    """Art. 20: her particulars and purchases, with the keys that join them; nothing derived, nobody else's."""
    case_id = house.open(Right.PORTABILITY, identity={"email": ["leonekohler@surfeu.de"]})
    assert house.walk(case_id) == "granted"
    with house.installation.services.vault.read(case_id, "package.zip") as blob:
        files = unpack_package(blob, tmp_path / "package")

    rows = {f.stem: json.loads(f.read_text()) for f in files if f.suffix == ".json" and f.parent.name == "chinook"}

    assert {name: len(found) for name, found in rows.items()} == {"Customer": 1, "Invoice": 7, "InvoiceLine": 38}
    (customer,) = rows["Customer"]
    assert (customer["FirstName"], customer["LastName"], customer["City"]) == ("Leonie", "Köhler", "Stuttgart")
    assert {row["CustomerId"] for row in rows["Invoice"]} == {customer["CustomerId"]} == {2}
    derived = {"SupportRepId", "Total", "UnitPrice"}
    assert not [row for found in rows.values() for row in found if derived & set(row)]


def test_erasure_empties_the_customer_and_keeps_the_invoices(house: House) -> None:
    """As long as all invoices are held, the customer's row is all that changes, and it is the contract's to say how."""
    gone, new, outcome = _erased(house, _LAST_DAY_ALL_ARE_HELD)

    assert outcome == "granted_in_part"
    assert {table: sum(rows.values()) for table, rows in gone.items()} == {"Customer": 1}
    (row,) = new["Customer"]
    assert row[:2] == (1, "***")
    assert row[3:11] == (None,) * 8
    assert row[12] is None
    assert not {row[2], row[11]} & {"Gonçalves", "luisg@embraer.com.br", None}


@pytest.mark.parametrize(
    ("now", "invoices", "lines"),
    [
        pytest.param(_LAST_DAY_ALL_ARE_HELD, 0, 0, id="none"),
        pytest.param(_FIRST_DAY_SOME_ARE_OVER, 3, 12, id="some"),
        pytest.param(_ALL_ARE_OVER, 7, 38, id="all"),
    ],
)
def test_invoices_whose_ten_years_are_over_go(house: House, now: datetime, invoices: int, lines: int) -> None:
    """C. com. L123-22: an invoice goes with its lines from the day after its ten years; nothing else goes."""
    gone, _, _ = _erased(house, now)

    counted = {table: sum(rows.values()) for table, rows in gone.items()}
    assert counted == +Counter({"Customer": 1, "Invoice": invoices, "InvoiceLine": lines})


def test_second_erasure_finds_nobody(house: House) -> None:
    """Once erased, the customer cannot be found by the address any more."""
    house.walk(house.open(Right.ERASURE))

    assert house.walk(house.open(Right.ERASURE)) == "nothing_found"


def test_everything_held_is_refused_with_its_ground(house: House) -> None:
    """A staff member's row is kept whole: nothing is erased, and the notice says by which law."""
    before = _all_rows(house)
    case_id = house.open(Right.ERASURE, identity={"email": ["andrew@chinookcorp.com"]})

    assert house.walk(case_id) == "refused"
    assert house.walk(case_id) == "refused", "run again after its end"
    assert "C. trav. L1221-13" in house.mails()[-1]
    assert _all_rows(house) == before


def test_rectification_changes_one_address_and_nothing_else(house: House) -> None:
    """Customer 5 asks for another e-mail address: every other value of every row of every table is as it was."""
    before = _all_rows(house)
    wrong, right = "frantisekw@jetbrains.com", "frantisek@wichterlova.example"
    asked = Statement(changes=[FieldChange(field="user.contact.email", value=right, was=wrong)])
    case_id = house.open(Right.RECTIFICATION, identity={"email": [wrong]}, statement=asked)

    assert house.walk(case_id) == "granted"

    after = _all_rows(house)
    (old,), (new,) = lost(before, after)["Customer"], lost(after, before)["Customer"]
    assert set(lost(before, after)) == {"Customer"}
    assert new == tuple(right if value == wrong else value for value in old)
    assert old[0] == 5
    assert house.installation.verify_case(case_id).is_whole


def test_found_by_the_right_address_afterwards(house: House) -> None:
    """The seven invoices of customer 5 are reached by the new address, and nobody by the old one."""
    wrong, right = "frantisekw@jetbrains.com", "frantisek@wichterlova.example"
    asked = Statement(changes=[FieldChange(field="user.contact.email", value=right)])
    house.walk(house.open(Right.RECTIFICATION, identity={"email": [wrong]}, statement=asked))

    again = house.open(Right.ACCESS, identity={"email": [right]})
    house.walk(again)

    rows = {line["table"]: line["rows"] for line in house.plan(again) if line["action"] == "disclose"}
    assert (rows["Customer"], rows["Invoice"]) == (1, 7)
    nobody = house.open(Right.ACCESS, identity={"email": [wrong]})
    house.walk(nobody)
    assert sum(line["rows"] for line in house.plan(nobody)) == 0


def test_restricted_customer_is_not_erased(house: House) -> None:
    """Art. 18(1)(c), 18(2): the database has no marker, so the list serves it."""
    house.clock.moment = _ALL_ARE_OVER
    before = _all_rows(house)
    restricted = Statement(restriction_ground=RestrictionGround.CLAIMS)
    house.walk(house.open(Right.RESTRICTION, statement=restricted))

    outcome = house.walk(house.open(Right.ERASURE))

    assert outcome == "refused"
    assert _all_rows(house) == before
    assert "restricted at your own request" in house.mails()[-1]
