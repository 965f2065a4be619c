"""``inside``: one planted mistake at a time, and what is sound near it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from data_contracts.company.contract import Column
from data_contracts.inside.paths import Inside
from data_contracts.odcs.folder import check, load
from tests.data_contracts.folder import Change, Files, a_column, add, both, dsr, native, write

_MAIL = {"category": "user.contact.email", "source": "provided", "identity": "email", "assertion": "self_asserted"}
_PLAIN = {"category": "user.contact.email", "source": "provided"}
_JSON = {"json": "$.to[*]"}


def _held(inside: Mapping[str, object], type_: str = "string", place: str = "crm.ticket", **facts: object) -> Change:
    return add(place, "held", type_, facts={**_MAIL, "inside": dict(inside), **facts})


def _without_key(content: Files) -> None:
    column = a_column("held", facts={**_MAIL, "inside": _JSON})
    table = {"name": "loose", "customProperties": dsr(erase="delete", purposes=["contract"]), "properties": [column]}
    content["crm"]["schema"].append(table)


def _ended(content: Files) -> None:
    """A column of addresses in the table that a retention period empties by columns; nobody's account any more."""
    add("crm.customer", "held", facts={**_MAIL, "inside": _JSON, "erase": "mask"})(content)


@pytest.mark.parametrize(
    ("change", "place", "what"),
    [
        (
            add("crm.ticket", "held", facts={**_PLAIN, "inside": _JSON}),
            "ticket.held",
            "says `inside`, but holds no identity",
        ),
        (_held({"json": "to[*]"}), "ticket.held", "is not understood"),
        (_held({"xml": "to"}), "ticket.held", "is not understood"),
        (_held({"members": False}), "ticket.held", "is not understood"),
        (_held({"items": ""}), "ticket.held", "is not understood"),
        (_held({"items": ","}, "array"), "ticket.held", "says `inside: items`, but is of type array"),
        (_held({"xml": "/a"}, "array"), "ticket.held", "says `inside: xml`, but is of type array"),
        (_held({"members": True}, "integer"), "ticket.held", "is of type integer"),
        (_without_key, "loose.held", "the table has no primary key"),
        (_held(_JSON, place="crm.customer", erase="clear"), "customer.held", "in a table of accounts"),
        (_held(_JSON, normalised=True), "ticket.held", "says `normalised` beside `inside`"),
        (_held(_JSON, country="agent"), "ticket.held", "says `country` beside `inside`"),
        (both(_held(_JSON), native("crm.ticket.held", unique=True)), "ticket.held", "says `unique` beside `inside`"),
        (_ended, "customer.held", "a retention period ends for the whole value"),
        (_held({}), "ticket.held", "say exactly one of"),
        (_held({"json": "$.a", "items": ","}), "ticket.held", "say exactly one of"),
        (_held({"yaml": "a"}), "ticket.held", ""),
    ],
)
def test_mistake_is_told_where_it_is(tmp_path: Path, change: Change, place: str, what: str) -> None:
    """Each is told at the column, with a remedy."""
    faults = check(write(tmp_path, change))

    told = [f for f in faults if what in f"{f.field} {f.what} {f.remedy}"]
    assert any(f"{f.table}.{f.field}".startswith(place) and f.remedy and f.line for f in told), [str(f) for f in faults]


@pytest.mark.parametrize(
    ("inside", "type_", "read"),
    [
        (_JSON, "object", Inside("json", "$.to[*]")),
        ({"xml": "/m/@to"}, "string", Inside("xml", "/m/@to")),
        ({"members": True}, "array", Inside("members")),
        ({"items": ";"}, "string", Inside("items", separator=";")),
        ({"entries": "email"}, "object", Inside("entries", "email")),
    ],
)
def test_sound_place_is_read(tmp_path: Path, inside: Mapping[str, object], type_: str, read: Inside) -> None:
    """Each kind of place is read as it is written."""
    column: Column = load(write(tmp_path, _held(inside, type_))).table("crm", "ticket").column("held")

    assert column.inside == read


@pytest.mark.parametrize("erase", ["clear", "mask", "token"])
def test_inside_a_document_any_way_of_erasing_is_sound(tmp_path: Path, erase: str) -> None:
    """A document has no constant and takes no pseudonym in its place, but inside it does; it may be required."""
    place = add("crm.diary", "held", "object", facts={**_MAIL, "inside": _JSON, "erase": erase}, required=True)

    def diary(content: Files) -> None:
        table = {"name": "diary", "customProperties": dsr(erase="columns", purposes=["contract"])}
        content["crm"]["schema"].append({**table, "properties": [a_column("id", facts=None, primaryKey=True)]})

    assert [str(f) for f in check(write(tmp_path, diary, place))] == []
