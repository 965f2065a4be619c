"""Art. 15(4): what an answer package shows of the subject's rows, and what it leaves out and says so."""

import pytest

from data_contracts.contract import Column
from data_contracts.ports import LeftOut
from data_contracts.vocabulary import About, AccessTreatment
from tasks.rules.redaction import disclosure
from tests.tasks.rules.examples import a_column, a_key, a_table


@pytest.mark.parametrize(
    ("access", "about", "why"),
    [
        (AccessTreatment.INCLUDE, About.SUBJECT, ""),
        (AccessTreatment.INCLUDE, About.THIRD_PARTY, "about_third_party"),
        (AccessTreatment.INCLUDE, About.EMPLOYEE, "about_employee"),
        (AccessTreatment.MASK, About.SUBJECT, "masked"),
        (AccessTreatment.MASK, About.THIRD_PARTY, "masked"),
        (AccessTreatment.REVIEW, About.SUBJECT, "review"),
        (AccessTreatment.OMIT, About.SUBJECT, "omitted"),
        (AccessTreatment.OMIT, About.EMPLOYEE, "about_employee"),
    ],
)
def test_why_a_value_is_not_shown(access: AccessTreatment, about: About, why: str) -> None:
    """Each treatment has its reason, and what is left out is named with the number of rows."""
    table = a_table("call", a_key(), a_column("value", access=access, about=about))

    shown = disclosure(table, 3)

    assert shown.left_out == ((LeftOut("crm", "call", "value", why, 3),) if why else ())
    assert ("value" in shown.columns) is (why in {"", "masked"})
    assert shown.masked == ({"value"} if why == "masked" else frozenset())


def test_columns_keep_their_order() -> None:
    """The package reads as the table does, masked values in their place."""
    columns: list[Column] = [a_key(), a_column("b", access=AccessTreatment.MASK), a_column("a")]

    assert disclosure(a_table("t", *columns), 1).columns == ("id", "b", "a")


def test_table_without_rows_leaves_nothing_out() -> None:
    """Where there is no row of the subject's nothing was withheld."""
    table = a_table("t", a_key(), a_column("a", access=AccessTreatment.OMIT))

    assert disclosure(table, 0).left_out == ()


def test_shared_rows_are_left_out_whole() -> None:
    """Law 8: rows that belong to other people too are counted, never shown."""
    assert disclosure(a_table("household"), 0, shared_rows=2).left_out == (
        LeftOut("crm", "household", "", "shared", 2),
    )
