"""What tasks ask of the world, as protocols; adapters are in ``integrations``, ``flows/wiring.py`` joins them.

Rules for every adapter: only errors of :mod:`data_contracts.errors` come out, raised ``from None``; "nothing found" is
a result, "could not look" is an error (law 6); whatever carries personal data is never logged. What is told to people
is in :mod:`data_contracts.told.notices` and can be imported from here as well.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, BinaryIO, Literal, Protocol

from data_contracts.case.case import NO_CHANGE, Case, CaseChange, Move, NewCase
from data_contracts.case.confirmed import Confirmed
from data_contracts.case.contract_sets import ContractSets
from data_contracts.case.disclosures import Disclosures
from data_contracts.case.erased import ErasedKeys
from data_contracts.case.former_keys import FormerKeys
from data_contracts.case.holds import LitigationHolds
from data_contracts.case.incoming import Arrivals
from data_contracts.case.links import Links
from data_contracts.case.origins import Origins
from data_contracts.case.outgoing import Outbox
from data_contracts.case.permissions import Permissions
from data_contracts.case.plan import Remaining, TablePath, Verdict
from data_contracts.case.runs import Runs
from data_contracts.case.subjects import SubjectKeys
from data_contracts.connectors.connecting import Connector, LiveColumn, LiveReference, LiveSchema, Systems
from data_contracts.connectors.recovering import RecoveryCopies
from data_contracts.doors.api_keys import ApiKeys
from data_contracts.doors.limits import CallCounts
from data_contracts.doors.operator_log import OperatorLog
from data_contracts.doors.webhooks import Webhooks
from data_contracts.evidence.records import Record
from data_contracts.evidence.time_stamps import StampShelf
from data_contracts.gates.gates import GateAnswer, GateEntry, Gates
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
from data_contracts.told.notices import Channel, KeptItem, LeftOut, Notice, PackageContent, PackageWriter, Rendered
from data_contracts.told.recipients import RecipientNotices
from data_contracts.vocabulary import CaseState, OperatorRole, Right

__all__ = [
    "Channel",
    "Connector",
    "DataKeys",
    "GateAnswer",
    "GateEntry",
    "Judge",
    "KeptItem",
    "LeftOut",
    "LiveColumn",
    "LiveReference",
    "LiveSchema",
    "Notice",
    "Operator",
    "PackageContent",
    "PackageWriter",
    "Register",
    "Rendered",
    "Signer",
    "StepEntry",
    "Systems",
    "Vault",
]

ACTING = frozenset({CaseState.ACTING})
"""Where a case stands whose plan is being carried out."""

# --- vault ---------------------------------------------------------------------------------------------------------


class Vault(Protocol):
    """Sealed personal data: a data key per case, wrapped by the master key.

    A recovery copy has one of its own (:func:`data_contracts.connectors.recovering.space_of`), so that it lives and
    dies apart. Names are slugs like ``keys`` or ``package.zip``.
    """

    def write(self, case_id: str, name: str) -> AbstractContextManager[BinaryIO]:
        """A stream to write; the blob appears, whole, when the block ends without error, and replaces an older one."""

    def read(self, case_id: str, name: str) -> AbstractContextManager[BinaryIO]:
        """A stream of the plain bytes.

        Raises:
            VaultSealed: when the blob or its key is gone, or it was altered.
        """

    def has(self, case_id: str, name: str) -> bool:
        """Whether the blob is there."""

    def names(self, case_id: str) -> list[str]:
        """Names of the case's blobs, sorted."""

    def remove(self, case_id: str, name: str) -> None:
        """Take one blob away; nothing happens when it is not there."""

    def destroy(self, case_id: str) -> None:
        """Destroy the case's data key, then its blobs: nothing staged can be read again. Safe to call again."""


class DataKeys(Protocol):
    """Where wrapped data keys are kept (the register)."""

    def get_key(self, case_id: str) -> bytes | None:
        """The wrapped key; None when there is none, or it was destroyed."""

    def put_key(self, case_id: str, wrapped: bytes) -> bytes:
        """Keep a wrapped key unless there is one; returns the one that is kept.

        Raises:
            VaultSealed: when the case's key was destroyed: no new one is ever made.
        """

    def replace_key(self, case_id: str, old: bytes, new: bytes) -> bool:
        """Exchange a wrapped key if it still is ``old`` (master key rotation)."""

    def destroy_key(self, case_id: str) -> None:
        """Overwrite the wrapped key and remember that it was destroyed."""

    def keyed_cases(self) -> list[str]:
        """Cases that have a key."""


# --- register ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StepEntry:
    """What the ledger knows of ``(case, step, system)`` (law 3)."""

    state: Literal["claimed", "handed_over", "done"]
    attempts: int
    receipt: Mapping[str, object]
    """Empty until done."""


@dataclass(frozen=True, slots=True)
class Operator:
    """A person who may answer gates."""

    name: str
    roles: tuple[OperatorRole, ...]
    valid_until: datetime | None
    training_until: datetime | None
    is_active: bool = True
    failures: int = 0
    locked_until: datetime | None = None
    last_step: int = -1
    """The last TOTP time step used; a code is never accepted twice (RFC 6238 section 5.2)."""
    secret: bytes = field(default=b"", repr=False)
    """The TOTP secret, sealed with the master key."""
    password: str = field(default="", repr=False)
    """Argon2 digest of the desk's password; empty: none is set."""
    oidc_subject: str = ""
    """Issuer and ``sub`` of the organisation's sign-in, as ``issuer|sub``; empty: none is linked."""


class Register(  # one database, so one port; each part stands in a module of its own
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

    def open_case(self, new: NewCase) -> Case:
        """Register a request durably; the same ``request_key`` gives the same case."""

    def case(self, case_id: str) -> Case:
        """The case.

        Raises:
            CaseUnknown: when there is none of that name.
        """

    def cases(self, *, open_only: bool = False) -> list[Case]:
        """Cases, by response due."""

    def cases_kept_since(self, moment: datetime) -> list[Case]:
        """Archived cases that ended at ``moment`` or before, the oldest first, without those that restrict somebody."""

    def cases_like(
        self, right: Right | None, state: CaseState | None, due: tuple[date | None, date | None], *, limit: int
    ) -> list[Case]:
        """Cases by response due, which lies from the one day to the other; open ones where no state is named."""

    def cases_received(
        self, start: datetime, end: datetime, right: Right | None, *, after: Case | None, limit: int
    ) -> list[Case]:
        """A page of the cases received from ``start`` until before ``end``, by the moment of receipt and name.

        Args:
            start: the first moment, aware.
            end: the first moment that is no longer of the period.
            right: one right alone; None: all.
            after: the last case of the page before; None for the first page.
            limit: how many at most; fewer are the last page, none is the end.
        """

    def timeline(self, case_id: str) -> list[Move]:
        """Every move of a case, first to last."""

    def claim(
        self,
        case_id: str,
        step: str,
        system: str = "",
        *,
        confirmed: Confirmed | None = None,
        states: Collection[CaseState] = ACTING,
    ) -> StepEntry:
        """Claim a step before acting; the entry tells whether it was already claimed, handed over or done.

        Args:
            case_id: the case.
            step: the step.
            system: the system, where the step has one receipt for each.
            confirmed: of a step that acts; what is done already is told without asking for it.
            states: where the case must stand to be acted on, asked in the transaction of the claim (law 14).

        Raises:
            ActRefused: when the case stands elsewhere, or its receipts do not cover what is confirmed.
        """

    def hand_over(self, case_id: str, step: str, system: str = "") -> None:
        """Note that an effect that cannot be taken back or seen again is being made now (a mail's DATA)."""

    def release(self, case_id: str, step: str, system: str = "") -> None:
        """Take a claim back after the effect certainly did not happen, so that the step can be tried anew."""

    def complete(  # noqa: PLR0913  # all of it is one transaction
        self,
        case_id: str,
        step: str,
        system: str = "",
        *,
        receipt: Mapping[str, object],
        record: Record | None,
        move: tuple[CaseState, str] | None = None,
        actor: str = "rightsflow",
        outcome: str | None = None,
        change: CaseChange = NO_CHANGE,
    ) -> None:
        """Mark a step done: receipt, evidence record, the case's move and changed facts in one transaction.

        Nothing happens when the step is already done.

        Raises:
            MoveRefused: when the case cannot go there; nothing is written.
        """

    def reopen(self, case_id: str, steps: Iterable[str], record: Record, move: tuple[CaseState, str] | None) -> None:
        """Forget that steps were done (all systems), because what they found no longer holds (law 5)."""

    def step(self, case_id: str, step: str, system: str = "") -> StepEntry | None:
        """The ledger's entry, None when never claimed."""

    def steps(self, case_id: str) -> dict[tuple[str, str], StepEntry]:
        """All entries of a case by step and system."""

    def take_lease(self, case_id: str, holder: str, until: datetime, *, instead_of: str = "") -> str:
        """Take or renew the lease of a case, one process at a time; the holder who has it afterwards."""

    def end_lease(self, case_id: str, holder: str) -> None:
        """Give the lease back; nothing happens when somebody else has it by now."""

    def put_operator(self, operator: Operator) -> None:
        """Add or change an operator."""

    def operator(self, name: str) -> Operator | None:
        """The operator of that name."""

    def operators(self) -> list[Operator]:
        """All operators by name."""

    def use_code(self, name: str, step: int, *, newest: int | None = None) -> bool:
        """Take a TOTP time step for an operator; False when it or a later one was used before. Clears failures.

        One later than ``newest`` was used when the clock was ahead, and bars itself alone.
        """

    def take_try(self, name: str, most: int, *, locked_until: datetime, at: datetime) -> bool:
        """Count a try of a code before it is compared, and lock the operator out at the last of ``most``.

        False, and nothing is counted, while the operator is locked out: of many tries at once no more are taken.
        """

    def give_back_try(self, name: str) -> None:
        """Give back a try that proved nothing and guessed nothing."""

    def evidence(self, case_id: str) -> tuple[list[Mapping[str, object]], Mapping[str, object] | None]:
        """A case's DSSE envelopes in order, and the envelope of its head."""

    def evidence_cases(self) -> list[str]:
        """Cases that have evidence, or of which the log knows that there was some."""


class Signer(Hashable, Protocol):
    """Signs evidence payloads."""

    def sign(self, payload: bytes) -> dict[str, object]:
        """A DSSE envelope around the payload, as JSON."""

    def signed(self, envelope: object) -> Mapping[str, Any] | None:
        """The predicate of a record that a key of this installation signed as it stands; None of any other."""


# --- judging -------------------------------------------------------------------------------------------------------


class Judge(Protocol):
    """Concludes from counts whether an erasure is proven (law 7)."""

    def judge(self, proof: Sequence[Remaining], expected: Sequence[TablePath]) -> Verdict:
        """The verdict over all lines; every table of ``expected`` must have its line."""
