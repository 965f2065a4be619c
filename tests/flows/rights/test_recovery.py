"""What an erasure takes stays sealed for some days: two people give it back, or its key is destroyed (Art. 17, 32)."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from data_contracts.case.verdicts import Conclusion
from data_contracts.connectors.recovering import space_of
from data_contracts.errors import AnswerRefused, RequestInvalid, RightsflowError
from data_contracts.odcs.reading.company_files import load_policy
from data_contracts.vocabulary import Channel, Decision, Gate, OperatorRole, Right
from flows.cli import app
from flows.operator.verdict_facts import verdict_facts
from flows.rights.restoring import Restoring, restore
from flows.settings import settings
from integrations.demo import DemoCompany
from integrations.vault.rotation import rotate
from tasks.case.recovery import copy_facts, end_old_copies
from tasks.case.sealed import subject_request
from tasks.life.archive import purge_ended
from tasks.proof.judge import conclusion
from tasks.services import services
from tests.flows.company import CONTRACTS, House, Rows, a_house, lost
from tests.flows.vouching import contracts_saying
from tests.prefect.marks import found_in_files

_DAYS = 14
_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)
_FILES = {"weblogs", "adtech"}
"""Systems of the demo that lie in files, and cannot be given back."""


@pytest.fixture
def house(seeded: tuple[Path, DemoCompany], tmp_path: Path) -> Iterator[House]:
    """A house whose policy keeps what was erased for two weeks."""
    folder, company = seeded
    shutil.copytree(folder, tmp_path / "systems")
    contracts = contracts_saying(tmp_path / "contracts", {}, recovery_days=_DAYS)
    with contextmanager(a_house)(tmp_path, company, contracts) as (made, _):
        yield made


def _erased(house: House, **typed: Any) -> str:
    """A case that has erased, and ended."""
    case_id = house.open(Right.ERASURE, **typed)
    assert house.walk(case_id) == "granted_in_part"
    house.clock.advance(_MINUTE)
    return case_id


def _restored(house: House, case_id: str, *people: str) -> Restoring:
    return [restore(case_id, operator=who, code=house.code(who), reference="TICKET-7") for who in people][-1]


def _in_databases(rows: Rows) -> Rows:
    return {table: found for table, found in rows.items() if table.partition(".")[0] not in _FILES}


def _place(house: House, case_id: str) -> Path:
    return Path(house.installation.settings.vault) / space_of(case_id)


def _told(house: House, kind: str) -> list[str]:
    return [name for name in house.outbox("eml") if kind in name]


# --- off as shipped ------------------------------------------------------------------------------------------------


def test_off_as_shipped(seeded: tuple[Path, DemoCompany], tmp_path: Path) -> None:
    """Nothing is kept, nothing is said of it, and nobody can have it given back."""
    folder, company = seeded
    shutil.copytree(folder, tmp_path / "systems")
    with contextmanager(a_house)(tmp_path, company) as (house, _):
        case_id = house.open(Right.ERASURE)
        approval = house.until(Gate.APPROVAL, case_id)
        house.walk(case_id)

        assert "sealed" not in approval.description
        assert (copy_facts(case_id), services().register.recoveries()) == (None, [])
        assert not _place(house, case_id).exists()
        with pytest.raises(RequestInvalid, match="nothing was kept"):
            _restored(house, case_id, "claire")


@pytest.mark.parametrize("days", [-1, 31, "many"])
def test_policy_names_a_time_that_can_be(tmp_path: Path, days: object) -> None:
    """At most thirty days; the fault names the file and the place."""
    folder = contracts_saying(tmp_path / "contracts", {}, recovery_days=days)

    with pytest.raises(RightsflowError, match=r"policy\.yaml.*recovery_days"):
        load_policy(folder)

    assert load_policy(CONTRACTS).recovery_days == 0


# --- giving back ---------------------------------------------------------------------------------------------------


def test_two_people_give_it_back(house: House) -> None:
    """Every row of every database is as it was; what lies in files is not, and people read that before."""
    before = house.rows()
    case_id = house.open(Right.ERASURE)
    approval = house.until(Gate.APPROVAL, case_id)
    house.walk(case_id)
    assert lost(_in_databases(before), house.rows())

    done = _restored(house, case_id, "claire", "marc")

    assert done.is_complete
    assert _in_databases(house.rows()) == _in_databases(before)
    for system in _FILES:
        assert f"{system}: the system cannot copy" in approval.description
    assert house.installation.verify_case(case_id).is_whole


def test_one_person_is_not_enough(house: House) -> None:
    """Nor is the same person twice, nor one whose role has lapsed, nor one without the role."""
    case_id = _erased(house)
    after = house.rows()
    house.hire("anna", OperatorRole.LEGAL, valid_until=house.clock() - _DAY)

    assert _restored(house, case_id, "claire").missing == 1
    house.clock.advance(_MINUTE)
    for who, why in (("claire", "already answered"), ("anna", "lapsed"), ("zoe", "not have the role")):
        with pytest.raises(AnswerRefused, match=why):
            _restored(house, case_id, who)

    assert house.rows() == after
    assert _restored(house, case_id, "marc").is_complete


def test_wrong_code_decides_nothing(house: House) -> None:
    """Nor does an answer without its reference."""
    case_id = _erased(house)

    with pytest.raises(AnswerRefused, match="code"):
        restore(case_id, operator="claire", code="000000", reference="TICKET-7")
    with pytest.raises(AnswerRefused, match="reference"):
        restore(case_id, operator="claire", code=house.code("claire"), reference="")


def test_policy_that_asks_for_one_person_gets_two(seeded: tuple[Path, DemoCompany], tmp_path: Path) -> None:
    """What one person may erase two must give back."""
    folder, company = seeded
    shutil.copytree(folder, tmp_path / "systems")
    gates = {"erasure": {"approval": {"roles": ["dpo", "legal"]}, "restoration": {"roles": ["dpo", "legal"]}}}
    contracts = contracts_saying(tmp_path / "contracts", {}, recovery_days=_DAYS, gates=gates)
    with contextmanager(a_house)(tmp_path, company, contracts) as (house, _):
        case_id = _erased(house)

        assert _restored(house, case_id, "claire").missing == 1


def test_it_is_in_evidence_and_the_data_subject_is_told(house: House) -> None:
    """Who decided, on which reference, and how many rows of which table; one mail; nothing is kept any more."""
    case_id = _erased(house)

    _restored(house, case_id, "claire", "marc")

    noted: Any = services().register.step(case_id, "restored")
    assert (noted.receipt["decided_by"], noted.receipt["reference"]) == (["claire", "marc"], "TICKET-7")
    assert noted.receipt["systems"]["crm"]["rows"]["customer"] == 1
    assert len(_told(house, "restored")) == 1
    mail = house.mails()[-1]
    assert "We erased data about you by mistake" in mail
    assert "What we could not put back" in mail
    assert services().vault.names(space_of(case_id)) == []
    assert copy_facts(case_id)["state"] == "restored"  # type: ignore[index]  # there is one
    house.clock.advance(timedelta(minutes=1))
    with pytest.raises(RequestInvalid, match="given back already"):
        _restored(house, case_id, "claire")


def test_nobody_erases_it_again_at_once(house: House) -> None:
    """The list of erasures knows the keys no more, and evidence says why."""
    case_id = _erased(house)
    assert services().register.erased_keys()

    _restored(house, case_id, "claire", "marc")

    assert services().register.erased_keys() == []
    noted: Any = services().register.step(case_id, "unlist erasure", "restored")
    assert (noted.receipt["by"], noted.receipt["why"]) == ("claire, marc", "restored")


def test_row_that_is_taken_is_named_and_the_other_systems_go_on(house: House) -> None:
    """Nothing of that system is written; once it is mended, the same command goes on."""
    before, number = house.rows(), house.company.subject.customer_no
    ((taken,),) = house.ask("crm", "SELECT min(interaction_id) FROM interaction WHERE customer_no = ?", number)
    case_id = _erased(house)
    house.ask(
        "crm",
        "INSERT INTO interaction SELECT ?, customer_no, occurred_at, channel, '', note FROM interaction LIMIT 1",
        taken,
    )

    done = _restored(house, case_id, "claire", "marc")

    assert done.failed.keys() == {"crm"}
    assert "crm.interaction.interaction_id: what was erased cannot be given back" in done.failed["crm"]
    assert {table.partition(".")[0] for table in lost(_in_databases(before), house.rows())} == {"crm"}
    assert _told(house, "restored") == []
    house.ask("crm", "DELETE FROM interaction WHERE interaction_id = ?", taken)
    house.clock.advance(_MINUTE)
    assert restore(case_id, operator="claire", code=house.code("claire"), reference="").is_complete
    assert _in_databases(house.rows()) == _in_databases(before)


def test_command_says_what_is_missing_and_what_was_done(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an operator types it, and what ``rightsflow case`` shows before."""
    monkeypatch.setenv("RIGHTSFLOW_HOME", str(tmp_path))
    monkeypatch.setenv("RIGHTSFLOW_CONTRACTS", str(tmp_path / "contracts"))
    settings.cache_clear()
    house.clock.moment = datetime.now(UTC) - 2 * _MINUTE
    case_id = _erased(house)
    house.clock.moment = datetime.now(UTC)

    def call(*words: str) -> Result:
        return CliRunner().invoke(app, [*words])

    def give_back(who: str, *, steps: int = 0) -> Result:
        told = ("--as", who, "--code", house.code(who, steps=steps), "--reference", "TICKET-7")
        return call("erasures", "restore", case_id, *told)

    shown = call("case", case_id)
    first, second, third = give_back("claire"), give_back("marc"), give_back("claire", steps=1)

    assert "Recovery copy:" in shown.stdout
    assert "1 more to answer, a different person" in first.stdout
    assert "the data subject is told, the copy is destroyed" in second.stdout
    assert (first.exit_code, second.exit_code, third.exit_code) == (0, 0, 1)
    assert "given back already" in third.stderr + third.stdout


# --- the end -------------------------------------------------------------------------------------------------------


def test_key_is_destroyed_when_the_days_are_over(house: House) -> None:
    """On the last day it can be given back still; the day after the rows are gone, and that nothing opens was tried."""
    case_id = _erased(house)
    sealed = services().vault.names(space_of(case_id))

    house.clock.advance(_DAYS * _DAY)
    assert (end_old_copies(), services().vault.names(space_of(case_id))) == (0, sealed)
    house.clock.advance(_DAY)
    assert (end_old_copies(), end_old_copies()) == (1, 0)

    assert not _place(house, case_id).exists()
    assert house.installation.register.get_key(space_of(case_id)) is None
    assert services().vault.names(case_id) == []
    noted: Any = services().register.step(case_id, "recovery ended")
    assert noted.receipt["cause"] == "time over"
    with pytest.raises(RequestInvalid, match="it is too late"):
        _restored(house, case_id, "claire")
    assert house.installation.verify_case(case_id).is_whole


def test_data_subject_and_the_people_who_approve_know_the_day(house: House) -> None:
    """At the gate, in the letter, in evidence, and in what the command says of the case."""
    case_id = house.open(Right.ERASURE)
    approval = house.until(Gate.APPROVAL, case_id)
    house.walk(case_id)

    assert f"stays sealed for {_DAYS} days" in approval.description
    (mail,) = (text for text in house.mails() if "Kept for a few days" in text)
    assert "as far as it can be given back, until 14 April 2026" in mail
    facts = copy_facts(case_id)
    assert facts is not None
    assert (facts["until"], facts["state"]) == ("2026-04-14", "kept")


def test_verdict_names_the_copy_until_its_key_is_destroyed(house: House) -> None:
    """It is a place like others; when it is gone, the verdict does not name it any more."""
    case_id = _erased(house)
    with_copy = verdict_facts(case_id)

    house.clock.advance((_DAYS + 1) * _DAY)
    end_old_copies()
    without = verdict_facts(case_id)

    assert with_copy is not None
    assert without is not None
    (place,) = (one for one in with_copy["but_for"] if one["why"] == "recovery")
    assert (place["system"], place["place"], place["by"]) == ("rightsflow", "recovery copy", ["claire", "marc"])
    assert [one for one in with_copy["but_for"] if one["why"] != "recovery"] == without["but_for"]
    assert conclusion(case_id) is not Conclusion.PROVEN or not without["but_for"]


def test_purge_waits_for_the_end_of_the_copy(house: House) -> None:
    """The case keeps the address that would be written to, and no key that finds anything, as long as the copy."""
    case_id = _erased(house)
    register = services().register
    house.clock.advance(40 * _DAY)

    assert services().vault.names(case_id) == ["request"]
    assert not subject_request(case_id).identity
    assert not purge_ended(register.case(case_id))
    end_old_copies()

    assert purge_ended(register.case(case_id))


def test_master_key_is_exchanged_under_a_copy(house: House) -> None:
    """A copy opens after the rotation."""
    before, made = house.rows(), house.installation
    case_id = _erased(house)

    rotate(made.master, data_keys=made.register, register=made.register)

    assert _restored(house, case_id, "claire", "marc").is_complete
    assert _in_databases(house.rows()) == _in_databases(before)


def test_who_is_withdrawn_or_refused_leaves_no_copy(house: House) -> None:
    """Nothing was erased, so that nothing is kept."""
    case_id = house.open(Right.ERASURE)
    entry = house.until(Gate.APPROVAL, case_id)
    house.answer(entry, Decision.REFUSE, reason="A lawsuit is pending.")
    house.walk(case_id)

    assert (services().register.recoveries(), services().vault.names(space_of(case_id))) == ([], [])


def test_letter_tells_who_is_written_to_on_paper(house: House) -> None:
    """The address of the letter outlives the case as long as the copy."""
    case_id = _erased(house, channel=Channel.LETTER, postal_address=["1 rue Exemple", "75001 Paris"])

    done = _restored(house, case_id, "claire", "marc")

    assert done.waits_at.startswith("posting:")
    house.agree(house.gate(case_id, Gate.POSTING, done.waits_at.partition(":")[2]))
    house.clock.advance(_MINUTE)
    assert restore(case_id, operator="marc", code=house.code("marc"), reference="").is_complete


# --- law 1 ---------------------------------------------------------------------------------------------------------


def test_no_value_is_in_clear_while_the_copy_is_kept(house: House) -> None:
    """Not in the vault, the register, evidence or a log; only in the systems, and in the mail that she got."""
    subject = house.company.subject
    case_id = _erased(house)
    marks = [subject.email, subject.name, subject.customer_no]

    places = [one for one in house.installation.settings.state.iterdir() if one.name not in {"systems", "outbox"}]

    assert services().vault.names(space_of(case_id))
    assert found_in_files(places, marks) == []
    assert not [mark for mark in marks if mark in json.dumps(_receipts(case_id))]


def _receipts(case_id: str) -> list[Any]:
    return [dict(entry.receipt) for entry in services().register.steps(case_id).values()]
