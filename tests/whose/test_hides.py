"""What hides data, end to end: copies, histories, replies, views and partitions, with each database that has them."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import Decision, Gate, Right
from tasks.case.plans import plan_receipt
from tests.whose.conftest import MakeTown
from tests.whose.packages import package_of
from tests.whose.town import Town, column, number, table

_VOUCHED: dict[str, Any] = {"identity": "email", "assertion": "confirmed"}
_FROM: dict[str, Any] = {"follow": "from"}
_NONE: dict[str, Any] = {"follow": "none"}
_GUESTS = table("guests", number(), column("mail", **_VOUCHED), account="email")
_TWO = ("INSERT INTO guests VALUES (1, 'ana@example.org'), (2, 'ben@example.org')",)
_MAKE_GUESTS = "CREATE TABLE guests (id INTEGER PRIMARY KEY, mail VARCHAR(60))"


def _only(url: str, *kinds: str) -> None:
    if sa.make_url(url).get_backend_name() not in kinds:
        pytest.skip("another database has no such thing")


def _outage(town: Town, case_id: str) -> GateEntry:
    return town.house.until(Gate.OUTAGE, case_id)


# --- rows of others that refer to hers ------------------------------------------------------------------------------

_POSTS = table(
    "posts", number(), column("guest_id", "integer", to=("guests.id", _FROM)),
    column("answers", "integer", to=("posts.id", _NONE)), column("words"),
)  # fmt: skip
_LIKES = table(
    "likes", number(), column("guest_id", "integer", to=("guests.id", _FROM)),
    column("post_id", "integer", to=("posts.id", _NONE)), column("mood"),
)  # fmt: skip
_MAKE_POSTS = (
    "CREATE TABLE posts (id INTEGER PRIMARY KEY, guest_id INTEGER REFERENCES guests (id), answers INTEGER {}, "
    "words VARCHAR(40), FOREIGN KEY (answers) REFERENCES posts (id))"
)
_MAKE_LIKES = (
    "CREATE TABLE likes (id INTEGER PRIMARY KEY, guest_id INTEGER REFERENCES guests (id), post_id INTEGER, "
    "mood VARCHAR(9), FOREIGN KEY (post_id) REFERENCES posts (id))"
)
_WORDS = (
    "INSERT INTO posts VALUES (1, 1, {}, 'ana asks'), (2, 2, 1, 'ben answers'), (3, 1, 2, 'ana thanks'),"
    " (4, 2, 3, 'ben waves'), (5, 2, 2, 'ben goes on')"
)


def test_answer_of_somebody_else_stays_without_its_reference(town: MakeTown) -> None:
    """Nothing of hers remains, nothing of his goes, and the plan says which rows lose a reference."""
    made = town(
        [_GUESTS, _POSTS, _LIKES], _MAKE_GUESTS, _MAKE_POSTS.format(""), _MAKE_LIKES, *_TWO, _WORDS.format("NULL"),
        "INSERT INTO likes VALUES (1, 1, 2, 'glad'), (2, 2, 1, 'sad'), (3, 2, 2, 'calm')",
    )  # fmt: skip

    case_id = made.open(Right.ERASURE, email="ana@example.org")

    assert made.house.walk(case_id) == "granted"
    assert made.ask("SELECT id, answers FROM posts ORDER BY id") == [(2, None), (4, None), (5, 2)]
    assert made.ask("SELECT id, post_id, mood FROM likes ORDER BY id") == [(2, None, "sad"), (3, 2, "calm")]
    lines = plan_receipt(case_id)["plan"]["lines"]
    losing = [(x["table"], x["columns"], x["rows"]) for x in lines if x["note"] == "reference"]
    assert sorted(losing) == [("likes", ["post_id"], 1), ("posts", ["answers"], 2)]


def test_reference_that_takes_no_null_is_told_before_people_decide(town: MakeTown) -> None:
    """Law 13: the outage names table and column; with ``erase: columns`` her words go and the row stays."""
    statements = (_MAKE_GUESTS, _MAKE_POSTS.format("NOT NULL"), *_TWO, _WORDS.format(1))
    made = town([_GUESTS, _POSTS], *statements)

    entry = _outage(made, made.open(Right.ERASURE, email="ana@example.org"))

    assert "sys.posts.answers" in entry.description
    assert "write `erase: columns` at `posts`" in entry.description
    assert len(made.ask("SELECT id FROM posts")) == 5


# --- histories ------------------------------------------------------------------------------------------------------

_BLANKED = table("guests", number(), column("mail", **_VOUCHED, erase="clear"), account="email", erase="columns")
_KEPT = table(
    "kept", number(), column("guest_id", "integer", to=("guests.id", _FROM)), column("mail", category="user.contact")
)
_MAKE_KEPT = {
    "sqlite": "CREATE TABLE kept (id INTEGER PRIMARY KEY, guest_id INTEGER, mail VARCHAR(60))",
    "mysql": "CREATE TABLE kept (id INTEGER PRIMARY KEY AUTO_INCREMENT, guest_id INTEGER, mail VARCHAR(60))",
    "postgresql": "CREATE TABLE kept (id serial PRIMARY KEY, guest_id INTEGER, mail VARCHAR(60))",
}
_KEEP = "INSERT INTO kept (guest_id, mail) VALUES (old.id, old.mail)"
_TRIGGER = {
    "sqlite": ("CREATE TRIGGER keeps AFTER {0} ON guests BEGIN " + _KEEP + "; END",),
    "mysql": ("CREATE TRIGGER keeps AFTER {0} ON guests FOR EACH ROW " + _KEEP,),
    "postgresql": (
        "CREATE FUNCTION keeps() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN " + _KEEP + "; RETURN old; END $$",
        "CREATE TRIGGER keeps AFTER {0} ON guests FOR EACH ROW EXECUTE FUNCTION keeps()",
    ),
}


def _history(url: str, event: str) -> list[str]:
    kind = sa.make_url(url).get_backend_name()
    return [_MAKE_GUESTS, _MAKE_KEPT[kind], *(one.format(event) for one in _TRIGGER[kind]), *_TWO]


@pytest.mark.parametrize(("event", "guests"), [("UPDATE", _BLANKED), ("DELETE", _GUESTS)])
def test_history_by_trigger_goes_last(town: MakeTown, url: str, event: str, guests: dict[str, Any]) -> None:
    """What a trigger writes down while we erase is erased too; it ends at once, without a gate."""
    made = town([guests, _KEPT], *_history(url, event), "UPDATE guests SET mail = 'ana@example.org' WHERE id = 1")

    case_id = made.open(Right.ERASURE, email="ana@example.org")

    assert made.house.walk(case_id) == "granted"
    assert made.ask("SELECT guest_id FROM kept") == []
    gates = {one.gate for one in made.house.installation.register.gates(case_id)}
    assert gates == {Gate.IDENTITY, Gate.APPROVAL}


def test_history_that_stays_blanked_ends_too(town: MakeTown, url: str) -> None:
    """A history table with ``erase: columns`` has a row more afterwards, which holds nothing of hers."""
    kept = table(
        "kept", number(), column("guest_id", "integer", to=("guests.id", _FROM)),
        column("mail", category="user.contact", erase="clear"), erase="columns",
    )  # fmt: skip
    made = town([_BLANKED, kept], *_history(url, "UPDATE"))

    assert made.house.walk(made.open(Right.ERASURE, email="ana@example.org")) == "granted"
    assert made.ask("SELECT guest_id, mail FROM kept") == [(1, None)]


def test_undeclared_history_does_not_hinder_the_act(town: MakeTown, url: str) -> None:
    """The erasure goes on; the witness finds the copy that the trigger made of her row, and a person takes it away."""
    made = town([_GUESTS], *_history(url, "DELETE"))
    approval = made.house.until(Gate.APPROVAL, made.open(Right.ERASURE, email="ana@example.org"))
    assert "copies stay: copies written" in approval.description

    mismatch = made.house.until(Gate.MISMATCH, approval.case_id)
    assert made.ask("SELECT id FROM guests") == [(2,)]
    assert "kept.mail | witness | 1" in mismatch.description
    made.ask_to("DELETE FROM kept")
    made.house.answer(mismatch, Decision.BY_HAND, reference="TICKET-1")

    assert made.house.walk(approval.case_id) == "granted_in_part"
    proof = made.house.installation.register.step(approval.case_id, "prove")
    assert proof is not None
    stays: Any = proof.receipt["but_for"]
    assert [(one["check"], one["why"]) for one in stays] == [("copies", "copies")]


# --- materialised views ----------------------------------------------------------------------------------------------

_VIEW = "CREATE MATERIALIZED VIEW listed AS SELECT id, mail FROM guests"


@pytest.mark.parametrize("is_declared", [True, False])
def test_materialised_view_shows_nothing_of_hers_afterwards(town: MakeTown, url: str, *, is_declared: bool) -> None:
    """Whether a contract names it or not."""
    _only(url, "postgresql")
    listed = table("listed", number(), column("mail", **_VOUCHED))
    made = town([_GUESTS, *([listed] if is_declared else [])], _MAKE_GUESTS, *_TWO, _VIEW)

    assert made.house.walk(made.open(Right.ERASURE, email="ana@example.org")) == "granted"
    assert made.ask("SELECT id FROM listed") == [(2,)]


def test_view_that_cannot_be_refreshed_is_no_proof(town: MakeTown, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate names it, and ``retry`` refreshes it again; nothing is silent."""
    _only(url, "postgresql")
    monkeypatch.setattr("integrations.systems.sql.live.views._LOCK_SECONDS", 0.2)
    made = town([_GUESTS], _MAKE_GUESTS, *_TWO, _VIEW)
    engine = sa.create_engine(url)
    case_id = made.open(Right.ERASURE, email="ana@example.org")
    with engine.begin() as reader:
        reader.exec_driver_sql("SELECT * FROM listed").all()
        entry = made.house.until(Gate.MISMATCH, case_id)
        assert "sys.public.listed: views" in entry.description
    engine.dispose()

    made.house.answer(entry, Decision.RETRY)

    assert made.house.walk(case_id) == "granted"
    assert made.ask("SELECT id FROM listed") == [(2,)]


# --- partitions ------------------------------------------------------------------------------------------------------

_PARTS = (
    (
        "CREATE TABLE payments (id integer, year integer, guest_id integer REFERENCES guests, note varchar(40), "
        "PRIMARY KEY (id, year)) PARTITION BY RANGE (year)"
    ),
    "CREATE TABLE payments_old PARTITION OF payments FOR VALUES FROM (2000) TO (2020) PARTITION BY RANGE (year)",
    "CREATE TABLE payments_older PARTITION OF payments_old FOR VALUES FROM (2000) TO (2010)",
    "CREATE TABLE payments_new PARTITION OF payments FOR VALUES FROM (2020) TO (2040)",
    (
        "CREATE TABLE refunds (id integer PRIMARY KEY, payment_id integer, year integer, words varchar(40), "
        "FOREIGN KEY (payment_id, year) REFERENCES payments (id, year))"
    ),
    "INSERT INTO payments VALUES (1, 2005, 1, 'a'), (2, 2025, 1, 'b'), (3, 2005, 2, 'c')",
    "INSERT INTO refunds VALUES (1, 1, 2005, 'hers'), (2, 3, 2005, 'his')",
)


def _partitioned() -> list[dict[str, Any]]:
    operations: dict[str, Any] = {"category": "system.operations"}
    year = column("year", "integer", **operations) | {"primaryKey": True, "primaryKeyPosition": 2}
    to_guest = column("guest_id", "integer", to=("guests.id", _FROM))
    payments = table("payments", number(), year, to_guest, column("note"))
    payment = column("payment_id", "integer", **operations)
    refunds = table("refunds", number(), payment, column("year", "integer", **operations), column("words"))
    pair = {"from": ["refunds.payment_id", "refunds.year"], "to": ["payments.id", "payments.year"]}
    refunds["relationships"] = [
        pair | {"customProperties": [{"property": "dsr", "value": _FROM | {"assertion": "assigned"}}]}
    ]
    return [_GUESTS, payments, refunds]


@pytest.mark.parametrize("right", [Right.ACCESS, Right.ERASURE])
def test_partitions_with_foreign_keys_are_one_table(town: MakeTown, url: str, right: Right, tmp_path: Path) -> None:
    """Erased through every level, in both directions, and shown once."""
    _only(url, "postgresql")
    made = town(_partitioned(), _MAKE_GUESTS, *_TWO, *_PARTS)

    case_id = made.open(right, email="ana@example.org")

    assert made.house.walk(case_id) == "granted"
    if right is Right.ERASURE:
        assert made.ask("SELECT id FROM payments") == [(3,)]
        assert made.ask("SELECT id FROM refunds") == [(2,)]
        return
    shown = package_of(made, case_id, tmp_path / "p")
    assert [row["note"] for row in shown["payments"]] == ["a", "b"]
    assert [row["words"] for row in shown["refunds"]] == ["hers"]
