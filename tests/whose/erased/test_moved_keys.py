"""A primary key that is somebody's address is replaced with everything that refers to it, in one transaction."""

from typing import Any

import pytest

from data_contracts.connectors.keys import Condition, MoveKeys, Selection
from data_contracts.vocabulary import Gate, Right
from tasks.canaries.trying_out import try_out
from tests.whose.conftest import MakeTown
from tests.whose.town import column, number, table

_SURE: dict[str, Any] = {"identity": "email", "assertion": "confirmed"}
_ANA, _BEN = "ana@example.org", "ben@example.org"


def _refers(name: str, to: str, follow: str = "from", **dsr: Any) -> dict[str, Any]:
    assertion = {} if follow == "none" else {"assertion": "assigned"}
    return column(name, to=(to, {"follow": follow} | assertion), **dsr)


def _key(name: str, place: int) -> dict[str, Any]:
    return {"name": name, "logicalType": "string", "primaryKey": True, "primaryKeyPosition": place}


def _users(*more: dict[str, Any]) -> dict[str, Any]:
    mail = column("mail", key=True, erase="token", **_SURE) | {"required": True}
    return table("users", mail, column("words", erase="clear"), *more, account="email", erase="columns")


_MADE = (
    (
        "CREATE TABLE users (mail VARCHAR(60) PRIMARY KEY, words VARCHAR(60),"
        " referred_by VARCHAR(60) REFERENCES users (mail))"
    ),
    "INSERT INTO users VALUES ('ana@example.org', 'hello', NULL)",
    "INSERT INTO users VALUES ('ben@example.org', 'hello', 'ana@example.org')",
)


def _mysql_self(made: tuple[str, ...], url: str) -> tuple[str, ...]:
    """MariaDB passes over a reference that is written at its column."""
    if not url.startswith("mysql"):
        return made
    first = made[0].replace(" REFERENCES users (mail))", ", FOREIGN KEY (referred_by) REFERENCES users (mail))")
    return (first, *made[1:])


def test_key_and_all_that_refers_to_it_get_one_pseudonym(town: MakeTown, url: str) -> None:
    """Over two levels, composite keys, a reference of the table to itself, and rows of others."""
    posts = table(
        "posts",
        _key("mail", 1) | {"relationships": [{"to": "users.mail", "customProperties": _said("from")}]},
        _key("seq", 2) | {"logicalType": "integer"},
        column("body", erase="clear"),
        erase="columns",
    )
    replies = table(
        "replies", number(), column("to_mail", to=None, category="system.operations"),
        column("to_seq", "integer", category="system.operations"), _refers("by_mail", "users.mail"), column("body"),
        erase="delete",
    ) | {"relationships": [_joint("replies", ("to_mail", "to_seq"), "posts", ("mail", "seq"), "none")]}  # fmt: skip
    made = town(
        [_users(_refers("referred_by", "users.mail", "none")), posts, replies],
        *_mysql_self(_MADE, url),
        "CREATE TABLE posts (mail VARCHAR(60) NOT NULL, seq INTEGER NOT NULL, body VARCHAR(60),"
        " PRIMARY KEY (mail, seq), FOREIGN KEY (mail) REFERENCES users (mail))",
        "INSERT INTO posts VALUES ('ana@example.org', 1, 'a'), ('ana@example.org', 2, 'b')",
        "INSERT INTO posts VALUES ('ben@example.org', 1, 'c')",
        "CREATE TABLE replies (id INTEGER PRIMARY KEY, to_mail VARCHAR(60) NOT NULL, to_seq INTEGER NOT NULL,"
        " by_mail VARCHAR(60), body VARCHAR(60), FOREIGN KEY (to_mail, to_seq) REFERENCES posts (mail, seq),"
        " FOREIGN KEY (by_mail) REFERENCES users (mail))",
        "INSERT INTO replies VALUES (1, 'ana@example.org', 2, 'ben@example.org', 'to Ana'),"
        " (2, 'ben@example.org', 1, 'ana@example.org', 'of Ana'),"
        " (3, 'ben@example.org', 1, 'ben@example.org', 'of Ben')",
    )
    case_id = made.open(Right.ERASURE, email=_ANA)

    entry = made.house.until(Gate.APPROVAL, case_id)
    assert "sys.replies" in entry.description
    assert made.house.walk(case_id) == "granted"

    users = dict(made.ask("SELECT words, mail FROM users"))
    token = users[None]
    assert len(token) == 16
    assert users["hello"] == _BEN
    assert made.ask("SELECT referred_by FROM users WHERE words = 'hello'") == [(token,)]
    assert made.ask("SELECT mail, seq, body FROM posts WHERE body IS NULL ORDER BY seq") == [
        (token, 1, None),
        (token, 2, None),
    ]
    assert made.ask("SELECT id, to_mail, by_mail FROM replies ORDER BY id") == [(1, token, _BEN), (3, _BEN, _BEN)]
    step = made.house.installation.register.step(case_id, "prove")
    assert step is not None
    assert step.receipt["verdict"] == "proven"


def test_check_rehearses_the_keys_of_people_who_are_nobody(town: MakeTown) -> None:
    """`contracts check --rehearse` replaces made-up keys with what refers to them; nothing is refused, no row stays."""
    orders = table("orders", number(), _refers("mail", "users.mail"), column("what"), erase="keep", hold="tax")
    made = town(
        [_users(), orders],
        "CREATE TABLE users (mail VARCHAR(60) PRIMARY KEY, words VARCHAR(60))",
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, mail VARCHAR(60) NOT NULL, what VARCHAR(60),"
        " FOREIGN KEY (mail) REFERENCES users (mail))",
    )

    said = try_out("sys")

    assert not said.refusals
    assert "users" in {one.table for one in said.tables if one.is_accepted}
    assert made.ask("SELECT count(*) FROM users") == [(0,)]


def test_acting_again_changes_nothing(town: MakeTown) -> None:
    """An act that was cut off after its commit is carried out once more: the keys are not replaced twice."""
    made = town(
        [_users()],
        "CREATE TABLE users (mail VARCHAR(60) PRIMARY KEY, words VARCHAR(60))",
        "INSERT INTO users VALUES ('ana@example.org', 'hello'), ('ben@example.org', 'hello')",
    )
    moved = MoveKeys(
        Selection("users", (Condition(("mail",), frozenset({(_ANA,)})),)),
        (("users", "mail"),),
        {_ANA: "0123456789abcdef"},
    )
    connector = made.house.installation.services.systems.connector("sys")

    assert connector.carry_out([moved]) == [1]
    assert connector.carry_out([moved]) == [0]

    assert made.ask("SELECT mail FROM users ORDER BY mail") == [("0123456789abcdef",), (_BEN,)]


def test_reference_that_no_contract_declares_stops_before_the_approval(town: MakeTown) -> None:
    """A foreign key between declared tables of which the contract says nothing is named, with its column."""
    typed = column("mail", identity="email", assertion="self_asserted")
    made = town(
        [_users(), table("orders", number(), typed, column("what"))],
        "CREATE TABLE users (mail VARCHAR(60) PRIMARY KEY, words VARCHAR(60))",
        "INSERT INTO users VALUES ('ana@example.org', 'hello'), ('ben@example.org', 'hello')",
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, mail VARCHAR(60), what VARCHAR(60),"
        " FOREIGN KEY (mail) REFERENCES users (mail))",
        "INSERT INTO orders VALUES (1, 'ana@example.org', 'tea'), (2, 'ben@example.org', 'tea')",
    )  # fmt: skip
    case_id = made.open(Right.ERASURE, email=_ANA)

    entry = made.house.until(Gate.OUTAGE, case_id)

    assert (
        "sys.orders.mail: a foreign key (mail) refers to `users`, and the contract does not say so" in entry.description
    )
    assert made.ask("SELECT count(*) FROM users WHERE words IS NULL") == [(0,)]


@pytest.mark.parametrize("rule", ["ON UPDATE CASCADE", "ON UPDATE RESTRICT"])
def test_what_the_foreign_key_does_by_itself_is_no_matter(town: MakeTown, rule: str) -> None:
    """Orders of hers that a hold keeps refer to the pseudonym afterwards, and are counted as kept."""
    orders = table("orders", number(), _refers("mail", "users.mail"), column("what"), erase="keep", hold="tax")
    made = town(
        [_users(), orders],
        "CREATE TABLE users (mail VARCHAR(60) PRIMARY KEY, words VARCHAR(60))",
        "INSERT INTO users VALUES ('ana@example.org', 'hello'), ('ben@example.org', 'hello')",
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, mail VARCHAR(60) NOT NULL, what VARCHAR(60),"
        f" FOREIGN KEY (mail) REFERENCES users (mail) {rule})",
        "INSERT INTO orders VALUES (1, 'ana@example.org', 'tea'), (2, 'ben@example.org', 'tea')",
    )

    assert made.house.walk(made.open(Right.ERASURE, email=_ANA)) == "granted_in_part"

    (token,) = made.ask("SELECT mail FROM users WHERE words IS NULL")[0]
    assert made.ask("SELECT id, mail FROM orders ORDER BY id") == [(1, token), (2, _BEN)]


def _said(follow: str) -> list[dict[str, Any]]:
    assertion = {} if follow == "none" else {"assertion": "assigned"}
    return [{"property": "dsr", "value": {"follow": follow} | assertion}]


def _joint(table_: str, columns: tuple[str, ...], to: str, names: tuple[str, ...], follow: str) -> dict[str, Any]:
    return {
        "from": [f"{table_}.{name}" for name in columns],
        "to": [f"{to}.{name}" for name in names],
        "customProperties": _said(follow),
    }
