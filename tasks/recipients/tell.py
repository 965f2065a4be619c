"""Tell recipients what was done with data that they received (Art. 19), each once, and see that they answer.

The order for one recipient, so that a process killed anywhere tells nobody twice and forgets nobody (law 3):

1. claim ``notice.recipient.<party>``; a claim that is done ends here;
2. who may not receive anything that day is not told, and that is recorded (law 11);
3. by mail as notices to the data subject are; by API with a key that makes trying again safe; else by a person;
4. receipt and evidence in one transaction, then the row that waits for the acknowledgement.

Messages carry keys of the data subject, so they live in memory and, sealed, in the vault alone.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from data_contracts.case.confirmed import Confirmed
from data_contracts.company.company import Party
from data_contracts.errors import RequestInvalid
from data_contracts.evidence.records import Record
from data_contracts.told.notices import RecipientTold
from data_contracts.told.recipients import RecipientMessage, RecipientNotice
from data_contracts.vocabulary import CaseState, Right
from tasks.case.parts import PARTS
from tasks.case.plans import plan_receipt
from tasks.case.sealed import subject_request, write_json
from tasks.recipients.chase import chase_recipients
from tasks.recipients.messages import NEVER_TOLD, Telling, note_acknowledged, notice_name, tell_once
from tasks.rules.others.telling import (
    Touched,
    asked_of,
    changes_for,
    is_order,
    is_reference,
    known_by,
    recipients_of,
    touched,
)
from tasks.search.locate import load_search
from tasks.search.restricted import TOLD_BY
from tasks.services import services
from tasks.steps.acting import act
from tasks.steps.step import step

__all__ = [
    "acknowledge_recipient",
    "chase_recipients",
    "finish_telling",
    "notice_name",
    "parties_to_tell",
    "recipients_told",
    "tell_recipient",
]

_TOLD_STATES: Mapping[str, str] = {"unanswered": "awaited"}
"""How the data subject is told of states that are ours."""


def parties_to_tell(case_id: str) -> list[str]:
    """Keys of the parties that received data of tables that were touched, in their order."""
    return list(_concerned(case_id))


@act("tell recipient")
def tell_recipient(case_id: str, party: str, confirmed: Confirmed) -> str:
    """Tell one recipient unless it was told; the state it is in then.

    Raises:
        ActRefused: while nothing was done that it could be told of (law 14).
        RecipientUntold: when only a person can tell it.
        SystemUnavailable: when it cannot be reached; trying again helps.
        DeliveryUncertain: when a mail to it may have left; a person must find out.
        StepFailed: when it refuses for good.
        SettingsInvalid: when its interface is not configured.
    """
    telling = Telling(case_id, party, notice_name(party), party, confirmed)
    tell_once(telling, lambda known: _message(case_id, party, known))
    return _noted(case_id, party)


@step("recipients told")
def finish_telling(case_id: str, parties: Sequence[str]) -> Mapping[str, str]:
    """Record how every recipient stands; by party. A case without any recipient stays where it is."""
    register = services().register
    states = {notice.party: notice.state for notice in register.recipient_notices(case_id) if notice.party in parties}
    register.complete(
        case_id,
        "recipients",
        receipt={"states": states, **_parts(case_id, states)},
        record=Record("recipients", "", {"states": states}),
        move=(CaseState.RECIPIENTS_TOLD, f"recipients: {len(states)}") if states else None,
    )
    return states


def _parts(case_id: str, states: Mapping[str, str]) -> dict[str, object]:
    """What was sealed for telling of the end of a restriction: the keys that each recipient was told by."""
    if services().register.case(case_id).right is not Right.RESTRICTION:
        return {}
    told = sorted(f"{TOLD_BY}{party}" for party, state in states.items() if state != NEVER_TOLD)
    return {PARTS: told} if told else {}


def recipients_told(case_id: str) -> tuple[RecipientTold, ...]:
    """Who received the data and how telling them stands, for the data subject (Art. 19, last sentence)."""
    parties = services().contracts.vocabulary.parties
    return tuple(
        RecipientTold(
            name=parties[one.party].name if one.party in parties else one.party,
            state=_TOLD_STATES.get(one.state, one.state),
            on=_local(one.acknowledged_at or one.sent_at),
        )
        for one in services().register.recipient_notices(case_id)
    )


def acknowledge_recipient(case_id: str, party: str, reference: str, *, actor: str) -> None:
    """Record that a recipient answered, and who says so.

    Raises:
        RequestInvalid: when no message to that party awaits an answer, or the reference cannot be recorded.
    """
    provided = services()
    if not is_reference(reference):
        raise RequestInvalid(
            "the reference is not one", where=party, remedy="at most 60 letters, digits and . _ : / # - without accents"
        )
    waiting = {n.party for n in provided.register.recipient_notices(case_id) if n.state in {"told", "unanswered"}}
    if party not in waiting:
        raise RequestInvalid(
            "no message to this party awaits an answer",
            where=case_id,
            remedy=f"waiting are: {', '.join(sorted(waiting)) or 'none'}",
        )
    note_acknowledged(case_id, party, reference, actor=actor)


def _concerned(case_id: str) -> dict[str, list[Touched]]:
    provided = services()
    lines: list[Mapping[str, Any]] = plan_receipt(case_id)["plan"]["lines"]
    return recipients_of(provided.contracts, touched(provided.register.case(case_id).right, lines))


def _noted(case_id: str, party: str) -> str:
    """The state of a party that was told, also as the row that its acknowledgement is awaited with."""
    provided = services()
    entry = provided.register.step(case_id, notice_name(party))
    receipt = {name: str(value) for name, value in entry.receipt.items()} if entry else {}
    # A mail that a person found in the mail server's log has no state in its receipt.
    state = receipt.get("state", "told")
    now = provided.now()
    provided.register.put_recipient_notice(
        RecipientNotice(
            case_id=case_id,
            party=party,
            via=receipt.get("via", ""),
            state=state,
            sent_at=None if state == "impossible" else now,
            acknowledged_at=now if state == "acknowledged" else None,
            reference=receipt.get("reference", ""),
        )
    )
    return state


def _message(case_id: str, key: str, party: Party) -> RecipientMessage:
    provided = services()
    right = provided.register.case(case_id).right
    art19 = party.art19
    identity = known_by(party, _identity(case_id))
    if right is Right.RESTRICTION and identity:
        # Kept until the restriction is lifted, which it is told of by the same keys: what was searched is gone then.
        write_json(case_id, f"{TOLD_BY}{key}", {kind: list(values) for kind, values in identity.items()})
    return RecipientMessage(
        reference=case_id,
        party=key,
        name=party.name,
        language=art19.language if art19 else provided.organisation.languages[0],
        right=right.value,
        asked=asked_of(right),
        is_order=is_order(party, provided.contracts.vocabulary),
        identity=identity,
        changes=changes_for(provided.contracts, _concerned(case_id)[key], subject_request(case_id).statement.changes),
    )


def _identity(case_id: str) -> dict[str, list[str]]:
    """The data subject's keys by kind, as the search found them before anything was done."""
    # Law 8: of what the search led to, only what is proven or vouched for is certainly the data subject's.
    return load_search(case_id).identity()


def _zone() -> ZoneInfo:
    return ZoneInfo(services().organisation.time_zone)


def _local(at: datetime | None) -> str:
    return at.astimezone(_zone()).date().isoformat() if at else ""
