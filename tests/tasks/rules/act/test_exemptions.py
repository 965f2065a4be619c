"""Art. 17(3): what a hold keeps, on which ground, and until when."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from data_contracts.case.plan import Ground
from data_contracts.company.contract import Table
from data_contracts.connectors.keys import Cutoff
from data_contracts.vocabulary import Follow, RetentionAction, TableErasure
from tasks.rules.act.exemptions import Calendar, bound, carrier_of, ground_of, period_of
from tests.tasks.rules.examples import a_column, a_key, a_period, a_reference, a_table, contracts_of

_KEEP = TableErasure.KEEP
_CALENDAR = Calendar(date(2026, 3, 31), "Europe/Paris", "12-31")


def an_invoice(**facts: object) -> Table:
    """Invoices, kept for accounting until ten years after their date."""
    period = a_period("invoice", "at", hold="accounting")
    columns = (a_key(), a_column("at", logical_type="date"))
    return a_table("invoice", *columns, **{"erase": _KEEP, "hold": "accounting", "retentions": (period,), **facts})


def a_line(**facts: object) -> Table:
    """Invoice lines, kept for accounting, without a date of their own."""
    columns = (a_key(), a_column("invoice"))
    plain = {"erase": _KEEP, "hold": "accounting", "references": (a_reference("invoice", "invoice"),)}
    return a_table("line", *columns, **{**plain, **facts})


def test_ground_names_article_and_law() -> None:
    """A plan, a notice and the evidence name the same ground."""
    vocabulary = contracts_of(an_invoice()).vocabulary

    ground = ground_of("accounting", vocabulary, until="2036-12-31")

    assert ground == Ground(hold="accounting", art17_3="b", law="C. com. L123-22", until="2036-12-31")


def test_period_that_carries_the_hold_ends_it() -> None:
    """A table may have periods of other holds, which end nothing here."""
    other, own = a_period("invoice", "at", hold="lawsuit"), a_period("invoice", "at", hold="accounting")
    table = an_invoice(retentions=(other, own))

    assert period_of(table, "accounting") is own
    assert period_of(table, "identity") is None


@pytest.mark.parametrize("over", [True, False])
def test_bound_is_local_midnight_of_the_place(over: bool) -> None:  # noqa: FBT001  # the table's column
    """Ten years before today, in Paris."""
    expected = Cutoff("at", datetime(2016, 3, 31, tzinfo=ZoneInfo("Europe/Paris")), over=over)

    assert bound(a_period("invoice", "at"), _CALENDAR, over=over) == expected


def test_row_without_a_date_is_held_as_long_as_the_row_it_refers_to() -> None:
    """An invoice's line goes with its invoice."""
    contracts = contracts_of(an_invoice(), a_line())

    assert carrier_of(a_line(), contracts) == a_line().references[0]


@pytest.mark.parametrize(
    ("invoice", "line"),
    [
        pytest.param(an_invoice(), a_line(retentions=(a_period("line", "at", hold="accounting"),)), id="own date"),
        pytest.param(an_invoice(), a_line(erase=TableErasure.DELETE), id="not kept"),
        pytest.param(an_invoice(), a_line(references=()), id="refers to nothing"),
        pytest.param(an_invoice(hold="lawsuit"), a_line(), id="kept for another reason"),
        pytest.param(an_invoice(erase=TableErasure.COLUMNS), a_line(), id="rows stay"),
        pytest.param(an_invoice(retentions=()), a_line(), id="no end there either"),
        pytest.param(
            an_invoice(retentions=(a_period("invoice", "at", hold="accounting", then=RetentionAction.COLUMNS),)),
            a_line(),
            id="rows are emptied",
        ),
        pytest.param(
            an_invoice(),
            a_line(references=(a_reference("invoice", "invoice", follow=frozenset({Follow.TO})),)),
            id="not followed",
        ),
        pytest.param(
            an_invoice(system="billing"),
            a_line(references=(a_reference("invoice", "billing.invoice"),)),
            id="another system",
        ),
    ],
)
def test_other_rows_have_no_carrier(invoice: Table, line: Table) -> None:
    """Nothing else ends a hold: rows with an end of their own, or without any, stay what they were."""
    assert carrier_of(line, contracts_of(invoice, line)) is None
