"""Incidents: entered, judged, told to the authority, closed; each move in the evidence of its run (Art. 33(5)).

The clock runs from the moment that we became aware, whoever types it in when.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import uuid4

from data_contracts.case.legible import check, is_key
from data_contracts.errors import RequestInvalid
from data_contracts.evidence.records import Facts, Record, canonical, digest
from data_contracts.officer.incidents import Incident, IncidentFacts, IncidentKind, Risk
from data_contracts.text.normal_form import normal_form
from data_contracts.vocabulary import Duty, Gate
from tasks.case.parts import PARTS
from tasks.case.sealed import write_json
from tasks.gates.operators import prove_person
from tasks.notices.letters import tell_officer
from tasks.officer.affected import FACTS, KEYS, incident_facts
from tasks.rules.officer.incidents import affected_tables, authority_due, check_told, hours_left, warning_due
from tasks.rules.people.gates import rule_for
from tasks.services import services

__all__ = ["close", "judge", "note_authority_told", "open_incident", "say_more", "warn_of_clocks"]


def open_incident(
    kind: IncidentKind,
    facts: IncidentFacts,
    aware_at: datetime,
    *,
    actor: str,
    keys: Mapping[str, Sequence[str]] | None = None,
) -> Incident:
    """Enter an incident; its facts, and keys of those affected where they are known, are sealed.

    Raises:
        RequestInvalid: when the moment lies ahead, a table is in no contract, or a key cannot be one.
    """
    provided = services()
    if aware_at > provided.now():
        raise RequestInvalid(
            "nobody can have become aware in the future", where="aware", remedy="write when you became aware"
        )
    affected_tables(facts, provided.contracts)
    given = _checked(keys or {})
    run = provided.register.open_run(Duty.INCIDENT, str(uuid4()))
    write_json(run.run_id, FACTS, facts.model_dump())
    if given:
        write_json(run.run_id, KEYS, given)
    incident = provided.register.put_incident(run.run_id, kind, aware_at)
    said: Facts = {
        "kind": kind.value,
        "aware_at": aware_at.isoformat(),
        "authority_due": authority_due(incident).isoformat(),
        "tables": list(facts.tables),
        "facts": digest(canonical(facts.model_dump())),
        "keys": {name: len(values) for name, values in given.items()},
    }
    sealed = {PARTS: sorted([FACTS, *([KEYS] if given else [])])}
    provided.register.complete(
        run.run_id, "open", receipt=sealed, record=Record("open", "", said, actor=actor), actor=actor
    )
    return incident


def say_more(run_id: str, facts: IncidentFacts, *, actor: str) -> None:
    """Seal what is known by now instead of what was (Art. 33(4)); tables stay, once people were sought.

    Raises:
        RequestInvalid: when other tables are named after those affected were sought, or a table is in no contract.
    """
    provided = services()
    _require_open(run_id)
    affected_tables(facts, provided.contracts)
    sought = provided.register.step(run_id, "affected")
    if sought is not None and sought.state == "done" and facts.tables != incident_facts(run_id).tables:
        raise RequestInvalid(
            "those affected were sought already, in other tables",
            where=run_id,
            remedy="enter another incident for the other tables",
        )
    write_json(run_id, FACTS, facts.model_dump())
    said = digest(canonical(facts.model_dump()))
    record = Record("facts", "", {"facts": said, "tables": list(facts.tables)}, actor=actor)
    provided.register.complete(run_id, "facts", said[:16], receipt={}, record=record)


def judge(run_id: str, risk: Risk, *, operator: str, code: str) -> Incident:
    """Note what a proven person concluded about the risk (Art. 33(1), 34(1)).

    Raises:
        AnswerRefused: when the operator may not, or the code is wrong.
    """
    provided = services()
    _require_open(run_id)
    rule = rule_for(provided.policy, Duty.INCIDENT, Gate.APPROVAL)
    who = prove_person(operator, code, roles=rule.roles, where=run_id)
    _note(run_id, "risk", {"risk": risk.value}, actor=who)
    return provided.register.note_incident(run_id, risk=risk)


def note_authority_told(run_id: str, reference: str, *, operator: str, code: str) -> Incident:
    """Note that the authority was told, under which reference, and by whom.

    Raises:
        RequestInvalid: when it is late and nobody says why (Art. 33(1)).
        AnswerRefused: when the operator may not, or the code is wrong.
    """
    provided = services()
    incident, now = provided.register.incident(run_id), provided.now()
    check_told(incident, incident_facts(run_id), now)
    rule = rule_for(provided.policy, Duty.INCIDENT, Gate.APPROVAL)
    who = prove_person(operator, code, roles=rule.roles, where=run_id)
    said: Facts = {"reference": reference, "hours_left": int(hours_left(incident, now))}
    _note(run_id, "authority told", said, actor=who)
    if incident.authority_told_at is not None:
        return incident  # what follows in phases (Art. 33(4)) is in evidence; the first time counts for the clock
    return provided.register.note_incident(run_id, authority_told_at=now, authority_reference=reference)


def close(run_id: str, *, operator: str, code: str) -> Incident:
    """End an incident; its addresses are destroyed, its evidence and its row in the register of incidents stay.

    Raises:
        AnswerRefused: when the operator may not, or the code is wrong.
    """
    provided = services()
    _require_open(run_id)
    rule = rule_for(provided.policy, Duty.INCIDENT, Gate.APPROVAL)
    who = prove_person(operator, code, roles=rule.roles, where=run_id)
    for name in provided.vault.names(run_id):
        if name != FACTS:
            provided.vault.remove(run_id, name)
    counts = {state.value: number for state, number in provided.register.count_sendings(run_id).items()}
    record = Record("end", "", {"notices": counts}, actor=who)
    provided.register.complete(run_id, "end", receipt={}, record=record, outcome="closed", actor=who)
    return provided.register.note_incident(run_id, closed_at=provided.now())


def warn_of_clocks() -> int:
    """Write to the DPO about incidents whose 72 hours run out and that the authority does not know; how many left."""
    provided, told = services(), 0
    for incident in provided.register.incidents():
        level = warning_due(incident, provided.now())
        if level:
            left = hours_left(incident, provided.now())
            what = "72 hours are over" if level == "late" else f"{max(int(left), 0)} hours are left"
            lines = [
                f"Incident {incident.run_id}: {what} to tell the authority (Art. 33(1)).",
                f"We became aware at {incident.aware_at:%Y-%m-%d %H:%M} UTC.",
                f"The authority is to be told by {authority_due(incident):%Y-%m-%d %H:%M} UTC.",
                f"Write its file with: rightsflow incident authority {incident.run_id} --to FOLDER",
            ]
            told += tell_officer(f"incident:{incident.run_id}:{level}", f"Incident {incident.run_id}: {what}", lines)
    return told


def _require_open(run_id: str) -> None:
    if services().register.incident(run_id).closed_at is not None:
        raise RequestInvalid("the incident is closed", where=run_id, remedy="enter another one")


def _checked(keys: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Keys in their normal form, by kind."""
    vocabulary, found = services().contracts.vocabulary, dict[str, list[str]]()
    kinds, region = vocabulary.identities, vocabulary.company.country
    for name, values in keys.items():
        if name not in kinds:
            raise RequestInvalid("no such identity kind", where=name, remedy=f"use one of: {', '.join(kinds)}")
        check(f"keys.{name}", is_key, *values)
        forms = [normal_form(kinds[name].normalise, value, region) for value in values]
        if "" in forms:
            line = forms.index("") + 1
            raise RequestInvalid(f"a key cannot be of the kind {name}", where=f"line {line}", remedy="correct the file")
        found[name] = list(dict.fromkeys(forms))
    return found


def _note(run_id: str, what: str, facts: Facts, *, actor: str) -> None:
    name = digest(canonical([what, services().now().isoformat(), dict(facts)]))[:16]
    record = Record(what, "", facts, actor=actor)
    services().register.complete(run_id, what, name, receipt={}, record=record, actor=actor)
