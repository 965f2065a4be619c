"""How long it takes to tell 50,000 people of an incident, killed midway, each told once.

The floor: mails handed to the same mail server, one connection after another, without a register.
"""

import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from data_contracts.officer.incidents import SendingState
from data_contracts.told.notices import Rendered
from tasks.officer.sending import send_notices, settle
from tasks.services import use
from tests.benchmarks.figures import Figure
from tests.flows.told import MailServer, a_breach, an_installation, send_and_kill
from tests.mail_server import serving_mail

__all__ = ["measure"]

_PEOPLE = 50_000
_FLOOR = 500


def measure(people: int = _PEOPLE, kills: int = 3) -> list[Figure]:
    """Seconds for all of them, and what was uncertain after the kills."""
    server = MailServer()
    with serving_mail(server) as port, TemporaryDirectory() as folder:
        home = Path(folder)
        run_id = a_breach(home, people, port)
        began = time.perf_counter()
        for number in range(1, kills + 1):
            send_and_kill(run_id, home, port, server, after=number * people // (kills + 1), patience=3_600)
        made = an_installation(home, port)
        with use(made.services):
            send_notices(run_id)
            uncertain = made.register.count_sendings(run_id).get(SendingState.HANDED_OVER, 0)
            settle(run_id, server.log)
            done = send_notices(run_id)
            took = time.perf_counter() - began
            assert done.sent == people
            assert server.taken == Counter({f"p{n}@x.example": 1 for n in range(people)})
            floor = _floor(made.services.channel)
        made.close()
    note = f"killed {kills} times, {uncertain} uncertain and settled; each told once"
    return [Figure(f"{people:,} people told", took / people * 1000, "ms each", floor=floor * 1000, note=note)]


def _floor(channel: object) -> float:
    said = Rendered("x", "y", "<p>y</p>")
    began = time.perf_counter()
    for number in range(_FLOOR):
        channel.deliver(  # type: ignore[attr-defined]  # the port Channel
            said, to="f@x.example", message_key=f"floor:{number}", about_to_hand_over=lambda: None
        )
    return (time.perf_counter() - began) / _FLOOR
