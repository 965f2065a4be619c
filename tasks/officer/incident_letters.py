"""Letters to people whom an incident affects and of whom no e-mail address is held (Art. 34(1)).

They are made of the very words that people approved, and of nothing before (law 14). A person prints and posts them;
where no postal address is held either, the window stays empty and the list says by which keys the person is known.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from data_contracts.errors import RequestInvalid
from data_contracts.evidence.records import Facts, Record, canonical, digest
from data_contracts.vocabulary import Duty, Gate
from tasks.gates.operators import prove_person
from tasks.officer.affected import incident_facts
from tasks.officer.papers import PostalAddressee, postal_addressees
from tasks.officer.sending import notice_of, require_approved
from tasks.rules.people.gates import rule_for
from tasks.services import services

__all__ = ["Letter", "letters"]


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter, and whom it is for."""

    number: int
    to: PostalAddressee
    pdf: bytes = field(repr=False)


def letters(run_id: str, *, operator: str, code: str) -> Iterator[Letter]:
    """A letter for each person without an e-mail address, one by one; who had them made is in evidence.

    Raises:
        ActRefused: while people have not approved these very words to so many people (law 14).
        AnswerRefused: when the operator may not, or the code is wrong.
        RequestInvalid: when everybody has an address, or the list was destroyed with the incident's other data.
        VaultSealed: when a part of the list is gone.
        SettingsInvalid: when no font of this machine has one of a letter's characters.
    """
    provided = services()
    incident, facts = provided.register.incident(run_id), incident_facts(run_id)
    rule = rule_for(provided.policy, Duty.INCIDENT, Gate.APPROVAL)
    who = prove_person(operator, code, roles=rule.roles, where=run_id, what="make letters")
    require_approved(run_id)
    count = 0 if incident.closed_at else incident.counts.get("without_address", 0)
    people = list(postal_addressees(run_id, count))
    if not people:
        remedy = "everybody has an e-mail address, or the incident is closed"
        raise RequestInvalid("there is nobody to write to on paper", where=run_id, remedy=remedy)
    at = provided.now()
    said: Facts = {"letters": len(people), "with_postal_address": sum(bool(one.lines) for one in people)}
    name = digest(canonical([at.isoformat(), dict(said)]))[:16]
    record = Record("letters", "", said, actor=who)
    provided.register.complete(run_id, "letters", name, receipt={}, record=record, actor=who)
    standing = next(iter(facts.words))
    for number, one in enumerate(people, 1):
        language = one.language if one.language in facts.words else standing
        notice = notice_of(incident, facts, language, name=one.name, country=one.country)
        yield Letter(number, one, provided.channel.letter(notice, one.lines, at=at))
