"""Joins ports and adapters: the one module that imports integrations. All is opened lazily, by what is used."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from data_contracts.case.judging import Judge
from data_contracts.company.contract import Contracts
from data_contracts.errors import SettingsInvalid
from data_contracts.evidence.log import EVIDENCE_LOG
from data_contracts.odcs.folder import load_organisation, load_policy
from data_contracts.ports.credentials import connection_variable, recipient_variable
from data_contracts.ports.key_marks import KeyKind
from data_contracts.ports.sealed_rows import operator_context
from flows.home.contract_cache import contracts_from, contracts_of
from flows.home.key_ring import KeyRing
from flows.home.private import keep_private
from flows.home.secrets import KeptCredentials, secret_block
from flows.settings import Settings, settings
from integrations import evidence as evidence_files
from integrations.channels.package.package import AnswerPackage
from integrations.channels.package.unpacking import unpack as unpack_package
from integrations.channels.post.mail import MailChannel
from integrations.channels.post.settings import Dkim, MailSettings
from integrations.channels.recipients.api import Endpoint, HttpRecipients
from integrations.channels.recipients.opendsr import OpendsrProcessors
from integrations.channels.reports.audit import AuditPages
from integrations.channels.reports.dossier import DossierPages
from integrations.channels.reports.incident import IncidentPages
from integrations.channels.reports.monthly import MonthlyPages
from integrations.channels.reports.pdf import ReportPages
from integrations.channels.reports.registers import RegisterPages
from integrations.evidence import EvidenceShelf, Fault, LateSigner, Verification
from integrations.intake.calling import SafeCaller
from integrations.intake.desk.app import desk_app
from integrations.intake.desk.officer import officer_page
from integrations.intake.drp_api import AgentRequest, drp_api
from integrations.intake.mail_reading import read_mail
from integrations.intake.mailbox import ImapMailbox, ImapSettings, opened_mailbox
from integrations.intake.opendsr_api import HandedOn, ResponseSigner, opendsr_api, signer_of
from integrations.intake.permissions_api import AskedOverHttp, permissions_app
from integrations.intake.prefect_door.app import Doors, prefect_app
from integrations.intake.prefect_door.upstream import PrefectServer
from integrations.intake.requests_api import KeyUsed, requests_api
from integrations.intake.site.app import site_app
from integrations.intake.web.connections import BoundedConnections
from integrations.intake.web.proxies import BehindProxies, read_networks
from integrations.intake.web.uploads import DocumentRefused, read_document
from integrations.monitoring import ALERTS, DASHBOARD
from integrations.monitoring.app import metrics_app
from integrations.monitoring.exposition import metrics_text
from integrations.passkeys.checking import passkey_check
from integrations.quality.judge import GreatExpectationsJudge, PlainJudge
from integrations.quality.live_values import AskedSystems
from integrations.register.copying import copy_tables
from integrations.register.moving import move_register, remove_moved
from integrations.register.register import SqlRegister
from integrations.register.schema import upgrade
from integrations.systems.directory import DirectorySystems
from integrations.systems.drafting import look_at
from integrations.systems.kinds import values_asked_in
from integrations.transfers import DirectTransfers
from integrations.vault.given import close_file, master_key
from integrations.vault.master import MasterKey
from integrations.vault.own_keys import own_key
from integrations.vault.rotation import Rotation, rotate
from integrations.vault.vault import SealedVault
from tasks.rules.search.routes import plan_routes
from tasks.services import Retry, Services, use

if TYPE_CHECKING:
    from integrations.demo import DemoCompany


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
        return contracts_of(self.settings.contracts)

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
        organisation = load_organisation(self.settings.contracts)
        return Services(
            contracts=self.contracts,
            routes=plan_routes(self.contracts),
            organisation=organisation,
            policy=load_policy(self.settings.contracts),
            register=self.register,
            vault=SealedVault(self.settings.vault, data_keys=self.register, master=self.master),
            systems=DirectorySystems(self.contracts.systems, self.system_urls(), time_zone=organisation.time_zone),
            channel=MailChannel(organisation, self._mail(), outbox=self.settings.state / "outbox", clock=self.now),
            recipients=self._recipients(),
            forwarding=OpendsrProcessors(lambda party: self._recipient(party, "KEY"), self.now),
            package=AnswerPackage(self.contracts, organisation),
            reports=ReportPages(organisation),
            judge=self._judge(),
            values=AskedSystems(
                self.contracts.systems,
                self.system_urls(),
                asked_in=values_asked_in,
                judged=self.settings.judge != "plain",
            ),
            audit_words=AuditPages(organisation),
            chain_faults=self._chain_faults,
            transfers=DirectTransfers(self._recipient),
            open_secret=self.master.open,
            seal_secret=self.master.seal,
            pseudonym_key=lambda: self.own_key(KeyKind.PSEUDONYM),
            door_key=lambda: self.own_key(KeyKind.DOOR),
            read_mail=read_mail,
            now=self.now,
            under=self._under,
            site_url=self.settings.site_url.rstrip("/"),
            desk_url=self.settings.desk_url.rstrip("/"),
            passkeys=passkey_check(organisation.name, *self.settings.passkey_place),
            retry=Retry(self.settings.retry_attempts, self.settings.retry_first_wait),
        )

    @contextmanager
    def _under(self, provided: Services, files: Mapping[str, str]) -> Iterator[Services]:
        """The services under contracts that were kept."""
        kept, organisation = contracts_from(tuple(sorted(files.items()))), provided.organisation
        systems = DirectorySystems(kept.systems, self.system_urls(kept), time_zone=organisation.time_zone)
        with closing(systems):
            package = AnswerPackage(kept, organisation)
            yield replace(provided, contracts=kept, routes=plan_routes(kept), systems=systems, package=package)

    @property
    def incident_pages(self) -> IncidentPages:
        """Incidents in words."""
        return IncidentPages(self.services.organisation)

    @cached_property
    def monthly_pages(self) -> MonthlyPages:
        """The monthly report in words."""
        return MonthlyPages(self.services.organisation)

    @cached_property
    def register_pages(self) -> RegisterPages:
        """Registers and the record of processing in words."""
        return RegisterPages(self.contracts, self.services.organisation)

    def mailbox(self) -> AbstractContextManager[ImapMailbox]:
        """The mailbox that requests come to by mail, to be opened.

        Raises:
            SettingsInvalid: when none is configured.
        """
        chosen = self.settings
        if not chosen.imap_host:
            where, remedy = "RIGHTSFLOW_IMAP_HOST", "name the mailbox's server; docs/run/settings.md lists the others"
            raise SettingsInvalid("no mailbox is configured", where=where, remedy=remedy)
        return opened_mailbox(ImapSettings(**chosen.imap))

    def system_urls(self, contracts: Contracts | None = None) -> dict[str, str]:
        """Connection by system name: a credential of ours, else the embedded demo systems, else a Secret block."""
        embedded = self._embedded()
        variables = {name: connection_variable(name) for name in (contracts or self.contracts).systems}
        own = self.credentials.own_of(variables.values())
        found = {name: own[v] or embedded.get(name) or secret_block(v) for name, v in variables.items()}
        return {name: url for name, url in found.items() if url}

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
        _ = self.register
        return self.ring.exchanged_signer(evidence_files.rotate(self._keys / "evidence", self.ring.marked).keyid)

    @property
    def evidence(self) -> EvidenceShelf:
        """The evidence of cases and runs."""
        file, policy = self.settings.tsa_ca_file, self.settings.tsa_policy
        return EvidenceShelf(self._keys / "evidence", self.register, lambda: evidence_files.check_of(file, policy))

    def _chain_faults(self, name: str) -> int:
        """Faults of a case's chain, or of the log itself; gates are told apart."""
        if name == EVIDENCE_LOG:
            return len(self.evidence.verify_log().of_itself)
        return sum(one.fault is not Fault.DECISION for one in self.verify_case(name).findings)

    def verify_case(self, case_id: str) -> Verification:
        """Verify the evidence of a case in the register with this installation's public keys."""
        return self.evidence.verify(case_id)

    def export_case(self, case_id: str, file: Path) -> None:
        """Write the evidence of a case to a file that can be verified anywhere."""
        self.evidence.export(case_id, file)

    @property
    def dossier_pages(self) -> DossierPages:
        """The dossier in words."""
        return DossierPages(self.services.organisation)

    def seed_demo(self, *, customers: int, today: date, progress: Callable[[str], None]) -> "DemoCompany":
        """Write the demo company's systems into the home.

        Raises:
            SettingsInvalid: when the disk is full.
        """
        from integrations import demo  # noqa: PLC0415  # half a second that only the demo shall cost

        try:
            return demo.seed(self._demo_folder, customers=customers, today=today, progress=progress)
        except sqlite3.Error:
            what = "the demo company's databases cannot be written"
            remedy = "make room on the disk (about 100 MB), or set RIGHTSFLOW_HOME to another folder"
            raise SettingsInvalid(what, where=str(self._demo_folder), remedy=remedy) from None

    def close(self) -> None:
        """Give back connections."""
        if "services" in self.__dict__:
            systems = self.services.systems
            if isinstance(systems, DirectorySystems):
                systems.close()
        if "kept" in self.__dict__:
            self.ring.settle()
            self.kept.close()
        self._held.close()

    @property
    def _keys(self) -> Path:
        return self.settings.state / "keys"

    @property
    def _demo_folder(self) -> Path:
        return self.settings.state / "systems"

    def _embedded(self) -> Mapping[str, str]:
        databases = {file.stem: f"sqlite:///{file}" for file in self._demo_folder.glob("*.db")}
        return databases | {sub.name: sub.as_uri() for sub in self._demo_folder.glob("*") if sub.is_dir()}

    def _mail(self) -> MailSettings:
        chosen = self.settings
        key = chosen.dkim_key_file if chosen.dkim_domain else None
        dkim = None if key is None else Dkim(chosen.dkim_domain, chosen.dkim_selector, key.read_bytes())
        return MailSettings(**chosen.smtp, dkim=dkim)

    def _recipients(self) -> HttpRecipients:
        """Recipients' interfaces; in the demo company, where none is real, messages to them go to the outbox."""
        keys = self.contracts.vocabulary.parties
        parties = {key: (recipient_variable(key, "URL"), recipient_variable(key, "SECRET")) for key in keys}
        own = self.credentials.own_of(name for pair in parties.values() for name in pair)
        endpoints = {key: Endpoint(own[url], own[secret]) for key, (url, secret) in parties.items()}
        return HttpRecipients(endpoints, outbox=self.settings.state / "outbox" if self.is_demo_contracts else None)

    def _recipient(self, party: str, what: str) -> str:
        return self.credentials.named(recipient_variable(party, what))

    def _judge(self) -> Judge:
        return PlainJudge() if self.settings.judge == "plain" else GreatExpectationsJudge()

    def own_key(self, name: str) -> bytes:
        """A key of the organisation's own; made when it is used first."""
        return self.ring.own(name, lambda file: own_key(self.master, file))


def opendsr_signer(chosen: Settings) -> ResponseSigner | None:
    """What answers to controllers are signed with; None where no key is configured.

    Raises:
        SettingsInvalid: when a file cannot be read, or key and certificate do not belong together.
    """
    return signer_of(chosen.opendsr_key_file, chosen.opendsr_certificate_file)


_current: ContextVar["Installation | None"] = ContextVar("rightsflow_installation", default=None)


@contextmanager
def opened(chosen: Settings | None = None, *, now: Callable[[], datetime] = utc_now) -> Iterator[Installation]:
    """An installation whose services are those of the block; inside such a block, the one that is open.

    Args:
        chosen: its settings; those of the process unless given.
        now: its clock.
    """
    outer = _current.get()
    if outer is not None and chosen is None:
        yield outer
        return
    made = Installation(chosen or settings(), now=now)
    token = _current.set(made)
    try:
        with use(made.services):
            yield made
    finally:
        _current.reset(token)
        made.close()


__all__ = [
    "ALERTS",
    "DASHBOARD",
    "AgentRequest",
    "AskedOverHttp",
    "BehindProxies",
    "BoundedConnections",
    "DocumentRefused",
    "Doors",
    "HandedOn",
    "Installation",
    "KeyUsed",
    "PrefectServer",
    "SafeCaller",
    "copy_tables",
    "desk_app",
    "drp_api",
    "evidence_files",
    "look_at",
    "metrics_app",
    "metrics_text",
    "move_register",
    "officer_page",
    "opendsr_api",
    "opendsr_signer",
    "opened",
    "permissions_app",
    "prefect_app",
    "read_document",
    "read_networks",
    "remove_moved",
    "requests_api",
    "site_app",
    "unpack_package",
    "utc_now",
]
