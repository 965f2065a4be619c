"""Fides datasets as drafts of contracts, and back again without loss.

What both formats can say stands in its ODCS place; what only Fides says is carried beside it, in a custom property
``fides`` that nobody of ours reads. Categories, directions of references, identities and masking were declared by
somebody for another software, so that they come under ``guess`` (:mod:`data_contracts.odcs.marks`).

Fides asks which way a search goes along a reference, and so do we. What it says stands as ``direction`` under the
guess; ``follow`` is proposed only where names do not speak against it: nothing for a reference without direction,
which Fides follows both ways, for one that names an act (``approved_by``), and for one to what people share (an
address, a payment card), of which a person must say whose it is. Empty lists, maps and values are not kept.

Source: Fides dataset reference, https://docs.ethyca.com/fides/datasets
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml
from pydantic import BaseModel, ConfigDict

from data_contracts.errors import ContractInvalid
from data_contracts.fault import Fault
from data_contracts.odcs.drafts.blocks import column_block, dsr, new_document, relation_block
from data_contracts.odcs.drafts.companions import key_beside, type_beside
from data_contracts.odcs.drafts.drafting import element_ids
from data_contracts.odcs.drafts.guessing import Guess
from data_contracts.odcs.drafts.reference_names import Pointer, names_act
from data_contracts.odcs.marks import GUESS, TODO
from data_contracts.odcs.reading.strict import validate

_FIDES: Final = "fides"
_META: Final = ("fides_meta", "fidesops_meta")
_TYPES: Final = {"integer": "integer", "float": "number", "boolean": "boolean", "object": "object", "string": "string"}
_MASKS: Final = {
    "null_rewrite": "clear",
    "string_rewrite": "mask",
    "random_string_rewrite": "token",
    "hash": "hmac",
    "hmac": "hmac",
}
_TABLE_PART: Final = 2


class _Shape(BaseModel):
    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)


class _Meta(_Shape):
    data_type: str = ""
    references: list[dict[str, Any]] = []


class _Field(_Shape):
    name: str
    data_categories: list[str] = []
    fields: list["_Field"] = []
    fides_meta: _Meta = _Meta()
    fidesops_meta: _Meta = _Meta()


class _Collection(_Shape):
    name: str
    fields: list[_Field] = []
    fides_meta: dict[str, Any] = {}
    fidesops_meta: dict[str, Any] = {}


class _Dataset(_Shape):
    fides_key: str
    collections: list[_Collection] = []


class _File(_Shape):
    dataset: list[_Dataset]


def read_datasets(text: str, *, file: str) -> list[dict[str, Any]]:
    """The datasets of a Fides file.

    Raises:
        ContractInvalid: when it is no YAML, or no Fides file; it carries every fault.
    """
    try:
        data = without_empty(yaml.load(text, Loader=_Loader))  # noqa: S506  # a SafeLoader that leaves dates alone
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise _invalid([Fault(file, "", "", "is not YAML", "correct the line", line)]) from None
    except (yaml.YAMLError, RecursionError):
        raise _invalid(
            [Fault(file, "", "", "is not YAML", "save it as plain YAML without aliases to itself")]
        ) from None
    findings = validate(_File, data).findings
    if findings:
        raise _invalid([Fault(file, "", ".".join(map(str, f.path)), f.what, f.remedy) for f in findings]) from None
    found: list[dict[str, Any]] = data["dataset"]
    return found


def from_fides(dataset: Mapping[str, Any]) -> dict[str, Any]:
    """The draft of a contract from one Fides dataset, as plain values."""
    key = dataset["fides_key"]
    name = next(iter(element_ids([key]).values()))
    rest = _without(dataset, "fides_key", "name", "description", "collections")
    rest |= {} if name == key else {"fides_key": key}
    document = new_document(name, [*dsr(controller=TODO, subjects=[TODO], recipients=[TODO]), *_carried(rest)])
    if dataset.get("name"):
        document["name"] = dataset["name"]
    if dataset.get("description"):
        document["description"] = {"purpose": dataset["description"]}
    collections = dataset.get("collections", [])
    ids = element_ids(collection["name"] for collection in collections)
    return document | {"schema": [_table(collection, ids, key) for collection in collections]}


def to_fides(document: Mapping[str, Any]) -> dict[str, Any]:
    """The Fides dataset that :func:`from_fides` made ``document`` of."""
    head = {"fides_key": document["id"], "name": document.get("name"), **_rest_of(document)}
    description = document.get("description", {}).get("purpose")
    collections = [_collection(table, head["fides_key"]) for table in document["schema"]]
    found: dict[str, Any] = without_empty({**head, "description": description, "collections": collections})
    return found


# --- there ----------------------------------------------------------------------------------------------------------


def _table(collection: Mapping[str, Any], ids: Mapping[str, str], dataset: str) -> dict[str, Any]:
    fields = collection.get("fields", [])
    keys = [field["name"] for field in fields if _meta(field).get("primary_key") is True]
    own_ids = element_ids(field["name"] for field in fields)
    mask = _strategy(_meta(collection))
    block = dsr(guess={"by": _FIDES, "erase": "delete"} if mask == "delete" else {}, erase=TODO, purposes=[TODO])
    facts = {"id": ids[collection["name"]], "name": collection["name"], "physicalType": "table"}
    if collection.get("description"):
        facts["description"] = collection["description"]
    carried = _carried(_without(collection, "name", "description", "fields"))
    place = _Place(dataset, collection["name"], [field["name"] for field in fields], keys)
    columns = [_column(field, own_ids[field["name"]], place) for field in fields]
    return {**facts, "customProperties": [*block, *carried], "properties": columns}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a field stands: its dataset and collection, the names of all fields there and of those of the key."""

    dataset: str
    collection: str
    names: Sequence[str]
    keys: Sequence[str]


def _column(field: Mapping[str, Any], own_id: str, place: _Place) -> dict[str, Any]:
    meta, keys = _meta(field), place.keys
    facts: dict[str, Any] = {"id": own_id, "name": field["name"], "logicalType": _logical_type(field)}
    if field.get("description"):
        facts["description"] = field["description"]
    if field["name"] in keys:
        facts |= {"primaryKey": True, "primaryKeyPosition": keys.index(field["name"]) + 1}
    if _length(field):
        facts["logicalTypeOptions"] = {"maxLength": _length(field)}
    relationships = [_relationship(reference, field, place) for reference in meta.get("references", [])]
    if any(relationships):
        facts["relationships"] = [relationship for relationship in relationships if relationship]
    rest = _left_of_column(field, all_mapped=all(relationships))
    return {**facts, "customProperties": [*dsr(**_block(field, place)), *_carried(rest)]}


def _block(field: Mapping[str, Any], place: _Place) -> dict[str, Any]:
    """What somebody declared for Fides, as a guess; ``inside``: categories of what lies in the field."""
    meta = _meta(field)
    categories = field.get("data_categories", [])
    found = Guess(categories[0] if categories else "", str(meta.get("identity", "")))
    beside = key_beside(field["name"], place.names) if found.identity else ""
    inside = sorted(_inside(field))
    block = column_block(found, beside=beside, erase=_MASKS.get(_strategy(meta), ""), inside=inside)
    if categories or block[GUESS]:
        block[GUESS] = {"by": _FIDES, **block[GUESS]}
    return block


def _inside(field: Mapping[str, Any]) -> set[str]:
    """Categories of the fields in ``field``, at any depth."""
    found: set[str] = set()
    for inner in field.get("fields", []):
        found |= {*inner.get("data_categories", []), *_inside(inner)}
    return found


def _left_of_column(field: Mapping[str, Any], *, all_mapped: bool) -> dict[str, Any]:
    """What has no slot of a column, as Fides writes it."""
    name, meta = _meta_name(field), _meta(field)
    rest = _without(field, "name", "description", "data_categories", name)
    more = field.get("data_categories", [])[1:]
    rest |= {"data_categories": more} if more else {}
    slots = {
        "identity": isinstance(meta.get("identity"), str),
        "primary_key": meta.get("primary_key") is True,
        "length": bool(_length(field)),
        "references": all_mapped,
    }
    left = _without(meta, *(key for key, has_slot in slots.items() if has_slot))
    # Where it is not the usual one, or one of two, its name is kept even if all of it found a slot.
    is_named = name != _META[0] or _META[1] in field
    return rest | ({name: left} if left or is_named else {})


def _relationship(reference: Mapping[str, Any], field: Mapping[str, Any], place: _Place) -> dict[str, Any]:
    """The reference as ODCS; empty where ODCS has no words for it."""
    direction = reference.get("direction")
    path = str(reference.get("field")).split(".")
    other = [str(reference.get("dataset"))] if reference.get("dataset") != place.dataset else []
    has_words = _without(reference, "direction").keys() == {"dataset", "field"} and direction in {"from", "to", None}
    if (
        not has_words
        or len(path) != _TABLE_PART
        or any(key != name for name, key in element_ids([*path, *other]).items())
    ):
        return {}
    file = f"{other[0]}.odcs.yaml#/" if other else ""
    said_by = type_beside(field["name"], place.names)
    pointer = Pointer(place.collection, (field["name"],), path[0])
    is_doubtful = said_by or pointer.is_to_belongings or names_act(field["name"])
    block = relation_block(
        {"by": _FIDES, **({"direction": direction} if direction else {})},
        follow="" if is_doubtful or not direction else direction,
        said_by=said_by,
        is_shared=pointer.is_to_belongings,
        may_be_typed=True,
    )
    return {"to": f"{file}schema/{path[0]}/properties/{path[1]}", "customProperties": block}


# --- and back -------------------------------------------------------------------------------------------------------


def _collection(table: Mapping[str, Any], dataset: str) -> dict[str, Any]:
    fields = [_field(column, dataset) for column in table["properties"]]
    return {"name": table["name"], "description": table.get("description"), "fields": fields, **_rest_of(table)}


def _field(column: Mapping[str, Any], dataset: str) -> dict[str, Any]:
    rest = dict(_rest_of(column))
    block = _custom(column, "dsr")
    category = block["category"]
    meta = {
        "primary_key": column.get("primaryKey"),
        "identity": block.get(GUESS, {}).get("identity"),
        "length": column.get("logicalTypeOptions", {}).get("maxLength"),
        "references": [_reference(relationship, dataset) for relationship in column.get("relationships", [])],
    }
    name = _meta_name(rest)
    categories = [] if category == TODO else [category, *rest.pop("data_categories", [])]
    own = {"name": column["name"], "description": column.get("description"), "data_categories": categories}
    return {**own, **rest, name: {**meta, **rest.get(name, {})}}


def _reference(relationship: Mapping[str, Any], dataset: str) -> dict[str, Any]:
    file, _, path = relationship["to"].rpartition("#/")
    _, table, _, column = path.split("/")
    direction = _custom(relationship, "dsr")[GUESS].get("direction")
    found = {"dataset": file.removesuffix(".odcs.yaml") or dataset, "field": f"{table}.{column}"}
    return {**found, "direction": direction} if direction else found


def _rest_of(element: Mapping[str, Any]) -> Mapping[str, Any]:
    return _custom(element, _FIDES)


def _custom(element: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found: list[Mapping[str, Any]] = [i["value"] for i in element["customProperties"] if i["property"] == name]
    return found[0] if found else {}


# --- shapes ---------------------------------------------------------------------------------------------------------


def _carried(rest: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"property": _FIDES, "value": dict(rest)}] if rest else []


def _meta_name(field: Mapping[str, Any]) -> str:
    return next((name for name in _META if name in field), _META[0])


def _meta(field: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = field.get(_meta_name(field), {})
    return found


def _strategy(meta: Mapping[str, Any]) -> str:
    override = meta.get("masking_strategy_override")
    return str(override.get("strategy", "")) if isinstance(override, Mapping) else ""


def _logical_type(field: Mapping[str, Any]) -> str:
    """ODCS needs a type where Fides may say none; what Fides says is carried beside it."""
    return _TYPES.get(_meta(field).get("data_type", ""), "object" if field.get("fields") else "string")


def _length(field: Mapping[str, Any]) -> int:
    """The length where ODCS has a slot for it: of a text."""
    length = _meta(field).get("length")
    return length if type(length) is int and length > 0 and _logical_type(field) == "string" else 0


def _without(mapping: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if key not in keys}


def without_empty(value: Any) -> Any:  # noqa: ANN401  # any YAML
    """``value`` without what says nothing: Fides writes empty lists, maps and texts, or leaves them out."""
    if isinstance(value, Mapping):
        made = {key: without_empty(inner) for key, inner in value.items()}
        return {key: inner for key, inner in made.items() if inner not in (None, "", [], {})}
    return [without_empty(item) for item in value if item is not None] if isinstance(value, list) else value


def _invalid(faults: Sequence[Fault]) -> ContractInvalid:
    return ContractInvalid("this is no Fides dataset", remedy="correct each line below", faults=faults)


class _Loader(yaml.SafeLoader):
    """Reads dates as the text that they are."""


_Loader.yaml_implicit_resolvers = {
    sign: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for sign, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
