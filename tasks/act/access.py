"""Access (Art. 15): the plan of what is disclosed, and the sealed answer package.

The package is built from the rows staged in the vault, so that what people approved is what the subject gets.
"""

from collections.abc import Mapping

from data_contracts.errors import EvidenceBroken
from data_contracts.evidence import Record
from data_contracts.plan import Plan, PlanLine, TablePath
from data_contracts.ports import LeftOut, PackageContent
from data_contracts.vocabulary import CaseState, Right
from tasks.archive_evidence import PACKAGE
from tasks.locate_data import by_hand
from tasks.plans import freeze, planned
from tasks.rules.plan import sensitivity_of
from tasks.rules.redaction import disclosure
from tasks.services import services
from tasks.staged import StagedRows
from tasks.step import step


@step("plan")
def plan_access(case_id: str) -> str:
    """The plan of what is disclosed, from what was staged; returns its digest."""
    return planned(case_id) or freeze(_plan(case_id))


@step("act")
def build_package(case_id: str) -> int:
    """Build and seal the answer package; the number of rows in it."""
    provided = services()
    entry = provided.register.claim(case_id, "act")
    if entry.state == "done":
        return int(str(entry.receipt["rows"]))
    provided.register.complete(case_id, "confirm", receipt={}, record=None, move=(CaseState.ACTING, "package is built"))
    content = _content(case_id)
    with provided.vault.write(case_id, PACKAGE) as sink:
        manifest = provided.package.write(sink, content, StagedRows(case_id).open)
    rows = _check(case_id, manifest)
    provided.register.complete(
        case_id,
        "act",
        receipt={"rows": rows, "manifest": manifest},
        record=Record("act", "", {"package": PACKAGE, "rows": rows, "manifest": manifest}),  # type: ignore[dict-item]  # the manifest is JSON
        move=(CaseState.VERIFIED, "package built and counted"),
    )
    return rows


def _check(case_id: str, manifest: Mapping[str, object]) -> int:
    """That the package holds as many rows as were staged, table by table (law 7's spirit for a copy)."""
    packed = {path: count for path, count in _row_counts(manifest).items() if count}
    staged = {f"{s}.{t}": n for (s, t), n in _staged_counts(case_id).items() if n and not t.endswith("+shared")}
    if packed != staged:
        places = ", ".join(sorted(p for p in packed.keys() | staged.keys() if packed.get(p) != staged.get(p)))
        raise EvidenceBroken(
            f"the package does not hold the rows that were staged ({places})",
            where=case_id,
            remedy="run the case again; if it stays, report it with the fault",
        )
    return sum(packed.values())


def _row_counts(manifest: Mapping[str, object]) -> dict[str, int]:
    rows = manifest["rows"]
    return dict(rows) if isinstance(rows, Mapping) else {}


def _staged_counts(case_id: str) -> dict[TablePath, int]:
    counts: dict[TablePath, int] = {}
    for (name, system), entry in services().register.steps(case_id).items():
        if name == "stage" and entry.state == "done":
            counts |= {(system, table): count for table, count in entry.receipt["rows"].items()}  # type: ignore[attr-defined]  # written by stage_rows
    return counts


def _plan(case_id: str) -> Plan:
    provided = services()
    counts = _staged_counts(case_id)
    lines: list[PlanLine] = []
    for table in provided.contracts.tables():
        path = (table.system, table.name)
        if path not in counts:
            continue
        shown = disclosure(table, counts[path], counts.get((table.system, f"{table.name}+shared"), 0))
        shown_whole = tuple(name for name in shown.columns if name not in shown.masked)
        lines.append(PlanLine(*path, "disclose", counts[path], columns=shown_whole))
        lines += [
            PlanLine(*path, "leave_out", item.rows, columns=(item.column,) if item.column else (), note=item.why)
            for item in shown.left_out
        ]
    touched = {(line.system, line.table) for line in lines if line.rows}
    return Plan(
        case_id=case_id,
        right=Right.ACCESS.value,
        contracts=provided.contracts.digest,
        lines=tuple(lines),
        sensitivity=sensitivity_of(provided.contracts, touched),
        by_hand=tuple(sorted(by_hand(case_id).items())),
    )


def _content(case_id: str) -> PackageContent:
    provided = services()
    case = provided.register.case(case_id)
    counts = _staged_counts(case_id)
    tables: list[tuple[TablePath, tuple[str, ...], frozenset[str]]] = []
    left_out: list[LeftOut] = []
    for table in provided.contracts.tables():
        path = (table.system, table.name)
        rows = counts.get(path, 0)
        shown = disclosure(table, rows, counts.get((table.system, f"{table.name}+shared"), 0))
        left_out += shown.left_out
        if rows:
            tables.append((path, shown.columns, shown.masked))
    return PackageContent(
        case_id=case_id,
        language=case.language,
        made_at=provided.now(),
        right=case.right.value,
        tables=tuple(tables),
        left_out=tuple(left_out),
        by_hand=tuple(sorted(by_hand(case_id).items())),
    )
