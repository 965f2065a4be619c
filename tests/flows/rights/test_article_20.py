"""Art. 20: the right to data portability, paragraph by paragraph."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from data_contracts.case.disclosures import Received
from data_contracts.case.request import Statement
from data_contracts.company.company import Transmission
from data_contracts.officer.entries import RegisterName
from data_contracts.vocabulary import Decision, Gate, Right
from flows.wiring.packages import unpack_package
from integrations.transfers import DirectTransfers
from tasks.case.subject_keys import subject_keys_of
from tasks.services import services, use
from tests.flows.company import House
from tests.integrations.transfers.servers import PASSWORD, SftpServer, sftp_server, web_server

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


@dataclass
class Sending:
    """A house whose party ``energypart`` takes data as a test says."""

    house: House
    credentials: dict[str, str]

    @contextmanager
    def by(self, way: Transmission | None, **changes: object) -> Iterator[None]:
        """Services under which the party takes data that way."""
        provided = services()
        vocabulary = provided.contracts.vocabulary
        party = vocabulary.parties["energypart"].model_copy(update={"portability": way, **changes})
        parties = vocabulary.parties | {"energypart": party}
        contracts = replace(provided.contracts, vocabulary=vocabulary.model_copy(update={"parties": parties}))
        transfers = DirectTransfers(lambda _party, what: self.credentials.get(what, ""), timeout=5)
        with use(replace(provided, contracts=contracts, transfers=transfers)):
            yield

    def open(self, send_to: str = "energypart") -> str:
        """A request to send the demo subject's data on."""
        return self.house.open(Right.PORTABILITY, statement=Statement(send_to=send_to))

    def disclosed(self) -> list[Received]:
        """What the ledger says was disclosed about the demo subject."""
        keys = subject_keys_of({"customer_no": [self.house.company.subject.customer_no]})
        return self.house.installation.register.disclosures_of(keys)


@pytest.fixture
def sending(house: House) -> Sending:
    """The demo house, sending with a password."""
    return Sending(house, {"PASSWORD": PASSWORD})


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[SftpServer]:
    """The other controller's SFTP server."""
    with sftp_server(tmp_path / "sftp") as server:
        yield server


def _way(server: SftpServer, **changes: str) -> Transmission:
    return Transmission(**{"via": "sftp", "to": server.url, "host_key": server.fingerprint, **changes})  # type: ignore[arg-type]  # strings all


def test_2_sent_to_another_controller(house: House, sending: Sending, sftp: SftpServer) -> None:
    """Art. 20(2): the same package that the subject gets is there; the subject is told to whom and when."""
    with sending.by(_way(sftp)):
        case_id = sending.open()

        assert house.walk(case_id) == "granted"

    with house.installation.services.vault.read(case_id, "package.zip") as package:
        assert sftp.files() == {f"{case_id}.zip": package.read()}
    assert "sent to Energy Partner SAS on 31 March 2026" in house.mails()[-1]


def test_2_people_see_where_the_data_go(house: House, sending: Sending, sftp: SftpServer) -> None:
    """Law 5: the plan that is approved names the recipient."""
    with sending.by(_way(sftp)):
        entry = house.until(Gate.APPROVAL, sending.open())

    assert "Goes to the party `energypart` too" in entry.description


def test_2_the_disclosure_is_noted_once(house: House, sending: Sending, sftp: SftpServer) -> None:
    """C-154/21: the ledger says who received what; run again after its end, the case notes nothing more."""
    with sending.by(_way(sftp)):
        case_id = sending.open()
        house.walk(case_id)
        house.walk(case_id)

    (received,) = sending.disclosed()
    assert (received.recipient, received.purpose, received.source) == ("energypart", "portability", f"case:{case_id}")
    assert "crm.customer" in received.places


def test_2_another_host_key_sends_nothing(house: House, sending: Sending, sftp: SftpServer) -> None:
    """Law 11: who cannot be proven gets nothing; it is in evidence, and a person decides."""
    other = "SHA256:" + "A" * 43
    with sending.by(_way(sftp, host_key=other)):
        entry = house.until(Gate.RECIPIENT, sending.open())

    assert (sftp.files(), sftp.logins, sending.disclosed()) == ({}, 0, [])
    assert entry.options == (Decision.RETRY, Decision.BY_HAND, Decision.REFUSE)
    assert house.installation.register.step(entry.case_id, "recipient refused", "0") is not None


@pytest.mark.parametrize(
    ("send_to", "changes"),
    [
        ("energypart", {"authorised_until": "2026-03-30"}),
        ("energypart", {"authorised_from": "2026-04-01"}),
        ("x@y", {}),
    ],
    ids=["expired", "not yet", "unknown"],
)
def test_2_a_recipient_that_is_not_authorised(
    house: House, sending: Sending, sftp: SftpServer, send_to: str, changes: dict[str, str]
) -> None:
    """Law 11: not in the register of recipients, or not in force that day; nothing leaves, not even by hand."""
    with sending.by(_way(sftp), **changes):
        entry = house.until(Gate.RECIPIENT, sending.open(send_to))

    assert (sftp.files(), sftp.logins, sending.disclosed()) == ({}, 0, [])
    assert entry.options == (Decision.RETRY, Decision.REFUSE)
    assert "x@y" not in entry.description


def test_2_a_recipient_that_was_withdrawn(house: House, sending: Sending, sftp: SftpServer) -> None:
    """Charter 2.3: what the register of recipients says counts beside the vocabulary; it is in evidence."""
    facts = {"withdrawn": "2026-03-31", "reason": "breach"}
    house.installation.register.put_entry(RegisterName.RECIPIENTS, "energypart", facts, actor="claire")
    with sending.by(_way(sftp)):
        entry = house.until(Gate.RECIPIENT, sending.open())

    assert (sftp.files(), sending.disclosed()) == ({}, [])
    assert "recipient_withdrawn" in entry.description
    assert house.installation.register.step(entry.case_id, "recipient refused", "0") is not None


def test_2_mended_and_tried_again(house: House, sending: Sending, sftp: SftpServer) -> None:
    """Answered with retry the data are sent; the second attempt asks a second question if it fails."""
    with sending.by(_way(sftp), authorised_until="2026-03-30"):
        entry = house.until(Gate.RECIPIENT, sending.open())
        house.answer(entry, Decision.RETRY)
        again = house.run(entry.case_id)
    assert again is not None
    assert again.digest != entry.digest

    house.answer(again, Decision.RETRY)
    with sending.by(_way(sftp)):
        assert house.walk(entry.case_id) == "granted"
    assert len(sftp.files()) == 1


def test_2_sent_by_hand(house: House, sending: Sending, sftp: SftpServer) -> None:
    """A person sent it outside the software: it is told, and noted as a disclosure."""
    sending.credentials.clear()
    with sending.by(_way(sftp)):
        entry = house.until(Gate.RECIPIENT, sending.open())
        house.answer(entry, Decision.BY_HAND, reference="TICKET-7")
        house.walk(entry.case_id)

    assert "sent to Energy Partner SAS by one of our people on 31 March 2026" in house.mails()[-1]
    assert len(sending.disclosed()) == 1


def test_2_refused_goes_to_the_subject(house: House, sending: Sending, sftp: SftpServer) -> None:
    """Not feasible: the package is the subject's, who reads the reason that a person gave."""
    sending.credentials.clear()
    with sending.by(_way(sftp)):
        entry = house.until(Gate.RECIPIENT, sending.open())
        house.answer(entry, Decision.REFUSE, reason="Their server has been down for weeks.")

        assert house.walk(entry.case_id) == "granted"

    assert "not technically feasible" in house.mails()[-1]
    assert "Their server has been down for weeks." in house.mails()[-1]
    assert sending.disclosed() == []


def test_2_not_technically_feasible(house: House, sending: Sending) -> None:
    """A party that names no way to take data: nobody is asked, the subject gets the package and is told so."""
    with sending.by(None):
        assert house.walk(sending.open()) == "granted"

    assert "You asked us to send your data to Energy Partner SAS." in house.mails()[-1]
    assert "Article 20(2) GDPR" in house.mails()[-1]


@pytest.mark.parametrize("ending", ["json", "csv"])
def test_2_into_an_import_that_the_service_takes(house: House, sending: Sending, tmp_path: Path, ending: str) -> None:
    """The tables that the entry names, as files of one form; the ledger says which."""
    with web_server(tmp_path / "web") as web:
        sending.credentials["CA_FILE"] = web.ca_file
        tables = ["crm.customer", "crm.subscription"]
        way = {"via": "import", "to": web.url(), "format": ending, "tables": tables, "field": "contacts"}
        with sending.by(Transmission.model_validate(way)):
            case_id = sending.open()
            house.walk(case_id)

    ((_, body),) = web.calls
    assert f'name="contacts"; filename="{case_id}.crm.customer.{ending}"' in body.decode()
    assert house.company.subject.customer_no in body.decode()
    assert [received.places for received in sending.disclosed()] == [tuple(tables)]


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
