"""Where processes of ours find each other: folders, files, and the environment that names the server.

A command joins the server that ``rightsflow up`` runs on the same home.
"""

import http.client
import os
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from data_contracts.odcs.reading.company_files import load_organisation
from flows.settings import Settings, variable
from flows.terminal import HUSHED

__all__ = [
    "AUTH",
    "CODE",
    "DEPLOYMENTS",
    "SERVER_AUTH",
    "address_file",
    "authority_file",
    "environment_for",
    "join",
    "prefect_home",
    "secret_file",
    "what_flows_need",
]

CODE: Final = Path(__file__).resolve().parents[2]
"""The folder that our four packages are in: entry points of flows are paths below it."""
DEPLOYMENTS: Final = Path(__file__).with_name("prefect.yaml")
"""Every flow as a deployment; the checkout has a link to it beside ``pyproject.toml``."""
AUTH: Final = "PREFECT_API_AUTH_STRING"
SERVER_AUTH: Final = "PREFECT_SERVER_API_AUTH_STRING"
_ANSWER_SECONDS: Final = 30
"""A busy server answers late; one that is not there refuses at once."""


def address_file(settings: Settings) -> Path:
    """The file that holds the server's address while ``rightsflow up`` runs."""
    return settings.state / "server.url"


def secret_file(settings: Settings) -> Path:
    """The file with what the server asks for."""
    return settings.state / "keys" / "prefect-secret"


def prefect_home(settings: Settings) -> Path:
    """Where Prefect keeps what is its own."""
    return Path(variable("PREFECT_HOME") or settings.state / "prefect")


def authority_file(home: Path) -> Path:
    """Where the certificate of an authority is that nobody has the key of, once it was made.

    Args:
        home: Prefect's.
    """
    return home / "nobody.pem"


def join(settings: Settings) -> None:
    """Let this process use the server that ``rightsflow up`` runs on this home, unless another one is configured.

    Call it before anything of Prefect is imported: its settings are read then.
    """
    file = address_file(settings)
    if variable("PREFECT_API_URL") or not file.exists():
        return
    port = int(file.read_text().strip().rsplit(":", 1)[1].partition("/")[0])
    if _is_answering(port):  # else a file left behind by a system that was killed
        os.environ.update(environment_for(settings, port))


def environment_for(settings: Settings, port: int) -> dict[str, str]:
    """Environment of our processes: where the server is, and nothing sent anywhere."""
    home = prefect_home(settings)
    authority = authority_file(home)
    auth = variable(AUTH) or variable(SERVER_AUTH) or _secret(settings)
    return {
        **_unhushed(os.environ),
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        AUTH: auth,
        SERVER_AUTH: auth,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
        # A server of ours, on this machine, over HTTP: no version to ask for, no form to forge, no authority to trust.
        "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED": "false",
        "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
        "PREFECT_WORKER_QUERY_SECONDS": variable("PREFECT_WORKER_QUERY_SECONDS") or "1",
        # Every flow run is a new process: let Python keep what it has compiled.
        "PYTHONDONTWRITEBYTECODE": "",
        "PREFECT_CLI_COLORS": "false",
        **({"PREFECT_API_SSL_CERT_FILE": str(authority)} if authority.exists() else {}),
        "RIGHTSFLOW_HOME": str(settings.state),
        **what_flows_need(settings),
        "RIGHTSFLOW_CODE": str(CODE),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(CODE), variable("PYTHONPATH")])),
    }


def what_flows_need(settings: Settings) -> dict[str, str]:
    """Variables that prefect.yaml reads."""
    return {
        "RIGHTSFLOW_CODE": variable("RIGHTSFLOW_CODE") or str(CODE),
        "RIGHTSFLOW_TIME_ZONE": load_organisation(settings.contracts).time_zone,
    }


def _unhushed(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment, without what made this process alone quiet."""
    hushed = {HUSHED, "PREFECT_LOGGING_LEVEL"} if HUSHED in environment else set()
    return {name: value for name, value in environment.items() if name not in hushed}


def _secret(settings: Settings) -> str:
    file = secret_file(settings)
    return file.read_text("ascii") if file.exists() else ""


def _is_answering(port: int) -> bool:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER_SECONDS)) as connection:
        try:
            connection.request("GET", "/api/health")
            return connection.getresponse().status < http.client.BAD_REQUEST
        except (OSError, http.client.HTTPException):
            return False
