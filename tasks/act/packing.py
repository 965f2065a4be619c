"""The plan of what an answer package holds, and the package itself, sealed (Art. 15(3), 20(1)).

The package is built from the rows staged in the vault, so that what people approved is what the subject gets. What is
shown of each table is the right's to say (:class:`tasks.rules.act.redaction.Showing`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from data_contracts.case.confirmed import Confirmed
from data_contracts.case.plan import REFERRED, SHARED, Plan, PlanLine, TablePath
from data_contracts.company.row_cases import Part, parts_of
from data_contracts.errors import EvidenceBroken
from data_contracts.evidence.records import Record
from data_contracts.told.notices import PackageContent
from data_contracts.vocabulary import CaseState, Right
from tasks.case.parts import PARTS
from tasks.case.sealed import PACKAGE, subject_request
from tasks.recipients.disclosures import received_about
from tasks.rules.act.plan import sensitivity_of
from tasks.rules.act.redaction import UNREAD, Disclosure, Showing, but_members, but_withheld
from tasks.search.locate import by_hand
from tasks.search.review import ReadRows, reviewed
from tasks.search.staged import members_left_out, staged_counts, withheld_counts
from tasks.services import services


def plan_of(case_id: str, showing: Showing, *, send_to: str = "") -> Plan:
    """The plan of what is disclosed and what is left out, from what was staged."""
    provided = services()
    lines: list[PlanLine] = []
    for found in _shown(case_id, showing):
        lines += _lines(found)
    counts = staged_counts(case_id)
    for table in provided.contracts.tables():
        if others := counts.get((table.system, f"{table.name}{REFERRED}")):
            lines.append(PlanLine(table.system, table.name, "refer", others))
    touched = {(line.system, line.table.removesuffix(SHARED)) for line in lines if line.rows}
    return Plan(
        case_id=case_id,
        right=provided.register.case(case_id).right.value,
        contracts=provided.contracts.name,
        lines=tuple(lines),
        sensitivity=sensitivity_of(provided.contracts, touched),
        by_hand=tuple(sorted(by_hand(case_id).items())),
        send_to=send_to,
    )


def _lines(found: "_Found") -> Iterator[PlanLine]:
    part, shared = found.part, SHARED if found.path[1].endswith(SHARED) else ""
    place, whole = (part.table.system, f"{part.table.name}{shared}"), found.shown.columns
    whole = tuple(name for name in whole if name not in found.shown.masked)
    if whole or not found.shown.left_out:
        yield PlanLine(*place, "disclose", found.rows, columns=whole, when=part.said)
    for item in found.shown.left_out:
        columns = (item.column,) if item.column else ()
        yield PlanLine(*place, "leave_out", item.rows, columns=columns, note=item.why, when=part.said)


def pack(case_id: str, showing: Showing, confirmed: Confirmed) -> int:
    """Build and seal the answer package, once; the number of rows in it.

    Raises:
        ActRefused: when the plan is not approved and confirmed (law 14).
    """
    provided = services()
    entry = provided.register.claim(case_id, "act", confirmed=confirmed)
    if entry.state == "done":
        return int(str(entry.receipt["rows"]))
    content = content_of(case_id, showing)
    with provided.vault.write(case_id, PACKAGE) as sink:
        manifest = provided.package.write(sink, content, ReadRows(case_id).open)
    rows = _check(case_id, content, manifest)
    provided.register.complete(
        case_id,
        "act",
        receipt={"rows": rows, "manifest": manifest, PARTS: [PACKAGE]},
        record=Record("act", "", {"package": PACKAGE, "rows": rows, "manifest": manifest}),  # type: ignore[dict-item]  # the manifest is JSON
        move=(CaseState.VERIFIED, "package built and counted"),
    )
    return rows


def content_of(case_id: str, showing: Showing) -> PackageContent:
    """What goes into the package, table by table."""
    provided = services()
    case = provided.register.case(case_id)
    shown = list(_shown(case_id, showing))
    return PackageContent(
        case_id=case_id,
        language=case.language,
        made_at=provided.now(),
        right=case.right.value,
        tables=tuple((f.path, f.shown.columns, f.shown.masked) for f in shown if f.rows and f.shown.columns),
        left_out=tuple(item for f in shown for item in f.shown.left_out),
        by_hand=tuple(sorted(by_hand(case_id).items())),
        country=subject_request(case_id).postal_country,
        # Art. 15(1)(c); what Art. 20 asks for says nothing of recipients.
        received=tuple(received_about(case_id)) if case.right is Right.ACCESS else (),
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """What was staged of a table's part, and how it is shown."""

    path: TablePath
    rows: int
    shown: Disclosure
    part: Part


def _shown(case_id: str, showing: Showing) -> Iterator[_Found]:
    """Every table of every system that was staged, in the order of contracts."""
    counts, texts, withheld = staged_counts(case_id), reviewed(case_id), withheld_counts(case_id)
    members = members_left_out(case_id)

    def made(path: TablePath, part: Part, shown: Disclosure) -> _Found:
        less = but_withheld(shown, path, counts[path], withheld.get(path, {}))
        less = but_members(less, path, members.get(path, {}))
        left_out = tuple(replace(item, table=part.name) for item in less.left_out)
        return _Found(path, counts[path], replace(less, left_out=left_out), part)

    for part in (part for table in services().contracts.tables() for part in parts_of(table)):
        table = part.table
        own, shared = (table.system, part.name), (table.system, f"{part.name}{SHARED}")
        if own in counts:
            yield made(own, part, showing.own(table, counts[own], texts.get(own, UNREAD)))
        if counts.get(shared):
            yield made(shared, part, showing.shared(table, counts[shared]))


def _check(case_id: str, content: PackageContent, manifest: Mapping[str, object]) -> int:
    """That the package holds as many rows as were staged, table by table (law 7's spirit for a copy)."""
    packed = {path: count for path, count in _row_counts(manifest).items() if count}
    counts = staged_counts(case_id)
    staged = {".".join(path): counts[path] for path, _columns, _masked in content.tables}
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


__all__ = ["content_of", "pack", "plan_of"]
