"""What hangs on the data subject's rows and no contract declares: columns, referring tables, kept copies.

The witness sees keys. A copy or a column without a key in it is not seen by looking for keys, so that it is asked for
here (law 7): the gate shows it, and the verdict names what is left of it after the act.
"""

from collections.abc import Collection, Iterable, Mapping

from data_contracts.keys import Condition, Selection
from data_contracts.plan import COPIES, UNDECLARED, TablePath, Unreached
from tasks.rules.drift import drift, proven_but_for
from tasks.services import services

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
