"""An absent thing is never an empty thing, outside of a case's rows too: retention, incidents, contacts, canaries.

Each story is lived once, and its home is copied before and after each step that the register knows is done. In such a
copy one sealed blob is taken away, whichever it is, and the story is carried on: it ends as it would have, or a person
is told.
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from data_contracts.case.request import FieldChange, Statement
from data_contracts.connectors.canaries import CanaryState
from data_contracts.errors import RightsflowError, VaultSealed
from data_contracts.officer.dossiers import Scope
from data_contracts.officer.incidents import IncidentFacts, IncidentKind, IncidentWords, Risk
from data_contracts.vocabulary import Channel, Decision, Duty, Gate, Right
from flows import wiring
from flows.duties import canary
from flows.duties.incident import carry_out
from flows.duties.retention import begin_planned, carry_on
from flows.operator.letters import unseal
from flows.runs.gates import WaitingForPerson
from tasks.officer.advice import advice_of, give_advice, has_advice
from tasks.officer.dossiers import begin_dossier, letters_in
from tasks.officer.incident_letters import letters
from tasks.officer.incidents import close, judge, open_incident
from tasks.services import services
from tests.flows.company import NOW, House
from tests.sampling import is_all, one_of_each
from tests.whose.erased.test_comes_back import DATED, DATED_SQL
from tests.whose.town import Town, a_town, column, number, table

_LOST = "is not in the vault any more"
_NINE_YEARS = timedelta(days=9 * 365)
_SHARED: dict[str, Any] = {"email": {"unique": None, "shared": False}}
_ASKED = frozenset({Gate.OUTAGE, Gate.MISMATCH})


class Killed(BaseException):
    """The process ends here."""


@dataclass(frozen=True)
class Story:
    """What is lived: tables and rows, what begins it, and what carries it on from wherever it stands.

    Attributes:
        begin: gives the name whose sealed parts are taken away.
        carry: carries it on to its end; what can be told of the end then.
    """

    tables: Sequence[dict[str, Any]]
    made: Sequence[str]
    begin: Callable[[Town], str]
    carry: Callable[[Town, str], object]
    kinds: dict[str, Any] = field(default_factory=dict)
    is_canary: bool = False


# --- retention ends a hold -------------------------------------------------------------------------------------------


def _erased_but_for_a_hold(town: Town) -> str:
    case_id = town.open(Right.ERASURE, email="ana@example.org")
    assert town.house.walk(case_id)
    town.house.clock.advance(_NINE_YEARS)
    return begin_planned("", "nine years later")


def _retained(town: Town, run_id: str) -> object:
    town.house.clock.moment = NOW + _NINE_YEARS
    try:
        done = carry_on(run_id)
    except WaitingForPerson as waiting:
        town.house.answer(waiting.entry, Decision.APPROVE)
        done = carry_on(run_id)
    for error in done.failed.values():
        raise VaultSealed(error, where=run_id, remedy="")
    run = services().register.step(run_id, "retention approved", "sys")
    (case,) = services().register.cases()
    ended = [e.receipt for (name, _), e in services().register.steps(case.case_id).items() if name == "hold ended"]
    return done.outcome, None if run is None else run.receipt.get("witness"), ended


# --- an incident -----------------------------------------------------------------------------------------------------

_PERSON = table(
    "person", number(), column("no", identity="customer_no", assertion="assigned"),
    column("mail", identity="email", assertion="confirmed"), column("name", category="user.name"),
    account="customer_no",
)  # fmt: skip
_PEOPLE = (
    "CREATE TABLE person (id integer PRIMARY KEY, no varchar(20), mail varchar(80), name varchar(80))",
    (
        "INSERT INTO person VALUES (1, 'C1', 'ana@example.org', 'Ana One'), (2, 'C2', NULL, 'Ben Two'),"
        " (3, 'C3', 'cleo@example.org', 'Cleo Three'), (4, 'C4', NULL, 'Dan Four')"
    ),
)


def _entered(town: Town, tables: list[str], keys: dict[str, list[str]]) -> str:
    facts = IncidentFacts(title="Copied", tables=tables, words={"en": IncidentWords(nature="A file was copied.")})
    run_id = open_incident(IncidentKind.CONFIDENTIALITY, facts, town.house.clock(), actor="claire", keys=keys).run_id
    judge(run_id, Risk.HIGH, operator="claire", code=_code(town.house))
    return run_id


def _code(house: House) -> str:
    house.clock.advance(timedelta(minutes=2))
    return house.code("claire")


def _incident(town: Town, run_id: str) -> object:
    try:
        said = carry_out(run_id)
    except WaitingForPerson as waiting:
        town.house.answer(waiting.entry, Decision.APPROVE)
        said = carry_out(run_id)
    town.house.clock.advance(timedelta(hours=1))  # each code is good for once
    posted = [one.to.name for one in letters(run_id, operator="claire", code=_code(town.house))]
    close(run_id, operator="claire", code=_code(town.house))
    return said, posted


# --- a contact that changes ------------------------------------------------------------------------------------------

_CATEGORY = "user.contact.email"
_MEMBERS = table(
    "members", number(), column("no", identity="customer_no", assertion="assigned"),
    *(
        column(name, identity="email", assertion="confirmed", category=_CATEGORY, rectify="declared")
        for name in ("mail", "mail_of_bills")
    ),
    account="customer_no",
)  # fmt: skip


def _asks_for_another_address(town: Town) -> str:
    asked = Statement(changes=[FieldChange(field=_CATEGORY, value="new@example.org")])
    return town.house.open(Right.RECTIFICATION, identity={"customer_no": ["C1"]}, statement=asked)


def _walked(town: Town, case_id: str) -> object:
    house = town.house
    while (entry := house.run(case_id)) is not None:
        if entry.gate in _ASKED or _LOST in entry.description:
            raise VaultSealed(entry.description, where=case_id, remedy="")
        house.agree(entry)
    return house.outcome(case_id)


# --- a canary --------------------------------------------------------------------------------------------------------

_FLOCK = table(
    "flock", number(), column("mail", identity="email", assertion="confirmed"), column("words", rectify="declared"),
    account="email",
)  # fmt: skip


def _canary_begun(_: Town) -> str:
    return ""


def _flown(_: Town, __: str) -> object:
    (standing,) = canary.carry_out("sys").systems
    if standing.result is None or standing.state is CanaryState.FAILED:  # which the run says, and the DPO is told
        raise VaultSealed(str(standing), where="canary", remedy="")
    return standing.state.value, standing.result.failed, standing.result.planted


STORIES = {
    "retention": Story([DATED], DATED_SQL, _erased_but_for_a_hold, _retained, _SHARED),
    "incident of a table": Story([_PERSON], _PEOPLE, lambda town: _entered(town, ["sys.person"], {}), _incident),
    "incident of keys": Story(
        [_PERSON], _PEOPLE, lambda town: _entered(town, [], {"customer_no": ["C1", "C2"]}), _incident
    ),
    "contact": Story(
        [_MEMBERS],
        (
            "CREATE TABLE members (id integer PRIMARY KEY, no varchar(9), mail varchar(60), mail_of_bills varchar(60))",
            "INSERT INTO members VALUES (1, 'C1', 'old@example.org', 'bills@example.org')",
        ),
        _asks_for_another_address,
        _walked,
        _SHARED,
    ),
    "canary": Story(
        [_FLOCK],
        (
            "CREATE TABLE flock (id integer PRIMARY KEY, mail varchar(60), words varchar(60))",
            "INSERT INTO flock VALUES (1, 'ana@example.org', 'hello')",
        ),
        _canary_begun,
        _flown,
        is_canary=True,
    ),
}


# --- living and losing -----------------------------------------------------------------------------------------------


@dataclass
class Lived:
    """A story that was lived to its end.

    Attributes:
        end: what is told of it, its rows, and all mails.
        copies: homes before and after each step, with what was sealed then.
    """

    name: str
    end: tuple[object, ...] = ()
    copies: list[tuple[str, Path, list[str]]] = field(default_factory=list)


@contextmanager
def _opened(home: Path, story: Story, *statements: str) -> Iterator[Town]:
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        url = f"sqlite:///{home / 'sys.db'}"
        patch.setenv("RIGHTSFLOW_SYSTEM_SYS_URL", url)
        said: dict[str, Any] = {"canary": story.is_canary, **story.kinds}
        register = home / "register.db"
        if register.exists():
            with closing(sqlite3.connect(register)) as copied, copied:
                copied.execute("DELETE FROM lease")  # the process that held it is not in the copy
        yield stack.enter_context(a_town(home, url, story.tables, *statements, **said))


def _told(town: Town, story: Story) -> tuple[list[Any], list[str]]:
    rows = [town.ask(f"SELECT * FROM {one['name']} ORDER BY 1") for one in story.tables]  # noqa: S608  # our own words
    return rows, sorted(town.house.mails())


def _name(begun: str) -> str:
    return begun or services().register.runs(Duty.CANARY)[0].run_id


@pytest.fixture(scope="module", params=sorted(STORIES))
def lived(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """Each story, to its end."""
    story, folder = STORIES[request.param], tmp_path_factory.mktemp("lived")
    home = folder / "home"
    home.mkdir()
    with _opened(home, story, *story.made) as town:
        begun = story.begin(town)
        found = Lived(begun)
        register: Any = town.house.installation.register
        complete = register.complete

        def keep(moment: str, name: str) -> None:
            copy = folder / f"{len(found.copies)}"
            shutil.copytree(home, copy)
            found.copies.append((moment, copy, services().vault.names(name)))

        def completed(name: str, step: str, system: str = "", **said: Any) -> None:
            keep(f"before {step} {system}", name)
            complete(name, step, system, **said)
            keep(f"after {step} {system}", name)

        register.complete = completed
        if begun:
            keep("begun", begun)
        told = story.carry(town, begun)
        found.name = _name(begun)
        found.end = (told, *_told(town, story))
    return found


def _losses(lived: Lived) -> list[tuple[str, Path, str]]:
    """Every blob that there is after each step; in a short run one moment of each blob and one blob of each moment."""
    all_of_them = [(step, copy, blob) for step, copy, blobs in lived.copies for blob in blobs]
    if is_all():
        return all_of_them
    drawn = one_of_each(all_of_them, [blob for _, _, blob in all_of_them])
    drawn += one_of_each(all_of_them, [str(copy) for _, copy, _ in all_of_them])
    return list(dict.fromkeys(drawn))


def test_whatever_is_lost_it_ends_as_it_would_have_or_a_person_is_told(
    lived: Lived, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """After each step, without each part: the same end to the letter, or an error that a person reads and no proof."""
    story = STORIES[request.node.callspec.params["lived"]]

    wrong = [
        (step, blob, said)
        for number, (step, copy, blob) in enumerate(_losses(lived))
        if (said := _wrong(lived, story, copy, blob, tmp_path / f"{number}"))
    ]

    assert wrong == []
    assert lived.copies


def _wrong(lived: Lived, story: Story, copy: Path, blob: str, home: Path) -> str:
    shutil.copytree(copy, home)
    with _opened(home, story) as town:
        services().vault.remove(lived.name, blob)
        try:
            told = story.carry(town, "" if story.is_canary else lived.name)
        except RightsflowError as error:
            mails = sorted(town.house.mails())
            is_proven = lived.name.startswith("R-") and services().register.run(lived.name).outcome == "proven"
            more = [mail for mail in mails if mails.count(mail) > lived.end[2].count(mail)]  # type: ignore[attr-defined]  # a list
            return f"{'proven, and ' if is_proven else ''}{more or ''}{error}" if is_proven or more else ""
        end = (told, *_told(town, story))
    shutil.rmtree(home)
    return "" if end == lived.end else f"ended as {end}, not as {lived.end}"


@pytest.mark.parametrize(
    ("name", "step", "blob"),
    [
        ("retention", "sealed ending.retention-approved.sys", "ending.retention-approved.sys"),
        ("incident of keys", "", "keys"),
        ("incident of a table", "affected", "papers.00000"),
        ("incident of a table", "affected", "people.00000"),
        ("contact", "notice.contact_change.1", "contact."),
        ("canary", "canary plant sys", "canary"),
        ("canary", "sealed canary.sys", "canary.sys"),
    ],
)
def test_part_that_nothing_makes_again_is_told(name: str, step: str, blob: str, tmp_path: Path) -> None:
    """The process ends after the step, and the part is gone: whoever carries it on reads so."""
    story, home = STORIES[name], tmp_path / "home"
    home.mkdir()
    with _opened(home, story, *story.made) as town:
        begun = story.begin(town)
        register: Any = town.house.installation.register
        complete = register.complete

        def completed(case: str, done: str, system: str = "", **said: Any) -> None:
            complete(case, done, system, **said)
            if f"{done} {system}".strip() == step:
                register.complete = complete
                _lose(case, blob)
                raise Killed

        register.complete = completed
        if step:
            with pytest.raises(Killed):
                story.carry(town, begun)
        else:
            _lose(begun, blob)

        with pytest.raises(RightsflowError) as told:
            story.carry(town, begun)

    assert _LOST in str(told.value) or "no such blob" in str(told.value)


def _lose(name: str, blob: str) -> None:
    (found,) = (one for one in services().vault.names(name) if one == blob or (blob[-1] == "." and blob in one))
    services().vault.remove(name, found)


# --- what people read ------------------------------------------------------------------------------------------------


@pytest.fixture
def advised(tmp_path: Path) -> Iterator[tuple[Town, str]]:
    """A case with a piece of advice and a letter that waits to be posted."""
    story = STORIES["contact"]
    with _opened(tmp_path, story, *story.made) as town:
        house = town.house
        case_id = house.open(
            Right.ACCESS, identity={"customer_no": ["C1"]}, channel=Channel.LETTER,
            postal_address=("Lane 1", "59000 Lille"), postal_country="FR",
        )  # fmt: skip
        while (entry := house.run(case_id)) is not None and entry.gate is not Gate.POSTING:
            house.agree(entry)
        assert entry is not None
        give_advice(case_id, "Leave the notes out.", operator="claire", code=_code(house))
        yield town, case_id


def test_advice_that_is_lost_is_told_of_and_the_next_has_its_own_number(advised: tuple[Town, str]) -> None:
    """Whoever decides still reads that there is advice; who wants to read it is told that it is gone."""
    town, case_id = advised
    services().vault.remove(case_id, "advice.001")

    assert has_advice(case_id)
    with pytest.raises(VaultSealed, match=r"advice\.001"):
        advice_of(case_id)
    assert give_advice(case_id, "As I said.", operator="claire", code=_code(town.house)) == 2


def test_letter_that_is_lost_before_it_was_posted_is_no_letter_that_never_was(
    advised: tuple[Town, str], tmp_path: Path
) -> None:
    """Whoever wants to print it is told that it is gone, not that there is none of that name."""
    town, case_id = advised
    letter = next(gate.subject for gate in services().register.gates(case_id, kind=Gate.POSTING, open_only=True))
    services().vault.remove(case_id, f"{letter}.pdf")
    token = wiring._current.set(town.house.installation)

    with pytest.raises(VaultSealed, match=rf"{letter}\.pdf"):
        unseal(case_id, letter, tmp_path / "post", operator="claire", code=_code(town.house))

    wiring._current.reset(token)


def test_dossier_leaves_no_lost_notice_out(advised: tuple[Town, str]) -> None:
    """A dossier with letters has each of them, or is not made."""
    town, case_id = advised
    run_id = begin_dossier(Scope(case_id=case_id), "claire", _code(town.house), key="k", letters=True)
    notices = [name for name, _ in letters_in(run_id)]
    assert notices
    services().vault.remove(case_id, notices[0].rpartition("/")[2])

    with pytest.raises(VaultSealed, match=r"notice\."):
        list(letters_in(run_id))
