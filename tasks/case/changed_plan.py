"""Plans that changed since people approved them: what changed, and what they were approved under.

What was approved is what is done. Before it is acted on, a plan is made again under the contracts that are there:

1. contracts that say the same, whatever their files look like, ask nobody again;
2. where they say something else, or rows came or went, people are asked again and read what changed, line by line;
3. once it is confirmed, the plan is carried out, proven and told under the contracts that it was approved with.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from data_contracts.case.plan import Plan, plan_facts
from data_contracts.company.meaning import changes, meaning_of
from data_contracts.evidence.records import canonical, digest
from tasks.services import services, use

CHANGED: Final = "plan changed"
TAKEN_OUT: Final = "taken_out"
"""Why a place was not looked at: its system is in no contract any more."""
Facts = Mapping[str, Any]


def is_same(approved: Facts, fresh: Plan) -> bool:
    """Whether a plan that is made again is the one that people approved.

    Contracts that say the same are the same, and so are their tables and columns in another order.
    """
    if not services().contracts.is_named(approved["contracts"]):
        return False
    return _in_order(approved) == _in_order({**plan_facts(fresh), "contracts": approved["contracts"]})


def what_changed(approved: Facts, fresh: Plan) -> list[str]:
    """What is otherwise in a plan that is made again, a line each, without personal data."""
    found = plan_facts(fresh)
    return [*_in_contracts(str(approved["contracts"])), *_in_lines(approved, found), *_beside(approved, found)]


def told_changes(case_id: str, plan_digest: str) -> list[str]:
    """What people who are asked again read of why: what changed on the way to this plan; empty where nothing did."""
    noted = [
        e.receipt for (n, _), e in services().register.steps(case_id).items() if n == CHANGED and e.state == "done"
    ]
    led_here: list[Any] = [one["lines"] for one in noted if one["found"] == plan_digest]
    every: list[Any] = led_here or [one["lines"] for one in noted]
    return list(dict.fromkeys(line for lines in every for line in lines))


def taken_out(case_id: str) -> tuple[tuple[str, str], ...]:
    """Tables where the search had found something, and whose system is in no contract any more, each with why."""
    entry, known = services().register.step(case_id, "locate"), services().contracts.systems
    keys: Any = entry.receipt["keys"] if entry is not None and entry.state == "done" else {}
    rows = _rows_taken_out(case_id)
    places = {_path(name) for name, count in keys.items() if count} | rows.keys()
    gone = sorted(path for path in places if path[0] not in known)
    return tuple((f"{system}: {table}{_counted_rows(rows, (system, table))}", TAKEN_OUT) for system, table in gone)


def keep_contracts() -> None:
    """Keep the contracts that a plan is made under, so that it can be carried out as it was meant."""
    contracts = services().contracts
    if contracts.files:
        services().register.put_contract_set(contracts.name, contracts.files)


@contextmanager
def as_approved(case_id: str) -> Iterator[None]:
    """The contracts are, in this block, those that the case's plan was approved with.

    A plan of a version that kept none is carried out under the contracts that are there.

    Raises:
        ContractInvalid: when this version of the software finds a fault in them.
    """
    provided = services()
    entry = provided.register.step(case_id, "plan")
    plan: Any = entry.receipt["plan"] if entry is not None and entry.state == "done" else {}
    name = str(plan.get("contracts", provided.contracts.name))
    files = None if provided.contracts.is_named(name) else provided.register.contract_set(name)
    if files is None:
        yield
        return
    with provided.under(provided, files) as approved, use(approved):
        yield


def _in_order(plan: Facts) -> str:
    """Facts of a plan by digest, its lines in whatever order they stand."""
    lines = [{**line, "columns": sorted(line["columns"])} for line in plan["lines"]]
    return digest(canonical({**plan, "lines": sorted(lines, key=canonical)}))


def _in_contracts(name: str) -> Iterator[str]:
    contracts = services().contracts
    if contracts.is_named(name):
        return
    files = services().register.contract_set(name)
    if files is None:
        yield "the contracts' files are others; what they said before was not kept"
        return
    from data_contracts.odcs.folder import load_texts  # noqa: PLC0415  # every check: most of a second

    yield from (f"contract: {line}" for line in changes(meaning_of(load_texts(files)), meaning_of(contracts)))


def _in_lines(approved: Facts, found: Facts) -> Iterator[str]:
    old, new = _counted(approved["lines"]), _counted(found["lines"])
    for what in sorted(old.keys() | new.keys()):
        before, after = old.get(what, 0), new.get(what, 0)
        if before != after:
            yield f"plan: {what}: {_rows(before)} before, {_rows(after)} now"


def _counted(lines: Sequence[Facts]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for line in lines:
        columns = f" ({', '.join(sorted(line['columns']))})" if line["columns"] else ""
        why = (line["ground"] or {}).get("hold") or line["note"]
        counted[f"{line['system']}.{line['table']}{columns}: {line['action']}{f', {why}' if why else ''}"] += line[
            "rows"
        ]
    return counted


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def _beside(approved: Facts, found: Facts) -> Iterator[str]:
    """That something else is otherwise, where no line says so."""
    for name in ("by_hand", "unreached", "not_looked", "rehearsed", "sensitivity"):
        if approved.get(name) != found.get(name):
            yield f"plan: {name.replace('_', ' ')} is otherwise"


def _path(name: str) -> tuple[str, str]:
    system, _, table = name.partition("/")
    return system, table


def _counted_rows(rows: Mapping[tuple[str, str], int], path: tuple[str, str]) -> str:
    return f" ({_rows(rows[path])})" if path in rows else ""


def _rows_taken_out(case_id: str) -> dict[tuple[str, str], int]:
    """Rows that a plan before spoke of, by path."""
    found: dict[tuple[str, str], int] = {}
    for (name, _), entry in services().register.steps(case_id).items():
        if name == CHANGED and entry.state == "done":
            rows: Any = entry.receipt["rows"]
            found |= {(system, table): count for system, table, count in rows}
    return found


def rows_by_table(plan: Facts) -> list[list[Any]]:
    """The largest count of each table's lines, since columns are counted line by line."""
    found: dict[tuple[str, str], int] = {}
    for line in plan["lines"]:
        path = (line["system"], line["table"])
        found[path] = max(found.get(path, 0), line["rows"])
    return [[*path, rows] for path, rows in sorted(found.items()) if rows]
