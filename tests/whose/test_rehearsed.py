"""Law 13, end to end on each database: what a system refuses is known before anybody approves."""

from typing import Any

import pytest

from data_contracts.vocabulary import Decision, Gate, Right
from tasks.canaries.trying_out import try_out
from tests.whose.conftest import MakeTown
from tests.whose.town import Town, column, number, table

_VOUCHED: dict[str, Any] = {"identity": "email", "assertion": "confirmed"}
_ANA = "ana@example.org"


def _people(*columns: dict[str, Any], **dsr: Any) -> dict[str, Any]:
    return table("people", number(), column("mail", erase="clear", **_VOUCHED), *columns, account="email", **dsr)


def _kind(url: str) -> str:
    return next(name for name in ("sqlite", "postgresql", "mysql") if url.startswith(name))


def _faults(town: Town, case_id: str) -> dict[str, str]:
    """What `rightsflow case CASE --faults` unseals."""
    vault, found = town.house.installation.services.vault, {}
    for name in vault.names(case_id):
        if name.startswith("fault."):
            with vault.read(case_id, name) as blob:
                found[name] = blob.read().decode()
    return found


def test_check_is_found_before_anybody_approves(town: MakeTown) -> None:
    """A CHECK that refuses the mask is a question before the approval; once mended, the case goes its way."""
    made = town(
        [_people(column("age", "integer", erase="mask"), erase="columns")],
        "CREATE TABLE people (id INTEGER PRIMARY KEY, mail VARCHAR(60), age INTEGER NOT NULL,"
        " CONSTRAINT grown CHECK (age > 17 OR id < 0))",
        "INSERT INTO people VALUES (1, 'ana@example.org', 30)",
    )
    case_id = made.open(Right.ERASURE, email=_ANA)

    entry = made.house.until(Gate.OUTAGE, case_id)

    assert "sys.people.age" in entry.description
    assert "grown" in entry.description
    assert "rehearse failed" in entry.description
    assert not [g for g in made.house.installation.register.gates(case_id) if g.gate is Gate.APPROVAL]
    assert made.ask("SELECT mail, age FROM people") == [(_ANA, 30)]
    assert "grown" in _faults(made, case_id)["fault.rehearse.sys"]


def test_trigger_that_raises_waits_and_then_goes(town: MakeTown, url: str) -> None:
    """The driver's words are sealed for `--faults`; when the trigger is gone, *retry* leads to the approval."""
    never = {
        "sqlite": ["CREATE TRIGGER never BEFORE DELETE ON people BEGIN SELECT RAISE(ABORT, 'not if audited'); END"],
        "postgresql": [
            """CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS
            $$BEGIN RAISE EXCEPTION USING MESSAGE = 'not if audited'; END$$""",
            "CREATE TRIGGER never BEFORE DELETE ON people FOR EACH ROW EXECUTE FUNCTION no()",
        ],
        "mysql": [
            """CREATE TRIGGER never BEFORE DELETE ON people FOR EACH ROW
            SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not if audited'"""
        ],
    }[_kind(url)]
    made = town(
        [table("people", number(), column("mail", **_VOUCHED), account="email")],
        "CREATE TABLE people (id INTEGER PRIMARY KEY, mail VARCHAR(60))",
        "INSERT INTO people VALUES (1, 'ana@example.org')",
        *never,
    )
    case_id = made.open(Right.ERASURE, email=_ANA)
    entry = made.house.until(Gate.OUTAGE, case_id)
    assert "trigger" in entry.description
    assert "audited" not in entry.description
    assert "audited" in _faults(made, case_id)["fault.rehearse.sys"]

    made.ask_to("DROP TRIGGER never" + (" ON people" if _kind(url) == "postgresql" else ""))
    made.house.answer(entry, Decision.RETRY)
    approval = made.house.until(Gate.APPROVAL, case_id)

    assert "Rehearsed: 1 of 1 tables" in approval.description
    assert made.ask("SELECT mail FROM people") == [(_ANA,)]
    assert made.house.walk(case_id) == "granted"
    assert made.ask("SELECT mail FROM people") == []


def test_computed_column_changes_with_its_sources(town: MakeTown, url: str) -> None:
    """`erase: computed` is never written; `erase: clear` at such a column is named before anything is done."""
    whole = "concat(first, ' ', last)" if _kind(url) == "mysql" else "first || ' ' || last"
    columns = [column("first", erase="clear"), column("last", erase="clear")]
    made = town(
        [_people(*columns, column("whole", erase="computed"), erase="columns")],
        "CREATE TABLE people (id INTEGER PRIMARY KEY, mail VARCHAR(60), first VARCHAR(20), last VARCHAR(20),"
        f" whole VARCHAR(60) GENERATED ALWAYS AS ({whole}) STORED)",
        "INSERT INTO people (id, mail, first, last) VALUES (1, 'ana@example.org', 'Ana', 'Example')",
    )

    assert made.house.walk(made.open(Right.ERASURE, email=_ANA)) == "granted"

    assert made.ask("SELECT * FROM people") == [(1, None, None, None, None)]


@pytest.mark.parametrize("way", ["clear", "mask", "token"])
def test_computed_column_that_is_to_be_written_is_a_fault_by_name(town: MakeTown, url: str, way: str) -> None:
    """The check names it, with its remedy; so does the gate, before anybody approves."""
    whole = "concat(first, '!')" if _kind(url) == "mysql" else "first || '!'"
    made = town(
        [_people(column("first", erase="clear"), column("whole", erase=way), erase="columns")],
        "CREATE TABLE people (id INTEGER PRIMARY KEY, mail VARCHAR(60), first VARCHAR(20),"
        f" whole VARCHAR(60) GENERATED ALWAYS AS ({whole}) STORED)",
        "INSERT INTO people (id, mail, first) VALUES (1, 'ana@example.org', 'Ana')",
    )

    entry = made.house.until(Gate.OUTAGE, made.open(Right.ERASURE, email=_ANA))

    assert "sys.people.whole: the database computes the column by itself" in entry.description
    assert "erase: computed" in entry.description


def test_very_wide_table_is_erased_and_proven(town: MakeTown, url: str) -> None:
    """A table of more than a thousand columns is emptied, and looked at again."""
    if _kind(url) == "mysql":
        pytest.skip("InnoDB holds 1,017 columns")
    names = [f"c{i}" for i in range(1100)]
    made = town(
        [_people(*(column(name, erase="clear") for name in names), erase="columns")],
        f"CREATE TABLE people (id INTEGER PRIMARY KEY, mail VARCHAR(60), {' VARCHAR(9), '.join(names)} VARCHAR(9))",
        "INSERT INTO people (id, mail, c0, c1099) VALUES (1, 'ana@example.org', 'a', 'b')",
    )

    assert made.house.walk(made.open(Right.ERASURE, email=_ANA)) == "granted"

    assert made.ask("SELECT id, mail, c0, c1099 FROM people") == [(1, None, None, None)]


def test_check_rehearses_with_people_who_are_nobody(town: MakeTown) -> None:
    """Before there is a request, `contracts check --rehearse` finds what would refuse one; no row stays."""
    made = town(
        [
            _people(column("age", "integer", erase="mask"), column("code", erase="mask"), erase="columns"),
            table(
                "notes", number(), column("person_id", "integer", to=("people.id", {"follow": "from"})), column("body")
            ),
        ],
        "CREATE TABLE people (id INTEGER PRIMARY KEY, mail VARCHAR(60), age INTEGER CHECK (age > 17),"
        " code VARCHAR(20) UNIQUE)",
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, person_id INTEGER NOT NULL REFERENCES people (id),"
        " body VARCHAR(60))",
    )

    said = try_out("sys")

    assert {one.table: one.is_accepted for one in said.tables} == {"notes": True, "people": False}
    assert said.refusals[0].place("sys").startswith("sys.people")
    assert "answer" not in said.refusals[0].cure
    assert made.ask("SELECT count(*) FROM people") == [(0,)]
    assert made.ask("SELECT count(*) FROM notes") == [(0,)]


def test_declared_replacement_takes_the_place_of_a_label(town: MakeTown, url: str) -> None:
    """An enumeration that takes no NULL is erased by a label that the contract declares; another is named as none."""
    if _kind(url) == "sqlite":
        pytest.skip("SQLite has no enumerations")
    kind = "sex" if _kind(url) == "postgresql" else "ENUM('f', 'm', 'x')"
    before = ["CREATE TYPE sex AS ENUM ('f', 'm', 'x')"] if _kind(url) == "postgresql" else []
    made = town(
        [_people(column("sex", erase="mask", replacement="x"), erase="columns")],
        *before,
        f"CREATE TABLE people (id INTEGER PRIMARY KEY, mail VARCHAR(60), sex {kind} NOT NULL)",
        "INSERT INTO people VALUES (1, 'ana@example.org', 'f')",
    )

    assert made.house.walk(made.open(Right.ERASURE, email=_ANA)) == "granted"

    assert made.ask("SELECT mail, sex FROM people") == [(None, "x")]
