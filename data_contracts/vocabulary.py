"""The glossary: one word for one thing, each with its article.

Every enumeration here is a closed list that contracts, rules, flows and records share. Values are what is
written in YAML, in the register and in the evidence, so they never change once released.
"""

from enum import StrEnum
from typing import Final


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


class Duty(StrEnum):
    """What the controller does unasked; the value is also the name of its flow."""

    RETENTION = "retention"
    """Art. 5(1)(e): what is over its period is erased (charter 4.2)."""
    AUDIT = "audit"
    """Art. 5(2), 24(1), 32(1)(d): is everything as declared? (charter 1.1, 1.3, 3.4)"""
    INCIDENT = "incident"
    """Art. 33, 34: a personal data breach, or an attack that clients are warned of (charter 6)."""
    DOSSIER = "dossier"
    """Art. 31: what the supervisory authority asked for (charter 7d)."""
    CANARY = "canary"
    """Art. 32(1)(d): a made-up person is found, changed and erased, to test that a data subject would be."""


COUNTED_DUTIES: Final = tuple(duty for duty in Duty if duty is not Duty.CANARY)
"""Duties whose runs figures and reports count: a canary is nobody, and stands in none of them (docs/adr/0013)."""


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


class Assurance(StrEnum):
    """How sure a way of checking makes us of who somebody is, in the words of eIDAS (Reg. (EU) 910/2014, Art. 8(2))."""

    LOW = "low"
    SUBSTANTIAL = "substantial"
    HIGH = "high"


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


class Assertion(StrEnum):
    """Who stands behind a value that tells who somebody is (NIST SP 800-63A section 4; OpenID Connect Core 5.1).

    The organisation vouches for what it assigned or confirmed. What somebody merely typed may be anybody's.
    """

    ASSIGNED = "assigned"
    """The organisation gave it out, or its own program wrote it: a customer number, a foreign key."""
    CONFIRMED = "confirmed"
    """The organisation checked that it is this person's: a mailbox whose reader used a link."""
    SELF_ASSERTED = "self_asserted"
    """Somebody typed it, and nobody checked it."""

    @property
    def is_vouched(self) -> bool:
        """Whether the organisation stands behind it, so that a search may be led by it (law 8)."""
        return self is not Assertion.SELF_ASSERTED


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


class SharedTreatment(StrEnum):
    """What an answer package does with a value of a row that belongs to other people too (Art. 15(4); law 8)."""

    INCLUDE = "include"
    """Harmless: it says nothing about the others but what they share with the data subject."""
    MASK = "mask"
    """That there is a value is shown, not which."""
    OMIT = "omit"


class TableErasure(StrEnum):
    """What erasure does with the rows of a table."""

    DELETE = "delete"
    COLUMNS = "columns"
    """Rows stay, their columns are erased one by one."""
    KEEP = "keep"
    """Rows stay whole on an exemption; needs a hold."""
    SHRED = "shred"
    """Rows stay and cannot be read any more: the data subject's key is destroyed; needs a table of keys."""
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
    COMPUTED = "computed"
    """Never written: the system computes it from other columns, and it changes with them."""


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


class Requester(StrEnum):
    """Who exercises the right; all but the first need proof that they may."""

    SUBJECT = "subject"
    AGENT = "agent"
    """Somebody with a mandate of the data subject."""
    HEIR = "heir"
    """After death and without directives (LIL Art. 85 II)."""
    TRUSTED_THIRD_PARTY = "trusted_third_party"
    """Whom the data subject charged with directives for the time after death (LIL Art. 85 I)."""


class HeirPurpose(StrEnum):
    """What heirs may ask for where no directives say otherwise (LIL Art. 85 II)."""

    ESTATE = "estate"
    """1°: to settle and share out the estate."""
    GOODS_AND_MEMORIES = "goods_and_memories"
    """1°: digital goods, and data that are like family memories."""
    ACCOUNTS = "accounts"
    """2°: to have the death taken into account: accounts closed, processing stopped, data brought up to date."""


class ErasureGround(StrEnum):
    """Art. 17(1): why the data must be erased."""

    NO_LONGER_NEEDED = "a"
    CONSENT_WITHDRAWN = "b"
    OBJECTION = "c"
    UNLAWFUL = "d"
    LEGAL_DUTY = "e"
    CHILD = "f"
    """Collected from a child for an online service (Art. 8(1))."""


class RestrictionGround(StrEnum):
    """Art. 18(1): why processing is restricted."""

    ACCURACY = "a"
    """The data subject contests the accuracy; until it is verified."""
    UNLAWFUL = "b"
    """Processing is unlawful, and the data subject opposes erasure."""
    CLAIMS = "c"
    """The data subject needs the data for legal claims."""
    OBJECTION = "d"
    """An objection is pending (Art. 21(1))."""


class PartyRole(StrEnum):
    """Art. 4(7) to (9)."""

    CONTROLLER = "controller"
    PROCESSOR = "processor"
    RECIPIENT = "recipient"


class CaseState(StrEnum):
    """Where a case stands; the allowed moves are :data:`data_contracts.case.case.MOVES`."""

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
    PUT_BACK = "put_back"  # it had been answered, says a person, before the register was put back


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
    PROOF = "proof"
    """Art. 16: a value that the contract lets be changed on proof only: was the proof seen?"""
    STATEMENT = "statement"
    """Art. 16, charter P3: a letter that names no field: what does it ask to be put right?"""
    REVIEW = "review"
    """Art. 15(4): free text that a person must read before it goes out."""
    REQUESTER = "requester"
    """An agent, an heir or a trusted third party: may they act, and for what?"""
    CONTACT_CHANGE = "contact-change"
    """Art. 16, 32: an address or telephone number is to change: whoever reads the old one may stop it until a day."""
    COOLING_OFF = "cooling-off"
    """Art. 17: an approved erasure waits, so that the request can be taken back; or do they ask not to wait?"""
    RESTORATION = "restoration"
    """Art. 17, 32(1)(c): was it erased by mistake, and is it given back? Two people, whatever the policy says."""
    TURN = "turn"
    """Another case of the same data subject comes first: wait for it, or go on?"""
    EXTENSION = "extension"
    """Art. 12(3): is more time needed, and why?"""
    RECIPIENT = "recipient"
    """Art. 19: a recipient could not be told by software: told by hand, or try again?"""
    POSTING = "posting"
    """A letter is ready: was it posted?"""
    MISMATCH = "mismatch"
    """After acting, what remains is not what the plan keeps: act again, handled by hand, or does it stay?"""
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
    STAYS = "stays"
    """After acting: what remains stays; the reference says why (:class:`data_contracts.case.verdicts.StayGround`)."""
    ALL = "all"
    """Several records: all are of the verified data subject."""
    NAMED = "named"
    """Several records: only those that carry a key the data subject gave."""
    CHOSEN = "chosen"
    """Several records: those that the reference lists are of the verified data subject, and no other."""
    GO_ON = "go_on"
    """Do not wait for the other case."""
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
    REQUESTER_PROOF = "requester_proof"
    """Who acts for the data subject is asked to show that they may (LIL Art. 85, decree 2019-536 Art. 124)."""
    ANSWER = "answer"
    """Access and portability: the answer package is ready."""
    ERASURE_DONE = "erasure_done"
    RECTIFICATION_DONE = "rectification_done"
    RESTRICTION_DONE = "restriction_done"
    RESTRICTION_LIFTED = "restriction_lifted"
    """Art. 18(3): told before the restriction is lifted."""
    OBJECTION_DONE = "objection_done"
    REFERRAL = "referral"
    """Everything found is another controller's (charter P2)."""
    EXTENSION = "extension"
    """Art. 12(3): more time, with reasons."""
    IDENTITY_REMINDER = "identity_reminder"
    IDENTITY_LINK = "identity_link"
    """Art. 12(6): a link to the address we hold, which proves that its reader is the data subject."""
    CONTACT_CHANGE = "contact_change"
    """Art. 32: told at the old address before an address or telephone number changes, with a link to stop it."""
    COOLING_OFF = "cooling_off"
    """An erasure was approved, and until a day the request can be taken back."""
    RESTORED = "restored"
    """What was erased by mistake was given back."""
    PACKAGE_LINK = "package_link"
    """A new link to the answer package, asked for by who lost the first one."""
    INCIDENT = "incident"
    """Art. 34: a personal data breach that is likely to result in a high risk."""
    SECURITY_WARNING = "security_warning"
    """Charter 6: phishing and other attacks."""
    WITHDRAWAL = "withdrawal"
    """The data subject withdrew the request."""
    DUPLICATE = "duplicate"
    """The same request is being handled already."""
    REFUSAL = "refusal"
