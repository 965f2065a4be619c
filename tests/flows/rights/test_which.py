"""Every right is served at each door and by each part that must know it; a right that is added fails here first."""

from pathlib import Path

import pytest
import yaml

from data_contracts.case.rights import FACTS_OF
from data_contracts.vocabulary import Right
from flows.rights.which import LIVES
from flows.runs.forms import form_for
from flows.server.places import DEPLOYMENTS
from integrations.intake.site.forms import read_form, submitted


def test_every_right_has_a_life() -> None:
    """And nothing else has one."""
    assert set(LIVES) == set(Right)


def test_every_right_is_deployed_under_its_name() -> None:
    """With the flow of its own module."""
    deployments = yaml.safe_load(DEPLOYMENTS.read_text("utf-8"))["deployments"]
    entries = {one["name"]: one["entrypoint"] for one in deployments}

    assert {right: entries.get(right) for right in Right} == {
        right: f"flows/rights/{right}.py:{right}" for right in Right
    }


@pytest.mark.parametrize("right", list(Right))
def test_operators_form_asks_what_the_right_asks(right: Right) -> None:
    """Neither less nor more than its row of the table says."""
    assert set(form_for(right)().asked()) == FACTS_OF[right].asks


@pytest.mark.parametrize("right", list(Right))
def test_site_reads_what_the_right_asks(right: Right) -> None:
    """A field of another right is left as it is."""
    kinds = {"email": object()}
    typed = {
        "name": "Ana",
        "identity_email": "ana@example.org",
        "details": "please",
        "situation": "mine",
        "sharing": "yes",
    }

    statement = submitted(read_form(typed, right, kinds), right, key="k", language="en", identities=kinds).statement

    assert bool(statement.situation) is ("situation" in FACTS_OF[right].asks)
    assert statement.sharing is ("sharing" in FACTS_OF[right].asks)


@pytest.mark.parametrize("language", ["fr", "en", "nl"])
def test_every_right_has_its_name_in_dossiers(language: str) -> None:
    """An authority reads it there; pages and notices are looked at where they are made."""
    file = Path(__file__).parents[3] / "integrations" / "channels" / "templates" / "dossiers" / f"{language}.yaml"

    assert set(yaml.safe_load(file.read_text("utf-8"))["rights"]) == set(Right)
