"""Reads a mail in a process of its own, so that no mail can break, exhaust or hold up ours."""

import json
import sys
from pathlib import Path
from typing import Any, Final

from data_contracts.doors.mailbox import ReadMail
from integrations.intake.bounded import read_apart

__all__ = ["read_mail"]

_PROGRAM: Final = Path(__file__).with_name("mail_program.py")
_SECONDS: Final = 30.0
"""Longer than the processor time that the program grants itself; a process that sleeps ends here."""


def read_mail(raw: bytes) -> ReadMail | None:
    """What a mail program would show of a mail; None where it cannot be read within bounds.

    Args:
        raw: the message of RFC 5322.
    """
    said = read_apart([sys.executable, "-I", "-S", str(_PROGRAM)], raw, seconds=_SECONDS)
    try:
        facts: dict[str, Any] = json.loads(said or b"")
    except ValueError:
        return None
    return ReadMail(**facts | {"attachments": tuple(facts["attachments"])})
