"""The register: one database, so one port; each part stands in a module of its own.

Rules for every adapter: only errors of :mod:`data_contracts.errors` come out, raised ``from None``; "nothing found" is
a result, "could not look" is an error (law 6); whatever carries personal data is never logged.
"""

from typing import Protocol

from data_contracts.case.cases import Cases
from data_contracts.case.contract_sets import ContractSets
from data_contracts.case.disclosures import Disclosures
from data_contracts.case.erased import ErasedKeys
from data_contracts.case.former_keys import FormerKeys
from data_contracts.case.holds import LitigationHolds
from data_contracts.case.incoming import Arrivals
from data_contracts.case.ledger import Ledger
from data_contracts.case.links import Links
from data_contracts.case.origins import Origins
from data_contracts.case.outgoing import Outbox
from data_contracts.case.permissions import Permissions
from data_contracts.case.runs import Runs
from data_contracts.case.subjects import SubjectKeys
from data_contracts.connectors.recovering import RecoveryCopies
from data_contracts.doors.api_keys import ApiKeys
from data_contracts.doors.limits import CallCounts
from data_contracts.doors.operator_log import OperatorLog
from data_contracts.doors.webhooks import Webhooks
from data_contracts.evidence.chains import Chains
from data_contracts.evidence.time_stamps import StampShelf
from data_contracts.gates.gates import Gates
from data_contracts.gates.operators import Operators
from data_contracts.gates.passkeys import Passkeys
from data_contracts.officer.entries import Entries
from data_contracts.officer.figures import FigureCounts
from data_contracts.officer.findings import Findings
from data_contracts.officer.incidents import Incidents
from data_contracts.officer.retaining import ApprovedRules
from data_contracts.officer.statistics import PeriodCounts
from data_contracts.ports.clocks import Clocks
from data_contracts.ports.restores import NewestRecords
from data_contracts.ports.sealed_rows import Credentials, SealedRows
from data_contracts.told.recipients import RecipientNotices

__all__ = ["Register"]


class Register(  # one database, so one port; each part stands in a module of its own
    Cases,
    Ledger,
    Operators,
    Chains,
    Gates,
    SubjectKeys,
    FormerKeys,
    ErasedKeys,
    RecoveryCopies,
    Permissions,
    ApiKeys,
    RecipientNotices,
    LitigationHolds,
    Runs,
    Disclosures,
    Links,
    CallCounts,
    Outbox,
    Origins,
    Arrivals,
    OperatorLog,
    Webhooks,
    Entries,
    Findings,
    Incidents,
    FigureCounts,
    PeriodCounts,
    ApprovedRules,
    SealedRows,
    Credentials,
    ContractSets,
    Passkeys,
    StampShelf,
    Clocks,
    NewestRecords,
    Protocol,
):
    """Our case database, the truth about every case (law 2). Each method is one transaction."""
