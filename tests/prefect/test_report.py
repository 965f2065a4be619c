"""Charter 7b on a real server: the month's report stands beside its run, and the DPO is written to once."""

from datetime import UTC, datetime

from tests.prefect.office import Office


def test_report_of_a_month_is_shown_and_told_once(office: Office) -> None:
    """As the schedule starts it, and when somebody starts it again; a month that lies ahead is refused."""
    month = f"{datetime.now(UTC):%Y-%m}"

    first = office.ended(office.started("report", {"month": month})["id"])
    office.ended(office.started("report", {"month": month})["id"])
    ahead = office.ended(office.started("report", {"month": "2999-01"})["id"], "Failed")

    asked = {"artifacts": {"flow_run_id": {"any_": [first["id"]]}}}
    (shown,) = office.api.post("/artifacts/filter", json=asked).raise_for_status().json()
    assert shown["key"] == f"monthly-report-{month}"
    assert "|" in shown["data"]
    assert "lies ahead" in ahead["state"]["message"]
