"""References that no database declares, proposed from names and judged by the values that are held.

A name says where a column may lead: ``client_id`` and ``id_client`` to ``clients``, ``billing_address_id`` to
``address``, ``parent_category_id`` to its own table, ``saisie_par`` to staff. Values decide: what is held here must be
held there. Numbers that count up are held everywhere, so that without a name only codes are compared.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from data_contracts.odcs.drafts.companions import is_named_after, singular, stem_of, type_beside
from data_contracts.odcs.drafts.guessing import Look, words_of
from data_contracts.odcs.drafts.reference_names import is_of_people, is_of_staff, names_act
from data_contracts.odcs.drafts.shapes import DraftColumn, DraftReference, DraftTable

_KEYS: Final = frozenset({"integer", "string"})
_GENERIC: Final = frozenset({"id", "key", "code", "no", "nr", "uuid", "guid", "pk", "ref", "name", "nom", "number"})
_PARENT: Final = frozenset({"parent_id", "id_parent", "parent_no"})
_MOST_ORPHANS: Final = 0.1
"""Share of values that may be missing at the other end: rows were deleted, and no database minded."""
_FEWEST: Final = 10
"""Different codes from which their being held elsewhere says something without a name."""
_FEW_TABLES: Final = 3
MOST_CODES: Final = 400
"""How many pairs of columns are compared by their values alone."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reference that may be one.

    Attributes:
        strength: how well the name fits; 0 where only values can tell.
    """

    table: str
    column: str
    to_table: str
    to_column: str
    strength: int

    def reference(self, *, is_counted: bool) -> DraftReference:
        """It as a reference of a draft."""
        by = ("name and values" if self.strength else "values") if is_counted else "name"
        return DraftReference((self.column,), self.to_table, (self.to_column,), by=by)


def candidates(tables: Sequence[DraftTable]) -> list[tuple[Candidate, ...]]:
    """For each column that may refer and does not yet: where to, the best first."""
    found = []
    codes = 0
    prefix = _prefix(tables)
    for table in tables:
        taken = {name for reference in table.references for name in reference.columns}
        for column in table.columns:
            if column.name in taken or column.logical_type not in _KEYS or column.is_container:
                continue
            aims = [aim for other in tables for aim in _aims(table, column, other, prefix=prefix)]
            codes += sum(1 for aim in aims if not aim.strength)
            aims = [aim for aim in aims if aim.strength or codes <= MOST_CODES]
            if aims:
                found.append(tuple(sorted(aims, key=lambda aim: -aim.strength)))
    return found


def is_held(candidate: Candidate, *, values: int, held: int) -> bool:
    """Whether the values agree: ``held`` of ``values`` different ones are keys there."""
    if not candidate.strength:
        return values >= _FEWEST and held == values
    if not values:
        return candidate.strength >= _NAMED
    return held == values or (candidate.strength >= _NAMED and values - held <= _MOST_ORPHANS * values)


_NAMED: Final = 3
"""From here on the name alone says which table is meant."""


def _aims(table: DraftTable, column: DraftColumn, other: DraftTable, *, prefix: str) -> Iterator[Candidate]:
    for key in _keys(other):
        is_itself = table is other and (key is column or column.key_position == 1 == len(table.key))
        if is_itself or key.logical_type != column.logical_type:
            continue
        strength = _named_key(table, column, other, key) or (
            _strength(table, column, other, prefix=prefix) if key.key_position else 0
        )
        if strength or _may_be_code(column, key, is_same=table is other):
            yield Candidate(table.name, column.name, other.name, key.name, strength)


def _keys(table: DraftTable) -> list[DraftColumn]:
    """Columns that tell the table's rows apart, each by itself."""
    return [c for c in table.columns if c.unique or (c.key_position and len(table.key) == 1)]


def _prefix(tables: Sequence[DraftTable]) -> str:
    """The first word of most tables' names, where they share one: ``wp``."""
    firsts = Counter(
        first for table in tables if "_" in (words := words_of(table.name)) for first in [words.split("_")[0]]
    )
    first, count = firsts.most_common(1)[0] if firsts else ("", 0)
    return f"{first}_" if count * 2 > len(tables) > _FEW_TABLES else ""


def _named_key(table: DraftTable, column: DraftColumn, other: DraftTable, key: DraftColumn) -> int:
    """Whether the column is called as the key is: ``num_client`` here and there."""
    is_same = words_of(column.name) == words_of(key.name) and table is not other
    return 5 if is_same and _names_row(key, other) and not _tells_rows(table, column) else 0


def _strength(table: DraftTable, column: DraftColumn, other: DraftTable, *, prefix: str) -> int:
    words, aim = words_of(column.name), singular(words_of(other.name).removeprefix(prefix))
    if type_beside(column.name, table.names):
        return 0
    stem = singular(stem_of(column.name)).removeprefix(prefix)
    is_reference = stem != singular(words).removeprefix(prefix) or stem == aim
    if table is other:
        return _NAMED if is_reference and _names_parent(words, aim) else 0
    if stem == aim and is_reference:
        return 4
    is_named = is_named_after(column.name, aim)
    if is_reference and not _tells_rows(table, column) and (is_named or f"{stem}_".startswith(f"{aim}_")):
        return _NAMED
    if is_named and column.logical_type == "integer" and not _tells_rows(table, column):
        return 2
    return _strength_of_act(other.name) if names_act(column.name) else 0


def _strength_of_act(table: str) -> int:
    """Whoever acted is staff, else one of the people."""
    return 2 if is_of_staff(table) else int(is_of_people(table))


def _names_parent(words: str, aim: str) -> bool:
    """Whether the column names the row above: ``parent_id``, ``parent_category_id`` of categories."""
    return words in _PARENT or {"parent", *aim.split("_")} <= set(words.split("_"))


def _names_row(key: DraftColumn, table: DraftTable) -> bool:
    """Whether the key is called after its table, or after nothing else: ``num_client`` of ``clients``, ``sku``."""
    words = words_of(key.name)
    return words not in _GENERIC and (bool(key.key_position) or singular(words_of(table.name)) in words)


def _tells_rows(table: DraftTable, column: DraftColumn) -> bool:
    return column.unique or column.key_position == 1 == len(table.key)


def _may_be_code(column: DraftColumn, key: DraftColumn, *, is_same: bool) -> bool:
    return not is_same and not column.unique and Look.CODE in column.looks and Look.CODE in key.looks
