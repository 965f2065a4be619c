"""What every connector does, whatever system it talks to.

A new connector joins with one line in ``SYSTEMS``: a function that takes the rows of a test and gives its connector.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_contracts.connectors.connecting import Connector
from data_contracts.connectors.hiding import Undeclared
from data_contracts.connectors.keys import (
    ChangeColumns,
    Condition,
    Cutoff,
    DeleteRows,
    Look,
    Order,
    Referrer,
    Selection,
)
from data_contracts.errors import ContractMismatch, SystemUnavailable, TerminalError
from integrations.systems.directory import open_connector
from integrations.systems.memory import MemoryConnector
from tests.integrations import shop as shop_data
from tests.integrations.shop import CONTRACT, CUSTOMER, LINE, PARIS, PEOPLE, Rows

SYSTEMS: dict[str, Callable[[pytest.FixtureRequest, Rows], Connector]] = {
    "memory": shop_data.in_memory,
    "sqlite": shop_data.in_sqlite,
    "postgresql": shop_data.in_postgresql,
    "mariadb": shop_data.in_mariadb,
    "parquet": shop_data.in_parquet,
    "parquet-s3": shop_data.in_s3,
}
NOWHERE = {
    "sqlite": "sqlite:////nowhere/shop.sqlite",
    "postgresql": "postgresql://nobody@127.0.0.1:1/shop",
    "mariadb": "mariadb://nobody@127.0.0.1:1/shop",
    "parquet": "file:///nowhere/shop",
    "parquet-s3": "s3://a:b@shop/x?region=eu-west-3&scheme=http&endpoint_override=127.0.0.1:1",
}


@pytest.fixture(scope="session")
def postgres_shop(postgres_database: Callable[[], str]) -> str:
    """URL of a PostgreSQL database that this suite fills anew for each test."""
    return postgres_database()


@pytest.fixture(scope="session")
def mariadb_shop(mariadb_database: Callable[[], str]) -> str:
    """URL of a MariaDB database that this suite fills anew for each test."""
    return mariadb_database()


@pytest.fixture
def load(request: pytest.FixtureRequest) -> Iterator[Callable[[str, Rows], Connector]]:
    """A function that fills a system with rows and gives its connector, closed after the test."""
    opened: list[Connector] = []

    def fill(name: str, rows: Rows) -> Connector:
        opened.append(SYSTEMS[name](request, rows))
        return opened[-1]

    yield fill
    for connector in opened:
        connector.close()


@pytest.fixture(params=SYSTEMS)
def shop(request: pytest.FixtureRequest, load: Callable[[str, Rows], Connector]) -> Connector:
    """Each system in turn, holding PEOPLE."""
    return load(request.param, PEOPLE)


# --- what tests say ------------------------------------------------------------------------------------------------


def of(
    *keys: Any, column: str | tuple[str, ...] = "no", normalise: Any = "verbatim", table: str = "customer"
) -> Selection:
    """Rows whose column holds one of the keys."""
    columns = (column,) if isinstance(column, str) else column
    tuples = frozenset(key if isinstance(key, tuple) else (key,) for key in keys)
    return Selection(table, (Condition(columns, tuples, normalise),))


def everybody(table: str = "customer") -> Selection:
    """All rows of a table, by their keys."""
    if table == "customer":
        return of(*(row["no"] for row in PEOPLE["customer"]))
    return of(
        *((row["order_no"], row["line_no"]) for row in PEOPLE["line"]), column=("order_no", "line_no"), table=table
    )


def numbers(shop: Connector, selection: Selection) -> list[str]:
    """The customers that a selection gives, sorted."""
    return sorted(str(row["no"]) for row in rows_of(shop, selection, ["no"]))


def rows_of(shop: Connector, selection: Selection, columns: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of a selection."""
    return [row for batch in shop.read(selection, columns) for row in batch.to_pylist()]


# --- looking -------------------------------------------------------------------------------------------------------


def test_describe_names_the_live_columns(shop: Connector) -> None:
    """The live schema has every table and column that is there."""
    live = shop.describe()

    assert {name: tuple(columns) for name, columns in live.tables.items()} == {"customer": CUSTOMER, "line": LINE}


def test_whatever_is_declared_is_not_undeclared(shop: Connector) -> None:
    """Charter 1.3: nothing lies there that the contract does not name."""
    assert shop.undeclared() == []


def test_keys_are_different_and_without_null(shop: Connector) -> None:
    """A key with a part that is NULL leads nowhere and is left out."""
    found = shop.find_keys(everybody("line"), [("customer",), ("order_no", "line_no")])

    assert found[("customer",)] == {("C1",), ("C3",)}
    assert len(found[("order_no", "line_no")]) == 4


def test_no_condition_selects_nothing(shop: Connector) -> None:
    """A selection without conditions is empty, never everything."""
    nothing = Selection("customer", ())

    assert shop.count([nothing]) == [0]
    assert shop.find_keys(nothing, [("no",)]) == {("no",): frozenset()}
    assert shop.carry_out([DeleteRows(nothing)]) == [0]
    assert len(rows_of(shop, everybody(), ["no"])) == 6


def test_keys_compare_byte_by_byte(shop: Connector) -> None:
    """Case, accents and blanks make another person (law 8)."""
    assert numbers(shop, of("C4", "c1", "C1 ", "d5")) == ["C4"]
    assert numbers(shop, of("bob@example.fr", column="email")) == ["C3"]
    assert numbers(shop, of("Bob@example.fr", "bob@example.fr ", column="email")) == []


def test_signs_in_keys_are_plain_text(shop: Connector) -> None:
    """A key is a value, never SQL or a pattern."""
    assert numbers(shop, of("O'Neil", "%", "x' OR '1'='1", "C1\0", "C\ud800")) == ["O'Neil"]
    assert numbers(shop, of("50%_\\'\"@x.fr", column="email")) == ["O'Neil"]


def test_email_ignores_case_and_blanks_around(shop: Connector) -> None:
    """E-mail addresses compare without case and surrounding blanks, and with accents."""
    assert numbers(shop, of("ANN@example.FR ", column="email", normalise="email")) == ["C1", "C2"]
    assert numbers(shop, of("bob@example.fr", column="email", normalise="email")) == ["C3"]


def test_phone_is_found_however_it_is_written(shop: Connector) -> None:
    """All ways of writing one number are found; the same digits abroad are somebody else's."""
    assert numbers(shop, of("+33612345678", column="phone", normalise="phone")) == ["C1", "C2", "C3"]
    assert numbers(shop, of("+32612345678", column="phone", normalise="phone")) == ["C4"]


@pytest.mark.parametrize(("key", "expected"), [("42", ["C1"]), (42, ["C1"]), ("042", []), ("x", []), (2**70, [])])
def test_keys_from_elsewhere_match_only_where_they_say_the_same(
    shop: Connector, key: object, expected: list[str]
) -> None:
    """A key of another type is compared where that is exact, and dropped where not."""
    assert numbers(shop, of(key, column="points")) == expected


def test_dates_are_keys_too(shop: Connector) -> None:
    """A date finds a date column, as text too."""
    assert numbers(shop, of(date(1980, 2, 29), "2021-01-01", column="born")) == ["C1", "O'Neil"]


def test_composite_keys_match_as_a_whole(shop: Connector) -> None:
    """Both parts must be of the same key, and a part is never taken for the other's end."""
    selection = of(("A", 1), ("B", "1"), ("A", 3), (None, 1), column=("order_no", "line_no"), table="line")

    assert shop.count([selection]) == [2]


def test_each_row_comes_once(shop: Connector) -> None:
    """A row that several conditions select comes once."""
    conditions = of("C1", "C2").conditions + of("ann@example.fr", column="email", normalise="email").conditions

    assert numbers(shop, Selection("customer", conditions)) == ["C1", "C2"]


def test_columns_come_in_the_order_asked(shop: Connector) -> None:
    """A batch has the columns asked for, in that order, also when there is no row."""
    for selection in (of("C1"), of("nobody")):
        batch = next(iter(shop.read(selection, ["points", "no"])))

        assert batch.schema.names == ["points", "no"]


@pytest.mark.parametrize("name", SYSTEMS)
def test_many_keys(name: str, load: Callable[[str, Rows], Connector]) -> None:
    """A hundred thousand keys in each of two conditions are no trouble, and give each row once."""
    shop = load(name, PEOPLE)
    many = [f"K{i}" for i in range(100_000)]
    both = of("C1", "C2", *many).conditions + of("C1", *many, column="parent").conditions
    selection = Selection("customer", both)

    assert numbers(shop, selection) == ["C1", "C2"]
    assert shop.count([selection, of("C4")]) == [2, 1]
    assert shop.find_keys(selection, [("no",)]) == {("no",): {("C1",), ("C2",)}}


@pytest.mark.parametrize(("over", "expected"), [(True, ["C4"]), (False, ["C1", "C2", "C3", "D5", "O'Neil"])])
def test_cutoff_of_local_times(shop: Connector, over: bool, expected: list[str]) -> None:  # noqa: FBT001
    """Local midnight divides; without a time the period has not begun."""
    midnight = datetime(2021, 1, 1, tzinfo=ZoneInfo(PARIS)).astimezone(UTC)
    selection = Selection("customer", everybody().conditions, (Cutoff("left_at", midnight, over),))

    assert numbers(shop, selection) == expected


@pytest.mark.parametrize(("over", "expected"), [(True, ["C1", "D5"]), (False, ["C2", "C3", "C4", "O'Neil"])])
def test_cutoff_of_dates(shop: Connector, over: bool, expected: list[str]) -> None:  # noqa: FBT001
    """A date is over when its whole day is."""
    midnight = datetime(2021, 1, 1, tzinfo=ZoneInfo(PARIS))
    selection = Selection("customer", everybody().conditions, (Cutoff("born", midnight, over),))

    assert numbers(shop, selection) == expected


# --- erasing -------------------------------------------------------------------------------------------------------


def test_deleted_rows_are_gone_and_others_untouched(shop: Connector) -> None:
    """Rows that point at each other go in one order; everybody else's row stays as it was."""
    before = rows_of(shop, of("C4", "D5", "O'Neil"), CUSTOMER)
    lines = of("C1", "C2", "C3", column="customer", table="line")

    assert shop.carry_out([DeleteRows(lines), DeleteRows(of("C1", "C2", "C3"))]) == [3, 3]
    assert sorted(rows_of(shop, everybody(), CUSTOMER), key=str) == sorted(before, key=str)
    assert len(rows_of(shop, everybody("line"), LINE)) == 1


def test_erased_columns(shop: Connector) -> None:
    """Values are cleared, masked and replaced; the selecting column may be among them."""
    others = rows_of(shop, of("C2", "C3", "C4", "D5", "O'Neil"), CUSTOMER)
    selection = of("Ann@Example.fr", column="email")
    order = ChangeColumns(
        selection,
        ("born",),
        {"points": 0},
        {"email": {"Ann@Example.fr": "t1"}, "phone": {"06 12.34-56/78": "t2", "x": "y"}},
    )

    assert shop.carry_out([order]) == [1]
    (row,) = rows_of(shop, of("C1"), CUSTOMER)
    assert (row["born"], row["points"], row["email"], row["phone"]) == (None, 0, "t1", "t2")
    assert sorted(rows_of(shop, of("C2", "C3", "C4", "D5", "O'Neil"), CUSTOMER), key=str) == sorted(others, key=str)


def test_replacing_many_values(shop: Connector) -> None:
    """More values than one statement takes are each replaced by their own."""
    tokens = {f"K{i}": f"T{i}" for i in range(5_000)} | {"Ann@Example.fr": "t1", "bob@example.fr": "t3"}
    order = ChangeColumns(everybody(), (), {}, {"email": tokens})

    assert shop.carry_out([order]) == [6]
    mails = {row["no"]: row["email"] for row in rows_of(shop, everybody(), ["no", "email"])}
    assert (mails["C1"], mails["C3"], mails["C4"]) == ("t1", "t3", "bôb@example.fr")


def test_replacing_many_values_of_the_selecting_column(shop: Connector) -> None:
    """Rows that no longer match once their key is replaced have got all their changes."""
    tokens = {f"K{i}": f"T{i}" for i in range(5_000)} | {"Ann@Example.fr": "t1", "bob@example.fr": "t3"}
    order = ChangeColumns(of(*tokens, column="email"), ("phone",), {"points": 5}, {"email": tokens})

    assert shop.carry_out([order]) == [2]
    rows = rows_of(shop, of("C1", "C3"), ["email", "phone", "points"])
    assert sorted(map(str, rows)) == [str({"email": t, "phone": None, "points": 5}) for t in ("t1", "t3")]


def test_replacing_in_a_ring(shop: Connector) -> None:
    """Each value is replaced once, also by one that is itself replaced."""
    ring = {f"K{i}": f"K{i + 1}" for i in range(5_000)} | {"Ann@Example.fr": "bob@example.fr", "bob@example.fr": "K0"}
    shop.carry_out([ChangeColumns(of("C1", "C3"), (), {}, {"email": ring})])

    mails = {row["no"]: row["email"] for row in rows_of(shop, of("C1", "C3"), ["no", "email"])}
    assert mails == {"C1": "bob@example.fr", "C3": "K0"}


def test_not_erased_is_counted(shop: Connector) -> None:
    """A row counts when any of its columns does not look erased."""
    selection = of("C1", "C2", "C3")
    old = frozenset({"Ann@Example.fr", "bob@example.fr", *(f"K{i}" for i in range(5_000))})

    assert shop.count_unlike(selection, Look(("left_at",))) == 1
    assert shop.count_unlike(selection, Look((), {"points": 42})) == 2
    assert shop.count_unlike(selection, Look((), {}, {"email": old})) == 2
    assert shop.count_unlike(selection, Look(("born",), {}, {"email": frozenset({"bob@example.fr"})})) == 2
    assert shop.count_unlike(selection, Look()) == 0


@pytest.mark.parametrize("is_vip", [True, False])
def test_yes_and_no_are_set_and_told_apart(shop: Connector, *, is_vip: bool) -> None:
    """A marker looks as it was set, also where a database keeps it as a number; the other one does not."""
    shop.carry_out([ChangeColumns(of("C1", "C2"), set_to={"vip": is_vip})])

    assert shop.count_unlike(of("C1", "C2", "C3"), Look((), {"vip": is_vip})) == 1
    assert shop.count_unlike(of("C1", "C2", "C3"), Look((), {"vip": not is_vip})) == 3


def test_what_a_column_cannot_hold_is_in_no_row(shop: Connector) -> None:
    """A value of another type than the column's is never taken for what is there."""
    assert shop.count_unlike(of("C1", "C2"), Look((), {"points": "forty-two"})) == 2


def test_erasing_again_changes_nothing(shop: Connector) -> None:
    """The same orders can be carried out again."""
    orders: list[Order] = [
        DeleteRows(of("C1", "C3", column="customer", table="line")),
        ChangeColumns(of("C1"), ("email",), {"phone": "x"}),
        DeleteRows(of("C3")),
    ]
    shop.carry_out(orders)
    after = rows_of(shop, everybody(), CUSTOMER)

    assert shop.carry_out(orders) == [0, 1, 0]
    assert rows_of(shop, everybody(), CUSTOMER) == after


def test_erasing_everything_leaves_an_empty_table(shop: Connector) -> None:
    """Where nothing is left, nothing is found; the table is still there."""
    shop.carry_out([DeleteRows(everybody("line")), DeleteRows(everybody())])

    assert shop.count([everybody(), everybody("line")]) == [0, 0]
    assert "customer" in shop.describe().tables


def test_an_order_that_does_not_fit_leaves_nothing_done(shop: Connector) -> None:
    """Orders are carried out all or not at all."""
    before = rows_of(shop, everybody(), CUSTOMER)

    with pytest.raises(TerminalError):
        shop.carry_out([ChangeColumns(of("C1"), ("email",)), ChangeColumns(of("C1"), ("shoe_size",))])

    assert rows_of(shop, everybody(), CUSTOMER) == before


# --- errors --------------------------------------------------------------------------------------------------------


def test_a_missing_column_is_named(shop: Connector) -> None:
    """What is not there is a mismatch that names its place, in every method."""
    missing = of("42", column="shoe_size")
    attempts: list[Callable[[], object]] = [
        lambda: shop.find_keys(missing, [("no",)]),
        lambda: shop.find_keys(of("C1"), [("shoe_size",)]),
        lambda: list(shop.read(of("C1"), ["shoe_size"])),
        lambda: shop.count([of("C1"), missing]),
        lambda: shop.count_unlike(of("C1"), Look(("shoe_size",))),
        lambda: shop.carry_out([DeleteRows(missing)]),
    ]

    for attempt in attempts:
        with pytest.raises(ContractMismatch, match=r"shop\.customer\.shoe_size") as caught:
            attempt()
        assert "42" not in str(caught.value)


@pytest.mark.parametrize("name", NOWHERE)
def test_a_system_that_is_down_is_unavailable(name: str) -> None:
    """Could not look is an error, never an empty result (law 6)."""
    shop = open_connector(CONTRACT, NOWHERE[name], time_zone=PARIS)

    for attempt in (lambda: list(shop.read(of("C1"), ["no"])), shop.describe):
        with pytest.raises(SystemUnavailable) as caught:
            attempt()
        assert "nobody" not in str(caught.value)


# --- all connectors agree ------------------------------------------------------------------------------------------

_VALUES = [row[c] for row in PEOPLE["customer"] for c in ("no", "email", "phone", "parent", "points", "born") if row[c]]
_KEYS = st.frozensets(
    st.tuples(st.one_of(st.sampled_from(_VALUES), st.text(max_size=4), st.integers(-50, 50))), max_size=6
)
_CONDITIONS = st.builds(
    lambda column, keys: Condition((column,), keys),
    st.sampled_from(["no", "email", "phone", "parent", "points"]),
    _KEYS,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(conditions=st.lists(_CONDITIONS, max_size=3))
def test_all_systems_find_what_memory_finds(shop: Connector, conditions: list[Condition]) -> None:
    """Whatever the keys, a system finds exactly the rows that the plain loop in memory finds."""
    selection = Selection("customer", tuple(conditions))
    model = MemoryConnector(CONTRACT, {n: list(map(dict, t)) for n, t in PEOPLE.items()}, time_zone=PARIS)

    assert numbers(shop, selection) == numbers(model, selection)
    assert shop.count([selection]) == model.count([selection])


def test_the_plain_path_of_a_folder_is_a_path(tmp_path: Path) -> None:
    """A folder's URL may hold blanks, as paths do."""
    shop = shop_data.write_parquet((tmp_path / "a shop").as_uri(), PEOPLE)

    assert shop.count([everybody()]) == [6]


# --- whoever's rows they are: what is over its retention period ------------------------------------------------------


def over(*spared: Condition, referrers: Sequence[Referrer] = ()) -> Selection:
    """Everybody who left by New Year of 2021 (C3, C4 and D5), but for the spared."""
    bound = Cutoff("left_at", datetime(2021, 1, 2, tzinfo=ZoneInfo(PARIS)), over=True)
    return Selection("customer", (), (bound,), spared, tuple(referrers), dangerously_every_row=True)


LINES = Referrer("line", ("customer",), ("no",))
CHILDREN = Referrer("customer", ("parent",), ("no",))


def test_every_row_is_every_row_that_is_over(shop: Connector) -> None:
    """Rows without the date, or with a later one, are nobody's to take."""
    assert numbers(shop, over()) == ["C3", "C4", "D5"]
    assert shop.find_keys(over(), [("no",)]) == {("no",): {("C3",), ("C4",), ("D5",)}}
    assert shop.count_unlike(over(), Look(cleared=("email",))) == 3


def test_spared_rows_are_not_selected(shop: Connector) -> None:
    """A spared key keeps its row, however it is compared; a row without the value is not spared for it."""
    mail = Condition(("email",), frozenset({("BOB@example.fr",)}), "email")
    points = Condition(("points",), frozenset({(42,), (None,)}))

    assert numbers(shop, over(mail, points)) == ["C4", "D5"]
    assert numbers(shop, over(Condition(("no", "email"), frozenset({("C4", "bôb@example.fr")})))) == ["C3", "D5"]
    assert numbers(shop, replace(everybody(), spared=(mail, of("C1", "C2").conditions[0]))) == ["C4", "D5", "O'Neil"]


def test_rows_that_others_refer_to_are_not_selected(shop: Connector) -> None:
    """What a line or another customer names stays, also where it names itself no other."""
    assert numbers(shop, over(referrers=[LINES])) == ["C4", "D5"]
    assert numbers(shop, replace(everybody(), referrers=(CHILDREN,))) == ["C3", "C4", "D5", "O'Neil"]


def test_what_is_over_goes_and_nothing_else_changes(shop: Connector) -> None:
    """One order deletes, spares and leaves what is named; again, it finds nothing."""
    order = DeleteRows(over(of("D5").conditions[0], referrers=[LINES, CHILDREN]))

    assert shop.carry_out([order]) == [1]
    assert shop.carry_out([order]) == [0]
    assert numbers(shop, everybody()) == ["C1", "C2", "C3", "D5", "O'Neil"]
    assert shop.count([everybody("line")]) == [4]


def test_columns_of_what_is_over_are_changed(shop: Connector) -> None:
    """Spared rows keep their values, also where the changed column is the one they are spared by."""
    spared = Condition(("email",), frozenset({("bob@example.fr",)}))

    assert shop.carry_out([ChangeColumns(over(spared), clear=("email", "points"))]) == [2]
    assert shop.count_unlike(over(), Look(cleared=("email",))) == 1


@pytest.mark.parametrize(
    ("conditions", "cutoffs"),
    [
        ((), ()),
        ((), (Cutoff("left_at", datetime(2021, 1, 1, tzinfo=UTC), over=False),)),
        (of("C1").conditions, (Cutoff("left_at", datetime(2021, 1, 1, tzinfo=UTC), over=True),)),
    ],
)
def test_every_row_of_a_table_cannot_be_said(conditions: tuple[Condition, ...], cutoffs: tuple[Cutoff, ...]) -> None:
    """Whoever's rows are selected by what is over alone."""
    with pytest.raises(ValueError, match="what is over"):
        Selection("customer", conditions, cutoffs, dangerously_every_row=True)


def test_nothing_undeclared_hangs_on_declared_rows(shop: Connector) -> None:
    """What the contract names is no surprise; there are no views to refresh."""
    assert shop.count_undeclared(everybody()) == Undeclared()
    assert shop.refresh_views() == []


@pytest.mark.parametrize("name", ["memory", "parquet", "sqlite", "postgresql", "mariadb"])
def test_undeclared_columns_are_counted_where_they_hold_something(
    load: Callable[[str, Rows], Connector], name: str
) -> None:
    """A column that the contract was not told of is counted by the rows in which it is not empty."""
    whole = load(name, PEOPLE)
    less = replace(CONTRACT.table("customer"), columns=CONTRACT.table("customer").columns[:1])
    whole._contract = replace(CONTRACT, tables=(less, CONTRACT.table("line")))  # type: ignore[attr-defined]

    found = whole.count_undeclared(everybody())

    dropped = [column.name for column in CONTRACT.table("customer").columns[1:]]
    rows = PEOPLE["customer"]
    expected = {c: n for c in dropped if (n := sum(row.get(c) not in (None, "") for row in rows))}
    assert found.columns == expected
