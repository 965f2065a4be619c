"""Mails that answer one of ours are filed with their case: people read them there, and they open nothing.

What a mail refers to anybody can write. So a mail is filed only where its sender's address is one that the case's
request named: a reference to a stranger's case, from elsewhere, waits for a person. Even so it proves nobody, and moves
nothing. A person who reads it may open a case of it all the same.

The order, which can be begun again at any point: the mail is sealed in the case, then the case's evidence tells of it,
then the arrival is settled and its own seal destroyed.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from data_contracts.case.incoming import Incoming, IncomingState
from data_contracts.errors import RightsflowError
from data_contracts.evidence.records import Record
from data_contracts.text.mail_address import deliverable
from data_contracts.vocabulary import CaseState
from tasks.case.clock import day_of
from tasks.case.sealed import typed_request
from tasks.services import services
from tasks.steps.ledger import is_done

STEP: Final = "mail filed"
"""The step under which a filed mail stands in register and evidence, by its arrival."""
_GONE: Final = frozenset({CaseState.PURGED})


@dataclass(frozen=True, slots=True)
class FiledMail:
    """A mail that was filed with a case.

    Attributes:
        arrival: such as ``M-7K3M-9QXT``.
        is_read: whether a person has looked at it.
    """

    arrival: str
    received_on: date
    is_read: bool


def name_of(arrival: str) -> str:
    """The vault's name of a filed mail, in its case."""
    return f"mail.{arrival}.eml"


def may_be_filed(case_id: str, sender: str) -> bool:
    """Whether a mail of that sender belongs to the case: its request named the address, and nothing is purged."""
    try:
        if services().register.case(case_id).state in _GONE:
            return False
        request = typed_request(case_id)
    except RightsflowError:
        return False  # no such case, or its content is gone: a person looks
    named = {_mailbox(one) for one in (request.reply_to, *request.identity.get("email", []))} - {None}
    return _mailbox(sender) in named


def file_mail(arrival: Incoming, case_id: str, raw: bytes) -> None:
    """Seal a mail with its case and tell it in evidence; the caller settles the arrival."""
    name, provided = arrival.incoming_id, services()
    if not provided.vault.has(case_id, name_of(name)):
        with provided.vault.write(case_id, name_of(name)) as blob:
            blob.write(raw)
    if not is_done(case_id, STEP, name):
        receipt = {"arrival": name, "received": arrival.received_at.isoformat()}
        record = Record(STEP, "", {"arrival": name, "mail": arrival.message_digest})
        provided.register.complete(case_id, STEP, name, receipt=receipt, record=record)


def filed_with(case_id: str) -> list[FiledMail]:
    """Mails that were filed with a case, in the order they arrived."""
    register = services().register
    names = [arrival for (step, arrival), _ in register.steps(case_id).items() if step == STEP]
    found = sorted((one for name in names if (one := register.incoming(name))), key=lambda one: one.received_at)
    return [FiledMail(one.incoming_id, day_of(one.received_at), one.state is not IncomingState.FILED) for one in found]


def _mailbox(address: str) -> tuple[str, str] | None:
    found = deliverable(address)
    return None if found is None else (found[0].casefold(), found[1].casefold())
