"""A copy of register and vault, made while everything works and put back into an empty home."""

import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from data_contracts.case.case import NewCase
from data_contracts.errors import RequestInvalid, SettingsInvalid, SystemUnavailable
from data_contracts.vocabulary import Channel, Gate, Right
from flows.cli import app
from flows.home.copying import copy_made, copy_put_back
from flows.home.restores import MARK
from flows.settings import Settings, settings
from flows.wiring import Installation
from integrations.register.schema import upgrade
from tests.flows.company import House


def _chosen(house: House) -> Settings:
    return Settings(home=house.installation.settings.state, judge="plain")


@pytest.fixture
def elsewhere(house: House, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Settings]:
    """An empty home with the keys of the house, as its backup of keys has them now."""

    def made() -> Settings:
        home = tmp_path_factory.mktemp("elsewhere")
        shutil.copytree(house.installation.settings.state / "keys", home / "keys")
        return Settings(home=home, judge="plain")

    return made


def test_copy_that_is_put_back_goes_on(
    house: House, elsewhere: Callable[[], Settings], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Cases, gates, sealed requests: all that the home had when the copy was made, with evidence that is whole."""
    case_id = house.open(Right.ERASURE)
    house.until(Gate.APPROVAL, case_id)
    house.installation.ring.settle()
    folder = tmp_path_factory.mktemp("copies") / "monday"

    made = copy_made(_chosen(house), folder)
    there = elsewhere()
    copy_put_back(there, folder)

    assert (made["register"], made["files"] > 2) == ("register.db", True)
    assert {file.name for file in folder.iterdir()} == {"copy.json", "register.db", "vault"}
    keys = {file.read_bytes() for file in (there.state / "keys").rglob("*") if file.is_file()}
    assert not [file for file in folder.rglob("*") if file.is_file() and file.read_bytes() in keys]
    with closing(Installation(there, now=house.clock)) as put_back:
        assert [one.case_id for one in put_back.register.cases()] == [case_id]
        assert [one.gate for one in put_back.register.gates(case_id)] == [
            one.gate for one in house.installation.register.gates(case_id)
        ]
        assert put_back.verify_case(case_id).is_whole
        vault, before = put_back.services.vault, house.installation.services.vault
        assert vault.names(case_id) == before.names(case_id) != []
        for name in vault.names(case_id):
            with vault.read(case_id, name) as blob, before.read(case_id, name) as other:
                assert blob.read() == other.read()


def test_what_was_done_since_the_copy_is_noticed(
    house: House, elsewhere: Callable[[], Settings], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The keys know better: nothing is carried on before a person has looked."""
    case_id = house.open(Right.ERASURE)
    house.until(Gate.APPROVAL, case_id)
    folder = tmp_path_factory.mktemp("copies") / "monday"
    house.installation.ring.settle()
    copy_made(_chosen(house), folder)
    house.walk(case_id)
    house.installation.ring.settle()
    there = elsewhere()
    copy_put_back(there, folder)

    assert not (there.state / "vault" / MARK).exists()
    with closing(Installation(there, now=house.clock)) as put_back, pytest.raises(SettingsInvalid, match="recover"):
        _ = put_back.register


def test_copy_is_of_one_moment_whoever_writes(house: House, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A register that is being written is copied as it stood at its last commit."""
    house.open(Right.ACCESS)
    folder = tmp_path_factory.mktemp("copies") / "monday"
    with house.installation.register._database.write() as connection:
        connection.exec_driver_sql("UPDATE case_file SET outcome = 'half'")
        copy_made(_chosen(house), folder)

    copied = Installation(Settings(home=folder, judge="plain"), now=house.clock)
    with closing(copied):
        assert {one.outcome for one in copied.kept.cases()} == {""}


def test_only_a_whole_copy_is_put_back(
    house: House, elsewhere: Callable[[], Settings], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A file that is gone or changed, another folder, a home that is not empty: said, and nothing is there after it."""
    case_id = house.open(Right.ACCESS)
    folder = tmp_path_factory.mktemp("copies") / "monday"
    copy_made(_chosen(house), folder)
    there = elsewhere()
    blob = next(file for file in (folder / "vault" / case_id).iterdir())
    whole = blob.read_bytes()

    for damage in (lambda: blob.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1])), blob.unlink):
        damage()
        with pytest.raises(RequestInvalid, match=r"not as they were written|missing"):
            copy_put_back(there, folder)
        assert sorted(file.name for file in there.state.iterdir()) == ["keys"]
    blob.write_bytes(whole)
    with pytest.raises(RequestInvalid, match="no copy"):
        copy_put_back(there, folder.parent)
    copy_put_back(there, folder)
    for place in ("nothing", "vault"):
        shutil.rmtree(there.state / place, ignore_errors=True)
        with pytest.raises(RequestInvalid, match="has a register"):
            copy_put_back(there, folder)


@pytest.mark.parametrize("what", ["vault", "elsewhere", "no room"])
def test_home_that_cannot_take_a_copy_is_left_as_it_is(
    house: House, elsewhere: Callable[[], Settings], tmp_path_factory: pytest.TempPathFactory, what: str
) -> None:
    """One with a vault of its own, one that is told to use another register, one whose register cannot be written."""
    house.open(Right.ACCESS)
    folder = tmp_path_factory.mktemp("copies") / "monday"
    copy_made(_chosen(house), folder)
    there = elsewhere()
    if what == "vault":
        (there.state / "vault" / "C-0000-0000").mkdir(parents=True)
    elif what == "no room":
        (there.state / ".register.db.part").mkdir()
    chosen = there.model_copy(update={"register_url": "postgresql://register.example/r" if what == "elsewhere" else ""})
    before = sorted(there.state.rglob("*"))

    with pytest.raises(SystemUnavailable if what == "no room" else RequestInvalid):
        copy_put_back(chosen, folder)

    assert sorted(there.state.rglob("*")) == before


def test_copy_that_cannot_be_made_leaves_nothing(house: House, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A folder that is there, a place that is none, a home without register, a register of yours."""
    place = tmp_path_factory.mktemp("copies")
    house.open(Right.ACCESS)
    (place / "file").write_text("")
    with pytest.raises(RequestInvalid, match="there already"):
        copy_made(_chosen(house), place)
    with pytest.raises(SystemUnavailable, match="cannot be made"):
        copy_made(_chosen(house), place / "file" / "monday")
    with pytest.raises(RequestInvalid, match="no register"):
        copy_made(Settings(home=place / "nothing"), place / "monday")
    elsewhere = _chosen(house).model_copy(update={"register_url": "postgresql://register.example/r"})
    with pytest.raises(RequestInvalid, match="own means"):
        copy_made(elsewhere, place / "monday")

    assert [file.name for file in place.iterdir()] == ["file"]


def test_embedded_register_is_copied_while_it_works(house: House, tmp_path_factory: pytest.TempPathFactory) -> None:
    """By PostgreSQL's own dump; the commands say what they did."""
    home, there = (tmp_path_factory.mktemp(name) for name in ("home", "there"))
    folder = tmp_path_factory.mktemp("copies") / "monday"
    chosen = Settings(home=home, judge="plain")
    with chosen.embedded.held():
        chosen.embedded.keep_register()
        upgrade(chosen.register)
        with closing(Installation(chosen, now=house.clock)) as installation:
            case_id = installation.register.open_case(_a_case(house)).case_id
            assert _said(home, "backup", str(folder)).endswith("keys are not in it\n")
    shutil.copytree(home / "keys", there / "keys", ignore=shutil.ignore_patterns("database-password"))

    assert "run `rightsflow recover`" in _said(there, "restore", str(folder))

    with closing(Installation(Settings(home=there, judge="plain"), now=house.clock)) as put_back:
        assert [one.case_id for one in put_back.register.cases()] == [case_id]
        put_back.register.open_case(_a_case(house, "another"))


def _a_case(house: House, key: str = "one") -> NewCase:
    now = house.clock()
    return NewCase(Right.ACCESS, Channel.FORM, "en", now, (now + timedelta(days=30)).date(), key)


def _said(home: Path, *words: str) -> str:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("RIGHTSFLOW_HOME", str(home))
        environment.delenv("RIGHTSFLOW_REGISTER_URL", raising=False)
        settings.cache_clear()
        told = CliRunner().invoke(app, words)
    settings.cache_clear()
    assert told.exit_code == 0, told.output
    return told.output.replace("\n", " ").strip() + "\n"
