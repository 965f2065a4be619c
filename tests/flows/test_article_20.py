"""Art. 20: the right to data portability, paragraph by paragraph."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from data_contracts.vocabulary import Right
from flows.wiring import unpack_package
from tests.flows.company import House

_STRANGER = {"email": ["nobody@nowhere.example"]}


def _unpacked(house: House, case_id: str, folder: Path) -> Path:
    """The folder with the files of the case's package."""
    with house.installation.services.vault.read(case_id, "package.zip") as blob:
        unpack_package(blob, folder)
    return folder


def _rows(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Rows by ``system.table``, from the JSON files."""
    return {f"{f.parent.name}.{f.stem}": json.loads(f.read_text()) for f in folder.glob("data/*/*.json")}


def _left_out(house: House, case_id: str) -> dict[str, str]:
    """Why by ``system.table.column``; without the column where whole rows are left out."""
    lines = [line for line in house.plan(case_id) if line["action"] == "leave_out"]
    return {".".join((line["system"], line["table"], *line["columns"])): line["note"] for line in lines}


@pytest.fixture
def taken(house: House, tmp_path: Path) -> tuple[str, Path]:
    """The demo subject's case, ended, and the folder of its package."""
    case_id = house.open(Right.PORTABILITY)
    assert house.walk(case_id) == "granted"
    return case_id, _unpacked(house, case_id, tmp_path / "package")


def test_1_what_the_subject_provided_is_there(house: House, taken: tuple[str, Path]) -> None:
    """Art. 20(1): what was given and what was observed in use, each value as it is stored."""
    rows = _rows(taken[1])

    (customer,) = rows["crm.customer"]
    assert customer["email"].lower() == house.company.subject.email
    assert rows["crm.subscription"]
    assert rows["billing.call_record"]


def test_1_what_was_derived_is_left_out_with_its_reason(house: House, taken: tuple[str, Path]) -> None:
    """Art. 20(1): a score or a segment was not provided; the plan and the page say so."""
    case_id, folder = taken

    assert "churn_score" not in _rows(folder)["crm.customer"][0]
    assert _left_out(house, case_id)["crm.customer.churn_score"] == "not_portable"
    assert "not given by you, or not based on consent or a contract" in (folder / "index.html").read_text()


def test_1_a_other_legal_bases_are_left_out(house: House, taken: tuple[str, Path]) -> None:
    """Art. 20(1)(a): log files rest on our legitimate interest, and are left out whole."""
    assert _left_out(house, taken[0])["weblogs.access_log"] == "not_portable"
    assert "weblogs.access_log" not in _rows(taken[1])


def test_1_structured_and_machine_readable(taken: tuple[str, Path]) -> None:
    """Art. 20(1): the files say which right they serve, and a JSON Schema that each JSON file is valid against."""
    folder = taken[1]
    schema = json.loads((folder / "schema.json").read_text())

    assert json.loads((folder / "manifest.json").read_text())["right"] == "portability"
    assert schema["title"] == "Your data to take along (Article 20 GDPR)"
    for described in schema["properties"].values():
        rows = json.loads((folder / described["x-files"][0]).read_text())
        assert list(Draft202012Validator(described).iter_errors(rows)) == []


def test_1_keys_join_the_tables(taken: tuple[str, Path]) -> None:
    """A copy can be put together again: invoices lead to their account, accounts to the customer."""
    rows = _rows(taken[1])

    accounts = {row["account_id"] for row in rows["billing.account"]}
    assert {row["account_id"] for row in rows["billing.invoice"]} <= accounts
    assert {row["customer_no"] for row in rows["billing.account"]} == {rows["crm.customer"][0]["customer_no"]}


def test_3_nothing_is_erased(house: House) -> None:
    """Art. 20(3): portability changes nothing in any system."""
    before = house.rows()

    house.walk(house.open(Right.PORTABILITY))

    assert house.rows() == before


def test_4_rights_of_others(house: House, taken: tuple[str, Path]) -> None:
    """Art. 20(4): neither whom the subject called nor who answered is in the package."""
    left_out = _left_out(house, taken[0])

    assert left_out["billing.call_record.called_number"] == "about_third_party"
    assert left_out["support.ticket.agent_login"] == "about_employee"


def test_the_subject_is_told(house: House, taken: tuple[str, Path]) -> None:
    """Art. 12(3): the mail speaks of portability, and not of access."""
    assert taken
    mail = house.mails()[-1]

    assert "those that you can take along" in mail
    assert "right to data portability (Article 20 GDPR)" in mail


def test_nobody_found(house: House) -> None:
    """Nothing found is a result, told as such."""
    assert house.walk(house.open(Right.PORTABILITY, identity=_STRANGER)) == "nothing_found"
    assert "found none about you" in house.mails()[-1]
