"""Makes homes as earlier versions left them, with the software of then.

For whoever looks into an upgrade by hand::

    python -m tests.homes 0009 FOLDER

The software of a version is taken from the history of this repository and run with the packages of today.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

LANDED: Final = {
    "0001": "66096f8",
    "0002": "b337470",
    "0003": "c08c3fb",
    "0004": "ae5e501",
    "0005": "21c1795",
    "0007": "a87d26a",
    "0009": "a969d3c",
    "0011": "c696804",
    "0013": "a0321fb",
}
"""The last commit of each version of the register that landed; add a line when a version has landed."""

_ROOT: Final = Path(__file__).parents[2]


def is_known(version: str) -> bool:
    """Whether the history at hand has the software of a version; a shallow copy of the repository has none."""
    asked = ["git", "cat-file", "-e", f"{LANDED[version]}^{{commit}}"]
    return subprocess.run(asked, cwd=_ROOT, check=False, capture_output=True).returncode == 0


def make_home(version: str, home: Path, code: Path) -> dict[str, Any]:
    """A home with a request that waits at the gate of identity, and an operator.

    Args:
        version: of the register.
        home: to be made.
        code: an empty folder, for the software of then.

    Returns:
        What the software of then printed: ``request`` and ``operator``.
    """
    packed = subprocess.run(["git", "archive", LANDED[version]], cwd=_ROOT, check=True, capture_output=True)
    subprocess.run(["tar", "-x", "-C", str(code)], input=packed.stdout, check=True)
    request = call(home, "open", "erasure", "--identity", "email=ana@example.org", cwd=code)
    operator = call(home, "operator", "add", "claire", "--role", "dpo", cwd=code)
    call(home, "run", request["case"], cwd=code)
    return {"request": request, "operator": operator}


def call(home: Path, *words: str, cwd: Path = _ROOT) -> dict[str, Any]:
    """What a command prints as JSON.

    Raises:
        CalledProcessError: when it fails.
    """
    named = {"RIGHTSFLOW_HOME": str(home), "RIGHTSFLOW_JUDGE": "plain"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RIGHTSFLOW_", "PREFECT_"))}
    command = [sys.executable, "-m", "flows.cli", *words, "--json"]
    told = subprocess.run(command, cwd=cwd, env=kept | named, check=True, capture_output=True, text=True)
    facts: dict[str, Any] = json.loads(told.stdout)
    return facts
