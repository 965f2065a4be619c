"""What the custom property ``dsr`` of an ODCS document may say, level by level.

ODCS has no place for who a value is about, which key leads to a person, or what erasure does; its custom properties
take objects, so one property named ``dsr`` carries all of it. Unknown keys are refused at every level, so that
a misspelt key cannot pass as one left out. Each key is told in ``docs/connect/contracts.md`` with its article.
"""

import re
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveInt,
    StrictBool,
    StrictInt,
    model_validator,
)
from pydantic_core import PydanticCustomError

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
    SharedTreatment,
    TableErasure,
)

_LANGUAGE: Final = re.compile("[a-z]{2,3}")
_SHORT_FORMS = {"none": [], "both": ["from", "to"], "from": ["from"], "to": ["to"]}


def _follow_list(value: object) -> object:
    """A short form of ``follow`` as the list that it stands for; anything else as it is, for pydantic to judge."""
    return _SHORT_FORMS.get(value, [value]) if isinstance(value, str) else value


def _worded(texts: dict[str, str]) -> dict[str, str]:
    """``texts`` without blanks around them.

    Raises:
        PydanticCustomError: when a language is not written as ISO 639 does, or has no text.
    """
    if not all(_LANGUAGE.fullmatch(language) for language in texts):
        raise PydanticCustomError("language", "a language is written as two or three small letters, as in `fr`")
    if not all(text.strip() for text in texts.values()):
        raise PydanticCustomError("text", "a language has no text")
    return {language: text.strip() for language, text in texts.items()}


Words: TypeAlias = Annotated[dict[str, str], AfterValidator(_worded)]
"""What a data subject reads (Art. 12(1): clear and plain language), by language."""


def _value_lists(conditions: object) -> object:
    """``when`` with each value as a list of texts; anything else as it is, for pydantic to judge."""
    if not isinstance(conditions, dict):
        return conditions
    return {column: _texts(value if isinstance(value, list) else [value]) for column, value in conditions.items()}


def _texts(values: list[object]) -> list[object]:
    return [str(value).lower() if isinstance(value, int) else value for value in values]


When: TypeAlias = Annotated[dict[str, Annotated[list[str], Field(min_length=1)]], BeforeValidator(_value_lists)]
"""What other columns of the same row must hold, by column: one value, or a list of which one must be held."""


class _Dsr(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class InsideDsr(_Dsr):
    """Where in a column's value identities lie; exactly one is said."""

    json_path: str = Field("", alias="json")
    """A path into JSON: ``$.user.email``, ``$.to[*]``, ``$.rows[0]['e-mail']``."""
    xml: str = ""
    """A path into XML: ``/order/email``, ``/order/*/@mail``."""
    members: StrictBool = False
    """Each member of an array."""
    items: str = ""
    """Each item of a list in a text, by what separates them."""
    entries: str = ""
    """The value of a key in a map."""

    @model_validator(mode="after")
    def _says_one(self) -> "InsideDsr":
        if len(self.model_fields_set) != 1:
            raise PydanticCustomError("inside", "say exactly one of `json`, `xml`, `members`, `items` and `entries`")
        return self


class BackupsDsr(_Dsr):
    """Copies that erasure does not reach at once."""

    kept_days: PositiveInt
    """Days after which the last backup that holds something is overwritten."""


class ContractDsr(_Dsr):
    """``dsr`` of a whole contract."""

    controller: str
    """The party that decides over the data (Art. 4(7)); tables may name another."""
    purposes: list[str] = []
    """What tables with personal data are used for, unless they say otherwise (Art. 5(1)(b))."""
    subjects: list[str] = []
    """Kinds of data subjects (Art. 30(1)(c))."""
    recipients: list[str] = []
    """Parties the data are disclosed to (Art. 15(1)(c)); tables may name others."""
    automated: StrictBool = True
    """Processed by automated means (Art. 20(1)(b))."""
    backups: BackupsDsr | None = None
    """What is kept of the system beside it; told to the data subject with the day it ends."""
    canary: StrictBool = False
    """A made-up person may be planted in the system, found, changed and erased there (docs/connect/canaries.md)."""
    label: Words = {}
    """The system's name."""
    description: Words = {}
    """What the system is for, where the contract's own words are not those of a data subject."""


class TableDsr(_Dsr):
    """``dsr`` of a table."""

    erase: TableErasure
    purposes: list[str] = []
    """What its columns are used for, unless they say otherwise (Art. 5(1)(b))."""
    hold: str = ""
    controller: str = ""
    recipients: list[str] = []
    account: str = ""
    """The identity kind by which each row is one data subject's account: a unique kind that a column of it holds."""
    shred_key: str = ""
    """With ``erase: shred``: the table of this system whose rows hold the keys (Art. 17(1))."""
    public: StrictBool = False
    """The data were made public: others who show them are told of an erasure (Art. 17(2))."""
    label: Words = {}
    """What its rows are."""
    description: Words = {}
    """What it holds, where the table's own description is not in words of a data subject."""


class CaseDsr(_Dsr):
    """Rules of a column in rows alone that fulfil ``when``; what it does not say is as the column says."""

    when: Annotated[When, Field(min_length=1)]
    category: str = ""
    source: DataSource | None = None
    purposes: list[str] = []
    erase: ColumnErasure | Literal["delete"] | None = None
    """As at the column; ``delete``: the row goes, whatever else is in it."""
    hold: str = ""
    rectify: Rectification | None = None
    about: About = About.SUBJECT
    access: AccessTreatment = AccessTreatment.INCLUDE
    shared: SharedTreatment = SharedTreatment.OMIT
    label: Words = {}
    """What its values are in these rows."""


class ColumnDsr(_Dsr):
    """``dsr`` of a column."""

    category: str = ""
    """A key of fideslang's taxonomy (Art. 15(1)(b))."""
    source: DataSource | None = None
    """Where the values come from (Art. 15(1)(g), 20(1))."""
    identity: str = ""
    """The identity kind whose values it holds; with it, ``assertion`` is asked for."""
    assertion: Assertion | None = None
    """Who stands behind the identity: the organisation (``assigned``, ``confirmed``), or nobody (``self_asserted``)."""
    when: When = {}
    """The identity is held by rows alone that fulfil it."""
    country: str = ""
    """The column of the same row with the ISO 3166-1 country in which a telephone number was written down."""
    inside: InsideDsr | None = None
    """Where in the column's value the identity lies."""
    normalised: StrictBool = False
    purposes: list[str] = []
    erase: ColumnErasure | None = None
    replacement: str | StrictInt | StrictBool | float | None = None
    """With ``erase: mask``: what takes the place of a value, where the type or a check allows no constant of ours."""
    hold: str = ""
    rectify: Rectification | None = None
    about: About = About.SUBJECT
    access: AccessTreatment = AccessTreatment.INCLUDE
    shared: SharedTreatment = SharedTreatment.OMIT
    marker: Literal["", "art18", "art21", "art21_optin", "supplement"] = ""
    """``art18``, ``art21``, ``art21_optin``: flags that other programs read before they use a row: restricted,
    objected, may be approached. ``supplement``: takes a supplementary statement (Art. 16)."""
    label: Words = {}
    """What its values are."""
    cases: list[CaseDsr] = []
    """Rows in which it holds something else, each with rules of its own; the first case that a row fulfils holds."""


class RelationDsr(_Dsr):
    """``dsr`` of a relationship (law of the house: a reference is followed only in the direction declared)."""

    follow: Annotated[frozenset[Follow], BeforeValidator(_follow_list)] | None = None
    """``from``, ``to``, ``both``, ``none``, or a list of the first two. There is no default: `check` asks for it."""
    assertion: Assertion | None = None
    """Who stands behind the value that refers, where somebody may have typed it."""
    when: When = {}
    """The reference holds in rows alone that fulfil it: the type beside the id of a polymorphic association."""
    shared: StrictBool = False
    """The row pointed at belongs to other people too in any case, whoever refers to it."""


class RetentionDsr(_Dsr):
    """``dsr`` of a retention item (Art. 5(1)(e))."""

    then: RetentionAction
    hold: str = ""
    start: RetentionStart = RetentionStart.VALUE
    label: Words = {}
    """What is kept so long (Art. 15(1)(d))."""
