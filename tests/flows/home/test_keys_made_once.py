"""Keys are made once: by a new installation when it writes; never in the place of keys that are missing."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from data_contracts.doors.mailbox import Mail
from data_contracts.errors import SettingsInvalid
from data_contracts.gates.operators import Operator
from data_contracts.vocabulary import Channel, OperatorRole, Right
from flows.cli import app
from flows.doors.public import public_site
from flows.settings import Settings, settings
from flows.wiring import Installation
from integrations.evidence import public_keys
from tasks.intake.api_keys import make_api_key
from tasks.intake.arrivals import read_mailbox
from tasks.intake.receive import TypedRequest, register_request
from tasks.services import use
from tests.browser import browsing
from tests.flows.company import NOW, House
from tests.flows.operator.test_arrivals import Box, mail

_KEYS = ("master.json", "evidence/signing.pem", "pseudonym.key", "door.key")
_ANA = {"email": ["ana@example.org"]}
_COMMANDS = (
    ("cases",),
    ("open", "access", "--identity", "email=ana@example.org"),
    ("operator", "list"),
    ("evidence", "verify"),
    ("keys", "rotate"),
    ("keys", "renew-signing"),
    ("init",),
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty home, which commands open."""
    monkeypatch.setenv("RIGHTSFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RIGHTSFLOW_JUDGE", "plain")
    for name in ("PREFECT_API_URL", "RIGHTSFLOW_REGISTER_URL"):
        monkeypatch.delenv(name, raising=False)
    settings.cache_clear()
    yield tmp_path / "home"
    settings.cache_clear()


@pytest.fixture
def used(home: Path) -> Path:
    """A home with a case, an operator and all keys."""
    made = Installation(settings())
    with use(made.services):
        _asked(NOW)
    secret = made.seal_operator_secret("ada", "JBSWY3DPEHPK3PXP")
    made.register.put_operator(Operator("ada", (OperatorRole.DPO,), None, None, secret=secret))
    made.services.pseudonym_key()
    made.services.door_key()
    made.close()
    return home


def _asked(at: datetime) -> None:
    """A request of ours, sealed and signed."""
    register_request(TypedRequest(Right.ACCESS, Channel.LETTER, "fr", at, "k", identity={"email": ["ana@example.org"]}))


def _another_home(home: Path) -> None:
    """A home of its own, with keys and a request."""
    made = Installation(Settings(home=home, judge="plain"))
    with use(made.services):
        _asked(NOW)
    made.close()


def _call(*words: str) -> Result:
    return CliRunner().invoke(app, [*words])


def _files(home: Path) -> dict[str, bytes]:
    """Keys of a home, by file; locks and marks are none."""
    found = (file for file in (home / "keys").rglob("*") if file.is_file() and file.suffix not in {".lock", ".mark"})
    return {file.relative_to(home / "keys").as_posix(): file.read_bytes() for file in found}


def _opened(home: Path) -> None:
    """Open the installation as a command does."""
    made = Installation(Settings(home=home, judge="plain"))
    try:
        _ = made.register
    finally:
        made.close()


def _without_marks(home: Path) -> None:
    """As an earlier version left the register."""
    engine = sa.create_engine(f"sqlite:///{home / 'register.db'}")
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM key_mark"))
    engine.dispose()


@pytest.mark.parametrize("command", [("cases",), ("operator", "list"), ("hold", "list"), ("evidence", "verify")])
def test_command_that_reads_makes_no_key(home: Path, command: tuple[str, ...]) -> None:
    """In an empty home nothing is found, and nothing is made but an empty register."""
    told = _call(*command)

    assert told.exit_code == 0, told.output
    assert _files(home) == {}


def test_first_command_that_writes_makes_keys(home: Path) -> None:
    """The first request of an empty home is registered; the keys stay what they are."""
    assert _call("open", "access", "--identity", "email=ana@example.org").exit_code == 0
    made = _files(home)

    assert {"master.json", "evidence/signing.pem"} <= made.keys()
    assert _call("open", "access", "--identity", "email=bob@example.org").exit_code == 0
    assert {name: _files(home)[name] for name in made} == made


@pytest.mark.parametrize("missing", [*_KEYS, ""])
def test_missing_key_stops_every_command(used: Path, missing: str) -> None:
    """What is missing, where, and the remedy; nothing is made in its place, and no request is taken."""
    lost = used / "keys" / missing
    shutil.rmtree(lost) if lost.is_dir() else lost.unlink()
    left = _files(used)

    told = [_call(*command) for command in _COMMANDS]

    assert [one.exit_code for one in told] == [1] * len(told)
    for said in (" ".join(one.output.split()) for one in told):
        assert all(name in said for name in ([missing] if missing else _KEYS))
        assert str(used / "keys") in said.replace(" ", "")
        assert "Remedy" in said
    assert _files(used) == left


@pytest.mark.parametrize("name", ["master.json", "evidence/signing.pem"])
def test_keys_of_another_home_stop_every_command(used: Path, tmp_path: Path, name: str) -> None:
    """A volume that is mounted in the wrong place."""
    _another_home(tmp_path / "other")
    shutil.copy(tmp_path / "other" / "keys" / name, used / "keys" / name)

    told = _call("cases")

    assert (told.exit_code, name in told.output.replace("\n", "")) == (1, True)
    assert "not the one that the register was made with" in " ".join(told.output.split())


@pytest.mark.parametrize("exchange", [("keys", "rotate"), ("keys", "renew-signing")], ids=" ".join)
def test_keys_of_yesterday_stop_every_command(used: Path, tmp_path: Path, exchange: tuple[str, ...]) -> None:
    """From before a key was exchanged; those of today are taken."""
    shutil.copytree(used / "keys", tmp_path / "yesterday")
    assert _call(*exchange).exit_code == 0
    shutil.copytree(used / "keys", tmp_path / "today")
    assert _call("cases").exit_code == 0

    shutil.copytree(tmp_path / "yesterday", used / "keys", dirs_exist_ok=True)
    stopped = _call("open", "access", "--identity", "email=bob@example.org")
    shutil.copytree(tmp_path / "today", used / "keys", dirs_exist_ok=True)

    assert stopped.exit_code == 1
    assert "not the one that the register was made with" in " ".join(stopped.output.split())
    assert len(json.loads(_call("cases", "--json").stdout)["cases"]) == 1


def test_key_of_the_organisations_own_is_no_other(used: Path, tmp_path: Path) -> None:
    """A pseudonym key that the master key opens, and that is not the one of before."""
    (used / "keys" / "pseudonym.key").rename(tmp_path / "kept")
    made = Installation(settings())
    sealed = made.master.seal(b"\0" * 32, "pseudonym.key")
    (used / "keys" / "pseudonym.key").write_bytes(sealed)

    with pytest.raises(SettingsInvalid, match=r"pseudonym\.key"):
        made.services.pseudonym_key()
    made.close()


def test_register_of_an_earlier_version_is_taken_over(used: Path) -> None:
    """Its keys are marked; from then on others are refused."""
    _without_marks(used)

    _opened(used)

    (used / "keys" / "master.json").unlink()
    with pytest.raises(SettingsInvalid, match=r"missing: master\.json;"):
        _opened(used)


@pytest.mark.parametrize("name", ["master.json", "evidence/signing.pem"])
def test_register_of_an_earlier_version_misses_its_keys(used: Path, name: str) -> None:
    """Also before anything was marked: what it holds needs them."""
    _without_marks(used)
    (used / "keys" / name).unlink()

    with pytest.raises(SettingsInvalid, match=name):
        _opened(used)
    assert not (used / "keys" / name).exists()


@pytest.mark.parametrize("name", ["master.json", "evidence"])
def test_register_of_an_earlier_version_knows_others(used: Path, tmp_path: Path, name: str) -> None:
    """Keys that open nothing of it, or that signed nothing of it, are not taken for its own."""
    _another_home(tmp_path / "other")
    _without_marks(used)
    mine, theirs = used / "keys" / name, tmp_path / "other" / "keys" / name
    if mine.is_dir():
        shutil.rmtree(mine)
        shutil.copytree(theirs, mine)
    else:
        shutil.copy(theirs, mine)

    with pytest.raises(SettingsInvalid, match="not the one"):
        _opened(used)


@pytest.mark.parametrize("mark", [1, 2])
def test_process_that_is_cut_off_between_key_and_mark(home: Path, monkeypatch: pytest.MonkeyPatch, mark: int) -> None:
    """The next one marks what was made."""
    calls = iter(range(1, 99))
    cut = Installation(settings())
    put = cut.kept.put_key_mark
    monkeypatch.setattr(cut.kept, "put_key_mark", lambda one: put(one) if next(calls) < mark else 1 / 0)
    with use(cut.services), pytest.raises(ZeroDivisionError):
        _asked(NOW)
    cut.kept.close()  # without what a process that ends does
    left = _files(home)

    assert _call("open", "access", "--identity", "email=ana@example.org").exit_code == 0

    assert left.items() <= _files(home).items()
    _opened(home)


def test_init_makes_everything_once(home: Path) -> None:
    """A second time it changes nothing."""
    first = _call("init", "--json")
    made = _files(home)
    again = _call("init", "--json")

    assert set(json.loads(first.stdout)["made"]) == set(_KEYS)
    assert (json.loads(again.stdout)["made"], _files(home)) == ([], made)


@pytest.mark.parametrize("lost", _KEYS)
def test_lost_key_is_given_up_by_a_person_alone(used: Path, lost: str) -> None:
    """Others are made, who had it done is remembered, and the key that comes back is not taken."""
    old = (used / "keys" / lost).read_bytes()
    (used / "keys" / lost).unlink()

    told = _call("init", "--keys-lost", "--json")

    assert told.exit_code == 0, told.output
    assert lost in json.loads(told.stdout)["lost"]
    assert json.loads(told.stdout)["made"] == json.loads(told.stdout)["lost"]
    assert _call("cases").exit_code == 0, told.output
    uses = json.loads(_call("operator", "log", "--json").stdout)["uses"]
    assert lost in [one["where"] for one in uses if one["what"] == "give up lost key"]
    (used / "keys" / lost).write_bytes(old)
    assert lost not in {"master.json", "evidence/signing.pem"} or _call("cases").exit_code == 1


def test_old_signatures_verify_after_a_new_signing_key(used: Path) -> None:
    """Both public keys are there."""
    assert _call("keys", "renew-signing").exit_code == 0

    assert len(public_keys(used / "keys" / "evidence")) == 2
    assert _call("evidence", "verify").exit_code == 0


@pytest.fixture
def unmounted(house: House) -> Callable[[], Path]:
    """Takes the keys of a house away while it runs."""
    keys = house.installation.settings.state / "keys"
    return lambda: keys.rename(keys.with_name("away"))


def test_site_takes_nothing_while_keys_are_away(house: House, unmounted: Callable[[], Path]) -> None:
    """503, no receipt, no case; with the keys the same form is a request."""
    house.installation.services.pseudonym_key()
    with browsing(public_site(house.installation)) as browser:
        form = browser.hidden("/request/access") | {"name": "Ana", "identity_email": "ana@example.org"}
        away = unmounted()

        refused = browser.post("/request/access", **form)
        none = house.installation.register.cases()
        away.rename(away.with_name("keys"))
        taken = browser.post("/request/access", **form)

    assert (refused.status_code, none) == (503, [])
    assert taken.status_code == 200
    assert len(house.installation.register.cases()) == 1


def test_programs_are_told_to_come_back(house: House, unmounted: Callable[[], Path]) -> None:
    """503, and the same call with the same key is a request afterwards."""
    with browsing(public_site(house.installation)) as browser:
        key = make_api_key("crm", ("requests:open", "requests:read"))

        def opened() -> int:
            head = {"Authorization": f"Bearer {key}", "Idempotency-Key": "k"}
            body = {"right": "access", "identity": _ANA, "name": "Ana"}
            return browser.call("POST", "/api/v1/requests", json=body, headers=head).status_code

        away = unmounted()
        refused, none = opened(), house.installation.register.cases()
        away.rename(away.with_name("keys"))

        assert (refused, none, opened()) == (503, [], 201)


@pytest.mark.parametrize("text", ["I exercise my right of access (Article 15 GDPR).", "What now?"])
def test_mail_stays_in_the_mailbox_while_keys_are_away(house: House, unmounted: Callable[[], Path], text: str) -> None:
    """It is taken in when they are back."""
    box = Box([Mail("1", mail(text), house.clock())])
    away = unmounted()

    with pytest.raises(SettingsInvalid):
        read_mailbox(box)
    assert (box.taken, house.installation.register.cases()) == ([], [])
    away.rename(away.with_name("keys"))
    read_mailbox(box)

    assert box.taken == ["1"]


def test_other_keys_under_a_running_site_are_noticed(house: House, tmp_path: Path) -> None:
    """A volume of others comes in the place of ours: what is typed is not sealed with their key."""
    other = Installation(Settings(home=tmp_path / "other", judge="plain"))
    other.master.seal(b"x", "x")
    other.close()
    with browsing(public_site(house.installation)) as browser:
        form = browser.hidden("/request/access") | {"name": "Ana", "identity_email": "ana@example.org"}
        shutil.copy(
            tmp_path / "other" / "keys" / "master.json", house.installation.settings.state / "keys" / "master.json"
        )

        refused = browser.post("/request/access", **form)

    assert refused.status_code == 503
    assert house.installation.register.cases() == []


@pytest.mark.parametrize("name", ["pseudonym.key", "door.key"])
def test_process_that_is_cut_off_between_own_key_and_mark(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The next one takes the key that lies there, and marks it."""
    cut = Installation(settings())
    _ = cut.services.seal_secret(b"", "")
    with monkeypatch.context() as off:
        off.setattr(cut.kept, "put_key_mark", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            cut.own_key(name)
    cut.kept.close()
    left = _files(home)

    made = Installation(settings())
    key = made.own_key(name)
    made.close()

    assert _files(home) == left
    assert len(key) == 32
    (home / "keys" / name).unlink()
    with pytest.raises(SettingsInvalid, match=name):
        _opened(home)
