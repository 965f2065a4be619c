"""Charter P2: a partner's data are never disclosed, changed or erased by us; the data subject is told whom to ask."""

from pathlib import Path
from zipfile import ZipFile

import pytest

from data_contracts.vocabulary import Right
from tasks.search.referrals import referrals_of
from tasks.services import services
from tests.flows.company import House

_STRANGER = "TX99999999"


def _energy(house: House) -> list[tuple[object, ...]]:
    return house.ask("crm", "SELECT * FROM energy_contract")


def _sign_energy_alone(house: House) -> None:
    """Somebody who is a customer of the partner's alone, signed in one of our shops."""
    house.ask("crm", "INSERT INTO energy_contract VALUES (1, ?, '00012345678901', 'base', '2025-01-01')", _STRANGER)


def test_partner_is_left_as_it_is_and_named(house: House) -> None:
    """Erasure takes what is ours; the plan counts the partner's rows, and the notice tells whom to ask."""
    before = _energy(house)
    case_id = house.open(Right.ERASURE)

    assert house.walk(case_id) == "granted_in_part"
    assert _energy(house) == before
    referred = [line for line in house.plan(case_id) if line["action"] == "refer"]
    assert [(line["table"], line["rows"]) for line in referred] == [("energy_contract", 1)]
    assert "Energy Partner SAS (Energy contracts): dpo@energypartner.example" in house.mails()[-1]
    assert "https://www.energypartner.example/privacy" in house.mails()[-1]


def test_partner_rows_are_not_disclosed(house: House, tmp_path: Path) -> None:
    """Access counts them and names the partner; not a value is staged or packed."""
    case_id = house.open(Right.ACCESS)

    assert house.walk(case_id) == "granted"
    assert ("energy_contract", 1) in [(x["table"], x["rows"]) for x in house.plan(case_id) if x["action"] == "refer"]
    file = tmp_path / "package.zip"
    with services().vault.read(case_id, "package.zip") as package:
        file.write_bytes(package.read())
    names = ZipFile(file).namelist()
    assert any("customer" in name for name in names)
    assert not any("energy" in name for name in names)
    assert "Energy Partner SAS" in house.mails()[-1]


@pytest.mark.parametrize("right", [Right.ACCESS, Right.ERASURE, Right.PORTABILITY])
@pytest.mark.parametrize("language", ["en", "fr", "nl"])
def test_request_about_a_partner_alone_is_referred(house: House, right: Right, language: str) -> None:
    """Nobody has to approve it: nothing is done, and the data subject is told where to turn, in their language."""
    _sign_energy_alone(house)
    case_id = house.open(right, identity={"customer_no": [_STRANGER]}, reply_to="zed@x.example", language=language)

    assert house.walk(case_id) == "referred"
    assert house.states(case_id)[-4:] == ["planned", "referred", "subject_told", "archived"]
    assert "Energy Partner SAS" in house.mails()[-1]
    assert house.installation.verify_case(case_id).is_whole


def test_case_without_a_plan_refers_nobody(house: House) -> None:
    """Who holds what is known only once it was looked for."""
    assert referrals_of(house.open(Right.ERASURE)) == ()
