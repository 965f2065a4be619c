"""Drafts are valid ODCS, tell facts as facts, and let nothing pass that nobody has confirmed."""

from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.drafting import (
    DraftColumn,
    DraftReference,
    DraftSystem,
    DraftTable,
    draft_document,
    element_ids,
    marks_in,
    text_of,
)
from data_contracts.guessing import Look
from data_contracts.marks import open_marks
from data_contracts.odcs import check
from data_contracts.odcs_reading import written
from data_contracts.yaml_file import parse
from tests.data_contracts import folder

_SERVER = {"server": "live", "type": "custom", "location": "sqlite:///crm.db"}


def _customer() -> DraftTable:
    columns = (
        DraftColumn("customer_no", "string", "varchar(12)", required=True, key_position=1),
        DraftColumn("mail", "string", unique=True, looks=frozenset({Look.EMAIL})),
        DraftColumn("referred_by", "string"),
        DraftColumn("sante", "boolean"),
        DraftColumn("house", "integer"),
    )
    return DraftTable(
        "customer",
        columns,
        (
            DraftReference(("referred_by",), "customer", ("customer_no",)),
            DraftReference(("house",), "building", ("id",)),
        ),
    )


def _line() -> DraftTable:
    columns = (
        DraftColumn("order id", "integer", key_position=1),
        DraftColumn("no", "integer", key_position=2),
        DraftColumn("customer", "string"),
        DraftColumn("on", "date"),
        DraftColumn("called_number", "string", looks=frozenset({Look.PHONE})),
        DraftColumn("note", "string", looks=frozenset({Look.PROSE})),
    )
    return DraftTable("sales.line", columns, (DraftReference(("customer",), "customer", ("customer_no",)),))


def _part() -> DraftTable:
    columns = (DraftColumn("a", "integer"), DraftColumn("b", "integer"), DraftColumn("colour", "string"))
    return DraftTable("part", columns, (DraftReference(("a", "b"), "sales.line", ("order id", "no")),))


def _draft(*tables: DraftTable) -> dict[str, Any]:
    return draft_document(DraftSystem("crm", tables, _SERVER))


def _element(document: dict[str, Any], table: str, column: str = "") -> dict[str, Any]:
    found: dict[str, Any] = next(item for item in document["schema"] if item["name"] == table)
    return next(item for item in found["properties"] if item["name"] == column) if column else found


def _dsr(element: dict[str, Any]) -> dict[str, Any]:
    value: dict[str, Any] = element["customProperties"][0]["value"]
    return value


def test_draft_is_valid_odcs() -> None:
    """The official schema and our strict reading of YAML find nothing."""
    document = parse(text_of(_draft(_customer(), _line(), _part())), file="crm.odcs.yaml")

    assert [str(fault) for fault in written(document).faults] == []


def test_every_mark_is_a_fault_with_remedy(tmp_path: Path) -> None:
    """``contracts check`` tells each open mark of a draft that is put into a folder, and nothing else of it."""
    contracts = folder.write(tmp_path)
    draft = _draft(_customer(), _line(), _part()) | {"id": "draft"}
    (contracts / "systems" / "draft.odcs.yaml").write_text(text_of(draft), "utf-8")

    faults = [fault for fault in check(contracts) if fault.file == "draft.odcs.yaml"]

    told = {"not confirmed", "still TODO", "not a positive", "is not `d`"}
    assert [str(fault) for fault in faults if not any(part in fault.what for part in told)] == []
    # A place with two guesses is told once.
    todos = [fault for fault in faults if "not confirmed" not in fault.what]
    assert len(todos) == marks_in(draft)["todos"]


def test_identity_is_only_proposed() -> None:
    """An e-mail address as a search key stands under the mark, not where it would be used."""
    block = _dsr(_element(_draft(_customer()), "customer", "mail"))

    assert block["guess"] == {"by": ["name", "values"], "identity": "email"}
    assert "identity" not in block


def test_number_of_others_is_not_even_proposed() -> None:
    """A called number leads to somebody else."""
    block = _dsr(_element(_draft(_customer(), _line()), "sales.line", "called_number"))

    assert block["guess"]["about"] == "third_party"
    assert "identity" not in block["guess"]
    assert (block["about"], block["access"]) == ("TODO", "TODO")


def test_references_are_facts_and_directions_are_not() -> None:
    """A live foreign key is written; which way it is followed is asked, and a referrer is somebody else."""
    document = _draft(_customer(), _line(), _part())

    own = _element(document, "customer", "referred_by")["relationships"][0]
    line = _element(document, "sales.line", "customer")["relationships"][0]
    composite = _element(document, "part")["relationships"][0]

    assert _dsr(own) == {"guess": {"by": "foreign key", "follow": "none"}, "follow": "TODO"}
    assert (line["to"], _dsr(line)["guess"]["follow"]) == ("schema/customer/properties/customer_no", "from")
    assert composite["from"] == ["schema/part/properties/a", "schema/part/properties/b"]
    assert composite["to"] == ["schema/sales_line/properties/order_id", "schema/sales_line/properties/no"]


def test_reference_out_of_the_draft_is_told() -> None:
    """A key to a table that was not drafted is no bare key: what it leads to is told."""
    block = _dsr(_element(_draft(_customer()), "customer", "house"))

    assert block == {"guess": {"refers_to": ["building.id"]}, "category": "TODO", "source": "TODO"}


def test_bare_key_needs_no_block() -> None:
    """A key column of which nothing is guessed stays without a block, as in any contract."""
    assert "customProperties" not in _element(_draft(_line()), "sales.line", "no")


def test_erasure_is_proposed_by_references() -> None:
    """What others refer to is emptied, what refers to people is deleted, what is nobody's is left."""
    colour = DraftTable("colour", (DraftColumn("rgb", "string"),))
    document = _draft(_customer(), _line(), _part(), colour)

    found = {table["name"]: _dsr(table)["guess"]["erase"] for table in document["schema"]}

    assert found == {"customer": "columns", "sales.line": "columns", "part": "delete", "colour": "none"}


def test_retention_is_asked_where_people_are() -> None:
    """Each table about people has an item to fill in, with the dates it may start from."""
    document = _draft(_customer(), _line())

    found = {item["element"]: _dsr(item).get("guess") for item in document["slaProperties"]}

    assert found == {"customer.TODO": None, "sales.line.TODO": {"element": ["on"]}}
    assert "slaProperties" not in _draft(DraftTable("colour", (DraftColumn("rgb", "string"),)))


def test_special_category_is_restricted() -> None:
    """Health data stand as restricted already in the draft (Art. 9)."""
    assert _element(_draft(_customer()), "customer", "sante")["classification"] == "restricted"


@given(st.lists(st.text(max_size=4), unique=True, max_size=8))
def test_ids_are_different_and_odcs_takes_them(names: list[str]) -> None:
    """Whatever elements are called, each has an id of its own."""
    found = element_ids(names)

    assert list(found) != [] or not names
    assert len(set(found.values())) == len(names)
    assert all(set(value) <= set("_-") or value.replace("-", "").replace("_", "").isascii() for value in found.values())


@settings(deadline=None)  # the first run imports
@given(st.lists(st.text(min_size=1, max_size=5), unique=True, min_size=1, max_size=4))
def test_any_name_survives_the_yaml(names: list[str]) -> None:
    """A column named ``no``, ``null`` or ``12:30`` is read back under that name."""
    columns = tuple(DraftColumn(name, "string") for name in names)

    document = parse(text_of(_draft(DraftTable("t", columns))), file="crm.odcs.yaml")

    assert document.faults == ()
    assert isinstance(document.data, dict)
    table: Any = document.data["schema"]
    assert [column["name"] for column in table[0]["properties"]] == names


def test_only_a_mapping_has_marks() -> None:
    """What is no block at all is refused elsewhere."""
    assert list(open_marks("TODO")) == []
    assert [finding.remedy for finding in open_marks({"hold": "TODO"})] == ["write `hold`, or leave it out"]
