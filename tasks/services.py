"""What tasks need of the world, found through a context variable.

A flow opens the services (``with wiring.services():``), tasks take them with :func:`services`. Prefect carries context
variables into the threads of ``.submit``; a process pool does not get them, and there :func:`services` fails closed.

What takes long to load is given late: an installation has a dozen adapters, a command uses two or three of them, and
each of the others would cost a tenth of a second of imports.

>>> @dataclass(frozen=True)
... class House:
...     roof: Made[str] = Made()
>>> House("slate").roof, House(Late(lambda: "thatch")).roof
('slate', 'thatch')
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import RLock
from typing import Any, Generic, TypeVar, cast

from data_contracts.case.judging import Judge
from data_contracts.company.company import Organisation, Policy
from data_contracts.company.contract import Contracts
from data_contracts.connectors.connecting import Systems
from data_contracts.connectors.quality import LiveValues
from data_contracts.doors.mailbox import ReadMail
from data_contracts.errors import SettingsInvalid
from data_contracts.gates.passkeys import PasskeyCheck
from data_contracts.officer.audits import AuditWords
from data_contracts.officer.reports import ReportWriter
from data_contracts.ports.register import Register
from data_contracts.ports.vault import Vault
from data_contracts.told.notices import Channel, PackageWriter
from data_contracts.told.recipients import RecipientApi, RequestForwarding
from data_contracts.told.transfers import Transfers
from tasks.rules.search.routes import Routes

T = TypeVar("T")


class Late(Generic[T]):
    """A value that is made once, by whichever thread asks first."""

    def __init__(self, make: Callable[[], T]) -> None:
        """Keep how it is made."""
        self._make = make
        self._made: list[T] = []
        self._lock = RLock()

    def __call__(self) -> T:
        """The value; what making it raises goes to whoever asks, and the next one tries again."""
        with self._lock:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]


class Made(Generic[T]):
    """A field of a frozen dataclass that is given as a value, or as something that makes it."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, owner: type) -> T:
        if instance is None:  # a dataclass asks for a default: there is none
            raise AttributeError(self._name)
        value = vars(instance)[self._name]
        return cast("T", value() if isinstance(value, Late) else value)

    def __set__(self, instance: object, value: "T | Late[T]") -> None:
        vars(instance)[self._name] = value


@dataclass(frozen=True, slots=True)
class Retry:
    """How transient errors are tried again: ``attempts`` in all, the first wait doubling each time, with jitter."""

    attempts: int = 5
    first_wait: timedelta = timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True)
class Services:
    """Ports and company files of one installation; what takes long to load may be given late."""

    contracts: Made[Contracts] = Made()
    routes: Made[Routes] = Made()
    organisation: Organisation
    policy: Policy
    register: Register
    vault: Made[Vault] = Made()
    systems: Made[Systems] = Made()
    channel: Made[Channel] = Made()
    recipients: Made[RecipientApi] = Made()
    forwarding: Made[RequestForwarding] = Made()
    package: Made[PackageWriter] = Made()
    reports: Made[ReportWriter] = Made()
    judge: Made[Judge] = Made()
    values: Made[LiveValues] = Made()
    audit_words: Made[AuditWords] = Made()
    chain_faults: Callable[[str], int]
    """How many faults the chain of evidence of a case or run has; 0 when it verifies (law 9)."""
    transfers: Made[Transfers] = Made()
    open_secret: Callable[[bytes, str], bytes]
    """Opens what the master key sealed, for a context, e.g. an operator's TOTP secret."""
    seal_secret: Callable[[bytes, str], bytes]
    """Seals with the master key, for a context."""
    pseudonym_key: Callable[[], bytes]
    """The organisation's key for keyed hashes that stay linkable (``erase: hmac``)."""
    door_key: Callable[[], bytes]
    """What links, cookies and forms of our own pages are signed with."""
    read_mail: Callable[[bytes], ReadMail | None]
    """What a mail program would show of a mail; None where it cannot be read within bounds."""
    now: Callable[[], datetime]
    """Aware UTC."""
    under: Callable[["Services", Mapping[str, str]], AbstractContextManager["Services"]]
    """The same services under contracts that were kept: texts of files by path."""
    site_url: str = ""
    """Public address of the intake site, without a slash at its end; empty: no links are sent."""
    desk_url: str = ""
    """Address of the operators' desk, without a slash at its end; empty: gates name none."""
    passkeys: Made[PasskeyCheck | None] = Made()
    """Speaks with operators' authenticators; None where no address is configured that people open."""
    retry: Retry = Retry()

    def but(self, **other: Any) -> "Services":  # noqa: ANN401  # fields of any type
        """The same services with others in the place of some; what is late stays late, which ``replace`` would make."""
        return Services(**(vars(self) | other))


_current: ContextVar[Services] = ContextVar("rightsflow_services")


def services() -> Services:
    """The services of the flow that runs.

    Raises:
        SettingsInvalid: outside a flow, or in a process that did not inherit them.
    """
    try:
        return _current.get()
    except LookupError:
        raise SettingsInvalid(
            "a task ran without services", remedy="start it from a flow or from the command rightsflow"
        ) from None


@contextmanager
def use(provided: Services) -> Iterator[Services]:
    """Make ``provided`` the services of everything inside the block."""
    token = _current.set(provided)
    try:
        yield provided
    finally:
        _current.reset(token)
