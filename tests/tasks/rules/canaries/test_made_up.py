"""People who are nobody: rows that fit live types and refer to each other."""

from uuid import UUID

from data_contracts.company.contract import Column, Reference, SystemContract, Table
from data_contracts.connectors.connecting import Container, Holds, LiveColumn, LiveReference, LiveSchema
from data_contracts.vocabulary import TableErasure
from tasks.rules.canaries.made_up import located_rows, made_up_rows


def _table(name: str, *columns: Column, references: tuple[Reference, ...] = ()) -> Table:
    return Table("s", name, columns, TableErasure.DELETE, references=references)


def _id() -> Column:
    return Column("id", "integer", primary_key=True)


def _live(name: str, type_: str, holds: Holds, *, nullable: bool = True, **facts: object) -> LiveColumn:
    return LiveColumn(name, type_, nullable, holds, **facts)  # type: ignore[arg-type]


_INT = LiveColumn("id", "INTEGER", nullable=False, holds=Holds.NUMBER)


def test_values_fit_their_types_and_differ() -> None:
    """Two rows, different where they can be; what the system computes is left out."""
    names = ["id", "mail", "word", "short", "age", "on", "at", "key", "raw", "tags", "sex", "whole", "born", "gone"]
    columns = [_id(), Column("mail", "string", identity="email"), *(Column(name, "string") for name in names[2:-2])]
    columns += [Column("born", "integer"), Column("gone", "string")]
    live = {
        "id": _INT,
        "mail": _live("mail", "TEXT", Holds.TEXT),
        "word": _live("word", "VARCHAR(40)", Holds.TEXT, length=40),
        "short": _live("short", "VARCHAR(2)", Holds.TEXT, length=2),
        "age": _live("age", "INTEGER", Holds.NUMBER),
        "on": _live("on", "BOOLEAN", Holds.BOOLEAN),
        "at": _live("at", "DATE", Holds.MOMENT),
        "key": _live("key", "UUID", Holds.UUID),
        "raw": _live("raw", "BYTEA", Holds.BYTES),
        "tags": _live("tags", "TEXT[]", Holds.CONTAINER, container=Container.ARRAY),
        "sex": _live("sex", "ENUM", Holds.TEXT, labels=("f", "m")),
        "whole": _live("whole", "TEXT", Holds.TEXT, is_computed=True),
        "born": _live("born", "ANY", Holds.UNKNOWN),
    }
    contract = SystemContract("s", "S", "1", "us", (_table("t", *columns),))

    first, second = made_up_rows(contract, LiveSchema({"t": live}))

    assert first.values == {
        "id": 31013, "mail": "made-up-0@t.invalid", "word": "made-up-0-word", "short": "00", "age": 21, "on": True,
        "at": "2001-02-03", "key": str(UUID(int=31013)), "raw": b"\0", "tags": "[]", "sex": "f", "born": 21,
    }  # fmt: skip
    assert {name for name, value in first.values.items() if second.values[name] == value} == {"on", "at", "tags", "sex"}


def test_rows_refer_to_each_other() -> None:
    """Parents come first; a reference to a table that nobody declares is empty where it may be."""
    child = _table(
        "child", _id(), Column("parent_id", "integer"), Column("other_id", "integer"), Column("else_id", "integer"),
        references=(Reference(("parent_id",), "s", "parent", ("id",)), Reference(("other_id",), "x", "far", ("id",))),
    )  # fmt: skip
    contract = SystemContract("s", "S", "1", "us", (child, _table("parent", _id()), _table("missing", _id())))
    number = {name: _live(name, "INTEGER", Holds.NUMBER) for name in ("parent_id", "other_id", "else_id")}
    schema = LiveSchema(
        {"child": {"id": _INT, **number}, "parent": {"id": _INT}},
        (LiveReference("child", ("else_id",), "undeclared", ("id",)),),
    )

    rows = made_up_rows(contract, schema)

    assert [row.table for row in rows] == ["parent", "child"] * 2
    assert rows[1].values == {"id": 31013, "parent_id": 31013, "other_id": 21, "else_id": None}
    located = located_rows(contract, rows)
    assert located.conditions["s", "child"][0].keys == {(31013,), (31014,)}


def test_circle_and_missing_key_are_left_to_the_system() -> None:
    """Tables that refer to each other in a circle, and one without a key, are made up all the same."""
    one = _table("one", _id(), Column("two_id", "integer"), references=(Reference(("two_id",), "s", "two", ("id",)),))
    two = _table("two", _id(), Column("one_id", "integer"), references=(Reference(("one_id",), "s", "one", ("id",)),))
    bare = _table("bare", Column("word", "string"))
    contract = SystemContract("s", "S", "1", "us", (one, two, bare))
    schema = LiveSchema(
        {
            "one": {"id": _INT, "two_id": _live("two_id", "INTEGER", Holds.NUMBER, nullable=False)},
            "two": {"id": _INT, "one_id": _live("one_id", "INTEGER", Holds.NUMBER)},
            "bare": {"word": _live("word", "TEXT", Holds.TEXT)},
        }
    )

    rows = made_up_rows(contract, schema)

    assert rows[0].values == {"id": 31013, "two_id": 21}
    assert rows[1].values == {"id": 31013, "one_id": 31013}
    assert set(located_rows(contract, rows).conditions) == {("s", "one"), ("s", "two")}
