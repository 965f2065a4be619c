"""Fides datasets become drafts, and come back as they were."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.errors import ContractInvalid
from data_contracts.odcs.document import resolved, written
from data_contracts.odcs.drafts.fides import from_fides, read_datasets, to_fides, without_empty
from data_contracts.odcs.drafts.text import text_of
from data_contracts.odcs.reading.yaml_file import parse
from tests.data_contracts.drafted import column_of, dsr_of

_TEXT = Path(__file__).with_name("fides_shop.yaml").read_text("utf-8")
_DATASETS = read_datasets(_TEXT, file="shop.yaml")


@pytest.fixture
def shop() -> dict[str, Any]:
    """The draft of the first dataset."""
    return from_fides(_DATASETS[0])


@pytest.mark.parametrize("dataset", _DATASETS, ids=lambda dataset: dataset["fides_key"])
def test_dataset_comes_back_equal(dataset: dict[str, Any]) -> None:
    """Written as YAML, read strictly and converted back, a dataset is what it was."""
    document = parse(text_of(from_fides(dataset)), file="draft.odcs.yaml")

    assert document.faults == ()
    assert isinstance(document.data, dict)
    assert to_fides(document.data) == dataset


@pytest.mark.parametrize("dataset", _DATASETS, ids=lambda dataset: dataset["fides_key"])
def test_draft_is_valid_odcs(dataset: dict[str, Any]) -> None:
    """The official schema finds nothing in the draft."""
    document = parse(text_of(from_fides(dataset)), file="draft.odcs.yaml")

    assert [str(fault) for fault in written(document).faults] == []


def test_every_column_waits_for_a_person(shop: dict[str, Any]) -> None:
    """No column of an imported draft passes the checks."""
    document = parse(text_of(shop), file="shop.odcs.yaml")
    model = written(document).model
    assert model is not None

    faults = resolved(model, document, {document.file: None}).faults

    told = {(fault.table, fault.field) for fault in faults}
    columns = {(table["name"], column["name"]) for table in shop["schema"] for column in table["properties"]}
    assert columns <= told


def test_identity_is_only_a_guess(shop: dict[str, Any]) -> None:
    """What Fides searches by is proposed, not taken over."""
    block = dsr_of(column_of(shop, "client", "mail"))

    assert block["guess"] == {"by": "fides", "identity": "email", "assertion": "self_asserted", "erase": "token"}
    assert block["assertion"] == "TODO"
    assert block["category"] == "user.contact.email"
    assert "identity" not in block


def test_direction_is_only_proposed(shop: dict[str, Any]) -> None:
    """A direction is which way the search runs; a reference without one is not proposed to be followed."""
    found = column_of(shop, "basket", "client_id")["relationships"]

    guesses = [dsr_of(relationship)["guess"] for relationship in found]
    assert [(guess.get("direction"), guess.get("follow")) for guess in guesses] == [
        ("from", "from"),
        ("to", "to"),
        (None, None),
    ]
    assert [(dsr_of(one)["follow"], dsr_of(one)["assertion"]) for one in found] == [("TODO", "TODO")] * 3
    assert [relationship["to"] for relationship in found] == [
        "schema/client/properties/id",
        "crm.odcs.yaml#/schema/person/properties/id",
        "crm.odcs.yaml#/schema/person/properties/alias",
    ]


def _dataset(collection: str, *fields: dict[str, Any]) -> dict[str, Any]:
    return {"fides_key": "postgres", "collections": [{"name": collection, "fields": list(fields)}]}


def _refers(name: str, field: str, **facts: Any) -> dict[str, Any]:
    return {"name": name, "fides_meta": {"references": [{"dataset": "postgres", "field": field, **facts}]}}


@pytest.mark.parametrize(
    ("name", "field", "is_shared"),
    [
        ("address_id", "address.id", True),
        ("billing_address_id", "address.id", True),
        ("card", "payment_card.id", True),
        ("approved_by", "employee.id", False),
        ("createdBy", "users.id", False),
    ],
)
def test_what_others_may_share_is_not_proposed_to_be_followed(name: str, field: str, *, is_shared: bool) -> None:
    """An address may be several people's, an act somebody else's: a person says which way, and whether it is shared."""
    document = from_fides(_dataset("customer", _refers(name, field, direction="to")))

    block = dsr_of(column_of(document, "customer", name)["relationships"][0])

    assert block["guess"] == {"by": "fides", "direction": "to"}
    assert (block["follow"], block.get("shared")) == ("TODO", "TODO" if is_shared else None)
    assert to_fides(document) == _dataset("customer", _refers(name, field, direction="to"))


def test_what_holds_in_some_rows_asks_in_which() -> None:
    """A type beside an id, and a key beside a value, ask for the condition."""
    owner = _refers("owner_id", "users.id", direction="from")
    value = {"name": "meta_value", "fides_meta": {"identity": "email"}}
    document = from_fides(_dataset("notes", {"name": "owner_type"}, owner, {"name": "meta_key"}, value))

    assert dsr_of(column_of(document, "notes", "owner_id")["relationships"][0])["when"] == {"owner_type": "TODO"}
    assert dsr_of(column_of(document, "notes", "meta_value"))["when"] == {"meta_key": "TODO"}


def test_composite_key_is_numbered(shop: dict[str, Any]) -> None:
    """Two fields of a primary key are its first and second column."""
    keys = [column_of(shop, "client", name)["primaryKeyPosition"] for name in ("id", "part")]

    assert keys == [1, 2]


def test_nested_categories_are_shown(shop: dict[str, Any]) -> None:
    """Contracts do not read inside a column: what lies there is proposed for the column as a whole."""
    guess = dsr_of(column_of(shop, "client", "profile"))["guess"]

    assert guess["inside"] == ["user.behavior", "user.contact.address.city"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("dataset: [", "is not YAML"),
        ("a: \x01", "is not YAML"),
        ("dataset: &a [*a]", "is not YAML"),
        ("- dataset", "wrong"),
        ("{}", "`dataset` is missing"),
        ("dataset: [{name: x}]", "`fides_key` is missing"),
        ("dataset: [{fides_key: x, collections: [{fields: []}]}]", "`name` is missing"),
        ("dataset: [{fides_key: x, collections: [{name: c, fields: [{name: f, data_categories: a}]}]}]", "is wrong"),
    ],
)
def test_what_is_no_dataset_is_refused(text: str, told: str) -> None:
    """Each fault says where and what."""
    with pytest.raises(ContractInvalid, match=told):
        read_datasets(text, file="x.yaml")


_NAMES = st.text("ab -_.éN1", min_size=1, max_size=4)


def _name(named: Any) -> str:
    """Names within one dataset are different, as Fides itself has it."""
    return str(named["name"])


_META = st.fixed_dictionaries(
    {},
    optional={
        "primary_key": st.booleans(),
        "identity": st.sampled_from(["email", "phone"]),
        "data_type": st.sampled_from(["string", "integer", "object_id", "string[]"]),
        "length": st.integers(-1, 90),
        "read_only": st.booleans(),
        "references": st.lists(
            st.fixed_dictionaries(
                {"dataset": _NAMES, "field": st.sampled_from(["a.b", "a", "a.b.c", "é.b"])},
                optional={"direction": st.sampled_from(["from", "to", "no"])},
            ),
            max_size=3,
        ),
    },
)
_FIELDS = st.fixed_dictionaries(
    {"name": _NAMES},
    optional={
        "description": _NAMES,
        "data_categories": st.lists(st.sampled_from(["user", "system.operations", "user.name"]), max_size=3),
        "fides_meta": _META,
        "fidesops_meta": _META,
        "fields": st.lists(st.fixed_dictionaries({"name": _NAMES}), max_size=2, unique_by=_name),
    },
)
_COLLECTIONS = st.fixed_dictionaries(
    {"name": _NAMES},
    optional={"description": _NAMES, "fields": st.lists(_FIELDS, max_size=3, unique_by=_name), "fides_meta": _META},
)


@given(
    st.fixed_dictionaries(
        {"fides_key": _NAMES},
        optional={
            "name": _NAMES,
            "description": _NAMES,
            "collections": st.lists(_COLLECTIONS, max_size=2, unique_by=_name),
        },
    )
)
def test_any_dataset_comes_back_equal(dataset: dict[str, Any]) -> None:
    """Whatever a dataset says, what is not empty comes back."""
    plain = without_empty(dataset)

    assert to_fides(from_fides(plain)) == plain
