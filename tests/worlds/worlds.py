"""Random worlds of two people and a crowd: up to six tables in one to three systems, and rows that belong to somebody.

A world is made row by row: for each row it is decided first whose it shall be, then its columns are filled so that
they say so, or lie, where the contract says that nobody vouches for them. The shapes here are this test's own: they are
turned into contracts in :mod:`tests.worlds.declaring` and judged in :mod:`tests.worlds.oracle`, which share no more.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

Row = dict[str, Any]
Kind = str
"""``email``, ``phone`` or ``customer_no``."""
Person = Literal["A", "B", "C"]
PEOPLE: tuple[Person, ...] = ("A", "B", "C")
"""A and B ask; C is the crowd."""
SHARED_KINDS = frozenset({"phone"})
ACCOUNT_KIND: Kind = "customer_no"
_SORTS = ("x", "y")
_FIRST = 100
"""The first ``id`` of a table that holds no accounts."""


@dataclass(frozen=True)
class Field:
    """A column that holds a key of somebody; in rows of the sort ``only`` alone, where one is named."""

    name: str
    kind: Kind
    vouched: bool
    only: str = ""
    normalised: bool = False


@dataclass(frozen=True)
class Link:
    """A column that holds the ``id`` or ``code`` of a row of another table, followed as the words in ``follow`` say."""

    name: str
    to: str
    follow: frozenset[str]
    vouched: bool = True
    always_shared: bool = False
    only: str = ""
    by: Literal["id", "code"] = "id"

    @property
    def leads_up(self) -> bool:
        """Whether it is followed to the row that it points at."""
        return "to" in self.follow

    @property
    def leads_down(self) -> bool:
        """Whether it is followed from the row that it points at."""
        return "from" in self.follow


@dataclass(frozen=True)
class Sheet:
    """A table."""

    name: str
    system: str
    fields: tuple[Field, ...] = ()
    links: tuple[Link, ...] = ()
    is_account: bool = False
    erase: Literal["delete", "columns"] = "delete"

    @property
    def columns(self) -> list[str]:
        """Names of its columns, each once."""
        named = [f.name for f in self.fields] + [link.name for link in self.links]
        return list(dict.fromkeys(["id", "code", "sort", "text", *named]))


@dataclass(frozen=True)
class World:
    """Tables by name in the order in which they were made, their rows, and the keys of each person."""

    seed: int
    sheets: dict[str, Sheet]
    rows: dict[str, list[Row]]
    keys: dict[Person, dict[Kind, str]]
    asks: dict[Person, dict[Kind, str]]

    def holds(self, only: str, row: Row) -> bool:
        """Whether what is declared for rows of a sort holds in a row."""
        return not only or row["sort"] == only

    def told(self) -> str:
        """Everything about it, for whoever reads why a test failed."""
        lines = [f"world {self.seed}; asked: {self.asks}"]
        for name, sheet in self.sheets.items():
            kind = "account, " if sheet.is_account else ""
            lines.append(f"{sheet.system}.{name} ({kind}{sheet.erase})")
            lines += [f"    field {f}" for f in sheet.fields] + [f"    link {link}" for link in sheet.links]
            lines += [f"    {row}" for row in self.rows[name]]
        return "\n".join(lines)


def a_world(seed: int) -> World:
    """The world of that number."""
    return _Maker(seed, random.Random(seed)).made()


@dataclass
class _Maker:
    seed: int
    chance: random.Random
    sheets: dict[str, Sheet] = field(default_factory=dict)
    rows: dict[str, list[Row]] = field(default_factory=dict)
    whose: dict[tuple[str, int], set[Person]] = field(default_factory=dict)
    keys: dict[Person, dict[Kind, str]] = field(default_factory=dict)
    accounts: dict[Person, list[int]] = field(default_factory=dict)

    def made(self) -> World:
        self._people()
        systems = ["s1", "s2", "s3"][: self.chance.randint(1, 3)]
        total = self.chance.randint(2, 6)
        places = [f"place{n}" for n in range(self.chance.randint(0, min(2, total - 1)))]
        others = [f"sheet{n}" for n in range(total - len(places) - 1)]
        if others and self._maybe(0.15):
            others[-1] = "ledger"  # a second table of accounts
        for name in (*places, "customer", *others):
            system, is_account = self.chance.choice(systems), name in {"customer", "ledger"}
            sheet = self._account(name, system) if is_account else self._sheet(name, system)
            self.sheets[name] = sheet
            self.rows[name] = list(self._account_rows(sheet) if is_account else self._rows(sheet))
        return World(self.seed, self.sheets, self.rows, self.keys, {who: self._asks(who) for who in ("A", "B")})

    def _maybe(self, share: float) -> bool:
        return self.chance.random() < share

    # --- people -------------------------------------------------------------------------------------------------------

    def _people(self) -> None:
        for number, who in enumerate(PEOPLE):
            email = f"{who.lower()}@x.example"
            self.keys[who] = {"email": email, "phone": f"+3361234567{number}", "customer_no": f"N-{who}"}
            self.accounts[who] = [10 + number]
        if self._maybe(0.3):
            self.keys["B"]["phone"] = self.keys["A"]["phone"]  # a household
        if self._maybe(0.04):
            self.keys["B"]["email"] = self.keys["A"]["email"]
        if self._maybe(0.04):
            self.accounts["A"].append(20)
        for who in ("A", "B"):
            if self._maybe(0.06):
                self.accounts[who] = []

    def _asks(self, who: Person) -> dict[Kind, str]:
        wanted: list[list[Kind]] = [["email"], ["customer_no"], ["email", "customer_no"], ["email", "phone"]]
        (kinds,) = self.chance.choices(wanted, [5, 3, 3, 1])
        return {kind: self.keys[who][kind] for kind in kinds}

    def _key(self, kind: Kind, who: Person, *, normalised: bool) -> str:
        key = self.keys[who][kind]
        return f" {key.upper()}" if kind == "email" and not normalised and self._maybe(0.3) else key

    # --- accounts -----------------------------------------------------------------------------------------------------

    def _account(self, name: str, system: str) -> Sheet:
        fields = [
            Field("no", "customer_no", vouched=True),
            Field("mail", "email", self._maybe(0.7), only="x" if self._maybe(0.1) else "", normalised=self._maybe(0.3)),
            Field("tel", "phone", vouched=self._maybe(0.5)),
        ]
        links = list(self._links_up(name))
        if self._maybe(0.3):
            links.append(Link("referrer", "customer", frozenset({"from"} if self._maybe(0.1) else set())))
        return Sheet(name, system, tuple(fields), tuple(links), is_account=True, erase=self._erasure())

    def _account_rows(self, sheet: Sheet) -> Iterator[Row]:
        for who in PEOPLE:
            for number, place in enumerate(self.accounts[who]):
                row = self._blank(sheet, place)
                self._fill(sheet, row, who)
                again = number or (sheet.name == "ledger" and self._maybe(0.1))
                row |= {"no": self.keys[who]["customer_no"] + "2" * bool(again), "mail": self.keys[who]["email"]}
                yield row

    # --- other tables -------------------------------------------------------------------------------------------------

    def _sheet(self, name: str, system: str) -> Sheet:
        is_place = name.startswith("place")
        fields = [self._field(n) for n in range(self.chance.choice([0, 0, 1] if is_place else [0, 1, 1, 2, 3]))]
        links: list[Link] = []
        if self._maybe(0.25 if is_place else 0.75):
            only = "x" if self._maybe(0.2) else ""
            links.append(Link("customer", "customer", frozenset({"from"}), self._maybe(0.85), only=only, by=self._by()))
            if self._maybe(0.2):
                links.append(Link("second", "customer", frozenset({"from"}), vouched=self._maybe(0.9)))
            if self._maybe(0.15):
                links.append(Link("made_by", "customer", frozenset()))
        links += self._links_up(name)
        links += [] if is_place else self._links_down(name)
        return Sheet(name, system, tuple(fields), tuple(links), erase=self._erasure())

    def _field(self, number: int) -> Field:
        (kind,) = self.chance.choices(("email", "phone", "customer_no"), [5, 2, 3])
        only = "x" if self._maybe(0.25) else ""
        return Field(f"key{number}", kind, vouched=self._maybe(0.45), only=only, normalised=self._maybe(0.3))

    def _links_up(self, name: str) -> Iterator[Link]:
        """References that are followed to the row that they point at; never in a circle, but to the row itself."""
        targets = [other for other, sheet in self.sheets.items() if not sheet.is_account]
        for number, target in enumerate(targets):
            if self._maybe(0.55 if target.startswith("place") else 0.2):
                follow = frozenset({"to", "from"} if self._maybe(0.1) else {"to"})
                only = "x" if self._maybe(0.15) else ""
                shared = self._maybe(0.1)
                yield Link(
                    f"up{number}", target, follow, self._maybe(0.9), always_shared=shared, only=only, by=self._by()
                )
        if name.startswith("place") and self._maybe(0.2):
            yield Link("root", name, frozenset({"to"}))

    def _links_down(self, name: str) -> Iterator[Link]:
        """References from dependents, some of them to tables that a second column tells apart, some to rows before."""
        targets = [other for other, sheet in self.sheets.items() if not sheet.is_account]
        if targets and self._maybe(0.5):
            first = self.chance.choice(targets)
            if self._maybe(0.35):
                yield Link("subject", first, frozenset({"from"}), only="x")
                yield Link("subject", "customer", frozenset({"from"}), only="y")
            else:
                yield Link("parent", first, frozenset({"from"}), vouched=self._maybe(0.85), by=self._by())
        if self._maybe(0.2):
            yield Link("before", name, frozenset({"from"}))

    def _erasure(self) -> Literal["delete", "columns"]:
        return self.chance.choice(("delete", "columns"))

    # --- rows ---------------------------------------------------------------------------------------------------------

    def _rows(self, sheet: Sheet) -> Iterator[Row]:
        for number in range(self.chance.randint(3, 7)):
            row = self._blank(sheet, _FIRST + number)
            self._fill(sheet, row, self.chance.choice(PEOPLE))
            yield row

    def _blank(self, sheet: Sheet, place: int) -> Row:
        row: Row = dict.fromkeys(sheet.columns)
        row |= {"id": place, "code": 7 * place, "sort": self.chance.choice(_SORTS), "text": f"{sheet.name}-{place}"}
        return row

    def _fill(self, sheet: Sheet, row: Row, who: Person) -> None:
        """Fill the columns as for a row of somebody; what is not vouched for, or means nothing here, may lie."""
        self.whose[sheet.name, row["id"]] = {who}
        for one in sheet.fields:
            lies = not one.vouched or (one.only and row["sort"] != one.only)
            named = self.chance.choice(PEOPLE) if lies or self._maybe(0.08) else who
            if not self._maybe(0.2):
                row[one.name] = self._key(one.kind, named, normalised=one.normalised)
        for link in sheet.links:
            if row[link.name] is None and not self._maybe(0.12):
                row[link.name] = self._target(sheet, row, link, who)

    def _target(self, sheet: Sheet, row: Row, link: Link, who: Person) -> int | None:
        """The row that a link points at: mostly one of the same person's."""
        lies = not link.vouched or (link.only and row["sort"] != link.only)
        times = 7 if link.by == "code" else 1
        if link.to == "customer":
            named = self.chance.choice(PEOPLE) if lies or self._maybe(0.12) else who
            return times * self.chance.choice(self.accounts[named]) if self.accounts[named] else None
        if link.to == sheet.name:
            # To the row itself, or to the row before.
            place = int(row["id"]) - (0 if link.leads_up else 1)
            return times * place if link.leads_up or place >= _FIRST else None
        made = [other["id"] for other in self.rows[link.to]]
        hers = [place for place in made if who in self.whose[link.to, place]]
        return times * self.chance.choice(made if lies or not hers or self._maybe(0.2) else hers) if made else None

    def _by(self) -> Literal["id", "code"]:
        return "code" if self._maybe(0.15) else "id"
