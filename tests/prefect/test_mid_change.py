"""Law 3 on a real server: the process dies while it puts values right; afterwards every effect is there once."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

import pytest

from data_contracts.vocabulary import Decision, Gate
from flows.watch.watch import Swept, sweep
from tasks.gates.gates import Answer, answer_gate
from tests.prefect.clerks import Clerk, carried_to_their_ends
from tests.prefect.marks import Marked, customers
from tests.prefect.office import Office, Run

pytestmark = pytest.mark.timeout(1200)  # the story is told in the first test's time


_SAID_TWICE_SECONDS = 4.0
"""In which a worker may say a second time that a run has crashed; in earnest the grace of the sweep waits longer."""


@dataclass
class Story:
    """A rectification whose process is killed in the middle of the change, while the worker lives.

    Attributes:
        swept: what each sweep did until the run was tried again.
    """

    person: Marked
    run: Run
    swept: list[Swept] = field(default_factory=list)


@pytest.fixture(scope="module")
def story(office: Office) -> Story:
    """The story, told to its end."""
    systems = office.home / "systems"
    person = Marked.new()
    taken = {office.company.subject.customer_no, office.company.relative.customer_no}
    person.move_in(systems, customers(systems, but=taken)[0])
    changes = f"user.contact.email = {person.right_email}"
    told = Story(person, office.started("rectification", {"request": person.form(changes=changes, channel="email")}))
    run_id = told.run["id"]
    office.identify(run_id, reference="eid")  # or the change of an address would wait for days
    case_id = office.run(run_id)["name"]
    (gate,) = office.until(lambda: [gate for gate in office.gates(case_id) if gate.gate is Gate.APPROVAL])
    for _ in range(gate.people - 1):
        answer_gate(gate, Answer(decision=Decision.APPROVE, **office.somebody()))
    with _nobody_else_writes(office):
        office.answer(run_id, **office.somebody())
        office.until(lambda: "change crm" in office.tasks(run_id, "RUNNING"))
        office.kill_flow(run_id)
    office.until(lambda: office.run(run_id)["state_name"] == "Crashed")  # the worker lives, and says so
    time.sleep(_SAID_TWICE_SECONDS)
    while not told.swept or not told.swept[-1].retried:
        time.sleep(0.5)
        told.swept.append(sweep())
    told.run = carried_to_their_ends(office, {"rectification": Clerk(run_id)})["rectification"]
    return told


@contextmanager
def _nobody_else_writes(office: Office) -> Iterator[None]:
    """The system can be read, and lets everybody who writes wait."""
    database = office.home / "systems" / "crm.db"
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def test_it_is_tried_again_once(story: Story) -> None:
    """The sweep finds the run crashed, and starts it again one time."""
    assert sum(swept.retried for swept in story.swept) == 1


def test_the_value_is_right_in_the_end(office: Office, story: Story) -> None:
    """The case ends granted, and the customer's row holds the right address."""
    query = "SELECT email FROM customer WHERE customer_no = ?"
    with closing(sqlite3.connect(office.home / "systems" / "crm.db")) as crm:
        found = crm.execute(query, (story.person.customer_no,)).fetchall()

    assert office.installation.register.case(story.run["name"]).outcome == "granted"
    assert found == [(story.person.right_email,)]


def test_every_effect_once(office: Office, story: Story) -> None:
    """Each mail left once, to recipients as well, and each step is recorded once in a chain that is whole."""
    mails = office.mails(story.run["name"])
    steps = [step for step in office.steps(story.run["name"]) if not step.startswith("gate.")]

    assert {"acknowledgement", "rectification_done", "recipient.helpdeskco"} <= set(mails)
    assert sorted(mails) == sorted(set(mails))
    assert sorted(steps) == sorted(set(steps))
