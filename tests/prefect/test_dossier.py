"""Art. 31 on a real server: the DPO fills in the form of a flow, and finds a signed file."""

from pathlib import Path

import pytest

from data_contracts.case.runs import is_run
from integrations.evidence import verify_any
from tasks.rules.officer.dossiers import RECOUNT
from tests.prefect.office import Office


@pytest.fixture(scope="module")
def folder(office: Office) -> Path:
    """Where dossiers lie."""
    return office.installation.settings.state / "dossiers"


def test_dossier_of_a_period_is_made_by_form(office: Office, folder: Path) -> None:
    """The run bears the name of its evidence, the file verifies, its owner alone may read it."""
    who = office.somebody()
    asked = {"since": "2020-01-01", "until": "2099-12-31", "operator": who["operator"], "code": who["code"]}

    run = office.ended(office.started("dossier", asked)["id"])

    file = folder / f"{run['name']}.zip"
    assert is_run(run["name"])
    assert verify_any(file, [], RECOUNT).is_whole
    assert file.stat().st_mode & 0o077 == 0
    assert office.steps(run["name"])[-1] == "end"


def test_wrong_code_makes_nothing(office: Office, folder: Path) -> None:
    """The run fails and says why; no file appears."""
    before = set(folder.glob("*"))
    asked = {"since": "2026-01-01", "until": "2026-12-31", "operator": office.somebody()["operator"], "code": "000000"}

    run = office.ended(office.started("dossier", asked)["id"], "Failed")

    assert "code" in run["state"]["message"]
    assert set(folder.glob("*")) == before
