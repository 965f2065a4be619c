"""The whole register, put together from its parts."""

from collections.abc import Callable
from datetime import datetime

from data_contracts.evidence.chains import Signer
from data_contracts.ports.restores import Witness
from integrations.register.cases.cases import CaseStore
from integrations.register.cases.contract_sets import ContractSetStore
from integrations.register.cases.data_keys import KeyStore
from integrations.register.cases.disclosures import DisclosureStore
from integrations.register.cases.erased_keys import ErasedKeyStore
from integrations.register.cases.former_keys import FormerKeyStore
from integrations.register.cases.gates import GateStore
from integrations.register.cases.holds import HoldStore
from integrations.register.cases.incoming import IncomingStore
from integrations.register.cases.leases import LeaseStore
from integrations.register.cases.ledger import StepLedger
from integrations.register.cases.links import LinkStore
from integrations.register.cases.origins import OriginStore
from integrations.register.cases.outgoing import OutgoingStore
from integrations.register.cases.permissions import PermissionStore
from integrations.register.cases.recipients import RecipientStore
from integrations.register.cases.recoveries import RecoveryStore
from integrations.register.cases.runs import RunStore
from integrations.register.cases.subjects import SubjectStore
from integrations.register.database import Database, make_engine, read_url
from integrations.register.doors.api_keys import ApiKeyStore
from integrations.register.doors.operators import OperatorStore
from integrations.register.doors.passkeys import PasskeyStore
from integrations.register.keys.key_marks import KeyMarkStore
from integrations.register.keys.sealed_rows import SealedRowStore
from integrations.register.log.log import LogStore
from integrations.register.log.stamps import StampStore
from integrations.register.officer.entries import EntryStore
from integrations.register.officer.figures import FigureStore
from integrations.register.officer.findings import FindingStore
from integrations.register.officer.incidents import IncidentStore
from integrations.register.officer.periods import PeriodStore
from integrations.register.officer.retaining import RetentionStore
from integrations.register.officer.tallies import TallyStore
from integrations.register.schema import upgrade_engine


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
    TallyStore,
):
    """The ports ``Register`` and ``DataKeys`` on SQLite or PostgreSQL.

    Several processes and threads may use one database at once. Each method is one transaction. Every method raises
    ``SystemUnavailable`` when the database cannot be reached (trying again can help) and ``SettingsInvalid`` when
    what is there is no register of this version.
    """

    def __init__(
        self,
        url: str,
        *,
        signer: Signer,
        clock: Callable[[], datetime],
        witness: Witness | None = None,
    ) -> None:
        """Remember where the register is; connects at the first use.

        Args:
            url: ``sqlite:////folder/register.db`` or ``postgresql://user@host/database``; see ``upgrade``.
            signer: signs each record and head of evidence.
            clock: gives the aware time that rows are dated with.
            witness: is told of each transaction that did something, once it is committed.

        Raises:
            SettingsInvalid: when the URL is neither SQLite nor PostgreSQL.
        """
        super().__init__(Database(make_engine(read_url(url)), witness), signer=signer, clock=clock)

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
