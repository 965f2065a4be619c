"""Keys that are replaced with what refers to them (Art. 17(1))."""

from data_contracts.company.contract import Column, Reference, SystemContract, Table
from data_contracts.connectors.keys import Condition, DeleteRows, MoveKeys, Selection, each_of
from data_contracts.vocabulary import ColumnErasure, TableErasure
from tasks.rules.act.moving import moved_keys, places_of

_TOKEN = ColumnErasure.TOKEN


def _table(name: str, *columns: Column, references: tuple[Reference, ...] = ()) -> Table:
    return Table("sys", name, columns, TableErasure.COLUMNS, references=references)


def _contract(*tables: Table) -> SystemContract:
    return SystemContract("sys", "S", "1", "acme", tables)


_USERS = _table(
    "users", Column("mail", "string", primary_key=True, erase=_TOKEN), Column("login", "string", erase=_TOKEN)
)
_POSTS = _table(
    "posts",
    Column("mail", "string", primary_key=True, erase=_TOKEN),
    Column("seq", "integer", primary_key=True),
    references=(Reference(("mail",), "sys", "users", ("mail",)),),
)
_REPLIES = _table(
    "replies",
    Column("to_mail", "string"),
    Column("to_seq", "integer"),
    references=(
        Reference(("to_mail", "to_seq"), "sys", "posts", ("mail", "seq")),
        Reference(("to_mail",), "far", "people", ("mail",)),
    ),
)


def test_every_column_that_refers_gets_the_pseudonym_of_the_key() -> None:
    """Over two levels, in the place of a composite key that it has; what refers has no pseudonym of its own."""
    moved = moved_keys(_contract(_USERS, _POSTS, _REPLIES))

    assert moved == dict.fromkeys([("users", "mail"), ("posts", "mail"), ("replies", "to_mail")], ("users", "mail"))
    assert places_of(moved, ("users", "mail")) == tuple(moved)


def test_column_that_nothing_refers_to_is_replaced_by_itself() -> None:
    """It is no key."""
    login = _table("people", Column("id", "integer", primary_key=True), Column("login", "string", erase=_TOKEN))

    assert moved_keys(_contract(login)) == {}


def test_table_that_refers_to_itself() -> None:
    """Who recommended somebody is replaced with the key."""
    users = _table(
        "users",
        Column("mail", "string", primary_key=True, erase=_TOKEN),
        Column("by", "string"),
        references=(Reference(("by",), "sys", "users", ("mail",)),),
    )

    assert moved_keys(_contract(users)) == {("users", "mail"): ("users", "mail"), ("users", "by"): ("users", "mail")}


def test_order_is_told_table_by_table() -> None:
    """For a system in which nothing keeps references."""
    whole = Selection("users", (Condition(("mail",), frozenset({("a",)})),))
    order = MoveKeys(whole, (("users", "mail"), ("posts", "mail")), {"a": "x"})

    assert [(one.selection.table, one.replace) for one in order.changes] == [
        ("users", {"mail": {"a": "x"}}),
        ("posts", {"mail": {"a": "x"}}),
    ]
    assert each_of(order) == order.changes
    assert each_of(DeleteRows(whole)) == (DeleteRows(whole),)
