"""Law 7: a contract that has a blind spot is found out by the witness, and the second look through the contract is not.

One at a time, a table, an identity and a reference of the demo company's contracts is taken out, as if nobody had ever
written it down; the seed of the run draws which (``make test ALL=1``: all). What a raw search of the systems finds of
the data subject after the act, and did not find with the whole contracts, must stand in the verdict.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from data_contracts.contract import Contracts, Reference, Table
from data_contracts.odcs import load
from data_contracts.ports import GateEntry
from data_contracts.vocabulary import Gate, Right
from integrations.demo import DemoCompany
from tasks.proving import not_looked_at, staying
from tests.flows import company
from tests.flows.company import CONTRACTS, House, a_house
from tests.sampling import drawn

AS_SHIPPED = load(CONTRACTS)


@dataclass(frozen=True, slots=True)
class Cut:
    """What nobody wrote down: a table, or of one a column's identity or a reference by its first column."""

    what: str
    system: str
    table: str
    column: str = ""

    def __str__(self) -> str:
        """Names the test."""
        return f"{self.what}: {'.'.join(filter(None, (self.system, self.table, self.column)))}"

    def contracts(self) -> Contracts:
        """The shipped contracts without it."""
        made = {
            name: replace(contract, tables=tuple(filter(None, map(self._table, contract.tables))))
            for name, contract in AS_SHIPPED.systems.items()
        }
        return replace(AS_SHIPPED, systems=made)

    def _table(self, table: Table) -> Table | None:
        is_own = (table.system, table.name) == (self.system, self.table)
        if self.what == "table":
            kept = (r for r in table.references if (r.to_system, r.to_table) != (self.system, self.table))
            return None if is_own else replace(table, references=tuple(kept))
        if not is_own:
            return table
        if self.what == "reference":
            return replace(table, references=tuple(r for r in table.references if not self._is_mine(r)))
        columns = (replace(c, identity="", assertion=None) if c.name == self.column else c for c in table.columns)
        return replace(table, columns=tuple(columns))

    def _is_mine(self, reference: Reference) -> bool:
        return reference.columns[0] == self.column


def _cuts() -> Iterator[Cut]:
    for table in AS_SHIPPED.tables():
        yield Cut("table", table.system, table.name)
        yield from (Cut("identity", table.system, table.name, column.name) for column in table.identities)
        yield from (Cut("reference", table.system, table.name, one.columns[0]) for one in table.references)


CUTS = list(_cuts())


def _erased(systems: Path, made: DemoCompany, home: Path, contracts: Contracts) -> "_Ended":
    """What an erasure leaves behind, walked with every gate answered with yes."""
    shutil.copytree(systems, home / "systems")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(company, "_contracts", lambda _: contracts)
        with contextmanager(a_house)(home, made) as (house, _):
            case_id = house.open(Right.ERASURE)
            while (entry := house.run(case_id)) is not None and entry.gate is not Gate.OUTAGE:
                house.agree(entry)
            gates = {gate.gate for gate in house.installation.register.gates(case_id)}
            named = [f"{one['system']}.{one['place']}" for one in staying(case_id)]
            named += [place for place, _ in not_looked_at(case_id)]
            return _Ended(entry, gates, named, _holding(house, made))


@dataclass(frozen=True, slots=True)
class _Ended:
    outage: GateEntry | None
    gates: set[Gate]
    named: list[str]
    holding: set[str]
    """Tables in which a value is, or holds, a key of the data subject."""


def _holding(house: House, made: DemoCompany) -> set[str]:
    """Tables with a key that she proved; an account's number is known by the contracts alone."""
    keys = [key.casefold() for key in (made.subject.email, made.subject.cookie_id) if key]
    return {
        table
        for table, rows in house.rows().items()
        if any(key in str(value).casefold() for row in rows for value in row for key in keys)
    }


def _is_in(place: str, table: str) -> bool:
    """Whether a place as the verdict names it, with its schema or its file, is of the table."""
    system, _, name = table.partition(".")
    return place.startswith((f"{table}.", f"{table}/", f"{system}.main.{name}."))


@pytest.fixture(scope="module")
def whole(seeded: tuple[Path, DemoCompany], tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Tables that hold her keys after an erasure with the whole contracts: rows that are kept, rows of others."""
    systems, made = seeded
    return _erased(systems, made, tmp_path_factory.mktemp("whole"), AS_SHIPPED).holding


@pytest.mark.parametrize("cut", drawn(CUTS, groups=[[cut.what for cut in CUTS]]), ids=str)
def test_what_nobody_wrote_down_is_seen(
    cut: Cut, whole: set[str], seeded: tuple[Path, DemoCompany], tmp_path: Path
) -> None:
    """The verdict names every table that holds her, whereas the contracts' own look is content."""
    systems, made = seeded

    ended = _erased(systems, made, tmp_path, cut.contracts())

    if ended.outage is not None:
        assert cut.table in ended.outage.description  # what it hides cannot be left out of a search
        return
    assert Gate.MISMATCH not in ended.gates
    overlooked = ended.holding - whole
    assert {table for table in overlooked if not any(_is_in(place, table) for place in ended.named)} == set()


def test_some_of_them_hide_her() -> None:
    """Else the test above would be about nothing."""
    assert {cut.what for cut in CUTS} == {"table", "identity", "reference"}
