"""Hands a message to a recipient, by mail, by API or by a person (Art. 19); what telling and reminding need.

Claim the step before and complete it afterwards: a mail is handed over once, an API call is idempotent by its key.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from data_contracts.case.confirmed import ACTED, Confirmed
from data_contracts.company.company import Art19, Party
from data_contracts.errors import RecipientUntold, StepFailed, SystemUnavailable
from data_contracts.evidence.records import Facts, Record
from data_contracts.told.recipients import RecipientMessage
from data_contracts.vocabulary import Decision, Gate
from tasks.notices.notify_subject import keep_words, settle_handed_over
from tasks.recipients.who_may import refusal_today
from tasks.services import services

NEVER_TOLD: Final = "impossible"
"""State of a recipient that could not be told."""


@dataclass(frozen=True, slots=True)
class Telling:
    """One thing that one recipient is told.

    Attributes:
        party: key of the recipient in the vocabulary.
        name: the step in the ledger.
        subject: of the gate at which a person says that they told it.
        confirmed: that what it is told of was approved; the case has done it and told nobody else yet.
    """

    case_id: str
    party: str
    name: str
    subject: str
    confirmed: Confirmed


def notice_name(party: str) -> str:
    """What the step of telling a party is called."""
    return f"notice.recipient.{party}"


def tell_once(telling: Telling, message_of: Callable[[Party], RecipientMessage]) -> None:
    """Tell a recipient unless it was told, and record who was told what; a message without keys tells nobody.

    Args:
        telling: what is told, and to whom.
        message_of: makes the message, once it is known that the party may receive one.

    Raises:
        ActRefused: while nothing was done that it could be told of (law 14).
        RecipientUntold: when only a person can tell it.
        SystemUnavailable: when it cannot be reached; trying again helps.
        DeliveryUncertain: when a mail to it may have left; a person must find out.
        StepFailed: when it refuses for good.
        SettingsInvalid: when its interface is not configured.
    """
    register = services().register
    entry = register.claim(
        telling.case_id, telling.name, confirmed=telling.confirmed, states=ACTED[telling.confirmed.subject]
    )
    if entry.state == "done":
        return
    party = services().contracts.vocabulary.parties.get(telling.party)
    refusal = refusal_today(telling.party)
    if party is None or refusal:
        settle_telling(telling, {"state": "impossible", "via": "", "why": refusal})
    elif done := _done_by_hand(telling):
        settle_telling(telling, {"state": "by_hand", "via": "by_hand", "reference": done})
    else:
        _tell(telling, party, message_of(party), is_handed_over=entry.state == "handed_over")


def settle_telling(telling: Telling, receipt: Mapping[str, str], message: RecipientMessage | None = None) -> None:
    """Receipt and evidence: who was told what, by which kinds of keys, and no key."""
    facts: dict[str, Any] = {"party": telling.party, **receipt}
    if message is not None:
        facts |= {"asked": message.asked, "order": message.is_order, "keys": sorted(message.identity)}
        facts |= {"changes": len(message.changes)} if message.changes else {}
    told: Facts = facts
    services().register.complete(telling.case_id, telling.name, receipt=receipt, record=Record(telling.name, "", told))


def note_acknowledged(case_id: str, party: str, reference: str, *, actor: str = "rightsflow") -> None:
    """Record that a recipient answered: its reference, and who says so."""
    provided = services()
    name = f"recipient.{party}.acknowledged"
    facts = {"party": party, "reference": reference}
    provided.register.complete(case_id, name, receipt=facts, record=Record(name, "", facts, actor=actor))
    provided.register.acknowledge_recipient(case_id, party, reference=reference, at=provided.now())


def _tell(telling: Telling, party: Party, message: RecipientMessage, *, is_handed_over: bool) -> None:
    if not message.identity:
        # Art. 19: it never had a key that it could tell the data subject by.
        return settle_telling(telling, {"state": "impossible", "via": "", "why": "no_key"})
    art19 = party.art19
    if art19 is None or art19.via == "manual":
        raise RecipientUntold(
            f"{party.name} is told by a person",
            where=telling.case_id,
            remedy=f"tell it ({art19.to if art19 else party.contact or party.name}), then answer 'by_hand'",
        )
    if is_handed_over and settle_handed_over(telling.case_id, telling.name, None):
        return None
    via, reference = send_message(telling.case_id, telling.name, message, art19)
    state = "acknowledged" if reference else "told"
    return settle_telling(telling, {"state": state, "via": via, "reference": reference}, message)


def _done_by_hand(telling: Telling) -> str:
    gate = services().register.gate(telling.case_id, Gate.RECIPIENT, telling.subject)
    return gate.reference if gate is not None and gate.outcome is Decision.BY_HAND else ""


def send_message(
    case_id: str, name: str, message: RecipientMessage, art19: Art19, *, keep: bool = True
) -> tuple[str, str]:
    """Hand one message over under the claimed step ``name``; how, and the reference the recipient gave, or none.

    Args:
        case_id: the case.
        name: the claimed step, which makes the message's key.
        message: what is told.
        art19: where to.
        keep: seal the words with the case; not for messages after its data key was destroyed.

    Raises:
        SystemUnavailable: when it cannot be reached; nothing has left that counts.
        StepFailed: when it refuses for good.
        DeliveryUncertain: when a mail may have left.
        SettingsInvalid: when its interface is not configured.
    """
    if art19.via == "api":
        return services().recipients.tell(message, address=art19.to, key=f"{case_id}:{name}")
    if art19.via == "opendsr":
        return "opendsr", services().forwarding.hand_on(message, address=art19.to)
    return _mail(case_id, name, message, to=art19.to, keep=keep), ""


def _mail(case_id: str, name: str, message: RecipientMessage, *, to: str, keep: bool) -> str:
    provided = services()
    rendered = provided.channel.render_recipient(message)
    if keep:
        keep_words(case_id, name, rendered)
    try:
        return provided.channel.deliver(
            rendered,
            to=to,
            message_key=f"{case_id}:{name}",
            about_to_hand_over=lambda: provided.register.hand_over(case_id, name),
        )
    except (SystemUnavailable, StepFailed):
        # The channel knows that nothing has left, even where the hand-over was noted already.
        provided.register.release(case_id, name)
        raise
