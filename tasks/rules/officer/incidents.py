"""What an incident asks of us, and when; pure.

The 72 hours run from the moment we became aware, hour by hour, weekends and holidays included: a period in hours
(Art. 33(1); Reg. 1182/71, Art. 3(1) and 3(3); EDPB guidelines 9/2022, paragraph 31).
"""

from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta

from data_contracts.company.contract import Contracts, Reference, Table
from data_contracts.errors import RequestInvalid
from data_contracts.officer.incidents import Incident, IncidentFacts, IncidentKind, Risk
from data_contracts.vocabulary import Follow

AUTHORITY_HOURS = 72
WARN_HOURS = (24, 6)
"""Hours left at which the data protection officer is written to."""

Way = tuple[tuple[Table, Reference], ...]
"""From a table up to one that names people: each table with its reference to the next."""


def authority_due(incident: Incident) -> datetime:
    """The moment by which the authority is told."""
    return incident.aware_at + timedelta(hours=AUTHORITY_HOURS)


def hours_left(incident: Incident, now: datetime) -> float:
    """Hours to that moment; negative when it is over."""
    return (authority_due(incident) - now) / timedelta(hours=1)


def asks_authority(incident: Incident) -> bool:
    """Whether the authority is to be told (Art. 33(1)); while nobody decided about the risk it may have to be."""
    return incident.kind is not IncidentKind.ATTACK and incident.risk is not Risk.NONE


def asks_people(incident: Incident, facts: IncidentFacts) -> bool:
    """Whether those affected are to be told: a high risk without a ground of Art. 34(3), or an attack (charter 6)."""
    if incident.kind is IncidentKind.ATTACK:
        return True
    return incident.risk is Risk.HIGH and not facts.not_told_because.strip()


def warning_due(incident: Incident, now: datetime) -> str:
    """Which warning the clock calls for: ``24``, ``6``, ``late``, or none."""
    if not asks_authority(incident) or incident.authority_told_at is not None or incident.closed_at is not None:
        return ""
    left = hours_left(incident, now)
    if left < 0:
        return "late"
    reached = [hours for hours in WARN_HOURS if left <= hours]
    return str(min(reached)) if reached else ""


def check_told(incident: Incident, facts: IncidentFacts, now: datetime) -> None:
    """That telling the authority now says what it must.

    Raises:
        RequestInvalid: when it is late and nobody says why (Art. 33(1), last sentence).
    """
    if now > authority_due(incident) and not facts.late_because.strip():
        raise RequestInvalid(
            "the authority is told after 72 hours, without reasons",
            where=incident.run_id,
            remedy="write `late_because` into the incident's file and hand it in again (Art. 33(1))",
        )


def affected_tables(facts: IncidentFacts, contracts: Contracts) -> list[Table]:
    """The tables that were affected, in the order of the contracts.

    Raises:
        RequestInvalid: when no contract has one.
    """
    found: dict[tuple[str, str], Table] = {}
    for name in facts.tables:
        system, _, table = name.partition(".")
        contract = contracts.systems.get(system)
        named = [one for one in contract.tables if table in {"", one.name}] if contract else []
        if not named:
            raise RequestInvalid(
                "no contract has this table", where=name, remedy="name a system, or a table as system.table"
            )
        found |= {(one.system, one.name): one for one in named}
    return [table for table in contracts.tables() if (table.system, table.name) in found]


def way_up(table: Table, contracts: Contracts) -> Way | None:
    """The shortest way from a table to one that names people, along references whose rows are the person's.

    Empty where the table itself does; None where no way leads to anybody.
    """
    seen, waiting = {(table.system, table.name)}, deque[tuple[Table, Way]]([(table, ())])
    while waiting:
        at, way = waiting.popleft()
        if names_people(at, contracts):
            return way
        for reference in at.references:
            place = (reference.to_system, reference.to_table)
            if Follow.FROM in reference.follow and place not in seen and place[0] in contracts.systems:
                seen.add(place)
                waiting.append((contracts.table(*place), (*way, (at, reference))))
    return None


def names_people(table: Table, contracts: Contracts) -> bool:
    """Whether rows carry a key that leads to a person whom a request could name."""
    kinds = contracts.vocabulary.identities
    return any(kinds[column.identity].intake for column in table.identities)


def categories(tables: list[Table]) -> Mapping[str, int]:
    """Data categories of the affected columns, with the number of columns."""
    counted: dict[str, int] = {}
    for table in tables:
        held = {(column.name, column.category) for column in table.rules if column.is_personal and column.category}
        for _, category in sorted(held):
            counted[category] = counted.get(category, 0) + 1
    return counted
