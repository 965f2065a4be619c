"""Law 5: every command that somebody gives in an operator's name asks who they are, and notes each try.

The commands are found in the command line itself, so that a new one with ``--as`` cannot be forgotten here.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import typer
import yaml
from typer.testing import CliRunner

from data_contracts.officer.entries import RegisterName
from data_contracts.vocabulary import Gate, OperatorRole, Right
from flows import wiring
from flows.cli import app
from flows.duties.audit import carry_out
from flows.operator.deciding import write_questions
from flows.operator.endings import take_back
from flows.settings import settings
from integrations.register.database import make_engine, read_url
from integrations.register.tables import tables
from tests.flows.company import Always, House, sqlite_rows
from tests.flows.officer.test_incident import an_incident

_HOME = ("12 rue des Lilas", "59000 Lille")
_EVERY = tuple(OperatorRole)
_OPERATORS_OWN = {"operator", "operator_use"}
"""Tables that hold the tries themselves."""


def _commands(command: Any, path: tuple[str, ...] = ()) -> dict[str, dict[str, Any]]:  # Typer brings a Click of its own
    """Commands that take an operator's name, with their parameters by option."""
    found: dict[str, dict[str, Any]] = {}
    for name, one in getattr(command, "commands", {}).items():
        if not one.hidden:  # an older name of a command
            found |= _commands(one, (*path, name))
    command = getattr(command, "real", command)  # commands are imported when they are called
    parameters = {option: parameter for parameter in command.params for option in parameter.opts}
    return found | ({" ".join(path): parameters} if "--as" in parameters else {})


def _asked(house: House, folder: Path) -> Mapping[str, tuple[str, ...]]:
    """By command, what to say to it so that a person in force with the role would be let through."""
    query = "SELECT email FROM customer WHERE email <> ? LIMIT 4"
    others = [{"email": [str(email)]} for (email,) in house.ask("crm", query, house.company.subject.email)]
    identity = house.until(Gate.IDENTITY, house.open(Right.ACCESS, identity=others[0])).case_id
    posting = _withdrawn_by_letter(house, others[1])
    letter = house.open(Right.RECTIFICATION, details="My name is misspelt.", identity=others[2])
    wording = changing = house.until(Gate.STATEMENT, letter).case_id
    restricted = house.open(Right.RESTRICTION, identity=others[3])
    house.walk(restricted)
    reading = house.until(Gate.REVIEW, house.open(Right.ACCESS)).case_id
    house.ask("crm", "CREATE TABLE stray (id INTEGER PRIMARY KEY, note TEXT)")
    carry_out("crm")
    finding = house.installation.register.findings(open_only=True)[0].finding_id
    incident = an_incident(house)
    entry = {"authorised_until": "2029-01-01"}
    house.installation.register.put_entry(RegisterName.RECIPIENTS, "adnet", entry, actor="test")
    file, out = folder / "words.txt", str(folder / "out")
    file.write_text("words")
    trainings = folder / "trainings.csv"
    trainings.write_text("person,course,done_on,valid_until\nzoe,privacy,2026-01-01,2027-01-01\n")
    return {
        "advise": (identity, "--file", str(file)),
        "changes": (changing, "--to", out),
        "dossier": (identity, "--file", str(folder / "out.zip")),
        "review": (reading, "--to", out),
        "finding": (finding, "--close", "--reason", "seen"),
        "retention": (),
        "statement": (wording, "--to", out),
        "decide": (str(_a_decision(folder, identity)),),
        "verify": (identity, "--method", "call_back"),
        "approve": (identity, "identity", "--reference", "call_back"),
        "extend": (identity, "--reason", "complexity", "--text", "Many systems."),
        "withdraw": (identity,),
        "erasures replay": (),
        "erasures forget": (identity,),
        "erasures give-back": (identity,),
        "letter": (posting, "--to", out),
        "posted": (posting, "withdrawal", "--reference", "RAR-1"),
        "hold add": ("--identity", "email=ana@example.org", "--reference", "CLAIM-1"),
        "hold lift": ("H-1",),
        "incident judge": (incident, "--risk", "high"),
        "incident authority": (incident, "--sent", "CNIL-1"),
        "incident close": (incident,),
        "incident letters": (incident, "--to", out),
        "lift": (restricted, "--reason", "It was looked into."),
        "arrival": ("M-1", "--to", out),
        "assign": ("M-1", "access"),
        "set-aside": ("M-1", "spam"),
        "operator reset-passkeys": ("zoe",),
        "register set": ("recipients", "adnet", "--fact", "authorised_until=2030-01-01"),
        "register remove": ("recipients", "adnet"),
        "register import": ("training", str(trainings)),
    }


def _a_decision(folder: Path, case_id: str) -> Path:
    """A file that decides the identity of one case."""
    file = folder / "questions.yaml"
    write_questions(file, [Gate.IDENTITY])
    written = yaml.safe_load(file.read_text())
    gates = [
        one | {"decision": "approve", "reference": "call_back"} for one in written["gates"] if one["case"] == case_id
    ]
    file.write_text(yaml.safe_dump({"gates": gates}))
    return file


def _withdrawn_by_letter(house: House, identity: dict[str, list[str]]) -> str:
    case_id = house.open(Right.ACCESS, postal_address=_HOME, identity=identity)
    house.until(Gate.IDENTITY, case_id)
    take_back(case_id, operator="zoe", code=house.code("zoe"))
    house.run(case_id)
    return case_id


@pytest.fixture
def whole_house(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """A house in which commands work."""
    monkeypatch.setenv("RIGHTSFLOW_HOME", str(tmp_path))
    settings.cache_clear()
    monkeypatch.setattr(wiring, "_current", Always(house))
    return house


def _unknown(_: House) -> tuple[str, str, str]:
    return "nobody", "123456", "no such operator in force"


def _locked(house: House) -> tuple[str, str, str]:
    house.hire("lea", *_EVERY, locked_until=house.clock() + timedelta(minutes=5))
    return "lea", house.code("lea"), "is locked out"


def _untrained(house: House) -> tuple[str, str, str]:
    house.hire("tom", *_EVERY, training_until=house.clock())
    return "tom", house.code("tom"), "the training of tom has lapsed"


def _wrong_code(house: House) -> tuple[str, str, str]:
    house.hire("eve", *_EVERY)
    return "eve", f"{(int(house.code('eve')) + 1) % 1_000_000:06d}", "the code of eve is wrong"


def _without_role(house: House) -> tuple[str, str, str]:
    house.hire("ben")
    return "ben", house.code("ben"), "ben does not have the role"


_PEOPLE: tuple[Callable[[House], tuple[str, str, str]], ...] = (
    _unknown,
    _locked,
    _untrained,
    _wrong_code,
    _without_role,
)


_ELSEWHERE = {"recover"}
"""It opens an installation of its own; tests/flows/home/test_restored_register.py asks who gives it."""


def test_every_command_asks_who_gives_it(whole_house: House, tmp_path: Path) -> None:
    """Nobody, locked, untrained, a wrong code, without a role: refused, nothing changed, and the log names the try."""
    asked = _asked(whole_house, tmp_path)
    assert set(asked) | _ELSEWHERE == set(_commands(typer.main.get_command(app)))

    wrong = [
        f"{command} {person.__name__}: {fault}"
        for command, words in asked.items()
        for person in _PEOPLE
        if (fault := _fault(whole_house, tmp_path, [*command.split(), *words], person))
    ]

    assert not wrong, "\n".join(wrong)


def _fault(house: House, folder: Path, words: list[str], person: Callable[[House], tuple[str, str, str]]) -> str:
    """What is wrong with how a command treats a person; empty when it refuses them."""
    name, code, why = person(house)
    before, uses = _state(house, folder), len(house.installation.register.uses())

    told = CliRunner().invoke(app, [*words, "--as", name, "--code", code])

    if told.exit_code == 0 or why not in " ".join(told.output.split()):
        return f"exit {told.exit_code}, {told.output} {told.exception!r}"
    if _state(house, folder) != before:
        return "something was changed"
    new = house.installation.register.uses()[: len(house.installation.register.uses()) - uses]
    if [(use.operator, use.is_accepted) for use in new] != [(name, False)]:
        return f"the log says {new}"
    return ""


def _state(house: House, folder: Path) -> object:
    """Everything that a command could change: the register's rows, what is sealed, what is written, the systems."""
    engine = make_engine(read_url(house.installation.settings.register))
    rows = {}
    with engine.connect() as connection:
        for table in tables.metadata.sorted_tables:
            # A gate tells why the last answer was not accepted.
            columns = [column for column in table.c if not (table.name == "gate" and column.name == "note")]
            if table.name not in _OPERATORS_OWN:
                rows[table.name] = sorted(map(repr, connection.execute(sa.select(*columns)).all()))
    engine.dispose()
    sealed = sorted(str(file) for file in house.installation.settings.state.rglob("*") if file.is_file())
    return rows, sealed, sorted(map(str, folder.glob("out*"))), sqlite_rows(house.database("crm"))


def test_code_has_to_be_given() -> None:
    """Wherever a name has to be given; the account of the machine is no proof of who decides."""
    for command, parameters in _commands(typer.main.get_command(app)).items():
        assert parameters["--code"].required == parameters["--as"].required, command
