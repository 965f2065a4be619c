"""A register that was put back: noticed before anything is carried on, and recovered case by case by people."""

import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from data_contracts.errors import AnswerRefused, SettingsInvalid, StepFailed
from data_contracts.vocabulary import Gate, Right
from flows import recovering
from flows.cli import app
from flows.leases import carrying
from flows.lookout import look_at_all
from flows.restores import MARK
from flows.settings import Settings, settings
from flows.wiring import Installation
from tasks.services import use
from tests.flows.company import House
from tests.flows.test_lookout import Runs


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
        return recovering.recovered(case_id, **{"operator": "", "code": "", "reference": ""} | said)

    return run


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

    taken = recover(operator="claire", code=house.code("claire"))
    assert [one["held"] for one in taken["cases"]] == ["yes"]
    _look(house)
    with pytest.raises(StepFailed, match="put back to an earlier state"), carrying(case.case_id):
        raise AssertionError
    assert look_at_all(house.installation.register.cases(), Runs()) == {}
    assert (house.mails(), house.rows()) == (mails, rows)

    with pytest.raises(AnswerRefused):
        recover(case.case_id, operator="marc", code=house.code("marc"), reference="TICKET-7")
    house.clock.advance(timedelta(seconds=30))
    with pytest.raises(AnswerRefused):
        recover(case.case_id, operator="claire", code=house.code("claire"), reference="")
    house.clock.advance(timedelta(seconds=30))
    gone_on = recover(case.case_id, operator="claire", code=house.code("claire"), reference="TICKET-7")
    assert [one["held"] for one in gone_on["cases"]] == ["no"]
    with carrying(case.case_id):
        pass
    assert house.installation.verify_case(case.case_id).is_whole


def test_nobody_is_written_to_about_a_held_case(
    house: House, put_back: Callable[[], None], recover: Callable[..., dict[str, Any]]
) -> None:
    """Long overdue, it is neither warned about nor told of: an answer may have left that the register does not know."""
    (case,) = house.installation.register.cases()
    house.walk(case.case_id)
    put_back()
    recover(operator="claire", code=house.code("claire"))
    mails = house.mails()
    house.clock.advance(timedelta(days=60))

    assert look_at_all(house.installation.register.cases(), Runs()) == {}
    assert house.mails() == mails

    recover(case.case_id, operator="claire", code=house.code("claire"), reference="TICKET-7")
    assert look_at_all(house.installation.register.cases(), Runs())["escalated"] == 1
