"""Law 7, end to end on each database: what no contract leads to is seen, shown before, and named in the verdict."""

from typing import Any

import pytest

from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import Decision, Gate, Right
from tests.whose.conftest import MakeTown
from tests.whose.town import Town, column, number, table

_VOUCHED: dict[str, Any] = {"identity": "email", "assertion": "confirmed"}
_MEMBERS = table("members", number(), column("mail", **_VOUCHED), column("words"), account="email")
_MADE = (
    "CREATE TABLE members (id INTEGER PRIMARY KEY, mail VARCHAR(60), words VARCHAR(90))",
    "INSERT INTO members VALUES (1, 'ana@example.org', 'hello'), (2, 'ben@example.org', 'I know joana@example.org')",
)
_OLD = (
    "CREATE TABLE old_import (line INTEGER, raw VARCHAR(90))",
    "INSERT INTO old_import VALUES (1, 'x;Ana@Example.org;y'), (2, 'ana@example.org.uk')",
)


def _verdict(town: Town, case_id: str) -> dict[str, Any]:
    step = town.house.installation.register.step(case_id, "prove")
    assert step is not None
    return dict(step.receipt)


def _approval(town: Town) -> GateEntry:
    return town.house.until(Gate.APPROVAL, town.open(Right.ERASURE, email="ana@example.org"))


def test_nothing_beside_the_contract_is_proven(town: MakeTown) -> None:
    """Addresses that only contain hers are other addresses."""
    made = town([_MEMBERS], *_MADE)
    entry = _approval(made)

    assert made.house.walk(entry.case_id) == "granted"

    assert "no contract leads" not in entry.description
    assert (_verdict(made, entry.case_id)["verdict"], _verdict(made, entry.case_id)["but_for"]) == ("proven", [])
    assert made.ask("SELECT id FROM members") == [(2,)]


def test_undeclared_table_is_shown_before_and_named_after(town: MakeTown) -> None:
    """It stays as it is; who approved saw it, and the letter says so."""
    made = town([_MEMBERS], *_MADE, *_OLD)
    entry = _approval(made)
    assert "**1 more place holds something of the data subject; no contract leads there.**" in entry.description
    assert "old_import.raw" in entry.description
    assert "example.org" not in entry.description

    assert made.house.walk(entry.case_id) == "granted_in_part"

    (stays,) = _verdict(made, entry.case_id)["but_for"]
    assert stays["place"].endswith("old_import.raw")
    assert (stays["rows"], stays["why"], stays["by"]) == (1, "approved", ["claire"])
    assert made.ask("SELECT count(*) FROM old_import") == [(2,)]
    assert "decided that it stays" in made.house.mails()[-1]


def test_another_persons_words_are_theirs(town: MakeTown) -> None:
    """A row of somebody else that mentions her address is shown, and never changed."""
    made = town([_MEMBERS], *_MADE, "INSERT INTO members VALUES (3, 'cas@example.org', 'ask ana@example.org first')")
    entry = _approval(made)
    assert "members.words" in entry.description

    assert made.house.walk(entry.case_id) == "granted_in_part"

    assert made.ask("SELECT words FROM members WHERE id = 3") == [("ask ana@example.org first",)]


def test_undeclared_column_of_her_own_row_is_shown(town: MakeTown) -> None:
    """A table whose columns are cleared keeps its undeclared ones: the verdict names them."""
    members = table(
        "members", number(), column("mail", **_VOUCHED, erase="clear"), column("words", erase="clear"),
        account="email", erase="columns",
    )  # fmt: skip
    made = town(
        [members],
        *_MADE,
        "ALTER TABLE members ADD COLUMN login VARCHAR(60)",
        "UPDATE members SET login = mail WHERE id = 1",
    )
    entry = _approval(made)
    assert "members.login" in entry.description

    assert made.house.walk(entry.case_id) == "granted_in_part"

    assert [one["rows"] for one in _verdict(made, entry.case_id)["but_for"]] == [1]
    assert made.ask("SELECT mail, login FROM members WHERE id = 1") == [(None, "ana@example.org")]


def test_undeclared_column_without_a_key_is_shown(town: MakeTown) -> None:
    """The witness sees no key in it; what nobody declared is named all the same."""
    members = table(
        "members", number(), column("mail", **_VOUCHED, erase="clear"), column("words", erase="clear"),
        account="email", erase="columns",
    )  # fmt: skip
    made = town(
        [members],
        *_MADE,
        "ALTER TABLE members ADD COLUMN nick VARCHAR(60)",
        "UPDATE members SET nick = 'ann' WHERE id IN (1, 2)",
    )
    entry = _approval(made)
    assert "| 1 | sys: `members.nick` | not declared |" in entry.description

    assert made.house.walk(entry.case_id) == "granted_in_part"

    stays = {one["place"]: (one["rows"], one["why"]) for one in _verdict(made, entry.case_id)["but_for"]}
    assert stays == {"members.nick": (1, "undeclared")}


def _copies_meanwhile(made: Town) -> GateEntry:
    """A copy of her row is made after people approved; the case waits at *mismatch*."""
    entry = _approval(made)
    made.house.agree(entry)
    made.ask_to("INSERT INTO old_import VALUES (7, 'ana@example.org')")
    mismatch = made.house.until(Gate.MISMATCH, entry.case_id)
    assert "old_import.raw" in mismatch.description
    return mismatch


def test_what_appears_meanwhile_is_not_proven(town: MakeTown) -> None:
    """One row more than people saw goes back to them; what they finish by hand is looked at."""
    made = town([_MEMBERS], *_MADE, *_OLD)
    entry = _copies_meanwhile(made)

    made.house.answer(entry, Decision.BY_HAND, reference="TICKET-1")
    again = made.house.until(Gate.MISMATCH, entry.case_id)
    assert again.digest != entry.digest
    made.ask_to("DELETE FROM old_import WHERE line IN (1, 7)")
    made.house.answer(again, Decision.BY_HAND, reference="TICKET-1")

    assert made.house.walk(entry.case_id) == "granted"
    assert _verdict(made, entry.case_id)["verdict"] == "proven"


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("mention", "Entries of other people mention"),
        ("obligation", "A law or a legal claim obliges us"),
        ("technical", "cannot be erased yet for technical reasons"),
    ],
)
def test_what_stays_has_its_ground_in_record_and_letter(town: MakeTown, why: str, words: str) -> None:
    """Who decided, and why; the case is not granted whole."""
    made = town([_MEMBERS], *_MADE, _OLD[0])
    entry = _copies_meanwhile(made)

    made.house.answer(entry, Decision.STAYS, reference=why)

    assert made.house.walk(entry.case_id) == "granted_in_part"
    (stays,) = _verdict(made, entry.case_id)["but_for"]
    assert (stays["why"], stays["by"]) == (why, ["claire"])
    assert words in made.house.mails()[-1]


def test_what_was_seen_before_and_what_was_said_after_are_both_named(town: MakeTown) -> None:
    """A place that people saw holds a row more: who let which rows stay stands in the record."""
    made = town([_MEMBERS], *_MADE, *_OLD)
    entry = _copies_meanwhile(made)

    made.house.answer(entry, Decision.STAYS, reference="technical")
    made.house.walk(entry.case_id)

    stays = sorted((one["why"], one["rows"]) for one in _verdict(made, entry.case_id)["but_for"])
    assert stays == [("approved", 1), ("technical", 1)]


def test_more_than_was_let_stay_is_asked_about_again(town: MakeTown) -> None:
    """An answer is for so many rows as people saw."""
    made = town([_MEMBERS], *_MADE, _OLD[0])
    entry = _copies_meanwhile(made)
    made.ask_to("INSERT INTO old_import VALUES (8, 'ana@example.org')")

    made.house.answer(entry, Decision.STAYS, reference="technical")

    again = made.house.until(Gate.MISMATCH, entry.case_id)
    assert again.digest != entry.digest
    assert "old_import.raw | witness | 2" in again.description


def test_staying_needs_one_of_the_grounds(town: MakeTown) -> None:
    """Free text is no ground, and nobody can call approved what nobody saw."""
    made = town([_MEMBERS], *_MADE, _OLD[0])
    entry = _copies_meanwhile(made)

    for reference in ("", "because", "approved"):
        with pytest.raises(Exception, match="give as reference one of: mention, obligation, technical"):
            made.house.answer(entry, Decision.STAYS, reference=reference)


def test_without_a_witness_nothing_is_proven(town: MakeTown) -> None:
    """The second look asks the contract what the first one asked: it does not see the old table."""
    made = town([_MEMBERS], *_MADE, *_OLD)
    object.__setattr__(made.house.installation.services.policy.witness, "rights", [])
    entry = _approval(made)

    assert made.house.walk(entry.case_id) == "granted_in_part"

    verdict = _verdict(made, entry.case_id)
    assert (verdict["verdict"], verdict["not_looked"]) == ("not_looked_at", [["", "witness_off"]])
    assert "old_import" not in entry.description
