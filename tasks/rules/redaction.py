"""What an answer package shows of the subject's rows, and what it leaves out and says so (Art. 15(4)).

Pure. A row of the subject is disclosed; in it, values about others and values to be masked are not, and free text only
as far as a person has released it. Of rows shared with other people (law 8) only what the contract declares harmless is
shown; nothing is declared so unless somebody wrote it down.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from data_contracts.contract import Column, Table
from data_contracts.ports import LeftOut
from data_contracts.vocabulary import About, AccessTreatment, SharedTreatment

ABOUT_OTHERS = {About.THIRD_PARTY: "about_third_party", About.EMPLOYEE: "about_employee"}
"""Codes of why a value that is about somebody else is not shown."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """How many texts of one column a person released, released in part, and withheld."""

    released: int = 0
    redacted: int = 0
    withheld: int = 0


Texts = Mapping[str, Reviewed]
"""What people decided about texts, by column; a column that is not there was not read."""

UNREAD: Texts = MappingProxyType({})
"""Nobody has read anything."""


@dataclass(frozen=True, slots=True)
class Disclosure:
    """How one table is shown: columns in order, those among them that are masked, and what is left out."""

    columns: tuple[str, ...]
    masked: frozenset[str]
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class Showing:
    """How a right shows tables: rows that are the subject's own, and rows that belong to other people too."""

    own: Callable[[Table, int, Texts], Disclosure]
    shared: Callable[[Table, int], Disclosure]


def disclosure(table: Table, rows: int, texts: Texts = UNREAD) -> Disclosure:
    """What is shown of ``rows`` rows of ``table`` that are the subject's own."""
    reasons = {column.name: why for column in table.columns if (why := why_hidden(column, texts))}
    return shown_but(table, rows, reasons, texts)


def shared_disclosure(table: Table, rows: int) -> Disclosure:
    """What is shown of ``rows`` rows of ``table`` that belong to other people too (law 8)."""
    shown = {column.name: column.shared for column in table.columns if column.shared is not SharedTreatment.OMIT}
    if SharedTreatment.INCLUDE not in shown.values():
        whole = (LeftOut(table.system, table.name, "", "shared", rows),) if rows else ()
        return Disclosure((), frozenset(), whole)
    masked = frozenset(name for name, how in shown.items() if how is SharedTreatment.MASK)
    hidden = (name for name in (column.name for column in table.columns) if name not in shown or name in masked)
    left_out = tuple(LeftOut(table.system, table.name, name, "shared", rows) for name in hidden if rows)
    return Disclosure(tuple(shown), masked, left_out)


def shown_but(table: Table, rows: int, reasons: Mapping[str, str], texts: Texts) -> Disclosure:
    """What is shown when ``reasons`` says, by column, why its values are not shown as they are."""
    masked = frozenset(name for name, why in reasons.items() if why == "masked")
    columns = tuple(c.name for c in table.columns if c.name not in reasons or c.name in masked)
    left_out = [LeftOut(table.system, table.name, name, why, rows) for name, why in reasons.items() if rows]
    for name, read in texts.items():
        counts = (("redacted", read.redacted if name in columns else 0), ("withheld", read.withheld))
        left_out += [LeftOut(table.system, table.name, name, why, count) for why, count in counts if count]
    return Disclosure(columns, masked, tuple(item for item in left_out if item.why != _TOLD_BY_COUNT))


ACCESS = Showing(disclosure, shared_disclosure)
"""Art. 15(3): everything about the subject, but for the rights of others."""

_TOLD_BY_COUNT = "all_withheld"
"""A column of which no text is shown; how many were withheld is told instead."""


def why_hidden(column: Column, texts: Texts) -> str:
    """The code of why a value is not shown as it is; empty when it is."""
    match column.access:
        case AccessTreatment.INCLUDE:
            return "" if column.about is About.SUBJECT else ABOUT_OTHERS[column.about]
        case AccessTreatment.REVIEW:
            return _why_unreleased(texts.get(column.name))
        case AccessTreatment.MASK:
            return "masked"
        case _:
            return ABOUT_OTHERS[About.EMPLOYEE] if column.about is About.EMPLOYEE else "omitted"


def _why_unreleased(read: Reviewed | None) -> str:
    if read is None:
        return "review"
    return _TOLD_BY_COUNT if read.withheld and not (read.released or read.redacted) else ""
