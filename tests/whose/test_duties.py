"""Duties on small worlds, worked out by hand: a world, a question, the answer, and one sentence that says why it is so.

Each world lies on SQLite, PostgreSQL, MariaDB and in Parquet files. Nothing here is taken from the code: dates were
counted with a calendar, people on fingers. Consents and lists, which lie in no system:
``tests/flows/duties/test_duties.py``.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_contracts.case.request import Statement
from data_contracts.officer.incidents import Incident, IncidentFacts, IncidentKind, IncidentWords, Risk, SendingState
from data_contracts.vocabulary import RestrictionGround, Right
from flows.duties.retention import carry_out as retain
from tasks.officer.affected import addressees, find_affected
from tasks.officer.incidents import open_incident
from tasks.rules.clock.deadlines import Pause, Place, response_due
from tasks.rules.officer.incidents import authority_due, hours_left, warning_due
from tasks.search.holds import set_hold
from tasks.services import services
from tests.whose.packages import package_of
from tests.whose.town import Town, a_town, column, number, table

Because = str
Rows = Mapping[str, Sequence[tuple[Any, ...]]]
_SQL_TYPES = {"string": "varchar(80)", "integer": "integer", "date": "date"}
_ARROW_TYPES = {"string": pa.string(), "integer": pa.int64(), "date": pa.date32()}


class Village:
    """A town on one of four grounds."""

    def __init__(self, town: Town, folder: Path) -> None:
        self.town, self.folder = town, folder
        self.house = town.house

    def rows(self, name: str, *columns: str) -> list[tuple[Any, ...]]:
        """Values of these columns, by the first."""
        lake = self.folder / "lake" / name
        if lake.exists():
            found = [tuple(row[c] for c in columns) for row in pq.read_table(lake).to_pylist()]
        else:
            found = self.town.ask(f"SELECT {', '.join(columns)} FROM {name}")  # noqa: S608  # our own words
        return sorted(found, key=lambda row: str(row[0]).zfill(9))

    def ids(self, name: str) -> set[int]:
        """Numbers of the rows that there are."""
        return {int(row[0]) for row in self.rows(name, "id")}

    def code(self) -> str:
        """A code of Claire's that was not used before."""
        self.house.clock.advance(timedelta(minutes=2))
        return self.house.code("claire")


Found = Callable[..., Village]


@pytest.fixture(params=["sqlite", "postgres_database", "mariadb_account", "parquet"])
def found(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Found]:
    """Founds a village on each ground, of tables and their rows."""
    with ExitStack() as stack:

        def make(tables: Sequence[dict[str, Any]], rows: Rows, **said: Any) -> Village:
            if request.param == "parquet":
                url, statements = f"file://{tmp_path / 'lake'}", []
                _write(tmp_path / "lake", tables, rows)
            else:
                is_file = request.param == "sqlite"
                url = f"sqlite:///{tmp_path / 'sys.db'}" if is_file else str(request.getfixturevalue(request.param)())
                statements = [*_statements(tables, rows)]
            monkeypatch.setenv("RIGHTSFLOW_SYSTEM_SYS_URL", url)
            return Village(stack.enter_context(a_town(tmp_path, url, tables, *statements, **said)), tmp_path)

        yield make


def _statements(tables: Sequence[dict[str, Any]], rows: Rows) -> Iterator[str]:
    for one in tables:
        columns = [f"{c['name']} {_SQL_TYPES[c['logicalType']]}" for c in one["properties"]]
        yield f"CREATE TABLE {one['name']} ({', '.join(columns)}, PRIMARY KEY (id))"
        for row in rows[one["name"]]:
            values = ", ".join("NULL" if v is None else str(v) if isinstance(v, int) else f"'{v}'" for v in row)
            yield f"INSERT INTO {one['name']} VALUES ({values})"  # noqa: S608  # our own words


def _write(lake: Path, tables: Sequence[dict[str, Any]], rows: Rows) -> None:
    for one in tables:
        names = [c["name"] for c in one["properties"]]
        types = [_ARROW_TYPES[c["logicalType"]] for c in one["properties"]]
        turned = [
            [date.fromisoformat(v) if v and pa.types.is_date(t) else v for v in values]
            for t, values in zip(types, zip(*rows[one["name"]], strict=True), strict=True)
        ]
        (lake / one["name"]).mkdir(parents=True)
        made = pa.table([pa.array(v, t) for v, t in zip(turned, types, strict=True)], names)
        pq.write_table(made, lake / one["name"] / "part-0.parquet")


def _wrong(told: Mapping[Because, tuple[object, object]]) -> dict[Because, tuple[object, object]]:
    """Sentences whose answer, first, is not what was worked out, second."""
    return {why: pair for why, pair in told.items() if pair[0] != pair[1]}


# --- which rows are over on which day (Art. 5(1)(e); Regulation 1182/71, Art. 3) --------------------------------------

_PERIODS = {"year": (1, "y"), "month": (1, "mo"), "thirteen": (13, "mo"), "thirty": (30, "d"), "books": (10, "y")}
_DATED: Mapping[str, Mapping[int, tuple[str | None, bool, Because]]] = {
    "year": {
        1: ("2025-03-30", False, "its year ended with the last hour of 30 March 2026, which is yesterday"),
        2: ("2025-03-31", True, "its year ends with the last hour of today: the day of the event is not counted"),
        3: ("2026-04-01", True, "what has not begun cannot be over"),
        4: (None, True, "a contract that has not ended starts no period"),
        5: ("2024-02-29", False, "a leap day's year ended on 28 February 2025, the last day of that month"),
    },
    "month": {
        1: ("2026-02-28", False, "28 February and one month is 28 March, which has passed, though February is shorter"),
        2: ("2026-03-01", True, "1 March and one month is 1 April"),
        3: ("2026-01-31", False, "31 January and one month is the last day of February"),
    },
    "thirteen": {
        1: ("2025-02-28", False, "thirteen months from 28 February 2025 ended on 28 March 2026"),
        2: ("2025-03-01", True, "thirteen months from 1 March 2025 end on 1 April 2026, tomorrow"),
    },
    "thirty": {
        1: ("2026-02-28", False, "thirty days from 28 February 2026 ended on 30 March: February has 28 days"),
        2: ("2026-03-01", True, "thirty days from 1 March end with the last hour of 31 March, today"),
    },
    "books": {
        1: ("2015-06-30", False, "ten years from the end of 2015 ended with 2025 (C. com. L123-22)"),
        2: ("2016-01-01", True, "ten years from the end of 2016 end with 2026"),
        3: ("2015-12-31", False, "the last day of 2015 belongs to the year that ended with it"),
    },
}  # fmt: skip


def _dated(name: str) -> dict[str, Any]:
    value, unit = _PERIODS[name]
    made = table(
        name,
        number(),
        column("ended", "date", category="system.operations"),
        column("mail", identity="email", assertion="confirmed"),
        account="email",
    )
    start = {"start": "financial_year_end"} if name == "books" else {}
    item = {"id": f"keep_{name}", "property": "retention", "value": value, "unit": unit, "element": f"{name}.ended"}
    item["customProperties"] = [{"property": "dsr", "value": {"then": "delete", **start}}]
    return made | {"slaProperties": [item]}


def test_rows_are_over_on_the_day_after_their_period(found: Found) -> None:
    """On Tuesday 31 March 2026, at noon in Paris."""
    rows = {
        name: [(n, day, f"{name}{n}@x.example") for n, (day, _, _) in dated.items()] for name, dated in _DATED.items()
    }
    village = found([_dated(name) for name in _DATED], rows)

    done = retain("", "claire", village.code())

    left = {name: village.ids(name) for name in _DATED}
    told = {
        f"{name} {n}: {why}": (n in left[name], stays)
        for name, dated in _DATED.items()
        for n, (_, stays, why) in dated.items()
    }
    assert _wrong(told) == {}
    assert (done.outcome, sum(line.due - line.left for line in done.lines)) == ("proven", 8)


def test_leap_day_and_the_day_after(found: Found) -> None:
    """On Tuesday 29 February 2028, and on the day after."""
    rows = {"year": [(1, "2027-02-28", "a@x.example"), (2, "2027-03-01", "b@x.example")]}
    village = found([_dated("year")], rows)
    village.house.clock.moment = datetime(2028, 2, 29, 11, tzinfo=UTC)

    retain("", "claire", village.code())
    on_the_leap_day = village.ids("year")
    village.house.clock.moment = datetime(2028, 3, 1, 11, tzinfo=UTC)
    retain("", "claire", village.code())
    on_the_first = village.ids("year")
    village.house.clock.moment = datetime(2028, 3, 1, 23, 30, tzinfo=UTC)
    retain("", "claire", village.code())

    told: dict[Because, tuple[object, object]] = {
        "28 February 2027 and a year is 28 February 2028, which was yesterday": (on_the_leap_day, {2}),
        "1 March 2027 and a year is 1 March 2028, which is not over on that day": (on_the_first, {2}),
        "at 23:30 UTC of 1 March it is 2 March in Paris, where the organisation is": (village.ids("year"), set()),
    }
    assert _wrong(told) == {}


# --- who is affected by an incident, and who is told (Art. 33(3)(a), 34) ----------------------------------------------

_PERSON = table(
    "person",
    number(),
    column("no", identity="customer_no", assertion="assigned"),
    column("mail", identity="email", assertion="confirmed"),
    column("name", category="user.name"),
    account="customer_no",
)
_READER = table("reader", number(), column("mail", identity="email", assertion="self_asserted"))
_NOTE = table(
    "note",
    number(),
    column("person", "integer", to=("person.id", {"follow": "from", "assertion": "assigned"})),
    column("words"),
)
_PEOPLE: Rows = {
    "person": [
        (1, "C1", "ana@example.org", "Ana"),
        (2, "C2", " BEN@Example.ORG ", "Ben"),
        (3, "C3", None, "Cleo"),
        (4, "C4", "", "Dan"),
        (5, "C5", "ANA@example.org", "Abel"),
    ],
    "reader": [(1, "Ana@Example.org"), (2, "eve@example.org"), (3, "EVE@EXAMPLE.ORG"), (4, None)],
    "note": [(1, 1, "a"), (2, 1, "b"), (3, 3, "c"), (4, None, "d")],
}
_TWO_TO_A_MAILBOX: dict[str, Any] = {"email": {"unique": None, "shared": False}}


def _affected(village: Village, *tables: str, **keys: list[str]) -> tuple[int, int, int, set[str]]:
    facts = IncidentFacts(title="x", tables=list(tables), words={"en": IncidentWords(nature="A copy.")})
    run_id = open_incident(IncidentKind.CONFIDENTIALITY, facts, village.house.clock(), actor="claire", keys=keys).run_id
    counts = find_affected(run_id)
    numbers = services().register.sendings(run_id, SendingState.WAITING, 100)
    told = {one.address for one in addressees(run_id, numbers).values()}
    return counts["people"], counts["with_address"], counts["without_address"], told


def test_who_is_affected(found: Found) -> None:
    """Five customers, of whom two read one mailbox and two have none; readers of a letter; notes about customers."""
    village = found([_PERSON, _READER, _NOTE], _PEOPLE, **_TWO_TO_A_MAILBOX)
    ana, ben, eve = "ana@example.org", "ben@example.org", "eve@example.org"

    told: dict[Because, tuple[object, object]] = {
        "two notes about Ana and one about Cleo are two people; Cleo has no address and gets a letter": (
            _affected(village, "sys.note"), (2, 1, 1, {ana}),
        ),
        "five customers are five people; Ana and Abel share a mailbox, which gets one mail": (
            _affected(village, "sys.person")[:3], (5, 3, 2),
        ),
        "an address in capitals or with blanks is the same address (Ben)": (
            _affected(village, customer_no=["C2"]), (1, 1, 0, {ben}),
        ),
        "Eve, in two spellings, is one person; who has no address in a list of readers is nobody we know": (
            _affected(village, email=["Eve@example.org", "EVE@example.ORG"]), (1, 1, 0, {eve}),
        ),
        "a key that nobody holds, and an address that is one, are told all the same: they were in the copied file": (
            _affected(village, email=["fay@example.org"]), (1, 1, 0, {"fay@example.org"}),
        ),
        "Dan's empty address is no address: he gets a letter": (
            _affected(village, customer_no=["C4"]), (1, 0, 1, set()),
        ),
    }  # fmt: skip
    assert _wrong(told) == {}


# --- what is erased, kept and shown (Art. 15, 17, 18, 20) -------------------------------------------------------------

_CUSTOMER = table(
    "customer",
    number(),
    column("no", identity="customer_no", assertion="assigned", erase="keep", hold="tax", category="user.unique_id"),
    column("mail", identity="email", assertion="confirmed", erase="clear"),
    column("score", category="user.behavior", source="inferred", erase="clear"),
    account="customer_no",
    erase="columns",
)
_OWNER: dict[str, Any] = {"follow": "from", "assertion": "assigned"}
_ORDER = table(
    "orders",
    number(),
    column("customer", "integer", to=("customer.id", _OWNER)),
    column("words"),
    column("friend", category="user.contact", about="third_party", access="mask"),
)
_INVOICE = table(
    "invoice",
    number(),
    column("customer", "integer", to=("customer.id", _OWNER)),
    column("amount"),
    erase="keep",
    hold="tax",
)
_SHOP: Rows = {
    "customer": [(1, "C1", "Ana@Example.org", "good"), (2, "C2", "ben@example.org", "bad")],
    "orders": [
        (1, 1, "a lamp", "to Gil"),
        (2, 2, "a chair", "to Hal"),
        (3, 1, "a bed", None),
        (4, None, "a test", None),
    ],
    "invoice": [(1, 1, "10"), (2, 2, "20")],
}  # fmt: skip
_SHOP_TABLES = (_CUSTOMER, _ORDER, _INVOICE)
_BEN = (2, "C2", "ben@example.org", "bad")


def test_what_is_erased_and_what_is_kept(found: Found) -> None:
    """Ana asks by her address in small letters; invoices are under the tax hold."""
    village = found(_SHOP_TABLES, _SHOP)
    case_id = village.town.open(Right.ERASURE, email="ana@example.org")

    outcome = village.house.walk(case_id)

    customers = village.rows("customer", "id", "no", "mail", "score")
    told: dict[Because, tuple[object, object]] = {
        "a part is kept, so that the answer is granted in part, with the ground (Art. 12(4), 17(3)(b))": (
            outcome, "granted_in_part",
        ),
        "her number stays, since invoices lead to it by law; address and score go (Art. 17(1))": (
            customers[0], (1, "C1", None, None),
        ),
        "Ben asked nothing: his row is as it was": (customers[1], _BEN),
        "her two orders go; Ben's, and one of nobody, stay": (village.ids("orders"), {2, 4}),
        "both invoices stay, hers under the hold (Art. 17(3)(b))": (village.ids("invoice"), {1, 2}),
    }  # fmt: skip
    assert _wrong(told) == {}


def test_what_a_package_holds(found: Found) -> None:
    """Access shows everything of hers; portability what she gave, and what a person is about."""
    village = found(_SHOP_TABLES, _SHOP)
    access, portability = (
        village.town.open(right, email="ana@example.org") for right in (Right.ACCESS, Right.PORTABILITY)
    )
    for case_id in (access, portability):
        village.house.walk(case_id)
    shown = package_of(village.town, access, village.folder / "a")
    taken = package_of(village.town, portability, village.folder / "p")

    told: dict[Because, tuple[object, object]] = {
        "she sees her own orders and nobody else's (Art. 15(3))": ({row["id"] for row in shown["orders"]}, {1, 3}),
        "the score that was inferred is data about her, and shown (Art. 15(1))": (
            shown["customer"][0]["score"], "good",
        ),
        "invoices are shown, whatever law keeps them": ([row["amount"] for row in shown["invoice"]], ["10"]),
        "the friend's name is masked: rights of others (Art. 15(4))": (
            any("Gil" in str(row) for row in shown["orders"]), False,
        ),
        "what was inferred is not portable (Art. 20(1), WP 242)": (
            [row.get("score") for row in taken.get("customer", [])], [None],
        ),
        "what she provided under contract is portable": (
            [row["words"] for row in taken["orders"]], ["a lamp", "a bed"],
        ),
        "Ben's address is in neither package": ("ben@" in f"{shown}{taken}", False),
    }  # fmt: skip
    assert _wrong(told) == {}


def test_restricted_and_held_rows_are_not_erased(found: Found) -> None:
    """Of four people's orders that are over, one is restricted and one held for a lawsuit."""
    people = table(
        "people", number(), column("mail", identity="email", assertion="confirmed"),
        column("ended", "date", category="system.operations"), account="email",
    )  # fmt: skip
    item = {"id": "keep_people", "property": "retention", "value": 1, "unit": "y", "element": "people.ended"}
    item["customProperties"] = [{"property": "dsr", "value": {"then": "delete"}}]
    rows = [(n, f"{name}@x.example", "2020-01-01") for n, name in enumerate(("ana", "ben", "cleo", "dan"), 1)]
    village = found([people | {"slaProperties": [item]}], {"people": rows})
    restricted = village.house.open(
        Right.RESTRICTION,
        identity={"email": ["ANA@x.example"]},
        statement=Statement(restriction_ground=RestrictionGround.CLAIMS),
    )
    village.house.walk(restricted)
    set_hold({"email": ["ben@x.example"]}, "CLAIM-7", [], operator="claire", code=village.code())
    erasure = village.town.open(Right.ERASURE, email="cleo@x.example")
    village.house.walk(erasure)
    after_erasure = village.ids("people")

    retain("", "claire", village.code())

    told: dict[Because, tuple[object, object]] = {
        "only Cleo asked to be erased (Art. 17(1))": (after_erasure, {1, 2, 4}),
        "Dan's row is over, and goes": (4 in village.ids("people"), False),
        "Ana's is over as well, but restricted: it is stored and nothing else (Art. 18(2))": (
            1 in village.ids("people"), True,
        ),
        "Ben's is over as well, but needed for a claim (Art. 17(3)(e))": (2 in village.ids("people"), True),
    }  # fmt: skip
    assert _wrong(told) == {}


# --- until when a request is answered (Art. 12(3); Regulation 1182/71) ------------------------------------------------

_PARIS, _METZ, _BRUSSELS = (
    Place("Europe/Paris", "FR"),
    Place("Europe/Paris", "FR", "57"),
    Place("Europe/Brussels", "BE"),
)
_NOTHING: dict[str, Any] = {}


def _pause(asked: str, came: str | None) -> dict[str, Any]:
    return {"pauses": [Pause(date.fromisoformat(asked), date.fromisoformat(came) if came else None)]}


_DUE: Sequence[tuple[str, Place, dict[str, Any], str, Because]] = (
    ("2026-01-15", _PARIS, _NOTHING, "2026-02-16", "15 February 2026 is a Sunday: the next working day"),
    ("2026-01-30", _PARIS, _NOTHING, "2026-03-02", "February has no 30th; its last day, the 28th, is a Saturday"),
    ("2026-04-01", _PARIS, _NOTHING, "2026-05-04", "1 May 2026 is a holiday and a Friday: Monday"),
    ("2026-04-14", _PARIS, _NOTHING, "2026-05-15", "14 May 2026 is Ascension Day, a Thursday"),
    ("2026-06-21", _BRUSSELS, _NOTHING, "2026-07-22", "21 July is Belgium's national day, a Tuesday in 2026"),
    ("2026-06-21", _PARIS, _NOTHING, "2026-07-21", "in France 21 July is a working day"),
    ("2026-11-26", _METZ, _NOTHING, "2026-12-28", "26 December is a Saturday and a holiday in Moselle: Monday"),
    ("2026-03-03", _METZ, _NOTHING, "2026-04-07", "3 April 2026 is Good Friday in Moselle, Monday 6 is Easter Monday"),
    ("2026-03-03", _PARIS, _NOTHING, "2026-04-03", "elsewhere in France Good Friday is a working day"),
    ("2026-01-15", _PARIS, {"extended": True}, "2026-04-15", "two further months: three from receipt"),
    ("2026-11-30", _PARIS, {"extended": True}, "2027-03-01", "28 February 2027, the last of the month, is a Sunday"),
    ("2026-01-05", _PARIS, _pause("2026-01-06", "2026-01-16"), "2026-02-16",
     "ten days paused: 15 February, a Sunday (Art. 12(6))"),
    ("2026-01-05", _PARIS, _pause("2026-01-13", "2026-01-23"), "2026-02-05",
     "asked on the sixth working day, not without delay: nothing stands still"),
    ("2026-01-05", _PARIS, _pause("2026-01-06", "2026-01-06"), "2026-02-05", "a proof of the same day pauses nothing"),
    ("2027-12-31", _PARIS, _NOTHING, "2028-01-31", "31 January 2028 is a Monday"),
    ("2028-01-30", _PARIS, _NOTHING, "2028-02-29", "2028 is a leap year: the last day of February is the 29th"),
)  # fmt: skip


def test_until_when_a_request_is_answered() -> None:
    """Received at noon in Paris on each day."""
    noon = [datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=ZoneInfo("Europe/Paris")) for day, *_ in _DUE]

    told: dict[Because, tuple[object, object]] = {
        f"{day}: {why}": (response_due(at, place=place, **said).response_due.isoformat(), due)
        for at, (day, place, said, due, why) in zip(noon, _DUE, strict=True)
    }

    assert len(told) == len(_DUE)
    assert _wrong(told) == {}


# --- the 72 hours (Art. 33(1)) ----------------------------------------------------------------------------------------


def test_seventy_two_hours() -> None:
    """We became aware on Friday 27 March 2026 at 22:00 UTC; summer time begins on Sunday."""
    aware = datetime(2026, 3, 27, 22, tzinfo=UTC)
    at = Incident("R-1", IncidentKind.CONFIDENTIALITY, aware, Risk.UNDECIDED, None, "", None, None)
    of_no_risk = Incident("R-1", IncidentKind.CONFIDENTIALITY, aware, Risk.NONE, None, "", None, None)
    was_told = Incident("R-1", IncidentKind.CONFIDENTIALITY, aware, Risk.HIGH, aware, "N-1", None, None)
    due = datetime(2026, 3, 30, 22, tzinfo=UTC)
    hour = timedelta(hours=1)

    told: dict[Because, tuple[object, object]] = {
        "weekends count and a changed clock does not: 72 hours are 72 hours": (authority_due(at), due),
        "a whole day later 48 hours are left": (hours_left(at, aware + 24 * hour), 48),
        "with 25 hours left nobody is warned yet": (warning_due(at, due - 25 * hour), ""),
        "with 24 hours left the DPO is warned": (warning_due(at, due - 24 * hour), "24"),
        "with six hours left once more": (warning_due(at, due - 6 * hour), "6"),
        "an hour after it is late, and reasons are owed": (warning_due(at, due + hour), "late"),
        "without a risk for people nobody has to be told": (warning_due(of_no_risk, due + hour), ""),
        "who was told is not told that we are late": (warning_due(was_told, due + hour), ""),
    }
    assert _wrong(told) == {}
