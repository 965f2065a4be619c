"""A live system and its Fides dataset in one draft: each says what it knows."""

from typing import Any

from data_contracts.odcs.drafts.drafting import draft_document
from data_contracts.odcs.drafts.fides_beside import Beside, beside
from data_contracts.odcs.drafts.guessing import Look
from data_contracts.odcs.drafts.shapes import DraftColumn, DraftReference, DraftSystem, DraftTable
from tests.data_contracts.drafted import column_of, dsr_of

_SERVER = {"server": "live", "type": "custom", "location": "sqlite:///crm.db"}
_CUSTOMER = DraftTable(
    "Customer",
    (
        DraftColumn("id", "integer", "bigint", required=True, key_position=1),
        DraftColumn("Mail", "string", "varchar(80)", required=True, looks=frozenset({Look.EMAIL})),
        DraftColumn("msg", "string"),
        DraftColumn("tel", "string"),
        DraftColumn("called_number", "string", looks=frozenset({Look.PHONE})),
        DraftColumn("health", "string"),
        DraftColumn("version", "integer"),
        DraftColumn("address_id", "integer"),
    ),
)
_VISIT = DraftTable(
    "visit",
    (DraftColumn("who", "integer"), DraftColumn("customer_id", "integer"), DraftColumn("approved_by", "integer")),
    (DraftReference(("customer_id",), "Customer", ("id",)),),
)
_ADDRESS = DraftTable("address", (DraftColumn("id", "integer", key_position=1), DraftColumn("lines", "string")))


def _field(name: str, *categories: str, **meta: object) -> dict[str, Any]:
    return {"name": name, "data_categories": list(categories), "fides_meta": meta}


def _to(field: str, direction: str = "") -> dict[str, Any]:
    return {"references": [{"dataset": "crm", "field": field, **({"direction": direction} if direction else {})}]}


_DATASET = {
    "fides_key": "crm",
    "collections": [
        {
            "name": "customer",
            "fields": [
                _field("mail", "user.contact.email", identity="email"),
                _field("msg", "user.content.private"),
                _field("tel", "user.contact.phone_number", identity="phone_number"),
                _field("called_number", "user.contact.phone_number", identity="phone_number"),
                _field("health", "user.health_and_medical"),
                _field("version", "system.operations"),
                _field("gone", "user.name"),
                _field("id", "not.a.category"),
                _field("address_id", **_to("address.id", "to")),
            ],
        },
        {
            "name": "visit",
            "fields": [
                _field("who", **_to("customer.id", "from")),
                _field("customer_id", **_to("customer.id", "from")),
                _field("approved_by", **_to("customer.id", "from")),
            ],
        },
        {"name": "archive"},
    ],
}


def _laid() -> tuple[Beside, dict[str, Any]]:
    found = beside(DraftSystem("crm", (_CUSTOMER, _VISIT, _ADDRESS), _SERVER), [_DATASET])
    return found, draft_document(found.system, found.declared)


def test_types_are_the_live_systems_and_categories_those_of_fides() -> None:
    """NOT NULL and lengths stand beside what somebody declared; names are compared without case."""
    _, document = _laid()
    mail = column_of(document, "Customer", "Mail")

    assert (mail["physicalType"], mail["required"], dsr_of(mail)["category"]) == (
        "varchar(80)",
        True,
        "user.contact.email",
    )
    assert dsr_of(column_of(document, "Customer", "msg"))["category"] == "user.content.private"
    assert dsr_of(column_of(document, "Customer", "version")) == {"category": "system.operations"}


def test_special_category_that_somebody_declared_is_proposed() -> None:
    """What a name alone may only ask, a declaration says."""
    health = column_of(_laid()[1], "Customer", "health")

    assert (dsr_of(health)["category"], health["classification"]) == ("user.health_and_medical", "restricted")


def test_identity_of_fides_has_a_mark_unless_name_and_values_agree() -> None:
    """A search key that somebody declared for another software is confirmed here; one of others is not proposed."""
    _, document = _laid()

    assert dsr_of(column_of(document, "Customer", "Mail"))["identity"] == "email"
    assert dsr_of(column_of(document, "Customer", "tel"))["guess"]["identity"] == "phone"
    assert "identity" not in str(dsr_of(column_of(document, "Customer", "called_number")))


def test_references_of_fides_are_added_with_their_direction() -> None:
    """A reference that only Fides knows is drafted; an act is not followed whatever Fides says, an address is asked."""
    laid, document = _laid()

    def follow(table: str, name: str) -> str:
        (relation,) = column_of(document, table, name)["relationships"]
        return str(dsr_of(relation)["follow"])

    assert [r.by for r in laid.system.tables[1].references] == ["foreign key", "fides", "fides"]
    assert (follow("visit", "who"), follow("visit", "customer_id"), follow("visit", "approved_by")) == (
        "from", "from", "none",
    )  # fmt: skip
    assert follow("Customer", "address_id") == "TODO"


def test_collection_that_is_not_live_is_told() -> None:
    """It is not drafted."""
    laid, document = _laid()

    assert laid.not_live == ("archive",)
    assert [table["name"] for table in document["schema"]] == ["Customer", "visit", "address"]


def test_reference_to_what_is_not_live_is_left_out() -> None:
    """Neither a column nor a table that is gone can be referred to."""
    fields = [_field("who", **_to("customer.gone", "from")), _field("approved_by", **_to("nobody.id", "from"))]
    dataset = {"fides_key": "crm", "collections": [{"name": "visit", "fields": fields}]}

    laid = beside(DraftSystem("crm", (_CUSTOMER, _VISIT), _SERVER), [dataset])

    assert laid.system.tables[1].references == _VISIT.references
