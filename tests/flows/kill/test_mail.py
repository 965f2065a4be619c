"""Law 3 against a real mail server: where the process dies decides whether a person must find out, and one mail leaves.

1. Before the hand-over nothing has left: the case goes on by itself.
2. After it, whether the server took the message or not, only its log knows: the case waits for a person who looked.
"""

from collections.abc import Iterator
from email import message_from_bytes

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.flows.kill.client import Fate, Lives
from tests.flows.kill.moments import Death
from tests.mail_server import serving_mail

_NOTICES = [
    ("access", "acknowledgement"),
    ("access", "answer"),
    ("erasure", "recipient.adnet"),
    ("erasure", "erasure_done"),
    ("refusal", "identity_request"),
    ("refusal", "refusal"),
]
_MAILS = {"access": 2, "erasure": 4, "refusal": 3}


class Postbox:
    """A mail server's handler, and the message ids it took over."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.port = 0

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        """Take the message over."""
        assert isinstance(envelope.content, bytes)
        self.taken.append(message_from_bytes(envelope.content)["Message-ID"])
        return "250 OK"


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    """A mail server on this machine."""
    made = Postbox()
    with serving_mail(made) as made.port:
        yield made


def _fates(effect: str, when: str, operations: int) -> list[Fate]:
    """That moment of each notice."""
    return [Fate(life, Death(f"{effect}(notice.{kind})", when, operations)) for life, kind in _NOTICES]  # type: ignore[arg-type]  # one of When


def _die_and_go_on(fate: Fate, lives: Lives, postbox: Postbox) -> tuple[bool, list[str]]:
    """Whether the server had taken the notice when the process died, and the gates about uncertain mails."""
    kind = fate.death.effect.partition("notice.")[2].rstrip(")").replace(".", "%2E")
    with lives.home() as home:
        lives.die(home, fate.life, fate.death, smtp_port=postbox.port)
        is_taken = any(f".notice%2E{kind}@" in one for one in postbox.taken)
        found_out = "sent" if is_taken else "send_again"
        left = lives.live(home, fate.life, smtp_port=postbox.port, found_out=found_out)["left"]
    return is_taken, [gate for gate in left["gates"] if gate.startswith("uncertain-mail")]


@pytest.mark.parametrize("at", _fates("hand_over", "before", 1), ids=str)
def test_before_the_hand_over_nobody_is_asked(at: Fate, lives: Lives, postbox: Postbox) -> None:
    """Nothing had left, so the case sends it when it is run again, and asks nobody."""
    is_taken, gates = _die_and_go_on(at, lives, postbox)

    assert (is_taken, gates) == (False, [])
    assert len(postbox.taken) == len(set(postbox.taken)) == _MAILS[at.life]


@pytest.mark.parametrize("at", _fates("hand_over", "after", 1), ids=str)
def test_a_mail_that_did_not_leave_is_sent_again(at: Fate, lives: Lives, postbox: Postbox) -> None:
    """The server never took it: a person answers ``send_again``, and one mail leaves."""
    is_taken, gates = _die_and_go_on(at, lives, postbox)

    assert (is_taken, len(gates)) == (False, 1)
    assert len(postbox.taken) == len(set(postbox.taken)) == _MAILS[at.life]


@pytest.mark.parametrize("at", [*_fates("deliver", "after", 0), *_fates("complete", "before", 1)], ids=str)
def test_a_mail_that_left_is_not_sent_again(at: Fate, lives: Lives, postbox: Postbox) -> None:
    """The server took it and we did not note it: a person answers ``sent``, and no second mail leaves."""
    is_taken, gates = _die_and_go_on(at, lives, postbox)

    assert (is_taken, len(gates)) == (True, 1)
    assert len(postbox.taken) == len(set(postbox.taken)) == _MAILS[at.life]
