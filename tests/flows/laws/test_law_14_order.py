"""Law 14: the wrong order is impossible. Every act of every right, called out of order, raises and changes nothing."""

import ast
import importlib
import pickle  # noqa: TID251  # an error or argument travels so between Prefect's processes
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import pytest

import tasks
from data_contracts.case.case import Case
from data_contracts.case.confirmed import OF_LIFTING, OF_RESTORING, Confirmed
from data_contracts.case.ledger import StepEntry
from data_contracts.case.request import FieldChange, Statement
from data_contracts.errors import ActRefused, MoveRefused, RequestInvalid, TerminalError
from data_contracts.evidence.records import Record
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import CaseState, Decision, Gate, Right
from flows.rights import lift
from flows.rights.stages import over_systems
from flows.runs.gates import WaitingForPerson
from tasks.act.changing import Changing
from tasks.act.erasure import erase_in_system
from tasks.act.objection import approve_by_law
from tasks.act.portability import portable_content
from tasks.case.plans import confirm_lifting, confirm_restoring, confirm_staged, confirmed, planned
from tasks.gates.decisions import settle_approval, settle_empty
from tasks.services import services
from tasks.steps.acting import Act
from tests.flows.company import House, Rows
from tests.forging import forged
from tests.test_house import ROOT

_NEW_TICKET = "INSERT INTO interaction VALUES (990001, ?, '2026-03-31T09:00:00+00:00', 'phone', 'agent1', 'called')"
_EFFECTS = {"carry_out", "carry_out_kept", "give_back", "transfers.send", "package.write"}
"""Calls that change a system, or make or send what is disclosed."""
_LET_OTHERWISE = {
    ("tasks/act/periods/expired.py", "erase"),
    *(("tasks/canaries/canaries.py", name) for name in ("change", "erase", "take_away")),
}
"""Runs have no case. What is over is erased for them: tasks/act/periods/retention.py asks who let the run. A canary is
nobody: what she is made of is drawn by her run, and no other row is touched (docs/adr/0013). See the tests of both."""

ASKED: Mapping[Right, Statement] = {
    Right.ACCESS: Statement(),
    Right.PORTABILITY: Statement(send_to="energypart"),
    Right.ERASURE: Statement(),
    Right.RECTIFICATION: Statement(changes=[FieldChange(field="user.contact.email", value="new@example.org")]),
    Right.RESTRICTION: Statement(),
    Right.OBJECTION: Statement(purposes=["churn"]),
}

LIFTING = "lifting"
RESTORING = "restoring"
ACTS: Mapping[str, tuple[Right | str, tuple[object, ...]]] = {
    "tasks.act.access.build_package": (Right.ACCESS, ()),
    "tasks.notices.notify_subject.tell_answer": (Right.ACCESS, (3,)),
    "tasks.act.portability.build_portable_package": (Right.PORTABILITY, ()),
    "tasks.act.transmission.transmit": (Right.PORTABILITY, (portable_content,)),
    "tasks.act.transmission.settle_by_people": (Right.PORTABILITY, (portable_content,)),
    "tasks.act.portability.tell_portable": (Right.PORTABILITY, (3,)),
    "tasks.act.erasure.erase_in_system": (Right.ERASURE, ("crm",)),
    "tasks.recipients.tell.tell_recipient": (Right.ERASURE, ("mailer",)),
    "tasks.act.erasure_proof.tell_erasure": (Right.ERASURE, ()),
    "tasks.act.rectification.RECTIFY.change": (Right.RECTIFICATION, ("crm",)),
    "tasks.act.rectified_keys.carry_keys": (Right.RECTIFICATION, ()),
    "tasks.act.rectified.tell_rectified": (Right.RECTIFICATION, ()),
    "tasks.act.restriction.RESTRICTING.change": (Right.RESTRICTION, ("crm",)),
    "tasks.act.restriction.tell_restriction": (Right.RESTRICTION, ()),
    "tasks.act.objection.OBJECTING.change": (Right.OBJECTION, ("marketing",)),
    "tasks.act.objection.tell_objection": (Right.OBJECTION, ()),
    "tasks.act.lifting.tell_lifting": (LIFTING, ()),
    "tasks.act.lifting.unmark_system": (LIFTING, ("crm",)),
    "tasks.act.lifting.finish_lifting": (LIFTING, ()),
    "tasks.recipients.tell_lifting.tell_lifted": (LIFTING, ("mailer",)),
    "tasks.act.restoring.restore_system": (RESTORING, ("crm",)),
    "tasks.act.restoring.finish_restoring": (RESTORING, ()),
    "tasks.act.restoring.tell_restored": (RESTORING, ()),
}
"""Every act: whose it is, and what it is called with beside the case and what was confirmed."""


def acts() -> dict[str, Act[..., Any]]:
    """Every act that a module of ``tasks`` makes, by its place."""
    found: dict[str, Act[..., Any]] = {}
    for module in pkgutil.walk_packages(tasks.__path__, "tasks."):
        for name, value in vars(importlib.import_module(module.name)).items():
            place = f"{module.name}.{name}"
            if isinstance(value, Act) and value._guarded.__module__ == module.name:
                found[place] = value
            if isinstance(value, Changing) and type(value).__module__ == module.name:
                found[f"{place}.change"] = value.change
    return found


def test_every_act_is_tried() -> None:
    """An act that is added is tried out of order as well."""
    assert set(acts()) == set(ACTS)


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    """Functions and methods of a module."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def is_effect(node: ast.AST) -> bool:
    """Whether it is a call that changes a system, or makes or sends what is disclosed."""
    if not isinstance(node, ast.Call):
        return False
    called = ast.unparse(node.func)
    return any(called.endswith(f".{name}") or called == name for name in _EFFECTS)


def claims(function: ast.FunctionDef, before: int) -> bool:
    """Whether a function hands on what was confirmed, in a line before."""
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call) and node.lineno < before]
    given = [argument for call in calls for argument in (*call.args, *(keyword.value for keyword in call.keywords))]
    return any(isinstance(one, ast.Name) and one.id == "confirmed" for one in given)


def test_no_task_acts_without_claiming_what_was_confirmed() -> None:
    """Who changes systems or discloses takes what only an approval makes, and claims with it first."""
    loose = []
    for path in sorted((ROOT / "tasks").rglob("*.py")):
        where = path.relative_to(ROOT).as_posix()
        for function in functions(ast.parse(path.read_text(encoding="utf-8"))):
            effects = [node for node in ast.walk(function) if is_effect(node)]
            if any(not claims(function, node.lineno) for node in effects):  # type: ignore[attr-defined]  # calls have lines
                loose.append((where, function.name))

    assert set(loose) == _LET_OTHERWISE


# --- whatever is called, nothing happens -------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """All that an act could change."""

    rows: Rows
    sent: frozenset[Path]
    case: Case
    steps: Mapping[tuple[str, str], StepEntry]
    sealed: tuple[str, ...]
    lists: tuple[int, int]


def world(house: House, case_id: str) -> World:
    """How it stands."""
    register = house.installation.register
    keys = [key.digest for key in register.subject_keys(case_id)]
    return World(
        rows=house.rows(),
        sent=frozenset((house.installation.settings.state / "outbox").rglob("*")),
        case=register.case(case_id),
        steps=register.steps(case_id),
        sealed=tuple(services().vault.names(case_id)),
        lists=(len(register.stances_of(keys)), len([r for r in register.restrictions_of(keys) if r.lifted_at is None])),
    )


def nothing_happens(
    house: House, case_id: str, whose: Right | str, given: Confirmed, *also: type[TerminalError]
) -> None:
    """Every act of that right is refused, or ends with another of our errors named, and leaves the world as it was."""
    before = world(house, case_id)
    for place, act in acts().items():
        owner, arguments = ACTS[place]
        if owner == whose:
            with pytest.raises((ActRefused, MoveRefused, *also)):
                act(case_id, *arguments, given)
            assert world(house, case_id) == before, place


def opened(house: House, right: Right) -> str:
    """A new case of that right."""
    return house.open(right, statement=ASKED[right])


def planned_gate(house: House, right: Right) -> GateEntry:
    """The open gate at which a plan is shown; of an objection the one at which its use is weighed."""
    return house.until(Gate.APPROVAL, opened(house, right))


def given_up(house: House, entry: GateEntry) -> None:
    """A person refuses."""
    house.answer(entry, Decision.REFUSE, reason="A lawsuit is pending.", reference="")


def changed(house: House, entry: GateEntry) -> None:
    """People approve, a row comes in before anything is done, and the gate opens again."""
    while entry.outcome is None:
        entry = house.agree(entry)
    house.ask("crm", _NEW_TICKET, house.company.subject.customer_no)
    again = house.run(entry.case_id)
    assert again is not None
    assert again.digest != entry.digest


def answering(house: House, entry: GateEntry) -> Iterator[str]:
    """What people have said by now, one after the other, until the plan is approved."""
    yield "the gate waits"
    while entry.outcome is None:
        entry = house.agree(entry)
        yield f"{len(entry.answers)} of {entry.people} approved"


@pytest.mark.parametrize("right", Right, ids=str)
def test_no_act_before_the_plan_is_approved_and_confirmed(house: House, right: Right) -> None:
    """Whatever people have said by now: until the flow has confirmed it, nobody acts."""
    entry = planned_gate(house, right)

    for _said in answering(house, entry):
        nothing_happens(house, entry.case_id, right, forged(entry.case_id, planned(entry.case_id) or "0" * 64))
        with pytest.raises(ActRefused, match="must not act"):
            confirmed(entry.case_id)
    if plan := planned(entry.case_id):
        assert settle_approval(entry.case_id)
        nothing_happens(house, entry.case_id, right, forged(entry.case_id, plan))
        with pytest.raises(ActRefused, match="not approved and confirmed"):
            confirmed(entry.case_id)


@pytest.mark.parametrize("right", Right, ids=str)
def test_no_act_after_a_refusal(house: House, right: Right) -> None:
    """The case was told and closed, or a flow is about to."""
    entry = planned_gate(house, right)
    given_up(house, entry)
    plan = planned(entry.case_id)
    nothing_happens(house, entry.case_id, right, forged(entry.case_id, plan or "0" * 64))
    if plan:
        settle_approval(entry.case_id)
        nothing_happens(house, entry.case_id, right, forged(entry.case_id, plan))
    assert house.walk(entry.case_id) == "refused"

    given = forged(entry.case_id, plan or "0" * 64)
    nothing_happens(house, entry.case_id, right, given, RequestInvalid)  # what was sealed is destroyed
    with pytest.raises(ActRefused):
        confirmed(entry.case_id)


def test_no_act_after_the_plan_changed(house: House) -> None:
    """What was approved is not what would be done: neither digest lets anybody act."""
    entry = planned_gate(house, Right.ERASURE)
    old = planned(entry.case_id)
    changed(house, entry)

    for digest in (old, planned(entry.case_id)):
        nothing_happens(house, entry.case_id, Right.ERASURE, forged(entry.case_id, digest))
    with pytest.raises(ActRefused):
        confirmed(entry.case_id)


@pytest.mark.parametrize("right", Right, ids=str)
def test_no_act_under_another_cases_approval(house: House, right: Right) -> None:
    """A genuine confirmation is good for its own case, and not once more for that one."""
    other = opened(house, Right.RESTRICTION)
    house.walk(other)
    genuine = confirmed(other)
    entry = planned_gate(house, right)

    nothing_happens(house, entry.case_id, right, genuine)


@pytest.mark.parametrize("said", ["nobody was asked", "the gate waits", "kept in force", "another case's"])
def test_no_lifting_before_a_person_decided(house: House, said: str) -> None:
    """Art. 18(3): neither told, unmarked, lifted nor passed on."""
    case_id = opened(house, Right.RESTRICTION)
    house.walk(case_id)
    given = forged(case_id, "0" * 64, OF_LIFTING)
    if said in {"the gate waits", "kept in force"}:
        with pytest.raises(WaitingForPerson) as waiting:
            lift.carry_out(case_id)
        given = forged(case_id, waiting.value.entry.digest, OF_LIFTING)
        if said == "kept in force":
            house.answer(waiting.value.entry, Decision.REFUSE, reason="Still contested.")
    if said == "another case's":
        given = lifting_of_another(house)

    nothing_happens(house, case_id, LIFTING, given)
    with pytest.raises(ActRefused, match="nobody decided"):
        confirm_lifting(case_id)


def lifting_of_another(house: House) -> Confirmed:
    """What was genuinely confirmed about the lifting of another case's restriction."""
    other = opened(house, Right.RESTRICTION)
    house.walk(other)
    with pytest.raises(WaitingForPerson) as waiting:
        lift.carry_out(other)
    house.answer(waiting.value.entry, Decision.APPROVE, reason="It was right.")
    return confirm_lifting(other)


def test_plan_of_a_case_lets_nobody_lift(house: House) -> None:
    """What was confirmed of the plan is no decision about lifting."""
    case_id = opened(house, Right.RESTRICTION)
    house.walk(case_id)

    nothing_happens(house, case_id, LIFTING, confirmed(case_id))


def test_nothing_is_given_back_before_two_people_decided(house: House) -> None:
    """Neither written to a system, taken off the list of erasures nor told, whatever was approved before."""
    case_id = opened(house, Right.ERASURE)
    house.walk(case_id)

    nothing_happens(house, case_id, RESTORING, forged(case_id, "0" * 64, OF_RESTORING))
    nothing_happens(house, case_id, RESTORING, confirmed(case_id))
    with pytest.raises(ActRefused, match="two people have not decided"):
        confirm_restoring(case_id)


# --- how a confirmation is made ----------------------------------------------------------------------------------


def test_nobody_else_makes_a_confirmation() -> None:
    """Neither by its constructor nor as a copy that says something else."""
    with pytest.raises(ActRefused, match="only the confirmation"):
        Confirmed("C-1", "d1")
    with pytest.raises(ActRefused, match="only the confirmation"):
        replace(forged("C-1", "d1"), case_id="C-2")


def test_confirmation_can_travel(house: House) -> None:
    """It is pickled without the mark, holds no personal data, and is read again from the register."""
    case_id = opened(house, Right.ERASURE)
    house.walk(case_id)
    made = confirmed(case_id)

    again = pickle.loads(pickle.dumps(made))  # noqa: S301  # our own bytes

    assert again == made
    assert [field.name for field in fields(made)] == ["case_id", "digest", "subject"]


def test_done_act_is_told_and_not_done_again(house: House) -> None:
    """A life that starts again from its first line goes through its acts to no effect (law 2, law 3)."""
    case_id = opened(house, Right.ERASURE)
    assert house.walk(case_id) == "granted_in_part"
    before = world(house, case_id)

    rows = erase_in_system(case_id, "crm", confirmed(case_id))

    assert rows == before.steps["erase", "crm"].receipt["rows"]
    assert world(house, case_id) == before


def test_refused_act_is_no_outage(house: House) -> None:
    """No gate offers to have it done by hand, or to try again what must not be done."""
    entry = planned_gate(house, Right.ERASURE)
    given = forged(entry.case_id, planned(entry.case_id))

    with pytest.raises(ActRefused):
        over_systems(entry.case_id, erase_in_system.under(given), ["crm"], in_order=True)

    assert {one.gate for one in house.installation.register.gates(entry.case_id)} == {Gate.IDENTITY, Gate.APPROVAL}


# --- what makes an approval --------------------------------------------------------------------------------------


def test_answer_about_an_older_plan_approves_no_newer_one(house: House) -> None:
    """Law 5: whoever calls the step, an answer counts for what was shown."""
    entry = planned_gate(house, Right.ERASURE)
    assert list(answering(house, entry))
    register = house.installation.register
    register.reopen(entry.case_id, ["plan"], Record("plan changed", "", {}), (CaseState.LOCATED, "test"))
    register.complete(entry.case_id, "plan", receipt={"digest": "d2"}, record=None, move=(CaseState.PLANNED, "d2"))

    with pytest.raises(MoveRefused, match="have not decided about this plan"):
        settle_approval(entry.case_id)


def test_undecided_gate_is_not_a_refusal(house: House) -> None:
    """Settled too early, nothing is settled."""
    entry = planned_gate(house, Right.ERASURE)

    with pytest.raises(MoveRefused, match="have not decided"):
        settle_approval(entry.case_id)

    assert house.walk(entry.case_id) == "granted_in_part"


@pytest.mark.parametrize("right", [right for right in Right if right is not Right.OBJECTION], ids=str)
def test_the_law_approves_objections_alone(house: House, right: Right) -> None:
    """Art. 21 needs nobody's approval; every other plan does."""
    entry = planned_gate(house, right)

    with pytest.raises(MoveRefused, match="the law approves"):
        approve_by_law(entry.case_id)

    assert house.installation.register.case(entry.case_id).state is CaseState.PLANNED


def test_copy_is_not_confirmed_before_it_is_approved(house: House) -> None:
    """Whoever calls the step; the case stays where it is."""
    entry = planned_gate(house, Right.ACCESS)

    with pytest.raises(ActRefused, match="have not approved"):
        confirm_staged(entry.case_id)

    assert house.installation.register.case(entry.case_id).state is CaseState.PLANNED


def test_only_a_plan_that_does_nothing_is_approved_by_nobody(house: House) -> None:
    """A plan with rows is not settled without people; a receipt that was written past its gate approves nothing."""
    case_id, register = planned_gate(house, Right.ACCESS).case_id, house.installation.register

    assert not settle_empty(case_id)
    assert register.case(case_id).state is CaseState.PLANNED

    receipt = {"approved": True, "decided_by": [], "plan": planned(case_id)}
    register.complete(case_id, "approve", receipt=receipt, record=None, move=(CaseState.APPROVED, "nothing to approve"))
    with pytest.raises(ActRefused, match="have not approved"):
        confirm_staged(case_id)


# --- cases that an older version left ----------------------------------------------------------------------------


@pytest.mark.parametrize("right", [Right.ERASURE, Right.OBJECTION, Right.ACCESS], ids=str)
def test_case_whose_receipts_name_no_digest_goes_on(house: House, right: Right) -> None:
    """An older version kept the digest in the plan's receipt alone; its cases in ACTING are carried on."""
    case_id = opened(house, right)
    while house.states(case_id)[-1] != "acting":
        _stop_when_acting(house, case_id)
    register = house.installation.register
    _forget_digests(house, case_id)

    assert register.case(case_id).state is CaseState.ACTING
    assert house.walk(case_id) in {"granted", "granted_in_part"}


def _stop_when_acting(house: House, case_id: str) -> None:
    """Carry the case on until it acts, and let the process die then."""
    register = house.installation.register
    complete = type(register).complete

    def dying(self: Any, case: str, step: str, system: str = "", **facts: Any) -> None:
        complete(self, case, step, system, **facts)
        if step == "confirm":
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:  # a process that dies just there
        patch.setattr(type(register), "complete", dying)
        try:
            entry = house.run(case_id)
        except KeyboardInterrupt:
            return
    assert entry is not None
    house.agree(entry)


def _forget_digests(house: House, case_id: str) -> None:
    """Receipts as the older version wrote them."""
    from integrations.register.tables import tables  # noqa: PLC0415  # what only this test looks into

    register: Any = house.installation.register
    steps = register.steps(case_id)
    older = {"approve": dict(steps["approve", ""].receipt), "confirm": {}}
    older["approve"].pop("plan")
    with register._database.write() as connection:
        for name, receipt in older.items():
            row = tables.steps.c
            changed_row = tables.steps.update().where(row.case_id == case_id, row.step == name, row.system == "")
            connection.execute(changed_row.values(receipt=receipt))
