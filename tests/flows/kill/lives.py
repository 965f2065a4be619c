"""A process that lets cases live and die: it imports everything once, and forks a new process for each life.

Started as ``python -m tests.flows.kill.lives FOLDER``: makes a demo company in ``FOLDER/template``, then listens on the
Unix socket ``FOLDER/lives.sock``. One connection is one life: a line of JSON (:class:`Life`) comes in, a line of JSON
goes out, with ``status`` (how the process ended, negative: by that signal) and, where it lived to tell, what it left.
"""

import gc
import json
import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

import data_contracts
from data_contracts.company.contract import Contracts
from data_contracts.gates.gates import GateEntry
from data_contracts.odcs.folder import load
from data_contracts.vocabulary import Decision, Gate
from flows.settings import Settings
from flows.wiring import Installation
from integrations.demo import DemoCompany
from tasks.services import use
from tests.flows.company import NOW, OPERATORS, Clock, House, attest
from tests.flows.kill.aftermath import aftermath, values
from tests.flows.kill.content import content
from tests.flows.kill.copies import Copies
from tests.flows.kill.moments import Moments, Place
from tests.flows.kill.stories import STORIES
from tests.flows.kill.watched import equipped, watched

CUSTOMERS = 12
SYSTEMS = ("adtech", "crm", "marketing")
"""Two databases and a folder of files, with every way of erasing, holds, and references from one to another."""
ADDRESS = "lives.sock"
_LONGEST_SECONDS = 60

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Life:
    """What to live.

    Attributes:
        home: a copy of the template, perhaps one that a killed process left behind.
        name: which of the stories.
        death: the place to be killed at; empty to live.
        copies: places to take a copy of the home at; see :mod:`tests.flows.kill.copies`.
        copies_in: folder for the copies.
        found_out: what people answer at the gate of an uncertain mail.
        smtp_port: of the mail server on this machine; 0 for the outbox.
        again: begin each stage a second time, and tell what that changed.
    """

    home: str
    name: str
    death: Place | tuple[()] = ()
    copies: list[Place] = field(default_factory=list)
    copies_in: str = ""
    found_out: str = "sent"
    smtp_port: int = 0
    again: bool = False


@dataclass
class World:
    """What is the same for all lives."""

    template: Path
    contracts: Contracts
    company: DemoCompany
    known: frozenset[object] = frozenset()

    @contextmanager
    def house(self, home: Path, life: Life, moments: Moments | None = None) -> Iterator[House]:
        """An installation in ``home`` with its services in use, each effect watched where moments are given."""
        chosen = Settings(
            home=home,
            contracts=self.template.parent / "contracts",
            judge="plain",
            retry_attempts=1,
            retry_first_wait=timedelta(0),
            smtp_host="127.0.0.1" if life.smtp_port else "",
            smtp_port=life.smtp_port,
            smtp_security="none",
        )
        made = Installation(chosen, now=Clock())
        made.__dict__["contracts"] = self.contracts  # read once, not in each process
        with use(watched(made, moments) if moments else equipped(made)):
            yield House(made, self.company, Clock(), folder=home / "systems")
        made.close()


def live(world: World, life: Life) -> dict[str, Any]:
    """Register the request (again) and carry the case to its end; what it left behind."""
    home = Path(life.home)
    copies = Copies(home, Path(life.copies_in), frozenset((effect, number) for effect, number in life.copies))

    def reached(place: Place) -> None:
        copies.reached(place)
        if list(place) == list(life.death):
            os.kill(os.getpid(), signal.SIGKILL)

    moments = Moments(home, reached)
    changed: list[str] = []
    with world.house(home, life, moments) as house:
        case_id = _opened(house, life)
        while (entry := house.run(case_id)) is not None:
            if life.again:
                changed += _changed(home, f"waiting at {entry.gate}", lambda: house.run(case_id))
            answer(house, entry, life)
        if life.again:
            changed += _changed(home, "ended", lambda: house.run(case_id))
        left = aftermath(house.installation, case_id, world.known)
    taken = [[*place, copy] for place, copy in copies.taken.items()]
    return {"case_id": case_id, "recorded": moments.recorded, "left": left, "changed": changed, "copies": taken}


def answer(house: House, entry: GateEntry, life: Life) -> None:
    """Answer a gate as the story has it, and one about a mail as it was found out."""
    if entry.gate is Gate.UNCERTAIN_MAIL:
        house.answer(entry, Decision(life.found_out))
    else:
        STORIES[life.name].answer(house, entry)


def _opened(house: House, life: Life) -> str:
    story = STORIES[life.name]
    return house.open(story.right, request_key=life.name, **story.typed)


def _changed(home: Path, stage: str, again: Callable[[], object]) -> list[str]:
    """Files that are not as they were after the case was run again, and a third time."""
    before = content(home)
    again()
    again()
    after = content(home)
    return [f"{stage}: {name}" for name in sorted(before.keys() | after.keys()) if before.get(name) != after.get(name)]


def _made_world(folder: Path) -> World:
    """The demo company and its operators, once; and each life once, so that every process is forked warm."""
    template = folder / "template"
    contracts = _made_contracts(folder)
    setup = Installation(Settings(home=template, contracts=contracts, judge="plain"), now=Clock())
    company = setup.seed_demo(customers=CUSTOMERS, today=NOW.date(), progress=lambda _line: None)
    _shrink(template / "systems")
    attest(setup.register)
    house = House(setup, company, Clock(), folder=template / "systems")
    for name, roles in OPERATORS.items():
        house.hire(name, *roles)
    setup.ring.make(setup.own_key)  # by whoever set the home up: making them is tried by itself
    setup.close()
    world = World(template, load(contracts), company, values(template / "systems"))
    for name in (name for name, story in STORIES.items() if story.rehearsed):
        _rehearse(world, folder / "rehearsal", name)
    return world


def _made_contracts(folder: Path) -> Path:
    """The shipped contracts of :data:`SYSTEMS` alone."""
    contracts = folder / "contracts"
    (contracts / "systems").mkdir(parents=True)
    shipped = Path(data_contracts.__file__).parent
    for file in [*shipped.glob("*.yaml"), *(shipped / "systems" / f"{name}.odcs.yaml" for name in SYSTEMS)]:
        shutil.copy(file, contracts / file.relative_to(shipped))
    return contracts


def _shrink(systems: Path) -> None:
    """Leave the systems of the contracts, and few files: of a large dataset the newest month beside all older ones."""
    for place in [*systems.glob("*.db"), *systems.glob("*/")]:
        if place.stem not in SYSTEMS:
            shutil.rmtree(place) if place.is_dir() else place.unlink()
    for dataset in systems.glob("*/impression/"):
        *older, _newest = sorted(dataset.glob("*.parquet"))
        pq.write_table(pa.concat_tables(pq.read_table(file) for file in older), dataset / "older.parquet")
        for file in older:
            file.unlink()


def _rehearse(world: World, home: Path, name: str) -> None:
    shutil.copytree(world.template, home)
    life = Life(str(home), name)
    with world.house(home, life) as house:
        case_id = _opened(house, life)
        while (entry := house.run(case_id)) is not None:
            answer(house, entry, life)
        aftermath(house.installation, case_id, world.known)
    shutil.rmtree(home)


def _in_new_process(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What ``work`` tells from a process of its own, with how that process ended."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        signal.alarm(_LONGEST_SECONDS)
        told = json.dumps(work())
        with os.fdopen(writing, "w") as sink:
            sink.write(told)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as source:
        text = source.read()
    _, status = os.waitpid(child, 0)
    return {"status": os.waitstatus_to_exitcode(status), **(json.loads(text) if text else {})}


def _answer_call(connection: socket.socket, world: World) -> None:
    with connection, connection.makefile("rw") as stream:
        life = Life(**json.loads(stream.readline()))
        stream.write(json.dumps(_in_new_process(lambda: live(world, life))))


def serve(folder: Path) -> None:
    """Make the world, then serve lives until the process is ended."""
    world = _made_world(folder)
    gc.freeze()  # else each process looks for garbage in all that was imported: half of its time
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever serves a connection is nobody's to wait for
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / ADDRESS))
        listening.listen(16)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            connection, _ = listening.accept()
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _answer_call(connection, world)
                os._exit(0)
            connection.close()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
