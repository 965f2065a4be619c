"""Charter 4.1, 4.2 on a real server: the nightly run waits in the UI, is answered there, erases, and shows it."""

import sqlite3
from contextlib import closing

import pytest

from data_contracts.case.runs import is_run
from tasks.act.periods.retention import APPROVED, lines_of
from tests.prefect.office import Office, Run

_OLD = "SELECT count(*) FROM mailing WHERE sent_at < date('now', '-14 months')"


def _old_mailings(office: Office) -> int:
    with closing(sqlite3.connect(office.home / "systems" / "marketing.db")) as connection:
        (count,) = connection.execute(_OLD).fetchone()
        return int(count)


@pytest.fixture(scope="module")
def run(office: Office) -> Run:
    """A run as the schedule starts it, about one system; it waits for an answer."""
    started = office.started("retention", {"system": "marketing"})
    assert _old_mailings(office)
    office.form(started["id"])
    return office.run(started["id"])


def test_gate_shows_what_would_go(office: Office, run: Run) -> None:
    """The run bears the name of its evidence; the form has the counts, the artifact the whole plan."""
    shown = office.form(run["id"])
    plan = office.artifacts(run["id"])[f"retention-plan-{run['name'].lower()}"]

    assert is_run(run["name"])
    assert "*new*: nobody has approved this rule yet" in shown
    assert "marketing.mailing" in shown
    assert "keep_mailings" in plan["data"]


def test_wrong_code_erases_nothing(office: Office, run: Run) -> None:
    """The gate stays open, and says why."""
    before = _old_mailings(office)

    said = office.answer(run["id"], **{**office.somebody(), "code": "000000"})

    assert said["status"] == "REJECT"
    assert "not accepted" in office.shown(run["id"])
    assert _old_mailings(office) == before


def test_approved_run_erases_and_proves(office: Office, run: Run) -> None:
    """What was approved is gone, the chain is whole, the result is beside the run, and the form has been wiped."""
    said = office.answer(run["id"], **office.somebody())

    ended = office.ended(run["id"])
    kept = office.api.post(f"/flow_runs/{run['id']}/input/filter", json={"prefix": "suspended-"}).json()

    assert said["status"] == "ACCEPT"
    assert _old_mailings(office) <= sum(line.spared for line in lines_of(ended["name"], APPROVED))
    assert office.steps(ended["name"])[-2:] == ["retention approved marketing", "end"]
    assert "proven" in office.artifacts(ended["id"])[f"retention-result-{ended['name'].lower()}"]["description"]
    assert kept == []


def test_schedule_is_nightly_in_the_zone_of_the_organisation(office: Office) -> None:
    """The deployment has the schedule, at night where the organisation is."""
    deployment = office.api.get("/deployments/name/retention/retention").raise_for_status().json()

    (schedule,) = deployment["schedules"]
    assert schedule["active"]
    assert schedule["schedule"] == {"cron": "30 2 * * *", "timezone": "Europe/Paris", "day_or": True}
