"""Columns: what each says about itself holds together."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from data_contracts.company import taxonomy
from data_contracts.company.contract import Column
from data_contracts.fault import Fault
from data_contracts.odcs.checks.subject import ContractSet, at_column
from data_contracts.odcs.reading.strict import meant
from data_contracts.vocabulary import About, AccessTreatment, Sensitivity


def zones(contracts: ContractSet) -> Iterator[Fault]:
    """The zone that a timestamp's options name is one."""
    for system, table in contracts.tables():
        for column in table.columns:
            if column.zone and not _is_zone(column.zone):
                what = "names a `defaultTimezone` that is no time zone"
                yield at_column(system, table, column.name, what=what, remedy="write a name such as Europe/Paris")


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def categories(contracts: ContractSet) -> Iterator[Fault]:
    """A personal column has a category of fideslang's taxonomy (Art. 15(1)(b))."""
    for system, table, column in contracts.rules():
        if column.is_personal and not column.category:
            remedy = "add `category`, e.g. `user.contact.email`, or `system.operations` for what is not personal"
            yield at_column(system, table, column.name, what="has no category", remedy=remedy)
        elif column.category and column.category not in taxonomy.CATEGORIES:
            near = meant(column.category, sorted(taxonomy.CATEGORIES))
            remedy = f"write `{near}`" if near else "take a key from the taxonomy, listed in docs/connect/contracts.md"
            what = f"the category `{column.category}` is not in fideslang's taxonomy"
            yield at_column(system, table, column.name, what=what, remedy=remedy)


def purposes_given(contracts: ContractSet) -> Iterator[Fault]:
    """Personal data have a purpose (Art. 5(1)(b); charter 1.1)."""
    for system, table, column in contracts.rules():
        if column.is_personal and not column.purposes:
            remedy = "add `purposes` to the column's or the table's `dsr`"
            yield at_column(system, table, column.name, what="has no purpose", remedy=remedy)


def special_categories(contracts: ContractSet) -> Iterator[Fault]:
    """Special categories need a ground of Art. 9(2) for each purpose, and the strictest classification."""
    for system, table, column in contracts.rules():
        if not taxonomy.is_special(column.category):
            continue
        for name in column.purposes:
            purpose = contracts.vocabulary.purposes.get(name)
            if purpose is not None and not purpose.special:
                what = f"holds a special category (Art. 9), but the purpose `{name}` names no ground of Art. 9(2)"
                remedy = f"add `special: A9-2-…` to `{name}` in vocabulary.yaml, or use another purpose"
                yield at_column(system, table, column.name, what=what, remedy=remedy)
        if column.sensitivity is not Sensitivity.RESTRICTED:
            what = "holds a special category (Art. 9), but is not classified as restricted"
            yield at_column(system, table, column.name, what=what, remedy="write `classification: restricted`")


def about_others(contracts: ContractSet) -> Iterator[Fault]:
    """What is about somebody else is neither disclosed (Art. 15(4)) nor searched by."""
    for system, table, column in contracts.rules():
        if column.about is About.SUBJECT:
            continue
        if column.access is AccessTreatment.INCLUDE:
            what = f"is about {_whom(column)}, but would be disclosed to the data subject"
            remedy = "add `access: mask`, `review` or `omit`"
            yield at_column(system, table, column.name, what=what, remedy=remedy)
        if column.identity:
            what = f"is about {_whom(column)}, but is searched by as an identity of the data subject"
            yield at_column(system, table, column.name, what=what, remedy="remove `identity`")


def _whom(column: Column) -> str:
    return "a third party" if column.about is About.THIRD_PARTY else "an employee"


def markers(contracts: ContractSet) -> Iterator[Fault]:
    """A marker of Art. 18 or 21 is a yes-or-no column; a supplementary statement (Art. 16) is a text."""
    for system, table, column in contracts.columns():
        if column.marker not in {"", "supplement"} and column.logical_type != "boolean":
            what = f"is the marker `{column.marker}`, but no boolean"
            yield at_column(system, table, column.name, what=what, remedy="put `marker` at a boolean column")
        if column.marker == "supplement" and column.logical_type != "string":
            what = "is to take supplementary statements (Art. 16), but is no string"
            yield at_column(system, table, column.name, what=what, remedy="put `marker: supplement` at a string column")
