"""Whose the identities inside a column's value are, and what is shown and left of it (law 8).

Pure. A value that is one key of the data subject is hers; one that holds other keys as well is hers and theirs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from data_contracts.company.contract import Column, Contracts, Table
from data_contracts.connectors.keys import Spelling
from data_contracts.inside.paths import Inside
from data_contracts.inside.values import KEPT, REMOVED, Fate, changed_inside, values_inside
from data_contracts.text.normal_form import normal_form, normal_forms
from data_contracts.vocabulary import ColumnErasure, TableErasure

MASK: Final = "***"
_ERASED: Final = frozenset({ColumnErasure.CLEAR, ColumnErasure.MASK, ColumnErasure.TOKEN, ColumnErasure.HMAC})


@dataclass(frozen=True, slots=True)
class Own:
    """Which values inside a column are the data subject's.

    Attributes:
        keys: normal forms of her keys of the column's kind.
    """

    inside: Inside
    rule: Literal["verbatim", "email", "phone"]
    region: str
    keys: frozenset[str] = field(repr=False)

    def holds_hers(self, stored: object) -> bool:
        """Whether one of her keys lies inside."""
        return any(self._forms(value) & self.keys for value in values_inside(self.inside, stored))

    def holds_others(self, stored: object) -> bool:
        """Whether a key of somebody else lies inside."""
        return any(self._forms(value) - self.keys for value in values_inside(self.inside, stored))

    def shown(self, stored: object) -> str:
        """What she is shown: of a value that others have a part in her own members alone, else the whole."""

        def decide(value: str) -> Fate:
            forms = self._forms(value)
            return KEPT if forms and forms <= self.keys else REMOVED

        return changed_inside(self.inside, stored, decide, instead=MASK)

    def without(self, stored: object, become: Callable[[str], Fate | str]) -> str:
        """What is left when each value of hers becomes something else; others' values stay."""

        def decide(value: str) -> Fate | str:
            forms = self._forms(value)
            if not forms & self.keys:
                return KEPT
            others = forms - self.keys
            return ", ".join(sorted(others)) if others else become(value)

        return changed_inside(self.inside, stored, decide)

    def _forms(self, value: object) -> frozenset[str]:
        return normal_forms(self.rule, value, self.region)


def keys_held(column: Column, rule: str, stored: object, region: str) -> frozenset[str]:
    """Every key that a stored value of the column holds, in normal form; inside it, where the contract says so."""
    values = [stored] if column.inside is None else values_inside(column.inside, stored)
    return frozenset(form for value in values for form in normal_forms(rule, value, region))


def containers_of(
    table: Table, contracts: Contracts, identity: Mapping[str, Sequence[str]]
) -> tuple[tuple[Column, Own], ...]:
    """Columns of ``table`` with identities inside, and which of these are hers.

    Args:
        table: the table.
        contracts: the checked set.
        identity: her keys that are proven or vouched for, by kind.
    """
    kinds, region = contracts.vocabulary.identities, contracts.vocabulary.company.country
    found = []
    for column in table.identities:
        if column.inside is not None:
            rule = kinds[column.identity].normalise
            forms = (normal_form(rule, value, region) for value in identity.get(column.identity, ()))
            found.append((column, Own(column.inside, rule, region, frozenset(form for form in forms if form))))
    return tuple(found)


def is_erased_inside(table: Table, column: Column) -> bool:
    """Whether an erasure takes her members out of the column's value where the row stays."""
    if column.inside is None:
        return False
    return table.erase is TableErasure.DELETE or (table.erase is TableErasure.COLUMNS and column.erase in _ERASED)


def spelling_of(table: Table, column: Column, own: Own) -> Spelling:
    """What to look for, to find the rows that hold her keys inside."""
    return Spelling(
        column.name,
        own.rule,
        own.keys,
        own.region,
        when=column.when,
        inside=column.inside,
        key=table.primary_key,
    )
