"""Whose rows came back after an erasure, told by keyed digests alone (Art. 5(1)(e), 17, 24(1)).

Pure. A row is back when it holds a key of the list of erasures in a column in which the erasure left none. Who becomes
a customer again brings the same address: whether it is the erased account that is back is told by what the organisation
itself assigns, a number of the row that is on the list as well, and by nothing else.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from data_contracts.case.erased import ErasedKey, RowHit

Listed = Mapping[str, Sequence[ErasedKey]]
"""The list of erasures, by digest."""


@dataclass(frozen=True, slots=True)
class HeldKey:
    """One key that a row holds.

    Attributes:
        value: in normal form; personal data.
        is_account: it tells one account from another, and the organisation assigns it.
    """

    column: str
    kind: str
    value: str = field(repr=False)
    digest: str
    is_account: bool = False


@dataclass(frozen=True, slots=True)
class ReturnedPerson:
    """Somebody whose data were erased, and of whom rows are there again.

    Attributes:
        cases: that erased.
        identity: keys that lead to the rows, by kind; personal data.
        rows: by ``system.table``.
        accounts: what the rows that name an account said: whether it is the one that was erased.
    """

    cases: frozenset[str]
    identity: Mapping[str, frozenset[str]] = field(repr=False)
    rows: Mapping[str, int]
    accounts: frozenset[bool]

    @property
    def is_same_account(self) -> bool:
        """Whether a row names the account that was erased, and none names another."""
        return self.accounts == {True}


def listed_by_digest(keys: Iterable[ErasedKey]) -> Listed:
    """The list, by digest; a person may have been erased more than once."""
    made: dict[str, list[ErasedKey]] = {}
    for key in keys:
        made.setdefault(key.key.digest, []).append(key)
    return made


def hit_of(system: str, table: str, held: Sequence[HeldKey], listed: Listed) -> RowHit | None:
    """What of a row is back; None when nothing is.

    Args:
        system: that the row is in.
        table: of the contract.
        held: every key that the row holds.
        listed: the list of erasures.
    """
    cases = frozenset(
        key.case_id
        for one in held
        for key in listed.get(one.digest, ())
        if not key.may_stand_in(system, table, one.column)
    )
    return _of_cases(table, held, listed, cases)


def kept_of(table: str, held: Sequence[HeldKey], listed: Listed) -> RowHit | None:
    """What of a row is somebody's whose data were erased, whether it was kept then or came back; None: nobody's."""
    cases = frozenset(key.case_id for one in held for key in listed.get(one.digest, ()))
    return _of_cases(table, held, listed, cases)


def _of_cases(table: str, held: Sequence[HeldKey], listed: Listed, cases: frozenset[str]) -> RowHit | None:
    if not cases:
        return None
    theirs = [one for one in held if any(key.case_id in cases for key in listed.get(one.digest, ()))]
    identity: dict[str, frozenset[str]] = {}
    for one in theirs:
        identity[one.kind] = identity.get(one.kind, frozenset()) | {one.value}
    accounts = [one for one in held if one.is_account]
    is_same = all(one in theirs for one in accounts) if accounts else None
    return RowHit(table, cases, identity, is_same)


class Gathering:
    """People by the cases that erased them; grows with the number of people, not of rows."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._rows: dict[frozenset[str], dict[str, int]] = {}
        self._identity: dict[frozenset[str], dict[str, set[str]]] = {}
        self._accounts: dict[frozenset[str], set[bool]] = {}

    def add(self, system: str, hit: RowHit) -> None:
        """Take in one row."""
        rows, identity = self._rows.setdefault(hit.cases, {}), self._identity.setdefault(hit.cases, {})
        place = f"{system}.{hit.table}"
        rows[place] = rows.get(place, 0) + 1
        for kind, values in hit.identity.items():
            identity.setdefault(kind, set()).update(values)
        said = self._accounts.setdefault(hit.cases, set())
        if hit.is_same_account is not None:
            said.add(hit.is_same_account)

    def people(self) -> tuple[ReturnedPerson, ...]:
        """Everybody of whom rows are back, by the first case; cases that one row has in common are one person's."""
        return joined(
            ReturnedPerson(
                cases,
                {kind: frozenset(values) for kind, values in self._identity[cases].items()},
                rows,
                frozenset(self._accounts[cases]),
            )
            for cases, rows in self._rows.items()
        )


def joined(people: Iterable[ReturnedPerson]) -> tuple[ReturnedPerson, ...]:
    """The same people, each once, by the first of their cases; of several systems or several reads of one."""
    groups: list[ReturnedPerson] = []
    for person in people:
        same = [one for one in groups if one.cases & person.cases]
        groups = [one for one in groups if not one.cases & person.cases]
        groups.append(_one([*same, person]))
    return tuple(sorted(groups, key=lambda one: min(one.cases)))


def _one(parts: Sequence[ReturnedPerson]) -> ReturnedPerson:
    kinds = {kind for part in parts for kind in part.identity}
    places = sorted({place for part in parts for place in part.rows})
    return ReturnedPerson(
        frozenset().union(*(part.cases for part in parts)),
        {kind: frozenset().union(*(part.identity.get(kind, frozenset()) for part in parts)) for kind in sorted(kinds)},
        {place: sum(part.rows.get(place, 0) for part in parts) for place in places},
        frozenset().union(*(part.accounts for part in parts)),
    )


def needs_a_look(plan: Mapping[str, Any]) -> bool:
    """Whether people must read a plan, because it touches more than rows that lead to the erased person alone.

    Places that no contract leads to, places nobody looked at, systems handled by hand, rows of several people, and what
    a rehearsal could not try.

    Args:
        plan: as :func:`data_contracts.case.plan.plan_facts` gives it.
    """
    beside = plan.get("unreached") or plan.get("not_looked") or plan.get("by_hand")
    noted = any(line["note"] and line["rows"] for line in plan["lines"])
    untried = any(one.get("left_out") or one.get("appeared") for one in plan.get("rehearsed", ()))
    return bool(beside or noted or untried)
