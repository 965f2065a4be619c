"""A real Prometheus scrapes the figures, evaluates every query of the dashboard and fires every alert."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
import uvicorn
import yaml

from data_contracts.officer.figures import Figures
from integrations.monitoring import ALERTS, DASHBOARD
from integrations.monitoring.app import metrics_app
from tests.integrations.monitoring.figures import NOW, figures
from tests.services import absent

_PATIENCE_SECONDS = 60


def _tool(name: str) -> str:
    found = shutil.which(name)
    return found or absent("Prometheus", remedy="install the package prometheus, which brings promtool")


def _expressions() -> list[tuple[str, str]]:
    panels = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    return [(panel["title"], target["expr"]) for panel in panels for target in panel["targets"]]


def _alerts() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(ALERTS.read_text("utf-8"))["groups"] for rule in group["rules"]]


@pytest.fixture(scope="module")
def scraped() -> Iterator[str]:
    """Address of figures in which everything occurs; retries rise from scrape to scrape."""
    began = time.monotonic()

    def read() -> Figures:
        found, shift = figures(), datetime.now(UTC) - NOW
        moved = tuple(replace(run, at=run.at + shift) for run in found.runs)
        return replace(found, runs=moved, failures={"crm": 40 + int(10 * (time.monotonic() - began))})

    ticks = iter(range(0, 1_000_000, 20))
    app = metrics_app(read, token="", clock=lambda: float(next(ticks)))
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield f"127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
    listening.close()


@pytest.fixture(scope="module")
def prometheus(scraped: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A Prometheus that has scraped a few times; alerts fire at once, without their time of patience."""
    home, tool = tmp_path_factory.mktemp("prometheus"), _tool("prometheus")
    rules = yaml.safe_load(ALERTS.read_text("utf-8"))
    for rule in (rule for group in rules["groups"] for rule in group["rules"]):
        rule.pop("for", None)
    (home / "rules.yml").write_text(yaml.safe_dump(rules))
    jobs = [
        {"job_name": name, "static_configs": [{"targets": [at]}]}
        for name, at in (("rightsflow", scraped), ("rightsflow-nobody", "127.0.0.1:9"))
    ]
    every = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    (home / "prometheus.yml").write_text(
        yaml.safe_dump({"global": every, "rule_files": ["rules.yml"], "scrape_configs": jobs})
    )
    port = _free_port()
    arguments = [f"--config.file={home}/prometheus.yml", f"--storage.tsdb.path={home}/data"]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen([tool, *arguments, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=10) as client:
            _until(client, "count_over_time(up{job='rightsflow'}[1m]) > 3", home)
            yield client
    finally:
        process.terminate()
        process.wait(10)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _until(client: httpx.Client, query: str, home: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            if _asked(client, query):
                return
        except httpx.HTTPError:
            pass  # it is starting
        time.sleep(0.3)
    pytest.fail((home / "log").read_text()[-2000:])


def _asked(client: httpx.Client, query: str) -> list[Any]:
    answer = client.get("/query", params={"query": query})
    assert answer.status_code == httpx.codes.OK, f"{query}: {answer.text}"
    found: list[Any] = answer.json()["data"]["result"]
    return found


@pytest.mark.parametrize(("title", "expression"), _expressions(), ids=[title for title, _ in _expressions()])
def test_every_query_of_the_dashboard_gives_data(prometheus: httpx.Client, title: str, expression: str) -> None:
    """As Grafana would ask it; a name that is written wrong would give none."""
    assert _asked(prometheus, expression), title


@pytest.mark.parametrize("alert", _alerts(), ids=lambda alert: str(alert["alert"]))
def test_every_alert_fires(prometheus: httpx.Client, alert: dict[str, Any]) -> None:
    """Where there is trouble of its kind; its words are filled in."""
    if alert["alert"] == "RightsflowDown":
        assert _asked(prometheus, alert["expr"].replace("rightsflow", "rightsflow-nobody"))
        return
    groups = prometheus.get("/rules", params={"type": "alert"}).json()["data"]["groups"]
    (rule,) = [rule for group in groups for rule in group["rules"] if rule["name"] == alert["alert"]]

    assert (rule["health"], rule["state"]) == ("ok", "firing")
    assert all("<no value>" not in text for one in rule["alerts"] for text in one["annotations"].values())
    assert {"summary", "remedy"} <= alert["annotations"].keys()


def test_every_alert_is_told_in_the_docs() -> None:
    """docs/run/monitoring.md has a line for each, and for no other."""
    page = (Path(__file__).parents[3] / "docs" / "run" / "monitoring.md").read_text("utf-8")
    told = {line.split("`")[1] for line in page.splitlines() if line.startswith("| `Rightsflow")}

    assert told == {alert["alert"] for alert in _alerts()}


def test_rules_are_what_prometheus_takes() -> None:
    """Promtool finds no fault."""
    done = subprocess.run(
        [_tool("promtool"), "check", "rules", str(ALERTS)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
