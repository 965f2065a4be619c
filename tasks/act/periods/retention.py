"""Retention: what is over its period is erased, whoever's it is, and it is proven (Art. 5(1)(e); charter 4.1, 4.2).

The order, for each system:

1. *look*: is the live schema as the contract says? What drifted is not erased;
2. *count*: rows over by each rule, and those of them that are spared;
3. *act*: one statement for each table and rule, those that refer first, in one transaction; again while rows that went
   freed rows they referred to;
4. *count again*: rows over, not spared and not referred to must be none (law 7);
5. *witness*: of people whose data were erased but for a hold, look for the keys once more
(:mod:`tasks.act.periods.ended`).

A run that was cut off does it again from the first line: what is gone is not over any more (law 3). What a planned run
may erase stands in its plan: rules, and rows over on the day of its beginning. What became over since is left.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import partial
from typing import Any, Final

from data_contracts.case.runs import Run
from data_contracts.errors import ActRefused, RightsflowError
from data_contracts.evidence.records import Facts, Record
from data_contracts.officer.retaining import Counted, LeftOut
from data_contracts.vocabulary import Duty
from tasks.act.periods.ended import seal_ending, witness_ending
from tasks.act.periods.expired import Scope, count, erase
from tasks.case.clock import today
from tasks.rules.act.following import is_endless
from tasks.rules.act.retaining import Course, Way, Why, counted_once, courses, has_grown, kin_of
from tasks.rules.act.sequence import system_order
from tasks.services import services
from tasks.steps.step import always, step

_BEGIN, _PLAN, _END, _INCOMPLETE = "begin", "plan", "end", "incomplete"
_COUNTED: Final = "counted"
"""How the step's name ends under which is kept what was over before anything went."""
AT_ONCE: Final = Duty.RETENTION.value
"""The ledger's name of what goes without a question in this run."""
APPROVED: Final = f"{Duty.RETENTION.value} approved"
_WAYS: Final = {AT_ONCE: Way.AT_ONCE, APPROVED: Way.ASK}


@dataclass(frozen=True, slots=True)
class Planned:
    """What a run found before it did anything, and what becomes of each rule.

    Attributes:
        as_of: the day on which rows are over.
        failed: what went wrong, by system; nothing is done there.
    """

    as_of: date
    courses: tuple[Course, ...]
    failed: Mapping[str, str]

    def lines(self, way: Way, system: str = "") -> tuple[Counted, ...]:
        """Rules that go that way, in all systems or in one."""
        return tuple(c.line for c in self.courses if c.way is way and system in {"", c.line.system})

    def systems(self, way: Way) -> tuple[str, ...]:
        """Systems that have such rules, in the order to act."""
        named = {line.system for line in self.lines(way)}
        return tuple(name for name in systems_in_order() if name in named)


def begin_run(key: str, operator: str = "", system: str = "") -> Run:
    """A run of today, in the register with its first record; the same key gives the same run.

    Args:
        key: tells this run from others.
        operator: who had it done; proven by the caller. Empty: nobody, it is scheduled.
        system: the one system it is about; empty: all.
    """
    provided = services()
    run = provided.register.open_run(Duty.RETENTION, key)
    as_of = today().isoformat()
    facts: Facts = {"as_of": as_of, "contracts": provided.contracts.digest, "operator": operator, "system": system}
    provided.register.complete(
        run.run_id,
        _BEGIN,
        receipt={"as_of": as_of, "operator": operator, "system": system},
        record=Record(_BEGIN, "", facts, actor=operator or "rightsflow"),
        actor=operator or "rightsflow",
    )
    return run


def begun(run_id: str) -> dict[str, str]:
    """What a run began with: ``as_of``, ``operator``, ``system``; empty before its first record."""
    entry = services().register.step(run_id, _BEGIN)
    return {} if entry is None else {name: str(value) for name, value in entry.receipt.items()}


def systems_in_order(only: str = "") -> tuple[str, ...]:
    """Systems to act on, in the order to act: all, or the one named."""
    contracts = services().contracts
    return system_order(contracts, [only] if only else contracts.systems)


def endless_tables(system: str = "") -> tuple[str, ...]:
    """Tables with personal data that no period ends, in one system or in all."""
    contracts = services().contracts
    tables = [table for table in contracts.tables() if system in {"", table.system}]
    return tuple(f"{table.system}.{table.name}" for table in tables if is_endless(table, contracts))


@step("count what is over", watched=always)
def count_over(run_id: str, system: str) -> list[Counted]:
    """What is over in one system, and what is spared, on the day of the run, else today; nothing is changed."""
    return count(Scope.of(system, _as_of(run_id)))


def freeze_plan(
    run_id: str, counted: Mapping[str, Sequence[Counted] | RightsflowError], elsewhere: Mapping[str, str]
) -> None:
    """Decide what becomes of each rule, and keep it for the people who are asked and for whoever acts.

    Args:
        run_id: the run.
        counted: what was found, or what went wrong, by system.
        elsewhere: by digest, the run that asks about a rule, or was refused lately.
    """
    provided = services()
    lines = [line for found in counted.values() if not isinstance(found, RightsflowError) for line in found]
    decided = courses(lines, approved=provided.register.approved_rules(), elsewhere=elsewhere, policy=provided.policy)
    failed = {name: str(found) for name, found in counted.items() if isinstance(found, RightsflowError)}
    rows: list[Facts] = [{**_plain(c.line), "way": c.way.value, "why": [*c.why], "run": c.run} for c in decided]
    facts: Facts = {"as_of": begun(run_id)["as_of"], "lines": rows, "failed": sorted(failed)}
    provided.register.complete(
        run_id, _PLAN, receipt={"lines": rows, "failed": failed}, record=Record(_PLAN, "", facts)
    )


def plan_of(run_id: str) -> Planned | None:
    """What a run planned; None before, and for a run that a person had done in one step."""
    entry = services().register.step(run_id, _PLAN)
    if entry is None:
        return None
    receipt: Any = entry.receipt
    return Planned(_as_of(run_id), tuple(_course(row) for row in receipt["lines"]), receipt["failed"])


@step("retention", watched=always)
def erase_over(run_id: str, system: str) -> list[Counted]:
    """Erase in one system what goes at once, and count again; of a run without a plan, everything that is over.

    Raises:
        ActRefused: when the run has no plan, and no operator had it done (law 14).
        ContractMismatch: when the live schema is not what the contract says.
        ActUnproven: when something is over that is neither spared nor referred to.
    """
    return _erase_once(run_id, system, AT_ONCE)


@step("retention approved", watched=always)
def erase_approved(run_id: str, system: str) -> list[Counted]:
    """Erase in one system what people approved, and count again; raises as :func:`erase_over` does.

    Raises:
        ActRefused: while they did not approve it (law 14).
    """
    return _erase_once(run_id, system, APPROVED)


def lines_of(run_id: str, name: str) -> list[Counted]:
    """What a run did by now, by system and rule; ``name`` is :data:`AT_ONCE` or :data:`APPROVED`."""
    return [Counted(**line) for receipt in _receipts(run_id, name) for line in receipt["lines"]]


def left_out_of(run_id: str) -> list[LeftOut]:
    """Rules that were to be carried out, and were not."""
    receipts = [*_receipts(run_id, AT_ONCE), *_receipts(run_id, APPROVED)]
    return [LeftOut(**one) for receipt in receipts for one in receipt.get("left_out", ())]


def end_run(run_id: str, failed: Sequence[str], *, refused: bool = False) -> str:
    """Close a run with its outcome; one that was incomplete is closed again each time it was run again.

    ``incomplete`` where systems failed; ``refused`` where people refused what they were asked; else ``proven``.
    """
    outcome = _INCOMPLETE if failed else "refused" if refused else "proven"
    if not failed:
        services().vault.destroy(run_id)  # what broke on the way is sealed there
    left_out = [asdict(one) for one in left_out_of(run_id)]
    ends = _receipts(run_id, _END)
    services().register.complete(
        run_id,
        _END,
        f"{len(ends) + 1}" if ends else "",
        receipt={"failed": list(failed), "outcome": outcome},
        record=Record(_END, "", {"outcome": outcome, "failed": list(failed), "left_out": left_out}),
        outcome=outcome,
    )
    return outcome


def is_ended(run_id: str) -> bool:
    """Whether a run was closed, and there is nothing left that could be tried again."""
    return any(receipt["outcome"] != _INCOMPLETE for receipt in _receipts(run_id, _END))


def _erase_once(run_id: str, system: str, name: str) -> list[Counted]:
    register = services().register
    entry = register.claim(run_id, name, system)
    if entry.state == "done":
        return [Counted(**line) for line in entry.receipt["lines"]]  # type: ignore[attr-defined]  # written below
    plan = plan_of(run_id)
    _require_let(run_id, name, plan)
    scope = Scope.of(system, _as_of(run_id))
    shown = () if plan is None else plan.lines(_WAYS[name], system)
    seal_ending(run_id, name, scope if plan is None else scope.narrowed({line.digest for line in shown}))
    first = _first_counted(run_id, name, system)
    keep = partial(_keep_first, run_id, name, system, first)
    lines, left_out = (erase(scope, keep), []) if plan is None else _as_shown(scope, shown, keep)
    out = {line.digest for line in first} - {line.digest for line in lines}
    lines += [replace(line, uncounted=True) for line in first if line.digest in out and line.due]
    done: Facts = {"lines": [_plain(line) for line in lines], "left_out": [asdict(one) for one in left_out]}
    if witnessed := witness_ending(run_id, name, system):
        done = {**done, "witness": witnessed}
    facts: Facts = {**done, "proven": True, "attempt": entry.attempts}
    register.complete(run_id, name, system, receipt={**done}, record=Record(name, system, facts))
    return lines


def _require_let(run_id: str, name: str, plan: Planned | None) -> None:
    """That somebody lets this run erase so (law 14): neither a receipt of these is ever taken back.

    A run without a plan erases all that is over, and was begun by a proven operator. What goes at once in a planned run
    was approved before, rule by rule, which its plan says; what was asked about goes when people approved it.
    """
    if plan is None:
        is_let = name == AT_ONCE and bool(begun(run_id).get("operator"))
    else:
        is_let = name == AT_ONCE or any(receipt["approved"] for receipt in _receipts(run_id, "approve"))
    if not is_let:
        raise ActRefused(
            "nobody let this run erase", where=run_id, remedy="answer its gate approval, or run it as an operator"
        )


def _first_counted(run_id: str, name: str, system: str) -> list[Counted]:
    """What was counted before an earlier attempt erased anything; none before there was one.

    An attempt that was cut off may have erased what the next one does not find: one transaction for all rules. Where
    that one finds more of a rule, or leaves it out, nobody can tell how many rows went.
    """
    entry = services().register.step(run_id, f"{name} {_COUNTED}", system)
    receipt: Any = entry.receipt if entry is not None and entry.state == "done" else {"lines": []}
    return [Counted(**line) for line in receipt["lines"]]


def _keep_first(run_id: str, name: str, system: str, first: Sequence[Counted], found: list[Counted]) -> list[Counted]:
    """Keep what was found beside what is erased, unless an earlier attempt did; what is told of it."""
    lines = [_plain(line) for line in found]
    services().register.complete(run_id, f"{name} {_COUNTED}", system, receipt={"lines": lines}, record=None)
    return counted_once({line.digest: line for line in first}, found)


def _as_shown(
    scope: Scope, shown: Sequence[Counted], keep: Callable[[list[Counted]], list[Counted]]
) -> tuple[list[Counted], list[LeftOut]]:
    """Erase by the rules that still read as shown, and by which no more is due than was shown."""
    digests = {line.digest for line in shown}
    found = {line.digest: line.due for line in count(scope.narrowed(digests))}
    grown = {line.digest for line in shown if has_grown(line.due, found.get(line.digest, 0))}
    out = kin_of(grown | (digests - set(found)), shown)
    left_out = [
        LeftOut(line.place, "grown" if line.digest in grown else "changed", line.due, found.get(line.digest, 0))
        for line in shown
        if line.digest in out
    ]
    return erase(scope.narrowed(digests - out), keep), left_out


def _receipts(run_id: str, name: str) -> list[Any]:
    steps = services().register.steps(run_id).items()
    return [entry.receipt for (step_, _), entry in steps if step_ == name and entry.state == "done"]


def _as_of(run_id: str) -> date:
    began = begun(run_id) if run_id else {}
    return date.fromisoformat(began["as_of"]) if began else today()


def _course(row: Mapping[str, Any]) -> Course:
    facts = dict(row)
    way, why, run = Way(facts.pop("way")), tuple(Why(one) for one in facts.pop("why")), str(facts.pop("run"))
    return Course(Counted(**facts), way, why, run)


def _plain(line: Counted) -> dict[str, str | int | None]:
    return asdict(line)
