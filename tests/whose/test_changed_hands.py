"""Addresses that change hands, end to end: who had one before, and who has it now, are told apart by a person."""

import json
from pathlib import Path
from typing import Any

import pytest

from data_contracts.case.request import FieldChange, Statement
from data_contracts.vocabulary import Decision, Gate, Right
from flows.wiring.packages import unpack_package
from tests.whose.conftest import MakeTown
from tests.whose.town import Town, column, number, table

_OLD, _NEW = "ana@example.org", "ana.new@example.org"
_CATEGORY = "user.contact.email"
_MEMBERS = table(
    "members", number(), column("no", identity="customer_no", assertion="assigned"),
    column("mail", identity="email", assertion="confirmed", category=_CATEGORY, rectify="declared"),
    account="customer_no",
)  # fmt: skip
_LETTERS = table("letters", number(), column("mail", identity="email", assertion="self_asserted"), column("words"))


@pytest.fixture
def moved(town: MakeTown) -> Town:
    """A member whose address was put right; a letter was written with the old one."""
    made = town(
        [_MEMBERS, _LETTERS],
        "CREATE TABLE members (id INTEGER PRIMARY KEY, no VARCHAR(9), mail VARCHAR(60))",
        "CREATE TABLE letters (id INTEGER PRIMARY KEY, mail VARCHAR(60), words VARCHAR(40))",
        f"INSERT INTO members VALUES (1, 'C1', '{_OLD}')",  # noqa: S608  # our own address
        f"INSERT INTO letters VALUES (1, '{_OLD}', 'hello')",  # noqa: S608  # as above
        email={"unique": False, "shared": False},
    )
    asked = Statement(changes=[FieldChange(field=_CATEGORY, value=_NEW)])
    made.house.walk(made.house.open(Right.RECTIFICATION, identity={"email": [_OLD]}, statement=asked))
    assert made.ask("SELECT mail FROM members") == [(_NEW,)]
    return made


def _letters(town: Town, case_id: str, folder: Path) -> list[Any]:
    town.house.walk(case_id)
    if not town.house.installation.services.vault.has(case_id, "package.zip"):
        return []
    with town.house.installation.services.vault.read(case_id, "package.zip") as blob:
        files = unpack_package(blob, folder)
    return [row for file in files if file.name == "letters.json" for row in json.loads(file.read_text())]


@pytest.mark.parametrize(("reference", "count"), [("A1", 0), ("A1 K1", 1)])
def test_former_address_is_searched_when_a_person_says_so(
    moved: Town, tmp_path: Path, reference: str, count: int
) -> None:
    """The verified account was known by the old address: the gate shows how many rows hold it, and asks."""
    case_id = moved.open(Right.ACCESS, email=_NEW)

    entry = moved.house.until(Gate.SUBJECTS, case_id)
    assert "sys.letters.mail (1 rows) (hers until" in entry.description
    moved.house.answer(entry, Decision.CHOSEN, reference=reference)

    assert len(_letters(moved, case_id, tmp_path / "p")) == count


def test_later_owner_gets_nothing_of_it(moved: Town, tmp_path: Path) -> None:
    """Whoever proves the address today is not shown what was written with it before, unless a person says so."""
    case_id = moved.open(Right.ACCESS, email=_OLD)

    entry = moved.house.until(Gate.SUBJECTS, case_id)
    assert "another account gave it up on" in entry.description
    moved.house.answer(entry, Decision.NAMED)

    assert _letters(moved, case_id, tmp_path / "p") == []


def test_former_address_is_known_after_a_rotation(moved: Town) -> None:
    """A new master key loses nobody's earlier address."""
    moved.house.installation.rotate_master_key()

    entry = moved.house.until(Gate.SUBJECTS, moved.open(Right.ACCESS, email=_NEW))

    assert "sys.letters.mail (1 rows) (hers until" in entry.description
