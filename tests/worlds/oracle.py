"""Whose each row of a world is, told from the rules alone, row by row; no code of the search is used.

The rules, in the words of law 8 and of the issue that they were written for:

1. a row that holds a proven key is the data subject's;
2. from it, references that are vouched for are followed as declared; from an account that is hers, the keys that are
   vouched for are searched where they are vouched for, but not keys of a kind that people share;
3. a reference or key that is declared for rows of one sort means nothing in the others;
4. a row that she points at, or that others can point at, is hers alone only while no row that is not hers refers to it;
   what points at it as a dependent (``from``), and the row itself, do not count;
5. a row that names somebody else's account is theirs; where it names her too, or holds a key of hers, it is of both;
6. a row that any row points at as shared in any case is never hers alone;
7. an account that is reached and holds no proven key, and more than one account, are a question for a person.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from tests.worlds.worlds import ACCOUNT_KIND, SHARED_KINDS, Field, Link, Person, Row, Sheet, World

Place = tuple[str, int]
"""Table and ``id`` of a row."""


@dataclass(frozen=True)
class Expected:
    """Rows that are hers alone, rows that are hers and others', and what was reached of accounts.

    Attributes:
        hers: numbers of her accounts, in lower case.
        asks: whether a person must be asked.
    """

    own: frozenset[Place]
    shared: frozenset[Place]
    hers: frozenset[str]
    asks: bool


def expected(world: World, who: Person, *, accounts: Collection[str] | None = None, keys_lead: bool = True) -> Expected:
    """What is whose when that person asks, with the keys that were proven.

    Args:
        world: the world.
        who: the person.
        accounts: numbers of the accounts that a person said are hers; None while nobody was asked.
        keys_lead: whether keys of her accounts are searched.
    """
    proven = {(kind, value.lower()) for kind, value in world.asks[who].items()}
    said = None if accounts is None else {(ACCOUNT_KIND, number.lower()) for number in accounts}
    return _Oracle(world, proven, said, keys_lead).judged()


@dataclass
class _Oracle:
    world: World
    proven: set[tuple[str, str]]
    said: set[tuple[str, str]] | None
    keys_lead: bool
    own: set[Place] = field(default_factory=set)

    def judged(self) -> Expected:
        size = -1
        while size != (size := len(self.own)):
            self.own |= {place for place, sheet, row in self._all() if self._is_own(sheet, row)}
        shared = {place for place, sheet, row in self._all() if place not in self.own and self._is_shared(sheet, row)}
        hers = frozenset(number for _, number in self._numbers())
        return Expected(frozenset(self.own), frozenset(shared), hers, self._is_question())

    def _all(self) -> Iterator[tuple[Place, Sheet, Row]]:
        for name, sheet in self.world.sheets.items():
            for row in self.world.rows[name]:
                yield (name, row["id"]), sheet, row

    # --- keys ---------------------------------------------------------------------------------------------------------

    def _key(self, one: Field, row: Row) -> tuple[str, str] | None:
        """What a column says, in the form in which keys are compared; None where it says nothing."""
        value = row[one.name]
        return (one.kind, value.strip().lower()) if value and self.world.holds(one.only, row) else None

    def _target(self, link: Link, row: Row) -> Place | None:
        """The row that a link points at, whether there is one or not."""
        value = row[link.name]
        if value is None or not self.world.holds(link.only, row):
            return None
        return link.to, value if link.by == "id" else value // 7

    def _holds_proven(self, sheet: Sheet, row: Row) -> bool:
        return any(self._key(one, row) in self.proven for one in sheet.fields)

    def _numbers(self) -> set[tuple[str, str]]:
        """Numbers of her accounts."""
        if self.said is not None:
            return self.said
        return {
            key
            for place, sheet, row in self._all()
            if sheet.is_account and place in self.own
            for one in sheet.fields
            if one.kind == ACCOUNT_KIND and (key := self._key(one, row))
        }

    def _leading(self) -> set[tuple[str, str]]:
        """Keys of her accounts that lead on."""
        return {
            key
            for place, sheet, row in self._all()
            if sheet.is_account and place in self.own
            for one in sheet.fields
            if self.keys_lead and one.vouched and one.kind not in SHARED_KINDS and (key := self._key(one, row))
        }

    # --- rows ---------------------------------------------------------------------------------------------------------

    def _is_own(self, sheet: Sheet, row: Row) -> bool:
        if sheet.is_account:
            is_known = any(one.kind == ACCOUNT_KIND and self._key(one, row) in self._numbers() for one in sheet.fields)
            return is_known or (self.said is None and self._holds_proven(sheet, row))
        is_reached = self._is_linked(sheet, row) or self._is_pointed_at(sheet, row, always_shared=False)
        in_any_case = any(link.leads_up and link.always_shared for _, link in self._referring(sheet, row))
        apart = in_any_case or self._names_another(sheet, row) or self._is_used_by_others(sheet, row)
        return is_reached and not apart

    def _is_shared(self, sheet: Sheet, row: Row) -> bool:
        if sheet.is_account:
            return False
        is_reached = self._is_linked(sheet, row) or any(
            self._is_pointed_at(sheet, row, always_shared=always) for always in (True, False)
        )
        return is_reached and (not self._names_another(sheet, row) or self._names_her(sheet, row))

    def _holds_hers(self, sheet: Sheet, row: Row) -> bool:
        """Whether a row holds a proven key, or one that her account leads to."""
        led = self._leading()
        return self._holds_proven(sheet, row) or any(
            one.vouched and one.kind not in SHARED_KINDS and self._key(one, row) in led for one in sheet.fields
        )

    def _is_linked(self, sheet: Sheet, row: Row) -> bool:
        return self._holds_hers(sheet, row) or any(
            link.vouched and link.leads_down and self._target(link, row) in self.own for link in sheet.links
        )

    def _referring(self, sheet: Sheet, row: Row) -> Iterator[tuple[Place, Link]]:
        """Rows that refer to a row, and by what."""
        for place, other, one in self._all():
            for link in other.links:
                if self._target(link, one) == (sheet.name, row["id"]):
                    yield place, link

    def _is_pointed_at(self, sheet: Sheet, row: Row, *, always_shared: bool) -> bool:
        return any(
            link.vouched and link.leads_up and link.always_shared is always_shared and place in self.own
            for place, link in self._referring(sheet, row)
        )

    def _is_used_by_others(self, sheet: Sheet, row: Row) -> bool:
        if not any(link.to == sheet.name and link.leads_up for s in self.world.sheets.values() for link in s.links):
            return False
        me = (sheet.name, row["id"])
        return any(
            not link.leads_down and place != me and place not in self.own for place, link in self._referring(sheet, row)
        )

    # --- names --------------------------------------------------------------------------------------------------------

    def _named(self, sheet: Sheet, row: Row) -> set[object]:
        """Accounts that a row names, as places of account rows or as numbers."""
        by_link: set[object] = {
            self._target(link, row)
            for link in sheet.links
            if link.vouched and link.leads_down and self.world.sheets[link.to].is_account
        }
        by_key: set[object] = {self._key(one, row) for one in sheet.fields if one.vouched and one.kind == ACCOUNT_KIND}
        return {*by_link, *by_key} - {None}

    def _hers(self) -> set[object]:
        return {*self.own, *self._numbers(), *self.proven}

    def _names_another(self, sheet: Sheet, row: Row) -> bool:
        return bool(self._named(sheet, row) - self._hers())

    def _names_her(self, sheet: Sheet, row: Row) -> bool:
        return self._holds_hers(sheet, row) or bool(self._named(sheet, row) & self._hers())

    # --- accounts -----------------------------------------------------------------------------------------------------

    def _is_question(self) -> bool:
        reached = [
            row for place, sheet, row in self._all() if sheet.is_account and self._is_account_reached(sheet, row)
        ]
        numbers = {(ACCOUNT_KIND, row["no"].lower()) for row in reached}
        return len(numbers) > 1 or bool(numbers - self._numbers())

    def _is_account_reached(self, sheet: Sheet, row: Row) -> bool:
        if (sheet.name, row["id"]) in self.own or self._is_linked(sheet, row):
            return True
        return self._is_pointed_at(sheet, row, always_shared=False)
