"""Cases of a column: which rows each takes, what is refused, and what is read of them."""

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.company.contract import Case, Column, Contracts, SystemContract, Table
from data_contracts.company.row_cases import (
    column_in,
    part_at,
    parts_of,
    rules_at,
    rules_by_rows,
    said_when,
    table_name,
)
from data_contracts.connectors.keys import Condition, Selection, When
from data_contracts.odcs.folder import check, load
from data_contracts.vocabulary import ColumnErasure, TableErasure
from tests.whose.town import column, number, table, write_contracts

_TEXTS = ("a", "b", "c", None)
_PLAIN: dict[str, Any] = {"category": "system.operations"}
_MAIL: dict[str, Any] = {"category": "user.contact.email", "source": "provided", "erase": "clear"}


def _table(*cases: Case, logical: str = "string", more: tuple[Case, ...] = ()) -> Table:
    columns = (
        Column("k", logical),
        Column("j", "string"),
        Column("v", "string", cases=cases),
        Column("w", "string", cases=more),
    )
    return Table("s", "t", columns, TableErasure.COLUMNS)


def _case(number_: int, *when: When, deletes_row: bool = False) -> Case:
    return Case(when, Column("v", "string", category=f"case {number_}"), deletes_row)


def _fulfils(row: dict[str, str | None], when: tuple[When, ...]) -> bool:
    return all((row[one.column] in one.values) is not one.negated for one in when)


_whens = st.lists(
    st.builds(
        When,
        st.sampled_from(["k", "j"]),
        st.lists(st.sampled_from(_TEXTS), min_size=1, max_size=2, unique=True).map(tuple),
    ),
    min_size=1,
    max_size=2,
    unique_by=lambda one: one.column,
).map(tuple)


@given(st.lists(_whens, max_size=3), st.lists(_whens, max_size=2), st.sampled_from(["string", "integer"]))
def test_each_row_is_in_one_part_and_under_its_first_case(
    first: list[tuple[When, ...]], second: list[tuple[When, ...]], logical: str
) -> None:
    """Whatever cases overlap: no row is left out or counted twice, and the first case that it fulfils holds."""
    cases = tuple(_case(n, *when) for n, when in enumerate(first))
    more = tuple(Case(when, Column("w", "string", category=f"more {n}")) for n, when in enumerate(second))
    whole = _table(*cases, logical=logical, more=more)
    found = parts_of(whole)

    for k, j in itertools.product(_TEXTS, _TEXTS):
        row = {"k": k, "j": j}
        (part,) = [one for one in found if _fulfils(row, one.when)]
        for name, own in (("v", cases), ("w", more)):
            held = next((case.rules.category for case in own if _fulfils(row, case.when)), "")
            assert part.table.column(name).category == held
            ways = rules_by_rows(whole, whole.column(name))
            (by_rows,) = [rules for rules, when in ways if _fulfils(row, when)]
            assert by_rows.category == held
    assert len({part.name for part in found}) == len(found)
    assert found[-1].name == "t"


def test_a_part_is_found_by_its_name() -> None:
    """Also where its rows are several people's; a part that is not there is none."""
    made = _table(_case(0, When("k", ("a",))), _case(1, When("k", ("b",)), deletes_row=True))
    contracts = Contracts({"s": SystemContract("s", "S", "1", "us", (made,))}, None)  # type: ignore[arg-type]  # not asked

    assert part_at(contracts, "s", "t+case2+shared").table.erase is TableErasure.DELETE
    assert part_at(contracts, "s", "t").said == "k: not a or b"
    assert rules_at(contracts, "s", "t+case1").labels == {"en": "T (k: a)"}
    assert table_name("t+case12+shared") == "t"
    with pytest.raises(KeyError):
        part_at(contracts, "s", "t+case9")


def test_rows_of_a_part_are_selected() -> None:
    """A selection and its conditions are bound to the part; those of a table without cases stay as they are."""
    keys = Condition(("id",), frozenset({(1,)}))
    part, rest = parts_of(_table(_case(0, When("k", ("a",)))))
    (whole,) = parts_of(_table())

    assert part.rows(Selection("t", (keys,))).when == (When("k", ("a",)),)
    assert rest.ways([keys])[0].when == (When("k", ("a",), negated=True),)
    assert whole.rows(Selection("t", (keys,))) == Selection("t", (keys,))
    assert whole.ways([keys]) == (keys,)


def test_a_line_of_a_plan_tells_under_which_rule_a_column_stood() -> None:
    """By the words of the contract; other words leave the column's own rules."""
    made = _table(_case(0, When("k", ("a",))))

    assert column_in(made, "v", said_when((When("k", ("a",)),))).category == "case 0"
    assert column_in(made, "v", "").category == ""


# --- what contracts say ----------------------------------------------------------------------------------------------


def _told(
    tmp_path: Path, *cases: dict[str, Any], table_erase: str = "columns", keys: dict[str, Any] | None = None, **own: Any
) -> list[str]:
    key = column("meta_key", **(keys or _PLAIN))
    value = column("meta_value", cases=list(cases), **(_PLAIN | own))
    mail = column("mail", identity="email", assertion="confirmed", erase="clear")
    owner = column("user_id", "integer", to=("users.id", {"follow": "from"}))
    users = table("users", number(), mail, account="email", erase="columns")
    meta = table("usermeta", number(), owner, key, column("kind", **_PLAIN), value, erase=table_erase)
    write_contracts(tmp_path / "c", [users, meta], {"email": {"normalise": "email", "unique": True}}, "FR")
    return [str(fault) for fault in check(tmp_path / "c") if fault.table == "usermeta"]


def _when(*values: str, **more: Any) -> dict[str, Any]:
    return {"when": {"meta_key": list(values)}, **_MAIL, **more}


def test_cases_are_read(tmp_path: Path) -> None:
    """What a case does not say is as the column says; a hold goes with what is said of erasure."""
    own: dict[str, Any] = {
        "category": "user.content",
        "source": "derived",
        "erase": "keep",
        "hold": "tax",
        "label": {"en": "Value"},
    }
    cases = [
        _when("a", rectify="declared"),
        {"when": {"meta_key": "b"}, "label": {"en": "Bee"}},
        _when("c", erase="delete"),
    ]

    assert _told(tmp_path, *cases, **own) == []

    found = load(tmp_path / "c")
    first, second, third = found.table("sys", "usermeta").column("meta_value").cases
    assert (first.rules.erase, first.rules.hold, first.rules.category) == (
        ColumnErasure.CLEAR,
        "",
        "user.contact.email",
    )
    assert (second.rules.erase, second.rules.hold, second.rules.labels) == (ColumnErasure.KEEP, "tax", {"en": "Bee"})
    assert (third.rules.erase, third.deletes_row) == (None, True)


@pytest.mark.parametrize(
    ("cases", "own", "told"),
    [
        ([_when("a", when={"other": "a"})], {}, "which is no other column of this table"),
        ([_when("a", when={"meta_value": "a"})], {}, "which is no other column of this table"),
        ([_when("a")], {"keys": {**_MAIL}}, "`meta_key` is personal itself"),
        ([_when("a")], {"keys": {**_PLAIN, "erase": "clear"}}, "`meta_key` does not stay as it is"),
        ([_when("a", "b"), _when("b", "c")], {}, "has two cases that may hold in one row"),
        ([_when("a", "b"), _when("b")], {}, "before it takes all"),
        ([_when("a"), _when("a", when={"kind": "x"})], {}, "has two cases that may hold in one row"),
        ([_when("a", erase="delete")], {"table_erase": "delete"}, "`erase: delete` of a case says nothing"),
        ([_when("a", erase="delete", hold="tax")], {}, "rows are deleted, but that names a hold"),
        ([_when("a", erase="token"), _when("b", erase="hmac", hold="tax")], {}, "would be replaced in two ways"),
        ([_when("a")], {"inside": {"items": ","}, "identity": "email", "assertion": "self_asserted"}, "says `inside`"),
        ([_when("a", erase="keep")], {}, "`erase: keep` leaves personal data, but names no hold"),
        ([_when("a", erase="keep", hold="none")], {}, "hold `none`"),
        ([_when("a")], {"table_erase": "delete"}, "`erase: clear` is never carried out"),
        ([_when("a", category="user.nothing")], {}, "is not in fideslang's taxonomy"),
        ([_when("a", purposes=["other"])], {}, "other"),
        ([{key: said for key, said in _when("a").items() if key != "source"}], {"source": None},
         "where its values come from"),
        ([{"when": {"meta_key": "a"}, "category": "user.contact.email", "source": "provided"}], {},
         "does not say how it is erased in the rows with meta_key: a"),
        ([_when("a", about="third_party")], {}, "would be disclosed to the data subject"),
        ([{**_when("a"), "when": {}}], {}, "should have at least 1 item"),
    ],
)  # fmt: skip
def test_what_cannot_hold_is_refused(
    tmp_path: Path, cases: list[dict[str, Any]], own: dict[str, Any], told: str
) -> None:
    """Each fault names the column and a remedy."""
    found = _told(tmp_path, *cases, **own)

    assert any(told in fault and "Remedy" in fault for fault in found), found


def test_rows_that_a_case_deletes_are_kept_by_nobody(tmp_path: Path) -> None:
    """A value beside them that a hold keeps would go with its row."""
    found = _told(tmp_path, _when("a", erase="delete"), keys={**_PLAIN, "erase": "keep", "hold": "tax"})

    assert any("is held in the rows with meta_key: a, which a case of `meta_value` deletes" in one for one in found)


def test_one_thing_is_said_once(tmp_path: Path) -> None:
    """A case that takes over what is wrong with its column is no second fault."""
    found = _told(
        tmp_path,
        {"when": {"meta_key": "a"}},
        {"when": {"meta_key": "b"}},
        category="user.nothing",
        source="provided",
        erase="clear",
    )

    assert len([one for one in found if "taxonomy" in one]) == 1


def test_a_column_with_cases_beside_another_is_told_by_both() -> None:
    """Rows in which a case of one column holds are told by words that name no case of the other."""
    made = _table(_case(0, When("k", ("a",))), more=(Case((When("j", ("x",)),), Column("w", "string")),))

    found = {part.said: column_in(made, "v", part.said).category for part in parts_of(made)}

    assert found == {"k: a; j: x": "case 0", "k: a; j: not x": "case 0", "k: not a; j: x": "", "k: not a; j: not x": ""}


def test_an_identity_is_held_where_its_condition_may_hold() -> None:
    """A number beside the addresses is no address, though the column is searched by as one elsewhere."""
    address = When("k", ("mail",))
    rules = Column("v", "string", identity="email", when=(address,))
    own = Column("v", "string", identity="email", when=(address,), cases=(Case((When("k", ("vat",)),), rules),))
    made = Table("s", "t", (Column("k", "string"), own), TableErasure.COLUMNS)

    assert [part.table.column("v").identity for part in parts_of(made)] == ["", "email"]
    assert [one.identity for one, _ in rules_by_rows(made, own)] == ["", "email"]
