"""Law 2 and 3 on a real server: the worker dies, wrong codes are typed, runs get lost; every effect is there once."""

from dataclasses import dataclass

import pytest

from data_contracts.vocabulary import Right
from flows.starting import start_flow
from flows.watch import Swept, sweep
from tests.prefect.office import Office

_ONCE = ["acknowledgement", "answer"]


@dataclass
class Story:
    """What a case went through: its worker was killed while it was suspended, then it got a wrong code."""

    case_id: str
    run_id: str
    form_after_refusal: str = ""
    note: str = ""
    swept_new: Swept = Swept()
    swept_pending: Swept = Swept()


@pytest.fixture(scope="module")
def story(office: Office) -> Story:
    """An access request from its first gate to its end, over a worker's death."""
    case_id = office.register(Right.ACCESS, "recovery")
    run_id = str(start_flow(office.installation.register.case(case_id)))
    office.form(run_id)
    told = Story(case_id, run_id)
    office.kill_worker()
    name = office.somebody()["operator"]
    office.answer(run_id, operator=name, code="000000", reference="call_back")
    office.system.start_worker()
    office.until(lambda: office.gates(case_id)[0].note)
    told.form_after_refusal = office.form(run_id)
    told.note = office.gates(case_id)[0].note
    office.identify(run_id)
    office.until(lambda: office.gates(case_id) and office.gates(case_id)[0].gate == "approval")
    office.answer(run_id, **office.somebody())
    office.ended(run_id)
    return told


def test_wrong_code_is_told_in_the_next_form(story: Story) -> None:
    """The form after a wrong code says why the answer was not accepted."""
    assert story.note and story.note in story.form_after_refusal


def test_every_mail_once(office: Office, story: Story) -> None:
    """Over a killed worker and five starts of the flow each mail leaves once."""
    assert office.mails(story.case_id) == _ONCE


def test_every_step_is_recorded_once(office: Office, story: Story) -> None:
    """The evidence chain is whole and holds each step once."""
    steps = office.steps(story.case_id)

    assert sorted(steps) == sorted(set(steps))
    assert steps[-1] == "archive"
