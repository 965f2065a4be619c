"""``rightsflow demo``, as it is typed."""

from typing import Annotated

import typer

from flows.demo import run
from flows.terminal import our_errors

__all__ = ["run_demo"]


@our_errors
def run_demo(
    customers: Annotated[int, typer.Option(help="Size of the demo company; about 50 rows each.", min=10)] = 10_000,
) -> None:
    """The main job on the embedded default, start to end, without questions; prints where to look."""
    run(customers)
