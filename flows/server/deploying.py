"""What a Prefect server is told of us: the work pool, its queues, every deployment of prefect.yaml, automations.

Everything can be told again at any time, and is then as it stands here. A pool that somebody has made keeps what they
said of how its processes start.
"""

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import httpx

from data_contracts.errors import SettingsInvalid, SystemUnavailable
from flows.server import fork_client
from flows.server.automations import automations
from flows.server.places import AUTH, CODE, DEPLOYMENTS, what_flows_need
from flows.settings import Settings, variable

POOL: Final = "rightsflow"
FORK_CLIENT: Final = Path(fork_client.__file__)
QUEUES: Final[Mapping[str, str]] = {
    "urgent": "Cases whose answer is due in days, or late; and the watch, which never waits.",
    "due-soon": "Cases whose answer is due soon.",
    "default": "Every other case, and what people start by hand.",
    "upkeep": "What is done unasked: retention, the monthly report, the mailbox.",
}
"""Work queues of the pool, first come first, with what they are for."""
_DEPLOY_SECONDS: Final = 600
"""A busy machine takes minutes to import everything and to tell of each deployment."""
_BUSY_SECONDS: Final = 60
_PAUSE_SECONDS: Final = 0.2


def deploy(settings: Settings) -> dict[str, Any]:
    """Tell the configured server everything; what is there afterwards.

    Raises:
        SettingsInvalid: when no server is configured, or something is refused.
        SystemUnavailable: when it cannot be reached.
    """
    url = variable("PREFECT_API_URL")
    if not url:
        remedy = "set PREFECT_API_URL, or start everything with 'rightsflow up'"
        raise SettingsInvalid("no Prefect server is configured", where="PREFECT_API_URL", remedy=remedy)
    log = settings.state / "logs" / "deploy.log"
    try:
        with api_of(url, os.environ) as api:
            make_pool(api)
            make_queues(api)
            deployed(start_deploying({**os.environ, **what_flows_need(settings)}, log), log)
            told = make_automations(api, settings)
    except httpx.HTTPError:
        remedy = "start it, or correct PREFECT_API_URL and its password"
        raise SystemUnavailable("the Prefect server cannot be reached", where=url, remedy=remedy) from None
    return {"server": url, "pool": POOL, "queues": list(QUEUES), "automations": told, "log": str(log)}


def api_of(url: str, environment: Mapping[str, str]) -> httpx.Client:
    """The server's own API, with the password or the key that the environment has for it."""
    name, _, password = environment.get(AUTH, "").partition(":")
    key = environment.get("PREFECT_API_KEY", "")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    auth = (name, password) if name else None
    return httpx.Client(base_url=url, auth=auth, headers=headers, timeout=30, transport=_Patient())


class _Patient(httpx.HTTPTransport):
    """Asks again while the server says that it is busy: its SQLite has one writer."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, once the server is not busy, or when patience ends."""
        deadline = time.monotonic() + _BUSY_SECONDS
        while (answer := super().handle_request(request)).status_code == httpx.codes.SERVICE_UNAVAILABLE:
            if time.monotonic() > deadline:
                return answer
            answer.close()
            time.sleep(_PAUSE_SECONDS)
        return answer


def make_pool(api: httpx.Client, *, forked: bool = False, at_once: int | None = None) -> None:
    """The work pool.

    Args:
        api: the server's.
        forked: whether its runs are forked on this machine where that is possible (docs/adr/0008).
        at_once: how many runs may work at once; None leaves it to whoever runs workers.
    """
    command = shlex.join([sys.executable, "-S", "-I", str(FORK_CLIENT)]) if forked else None
    template = {
        "job_configuration": {name: f"{{{{ {name} }}}}" for name in _JOB_VARIABLES},
        "variables": {"type": "object", "properties": {**_JOB_VARIABLES, "command": _text(command)}},
    }
    limit = {} if at_once is None else {"concurrency_limit": at_once}
    told = {"base_job_template": template, **limit}
    created = api.post("/work_pools/", json={"name": POOL, "type": "process", **told})
    if created.status_code == httpx.codes.CONFLICT:
        created = api.patch(f"/work_pools/{POOL}", json=told if forked else limit)
    _require(created, "the work pool")


def make_queues(api: httpx.Client) -> None:
    """The queues of the pool, in the order in which a worker takes from them."""
    for priority, (name, what) in enumerate(QUEUES.items(), 1):
        said = {"priority": priority, "description": what}
        created = api.post(f"/work_pools/{POOL}/queues", json={"name": name, **said})
        if created.status_code == httpx.codes.CONFLICT:
            created = api.patch(f"/work_pools/{POOL}/queues/{name}", json=said)
        _require(created, f"the work queue {name}")


def make_automations(api: httpx.Client, settings: Settings) -> list[str]:
    """Automations of ours, made or brought up to date; their names."""
    found = api.get("/deployments/name/watch/watch")
    _require(found, "the deployment watch")
    wanted = automations(found.json()["id"], _notification_block(api, settings.notification_block))
    query = {"automations": {"name": {"any_": [one["name"] for one in wanted]}}}
    known = {one["name"]: one["id"] for one in api.post("/automations/filter", json=query).raise_for_status().json()}
    for one in wanted:
        name = one["name"]
        answer = (
            api.put(f"/automations/{known[name]}", json=one) if name in known else api.post("/automations/", json=one)
        )
        _require(answer, f"the automation {name}")
    return [str(one["name"]) for one in wanted]


def start_deploying(environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """The process that tells the server of every deployment of prefect.yaml."""
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with log.open("ab") as sink:
        return subprocess.Popen(  # noqa: S603  # our own command with our own words
            [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(DEPLOYMENTS)],
            cwd=CODE,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def deployed(deploying: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until every deployment is there.

    Raises:
        SettingsInvalid: when it fails; the log says why.
        SystemUnavailable: when it takes too long; it is ended then.
    """
    try:
        ended = deploying.wait(_DEPLOY_SECONDS)
    except subprocess.TimeoutExpired:
        deploying.kill()
        deploying.wait()
        what = f"the flows were not deployed within {_DEPLOY_SECONDS} seconds"
        raise SystemUnavailable(what, where=str(log), remedy="start again when the machine is less busy") from None
    if ended != 0:
        raise SettingsInvalid("the flows could not be deployed", where=str(log), remedy="read this log")


def _notification_block(api: httpx.Client, named: str) -> str:
    """The id of the block that tells people; empty where none is named."""
    if not named:
        return ""
    kind, _, name = named.partition("/")
    found = api.get(f"/block_types/slug/{kind}/block_documents/name/{name}")
    if not found.is_success:
        where, remedy = (
            "RIGHTSFLOW_NOTIFICATION_BLOCK",
            "name a block of the server as type/name, e.g. slack-webhook/dpo",
        )
        raise SettingsInvalid("there is no such notification block", where=where, remedy=remedy)
    return str(found.json()["id"])


def _require(answer: httpx.Response, what: str) -> None:
    if not answer.is_success:
        where = str(answer.request.url.copy_with(query=None))
        raise SettingsInvalid(f"{what} could not be made", where=where, remedy="read the server's log")


def _text(default: str | None) -> dict[str, object]:
    return {"anyOf": [{"type": "string"}, {"type": "null"}], "default": default}


_JOB_VARIABLES: Final = {
    "command": _text(None),
    "env": {"type": "object", "additionalProperties": _text(None)},
    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
    "name": _text(None),
    "stream_output": {"type": "boolean", "default": True},
    "working_dir": _text(None),
}
"""What a process worker takes; the server would ask a code host for its own description of it."""
