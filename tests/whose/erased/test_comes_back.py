"""What a restored backup or an import brings back of somebody who was erased, end to end on each database."""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa

from data_contracts.connectors.connecting import Connector
from data_contracts.errors import AnswerRefused, SettingsInvalid
from data_contracts.officer.findings import FindingKind
from data_contracts.vocabulary import Gate, Right
from flows.duties.audit import carry_out as audit
from flows.duties.retention import carry_out as retain
from flows.operator.replaying import Replayed, replay
from tasks.search.erased_keys import forget_erasure, forget_old_erasures
from tasks.search.holds import lift_hold, set_hold
from tasks.services import services
from tests.flows.company import Passing, Recording
from tests.whose.conftest import MakeTown
from tests.whose.town import Town, column, kept, number, table

_SHARED: dict[str, Any] = {"email": {"unique": None, "shared": False}}
_CUSTOMERS = table(
    "customers",
    column("no", key=True, identity="customer_no", assertion="assigned"),
    column("mail", identity="email", assertion="confirmed"),
    account="customer_no",
)
_ORDERS = table(
    "orders",
    number(),
    column("customer", to=("customers.no", {"follow": "from", "assertion": "assigned"})),
    column("words"),
)
_LETTERS = table("letters", number(), column("mail", identity="email", assertion="self_asserted"))
_TABLES = [_CUSTOMERS, _ORDERS, _LETTERS]
_MADE = (
    "CREATE TABLE customers (no VARCHAR(20) PRIMARY KEY, mail VARCHAR(60))",
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer VARCHAR(20) REFERENCES customers (no), words VARCHAR(60))",
    "CREATE TABLE letters (id INTEGER PRIMARY KEY, mail VARCHAR(60))",
    "INSERT INTO customers VALUES ('K-100007', 'Ana@Example.org'), ('K-100008', 'ben@example.org')",
    "INSERT INTO orders VALUES (1, 'K-100007', 'a lamp'), (2, 'K-100008', 'a chair')",
    "INSERT INTO letters VALUES (1, 'ana@example.org'), (2, 'ben@example.org')",
)
_EVERYTHING = [
    ("customers", 2),
    ("letters", 2),
    ("orders", 2),
]
_STRANGERS = ([("K-100008", "ben@example.org")], [(2, "K-100008", "a chair")], [(2, "ben@example.org")])
Backup = Callable[[], Callable[[], None]]
"""Copies the database; what it gives puts the copy in its place."""


@pytest.fixture
def backup(url: str, tmp_path: Path) -> Iterator[Backup]:
    """A copy of the whole database as its own tools make one; of MariaDB, which has none in SQL, of every row."""
    made: list[str] = []

    def of_file() -> Callable[[], None]:
        shutil.copy(tmp_path / "sys.db", tmp_path / "copy.db")

        def restore() -> None:
            shutil.copy(tmp_path / "copy.db", tmp_path / "sys.db")

        return restore

    def of_postgres() -> Callable[[], None]:
        name, server = sa.make_url(url).database, sa.make_url(url).set(database="postgres")
        made.append(f"{name}_copy")
        _forced(server, f"CREATE DATABASE {name}_copy TEMPLATE {name}", ends=str(name))
        return lambda: _forced(
            server, f"DROP DATABASE {name} WITH (FORCE)", f"CREATE DATABASE {name} TEMPLATE {name}_copy"
        )

    def of_rows() -> Callable[[], None]:
        engine, described = sa.create_engine(url), sa.MetaData()
        described.reflect(engine)
        with engine.connect() as connection:
            rows = {
                one: [dict(row) for row in connection.execute(one.select()).mappings()]
                for one in described.tables.values()
            }

        def restore() -> None:
            with engine.begin() as connection:
                for one in reversed(described.sorted_tables):
                    connection.execute(one.delete())
                for one in described.sorted_tables:
                    connection.execute(one.insert(), rows[one])
            engine.dispose()

        return restore

    yield of_file if url.startswith("sqlite") else of_postgres if url.startswith("postgres") else of_rows
    for name in made:
        _forced(sa.make_url(url).set(database="postgres"), f"DROP DATABASE {name} WITH (FORCE)")


def _forced(server: sa.URL, *statements: str, ends: str = "") -> None:
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        if ends:
            connection.execute(
                sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"), {"name": ends}
            )
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def _erased(town: Town, mail: str = "ana@example.org") -> str:
    case_id = town.open(Right.ERASURE, email=mail)
    assert town.house.walk(case_id) == "granted"
    return case_id


def _restored(restore: Callable[[], None]) -> None:
    """Put the copy in place while nobody is connected."""
    services().systems.connector("sys").close()
    restore()


def _rows(town: Town) -> tuple[list[tuple[Any, ...]], ...]:
    return tuple(town.ask(f"SELECT * FROM {name} ORDER BY 1") for name in ("customers", "orders", "letters"))  # noqa: S608  # names of this test


def _ordered(town: Town, who: str = "claire", *, steps: int = 0) -> Replayed:
    return replay("sys", who, town.house.code(who, steps=steps))


def _found(done: Replayed) -> dict[str, int]:
    return {name: count for one in done.found for name, count in one.rows.items()}


def _came_back() -> dict[str, int]:
    """What the audit names: rows by place."""
    done = audit(dry_run=True)
    found = [one for one in done.shown.findings if one.kind is FindingKind.ERASED_CAME_BACK]
    assert "example.org" not in repr(done.facts())
    return {one.place: int(one.facts["rows"]) for one in found}


def test_restored_backup_is_named_and_erased_again(town: MakeTown, backup: Backup) -> None:
    """The audit names system, table and count; one order erases; a stranger's rows stay; another finds nothing."""
    made = town(_TABLES, *_MADE, **_SHARED)
    restore = backup()
    first = _erased(made)
    assert _rows(made) == _STRANGERS
    assert (_came_back(), _found(replay())) == ({}, {})

    _restored(restore)
    assert _came_back() == {"sys.customers": 1, "sys.letters": 1}
    counted = replay("sys")
    assert (_found(counted), len(counted.people), counted.cases) == ({"customers": 1, "letters": 1}, 1, ())
    assert len(made.ask("SELECT no FROM customers")) == 2

    done = _ordered(made)
    (again,) = done.cases
    assert (again.follows, again.outcome, again.waits_at, again.why) == (first, "granted", "", "")
    assert _rows(made) == _STRANGERS
    assert (_came_back(), _found(replay())) == ({}, {})


def test_stranger_is_not_found(town: MakeTown) -> None:
    """Nothing is back while nobody brings anything back; who was never erased is on no list."""
    made = town(_TABLES, *_MADE, **_SHARED)
    assert replay().facts()["tables"] == []
    _erased(made)

    made.ask_to("INSERT INTO letters VALUES (9, 'joana@example.org')")

    assert (_came_back(), _found(replay())) == ({}, {})


def test_import_is_found_however_the_address_is_spelt(town: MakeTown) -> None:
    """A key is compared in its normal form; rows are counted, not keys."""
    made = town(_TABLES, *_MADE, **_SHARED)
    _erased(made)

    made.ask_to("INSERT INTO letters VALUES (7, ' ANA@example.ORG'), (8, 'ana@example.org'), (9, 'cas@example.org')")

    assert _came_back() == {"sys.letters": 2}


def test_who_is_a_customer_again_waits_for_people(town: MakeTown) -> None:
    """The address is back under another number: the order answers nothing, and the case waits at its gate."""
    made = town(_TABLES, *_MADE, **_SHARED)
    first = _erased(made)
    made.ask_to("INSERT INTO customers VALUES ('K-100099', 'ana@example.org')")

    (again,) = _ordered(made).cases

    assert (again.outcome, again.waits_at) == ("", "approval")
    assert len(made.ask("SELECT no FROM customers")) == 2
    assert made.house.gate(again.case_id, Gate.APPROVAL).answers == ()
    assert forget_erasure(first, operator="marc", code=made.house.code("marc")) == 2
    assert (_came_back(), _found(replay())) == ({}, {})


def test_address_alone_waits_for_people(town: MakeTown) -> None:
    """Where no number tells whether the erased account is back, people decide."""
    made = town(_TABLES, *_MADE, **_SHARED)
    _erased(made)
    made.ask_to("INSERT INTO letters VALUES (7, 'ana@example.org')")

    (again,) = _ordered(made).cases

    assert again.waits_at == "approval"


def test_order_given_twice_opens_one_case(town: MakeTown, backup: Backup) -> None:
    """Also where the policy wants two people: each gives the order, and the second one's erases."""
    made = town(_TABLES, *_MADE, **_SHARED)
    restore = backup()
    _erased(made)
    _restored(restore)
    gates = services().policy.gates[Right.ERASURE]
    gates[Gate.APPROVAL] = gates[Gate.APPROVAL].model_copy(update={"people": 2})

    (one,) = _ordered(made).cases
    (same,) = _ordered(made, steps=1).cases
    assert (one.waits_at, same.case_id, same.waits_at) == ("approval", one.case_id, "approval")
    assert len(made.ask("SELECT no FROM customers")) == 2

    (done,) = _ordered(made, "marc").cases
    assert (done.case_id, done.outcome) == (one.case_id, "granted")
    assert _rows(made) == _STRANGERS


def test_restored_twice_is_erased_twice(town: MakeTown, backup: Backup) -> None:
    """The second time is another case, under the reference of the request."""
    made = town(_TABLES, *_MADE, **_SHARED)
    restore = backup()
    first = _erased(made)
    _restored(restore)
    (one,) = _ordered(made).cases
    _restored(restore)

    (two,) = _ordered(made, "marc").cases

    assert (one.follows, two.follows, two.outcome) == (first, first, "granted")
    assert one.case_id != two.case_id
    assert _rows(made) == _STRANGERS


def test_nobody_is_written_to(town: MakeTown, backup: Backup) -> None:
    """The data subject was told in the first case, and the evidence of both names the other."""
    made = town(_TABLES, *_MADE, **_SHARED)
    restore = backup()
    first = _erased(made)
    mails = len(made.house.mails())
    _restored(restore)

    (again,) = _ordered(made).cases

    register = made.house.installation.register
    assert len(made.house.mails()) == mails
    assert (first, "erased again") in {(first, name) for name, _ in register.steps(first)}
    assert made.house.states(again.case_id)[:3] == ["received", "acknowledged", "identity_verified"]
    step = register.step(again.case_id, "prove")
    assert step is not None
    assert step.receipt["verdict"] == "proven"


def test_only_a_proven_person_orders(town: MakeTown) -> None:
    """A wrong code, and an operator without the role, order nothing; a system that nobody declares is named."""
    made = town(_TABLES, *_MADE, **_SHARED)

    with pytest.raises(AnswerRefused):
        replay("sys", "claire", "000000")
    with pytest.raises(AnswerRefused):
        replay("sys", "zoe", made.house.code("zoe"))
    with pytest.raises(SettingsInvalid):
        replay("elsewhere")


class _Dies(Passing):
    """A connector whose process is killed just before or just after the rows go."""

    def __init__(self, connector: Connector, *, is_after: bool) -> None:
        super().__init__(connector)
        self._is_after = is_after

    def carry_out(self, orders: Any) -> list[int]:
        """Killed here."""
        if self._is_after:
            self.inner.carry_out(orders)
        raise KeyboardInterrupt


@pytest.mark.parametrize("is_after", [False, True])
def test_killed_midway_and_run_again(town: MakeTown, backup: Backup, *, is_after: bool) -> None:
    """The next order finishes the case that was cut off, also where its rows are gone already; there is one case."""
    made = town(_TABLES, *_MADE, **_SHARED)
    restore = backup()
    _erased(made)
    _restored(restore)
    recording = cast("Recording", services().systems)
    recording.instead["sys"] = lambda connector: _Dies(connector, is_after=is_after)
    with pytest.raises(KeyboardInterrupt):
        _ordered(made)
    del recording.instead["sys"]

    (again,) = _ordered(made, "marc").cases

    assert again.outcome == "granted"
    assert _rows(made) == _STRANGERS
    assert len(made.house.installation.register.cases()) == 2


def test_killed_before_the_keys_are_sealed(town: MakeTown, backup: Backup, monkeypatch: pytest.MonkeyPatch) -> None:
    """A case that is opened and knows no keys yet is given them by the next order."""
    made = town(_TABLES, *_MADE, **_SHARED)
    restore = backup()
    _erased(made)
    _restored(restore)
    with monkeypatch.context() as killed:
        killed.setattr("tasks.case.erased_again.write_json", _killed)
        with pytest.raises(KeyboardInterrupt):
            _ordered(made)

    (again,) = _ordered(made, "marc").cases

    assert again.outcome == "granted"
    assert _rows(made) == _STRANGERS


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_what_a_lifted_hold_kept_is_erased_and_witnessed(town: MakeTown) -> None:
    """Lifting opens the case that erases it; it ends proven."""
    made = town(_TABLES, *_MADE, **_SHARED)
    house = made.house
    hold = set_hold({"email": ["ana@example.org"]}, "CLAIM-7", [], operator="marc", code=house.code("marc"))
    first = made.open(Right.ERASURE, email="ana@example.org")
    house.walk(first)
    assert len(made.ask("SELECT no FROM customers")) == 2
    assert _came_back() == {}

    again = lift_hold(hold.hold_id, operator="claire", code=house.code("claire"))
    assert house.walk(again) == "granted"

    assert _rows(made) == _STRANGERS
    step = house.installation.register.step(again, "prove")
    assert step is not None
    assert step.receipt["verdict"] == "proven"


def test_hold_that_kept_nobodys_erasure_opens_no_case(town: MakeTown) -> None:
    """Who did not ask to be erased keeps their rows when the hold is lifted."""
    made = town(_TABLES, *_MADE, **_SHARED)
    house = made.house
    hold = set_hold({"email": ["ben@example.org"]}, "CLAIM-7", [], operator="marc", code=house.code("marc"))

    assert lift_hold(hold.hold_id, operator="claire", code=house.code("claire")) == ""
    assert house.installation.register.cases() == []


DATED = kept(
    table(
        "customers",
        column("no", key=True, identity="customer_no", assertion="assigned", erase="keep", hold="tax"),
        column("mail", identity="email", assertion="confirmed", erase="clear"),
        column("ended", "date", erase="keep", hold="tax"),
        account="customer_no",
        erase="columns",
    ),
    "ended", 10, hold="tax", then="delete",
)  # fmt: skip
DATED_SQL = (
    "CREATE TABLE customers (no VARCHAR(20) PRIMARY KEY, mail VARCHAR(60), ended DATE)",
    "INSERT INTO customers VALUES ('K-100007', 'ana@example.org', '2024-05-01'), ('K-100008', 'b@example.org', NULL)",
)


@pytest.mark.parametrize("is_left", [False, True])
def test_end_of_a_period_is_witnessed(town: MakeTown, *, is_left: bool) -> None:
    """What the law made keep goes by retention; the record of run and case says proven, or proven but for a place."""
    made = town([DATED], *DATED_SQL, **_SHARED)
    house = made.house
    first = made.open(Right.ERASURE, email="ana@example.org")
    house.walk(first)
    assert made.ask("SELECT no, mail FROM customers ORDER BY no")[0] == ("K-100007", None)
    if is_left:
        made.ask_to("CREATE TABLE forgotten (line VARCHAR(60))")
        made.ask_to("INSERT INTO forgotten VALUES ('card K-100007')")

    house.clock.advance(timedelta(days=9 * 365))
    assert forget_old_erasures() == 0
    done = retain("sys", "claire", house.code("claire"))

    assert (done.outcome, made.ask("SELECT no FROM customers")) == ("proven", [("K-100008",)])
    (entry,) = [e for (name, _), e in house.installation.register.steps(first).items() if name == "hold ended"]
    assert entry.receipt["verdict"] == ("proven_but_for" if is_left else "proven")
    (listed,) = {key.stays for key in house.installation.register.erased_keys()}
    assert listed == ()
    house.clock.advance(timedelta(days=4 * 366))
    assert forget_old_erasures() == 2


def test_what_the_law_keeps_is_no_return(town: MakeTown, backup: Backup) -> None:
    """A number that the law keeps is not named; once the address is back beside it, the row is blanked again."""
    made = town([DATED], *DATED_SQL, **_SHARED)
    restore = backup()
    made.house.walk(made.open(Right.ERASURE, email="ana@example.org"))
    assert (_came_back(), _found(replay())) == ({}, {})

    _restored(restore)
    assert _came_back() == {"sys.customers": 1}
    (again,) = _ordered(made).cases

    assert again.outcome == "granted_in_part"
    assert made.ask("SELECT no, mail FROM customers ORDER BY no") == [("K-100007", None), ("K-100008", "b@example.org")]
    assert _came_back() == {}


def test_key_that_people_share_is_on_no_list(town: MakeTown) -> None:
    """A telephone is a household's: a stranger's row that holds it is no return."""
    calls = table("calls", number(), column("phone", identity="phone", assertion="self_asserted"))
    made = town(
        [*_TABLES, calls],
        *_MADE,
        "CREATE TABLE calls (id INTEGER PRIMARY KEY, phone VARCHAR(30))",
        "INSERT INTO calls VALUES (1, '+33 6 12 34 56 78')",
        **_SHARED,
    )
    case_id = made.open(Right.ERASURE, email="ana@example.org", phone="0612345678")
    assert made.house.walk(case_id) == "granted"

    made.ask_to("INSERT INTO calls VALUES (2, '0612345678')")

    assert {key.key.kind for key in made.house.installation.register.erased_keys()} == {"email", "customer_no"}
    assert (_came_back(), _found(replay())) == ({}, {})
