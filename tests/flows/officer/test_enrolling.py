"""Enrolling operators: nobody loses their secret because somebody typed their name."""

from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from data_contracts.errors import RequestInvalid
from data_contracts.vocabulary import OperatorRole
from flows import wiring
from flows.cli import app
from flows.commands.installation import operators
from flows.officer.operators import enrol
from flows.settings import settings
from tests.flows.company import House

_ROLES = (OperatorRole.AGENT,)


@pytest.fixture
def enrolled(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A house where eve is enrolled; commands find it open, and what else they ask, they ask of its folder."""
    monkeypatch.setenv("RIGHTSFLOW_HOME", str(house.installation.settings.home))
    settings.cache_clear()
    token = wiring._current.set(house.installation)
    enrol("eve", _ROLES)
    yield house
    wiring._current.reset(token)
    settings.cache_clear()


def test_name_of_an_operator_is_not_given_away_unasked(enrolled: House) -> None:
    """With the remedy; the secret in use stays."""
    before = enrolled.installation.register.operator("eve")

    with pytest.raises(RequestInvalid, match="--replace"):
        enrol("eve", (OperatorRole.DPO,))

    assert enrolled.installation.register.operator("eve") == before


def test_name_is_given_a_new_secret_when_asked(enrolled: House) -> None:
    """As for somebody who lost their telephone."""
    before = enrolled.installation.register.operator("eve")

    enrol("eve", _ROLES, instead=True)

    after = enrolled.installation.register.operator("eve")
    assert before is not None
    assert after is not None
    assert after.secret != before.secret


@pytest.mark.parametrize(("typed", "is_new"), [("y\n", True), ("n\n", False)])
def test_terminal_asks_first(enrolled: House, monkeypatch: pytest.MonkeyPatch, typed: str, *, is_new: bool) -> None:
    """Yes gives a new secret, anything else changes nothing."""
    before = enrolled.installation.register.operator("eve")
    monkeypatch.setattr(operators, "_is_terminal", lambda: True)

    answer = CliRunner().invoke(app, ["operator", "add", "eve", "--role", "agent"], input=typed)

    after = enrolled.installation.register.operator("eve")
    assert "enrolled already" in answer.output
    assert (after != before) is is_new
    assert (answer.exit_code == 0) is is_new


def test_without_a_terminal_it_is_refused(enrolled: House) -> None:
    """A script says what it means."""
    before = enrolled.installation.register.operator("eve")

    answer = CliRunner().invoke(app, ["operator", "add", "eve", "--role", "agent"])

    assert answer.exit_code != 0
    assert enrolled.installation.register.operator("eve") == before
