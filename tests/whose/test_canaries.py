"""Canaries, end to end on each database: what a contract does not know of is found out by somebody who is nobody."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from data_contracts.connectors.canaries import CanaryResult, CanaryState
from data_contracts.vocabulary import Duty
from flows.duties.canary import carry_out
from tasks.services import Services, services, use
from tests.sampling import drawn
from tests.whose.conftest import MakeTown
from tests.whose.town import Town, column, number, table

_VOUCHED: dict[str, Any] = {"identity": "email", "assertion": "confirmed"}
_MEMBERS = table(
    "members", number(), column("mail", **_VOUCHED), column("words", rectify="declared"), account="email"
)  # fmt: skip
_ORDERS = table(
    "orders", number(), column("member_id", "integer", to=("members.id", {"follow": "from"})), column("note")
)  # fmt: skip
_MADE = (
    "CREATE TABLE members (id INTEGER PRIMARY KEY, mail VARCHAR(60) NOT NULL, words VARCHAR(90))",
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, member_id INTEGER NOT NULL REFERENCES members (id), note TEXT)",
    "INSERT INTO members VALUES (1, 'ana@example.org', 'hello')",
    "INSERT INTO orders VALUES (1, 1, 'red')",
)
_LEAST, _DRAWN = 30, 5
"""So many effects a canary's life has at least; so many of its moments are tried in a run of the tests."""
_ROWS = {"members": [(1, "ana@example.org", "hello")], "orders": [(1, 1, "red")]}


def _kind(url: str) -> str:
    return next(name for name in ("sqlite", "postgresql", "mysql") if url.startswith(name))


def _result() -> CanaryResult:
    (standing,) = carry_out("sys").systems
    assert standing.result is not None, standing
    return standing.result


def _rows(made: Town) -> dict[str, list[tuple[Any, ...]]]:
    return {name: made.ask(f"SELECT * FROM {name}") for name in _ROWS}  # noqa: S608  # our own words


def test_canary_is_found_changed_and_erased(town: MakeTown) -> None:
    """In every table that a search reaches; the others' rows stay, and nothing is left of her."""
    made = town([_MEMBERS, _ORDERS], *_MADE, canary=True)

    found = _result()

    assert (found.state, found.failed) == (CanaryState.CLEAN, "")
    assert (found.planted, found.left_out) == (("members", "orders"), ())
    assert (found.changed, found.erased) == ("sys.members.words", 2)
    assert _rows(made) == _ROWS


def test_canary_whose_key_is_her_address_is_taken_away_whole(town: MakeTown) -> None:
    """Her row stays with a pseudonym for a key, as an erasure leaves it, until what is left of her goes."""
    mail = column("mail", key=True, erase="token", **_VOUCHED) | {"required": True}
    members = table("members", mail, column("words", erase="clear"), account="email", erase="columns")
    held = column("member", to=("members.mail", {"follow": "from", "assertion": "assigned"}))
    made = town(
        [members, table("orders", number(), held, column("note"), erase="keep", hold="tax")],
        "CREATE TABLE members (mail VARCHAR(60) PRIMARY KEY, words VARCHAR(90))",
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, member VARCHAR(60) NOT NULL, note VARCHAR(90),"
        " FOREIGN KEY (member) REFERENCES members (mail))",
        "INSERT INTO members VALUES ('ana@example.org', 'hello')",
        canary=True,
    )

    found = _result()

    assert (found.state, found.failed) == (CanaryState.CLEAN, "")
    assert made.ask("SELECT mail FROM members") == [("ana@example.org",)]
    assert made.ask("SELECT count(*) FROM orders") == [(0,)]


def _copying(kind: str) -> tuple[str, ...]:
    """A history that a trigger fills, and a column that copies the address; no contract declares either."""
    made = (
        "CREATE TABLE members_history (line INTEGER, mail VARCHAR(60))",
        "ALTER TABLE members ADD COLUMN login VARCHAR(60)",
    )
    if kind == "postgresql":
        body = "BEGIN INSERT INTO members_history VALUES (1, NEW.mail); NEW.login := NEW.mail; RETURN NEW; END"
        function = f"CREATE FUNCTION kept() RETURNS trigger LANGUAGE plpgsql AS $${body}$$"
        return (*made, function, "CREATE TRIGGER kept BEFORE INSERT ON members FOR EACH ROW EXECUTE FUNCTION kept()")
    if kind == "mysql":
        body = "BEGIN INSERT INTO members_history VALUES (1, NEW.mail); SET NEW.login = NEW.mail; END"
        return (*made, f"CREATE TRIGGER kept BEFORE INSERT ON members FOR EACH ROW {body}")
    body = "INSERT INTO members_history VALUES (1, NEW.mail); UPDATE members SET login = NEW.mail WHERE id = NEW.id;"
    return (*made, f"CREATE TRIGGER kept AFTER INSERT ON members FOR EACH ROW BEGIN {body} END")


def test_blind_spots_of_a_contract_are_caught(town: MakeTown, url: str) -> None:
    """A history and a column that nobody declared are named; the row that the contract would keep is taken away."""
    members = table(
        "members", number(), column("mail", **_VOUCHED, erase="mask"), column("words", erase="clear"),
        account="email", erase="columns",
    )  # fmt: skip
    made = town([members, _ORDERS], *_MADE, *_copying(_kind(url)), canary=True)

    found = _result()

    assert found.state is CanaryState.LEFT, found
    assert sorted(place.rpartition("members")[2] for place in found.left) == [".login", "_history.mail"]
    assert made.ask("SELECT id, mail FROM members") == [(1, "ana@example.org")]
    assert made.ask("SELECT count(*) FROM members_history WHERE mail LIKE 'canary-%@canary.invalid'") == [(1,)]


def _trigger(kind: str, table_: str, does: str, *, sets: str = "") -> tuple[str, ...]:
    """A trigger that does something after a row was inserted, or first sets a value of the new row."""
    if kind == "sqlite":
        column, _, value = sets.partition(" = ")
        does = f"UPDATE {table_} SET {column} = {value} WHERE id = NEW.id" if sets else does  # noqa: S608  # our words
        return (f"CREATE TRIGGER odd AFTER INSERT ON {table_} FOR EACH ROW BEGIN {does}; END",)
    when = "BEFORE" if sets else "AFTER"
    if kind == "mysql":
        return (f"CREATE TRIGGER odd {when} INSERT ON {table_} FOR EACH ROW {f'SET NEW.{sets}' if sets else does}",)
    body = f"BEGIN {f'NEW.{sets}'.replace(' = ', ' := ') if sets else does}; RETURN NEW; END"
    function = f"CREATE FUNCTION odd() RETURNS trigger LANGUAGE plpgsql AS $${body}$$"
    return function, f"CREATE TRIGGER odd {when} INSERT ON {table_} FOR EACH ROW EXECUTE FUNCTION odd()"


def test_row_that_the_search_does_not_lead_to_is_missed(town: MakeTown, url: str) -> None:
    """A column that is said to be normalised, and is written in capitals: her rows are missed, and taken away."""
    members = table("members", number(), column("mail", **_VOUCHED, normalised=True), column("words"), account="email")
    shouting = _trigger(_kind(url), "members", "", sets="mail = upper(NEW.mail)")
    made = town([members, _ORDERS], *_MADE, *shouting, canary=True)

    found = _result()

    assert (found.state, found.missed) == (CanaryState.MISSED, ("members", "orders"))
    assert _rows(made) == _ROWS


def test_search_that_leads_to_others_erases_nothing(town: MakeTown, url: str) -> None:
    """A trigger writes her address into somebody's card: the card stays, and she is taken away."""
    cards = table("cards", number(), column("mail", **_VOUCHED))
    copying = _trigger(_kind(url), "members", "UPDATE cards SET mail = NEW.mail WHERE id = 7")
    card = (
        "CREATE TABLE cards (id INTEGER PRIMARY KEY, mail VARCHAR(60))",
        "INSERT INTO cards VALUES (7, 'b@c.example')",
    )
    made = town([_MEMBERS, _ORDERS, cards], *_MADE, *card, *copying, canary=True)

    found = _result()

    assert (found.state, found.astray, found.erased) == (CanaryState.ASTRAY, ("cards",), 0)
    assert [place.rpartition("cards")[2] for place in found.left] == [".mail"]
    assert (_rows(made), made.ask("SELECT id FROM cards")) == (_ROWS, [(7,)])


def test_row_that_a_check_refuses_leaves_nothing(town: MakeTown) -> None:
    """The message names table and constraint; the rows before it are not there either."""
    made = town(
        [_MEMBERS, _ORDERS],
        _MADE[0],
        _MADE[1].replace("note TEXT", "note TEXT, CONSTRAINT colour CHECK (note = 'red')"),
        *_MADE[2:],
        canary=True,
    )

    found = _result()

    assert found.state is CanaryState.FAILED
    assert "sys.orders" in found.failed
    assert "colour" in found.failed
    assert "canary-" not in found.failed
    assert _rows(made) == _ROWS


def test_reference_that_she_cannot_fill_is_refused_by_name(town: MakeTown) -> None:
    """An undeclared parent has no row of hers: the foreign key's table is named, and nothing is left half done."""
    made = town(
        [_MEMBERS, table("orders", number(), column("member_id", "integer", to=("members.id", {"follow": "from"})),
                         column("shop_id", "integer"))],
        _MADE[0],
        "CREATE TABLE shops (id INTEGER PRIMARY KEY)",
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, member_id INTEGER NOT NULL REFERENCES members (id),"
        " shop_id INTEGER NOT NULL, CONSTRAINT of_shop FOREIGN KEY (shop_id) REFERENCES shops (id))",
        canary=True,
    )  # fmt: skip

    found = _result()

    assert (found.state, made.ask("SELECT * FROM members")) == (CanaryState.FAILED, [])
    assert "sys.orders" in found.failed
    assert "foreign key" in found.failed


def test_system_that_does_not_allow_one_says_so(town: MakeTown) -> None:
    """Nothing is planted, and the system has no run."""
    made = town([_MEMBERS, _ORDERS], *_MADE)

    done = carry_out()

    assert done.said == "sys: this system has no canary: its contract does not allow one."
    assert done.is_good
    assert not made.house.installation.register.evidence_cases()


def test_what_the_contract_keeps_is_taken_away(town: MakeTown) -> None:
    """A row under a hold is kept for a data subject, and not for somebody who is nobody."""
    kept = table("bills", number(), column("mail", **_VOUCHED, source="provided"), erase="keep", hold="tax")
    made = town([_MEMBERS, _ORDERS, kept], *_MADE, "CREATE TABLE bills (id INTEGER PRIMARY KEY, mail VARCHAR(60))",
                "INSERT INTO bills VALUES (1, 'ana@example.org')", canary=True)  # fmt: skip

    found = _result()

    assert (found.state, found.failed) == (CanaryState.CLEAN, "")
    assert "bills" in found.planted
    assert made.ask("SELECT * FROM bills") == [(1, "ana@example.org")]


class _Killed(BaseException):
    """What a killed process does: nothing after it is carried out."""


class _Mortal:
    """Passes calls on, and dies before or after one of those that have an effect."""

    def __init__(self, inner: Any, effects: frozenset[str], fate: "_Fate") -> None:
        self._inner, self._effects, self._fate = inner, effects, fate

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._fate.around(name, found) if name in self._effects else found

    def connector(self, system: str) -> Any:
        """Of systems: the mortal connector of one."""
        return _Mortal(self._inner.connector(system), frozenset({"plant", "carry_out"}), self._fate)


class _Fate:
    """Dies at one moment: before effect number ``at // 2``, or after it."""

    def __init__(self, at: int) -> None:
        self.at, self.seen, self.plants, self.is_over = at, 0, 0, False
        self.sides: list[str] = []
        """Each moment that was passed: the effect, and whether it lies before or after it."""

    def around(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The call, and a death before or after it."""

        def called(*args: Any, **given: Any) -> Any:
            self._pass(f"before {name}")
            done = call(*args, **given)
            self.plants += name == "plant"
            self._pass(f"after {name}")
            return done

        return called

    def _pass(self, side: str) -> None:
        self.seen += 1
        self.sides.append(side)
        if self.seen == self.at:
            self.is_over = True
            raise _Killed


def _lives(fate: _Fate) -> Services:
    mine = services()
    kept = _Mortal(mine.register, frozenset({"open_run", "claim", "complete"}), fate)
    return replace(mine, register=kept, systems=_Mortal(mine.systems, frozenset(), fate))


def test_killed_anywhere_there_is_no_second_canary(town: MakeTown) -> None:
    """Run again, it goes on with the same one: she is planted once, ends clean, and her evidence verifies."""
    kept = table("bills", number(), column("mail", **_VOUCHED, source="provided"), erase="keep", hold="tax")
    bills = "CREATE TABLE bills (id INTEGER PRIMARY KEY, mail VARCHAR(60))"
    made = town([_MEMBERS, _ORDERS, kept], *_MADE, bills, canary=True)
    house = made.house.installation
    for at in _moments():
        fate, again, before = _Fate(at), _Fate(0), len(house.register.runs(Duty.CANARY))
        with use(_lives(fate)), suppress(_Killed):
            carry_out("sys")
        assert fate.is_over, at

        with use(_lives(again)):
            (standing,) = carry_out("sys").systems

        runs = house.register.runs(Duty.CANARY)
        assert (standing.state, standing.why) == (CanaryState.CLEAN, ""), at
        assert [run.outcome for run in runs] == ["proven"] * len(runs)
        assert fate.plants + again.plants == len(runs) - before, at
        assert (_rows(made), made.ask("SELECT * FROM bills")) == (_ROWS, [])
    assert all(house.verify_case(run.run_id).is_whole for run in house.register.runs(Duty.CANARY))


def _moments() -> list[int]:
    """Moments to die at, drawn over the whole of a life, and on either side of each kind of effect."""
    whole = _Fate(0)
    with use(_lives(whole)):
        carry_out("sys")
    assert whole.seen > _LEAST
    every = range(1, whole.seen + 1)
    return drawn(every, groups=[whole.sides, [at * _DRAWN // whole.seen for at in every]])
