"""Drafts are valid ODCS, tell facts as facts, and let nothing pass that nobody has confirmed."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.odcs.document import written
from data_contracts.odcs.drafts.drafting import draft_document, element_ids
from data_contracts.odcs.drafts.guessing import Look
from data_contracts.odcs.drafts.shapes import DraftColumn, DraftReference, DraftSystem, DraftTable
from data_contracts.odcs.drafts.text import marks_in, text_of
from data_contracts.odcs.folder import check
from data_contracts.odcs.marks import open_marks
from data_contracts.odcs.reading.yaml_file import parse
from tests.data_contracts import folder
from tests.data_contracts.drafted import dsr_of

_SERVER = {"server": "live", "type": "custom", "location": "sqlite:///crm.db"}


def _customer() -> DraftTable:
    columns = (
        DraftColumn("customer_no", "string", "varchar(12)", required=True, key_position=1, filled=9, distinct=9),
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


def test_search_keys_are_told_in_the_mark_of_their_table() -> None:
    """Where name and values agree the identity stands in place; the table's mark, which must go, lists it."""
    document = _draft(_customer())
    block = dsr_of(_element(document, "customer", "mail"))

    assert (block["identity"], block["assertion"], "guess" in block) == ("email", "self_asserted", False)
    assert dsr_of(_element(document, "customer"))["guess"]["search_keys"] == {"mail": "email"}


def test_identity_that_only_values_tell_has_a_mark_of_its_own() -> None:
    """A column of which no name says what it is may hold anybody's addresses."""
    table = DraftTable("customer", (DraftColumn("field_7", "string", looks=frozenset({Look.EMAIL})),))
    block = dsr_of(_element(_draft(table), "customer", "field_7"))

    assert block["guess"] == {"by": ["values"], "identity": "email", "assertion": "self_asserted"}
    assert "identity" not in block


def test_name_alone_proposes_no_identity() -> None:
    """A column called ``mail`` of which no value was seen is personal, and no search key."""
    table = DraftTable("customer", (DraftColumn("mail", "string"), DraftColumn("customer_no", "string", unique=True)))
    document = _draft(table)

    for column in ("mail", "customer_no"):
        assert "identity" not in str(dsr_of(_element(document, "customer", column)))
    assert dsr_of(_element(document, "customer", "mail"))["category"] == "user.contact.email"


def test_number_of_others_is_not_even_proposed() -> None:
    """A called number leads to somebody else."""
    block = dsr_of(_element(_draft(_customer(), _line()), "sales.line", "called_number"))

    assert (block["about"], block["access"]) == ("third_party", "mask")
    assert "identity" not in str(block)


def test_references_are_facts_and_directions_are_proposed() -> None:
    """A live foreign key is written, with the direction that names and counts suggest; a referrer is somebody else."""
    document = _draft(_customer(), _line(), _part())

    own = _element(document, "customer", "referred_by")["relationships"][0]
    line = _element(document, "sales.line", "customer")["relationships"][0]
    composite = _element(document, "part")["relationships"][0]

    assert dsr_of(own) == {"follow": "none"}
    assert (line["to"], dsr_of(line)["follow"]) == ("schema/customer/properties/customer_no", "from")
    assert composite["from"] == ["schema/part/properties/a", "schema/part/properties/b"]
    assert composite["to"] == ["schema/sales_line/properties/order_id", "schema/sales_line/properties/no"]


def test_reference_out_of_the_draft_is_told() -> None:
    """A key to a table that was not drafted is no bare key: what it leads to is told."""
    block = dsr_of(_element(_draft(_customer()), "customer", "house"))

    assert block == {"guess": {"refers_to": ["building.id"]}, "category": "TODO", "source": "TODO"}


def test_bare_key_needs_no_block() -> None:
    """A key column of which nothing is guessed stays without a block, as in any contract."""
    assert "customProperties" not in _element(_draft(_line()), "sales.line", "no")


def test_erasure_is_proposed_by_references() -> None:
    """What others refer to is emptied, what refers to people is deleted, what is nobody's is left."""
    colour = DraftTable("colour", (DraftColumn("rgb", "string"),))
    document = _draft(_customer(), _line(), _part(), colour)

    found = {table["name"]: dsr_of(table)["erase"] for table in document["schema"]}

    assert found == {"customer": "columns", "sales.line": "columns", "part": "delete", "colour": "none"}
    assert dsr_of(document)["guess"] == {"nobodys": ["colour"]}


def test_nobodys_sentences_are_told() -> None:
    """Free text of a table that was taken for nobody's may name somebody: the mark tells where it is."""
    log = DraftTable("log", (DraftColumn("text", "string", looks=frozenset({Look.PROSE})),))

    assert dsr_of(_draft(log))["guess"] == {"nobodys": ["log"], "sentences_in": ["log.text"]}


def test_what_may_be_left_out_is_not_asked() -> None:
    """Neither how long rows are kept, nor who receives them, nor who the data subjects are."""
    document = _draft(_customer(), _line())

    assert "slaProperties" not in document
    assert dsr_of(document) == {"controller": "TODO", "purposes": ["TODO"]}


def test_every_column_says_how_it_is_emptied() -> None:
    """NULL where it takes one, a pseudonym where values differ, else a constant; what others refer to is held."""
    columns = (
        DraftColumn("id", "integer", key_position=1),
        DraftColumn("first_name", "string"),
        DraftColumn("last_name", "string", required=True),
        DraftColumn("login", "string", required=True, unique=True),
        DraftColumn("born_on", "date", required=True, unique=True),
        DraftColumn("customer_no", "string", required=True, unique=True, looks=frozenset({Look.CODE})),
    )
    line = DraftTable(
        "line", (DraftColumn("n", "string"),), (DraftReference(("n",), "customer", ("customer_no",), by="name"),)
    )
    document = _draft(DraftTable("customer", columns), line)

    found = {c["name"]: dsr_of(c).get("erase") for c in _element(document, "customer")["properties"][1:]}
    assert found == {
        "first_name": "clear", "last_name": "mask", "login": "token", "born_on": "mask", "customer_no": "keep",
    }  # fmt: skip
    assert dsr_of(_element(document, "customer", "customer_no"))["hold"] == "TODO"
    assert dsr_of(_element(document, "line", "n")["relationships"][0])["assertion"] == "assigned"


def test_reference_over_a_typed_value_is_not_vouched_for() -> None:
    """An address that somebody typed joins nothing that the organisation stands behind."""
    mail = DraftColumn("email", "string", unique=True, looks=frozenset({Look.EMAIL}))
    order = DraftTable("order", (DraftColumn("buyer", "string"),), (DraftReference(("buyer",), "users", ("email",)),))
    document = _draft(DraftTable("users", (mail,)), order)

    assert dsr_of(_element(document, "order", "buyer")["relationships"][0]) == {
        "follow": "from", "assertion": "self_asserted",
    }  # fmt: skip


def test_table_that_joins_people_to_something_tells_it() -> None:
    """Nothing else stands in it: what people are joined to is told of them, where they stay."""
    roles = DraftTable("role", (DraftColumn("id", "integer", key_position=1),))
    columns = (DraftColumn("customer_no", "string"), DraftColumn("role_id", "integer", key_position=2))
    links = (
        DraftReference(("customer_no",), "customer", ("customer_no",)), DraftReference(("role_id",), "role", ("id",)),
    )  # fmt: skip
    document = _draft(_customer(), roles, DraftTable("customer_role", columns, links))

    assert dsr_of(_element(document, "customer_role", "role_id")) == {"category": "user.behavior", "source": "observed"}
    assert "customProperties" not in _element(document, "customer_role", "customer_no")


@pytest.mark.parametrize(
    ("column", "category", "source"),
    [
        (DraftColumn("seen_at", "timestamp"), "user.behavior", "observed"),
        (DraftColumn("size", "number"), "user.financial", "derived"),
        (DraftColumn("total_price", "integer"), "user.financial", "derived"),
        (DraftColumn("steps", "integer"), "user.behavior", "observed"),
        (DraftColumn("active", "boolean"), "user.account.settings", "derived"),
        (DraftColumn("pet_name", "string"), "user.name", "provided"),
        (DraftColumn("state", "string", filled=50, distinct=3), "user.account", "derived"),
        (DraftColumn("role_name", "string", filled=50, distinct=3), "user.account", "derived"),
        (DraftColumn("dossier", "string", looks=frozenset({Look.CODE})), "user.account", "derived"),
        (DraftColumn("wishes", "string"), "user", "provided"),
    ],
)
def test_column_of_a_person_is_personal_whatever_it_is(column: DraftColumn, category: str, source: str) -> None:
    """Times, amounts, states and the rest of a person's row: their type says what they may be, and their source."""
    table = DraftTable("customer", (DraftColumn("first_name", "string"), column))

    block = dsr_of(_element(_draft(table), "customer", column.name))

    assert (block["category"], block["source"]) == (category, source)


def test_special_category_is_never_proposed_by_a_name_alone() -> None:
    """A name asks; codes of diseases answer, and are restricted already in the draft (Art. 9)."""
    codes = DraftColumn("diagnosis", "string", looks=frozenset({Look.MEDICAL}))
    named = DraftTable("customer", (DraftColumn("first_name", "string"), codes, DraftColumn("sante", "boolean")))
    document = _draft(named)

    assert dsr_of(_element(document, "customer", "sante")) == {"category": "TODO", "source": "TODO"}
    assert "classification" not in _element(document, "customer", "sante")
    assert _element(document, "customer", "diagnosis")["classification"] == "restricted"
    assert dsr_of(_element(document, "customer", "diagnosis"))["category"] == "user.health_and_medical"


def test_whom_a_column_is_about_is_asked_where_counts_do_not_tell() -> None:
    """``agent`` is staff where few stand in many rows; else a person says who it is, and reads it first."""
    few = DraftColumn("agent", "string", filled=100, distinct=4)
    table = DraftTable("customer", (DraftColumn("first_name", "string"), few, DraftColumn("seller", "string")))
    document = _draft(table)

    assert dsr_of(_element(document, "customer", "agent"))["about"] == "employee"
    assert dsr_of(_element(document, "customer", "agent"))["access"] == "omit"
    assert dsr_of(_element(document, "customer", "seller"))["about"] == "TODO"
    assert dsr_of(_element(document, "customer", "seller"))["access"] == "review"


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
    assert [finding.remedy for finding in open_marks({"country": "TODO"})] == ["write `country`, or leave it out"]
