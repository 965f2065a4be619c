"""Checkpoints of the log of all cases: made by the watch and by each audit, mailed to the DPO, who keeps them."""

from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

from data_contracts.errors import RightsflowError
from flows.wiring import Installation
from tasks.officer import tell_officer

_EVERY: Final = timedelta(hours=1)
"""How long the watch lets records wait for a checkpoint."""


def checkpoint_facts(installation: Installation, *, mail: bool) -> dict[str, Any]:
    """A checkpoint over everything that is written, mailed to the DPO where asked for. Services must be open.

    Raises:
        SystemUnavailable: when the mail server cannot be reached; trying again helps.
        StepFailed: when it refuses the mail for good.
    """
    note = installation.evidence.checkpoint(installation.now())
    origin, size, root = note.split("\n")[:3]
    mailed = mail and _tell(note, size)
    return {"checkpoint": note, "origin": origin, "size": int(size), "root": root, "mailed": mailed}


def checkpoint_of_audit(installation: Installation) -> None:
    """A checkpoint that the DPO gets by mail; where the mail server is away, the next audit mails the next one."""
    with suppress(RightsflowError):
        checkpoint_facts(installation, mail=True)


def checkpoint_in_time(installation: Installation) -> None:
    """A checkpoint, unless the last one is younger than an hour."""
    last = installation.evidence.last_checkpoint()
    if last is None or installation.now() - last >= _EVERY:
        installation.evidence.checkpoint(installation.now())


def _tell(note: str, size: str) -> bool:
    lines = [
        "Keep this checkpoint where nobody who runs Rightsflow can change it. It is the signed state of all evidence:",
        note,
        "Save the text, from its first line to the one that begins with a dash, as checkpoint.txt.",
        "This command then tells whether a case was deleted, cut or replaced since:",
        "rightsflow evidence verify --checkpoint checkpoint.txt",
    ]
    return tell_officer(f"checkpoint:{note.rsplit(' ', 1)[-1].strip()[:40]}", f"Checkpoint of {size} records", lines)
