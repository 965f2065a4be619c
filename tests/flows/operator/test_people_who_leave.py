"""Who decided and lost role, training or trust since: named, and counted as far as the policy says."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from data_contracts.errors import StepFailed
from data_contracts.evidence.records import Record
from data_contracts.gates.leavers import Loss
from data_contracts.gates.operators import Operator
from data_contracts.vocabulary import CaseState, Decision, Gate, OperatorRole, Right
from flows.watch.lookout import look_at_all
from tasks.case import plans
from tasks.case.leavers import missing_at
from tasks.services import services, use
from tests.flows.company import House
from tests.flows.watch.test_lookout import Runs

_SOON = timedelta(hours=1)
_LOSSES: dict[Loss, Callable[[Operator, House], Operator]] = {
    Loss.REMOVED: lambda one, _: replace(one, is_active=False),
    Loss.ROLE: lambda one, _: replace(one, roles=(OperatorRole.ADMIN,)),
    Loss.EXPIRED: lambda one, house: replace(one, valid_until=house.clock() - _SOON),
    Loss.TRAINING: lambda one, house: replace(one, training_until=house.clock() - _SOON),
}
_FOR_CAUSE = [Loss.REMOVED, Loss.ROLE]
_BY_DATE = [Loss.EXPIRED, Loss.TRAINING]


def lose(house: House, name: str, loss: Loss) -> None:
    """An operator loses something."""
    known = house.installation.register.operator(name)
    assert known is not None
    house.installation.register.put_operator(_LOSSES[loss](known, house))


@contextmanager
def policy(*lost: Loss) -> Iterator[None]:
    """Answers count no more with these losses."""
    changed = services().policy.model_copy(update={"approvals_lost_with": list(lost)})
    with use(replace(services(), policy=changed)):
        yield


def asked(house: House, right: Right = Right.ERASURE) -> str:
    """A case that waits for its approval."""
    house.hire("lea", OperatorRole.DPO)
    case_id = house.open(right)
    house.until(Gate.APPROVAL, case_id)
    return case_id


def say_yes(house: House, case_id: str, *people: str) -> None:
    """People approve."""
    for who in people:
        house.answer(house.gate(case_id, Gate.APPROVAL), Decision.APPROVE, who=who)


def finish(house: House, case_id: str, *people: str) -> str:
    """How the case ends when these people answer whatever is asked."""
    given = {Gate.RECIPIENT: (Decision.BY_HAND, "TOLD-1"), Gate.POSTING: (Decision.SENT, "RAR-1")}
    while (entry := house.run(case_id)) is not None:
        decision, reference = given.get(entry.gate, (Decision.APPROVE, ""))
        who = next(one for one in people if one not in {answer.operator for answer in entry.answers})
        house.answer(entry, decision, who=who, reference=reference)
    return house.outcome(case_id)


def state(house: House, case_id: str) -> CaseState:
    """Where the case stands."""
    return house.installation.register.case(case_id).state


def records(house: House, case_id: str) -> list[Any]:
    """Steps of the case's evidence."""
    envelopes, _ = house.installation.register.evidence(case_id)
    signer = house.installation.signer
    return [signer.signed(one) for one in envelopes]


@pytest.mark.parametrize("loss", _FOR_CAUSE)
def test_first_of_two_leaves_before_the_second_answers(house: House, loss: Loss) -> None:
    """The second answer does not decide; a third person's does, and evidence says why it took three."""
    case_id = asked(house)
    say_yes(house, case_id, "claire")
    lose(house, "claire", loss)

    say_yes(house, case_id, "marc")

    gate = house.gate(case_id, Gate.APPROVAL)
    assert (gate.outcome, missing_at(gate)) == (None, 1)
    assert "claire" in gate.note
    before = house.rows()
    waiting = house.run(case_id)
    assert waiting is not None
    assert (waiting.gate, house.rows()) == (Gate.APPROVAL, before)
    say_yes(house, case_id, "lea")
    assert house.gate(case_id, Gate.APPROVAL).outcome is Decision.APPROVE
    (told,) = {tuple(one["facts"]["left"]) for one in records(house, case_id) if "left" in one["facts"]}
    assert told[0].startswith("claire ")
    assert finish(house, case_id, "marc", "lea").startswith("granted")
    assert house.installation.verify_case(case_id).is_whole


@pytest.mark.parametrize("loss", _FOR_CAUSE)
def test_one_of_two_leaves_before_the_case_acts(house: House, loss: Loss) -> None:
    """The same plan is asked about again, with who left and why; nothing is done before two others agreed."""
    case_id = asked(house)
    say_yes(house, case_id, "claire", "marc")
    lose(house, "claire", loss)
    before, first = house.rows(), house.gate(case_id, Gate.APPROVAL)

    again = house.run(case_id)

    assert again is not None
    assert (again.gate, again.outcome, again.answers) == (Gate.APPROVAL, None, ())
    assert again.digest != first.digest
    assert "claire" in again.description
    assert "does not count any more" in again.description
    assert house.rows() == before
    say_yes(house, case_id, "marc", "lea")
    assert finish(house, case_id, "marc", "lea").startswith("granted")
    assert house.installation.verify_case(case_id).is_whole
    assert "approval lapsed" in [one["step"] for one in records(house, case_id)]


def test_same_plan_is_asked_about_as_often_as_somebody_leaves(house: House) -> None:
    """Somebody of the second round leaves as well; who came back answers the third."""
    case_id = asked(house)
    say_yes(house, case_id, "claire", "marc")
    lose(house, "claire", Loss.REMOVED)
    house.run(case_id)
    say_yes(house, case_id, "marc", "lea")
    lose(house, "lea", Loss.ROLE)
    house.hire("claire", OperatorRole.DPO)

    third = house.run(case_id)

    assert third is not None
    assert third.answers == ()
    say_yes(house, case_id, "claire", "marc")
    assert house.walk(case_id).startswith("granted")


@pytest.mark.parametrize("loss", _BY_DATE)
def test_day_that_was_known_ends_no_answer(house: House, loss: Loss) -> None:
    """As shipped; the loss is named in evidence all the same."""
    case_id = asked(house)
    say_yes(house, case_id, "claire")
    lose(house, "claire", loss)
    say_yes(house, case_id, "marc")

    assert house.gate(case_id, Gate.APPROVAL).outcome is Decision.APPROVE
    (told,) = {tuple(one["facts"]["left"]) for one in records(house, case_id) if "left" in one["facts"]}
    assert told[0].endswith("the answer counts still")
    assert state(house, case_id) is CaseState.PLANNED


@pytest.mark.parametrize(
    ("loss", "is_kept"),
    [(Loss.REMOVED, True), (Loss.ROLE, True), (Loss.EXPIRED, False), (Loss.TRAINING, False)],
)
def test_policy_says_which_losses_end_an_answer(house: House, loss: Loss, *, is_kept: bool) -> None:
    """Otherwise than as shipped."""
    case_id = asked(house)
    say_yes(house, case_id, "claire")
    lose(house, "claire", loss)
    with policy(*(one for one in Loss if (one is loss) is not is_kept)):
        say_yes(house, case_id, "marc")

    assert (house.gate(case_id, Gate.APPROVAL).outcome is Decision.APPROVE) is is_kept


def test_next_gate_names_who_left(house: House) -> None:
    """Also where the answer counts: the person who answers next knows."""
    house.hire("lea", OperatorRole.DPO)
    case_id = house.open(Right.ERASURE)
    house.answer(house.until(Gate.IDENTITY, case_id), Decision.APPROVE, who="claire", reference="call_back")
    lose(house, "claire", Loss.EXPIRED)

    entry = house.run(case_id)
    while entry is not None and entry.gate is not Gate.APPROVAL:
        house.answer(entry, Decision.APPROVE, who="lea")
        entry = house.run(case_id)

    assert entry is not None
    assert "- at gate identity: claire is past the last day of the role: the answer counts still" in entry.description


def test_disclosure_is_asked_about_again(house: House) -> None:
    """Access: who approved leaves before the package is built."""
    case_id = asked(house, Right.ACCESS)
    say_yes(house, case_id, "claire")
    lose(house, "claire", Loss.REMOVED)

    again = house.run(case_id)

    assert again is not None
    assert (again.gate, again.answers) == (Gate.APPROVAL, ())
    assert not services().vault.has(case_id, "package")
    say_yes(house, case_id, "marc")
    while (entry := house.run(case_id)) is not None:
        house.answer(entry, Decision.SENT, who="marc", reference="RAR-1")
    assert house.outcome(case_id) == "granted"


def test_what_was_confirmed_goes_on(house: House) -> None:
    """Half an erasure helps nobody: who leaves while it acts stops nothing."""
    case_id = asked(house)
    say_yes(house, case_id, "claire", "marc")
    register = house.installation.register
    seen = register.complete

    def leaving(case: str, step: str, *more: Any, **facts: Any) -> None:
        seen(case, step, *more, **facts)
        if step == "confirm":
            lose(house, "claire", Loss.REMOVED)

    register.complete = leaving  # type: ignore[method-assign,assignment]  # notes when the plan is confirmed
    outcome = finish(house, case_id, "marc", "lea")

    assert outcome.startswith("granted")
    assert len([gate for gate in register.gates(case_id) if gate.gate is Gate.APPROVAL]) == 1


def test_case_that_is_cut_off_is_asked_about_again_all_the_same(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between forgetting the approval and asking anew."""
    case_id = asked(house)
    say_yes(house, case_id, "claire", "marc")
    lose(house, "claire", Loss.ROLE)
    before = house.rows()
    with monkeypatch.context() as cut:
        cut.setattr(plans, "asked_again", lambda *_: 1 / 0)
        with pytest.raises(StepFailed):
            house.run(case_id)

    again = house.run(case_id)

    assert again is not None
    assert (again.gate, again.answers) == (Gate.APPROVAL, ())
    assert house.rows() == before


@pytest.mark.parametrize("loss", [Loss.REMOVED, Loss.TRAINING])
def test_officer_is_written_to_once(house: House, loss: Loss) -> None:
    """Without a word about the data subject; as soon as the watch looks."""
    case_id = asked(house)
    say_yes(house, case_id, "claire")
    lose(house, "claire", loss)
    cases = house.installation.register.cases()

    first, second = look_at_all(cases, Runs()), look_at_all(cases, Runs())

    letters = [mail for mail in house.mails() if "claire decided, and may not any more" in mail]
    assert (first["told_of_leavers"], second["told_of_leavers"], len(letters)) == (1, 0, 1)
    assert case_id in letters[0]
    assert house.company.subject.email not in letters[0]


def test_nobody_left_nothing_said(house: House) -> None:
    """Two people in force: no line, no letter, no more to answer."""
    case_id = asked(house)
    say_yes(house, case_id, "claire", "marc")

    assert look_at_all(house.installation.register.cases(), Runs())["told_of_leavers"] == 0
    assert house.walk(case_id).startswith("granted")
    assert all("may not any more" not in gate.description for gate in house.installation.register.gates(case_id))
    assert Record("approval lapsed", "", {}).step not in [one["step"] for one in records(house, case_id)]
