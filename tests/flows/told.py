"""An incident of many people whose notices go to a real mail server, in a process that can be killed."""

import os
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data_contracts.gates.operators import Operator
from data_contracts.officer.incidents import IncidentFacts, IncidentKind, IncidentWords
from data_contracts.vocabulary import Decision, OperatorRole
from flows.duties.incident import sending_question
from flows.settings import Settings
from flows.wiring import Installation
from integrations.demo import seed
from tasks.gates.gates import Answer, answer_gate, open_gate
from tasks.officer.affected import find_affected
from tasks.officer.incidents import open_incident
from tasks.officer.sending import how_far, send_notices
from tasks.services import use


def a_breach(home: Path, people: int, port: int) -> str:
    """The name of an incident of so many customers, found and counted; mails go to the port."""
    from tests.flows.company import NOW  # noqa: PLC0415  # a child process does not need it

    seed(home / "systems", customers=10, today=NOW.date(), progress=lambda _: None)
    with closing(sqlite3.connect(home / "systems" / "crm.db")) as crm, crm:
        columns = [name for _, name, *_ in crm.execute("PRAGMA table_info(customer)")]
        (row,) = crm.execute("SELECT * FROM customer WHERE email IS NOT NULL LIMIT 1").fetchall()
        like = dict(zip(columns, row, strict=True))
        crm.execute("DELETE FROM customer")
        unique = ("customer_no", "portal_login", "email")
        rows = [
            tuple({**like, "customer_no": f"T{n:08}", "portal_login": f"l{n}", "email": f"p{n}@x.example"}.values())
            for n in range(people)
        ]
        assert set(unique) <= set(columns)
        crm.executemany(f"INSERT INTO customer VALUES ({', '.join('?' * len(columns))})", rows)  # noqa: S608  # marks
    made = an_installation(home, port)
    with use(made.services):
        facts = IncidentFacts(title="t", tables=["crm.customer"], words={"fr": IncidentWords(nature="Fuite.")})
        run_id = open_incident(IncidentKind.CONFIDENTIALITY, facts, made.now(), actor="test").run_id
        counts = find_affected(run_id)
        made.register.put_operator(Operator("claire", (OperatorRole.DPO,), valid_until=None, training_until=None))
        entry = open_gate(run_id, sending_question(run_id, counts))
        answer_gate(entry, Answer("claire", Decision.APPROVE), local_account="test")
    made.close()
    assert counts["with_address"] == people, counts
    return run_id


def an_installation(home: Path, port: int) -> Installation:
    """One that sends to a mail server on this machine."""
    return Installation(
        Settings(
            home=home, judge="plain", smtp_host="127.0.0.1", smtp_port=port, smtp_security="none", retry_attempts=1
        )
    )


@dataclass
class MailServer:
    """Counts to whom it took a message over, and keeps a log of Message-IDs."""

    taken: Counter[str] = field(default_factory=Counter)
    log: list[str] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  # as aiosmtpd calls it
        """Take it over."""
        self.taken.update(envelope.rcpt_tos)
        lines = bytes(envelope.content).splitlines()
        self.log += [line.decode() for line in lines if line.lower().startswith(b"message-id")]
        return "250 taken"


def send_and_kill(run_id: str, home: Path, port: int, server: MailServer, *, after: int, patience: float = 60) -> None:
    """Let a process send until so many mails have arrived, and kill it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.flows.told", run_id, str(home), str(port)], stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + patience
    while sum(server.taken.values()) < after and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    process.kill()
    process.wait()
    assert sum(server.taken.values()) >= after


if __name__ == "__main__":
    run, where, at = sys.argv[1:]
    installation = an_installation(Path(where), int(at))
    with use(installation.services):
        send_notices(run, tell=lambda _: print(how_far(run), flush=True))  # noqa: T201  # read by whoever started it
    os._exit(0)
