"""Recovery copies on each database, end to end: the verdict while they are kept, and whatever breaks off meanwhile."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from data_contracts.connectors.recovering import IN_PART, RESTORE, RESTORED, space_of
from data_contracts.errors import RequestInvalid
from data_contracts.vocabulary import Gate, Right
from flows.operator.verdict_facts import verdict_facts
from flows.rights.restoring import Restoring, restore
from tasks.case.erased_again import AGAIN
from tasks.case.recovery import Sealing, copy_facts, end_old_copies, keeps_copy
from tasks.proof.judge import act_again
from tasks.services import services
from tests.whose.conftest import MakeTown
from tests.whose.town import Town, column, number, table

_DAYS = 7
_MINUTE = timedelta(minutes=1)
_TABLES = [
    table(
        "members",
        number(),
        column("mail", identity="email", assertion="confirmed"),
        column("words"),
        account="email",
    ),
    table(
        "notes",
        number(),
        column("member", "integer", to=("members.id", {"follow": "from", "assertion": "assigned"})),
        column("text"),
    ),
    table(
        "orders",
        number(),
        column("member", "integer", to=("members.id", {"follow": "from", "assertion": "assigned"}), erase="clear"),
        column("mail", identity="email", assertion="confirmed", erase="token"),
        column("city", erase="mask"),
        column("total", "number", erase="clear"),
        erase="columns",
    ),
]
_MADE = (
    "CREATE TABLE members (id INTEGER PRIMARY KEY, mail VARCHAR(60), words VARCHAR(90))",
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, member INTEGER NOT NULL REFERENCES members (id), text VARCHAR(90))",
    """CREATE TABLE orders (id INTEGER PRIMARY KEY, member INTEGER REFERENCES members (id), mail VARCHAR(90),
       city VARCHAR(90) NOT NULL, total NUMERIC(9, 2))""",
    "INSERT INTO members VALUES (1, 'ana@example.org', 'hello'), (2, 'ben@example.org', NULL)",
    "INSERT INTO notes VALUES (1, 1, 'one'), (2, 1, NULL), (3, 2, 'three')",
    "INSERT INTO orders VALUES (1, 1, 'ana@example.org', 'Lyon', 12.50), (2, 2, 'ben@example.org', 'Nice', 1)",
)


@pytest.fixture
def kept(town: MakeTown) -> Town:
    """A town whose policy keeps what was erased for a week."""
    return town(_TABLES, *_MADE, recovery_days=_DAYS)


@pytest.fixture
def giving(kept: Town) -> Town:
    """The same on databases that give rows back."""
    if kept.url.startswith(("mysql", "mariadb")):
        pytest.skip("this database gives nothing back, which another test shows")
    return kept


def _rows(town: Town) -> list[Any]:
    return [town.ask(f"SELECT * FROM {name} ORDER BY id") for name in ("members", "notes", "orders")]  # noqa: S608  # a test's own


def _erased(town: Town) -> str:
    case_id = town.open(Right.ERASURE, email="ana@example.org")
    town.house.walk(case_id)
    town.house.clock.advance(_MINUTE)
    return case_id


def _restored(town: Town, case_id: str, *people: str) -> Restoring:
    return [restore(case_id, operator=who, code=town.house.code(who), reference="TICKET-7") for who in people][-1]


def test_verdict_and_outcome_close_when_the_key_is_destroyed(giving: Town) -> None:
    """While the copy is there, all is proven but for it, and granted in part; then proven, and granted."""
    case_id = _erased(giving)
    with_copy, early = verdict_facts(case_id), giving.house.outcome(case_id)

    giving.house.clock.advance(timedelta(days=_DAYS + 1))
    end_old_copies()

    closed = verdict_facts(case_id)
    assert with_copy is not None
    assert closed is not None
    assert (with_copy["verdict"], early) == ("proven_but_for", "granted_in_part")
    (place,) = with_copy["but_for"]
    assert (place["system"], place["place"], place["rows"], place["why"]) == (
        "rightsflow",
        "recovery copy",
        4,
        "recovery",
    )
    assert (closed["verdict"], closed["but_for"]) == ("proven", [])
    assert giving.house.outcome(case_id) == "granted"
    assert giving.house.installation.verify_case(case_id).is_whole


def test_rows_and_masked_values_come_back(giving: Town) -> None:
    """Deleted rows, cleared references, masks and pseudonyms, parents before what refers to them."""
    before = _rows(giving)
    case_id = _erased(giving)
    assert [len(rows) for rows in _rows(giving)] == [1, 1, 2]

    done = _restored(giving, case_id, "claire", "marc")

    assert done.rows == {"sys": {"members": 1, "notes": 2, "orders": 1}}
    assert _rows(giving) == before
    with pytest.raises(RequestInvalid, match="given back already"):
        _restored(giving, case_id, "claire")


def test_database_that_gives_nothing_back_says_so(kept: Town) -> None:
    """People who approve read it; nothing is kept, and the erasure is proven as it would be without."""
    if not kept.url.startswith(("mysql", "mariadb")):
        pytest.skip("this database gives rows back")
    case_id = kept.open(Right.ERASURE, email="ana@example.org")
    approval = kept.house.until(Gate.APPROVAL, case_id)

    assert kept.house.walk(case_id) == "granted"

    assert "**Cannot be given back:**\n- sys: the system cannot copy" in approval.description
    assert services().vault.names(space_of(case_id)) == []
    assert "Kept for a few days" not in kept.house.mails()[-1]


@pytest.mark.parametrize(("step", "system", "cause"), [(RESTORED, "", RESTORED), (RESTORE, "sys", IN_PART)])
def test_what_came_back_is_not_proven_to_be_gone(giving: Town, step: str, system: str, cause: str) -> None:
    """Giving back broke off, and the last day came: the verdict does not close, nor does the outcome."""
    case_id = _erased(giving)
    services().register.complete(case_id, step, system, receipt={}, record=None)

    giving.house.clock.advance(timedelta(days=_DAYS + 1))
    assert end_old_copies() == 1

    facts, verdict = copy_facts(case_id), verdict_facts(case_id)
    assert facts is not None
    assert verdict is not None
    assert (facts["state"], verdict["verdict"]) == (cause, "proven_but_for")
    assert giving.house.outcome(case_id) == "granted_in_part"


def test_act_that_took_nothing_is_counted_too(kept: Town) -> None:
    """The next one has a number of its own, so that what it seals is noted."""
    case_id = kept.open(Right.ERASURE, email="ana@example.org")
    first = Sealing(case_id, "sys", ())
    first.sealed()

    assert Sealing(case_id, "sys", ()).name != first.name


def test_who_is_erased_again_leaves_no_copy(kept: Town) -> None:
    """Nobody writes to them, so that nothing is kept that they were not told of."""
    case_id = kept.open(Right.ERASURE, email="ana@example.org")
    assert keeps_copy(case_id)

    receipt = {"origin": case_id, "plain": False}
    services().register.complete(case_id, AGAIN, receipt=receipt, record=None)

    assert not keeps_copy(case_id)


def test_what_is_written_between_two_acts_is_copied_too(giving: Town) -> None:
    """Acted on again, the case takes a row that came meanwhile, and loses nothing of what it took first."""
    before = _rows(giving)
    case_id = giving.open(Right.ERASURE, email="ana@example.org")
    whole, came = services().register, list[bool]()
    complete = whole.complete

    def meddle(given: str, step: str, *more: Any, **named: Any) -> None:
        if step == "prove" and not came:
            came.append(True)
            act_again(given)
            giving.ask_to("INSERT INTO members VALUES (9, 'ana@example.org', 'late')")
            raise _Died
        complete(given, step, *more, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(whole, "complete", meddle)
        with pytest.raises(_Died):
            giving.house.walk(case_id)
    giving.house.walk(case_id)
    giving.house.clock.advance(_MINUTE)
    assert came
    assert _restored(giving, case_id, "claire", "marc").is_complete

    before[0].append((9, "ana@example.org", "late"))
    assert _rows(giving) == before


def test_row_that_changed_after_a_copy_that_nobody_needs(giving: Town) -> None:
    """The act broke off once its rows were sealed: what was erased in the end comes back, not what was sealed first."""
    before = _rows(giving)
    case_id = giving.open(Right.ERASURE, email="ana@example.org")
    giving.house.until(Gate.APPROVAL, case_id)
    whole = services().register
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(whole, "complete", _dying(whole, "complete", "after", _IS_COPY))
        with pytest.raises(_Died):
            giving.house.walk(case_id)
    giving.ask_to("UPDATE members SET words = 'changed' WHERE id = 1")
    giving.ask_to("UPDATE orders SET city = 'Metz' WHERE id = 1")

    giving.house.walk(case_id)
    giving.house.clock.advance(_MINUTE)

    assert _restored(giving, case_id, "claire", "marc").is_complete
    before[0][0] = (*before[0][0][:2], "changed")
    before[2][0] = (*before[2][0][:3], "Metz", *before[2][0][4:])
    assert _rows(giving) == before


@pytest.mark.parametrize("is_swept", [True, False])
def test_over_before_it_is_acted_on_again_nothing_is_copied(giving: Town, *, is_swept: bool) -> None:
    """The last day never moves: an act that is done after it leaves no copy, whether the watch has looked or not."""
    case_id = giving.open(Right.ERASURE, email="ana@example.org")
    giving.house.until(Gate.APPROVAL, case_id)
    whole = services().register
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(whole, "complete", _dying(whole, "complete", "after", _IS_COPY))
        with pytest.raises(_Died):
            giving.house.walk(case_id)
    sealed = services().vault.names(space_of(case_id))

    giving.house.clock.advance(timedelta(days=_DAYS + 1))
    assert end_old_copies() == 1 if is_swept else sealed
    giving.house.walk(case_id)

    assert giving.ask("SELECT id FROM members") == [(2,)]
    assert services().vault.names(space_of(case_id)) == ([] if is_swept else sealed)
    assert end_old_copies() == (0 if is_swept else 1)
    facts = copy_facts(case_id)
    assert facts is not None
    assert (facts["state"], services().vault.names(space_of(case_id))) == ("time over", [])


# --- law 2, law 3: broken off at each moment -----------------------------------------------------------------------


class _Died(BaseException):
    """The process ends here."""


def _dying(place: Any, name: str, when: str, is_it: Callable[..., bool]) -> Any:
    """A method that ends the process before or after it does its work, the first time that it is called so."""
    inner, dead = getattr(place, name), list[bool]()

    def call(*given: Any, **named: Any) -> Any:
        is_now = not dead and is_it(*given)
        if is_now:
            dead.append(True)
        if is_now and when == "before":
            raise _Died
        result = inner(*given, **named)
        if is_now:
            raise _Died
        return result

    return call


_ANY: Callable[..., bool] = lambda *_: True  # noqa: E731  # a short way to say it
_IS_COPY: Callable[..., bool] = lambda _case, step, *_: step == "recovery copy"  # noqa: E731  # as above
_ERASING = [
    ("register", "put_recovery", _ANY),
    ("register", "complete", lambda _case, step, *_: step == "recovery"),
    ("register", "complete", lambda _case, step, *_: step == "recovery copy"),
    ("register", "complete", lambda _case, step, *_: step == "erase"),
]
_RESTORING = [
    ("register", "complete", lambda _case, step, *_: step == "confirm"),
    ("register", "complete", lambda _case, step, *_: step == "restore"),
    ("register", "forget_erasure", _ANY),
    ("register", "complete", lambda _case, step, *_: step == "restored"),
    ("register", "complete", lambda _case, step, *_: step == "notice.restored"),
    ("vault", "destroy", _ANY),
    ("register", "complete", lambda _case, step, *_: step == "recovery ended"),
    ("register", "forget_recovery", _ANY),
]
_WHEN = pytest.mark.parametrize("when", ["before", "after"])


@_WHEN
@pytest.mark.parametrize("moment", range(len(_ERASING)))
def test_broken_off_while_erasing_everything_comes_back(
    giving: Town, moment: int, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was sealed already, and whichever system was erased: carried on and given back, all is as it was."""
    before = _rows(giving)
    case_id = giving.open(Right.ERASURE, email="ana@example.org")
    giving.house.until(Gate.APPROVAL, case_id)
    place, name, is_it = _ERASING[moment]
    whole = getattr(services(), place)
    with monkeypatch.context() as patch:
        patch.setattr(whole, name, _dying(whole, name, when, is_it))
        with pytest.raises(_Died):
            giving.house.walk(case_id)

    assert giving.house.walk(case_id) == "granted_in_part"
    giving.house.clock.advance(_MINUTE)
    assert _restored(giving, case_id, "claire", "marc").is_complete

    assert _rows(giving) == before
    assert giving.house.installation.verify_case(case_id).is_whole


@_WHEN
@pytest.mark.parametrize("moment", range(len(_RESTORING)))
def test_broken_off_while_giving_back_it_is_finished(
    giving: Town, moment: int, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each row once, one mail, no copy left, whoever runs it again."""
    before = _rows(giving)
    case_id = _erased(giving)
    _restored(giving, case_id, "claire")
    place, name, is_it = _RESTORING[moment]
    whole = getattr(services(), place)
    with monkeypatch.context() as patch:
        patch.setattr(whole, name, _dying(whole, name, when, is_it))
        with pytest.raises(_Died):
            _restored(giving, case_id, "marc")
    giving.house.clock.advance(timedelta(minutes=10))

    try:
        assert restore(case_id, operator="claire", code=giving.house.code("claire"), reference="").is_complete
    except RequestInvalid as too_late:
        assert "given back already" in str(too_late)  # noqa: PT017  # it was at its end
    end_old_copies()

    assert _rows(giving) == before
    assert len([name for name in giving.house.outbox("eml") if "restored" in name]) == 1
    assert services().vault.names(space_of(case_id)) == []
    assert services().register.recoveries() == []


def test_tables_whose_key_is_replaced_are_not_copied(town: MakeTown) -> None:
    """People are told before they approve; the rows of other tables come back, and nothing refers to nobody."""
    mail = column("mail", key=True, identity="email", assertion="confirmed", erase="token") | {"required": True}
    author = column("author", to=("users.mail", {"follow": "from", "assertion": "assigned"}))
    made = town(
        [
            table("users", mail, column("words", erase="clear"), account="email", erase="columns"),
            table("posts", number(), author, column("body", erase="clear"), erase="columns"),
            table("letters", number(), column("mail", identity="email", assertion="confirmed"), column("text")),
        ],
        "CREATE TABLE users (mail VARCHAR(60) PRIMARY KEY, words VARCHAR(60))",
        "CREATE TABLE posts (id INTEGER PRIMARY KEY, author VARCHAR(60) REFERENCES users (mail), body VARCHAR(60))",
        "CREATE TABLE letters (id INTEGER PRIMARY KEY, mail VARCHAR(60), text VARCHAR(60))",
        "INSERT INTO users VALUES ('ana@example.org', 'hello'), ('ben@example.org', 'hello')",
        "INSERT INTO posts VALUES (1, 'ana@example.org', 'a'), (2, 'ben@example.org', 'b')",
        "INSERT INTO letters VALUES (1, 'ana@example.org', 'x')",
        recovery_days=_DAYS,
    )
    if made.url.startswith(("mysql", "mariadb")):
        pytest.skip("this database gives nothing back, which another test shows")
    case_id = made.open(Right.ERASURE, email="ana@example.org")
    asked = made.house.until(Gate.APPROVAL, case_id).description
    made.house.walk(case_id)
    made.house.clock.advance(_MINUTE)
    replaced = made.ask("SELECT mail FROM users ORDER BY words")

    _restored(made, case_id, "claire", "marc")

    assert "sys.users: a key of the table is replaced" in asked
    assert "sys.posts: a key of the table is replaced" in asked
    assert "letters: " not in asked.partition("Cannot be given back")[2]
    assert made.ask("SELECT mail, text FROM letters") == [("ana@example.org", "x")]
    assert made.ask("SELECT mail FROM users ORDER BY words") == replaced
    assert ("ana@example.org",) not in replaced
    facts = copy_facts(case_id)
    assert facts is not None
    assert set(facts["not_copied"]) == {"sys.users", "sys.posts"}
    assert facts["rows"] == 1
    assert made.ask("SELECT body FROM posts WHERE id = 1") == [(None,)]
