"""Art. 15(4): what an answer package shows of the subject's rows, and what it leaves out and says so."""

import pytest

from data_contracts.contract import Column
from data_contracts.ports import LeftOut
from data_contracts.vocabulary import About, AccessTreatment, SharedTreatment
from tasks.rules.redaction import Disclosure, Reviewed, disclosure, shared_disclosure
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
    """Law 8: rows of other people too are counted, never shown, unless the contract says what is harmless."""
    table = a_table("household", a_key(), a_column("flat", shared=SharedTreatment.MASK))

    assert shared_disclosure(table, 2) == Disclosure((), frozenset(), (LeftOut("crm", "household", "", "shared", 2),))
    assert shared_disclosure(table, 0).left_out == ()


@pytest.mark.parametrize("rows", [0, 2])
def test_of_shared_rows_what_the_contract_calls_harmless(rows: int) -> None:
    """The street is shown, that there is a flat too, and everything else is listed as left out."""
    street = a_column("street", shared=SharedTreatment.INCLUDE)
    table = a_table("household", a_key(), street, a_column("flat", shared=SharedTreatment.MASK))

    shown = shared_disclosure(table, rows)

    assert shown.columns == ("street", "flat")
    assert shown.masked == {"flat"}
    assert [(item.column, item.why) for item in shown.left_out] == (
        [("id", "shared"), ("flat", "shared")] if rows else []
    )


@pytest.mark.parametrize(
    ("read", "is_shown", "told"),
    [
        (Reviewed(), True, []),
        (Reviewed(released=2), True, []),
        (Reviewed(released=1, redacted=1, withheld=3), True, [("redacted", 1), ("withheld", 3)]),
        (Reviewed(withheld=3), False, [("withheld", 3)]),
    ],
)
def test_texts_are_shown_as_far_as_released(read: Reviewed, is_shown: bool, told: list[tuple[str, int]]) -> None:  # noqa: FBT001  # a table of cases
    """Art. 15(4): what a person took out or withheld is told by count; a column without any text hides nothing."""
    table = a_table("call", a_key(), a_column("note", access=AccessTreatment.REVIEW))

    shown = disclosure(table, 5, {"note": read})

    assert ("note" in shown.columns) is is_shown
    assert [(item.why, item.rows) for item in shown.left_out] == told
