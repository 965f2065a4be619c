"""Retention (Art. 5(1)(e), charter 4.1, 4.2): what is over its period is erased in every system, and it is proven.

A scheduled run, which may start again from its first line at any time:

1. counts in every system, and keeps a plan: what goes at once, and about which rules a person is asked
   (:mod:`tasks.rules.act.retaining`);
2. erases what goes at once;
3. waits at the gate ``approval`` of the duty for the rest. What was approved covers the rules as they read, and rows
   that were over on the day of the plan. Just before acting everything is counted again: a rule that reads otherwise,
   or by which over a tenth more is due than people saw, is left to the next run, which asks about it;
4. says what was done, in the register, in evidence and in the Prefect UI.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import uuid4

from prefect import flow
from prefect.context import FlowRunContext

from data_contracts.errors import ActUnproven, AnswerRefused, RightsflowError
from data_contracts.officer.retaining import Counted
from data_contracts.vocabulary import Decision, Duty, Gate
from flows import wiring
from flows.duties.retention_wording import day, plan_rows, question_text
from flows.runs.artifacts import progress, show_table
from flows.runs.duty_runs import bear_name, borne_name, run_key
from flows.runs.gates import ask, forget_own_forms
from flows.runs.starting import wake_run
from flows.runs.systems import systems_named
from tasks.act.periods.retention import (
    APPROVED,
    AT_ONCE,
    Planned,
    begin_run,
    begun,
    count_over,
    end_run,
    endless_tables,
    erase_approved,
    erase_over,
    freeze_plan,
    is_ended,
    left_out_of,
    lines_of,
    plan_of,
    systems_in_order,
)
from tasks.gates.gates import Question
from tasks.gates.operators import prove_person
from tasks.officer.retention_approval import (
    approve_rules,
    asked_elsewhere,
    settle_approval,
    take_back_old,
    was_approved,
)
from tasks.rules.act.retaining import Way
from tasks.rules.people.gates import rule_for
from tasks.services import services
from tasks.steps.step import Step, guarded


@dataclass(frozen=True, slots=True)
class Untouched:
    """A rule by which something is due, and that this run did not carry out."""

    place: str
    due: int
    why: str


@dataclass(frozen=True, slots=True)
class Retained:
    """What a run found and did.

    Attributes:
        run: its name, under which its evidence lies; empty for a count that changed nothing.
        outcome: ``counted``, ``proven``, ``refused``, ``superseded``, or ``incomplete`` where systems failed.
        lines: by system and rule: what was counted, or carried out.
        failed: what went wrong, by system.
        untouched: rules that were left as they are.
        unread: rules by which rows are held because nobody can read their date.
        endless: tables with personal data that no period ends.
    """

    run: str
    outcome: str
    lines: tuple[Counted, ...]
    failed: dict[str, str]
    untouched: tuple[Untouched, ...] = ()
    unread: tuple[Counted, ...] = ()
    endless: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """One line for a person."""
        due, left = sum(line.due - line.again for line in self.lines), sum(line.left for line in self.lines)
        spared = sum(line.spared for line in self.lines)
        head = f"{self.run}: {self.outcome}" if self.run else "nothing was changed"
        told = f"{due} due, {spared} spared" + (f", {left} wait for rows that refer to them" if left else "")
        kept: Counter[str] = Counter()
        for one in self.untouched:
            kept[one.why] += one.due
        told += "".join(f"; {rows} not touched: {why}" for why, rows in kept.items())
        odd = sum(line.unread for line in self.unread)
        told += f"; {odd} held: their date cannot be read" if odd else ""
        told += f"; nothing ends {', '.join(self.endless)}" if self.endless else ""
        return f"{head}; {told}" + (f"; failed: {', '.join(self.failed)}" if self.failed else "")

    def facts(self) -> dict[str, Any]:
        """As JSON."""
        lines = [asdict(line) | {"due": line.due} for line in self.lines]
        untouched = [asdict(one) for one in self.untouched]
        told = {"run": self.run, "outcome": self.outcome, "lines": lines, "untouched": untouched}
        unread = [{"place": line.place, "columns": line.unread_in, "rows": line.unread} for line in self.unread]
        told |= {"unread": unread, "endless": [*self.endless]}
        return told | {"failed": self.failed, "said": self.said}


@flow(name="retention", persist_result=False)
def retention(system: str = "", operator: str = "", code: str = "", *, count_only: bool = False) -> str:
    """Erase in every system what is over its retention period, and prove it (Art. 5(1)(e)).

    Each night it counts, carries out at once the rules that people approved before and by which little is due, and
    waits here for an answer about the others. With your name and a code it asks nothing: you have all of it erased.

    Args:
        system: One system; empty: all.
        operator: Your operator name, to have everything erased that is over. Empty: the software asks first.
        code: Six digits from your authenticator, which are good for this once.
        count_only: Count, and change nothing.
    """
    with wiring.opened():
        done = guarded(lambda _: _in_flow(system, operator, code, count_only=count_only), "retention")("")
    if done.failed:
        raise ActUnproven(done.said, where="retention", remedy="; ".join(done.failed.values()))
    return done.said


def _in_flow(system: str, operator: str, code: str, *, count_only: bool) -> Retained:
    if count_only or operator:
        return carry_out(system, "" if count_only else operator, code)
    run_id = begin_planned(system, run_key())
    bear_name(run_id)
    done = carry_on(run_id)
    forget_own_forms()
    return done


def carry_out(system: str = "", operator: str = "", code: str = "") -> Retained:
    """Count, or where an operator is named and proven erase, what is over. Services must be open.

    Raises:
        SettingsInvalid: when no contract has the system.
        AnswerRefused: when the operator may not have it done, the code is not theirs, or the policy wants more people.
    """
    systems = _known(system)
    if not operator:
        return _collected("", _over("", count_over, systems))
    run_id = borne_name() or _begun_by(operator, code, system)
    bear_name(run_id)
    done = _collected(run_id, _over(run_id, erase_over, systems))
    approve_rules(run_id, done.lines, [operator])
    end_run(run_id, list(done.failed))
    show_result(done)
    return done


def _begun_by(operator: str, code: str, system: str) -> str:
    """The name of a run that a proven person has done in one step."""
    _require_one_is_enough()
    who = prove_person(operator, code, roles=services().policy.retention_roles, where="retention")
    return begin_run(str(uuid4()), who, system).run_id


def begin_planned(system: str = "", key: str = "") -> str:
    """The name of a run that asks before it erases what people must see; the same key gives the same run.

    Raises:
        SettingsInvalid: when no contract has the system.
    """
    _known(system)
    return begin_run(key or str(uuid4()), system=system).run_id


def carry_on(run_id: str) -> Retained:
    """Carry a planned run on from wherever it stands, to its end or to its gate. Services must be open.

    Raises:
        WaitingForPerson: outside a flow run, while people are asked.
    """
    plan = _planned(run_id)
    if is_ended(run_id):
        return retained(run_id)
    show_table("retention-plan", run_id, plan_rows(plan, services().contracts), title=_title(run_id, plan))
    failed = _failures(_over(run_id, erase_over, plan.systems(Way.AT_ONCE)))
    asked, is_refused = plan.lines(Way.ASK), False
    if asked:
        ask(run_id, _question(run_id, plan))
        is_refused = not settle_approval(run_id, asked)
        if not is_refused:
            failed |= _failures(_over(run_id, erase_approved, plan.systems(Way.ASK)))
    end_run(run_id, [*plan.failed, *failed], refused=is_refused)
    done = retained(run_id, failed)
    show_result(done)
    return done


def retained(run_id: str, failed: Mapping[str, str] | None = None) -> Retained:
    """What a run did, as the register has it.

    Args:
        run_id: the run.
        failed: what went wrong by system, beside what could not be counted.
    """
    outcome, plan = services().register.run(run_id).outcome, plan_of(run_id)
    lines = (*lines_of(run_id, AT_ONCE), *lines_of(run_id, APPROVED))
    if plan is None:
        unread = tuple(line for line in lines if line.unread)
        return Retained(run_id, outcome, lines, dict(failed or {}), unread=unread)
    left = [Untouched(one.place, one.shown, one.why) for one in left_out_of(run_id)]
    if not was_approved(run_id):
        # Without an outcome people have not answered yet.
        left += [Untouched(line.place, line.due, outcome or "asked") for line in plan.lines(Way.ASK)]
    left += [Untouched(c.line.place, c.line.due, f"see {c.run}") for c in plan.courses if c.way is Way.ELSEWHERE]
    unread = tuple(course.line for course in plan.courses if course.line.unread)
    endless = endless_tables(begun(run_id)["system"])
    return Retained(run_id, outcome, lines, {**plan.failed, **(failed or {})}, tuple(left), unread, endless)


def show_result(done: Retained) -> None:
    """What a run did, beside its flow run: before and after, by system and rule."""
    rows: list[dict[str, str | int]] = [
        {
            "system": line.system,
            "table": line.table,
            "rule": line.rule,
            "over before": line.over,
            "spared": line.spared,
            "erased": "?" if line.uncounted else line.due - line.left,
            "left": line.left,
            "date cannot be read": line.unread,
        }
        for line in dict.fromkeys((*done.lines, *done.unread))
        if line.over or line.unread
    ]
    show_table("retention-result", done.run, rows, title=f"**{done.said}.**")


def _planned(run_id: str) -> Planned:
    """The run's plan, made now where there is none."""
    plan = plan_of(run_id)
    if plan is None:
        for old in take_back_old(run_id):
            wake_run(old)
        counted = _over(run_id, count_over, systems_in_order(begun(run_id)["system"]))
        freeze_plan(run_id, counted, asked_elsewhere(run_id))
        plan = plan_of(run_id)
    assert plan is not None  # noqa: S101  # kept just before
    return plan


def _over(
    run_id: str, work: Step[[str, str], list[Counted]], systems: Iterable[str]
) -> dict[str, list[Counted] | RightsflowError]:
    """What each system said, one after the other, with progress in the UI."""
    named = tuple(systems)
    found: dict[str, list[Counted] | RightsflowError] = {}
    key = run_id or _flow_run_name()
    with progress(work.name.replace(" ", "-"), key, len(named), title=f"{work.name}: {', '.join(named)}") as reached:
        for number, name in enumerate(named, 1):
            found |= work.for_each(run_id, [name], in_order=True)
            reached(number)
    return found


def _flow_run_name() -> str:
    context = FlowRunContext.get()
    return str(context.flow_run.id) if context is not None and context.flow_run is not None else ""


def _known(system: str) -> tuple[str, ...]:
    """Systems to act on.

    Raises:
        SettingsInvalid: when no contract has the system.
    """
    systems_named(system)
    return systems_in_order(system)


def _require_one_is_enough() -> None:
    rule = rule_for(services().policy, Duty.RETENTION, Gate.APPROVAL)
    if rule.people > 1:
        raise AnswerRefused(
            f"the policy asks {rule.people} people to approve retention",
            where="retention",
            remedy="have it asked with 'rightsflow retention --ask', and answer its gate",
        )


def _question(run_id: str, plan: Planned) -> Question:
    asked = plan.lines(Way.ASK)
    return Question(
        gate=Gate.APPROVAL,
        description=question_text(run_id, plan, services().contracts),
        facts={"as_of": day(plan.as_of), "rules": [[line.digest, line.over, line.spared] for line in asked]},
        options=(Decision.APPROVE, Decision.REFUSE),
    )


def _title(run_id: str, plan: Planned) -> str:
    due = {way: sum(line.due for line in plan.lines(way)) for way in (Way.AT_ONCE, Way.ASK, Way.ELSEWHERE)}
    failed = f" Could not be counted: {', '.join(plan.failed)}." if plan.failed else ""
    return (
        f"**{run_id}: over on {day(plan.as_of)}.** {due[Way.AT_ONCE]} rows go at once, {due[Way.ASK]} wait for an "
        f"answer, {due[Way.ELSEWHERE]} are left to another run.{failed}"
    )


def _failures(found: Mapping[str, Sequence[Counted] | RightsflowError]) -> dict[str, str]:
    return {name: str(error) for name, error in found.items() if isinstance(error, RightsflowError)}


def _collected(run_id: str, found: Mapping[str, Sequence[Counted] | RightsflowError]) -> Retained:
    lines = [line for lines in found.values() if not isinstance(lines, RightsflowError) for line in lines]
    failed = _failures(found)
    outcome = "incomplete" if failed else "proven" if run_id else "counted"
    unread = tuple(line for line in lines if line.unread)
    only = next(iter(found)) if len(found) == 1 else ""
    return Retained(run_id, outcome, tuple(lines), failed, unread=unread, endless=endless_tables(only))
