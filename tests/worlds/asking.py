"""What Rightsflow does when somebody of a world asks: which rows it packs, changes and erases.

The search is carried on as the stage ``locate`` does, system by system, in an order of chance;
then the rules make of what was located what connectors are told to do.
"""

import random
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

from data_contracts.case.plan import Located
from data_contracts.case.request import FieldChange, Statement
from data_contracts.company.contract import Contracts
from data_contracts.connectors.keys import Selection
from data_contracts.vocabulary import Decision, SharedTreatment
from tasks.rules.act.exemptions import Calendar
from tasks.rules.act.plan import orders, segments
from tasks.rules.act.rectification import Found, changes, targets
from tasks.rules.search.accounts import Admission, Said, Shown, admission
from tasks.rules.search.routes import ACCOUNT, Routes, plan_routes
from tasks.rules.search.traversal import Search, begin
from tasks.search.searching import ask, settle
from tasks.services import Services, use
from tests.worlds.declaring import TEXT, contracts_for
from tests.worlds.lists import Lists, Row
from tests.worlds.oracle import Place
from tests.worlds.worlds import Person, World

_CALENDAR = Calendar(date(2026, 3, 31), "Europe/Paris", "12-31")
_RIGHT = "put right"
_PATIENCE = 300


@dataclass
class Office:
    """Rightsflow over the systems of one world."""

    world: World
    contracts: Contracts
    routes: Routes
    systems: dict[str, Lists] = field(default_factory=dict)

    def connector(self, system: str) -> Lists:
        """The system's connector."""
        return self.systems[system]

    # --- searching ----------------------------------------------------------------------------------------------------

    def searched(self, who: Person, admitted: Admission | None = None) -> Search:
        """The search for what that person proved, at its end or where it stops."""
        identity = {kind: [value] for kind, value in self.world.asks[who].items()}
        search = begin(self.contracts, identity, routes=self.routes, admission=admitted)
        chance, settled = random.Random(self.world.seed), dict.fromkeys(self.systems, "")
        for _ in range(_PATIENCE):
            asking = [name for name in self.systems if search.has_questions(name)]
            pending = asking or [name for name in self.systems if not search.is_settled(name, settled[name])]
            if not pending:
                return search
            name = chance.choice(pending)
            if asking:
                search = ask(search, name, cast("Any", self.systems[name]))
            else:
                search = settle(search, name, cast("Any", self.systems[name]))
                settled[name] = search.known()
        raise AssertionError(f"the search does not end in {self.world.told()}")

    def answered(self, who: Person, decision: Decision, hers: Collection[str] = ()) -> Search:
        """The search after people answered the gate as often as it asked; *chosen* names the numbers in ``hers``."""
        said: list[Said] = []
        search = self.searched(who)
        named = {kind: frozenset({value}) for kind, value in self.world.asks[who].items()}
        while search.is_ambiguous():
            assert len(said) < _PATIENCE, f"the gate does not close in {self.world.told()}"
            shown = _shown(search)
            names = [f"A{number}" for number, (_, value) in enumerate(shown.accounts, 1) if value in hers]
            said.append(Said(shown, decision if names else Decision.NAMED, " ".join(names)))
            search = self.searched(who, admission(said, named))
        return search

    # --- acting -------------------------------------------------------------------------------------------------------

    def packed(self, located: Located) -> tuple[set[Place], set[Place]]:
        """Rows that an access packs: as hers, and as shared with others."""
        own = self._read(located.conditions, lambda table: [c.name for c in table.columns])
        harmless = self._read(
            located.shared, lambda table: [c.name for c in table.columns if c.shared is SharedTreatment.INCLUDE]
        )
        return own, harmless

    def _read(self, conditions: Mapping[tuple[str, str], Any], columns: Any) -> set[Place]:
        found: set[Place] = set()
        for (system, table), ways in conditions.items():
            shown = columns(self.contracts.table(system, table))
            for batch in self.systems[system].read(Selection(table, ways), shown):
                found |= {_place(text) for text in batch.column("text").to_pylist()}
        return found

    def erased(self, located: Located) -> set[Place]:
        """Rows that an erasure changes or takes away."""
        parts = segments(self.contracts, located, _CALENDAR)
        return self._touched(
            (table.system, order) for table in self.contracts.tables() for order in orders(parts, table, {})
        )

    def rectified(self, located: Located) -> set[Place]:
        """Rows in which a rectification changes the text."""
        statement = Statement(changes=[FieldChange(field=TEXT, value=_RIGHT)])
        found = {
            target.name: Found(ways)
            for target in targets(statement, self.contracts)
            if (ways := located.conditions.get(target.path, ()))
        }
        made = changes(statement, self.contracts, located, found, proof_seen=True)
        return self._touched((change.path[0], change.order) for change in made if change.changes)

    def _touched(self, ordered: Iterator[Any]) -> set[Place]:
        before = dict(self._rows())
        for system, order in ordered:
            self.systems[system].carry_out([order])
        after = dict(self._rows())
        for system in self.systems.values():
            system.mend()
        return {place for place, row in before.items() if after.get(place) != row}

    def _rows(self) -> Iterator[tuple[Place, Row]]:
        for system in self.systems.values():
            for table, rows in system.tables.items():
                for row in rows:
                    yield (table, row["id"]), dict(row)


@contextmanager
def an_office(world: World, contracts: Contracts | None = None) -> Iterator[Office]:
    """Rightsflow over a world, in use; with other contracts than its own where a test says so."""
    declared = contracts or contracts_for(world)
    office = Office(world, declared, plan_routes(declared))
    for sheet in world.sheets.values():
        tables = {s.name: world.rows[s.name] for s in world.sheets.values() if s.system == sheet.system}
        office.systems.setdefault(sheet.system, Lists(sheet.system, tables))
    provided = SimpleNamespace(contracts=declared, routes=office.routes, systems=office)
    with use(cast("Services", provided)):
        yield office


def _shown(search: Search) -> Shown:
    accounts = sorted((kind, str(key[0])) for kind, keys in search.accounts().items() for key in keys)
    proven = {(slot[1], key[0]) for slot, keys in search.found.keys.items() if slot[0] == ACCOUNT for key in keys}
    return Shown(tuple(accounts), tuple(one in proven for one in accounts))


def _place(text: str) -> Place:
    table, _, number = text.rpartition("-")
    return table, int(number)
