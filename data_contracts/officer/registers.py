"""What entries of the data protection officer's registers hold (:mod:`data_contracts.officer.entries`): one model each.

Facts are typed as text and kept as JSON; dates are written YYYY-MM-DD, the last day counts. What is empty is left out,
so that the same facts are the same row.

>>> written(
...     checked(RegisterName.PROCESSORS, {"kind": "dpa", "reference": "DPA-7", "valid_from": "2026-01-01"}, where="")
... )
{'kind': 'dpa', 'reference': 'DPA-7', 'valid_from': '2026-01-01'}
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError, model_validator

from data_contracts.company.company import AttestationKind
from data_contracts.errors import RequestInvalid
from data_contracts.officer.entries import RegisterName

_ISO: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
LONGEST_KEY: Final = 200
"""Characters of an entry's key."""


def _day(value: object) -> date:
    """A day of the calendar, written as one; pydantic alone would take seconds since 1970 for a day."""
    if isinstance(value, str) and _ISO.fullmatch(value.strip()):
        return date.fromisoformat(value.strip())
    raise ValueError("is no day; write it as YYYY-MM-DD")


Day = Annotated[date, BeforeValidator(_day)]
Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")
]


class _Facts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    ENDS: ClassVar[str] = ""
    """The fact that says when the entry must be renewed."""
    STARTS: ClassVar[str] = ""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        first, last = getattr(self, self.STARTS), getattr(self, self.ENDS)
        if first is not None and last is not None and last < first:
            raise ValueError(f"{self.ENDS} is before {self.STARTS}")
        return self


class Attestation(_Facts):
    """Art. 28(1), (3): what shows that a processor or other recipient keeps to the principles (charter 3.5)."""

    ENDS = "valid_until"
    STARTS = "valid_from"
    kind: AttestationKind
    """``dpa`` (the contract of Art. 28(3)), ``iso27001``, ``soc2``, ``audit``, …"""
    reference: Line
    valid_from: Day
    valid_until: Day | None = None
    """The last day; empty: without end."""


class Training(_Facts):
    """Art. 39(1)(b): that somebody was made aware (charter 3.3)."""

    ENDS = "valid_until"
    STARTS = "done_on"
    course: Line
    done_on: Day
    valid_until: Day | None = None


class ImpactAssessment(_Facts):
    """Art. 35: an impact assessment, with the advice of Art. 35(2) (charter 7c)."""

    ENDS = "review_on"
    STARTS = "done_on"
    reference: Line
    done_on: Day
    review_on: Day | None = None
    """Art. 35(11): when it is looked at again at the latest."""
    risk: Literal["low", "medium", "high"]
    """What remains once the measures are taken; high: Art. 36 asks for a prior consultation."""
    advice_by: Line | None = None
    """Who advised: the data protection officer."""


class Authorisation(_Facts):
    """Charter 2.3: when data may go to a recipient, beside what vocabulary.yaml says; the stricter one counts."""

    ENDS = "authorised_until"
    STARTS = "authorised_from"
    authorised_from: Day | None = None
    authorised_until: Day | None = None
    withdrawn: Day | None = None
    """From that day on nothing goes to it."""
    reason: Line | None = None

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.withdrawn is not None and self.reason is None:
            raise ValueError("withdrawn needs its reason")
        if self.withdrawn is None and self.authorised_from is None and self.authorised_until is None:
            raise ValueError("says nothing; give authorised_from, authorised_until or withdrawn")
        return self


FACTS: Final[Mapping[RegisterName, type[_Facts]]] = MappingProxyType(
    {
        RegisterName.PROCESSORS: Attestation,
        RegisterName.TRAINING: Training,
        RegisterName.DPIAS: ImpactAssessment,
        RegisterName.RECIPIENTS: Authorisation,
    }
)
"""The model of each register's facts."""


def fact_names(register: RegisterName) -> tuple[str, ...]:
    """Names of a register's facts, in reading order."""
    return tuple(FACTS[register].model_fields)


def ends_on(register: RegisterName) -> str:
    """The name of the fact that says when an entry must be renewed."""
    return FACTS[register].ENDS


def checked(register: RegisterName, facts: Mapping[str, str], *, where: str) -> _Facts:
    """The facts of an entry, all of them right.

    Args:
        register: whose.
        facts: as typed; empty ones say nothing.
        where: how errors name the entry.

    Raises:
        RequestInvalid: with everything that is wrong; no value is repeated.
    """
    said: Any = {name: value for name, value in facts.items() if value.strip()}
    try:
        return FACTS[register].model_validate(said)
    except ValidationError as error:
        wrong = "; ".join(_wrong(error))
    names = ", ".join(fact_names(register))
    raise RequestInvalid(wrong, where=where, remedy=f"correct it; the facts are: {names}") from None


def written(facts: _Facts) -> dict[str, str]:
    """Facts as the register keeps them: texts by name, in reading order, without what is empty."""
    kept: dict[str, str] = facts.model_dump(mode="json", exclude_none=True)
    return kept


def _wrong(error: ValidationError) -> Iterator[str]:
    for one in error.errors(include_input=False, include_url=False):
        name = ".".join(map(str, one["loc"]))
        match one["type"]:
            case "extra_forbidden":
                yield f"`{name}` is no fact of this register" if name.isidentifier() else "a fact has no name"
            case "missing":
                yield f"{name} is missing"
            case "literal_error":
                yield f"{name} is none of {one['ctx']['expected']}"
            case "value_error":
                yield f"{name} {one['ctx']['error']}".strip()
            case "string_too_long":
                yield f"{name} is longer than {one['ctx']['max_length']} characters"
            case _:
                yield f"{name} holds a character that it cannot"
