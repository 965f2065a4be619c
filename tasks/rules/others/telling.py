"""Who is told of what was done, and what (Art. 19, 21(2)-(3); charter P2).

Pure. Whom data were disclosed to is what contracts say of the tables that were really touched; what a recipient is
told is no more than it needs.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from data_contracts.case.plan import TablePath
from data_contracts.case.request import FieldChange
from data_contracts.case.rights import FACTS_OF
from data_contracts.company.company import Party, Policy, Vocabulary
from data_contracts.company.contract import Contracts
from data_contracts.company.row_cases import column_in
from data_contracts.told.recipients import Asked, RecipientNotice
from data_contracts.vocabulary import PartyRole, Right

_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:/#-]{0,59}")
"""A reference goes into evidence, so it has no room for a name and an address."""


@dataclass(frozen=True, slots=True)
class Touched:
    """A line of a plan that was carried out."""

    path: TablePath
    columns: tuple[str, ...] = ()
    when: str = ""


def touched(right: Right, lines: Iterable[Mapping[str, object]]) -> list[Touched]:
    """What a carried-out plan really did, from its lines as JSON (see :func:`data_contracts.case.plan.plan_facts`)."""
    acts = FACTS_OF[right].acts
    return [
        Touched(
            (str(line["system"]), str(line["table"])),
            tuple(line["columns"]),  # type: ignore[arg-type]  # names
            str(line.get("when", "")),
        )
        for line in lines
        if line["action"] in acts and line["rows"]
    ]


def recipients_of(contracts: Contracts, done: Iterable[Touched]) -> dict[str, list[Touched]]:
    """By party key, in the order of keys: what was done in tables whose data it received; we ourselves are none."""
    own = contracts.vocabulary.company.key
    found: dict[str, list[Touched]] = {}
    for one in done:
        for party in contracts.table(*one.path).recipients:
            if party != own:
                found.setdefault(party, []).append(one)
    return dict(sorted(found.items()))


def asked_of(right: Right) -> Asked:
    """What recipients are asked when a right was carried out.

    Raises:
        KeyError: for a right that changes nothing, of which nobody is told.
    """
    asked = FACTS_OF[right].recipients_are_asked
    if asked is None:
        raise KeyError(right)
    return asked


def is_order(party: Party, vocabulary: Vocabulary) -> bool:
    """Whether the party acts on our instructions (Art. 28(3)); a controller of its own does not."""
    return party.role is PartyRole.PROCESSOR and party.for_ == vocabulary.company.key


def changes_for(
    contracts: Contracts, done: Iterable[Touched], changes: Iterable[FieldChange]
) -> tuple[tuple[str, str], ...]:
    """Those of the values put right that concern what a recipient received, each as it was asked and its new value."""
    fields: set[str] = set()
    for one in done:
        table = contracts.table(*one.path)
        for name in one.columns:
            fields |= {column_in(table, name, one.when).category, f"{table.system}.{table.name}.{name}"}
    return tuple((change.field, change.value) for change in changes if change.field in fields)


def known_by(party: Party, keys: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """Of the data subject's keys by kind, those of the kinds that the party knows people by; empty: it cannot tell."""
    kinds = party.art19.keys if party.art19 else []
    return {kind: tuple(sorted(keys[kind])) for kind in kinds if keys.get(kind)}


def is_reference(text: str) -> bool:
    """Whether a recipient's acknowledgement can be recorded under that reference."""
    return _REFERENCE.fullmatch(text) is not None


def due_chase(notice: RecipientNotice, policy: Policy, now: datetime) -> Literal["", "remind", "escalate"]:
    """What is due because a recipient has not answered: nothing yet, a reminder, or the data protection officer's."""
    last = notice.chased_at or notice.sent_at
    if notice.state != "told" or last is None or now < last + timedelta(days=policy.chase_days):
        return ""
    return "remind" if notice.chased < policy.chase_times else "escalate"
