"""A live system and what somebody declared of it for Fides, laid together for one draft.

Types, keys, NOT NULL and foreign keys are the live system's. Categories, identities, directions and references that no
database declares are those of Fides where it names them; an identity stands under a mark of its own, and a direction
against which names speak (an act, an address that people share) is not taken over. Names are compared without case.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from data_contracts.company import taxonomy
from data_contracts.odcs.drafts.belonging import Seen
from data_contracts.odcs.drafts.companions import type_beside
from data_contracts.odcs.drafts.drafting import Declared
from data_contracts.odcs.drafts.guessing import Guess
from data_contracts.odcs.drafts.reference_names import Pointer, names_act
from data_contracts.odcs.drafts.shapes import DraftReference, DraftSystem, DraftTable
from data_contracts.vocabulary import About

_Said: TypeAlias = Mapping[str, Any]

_FIDES: Final = "fides"
_META: Final = ("fides_meta", "fidesops_meta")
_KINDS: Final = {"phone_number": "phone"}
"""Identity kinds that Fides calls otherwise than our examples."""


@dataclass(frozen=True, slots=True)
class Beside:
    """The system with the references that Fides adds, what Fides declares, and collections that are not live."""

    system: DraftSystem
    declared: Declared
    not_live: tuple[str, ...]


def beside(system: DraftSystem, datasets: Sequence[Mapping[str, Any]]) -> Beside:
    """``system`` with what ``datasets`` declare of its tables."""
    live = {table.name.rpartition(".")[2].lower(): table for table in system.tables}
    collections = [one for dataset in datasets for one in dataset.get("collections", [])]
    columns: dict[str, dict[str, Guess]] = {}
    follows: dict[tuple[str, DraftReference], str] = {}
    tables = {table.name: table for table in system.tables}
    for collection in collections:
        table = live.get(collection["name"].lower())
        if table is not None:
            columns[table.name] = dict(_guesses(table, collection))
            for reference, follow in _references(table, collection, live):
                known = _known(tables[table.name], reference)
                tables[table.name] = _with(tables[table.name], known)
                follows |= {(table.name, known): follow} if follow else {}
    not_live = sorted(one["name"] for one in collections if one["name"].lower() not in live)
    whole = replace(system, tables=tuple(tables[table.name] for table in system.tables))
    return Beside(whole, Declared(columns, follows), tuple(not_live))


def _fields(
    table: DraftTable, collection: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """Live column, field and what Fides says of it beside its categories."""
    live = {name.lower(): name for name in table.names}
    for field in collection.get("fields", []):
        if field["name"].lower() in live:
            meta: _Said = next((field[name] for name in _META if name in field), {})
            yield live[field["name"].lower()], field, meta


def _guesses(table: DraftTable, collection: Mapping[str, Any]) -> Iterator[tuple[str, Guess]]:
    seen = Seen.of(table).guesses
    for name, field, meta in _fields(table, collection):
        category = next((one for one in field.get("data_categories", []) if one in taxonomy.CATEGORIES), "")
        identity = str(meta.get("identity", ""))
        if category or identity:
            yield name, _declared(seen[name], category=category, identity=_KINDS.get(identity, identity))


def _declared(own: Guess, *, category: str, identity: str) -> Guess:
    """What Fides declares of a column, beside our own guess: whom it is about, and what values bear out, stays."""
    is_same = category in {"", own.category}
    found = own if is_same else replace(own, category=category, identity="", by=())
    found = replace(found, by=(*found.by, _FIDES), asks=tuple(ask for ask in found.asks if ask != "category"))
    if not identity or found.about is not About.SUBJECT or identity == found.identity:
        return found
    return replace(found, identity=identity, by=(_FIDES,))


def _references(
    table: DraftTable, collection: Mapping[str, Any], live: Mapping[str, DraftTable]
) -> Iterator[tuple[DraftReference, str]]:
    """References between live columns, each with the direction that Fides says and names do not speak against."""
    for name, _, meta in _fields(table, collection):
        for said in meta.get("references", []):
            aim, _, field = str(said.get("field")).partition(".")
            to = live.get(aim.lower())
            column = next((one for one in to.names if one.lower() == field.lower()), "") if to else ""
            if to is not None and column:
                pointer = Pointer(table.name, (name,), to.name)
                is_doubtful = type_beside(name, table.names) or pointer.is_to_belongings or names_act(name)
                follow = "" if is_doubtful else str(said.get("direction") or "")
                yield DraftReference((name,), to.name, (column,), by=_FIDES), follow


def _known(table: DraftTable, reference: DraftReference) -> DraftReference:
    """The table's own reference between these columns; ``reference`` where it has none."""
    ends = (reference.columns, reference.to_table, reference.to_columns)
    own = (r for r in table.references if (r.columns, r.to_table, r.to_columns) == ends)
    return next(own, reference)


def _with(table: DraftTable, reference: DraftReference) -> DraftTable:
    return table if reference in table.references else replace(table, references=(*table.references, reference))
