"""A burst of requests through ``rightsflow up``: all rights mixed, gates answered by people as they open.

``rightsflow up`` runs as a process of its own, as an operator starts it. This process registers the requests at once,
verifies identities, answers gates, and asks the Prefect server each second whether it is well. Run alone as
``python -m tests.benchmarks.burst 50``.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from subprocess import PIPE
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pyotp

from data_contracts.ports import Operator
from data_contracts.request import FieldChange, Statement
from data_contracts.vocabulary import Channel, OperatorRole, RestrictionGround, Right
from flows.details import Details
from tests.benchmarks.figures import Figure
from tests.prefect.marks import customers

__all__ = ["measure"]

_CUSTOMERS = 2_000
_PATIENCE_SECONDS = 1_800
_ASKED: dict[Right, Callable[[int], Details]] = {
    Right.ACCESS: lambda _: Details("Une copie, s'il vous plaît."),
    Right.ERASURE: lambda _: Details("Effacez mes données."),
    Right.OBJECTION: lambda _: Details("", Statement(direct_marketing=True)),
    Right.PORTABILITY: lambda _: Details("J'emporte mes données."),
    Right.RESTRICTION: lambda _: Details("", Statement(restriction_ground=RestrictionGround.ACCURACY)),
    Right.RECTIFICATION: lambda number: Details(
        "", Statement(changes=[FieldChange(field="user.contact.email", value=f"nouvelle.{number}@example.org")])
    ),
}


@dataclass
class Burst:
    """What was measured; times in seconds since the first request.

    Attributes:
        registered: every request is in the register.
        at_gates: every case waits for a person for the first time, or has ended.
        ended: every case has ended.
        health: seconds that each question for the server's health took; infinite where it gave no answer.
        states: seconds since the first request, and how many cases were in which state.
    """

    cases: int
    registered: float = 0.0
    at_gates: float = 0.0
    ended: float = 0.0
    load: float = 0.0
    health: list[float] = field(default_factory=list)
    states: list[tuple[float, dict[str, int]]] = field(default_factory=list)


def measure(requests: int = 200) -> list[Figure]:
    """How long a burst takes to its gates and to its end, and how long the server's health took meanwhile."""
    done = subprocess.run([sys.executable, "-m", __name__, str(requests)], check=True, stdout=PIPE, text=True)
    burst = Burst(**json.loads(done.stdout.splitlines()[-1]))
    note = f"load {burst.load:.0f}"
    return [
        Figure(f"{requests} requests are registered", burst.registered, "s", note=note),
        Figure("all of them at their gates", burst.at_gates, "s", note=note),
        Figure("all of them ended, gates answered as they open", burst.ended, "s", note=note),
        Figure("cases a second, from request to archived", requests / burst.ended, "a second"),
        Figure("slowest answer of the server's health", max(burst.health), "s"),
    ]


@contextmanager
def rightsflow_up(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """``rightsflow up`` as somebody starts it; ended with Ctrl-C."""
    words = [sys.executable, "-c", "from flows.cli import app; app()", "up", "--port", "0", "--site-port", "0"]
    with (home / "up.log").open("ab") as log:
        started = subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            yield started
        finally:
            started.send_signal(signal.SIGINT)
            started.wait(120)


def _burst(requests: int, home: Path) -> Burst:
    os.environ["RIGHTSFLOW_HOME"] = str(home)
    os.environ.setdefault("RIGHTSFLOW_JUDGE", "plain")
    from flows import wiring  # noqa: PLC0415  # its settings are read when it is imported
    from flows.running import join  # noqa: PLC0415  # as above
    from flows.settings import settings  # noqa: PLC0415  # as above

    installation = wiring.Installation(settings())
    installation.seed_demo(customers=_CUSTOMERS, today=datetime.now(UTC).date(), progress=lambda _: None)
    installation.close()
    with rightsflow_up(home) as up:
        _until(lambda: (home / "server.url").exists() or up.poll() is not None, 300)
        join(settings())
        with wiring.opened() as opened:
            return _People(opened, requests).work_through()


class _People:
    """Everybody who asks, and who answers."""

    def __init__(self, installation: Any, requests: int) -> None:
        self._installation = installation
        self._burst = Burst(requests)
        self._crowd = _crowd(installation)
        self._gates_met: set[str] = set()

    def work_through(self) -> Burst:
        """Register, verify and answer until every case has ended."""
        began = time.monotonic()
        ended = threading.Event()
        asking = threading.Thread(target=self._ask_health, args=(ended,), daemon=True)
        asking.start()
        cases = self._register()
        self._burst.registered = time.monotonic() - began
        while len(cases) > self._answer_all(cases, began):
            if time.monotonic() - began > _PATIENCE_SECONDS:
                break
            time.sleep(0.5)
        self._burst.ended = time.monotonic() - began
        self._burst.load = os.getloadavg()[0]
        ended.set()
        asking.join(30)
        return self._burst

    def _register(self) -> dict[str, bool]:
        from flows import work  # noqa: PLC0415  # after the server is known

        systems = self._installation.settings.state / "systems"
        people = customers(systems, but=set())[: self._burst.cases]
        cases = {}
        for place, (right, number) in enumerate(zip(cycle(_ASKED), people, strict=False)):
            typed = work.Typed(
                right,
                Channel.EMAIL,
                "fr",
                "",
                "Somebody",
                f"burst-{place}",
                {"customer_no": [number]},
                _ASKED[right](place),
            )
            cases[str(work.open_request(typed)["case"])] = False
        for case in cases:
            operator, code = self._crowd.free()
            work.verify_identity(case, "eid", operator=operator.name, code=code)
        return cases

    def _answer_all(self, cases: dict[str, bool], began: float) -> int:
        """Answer what is open; how many cases have ended."""
        from flows import work  # noqa: PLC0415  # as above

        states: Counter[str] = Counter()
        for case, is_ended in list(cases.items()):
            if is_ended:
                states["archived"] += 1
                continue
            facts = work.case_facts(case)
            states[facts["state"]] += 1
            if facts["state"] == "archived":
                cases[case] = True
            self._crowd.answer(case, facts)
            if cases[case] or facts["gates"]:
                self._gates_met.add(case)
        if not self._burst.at_gates and len(self._gates_met) == len(cases):
            self._burst.at_gates = time.monotonic() - began
        self._burst.states.append((time.monotonic() - began, dict(states)))
        return sum(cases.values())

    def _ask_health(self, ended: threading.Event) -> None:
        name, _, password = os.environ["PREFECT_API_AUTH_STRING"].partition(":")
        with httpx.Client(base_url=os.environ["PREFECT_API_URL"], auth=(name, password), timeout=30) as api:
            while not ended.wait(1):
                began = time.perf_counter()
                try:
                    well = api.get("/health").is_success
                except httpx.HTTPError:
                    well = False
                self._burst.health.append(time.perf_counter() - began if well else 30.0)


def _crowd(installation: Any) -> Any:
    """Operators without number, so that nobody waits for the next code."""
    from flows.demo import desk  # noqa: PLC0415  # after the server is known

    @dataclass
    class Crowd(desk.Desk):
        """Answers as the demo's operators do; each answer is somebody else's."""

        def free(self) -> tuple[Any, str]:
            """A new operator, with a code."""
            name, secret = f"operator-{len(self.operators)}", pyotp.random_base32()
            sealed = installation.seal_operator_secret(name, secret)
            roles = (OperatorRole.DPO, OperatorRole.LEGAL, OperatorRole.AGENT)
            installation.register.put_operator(Operator(name, roles, None, None, secret=sealed))
            self.operators.append(desk._Operator(name, secret))  # its own class
            return self.operators[-1], pyotp.TOTP(secret).now()

        _free = free

    return Crowd(tell=lambda _: None)


def _until(is_true: Any, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not is_true() and time.monotonic() < deadline:
        time.sleep(0.2)


def main(words: Sequence[str]) -> None:
    """Measure in a home of its own, and print it as JSON."""
    with TemporaryDirectory() as folder:
        home = Path(os.environ.get("RIGHTSFLOW_BURST_HOME", folder))
        home.mkdir(parents=True, exist_ok=True)
        print(json.dumps(asdict(_burst(int(words[0]), home))))


if __name__ == "__main__":
    main(sys.argv[1:])
