"""Findings of audits: what they are about, who owns them and what became of them (Art. 5(2), 24(1); charter 3.4).

How a finding lives: an audit opens it with an owner and a day; each audit that finds it again says so; people
take it, hand it on, accept its risk until a day, or close it; an audit that looked completely where it was found, and
did not find it any more, closes it; one that finds it after that opens it again. Every one of these is an event that
is never changed. A finding holds names, counts and dates: nothing that anybody's row holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Protocol

from data_contracts.areas import Area, Severity
from data_contracts.evidence.records import canonical, digest


class FindingKind(StrEnum):
    """What is wrong."""

    COULD_NOT_LOOK = "could_not_look"
    """A system that could not be looked at: never the same as nothing found (law 6)."""
    TABLE_UNDECLARED = "table_undeclared"
    COLUMN_UNDECLARED = "column_undeclared"
    TABLE_MISSING = "table_missing"
    COLUMN_MISSING = "column_missing"
    CLEAR_REFUSED = "clear_refused"
    NULL_TAKEN = "null_taken"
    KEY_DIFFERS = "key_differs"
    REFERRER_UNDECLARED = "referrer_undeclared"
    CASCADE = "cascade"
    IDENTITY_NOT_HELD = "identity_not_held"
    """An identity on a live type that holds no such key: a search finds nothing there, whatever is stored."""
    ERASURE_UNFIT = "erasure_unfit"
    """A way of erasing that the live type cannot hold, or a column that nothing can be written to."""
    SEARCH_UNINDEXED = "search_unindexed"
    REFERENCE_LOOSE = "reference_loose"
    REFERENCE_UNGUARDED = "reference_unguarded"
    """A declared reference that no live foreign key guards, in a system that guards others, or guarded it before."""
    TRIGGER_DISABLED = "trigger_disabled"
    FILE_UNREADABLE = "file_unreadable"
    """A file of a dataset that is damaged, empty, encrypted or not allowed to be read."""
    FILE_UNKNOWN = "file_unknown"
    """A file of another kind in a dataset's folder."""
    TABLE_FORMAT = "table_format"
    """A folder whose own log says which of its files count."""
    NAMES_ALIKE = "names_alike"
    """Files or columns whose names differ in case alone, or a second dataset of one name."""
    FILES_DIFFER = "files_differ"
    """Files of a dataset that contradict each other."""
    ROWS_UNSEEN = "rows_unseen"
    """Row-level security hides rows from our account."""
    ROWS_GUARDED = "rows_guarded"
    RIGHT_MISSING = "right_missing"
    READ_ONLY = "read_only"
    HISTORY_KEPT = "history_kept"
    """The database keeps earlier versions of rows by itself."""
    COPIES_WRITTEN = "copies_written"
    """A trigger writes to a table that no contract declares."""
    TRIGGER_DELETES = "trigger_deletes"
    TRIGGER_UNCLEAR = "trigger_unclear"
    TRIGGERS_UNSEEN = "triggers_unseen"
    PUBLISHED = "published"
    VIEW_UNDECLARED = "view_undeclared"
    VIEW_STALE = "view_stale"
    CHILD_COLUMN = "child_column"
    CHILD_KEYS = "child_keys"
    SAME_ROWS = "same_rows"
    REFERENCE_BLOCKS = "reference_blocks"
    """A row that refers to one of the data subject's keeps it from going, because the reference takes no NULL."""
    SCHEMA_UNDECLARED = "schema_undeclared"
    """Another schema or database that our account can read, and no contract looks into."""
    COULD_NOT_CHECK = "could_not_check"
    """A rule for values that could not be evaluated."""
    VALUE_MISSING = "value_missing"
    VALUE_REPEATED = "value_repeated"
    VALUE_LENGTH = "value_length"
    VALUE_FORMAT = "value_format"
    VALUE_PATTERN = "value_pattern"
    VALUE_NOT_ALLOWED = "value_not_allowed"
    VALUE_OUT_OF_BOUNDS = "value_out_of_bounds"
    KEY_INVALID = "key_invalid"
    """Values of an identity that can be no key of its kind: a search never finds these rows by it."""
    KEY_SPELLINGS = "key_spellings"
    """One key in several spellings where it should stand once, or not in the normal form that is declared."""
    ROW_ORPHANED = "row_orphaned"
    """Rows that refer to a row that is not there: nothing leads from them to anybody."""
    COULD_NOT_COUNT = "could_not_count"
    """Rows over their period that could not be counted."""
    RETENTION_OVERDUE = "retention_overdue"
    RETENTION_MISSING = "retention_missing"
    """A table with personal data that no period ends, nor any table that it refers to."""
    DATE_UNREAD = "date_unread"
    """Rows that are held because what their date column holds is no date."""
    COULD_NOT_COMPARE = "could_not_compare"
    """A system that could not be compared with the list of erasures."""
    ERASED_CAME_BACK = "erased_came_back"
    """A key that was erased is there again: a backup was restored, or rows were imported."""
    NOTICE_MISSING = "notice_missing"
    CANARY_LATE = "canary_late"
    """The last canary of a system is older than the period, or there was none."""
    CANARY_UNFINISHED = "canary_unfinished"
    CANARY_FAILED = "canary_failed"
    CANARY_ASTRAY = "canary_astray"
    """The search for a canary led to rows of others."""
    CANARY_MISSED = "canary_missed"
    CANARY_LEFT = "canary_left"
    """A place still held the canary after the erasure."""
    PURPOSE_UNLABELLED = "purpose_unlabelled"
    RECIPIENT_LAPSED = "recipient_lapsed"
    ATTESTATION_MISSING = "attestation_missing"
    ATTESTATION_LAPSED = "attestation_lapsed"
    DPIA_MISSING = "dpia_missing"
    DPIA_REVIEW_DUE = "dpia_review_due"
    TRAINING_MISSING = "training_missing"
    TRAINING_LAPSED = "training_lapsed"
    EVIDENCE_BROKEN = "evidence_broken"
    DECISION_UNPROVEN = "decision_unproven"
    """What the register says was decided at a gate is not what people signed."""
    STAMP_MISSING = "stamp_missing"
    """The time-stamping authority that is configured has stamped no checkpoint for a day."""
    CASE_OVERDUE = "case_overdue"
    GATE_WAITING = "gate_waiting"


_AREAS: Final[Mapping[Area, str]] = {
    Area.SCHEMA: "could_not_look table_undeclared column_undeclared table_missing column_missing clear_refused "
    "null_taken key_differs referrer_undeclared cascade identity_not_held search_unindexed reference_loose "
    "erasure_unfit "
    "file_unreadable file_unknown table_format names_alike files_differ "
    "rows_unseen rows_guarded right_missing read_only history_kept copies_written trigger_deletes trigger_unclear "
    "triggers_unseen published view_undeclared view_stale child_column child_keys same_rows reference_blocks "
    "schema_undeclared reference_unguarded trigger_disabled",
    Area.VALUES: "could_not_check value_missing value_repeated value_length value_format value_pattern "
    "value_not_allowed value_out_of_bounds key_invalid key_spellings row_orphaned",
    Area.RETENTION: "could_not_count retention_overdue retention_missing date_unread",
    Area.ERASURES: "could_not_compare erased_came_back",
    Area.NOTICES: "notice_missing",
    Area.DPIAS: "dpia_missing dpia_review_due",
    Area.CANARIES: "canary_late canary_unfinished canary_failed canary_astray canary_missed canary_left",
    Area.PURPOSES: "purpose_unlabelled",
    Area.RECIPIENTS: "recipient_lapsed attestation_missing attestation_lapsed",
    Area.TRAINING: "training_missing training_lapsed",
    Area.EVIDENCE: "evidence_broken decision_unproven stamp_missing",
    Area.CASES: "case_overdue gate_waiting",
}
_AREA_OF: Final = {FindingKind(kind): area for area, kinds in _AREAS.items() for kind in kinds.split()}
BY_SYSTEM: Final = frozenset(
    {Area.SCHEMA, Area.VALUES, Area.RETENTION, Area.ERASURES, Area.NOTICES, Area.DPIAS, Area.CANARIES}
)
"""Areas that are looked at system by system; the others are the company's as a whole."""


def area_of(kind: FindingKind) -> Area:
    """Where such a finding is found."""
    return _AREA_OF[kind]


class FindingState(StrEnum):
    """Where a finding stands."""

    OPEN = "open"
    ACCEPTED = "accepted"
    """Its risk was accepted by a person until a day; that day is its due day."""
    CLOSED = "closed"


class FindingMove(StrEnum):
    """What became of a finding; the value stands in its events."""

    OPENED = "opened"
    REOPENED = "reopened"
    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    CLOSED = "closed"
    GONE = "no longer found"
    """Closed by an audit that looked completely and did not find it any more."""
    TOLD = "told"
    """The data protection officer was written to because its day has passed."""


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that an audit found.

    Attributes:
        place: ``system.table.column``, a party, an operator, a case: what a person must look at.
        facts: counts, names and dates that its words tell; no value of anybody's row.
    """

    kind: FindingKind
    place: str
    severity: Severity
    facts: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """What the next audit recognises it by: what it is about and where, not how much of it there is."""
        return digest(canonical([self.kind.value, self.place]))


@dataclass(frozen=True, slots=True)
class Owned:
    """Something found, with what it gets when it is opened."""

    found: Found
    owner: str
    due: date
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Looked:
    """Where an audit looked completely, so that what it did not find there is no longer there.

    Attributes:
        areas: with the system, which is empty for areas that are the company's as a whole.
        systems: every system there is, where the audit was about all of them; what is said of another one is over.
    """

    areas: frozenset[tuple[Area, str]]
    systems: frozenset[str] = frozenset()

    def covers(self, kind: FindingKind, place: str) -> bool:
        """Whether a finding of that kind and place would have been found."""
        area = area_of(kind)
        if area not in BY_SYSTEM:
            return (area, "") in self.areas
        system = system_of(place)
        return (area, system) in self.areas or (bool(self.systems) and system not in self.systems)


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding as the register holds it."""

    finding_id: str
    kind: FindingKind
    place: str
    severity: Severity
    facts: Mapping[str, str | int]
    what: str
    remedy: str
    state: FindingState
    owner: str
    due: date
    first_run: str
    last_run: str
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class FindingEvent:
    """Something that became of a finding."""

    at: datetime
    what: FindingMove
    actor: str
    note: str


@dataclass(frozen=True, slots=True)
class FindingChange:
    """What a move changes of a finding; what is not given stays."""

    state: FindingState | None = None
    owner: str = ""
    due: date | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What an audit's findings made of those that were known, by finding id."""

    opened: tuple[str, ...] = ()
    reopened: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()


class Findings(Protocol):
    """The part of the register that holds findings."""

    def settle_findings(self, run_id: str, found: Sequence[Owned], looked: Looked, day: date) -> Settled:
        """Open what is new, note what was found again, open again what had gone, close what is no longer found.

        Safe to call again with the same run. A finding whose risk was accepted stays accepted until its day.
        """

    def findings(self, *, open_only: bool = False) -> list[Finding]:
        """Findings, the worst and the one due first on top; with ``open_only`` those that are not closed."""

    def finding(self, finding_id: str) -> Finding:
        """The finding.

        Raises:
            CaseUnknown: when there is none of that name.
        """

    def finding_events(self, finding_id: str) -> list[FindingEvent]:
        """What became of it, first to last."""

    def move_finding(
        self, finding_id: str, move: FindingMove, change: FindingChange, *, actor: str, note: str = ""
    ) -> Finding:
        """Change a finding, with an event in the same transaction.

        Raises:
            CaseUnknown: when there is none of that name.
        """


def system_of(place: str) -> str:
    """The system that a place is in.

    >>> system_of("crm.customer.email"), system_of("crm")
    ('crm', 'crm')
    """
    return place.partition(".")[0]
