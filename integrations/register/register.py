"""The whole register, put together from its parts."""

from collections.abc import Callable
from datetime import datetime

from data_contracts.ports import Signer
from integrations.register.api_keys import ApiKeyStore
from integrations.register.cases import CaseStore
from integrations.register.contract_sets import ContractSetStore
from integrations.register.data_keys import KeyStore
from integrations.register.database import Database, make_engine, read_url
from integrations.register.disclosures import DisclosureStore
from integrations.register.entries import EntryStore
from integrations.register.erased_keys import ErasedKeyStore
from integrations.register.figures import FigureStore
from integrations.register.findings import FindingStore
from integrations.register.former_keys import FormerKeyStore
from integrations.register.gates import GateStore
from integrations.register.holds import HoldStore
from integrations.register.incidents import IncidentStore
from integrations.register.incoming import IncomingStore
from integrations.register.key_marks import KeyMarkStore
from integrations.register.leases import LeaseStore
from integrations.register.ledger import StepLedger
from integrations.register.links import LinkStore
from integrations.register.log import LogStore
from integrations.register.operators import OperatorStore
from integrations.register.origins import OriginStore
from integrations.register.outgoing import OutgoingStore
from integrations.register.passkeys import PasskeyStore
from integrations.register.periods import PeriodStore
from integrations.register.permissions import PermissionStore
from integrations.register.recipients import RecipientStore
from integrations.register.recoveries import RecoveryStore
from integrations.register.retaining import RetentionStore
from integrations.register.runs import RunStore
from integrations.register.schema import upgrade_engine
from integrations.register.sealed_rows import SealedRowStore
from integrations.register.stamps import StampStore
from integrations.register.subjects import SubjectStore


class SqlRegister(
    CaseStore,
    StepLedger,
    GateStore,
    OperatorStore,
    KeyStore,
    LeaseStore,
    SubjectStore,
    FormerKeyStore,
    ErasedKeyStore,
    RecoveryStore,
    PermissionStore,
    ApiKeyStore,
    RecipientStore,
    RunStore,
    HoldStore,
    DisclosureStore,
    LinkStore,
    OutgoingStore,
    OriginStore,
    IncomingStore,
    EntryStore,
    FindingStore,
    IncidentStore,
    FigureStore,
    PeriodStore,
    RetentionStore,
    LogStore,
    SealedRowStore,
    PasskeyStore,
    StampStore,
    ContractSetStore,
    KeyMarkStore,
):
    """The ports ``Register`` and ``DataKeys`` on SQLite or PostgreSQL.

    Several processes and threads may use one database at once. Each method is one transaction. Every method raises
    ``SystemUnavailable`` when the database cannot be reached (trying again can help) and ``SettingsInvalid`` when
    what is there is no register of this version.
    """

    def __init__(self, url: str, *, signer: Signer, clock: Callable[[], datetime]) -> None:
        """Remember where the register is; connects at the first use.

        Args:
            url: ``sqlite:////folder/register.db`` or ``postgresql://user@host/database``; see ``upgrade``.
            signer: signs each record and head of evidence.
            clock: gives the aware time that rows are dated with.

        Raises:
            SettingsInvalid: when the URL is neither SQLite nor PostgreSQL.
        """
        super().__init__(Database(make_engine(read_url(url))), signer=signer, clock=clock)

    def when_recorded(self, call: Callable[[], None]) -> None:
        """Have that called after each transaction that wrote a record of evidence."""
        self._database.recorded = call

    def close(self) -> None:
        """Give back all connections; using the register afterwards opens new ones."""
        self._database.close()


class _MemoryRegister(SqlRegister):
    def __init__(self, *, signer: Signer, clock: Callable[[], datetime]) -> None:
        engine = make_engine(read_url("sqlite://"))
        upgrade_engine(engine)
        super(SqlRegister, self).__init__(Database(engine), signer=signer, clock=clock)


def memory_register(*, signer: Signer, clock: Callable[[], datetime]) -> SqlRegister:
    """A register that lives in memory until it is closed: the same code over an empty database of its own."""
    return _MemoryRegister(signer=signer, clock=clock)
