"""Prove an erasure: look again, and let the judge compare what remains with what an exemption keeps (law 7).

Counts for every table that the plan speaks of, none of them a statement's row count:

1. ``rows``: rows that the sealed keys still select, against the rows that a hold or a sharing keeps;
2. ``values``: rows whose erased columns do not look erased, against none;
3. ``shared``: rows of several people, against those that the plan leaves as they are: nothing took one away (law 8);
4. ``keys``: keys that a fresh search from what the subject gave reaches and the sealed search did not know: none.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from data_contracts.case.confirmed import ACTED, OF_PLAN, Confirmed
from data_contracts.case.plan import Located, Remaining, TablePath
from data_contracts.company.contract import Table, in_language
from data_contracts.connectors.connecting import Connector
from data_contracts.connectors.hiding import Hides
from data_contracts.connectors.keys import Condition, Look, Selection
from data_contracts.evidence.records import Facts, Record
from data_contracts.told.notices import Content, KeptItem, ToldItem
from data_contracts.vocabulary import TableErasure
from tasks.act.effects import OTHERS, UNKNOWN, erased_in
from tasks.act.erasing.inside import found_again
from tasks.act.erasing.moves import swaps_of
from tasks.act.erasing.pseudonyms import replacements
from tasks.act.erasing.references import REFERENCE
from tasks.act.erasure import parts_of, planned_as_of, with_row_keys
from tasks.act.views import stale_lines
from tasks.act.witnessed import Testified, gaps
from tasks.case.changed_plan import taken_out
from tasks.case.clock import calendar_of
from tasks.case.parts import lost
from tasks.case.plans import plan_receipt
from tasks.case.recovery import copy_place, told_until
from tasks.case.sealed import read_located
from tasks.notices.notify_subject import tell_erased
from tasks.proof.concluding import staying_items, told_titles
from tasks.proof.judge import Proof, is_proven, judge_act
from tasks.recipients.tell import recipients_told
from tasks.rules.act.effects_of_acts import planned
from tasks.rules.act.limits import OTHER_BASIS, PUBLIC
from tasks.rules.act.plan import KEY, Segment, erased_look, segments
from tasks.rules.values.replacing import fitted
from tasks.search.locate import by_hand, load_search, pending_systems
from tasks.search.reach import beyond_reach
from tasks.search.referrals import referrals_of
from tasks.search.searching import AGAIN
from tasks.search.shared_rows import SHARED, shared_items
from tasks.services import services
from tasks.steps.acting import act
from tasks.steps.step import always, step

_ERASING = frozenset({"delete", "clear", "mask", "pseudonymise", "shred"})


@step("recount")
def recount_system(case_id: str, system: str) -> list[Remaining]:
    """Count what remains in one system; a line for each check of each of its tables."""
    return _system_proof(case_id, system)


@step("prove", watched=always)
def judge_erasure(case_id: str, counted: Sequence[Remaining], testified: Mapping[str, Testified]) -> int:
    """That nothing remains but what an exemption keeps; the number of counts that show it.

    Raises:
        ActUnproven: when something else remains; the failures are named by system, table and check.
    """
    seen = [line for one in testified.values() for line in one.lines]
    proof = Proof(
        lines=[*counted, *seen, *_unknown_keys(case_id)],
        expected=_expected(case_id),
        told=beyond_reach(case_id),
        not_looked=(*gaps(case_id, testified.values()), *taken_out(case_id)),
        copies=copy_place(case_id),
    )
    return judge_act(case_id, proof)


@act("tell erased")
def tell_erasure(case_id: str, confirmed: Confirmed) -> str:
    """Tell what was erased, what was kept with its legal ground, and what was done by hand (Art. 12(3), 17(3))."""
    language, rows = services().register.case(case_id).language, erased_rows(case_id)
    content = Content(
        not_done=(*unreached_items(case_id, language), *shared_items(case_id), *staying_items(case_id)),
        done=tuple(public_items(case_id, language)),
        backups_until=backups_until(case_id, confirmed),
        recovery_until=told_until(case_id),
        kept=tuple(kept_items(case_id, language)),
        erased_rows=rows or 0,
        is_count_unknown=rows is None,
        is_proven=is_proven(case_id),
        told=told_titles(case_id),
        recipients=recipients_told(case_id),
        referrals=referrals_of(case_id),
    )
    return tell_erased(case_id, content, confirmed)


def kept_items(case_id: str, language: str) -> list[KeptItem]:
    """What the plan keeps and why, in words for the data subject."""
    provided = services()
    items: list[KeptItem] = []
    for line in plan_receipt(case_id)["plan"]["lines"]:
        if line["action"] != "keep" or not line["rows"] or not line["ground"]:
            continue
        hold = provided.contracts.vocabulary.holds.get(line["ground"]["hold"])
        system = provided.contracts.systems[line["system"]]
        table = system.table(line["table"])
        items.append(
            KeptItem(
                system=in_language(system.labels, language) or system.title,
                table=in_language(table.labels, language) or table.name.replace("_", " "),
                rows=line["rows"],
                law=line["ground"]["law"],
                # What is no hold of ours is a code of the notice's words.
                label=hold.label.get(language, hold.note) if hold else line["ground"]["hold"],
                until=line["ground"]["until"],
            )
        )
    return items


def unreached_items(case_id: str, language: str) -> list[ToldItem]:
    """What stays because the ground of Art. 17(1) does not reach it, each with its place and the reason."""
    return _items(case_id, language, {"keep"}, OTHER_BASIS)


def public_items(case_id: str, language: str) -> list[ToldItem]:
    """What was erased and had been made public: others who show it are told (Art. 17(2))."""
    return _items(case_id, language, _ERASING, PUBLIC)


def backups_until(case_id: str, confirmed: Confirmed) -> str:
    """ISO date by which the last backup of what was erased is overwritten, noted in evidence; empty without backups."""
    provided = services()
    entry = provided.register.claim(case_id, "backups", confirmed=confirmed, states=ACTED[OF_PLAN])
    if entry.state != "done":
        contracts, today = (
            provided.contracts,
            provided.now().astimezone(ZoneInfo(provided.organisation.time_zone)).date(),
        )
        days = {line["system"]: contracts.systems[line["system"]].backup_days for line in _erased_lines(case_id)}
        until = {name: (today + timedelta(days=kept)).isoformat() for name, kept in sorted(days.items()) if kept}
        facts: Facts = {"until": until}
        provided.register.complete(case_id, "backups", receipt={"until": until}, record=Record("backups", "", facts))
        return max(until.values(), default="")
    told: Any = entry.receipt["until"]
    return max(told.values(), default="")


def _erased_lines(case_id: str) -> list[Any]:
    return [line for line in plan_receipt(case_id)["plan"]["lines"] if line["action"] in _ERASING and line["rows"]]


def _items(case_id: str, language: str, actions: Container[str], note: str) -> list[ToldItem]:
    """One item for each table that has such lines."""
    contracts = services().contracts
    places: dict[tuple[str, str], None] = {}
    for line in plan_receipt(case_id)["plan"]["lines"]:
        if line["action"] in actions and line["note"] == note and line["rows"]:
            system = contracts.systems[line["system"]]
            table = system.table(line["table"])
            name = in_language(table.labels, language) or table.name.replace("_", " ")
            places[name, in_language(system.labels, language) or system.title] = None
    return [ToldItem(table, (system,), note) for table, system in places]


def erased_rows(case_id: str) -> int | None:
    """Rows deleted or blanked, as the acts counted them; None where one of them is unknown.

    What a person did in a system outside the software is not ours to count, and what others' rows lose is none of hers.
    """
    handled, lines = by_hand(case_id), plan_receipt(case_id)["plan"]["lines"]
    total = 0
    for (name, system), entry in services().register.steps(case_id).items():
        if name != "erase" or entry.state != "done" or system in handled:
            continue
        # Before acts were counted in their transaction, what was planned is what there is to tell.
        is_counted = OTHERS in entry.receipt or UNKNOWN in entry.receipt
        rows = erased_in(entry.receipt) if is_counted else sum(planned(lines, system).values())
        if rows is None:
            return None
        total += rows
    return total


def _system_proof(case_id: str, system: str) -> list[Remaining]:
    provided = services()
    if system in by_hand(case_id) and not _is_planned(case_id, system):
        return _unplanned(case_id, system)
    located = with_row_keys(case_id, read_located(case_id), system)
    parts = parts_of(case_id, system, planned_as_of(case_id))
    lines: list[Remaining] = []
    for table in provided.contracts.systems[system].tables:
        own = [part for part in parts if part.path == (system, table.name)]
        if own:
            if any(part.note not in {REFERENCE, KEY} for part in own):
                lines.append(_rows_line(case_id, table, located.conditions[system, table.name]))
            lines += _values_lines(case_id, table, own)
    lines += stale_lines(case_id, "erase", system)
    return lines + _shared_rows(case_id, system, [part for part in parts if part.note == SHARED])


def _is_planned(case_id: str, system: str) -> bool:
    """Whether the plan speaks of the system; else a person handled it before anything was measured there."""
    return any(line["system"] == system for line in plan_receipt(case_id)["plan"]["lines"])


def _unplanned(case_id: str, system: str) -> list[Remaining]:
    """Rows that the contract would erase, in a system that a person handled before it was measured."""
    provided = services()
    fresh = load_search(case_id, AGAIN).located(beyond_reach(case_id))
    own = Located(
        conditions={path: ways for path, ways in fresh.conditions.items() if path[0] == system},
        shared={path: ways for path, ways in fresh.shared.items() if path[0] == system},
    )
    parts = segments(provided.contracts, own, calendar_of(planned_as_of(case_id)))
    erased = [part for part in parts if part.verb in _ERASING]
    counted = provided.systems.connector(system).count([part.selection for part in erased])
    rows = {table.name: 0 for table in provided.contracts.systems[system].tables}
    for part, count in zip(erased, counted, strict=True):
        rows[part.path[1]] = max(rows[part.path[1]], _unlike(part) if part.columns else count)
    return [Remaining(system, name, "rows", count, 0) for name, count in rows.items()]


def _unlike(part: Segment) -> int:
    """Rows that still hold something in the columns of a part."""
    return services().systems.connector(part.path[0]).count_unlike(part.selection, Look(cleared=part.columns))


def _shared_rows(case_id: str, system: str, parts: Sequence[Segment]) -> list[Remaining]:
    if not parts:
        return []
    planned = {
        line["table"]: line["rows"]
        for line in plan_receipt(case_id)["plan"]["lines"]
        if (line["system"], line["note"]) == (system, SHARED)
    }
    counted = services().systems.connector(system).count([part.selection for part in parts])
    found = zip(parts, counted, strict=True)
    return [Remaining(*part.path, "shared", count, planned.get(part.path[1], 0)) for part, count in found]


def _rows_line(case_id: str, table: Table, conditions: Sequence[Condition]) -> Remaining:
    connector = services().systems.connector(table.system)
    (remaining,) = connector.count([Selection(table.name, tuple(conditions))])
    kept, hold = _planned_to_stay(case_id, table)
    if table.erase is not TableErasure.DELETE and _is_written_meanwhile(connector, table):
        # A trigger wrote down what the act changed; the rows are hers, and the next check looks at their values.
        kept = max(kept, remaining)
    return Remaining(table.system, table.name, "rows", remaining, kept, hold)


def _is_written_meanwhile(connector: Connector, table: Table) -> bool:
    """Whether a trigger of another table writes to this one."""
    hidings = connector.describe().hidings
    return any(one.kind is Hides.TRIGGER_WRITES and one.about == table.name for one in hidings)


def _planned_to_stay(case_id: str, table: Table) -> tuple[int, str]:
    """How many own rows of the table the approved plan leaves in place, and by which holds."""
    receipt = plan_receipt(case_id)
    lines = [line for line in receipt["plan"]["lines"] if (line["system"], line["table"]) == (table.system, table.name)]
    deleted = sum(line["rows"] for line in lines if line["action"] == "delete")
    grounds = sorted({line["ground"]["hold"] for line in lines if line["ground"]})
    return receipt["totals"].get(f"{table.system}/{table.name}", 0) - deleted, ", ".join(grounds)


def _values_lines(case_id: str, table: Table, parts: Iterable[Segment]) -> list[Remaining]:
    connector = services().systems.connector(table.system)
    table = fitted(table, connector.describe().tables.get(table.name, {}))
    moved = swaps_of(case_id, table.system)
    swaps = replacements(case_id, table) | {name: swap for (of, name), swap in moved.items() if of == table.name}
    remaining = 0
    looked = False
    for part in parts:
        if part.verb in {"clear", "mask", "pseudonymise"}:
            looked = True
            if part.selection.conditions:
                remaining += connector.count_unlike(part.selection, erased_look(part, table, swaps))
                remaining += found_again(case_id, table, part)
    return [Remaining(table.system, table.name, "values", remaining, 0)] if looked else []


def _unknown_keys(case_id: str) -> list[Remaining]:
    """Keys that lead somewhere now and were not known when the plan was made."""
    if pending := pending_systems(case_id, AGAIN, beyond_reach(case_id)):
        raise lost(case_id, f"{AGAIN}.{pending[0]}")
    sealed = read_located(case_id)
    fresh = load_search(case_id, AGAIN).located(beyond_reach(case_id))
    unplanned = {system for system in by_hand(case_id) if not _is_planned(case_id, system)}
    lines: list[Remaining] = []
    for path, ways in fresh.conditions.items():
        if path[0] in unplanned:
            continue  # counted already
        known = {key for way in sealed.conditions.get(path, ()) for key in way.keys}
        unknown = tuple(replace(way, keys=new) for way in ways if (new := way.keys - known))
        found = sum(len(way.keys) for way in unknown)
        if found and path in sealed.shared:
            # What told that they are several people's may be gone, such as the reference that was cleared.
            beside = Selection(path[1], unknown, spared=sealed.shared[path])
            (found,) = services().systems.connector(path[0]).count([beside])
        lines.append(Remaining(*path, "keys", found, 0))
    return lines


def _expected(case_id: str) -> list[TablePath]:
    beyond = beyond_reach(case_id)
    return [(t.system, t.name) for t in services().contracts.tables() if t.system not in beyond]
