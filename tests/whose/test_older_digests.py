"""What was noted about an address in an older form holds after the upgrade, however the address is typed now."""

import hashlib
import hmac
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.case.holds import LitigationHold
from data_contracts.case.permissions import Restriction, Stance, StanceEntry
from data_contracts.case.subjects import SubjectKey
from data_contracts.text.normal_form import normal_form
from data_contracts.vocabulary import RestrictionGround, Right
from tasks.case.sealed import write_json
from tasks.case.subject_keys import known_keys_of
from tasks.officer.permissions import ask_about, ask_about_each
from tasks.rules.others.permissions import processing
from tasks.rules.search.older_forms import older_forms
from tasks.search.holds import IDENTITY
from tests.whose.town import Town, a_town, column, number, table

_SQL = (
    "CREATE TABLE users (id INTEGER PRIMARY KEY, mail VARCHAR(60))",
    "INSERT INTO users VALUES (1, 'ana@exämple.org'), (2, 'ben@example.org')",
)
_ROWS = [(1, "ana@exämple.org"), (2, "ben@example.org")]
_OLD = ("ana@xn--exmple-cua.org", "Ana@exa\u0308mple.org ", "ana@EXÄMPLE.org")
"""One address, as three people typed it."""


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """Ana's address has a domain that is not ASCII."""
    url = f"sqlite:///{tmp_path / 'sys.db'}"
    monkeypatch.setenv("RIGHTSFLOW_SYSTEM_SYS_URL", url)
    users = table("users", number(), column("mail", identity="email", assertion="confirmed"), account="email")
    with a_town(tmp_path, url, [users], *_SQL) as made:
        yield made


def _noted(town: Town, typed: str) -> SubjectKey:
    """The key as it was made before there was one normal form: trimmed, in small letters."""
    said = f"subject:email={typed.strip().lower()}".encode()
    return SubjectKey(
        "email", hmac.digest(town.house.installation.services.pseudonym_key(), said, hashlib.sha256).hex()
    )


def _restricted(town: Town, typed: str, ground: RestrictionGround = RestrictionGround.CLAIMS) -> None:
    other = town.open(Right.RESTRICTION, email="somebody@example.org")
    key, since = _noted(town, typed), town.house.clock()
    town.house.installation.register.restrict([Restriction(other, key, ground, (), since)])


@pytest.mark.parametrize("typed", _OLD)
def test_a_hold_keeps_what_it_was_set_for(town: Town, typed: str) -> None:
    """Nothing of hers is erased while the hold is in force."""
    hold = LitigationHold("H-22222222", (_noted(town, typed),), (), "C-1", "anna", town.house.clock())
    write_json(hold.hold_id, IDENTITY, {"email": [typed]})
    town.house.installation.register.put_hold(hold)

    town.house.walk(town.open(Right.ERASURE, email="ana@exämple.org"))

    assert town.ask("SELECT id, mail FROM users ORDER BY id") == _ROWS


@pytest.mark.parametrize("typed", _OLD)
def test_a_restriction_spares_what_it_was_set_for(town: Town, typed: str) -> None:
    """What she needs for her claims stays, whoever asks to erase it."""
    _restricted(town, typed)

    town.house.walk(town.open(Right.ERASURE, email="ana@xn--exmple-cua.org"))

    assert town.ask("SELECT id, mail FROM users ORDER BY id") == _ROWS


@pytest.mark.parametrize("typed", _OLD)
@pytest.mark.parametrize("asked", ["ana@exämple.org", "ANA@xn--exmple-cua.org"])
def test_programs_that_ask_are_told(town: Town, typed: str, asked: str) -> None:
    """Whether one key is asked about, or many."""
    _restricted(town, typed, RestrictionGround.ACCURACY)
    question = processing(town.house.installation.services.contracts.vocabulary, "contract", town.house.clock())
    given_keys = [("email", asked), ("email", "ben@example.org"), ("email", "-")]

    one = ask_about(question, {"email": [asked]})
    ((many, other, none),) = ask_about_each(question, [given_keys])

    assert (one, one.may) == (many, False)
    assert (other, other.may) == (ask_about(question, {"email": ["ben@example.org"]}), True)
    assert not none.may


def test_a_stance_is_heard(town: Town) -> None:
    """What she said under one spelling is what she said."""
    now = town.house.clock()
    said = StanceEntry(_noted(town, _OLD[0]), "", "", Stance.OBJECTED, now, "import:old")
    town.house.installation.register.add_stances([said])

    found = known_keys_of({"email": ["ana@exämple.org"]})

    assert town.house.installation.register.stances_of([key.digest for key in found]) == [said]


@given(st.sampled_from("aéßøñœ"), st.sampled_from(["exämple.org", "straße.de", "xn--exmple-cua.org", "example.org"]))
def test_an_older_form_is_the_same_address(local: str, domain: str) -> None:
    """Nobody else's key is looked up: each older form has the one normal form."""
    form = normal_form("email", f"{local}@{domain}", "")

    older = older_forms(f" {local}@{domain} ", form)

    assert {normal_form("email", one, "") for one in older} <= {form}
    assert form not in older
