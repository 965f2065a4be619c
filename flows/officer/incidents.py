"""What ``rightsflow incident`` does: enter, judge, tell the authority and the people, settle, close, print."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from data_contracts.errors import RequestInvalid, SystemUnavailable
from data_contracts.odcs.reading.strict import validate
from data_contracts.odcs.reading.yaml_file import read
from data_contracts.officer.incidents import Incident, IncidentFacts, IncidentFile, IncidentKind, Risk
from data_contracts.text.lists import list_in, plain_lines
from data_contracts.text.local_times import one_moment
from data_contracts.text.normal_form import normal_form
from data_contracts.text.spreadsheets import csv_of
from flows import wiring
from flows.duties.incident import carry_out, said
from flows.home.own_files import own_folder, write_own
from flows.runs.duty_runs import start_incident
from flows.runs.gates import WaitingForPerson
from tasks.officer import incidents, sending
from tasks.officer.affected import incident_facts
from tasks.officer.incident_letters import letters
from tasks.rules.officer.incidents import affected_tables, authority_due, categories, hours_left
from tasks.services import services
from tasks.steps.step import guarded

_COUNTS: Final = frozenset({"people", "with_address", "without_address"})


def enter(kind: IncidentKind, file: Path, aware: str, keys: tuple[str, Path | None], *, account: str) -> dict[str, Any]:
    """Enter an incident and start its flow where a server is; it is entered either way."""
    facts = _facts(file)
    with wiring.opened():
        given = _keys(*keys)
        found = incidents.open_incident(kind, facts, _moment(aware), actor=account, keys=given)
        note = _started(found.run_id)
        return _told(found) | {"note": note}


def say_more(run_id: str, file: Path, *, account: str) -> dict[str, Any]:
    """Take in what is known by now."""
    facts = _facts(file)
    with wiring.opened():
        incidents.say_more(run_id, facts, actor=account)
        return _told(services().register.incident(run_id))


def judge(run_id: str, risk: Risk, *, operator: str, code: str) -> dict[str, Any]:
    """Note the risk; the flow goes on."""
    with wiring.opened():
        found = incidents.judge(run_id, risk, operator=operator, code=code)
        return _told(found) | {"note": _started(run_id)}


def run(run_id: str) -> dict[str, Any]:
    """Carry an incident on in this process until it ends or waits for a person."""
    with wiring.opened():
        services().register.incident(run_id)
        try:
            stands = guarded(carry_out, "incident")(run_id)
        except WaitingForPerson as waiting:
            gate = waiting.entry
            stands = f"{run_id} waits for approval: rightsflow approve {run_id} {gate.gate.value} --as NAME --code CODE"
            return _told(services().register.incident(run_id)) | {"said": stands, "shown": gate.description}
        return _told(services().register.incident(run_id)) | {"said": stands}


def settle(run_id: str, log: Path) -> dict[str, Any]:
    """Settle notices that may have left by the mail server's log."""
    try:
        lines = log.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        raise RequestInvalid("the log cannot be read", where=str(log), remedy="check its path and rights") from None
    with wiring.opened():
        return {"incident": run_id, "said": f"{run_id}: {said(sending.settle(run_id, lines))}"}


def facts_of(run_id: str) -> dict[str, Any]:
    """Everything about an incident that is no personal data."""
    with wiring.opened():
        return _told(services().register.incident(run_id))


def all_facts() -> dict[str, Any]:
    """All incidents, newest first."""
    with wiring.opened():
        return {"incidents": [_told(one) for one in services().register.incidents()]}


def write_register(csv: Path | None, pdf: Path | None, language: str) -> None:
    """The register of incidents (Art. 33(5)) as files."""
    with wiring.opened() as installation:
        files = [_file(one) for one in services().register.incidents()]
        if csv is not None:
            csv.write_text(csv_of(*installation.pages.incident.register_rows(files, language)), "utf-8", newline="")
        if pdf is not None:
            report = installation.pages.incident.register(files, services().now(), language)
            pdf.write_bytes(services().reports.pdf(report))


def write_authority_file(run_id: str, folder: Path, language: str) -> dict[str, Any]:
    """The authority's file (Art. 33(3)), to read and for a program."""
    with wiring.opened() as installation:
        file = _file(services().register.incident(run_id))
        report = installation.pages.incident.file(file, services().now(), language)
        own_folder(folder)
        write_own(folder / f"{run_id}.pdf", [services().reports.pdf(report)])
        write_own(folder / f"{run_id}.json", [json.dumps(_plain(file), indent=1, ensure_ascii=False), "\n"])
    return {"incident": run_id, "files": [str(folder / f"{run_id}.{ending}") for ending in ("pdf", "json")]}


def write_letters(run_id: str, folder: Path, *, operator: str, code: str) -> dict[str, Any]:
    """Letters for those without an e-mail address, and a list of them."""
    with wiring.opened():
        rows, files = [], []
        for letter in letters(run_id, operator=operator, code=code):
            own_folder(folder)  # now it is proven who asks
            file = folder / f"{run_id}.letter.{letter.number:05d}.pdf"
            write_own(file, [letter.pdf])
            to = letter.to
            keys = "; ".join(f"{kind}: {value}" for kind, value in to.keys)
            rows.append((str(letter.number), file.name, to.name, "\n".join(to.lines), to.country, keys))
            files.append(str(file))
        listed = folder / f"{run_id}.letters.csv"
        columns = ("number", "letter", "name", "postal_address", "country", "known_by")
        write_own(listed, [csv_of(columns, rows)])
    without = sum(not address for _, _, _, address, _, _ in rows)
    return {"incident": run_id, "list": str(listed), "files": files, "without_postal_address": without}


def note_told(run_id: str, reference: str, *, operator: str, code: str) -> dict[str, Any]:
    """Note that the authority was told."""
    with wiring.opened():
        return _told(incidents.note_authority_told(run_id, reference, operator=operator, code=code))


def close(run_id: str, *, operator: str, code: str) -> dict[str, Any]:
    """End an incident."""
    with wiring.opened():
        return _told(incidents.close(run_id, operator=operator, code=code))


def _started(run_id: str) -> str:
    try:
        started = start_incident(run_id)
    except SystemUnavailable as error:
        return str(error)
    return "" if started else f"No Prefect server is configured: carry it on with 'rightsflow incident run {run_id}'."


def _facts(file: Path) -> IncidentFacts:
    """What staff wrote into a YAML file.

    Raises:
        RequestInvalid: with everything that is wrong in it, and no value.
    """
    document = read(file, file=str(file))
    reading = validate(IncidentFacts, document.data) if not document.faults else None
    if reading is not None and reading.model is not None:
        return reading.model
    told = [(one.path, one.what, one.remedy) for one in (reading.findings if reading else ())]
    faults = [f"{'.'.join(map(str, path))}: {what} ({remedy})" for path, what, remedy in told]
    faults = faults or [str(fault) for fault in document.faults]
    remedy = "correct it; docs/operate/incidents.md shows one"
    raise RequestInvalid("; ".join(faults), where=str(file), remedy=remedy)


def _keys(kind: str, file: Path | None) -> Mapping[str, list[str]]:
    """Keys from a file, one a line.

    Raises:
        RequestInvalid: when the file cannot be read, or a line of it cannot be a key; the line is told by its number.
    """
    if file is None:
        return {}
    vocabulary = services().contracts.vocabulary
    known, found = vocabulary.identities.get(kind), list[str]()
    with list_in(file) as stream:
        for number, value in plain_lines(stream, where=file.name):
            if known is not None and not normal_form(known.normalise, value, vocabulary.company.country):
                where = f"{file.name}, line {number}"
                raise RequestInvalid(f"a key cannot be of the kind {kind}", where=where, remedy="correct the file")
            found.append(value)
    return {kind: found}


def _moment(aware: str) -> datetime:
    """The moment as somebody typed it, in the organisation's zone; empty: now."""
    provided = services()
    if not aware.strip():
        return provided.now()
    try:
        at = datetime.fromisoformat(aware.strip())
    except ValueError:
        raise RequestInvalid("this is no moment", where="--aware", remedy="write it as YYYY-MM-DDTHH:MM") from None
    return at if at.tzinfo else one_moment(at, ZoneInfo(provided.organisation.time_zone), where="--aware")


def _file(found: Incident) -> IncidentFile:
    provided, facts = services(), incident_facts(found.run_id)
    tables = affected_tables(facts, provided.contracts)
    systems = dict.fromkeys(table.system for table in tables)
    subjects = dict.fromkeys(who for system in systems for who in provided.contracts.systems[system].subjects)
    rows = {place: count for place, count in found.counts.items() if place not in _COUNTS}
    sent = provided.register.count_sendings(found.run_id)
    return IncidentFile(found, facts, authority_due(found), rows, categories(tables), tuple(subjects), sent)


def _plain(file: IncidentFile) -> dict[str, Any]:
    """The file for a program: what Art. 33(3) asks for, by its letters."""
    facts = file.facts.model_dump()
    return {
        **_told(file.incident),
        "authority_due": file.due.isoformat(),
        "nature": {"words": facts.pop("words"), "rows": dict(file.rows), "categories": dict(file.categories)},
        "subjects": list(file.subjects),
        "notices": {state.value: count for state, count in file.sent.items()},
        "facts": facts,
        "dpo": services().organisation.dpo.model_dump(),
        "authority": services().organisation.authority.model_dump(),
    }


def _told(found: Incident) -> dict[str, Any]:
    told = found.authority_told_at
    return {
        "incident": found.run_id,
        "kind": found.kind.value,
        "risk": found.risk.value,
        "aware_at": found.aware_at.isoformat(),
        "hours_left": None if told else round(hours_left(found, services().now()), 1),
        "authority_told_at": told.isoformat() if told else "",
        "authority_reference": found.authority_reference,
        "people_told_at": found.people_told_at.isoformat() if found.people_told_at else "",
        "closed_at": found.closed_at.isoformat() if found.closed_at else "",
        "counts": dict(found.counts),
    }
