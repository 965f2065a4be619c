"""What a data subject wrote, as it is sealed in the vault: the one shape that carries who they are.

Everything here is personal data: it lives in memory and in the vault, never in the register or in Prefect.
"""

from pydantic import BaseModel, ConfigDict, Field

from data_contracts.vocabulary import ErasureGround, Requester, RestrictionGround


class _Sealed(BaseModel):
    """Errors of these models never quote what was typed."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def __str__(self) -> str:
        """Nothing about anybody."""
        return f"{type(self).__name__}(sealed)"


class FieldChange(_Sealed):
    """One value to be put right (Art. 16)."""

    field: str
    """A data category (``user.contact.email``), or one place as ``system.table.column``."""
    value: str = Field(repr=False)
    """The right value; empty to have it removed."""
    was: str = Field(default="", repr=False)
    """The wrong value, where only that one is to be replaced; empty: whatever is there."""


class Statement(_Sealed):
    """What a right asks beside who exercises it; what does not belong to the right stays empty."""

    requester: Requester = Requester.SUBJECT
    requester_name: str = Field(default="", repr=False)
    """Of an agent, heir or trusted third party: whom we write to."""
    changes: list[FieldChange] = Field(default_factory=list, repr=False)
    """Art. 16: values to be put right."""
    supplement: str = Field(default="", repr=False)
    """Art. 16, second sentence: a supplementary statement."""
    erasure_ground: ErasureGround | None = None
    """Art. 17(1)."""
    restriction_ground: RestrictionGround | None = None
    """Art. 18(1)."""
    fields: list[str] = Field(default_factory=list)
    """What is contested or restricted, as data categories or ``system.table.column``; empty: everything."""
    purposes: list[str] = Field(default_factory=list)
    """Keys of the vocabulary's purposes that are objected to or restricted; empty: all that the right reaches."""
    direct_marketing: bool = False
    """Art. 21(2): objects to all direct marketing, advertising cookies included."""
    sharing: bool = False
    """Charter 2.4: objects to data going to partners."""
    situation: str = Field(default="", repr=False)
    """Art. 21(1): grounds relating to the data subject's particular situation."""
    send_to: str = ""
    """Art. 20(2): key of the party that shall receive the data; empty: the data subject."""


class SubjectRequest(_Sealed):
    """The sealed content of a request."""

    identity: dict[str, list[str]] = Field(default_factory=dict, repr=False)
    """Values by identity kind of the vocabulary, as typed."""
    name: str = Field(default="", repr=False)
    """How the data subject is addressed."""
    reply_to: str = Field(default="", repr=False)
    """E-mail address for notices; empty: by post."""
    postal_address: list[str] = Field(default_factory=list, repr=False)
    """Lines of the address that letters go to, without the name."""
    postal_country: str = Field(default="", repr=False)
    """ISO 3166-1 code; empty: the organisation's country."""
    details: str = Field(default="", repr=False)
    """The letter's text, or what the form said, word for word."""
    statement: Statement = Field(default_factory=Statement, repr=False)


class ProvenSubject(_Sealed):
    """Who a data subject was proven to be by software, and where they can be reached (law 4).

    Data go to this address alone, and are searched by these keys alone: what a request named beside them may be
    somebody else's.
    """

    address: str = Field(repr=False)
    """The e-mail address whose reader was proven."""
    identity: dict[str, list[str]] = Field(repr=False)
    """The keys that were proven, by kind, as typed."""
    dropped: list[str] = Field(default_factory=list)
    """Kinds of keys that the request named and nothing proved."""
