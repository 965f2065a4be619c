"""The DPO's registers as facts for a program, and as files for people (docs/operate/registers.md)."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from data_contracts.officer.entries import Entry, RegisterName
from data_contracts.officer.processing import Activity, ProcessingRecord, RegisterShown
from data_contracts.officer.registers import fact_names
from data_contracts.officer.reports import Report
from data_contracts.text.lists import lines_of, list_in
from data_contracts.text.spreadsheets import csv_of
from flows import wiring
from tasks.case.clock import today
from tasks.officer import registers
from tasks.rules.officer.processing import processing_record
from tasks.rules.officer.registers import standing
from tasks.services import services

_COLUMNS: Final = ("person", "course", "done_on", "valid_until")
_ENTERED: Final = ("standing", "entered_by", "entered_at")
_CHANGES: Final = ("at", "by", "key", "what", "before", "after")


def register_facts(name: RegisterName, *, history: bool = False) -> dict[str, Any]:
    """What is in force, and how it stands today; with every change where that is asked for."""
    with wiring.opened():
        shown = _shown(name, history=history)
    facts: dict[str, Any] = {
        "register": name.value,
        "facts": list(fact_names(name)),
        "entries": [_entry_facts(entry, shown.standings[entry.key]) for entry in shown.entries],
    }
    return facts | ({"changes": _changes(shown.history)} if shown.history is not None else {})


def history_facts(name: RegisterName, key: str = "") -> dict[str, Any]:
    """Every change, oldest first; of one key where it is given."""
    with wiring.opened():
        rows = services().register.entry_history(name, key)
    return {"register": name.value, "changes": _changes(rows)}


def enter(name: RegisterName, key: str, said: Mapping[str, str], *, operator: str, code: str) -> dict[str, Any]:
    """Enter facts; see :func:`tasks.officer.registers.set_entry` for errors."""
    with wiring.opened():
        entry = registers.set_entry(name, key, said, operator=operator, code=code)
        stands = standing(entry, today(), services().policy.register_reminder_days)
    return {"register": name.value, "said": stands.replace("_", " ")} | _entry_facts(entry, stands)


def take_out(name: RegisterName, key: str, *, operator: str, code: str) -> dict[str, Any]:
    """Take an entry out of force; see :func:`tasks.officer.registers.remove_entry` for errors."""
    with wiring.opened():
        registers.remove_entry(name, key, operator=operator, code=code)
    return {"register": name.value, "key": key}


def import_trainings(file: Path, *, operator: str, code: str) -> dict[str, Any]:
    """Enter the trainings of a CSV file, all or none.

    Raises:
        RequestInvalid: when the file or a line of it is wrong; nothing was entered then.
        AnswerRefused: when the operator may not write, or the code is not theirs.
    """
    with list_in(file) as stream:
        typed = [
            registers.TypedTraining(
                line.number, line.cells["person"].strip(), {name: line.cells[name] for name in _COLUMNS[1:]}
            )
            for line in lines_of(stream, _COLUMNS, where=file.name)
        ]
    with wiring.opened():
        new = registers.import_trainings(typed, where=file.name, operator=operator, code=code)
    return {"file": str(file), "lines": len(typed), "new": new}


def write_register(name: RegisterName, csv: Path | None, pdf: Path | None, language: str, *, history: bool) -> None:
    """Write a register to files; with every change where that is asked for. A CSV then holds the changes alone."""
    if csv is None and pdf is None:
        return
    with wiring.opened():
        shown = _shown(name, history=history)
        if csv is not None:
            csv.write_bytes(_register_csv(shown).encode())
        if pdf is not None:
            pdf.write_bytes(services().reports.pdf(register_report(shown, language)))


def register_report(shown: RegisterShown, language: str = "") -> Report:
    """A register to be printed, in the organisation's first language unless another is given. Services must be open."""
    with wiring.opened() as installation:
        return installation.pages.registers(installation.contracts).register(shown, services().now(), language)


def processing_facts(language: str = "") -> dict[str, Any]:
    """The record of processing activities: in keys, and in words of the language."""
    with wiring.opened() as installation:
        record, pages = _record(), installation.pages.registers(installation.contracts)
        parts = {"activities": record.own, "for_others": record.for_others}
        return {
            part: [_activity_facts(one) | {"words": pages.activity(one, language)} for one in activities]
            for part, activities in parts.items()
        }


def write_processing(csv: Path | None, pdf: Path | None, language: str) -> None:
    """Write the record of processing activities to files."""
    if csv is None and pdf is None:
        return
    with wiring.opened() as installation:
        if csv is not None:
            columns, rows = installation.pages.registers(installation.contracts).processing_rows(_record(), language)
            csv.write_bytes(csv_of(columns, rows).encode())
        if pdf is not None:
            pdf.write_bytes(services().reports.pdf(processing_report(language)))


def processing_report(language: str = "") -> Report:
    """The record of processing activities to be printed. Services must be open."""
    with wiring.opened() as installation:
        return installation.pages.registers(installation.contracts).processing(_record(), services().now(), language)


def _record() -> ProcessingRecord:
    provided = services()
    return processing_record(provided.contracts, provided.register.entries(RegisterName.DPIAS))


def _shown(name: RegisterName, *, history: bool) -> RegisterShown:
    provided, day = services(), today()
    entries = provided.register.entries(name)
    stands = {entry.key: standing(entry, day, provided.policy.register_reminder_days) for entry in entries}
    rows = tuple(provided.register.entry_history(name)) if history else None
    return RegisterShown(name, tuple(entries), stands, rows)


def _entry_facts(entry: Entry, stands: str) -> dict[str, Any]:
    return {
        "key": entry.key,
        "facts": dict(entry.facts),
        "standing": stands,
        "by": entry.actor,
        "at": entry.at.isoformat(),
    }


def _changes(rows: Iterable[Entry]) -> list[dict[str, Any]]:
    """Each row with what stood there before."""
    before: dict[str, Mapping[str, object]] = {}
    changes = []
    for row in rows:
        what = "removed" if row.is_removed else "changed" if before.get(row.key) else "entered"
        facts = {"before": dict(before.get(row.key, {})), "after": dict(row.facts)}
        changes.append({"at": row.at.isoformat(), "by": row.actor, "key": row.key, "what": what} | facts)
        before[row.key] = row.facts
    return changes


def _register_csv(shown: RegisterShown) -> str:
    if shown.history is not None:
        told = [
            change | {side: _text(change[side]) for side in ("before", "after")} for change in _changes(shown.history)
        ]
        return csv_of(_CHANGES, [[str(change[name]) for name in _CHANGES] for change in told])
    names = fact_names(shown.name)
    key = "person" if shown.name is RegisterName.TRAINING else "key"
    rows = (
        [
            entry.key,
            *(str(entry.facts.get(name, "")) for name in names),
            *(shown.standings[entry.key], entry.actor, entry.at.isoformat()),
        ]
        for entry in shown.entries
    )
    return csv_of((key, *names, *_ENTERED), rows)


def _text(facts: Mapping[str, object]) -> str:
    return "; ".join(f"{name}={value}" for name, value in facts.items())


def _activity_facts(activity: Activity) -> dict[str, Any]:
    vocabulary = services().contracts.vocabulary
    systems = dict.fromkeys(place.system for place in activity.places)
    recipients = (
        key
        for place in activity.places
        for key in services().contracts.table(place.system, place.table).recipients
        or services().contracts.systems[place.system].recipients
    )
    return {
        "purpose": activity.purpose,
        "controller": activity.controller,
        "joint": list(activity.joint),
        "basis": vocabulary.purposes[activity.purpose].basis.value,
        "subjects": list(activity.subjects),
        "systems": list(systems),
        "tables": [f"{place.system}.{place.table}" for place in activity.places],
        "recipients": list(dict.fromkeys(recipients)),
        "assessments": list(activity.assessments),
    }
