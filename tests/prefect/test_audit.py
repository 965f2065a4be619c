"""Charter 3.4 on a real server: the audit is scheduled, shows its report beside the run, and tells no value."""

import sqlite3
from contextlib import closing

import pytest

from data_contracts.case.runs import is_run
from tests.prefect.office import Office, Run

PLANTED = "xq-planted-value-7"


@pytest.fixture(scope="module")
def run(office: Office) -> Run:
    """An audit as the schedule starts it, of one system in which an address is none."""
    with closing(sqlite3.connect(office.home / "systems" / "marketing.db")) as connection, connection:
        connection.execute("UPDATE profile SET email = ? WHERE rowid = (SELECT max(rowid) FROM profile)", (PLANTED,))
    started = office.started("audit", {"system": "marketing"})
    return office.ended(started["id"])


def test_report_stands_beside_the_run(office: Office, run: Run) -> None:
    """In the organisation's first language, with what was found; the run bears the name of its evidence."""
    shown = office.artifacts(run["id"])

    assert is_run(run["name"])
    assert "Rapport d’audit" in shown[f"audit-report-{run['name'].lower()}"]["data"]
    assert "marketing.profile.email" in shown[f"audit-findings-{run['name'].lower()}"]["data"]
    assert office.steps(run["name"])[-2:] == ["settle", "end"]


def test_law_1_prefect_keeps_no_planted_value(office: Office, run: Run) -> None:
    """Neither artifacts nor logs nor the run itself hold the value that broke a rule."""
    logs = office.api.post("/logs/filter", json={"logs": {"flow_run_id": {"any_": [run["id"]]}}}).json()

    assert not [text for text in (str(office.artifacts(run["id"])), str(logs), str(run)) if PLANTED in text]


def test_schedule_is_weekly_in_the_zone_of_the_organisation(office: Office) -> None:
    """Each Monday morning, where the organisation is."""
    deployment = office.api.get("/deployments/name/audit/audit").raise_for_status().json()

    (schedule,) = deployment["schedules"]
    assert schedule["active"]
    assert schedule["schedule"] == {"cron": "0 5 * * 1", "timezone": "Europe/Paris", "day_or": True}
