"""What becomes of an erasure under contracts with one thing less, and what must become of it (law 7).

Hers is what the whole contracts erase: the rows that an erasure under them takes or changes. A mutant under which some
of these rows stay as they were must not be called proven, and the verdict, a gate before the approval or the gate
*mismatch* must name their table.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from data_contracts.case.plan import COPIES, KEY_SEEN, UNDECLARED, Remaining, TablePath, Verdict
from data_contracts.case.verdicts import Conclusion
from data_contracts.errors import ContractInvalid
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import Gate
from tasks.case.plans import plan_receipt, planned
from tasks.proof.judge import conclusion, not_looked_at, staying
from tasks.services import services, use
from tests.blind.mutants import LAKES, Mutant, mutants, neighbours
from tests.flows.clerk import answered
from tests.flows.company import House, _contracts
from tests.sampling import is_all, shuffled

Rows = Mapping[str, Counter[tuple[Any, ...]]]
_UNREACHED = "no followed reference leads to it"
_ENDS = frozenset({Gate.OUTAGE, Gate.MISMATCH})
_MANY = 20
DRAWN = 3
"""Real mutants that a drawn run looks for in each world."""
_WITNESSED = frozenset({KEY_SEEN, UNDECLARED, COPIES})
"""Checks of the witness; all others are the contract's own look, which was the whole proof once."""


class Fate(StrEnum):
    """What became of a mutant."""

    REFUSED = "refused by `contracts check`"
    STOPPED = "stopped before the approval, its table named"
    NOT_CARRIED_OUT = "not carried out: nobody could tell whose accounts these are, or nothing was found"
    KEPT = "the plan that people approve keeps them and says why"
    NOTHING_LEFT = "everything of hers is erased all the same"
    CONTRACT_SAW = "the contract's own look was not content either"
    NAMED = "the contract's own look was content; the verdict is not proven and names the table"
    SURVIVED = "rows of hers stay, and nobody is told"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a case ended.

    Attributes:
        verdict: the word of the proof; empty where there was none.
        told: what people and the record were told of places: verdict, gates *mismatch* and *outage*.
        kept: tables of which the plan says that rows stay, and why.
        is_old_proof_green: whether the counts of the contract's own look were content by themselves.
    """

    verdict: str
    told: str
    kept: frozenset[str]
    met: Sequence[Gate]
    is_old_proof_green: bool
    rows: Rows


@dataclass
class _Judge:
    """Judges as the shipped one, and once more without what the witness saw."""

    inner: Any
    is_green: bool = False

    def judge(self, lines: Sequence[Remaining], expected: Sequence[TablePath]) -> Verdict:
        own = [line for line in lines if line.check not in _WITNESSED]
        self.is_green = self.inner.judge(own, expected).proven
        verdict: Verdict = self.inner.judge(lines, expected)
        return verdict

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def walked(house: House, case_id: str, rows: Callable[[], Rows]) -> Ended:
    """Carry a case on until it is proven, or to an outage or mismatch, which nobody mends here."""
    provided = services()
    judge = _Judge(provided.judge)
    with use(replace(provided, judge=judge)):
        met = _met(house, case_id)
        verdict = conclusion(case_id)
        places = [f"{one['system']}.{one['place']}" for one in staying(case_id)]
        places += [place for place, _ in not_looked_at(case_id)]
        kept = frozenset(f"{one['system']}.{one['table']}" for one in _kept(case_id))
    stopped = [gate.description for gate in met if gate.gate in _ENDS]
    told = "\n".join([*places, *stopped])
    return Ended(verdict.value if verdict else "", told, kept, [gate.gate for gate in met], judge.is_green, rows())


def _kept(case_id: str) -> list[Mapping[str, Any]]:
    lines: Any = plan_receipt(case_id)["plan"]["lines"] if planned(case_id) else []
    return [line for line in lines if line["action"] == "keep" and line["rows"]]


def _met(house: House, case_id: str) -> list[GateEntry]:
    """The gates of a case until it is proven, or somebody is asked to mend something; what follows is not about it."""
    met: list[GateEntry] = []
    while conclusion(case_id) is None and (entry := house.run(case_id)) is not None:
        met.append(entry)
        assert len(met) < _MANY, [gate.gate for gate in met]
        if entry.gate in _ENDS:
            break
        answered(house, entry) if entry.gate is Gate.SUBJECTS else house.agree(entry)
    return met


# --- a world and its mutants ------------------------------------------------------------------------------------------

Walk = Callable[[Path, Path], Ended]
"""Carries an erasure out under a folder of contracts, in a home of its own, over a world made anew."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one mutant, with why it was refused or what stays."""

    mutant: Mutant
    fate: Fate
    why: str = ""

    def __str__(self) -> str:
        """A line of the report."""
        return f"{self.fate.name}: {self.mutant}{f' ({self.why})' if self.why else ''}"


def judged(mutant: Mutant, home: Path, world: "World") -> Told:
    """What becomes of a mutant of a world; ``home`` is an empty folder."""
    made, why = written(mutant, world.contracts, home)
    if made is None:
        return Told(mutant, Fate.REFUSED, why)
    ended = world.walk(made, home)
    hers = {table: rows & (ended.rows[table] - (world.before[table] - rows)) for table, rows in world.lost.items()}
    stays = {table: rows for table, rows in hers.items() if rows}
    return Told(mutant, _fate(mutant, ended, stays, world), ", ".join(stays))


def _fate(mutant: Mutant, ended: Ended, stays: Rows, world: "World") -> Fate:
    """What became of it, from where rows of hers stay."""
    if not stays:
        return Fate.NOTHING_LEFT
    if not (ended.verdict or Gate.MISMATCH in ended.met):
        is_named = is_told(mutant.path, ended.told)
        return Fate.STOPPED if is_named else Fate.SURVIVED if Gate.OUTAGE in ended.met else Fate.NOT_CARRIED_OUT
    beside = {table: rows for table, rows in stays.items() if table not in ended.kept}
    if not beside:
        return Fate.KEPT
    untold = [table for table, rows in beside.items() if not _is_known(table, rows, ended, world)]
    if ended.verdict == Conclusion.PROVEN or untold:
        return Fate.SURVIVED
    return Fate.NAMED if ended.is_old_proof_green else Fate.CONTRACT_SAW


def _is_known(table: str, rows: Counter[tuple[Any, ...]], ended: Ended, world: "World") -> bool:
    """Whether people were told of the table, or, where no key is in its rows, of one that it hangs on."""
    if is_told(table, ended.told):
        return True
    if any(key in str(value).casefold() for row in rows for value in row for key in world.keys):
        return False
    reached, pending = {table}, [table]
    while pending:
        more = world.beside.get(pending.pop(), frozenset()) - reached
        reached |= more
        pending += more
    return any(one in ended.kept or is_told(one, ended.told) for one in reached)


def written(mutant: Mutant, whole: Path, home: Path) -> tuple[Path | None, str]:
    """The contracts of a mutant, or None and why they are refused.

    Tables that nothing leads to any more are left out too: who did not know of a table did not know what hangs on it.
    """
    for more in range(_MANY):
        folder = mutant.write(whole, home / f"contracts{more}")
        try:
            _contracts(folder)
        except ContractInvalid as invalid:
            adrift = [
                (fault.file.partition(".")[0], fault.table) for fault in invalid.faults if _UNREACHED in fault.what
            ]
            if mutant.what not in {"table", "file"} or len(adrift) < len(invalid.faults):
                return None, "; ".join(
                    sorted({str(f) for f in invalid.faults if _UNREACHED not in f.what}) or [invalid.faults[0].what]
                )
            mutant = mutant.without(adrift)
        else:
            return folder, ""
    raise AssertionError(mutant)


def is_told(table: str, told: str) -> bool:
    """Whether some place that people were told of is of the table, or of a file of it.

    >>> is_told("crm.note", "crm: main.note.text"), is_told("crm.note", "crm.notes.text")
    (True, False)
    """
    _, _, name = table.partition(".")
    return re.search(rf"(?<![\w]){re.escape(name)}(?![\w])", told) is not None


@dataclass(frozen=True, slots=True)
class World:
    """Systems, their whole contracts, and what an erasure under these takes or changes."""

    contracts: Path
    walk: Walk
    before: Rows
    lost: Rows
    keys: Sequence[str]
    """What she proved, without capitals."""
    beside: Mapping[str, frozenset[str]]
    """By table those that it refers to or that refer to it, as the whole contracts say."""


def a_world(contracts: Path, home: Path, walk: Walk, before: Rows, keys: Sequence[str]) -> World:
    """A world, after an erasure under its whole contracts, which must end proven or proven but for others' rows."""
    home.mkdir()
    ended = walk(contracts, home)
    assert ended.is_old_proof_green, ended
    lost = {table: gone for table, rows in before.items() if (gone := rows - ended.rows[table])}
    return World(contracts, walk, before, lost, [key.casefold() for key in keys], neighbours(contracts))


def told_of(world: World, home: Path, lakes: frozenset[str] = LAKES) -> list[Told]:
    """What becomes of every mutant; in a drawn run, of mutants in a drawn order until enough were real."""
    found: list[Told] = []
    for number, mutant in enumerate(shuffled(mutants(world.contracts, lakes))):
        own = home / str(number)
        own.mkdir(parents=True)
        found.append(judged(mutant, own, world))
        if not is_all() and sum(one.fate is Fate.NAMED for one in found) == DRAWN:
            break
    return found


def report(fates: Sequence[Told]) -> str:
    """Every mutant with its fate, by fate, and how many there are of each."""
    counts = Counter(one.fate for one in fates)
    return "\n".join([*(f"{count} {fate.value}" for fate, count in counts.items()), *sorted(map(str, fates))])
