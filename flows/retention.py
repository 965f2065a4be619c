"""Retention (Art. 5(1)(e), charter 4.1, 4.2): what is over its period is erased in every system, and it is proven."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import uuid4

from prefect import flow

from data_contracts.errors import ActUnproven, RightsflowError, SettingsInvalid
from flows import wiring
from tasks.act.retention import Counted, begin_run, count_over, end_run, erase_over, systems_in_order
from tasks.operator_proof import prove_person
from tasks.services import services
from tasks.step import guarded


@dataclass(frozen=True, slots=True)
class Retained:
    """What a run found and did.

    Attributes:
        run: its name, under which its evidence lies; empty for a count that changed nothing.
        outcome: ``counted``, ``proven``, or ``incomplete`` where systems failed.
        lines: by system and rule.
        failed: what went wrong, by system.
    """

    run: str
    outcome: str
    lines: tuple[Counted, ...]
    failed: dict[str, str]

    @property
    def said(self) -> str:
        """One line for a person."""
        due, left = sum(line.due for line in self.lines), sum(line.left for line in self.lines)
        spared = sum(line.spared for line in self.lines)
        head = f"{self.run}: {self.outcome}" if self.run else "nothing was changed"
        told = f"{due} due, {spared} spared" + (f", {left} wait for rows that refer to them" if left else "")
        return f"{head}; {told}" + (f"; failed: {', '.join(self.failed)}" if self.failed else "")

    def facts(self) -> dict[str, Any]:
        """As JSON."""
        lines = [asdict(line) | {"due": line.due} for line in self.lines]
        return {"run": self.run, "outcome": self.outcome, "lines": lines, "failed": self.failed, "said": self.said}


@flow(name="retention", persist_result=False)
def retention(system: str = "", operator: str = "", code: str = "") -> str:
    """Count what is over its retention period; with an operator and a code, erase it.

    Args:
        system: One system; empty: all.
        operator: Your operator name. Empty: nothing is changed.
        code: Six digits from your authenticator, which are good for this once.
    """
    with wiring.opened():
        done = guarded(lambda _: carry_out(system, operator, code), "retention")("")
    if done.failed:
        raise ActUnproven(done.said, where="retention", remedy="; ".join(done.failed.values()))
    return done.said


def carry_out(system: str = "", operator: str = "", code: str = "") -> Retained:
    """Count, or where an operator is named and proven erase, what is over. Services must be open.

    Raises:
        SettingsInvalid: when no contract has the system.
        AnswerRefused: when the operator may not have it done, or the code is not theirs.
    """
    provided = services()
    if system and system not in provided.contracts.systems:
        known = ", ".join(provided.contracts.systems)
        raise SettingsInvalid("no contract has this system", where=system, remedy=f"name one of: {known}")
    systems = systems_in_order(system)
    if not operator:
        return _collected("", count_over.for_each("", systems, in_order=True))
    who = prove_person(operator, code, roles=provided.policy.retention_roles, where="retention")
    run = begin_run(str(uuid4()), who)
    done = _collected(run.run_id, erase_over.for_each(run.run_id, systems, in_order=True))
    end_run(run.run_id, list(done.failed))
    return done


def _collected(run_id: str, found: Mapping[str, Sequence[Counted] | RightsflowError]) -> Retained:
    lines = [line for lines in found.values() if not isinstance(lines, RightsflowError) for line in lines]
    failed = {name: str(error) for name, error in found.items() if isinstance(error, RightsflowError)}
    outcome = "incomplete" if failed else "proven" if run_id else "counted"
    return Retained(run_id, outcome, tuple(lines), failed)
