"""Letters to the data protection officer about what is no case: each once, without personal data (charter 7b).

What was told is remembered after it left: a process that is killed between the two tells it again, under the same
Message-ID, rather than never.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Final

from data_contracts.errors import DeliveryUncertain
from data_contracts.told.notices import Rendered
from tasks.services import services

_FOR_EVER: Final = timedelta(days=36_500)


def tell_officer(about: str, subject: str, lines: Sequence[str]) -> bool:
    """Write to the DPO unless it was written about this before; whether it was written now.

    Args:
        about: what it is about, such as ``arrival:M-7K3M-9QXT:2``; the same is told once.
        subject: of the mail.
        lines: paragraphs; no personal data.

    Raises:
        SystemUnavailable: when the mail server cannot be reached; trying again helps.
        StepFailed: when it refuses the mail for good.
    """
    provided = services()
    register, now, address = provided.register, provided.now(), provided.organisation.dpo.email
    if not address or register.calls(_key(about), _FOR_EVER, now):
        return False
    letter = Rendered.of_paragraphs(subject, lines)
    with suppress(DeliveryUncertain):  # it may have left; the next date brings the next one
        provided.channel.deliver(letter, to=address, message_key=_key(about), about_to_hand_over=lambda: None)
    register.count_call(_key(about), _FOR_EVER, now)
    return True


def _key(about: str) -> str:
    return f"dpo:{about}"
