"""What an answer package shows of the subject's rows, and what it leaves out and says so (Art. 15(4)).

Pure. A row of the subject is disclosed; in it, values about others and values to be masked are not, and free text only
as far as a person has released it. Of rows of several people (law 8) only what the contract declares harmless is shown,
and nothing is declared so unless somebody wrote it down; never the key by which rows of others refer to it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from data_contracts.case.plan import SHARED, TablePath
from data_contracts.company.contract import Column, Table
from data_contracts.told.notices import LeftOut
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
    shown = _shown_of_shared(table)
    if SharedTreatment.INCLUDE not in shown.values():
        whole = (LeftOut(table.system, table.name, "", "shared", rows),) if rows else ()
        return Disclosure((), frozenset(), whole)
    masked = frozenset(name for name, how in shown.items() if how is SharedTreatment.MASK)
    hidden = (name for name in (column.name for column in table.columns) if name not in shown or name in masked)
    left_out = tuple(LeftOut(table.system, table.name, name, "shared", rows) for name in hidden if rows)
    return Disclosure(tuple(shown), masked, left_out)


def harmless_columns(table: Table) -> list[str]:
    """Columns whose values may be shown of rows of several people; of these rows nothing else is read."""
    return [name for name, how in _shown_of_shared(table).items() if how is SharedTreatment.INCLUDE]


def but_members(shown: Disclosure, path: TablePath, members: Mapping[str, int]) -> Disclosure:
    """What is shown where members of other people were left out of values that stay.

    Args:
        shown: how the right shows the table.
        path: of the table; rows of several people under its name with ``+shared``.
        members: by column, in how many rows.
    """
    counts = {name: members[name] for name in shown.columns if members.get(name) and name not in shown.masked}
    told = tuple(LeftOut(path[0], path[1].removesuffix(SHARED), name, "shared", n) for name, n in counts.items())
    return replace(shown, left_out=(*shown.left_out, *told))


def but_withheld(shown: Disclosure, path: TablePath, rows: int, withheld: Mapping[str, int]) -> Disclosure:
    """What is shown where keys of rows that are not the subject's were left out of some columns, value by value.

    Args:
        shown: how the right shows the table.
        path: of the table; rows of several people under its name with ``+shared``.
        rows: how many there are.
        withheld: by column, in how many rows its value was left out.
    """
    counts = {name: withheld[name] for name in shown.columns if withheld.get(name) and name not in shown.masked}
    told = tuple(LeftOut(path[0], path[1].removesuffix(SHARED), name, "shared", n) for name, n in counts.items())
    # An empty column would be read as: there is no such value.
    columns = tuple(name for name in shown.columns if counts.get(name) != rows)
    return replace(shown, columns=columns, left_out=(*shown.left_out, *told))


def _shown_of_shared(table: Table) -> dict[str, SharedTreatment]:
    hidden = set(table.primary_key)
    shown = ((column.name, _shared_treatment(column)) for column in table.columns if column.name not in hidden)
    return {name: how for name, how in shown if how is not SharedTreatment.OMIT}


def _shared_treatment(column: Column) -> SharedTreatment:
    # A list of identities of which only her own members are left tells of nobody else.
    is_list = column.inside is not None and column.inside.is_list
    is_shown = is_list and column.access is AccessTreatment.INCLUDE and column.about is About.SUBJECT
    return SharedTreatment.INCLUDE if is_shown and column.shared is SharedTreatment.OMIT else column.shared


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
