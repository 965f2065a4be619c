"""Art. 15(4): what an answer package shows of the subject's rows, and what it leaves out and says so."""

import pytest

from data_contracts.company.contract import Column
from data_contracts.inside.paths import Inside
from data_contracts.told.notices import LeftOut
from data_contracts.vocabulary import About, AccessTreatment, SharedTreatment
from tasks.rules.act.redaction import (
    Disclosure,
    Reviewed,
    but_members,
    but_withheld,
    disclosure,
    harmless_columns,
    shared_disclosure,
)
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


def test_key_of_a_row_of_several_people_is_never_shown() -> None:
    """Others' rows refer to it by its key; a contract that calls it harmless changes nothing."""
    table = a_table(
        "household", a_key(shared=SharedTreatment.INCLUDE), a_column("street", shared=SharedTreatment.INCLUDE)
    )

    assert shared_disclosure(table, 1).columns == ("street",)
    assert harmless_columns(table) == ["street"]


@pytest.mark.parametrize(("rows", "shown"), [(2, ("a", "b")), (1, ("b",))])
def test_withheld_values_are_told_by_column(rows: int, shown: tuple[str, ...]) -> None:
    """With their number; a column of which nothing is left is not shown as an empty one."""
    before = Disclosure(("a", "b"), frozenset(), ())

    after = but_withheld(before, ("crm", "order"), rows, {"a": 1, "hidden": 1})

    assert after == Disclosure(shown, frozenset(), (LeftOut("crm", "order", "a", "shared", 1),))


def test_masked_column_tells_nothing_that_could_be_withheld() -> None:
    """Every value of it is replaced; whose key it is cannot be seen."""
    before = Disclosure(("a",), frozenset({"a"}), ())

    assert but_withheld(before, ("crm", "order"), 1, {"a": 1}) == before


def test_lists_of_identities_are_shown_of_shared_rows() -> None:
    """Law 8: of a list her own members are left, which tells of nobody else; a document may say more."""
    in_list, in_doc = Inside("members"), Inside("json", "$.to")
    table = a_table(
        "mail",
        a_key(),
        a_column("to", identity="email", inside=in_list),
        a_column("doc", identity="email", inside=in_doc),
        a_column("said", identity="email", inside=in_doc, shared=SharedTreatment.INCLUDE),
        a_column("masked", identity="email", inside=in_list, access=AccessTreatment.MASK),
        a_column("agents", identity="email", inside=in_list, about=About.EMPLOYEE),
    )

    assert harmless_columns(table) == ["to", "said"]


def test_members_left_out_are_told_and_the_column_stays() -> None:
    """In however many rows somebody else's member was left out, what is left is shown."""
    before = Disclosure(("a", "b", "c"), frozenset({"c"}), ())

    after = but_members(before, ("crm", "mail+shared"), {"a": 2, "b": 0, "c": 1, "gone": 1})

    assert after == Disclosure(before.columns, before.masked, (LeftOut("crm", "mail", "a", "shared", 2),))
