"""Law 1: marked data subjects go through every form and failure; afterwards no byte of Prefect's home holds a mark."""

import base64
import gzip
import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from data_contracts.vocabulary import Decision, Gate, Right
from flows.embedded.database import SERVER
from flows.watch.watch import Swept, sweep
from tests.prefect.clerks import Clerk, carried_to_their_ends
from tests.prefect.marks import Marked, customers, found_in_files, found_in_tables, mark
from tests.prefect.office import Office, Run

_LOCAL = re.compile(r"""\(?['"](127\.0\.0\.1|::1|localhost)['"]|None|b?['"][/@\\]|'0\.0\.0\.0'""")
"""An address of this machine, or a Unix socket, as Python writes it."""


_OTHER_RIGHTS: Mapping[str, Callable[[Marked], dict[str, object]]] = {
    "erasure": lambda _: {"channel": "phone", "erasure_ground": "b"},
    "rectification": lambda person: {
        "changes": f"user.contact.email = {person.right_email}\nuser.demographic.date_of_birth = 1971-04-01",
        "supplement": person.details,
        "address": person.address,
    },
    "restriction": lambda _: {"fields": "crm.customer.churn_score", "channel": "email"},
    "objection": lambda person: {"direct_marketing": True, "purposes": "churn", "situation": person.details},
    "portability": lambda person: {"requester": "trusted_third_party", "requester_name": person.requester},
}
"""What the other rights' forms ask, by right."""
_BY: Mapping[str, dict[str, Any]] = {
    # Proven at the highest assurance: an address that changes is told at the old one, and does not wait.
    "rectification": {"identified": "eid"},
    "portability": {
        "identified": "id_document",
        "says": {Gate.REQUESTER: (Decision.APPROVE, "directive_certificate death_certificate")},
    },
}

pytestmark = pytest.mark.timeout(1200)  # the story is told in the first test's time


@dataclass
class Story:
    """What was typed, by whom, and what the server kept of it.

    Attributes:
        people: everybody who was typed or searched.
        runs: the flow runs by what they were started with.
    """

    people: list[Marked] = field(default_factory=list)
    runs: dict[str, Run] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)
    met: set[Gate] = field(default_factory=set)
    forms: list[str] = field(default_factory=list)
    before_the_sweep: list[str] = field(default_factory=list)
    swept: Swept | None = None

    @property
    def marks(self) -> list[str]:
        """Every mark."""
        return [one for person in self.people for one in person.marks()]


@pytest.fixture(scope="module")
def story(office: Office) -> Story:
    """All rights from their forms to their ends, side by side, and the forms that lead nowhere."""
    told = Story()
    _cancelled(office, told)  # first: the sweep takes who is busy for silent, as hasty as it is here
    asks = _moved_in(office, told)
    access = office.started("access", {"request": asks.form(address=asks.address)})
    clerks = {"access": Clerk(access["id"], asks.typed_at_gate, says={Gate.APPROVAL: (Decision.REFUSE, "")})}
    with _unreadable(office, asks):
        told.forms.append(clerks["access"].answer_until(office, Gate.OUTAGE))
    clerks |= {right: _exercised(office, told, right, asked) for right, asked in _OTHER_RIGHTS.items()}
    _refused_forms(office, told)
    told.runs |= carried_to_their_ends(office, clerks)
    unusable = _unusable_forms(office, told)
    told.runs |= {name: office.ended(run["id"], "Failed") for name, run in unusable.items()}
    told.met = set().union(*(clerk.met for clerk in clerks.values()))
    assert office.until(office.system.forget_wiped)
    return told


def _exercised(office: Office, told: Story, right: str, asked: Callable[[Marked], dict[str, object]]) -> Clerk:
    """A clerk for a case of a marked customer, whose form went to the flow *receive* or to that of the right."""
    person = _moved_in(office, told)
    request = person.form(**asked(person))
    if right != "erasure":
        return Clerk(office.started(right, {"request": request})["id"], person.typed_at_gate, **_BY.get(right, {}))
    told.runs["receive"] = office.started("receive", {"right": right, "request": request})
    return Clerk(_started_by(office, told.runs["receive"])["id"], person.typed_at_gate)


def _moved_in(office: Office, told: Story) -> Marked:
    """A marked data subject who is a customer."""
    taken = {office.company.subject.customer_no, office.company.relative.customer_no}
    taken |= {person.customer_no for person in told.people}
    systems = office.home / "systems"
    person = _somebody(told)
    person.move_in(systems, customers(systems, but=taken)[0])
    return person


def _somebody(told: Story) -> Marked:
    told.people.append(Marked.new())
    return told.people[-1]


def _refused_forms(office: Office, told: Story) -> None:
    """Forms that the server itself refuses."""
    wrong = {
        "bad date": {"received": mark()},
        "no such channel": {"channel": mark()},
        "too long": {"phone": mark() * 9},
    }
    for what, field_ in wrong.items():
        answer = office.start("access", {"request": _somebody(told).form(**field_)})
        told.answers[what] = answer.status_code


def _unusable_forms(office: Office, told: Story) -> dict[str, Run]:
    """A form for each right whose run must fail, because something that was typed cannot be used."""
    wrong = {right: {"phone": mark(), "email": ""} for right in ("access", *_OTHER_RIGHTS)}
    wrong["rectification"] = {"changes": mark()}
    return {
        f"unusable {right}": office.started(right, {"request": _somebody(told).form(**typed)})
        for right, typed in wrong.items()
    }


def _cancelled(office: Office, told: Story) -> None:
    """A form whose run is cancelled before any process began, seen before and after the sweep."""
    person = _somebody(told)
    later = {"state": {"type": "CANCELLED", "name": "Cancelled"}}
    run = office.started("access", {"request": person.form()}, **later)
    told.before_the_sweep = found_in_tables(_database(office), person.marks())
    told.swept = sweep()
    told.runs["cancelled"] = office.run(run["id"])


@contextmanager
def _unreadable(office: Office, person: Marked) -> Iterator[None]:
    """A table that cannot be read; the driver quotes what was typed when it says why."""
    with _crm(office) as crm:
        crm.execute("ALTER TABLE customer RENAME TO customer_kept")
        crm.execute(f'CREATE VIEW customer AS SELECT *, "{person.typed_at_gate}"() FROM customer_kept')  # noqa: S608  # our own mark
    yield
    with _crm(office) as crm:
        crm.execute("DROP VIEW customer")
        crm.execute("ALTER TABLE customer_kept RENAME TO customer")


@contextmanager
def _crm(office: Office) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(office.home / "systems" / "crm.db")) as connection, connection:
        yield connection


def _started_by(office: Office, received: Run) -> Run:
    """The run that ``receive`` started."""
    name = office.ended(received["id"])["name"]
    return office.run_of(name.removeprefix("receive "))


def _database(office: Office) -> str:
    return office.installation.settings.embedded.url(SERVER)


@pytest.mark.parametrize("right", Right)
def test_what_was_typed_is_replaced_by_the_case(office: Office, story: Story, right: Right) -> None:
    """The parameters of a run that began with a form hold its case id and nothing else."""
    run = story.runs[right.value]

    assert run["parameters"]["case_id"] == run["name"]
    assert not run["parameters"].get("request")
    assert office.installation.register.case(run["name"]).right is right


@pytest.mark.parametrize("right", Right)
def test_each_case_has_its_outcome(office: Office, story: Story, right: Right) -> None:
    """What was received by form is carried out to its end, over a system that could not be read."""
    case = office.installation.register.case(story.runs[right.value]["name"])

    assert case.outcome.startswith("refused" if right is Right.ACCESS else "granted")


def test_people_were_asked_at_every_kind_of_gate(story: Story) -> None:
    """What is typed at a gate is searched for as well, so cases must have come to them."""
    assert {Gate.IDENTITY, Gate.REQUESTER, Gate.PROOF, Gate.APPROVAL, Gate.RECIPIENT, Gate.POSTING} <= story.met


def test_the_server_refuses_wrong_forms(story: Story) -> None:
    """A form that is not of the schema makes no run."""
    assert set(story.answers.values()) <= {409, 422}


@pytest.mark.parametrize("right", Right)
def test_an_unusable_form_fails_and_is_wiped(story: Story, right: Right) -> None:
    """A form that cannot be used fails with our words, and nothing typed stays."""
    run = story.runs[f"unusable {right}"]

    assert "RequestInvalid" in run["state"]["message"]
    assert not run["parameters"].get("request")


def test_a_cancelled_form_is_wiped_by_the_sweep(story: Story) -> None:
    """What was typed for a run that never began is in the database until the sweep, and not after it."""
    assert story.swept
    assert story.before_the_sweep
    assert story.swept.sealed == 1
    assert not story.runs["cancelled"]["parameters"].get("request")


def test_the_outage_gate_quotes_no_value(story: Story) -> None:
    """Where the driver quotes what it cannot read, people are told of the system alone."""
    (form,) = story.forms

    assert "`crm`" in form
    assert not [one for one in story.marks if one.lower() in form.lower()]


def test_no_table_of_prefect_holds_a_mark(office: Office, story: Story) -> None:
    """Column by column, Prefect's database is free of everything that was typed or searched."""
    assert found_in_tables(_database(office), story.marks) == []


def test_no_byte_of_ours_holds_a_mark(office: Office, story: Story) -> None:
    """Prefect's home, the embedded database with its write-ahead log, every log, what was written aside, the vault."""
    home = office.home
    places = [home / name for name in ("prefect", "database", "logs", "tmp", "vault", "keys", "connections.txt")]

    assert all(place.exists() for place in places)
    assert found_in_files(places, story.marks) == []


def test_nothing_but_this_machine_is_called(office: Office, story: Story) -> None:
    """Server, worker, deployment and flow processes connect to this machine alone: no telemetry, no look-up."""
    assert story.runs
    notes = [line.split(" ", 2) for line in (office.home / "connections.txt").read_text().splitlines()]
    strangers = {f"{event} {place}" for _, event, place in notes if not _LOCAL.match(place)}

    assert len({process for process, _, _ in notes}) > 5
    assert strangers == set()


WAYS: Mapping[str, Callable[[str], bytes]] = {
    "as it is": lambda one: one.encode(),
    "upper case": lambda one: one.upper().encode(),
    "base64 at any place": lambda one: base64.b64encode(f"x{one}".encode()),
    "base64 of JSON": lambda one: base64.b64encode(json.dumps({"reason": one}).encode()),
    "UTF-16": lambda one: one.encode("utf-16-le"),
    "hexadecimal": lambda one: one.encode().hex().encode(),
    "gzip": lambda one: gzip.compress(one.encode()),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_search_finds_a_planted_mark(tmp_path: Path, way: str) -> None:
    """The search is able to find what it looks for, in files and in tables."""
    planted = mark()
    raw = WAYS[way](planted)
    (tmp_path / "file").write_bytes(raw)
    with closing(sqlite3.connect(tmp_path / "tables.db")) as connection, connection:
        connection.execute("CREATE TABLE log (message BLOB)")
        connection.execute("INSERT INTO log VALUES (?)", (raw,))

    assert found_in_files([tmp_path / "file"], [planted])
    assert found_in_tables(f"sqlite:///{tmp_path / 'tables.db'}", [planted]) == [f"log.message: {planted}"]
