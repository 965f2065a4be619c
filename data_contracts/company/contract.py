"""What a system holds, as rules and connectors read it: frozen, resolved, checked.

The YAML (:mod:`data_contracts.odcs.folder`) is turned into these shapes once; nobody else reads YAML. A set of
contracts (:class:`Contracts`) is only made when the whole set was found without fault (:mod:`data_contracts.check`).

Words for data subjects are by language (ISO 639); :func:`in_language` chooses among them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from data_contracts.company.company import Vocabulary
from data_contracts.company.value_rules import ValueRules
from data_contracts.connectors.keys import When
from data_contracts.inside.paths import Inside
from data_contracts.vocabulary import (
    About,
    AccessTreatment,
    Assertion,
    ColumnErasure,
    DataSource,
    Follow,
    Rectification,
    RetentionAction,
    RetentionStart,
    Sensitivity,
    SharedTreatment,
    TableErasure,
)

_COMMON_LANGUAGE: Final = "en"


def in_language(words: Mapping[str, str], language: str) -> str:
    """What ``words`` say in the language, else in English; empty when they say it in neither (Art. 12(1)).

    >>> in_language({"fr": "Facture", "en": "Invoice"}, "fr"), in_language({"en": "Invoice"}, "fr")
    ('Facture', 'Invoice')
    """
    return words.get(language) or words.get(_COMMON_LANGUAGE, "")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table and everything privacy law asks about it."""

    name: str
    logical_type: str
    """ODCS: string, integer, number, boolean, date, timestamp, time, object, array."""
    physical_type: str = ""
    description: str = ""
    primary_key: bool = False
    primary_key_position: int = 0
    """Place in a composite key, from 1; 0 when the contract gives none."""
    required: bool = False
    unique: bool = False
    max_length: int | None = None
    """In characters; from ``logicalTypeOptions.maxLength`` or ``varchar(n)``."""
    rules: ValueRules = field(default_factory=ValueRules)
    """What else its values must be."""
    is_personal: bool = True
    """False for a bare key column and for what fideslang calls ``system.*``."""
    category: str = ""
    """A key of fideslang's taxonomy; empty for a bare key column."""
    source: DataSource = DataSource.OBSERVED
    identity: str = ""
    """The identity kind (a key of the vocabulary's ``identities``) this column holds; empty for none."""
    assertion: Assertion | None = None
    """Who stands behind the identity; None where the contract does not say, which leads nowhere."""
    when: tuple[When, ...] = ()
    """The identity is held by rows alone that fulfil all of these."""
    country: str = ""
    """The column of the same row with the country in which a telephone number was written down; empty: ours."""
    inside: Inside | None = None
    """Where in its value identities lie; None: its value is one."""
    normalised: bool = False
    """Values are stored in the identity kind's normal form, so an index on the column serves the search."""
    purposes: tuple[str, ...] = ()
    sensitivity: Sensitivity = Sensitivity.INTERNAL
    erase: ColumnErasure | None = None
    """None: follows the table."""
    replacement: object = None
    """What takes the place of a masked value; None: a constant of the column's type."""
    held_as: str = ""
    """The form that a pseudonym has in the live type, where that is no text."""
    hold: str = ""
    rectify: Rectification | None = None
    about: About = About.SUBJECT
    access: AccessTreatment = AccessTreatment.INCLUDE
    shared: SharedTreatment = SharedTreatment.OMIT
    """What is shown of it in a row that belongs to other people too."""
    marker: str = ""
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What its values are, in words of a data subject, by language."""
    cases: "tuple[Case, ...]" = ()
    """Rows in which other rules hold for it; see :mod:`data_contracts.company.row_cases`."""
    zone: str = ""
    """IANA zone of moments that the system stores without one; empty: the organisation's."""
    is_zoned: bool = False
    """The contract says that its moments have a zone, whatever the live type holds."""

    @property
    def is_vouched(self) -> bool:
        """Whether the organisation stands behind the identity that it holds."""
        return self.assertion is not None and self.assertion.is_vouched


@dataclass(frozen=True, slots=True)
class Case:
    """Rules of a column in rows alone that fulfil a condition, as in a table of keys and values.

    Attributes:
        rules: the column as it is in these rows: its own rules, but for what the case says otherwise.
        deletes_row: erasure deletes these rows, whatever else is in them.
    """

    when: tuple[When, ...]
    rules: Column
    deletes_row: bool = False
    says_source: bool = field(default=True, compare=False)
    """Whether the contract says where its values come from; asked for where they are personal."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference from columns of a table to columns of another, in the same system or not (law 8)."""

    columns: tuple[str, ...]
    to_system: str
    to_table: str
    to_columns: tuple[str, ...]
    follow: frozenset[Follow] = frozenset()
    shared: bool = False
    """The row pointed at belongs to other people too in any case: never disclosed, blanked or deleted for one."""
    assertion: Assertion = Assertion.ASSIGNED
    """Who stands behind the value that refers; a program of the organisation, where nobody can have typed it."""
    when: tuple[When, ...] = ()
    """The reference holds in rows alone that fulfil all of these."""
    says_assertion: bool = field(default=False, compare=False)
    """Whether the contract says who stands behind it; asked for where somebody may have typed the value."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long rows of a table are kept, from which event, and what happens then (Art. 5(1)(e), charter 4)."""

    id: str
    table: str
    column: str
    value: int
    unit: str
    """``d``, ``mo`` or ``y``."""
    start: RetentionStart
    then: RetentionAction
    hold: str = ""
    driver: str = ""
    description: str = ""
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What is kept so long, in words of a data subject, by language."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table (or a Parquet dataset) of a system."""

    system: str
    name: str
    columns: tuple[Column, ...]
    erase: TableErasure
    purposes: tuple[str, ...] = ()
    hold: str = ""
    controller: str = ""
    recipients: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    retentions: tuple[Retention, ...] = ()
    description: str = ""
    physical_name: str = ""
    """The name in the live system where it differs from ``name``."""
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What its rows are, in words of a data subject, by language."""
    descriptions: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What it holds, in words of a data subject, by language."""
    account: str = ""
    """The unique identity kind that tells one data subject's account from another's; empty: it holds no accounts."""
    shred_key: str = ""
    """The table of the same system whose rows hold the keys that make this one's readable."""
    public: bool = False
    """Its data were made public (Art. 17(2))."""
    notice: str = ""
    """Where the data subject was informed of it (Art. 13, 14), as an address; of its system where it has none."""

    @property
    def primary_key(self) -> tuple[str, ...]:
        """Names of the key columns in key order; empty when the contract names none."""
        keys = sorted((c for c in self.columns if c.primary_key), key=lambda c: c.primary_key_position)
        return tuple(c.name for c in keys)

    @property
    def rules(self) -> tuple[Column, ...]:
        """Its columns under every rule that holds for them in some rows."""
        return tuple(rules for own in self.columns for rules in (own, *(case.rules for case in own.cases)))

    @property
    def identities(self) -> tuple[Column, ...]:
        """Columns that hold an identity key of the data subject."""
        return tuple(c for c in self.columns if c.identity)

    @property
    def account_columns(self) -> tuple[Column, ...]:
        """Columns whose value tells the account; empty for a table that holds no accounts."""
        return tuple(c for c in self.identities if self.account and c.identity == self.account)

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            KeyError: when the contract has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Server:
    """Where a system runs; never a credential."""

    name: str
    type: str
    location: str = ""
    """A URL without user and password; empty when host and database say it."""


@dataclass(frozen=True, slots=True)
class SystemContract:
    """One ODCS document."""

    name: str
    title: str
    version: str
    controller: str
    tables: tuple[Table, ...]
    subjects: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    automated: bool = True
    """Processed by automated means (Art. 20(1)(b))."""
    backup_days: int = 0
    """How long backups are kept before they are overwritten; 0: there are none, or nothing is said."""
    canary: bool = False
    """A made-up person may be planted in it, found, changed and erased there."""
    servers: tuple[Server, ...] = ()
    file: str = ""
    description: str = ""
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Its name, in words of a data subject, by language."""
    descriptions: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What it is for, in words of a data subject, by language."""

    def table(self, name: str) -> Table:
        """The table of that name.

        Raises:
            KeyError: when the contract has no such table.
        """
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Contracts:
    """All contracts and the vocabulary they refer to, checked together.

    Attributes:
        systems: by system name, in the order of their names.
        digest: SHA-256 of every file read, in hex; changes when any of them changes.
        time_zone: the organisation's; empty: not known.
        meaning: of what they say, whatever the files look like (:mod:`data_contracts.company.meaning`).
        files: text of every file read, by path in the folder.
    """

    systems: Mapping[str, SystemContract]
    vocabulary: Vocabulary
    digest: str = field(default="", compare=False)
    time_zone: str = field(default="", compare=False)
    meaning: str = field(default="", compare=False)
    files: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def name(self) -> str:
        """What a plan names the set by that it is made under."""
        return self.meaning or self.digest

    def is_named(self, name: str) -> bool:
        """Whether a plan was made under what this set says; older plans name it by the bytes of its files."""
        return name in {self.name, self.digest}

    def tables(self) -> Iterator[Table]:
        """Every table of every system, systems by name, tables in the order of their file."""
        for system in self.systems.values():
            yield from system.tables

    def table(self, system: str, name: str) -> Table:
        """The table of that system and name.

        Raises:
            KeyError: when no contract has it.
        """
        return self.systems[system].table(name)
