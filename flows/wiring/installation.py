"""One installation: its register, its keys, and the services that tasks ask; each is opened when it is first used."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from data_contracts.company.company import Organisation
from data_contracts.company.contract import Contracts
from data_contracts.errors import SettingsInvalid
from data_contracts.gates.passkeys import PasskeyCheck
from data_contracts.odcs.reading.company_files import load_organisation, load_policy
from data_contracts.ports.key_marks import KeyKind
from data_contracts.ports.sealed_rows import operator_context
from flows.home.key_ring import KeyRing
from flows.home.private import keep_private
from flows.home.secrets import KeptCredentials
from flows.settings import Settings
from flows.wiring.addresses import Addresses
from flows.wiring.keys import (
    LateSigner,
    MasterKey,
    Rotation,
    close_file,
    master_key,
    own_key,
    rotate,
)
from integrations.intake.mail_reading import read_mail
from integrations.register.register import SqlRegister
from integrations.register.schema import upgrade
from tasks.rules.search.routes import plan_routes
from tasks.services import Late, Retry, Services

if TYPE_CHECKING:
    from flows.wiring.demo import DemoCompany
    from flows.wiring.evidence import Evidence, EvidenceShelf, Verification
    from flows.wiring.pages import Pages
    from flows.wiring.sending import HttpRecipients, Sending
    from flows.wiring.systems import DirectorySystems, LiveSystems
    from flows.wiring.vault import SealedVault


def utc_now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)


@dataclass
class Installation:
    """One installation's adapters, each made when first asked for."""

    settings: Settings
    now: Callable[[], datetime] = utc_now
    _held: ExitStack = field(default_factory=ExitStack, init=False)

    @cached_property
    def contracts(self) -> Contracts:
        """The checked contracts."""
        return self._checked()

    @cached_property
    def organisation(self) -> Organisation:
        """Who the organisation is."""
        return load_organisation(self.settings.contracts)

    @cached_property
    def ring(self) -> KeyRing:
        """The keys against what the register knows of them."""
        return KeyRing(self._keys, self)

    @cached_property
    def signer(self) -> LateSigner:
        """Signs evidence; its key is made when a new installation signs first."""
        return LateSigner(self._keys / "evidence", may_make=self.ring.may_make, made=self.ring.made_signer)

    @cached_property
    def master(self) -> MasterKey:
        """The master key; its file is made when a new installation seals first."""
        given, service = self.settings.master_key.get_secret_value(), self.settings.master_key_kms
        return master_key(self._keys / "master.json", given=given, service=service, making=self.ring)

    @cached_property
    def register(self) -> SqlRegister:
        """The case database, whose keys are there and are its own."""
        self.ring.look()
        return self.kept

    @cached_property
    def kept(self) -> SqlRegister:
        """The case database, before its keys are looked at."""
        keep_private(self.settings.state)
        self._held.enter_context(self.settings.holding_register())
        upgrade(self.settings.register)
        return SqlRegister(self.settings.register, signer=self.signer, clock=self.now, witness=self.ring.witness)

    @cached_property
    def services(self) -> Services:
        """Everything tasks need."""
        return Services(
            contracts=Late(lambda: self.contracts),
            routes=Late(lambda: plan_routes(self.contracts)),
            organisation=self.organisation,
            policy=load_policy(self.settings.contracts),
            register=self.register,
            vault=Late(self._vault),
            systems=Late(lambda: self._systems),
            channel=Late(lambda: self._sending.channel(self.organisation)),
            recipients=Late(self._recipients),
            forwarding=Late(lambda: self._sending.forwarding),
            package=Late(lambda: self.pages.package(self.contracts)),
            reports=Late(lambda: self.pages.reports),
            judge=Late(lambda: self._live.judge(self.settings.judge)),
            values=Late(lambda: self._live.values(self.contracts, judged=self.settings.judge != "plain")),
            audit_words=Late(lambda: self.pages.audit),
            chain_faults=self._chain_faults,
            transfers=Late(lambda: self._sending.transfers),
            open_secret=self.master.open,
            seal_secret=self.master.seal,
            pseudonym_key=lambda: self.own_key(KeyKind.PSEUDONYM),
            door_key=lambda: self.own_key(KeyKind.DOOR),
            read_mail=read_mail,
            now=self.now,
            under=self._under,
            site_url=self.settings.site_url.rstrip("/"),
            desk_url=self.settings.desk_url.rstrip("/"),
            passkeys=Late(self._passkeys),
            retry=Retry(self.settings.retry_attempts, self.settings.retry_first_wait),
        )

    @contextmanager
    def _under(self, provided: Services, files: Mapping[str, str]) -> Iterator[Services]:
        """The services under contracts that were kept."""
        kept = self._checked(files)
        with closing(self._live.directory(kept)) as systems:
            package = self.pages.package(kept)
            yield provided.but(contracts=kept, routes=plan_routes(kept), systems=systems, package=package)

    @cached_property
    def pages(self) -> "Pages":
        """Documents in words."""
        from flows.wiring.pages import Pages  # noqa: PLC0415  # a command loads what it uses

        return Pages(self.organisation)

    def system_urls(self, contracts: Contracts | None = None) -> dict[str, str]:
        """Connection by system name: a credential of ours, else the embedded demo systems, else a Secret block."""
        return self.addresses.of(contracts or self.contracts)

    @cached_property
    def addresses(self) -> Addresses:
        """Where systems are."""
        return Addresses(self._demo_folder, self.credentials)

    @cached_property
    def credentials(self) -> KeptCredentials:
        """What connects us to systems and recipients."""
        return KeptCredentials(self.register, self.master.open)

    @property
    def is_demo_contracts(self) -> bool:
        """Whether the contracts are those of the demo company that ships with the software."""
        return bool(self.settings.contracts.resolve() == Settings.model_fields["contracts"].default.resolve())

    def seal_operator_secret(self, name: str, secret: str) -> bytes:
        """An operator's TOTP secret, sealed with the master key."""
        return self.master.seal(secret.encode(), operator_context(name))

    def close_master_key(self) -> None:
        """Have the key management service of the settings close the master key's file."""
        close_file(self._keys / "master.json", self.settings.master_key_kms)

    def rotate_master_key(self) -> Rotation:
        """A new master key; every data key, operator secret and the pseudonym key are wrapped anew."""
        files = {str(name): self._keys / name for name in (KeyKind.PSEUDONYM, KeyKind.DOOR)}
        return rotate(self.master, data_keys=self.register, register=self.register, files=files)

    def rotate_signing_key(self) -> str:
        """A new key that signs evidence, its name; what the old ones signed goes on to verify."""
        return self.ring.exchanged_signer(self._evidence.exchanged_signer(self.ring.marked))

    @property
    def evidence(self) -> "EvidenceShelf":
        """The evidence of cases and runs."""
        return self._evidence.shelf

    @cached_property
    def _evidence(self) -> "Evidence":
        from flows.wiring.evidence import Evidence  # noqa: PLC0415  # a command loads what it uses

        return Evidence(self._keys / "evidence", self.register, self.settings)

    def verify_case(self, case_id: str) -> "Verification":
        """Verify the evidence of a case in the register with this installation's public keys."""
        return self.evidence.verify(case_id)

    def export_case(self, case_id: str, file: Path) -> None:
        """Write the evidence of a case to a file that can be verified anywhere."""
        self.evidence.export(case_id, file)

    def seed_demo(self, *, customers: int, today: date, progress: Callable[[str], None]) -> "DemoCompany":
        """Write the demo company's systems into the home.

        Raises:
            SettingsInvalid: when the disk is full.
        """
        from flows.wiring.demo import seed  # noqa: PLC0415  # half a second that only the demo shall cost

        try:
            return seed(self._demo_folder, customers=customers, today=today, progress=progress)
        except sqlite3.Error:
            what = "the demo company's databases cannot be written"
            remedy = "make room on the disk (about 100 MB), or set RIGHTSFLOW_HOME to another folder"
            raise SettingsInvalid(what, where=str(self._demo_folder), remedy=remedy) from None

    def own_key(self, name: str) -> bytes:
        """A key of the organisation's own; made when it is used first."""
        return self.ring.own(name, lambda file: own_key(self.master, file))

    def close(self) -> None:
        """Give back connections."""
        if "_systems" in self.__dict__:
            self._systems.close()
        if "kept" in self.__dict__:
            self.ring.settle()
            self.kept.close()
        self._held.close()

    def _chain_faults(self, name: str) -> int:
        return self._evidence.chain_faults(name)

    def _checked(self, files: Mapping[str, str] | None = None) -> Contracts:
        """The contracts of files that were kept, else as the folder has them now."""
        from flows.home.contract_cache import contracts_from, contracts_of  # noqa: PLC0415  # imports every check

        return contracts_of(self.settings.contracts) if files is None else contracts_from(tuple(sorted(files.items())))

    @property
    def _keys(self) -> Path:
        return self.settings.state / "keys"

    @property
    def _demo_folder(self) -> Path:
        return self.settings.state / "systems"

    @cached_property
    def _systems(self) -> "DirectorySystems":
        return self._live.directory(self.contracts)

    @cached_property
    def _live(self) -> "LiveSystems":
        from flows.wiring.systems import LiveSystems  # noqa: PLC0415  # a command loads what it uses

        return LiveSystems(self.addresses, self.organisation.time_zone)

    @cached_property
    def _sending(self) -> "Sending":
        from flows.wiring.sending import Sending  # noqa: PLC0415  # a command loads what it uses

        return Sending(self.settings, self.credentials, self.now)

    def _vault(self) -> "SealedVault":
        from flows.wiring.vault import SealedVault  # noqa: PLC0415  # a command loads what it uses

        return SealedVault(self.settings.vault, data_keys=self.register, master=self.master)

    def _recipients(self) -> "HttpRecipients":
        """Recipients' interfaces; in the demo company, where none is real, messages to them go to the outbox."""
        return self._sending.recipients(self.contracts.vocabulary.parties, real=not self.is_demo_contracts)

    def _passkeys(self) -> PasskeyCheck | None:
        from flows.wiring.passkeys import passkey_check  # noqa: PLC0415  # a command loads what it uses

        return passkey_check(self.organisation.name, *self.settings.passkey_place)
