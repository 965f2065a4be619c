"""A canary: what is planted where, and how it is taken away again."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from data_contracts.company.company import Company, IdentityKind, Party, Vocabulary
from data_contracts.company.contract import Column, Contracts, Reference, SystemContract, Table
from data_contracts.company.value_rules import ValueRules
from data_contracts.connectors.canaries import CanaryResult, CanaryStanding, CanaryState
from data_contracts.connectors.connecting import Holds, LiveColumn, LiveReference, LiveSchema
from data_contracts.connectors.keys import When
from data_contracts.inside.paths import Inside
from data_contracts.vocabulary import Assertion, Follow, PartyRole, Rectification, TableErasure
from tasks.rules.canaries.canary import Canary, Ground, canary_of, field_to_change, key_of, taking_away
from tasks.rules.canaries.words import line_of

_TOKEN = "3f9a0c1b2d"
_WORD = f"canary-{_TOKEN}"
_MAIL = f"{_WORD}@canary.invalid"
_BOTH = frozenset({Follow.FROM, Follow.TO})


def _id(**facts: Any) -> Column:
    return Column("id", "integer", primary_key=True, **facts)


def _mail(**facts: Any) -> Column:
    return Column("mail", "string", identity="email", assertion=Assertion.CONFIRMED, **facts)


def _to(table: str, column: str, *, system: str = "s", follow: frozenset[Follow] = _BOTH, **facts: Any) -> Reference:
    return Reference((column,), system, table, ("id",), follow, **facts)


def _table(name: str, *columns: Column, to: tuple[Reference, ...] = (), **facts: Any) -> Table:
    return Table(facts.pop("system", "s"), name, columns, TableErasure.DELETE, references=to, **facts)


def _live(name: str, holds: Holds = Holds.TEXT, *, nullable: bool = True, type_: str = "X", **facts: Any) -> LiveColumn:
    return LiveColumn(name, type_, nullable, holds, **facts)


_NUMBER = _live("id", Holds.NUMBER, nullable=False, type_="INTEGER")


def _schema(*references: LiveReference, **tables: tuple[LiveColumn, ...]) -> LiveSchema:
    return LiveSchema({name: {"id": _NUMBER} | {c.name: c for c in own} for name, own in tables.items()}, references)


def _vocabulary() -> Vocabulary:
    label = {"fr": "x", "en": "x"}
    kinds = {
        "email": IdentityKind(normalise="email", label=label, shared=False),
        "phone": IdentityKind(normalise="phone", label=label, shared=False),
        "no": IdentityKind(normalise="verbatim", label=label, shared=False),
    }
    parties = {"them": Party(role=PartyRole.CONTROLLER, name="Them", country="FR")}
    company = Company(key="us", name="Us", country="FR", dpo="dpo@us.example")
    return Vocabulary(company=company, parties=parties, purposes={}, holds={}, identities=kinds)


def _made(
    live: LiveSchema, *tables: Table, borrowed: Mapping[str, tuple[object, ...]] | None = None, **elsewhere: Any
) -> tuple[dict[str, dict[str, object]], Canary]:
    contract = SystemContract("s", "S", "1", "us", tables)
    other = SystemContract("o", "O", "1", "us", (_table("people", _id(), _mail(), system="o"),))
    ground = Ground(Contracts({"s": contract, "o": other}, _vocabulary()), contract, live, **elsewhere)
    canary = canary_of(ground, _TOKEN, lambda table, _: (borrowed or {}).get(table))
    return {row.table: dict(row.values) for row in canary.rows}, canary


def test_values_are_hers_and_fit_their_columns() -> None:
    """Texts hold her word, keys are negative, moments and allowed values are as the column asks."""
    names = ("word", "code", "phone", "far", "born", "kind", "key", "age", "no", "flag", "raw", "second")
    columns = (
        Column("word", "string"),
        Column("code", "string", max_length=4),
        Column("phone", "string", identity="phone", assertion=Assertion.CONFIRMED),
        Column("far", "integer", identity="phone", assertion=Assertion.CONFIRMED),
        Column("born", "date"),
        Column("kind", "string", rules=ValueRules(valid_values=("b", "c"))),
        Column("key", "string"),
        Column("age", "integer"),
        Column("no", "integer", identity="no", assertion=Assertion.ASSIGNED),
        Column("flag", "boolean"),
        Column("raw", "string"),
        Column("second", "string", rules=ValueRules(format="email")),
    )
    number = ("far", "age", "no", "flag")
    live = [_live(name, Holds.NUMBER if name in number else Holds.TEXT) for name in names]
    live = [replace(one, holds=Holds.UUID) if one.name == "key" else one for one in live]
    live = [replace(one, holds=Holds.BYTES) if one.name == "raw" else one for one in live]

    rows, canary = _made(_schema(t=(_live("mail"), *live)), _table("t", _id(), _mail(), *columns))

    made = rows["t"]
    assert {name: made[name] for name in ("mail", "word", "code", "born", "kind", "second")} == {
        "mail": _MAIL, "word": _WORD, "code": _TOKEN[:4], "born": "2001-02-03", "kind": "b", "second": _MAIL,
    }  # fmt: skip
    assert str(made["phone"]).startswith("+331990")
    assert str(made["far"]) == str(made["phone"])[1:]
    assert int(str(made["id"])) < -(10**9)
    assert int(str(made["no"])) < -(10**9)
    assert made["age"] == made["flag"] == 21
    assert canary.identity == {
        "email": (_MAIL,), "phone": (str(made["phone"]), str(made["far"])), "no": (str(made["no"]),),
    }  # fmt: skip


def test_narrow_numbers_stay_within_their_type() -> None:
    """A smallint holds no more."""
    live = LiveSchema({"t": {"id": replace(_NUMBER, type="SMALLINT"), "mail": _live("mail")}})

    rows, _ = _made(live, _table("t", _id(), _mail()))

    assert -20_000 <= int(str(rows["t"]["id"])) <= -10_000


def test_rows_refer_to_each_other_and_else_to_nobody() -> None:
    """A child to her parent; an empty column to nothing; a product that must be named is one that is there."""
    child = _table(
        "child", _id(), *(Column(name, "integer") for name in ("own", "boss", "shop", "prod", "gone")),
        to=(_to("t", "own"), _to("child", "boss"), _to("prod", "prod", follow=frozenset())),
    )  # fmt: skip
    must = [_live(name, Holds.NUMBER, nullable=False) for name in ("own", "boss", "prod", "gone")]
    outside = [
        LiveReference("child", (one,), table, ("id",)) for one, table in (("shop", "shops"), ("gone", "nowhere"))
    ]
    live = _schema(*outside, t=(_live("mail"),), child=(*must, _live("shop", Holds.NUMBER)), prod=())

    rows, canary = _made(live, _table("t", _id(), _mail()), child, _table("prod", _id()), borrowed={"prod": (7,)})

    made = rows["child"]
    assert (made["own"], made["boss"]) == (rows["t"]["id"], made["id"])
    assert (made["shop"], made["prod"], made["gone"]) == (None, 7, 21)
    assert (set(rows), canary.left_out) == ({"t", "child"}, ())


def test_what_cannot_be_planted_takes_away_what_needs_it() -> None:
    """No key, no live table, another controller's; a row that must refer to one of them is not planted either."""
    bare = _table("bare", Column("own", "integer"), to=(_to("t", "own"),))
    theirs = _table("theirs", _id(), _mail(), controller="them")
    below = _table("below", _id(), _mail(), Column("up", "integer"), to=(_to("theirs", "up"),))
    beside = _table("beside", _id(), Column("up", "integer"), to=(_to("below", "up"),))
    up = _live("up", Holds.NUMBER, nullable=False)
    live = _schema(t=(_live("mail"),), bare=(), theirs=(_live("mail"),), below=(_live("mail"), up), beside=(up,))

    rows, canary = _made(
        live, _table("t", _id(), _mail()), bare, theirs, below, beside, _table("gone", _id(), _mail())
    )  # fmt: skip

    assert set(rows) == {"t"}
    assert canary.left_out == ("bare", "below", "beside", "gone", "theirs")


def test_key_that_the_database_draws_is_not_referred_to() -> None:
    """Her row is told by her address; its children are left out."""
    live = LiveSchema(
        {
            "t": {"id": replace(_NUMBER, is_computed=True), "mail": _live("mail")},
            "child": {"id": _NUMBER, "own": _live("own", Holds.NUMBER)},
        }
    )
    table, child = _table("t", _id(), _mail()), _table("child", _id(), Column("own", "integer"), to=(_to("t", "own"),))

    rows, canary = _made(live, table, child)

    assert (rows, canary.left_out) == ({"t": {"mail": _MAIL}}, ("child",))
    assert key_of(table, rows["t"]) == ("mail",)
    assert key_of(table, {}) == ()


def test_identity_inside_a_value_is_not_planted() -> None:
    """A table that nothing else leads to is no table of hers."""
    inside = Column("log", "string", identity="email", assertion=Assertion.CONFIRMED, inside=Inside("members"))

    both = _table("both", _id(), inside, _mail())
    live = _schema(t=(_live("log"),), both=(_live("log"), _live("mail")))

    rows, canary = _made(live, _table("t", _id(), inside), both)

    assert (set(rows), canary.identity) == ({"both"}, {"email": (_MAIL,)})


def test_conditions_of_identities_and_references_are_fulfilled() -> None:
    """The first that speaks of a column counts; a reference that then does not hold is not filled."""
    of_her, of_other = When("kind", ("her",)), When("kind", ("other",))
    refer = (_to("t", "own", when=(of_her,)), _to("u", "own", when=(of_other,)))
    child = _table("child", _id(), Column("own", "integer"), Column("kind", "string"), to=refer)
    told = _table("u", _id(), _mail(when=(When("kind", ("no",), negated=True),)), Column("kind", "string"))
    kind, own = _live("kind"), _live("own", Holds.NUMBER)
    live = _schema(t=(_live("mail"),), u=(_live("mail"), kind), child=(own, kind))

    rows, _ = _made(live, _table("t", _id(), _mail()), told, child)

    assert (rows["child"]["kind"], rows["child"]["own"]) == ("her", rows["t"]["id"])


@pytest.mark.parametrize(
    ("elsewhere", "nullable", "own", "is_planted"),
    [(-5, False, -5, True), (None, True, None, True), (None, False, 21, False)],
)
def test_row_of_another_system_is_referred_to(
    *,
    elsewhere: int | None,
    nullable: bool,
    own: int | None,
    is_planted: bool,
) -> None:
    """To hers where she has one; else to nothing, and where that cannot be she is not planted."""
    known = {("o", "people"): {"id": elsewhere, "mail": _MAIL}} if elsewhere else {}
    never = When("mail", (_MAIL,), negated=True)
    free = _to("elsewhere", "free", system="o", follow=frozenset())
    refer = (_to("people", "own", system="o"), free, _to("people", "free", system="o", when=(never,)))
    table = _table("t", _id(), _mail(), Column("own", "integer"), Column("free", "integer"), to=refer)
    numbers = (_live("own", Holds.NUMBER, nullable=nullable), _live("free", Holds.NUMBER))
    live = _schema(t=(_live("mail"), *numbers))

    rows, canary = _made(live, table, elsewhere=known)

    assert [(row["own"], row["free"]) for row in rows.values()] == ([(own, 21)] if is_planted else [])
    assert canary.left_out == (() if is_planted else ("t",))


def test_first_free_text_is_put_right_and_all_rows_are_taken_away() -> None:
    """Identities, keys and texts with rules are left as they are; children go before parents."""
    word = Column("word", "string", rectify=Rectification.DECLARED, max_length=8)
    ruled = replace(word, name="ruled", rules=ValueRules(min_length=2), max_length=None)
    free = replace(word, name="free", max_length=None)
    own = Column("own", "integer")
    table, child = _table("t", _id(), _mail(), ruled, word), _table("child", _id(), own, free, to=(_to("t", "own"),))
    texts = (_live("mail"), _live("ruled"), _live("word"))
    live = _schema(t=texts, child=(_live("own", Holds.NUMBER), _live("free")))
    _, canary = _made(live, table, child)
    contract = SystemContract("s", "S", "1", "us", (table, child))

    change = field_to_change(contract, canary)

    assert change is not None
    assert (change.field, change.value) == ("s.child.free", f"c-{_TOKEN}")
    assert field_to_change(replace(contract, tables=(table, replace(child, columns=(_id(), own)))), canary) is None
    assert [order.selection.table for order in taking_away(contract, canary)] == ["child", "t"]


_AT = datetime(2026, 3, 31, 10, tzinfo=UTC)
_RESULT = CanaryResult("R-1", "crm", _AT, planted=("people",), changed="crm.people.words", erased=1)
_GOOD = "Found in people, changed (crm.people.words), erased; nothing is left."
_UNCHANGED = "Found in people, not changed (no text is changed by request), erased; nothing is left."


@pytest.mark.parametrize(
    ("facts", "state", "said"),
    [
        ({}, "clean", _GOOD),
        ({"changed": "", "left_out": ("log",)}, "clean", f"{_UNCHANGED} Not planted in: log."),
        ({"not_looked": ("crm: blob",)}, "unseen", f"{_GOOD} The witness could not look at: crm: blob."),
        ({"left": ("old.mail",)}, "left", "Erased, and a place still held the canary: old.mail."),
        ({"missed": ("people",)}, "missed", "The search did not find the canary in people."),
        ({"astray": ("people",)}, "astray", "The search led to rows of others in people: nothing was erased by it."),
        ({"failed": "crm: no."}, "failed", "The canary failed: crm: no."),
    ],
)  # fmt: skip
def test_result_in_words(facts: Mapping[str, Any], state: str, said: str) -> None:
    """The worst names the state; each fact is a sentence."""
    result = replace(_RESULT, **facts)

    assert (result.state.value, CanaryResult.of(result.facts())) == (state, result)
    assert line_of(CanaryStanding("crm", result.state, _AT, result)) == f"crm: {said}"


def test_standing_without_a_result_in_words() -> None:
    """None, not yet, and not finished."""
    assert line_of(CanaryStanding("crm", CanaryState.NEVER)) == "crm: no canary was tried yet."
    unfinished = CanaryStanding("crm", CanaryState.UNFINISHED, _AT)
    said = "crm: the canary of 2026-03-31 is not finished; the next run goes on with it."
    assert line_of(unfinished) == said
    assert line_of(replace(unfinished, why="crm: away.")) == f"{said} crm: away."
    assert line_of(CanaryStanding("crm", CanaryState.NOT_ALLOWED)).endswith("its contract does not allow one.")
