"""Reads what a visitor typed into a form into what a right asks; nothing that was typed ever stands in an error."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from data_contracts.case.legible import is_key, is_letter
from data_contracts.case.request import FieldChange, Statement
from data_contracts.case.rights import FACTS_OF
from data_contracts.doors.pages import Submitted
from data_contracts.vocabulary import Channel, ErasureGround, Requester, RestrictionGround, Right

LONGEST_TEXT: Final = 20_000
LONGEST_LINE: Final = 254
_TEXTS: Final = frozenset({"details", "supplement", "situation", "address"})
CHANGES: Final = 5
"""Rows of values to put right that one form shows."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A form as it came: every field one text, cut at nothing.

    Attributes:
        faults: codes of what is wrong, by field; empty when it can be handed in.
    """

    fields: Mapping[str, str] = field(repr=False)
    faults: Mapping[str, str] = field(default_factory=dict)


def read_form(fields: Mapping[str, object], right: Right, identities: Mapping[str, object]) -> Typed:
    """The fields of a form, looked at: too long, no name, nobody to look for."""
    typed = {str(name): value for name, value in fields.items() if isinstance(value, str)}
    faults: dict[str, str] = {}
    for name, value in typed.items():
        if not (is_letter if name in _TEXTS else is_key)(value):
            faults[name] = "illegible"
        elif len(value) > (LONGEST_TEXT if name in _TEXTS else LONGEST_LINE):
            faults[name] = "too_long"
    if not typed.get("name", "").strip():
        faults["name"] = "needed"
    if not any(typed.get(f"identity_{kind}", "").strip() for kind in identities):
        faults[f"identity_{next(iter(identities), 'email')}"] = "needed"
    if typed.get("requester", "subject") != "subject" and not typed.get("requester_name", "").strip():
        faults["requester_name"] = "needed"
    if right is Right.RECTIFICATION and not (_changes(typed) or typed.get("details", "").strip()):
        faults["details"] = "needed"
    return Typed(typed, faults)


def submitted(typed: Typed, right: Right, *, key: str, language: str, identities: Mapping[str, object]) -> Submitted:
    """What is handed in, from fields without faults; ``key`` tells what was sent twice.

    Raises:
        ValueError: when a choice is none of those that the form offers; the text quotes nothing.
    """
    said = typed.fields
    return Submitted(
        right=right,
        channel=Channel.FORM,
        language=language,
        key=key,
        identity={kind: [value] for kind in identities if (value := said.get(f"identity_{kind}", "").strip())},
        name=said.get("name", ""),
        reply_to=said.get("reply_to", "").strip(),
        postal_address=[line for line in said.get("address", "").splitlines() if line.strip()],
        postal_country=said.get("country", "").strip().upper(),
        details=said.get("details", ""),
        statement=_statement(said, right),
    )


def _statement(said: Mapping[str, str], right: Right) -> Statement:
    who = Requester(said.get("requester", "") or "subject")
    return _asked(said, right).model_copy(
        update={"requester": who, "requester_name": said.get("requester_name", "").strip()}
    )


def _asked(said: Mapping[str, str], right: Right) -> Statement:
    """What the right asks, whoever exercises it."""
    fields: dict[str, Any] = {name: _READERS[name](said) for name in FACTS_OF[right].asks}
    return Statement(**fields)


def _changes(said: Mapping[str, str]) -> list[FieldChange]:
    rows = [(said.get(f"change_{n}_field", ""), said.get(f"change_{n}_value", "")) for n in range(CHANGES)]
    return [FieldChange(field=name, value=value.strip()) for name, value in rows if name]


def _erasure_ground(said: Mapping[str, str]) -> ErasureGround | None:
    ground = said.get("erasure_ground", "")
    return ErasureGround(ground) if ground else None


def _text(name: str) -> Callable[[Mapping[str, str]], str]:
    return lambda said: said.get(name, "")


def _is_ticked(name: str) -> Callable[[Mapping[str, str]], bool]:
    return lambda said: said.get(name) == "yes"


_READERS: Final[Mapping[str, Callable[[Mapping[str, str]], object]]] = {
    "changes": _changes,
    "supplement": _text("supplement"),
    "erasure_ground": _erasure_ground,
    "restriction_ground": lambda said: RestrictionGround(said.get("restriction_ground", "") or "a"),
    "fields": lambda _: [],
    "purposes": lambda said: [name.removeprefix("purpose_") for name in said if name.startswith("purpose_")],
    "direct_marketing": _is_ticked("direct_marketing"),
    "sharing": _is_ticked("sharing"),
    "situation": _text("situation"),
    "send_to": _text("send_to"),
}
"""How a field of a statement is read from a form; the site does not ask which fields are contested."""
