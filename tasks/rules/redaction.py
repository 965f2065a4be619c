"""What an answer package shows of the subject's rows, and what it leaves out and says so (Art. 15(4)).

Pure. A row of the subject is disclosed; in it, values about others, values to be masked and free text that a person has
not read are not. Rows shared with other people are left out whole (law 8).
"""

from dataclasses import dataclass

from data_contracts.contract import Column, Table
from data_contracts.ports import LeftOut
from data_contracts.vocabulary import About, AccessTreatment

_ABOUT_OTHERS = {About.THIRD_PARTY: "about_third_party", About.EMPLOYEE: "about_employee"}


@dataclass(frozen=True, slots=True)
class Disclosure:
    """How one table is shown: columns in order, those among them that are masked, and what is left out."""

    columns: tuple[str, ...]
    masked: frozenset[str]
    left_out: tuple[LeftOut, ...]


def disclosure(table: Table, rows: int, shared_rows: int = 0) -> Disclosure:
    """What is shown of ``rows`` rows of ``table``."""
    reasons = {column.name: why for column in table.columns if (why := _why_not(column))}
    masked = frozenset(name for name, why in reasons.items() if why == "masked")
    left_out = [LeftOut(table.system, table.name, name, why, rows) for name, why in reasons.items() if rows]
    if shared_rows:
        left_out.append(LeftOut(table.system, table.name, "", "shared", shared_rows))
    columns = tuple(c.name for c in table.columns if c.name not in reasons or c.name in masked)
    return Disclosure(columns, masked, tuple(left_out))


def _why_not(column: Column) -> str:
    """The code of why a value is not shown as it is; empty when it is."""
    match column.access:
        case AccessTreatment.INCLUDE:
            return "" if column.about is About.SUBJECT else _ABOUT_OTHERS[column.about]
        case AccessTreatment.REVIEW:
            return "review"
        case AccessTreatment.MASK:
            return "masked"
        case _:
            return _ABOUT_OTHERS[About.EMPLOYEE] if column.about is About.EMPLOYEE else "omitted"
