"""Art. 21, 7(3): what an objection stops at once, what people weigh, and what it cannot reach."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from data_contracts.case.permissions import ALL_MARKETING, ALL_PARTNERS, Stance, StanceEntry
from data_contracts.case.plan import Located
from data_contracts.case.request import Statement
from data_contracts.case.subjects import SubjectKey
from data_contracts.company.company import Party, Purpose
from data_contracts.company.contract import Contracts, Table
from data_contracts.vocabulary import LegalBasis, PartyRole
from tasks.rules.act.objections import (
    BY_LEDGER,
    Objections,
    objection_changes,
    sort_objections,
    stances_at_once,
    stances_taken_back,
    stances_weighed,
)
from tasks.rules.act.restrictions import OTHERS, SHARED
from tests.tasks.rules.examples import a_column, a_key, a_table, contracts_of, keys_in

_PURPOSES = {
    "contract": Purpose(use="essential.service", basis=LegalBasis.CONTRACT),
    "churn": Purpose(use="analytics", basis=LegalBasis.LEGITIMATE_INTEREST),
    "title": Purpose(use="personalize", basis=LegalBasis.CONSENT),
    "offers": Purpose(use="marketing.communications", basis=LegalBasis.CONSENT, direct_marketing=True),
    "segments": Purpose(use="marketing.advertising.profiling", basis=LegalBasis.LEGITIMATE_INTEREST, profiling=True),
}
_PARTIES = {
    "energy": Party(role=PartyRole.CONTROLLER, name="Energy SAS", country="FR"),
    "mailer": Party(role=PartyRole.PROCESSOR, name="Mailer Inc.", country="US"),
}
_VOCABULARY = contracts_of().vocabulary.model_copy(update={"purposes": _PURPOSES, "parties": _PARTIES})
_KEY = SubjectKey("email", "0" * 64)
_AT = datetime(2026, 3, 31, 10, tzinfo=UTC)
_LATER = datetime(2026, 4, 1, 10, tzinfo=UTC)


def sorted_out(**asked: Any) -> Objections:
    """What is objected to."""
    return sort_objections(Statement(**asked), _VOCABULARY)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, Objections(marketing=True, sharing=False, absolute=("offers", "segments"), weighed=("churn",))),
        ({"direct_marketing": True}, Objections(marketing=True, sharing=False, absolute=("offers", "segments"))),
        ({"sharing": True}, Objections(marketing=False, sharing=True)),
        ({"purposes": ["offers"]}, Objections(marketing=False, sharing=False, absolute=("offers",))),
        (
            {"purposes": ["churn", "contract"]},
            Objections(marketing=False, sharing=False, weighed=("churn",), out_of_reach=("contract",)),
        ),
        ({"purposes": ["title"]}, Objections(marketing=False, sharing=False, withdrawn=("title",))),
    ],
)
def test_purposes_are_sorted_by_the_law(asked: dict[str, Any], expected: Objections) -> None:
    """Marketing whatever its basis, consent withdrawn, interests weighed, the contract out of reach."""
    assert sorted_out(**asked) == expected


def test_purpose_that_nobody_knows_is_an_error() -> None:
    """Registering a request refuses it before."""
    with pytest.raises(KeyError):
        sorted_out(purposes=["espionage"])


@pytest.mark.parametrize(
    ("asked", "at_once"),
    [({"sharing": True}, True), ({"purposes": ["title"]}, True), ({"purposes": ["churn", "contract"]}, False)],
)
def test_what_nobody_weighs_is_done_at_once(asked: dict[str, Any], at_once: bool) -> None:  # noqa: FBT001  # the table's column
    """Art. 21(3), 7(3)."""
    assert sorted_out(**asked).at_once is at_once


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            {"direct_marketing": True},
            [(ALL_MARKETING, "", Stance.OBJECTED), ("offers", "", Stance.WITHDRAWN)],
        ),
        ({"purposes": ["segments"]}, [("segments", "", Stance.OBJECTED)]),
        ({"purposes": ["title"]}, [("title", "", Stance.WITHDRAWN)]),
        ({"sharing": True}, [("", ALL_PARTNERS, Stance.OBJECTED)]),
        ({"purposes": ["churn"]}, []),
    ],
)
def test_ledger_is_told_at_once(asked: dict[str, Any], said: list[tuple[str, str, Stance]]) -> None:
    """All marketing covers what is yet to come; a consent does not come back when the objection ends."""
    entries = stances_at_once(sorted_out(**asked), _VOCABULARY, [_KEY], at=_AT, source="case:C-1")

    assert [(e.purpose, e.recipient, e.stance) for e in entries] == said


def test_ledger_is_told_what_was_weighed() -> None:
    """For each key of the data subject."""
    entries = list(stances_weighed(["churn"], [_KEY, SubjectKey("phone", "1" * 64)], at=_AT, source="case:C-1"))

    assert [(e.key.kind, e.purpose, e.stance) for e in entries] == [
        ("email", "churn", Stance.OBJECTED),
        ("phone", "churn", Stance.OBJECTED),
    ]


def objected(purpose: str, source: str = "case:1", **facts: Any) -> StanceEntry:
    """An objection that a source entered."""
    plain: dict[str, Any] = {"key": _KEY, "purpose": purpose, "recipient": "", "stance": Stance.OBJECTED, "at": _AT}
    return StanceEntry(**{**plain, "source": source, **facts})


@pytest.mark.parametrize(
    ("elsewhere", "is_ended"),
    [
        ([], True),
        ([objected("churn", "import:2")], False),
        ([objected("", "import:2")], False),
        ([objected("*direct_marketing", "import:2")], True),
        ([objected("churn", "import:2", recipient="energy")], True),
        ([objected("churn", "import:2"), objected("churn", "x", stance=Stance.OBJECTION_ENDED, at=_LATER)], True),
        ([objected("churn", stance=Stance.WITHDRAWN)], True),
    ],
)
def test_objection_is_taken_back_where_none_stands_elsewhere(elsewhere: list[StanceEntry], *, is_ended: bool) -> None:
    """What its own source entered ends; what the data subject objects to elsewhere as widely goes on."""
    own = objected("churn")

    ended = list(stances_taken_back([own, *elsewhere], _VOCABULARY, source="case:1", at=_LATER))

    assert ended == ([replace(own, stance=Stance.OBJECTION_ENDED, at=_LATER)] if is_ended else [])


def test_objection_to_all_marketing_covers_one_kind_of_it() -> None:
    """It stands elsewhere, so the narrower one is not ended: that would open it."""
    said = [objected("segments"), objected(ALL_MARKETING, "import:2")]

    assert list(stances_taken_back(said, _VOCABULARY, source="case:1", at=_LATER)) == []


def changed(
    table: Table, *stopped: str, shared: bool = False, sharing: bool = False
) -> list[tuple[str, str, tuple[str, ...], dict[str, object]]]:
    """Verb, note, columns and new values of each change in one table."""
    made = contracts_of(table)
    contracts = Contracts(made.systems, _VOCABULARY, made.digest)
    path = ("crm", table.name)
    ways = {path: (keys_in("id", 1),)}
    located = Located(conditions=ways, shared={path: (keys_in("id", 2),)} if shared else {})
    found = objection_changes(contracts, located, "crm", stopped, sharing=sharing)
    return [(c.verb, c.note, c.columns, dict(c.set_to)) for c in found]


def a_flag(name: str, marker: str, *purposes: str) -> Any:
    """A yes-or-no column that other programs read."""
    return a_column(name, logical_type="boolean", marker=marker, purposes=purposes)


@pytest.mark.parametrize(
    ("flag", "purposes", "value"),
    [
        (a_flag("out", "art21"), ("offers",), True),
        (a_flag("agreed", "art21_optin", "offers"), ("contract",), False),
    ],
)
def test_marker_of_the_table_or_of_its_own_purpose_is_set(flag: Any, purposes: tuple[str, ...], value: bool) -> None:  # noqa: FBT001  # the table's column
    """One says yes once somebody objected, the other no."""
    table = a_table("profile", a_key(), flag, purposes=purposes)

    assert changed(table, "offers") == [("stop", "", (), {flag.name: value})]


def test_marker_of_another_purpose_stays() -> None:
    """Who objects to one use has not objected to the other; the ledger stops what has no marker."""
    table = a_table(
        "customer", a_key(), a_flag("agreed", "art21_optin", "offers"), a_column("score", purposes=("churn",))
    )

    assert changed(table, "churn") == [("stop", BY_LEDGER, ("score",), {})]


def test_table_of_other_purposes_is_left() -> None:
    """There is nothing to stop."""
    assert changed(a_table("invoice", a_key(), purposes=("contract",)), "offers") == []


@pytest.mark.parametrize(("recipients", "count"), [(("energy",), 1), (("mailer",), 0), (("nobody",), 0)])
def test_sharing_concerns_tables_that_partners_receive(recipients: tuple[str, ...], count: int) -> None:
    """A processor acts for us; that is no sharing."""
    table = a_table("profile", a_key(), purposes=("contract",), recipients=recipients)

    assert len(changed(table, sharing=True)) == count


def test_others_rows_and_controllers_are_left() -> None:
    """Law 8, charter P2."""
    table = a_table("profile", a_key(), purposes=("offers",), controller="energy")

    assert [(verb, note) for verb, note, _, _ in changed(table, "offers", shared=True)] == [("refer", OTHERS)]


def test_rows_of_several_people_are_left() -> None:
    """Law 8: the others have not objected."""
    table = a_table("profile", a_key(), purposes=("offers",))

    found = [(verb, note) for verb, note, _, _ in changed(table, "offers", shared=True)]

    assert found == [("stop", BY_LEDGER), ("keep", SHARED)]


def test_table_that_no_key_leads_to_is_left() -> None:
    """There are no rows of the subject in it."""
    contracts = Contracts(contracts_of(a_table("profile", purposes=("offers",))).systems, _VOCABULARY)

    assert objection_changes(contracts, Located(conditions={("crm", "profile"): ()}), "crm", ["offers"]) == ()
