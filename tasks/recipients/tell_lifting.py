"""Tell recipients that a restriction is over, which they would else observe for ever (Art. 18, 19).

Each recipient that was told of the restriction is told once that it is lifted, by the same keys, which were kept sealed
for that. One that was told of another restriction of the same data subject, which is in force, is told when that one
ends. Nobody waits for an acknowledgement: who goes on restricting wrongs no data subject's right.
"""

from collections.abc import Sequence

from data_contracts.case.confirmed import ACTED, Confirmed
from data_contracts.company.company import Party
from data_contracts.evidence.records import Record
from data_contracts.told.recipients import RecipientMessage
from data_contracts.vocabulary import Right
from tasks.case.parts import has_part
from tasks.case.sealed import read_json
from tasks.recipients.messages import NEVER_TOLD, Telling, notice_name, settle_telling, tell_once
from tasks.rules.others.telling import is_order
from tasks.search.restricted import TOLD_BY
from tasks.services import services
from tasks.steps.acting import act
from tasks.steps.step import step


def lifting_subject(party: str) -> str:
    """What the gate is about at which a person says that they told a party of the lifting."""
    return f"{party}.lift"


def lifting_name(party: str) -> str:
    """What the step of telling a party of the lifting is called."""
    return f"{notice_name(party)}.lift"


def parties_told(case_id: str) -> list[str]:
    """Keys of the parties that were told of the restriction, in their order."""
    return [one.party for one in services().register.recipient_notices(case_id) if one.state != NEVER_TOLD]


@act("tell recipient of lifting")
def tell_lifted(case_id: str, party: str, confirmed: Confirmed) -> str:
    """Tell one recipient that the restriction is over unless it was told; the state it is in then.

    Raises:
        ActRefused: when nobody decided to lift it (law 14).
        RecipientUntold: when only a person can tell it.
        SystemUnavailable: when it cannot be reached; trying again helps.
        DeliveryUncertain: when a mail to it may have left; a person must find out.
        StepFailed: when it refuses for good.
        SettingsInvalid: when its interface is not configured.
    """
    register, name = services().register, lifting_name(party)
    telling = Telling(case_id, party, name, lifting_subject(party), confirmed)
    entry = register.claim(case_id, name, confirmed=confirmed, states=ACTED[confirmed.subject])
    if party in _still_restricting(case_id) and entry.state == "claimed":
        settle_telling(telling, {"state": "still_restricted", "via": ""})
    tell_once(telling, lambda known: _message(case_id, party, known))
    settled = register.step(case_id, name)
    # A mail that a person found in the mail server's log has no state in its receipt.
    return str(settled.receipt.get("state", "told")) if settled else ""


@step("recipients told of lifting")
def finish_telling_lifted(case_id: str, states: dict[str, str]) -> None:
    """Record how every recipient stands, by party, and stop reminding them of the restriction."""
    provided = services()
    for notice in provided.register.recipient_notices(case_id):
        if notice.state == "told" and states.get(notice.party) not in {None, "still_restricted"}:
            provided.register.note_chase(
                case_id, notice.party, chased=notice.chased, at=provided.now(), state="unanswered"
            )
    name = "recipients.lift"
    provided.register.complete(case_id, name, receipt={"states": states}, record=Record(name, "", {"states": states}))


def _still_restricting(case_id: str) -> set[str]:
    """Parties that were told of a restriction of the same data subject which is in force."""
    register = services().register
    digests: Sequence[str] = [one.key.digest for one in register.restrictions_by(case_id)]
    others = {one.case_id for one in register.restrictions_of(digests)} - {case_id}
    restricting = [other for other in others if register.case(other).right is Right.RESTRICTION]
    return {party for other in restricting for party in parties_told(other)}


def _message(case_id: str, key: str, party: Party) -> RecipientMessage:
    provided = services()
    name = f"{TOLD_BY}{key}"
    keys = read_json(case_id, name) if has_part(case_id, name) else {}
    art19 = party.art19
    return RecipientMessage(
        reference=case_id,
        party=key,
        name=party.name,
        language=art19.language if art19 else provided.organisation.languages[0],
        right=Right.RESTRICTION.value,
        asked="lift",
        is_order=is_order(party, provided.contracts.vocabulary),
        identity={kind: tuple(values) for kind, values in keys.items()},
    )
