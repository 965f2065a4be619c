"""``rightsflow run``: a case goes on in this process."""

from flows.commands.options import Json
from flows.operator import running
from flows.terminal import our_errors, show


@our_errors
def run_case(case: str, as_json: Json = False) -> None:
    """Carry a case on in this process until it ends or waits for a person; no server needed."""
    show(running.run_case(case), as_json, lambda f: print(f["said"]))
