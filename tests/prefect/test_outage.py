"""Law 6 on a real server: a process dies in the middle, systems are down, people answer with the command."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from data_contracts.vocabulary import Decision, Gate, OperatorRole
from flows.operator.answering import Answered, answer
from flows.watch.watch import Swept, sweep
from tasks.gates.gates import Answer, answer_gate
from tests.prefect.clerks import Clerk, carried_to_their_ends
from tests.prefect.office import Office

_DOWN = ("billing", "support")
_SLOW_SECONDS = 2.0


@dataclass
class Story:
    """An erasure request: its process is killed while a system is slow, then two systems are down."""

    case_id: str
    run_id: str
    crashed: list[Swept] = field(default_factory=list)
    out: set[str] = field(default_factory=set)
    looked_at: set[str] = field(default_factory=set)
    woken_form: str = ""
    refused: dict[str, Any] = field(default_factory=dict)
    form_after_refusal: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


@pytest.fixture(scope="module")
def story(office: Office) -> Story:
    """The story, told to its end; every person but one answers with the command."""
    systems = office.home / "systems"
    with _locked(systems / "crm.db"):
        told = _opened_with_the_command(office)
        _killed_while_searching(office, told)
    with _away(systems, _DOWN):
        _tried_again(office, told)
        office.form(told.run_id)
        told.out = {gate.subject for gate in office.gates(told.case_id)}
        # The server notes what a task ended in a moment after it has ended.
        office.until(lambda: "search crm" in office.tasks(told.run_id, "COMPLETED"))
        time.sleep(_SLOW_SECONDS)
        told.looked_at = office.tasks(told.run_id, "COMPLETED")
    _mended(office, told)
    _approved_with_the_command(office, told)
    told.facts = office.command("case", told.case_id)
    return told


def _opened_with_the_command(office: Office) -> Story:
    email = f"email={office.company.subject.email}"
    opened = office.command("open", "erasure", "--identity", email, "--language", "en")
    office.form(opened["flow_run"])
    case_id = opened["case"]
    who = office.somebody()
    office.command("verify", case_id, "--method", "call_back", "--as", who["operator"], "--code", who["code"])
    return Story(case_id, opened["flow_run"])


def _killed_while_searching(office: Office, told: Story) -> None:
    office.until(lambda: "verify identity" in office.tasks(told.run_id, "COMPLETED"))
    time.sleep(_SLOW_SECONDS)  # it looks at the systems now, and waits for the one that is locked
    office.kill_worker()
    office.until(lambda: office.process(told.run_id) is None)


def _tried_again(office: Office, told: Story) -> None:
    while not told.crashed or not told.crashed[-1].retried:
        time.sleep(0.5)
        told.crashed.append(sweep())
    office.system.start_worker()


def _mended(office: Office, told: Story) -> None:
    """One gate is answered outside the form that is shown, which wakes the run for another gate's form."""
    retry = Answered(decision=Decision.RETRY, reason="", reference="", **office.somebody())
    answer(told.case_id, Gate.OUTAGE, "support", retry)
    told.woken_form = office.form(told.run_id)
    office.answer(told.run_id, decision="retry", **office.somebody())


def _approved_with_the_command(office: Office, told: Story) -> None:
    office.until(lambda: [gate for gate in office.gates(told.case_id) if gate.gate is Gate.APPROVAL])
    office.form(told.run_id)
    wrong = {**office.somebody(), "code": "000000"}
    told.refused = _approve(office, told.case_id, wrong)
    told.form_after_refusal = office.until(lambda: form if "not accepted" in (form := office.form(told.run_id)) else "")
    (gate,) = office.gates(told.case_id)
    answer_gate(gate, Answer(decision=Decision.APPROVE, **office.somebody(OperatorRole.LEGAL)))
    _approve(office, told.case_id, office.somebody())
    carried_to_their_ends(office, {"erasure": Clerk(told.run_id)})


def _approve(office: Office, case_id: str, who: dict[str, str]) -> dict[str, Any]:
    return office.command("approve", case_id, "approval", "--as", who["operator"], "--code", who["code"])


@contextmanager
def _locked(database: Path) -> Iterator[None]:
    """A system that lets everybody wait."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.execute("ROLLBACK")


@contextmanager
def _away(folder: Path, names: tuple[str, ...]) -> Iterator[None]:
    """Systems that are down."""
    for name in names:
        (folder / f"{name}.db").rename(folder / f"{name}.away")
    try:
        yield
    finally:
        for name in names:
            (folder / f"{name}.away").rename(folder / f"{name}.db")


def test_a_silent_run_is_crashed_and_tried_again(story: Story) -> None:
    """A run whose worker and process are gone is noticed by its silence, once, and goes on."""
    assert sum(swept.crashed for swept in story.crashed) == 1
    assert sum(swept.retried for swept in story.crashed) == 1


def test_other_systems_go_on(story: Story) -> None:
    """While two systems are down the one that has something to be asked is searched; each of the two has its gate."""
    assert {name for name in story.looked_at if name.startswith("search ")} == {"search crm"}
    assert story.out == set(_DOWN)


def test_a_run_woken_for_another_gate_shows_its_form_again(story: Story) -> None:
    """After support's gate was answered elsewhere, billing's can still be answered in the form."""
    assert "`billing`" in story.woken_form


def test_a_refused_answer_of_the_command_shows_in_the_form(story: Story) -> None:
    """The command says what failed, and the next form says why."""
    assert story.refused["exit"] == 1
    assert "code" in story.refused["error"]["what"]
    assert "code" in story.form_after_refusal


def test_it_ends_granted(story: Story) -> None:
    """Once mended and approved by two people the erasure is carried out and proven."""
    assert story.facts["state"] == "archived"
    assert story.facts["outcome"] == "granted_in_part"


def test_every_effect_once(office: Office, story: Story) -> None:
    """Over every kill, each mail left once and each step is recorded once."""
    steps = [step for step in office.steps(story.case_id) if not step.startswith("gate.")]

    mails = office.mails(story.case_id)

    assert [mail for mail in mails if not mail.startswith("recipient.")] == ["acknowledgement", "erasure_done"]
    assert sorted(mails) == sorted(set(mails))
    assert sorted(steps) == sorted(set(steps))
