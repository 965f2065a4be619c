"""Passkeys and challenges in the register: each challenge once, a count that only grows, on every database."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from data_contracts.gates.passkeys import LASTS, Passkey
from integrations.register import SqlRegister
from tests.integrations.register.examples import an_operator

_NOW = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
_KEY = Passkey("credential", "ada", "blue key", "cose", 3, _NOW)
_SAID = {"for": "decide", "operator": "ada", "once": "n", "digests": ["a", "b"]}


@pytest.fixture(autouse=True)
def _ada(request: pytest.FixtureRequest) -> None:
    name = "shared" if "shared" in request.fixturenames else "register"
    register: SqlRegister = request.getfixturevalue(name)
    register.put_operator(an_operator("ada"))
    register.put_operator(an_operator("bob"))


def test_passkey_comes_back_and_is_one_persons(register: SqlRegister) -> None:
    """Its id is known once, whoever adds it again."""
    assert register.add_passkey(_KEY)
    assert not register.add_passkey(replace(_KEY, operator="bob"))

    assert (register.passkey("credential"), register.passkeys("ada"), register.passkeys("bob")) == (_KEY, [_KEY], [])
    assert register.remove_passkeys("bob", "credential") == 0
    assert register.remove_passkeys("ada", "credential") == 1
    assert register.passkey("credential") is None


def test_count_only_grows(register: SqlRegister) -> None:
    """An authenticator that does not count says 0 always; one that has counted never does again."""
    register.add_passkey(_KEY)
    register.add_passkey(replace(_KEY, credential="still", count=0))

    assert [register.use_passkey("credential", count, _NOW) for count in (3, 0, 4, 4, 5)] == [
        False,
        False,
        True,
        False,
        True,
    ]
    assert [register.use_passkey("still", count, _NOW) for count in (0, 0, 1, 0)] == [True, True, True, False]
    assert not register.use_passkey("nobody", 9, _NOW)


def test_challenge_is_taken_once_in_time_by_its_visit(register: SqlRegister) -> None:
    """And is there until then."""
    register.put_challenge(b"c", _SAID, visit="v", until=_NOW + LASTS, at=_NOW)

    assert register.take_challenge(b"c", visit="w", at=_NOW) is None
    assert register.take_challenge(b"c", visit="v", at=_NOW + LASTS) is None
    assert register.take_challenge(b"c", visit="v", at=_NOW) == _SAID
    assert register.take_challenge(b"c", visit="v", at=_NOW) is None


def test_challenge_is_taken_by_one_of_many(shared: SqlRegister) -> None:
    """Twelve at once: one gets it."""
    shared.put_challenge(b"c", _SAID, visit="v", until=_NOW + LASTS, at=_NOW)

    with ThreadPoolExecutor(6) as pool:
        taken = list(pool.map(lambda _: shared.take_challenge(b"c", visit="v", at=_NOW), range(12)))

    assert [one for one in taken if one is not None] == [_SAID]


def test_challenges_that_are_over_are_forgotten(register: SqlRegister) -> None:
    """Nobody answers them any more, whatever clock is asked."""
    register.put_challenge(b"c", _SAID, visit="v", until=_NOW + LASTS, at=_NOW)
    register.put_challenge(b"d", _SAID, visit="v", until=_NOW + 2 * LASTS, at=_NOW + LASTS + timedelta(seconds=1))

    assert register.take_challenge(b"c", visit="v", at=_NOW) is None


def test_secret_that_is_dropped_is_gone(register: SqlRegister) -> None:
    """And the address for mail is kept as it was last said."""
    register.drop_secret("ada")
    register.put_operator_mail("ada", "a@example.org")
    register.put_operator_mail("ada", "b@example.org")

    found = register.operator("ada")
    assert found is not None
    assert found.secret == b""
    assert (register.operator_mail("ada"), register.operator_mail("bob")) == ("b@example.org", "")
