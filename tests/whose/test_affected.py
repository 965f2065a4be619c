"""Art. 33(3)(a), 34: one person is one, whatever kinds of key are unique; who has no e-mail address gets a letter."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from data_contracts.errors import ActRefused
from data_contracts.officer.incidents import IncidentFacts, IncidentKind, IncidentWords, Risk
from data_contracts.vocabulary import Decision
from flows import wiring
from flows.duties.incident import carry_out
from flows.officer.incidents import write_letters
from flows.runs.gates import WaitingForPerson
from tasks.officer.affected import addressees, find_affected
from tasks.officer.incidents import judge, open_incident
from tests.whose.conftest import MakeTown
from tests.whose.town import Town, column, number, table

_UNIQUE, _NOT = {"unique": True, "shared": None}, {"unique": None, "shared": False}
_ROWS = (
    (
        "CREATE TABLE person (id integer PRIMARY KEY, no varchar(20), mail varchar(80), name varchar(80),"
        " street varchar(80), city varchar(80))"
    ),
    "CREATE TABLE letter (id integer PRIMARY KEY, mail varchar(80))",
    "CREATE TABLE note (id integer PRIMARY KEY, person integer, text varchar(80))",
    (
        "INSERT INTO person VALUES (1, 'C1', 'ana@example.org', 'Ana One', 'Lane 1', 'Lille'),"
        " (2, 'C2', ' BEN@Example.ORG ', 'Ben Two', 'Lane 2', 'Lille'),"
        " (3, 'C3', NULL, 'Cléo Three', 'Lane 3', 'Lille'), (4, 'C4', '', 'Dan Four', NULL, NULL)"
    ),
    "INSERT INTO letter VALUES (1, 'ANA@EXAMPLE.ORG'), (2, 'ben@example.org'), (3, 'Eve@example.org'), (4, NULL)",
    "INSERT INTO note VALUES (1, 1, 'a'), (2, 1, 'b'), (3, 2, 'c'), (4, 3, 'd'), (5, 4, 'e'), (6, NULL, 'nobody')",
)


def _tables(assertion: str = "confirmed", **person: Any) -> list[dict[str, Any]]:
    plain = [
        column("name", category="user.name"),
        column("street", category="user.contact.address.street"),
        column("city", category="user.contact.address.city"),
    ]
    no = column("no", identity="customer_no", assertion="assigned", category="user.unique_id")
    mail = column("mail", identity="email", assertion=assertion)
    owner = column("person", "integer", to=("person.id", {"follow": "from"}))
    return [
        table("person", number(), no, mail, *plain, **person),
        table("letter", number(), column("mail", identity="email", assertion="self_asserted")),
        table("note", number(), owner, column("text")),
    ]


@contextmanager
def _in(town: Town) -> Iterator[None]:
    token = wiring._current.set(town.house.installation)
    yield
    wiring._current.reset(token)


def _breach(town: Town, *tables: str, **keys: list[str]) -> str:
    words = {"en": IncidentWords(nature="A file was copied.")}
    facts = IncidentFacts(title="Copied", tables=list(tables), words=words)
    return open_incident(IncidentKind.CONFIDENTIALITY, facts, town.house.clock(), actor="claire", keys=keys).run_id


def _counted(run_id: str) -> tuple[int, int, int, set[str]]:
    counts = find_affected(run_id)
    told = {one.address for one in addressees(run_id, range(counts["with_address"])).values()}
    return counts["people"], counts["with_address"], counts["without_address"], told


@pytest.mark.parametrize(
    ("no", "mail", "account", "assertion"),
    [
        (_UNIQUE, _UNIQUE, "customer_no", "confirmed"),
        (_UNIQUE, _NOT, "customer_no", "self_asserted"),
        (_UNIQUE, _UNIQUE, "email", "confirmed"),
        (_NOT, _UNIQUE, "email", "confirmed"),
    ],
)
def test_person_is_counted_once_whatever_kinds_are_unique(
    town: MakeTown, no: dict[str, Any], mail: dict[str, Any], account: str, assertion: str
) -> None:
    """Four customers, two with an address; a reader of the letter who is no customer is a fifth, in any spelling."""
    made = town(_tables(assertion, account=account), *_ROWS, customer_no=no, email=mail)

    both = {"ana@example.org", "ben@example.org"}
    assert _counted(_breach(made, "sys.note")) == (4, 2, 2, both)
    assert _counted(_breach(made, "sys.person")) == (4, 2, 2, both)
    assert _counted(_breach(made, "sys")) == (5, 3, 2, both | {"eve@example.org"})
    by_keys = _breach(made, email=["ANA@example.org", "eve@example.org", "fay@example.org"])
    assert _counted(by_keys) == (3, 3, 0, {"ana@example.org", "eve@example.org", "fay@example.org"})


def test_two_accounts_with_one_address_are_two_people_and_one_mail(town: MakeTown) -> None:
    """By account: mother and son read one mailbox."""
    made = town(
        _tables(account="customer_no"), *_ROWS, "UPDATE person SET mail = 'ANA@example.org' WHERE id = 2",
        customer_no=_UNIQUE, email=_NOT,
    )  # fmt: skip

    counts = find_affected(_breach(made, "sys.person"))

    assert (counts["people"], counts["with_address"], counts["without_address"]) == (4, 2, 2)


def test_who_has_no_address_gets_a_letter_once_the_words_are_approved(town: MakeTown, url: str, tmp_path: Path) -> None:
    """The list names them and where they live; a letter each, with the address in its window, and none before."""
    if not url.startswith("sqlite"):
        pytest.skip("how a letter is made does not depend on the database")
    made = town(_tables(account="customer_no"), *_ROWS, customer_no=_UNIQUE, email=_NOT)
    run_id, house = _breach(made, "sys.note"), made.house
    judge(run_id, Risk.HIGH, operator="claire", code=house.code("claire"))
    house.clock.advance(timedelta(minutes=2))
    with pytest.raises(WaitingForPerson) as waiting:
        carry_out(run_id)
    with _in(made), pytest.raises(ActRefused):
        write_letters(run_id, tmp_path / "post", operator="claire", code=house.code("claire"))
    house.answer(waiting.value.entry, Decision.APPROVE)

    with _in(made):
        done = write_letters(run_id, tmp_path / "post", operator="claire", code=house.code("claire"))

    rows = list(csv.DictReader(_lines(done["list"])))
    assert [(row["name"], row["postal_address"], row["known_by"]) for row in rows] == [
        ("Cléo Three", "Lane 3\nLille", "customer_no: C3"),
        ("Dan Four", "", "customer_no: C4"),
    ]
    texts = ["".join(page.extract_text() for page in PdfReader(file).pages) for file in done["files"]]
    assert [("Cléo Three" in texts[0], "Lane 3" in texts[0]), "Dan Four" in texts[1]] == [(True, True), True]
    assert "A file was copied." in texts[0]
    assert done["without_postal_address"] == 1
    assert [p.stat().st_mode & 0o077 for p in (tmp_path / "post").iterdir()] == [0, 0, 0]
    assert house.installation.verify_case(run_id).is_whole


def _lines(file: str) -> Iterator[str]:
    with Path(file).open(encoding="utf-8", newline="") as read:
        yield from read


def test_address_in_a_table_of_its_own_is_the_persons(town: MakeTown) -> None:
    """A row that refers to a customer and holds an address says where the customer is reached; a friend's says not."""
    owners = [column("person", "integer", to=("person.id", {"follow": "from"})) for _ in range(2)]
    person = table(
        "person", number(), column("no", identity="customer_no", assertion="assigned"), account="customer_no"
    )
    contact = table("contact", number(), owners[0], column("mail", identity="email", assertion="confirmed"))
    made = town(
        [person, contact, table("note", number(), owners[1], column("text"))],
        "CREATE TABLE person (id integer PRIMARY KEY, no varchar(20))",
        "CREATE TABLE contact (id integer PRIMARY KEY, person integer, mail varchar(80))",
        "CREATE TABLE note (id integer PRIMARY KEY, person integer, text varchar(80))",
        "INSERT INTO person VALUES (1, 'C1'), (2, 'C2'), (3, 'C3')",
        "INSERT INTO contact VALUES (1, 1, 'Ana@example.org'), (2, 1, 'ana@EXAMPLE.org'), (3, 3, 'eve@example.org')",
        "INSERT INTO note VALUES (1, 1, 'a'), (2, 2, 'b')",
        email=_NOT,
    )

    assert _counted(_breach(made, "sys.note")) == (2, 1, 1, {"ana@example.org"})
