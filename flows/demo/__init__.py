"""``rightsflow demo``: one request of each right, start to end, on a real Prefect server and worker.

Nobody is asked anything: demo operators answer the gates, and the demo says so. Everything else is as in earnest: real
databases and Parquet files, real flow runs, mails in the outbox, signed evidence. At the end a case shows the law's
clock, paused and extended, on simulated days.
"""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from data_contracts.errors import SettingsInvalid
from flows import wiring
from flows.demo.registers import enter_demo_registers
from flows.server.machine import running
from flows.settings import Settings, settings
from flows.terminal import console


def run(customers: int) -> None:
    """Run the demo and print where to look."""
    begun = time.monotonic()
    home = _fresh_home(settings())
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console) as progress:
        shown = progress.add_task("starting", total=None)

        def tell(text: str) -> None:
            progress.update(shown, description=text)
            progress.console.print(f"[dim]{time.monotonic() - begun:5.1f} s  {text}[/]")

        companies: list[Any] = []
        with running(
            settings(), port=0, tell=tell, meanwhile=lambda: companies.append(_seed(customers, tell))
        ) as system:
            os.environ.update(system.environment)
            from flows.demo import story  # noqa: PLC0415  # Prefect reads its settings when imported

            cases = story.tell_story(system, companies[0], tell)
        for name in ("PREFECT_API_URL", "PREFECT_API_AUTH_STRING"):
            os.environ.pop(name, None)  # the server has ended; the clock is shown in this process
        clock_case = story.show_clock(companies[0], tell)
        progress.update(shown, description="done")
    story.report(home, cases, clock_case)
    console.print(f"\nThe demo took {time.monotonic() - begun:.0f} s.")


def _seed(customers: int, tell: Callable[[str], None]) -> Any:  # noqa: ANN401  # the demo company
    installation = wiring.Installation(settings())
    company = installation.seed_demo(customers=customers, today=wiring.utc_now().date(), progress=lambda _: None)
    with wiring.opened():
        enter_demo_registers()
    tell(f"made {sum(company.rows.values()):,} rows of {customers:,} customers in {len(company.urls)} systems")
    return company


def _fresh_home(chosen: Settings) -> Path:
    """An empty home for the demo: an older demo's is replaced, anything else is left alone.

    Raises:
        SettingsInvalid: when the home holds something that is not a demo.
    """
    home = chosen.state
    if home.exists() and any(home.iterdir()):
        if not chosen.demo_mark.exists():
            raise SettingsInvalid(
                "the home holds an installation that is not a demo; the demo would erase from it",
                where=str(home),
                remedy="set RIGHTSFLOW_HOME to another folder",
            )
        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    chosen.demo_mark.write_text("made by rightsflow demo; replaced by the next one\n")
    return home
