"""One home that lives for years: opened, killed and restored, under contracts and people that change.

What can happen to it is here; what must hold whatever happens is in :mod:`tests.years.truths`.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from data_contracts.case.request import FieldChange, Statement
from data_contracts.errors import RightsflowError, SettingsInvalid
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import OperatorRole, RestrictionGround, Right
from flows.operator import recovering
from flows.rights.which import LIVES
from flows.runs.gates import WaitingForPerson
from flows.runs.leases import carrying
from flows.settings import Settings
from flows.wiring import Installation
from integrations.demo import DemoCompany
from tasks.services import use
from tests.flows.company import Clock, House, _contracts, _put_register
from tests.whose.town import NOBODY
from tests.years.mortal import Mortal, mortal_services
from tests.years.postbox import Postbox
from tests.years.shop import ANA, contracts_of, make_systems

_COMPANY: Final = DemoCompany(urls={}, subject=NOBODY, relative=NOBODY, rows={})
OPERATORS: Final = {
    "claire": (OperatorRole.DPO,),
    "marc": (OperatorRole.LEGAL,),
    "lea": (OperatorRole.DPO,),
    "zoe": (OperatorRole.AGENT,),
}
_ASKED: Final = {
    Right.RECTIFICATION: Statement(changes=[FieldChange(field="shop.members.words", value="put right")]),
    Right.RESTRICTION: Statement(restriction_ground=RestrictionGround.ACCURACY),
    Right.OBJECTION: Statement(direct_marketing=True),
}
_REGISTER: Final = "register.db"
_STEP: Final = timedelta(seconds=30)
"""A code is taken once."""


@dataclass(frozen=True)
class Copy:
    """A copy of a register, and what was known when it was taken.

    Attributes:
        file: where it lies.
        newest: the newest record of evidence.
        cases: cases that it knows.
        moment: the number of the step.
    """

    file: Path
    newest: object
    cases: frozenset[str]
    moment: int


@dataclass
class World:
    """A home and who works with it; closed for good at the end.

    Attributes:
        folder: of this world alone.
        shared: where contracts lie that all worlds read.
        postbox: the mail server.
        recovery_days: how long the company keeps what it erased.
    """

    folder: Path
    shared: Path
    postbox: Postbox
    recovery_days: int
    variant: str = "as it was"
    clock: Clock = field(default_factory=Clock)
    mortal: Mortal = field(default_factory=Mortal)
    secrets: dict[str, str] = field(default_factory=dict)
    copies: list[Copy] = field(default_factory=list)
    lost: dict[Path, bytes] = field(default_factory=dict)
    """Blobs of the vault that were lost, by file."""
    refusal: str = ""
    """Why the home is not opened; empty while it is open."""
    moment: int = 0
    opened: int = 0
    _open: ExitStack = field(default_factory=ExitStack)
    _house: House | None = None

    # --- opening and closing -------------------------------------------------------------------------------------

    @property
    def home(self) -> Path:
        """The home."""
        return self.folder / "home"

    @property
    def systems(self) -> Path:
        """Where the company's databases lie."""
        return self.home / "systems"

    @property
    def vault(self) -> Path:
        """Where sealed blobs lie."""
        return self.home / "vault"

    @property
    def house(self) -> House:
        """The open home."""
        assert self._house is not None, self.refusal
        return self._house

    @property
    def is_open(self) -> bool:
        """Whether it is."""
        return self._house is not None

    def begin(self) -> None:
        """Make the home, with its operators, and open it."""
        make_systems(self.systems)
        _put_register(self.home)
        self.open()
        for name, roles in OPERATORS.items():
            self.house.hire(name, *roles)

    def settings(self) -> Settings:
        """As the home is configured."""
        return Settings(
            home=self.home,
            contracts=contracts_of(self.shared, self.variant, self.recovery_days),
            judge="plain",
            retry_attempts=1,
            retry_first_wait=timedelta(0),
            smtp_host="127.0.0.1",
            smtp_port=self.postbox.port,
            smtp_security="none",
        )

    def installation(self, chosen: Settings | None = None) -> Installation:
        """An installation of the home as it is now configured; not opened yet."""
        chosen = chosen or self.settings()
        made = Installation(chosen, now=self.clock)
        vars(made)["contracts"] = _contracts(chosen.contracts)
        return made

    def open(self) -> None:
        """Open the home as the next process does; why not stands in ``refusal``."""
        made, self.mortal = self.installation(), Mortal(away=self.mortal.away)
        try:
            _ = made.register
        except SettingsInvalid as refused:
            self.refusal = str(refused)
            made.close()
            return
        self.refusal = ""
        self._open.callback(made.close)
        self._open.enter_context(use(mortal_services(made, self.mortal)))
        self._house = House(made, _COMPANY, self.clock, folder=self.systems, secrets=self.secrets, opened=self.opened)

    def close(self) -> None:
        """End the process that has the home open, in order."""
        self._house = None
        self._open.close()
        self._open = ExitStack()

    def reopen(self) -> None:
        """Another process."""
        self.close()
        self.open()

    def bury(self) -> None:
        """The process that had the home open died: it settles nothing any more."""
        if self._house is not None:
            made = self._house.installation
            made.ring.settle = lambda: None  # type: ignore[method-assign]  # as above
        self.close()

    # --- cases ---------------------------------------------------------------------------------------------------

    def request(self, right: Right) -> str:
        """The case id of a new request of the data subject."""
        self.opened += 1
        statement = _ASKED.get(right, Statement())
        return self.house.open(right, identity={"email": [ANA]}, name="Ana Example", statement=statement)

    def walk(self, case_id: str) -> GateEntry | str:
        """Carry a case on: the gate that it waits at, how it ended, or what it says that stops it.

        Raises:
            Exception: which is no error of ours, and no reader's.
        """
        right = self.house.installation.register.case(case_id).right
        try:
            with carrying(case_id):
                return LIVES[right](case_id)
        except WaitingForPerson as waiting:
            return waiting.entry
        except RightsflowError as told:
            return f"told: {told}"

    # --- copies, and their coming back ---------------------------------------------------------------------------

    def copy_register(self, cases: frozenset[str]) -> None:
        """Keep a copy of the register as it is now, which goes on meanwhile."""
        file = self.folder / f"register.{len(self.copies)}"
        with closing(sqlite3.connect(self.home / _REGISTER)) as ours, closing(sqlite3.connect(file)) as kept:
            ours.backup(kept)
        self.copies.append(Copy(file, self.newest(), cases, self.moment))

    def put_register_back(self, copy: Copy) -> None:
        """Put a copy in the register's place, and open the home; the newest register is kept aside."""
        shutil.copy(self.home / _REGISTER, self.folder / "newest")
        self._put_register(copy.file)
        self.open()

    def put_newest_back(self) -> None:
        """Put the newest register in its place again."""
        self.close()
        self._put_register(self.folder / "newest")
        self.open()

    def _put_register(self, file: Path) -> None:
        for ending in ("", "-wal", "-shm"):
            (self.home / f"{_REGISTER}{ending}").unlink(missing_ok=True)
        shutil.copy(file, self.home / _REGISTER)

    def newest(self) -> object:
        """The newest record of evidence, by plain SQL."""
        with closing(sqlite3.connect(self.home / _REGISTER)) as register:
            newest = register.execute("SELECT case_id, seq, record FROM log_leaf ORDER BY leaf_id DESC LIMIT 1")
            return newest.fetchone()

    def recover(self, case_id: str = "", **said: str) -> dict[str, Any]:
        """Run ``rightsflow recover`` in a process of its own."""
        self.clock.advance(_STEP)
        chosen = self.settings()
        with _patched(recovering, "settings", lambda: chosen), _patched(recovering, "Installation", self.installation):
            return recovering.recovered(case_id, **{"operator": "", "code": "", "reference": ""} | said)

    def code(self, name: str) -> str:
        """What an operator's authenticator shows."""
        return House(None, _COMPANY, self.clock, self.systems, self.secrets).code(name)  # type: ignore[arg-type]  # needs no installation

    # --- the vault -----------------------------------------------------------------------------------------------

    def blobs(self) -> dict[Path, bytes]:
        """Every sealed blob, by file."""
        return {file: file.read_bytes() for file in sorted(self.vault.rglob("*")) if file.is_file()}

    def put_vault_back(self, blobs: dict[Path, bytes]) -> None:
        """Have the vault hold these blobs alone; what it loses is remembered."""
        now = self.blobs()
        self.lost |= {file: content for file, content in now.items() if blobs.get(file) != content}
        for file in now.keys() - blobs.keys():
            file.unlink()
        self._write(blobs)

    def lose(self, file: Path) -> None:
        """Lose one blob."""
        self.lost[file] = file.read_bytes()
        file.unlink()

    def find_lost(self) -> None:
        """Bring lost blobs back, as they were last."""
        self._write(self.lost)
        self.lost = {}

    @staticmethod
    def _write(blobs: dict[Path, bytes]) -> None:
        for file, content in blobs.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)

    # --- people --------------------------------------------------------------------------------------------------

    def in_force(self) -> list[str]:
        """Operators who may answer something today."""
        now, known = self.clock(), self.house.installation.register.operators()
        return [one.name for one in known if one.is_active and (one.valid_until is None or now < one.valid_until)]

    def change_operator(self, name: str, **standing: Any) -> None:
        """Change something of an operator's standing."""
        known = self.house.installation.register.operator(name)
        assert known is not None
        self.house.installation.register.put_operator(replace(known, **standing))


@contextmanager
def _patched(place: Any, name: str, value: object) -> Iterator[None]:
    """A name of a module, for the time of the block."""
    kept = getattr(place, name)
    setattr(place, name, value)
    try:
        yield
    finally:
        setattr(place, name, kept)
