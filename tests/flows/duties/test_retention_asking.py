"""Charter 4.1, 4.2: each night what is known and little goes by itself; people are asked about the rest, once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from data_contracts.company.company import GateRule
from data_contracts.company.contract import Contracts
from data_contracts.connectors.keys import Order
from data_contracts.errors import ActRefused, AnswerRefused, StepFailed, SystemUnavailable
from data_contracts.gates.gates import GateEntry
from data_contracts.officer.retaining import ApprovedRule
from data_contracts.vocabulary import Decision, Duty, Gate, OperatorRole, Right
from flows.duties.retention import Retained, begin_planned, carry_on, carry_out, retained
from flows.duties.retention_report import retention_report
from flows.duties.retention_wording import question_text
from flows.runs.gates import WaitingForPerson
from tasks.act.periods.retention import count_over, erase_approved, erase_over, plan_of
from tasks.rules.act.retaining import Way
from tasks.services import services, use
from tests.flows.company import House, Passing, Recording, lost
from tests.flows.duties.test_retention import aged, erase, over


def asked(run_id: str) -> GateEntry:
    """The gate at which a run waits."""
    with pytest.raises(WaitingForPerson) as waiting:
        carry_on(run_id)
    return waiting.value.entry


def approved(house: House, system: str = "") -> Retained:
    """A run whose question was answered with yes."""
    run_id = begin_planned(system)
    house.answer(asked(run_id), Decision.APPROVE)
    return carry_on(run_id)


def know_every_rule() -> None:
    """Every rule was approved once, also those by which nothing was due."""
    run_id, now = services().register.runs(Duty.RETENTION)[0].run_id, services().now()
    lines = [line for system in services().contracts.systems for line in count_over(run_id, system)]
    services().register.approve_rules(ApprovedRule(one.digest, run_id, one.place, "claire", now) for one in lines)


@contextmanager
def policy(**facts: Any) -> Iterator[None]:
    """A policy that says other things."""
    with use(replace(services(), policy=services().policy.model_copy(update=facts))):
        yield


def test_first_run_of_a_rule_waits(house: House) -> None:
    """Nothing is erased by a rule that nobody has approved; the gate tells counts, periods and why."""
    before, due = house.rows(), over(house)["billing.call_record"].total()

    entry = asked(begin_planned())

    assert house.rows() == before
    assert f"| {due} | new | billing.call_record |" in entry.description
    assert "1 year after `started_at`" in entry.description
    assert entry.options == (Decision.APPROVE, Decision.REFUSE)


def test_nothing_is_erased_before_people_have_approved_it(house: House) -> None:
    """Law 14, whoever calls the step: while the gate waits, after a refusal, and of a run that has no plan."""
    before, run_id = house.rows(), begin_planned()
    with pytest.raises(ActRefused, match="nobody let this run erase"):
        erase_over(run_id, "billing")
    entry = asked(run_id)

    with pytest.raises(ActRefused, match="nobody let this run erase"):
        erase_approved(run_id, "billing")
    house.answer(entry, Decision.REFUSE, reason="the lawyers look at it")
    carry_on(run_id)
    with pytest.raises(ActRefused, match="nobody let this run erase"):
        erase_approved(run_id, "billing")

    assert house.rows() == before


def test_approved_rules_are_carried_out(house: House) -> None:
    """What people approved goes, in every system, and is proven."""
    done = approved(house)

    assert (done.outcome, done.failed, done.untouched) == ("proven", {}, ())
    assert {place: rows for place, rows in over(house).items() if rows} == {}
    assert house.installation.verify_case(done.run).is_whole


def test_known_rule_goes_by_itself(house: House) -> None:
    """Once approved, and while little is due, nobody is asked again."""
    approved(house)
    theirs = aged(house)
    know_every_rule()

    with policy(retention_threshold_percent=100):
        done = carry_on(begin_planned())

    assert sum(line.due for line in done.lines if line.table == "call_record") == theirs.total()
    assert done.outcome == "proven"
    assert not over(house)["billing.call_record"]


def test_many_rows_are_asked_about_though_the_rule_is_known(house: House) -> None:
    """A wrong date in many rows is seen by a person before they go; other rules go meanwhile."""
    approved(house)
    know_every_rule()
    theirs = aged(house)

    with policy(retention_threshold_percent=100, retention_threshold_rows=theirs.total() - 1):
        entry = asked(begin_planned("billing"))

    assert "many rows" in entry.description
    assert over(house)["billing.call_record"] == theirs


def test_refusal_leaves_the_rows_and_is_not_asked_again_at_once(house: House) -> None:
    """The run ends refused, nothing was erased, and tomorrow's run does not ask the same; next week's does."""
    before = house.rows()
    run_id = begin_planned()
    house.answer(asked(run_id), Decision.REFUSE, reason="the lawyers look at it")

    done = carry_on(run_id)
    house.clock.advance(timedelta(days=1))
    tomorrow = carry_on(begin_planned())
    house.clock.advance(timedelta(days=7))

    assert (done.outcome, tomorrow.outcome) == ("refused", "proven")
    assert {one.why for one in done.untouched} == {"refused"}
    assert {one.why for one in tomorrow.untouched if one.due} >= {f"see {run_id}"}
    assert not lost(before, house.rows())
    assert asked(begin_planned()).case_id not in {run_id, tomorrow.run}


@pytest.mark.usefixtures("house")
def test_question_is_asked_once() -> None:
    """While people are asked, the next night's run leaves these rules to them."""
    run_id = begin_planned("billing")
    asked(run_id)

    tomorrow = carry_on(begin_planned("billing"))

    assert {one.why for one in tomorrow.untouched} == {f"see {run_id}"}


def test_question_that_nobody_answers_is_asked_anew(house: House) -> None:
    """After a week the next run takes it back and asks with the counts of its day; the old run ends."""
    old = begin_planned("billing")
    asked(old)
    house.clock.advance(timedelta(days=8))

    new = begin_planned("billing")
    entry = asked(new)

    assert [gate.case_id for gate in services().register.gates(open_only=True)] == [new] == [entry.case_id]
    assert carry_on(old).outcome == "superseded"


def test_what_became_over_after_the_plan_stays(house: House) -> None:
    """An approval covers rows over on the day that people saw."""
    run_id = begin_planned("billing")
    entry = asked(run_id)
    before = house.rows()
    house.clock.advance(timedelta(days=6))
    due = over(house)["billing.call_record"].total()

    house.answer(entry, Decision.APPROVE)
    done = carry_on(run_id)

    assert lost(before, house.rows())["billing.call_record"].total() == due
    assert done.outcome == "proven"


def test_more_than_people_saw_is_left_to_the_next_run(house: House) -> None:
    """Rows that a case spared go when it has ended, unless that makes more than people agreed to."""
    theirs = aged(house)
    case_id = house.open(Right.ACCESS)
    house.until(Gate.APPROVAL, case_id)
    run_id = begin_planned("billing")
    entry = asked(run_id)
    seen = next(line.due for line in plan_of(run_id).lines(Way.ASK) if line.table == "call_record")  # type: ignore[union-attr]  # it was asked
    assert theirs.total() * 10 > seen, "enough to make a difference"
    house.walk(case_id)

    house.answer(entry, Decision.APPROVE)
    done = carry_on(run_id)

    left = {one.place: one.why for one in done.untouched}
    assert left["billing.call_record: keep_traffic"] == "grown"
    assert over(house)["billing.call_record"].total() == seen + theirs.total()


def test_rule_that_reads_otherwise_is_left(house: House) -> None:
    """Who approved twelve months did not approve six."""
    run_id = begin_planned("billing")
    entry = asked(run_id)
    house.answer(entry, Decision.APPROVE)

    with use(replace(services(), contracts=_shorter(services().contracts))):
        done = carry_on(run_id)

    assert {one.place: one.why for one in done.untouched} == {"billing.call_record: keep_traffic": "changed"}
    assert over(house)["billing.call_record"]


def _shorter(contracts: Contracts) -> Contracts:
    contract = contracts.systems["billing"]
    own = contract.table("call_record")
    shorter = replace(own, retentions=tuple(replace(period, value=6, unit="mo") for period in own.retentions))
    tables = tuple(shorter if table is own else table for table in contract.tables)
    return replace(contracts, systems={**contracts.systems, "billing": replace(contract, tables=tables)})


def test_law_5_as_many_people_as_the_policy_says(house: House) -> None:
    """Where two must approve, one is not enough, neither at the gate nor by command."""
    two = {
        **services().policy.duties,
        Duty.RETENTION: {Gate.APPROVAL: GateRule(roles=[OperatorRole.DPO, OperatorRole.LEGAL], people=2)},
    }
    with policy(duties=two):
        run_id = begin_planned("marketing")
        house.answer(asked(run_id), Decision.APPROVE, who="claire")
        before = house.rows()

        again = asked(run_id)
        with pytest.raises(AnswerRefused, match="2 people"):
            carry_out("marketing", "claire", house.code("claire"))
        assert house.rows() == before
        house.answer(again, Decision.APPROVE, who="marc")

        assert carry_on(run_id).outcome == "proven"
    assert {rule.approved_by for rule in services().register.approved_rules().values()} == {"claire, marc"}


def test_one_step_approves_too(house: House) -> None:
    """Rules that a person had carried out by command go by themselves from then on."""
    erase(house, "marketing")
    house.ask("marketing", "UPDATE mailing SET sent_at = '2024-01-01 08:00:00.000000' WHERE rowid % 20 = 0")
    due = over(house)["marketing.mailing"].total()

    done = carry_on(begin_planned("marketing"))

    assert due
    assert ("mailing", due) in {(line.table, line.due) for line in done.lines}
    assert not over(house)["marketing.mailing"]


@pytest.mark.parametrize("fatal", range(1, 9))
@pytest.mark.parametrize("is_written", [True, False])
def test_law_2_restart_from_the_first_line(
    house: House, monkeypatch: pytest.MonkeyPatch, fatal: int, *, is_written: bool
) -> None:
    """Whichever write to the register is the last of a process, or fails, the next one goes on to the same end."""
    with policy(retention_threshold_percent=100):
        run_id = begin_planned("marketing", "key")
        register = services().register
        writes = iter(range(1, 1000))

        def dying(method: Any) -> Any:
            def call(*args: Any, **kwargs: Any) -> Any:
                is_fatal = next(writes) == fatal
                if is_fatal and not is_written:
                    raise StepFailed("killed", where="test", remedy="start again")
                done = method(*args, **kwargs)
                if is_fatal:
                    raise StepFailed("killed", where="test", remedy="start again")
                return done

            return call

        for name in ("complete", "claim", "open_gate", "approve_rules"):
            monkeypatch.setattr(register, name, dying(getattr(register, name)))

        done = _until_ended(house, run_id)

    assert next(writes) > fatal
    assert (done.outcome, done.untouched) == ("proven", ())
    assert {place: rows for place, rows in over(house).items() if rows and place.startswith("marketing")} == {}
    assert house.installation.verify_case(run_id).is_whole


def _until_ended(house: House, run_id: str) -> Retained:
    """Start the run again and again, as the watch does, and answer its gate."""
    for _ in range(4):
        try:
            done = carry_on(run_id)
        except WaitingForPerson as waiting:
            try:
                house.answer(waiting.entry, Decision.APPROVE)
            except StepFailed:
                continue
        except StepFailed:
            continue
        else:
            if not done.failed:
                return done
    raise AssertionError(run_id)


def test_law_6_system_that_is_down_asks_nothing_and_stops_nobody(house: House, systems: Recording) -> None:
    """It is told; the others are asked about. Run again, the run does what it could not do."""

    class Down(Passing):
        def carry_out(self, _orders: list[Order]) -> list[int]:
            raise SystemUnavailable("down", where=self.system, remedy="start it")

    run_id = begin_planned()
    entry = asked(run_id)
    systems.instead["billing"] = Down
    house.answer(entry, Decision.APPROVE)

    broken = carry_on(run_id)
    del systems.instead["billing"]
    mended = carry_on(run_id)

    assert (broken.outcome, list(broken.failed), mended.outcome) == ("incomplete", ["billing"], "proven")
    assert not over(house)["billing.call_record"]


def test_question_is_free_of_what_the_tables_hold(house: House) -> None:
    """Law 1: names of systems, tables, rules and counts."""
    entry = asked(begin_planned())
    subject = house.company.subject

    assert not [word for word in (subject.email, subject.customer_no, subject.name) if word in entry.description]


@pytest.mark.parametrize(
    ("language", "word"), [("fr", "Rapport de conservation"), ("en", "Retention report"), ("nl", "Verslag")]
)
def test_report_says_before_and_after(house: House, language: str, word: str) -> None:
    """By rule, with who decided, in the language of its readers; in the organisation's where none is named."""
    done = approved(house, "billing")

    report = retention_report(done, language)
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(services().reports.pdf(report))).pages)

    assert word in text
    assert "claire (" in text
    assert done.run in text
    assert retention_report(done).language == services().organisation.languages[0]


@pytest.mark.usefixtures("house")
def test_report_of_a_run_that_waits() -> None:
    """What is asked about is told as not carried out yet."""
    run_id = begin_planned("billing")
    asked(run_id)

    done = retained(run_id)

    assert {one.why for one in done.untouched} == {"asked"}
    assert question_text(run_id, plan_of(run_id), services().contracts)  # type: ignore[arg-type]  # it was asked
