"""Incidents (Art. 33, 34; charter 6): who is affected, what people are told, who approves it, and the sending."""

from prefect import flow

from data_contracts.officer.incidents import IncidentKind, Risk
from data_contracts.vocabulary import Decision, Gate
from flows import wiring
from flows.runs.duty_runs import bear_name
from flows.runs.gates import ask
from flows.runs.leases import carrying
from tasks.gates.gates import Question
from tasks.officer.affected import find_affected, incident_facts
from tasks.officer.sending import Sent, asked_about, how_far, rendered_notices, send_notices
from tasks.rules.officer.incidents import asks_people
from tasks.services import services
from tasks.steps.step import guarded

_LANGUAGES = {"fr": "French", "en": "English", "nl": "Dutch"}


@flow(name="incident", persist_result=False)
def incident(run_id: str) -> str:
    """Find who is affected by an incident and, where they are to be told and a person approves, tell each of them once.

    Args:
        run_id: The incident, as `rightsflow incident open` printed it.
    """
    with wiring.opened():
        return guarded(_carried_out, "incident")(run_id)


def _carried_out(run_id: str) -> str:
    services().register.incident(run_id)
    bear_name(run_id)
    return carry_out(run_id)


def carry_out(run_id: str) -> str:
    """Carry an incident on, from wherever it stands; one line about where it stands then. Services must be open.

    Raises:
        WaitingForPerson: outside a flow run, while people have to approve what is sent.
        SystemUnavailable: when a system or the mail server cannot be reached; nothing is lost.
    """
    with carrying(run_id):
        counts = find_affected(run_id)
        found = services().register.incident(run_id)
        reached = f"{counts['people']} people affected, {counts['with_address']} with an address"
        if found.kind is not IncidentKind.ATTACK and found.risk is Risk.UNDECIDED:
            return f"{run_id}: {reached}; somebody has to judge the risk"
        if not asks_people(found, incident_facts(run_id)):
            return f"{run_id}: {reached}; nobody is to be told"
        if ask(run_id, sending_question(run_id, counts)).outcome is not Decision.APPROVE:
            return f"{run_id}: {reached}; a person decided not to tell them so"
        return f"{run_id}: {said(send_notices(run_id))}"


def sending_question(run_id: str, counts: dict[str, int]) -> Question:
    """Whether these words go to so many people."""
    texts = rendered_notices(run_id)
    shown = "".join(
        f"\n\n**{_LANGUAGES[language]}: {one.subject}**\n\n```\n{one.text}\n```" for language, one in texts.items()
    )
    without = counts["without_address"]
    description = (
        f"**Incident {run_id}: may this be sent to {counts['with_address']} people?**\n\n"
        f"{without} people have no e-mail address that we hold: once this is approved, letters to them are made with "
        f"`rightsflow incident letters {run_id} --to FOLDER --as NAME --code CODE`.{shown}"
    )
    return Question(
        Gate.APPROVAL, description, asked_about(run_id, counts), options=(Decision.APPROVE, Decision.REFUSE)
    )


def said(sent: Sent) -> str:
    """How far the sending is, in words."""
    parts = [f"{sent.sent} told"]
    parts += [f"{sent.waiting} waiting"] if sent.waiting else []
    parts += [f"{sent.uncertain} may have left: settle them by the mail server's log"] if sent.uncertain else []
    parts += [f"{sent.failed} refused by the mail server"] if sent.failed else []
    return ", ".join(parts)


__all__ = ["carry_out", "how_far", "incident", "said", "sending_question"]
