"""What the command line and the flow do about mails that arrived: facts as JSON-ready dictionaries."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data_contracts.case.incoming import Incoming
from flows import wiring
from flows.home.own_files import own_folder, write_own
from flows.runs.case_runs import wake_soon
from flows.wiring.mailbox import mailbox_of
from tasks.gates.unsealing import Looker
from tasks.intake.arrivals import Reading, assign, mail_of, read_arrival, read_mailbox, set_aside
from tasks.services import services


def read_once() -> Mapping[str, int]:
    """Take in what waits in the mailbox, by what became of it; empty where no mailbox is configured."""
    with wiring.opened() as installation:
        if not installation.settings.imap_host:
            return {}
        with mailbox_of(installation.settings) as mailbox:
            return read_mailbox(mailbox)


def read_now() -> dict[str, Any]:
    """Take in what waits in the mailbox.

    Raises:
        SettingsInvalid: when no mailbox is configured, or it does not let us in.
        SystemUnavailable: when it is away.
    """
    with wiring.opened() as installation, mailbox_of(installation.settings) as mailbox:
        return {"taken_in": dict(read_mailbox(mailbox))}


def arrivals(*, everything: bool) -> dict[str, Any]:
    """What arrived, the one due first on top."""
    with wiring.opened():
        return {"arrivals": [_facts(one) for one in services().register.incomings(unread_only=not everything)]}


def take_out(incoming_id: str, folder: Path, *, operator: str, code: str) -> dict[str, Any]:
    """Write what somebody wrote, and the mail as it came, to a folder, for a proven operator who is remembered.

    Raises:
        AnswerRefused: when the operator may not, or the code is wrong.
        RequestInvalid: when nothing arrived under that name, or the file is there already.
    """
    with wiring.opened():
        letter = read_arrival(incoming_id, Looker(operator, code))
        raw = mail_of(incoming_id)
    own_folder(folder)
    head = [f"From: {letter.name} <{letter.sender}>", f"Subject: {letter.subject}"]
    head += [f"Attached: {', '.join(letter.attachments)}"] if letter.attachments else []
    file, mail = folder / f"{incoming_id}.txt", folder / f"{incoming_id}.eml"
    write_own(mail, [raw])
    if not letter.is_readable:
        return {"arrival": incoming_id, "file": str(mail), "mail": str(mail)}
    write_own(file, ["\n".join([*head, "", letter.text, ""])])
    return {"arrival": incoming_id, "file": str(file), "mail": str(mail)}


def assign_now(incoming_id: str, reading: Reading, *, operator: str, code: str) -> dict[str, Any]:
    """Open the case of a mail; see :func:`tasks.intake.arrivals.assign`."""
    with wiring.opened():
        case = assign(incoming_id, reading, operator=operator, code=code)
        run = wake_soon(case)
    due = case.response_due.isoformat()
    return {"arrival": incoming_id, "case": case.case_id, "due": due, "flow_run": str(run or "")}


def set_aside_now(incoming_id: str, reason: str, *, operator: str, code: str) -> dict[str, Any]:
    """Say that a mail is no request; see :func:`tasks.intake.arrivals.set_aside`."""
    with wiring.opened():
        return _facts(set_aside(incoming_id, reason, operator=operator, code=code))


def _facts(one: Incoming) -> dict[str, Any]:
    return {
        "arrival": one.incoming_id,
        "received": one.received_at.isoformat(),
        "due": one.response_due.isoformat(),
        "state": one.state.value,
        "settled_by": one.settled_by,
        "note": one.note,
    }
