"""An access, from a verified subject to the sealed answer package, beside the same rows fetched by hand.

The steps are those of the flow, called without Prefect: outside a flow run a step is a plain call. Floor and engine
take turns, subject by subject, so that whatever else the machine does hits both alike.
"""

import random
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import psycopg

from flows.rights.stages import search_all
from tasks.act.access import build_package, plan_access
from tasks.case.plans import confirm_staged, confirmed
from tasks.search.locate import finish_search, stage_rows, survey_system
from tests.benchmarks.figures import Figure, Timed, of_times
from tests.benchmarks.floor import fetch_by_hand
from tests.benchmarks.shop import an_installation, approve, by_hand_url, open_case

__all__ = ["measure", "walk"]

_WARM_UP = 20
_LOCATE = ("search", "seal located", "stage")
_PACKAGE = ("plan", "package")


def measure(url: str, customers: int, subjects: int, *, folder: Path | None = None) -> list[Figure]:
    """Figures of ``subjects`` accesses, with the installation's state in ``folder`` (the system's temporary one)."""
    timed = Timed()
    chosen = random.Random(15).sample(range(1, customers + 1), subjects + _WARM_UP)
    with (
        TemporaryDirectory(dir=folder) as home,
        an_installation(Path(home), url),
        psycopg.connect(by_hand_url(url), autocommit=True) as connection,
    ):
        for number, customer in enumerate(chosen):
            if number == _WARM_UP:
                timed.forget()
            email = f"subject{customer}@example.org"
            by_hand = timed("floor", partial(fetch_by_hand, connection, email))
            packed = walk(timed, email)
            if by_hand != packed:
                raise AssertionError(f"{packed} rows packed, {by_hand} fetched by hand")
    return _figures(timed)


def walk(timed: Timed, email: str) -> int:
    """Carry one access out; the number of rows in its package."""
    case_id = timed("open", lambda: open_case(email))
    timed("survey", lambda: survey_system(case_id, "shop"))
    timed("search", lambda: search_all(case_id))
    timed("seal located", lambda: finish_search(case_id))
    timed("stage", lambda: stage_rows(case_id, "shop"))
    timed("plan", lambda: plan_access(case_id))
    timed("approve", lambda: approve(case_id))
    return timed("package", lambda: _packed(case_id))


def _packed(case_id: str) -> int:
    confirm_staged(case_id)
    return build_package(case_id, confirmed(case_id))


def _figures(timed: Timed) -> list[Figure]:
    floor = median(timed.together("floor"))
    lines = [
        ("plain queries (floor)", ("floor",)),
        ("(a) locate: search and stage", _LOCATE),
        ("(b) package: plan, build, seal", _PACKAGE),
        ("**locate + package**", (*_LOCATE, *_PACKAGE)),
        *((f"of it: {name}", (name,)) for name in (*_LOCATE, *_PACKAGE)),
        ("the look at the live schema that each search begins with, alone", ("survey",)),
    ]
    return [of_times(what, timed.together(*names), floor=floor) for what, names in lines]
