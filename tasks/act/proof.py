"""Prove an erasure: look again, and let the judge compare what remains with what an exemption keeps (law 7).

Three counts for every table that the plan speaks of, none of them a statement's row count:

1. ``rows``: rows that the sealed keys still select, against the rows that a hold or a sharing keeps;
2. ``values``: rows whose erased columns do not look erased, against none;
3. ``keys``: keys that a fresh search from what the subject gave reaches and the sealed search did not know: none.
"""

from collections.abc import Container, Iterable, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from data_contracts.contract import Table, in_language
from data_contracts.evidence import Facts, Record
from data_contracts.keys import Condition, Selection
from data_contracts.notices import Content, ToldItem
from data_contracts.plan import Remaining, TablePath
from data_contracts.ports import KeptItem
from tasks.act.erasure import parts_of, planned_as_of, replacements, with_row_keys
from tasks.locate_data import AGAIN, by_hand, load_search
from tasks.notify_recipients import recipients_told
from tasks.notify_subject import tell_erased
from tasks.plans import plan_receipt
from tasks.proving import is_proven, judge_act
from tasks.referrals import referrals_of
from tasks.rules.limits import OTHER_BASIS, PUBLIC
from tasks.rules.plan import Segment, erased_look
from tasks.sealed import read_located
from tasks.services import services
from tasks.step import step

_ERASING = frozenset({"delete", "clear", "mask", "pseudonymise", "shred"})


@step("recount")
def recount_system(case_id: str, system: str) -> list[Remaining]:
    """Count what remains in one system; a line for each check of each of its tables."""
    return _system_proof(case_id, system)


@step("prove")
def judge_erasure(case_id: str, counted: Sequence[Remaining]) -> int:
    """That nothing remains but what an exemption keeps; the number of counts that show it.

    Raises:
        ActUnproven: when something else remains; the failures are named by system, table and check.
    """
    return judge_act(case_id, [*counted, *_unknown_keys(case_id)], _expected(case_id))


@step("tell erased")
def tell_erasure(case_id: str) -> str:
    """Tell what was erased, what was kept with its legal ground, and what was done by hand (Art. 12(3), 17(3))."""
    language = services().register.case(case_id).language
    content = Content(
        not_done=tuple(unreached_items(case_id, language)),
        done=tuple(public_items(case_id, language)),
        backups_until=backups_until(case_id),
        kept=tuple(kept_items(case_id, language)),
        erased_rows=erased_rows(case_id),
        is_proven=is_proven(case_id),
        recipients=recipients_told(case_id),
        referrals=referrals_of(case_id),
    )
    return tell_erased(case_id, content)


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


def backups_until(case_id: str) -> str:
    """ISO date by which the last backup of what was erased is overwritten, noted in evidence; empty without backups."""
    provided = services()
    entry = provided.register.step(case_id, "backups")
    if entry is None or entry.state != "done":
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


def erased_rows(case_id: str) -> int:
    """Rows deleted or blanked: the largest count of each table, since columns are counted line by line.

    What a person did in a system outside the software is not ours to count.
    """
    handled = by_hand(case_id)
    rows: dict[TablePath, int] = {}
    for line in plan_receipt(case_id)["plan"]["lines"]:
        if line["system"] not in handled and line["action"] in _ERASING:
            path = (line["system"], line["table"])
            rows[path] = max(rows.get(path, 0), line["rows"])
    return sum(rows.values())


def _system_proof(case_id: str, system: str) -> list[Remaining]:
    provided = services()
    located = with_row_keys(case_id, read_located(case_id), system)
    parts = parts_of(case_id, system, planned_as_of(case_id))
    lines: list[Remaining] = []
    for table in provided.contracts.systems[system].tables:
        own = [part for part in parts if part.path == (system, table.name)]
        if own:
            lines.append(_rows_line(case_id, table, located.conditions[system, table.name]))
            lines += _values_lines(case_id, table, own)
    return lines


def _rows_line(case_id: str, table: Table, conditions: Sequence[Condition]) -> Remaining:
    connector = services().systems.connector(table.system)
    (remaining,) = connector.count([Selection(table.name, tuple(conditions))])
    kept, hold = _planned_to_stay(case_id, table)
    return Remaining(table.system, table.name, "rows", remaining, kept, hold)


def _planned_to_stay(case_id: str, table: Table) -> tuple[int, str]:
    """How many own rows of the table the approved plan leaves in place, and by which holds."""
    receipt = plan_receipt(case_id)
    lines = [line for line in receipt["plan"]["lines"] if (line["system"], line["table"]) == (table.system, table.name)]
    deleted = sum(line["rows"] for line in lines if line["action"] == "delete")
    grounds = sorted({line["ground"]["hold"] for line in lines if line["ground"]})
    return receipt["totals"].get(f"{table.system}/{table.name}", 0) - deleted, ", ".join(grounds)


def _values_lines(case_id: str, table: Table, parts: Iterable[Segment]) -> list[Remaining]:
    connector = services().systems.connector(table.system)
    swaps = replacements(case_id, table)
    remaining = 0
    looked = False
    for part in parts:
        if part.verb in {"clear", "mask", "pseudonymise"}:
            looked = True
            if part.selection.conditions:
                remaining += connector.count_unlike(part.selection, erased_look(part, table, swaps))
    return [Remaining(table.system, table.name, "values", remaining, 0)] if looked else []


def _unknown_keys(case_id: str) -> list[Remaining]:
    """Keys that lead somewhere now and were not known when the plan was made."""
    sealed = read_located(case_id)
    fresh = load_search(case_id, AGAIN).located(by_hand(case_id))
    lines: list[Remaining] = []
    for (system, name), ways in fresh.conditions.items():
        known = {key for way in sealed.conditions.get((system, name), ()) for key in way.keys}
        unknown = sum(len(way.keys - known) for way in ways)
        lines.append(Remaining(system, name, "keys", unknown, 0))
    return lines


def _expected(case_id: str) -> list[TablePath]:
    handled = by_hand(case_id)
    return [(t.system, t.name) for t in services().contracts.tables() if t.system not in handled]
