"""Mails before identity is proven: few for an address in a day, and nothing in them that a requester wrote.

Whoever types somebody's address has us write to it. So until identity is proven

1. no name of a requester, nor anything else they typed, stands in a mail of ours (:mod:`tasks.notices.notify_subject`);
2. an address gets so many mails in a day, whichever cases they are of. What is over is sealed and waits at a gate; a
   person has it sent. Nothing is lost meanwhile, and the law's clock runs.

Addresses are counted by keyed digest, without what stands behind a plus in them.
"""

import hmac
from datetime import timedelta
from typing import Final

from data_contracts.errors import MailHeld
from data_contracts.gates.gates import GateEntry
from data_contracts.text.mail_address import deliverable
from data_contracts.vocabulary import Decision, Gate, NoticeKind
from tasks.case.clock import IDENTITY
from tasks.gates.gates import Question, open_gate
from tasks.services import services

LINK_NOTICE: Final = f"notice.{NoticeKind.IDENTITY_LINK.value}"
_DAY: Final = timedelta(days=1)
_HELD: Final = "held:"
_UNCOUNTED: Final = frozenset({NoticeKind.EXTENSION})
"""Nobody causes it by a request alone: a person decided that more time is needed."""


def is_proven(case_id: str) -> bool:
    """Whether it is known who makes the request."""
    entry = services().register.step(case_id, IDENTITY)
    return entry is not None and entry.state == "done" and bool(entry.receipt.get("method"))


def take_place(case_id: str, kind: NoticeKind, name: str, to: str) -> None:
    """Count a mail to an address, before it is handed over.

    Raises:
        MailHeld: when the address had as many today as policy lets; its gate is open then.
    """
    if kind in _UNCOUNTED or is_proven(case_id):
        return
    gate = services().register.gate(case_id, Gate.UNCERTAIN_MAIL, _subject(name))
    if gate is None and _is_free(to):
        return
    if gate is None:
        open_gate(case_id, _question(case_id, name))
    if not may_go(case_id, name):
        remedy = "look at the requests that name this address, then answer the gate uncertain-mail"
        raise MailHeld("the address had as many mails as it gets in a day", where=case_id, remedy=remedy)


def may_go(case_id: str, name: str) -> bool:
    """Whether a person has a mail sent that was held back."""
    gate = services().register.gate(case_id, Gate.UNCERTAIN_MAIL, _subject(name))
    return gate is not None and gate.outcome is Decision.SEND_AGAIN


def give_place_back(case_id: str, kind: NoticeKind, to: str) -> None:
    """Give back what was counted for a mail that did not leave."""
    if kind not in _UNCOUNTED and not is_proven(case_id):
        services().register.uncount_call(_key(to), _DAY, services().now())


def held_mails(case_id: str) -> list[GateEntry]:
    """Open gates of the case's mails that were held back, but for a link, which the case does not wait for."""
    found = services().register.gates(case_id, kind=Gate.UNCERTAIN_MAIL, open_only=True)
    return [gate for gate in found if gate.subject.startswith(_HELD) and gate.subject != _subject(LINK_NOTICE)]


def _subject(name: str) -> str:
    """The gate's subject; a link that was held back is made anew and sent under a number."""
    return _HELD + (LINK_NOTICE if name.startswith(LINK_NOTICE) else name)


def _is_free(to: str) -> bool:
    """Whether an address gets one mail more today, which is counted; of several at once no more than that."""
    provided = services()
    if provided.register.count_call(_key(to), _DAY, provided.now()) <= provided.policy.mails_before_proof:
        return True
    provided.register.uncount_call(_key(to), _DAY, provided.now())
    return False


def mailbox_key(address: str) -> str:
    """A keyed digest by which an address is counted, the same for its other spellings."""
    local, domain = deliverable(address) or (address, "")
    mailbox = f"{local.partition('+')[0]}@{domain}".casefold()
    return hmac.digest(services().door_key(), mailbox.encode(), "sha256").hex()[:40]


def _key(to: str) -> str:
    return f"mails:{mailbox_key(to)}"


def _question(case_id: str, name: str) -> Question:
    most = services().policy.mails_before_proof
    return Question(
        gate=Gate.UNCERTAIN_MAIL,
        subject=_subject(name),
        description=(
            f"**Case {case_id}: `{name}` was held back.** Its address had {most} mails today from requests that nobody "
            "was proven to have made; somebody may be using us to write to it.\n\nAnswer *send_again* to have it sent. "
            "Until then it waits, and the time to answer runs."
        ),
        facts={"notice": name, "held": True},
        options=(Decision.SEND_AGAIN,),
    )
