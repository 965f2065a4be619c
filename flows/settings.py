"""Settings of an installation, from environment variables ``RIGHTSFLOW_…`` (see docs/run/settings.md)."""

import os
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

import data_contracts
from data_contracts.errors import SettingsInvalid
from flows.embedded.database import REGISTER, EmbeddedDatabase

_RUNS_A_CORE, _FEWEST_RUNS = 2, 4


class Settings(BaseSettings):
    """Where state lies and how the world is reached; the defaults are the embedded installation."""

    model_config = SettingsConfigDict(env_prefix="RIGHTSFLOW_", extra="ignore", hide_input_in_errors=True)

    home: Path = Path(".rightsflow")
    """State of the embedded default: register, vault, keys, outbox, evidence, demo systems."""
    contracts: Path = Path(data_contracts.__file__).parent
    """Folder of the contracts, vocabulary, organisation and policy."""
    register_url: str = ""
    """SQLAlchemy URL of the case database; empty: in the home, on SQLite until ``rightsflow up`` has moved it."""
    vault_url: str = ""
    master_key: SecretStr = SecretStr("")
    master_key_kms: str = ""
    """Folder or object-store URI of the vault; empty: in the home."""
    retry_attempts: int = Field(default=5, ge=1, le=20)
    retry_first_wait: timedelta = timedelta(seconds=1)
    judge: Literal["great-expectations", "plain"] = "great-expectations"
    smtp_host: str = ""
    smtp_port: int = 0
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_username: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_ca_file: str = ""
    dkim_domain: str = ""
    dkim_selector: str = ""
    dkim_key_file: Path | None = None
    imap_host: str = ""
    """Server of the mailbox that requests come to by mail; empty: none is read."""
    imap_port: int = 993
    imap_security: Literal["tls", "starttls", "none"] = "tls"
    imap_username: str = ""
    imap_password: SecretStr = SecretStr("")
    imap_folder: str = "INBOX"
    imap_taken_folder: str = "Rightsflow"
    """Where mails are moved that are in the register."""
    imap_ca_file: str = ""
    checkpoint_folder: Path | None = None
    """Folder elsewhere that gets each checkpoint of evidence, and tells of a register that was put back."""
    tsa_url: str = ""
    """Address of a time-stamping authority (RFC 3161) that stamps checkpoints of evidence; empty: none does."""
    tsa_ca_file: Path | None = None
    """PEM file of the root certificates that time stamps are believed for."""
    tsa_policy: str = Field(default="", pattern=r"^(\d+(\.\d+)+)?$")
    """Object identifier of the policy that a time stamp must name; empty: any."""
    site_url: str = ""
    """Public address of the intake site; links that people receive begin with it. Empty: no links are sent."""
    client_space_secret: SecretStr = SecretStr("")
    """Of our client at the organisation's client space; empty for a public client."""
    operators_sign_in_secret: SecretStr = SecretStr("")
    """Of our client where operators sign in (``operators_sign_in``); else kept by ``rightsflow secret set``."""
    passkey_domain: str = Field(default="", pattern=r"^([a-z0-9-]+(\.[a-z0-9-]+)*)?$")
    """Domain that operators' passkeys are bound to; empty: the host of the desk's address."""
    drp_business_id: str = ""
    """What the Data Rights Protocol's network calls us; empty: agents are not let in."""
    opendsr_key_file: Path | None = None
    """RSA key, PEM, that answers to controllers are signed with (OpenDSR); without it they are not let in."""
    opendsr_certificate_file: Path | None = None
    """Its certificate, PEM, with our domain as a subject alternative name."""
    metrics_token: SecretStr = SecretStr("")
    """What Prometheus shows as its bearer token at ``/metrics``; empty: none is asked for."""
    trusted_proxies: str = Field(default_factory=lambda: os.environ.get("FORWARDED_ALLOW_IPS", "").replace("*", ""))
    """Addresses and networks, between commas, of proxies whose word of who calls counts; empty: nobody's does."""
    desk_url: str = ""
    """Address of the operators' desk, named at gates. Empty: none is."""
    prefect_url: str = ""
    """Address at which people open the Prefect UI through our door. Empty: on this machine alone."""
    gate_timeout: timedelta = timedelta(days=400)
    """Far beyond the legal time: a gate that times out fails its flow run. The law's clock is ours, not Prefect's."""
    silence: timedelta = timedelta(seconds=90)
    """A running flow run without any event for so long has lost its process."""
    crash_grace: timedelta = timedelta(seconds=15)
    """A worker that notices a crash may write a second Crashed; the run is tried again after it."""
    pending_limit: timedelta = timedelta(minutes=2)
    """A flow run that is Pending for so long has lost its worker between being taken and being started."""
    restart_after: timedelta = timedelta(hours=1)
    """An open case that nobody is asked about is started again so long after its last flow run ended."""
    flow_runs: int = Field(default=0, ge=0, le=1_000)
    """How many flow runs work at once on this machine; 0: two a core, and at least four."""
    sweep_every: timedelta = timedelta(seconds=10)
    notification_block: str = Field(default="", pattern=r"^([a-z0-9-]+/[a-z0-9-]+)?$")
    """Prefect block that tells people what failed, as ``type/name``; empty: nobody is told."""

    @property
    def state(self) -> Path:
        """The home as an absolute path."""
        return self.home.expanduser().resolve()

    @property
    def demo_mark(self) -> Path:
        """The file that says that the demo made the home and nothing else was done in it: the next may replace it."""
        return self.state / ".demo"

    @property
    def imap(self) -> dict[str, Any]:
        """How the mailbox is reached, by the names of its settings."""
        return self._of("imap", "host", "port", "username", "password", "security", "folder", "taken_folder", "ca_file")

    @property
    def smtp(self) -> dict[str, Any]:
        """How mails leave, by the names of its settings."""
        return self._of("smtp", "host", "port", "username", "password", "security", "ca_file")

    def _of(self, what: str, *names: str) -> dict[str, Any]:
        found = {name: getattr(self, f"{what}_{name}") for name in names}
        return {name: one.get_secret_value() if isinstance(one, SecretStr) else one for name, one in found.items()}

    @property
    def runs_at_once(self) -> int:
        """How many flow runs work at once on this machine."""
        return self.flow_runs or max(_FEWEST_RUNS, _RUNS_A_CORE * (os.cpu_count() or 1))

    @property
    def passkey_place(self) -> tuple[str, str, str]:
        """The domain of passkeys, and the addresses of pages that have them."""
        return self.passkey_domain, self.desk_url, self.prefect_url

    @property
    def register(self) -> str:
        """URL of the case database."""
        if self.register_url:
            return self.register_url
        return self.embedded.url(REGISTER) if self.embedded.keeps_register else f"sqlite:///{self.register_file}"

    @property
    def register_file(self) -> Path:
        """The case database on SQLite, where it is neither embedded nor elsewhere."""
        return self.state / "register.db"

    @property
    def embedded(self) -> EmbeddedDatabase:
        """The embedded PostgreSQL of the home, whether made or not."""
        return EmbeddedDatabase(self.state)

    def holding_register(self) -> AbstractContextManager[None]:
        """Have the register's database run until the block ends, where it is ours to run."""
        return self.embedded.held() if not self.register_url and self.embedded.keeps_register else nullcontext()

    @property
    def vault(self) -> str:
        """Where sealed blobs lie."""
        return self.vault_url or str(self.state / "vault")


def has_server() -> bool:
    """Whether a Prefect server is configured for this process."""
    return bool(variable("PREFECT_API_URL"))


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once.

    Raises:
        SettingsInvalid: when a variable does not hold what it must.
    """
    try:
        return Settings()
    except ValidationError as invalid:
        names = sorted({f"RIGHTSFLOW_{str(error['loc'][0]).upper()}" for error in invalid.errors(include_input=False)})
        raise SettingsInvalid(
            "a setting does not hold what it must",
            where=", ".join(names),
            remedy="correct the environment variable; docs/run/settings.md says what each takes",
        ) from None


def variable(name: str) -> str:
    """A variable of the environment as it is now; empty where it is not set. The one place that reads it.

    For what others own (Prefect's address) or whose name is made (a recipient's credentials), and may change meanwhile.
    """
    return os.environ.get(name, "")
