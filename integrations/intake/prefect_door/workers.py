"""What a worker elsewhere, and the flow runs that it starts, call: written down from one case of access, and no more.

A worker reads how its runs are started; it changes no pool, deployment, block, automation or variable, and starts
flows only as their deployments say. What it carries out are our flows, which read decisions from the register: nothing
that it can write into Prefect decides anything.
"""

from collections.abc import Sequence
from typing import Final

from integrations.intake.prefect_door.table import Line, Way

_POOL: Final = "/work_pools/{name}"
_RUN: Final = "/flow_runs/{id}"


def _lines(method: str, *paths: str) -> tuple[Line, ...]:
    return tuple(Line(method, path, Way.WORK, roles=()) for path in paths)


WORKERS: Final[Sequence[Line]] = (
    *_lines("GET", "/health", "/version", "/admin/version", "/csrf-token"),
    *_lines("GET", _POOL, f"{_POOL}/queues/{{more}}", "/work_queues/{id}"),
    *_lines("POST", f"{_POOL}/workers/heartbeat", f"{_POOL}/get_scheduled_flow_runs", f"{_POOL}/queues/filter"),
    *_lines("GET", _RUN, "/flows/{id}", "/deployments/{id}", "/deployments/name/{name}/{more}", "/task_runs/{id}"),
    *_lines("POST", "/flow_runs/filter", "/task_runs/filter", "/flows/filter", "/deployments/filter", "/events/filter"),
    *_lines("PATCH", _RUN, f"{_RUN}/labels"),
    *_lines(
        "POST", f"{_RUN}/set_state", "/task_runs/", "/task_runs/{id}/set_state", "/logs/", "/artifacts/", "/flows/"
    ),
    *_lines("POST", "/artifacts/filter", "/artifacts/latest/filter"),
    *_lines("PATCH", "/artifacts/{id}"),
    *_lines("POST", f"{_RUN}/input", f"{_RUN}/input/filter", f"{_RUN}/resume"),
    *_lines("GET", f"{_RUN}/input/{{key}}"),
    *_lines("DELETE", f"{_RUN}/input/{{key}}"),
    Line("POST", "/deployments/{id}/create_flow_run", Way.WORK_START, roles=()),
)
"""Lines of a worker's key."""
