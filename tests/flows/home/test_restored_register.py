"""A register that was put back: noticed before anything is carried on, and recovered case by case by people."""

import base64
import json
import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from data_contracts.errors import AnswerRefused, RequestInvalid, SettingsInvalid, StepFailed, SystemUnavailable
from data_contracts.ports.restores import Noted
from data_contracts.vocabulary import CaseState, Duty, Gate, Right
from flows.cli import app
from flows.home import restores
from flows.home.restores import JOURNAL, MARK, Journal
from flows.operator import recovering
from flows.runs.leases import carrying
from flows.settings import Settings, settings
from flows.watch.lookout import look_at_all
from flows.wiring import Installation
from tasks.intake.public_status import status_of
from tasks.life import restored
from tasks.life.restored import since
from tasks.services import use
from tests.flows.company import House
from tests.flows.watch.test_lookout import Runs


def _look(house: House) -> Installation:
    """Open the installation of a house anew, as the next process does."""
    made = Installation(Settings(home=house.installation.settings.state, judge="plain"), now=house.clock)
    try:
        _ = made.register
    finally:
        made.close()
    return made


@pytest.fixture
def put_back(house: House) -> Callable[[], None]:
    """Copies the register now; what is given puts the copy back, as a restore from a backup does."""
    file = house.installation.settings.state / "register.db"

    def noted() -> None:
        house.installation.ring.settle()

    case_id = house.open(Right.ERASURE)
    house.until(Gate.APPROVAL, case_id)
    noted()
    house.installation.register.close()
    shutil.copy(file, file.with_name("backup"))

    def restored() -> None:
        noted()
        house.installation.register.close()
        for left in (file, file.with_name("register.db-wal"), file.with_name("register.db-shm")):
            left.unlink(missing_ok=True)
        shutil.copy(file.with_name("backup"), file)

    return restored


@pytest.fixture
def recover(house: House, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """The command, in a process of its own."""
    chosen = Settings(home=house.installation.settings.state, judge="plain")
    monkeypatch.setattr(recovering, "settings", lambda: chosen)
    monkeypatch.setattr(recovering, "Installation", lambda given: Installation(given, now=house.clock))

    def run(case_id: str = "", **said: str) -> dict[str, Any]:
        house.clock.advance(timedelta(seconds=30))  # a code counts once
        proof = {"operator": "", "code": ""} if not said else {"operator": "claire", "code": house.code("claire")}
        return recovering.recovered(case_id, **{"reference": ""} | proof | said)

    return run


def _records(house: House, case_id: str) -> list[dict[str, Any]]:
    """What the records of a case's evidence say, in order."""
    envelopes, _ = house.installation.register.evidence(case_id)
    return [json.loads(base64.b64decode(str(one["payload"])))["predicate"] for one in envelopes]


@pytest.fixture
def held(house: House, put_back: Callable[[], None], recover: Callable[..., dict[str, Any]]) -> str:
    """A case that was answered, whose register was put back to before that and taken by a person."""
    (case,) = house.installation.register.cases()
    house.walk(case.case_id)
    put_back()
    recover(operator="claire")
    return case.case_id


def test_register_that_only_grew_is_opened(house: House) -> None:
    """Again and again, by several processes, and after a new record."""
    case_id = house.open(Right.ACCESS)
    _look(house)
    house.until(Gate.APPROVAL, case_id)
    _look(house)
    _look(house)


def test_register_of_before_an_act_is_noticed(house: House, put_back: Callable[[], None]) -> None:
    """By keys and by vault; the case that went on since is named."""
    (case,) = house.installation.register.cases()
    house.walk(case.case_id)
    put_back()

    with pytest.raises(SettingsInvalid, match=case.case_id) as refused:
        _look(house)

    assert "rightsflow recover" in refused.value.remedy
    (house.installation.settings.state / "keys" / MARK).unlink()
    with pytest.raises(SettingsInvalid, match="older than what was done with it"):
        _look(house)


def test_home_that_was_put_back_whole_is_noticed_from_elsewhere(
    house: House, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Register, keys and vault of one moment agree; the folder on another machine knows better."""
    state, folder = house.installation.settings.state, tmp_path_factory.mktemp("elsewhere")
    backup = tmp_path_factory.mktemp("backup") / "home"
    house.installation.settings = house.installation.settings.model_copy(update={"checkpoint_folder": folder})
    house.open(Right.ACCESS)
    house.installation.close()
    shutil.copytree(state, backup)
    house.open(Right.ACCESS)
    house.installation.close()
    shutil.rmtree(state)
    shutil.copytree(backup, state)

    _look(house)
    chosen = Settings(home=state, judge="plain", checkpoint_folder=folder)
    with closing(Installation(chosen, now=house.clock)) as made, pytest.raises(SettingsInvalid, match="older than"):
        _ = made.register


def test_register_that_is_lost_with_a_process_that_was_killed_is_noticed(
    house: House, put_back: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is killed settles nothing; each record was noted when it was written."""
    (case,) = house.installation.register.cases()
    monkeypatch.setattr(house.installation.ring, "settle", lambda: None)
    house.walk(case.case_id)
    put_back()

    with pytest.raises(SettingsInvalid, match=case.case_id):
        _look(house)


def test_mark_that_cannot_be_written_stops_nothing(house: House) -> None:
    """As on a full disk: the case goes on, and the next record is noted again."""
    mark = house.installation.settings.state / "keys" / MARK
    mark.unlink(missing_ok=True)
    mark.mkdir()

    case_id = house.open(Right.ACCESS)

    assert house.installation.register.case(case_id).case_id == case_id
    mark.rmdir()
    house.until(Gate.APPROVAL, case_id)
    assert case_id in mark.read_text(encoding="utf-8")


def test_register_that_went_on_after_it_was_put_back_is_noticed(house: House, put_back: Callable[[], None]) -> None:
    """Having as many records again does not make it the one that it was."""
    (case,) = house.installation.register.cases()
    house.walk(case.case_id)
    put_back()
    for _ in range(20):
        house.open(Right.ACCESS)
    house.installation.ring.settle()  # as a process does that went on meanwhile

    with pytest.raises(SettingsInvalid, match="older than what was done with it"):
        _look(house)


def test_register_of_another_installation_is_noticed(house: House, tmp_path: Path) -> None:
    """Whose log has another name."""
    house.open(Right.ACCESS)
    house.installation.ring.settle()
    with closing(Installation(Settings(home=tmp_path / "other", judge="plain"))) as other, use(other.services):
        _ = other.ring.make(other.own_key)
    mark = house.installation.settings.state / "keys" / MARK
    shutil.copy(mark, tmp_path / "other" / "keys" / MARK)

    with pytest.raises(SettingsInvalid, match="another installation"):
        _look_at(tmp_path / "other")


def _look_at(home: Path) -> None:
    with closing(Installation(Settings(home=home, judge="plain"))) as made:
        _ = made.register


def test_commands_stop_and_say_so(house: House, put_back: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """With what failed, where and the remedy; the mark stays."""
    (case,) = house.installation.register.cases()
    house.walk(case.case_id)
    put_back()
    monkeypatch.setenv("RIGHTSFLOW_HOME", str(house.installation.settings.state))
    monkeypatch.delenv("RIGHTSFLOW_REGISTER_URL", raising=False)
    settings.cache_clear()

    for words in (["cases"], ["run", case.case_id], ["open", "access", "--identity", "email=a@example.org"]) * 2:
        told = CliRunner().invoke(app, words)
        assert told.exit_code == 1
        assert "older than what was done with it" in told.output
    settings.cache_clear()


def test_cases_are_held_and_let_go_one_by_one(
    house: House, put_back: Callable[[], None], recover: Callable[..., dict[str, Any]]
) -> None:
    """Looking changes nothing; taken by a person, no case goes on, and no letter leaves, before somebody has looked."""
    (case,) = house.installation.register.cases()
    house.walk(case.case_id)
    put_back()
    mails, rows = house.mails(), house.rows()

    seen = recover()
    again = recover()
    assert seen == again
    assert {case.case_id in what for what in seen["unknown"].values()} == {True}
    assert [(one["case"], one["held"]) for one in seen["cases"]] == [(case.case_id, "no")]
    assert seen["cases"][0]["signs"]
    with pytest.raises(SettingsInvalid):
        _look(house)

    taken = recover(operator="claire")
    assert [one["held"] for one in taken["cases"]] == ["yes"]
    _look(house)
    with pytest.raises(StepFailed, match="put back to an earlier state"), carrying(case.case_id):
        raise AssertionError
    assert look_at_all(house.installation.register.cases(), Runs()) == {}
    assert (house.mails(), house.rows()) == (mails, rows)

    with pytest.raises(AnswerRefused):
        recover(case.case_id, operator="marc", code=house.code("marc"), reference="TICKET-7")
    with pytest.raises(AnswerRefused):
        recover(case.case_id, operator="claire", reference="")
    gone_on = recover(case.case_id, reference="TICKET-7")
    assert [one["held"] for one in gone_on["cases"]] == ["no"]
    with carrying(case.case_id):
        pass
    assert house.installation.verify_case(case.case_id).is_whole


def test_what_was_done_since_is_told_and_kept(
    house: House, put_back: Callable[[], None], recover: Callable[..., dict[str, Any]]
) -> None:
    """Each act that was begun, each letter that was handed over, each state: by `recover`, then by evidence."""
    (case,) = house.installation.register.cases()
    house.walk(case.case_id)
    erased = [system for step, system in house.installation.register.steps(case.case_id) if step == "erase"]
    put_back()

    (told,) = recover()["cases"]
    taken = recover(operator="claire")

    since = [one.partition(" (")[0] for one in told["since"].split(", ")]
    assert {f"began erase {system}" for system in erased} < set(since)
    assert {"sent notice.erasure_done", "became subject_told", "became archived"} < set(since)
    assert "opened erasure" not in since
    assert taken["cases"][0]["since"] == told["since"]
    held = _records(house, case.case_id)[-1]["facts"]
    assert (held["held"], held["done_since"]) == (True, told["since"].split(", "))


def test_case_that_had_ended_is_closed_and_nobody_is_written_to(
    house: House, held: str, recover: Callable[..., dict[str, Any]]
) -> None:
    """As it had ended, by who says so and on which reference; nothing stays sealed, and the purge takes it later."""
    mails, rows = house.mails(), house.rows()

    with pytest.raises(RequestInvalid, match="do not end so"):
        recover(held, ended="proven", reference="TICKET-7")
    with pytest.raises(AnswerRefused):
        recover(held, ended="granted", reference="")
    told = recover(held, ended="granted", reference="TICKET-7")

    assert (told["cases"], told["said"]) == ([], f"{held} is closed as it had ended: granted; nobody was written to")
    closed = house.installation.register.case(held)
    assert (closed.state, closed.outcome) == (CaseState.ARCHIVED, "granted")
    said = _records(house, held)[-2]
    assert (said["actor"], said["facts"]) == (
        "claire",
        {"by": "claire", "reference": "TICKET-7", "ended": "granted"},
    )
    assert house.installation.services.vault.names(held) == []
    assert (house.mails(), house.rows()) == (mails, rows)
    assert house.installation.verify_case(held).is_whole
    with pytest.raises(RequestInvalid, match="not held"):
        recover(held, ended="granted", reference="TICKET-7")


def test_closing_that_broke_off_is_finished_by_the_same_command(
    house: House,
    held: str,
    recover: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between the word and the end no run takes the case, and it can neither go on nor end otherwise."""
    with monkeypatch.context() as patch:
        patch.setattr(restored, "archive_evidence", _dies)
        with pytest.raises(KeyboardInterrupt):
            recover(held, ended="granted_in_part", reference="TICKET-7")

    with pytest.raises(StepFailed, match="put back to an earlier state"), carrying(held):
        raise AssertionError
    assert status_of(held).awaits == "nothing"
    with pytest.raises(RequestInvalid, match="had ended"):
        recover(held, reference="TICKET-7")
    said = recover(held, ended="refused", reference="TICKET-7")["said"]

    assert "as it had ended: granted_in_part" in said
    closed = house.installation.register.case(held)
    assert (closed.state, closed.outcome) == (CaseState.ARCHIVED, "granted_in_part")


def _dies(*_told: object) -> None:
    raise KeyboardInterrupt


def test_run_that_went_on_since_is_no_lost_case(house: House) -> None:
    """The register knows it; only its last records are gone."""
    run = house.installation.register.open_run(Duty.RETENTION, "nightly").run_id
    noted = [Noted(run, 9, "became", "archived"), Noted("C-0000-0000", 0, "opened", "access")]

    assert since(noted) == noted
    assert restored.lost_cases(noted) == ["C-0000-0000"]


def test_looking_after_a_healthy_register_loses_no_journal(
    house: House, put_back: Callable[[], None], recover: Callable[..., dict[str, Any]]
) -> None:
    """Where nothing is to be recovered the journal stays: the next restore needs it."""
    (case,) = house.installation.register.cases()
    house.walk(case.case_id)
    assert "nothing to recover" in recover(operator="claire")["said"]
    put_back()

    assert "became archived" in recover()["cases"][0]["since"]


def test_journal_of_another_time_is_set_aside(
    house: House, put_back: Callable[[], None], recover: Callable[..., dict[str, Any]]
) -> None:
    """A register that was taken goes on from where it was: what was done in the time that is lost is told once."""
    (case,) = house.installation.register.cases()
    house.walk(case.case_id)
    put_back()
    recover(operator="claire")
    house.open(Right.ACCESS)
    put_back()

    (told,) = recover()["cases"]
    assert "began erase" not in told["since"]


def test_case_that_came_in_since_is_named(
    house: House, put_back: Callable[[], None], recover: Callable[..., dict[str, Any]]
) -> None:
    """With its right and what it did, by `recover`; in the operator log, once the register is taken."""
    lost = house.open(Right.RESTRICTION)
    house.until(Gate.APPROVAL, lost)
    put_back()

    (told,) = recover()["lost"]
    assert (told["case"], told["right"]) == (lost, "restriction")
    assert told["done"].startswith("opened restriction")
    assert "sent notice.acknowledgement" in told["done"]

    said = recover(operator="claire")["said"]
    assert "1 cases that came in since are lost" in said
    assert lost in {use.where for use in house.installation.register.uses()}
    assert recover()["lost"] == []


def test_between_two_records_the_ledger_tells(house: House) -> None:
    """An act that was begun, a letter handed over: the register knows them by their claim, and nothing else of then."""
    register = house.installation.register
    case_id = house.open(Right.ACCESS)
    house.until(Gate.APPROVAL, case_id)
    now = register.records_of([case_id])[case_id]
    began, sent = (
        Noted(case_id, now, "began", "erase", "crm"),
        Noted(case_id, now, "handed over", "notice.answer"),
    )

    assert since([began, sent]) == [began, sent]
    register.claim(case_id, "notice.answer")
    assert since([sent]) == [sent]
    register.hand_over(case_id, "notice.answer")
    assert since([sent]) == []
    before, after = Noted(case_id, now - 1, "began", "erase", "crm"), Noted(case_id, now + 1, "became", "acting")
    assert since([before, after, Noted(case_id, now, "became", "planned")]) == [after]
    unknown = Noted("C-0000-0000", 0, "opened", "access")
    assert since([unknown, after]) == [unknown, after]


def test_journal_survives_cut_lines_and_grows_no_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a full disk cut off takes no other line along; of a long journal the later half stays."""
    journal, noted = Journal([tmp_path]), [Noted("C-1", number, "began", "erase", "crm") for number in range(40)]
    journal.write(noted[:1])
    with (tmp_path / JOURNAL).open("a") as file:
        file.write('\n{"case":"C-1","rec')
    journal.write(noted[1:2])
    assert list(journal.read()) == noted[:2]

    monkeypatch.setattr(restores, "_LONGEST", 10 * len(noted[0].as_text()))
    for one in noted[2:]:
        journal.write([one])
    read = list(journal.read())
    assert 10 < len(read) < 25
    assert read == noted[-len(read) :]
    assert {file.stat().st_mode & 0o077 for file in tmp_path.iterdir()} == {0}


def test_journal_on_a_full_disk_is_said(tmp_path: Path) -> None:
    """What could not be told after a restore is not done in silence."""
    (tmp_path / JOURNAL).symlink_to("/dev/full")

    with pytest.raises(SystemUnavailable, match="make room"):
        Journal([tmp_path]).write([Noted("C-1", 1, "began")])


def test_nobody_is_written_to_about_a_held_case(
    house: House, held: str, recover: Callable[..., dict[str, Any]]
) -> None:
    """Long overdue, it is neither warned about nor told of: an answer may have left that the register does not know."""
    mails = house.mails()
    house.clock.advance(timedelta(days=60))

    assert look_at_all(house.installation.register.cases(), Runs()) == {}
    assert house.mails() == mails

    recover(held, reference="TICKET-7")
    assert look_at_all(house.installation.register.cases(), Runs())["escalated"] == 1
