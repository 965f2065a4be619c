"""Art. 33, 34: the clock of 72 hours, whom the law has told, and the way from a row to its person."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from data_contracts.company.contract import Reference
from data_contracts.connectors.keys import ChangeColumns, Condition, DeleteRows, Selection
from data_contracts.errors import RequestInvalid
from data_contracts.officer.incidents import Incident, IncidentFacts, IncidentKind, IncidentWords, Risk
from data_contracts.vocabulary import Follow
from tasks.rules.officer.incidents import (
    affected_tables,
    asks_authority,
    asks_people,
    authority_due,
    categories,
    check_told,
    hours_left,
    warning_due,
    way_up,
)
from tests.tasks.rules.examples import a_column, a_key, a_reference, a_table, contracts_of

_AWARE = datetime(2026, 4, 3, 16, 30, tzinfo=UTC)  # Good Friday: weekends and holidays count
_FACTS = IncidentFacts(title="t", words={"fr": IncidentWords(nature="n")})


def an_incident(**changed: Any) -> Incident:
    """A breach of confidentiality that nobody was told of."""
    given = Incident("R-1", IncidentKind.CONFIDENTIALITY, _AWARE, Risk.RISK, None, "", None, None)
    return replace(given, **changed)


def test_hours_are_hours() -> None:
    """Art. 33(1): three times 24 hours, over Easter too."""
    assert authority_due(an_incident()) == datetime(2026, 4, 6, 16, 30, tzinfo=UTC)
    assert hours_left(an_incident(), _AWARE + timedelta(hours=80)) == -8


@pytest.mark.parametrize(
    ("hours", "changed", "warning"),
    [
        (47, {}, ""),
        (48, {}, "24"),
        (66, {}, "6"),
        (73, {}, "late"),
        (73, {"authority_told_at": _AWARE}, ""),
        (73, {"closed_at": _AWARE}, ""),
        (73, {"risk": Risk.NONE}, ""),
        (73, {"risk": Risk.UNDECIDED}, "late"),
        (73, {"kind": IncidentKind.ATTACK}, ""),
    ],
)
def test_officer_is_warned(hours: int, changed: dict[str, Any], warning: str) -> None:
    """While the authority may have to be told and was not."""
    assert warning_due(an_incident(**changed), _AWARE + timedelta(hours=hours)) == warning


@pytest.mark.parametrize(
    ("changed", "authority", "people"),
    [
        ({"risk": Risk.NONE}, False, False),
        ({"risk": Risk.RISK}, True, False),
        ({"risk": Risk.HIGH}, True, True),
        ({"risk": Risk.UNDECIDED}, True, False),
        ({"kind": IncidentKind.ATTACK, "risk": Risk.UNDECIDED}, False, True),
    ],
)
def test_risk_decides_who_is_told(changed: dict[str, Any], *, authority: bool, people: bool) -> None:
    """Art. 33(1), 34(1); charter 6."""
    found = an_incident(**changed)

    assert (asks_authority(found), asks_people(found, _FACTS)) == (authority, people)


def test_people_need_not_be_told_for_a_reason() -> None:
    """Art. 34(3)."""
    encrypted = _FACTS.model_copy(update={"not_told_because": "the file was encrypted"})

    assert not asks_people(an_incident(risk=Risk.HIGH), encrypted)


def test_lateness_needs_its_reasons() -> None:
    """Art. 33(1), last sentence."""
    late = _AWARE + timedelta(hours=73)
    check_told(an_incident(), _FACTS, _AWARE + timedelta(hours=72))
    check_told(an_incident(), _FACTS.model_copy(update={"late_because": "told late ourselves"}), late)
    with pytest.raises(RequestInvalid, match="without reasons"):
        check_told(an_incident(), _FACTS, late)


def _shop() -> Any:
    customer = a_table("customer", a_key(), a_column("email", identity="email", category="user.contact.email"))
    order = a_table("order", a_key(), a_key("customer_id", primary_key=False))
    order = replace(order, references=(a_reference("customer_id", "customer"),))
    line = a_table("line", a_key(), a_key("order_id", primary_key=False))
    line = replace(line, references=(a_reference("order_id", "order"),))
    town = a_table("town", a_key(), a_column("name"))
    house = a_table("house", a_key(), a_key("town_id", primary_key=False))
    house = replace(
        house, references=(Reference(("town_id",), "crm", "town", ("id",), frozenset({Follow.TO}), shared=True),)
    )
    return contracts_of(customer, order, line, town, house)


def test_way_leads_up_to_a_person() -> None:
    """Along references whose rows are the person's, and no others."""
    shop = _shop()

    ways = {table.name: way_up(table, shop) for table in shop.tables()}

    assert ways["customer"] == ()
    assert [at.name for at, _ in ways["line"] or ()] == ["line", "order"]
    assert ways["town"] is ways["house"] is None


def test_tables_are_named_by_system_or_one_by_one() -> None:
    """In the order of the contracts, each once; one that no contract has is told."""
    shop = _shop()

    def named(*names: str) -> list[str]:
        return [t.name for t in affected_tables(_FACTS.model_copy(update={"tables": list(names)}), shop)]

    assert named("crm.line", "crm.customer", "crm.line") == ["customer", "line"]
    assert named("crm") == ["customer", "order", "line", "town", "house"]
    for wrong in ("crm.nothing", "nowhere", "nowhere.line"):
        with pytest.raises(RequestInvalid, match="no contract has this table"):
            named(wrong)


def test_categories_are_those_of_personal_columns() -> None:
    """With the number of columns."""
    assert categories(list(_shop().tables())) == {"user.contact.email": 1}


def test_reading_every_row_is_for_reading_alone() -> None:
    """No order can be made of it, and it takes no condition."""
    every = Selection("customer", (), reads_every_row=True)

    assert (every.takes_every_row, every.is_empty) == (True, False)
    for order in (DeleteRows, ChangeColumns):
        with pytest.raises(ValueError, match="for reading alone"):
            order(every)
    with pytest.raises(ValueError, match="takes no condition"):
        Selection("customer", (Condition(("id",), frozenset()),), reads_every_row=True)
