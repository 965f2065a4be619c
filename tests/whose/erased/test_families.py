"""Art. 5(1)(e): what hangs on rows that are over goes with them, whatever the ways to erase; or it is said why not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from data_contracts.officer.findings import FindingKind
from flows.duties.audit import carry_out as audit
from flows.duties.retention import Retained, carry_out
from flows.duties.retention_report import retention_report
from flows.runs.report_markdown import markdown
from tests.whose.conftest import MakeTown
from tests.whose.town import Town, column, kept, number, table

_WAYS = ("delete", "columns", "keep")
_OLD, _NEW = "2000-01-01", "2026-01-01"
_GONE = None
_EACH_ON_A_SERVER = 4


@dataclass(frozen=True)
class Family:
    """Three tables, each hanging on the one before: a row with a date, two on it, one on each of these."""

    name: str
    erase: tuple[str, str, str]
    then: str
    hold: str

    @property
    def tables(self) -> tuple[str, str, str]:
        """Their names."""
        return f"{self.name}_p", f"{self.name}_c", f"{self.name}_g"

    def declared(self) -> Iterator[dict[str, Any]]:
        """As a contract declares them."""
        parent, child, grandchild = self.tables
        ended = column("ended", "date", category="system.operations")
        owner = column("person", "integer", to=("person.id", {"follow": "from", "assertion": "assigned"}))
        hold = {"hold": self.hold} if self.hold else {}
        yield kept(_table(parent, self.erase[0], ended, owner), "ended", 1, then=self.then, **hold)
        for name, to, way in ((child, parent, self.erase[1]), (grandchild, child, self.erase[2])):
            yield _table(
                name, way, column("of", "integer", to=(f"{to}.id", {"follow": "from", "assertion": "assigned"}))
            )

    def made(self) -> Iterator[str]:
        """As a database makes and fills them: one family is over, one is not, one has no date yet."""
        parent, child, grandchild = self.tables
        yield f"CREATE TABLE {parent} (id integer PRIMARY KEY, ended date, person integer, words varchar(20))"
        for name, to in ((child, parent), (grandchild, child)):
            refers = f"FOREIGN KEY (of) REFERENCES {to} (id)"
            yield f"CREATE TABLE {name} (id integer PRIMARY KEY, of integer, words varchar(20), {refers})"
        rows = [(of, n) for of in (1, 2, 3) for n in (1, 2)]
        yield _filled(parent, [f"1, '{_OLD}', 1, 'w'", f"2, '{_NEW}', 1, 'w'", "3, NULL, 1, 'w'"])
        yield _filled(child, [f"{of}{n}, {of}, 'w'" for of, n in rows])
        yield _filled(grandchild, [f"{of}{n}0, {of}{n}, 'w'" for of, n in rows])

    def expected(self) -> tuple[str | None, str | None, str | None]:
        """What is left of a row that is over in each table: the row whole, its row without words, or nothing."""
        # Rows under a hold that the period does not end stay, and what they refer to stays with them.
        is_free = [way != "keep" or self.hold == "tax" for way in self.erase]
        if self.then == "delete":
            return (_GONE, _GONE, _GONE) if all(is_free) else ("whole", "whole", "whole")
        child = "empty" if self.erase[1] == "columns" else _GONE if is_free[1] else "whole"
        if child == "whole":
            return "empty", child, "whole"
        if child is _GONE and not is_free[2]:
            return "empty", "whole", "whole"
        grandchild = _GONE if child is _GONE else "empty" if self.erase[2] == "columns" else _GONE
        return "empty", child, grandchild if is_free[2] else "whole"


def _filled(name: str, rows: list[str]) -> str:
    return f"INSERT INTO {name} VALUES ({'), ('.join(rows)})"  # noqa: S608  # our own words


def _table(name: str, way: str, *columns: dict[str, Any]) -> dict[str, Any]:
    words = column("words", erase="clear") if way == "columns" else column("words")
    return table(name, number(), *columns, words, erase=way, **({"hold": "tax"} if way == "keep" else {}))


def _families() -> Iterator[Family]:
    drawn = product(_WAYS, _WAYS, _WAYS, ("delete", "columns"), ("", "tax"))
    for place, (one, two, three, then, hold) in enumerate(drawn):
        # Contracts refuse a period that has nothing to do, and rows that stay and refer to rows that an erasure takes.
        has_work = (then == "delete" or one == "columns") and (one != "keep" or hold)
        if has_work and all(above != "delete" or below == "delete" for above, below in ((one, two), (two, three))):
            yield Family(f"f{place}", (one, two, three), then, hold)


FAMILIES = tuple(_families())


def _person() -> list[dict[str, Any]]:
    mail = column("mail", identity="email", assertion="confirmed", erase="clear")
    return [table("person", number(), mail, account="email", erase="columns")]


def _at() -> dict[str, Any]:
    return column("at", "date", category="system.operations")


def _rows(made: Town, name: str) -> dict[int, tuple[Any, ...]]:
    return {row[0]: row for row in made.ask(f"SELECT id, words FROM {name}")}  # noqa: S608  # our own words


def _run(made: Town) -> Retained:
    return carry_out("", "claire", made.house.code("claire"))


def test_children_follow_in_every_combination_of_ways_to_erase(town: MakeTown, url: str) -> None:
    """What is over is gone with all that hangs on it, nothing else changes, and each row is counted once."""
    drawn = FAMILIES if url.startswith("sqlite") else FAMILIES[::_EACH_ON_A_SERVER]
    tables = [*_person(), *(one for family in drawn for one in family.declared())]
    people = "CREATE TABLE person (id integer PRIMARY KEY, mail varchar(40))"
    made = town(tables, people, *(one for family in drawn for one in family.made()))
    names = [name for family in drawn for name in family.tables]
    before = {name: _rows(made, name) for name in names}

    done = _run(made)

    after = {name: _rows(made, name) for name in names}
    assert (done.outcome, done.failed) == ("proven", {})
    seen = {family.name: tuple(_left(after[name], n) for n, name in enumerate(family.tables)) for family in drawn}
    told = {f.name: f for f in drawn}
    wrong = {str(told[name]): left for name, left in seen.items() if left != told[name].expected()}
    assert wrong == {}
    for name in names:
        assert [row for key, row in before[name].items() if str(key)[0] != "1" and after[name].get(key) != row] == []
    changed = sum(after[name].get(key) != row for name in names for key, row in before[name].items())
    assert sum(line.due - line.left for line in done.lines) == changed
    assert _run_again(made) == 0


def _left(rows: dict[int, tuple[Any, ...]], level: int) -> str | None:
    """What is left of the rows that are over: of a table at that level, the first of them."""
    row = rows.get((1, 11, 110)[level])
    return None if row is None else "empty" if row[1] is None else "whole"


def _run_again(made: Town) -> int:
    made.house.clock.advance(timedelta(minutes=2))
    return sum(line.due - line.left for line in _run(made).lines)


def test_table_that_nothing_ends_is_told(town: MakeTown, url: str) -> None:
    """In the report of the run and as a finding; one under a hold that a person ends, or without a person, is not."""
    if not url.startswith("sqlite"):
        pytest.skip("what a contract says does not depend on the database")
    lists = table("lists", number(), column("words", category="system.operations"), erase="none")
    lone = table("lone", number(), column("mail", identity="email", assertion="self_asserted"))
    suits = _table("suits", "keep", column("mail", identity="email", assertion="self_asserted"))
    makes = [f"CREATE TABLE {name} (id integer PRIMARY KEY, mail varchar(40), words varchar(20))" for name in _NAMES]
    made = town([*_person(), lists, lone, suits], *makes)

    done, looked = _run(made), audit()

    assert done.endless == ("sys.person", "sys.lone")
    assert "nothing ends sys.person, sys.lone" in done.said
    found = [one.place for one in looked.shown.findings if one.kind is FindingKind.RETENTION_MISSING]
    assert sorted(found) == ["sys.lone", "sys.person"]


_NAMES = ("person", "lists", "lone", "suits")


_DAYS = {
    "sqlite": ("1577836800", "2458849.5", "'01/02/2020'", "''", "'2020-13-45'", "'soon'"),
    "other": ("'1577836800'", "'01/02/2020'", "''", "'2020-13-45'", "'soon'", "'abcd-ef-gh'"),
}
_READ = ("'2000-01-01'", "'2000-01-01 10:00:00'", "'2026-01-01'", "NULL")


def test_rows_whose_date_cannot_be_read_are_held_and_told(town: MakeTown, url: str) -> None:
    """A number, a day the other way round, an empty text: a line of the report, a finding; what can be read goes."""
    kind = "sqlite" if url.startswith("sqlite") else "other"
    visits = kept(
        _table("visits", "delete", _at(), column("mail", identity="email", assertion="self_asserted")),
        "at",
        1,
        then="delete",
    )
    rows = [f"{n}, {day}, NULL, 'w'" for n, day in enumerate((*_READ, *_DAYS[kind]))]
    typed = "date" if kind == "sqlite" else "varchar(30)"
    made = town(
        [*_person(), visits],
        "CREATE TABLE person (id integer PRIMARY KEY, mail varchar(40))",
        f"CREATE TABLE visits (id integer PRIMARY KEY, at {typed}, mail varchar(40), words varchar(20))",
        _filled("visits", rows),
    )

    done, looked = _run(made), audit()

    assert sorted(_rows(made, "visits")) == list(range(2, 4 + len(_DAYS[kind])))
    assert [(line.place, line.unread_in, line.unread) for line in done.unread] == [
        ("sys.visits: keep_visits", "at", len(_DAYS[kind]))
    ]
    assert f"{len(_DAYS[kind])} held: their date cannot be read" in done.said
    assert "leur date ne peut être lue" in markdown(retention_report(done, "fr"))
    (found,) = (one for one in looked.shown.findings if one.kind is FindingKind.DATE_UNREAD)
    assert (found.place, dict(found.facts)["rows"]) == ("sys.visits: keep_visits", len(_DAYS[kind]))


def test_numbers_in_the_place_of_dates_stop_nothing(town: MakeTown, url: str) -> None:
    """A column of whole numbers: its rows are held and told, in report and finding; every other table goes on."""
    mails = [column("mail", identity="email", assertion="self_asserted") for _ in range(2)]
    visits = kept(_table("visits", "delete", _at(), mails[0]), "at", 1, then="delete")
    calls = kept(_table("calls", "delete", _at(), mails[1]), "at", 1, then="delete")
    # SQLite takes text in a column of numbers: nobody reads dates there, and the row is told like the others.
    texts = ["4, '2000-01-01', NULL, 'w'"] if url.startswith("sqlite") else []
    made = town(
        [*_person(), visits, calls],
        "CREATE TABLE person (id integer PRIMARY KEY, mail varchar(40))",
        "CREATE TABLE visits (id integer PRIMARY KEY, at integer, mail varchar(40), words varchar(20))",
        "CREATE TABLE calls (id integer PRIMARY KEY, at date, mail varchar(40), words varchar(20))",
        _filled("visits", ["1, 1577836800, NULL, 'w'", "2, 20200101, NULL, 'w'", "3, NULL, NULL, 'w'", *texts]),
        _filled("calls", [f"1, '{_OLD}', NULL, 'w'", f"2, '{_NEW}', NULL, 'w'"]),
    )

    done, looked = _run(made), audit()

    assert (done.outcome, done.failed) == ("proven", {})
    assert (sorted(_rows(made, "visits")), sorted(_rows(made, "calls"))) == ([1, 2, 3, 4][: 3 + len(texts)], [2])
    unread = 2 + len(texts)
    assert [(line.place, line.unread_in, line.unread) for line in done.unread] == [
        ("sys.visits: keep_visits", "at", unread)
    ]
    (found,) = (one for one in looked.shown.findings if one.kind is FindingKind.DATE_UNREAD)
    assert (found.place, dict(found.facts)["rows"]) == ("sys.visits: keep_visits", unread)


def test_row_that_is_over_by_several_periods_is_counted_once(town: MakeTown) -> None:
    """Row 1 is over by all three periods, rows 2 to 4 by one, 5 by two, 6 by none: five rows, not eight."""
    days = [column(name, "date", category="system.operations") for name in ("at", "til", "since")]
    both = table(
        "thrice", number(), *days,
        column("mail", identity="email", assertion="self_asserted", erase="clear", hold="tax"),
        column("words", erase="clear", hold="litigation"), column("name", erase="mask"), erase="columns",
    )  # fmt: skip
    items = [
        kept(both, day, 1, then="columns", **hold)["slaProperties"][0] | {"id": f"keep_{day}"}
        for day, hold in (("at", {"hold": "tax"}), ("til", {"hold": "litigation"}), ("since", {}))
    ]
    over = {1: "ats", 2: "a", 3: "t", 4: "s", 5: "at", 6: ""}
    rows = [
        ", ".join([str(n), *(f"'{_OLD if letter in which else _NEW}'" for letter in "ats"), "'m'", "'w'", "'n'"])
        for n, which in over.items()
    ]
    made = town(
        [*_person(), both | {"slaProperties": items}],
        "CREATE TABLE person (id integer PRIMARY KEY, mail varchar(40))",
        "CREATE TABLE thrice (id integer PRIMARY KEY, at date, til date, since date, mail varchar(40),"
        " words varchar(20), name varchar(20))",
        _filled("thrice", rows),
    )
    before = made.ask("SELECT id, mail, words, name FROM thrice ORDER BY id")

    done = _run(made)

    after = made.ask("SELECT id, mail, words, name FROM thrice ORDER BY id")
    assert [row[0] for row, old in zip(after, before, strict=True) if row != old] == [1, 2, 3, 4, 5]
    assert sum(line.due - line.again - line.left for line in done.lines) == 5
    assert "5 due" in done.said
    assert _run_again(made) == 0


def test_row_that_hangs_on_two_dated_rows_goes_when_both_are_over(town: MakeTown) -> None:
    """A visit of a customer's contract (1 year) under a claim (10 years): the longer one counts, whichever it is."""
    ended = [column("ended", "date", category="system.operations") for _ in range(2)]
    mails = [column("mail", identity="email", assertion="self_asserted") for _ in range(2)]
    deals = kept(_table("deals", "delete", ended[0], mails[0]), "ended", 1, then="delete")
    claims = kept(_table("claims", "delete", ended[1], mails[1]), "ended", 10, then="delete")
    refers: dict[str, Any] = {"follow": "from", "assertion": "assigned"}
    visits = _table(
        "visits",
        "delete",
        column("deal", "integer", to=("deals.id", refers)),
        column("claim", "integer", to=("claims.id", refers)),
    )
    made = town(
        [*_person(), deals, claims, visits],
        "CREATE TABLE person (id integer PRIMARY KEY, mail varchar(40))",
        "CREATE TABLE deals (id integer PRIMARY KEY, ended date, mail varchar(40), words varchar(20))",
        "CREATE TABLE claims (id integer PRIMARY KEY, ended date, mail varchar(40), words varchar(20))",
        "CREATE TABLE visits (id integer PRIMARY KEY, deal integer, claim integer, words varchar(20))",
        _filled("deals", ["1, '2020-01-01', 'a', 'w'", "2, '2020-01-01', 'b', 'w'", "3, '2026-01-01', 'c', 'w'"]),
        _filled("claims", ["1, '2020-01-01', 'a', 'w'", "2, '2010-01-01', 'b', 'w'", "3, '2010-01-01', 'c', 'w'"]),
        _filled("visits", ["1, 1, 1, 'w'", "2, 2, 2, 'w'", "3, 3, 3, 'w'", "4, 2, NULL, 'w'", "5, 2, 99, 'w'"]),
    )

    done = _run(made)

    # 1: the claim is held to 2030. 3: the deal of January is not over. 4 has no claim, and that of 5 is not there.
    assert (done.outcome, done.failed) == ("proven", {})
    assert sorted(_rows(made, "visits")) == [1, 3]
    assert sorted(_rows(made, "deals")) == [1, 3]
    assert sorted(_rows(made, "claims")) == [1, 3]
    assert {line.table: (line.over, line.due) for line in done.lines if line.table == "visits"} == {"visits": (3, 3)}
    assert _run_again(made) == 0
