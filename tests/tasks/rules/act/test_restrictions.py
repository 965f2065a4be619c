"""Art. 18: what a restriction covers, marks and spares."""

from datetime import UTC, datetime
from typing import Any

import pytest

from data_contracts.case.permissions import Restriction
from data_contracts.case.plan import Located
from data_contracts.case.request import Statement
from data_contracts.case.subjects import SubjectKey
from data_contracts.company.contract import Contracts, Table
from data_contracts.connectors.keys import Selection
from data_contracts.vocabulary import RestrictionGround
from tasks.rules.act.plan import Segment
from tasks.rules.act.restrictions import (
    BY_LIST,
    HOLD,
    OTHERS,
    OWN_REQUEST,
    SHARED,
    ground_of_restriction,
    restricted_purposes,
    restriction_changes,
    spare,
)
from tests.tasks.rules.examples import a_column, a_key, a_table, contracts_of, keys_in

_CUSTOMER = a_table(
    "customer",
    a_key(),
    a_column("email", category="user.contact.email", purposes=("contract", "offers")),
    a_column("score", category="user.behavior", purposes=("churn",)),
    a_column("name", category="user.name"),
    a_column("restricted", logical_type="boolean", marker="art18"),
    purposes=("contract",),
)
_LOG = a_table("log", a_key(), a_column("ip", category="user.device.ip_address"), purposes=("security",))


def contracts(*tables: Table) -> Contracts:
    """The customer, the log, and other tables."""
    return contracts_of(_CUSTOMER, _LOG, *tables)


def changes(*tables: Table, shared: bool = False, **asked: Any) -> list[tuple[str, str, str, dict[str, object]]]:
    """Table, verb, note and new values of each change."""
    ways = {(t.system, t.name): (keys_in("id", 1),) for t in (_CUSTOMER, _LOG, *tables)}
    located = Located(conditions=ways, shared={("crm", "log"): (keys_in("id", 2),)} if shared else {})
    made = restriction_changes(contracts(*tables), located, "crm", Statement(**asked))
    return [(c.path[1], c.verb, c.note, dict(c.set_to)) for c in made]


def a_restriction(ground: RestrictionGround, *purposes: str) -> Restriction:
    """A restriction in force."""
    return Restriction("C-1", SubjectKey("email", "0" * 64), ground, purposes, datetime(2026, 3, 1, tzinfo=UTC))


def test_ground_that_was_not_stated_is_accuracy() -> None:
    """Restrict first, ask later."""
    assert ground_of_restriction(Statement()) is RestrictionGround.ACCURACY
    assert ground_of_restriction(Statement(restriction_ground=RestrictionGround.CLAIMS)) is RestrictionGround.CLAIMS


@pytest.mark.parametrize(
    ("asked", "purposes"),
    [
        ({}, ()),
        ({"purposes": ["offers", "churn"]}, ("churn", "offers")),
        ({"fields": ["user.contact"]}, ("contract", "offers")),
        ({"fields": ["user.name"]}, ("contract",)),
        ({"fields": ["crm.customer.score"]}, ("churn",)),
        ({"fields": ["crm.customer.score"], "purposes": ["offers"]}, ("churn", "offers")),
        ({"fields": ["crm.customer.score", "what nobody knows"]}, ()),
    ],
)
def test_purposes_that_use_what_is_contested(asked: dict[str, Any], purposes: tuple[str, ...]) -> None:
    """Nothing named is everything, and so is what cannot be read."""
    assert restricted_purposes(Statement(**asked), contracts()) == purposes


def test_tables_with_a_marker_are_marked_others_are_served_by_the_list() -> None:
    """The plan tells both."""
    assert changes() == [("customer", "restrict", "", {"restricted": True}), ("log", "restrict", BY_LIST, {})]


def test_tables_of_other_purposes_are_left() -> None:
    """Who contests the score does not restrict the log."""
    assert [name for name, *_ in changes(fields=["crm.customer.score"])] == ["customer"]


def test_rows_of_others_are_not_marked() -> None:
    """Law 8."""
    assert ("log", "keep", SHARED, {}) in changes(shared=True)


def test_another_controllers_table_is_referred() -> None:
    """Charter P2."""
    foreign = a_table("offer", controller="energy")

    assert ("offer", "refer", OTHERS, {}) in changes(foreign)


def test_table_that_no_key_leads_to_is_left() -> None:
    """There are no rows of the subject in it."""
    located = Located(conditions={("crm", "customer"): ()})

    assert restriction_changes(contracts(), located, "crm", Statement()) == ()


_DELETE = Segment(("crm", "customer"), "delete", Selection("customer", (keys_in("id", 1),)))
_KEEP = Segment(("crm", "customer"), "keep", Selection("customer", (keys_in("id", 1),)), note="shared")


@pytest.mark.parametrize("ground", [RestrictionGround.UNLAWFUL, RestrictionGround.CLAIMS])
def test_data_that_the_subject_wants_kept_are_kept(ground: RestrictionGround) -> None:
    """Art. 18(1)(b), (c)."""
    (spared,) = spare([_DELETE], contracts(), [a_restriction(ground), a_restriction(RestrictionGround.ACCURACY)])

    assert spared.verb == "keep"
    assert spared.ground is not None
    assert (spared.ground.hold, spared.ground.law) == (HOLD, "Art. 18(2)")


def test_own_request_may_be_the_consent() -> None:
    """Art. 18(1)(a), (d): the plan says so, people judge."""
    (part,) = spare([_DELETE], contracts(), [a_restriction(RestrictionGround.ACCURACY)])

    assert (part.verb, part.note) == ("delete", OWN_REQUEST)


@pytest.mark.parametrize(
    ("part", "restrictions"),
    [
        (_DELETE, []),
        (_KEEP, [a_restriction(RestrictionGround.CLAIMS)]),
        (_DELETE, [a_restriction(RestrictionGround.CLAIMS, "security")]),
    ],
)
def test_what_is_not_restricted_stays_as_planned(part: Segment, restrictions: list[Restriction]) -> None:
    """Nothing in force, nothing done anyway, or another purpose."""
    assert spare([part], contracts(), restrictions) == (part,)
