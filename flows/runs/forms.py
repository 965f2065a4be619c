"""What an operator fills in to register a request that came by letter, e-mail or telephone.

The server checks a form against its JSON Schema before a run exists; everything else is checked after the text was
sealed and wiped from Prefect's database, because an error of a Python validator would quote it there (law 1).
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from data_contracts.case.request import FieldChange, Statement
from data_contracts.errors import RequestInvalid
from data_contracts.vocabulary import ErasureGround, Requester, RestrictionGround, Right


class RequestForm(BaseModel):
    """A request as an operator types it. Sealed in the vault, then wiped from Prefect."""

    model_config = ConfigDict(hide_input_in_errors=True, extra="ignore")

    email: str = Field(default="", title="E-mail of the data subject", max_length=254, repr=False)
    customer_no: str = Field(default="", title="Customer number", max_length=60, repr=False)
    phone: str = Field(default="", title="Telephone", max_length=40, repr=False)
    name: str = Field(default="", title="Name, as the answer addresses it", max_length=200, repr=False)
    channel: Literal["letter", "email", "form", "api", "phone"] = Field(default="letter", title="How it came")
    received: str = Field(
        default="", title="Day of receipt (YYYY-MM-DD; empty: today)", pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"
    )
    language: Literal["fr", "en", "nl"] = Field(default="fr", title="Language of the answer")
    address: str = Field(
        default="", title="Postal address for the answer, line by line, without the name", max_length=600, repr=False
    )
    country: str = Field(default="", title="Country of that address (FR, BE, …)", pattern=r"^([A-Z]{2})?$")
    requester: Literal["subject", "agent", "heir", "trusted_third_party"] = Field(
        default="subject", title="Who exercises the right"
    )
    requester_name: str = Field(
        default="", title="Name of an agent, heir or trusted third party", max_length=200, repr=False
    )
    details: str = Field(default="", title="What the data subject writes", max_length=20000, repr=False)

    def identity(self) -> dict[str, list[str]]:
        """Identity keys that were filled in, by kind."""
        typed = {"email": self.email, "customer_no": self.customer_no, "phone": self.phone}
        return {kind: [value] for kind, value in typed.items() if value.strip()}

    def statement(self) -> Statement:
        """What the right asks, typed.

        Raises:
            RequestInvalid: when it cannot be read; the message quotes nothing.
        """
        return Statement(requester=Requester(self.requester), requester_name=self.requester_name, **self.asked())

    def asked(self) -> dict[str, Any]:
        """The fields of the statement that belong to the form's right."""
        return {}

    @property
    def is_empty(self) -> bool:
        """Whether nobody is named."""
        return not self.identity() and not self.name.strip() and not self.details.strip()


class ErasureForm(RequestForm):
    """A request for erasure (Art. 17)."""

    erasure_ground: Literal["", "a", "b", "c", "d", "e", "f"] = Field(
        default="",
        title="Ground of Art. 17(1)",
        description="a no longer needed, b consent withdrawn, c objection, d unlawful, e legal duty, f from a child",
    )

    def asked(self) -> dict[str, Any]:
        """The ground."""
        return {"erasure_ground": ErasureGround(self.erasure_ground) if self.erasure_ground else None}


class RectificationForm(RequestForm):
    """A request for rectification (Art. 16)."""

    changes: str = Field(
        default="",
        title="What to put right, one a line: field = right value",
        description="A field is a data category (user.contact.email) or system.table.column. Empty: later, by hand.",
        max_length=20000,
        repr=False,
    )
    supplement: str = Field(default="", title="Supplementary statement", max_length=20000, repr=False)

    def asked(self) -> dict[str, Any]:
        """Values to be put right."""
        return {"changes": _changes(self.changes), "supplement": self.supplement}


class RestrictionForm(RequestForm):
    """A request for restriction of processing (Art. 18)."""

    restriction_ground: Literal["a", "b", "c", "d"] = Field(
        default="a",
        title="Ground of Art. 18(1)",
        description="a accuracy contested, b unlawful, c needed for legal claims, d objection pending",
    )
    fields: str = Field(default="", title="What is contested: data categories or columns, one a line", max_length=4000)

    def asked(self) -> dict[str, Any]:
        """The ground, and what it is about."""
        return {"restriction_ground": RestrictionGround(self.restriction_ground), "fields": _lines(self.fields)}


class ObjectionForm(RequestForm):
    """An objection (Art. 21)."""

    direct_marketing: bool = Field(default=False, title="Objects to all direct marketing and advertising cookies")
    sharing: bool = Field(default=False, title="Objects to data going to partners")
    purposes: str = Field(default="", title="Objects to these purposes, one key a line", max_length=4000)
    situation: str = Field(default="", title="The data subject's particular situation", max_length=20000, repr=False)

    def asked(self) -> dict[str, Any]:
        """What is objected to."""
        return {
            "direct_marketing": self.direct_marketing,
            "sharing": self.sharing,
            "purposes": _lines(self.purposes),
            "situation": self.situation,
        }


class PortabilityForm(RequestForm):
    """A request for data portability (Art. 20)."""

    send_to: str = Field(
        default="", title="Send to (key of a party of the vocabulary; empty: the data subject)", max_length=60
    )

    def asked(self) -> dict[str, Any]:
        """Who shall receive the data."""
        return {"send_to": self.send_to.strip()}


class AnyForm(ErasureForm, RectificationForm, RestrictionForm, ObjectionForm, PortabilityForm):
    """A request for any right; fields of other rights are left as they are."""


_FORMS: Mapping[Right, type[RequestForm]] = {
    Right.RECTIFICATION: RectificationForm,
    Right.ERASURE: ErasureForm,
    Right.RESTRICTION: RestrictionForm,
    Right.PORTABILITY: PortabilityForm,
    Right.OBJECTION: ObjectionForm,
}


def form_for(right: Right) -> type[RequestForm]:
    """The form of a right; one whose statement has no fields of its own is asked for by what every form asks."""
    return _FORMS.get(right, RequestForm)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _changes(text: str) -> list[FieldChange]:
    changes = []
    for number, line in enumerate(_lines(text), 1):
        name, found, value = line.partition("=")
        if not found or not name.strip():
            raise RequestInvalid(
                "a change is not written as field = right value", where=f"changes, line {number}", remedy="correct it"
            )
        changes.append(FieldChange(field=name.strip(), value=value.strip()))
    return changes
