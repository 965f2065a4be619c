"""``/metrics``: what it says, to whom, and what it never says."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from data_contracts.errors import SystemUnavailable
from data_contracts.officer.figures import Figures, Queue
from integrations.monitoring.app import metrics_app
from integrations.monitoring.exposition import CONTENT_TYPE, metrics_text
from tests.browser import browsing
from tests.integrations.monitoring.figures import NOW, figures


def said(found: Figures) -> dict[str, float]:
    """Every sample, by name and labels as they are written."""
    text = metrics_text(found).decode()
    families = text_string_to_metric_families(text)
    return {
        f"{one.name}{dict(sorted(one.labels.items())) or ''}": one.value
        for family in families
        for one in family.samples
    }


def test_figures_are_told() -> None:
    """Each of its kind, in base units."""
    found = said(figures())

    assert found["rightsflow_cases{'right': 'access', 'state': 'received'}"] == 3
    assert found["rightsflow_open_cases_by_deadline{'days': 'overdue', 'right': 'erasure'}"] == 2
    assert found["rightsflow_next_deadline_days"] == -4
    assert found["rightsflow_gate_oldest_wait_seconds{'gate': 'approval'}"] == 9 * 86400
    assert found["rightsflow_step_duration_seconds_bucket{'le': '5.0', 'step': 'locate'}"] == 4
    assert found["rightsflow_step_duration_seconds_sum{'step': 'locate'}"] == 40
    assert found["rightsflow_step_retries_total{'system': 'crm'}"] == 40
    assert found["rightsflow_retention_rows{'rows': 'erased', 'system': 'crm'}"] == 5
    assert found["rightsflow_duty_last_run_incomplete{'duty': 'retention'}"] == 1
    assert found["rightsflow_incident_hours_left"] == 12
    assert found["rightsflow_outbox_oldest_wait_seconds"] == 3 * 3600
    assert found["rightsflow_unasked_cases_oldest_wait_seconds"] == 2 * 3600
    assert found["rightsflow_operators{'standing': 'in_force'}"] == 0


def test_what_is_not_there_is_left_out_or_zero() -> None:
    """No last day where no case is open; no clock of an incident that the authority knows of."""
    quiet = replace(figures(), soonest=None, incidents=(), outbox=Queue(0, None), to_deadline={})

    found = said(quiet)

    assert "rightsflow_next_deadline_days" not in found
    assert "rightsflow_incident_hours_left" not in found
    assert found["rightsflow_outbox_oldest_wait_seconds"] == 0
    assert found["rightsflow_open_cases_by_deadline{'days': 'overdue', 'right': 'access'}"] == 0


def test_names_follow_the_conventions() -> None:
    """Our prefix, small letters, help for each, counters that end in total."""
    families = list(text_string_to_metric_families(metrics_text(figures()).decode()))

    assert all(re.fullmatch(r"rightsflow_[a-z_]+", family.name) and family.documentation for family in families)
    assert len(families) == len({family.name for family in families}) > 15


def test_scrapes_count_once_in_ten_seconds() -> None:
    """Whoever scrapes more often gets the same again."""
    clock, asked = [0.0], []

    def read() -> Figures:
        asked.append(clock[0])
        return figures()

    with browsing(metrics_app(read, token="", clock=lambda: clock[0])) as visitor:
        for clock[0] in (0.0, 9.9, 10.0, 15.0, 30.0):
            assert visitor.get("/metrics").headers["content-type"] == CONTENT_TYPE
    assert asked == [0.0, 10.0, 30.0]


@pytest.mark.parametrize(("shown", "status"), [("Bearer s3cret", 200), ("Bearer other", 401), ("", 401)])
def test_token_is_asked_for_where_one_is_set(shown: str, status: int) -> None:
    """RFC 6750."""
    with browsing(metrics_app(figures, token="s3cret")) as visitor:
        assert visitor.get("/metrics", headers={"Authorization": shown}).status_code == status


def test_register_that_is_away_is_no_zero() -> None:
    """Law 6: an error, and no figure."""

    def read() -> Figures:
        raise SystemUnavailable("away")

    with browsing(metrics_app(read, token="")) as visitor:
        answer = visitor.get("/metrics")

    assert (answer.status_code, "rightsflow_" in answer.text) == (503, False)


def test_clock_that_went_back_gives_no_negative_wait() -> None:
    """Two machines' clocks may differ."""
    found = said(replace(figures(), outbox=Queue(1, NOW + timedelta(hours=1))))

    assert found["rightsflow_outbox_oldest_wait_seconds"] == 0
