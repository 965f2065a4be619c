"""Charter 6, Art. 34, law 3: many people are told, the process is killed again and again, and each is told once."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from data_contracts.officer.incidents import SendingState
from tasks.officer.sending import send_notices, settle
from tasks.services import use
from tests.flows.told import MailServer, a_breach, an_installation, send_and_kill
from tests.mail_server import serving_mail

_PEOPLE = 600
_KILLS = 3


@pytest.fixture
def mail() -> Iterator[tuple[MailServer, int]]:
    """A mail server, and its port."""
    server = MailServer()
    with serving_mail(server) as port:
        yield server, port


def test_each_is_told_once_however_often_it_is_killed(mail: tuple[MailServer, int], tmp_path: Path) -> None:
    """What was handed over when a process died is settled by the mail server's log; then everybody was told, once."""
    server, port = mail
    run_id = a_breach(tmp_path, _PEOPLE, port)
    for number in range(1, _KILLS + 1):
        send_and_kill(run_id, tmp_path, port, server, after=number * _PEOPLE // (_KILLS + 2))

    made = an_installation(tmp_path, port)
    with use(made.services):
        send_notices(run_id)
        uncertain = made.register.count_sendings(run_id).get(SendingState.HANDED_OVER, 0)
        settle(run_id, server.log)
        done = send_notices(run_id)
    made.close()

    assert 0 <= uncertain <= _KILLS * 50
    assert (done.sent, done.waiting, done.uncertain, done.failed) == (_PEOPLE, 0, 0, 0)
    assert server.taken == Counter({f"p{n}@x.example": 1 for n in range(_PEOPLE)})
