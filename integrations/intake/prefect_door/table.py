"""Who may call what: one table for people, one for workers. What stands in neither is refused.

A path is matched piece by piece and built anew from the template, so that nothing a caller wrote reaches the server as
a path. Blocks, variables, automations, concurrency limits, settings of the server, run inputs that are answers, and
every change of a flow, deployment, work pool or queue are in no line.

>>> found = route_of("GET", "/flow_runs/6f1c8f38-0000-4000-8000-000000000001", PEOPLE)
>>> found.target if found else None
'/flow_runs/6f1c8f38-0000-4000-8000-000000000001'
>>> route_of("POST", "/block_documents/filter", PEOPLE), route_of("GET", "/flow_runs/../variables", PEOPLE)
(None, None)
>>> route_of("POST", "/work_pools/../queues/filter", PEOPLE), is_plain("/v2/../api/variables"), is_plain("/v2/runs")
(None, False, True)
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from typing import Final
from urllib.parse import quote

from data_contracts.vocabulary import OperatorRole
from integrations.intake.prefect_door.bodies import (
    Answered,
    Body,
    ByIds,
    Change,
    Events,
    History,
    Order,
    Points,
    Reading,
)


class Way(Enum):
    """What the door does with a call."""

    READ = auto()
    """Passes it on; what is sealed is taken out of the answer."""
    LOOKS_WELL = auto()
    """Answers itself that a form looks well: what is typed is checked against our schema when it is sent."""
    SETTINGS = auto()
    """Answers itself: what the UI asks about the server, and no setting of it."""
    FORM = auto()
    """Answers itself, from the register: the form of a gate."""
    ANSWER = auto()
    """Takes the answer to a gate, and lets the run go on."""
    START = auto()
    """Starts a flow with parameters that were checked."""
    CHANGE = auto()
    """Cancels or retries a run."""
    WORK = auto()
    """Passes a worker's call on as it is."""
    WORK_START = auto()
    """Passes a worker's order on that starts a flow the way its deployment says."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: a method and a path, who may, and what they may send."""

    method: str
    path: str
    way: Way = Way.READ
    body: type[Body] | None = None
    query: Sequence[str] = ()
    roles: Sequence[str] = tuple(OperatorRole)


@dataclass(frozen=True, slots=True)
class Found:
    """A line that a call fits, and the path that the server is asked for."""

    line: Line
    target: str
    values: Mapping[str, str]


_PIECES: Final[Mapping[str, str]] = {
    "id": r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "key": r"[a-z0-9][a-z0-9-]{0,200}",
    "name": r"(?!\.+(?:/|$))[\w .:@+()-]{1,200}",
    "more": r"(?!\.+(?:/|$))[\w .:@+()-]{1,200}",
}
"""What a piece of a path may look like, by what the templates call it."""


def _reads(*paths: str) -> tuple[Line, ...]:
    return tuple(Line("GET", path) for path in paths)


def _asks(body: type[Body], *paths: str) -> tuple[Line, ...]:
    return tuple(Line("POST", path, body=body) for path in paths)


PEOPLE: Final[Sequence[Line]] = (
    *_reads(
        "/health",
        "/admin/version",
        "/flow_runs/{id}",
        "/flow_runs/{id}/graph",
        "/flow_runs/{id}/graph-v2",
        "/flow_runs/{id}/logs/download",
        "/task_runs/{id}",
        "/ui/task_runs/{id}",
        "/flows/{id}",
        "/flows/name/{name}",
        "/deployments/{id}",
        "/deployments/name/{name}/{more}",
        "/artifacts/{id}",
        "/artifacts/{key}/latest",
        "/work_pools/{name}",
        "/work_pools/{name}/queues/{more}",
        "/work_queues/{id}",
        "/work_queues/{id}/status",
    ),
    Line("GET", "/flow_run_states/", query=("flow_run_id",)),
    Line("GET", "/task_run_states/", query=("task_run_id",)),
    Line("GET", "/events/filter/next", query=("page-token",)),
    *_asks(
        Reading,
        *("/flow_runs/filter", "/flow_runs/count", "/flow_runs/paginate", "/flow_runs/lateness"),
        *("/task_runs/filter", "/task_runs/count", "/task_runs/paginate"),
        *("/flows/filter", "/flows/count", "/flows/paginate"),
        *("/deployments/filter", "/deployments/count", "/deployments/paginate"),
        *("/artifacts/filter", "/artifacts/count", "/artifacts/latest/filter", "/artifacts/latest/count"),
        *("/work_pools/filter", "/work_pools/count", "/work_queues/filter"),
        *("/work_pools/{name}/queues/filter", "/work_pools/{name}/workers/filter"),
        "/logs/filter",
        *("/ui/task_runs/dashboard/counts", "/ui/task_runs/count"),
    ),
    *_asks(History, "/flow_runs/history", "/task_runs/history"),
    Line("POST", "/ui/flow_runs/history", body=Points),
    *_asks(ByIds, "/ui/flow_runs/count-task-runs", "/ui/flows/count-deployments", "/ui/flows/next-runs"),
    *_asks(Events, "/events/filter", "/events/count-by/{name}"),
    Line("GET", "/admin/settings", Way.SETTINGS),
    Line("POST", "/ui/schemas/validate", Way.LOOKS_WELL),
    Line("GET", "/flow_runs/{id}/input/{key}", Way.FORM),
    Line("POST", "/flow_runs/{id}/resume", Way.ANSWER, Answered),
    Line("POST", "/flow_runs/{id}/set_state", Way.CHANGE, Change),
    Line("POST", "/deployments/{id}/create_flow_run", Way.START, Order),
)
"""What people may do. Which flows a role may start, cancel and retry, and which gates it answers, the house says."""


def route_of(method: str, path: str, table: Sequence[Line]) -> Found | None:
    """The line that a call fits; None for what nobody may do.

    Args:
        method: of the call.
        path: below ``/api``, decoded.
        table: of who calls.
    """
    for line in table:
        if line.method == method and (found := _pattern(line.path).fullmatch(path)):
            values = found.groupdict()
            target = line.path.format_map({name: quote(value, safe="") for name, value in values.items()})
            return Found(line, target, values)
    return None


def is_plain(path: str) -> bool:
    """Whether a decoded path is what it looks like: no way up, nothing empty, nothing that servers read differently."""
    pieces = path.split("/")
    return not any(piece in {".", ".."} for piece in pieces) and not any(odd in path for odd in ("//", "\\", "%", "\0"))


@cache
def _pattern(path: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", path)
    shown = (
        re.escape(piece) if number % 2 == 0 else f"(?P<{piece}>{_PIECES[piece]})" for number, piece in enumerate(pieces)
    )
    return re.compile("".join(shown))
