"""Pictures of a run of retention in the Prefect UI: at its gate, and what it shows beside itself."""

import re
from collections.abc import Callable

from playwright.sync_api import Page

from tests.prefect_ui import PrefectUi, fresh_code, until

_SETTLE_MILLISECONDS = 2500


def take_retention(ui: PrefectUi, operator: str, secret: str, take: Callable[[Page, str], None]) -> None:
    """Start a run as the schedule does, answer its gate in the UI, and take pictures of it and of the deployments."""
    ui.page.set_viewport_size({"width": 1400, "height": 1000})
    name = _started(ui)
    dialog = ui.open_gate(name)
    take(ui.page, "retention-gate")
    typed = {"Your operator name": operator, "Your authenticator code": fresh_code(secret)}
    ui.fill(dialog, {"Decision": "approve"}, typed)
    ui.submit(dialog, name)
    until(lambda: ui.state(name) == "Completed")
    _open(ui, f"/artifacts/key/retention-plan-{name.lower()}")
    ui.page.get_by_text(re.compile("^[0-9a-f]{8}$")).first.click()
    take(ui.page, "retention-plan")
    ui.open_run(name)
    ui.page.get_by_text("Artifacts", exact=True).last.click()
    take(ui.page, "prefect-artifacts")
    _open(ui, "/deployments")
    ui.page.get_by_role("button").last.click()  # the last page: by name, the upkeep
    take(ui.page, "prefect-deployments")


def _started(ui: PrefectUi) -> str:
    """The name of a new run, once it waits at its gate."""
    found = ui.call("GET", "/deployments/name/retention/retention")
    run = ui.call("POST", f"/deployments/{found['id']}/create_flow_run", json={})
    waits = until(
        lambda: seen if (seen := ui.call("GET", f"/flow_runs/{run['id']}"))["state_name"] == "Suspended" else None
    )
    return str(waits["name"])


def _open(ui: PrefectUi, path: str) -> None:
    ui.page.goto(f"{ui.address}{path}")
    ui.page.wait_for_timeout(_SETTLE_MILLISECONDS)
