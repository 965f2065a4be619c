"""What a search knows: keys that lead on, accounts that it reached, and whether a person must say whose they are.

Pure. What is asked next stands in :mod:`tasks.rules.search.traversal`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from data_contracts.company.contract import Contracts
from data_contracts.connectors.keys import Key
from tasks.rules.search.accounts import Admission
from tasks.rules.search.found import Findings, place_of, written
from tasks.rules.search.routes import ACCOUNT, POINTED, PROVEN, REACHED, VOUCHED, Routes, Slot

_MANY_ACCOUNTS: Final = 100
"""With more accounts than these a search stops before its end."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one data subject.

    Attributes:
        admission: what a person said about accounts; None while nobody was asked.
        wide: everything that is reached counts as found: for what keeps rows, never for what shows or changes them.
    """

    contracts: Contracts
    routes: Routes = field(repr=False)
    given: Mapping[str, frozenset[str]] = field(repr=False)
    """Normal forms of the keys that were proven, by kind."""
    found: Findings = field(default_factory=Findings, repr=False)
    admission: Admission | None = field(default=None, repr=False)
    wide: bool = False
    doubted: Mapping[str, frozenset[str]] = field(default_factory=dict, repr=False)
    """Proven keys that another account gave up, by kind: they lead to accounts alone, until a person says more."""

    def keys(self, slot: Slot) -> frozenset[Key]:
        """The keys of a slot that lead on."""
        match slot[0]:
            case "proven":
                return self._proven(slot[1])
            case "account":
                return self._accounts(slot[1])
            case "vouched":
                leads = self.admission is None or self.admission.vouched
                return self.found.keys.get(slot, frozenset()) if leads else frozenset()
            case "own":
                return self.found.keys.get((POINTED, *slot[1:]), frozenset()) if self.wide else self._counted(slot[1:])
            case _:
                return self.found.keys.get(slot, frozenset())

    def accounts(self) -> dict[str, frozenset[Key]]:
        """Every account that was reached, by kind; those of the data subject among them."""
        kinds = {slot[1] for slot in self.found.keys if slot[0] in {ACCOUNT, REACHED}}
        return {
            kind: self.found.keys.get((ACCOUNT, kind), frozenset()) | self.found.keys.get((REACHED, kind), frozenset())
            for kind in sorted(kinds)
        }

    def identity(self) -> dict[str, list[str]]:
        """The data subject's keys that are proven or vouched for, by kind."""
        kinds = self.contracts.vocabulary.identities
        slots = {kind: [(word, kind) for word in (PROVEN, VOUCHED, ACCOUNT)] for kind in kinds}
        found = {kind: {str(key[0]) for slot in of for key in self.keys(slot)} for kind, of in slots.items()}
        return {kind: sorted(values) for kind, values in found.items() if values}

    def is_beyond_doubt_ambiguous(self) -> bool:
        """Whether so many accounts were reached that nothing more needs to be asked to see that it is ambiguous."""
        return self.is_ambiguous() and sum(map(len, self.accounts().values())) > _MANY_ACCOUNTS

    def is_ambiguous(self) -> bool:
        """Whether a person must say whose accounts these are (law 8).

        An account was reached that does not hold a proven key, or there is more than one; after a person's answer: one
        that the person was not shown.
        """
        if self.wide:
            return False
        accounts = {(kind, key) for kind, keys in self.accounts().items() for key in keys}
        if self.admission is not None:
            return not self.admission.is_final and bool(accounts - self.admission.known)
        own = {(slot[1], key) for slot, keys in self.found.keys.items() if slot[0] == ACCOUNT for key in keys}
        return len(accounts) > 1 or bool(accounts - own)

    def _proven(self, kind: str) -> frozenset[Key]:
        said = self.admission.keys.get(kind, frozenset()) if self.admission else frozenset()
        return frozenset((value,) for value in self.given.get(kind, frozenset()) | said)

    def _accounts(self, kind: str) -> frozenset[Key]:
        if self.admission is not None:
            return self.admission.accounts.get(kind, frozenset())
        return self.found.keys.get((ACCOUNT, kind), frozenset())

    def _counted(self, slot: Slot) -> frozenset[Key]:
        """Keys of rows pointed at of which every reference into the table was counted, and nobody else's refers."""
        system, table, *columns = slot
        owners = [r for r in self.routes[system, table].owners if r.to_columns == tuple(columns)]
        places = [(*slot, *place_of(owner)) for owner in owners]
        counted = [self.found.counted.get(place, frozenset()) for place in places]
        # Where all that refers are dependents, nobody else can have a part in it.
        known = frozenset.intersection(self.found.keys.get((POINTED, *slot), frozenset()), *counted)
        others = {_loosely(key) for place in places for key in self.found.others.get(place, frozenset())}
        return frozenset(key for key in known if _loosely(key) not in others)


def _loosely(key: Key) -> tuple[str, ...]:
    """A key as the loosest database compares it: what may be the same row counts as the same."""
    return tuple(part.casefold().strip() for part in written(key))
