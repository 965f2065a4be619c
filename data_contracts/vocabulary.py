"""The glossary: one word for one thing, each with its article.

Every enumeration here is a closed list that contracts, rules, flows and records share. Values are what is
written in YAML, in the register and in the evidence, so they never change once released.
"""

from enum import StrEnum


class Right(StrEnum):
    """A right of the data subject (Art. 15 to 21 GDPR); the value is also the name of its flow."""

    ACCESS = "access"
    """Art. 15: confirmation, information and a copy."""
    RECTIFICATION = "rectification"
    """Art. 16."""
    ERASURE = "erasure"
    """Art. 17."""
    RESTRICTION = "restriction"
    """Art. 18."""
    PORTABILITY = "portability"
    """Art. 20."""
    OBJECTION = "objection"
    """Art. 21."""


class Channel(StrEnum):
    """How a request reached the controller (Art. 12(3): an electronic request is answered electronically)."""

    LETTER = "letter"
    EMAIL = "email"
    FORM = "form"
    API = "api"
    PHONE = "phone"


class Sensitivity(StrEnum):
    """ODCS ``classification`` of a column, from the least to the most sensitive."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"


class DataSource(StrEnum):
    """Where a value comes from, in the words of W3C DPV; Art. 20 covers the first two alone."""

    PROVIDED = "provided"
    OBSERVED = "observed"
    DERIVED = "derived"
    INFERRED = "inferred"
    THIRD_PARTY = "third_party"


class LegalBasis(StrEnum):
    """Art. 6(1), as codes of W3C DPV's ``eu-gdpr`` extension."""

    CONSENT = "A6-1-a"
    CONTRACT = "A6-1-b"
    LEGAL_OBLIGATION = "A6-1-c"
    VITAL_INTEREST = "A6-1-d"
    PUBLIC_TASK = "A6-1-e"
    LEGITIMATE_INTEREST = "A6-1-f"


class Follow(StrEnum):
    """Which way a search may run along a reference (law 8)."""

    FROM = "from"
    """Rows that point at a row of the data subject are the data subject's."""
    TO = "to"
    """Go on from a row of the data subject to the row it points at."""


class About(StrEnum):
    """Whom a value is about (Art. 15(4): the rights of others)."""

    SUBJECT = "subject"
    THIRD_PARTY = "third_party"
    EMPLOYEE = "employee"


class AccessTreatment(StrEnum):
    """What an answer package does with a value."""

    INCLUDE = "include"
    MASK = "mask"
    """The value is replaced by a mark and the column listed as masked."""
    REVIEW = "review"
    """Free text that a person must read first; left out until released."""
    OMIT = "omit"


class TableErasure(StrEnum):
    """What erasure does with the rows of a table."""

    DELETE = "delete"
    COLUMNS = "columns"
    """Rows stay, their columns are erased one by one."""
    KEEP = "keep"
    """Rows stay whole on an exemption; needs a hold."""
    NONE = "none"
    """The table holds nothing that erasure concerns."""


class ColumnErasure(StrEnum):
    """What erasure does with a value in a table whose rows stay."""

    CLEAR = "clear"
    """Set to NULL."""
    MASK = "mask"
    """Set to a constant of the column's type."""
    TOKEN = "token"  # noqa: S105  # a strategy's name, not a secret
    """Replaced by a pseudonym whose key is destroyed with the case: unlinkable afterwards."""
    HMAC = "hmac"
    """Replaced by a keyed hash with a key that stays: still personal data (Art. 4(5)); needs a hold."""
    KEEP = "keep"
    """Stays on an exemption; needs a hold."""


class RetentionAction(StrEnum):
    """What happens to a row at the end of its retention period."""

    DELETE = "delete"
    COLUMNS = "columns"


class RetentionStart(StrEnum):
    """From which event a retention period runs."""

    VALUE = "value"
    """From the date in the column."""
    FINANCIAL_YEAR_END = "financial_year_end"
    """From the end of the financial year in which the date in the column falls."""


class Rectification(StrEnum):
    """How a value can be rectified by request (Art. 16)."""

    DECLARED = "declared"
    PROOF = "proof"
    CORRECTIVE_DOCUMENT = "corrective_document"


class PartyRole(StrEnum):
    """Art. 4(7) to (9)."""

    CONTROLLER = "controller"
    PROCESSOR = "processor"
    RECIPIENT = "recipient"


class CaseState(StrEnum):
    """Where a case stands; the allowed moves are :data:`data_contracts.case.MOVES`."""

    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    IDENTITY_ASKED = "identity_asked"
    """More proof was asked for, the clock is paused (Art. 12(6))."""
    IDENTITY_VERIFIED = "identity_verified"
    IDENTITY_FAILED = "identity_failed"
    LOCATED = "located"
    PLANNED = "planned"
    APPROVED = "approved"
    ACTING = "acting"
    VERIFIED = "verified"
    """What was done was looked at again and proven."""
    RECIPIENTS_TOLD = "recipients_told"
    """Art. 19."""
    SUBJECT_TOLD = "subject_told"
    ARCHIVED = "archived"
    PURGED = "purged"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    REFERRED = "referred"
    DUPLICATE = "duplicate"


class Gate(StrEnum):
    """A place where a flow waits for a person."""

    IDENTITY = "identity"
    """Art. 12(6), charter 8: is the requester the data subject?"""
    APPROVAL = "approval"
    """May this plan be carried out?"""
    SUBJECTS = "subjects"
    """The search reached records of what may be several people: which are the data subject's?"""
    OUTAGE = "outage"
    """A system could not be searched or acted on: try again, or handled by hand?"""
    MISMATCH = "mismatch"
    """After acting, what remains is not what the plan keeps: act again, or handled by hand?"""
    UNCERTAIN_MAIL = "uncertain-mail"
    """A mail may or may not have left when the process died: was it sent?"""


class Decision(StrEnum):
    """What a person answers at a gate."""

    APPROVE = "approve"
    REFUSE = "refuse"
    ASK_MORE = "ask_more"
    """Identity only: ask the data subject for further proof."""
    RETRY = "retry"
    BY_HAND = "by_hand"
    """Somebody did it outside the software; a reference is mandatory."""
    ALL = "all"
    """Several records: all are of the verified data subject."""
    NAMED = "named"
    """Several records: only those that carry a key the data subject gave."""
    SENT = "sent"
    SEND_AGAIN = "send_again"


class OperatorRole(StrEnum):
    """What an operator may decide."""

    AGENT = "agent"
    LEGAL = "legal"
    DPO = "dpo"
    ADMIN = "admin"


class NoticeKind(StrEnum):
    """A message to the data subject (Art. 12)."""

    ACKNOWLEDGEMENT = "acknowledgement"
    IDENTITY_REQUEST = "identity_request"
    ANSWER = "answer"
    ERASURE_DONE = "erasure_done"
    REFUSAL = "refusal"
