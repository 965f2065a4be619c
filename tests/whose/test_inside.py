"""Identities inside containers, end to end on each database: hers is found, shown and erased, the other's stays."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from data_contracts.case.request import FieldChange, Statement
from data_contracts.vocabulary import Gate, Right
from tests.whose.conftest import MakeTown
from tests.whose.packages import package_of
from tests.whose.town import Town, a_town, column, number, table

_TYPED: dict[str, Any] = {"identity": "email", "assertion": "self_asserted"}
_MEMBERS = (
    "CREATE TABLE members (id INTEGER PRIMARY KEY, mail VARCHAR(60))",
    "INSERT INTO members VALUES (1, 'ana@example.org'), (2, 'ben@example.org')",
)
_MAILS = (
    "CREATE TABLE mails (id INTEGER PRIMARY KEY, about VARCHAR(20), doc TEXT)",
    """INSERT INTO mails VALUES
      (1, 'a', '{"n":1.10,  "to": [{"mail": "ana@example.org", "x": 1}, {"mail": "ben@example.org", "x": 2}]}'),
      (2, 'b', '{"to": [{"mail": "Ana <ANA@example.org>", "x": 3}]}'),
      (3, 'c', '{"to": [{"mail": "ben@example.org"}]}'),
      (4, 'ana@example.org', '{"to": [{"mail": '),
      (5, 'e', '{"to": [{"mail": "an\\u0061@example.org", "x": 4}]}')""",
)


def _members() -> dict[str, Any]:
    return table("members", number(), column("mail", identity="email", assertion="confirmed"), account="email")


def _mails(**dsr: Any) -> dict[str, Any]:
    doc = column("doc", inside={"json": "$.to[*].mail"}, shared="include", **_TYPED, **dsr.pop("doc", {}))
    return table("mails", number(), column("about", **dsr.pop("about", {})), doc, **dsr)


def _made(town: MakeTown, url: str, **dsr: Any) -> Town:
    # MariaDB takes a backslash in a text for the begin of an escape.
    mails = [one.replace("\\u", "\\\\u") if url.startswith("mysql") else one for one in _MAILS]
    return town([_members(), _mails(**dsr)], *_MEMBERS, *mails)


def _docs(town: Town) -> dict[int, str]:
    return dict(town.ask("SELECT id, doc FROM mails ORDER BY id"))


def test_her_member_is_shown_and_nobody_elses(town: MakeTown, url: str, tmp_path: Path) -> None:
    """Of a mail to both she is shown her own member; what else is in the row is told to be left out."""
    made = _made(town, url)
    case_id = made.open(Right.ACCESS, email="ana@example.org")

    made.house.walk(case_id)

    packed = package_of(made, case_id, tmp_path / "p")
    assert "ben@" not in json.dumps(packed)
    assert [(row["id"], json.loads(row["doc"])["to"][0]["x"]) for row in packed["mails"]] == [(2, 3), (5, 4)]
    assert packed["mails_shared"] == [{"doc": '{"n":1.10,  "to": [{"mail": "ana@example.org", "x": 1}]}'}]


def test_her_member_is_erased_and_the_others_stays(town: MakeTown, url: str) -> None:
    """Mails to her alone go; of one to both her member goes and every other sign stays; she is told why."""
    made = _made(town, url)

    assert made.house.walk(made.open(Right.ERASURE, email="ana@example.org")) == "granted_in_part"

    left = _docs(made)
    assert left[1] == '{"n":1.10,  "to": [{"mail": "ben@example.org", "x": 2}]}'
    assert set(left) == {1, 3, 4}


@pytest.mark.parametrize(
    ("erase", "left"), [("clear", '{"to": []}'), ("mask", '{"to": [{"mail": "***", "x": 3}]}'), ("token", None)]
)
def test_erasing_by_column_acts_inside(town: MakeTown, url: str, erase: str, left: str | None) -> None:
    """In a table that is emptied by columns her member is removed, masked or pseudonymised, wherever it lies."""
    made = _made(town, url, erase="columns", about={"erase": "clear"}, doc={"erase": erase})

    made.house.walk(made.open(Right.ERASURE, email="ana@example.org"))

    docs = _docs(made)
    assert docs[2] == left or (left is None and len(json.loads(docs[2])["to"][0]["mail"]) == 16)
    assert "ana@" not in docs[1].lower()
    assert '{"mail": "ben@example.org", "x": 2}]}' in docs[1]
    assert docs[3] == '{"to": [{"mail": "ben@example.org"}]}'


def test_her_member_is_put_right(town: MakeTown, url: str) -> None:
    """A new address takes the place of the old one inside, in rows of several people too."""
    made = _made(town, url, doc={"rectify": "declared", "category": "user.contact.email"})
    statement = Statement(changes=[FieldChange(field="user.contact.email", value="anna@example.org")])
    case_id = made.house.open(Right.RECTIFICATION, identity={"email": ["ana@example.org"]}, statement=statement)

    made.house.walk(case_id)

    docs = _docs(made)
    assert docs[1] == ('{"n":1.10,  "to": [{"mail": "anna@example.org", "x": 1}, {"mail": "ben@example.org", "x": 2}]}')
    assert docs[2] == '{"to": [{"mail": "anna@example.org", "x": 3}]}'
    assert docs[3] == '{"to": [{"mail": "ben@example.org"}]}'


def test_a_key_that_comes_back_inside_is_no_proof(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law 7: old values may be gone and her key be there; she is looked for inside again."""
    url = f"sqlite:///{tmp_path / 'sys.db'}"
    monkeypatch.setenv("RIGHTSFLOW_SYSTEM_SYS_URL", url)
    back = """CREATE TRIGGER back AFTER UPDATE ON mails BEGIN
      UPDATE mails SET doc = '{"to": [{"mail": "ANA@EXAMPLE.ORG"}]}' WHERE id = NEW.id; END"""
    with a_town(tmp_path, url, [_members(), _mails()], *_MEMBERS, *_MAILS, back) as made:
        case_id = made.open(Right.ERASURE, email="ana@example.org")

        assert "sys.mails: values" in made.house.until(Gate.MISMATCH, case_id).description


_BOXES = {
    "a_array": ("text[]", "array", {"members": True}, ["{ana@example.org,ben@example.org}", "{ana@example.org}"],
                "{ben@example.org}"),
    "a_json": ("jsonb", "object", {"json": "$.to[*]"}, ['{"to": ["ana@example.org", "ben@example.org"]}',
               '{"to": ["ANA@example.org"]}'], '{"to": ["ben@example.org"]}'),
    "a_xml": ("xml", "string", {"xml": "/u/e"}, ["<u><e>ana@example.org</e><e>ben@example.org</e></u>",
              "<u><e>ana@example.org</e></u>"], "<u><e></e><e>ben@example.org</e></u>"),
    "a_hstore": ("hstore", "object", {"entries": "email"}, ['email=>"ana@example.org, ben@example.org"',
                 "email=>ana@example.org"], '"email"=>"ben@example.org"'),
    "a_csv": ("text", "string", {"items": ","}, ["ben@example.org,ana@example.org", "ana@example.org"],
              "ben@example.org"),
}  # fmt: skip


@pytest.fixture
def boxes(whole_postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """A table for each container of PostgreSQL: the first row is Ana's and Ben's, the second Ana's alone."""
    monkeypatch.setenv("RIGHTSFLOW_SYSTEM_SYS_URL", whole_postgres)
    tables, made = [_members()], ["CREATE EXTENSION IF NOT EXISTS hstore"]
    for name, (live, kind, inside, values, _) in _BOXES.items():
        tables.append(table(name, number(), column("held", kind, inside=inside, shared="include", **_TYPED)))
        rows = ", ".join(f"({place}, '{value}')" for place, value in enumerate(values, 1))
        made += [f"CREATE TABLE {name} (id int PRIMARY KEY, held {live})", f"INSERT INTO {name} VALUES {rows}"]  # noqa: S608  # ours
    with a_town(tmp_path, whole_postgres, tables, *made, *_MEMBERS) as made_town:
        yield made_town
    engine = sa.create_engine(whole_postgres)
    with engine.begin() as connection:
        for name in ("members", *_BOXES):
            connection.exec_driver_sql(f"DROP TABLE {name}")
    engine.dispose()


def test_every_container_of_postgresql(boxes: Town, tmp_path: Path) -> None:
    """Arrays, JSON, XML, maps and lists: hers is found, shown and erased, the other's stays."""
    asked = boxes.open(Right.ACCESS, email="ana@example.org")
    boxes.house.walk(asked)
    erased = boxes.open(Right.ERASURE, email="ana@example.org")

    assert boxes.house.walk(erased) == "granted_in_part"

    packed = package_of(boxes, asked, tmp_path / "p")
    assert "ben@" not in json.dumps(packed)
    assert {f"{name}{end}" for name in _BOXES for end in ("", "_shared")} <= set(packed)
    assert {n: boxes.ask(f"SELECT held::text FROM {n}") for n in _BOXES} == {  # noqa: S608  # a test's own names
        name: [(left,)] for name, (*_, left) in _BOXES.items()
    }
