"""The demo company, small, with two operators and a clock that stands still: cases are walked in this process."""

import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import pyarrow.dataset as ds
import pyotp

import data_contracts
from data_contracts.company.contract import Contracts
from data_contracts.connectors.connecting import Connector, Systems
from data_contracts.gates.gates import GateEntry
from data_contracts.gates.operators import Operator
from data_contracts.odcs.folder import load
from data_contracts.officer.entries import Entries, RegisterName
from data_contracts.vocabulary import Channel, Decision, Gate, OperatorRole, Right
from flows.rights.which import LIVES
from flows.runs.gates import WaitingForPerson
from flows.settings import Settings
from flows.wiring import Installation
from integrations.demo import DemoCompany
from integrations.register import upgrade
from tasks.gates.gates import Answer, answer_gate
from tasks.intake.receive import TypedRequest, register_request
from tasks.rules.act.reviewing import Reading
from tasks.search.review import seal_readings, texts_of, to_read
from tasks.services import Services, use
from tasks.steps.remembering import carried

CONTRACTS = Path(data_contracts.__file__).parent
NOW = datetime(2026, 3, 31, 10, tzinfo=UTC)
SQL = ("crm", "billing", "marketing", "support")
FILES = {"weblogs": ("access_log", "error_report"), "adtech": ("cookie", "impression")}
OPERATORS: Mapping[str, tuple[OperatorRole, ...]] = {
    "claire": (OperatorRole.DPO,),
    "marc": (OperatorRole.LEGAL,),
    "zoe": (OperatorRole.AGENT,),
}

Rows = dict[str, Counter[tuple[Any, ...]]]
"""Rows by ``system.table``, each as often as it is there."""


@dataclass
class Clock:
    """A clock that a test sets."""

    moment: datetime = NOW

    def __call__(self) -> datetime:
        """The moment it was set to."""
        return self.moment

    def advance(self, by: timedelta) -> None:
        """Set it on."""
        self.moment += by


@dataclass
class House:
    """An installation that tests walk cases through."""

    installation: Installation
    company: DemoCompany
    clock: Clock
    folder: Path
    secrets: dict[str, str] = field(default_factory=dict)
    opened: int = 0

    def hire(self, name: str, *roles: OperatorRole, **standing: Any) -> None:
        """Register an operator with a TOTP secret of their own."""
        secret = self.secrets.setdefault(name, pyotp.random_base32())
        sealed = self.installation.seal_operator_secret(name, secret)
        who = Operator(name, roles, valid_until=None, training_until=None, secret=sealed)
        self.installation.register.put_operator(replace(who, **standing))

    def code(self, name: str, *, steps: int = 0) -> str:
        """What the operator's authenticator shows, some 30 s steps from now."""
        return pyotp.TOTP(self.secrets[name]).at(self.clock() + steps * timedelta(seconds=30))

    def open(self, right: Right, **typed: Any) -> str:
        """The case id of a new request; the demo subject's by e-mail and cookie unless said otherwise."""
        self.opened += 1
        subject = self.company.subject
        request = TypedRequest(
            right=right,
            channel=Channel.LETTER,
            language="en",
            received_at=self.clock(),
            request_key=f"test-{self.opened}",
            identity={"email": [subject.email]} | ({"cookie_id": [subject.cookie_id]} if subject.cookie_id else {}),
            name=subject.name,
        )
        return register_request(replace(request, **typed)).case_id

    def run(self, case_id: str) -> GateEntry | None:
        """Carry the case on until it ends (None) or waits at a gate."""
        try:
            with carried(case_id):
                LIVES[self.installation.register.case(case_id).right](case_id)
        except WaitingForPerson as waiting:
            return waiting.entry
        return None

    def until(self, gate: Gate, case_id: str) -> GateEntry:
        """The case's gate of that kind, open, all before it answered with yes."""
        while (entry := self.run(case_id)) is not None and entry.gate is not gate:
            self.agree(entry)
        assert entry is not None, f"the case ended before gate {gate}"
        return entry

    def walk(self, case_id: str) -> str:
        """The outcome of a case whose gates are all answered with yes."""
        while (entry := self.run(case_id)) is not None:
            self.agree(entry)
        return self.outcome(case_id)

    def agree(self, entry: GateEntry) -> GateEntry:
        """Answer a gate with yes, by whoever may next; texts are read, letters posted, recipients told by hand."""
        if entry.gate is Gate.REVIEW and Decision.APPROVE not in entry.options:
            self.read_texts(entry.case_id)
            return entry  # the next run asks whether they may go out as decided
        by_hand = {Gate.RECIPIENT: (Decision.BY_HAND, "TOLD-1"), Gate.POSTING: (Decision.SENT, "RAR-1")}
        if entry.gate in by_hand:
            decision, reference = by_hand[entry.gate]
            return self.answer(entry, decision, reference=reference)
        who = next(name for name in ("claire", "marc") if name not in {a.operator for a in entry.answers})
        # The surest way for a rectification: on any other, a contact that changes waits some days.
        is_rectification = self.installation.register.case(entry.case_id).right is Right.RECTIFICATION
        way = "eid" if is_rectification else "call_back"
        reference = way if entry.gate is Gate.IDENTITY else ""
        return self.answer(entry, Decision.APPROVE, who=who, reference=reference)

    def read_texts(self, case_id: str, **decided: Reading) -> str:
        """Decide about every text: release it, unless ``decided`` says otherwise by column and number (``note_2``)."""
        readings = {
            column: [
                (number, decided.get(f"{column.rpartition('.')[2]}_{number}", Reading("release")))
                for number, _ in texts_of(case_id, column)
            ]
            for column in to_read(case_id)
        }
        return seal_readings(case_id, readings, "claire", "local-account:test")

    def answer(self, entry: GateEntry, decision: Decision, *, who: str = "claire", **said: str) -> GateEntry:
        """Answer a gate, the operating system's account being the proof."""
        return answer_gate(entry, Answer(who, decision, **said), local_account="test")

    def gate(self, case_id: str, gate: Gate, subject: str = "") -> GateEntry:
        """The newest gate of that kind."""
        entry = self.installation.register.gate(case_id, gate, subject)
        assert entry is not None
        return entry

    def outcome(self, case_id: str) -> str:
        """How the case ended; empty while it is open."""
        return self.installation.register.case(case_id).outcome

    def states(self, case_id: str) -> list[str]:
        """Where the case stood, first to last."""
        return [move.to.value for move in self.installation.register.timeline(case_id)]

    def mails(self) -> list[str]:
        """Subject and text of every mail in the outbox, oldest first, on one line each."""
        files = sorted((self.installation.settings.state / "outbox").glob("*.eml"), key=lambda f: f.stat().st_mtime_ns)
        return [_words(file.read_bytes()) for file in files]

    def outbox(self, ending: str) -> dict[str, bytes]:
        """Files of the outbox with that ending, by what they are named after."""
        return {
            file.stem: file.read_bytes() for file in (self.installation.settings.state / "outbox").glob(f"*.{ending}")
        }

    def plan(self, case_id: str) -> list[dict[str, Any]]:
        """The lines of the case's plan."""
        entry = self.installation.register.step(case_id, "plan")
        assert entry is not None
        plan: Any = entry.receipt["plan"]
        return list(plan["lines"])

    def database(self, system: str) -> Path:
        """The file of a SQLite system."""
        return self.folder / f"{system}.db"

    def ask(self, system: str, query: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a statement to a SQLite system, committed."""
        with closing(sqlite3.connect(self.database(system))) as connection, connection:
            return connection.execute(query, values).fetchall()

    def rows(self) -> Rows:
        """Every row of every system."""
        found = {f"{s}.{t}": rows for s in SQL for t, rows in sqlite_rows(self.database(s)).items()}
        for system, tables in FILES.items():
            for table in tables:
                batches = ds.dataset(self.folder / system / table, format="parquet").to_table().to_pylist()
                found[f"{system}.{table}"] = Counter(tuple(row.values()) for row in batches)
        return found


def sqlite_rows(file: Path) -> Rows:
    """Every row of every table of a SQLite database."""
    with closing(sqlite3.connect(file)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: Counter(connection.execute(f"SELECT * FROM [{name}]").fetchall()) for name in names}  # noqa: S608  # names from the catalogue


def lost(before: Rows, after: Rows) -> Rows:
    """Rows that are no longer as they were, by table; tables without a change are left out."""
    return {table: gone for table, rows in before.items() if (gone := rows - after[table])}


class Recording:
    """Connectors by system name, that notes who asked for one, and lets a test put another in its place."""

    def __init__(self, systems: Systems) -> None:
        self.asked: list[str] = []
        self.instead: dict[str, Callable[[Connector], Passing]] = {}
        self._systems = systems

    def connector(self, system: str) -> Connector:
        """The system's connector, or what the test put in its place."""
        self.asked.append(system)
        connector = self._systems.connector(system)
        if system not in self.instead:
            return connector
        passing: Any = self.instead[system](connector)
        return cast("Connector", passing)

    def names(self) -> list[str]:
        """Systems of the contracts."""
        return self._systems.names()

    def hang_up(self) -> None:
        """Give back every connection, as when a server goes away or the process is another one."""
        for name in self.names():
            self._systems.connector(name).close()


class Passing:
    """A connector that passes everything on; a test overrides what shall go wrong."""

    def __init__(self, connector: Connector) -> None:
        self.inner = connector
        self.system = connector.system

    def __getattr__(self, name: str) -> Any:
        """Whatever is not overridden."""
        return getattr(self.inner, name)


def provided(services: Services) -> tuple[Recording, Services]:
    """The same services with recorded systems."""
    recording = Recording(services.systems)
    return recording, replace(services, systems=recording)


def a_house(
    home: Path, company: DemoCompany, contracts: Path = CONTRACTS, *, register_url: str = ""
) -> Iterator[tuple[House, Recording]]:
    """A house in ``home``, its services in use until the generator is closed."""
    clock = Clock()
    chosen = Settings(home=home, contracts=contracts, judge="plain", retry_attempts=1, register_url=register_url)
    if not register_url:
        _put_register(chosen.state)
    made = _installed(chosen, clock)
    recording, services = provided(made.services)
    attest(made.register)
    with use(services):
        house = House(made, company, clock, folder=home / "systems")
        for name, roles in OPERATORS.items():
            house.hire(name, *roles)
        yield house, recording
    made.close()


def another(house: House, home: Path) -> Iterator[House]:
    """A house that stands as another stood when it was closed, in ``home``, its services in use."""
    shutil.copytree(house.folder.parent, home, dirs_exist_ok=True)
    clock = Clock(house.clock())
    made = _installed(house.installation.settings.model_copy(update={"home": home}), clock)
    with use(made.services):
        yield House(made, house.company, clock, home / "systems", dict(house.secrets), house.opened)
    made.close()


def _installed(chosen: Settings, clock: Clock) -> Installation:
    made = Installation(chosen, now=clock)
    vars(made)["contracts"] = _contracts(chosen.contracts)  # read once for all tests: it is most of the work here
    return made


def _put_register(state: Path) -> None:
    """Put an empty register there, unless there is one: migrating one for each test is a tenth of their time."""
    file = state / "register.db"
    if not file.exists():
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600)
        file.write_bytes(_empty_register())


@cache
def _empty_register() -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "register.db"
        upgrade(f"sqlite:///{file}")
        return file.read_bytes()


def attest(register: Entries) -> None:
    """Every processor of the shipped vocabulary has the contract of Art. 28(3), without end."""
    for party in ("printco", "mailer", "helpdeskco", "cloudlog"):
        facts = {"kind": "dpa", "reference": "DPA-1", "valid_from": "2020-01-01"}
        register.put_entry(RegisterName.PROCESSORS, f"{party}/dpa", facts, actor="test")


@cache
def _contracts(folder: Path) -> Contracts:
    return load(folder)


def _words(raw: bytes) -> str:
    message = message_from_bytes(raw, policy=policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    return " ".join(f"{message['Subject']} {body.get_content()}".split())  # lines are broken where they are full


__all__ = [
    "FILES",
    "NOW",
    "SQL",
    "Clock",
    "House",
    "Passing",
    "Recording",
    "a_house",
    "another",
    "attest",
    "lost",
    "sqlite_rows",
]


class Always:
    """Stands for the context variable of the open installation."""

    def __init__(self, house: House) -> None:
        self.house = house

    def get(self) -> Installation:
        """The house's installation."""
        return self.house.installation
