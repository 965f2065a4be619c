"""Checkpoints of the log of all cases: made by the watch and by each audit, mailed to the DPO, who keeps them.

Where a time-stamping authority is configured, each of them is stamped (RFC 3161). The authority is in nobody's way: a
stamp that is not had now is asked for again later, and the DPO hears of it once it has failed for an hour.
"""

import base64
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

from data_contracts.errors import RightsflowError, SettingsInvalid
from data_contracts.evidence.time_stamps import Stamp, StampRefusal, StampTrouble
from flows.wiring import Installation
from flows.wiring.evidence import evidence_files
from tasks.notices.letters import tell_officer

_EVERY: Final = timedelta(hours=1)
"""How long the watch lets records wait for a checkpoint."""
_PAUSE: Final = timedelta(minutes=5)
"""Between two tries at a time-stamping authority that failed."""
_AT_ONCE: Final = 20
"""Checkpoints that one pass asks stamps for."""
_TELL_AFTER: Final = timedelta(hours=1)


def checkpoint_facts(installation: Installation, *, mail: bool) -> dict[str, Any]:
    """A checkpoint over everything that is written, mailed to the DPO where asked for. Services must be open.

    Raises:
        SystemUnavailable: when the mail server cannot be reached; trying again helps.
        StepFailed: when it refuses the mail for good.
    """
    note = installation.evidence.checkpoint(installation.now())
    stamp_checkpoints(installation)
    _publish(installation, note)
    reply = installation.evidence.stamp_of(note)
    stamp = "" if reply is None else base64.b64encode(reply).decode("ascii")
    origin, size, root = note.split("\n")[:3]
    mailed = mail and _tell(note, size, stamp)
    return {"checkpoint": note, "origin": origin, "size": int(size), "root": root, "mailed": mailed, "stamp": stamp}


def checkpoint_of_audit(installation: Installation) -> None:
    """A checkpoint that the DPO gets by mail; where the mail server is away, the next audit mails the next one."""
    with suppress(RightsflowError):
        checkpoint_facts(installation, mail=True)


def checkpoint_in_time(installation: Installation) -> None:
    """A checkpoint, unless the last one is younger than an hour."""
    last = installation.evidence.last_checkpoint()
    is_due = last is None or installation.now() - last >= _EVERY
    note = installation.evidence.checkpoint(installation.now()) if is_due else ""
    stamp_checkpoints(installation)
    if note:
        _publish_or_tell(installation, note)


def stamp_checkpoints(installation: Installation) -> int:
    """Have checkpoints stamped that were not, newest first; how many were. What the authority does breaks nothing."""
    if not installation.settings.tsa_url:
        return 0
    register, now = installation.register, installation.now()
    trouble = register.stamp_trouble()
    if trouble is not None and now - trouble.last_try < _PAUSE:
        return 0
    stamped = 0
    for size, note, _ in register.unstamped()[:_AT_ONCE]:
        found = _stamp(installation, note)
        if isinstance(found, StampRefusal):
            _tell_trouble(register.note_stamp_trouble(found, now))
            break
        register.put_stamp(size, found)
        stamped += 1
    return stamped


def _publish(installation: Installation, note: str) -> None:
    """Put a checkpoint, and its stamp, into the folder that is kept elsewhere; nothing where none is named.

    Raises:
        SystemUnavailable: when it cannot be written.
    """
    folder = installation.settings.checkpoint_folder
    if folder is None:
        return
    file, reply = folder / f"checkpoint-{_size(note)}.txt", installation.evidence.stamp_of(note)
    evidence_files.write_whole(file, [note.encode()])
    if reply is not None:
        evidence_files.write_whole(evidence_files.stamp_beside(file), [reply])


def _publish_or_tell(installation: Installation, note: str) -> None:
    try:
        _publish(installation, note)
    except RightsflowError as error:
        lines = [f"The checkpoint of {_size(note)} records of evidence could not be published.", str(error)]
        with suppress(RightsflowError):  # the mail server is away as well; the next checkpoint tells
            tell_officer(f"published:{_size(note)}", "A checkpoint of evidence is not published", lines)


def _size(note: str) -> str:
    """How many records a checkpoint covers."""
    return note.split("\n", 2)[1]


def _stamp(installation: Installation, note: str) -> Stamp | StampRefusal:
    chosen = installation.settings
    try:
        check = evidence_files.check_of(chosen.tsa_ca_file, chosen.tsa_policy)
        authority = evidence_files.authority_at(chosen.tsa_url, check)
    except SettingsInvalid:
        return StampRefusal.MISCONFIGURED
    return StampRefusal.MISCONFIGURED if authority is None else authority.stamp(note, installation.now())


def _tell_trouble(trouble: StampTrouble) -> None:
    """Write to the DPO about stamps that could not be had for an hour; once, however long it lasts."""
    if trouble.last_try - trouble.since < _TELL_AFTER:
        return
    since, why = f"{trouble.since:%Y-%m-%d %H:%M} UTC", f"({trouble.why.value}, {trouble.tries} tries)"
    lines = [
        f"The time-stamping authority has stamped no checkpoint of evidence since {since} {why}.",
        "Cases and checkpoints go on. Rightsflow goes on asking, and has what is missing stamped then.",
        "Look at the authority, and at RIGHTSFLOW_TSA_URL, RIGHTSFLOW_TSA_CA_FILE and RIGHTSFLOW_TSA_POLICY.",
    ]
    with suppress(RightsflowError):  # the mail server is away as well; the next try tells
        tell_officer(f"stamps:{trouble.since.isoformat()}", "Checkpoints of evidence get no time stamp", lines)


def _tell(note: str, size: str, stamp: str) -> bool:
    lines = [
        "Keep this checkpoint where nobody who runs Rightsflow can change it. It is the signed state of all evidence:",
        note,
        "Save the text, from its first line to the one that begins with a dash, as checkpoint.txt.",
        "This command then tells whether a case was deleted, cut or replaced since:",
        "rightsflow evidence verify --checkpoint checkpoint.txt",
        *_about_stamp(stamp),
    ]
    return tell_officer(f"checkpoint:{note.rsplit(' ', 1)[-1].strip()[:40]}", f"Checkpoint of {size} records", lines)


def _about_stamp(stamp: str) -> list[str]:
    if not stamp:
        return []
    return [
        "Its time stamp (RFC 3161), in base64:",
        stamp,
        "Save it as stamp.txt. These commands make a file of it, and verify it with the authority's root certificate:",
        "base64 -d stamp.txt > checkpoint.txt.tsr",
        "openssl ts -verify -data checkpoint.txt -in checkpoint.txt.tsr -CAfile root.pem",
    ]
