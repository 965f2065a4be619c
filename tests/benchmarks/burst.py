"""A burst of requests through ``rightsflow up``: all rights mixed, gates answered by people as they open.

``rightsflow up`` runs as a process of its own, as an operator starts it. This process registers the requests at once,
verifies identities, answers gates, and asks the Prefect server each second whether it is well. Run alone as
``python -m tests.benchmarks.burst 50``; ``python -m tests.benchmarks.burst 50 --kill`` kills server, worker, database
and ``up`` itself on the way, each once, and starts ``up`` anew.
"""

import base64
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from subprocess import PIPE
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pyotp

from data_contracts.case.request import FieldChange, Statement
from data_contracts.errors import SystemUnavailable
from data_contracts.gates.operators import Operator
from data_contracts.vocabulary import Channel, OperatorRole, RestrictionGround, Right
from flows.operator.details import Details
from tests.benchmarks.figures import Figure
from tests.prefect.marks import customers

__all__ = ["measure"]

_CUSTOMERS = 2_000
_PATIENCE_SECONDS = 1_800
_KILLED = ("server", "database", "worker", "up")
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
    killed: list[str] = field(default_factory=list)
    ends: dict[str, str] = field(default_factory=dict)
    """Outcome by case."""
    faults: list[str] = field(default_factory=list)
    """What is wrong with the evidence of a case, and notices that left twice."""


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


@dataclass
class Up:
    """``rightsflow up`` as somebody starts it, also anew after it was killed."""

    home: Path
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        """Start it, and wait until it serves."""
        (self.home / "server.url").unlink(missing_ok=True)
        words = [sys.executable, "-c", "from flows.cli import app; app()", "up", "--port", "0", "--site-port", "0"]
        with (self.home / "up.log").open("ab") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        _until(lambda: (self.home / "server.url").exists() or self.process.poll() is not None, 300)

    def end(self) -> None:
        """End it, as whoever runs it as a service does."""
        self.process.terminate()  # what is started in the background ignores Ctrl-C
        self.process.wait(120)

    def kill(self, part: str) -> None:
        """Kill a part of it at once, or all of it."""
        if part == "up":
            self.process.kill()
            self.process.wait()
            self.start()
        elif part == "database":
            os.kill(
                int((self.home / "database" / "data" / "postmaster.pid").read_text().split("\n")[0]), signal.SIGKILL
            )
        else:
            for process in self._processes(f"prefect\0{part}\0start"):
                os.kill(process, signal.SIGKILL)

    def _processes(self, words: str) -> list[int]:
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                is_ours = f"RIGHTSFLOW_HOME={self.home}".encode() in (place / "environ").read_bytes().split(b"\0")
                if is_ours and words.encode() in (place / "cmdline").read_bytes():
                    found.append(int(place.name))
        return found


@contextmanager
def rightsflow_up(home: Path) -> Iterator[Up]:
    """``rightsflow up`` until the block ends."""
    up = Up(home)
    up.start()
    try:
        yield up
    finally:
        up.end()


def _burst(requests: int, home: Path, kills: Sequence[str]) -> Burst:
    os.environ["RIGHTSFLOW_HOME"] = str(home)
    os.environ.setdefault("RIGHTSFLOW_JUDGE", "plain")
    from flows import wiring  # noqa: PLC0415  # its settings are read when it is imported
    from flows.server.places import join  # noqa: PLC0415  # as above
    from flows.settings import settings  # noqa: PLC0415  # as above

    installation = wiring.Installation(settings())
    installation.seed_demo(customers=_CUSTOMERS, today=datetime.now(UTC).date(), progress=lambda _: None)
    installation.close()
    with rightsflow_up(home) as up:
        join(settings())
        with wiring.opened() as opened:
            return _People(opened, requests, up, kills).work_through()


class _People:
    """Everybody who asks, and who answers."""

    def __init__(self, installation: Any, requests: int, up: Up, kills: Sequence[str]) -> None:
        self._installation = installation
        self._up, self._kills = up, list(kills)
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
        steps = len(self._kills) + 1
        while len(cases) > (ended_cases := self._answered(cases, began)):
            if self._kills and ended_cases * steps >= len(cases) * (len(self._burst.killed) + 1):
                self._kill(self._kills.pop(0))
            if time.monotonic() - began > _PATIENCE_SECONDS:
                break
            time.sleep(0.5)
        self._burst.ended = time.monotonic() - began
        self._burst.load = os.getloadavg()[0]
        ended.set()
        asking.join(30)
        self._look_at_ends(list(cases))
        return self._burst

    def _answered(self, cases: dict[str, bool], began: float) -> int:
        """:meth:`_answer_all`; while a database is away an operator tries again."""
        try:
            return self._answer_all(cases, began)
        except SystemUnavailable:
            return sum(cases.values())

    def _kill(self, part: str) -> None:
        from prefect.context import refresh_global_settings_context  # noqa: PLC0415  # after the server is known

        self._up.kill(part)
        self._burst.killed.append(part)
        if part == "up":
            os.environ["PREFECT_API_URL"] = (self._up.home / "server.url").read_text().strip()
            os.environ["PREFECT_API_AUTH_STRING"] = (self._up.home / "keys" / "prefect-secret").read_text()
            refresh_global_settings_context()

    def _look_at_ends(self, cases: list[str]) -> None:
        """How each case ended, whether its evidence is whole, and whether any notice left twice."""
        register = self._installation.register
        self._burst.ends = {case: register.case(case).outcome for case in cases}
        for case in cases:
            verified = self._installation.verify_case(case)
            self._burst.faults += [f"{case}: {one}" for one in verified.findings]
            envelopes, _ = register.evidence(case)
            told = Counter(
                (predicate["step"], predicate["system"])
                for one in envelopes
                if (predicate := json.loads(base64.b64decode(str(one["payload"])))["predicate"])
                and predicate["step"].startswith("notice.")
            )
            self._burst.faults += [f"{case}: {step} {times} times" for (step, _), times in told.items() if times > 1]

    def _register(self) -> dict[str, bool]:
        from flows.operator import answering, opening  # noqa: PLC0415  # after the server is known

        systems = self._installation.settings.state / "systems"
        people = customers(systems, but=set())[: self._burst.cases]
        cases = {}
        for place, (right, number) in enumerate(zip(cycle(_ASKED), people, strict=False)):
            typed = opening.Typed(
                right,
                Channel.EMAIL,
                "fr",
                "",
                "Somebody",
                f"burst-{place}",
                {"customer_no": [number]},
                _ASKED[right](place),
            )
            cases[str(opening.open_request(typed)["case"])] = False
        for case in cases:
            operator, code = self._crowd.free()
            answering.verify_identity(case, "eid", operator=operator.name, code=code)
        return cases

    def _answer_all(self, cases: dict[str, bool], began: float) -> int:
        """Answer what is open; how many cases have ended."""
        from flows.operator import cases as work  # noqa: PLC0415  # as above

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
        with httpx.Client(timeout=30) as api:
            while not ended.wait(1):
                name, _, password = os.environ["PREFECT_API_AUTH_STRING"].partition(":")
                began = time.perf_counter()
                try:
                    well = api.get(f"{os.environ['PREFECT_API_URL']}/health", auth=(name, password)).is_success
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
        kills = _KILLED if "--kill" in words else ()
        print(json.dumps(asdict(_burst(int(words[0]), home, kills))))


if __name__ == "__main__":
    main(sys.argv[1:])
