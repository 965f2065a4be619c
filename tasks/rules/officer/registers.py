"""What may stand in the DPO's registers, and when something in them ends (charter 3.3, 3.5, 7c). Pure.

A key says what an entry is about: ``party/kind`` for an attestation, a party for an authorisation, a system or
``system/purpose`` for an impact assessment, a person for a training.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from data_contracts.company.contract import Contracts
from data_contracts.errors import RequestInvalid
from data_contracts.officer.entries import Entry, RegisterName
from data_contracts.officer.registers import LONGEST_KEY, ends_on
from tasks.rules.clock.warnings import OVERDUE, warning_level

_WRITTEN: Final[Mapping[RegisterName, tuple[re.Pattern[str], str]]] = {
    RegisterName.PROCESSORS: (
        re.compile(r"[^/]+/[a-z0-9][a-z0-9_-]{0,39}"),
        "write it as PARTY/KIND, e.g. printco/dpa or printco/iso27001",
    ),
    RegisterName.TRAINING: (
        re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]*"),
        "name a person with letters, digits and . _ @ -",
    ),
    RegisterName.DPIAS: (re.compile(r"[^/]+(/[^/]+)?"), "write it as SYSTEM or SYSTEM/PURPOSE"),
    RegisterName.RECIPIENTS: (re.compile(r"[^/]+"), "name the party alone"),
}
"""How keys are written, and what to do where one is not."""

Standing: TypeAlias = Literal["in_force", "ends_soon", "ended", "not_yet"]


@dataclass(frozen=True, slots=True)
class Ending:
    """Something that is about to end, or has ended.

    Attributes:
        until: the last day it counts.
        level: how near it is: a number of days, or ``overdue`` once it has ended.
    """

    register: RegisterName
    key: str
    until: date
    level: str


def check_key(register: RegisterName, key: str, contracts: Contracts) -> None:
    """That an entry of the register can be about this.

    Raises:
        RequestInvalid: when nothing of that name is known, or the key is not written as the register's keys are.
    """
    where, (form, remedy) = f"register {register.value}", _WRITTEN[register]
    if len(key) > LONGEST_KEY or not form.fullmatch(key):
        raise RequestInvalid("the key is not written as those of this register are", where=where, remedy=remedy)
    about, _, detail = key.partition("/")
    vocabulary = contracts.vocabulary
    known = contracts.systems if register is RegisterName.DPIAS else vocabulary.parties
    if register is not RegisterName.TRAINING and about not in known:
        what = "no such system or party in the contracts"
        raise RequestInvalid(what, where=where, remedy=f"name one of: {', '.join(sorted(known))}")
    if register is RegisterName.DPIAS and detail and detail not in vocabulary.purposes:
        remedy = f"name one of: {', '.join(sorted(vocabulary.purposes))}"
        raise RequestInvalid("no such purpose in vocabulary.yaml", where=where, remedy=remedy)


def with_kind(register: RegisterName, key: str, facts: Mapping[str, str]) -> dict[str, str]:
    """The facts, of an attestation with the kind that its key names.

    Raises:
        RequestInvalid: when the facts name another one.
    """
    if register is not RegisterName.PROCESSORS:
        return dict(facts)
    kind = key.partition("/")[2]
    if facts.get("kind", kind) != kind:
        raise RequestInvalid(
            "the fact `kind` is not the kind that the key names", where=key, remedy="name it in the key, PARTY/KIND"
        )
    return {"kind": kind, **facts}


def check_done(facts: Mapping[str, str], day: date, *, where: str) -> None:
    """That what is said to be done lies on or before that day.

    Raises:
        RequestInvalid: when it does not.
    """
    if facts.get("done_on", "") > day.isoformat():
        raise RequestInvalid("done_on lies in the future", where=where, remedy="enter it once it is done")


def standing(entry: Entry, day: date, reminder_days: Sequence[int]) -> Standing:
    """How an entry stands on a day; first and last day count."""
    facts, on = entry.facts, day.isoformat()
    if "withdrawn" in facts and str(facts["withdrawn"]) <= on:
        return "ended"
    if any(str(facts.get(name, on)) > on for name in ("valid_from", "authorised_from")):
        return "not_yet"
    ending = next(endings([entry], day, reminder_days), None)
    if ending is None:
        return "in_force"
    return "ended" if ending.level == OVERDUE else "ends_soon"


def trained_until(valid_until: str | None, time_zone: str) -> datetime | None:
    """The moment from which a training no longer counts: the end of its last local day; None: it has no end.

    >>> trained_until("2026-12-31", "Europe/Paris").isoformat()
    '2026-12-31T23:00:00+00:00'
    """
    if not valid_until:
        return None
    morrow = date.fromisoformat(valid_until) + timedelta(days=1)
    return datetime.combine(morrow, time.min, ZoneInfo(time_zone)).astimezone(UTC)


def endings(entries: Iterable[Entry], day: date, reminder_days: Sequence[int]) -> Iterator[Ending]:
    """What of these entries the officer must be told of on that day, in their order."""
    for entry in entries:
        last = entry.facts.get(ends_on(entry.register))
        if not last or entry.is_removed:
            continue
        until = date.fromisoformat(str(last))
        level = warning_level((until - day).days, reminder_days)
        if level:
            yield Ending(entry.register, entry.key, until, level)
