"""What hangs on the data subject's rows and no contract declares: columns, referring tables, kept copies.

The witness sees keys. A copy or a column without a key in it is not seen by looking for keys, so that it is asked for
here (law 7): the gate shows it, and the verdict names what is left of it after the act.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Final

from data_contracts.case.plan import COPIES, UNDECLARED, TablePath, Unreached
from data_contracts.company.contract import Table
from data_contracts.connectors.keys import Condition, Selection, When
from tasks.rules.search.drift import drift, proven_but_for
from tasks.services import services

_SEVERAL: Final = 2
"""Of one reference alone the contract says whose the rows are that fulfil its condition, and nothing of others."""
Ways = Mapping[TablePath, tuple[Condition, ...]]


def undeclared_places(system: str, ways: Ways, seen: Collection[tuple[str, str]] = ()) -> list[Unreached]:
    """Columns that are not empty, and tables with rows that refer to these rows, without a contract; with their counts.

    Args:
        system: where.
        ways: what selects the data subject's rows, by table path.
        seen: tables and columns in which the witness saw a key already.
    """
    connector, found = services().systems.connector(system), list[Unreached]()
    for (_, table), conditions in _of(system, ways):
        counted = connector.count_undeclared(Selection(table, conditions))
        columns = {name: rows for name, rows in counted.columns.items() if (table, name) not in seen}
        places = {f"{table}.{name}": rows for name, rows in columns.items()}
        places |= {f"{name} → {table}": rows for name, rows in counted.referring.items()}
        found += [Unreached(system, place, rows, check=UNDECLARED) for place, rows in places.items() if rows]
    return sorted(found)


def unsaid_places(system: str, ways: Ways) -> list[Unreached]:
    """Rows that hold one of her keys where a reference holds under a condition, and of which no reference speaks.

    A comment on what the contract calls neither ``User`` nor ``Product`` may be on the data subject all the same.
    The keys are those of the sealed search, so that the rows are counted when hers are gone, too.
    """
    provided = services()
    contract, connector = provided.contracts.systems[system], provided.systems.connector(system)
    asked: dict[str, Selection] = {}
    for (_, name), conditions in _of(system, ways):
        for way in conditions:
            if said := _said(contract.table(name), way):
                place = f"{name}.{', '.join(way.columns)} (other {said[0].column})"
                beside = asked.get(place, Selection(name, ())).conditions
                asked[place] = Selection(name, (*beside, replace(way, when=said)), spared=conditions)
    rows = connector.count(list(asked.values())) if asked else []
    return sorted(Unreached(system, place, n, check=UNDECLARED) for place, n in zip(asked, rows, strict=True) if n)


def _said(table: Table, way: Condition) -> tuple[When, ...]:
    """That a row fulfils none of the conditions under which the columns of a way refer to anything."""
    own = [one for one in table.references if one.columns == way.columns]
    if len(own) < _SEVERAL or not all(len(one.when) == 1 for one in own) or len({o.when[0].column for o in own}) != 1:
        return ()
    values = tuple(dict.fromkeys(value for one in own for value in one.when[0].values))
    return (When(own[0].when[0].column, values, negated=True),)


def copies_kept(system: str, ways: Ways) -> list[Unreached]:
    """Where the system keeps copies of these rows that nobody looks at, with the number of rows that were copied."""
    provided = services()
    connector, contract = provided.systems.connector(system), provided.contracts.systems[system]
    limits = proven_but_for(
        drift(contract, connector.describe(), provided.contracts.vocabulary.identities, provided.routes)
    )
    located = {f"{system}.{table}": Selection(table, conditions) for (_, table), conditions in _of(system, ways)}
    kept = [(one, located[one.place]) for one in limits if one.place in located]
    counts = connector.count([selection for _, selection in kept])
    return sorted(
        Unreached(system, one.about or selection.table, rows, (one.code,), COPIES)
        for (one, selection), rows in zip(kept, counts, strict=True)
        if rows
    )


def _of(system: str, ways: Ways) -> Iterable[tuple[TablePath, tuple[Condition, ...]]]:
    return sorted((path, some) for path, some in ways.items() if path[0] == system and some)
