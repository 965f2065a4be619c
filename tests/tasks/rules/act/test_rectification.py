"""What a rectification reaches, changes and tells (Art. 16)."""

from typing import Any

import pytest

from data_contracts.case.plan import Located
from data_contracts.case.request import FieldChange, Statement
from data_contracts.company.company import Party
from data_contracts.company.contract import Contracts
from data_contracts.errors import RequestInvalid
from data_contracts.vocabulary import About, Assertion, DataSource, Rectification
from tasks.rules.act.changes import Change
from tasks.rules.act.rectification import (
    SUPPLEMENT,
    Found,
    awaits_proof,
    changes,
    check_rectification,
    fields_without_rows,
    kept_keys,
    nameable_fields,
    outcome_of,
    says_nothing,
    targets,
    why_kept,
)
from tests.tasks.rules.examples import a_column, a_key, a_reference, a_table, contracts_of, keys_in

_EMAIL = "user.contact.email"
_NAME = "user.name.last"
_PARTNER = {"role": "controller", "name": "Partner", "country": "FR", "joint": False}
_WAYS = (keys_in("id", 1),)


def _declared(name: str, category: str = _EMAIL, **facts: Any) -> Any:
    return a_column(name, category=category, **{"rectify": Rectification.DECLARED, **facts})


_CUSTOMER = a_table(
    "customer",
    a_key(category=_NAME),
    _declared("email", identity="email", max_length=20),
    _declared("name", _NAME),
    _declared("born", "user.demographic.date_of_birth", logical_type="date", rectify=Rectification.PROOF),
    _declared("sponsor", about=About.THIRD_PARTY, rectify=None),
    _declared("score", "user.behavior", rectify=None),
    a_column("remark", category="user.content", marker=SUPPLEMENT, max_length=30),
)
_INVOICE = a_table(
    "invoice",
    a_key(),
    a_column("customer_id", logical_type="integer", category=_NAME),
    _declared("name", _NAME, rectify=Rectification.CORRECTIVE_DOCUMENT),
    references=(a_reference("customer_id", "customer"),),
)
_THEIRS = a_table("energy", a_key(), _declared("email"), controller="partner", system="partner")


def _contracts() -> Contracts:
    made = contracts_of(_CUSTOMER, _INVOICE, _THEIRS)
    made.vocabulary.parties["partner"] = Party.model_validate(_PARTNER)
    return made


_CONTRACTS = _contracts()
_EVERYWHERE = Located({(t.system, t.name): _WAYS for t in (_CUSTOMER, _INVOICE, _THEIRS)})


def _asks(*changes_: tuple[str, str] | tuple[str, str, str], supplement: str = "") -> Statement:
    made = [FieldChange(**dict(zip(("field", "value", "was"), one, strict=False))) for one in changes_]
    return Statement(changes=made, supplement=supplement)


def _made(statement: Statement, found: dict[str, Found] | None = None, *, proof_seen: bool = False) -> list[Change]:
    return changes(statement, _CONTRACTS, _EVERYWHERE, found or {}, proof_seen=proof_seen)


def _told(made: list[Change]) -> list[tuple[str, str, str, str]]:
    return [(change.path[1], change.columns[0], change.verb, change.note) for change in made]


def test_a_category_reaches_its_columns_and_no_others() -> None:
    """Not what is about somebody else, and not keys that the category only happens to name."""
    reached = targets(_asks((_EMAIL, "a@x.example"), (_NAME, "Zoé")), _CONTRACTS)

    places = [(target.table.name, target.column.name) for target in reached]
    assert places == [("customer", "email"), ("customer", "name"), ("invoice", "name"), ("energy", "email")]


def test_a_place_reaches_one_column_also_a_key() -> None:
    """Named exactly, a column is told about even where it cannot be put right."""
    (target,) = targets(_asks(("crm.invoice.customer_id", "2")), _CONTRACTS)

    assert (target.path, target.column.name, target.name) == (
        ("crm", "invoice"),
        "customer_id",
        "crm.invoice.customer_id.0",
    )


def test_own_rows_are_changed_and_others_are_referred() -> None:
    """What another controller decides about is never changed (charter P2)."""
    made = _made(_asks((_EMAIL, "a@x.example")))

    assert _told(made) == [("customer", "email", "rectify", ""), ("energy", "email", "refer", "")]
    assert made[0].set_to == {"email": "a@x.example"}
    assert not made[1].changes


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (("user.behavior", "0.1"), ("customer", "score", "keep", "not_rectifiable")),
        (("user.demographic.date_of_birth", "1980-01-01"), ("customer", "born", "keep", "proof_missing")),
        (("user.demographic.date_of_birth", "1980"), ("customer", "born", "keep", "cannot_hold")),
        (("crm.invoice.name", "Zoé"), ("invoice", "name", "by_document", "")),
    ],
)
def test_what_is_not_changed_is_told_with_its_reason(change: tuple[str, str], line: tuple[str, ...]) -> None:
    """Each has a line of its own, and changes nothing."""
    (made,) = _made(_asks(change))

    assert _told([made]) == [line]
    assert not made.changes


def test_proof_once_seen_lets_the_value_change() -> None:
    """A person said that the proof was there."""
    (made,) = _made(_asks(("user.demographic.date_of_birth", "1980-01-01")), proof_seen=True)

    assert made.verb == "rectify"


def test_a_value_that_another_person_holds_is_not_given() -> None:
    """Two people must not become one."""
    found = {"crm.customer.email.0": Found(_WAYS, others=1)}

    assert _told(_made(_asks((_EMAIL, "b@x.example")), found))[0] == ("customer", "email", "keep", "held_by_another")


def test_rows_are_those_that_were_found_to_hold_the_old_value() -> None:
    """The plan's note says by digests what is there."""
    narrow = (keys_in("id", 7),)

    first = _made(
        _asks((_EMAIL, "b@x.example", "a@x.example")), {"crm.customer.email.0": Found(narrow, "was 1, becomes 2")}
    )[0]

    assert first.selection.conditions == narrow
    assert first.note == "was 1, becomes 2"


def test_tables_without_rows_have_no_line() -> None:
    """A key leads nowhere, or nobody looked there."""
    located = Located({("crm", "customer"): ()})

    assert changes(_asks((_EMAIL, "a@x.example")), _CONTRACTS, located, {}, proof_seen=True) == []


def test_shared_rows_are_kept_beside_own_ones() -> None:
    """Law 8: what belongs to other people too stays as it is."""
    located = Located({("crm", "customer"): _WAYS}, shared={("crm", "customer"): (keys_in("id", 2),)})

    made = changes(_asks((_EMAIL, "a@x.example")), _CONTRACTS, located, {}, proof_seen=False)

    assert [(change.verb, change.note) for change in made] == [("rectify", ""), ("keep", "shared")]


@pytest.mark.parametrize(
    ("before", "value"),
    [
        ("", "Disputed."),
        ("Older one.", "Older one.\nDisputed."),
        ("Older one.\nDisputed.", "Older one.\nDisputed."),
        ("x" * 30, None),
    ],
)
def test_a_statement_stands_below_the_one_before(before: str, value: str | None) -> None:
    """It takes nothing away, is written once, and is left out where there is no room."""
    found = {"crm.customer.remark.supplement": Found(_WAYS, before=before)}

    (made,) = _made(_asks(supplement="Disputed."), found)

    assert made.set_to == ({"remark": value} if value else {})
    assert made.note == ("" if value else "cannot_hold")


def test_places_that_await_a_proof() -> None:
    """Only where the data subject has rows, and only what is asked."""
    asked = _asks(("user.demographic.date_of_birth", "1980-01-01"), (_EMAIL, "a@x.example"))

    assert awaits_proof(asked, _CONTRACTS, _EVERYWHERE) == ["crm.customer.born"]
    assert awaits_proof(asked, _CONTRACTS, Located({})) == []


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        pytest.param(_asks(), "does not say what", id="nothing"),
        pytest.param(_asks(("user.contact", "secret")), f"be more exact: {_EMAIL}", id="too wide"),
        pytest.param(_asks(("secret", "secret")), "name a data category", id="unknown"),
        pytest.param(_asks(("crm.customer.sponsor", "secret")), "no contract has", id="about somebody else"),
        pytest.param(_asks((_EMAIL, "a@x.example", "old"), (_EMAIL, "secret")), "cannot be one (identity)", id="value"),
        pytest.param(
            _asks((_EMAIL, "secret@x.example"), ("crm.customer.email", "b@x.example")), "two values", id="clash"
        ),
        pytest.param(
            _asks((_EMAIL, "secret@x.example", "A@x.example"), (_EMAIL, "c@x.example", "a@X.example")),
            "two values",
            id="same old value",
        ),
    ],
)
def test_what_cannot_be_carried_out_is_refused(statement: Statement, said: str) -> None:
    """The field or the entry is named, the value never."""
    with pytest.raises(RequestInvalid) as caught:
        check_rectification(statement, _CONTRACTS)

    assert said in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "statement",
    [
        _asks(supplement="Disputed."),
        _asks((_EMAIL, "b@x.example", "a@x.example"), (_EMAIL, "d@x.example", "c@x.example"), supplement="x"),
        _asks(("user.behavior", "cannot be judged")),
    ],
)
def test_what_can_be_looked_at_is_taken(statement: Statement) -> None:
    """A statement alone, two values for two old ones, a value that will be refused with its reason."""
    check_rectification(statement, _CONTRACTS)


@pytest.mark.parametrize(
    ("statement", "is_empty"),
    [(_asks(), True), (_asks(supplement=" "), True), (_asks(supplement="x"), False), (_asks((_EMAIL, "")), False)],
)
def test_a_letter_may_name_no_field(statement: Statement, *, is_empty: bool) -> None:
    """Neither a change nor a supplement: its words are all there is."""
    assert says_nothing(statement) is is_empty


def test_what_can_be_named_is_rectified_somewhere() -> None:
    """A category whose values are nowhere put right on request is not offered."""
    offered = nameable_fields(_CONTRACTS)

    assert _EMAIL in offered
    assert offered == sorted(set(offered))
    assert "user.behavior" not in offered


def _line(action: str, rows: int = 1, **facts: Any) -> dict[str, Any]:
    return {"system": "crm", "table": "customer", "action": action, "rows": rows, "columns": ["email"], **facts}


def test_fields_that_nothing_was_found_of() -> None:
    """By category or by place; a line without rows is nothing."""
    lines = [_line("rectify"), _line("keep", 0, columns=["name"]), _line("keep", columns=None)]

    asked = [_EMAIL, "crm.customer.email", _NAME]
    assert fields_without_rows(asked, lines, _CONTRACTS) == [_NAME]


@pytest.mark.parametrize(
    ("lines", "facts", "outcome"),
    [
        ([_line("rectify")], {}, "granted"),
        ([_line("by_document")], {}, "granted"),
        ([_line("rectify"), _line("keep")], {}, "granted_in_part"),
        ([_line("rectify"), _line("refer")], {}, "granted_in_part"),
        ([_line("rectify")], {"is_missing": True}, "granted_in_part"),
        ([_line("keep")], {}, "refused"),
        ([_line("refer")], {}, "nothing_found"),
        ([_line("rectify", 0)], {"is_missing": True}, "nothing_found"),
        ([], {"done_elsewhere": True}, "granted"),
    ],
)
def test_how_the_case_ends(lines: list[dict[str, Any]], facts: dict[str, bool], outcome: str) -> None:
    """What was done, what was not, and what is somebody else's."""
    assert outcome_of(lines, **{"done_elsewhere": False, "is_missing": False, **facts}) == outcome


_STATED = Assertion.SELF_ASSERTED
_WHY: dict[str, tuple[dict[str, Any], str]] = {
    "typed, by its assertion": ({"assertion": _STATED}, "kept_as_typed"),
    "typed, by its source": ({"source": DataSource.PROVIDED}, "kept_as_typed"),
    "received": ({"source": DataSource.THIRD_PARTY}, "kept_as_received"),
    "worked out": ({"source": DataSource.DERIVED}, "not_rectifiable"),
    "recorded": ({"source": DataSource.OBSERVED}, "not_rectifiable"),
    "key of its rows": ({"primary_key": True, "source": DataSource.PROVIDED}, "links_entries"),
}


@pytest.mark.parametrize("case", _WHY)
def test_old_key_that_stays_is_told_with_its_true_reason(case: str) -> None:
    """Of a column that the statement does not name, because it holds the same kind of key."""
    facts, why = _WHY[case]
    ticket = a_table("ticket", a_key(), a_column("login", category="user.account.username", identity="email", **facts))
    contracts = contracts_of(_CUSTOMER, ticket)
    located = Located({("crm", "customer"): _WAYS, ("crm", "ticket"): _WAYS})
    found = {"crm.customer.email.0": Found(_WAYS), "crm.ticket.login.kept": Found(_WAYS)}

    made = changes(_asks((_EMAIL, "b@x.example")), contracts, located, found, proof_seen=False)

    assert _told(made) == [("customer", "email", "rectify", ""), ("ticket", "login", "keep", why)]


def test_old_key_that_links_rows_stays_for_that_reason() -> None:
    """A reference by address would lead nowhere if it changed alone."""
    link = a_column("mail", category="user.account.username", identity="email")
    ticket = a_table("ticket", a_key(), link, references=(a_reference("mail", "customer"),))
    (kept,) = kept_keys(_asks((_EMAIL, "b@x.example")), contracts_of(_CUSTOMER, ticket))

    assert why_kept(kept) == "links_entries"


def test_only_keys_of_a_kind_that_is_put_right_are_kept_keys() -> None:
    """Not what the statement reaches, what is another's, or about somebody else, nor where nothing is found."""
    stays = {"category": "user.account.username", "identity": "email"}
    tables = (
        a_table("theirs", a_key(), a_column("mail", **stays), controller="partner", system="partner"),
        a_table("friend", a_key(), a_column("mail", about=About.THIRD_PARTY, **stays)),
        a_table("login", a_key(), a_column("mail", **stays), a_column("phone", category="user.x", identity="phone")),
    )
    contracts = contracts_of(_CUSTOMER, *tables)
    contracts.vocabulary.parties["partner"] = Party.model_validate(_PARTNER)
    everywhere = Located({(t.system, t.name): _WAYS for t in (_CUSTOMER, *tables)})
    asked = _asks((_EMAIL, "b@x.example"))

    assert [kept.name for kept in kept_keys(asked, contracts)] == ["crm.login.mail.kept"]
    assert kept_keys(_asks((_NAME, "Nouveau")), contracts) == []
    for found in ({}, {"crm.login.mail.kept": Found(())}):
        made = changes(asked, contracts, everywhere, found, proof_seen=False)
        assert "login" not in {change.path[1] for change in made}
