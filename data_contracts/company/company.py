"""What the company as a whole says once: ``vocabulary.yaml``, ``organisation.yaml`` and ``policy.yaml``.

The vocabulary holds what contracts refer to by key: parties, purposes with legal bases, holds, identity kinds.
The organisation profile holds what notices say of us, the policy what the law leaves to us. Models refuse unknown keys.
"""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveFloat, PositiveInt

from data_contracts.areas import Area, Severity
from data_contracts.company.rehearsal_policy import RehearsalPolicy
from data_contracts.company.sign_in import ClientSpace, OperatorsSignIn
from data_contracts.company.witness_policy import WitnessPolicy
from data_contracts.gates.leavers import FOR_CAUSE, Loss
from data_contracts.vocabulary import (
    Assurance,
    Duty,
    Gate,
    LegalBasis,
    OperatorRole,
    PartyRole,
    Requester,
    Right,
    Sensitivity,
)

AttestationKind = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
"""As in the key of an attestation: ``dpa``, ``iso27001``, …"""

Roles = Annotated[list[OperatorRole], Field(min_length=1)]
_AS = {Gate.CONTACT_CHANGE: Gate.SUBJECTS, Gate.COOLING_OFF: Gate.APPROVAL, Gate.RESTORATION: Gate.APPROVAL}
"""Gates that policies older than they are do not name, and the gate that is answered by the same people."""
_ISO_DATE = r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Art19(_Strict):
    """How a recipient is told of a rectification, erasure or restriction (Art. 19)."""

    via: Literal["api", "email", "manual", "opendsr"]
    to: str
    """An address of mail, of an API or of an OpenDSR interface, or how a person finds whom to tell."""
    language: str = "en"
    """In which it is written to."""
    keys: list[str] = ["email"]
    """The identity kinds that it knows data subjects by: no other key is told to it."""


class Transmission(_Strict):
    """How a party takes data that a data subject has sent to it (Art. 20(2))."""

    via: Literal["sftp", "https", "import"]
    """``sftp`` and ``https`` take the whole package; ``import`` takes named tables as files of a form."""
    to: str
    """``sftp://user@host:port/folder`` or ``https://host/path``; never a credential."""
    host_key: str = Field(default="", pattern=r"^(SHA256:[A-Za-z0-9+/]{43})?$")
    """Fingerprint of the SFTP server's key, as the recipient told it by another way."""
    format: Literal["json", "csv"] = "json"
    """Of an import's files."""
    tables: list[str] = Field(default_factory=list)
    """What an import takes, as ``system.table``."""
    field: str = Field(default="file", pattern=r"^[A-Za-z0-9_.-]{1,60}$")
    """The form field of an import's files."""


class Party(_Strict):
    """A controller, processor or recipient (Art. 4(7) to (9))."""

    role: PartyRole
    name: str
    country: str = Field(pattern="^[A-Z]{2}$")
    transfer: str = ""
    """The safeguard of a third-country transfer (Art. 15(2), 46): adequacy, scc, bcr, …"""
    for_: str = Field(default="", alias="for")
    joint: bool = False
    policy: str = ""
    """Address of the party's own privacy policy (charter P2)."""
    contact: str = ""
    art19: Art19 | None = None
    portability: Transmission | None = None
    """How it takes data that a data subject has sent to it; absent: not technically feasible (Art. 20(2))."""
    authorised_from: str = Field(default="", pattern=_ISO_DATE)
    """First day on which data may go to it (charter 2.3, 3.5); empty: since ever."""
    authorised_until: str = Field(default="", pattern=_ISO_DATE)
    """Last day on which data may go to it; empty: no end is set."""


class Purpose(_Strict):
    """A purpose with its legal basis (Art. 5(1)(b), 6(1))."""

    use: str
    basis: LegalBasis
    label: dict[str, str] = Field(default_factory=dict)
    """What a data subject reads, by language."""
    law: str = ""
    """The law, where the basis is a legal obligation."""
    interest: str = ""
    """The interest pursued, where the basis is legitimate interest (Art. 13(1)(d))."""
    interest_label: dict[str, str] = Field(default_factory=dict)
    """The interest as a data subject reads it, by language."""
    special: str = ""
    """The Art. 9(2) ground, as ``A9-2-x``, where special categories are processed."""
    direct_marketing: bool = False
    profiling: bool = False
    automated_decision: str = ""
    """Logic, significance and consequences in plain words, where Art. 22 applies (Art. 15(1)(h))."""
    automated_decision_label: dict[str, str] = Field(default_factory=dict)
    """The same as a data subject reads it, by language."""


class Hold(_Strict):
    """Why a row or a value outlives an erasure request: a ground of Art. 17(3)."""

    art17_3: Literal["a", "b", "c", "d", "e"]
    law: str
    note: str = ""
    open_ended: bool = False
    """No retention item can tell its end (a lawsuit, an employment that lasts); ``note`` says who ends it."""
    label: dict[str, str] = Field(default_factory=dict)
    """What a data subject reads, by language."""


class IdentityKind(_Strict):
    """A kind of key that leads to a data subject."""

    normalise: Literal["verbatim", "email", "phone"] = "verbatim"
    unique: bool = False
    """One value belongs to one person only. Two values of a unique kind in one search may be two people."""
    shared: bool | None = None
    """People share its values (a telephone, a cookie, a device): it leads nowhere unless it was itself proven. Asked of
    every kind that is not unique; never of one that is."""
    intake: bool = True
    """A request may name it."""
    label: dict[str, str] = Field(default_factory=dict)


class Company(_Strict):
    """The controller that the vocabulary belongs to."""

    key: str
    name: str
    country: str = Field(pattern="^[A-Z]{2}$")
    dpo: str


class Vocabulary(_Strict):
    """``vocabulary.yaml``."""

    company: Company
    parties: dict[str, Party]
    purposes: dict[str, Purpose]
    holds: dict[str, Hold]
    identities: dict[str, IdentityKind]


class Address(_Strict):
    """A postal address, as it stands on a letter."""

    lines: list[str] = Field(min_length=1, max_length=6)
    country: str = Field(pattern="^[A-Z]{2}$")


class Contact(_Strict):
    """Where somebody can be reached (charter 7e, 8a)."""

    name: str
    email: str = ""
    phone: str = ""
    website: str = ""
    address: Address


class LetterWindow(_Strict):
    """Where the address stands on the first page, so that the window of the envelope shows it; in millimetres.

    The standing values fit a French DL envelope with its window on the right, however the sheet lies in it.
    """

    left: PositiveFloat = 105
    """From the left edge of the sheet."""
    top: PositiveFloat = 46
    """From its upper edge."""
    width: PositiveFloat = 85
    height: PositiveFloat = 33


class Letters(_Strict):
    """How letters are set (charter 5.2, 8a)."""

    place: dict[str, str] = Field(default_factory=dict)
    """Where they are written, before the date, by language; in none: the date alone."""
    window: LetterWindow = LetterWindow()


class CountryProfile(_Strict):
    """What differs for data subjects of one country; what is not given is as everywhere (charter 8a)."""

    requests: Contact | None = None
    dpo: Contact | None = None
    authority: Contact | None = None
    court: dict[str, str] = Field(default_factory=dict)
    letters: Letters | None = None


class Colours(_Strict):
    """Colours of our pages, beside black on white: of links, buttons and lines (WCAG 2.2, 1.4.3)."""

    light: str = Field(default="#0b4fa3", pattern=r"^#[0-9a-fA-F]{6}$")
    """On white, with white writing on it."""
    dark: str = Field(default="#9cc4ff", pattern=r"^#[0-9a-fA-F]{6}$")
    """In dark rooms: on near black, with near black writing on it."""


class Organisation(_Strict):
    """``organisation.yaml``: the profile used in every notice."""

    name: str
    country: str = Field(pattern="^[A-Z]{2}$")
    holidays_subdivision: str = ""
    """Region with holidays of its own, e.g. Alsace-Moselle; a subdivision code of ``holidays``."""
    time_zone: str = "Europe/Paris"
    languages: list[str] = Field(default_factory=lambda: ["fr", "en"], min_length=1)
    requests: Contact
    """Where a data subject writes (charter 5.2)."""
    dpo: Contact
    authority: Contact
    """The supervisory authority (Art. 77)."""
    court: dict[str, str] = Field(default_factory=dict)
    """The judicial remedy (Art. 79), by language."""
    financial_year_end: str = Field(default="12-31", pattern="^[0-1][0-9]-[0-3][0-9]$")
    sender: str
    """The address mails come from."""
    letters: Letters = Letters()
    colours: Colours = Colours()
    client_space: ClientSpace | None = None
    """Where data subjects sign in; a sign-in proves who they are (policy: ``client_space``)."""
    operators_sign_in: OperatorsSignIn | None = None
    """Where operators sign in, beside password and code, and passkeys."""
    security_measures: dict[str, list[str]] = Field(default_factory=dict)
    """Technical and organisational measures in general terms, by language (Art. 30(1)(g))."""
    countries: dict[str, CountryProfile] = Field(default_factory=dict)
    """What differs by country of the data subject, by ISO 3166-1 code."""

    def in_country(self, code: str) -> "Organisation":
        """The profile as a data subject of that country reads it; empty: of the organisation's own."""
        local = self.countries.get(code or self.country)
        return self.model_copy(update={name: value for name, value in local if value}) if local else self


class GateRule(_Strict):
    """Who may answer a gate, and how many of them."""

    roles: list[OperatorRole] = Field(min_length=1)
    people: PositiveInt = 1
    """How many different people must approve; one refusal refuses."""
    people_when: dict[Sensitivity, PositiveInt] = Field(default_factory=dict)
    """More people where the plan touches data of that sensitivity (charter 3.1)."""


class Policy(_Strict):
    """``policy.yaml``: what the law leaves to the controller."""

    every_right: dict[Gate, GateRule] = Field(default_factory=dict)
    """Rules of gates that are the same for every right."""
    gates: dict[Right, dict[Gate, GateRule]]
    """By right, before :attr:`every_right`; every gate a flow can open has a rule in one of them."""
    identity_methods: dict[Right, list[str]]
    """Ways of checking identity that are enough, by right (Art. 12(6))."""
    identity_assurance: dict[str, Assurance] = Field(
        default_factory=lambda: {
            "facts": Assurance.LOW,
            "mail_link": Assurance.SUBSTANTIAL,
            "client_space": Assurance.SUBSTANTIAL,
            "call_back": Assurance.SUBSTANTIAL,
            "eid": Assurance.HIGH,
            "id_document": Assurance.HIGH,
            "in_person": Assurance.HIGH,
        }
    )
    """How sure each way makes us; one that is not named is of low assurance."""
    duties: dict[Duty, dict[Gate, GateRule]] = Field(
        default_factory=lambda: {
            Duty.RETENTION: {Gate.APPROVAL: GateRule(roles=[OperatorRole.LEGAL, OperatorRole.DPO])},
            Duty.INCIDENT: {Gate.APPROVAL: GateRule(roles=[OperatorRole.DPO])},
        }
    )
    """Who answers the gates of what the controller does unasked, by duty."""
    assurance_when: dict[Sensitivity, Assurance] = Field(default_factory=dict)
    """What is needed at least where the right shows or changes data of that sensitivity (charter 3.1)."""
    identity_facts: list[str] = Field(default_factory=list)
    """What may be asked (``facts``), as ``system.table.column`` with a label: what no stranger knows."""
    identity_facts_needed: PositiveInt = 2
    """How many of them must fit."""
    contact_systems: list[str] = Field(default_factory=list)
    """Systems to whose vouched addresses alone something is sent, the first that holds one; none: typed ones alone."""
    link_hours: PositiveInt = 72
    """How long a link proves who reads a mailbox."""
    package_link_days: PositiveInt = 7
    """How long a link opens the answer package."""
    contact_change_days: NonNegativeInt = 3
    """Days that a contact stays as it was once its reader was told of the change; none after the highest assurance."""
    cooling_off_days: NonNegativeInt = 0
    """Days after its approval in which a request for erasure can be taken back before it is acted on; 0: none."""
    recovery_days: NonNegativeInt = Field(default=0, le=30)
    """Days for which what was erased stays sealed, so that two people can have it given back; 0: none is kept."""
    witness: WitnessPolicy = Field(default_factory=WitnessPolicy)
    rehearsal: RehearsalPolicy = Field(default_factory=RehearsalPolicy)
    former_key_years: PositiveInt = 3
    """How long a key that was put right is remembered for its account, sealed, and for no later owner of it."""
    erased_key_years: PositiveInt = 3
    """How long the list of erasures knows a key, by digest; never shorter than the longest ``backup_days``."""
    requester_identity_methods: list[str] = Field(default_factory=lambda: ["eid", "id_document", "in_person"])
    """Of :attr:`identity_methods`, those that prove who somebody is that we do not know."""
    requester_proofs: dict[Requester, list[str]] = Field(default_factory=dict)
    """What shows that somebody else may act for the data subject, by who acts; one of them is enough."""
    death_proofs: list[str] = Field(default_factory=lambda: ["death_certificate"], min_length=1)
    """What shows the death, asked of heirs and trusted third parties besides; one of them is enough."""
    totp_drift: int = Field(default=1, ge=0, le=2)
    """How many 30 s steps an operator's clock may be off."""
    lockout_failures: PositiveInt = 5
    lockout: timedelta = timedelta(minutes=15)
    approvals_lost_with: list[Loss] = Field(default_factory=lambda: list(FOR_CAUSE))
    """With which losses of an operator an answer given before does not count any more."""
    mails_before_proof: PositiveInt = 10
    """Mails that an address gets in a day from requests nobody was proven to have made; a person decides on more."""
    cases_by_mail: PositiveInt = 5
    """Cases that mails of one sender open by themselves in a day; what is over waits for a person to read it."""
    retention_roles: Roles = Field(default_factory=lambda: [OperatorRole.LEGAL, OperatorRole.DPO])
    """Who may have the rows erased that are over their retention period (charter 4.2)."""
    dossier_roles: Roles = Field(default_factory=lambda: [OperatorRole.LEGAL, OperatorRole.DPO])
    """Who may have a dossier made for the supervisory authority (Art. 31, charter 7d)."""
    register_roles: Roles = Field(default_factory=lambda: [OperatorRole.DPO, OperatorRole.ADMIN])
    """Who may write into the DPO's registers (docs/operate/registers.md)."""
    attestations_required: dict[PartyRole, list[AttestationKind]] = Field(default_factory=dict)
    """Kinds of attestations without which nothing goes to a party, by its role (Art. 28(1), charter 3.5)."""
    dpo_page_roles: Roles = Field(default_factory=lambda: [OperatorRole.DPO, OperatorRole.LEGAL, OperatorRole.ADMIN])
    """Who may look at the DPO's page at the desk (charter 7b)."""
    register_reminder_days: list[PositiveInt] = Field(default_factory=lambda: [60, 14], min_length=1)
    """How many days before something in a register ends the DPO is written to; and once more when it has ended."""
    retention_threshold_rows: NonNegativeInt = 10_000
    """More rows than these are not erased by an approved rule at once: a person is asked first (charter 4.1)."""
    retention_threshold_percent: PositiveInt = Field(default=10, le=100)
    """The same for the share of the table's rows: a wrong date in many rows shows so."""
    audit_roles: Roles = Field(default_factory=lambda: [OperatorRole.DPO, OperatorRole.LEGAL, OperatorRole.ADMIN])
    """Who may assign and close findings of audits (charter 3.4)."""
    risk_roles: Roles = Field(default_factory=lambda: [OperatorRole.DPO])
    """Who may accept the risk of a finding, until a day and with a reason (Art. 24(1))."""
    audit_owners: dict[Area, str] = Field(default_factory=dict)
    """Who gets a new finding, by what was looked into: a role or an operator; the others go to the DPO."""
    audit_due_days: dict[Severity, PositiveInt] = Field(
        default_factory=lambda: {Severity.CRITICAL: 1, Severity.HIGH: 14, Severity.MEDIUM: 30, Severity.LOW: 90}
    )
    """How many days a new finding may take, by severity; one that is not named takes 30."""
    audit_retention_grace_days: NonNegativeInt = 7
    """Rows are a finding once they are over their retention period for longer than this (charter 4.2)."""
    audit_gate_days: PositiveInt = 7
    """A gate is a finding once it has waited for longer than this."""
    audit_canary_days: PositiveInt = 40
    """A system that allows a canary is a finding once its last one is older than this (docs/connect/canaries.md)."""
    audit_untrained: bool = True
    """Operators in force without any training are findings (charter 3.3)."""
    audit_ignored_tables: list[str] = Field(default_factory=list)
    """Tables without personal data that no contract need declare, as ``system.table``; ``*`` stands for anything."""
    notices_per_minute: NonNegativeInt = 0
    """How many notices of an incident leave in a minute, where a mail server takes no more; 0: as many as it takes."""
    package_days: PositiveInt = 30
    """How long a sealed answer package stays after the subject was told."""
    evidence_years: PositiveInt = 5
    extension_months: Literal[2] = 2
    proof_asked_within_days: PositiveInt = 3
    """Working days in which asking for a proof of identity stops the clock (EDPB 01/2022, 5.3: without undue delay)."""
    proof_days: PositiveInt = 30
    """How long we wait for a proof of identity before the case is closed with a notice."""
    chase_days: PositiveInt = 14
    """How long we wait for a recipient's acknowledgement before it is reminded (Art. 19)."""
    chase_times: PositiveInt = 3
    """How often it is reminded before the data protection officer is told."""
    proof_reminder_days: PositiveInt = 14
    """After how many days without a proof the data subject is reminded, once."""
    warn_days: list[PositiveInt] = Field(default_factory=lambda: [10, 5, 2], min_length=1)
    """How many days before an answer is due a warning is noted; at the last of them the DPO is written to."""
    extension_ask_days: PositiveInt = 7
    """How many days before the last day to tell of an extension a person is asked whether one is needed."""

    def rule(self, matter: Right | Duty, gate: Gate) -> GateRule | None:
        """Who answers a gate of a right or a duty; None when nothing says it."""
        if isinstance(matter, Duty):
            return self.duties.get(matter, {}).get(gate)
        found = self.gates.get(matter, {}).get(gate) or self.every_right.get(gate)
        return found or (self.rule(matter, _AS[gate]) if gate in _AS else None)
