"""Rectification: what may be put right can be (Art. 16), and the rules for its values do not contradict each other."""

import re
from collections.abc import Iterator
from typing import Final

from data_contracts.company.contract import Column, Table
from data_contracts.fault import Fault
from data_contracts.odcs.checks.subject import ContractSet, at_column
from data_contracts.vocabulary import About, Rectification

_BY_CHANGE: Final = frozenset({Rectification.DECLARED, Rectification.PROOF})


def is_changed(column: Column) -> bool:
    """Whether a rectification changes values of the column, at once or on proof."""
    return column.rectify in _BY_CHANGE


def rows_stay_known(contracts: ContractSet) -> Iterator[Fault]:
    """A row that is put right must be found again afterwards, to prove it (law 7)."""
    for system, table, column in contracts.rules():
        if not is_changed(column):
            continue
        if column.primary_key:
            what = f"`rectify: {column.rectify}` changes the primary key, by which rows are found again"
            yield at_column(system, table, column.name, what=what, remedy="remove `rectify`")
        elif column.identity and not table.primary_key:
            what = f"`rectify: {column.rectify}` changes an identity in a table without primary key: rows are lost"
            remedy = "name the table's `primaryKey`, or remove `rectify`"
            yield at_column(system, table, column.name, what=what, remedy=remedy)


def only_the_subjects(contracts: ContractSet) -> Iterator[Fault]:
    """A data subject puts right what is about the data subject (law 8)."""
    for system, table, column in contracts.rules():
        if column.rectify and column.about is not About.SUBJECT:
            what = f"`rectify: {column.rectify}`, but it is about somebody else"
            yield at_column(system, table, column.name, what=what, remedy="remove `rectify`")


def references_follow(contracts: ContractSet) -> Iterator[Fault]:
    """A value that others refer to is changed together with what refers to it."""
    by_place = {(table.system, table.name): (system, table) for system, table in contracts.tables()}
    for system, table in contracts.tables():
        for reference in table.references:
            _, aim = by_place.get((reference.to_system, reference.to_table), (system, None))
            for here, there in zip(reference.columns, reference.to_columns, strict=False):
                if aim is not None and _changed(aim, there) and not _changed(table, here):
                    place = f"{aim.system}.{aim.name}.{there}"
                    what = f"refers to `{place}`, which is rectified, but is not rectified with it"
                    remedy = f"give both the same `rectify` and `category`, or remove `rectify` at `{place}`"
                    yield at_column(system, table, here, what=what, remedy=remedy)


def rules_agree(contracts: ContractSet) -> Iterator[Fault]:
    """Rules for single values can be read, and leave a value to be had."""
    for system, table, column in contracts.columns():
        rules = column.rules
        broken = [pattern for pattern in rules.patterns if not _compiles(pattern)]
        if broken:
            what = "has a `pattern` that is no regular expression"
            yield at_column(system, table, column.name, what=what, remedy="correct it; it must match the whole value")
            continue
        misfits = [value for value in rules.valid_values if not _fits(column, value)]
        if misfits:
            what = f"allows {len(misfits)} values that its own `pattern` or length forbids"
            yield at_column(system, table, column.name, what=what, remedy="make the rules of the column agree")
        if column.max_length is not None and rules.min_length > column.max_length:
            what = "wants values that are longer than the longest it takes"
            yield at_column(system, table, column.name, what=what, remedy="make `minLength` and `maxLength` agree")


def _changed(table: Table, name: str) -> bool:
    return any(column.name == name and is_changed(column) for column in table.rules)


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _fits(column: Column, value: str) -> bool:
    is_short = column.max_length is None or len(value) <= column.max_length
    is_long = len(value) >= column.rules.min_length
    return is_short and is_long and all(re.fullmatch(pattern, value) for pattern in column.rules.patterns)
